/** "Run all" of each notebook with the shipped runs: where the seconds go, and when the first interactive figure is there. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../lib/base/project";
import type { Part } from "./turns";

interface Seconds {
  start: number;
  compiling: number;
  first: number;
  rest: number;
  figure: number | null;
  all: number;
}

const PYTHON = ".venv/bin/python";
/** The first notebook of a new checkout: nothing that the compiler made is kept yet. It is the one that uses the most of lib. */
const COLD = "08-claims";

/** One run a notebook: its rows are milliseconds, as everywhere in the benchmark. */
export function notebooksPart(): Part {
  const root = projectRoot();
  const folder = path.join(root, "notebooks");
  const part: Part = { title: "run all, with the shipped runs, without still images", rows: {}, notes: {} };
  const env = { ...process.env, TDLGM_BUDGET: "full", TDLGM_RUNS: "shipped", TDLGM_PNG: "0" };
  const measure = (name: string, row: string) => {
    const { status, stdout } = spawnSync(
      path.join(root, PYTHON),
      [path.join(__dirname, "notebook.py"), path.join(folder, `${name}.ipynb`)],
      { cwd: root, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
    );
    if (status !== 0) throw new Error(`${name} failed: the message stands above`);
    const seconds = JSON.parse(stdout.trim().split("\n").at(-1) as string) as Seconds;
    const once = (s: number) => ({ median: 1000 * s, p10: 1000 * s });
    part.rows[row] = {
      "all cells": once(seconds.all),
      "kernel's start": once(seconds.start),
      "TypeScript's checks": once(seconds.compiling),
      "the first cell without them": once(seconds.first),
      "the other cells": once(seconds.rest),
      ...(seconds.figure !== null && { "first figure after": once(seconds.figure) }),
    };
  };
  fs.rmSync(path.join(root, ".local/compiled"), { recursive: true, force: true });
  measure(COLD, `${COLD}, the first ever`);
  const names = fs.readdirSync(folder).filter((file) => file.endsWith(".ipynb"));
  for (const name of names.map((file) => path.basename(file, ".ipynb"))) measure(name, name);
  return part;
}
