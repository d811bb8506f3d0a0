/** How long a reader waits for a notebook's first cell: TypeScript's checks, TensorFlow, the library, the trace, what the cell computes. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../lib/base/project";
import type { Part, Row } from "./turns";

/** Milliseconds of a new kernel's start and of its first cell, in a checkout. */
export function firstCell(root: string, code: string): { kernel: number; cell: number } {
  const env = { ...process.env, JUPYTER_PATH: path.join(root, "setup/kernel"), TDLGM_RUNS: "shipped", TDLGM_PNG: "0" };
  const options = { cwd: root, env, encoding: "utf8" } as const;
  const out = execFileSync(path.join(root, ".venv/bin/python"), [path.join(__dirname, "first_cell.py"), code], options);
  return JSON.parse(out.trim().split("\n").at(-1)!);
}

/** The first code cell of each notebook, the first of all without anything that the kernel's compiler kept. */
export function firstCellPart(): Part {
  const root = projectRoot();
  const folder = path.join(root, "notebooks");
  const measure = (file: string): Row => {
    const { cells } = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8"));
    const code = [cells.find((cell: { cell_type: string }) => cell.cell_type === "code").source].flat().join("");
    const once = (median: number) => ({ median, p10: median });
    const { kernel, cell } = firstCell(root, code);
    return { "kernel's start": once(kernel), "first cell": once(cell) };
  };
  const files = fs.readdirSync(folder).filter((file) => file.endsWith(".ipynb"));
  fs.rmSync(path.join(root, ".local/compiled"), { recursive: true, force: true });
  const rows = { "after set-up": measure(files[0]) };
  return {
    title: "a notebook's first cell",
    rows: { ...rows, ...Object.fromEntries(files.map((file) => [path.basename(file, ".ipynb"), measure(file)])) },
    notes: {},
  };
}
