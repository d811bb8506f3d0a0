// Executes notebooks headless with the project's kernel. By itself: node setup/execute.mjs [NAME ...], with TDLGM_BUDGET=small|full.
import { mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { environment, paths, projectRoot } from "./env.mjs";
import { follows } from "./follows.mjs";
import { chosen, committedFile, executedFile, onStandIn, readNotebook } from "./notebooks.mjs";
import { command, duration, isMain, PlainError, run } from "./process.mjs";

/**
 * How notebooks are executed: on which budget, with still images or not, with the shipped runs only or one's own first; `show` gets progress
 * and the share of the work that is done, at least every `silence` ms (5,000).
 * @typedef {(line: string, share: number) => void} Show
 * @typedef {{ root?: string, budget?: "small" | "full", png?: boolean, runs?: "shipped", silence?: number, show?: Show }} Options
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
  const { root = projectRoot, budget, png = true, runs, label = basename(source, ".ipynb"), silence = 5000 } = options;
  const show = options.show ?? ((line) => console.log(line));
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
  let [at, share, since] = [`${label}: starting`, 0, performance.now()];
  const beat = setInterval(() => show(`${at}: ${duration((performance.now() - since) / 1000)} so far`, share), silence);
  /** @param {string} line */
  const onLine = (line) => {
    const [, cell, count] = line.startsWith(`${label}: cell `) ? (/ cell (\d+) of (\d+): /.exec(line) ?? []) : [];
    if (!cell) return;
    [at, share, since] = [`${label}: cell ${cell} of ${count}`, (Number(cell) - 1) / Number(count), performance.now()];
    beat.refresh();
    show(line, share);
  };
  try {
    const args = [join(root, "setup", "execute.py"), source, target, label, JSON.stringify(made)];
    await run(paths(root).python, args, { cwd: root, env, what: label, onLine });
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    const lines = error.details.trimEnd().split("\n");
    const last = lines.map((line) => line.startsWith(`${label}: cell `) && line.includes(" failed: ")).lastIndexOf(true);
    throw last < 0 ? error : new PlainError(lines.slice(last).join("\n"), lines.slice(0, last).join("\n"));
  } finally {
    clearInterval(beat);
  }
}

/**
 * Executes committed notebooks, all by default, each into its executedFile.
 * @param {Options & { names?: string[] }} [options]
 */
export async function executeNotebooks(options = {}) {
  const { root = projectRoot, show = (line) => console.log(line) } = options;
  const names = chosen(root, options.names ?? []);
  for (const [i, name] of names.entries()) {
    /** @type {Show} */
    const numbered = (line, share) => show(`[notebook ${i + 1} of ${names.length}] ${line}`, (i + share) / names.length);
    await executeNotebook(committedFile(root, name), executedFile(root, name), { ...options, show: numbered });
  }
}

if (isMain(import.meta.url)) await command(() => executeNotebooks({ names: process.argv.slice(2) }));
