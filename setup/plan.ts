/**
 * Prints the planned runs as the workflow takes them, as JSON: each with the arguments of its training and its evaluation, and what they
 * rest on, as hashes of content. A checkout's new times are no change, nor is a comment. Beside them the trainings of lib/paper/columns.ts.
 *
 * TDLGM_PLAN=FILE names other runs, as a JSON list of PlannedRun; a run's `evaluate` there holds further arguments of its evaluation. The
 * columns stay as they are.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { codeHash } from "../lib/base/code";
import { projectRoot } from "../lib/base/project";
import { sha256 } from "../lib/base/sha256";
import { WEATHER_FILE } from "../lib/data/weather";
import { columnRuns } from "../lib/paper/columns";
import { type PlannedRun, plannedRuns } from "../lib/paper/plan";

const root = projectRoot();

const hashOf = (file: string) => sha256(fs.readFileSync(path.join(root, file)));
const TRACE = "data/openb_pod_list_default.csv";
const isStandIn = process.env.TDLGM_STAND_IN === "1" || !fs.existsSync(path.join(root, TRACE));
/** The trace's hash; the stand-in follows from the code and data/transitions.json. */
const data = isStandIn ? `stand-in ${hashOf("data/transitions.json")}` : hashOf(TRACE);

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
const weather = hashOf(WEATHER_FILE);
// The stand-in has one column.
const columns = columnRuns()
  .filter(({ task }) => !isStandIn || task !== "trace")
  .map(({ name, task, of, seed }) => ({
    name,
    train: ["--of", task, "--model", of, "--seed", String(seed)],
    data: task === "weather" ? weather : data,
  }));
const [train, evaluate, score] = ["train", "evaluate", "columnScores"].map((name) => codeHash(`setup/${name}.ts`));
process.stdout.write(`${JSON.stringify({ data, code: { train, evaluate, score }, runs, columns })}\n`);
