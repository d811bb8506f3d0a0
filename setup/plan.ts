/**
 * Prints the planned runs as the workflow takes them, as JSON: each with the arguments of its training and its evaluation, and what they
 * rest on, as hashes of content. A checkout's new times are no change, nor is a comment.
 *
 * TDLGM_PLAN=FILE names other runs, as a JSON list of PlannedRun; a run's `evaluate` there holds further arguments of its evaluation.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { codeHash } from "../lib/base/code";
import { projectRoot } from "../lib/base/project";
import { sha256 } from "../lib/base/sha256";
import { type PlannedRun, plannedRuns } from "../lib/paper/plan";

const root = projectRoot();

/** The trace's hash; the stand-in follows from the code and data/transitions.json. */
function dataHash(): string {
  const trace = path.join(root, "data/openb_pod_list_default.csv");
  if (process.env.TDLGM_STAND_IN !== "1" && fs.existsSync(trace)) return sha256(fs.readFileSync(trace));
  return `stand-in ${sha256(fs.readFileSync(path.join(root, "data/transitions.json")))}`;
}

const planned = (): (PlannedRun & { evaluate?: string[] })[] =>
  process.env.TDLGM_PLAN ? JSON.parse(fs.readFileSync(process.env.TDLGM_PLAN, "utf8")) : plannedRuns();

const runs = planned().map(({ name, group, seed, config: { kind, ...config }, share, from, evaluate = [] }) => ({
  name,
  group,
  train: [
    ...["--model", kind, "--seed", String(seed), "--config", JSON.stringify(config)],
    ...(share === undefined ? [] : ["--share", String(share)]),
    ...(from === undefined ? [] : ["--from", String(from)]),
  ],
  evaluate,
}));
const program = (name: string) => codeHash(`setup/${name}.ts`);
process.stdout.write(`${JSON.stringify({ data: dataHash(), code: { train: program("train"), evaluate: program("evaluate") }, runs })}\n`);
