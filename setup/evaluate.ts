/**
 * Evaluates a finished run from its weights and writes DIR/metrics.json:
 *
 *   npm run evaluate -- DIR [--draws N] [--sequences N]
 */
import * as path from "node:path";
import { parseArgs } from "node:util";
import { checkWhole } from "../lib/base/check";
import { withFolder } from "../lib/base/lock";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { evaluate } from "../lib/paper/evaluate";
import { plannedRuns } from "../lib/paper/plan";
import { levelsOf, writeMetrics } from "../lib/paper/results";
import { loadRun, readRecord } from "../lib/paper/runs";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { draws: { type: "string" }, sequences: { type: "string" } },
  });
  if (positionals.length !== 1) throw new Error("one folder of a finished run is to be named: npm run evaluate -- runs/tdlgm-seed-0");
  const dir = path.resolve(positionals[0]);
  const count = (name: "draws" | "sequences", least: number) => {
    if (values[name] === undefined) return {};
    const n = values[name].trim() === "" ? Number.NaN : Number(values[name]);
    checkWhole(n, `--${name}`, least);
    return { [name]: n };
  };
  const counts = { ...count("draws", 2), ...count("sequences", 1) };
  const record = readRecord(dir);
  if (!record) throw new Error(`${dir} holds no finished run: npm run train makes one, and goes on with one that was stopped (--resume)`);
  const series = requestSeries(await loadTrace());
  if (record.data.series !== series.hash) throw new Error(`${dir} was trained on other data (trace or stand-in)`);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const name = path.basename(dir);
  const levels = levelsOf(plannedRuns().find((run) => run.name === name)?.group ?? "tables");
  const options = { name, seed: record.seed, levels, ...counts, signal: stop.signal };
  await withFolder(dir, async () => writeMetrics(await evaluate(await loadRun({ record, dir }), series, options), dir));
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
