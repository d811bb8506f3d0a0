/**
 * Evaluates a finished run from its weights and writes DIR/metrics.json:
 *
 *   npm run evaluate -- DIR [--draws N] [--sequences N]
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { loadModel } from "../lib/models/checkpoint";
import { evaluate } from "../lib/paper/evaluate";
import { plannedRuns } from "../lib/paper/plan";
import { levelsOf, writeMetrics } from "../lib/paper/results";
import type { RunRecord } from "../lib/paper/runs";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { draws: { type: "string" }, sequences: { type: "string" } },
  });
  if (positionals.length !== 1) throw new Error("one folder of a finished run is to be named: npm run evaluate -- runs/tdlgm-seed-0");
  const dir = path.resolve(positionals[0]);
  const count = (name: "draws" | "sequences") => (values[name] === undefined ? {} : { [name]: Number(values[name]) });
  let record: RunRecord;
  try {
    record = JSON.parse(fs.readFileSync(path.join(dir, "result.json"), "utf8"));
  } catch {
    throw new Error(`${dir} holds no finished run: npm run train makes one, and goes on with one that was stopped (--resume)`);
  }
  const series = requestSeries(await loadTrace());
  if (record.data.series !== series.hash) throw new Error(`${dir} was trained on other data (trace or stand-in)`);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const name = path.basename(dir);
  const levels = levelsOf(plannedRuns().find((run) => run.name === name)?.group ?? "tables");
  const options = { name, seed: record.seed, levels, ...count("draws"), ...count("sequences"), signal: stop.signal };
  const metrics = await evaluate(await loadModel(dir), series, options);
  writeMetrics(metrics, dir);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
