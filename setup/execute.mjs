// Executes notebooks headless with the project's kernel. By itself: node setup/execute.mjs [NAME ...], with TDLGM_BUDGET=small|full.
import { mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { environment, paths, projectRoot } from "./env.mjs";
import { follows } from "./follows.mjs";
import { chosen, committedFile, executedFile, onStandIn, readNotebook } from "./notebooks.mjs";
import { command, isMain, PlainError, run } from "./process.mjs";

/**
 * How notebooks are executed: on which budget, with still images or not, with the shipped runs only or one's own first; `show` gets progress.
 * @typedef {{ root?: string, budget?: "small" | "full", png?: boolean, runs?: "shipped", show?: (line: string) => void }} Options
 *
 * How a notebook was executed, as its `metadata.tdlgm` tells.
 * @typedef {{ follows: import("./follows.mjs").Follows, budget: string, runs: string, standIn: boolean }} Made
 */

/**
 * Executes one notebook headless with the project's kernel. Throws a PlainError that names notebook, cell and error.
 * @param {string} source
 * @param {string} target
 * @param {Options & { label?: string }} [options]
 */
export async function executeNotebook(source, target, options = {}) {
  const { root = projectRoot, budget, png = true, runs, label = basename(source, ".ipynb"), show = console.log } = options;
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true }); // an earlier result must not look like this one's
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...environment(root), TDLGM_PNG: png ? "1" : "0" };
  if (budget) env.TDLGM_BUDGET = budget;
  if (runs) env.TDLGM_RUNS = runs;
  /** @type {Made} */
  const made = {
    follows: follows(readNotebook(source), root),
    budget: env.TDLGM_BUDGET || "full",
    runs: env.TDLGM_RUNS === "shipped" ? "shipped" : "own",
    standIn: onStandIn(root),
  };
  /** @param {string} line */
  const onLine = (line) => {
    if (line.startsWith(`${label}: cell `) && / cell \d+ of \d+: /.test(line)) show(line);
  };
  try {
    const args = [join(root, "setup", "execute.py"), source, target, label, JSON.stringify(made)];
    await run(paths(root).python, args, { cwd: root, env, what: label, onLine });
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    const lines = error.details.trimEnd().split("\n");
    const at = lines.map((line) => line.startsWith(`${label}: cell `) && line.includes(" failed: ")).lastIndexOf(true);
    throw at < 0 ? error : new PlainError(lines.slice(at).join("\n"), lines.slice(0, at).join("\n"));
  }
}

/**
 * Executes committed notebooks, all by default, each into its executedFile.
 * @param {Options & { names?: string[] }} [options]
 */
export async function executeNotebooks(options = {}) {
  const { root = projectRoot, show = console.log } = options;
  const names = chosen(root, options.names ?? []);
  for (const [i, name] of names.entries()) {
    /** @param {string} line */
    const numbered = (line) => show(`[notebook ${i + 1} of ${names.length}] ${line}`);
    await executeNotebook(committedFile(root, name), executedFile(root, name), { ...options, show: numbered });
  }
}

if (isMain(import.meta.url)) await command(() => executeNotebooks({ names: process.argv.slice(2) }));
