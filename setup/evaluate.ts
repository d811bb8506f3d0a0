/**
 * Evaluates a finished run from its weights and writes DIR/metrics.json:
 *
 *   npm run evaluate -- DIR [--draws N] [--sequences N]
 */
import * as path from "node:path";
import { withFolder } from "../lib/base/lock";
import { NOISE_SEEDS } from "../lib/data/protocol";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { evaluate } from "../lib/paper/evaluate";
import { plannedRuns } from "../lib/paper/plan";
import { differences, onOtherData } from "../lib/paper/record";
import { levelsOf, writeMetrics } from "../lib/paper/results";
import { loadRun, readRecord } from "../lib/paper/runs";
import { program, readArguments, wholeOf } from "./arguments";

const USAGE = "npm run evaluate -- DIR [--draws N] [--sequences N]";

program(async () => {
  const { values, positionals } = readArguments(USAGE, {
    allowPositionals: true,
    options: { draws: { type: "string" }, sequences: { type: "string" } },
  });
  if (positionals.length !== 1) throw new Error("one folder of a finished run is to be named: npm run evaluate -- runs/tdlgm-seed-0");
  const dir = path.resolve(positionals[0]);
  const [draws, sequences] = [wholeOf("draws", values.draws, 2, NOISE_SEEDS.length), wholeOf("sequences", values.sequences, 1)];
  const record = readRecord(dir);
  if (!record) throw new Error(`${dir} holds no finished run: npm run train makes one, and goes on with one that was stopped (--resume)`);
  const series = requestSeries(await loadTrace());
  if (onOtherData(record, series).length > 0) throw new Error(`${dir} was trained on other data (trace or stand-in)`);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop.abort());
  const name = path.basename(dir);
  const planned = plannedRuns().find((run) => run.name === name && differences(record, run).length === 0);
  const options = { name, seed: record.seed, levels: levelsOf(planned?.group ?? "tables"), draws, sequences, signal: stop.signal };
  await withFolder(dir, async () => writeMetrics(await evaluate(await loadRun({ record, dir }), series, options), dir));
});
