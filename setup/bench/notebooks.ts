/** "Run all" of each notebook with the shipped runs: where the seconds go, and when the first interactive figure is there. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../lib/project";
import type { Part } from "./turns";

interface Seconds {
  start: number;
  compiling: number;
  first: number;
  rest: number;
  figure: number | null;
  all: number;
}

/** One run a notebook: its rows are milliseconds, as everywhere in the benchmark. */
export function notebooksPart(): Part {
  const root = projectRoot();
  const folder = path.join(root, "notebooks");
  const part: Part = { title: "run all, with the shipped runs", rows: {}, notes: {} };
  const env = { ...process.env, TDLGM_BUDGET: "full", TDLGM_RUNS: "shipped", TDLGM_PNG: "0" };
  for (const name of fs.readdirSync(folder).filter((file) => file.endsWith(".ipynb"))) {
    const python = path.join(root, ".venv/bin/python");
    const { status, stdout } = spawnSync(python, [path.join(__dirname, "notebook.py"), path.join(folder, name)], {
      cwd: root,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`${name} failed: the message stands above`);
    const seconds = JSON.parse(stdout.trim().split("\n").at(-1) as string) as Seconds;
    const once = (s: number) => ({ median: 1000 * s, p10: 1000 * s });
    part.rows[path.basename(name, ".ipynb")] = {
      "all cells": once(seconds.all),
      "kernel's start": once(seconds.start),
      "TypeScript's checks": once(seconds.compiling),
      "first cell, imports": once(seconds.first),
      "the other cells": once(seconds.rest),
      ...(seconds.figure !== null && { "first figure after": once(seconds.figure) }),
    };
  }
  return part;
}
