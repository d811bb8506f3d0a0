/**
 * Takes finished and evaluated runs out of runs/ into data/runs/, which the repository ships: record and scores, and of the runs behind
 * Tables 1-3 and the generators the weights too, without Adam's moments and without the history, which the record has; of the tables' runs also
 * the errors over the test part. Of readings and grid, to keep it small, a long history's last row and the scores under Table 1's noise and
 * Table 3's strongest, and with 11 bins at lag 1 only. Fractions in history and scores are rounded to 6 significant digits.
 *
 *   npm run ship [-- NAME ...]     (all planned runs that runs/ holds when none is named)
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { writeAtomically } from "../lib/base/files";
import { projectRoot } from "../lib/base/project";
import { saveCheckpoint, WEIGHTS_FILE } from "../lib/models/checkpoint";
import { weighted } from "../lib/models/model";
import { ERRORS_FILE, readErrors, writeErrors } from "../lib/paper/errors";
import { type RunMetrics, weightsHash } from "../lib/paper/evaluate";
import { FEW_LEVELS } from "../lib/paper/levels";
import { plannedRuns } from "../lib/paper/plan";
import { differences, METRICS_FILE } from "../lib/paper/record";
import { fewerThanAll, readMetrics } from "../lib/paper/results";
import { loadRun, RECORD_FILE, readRecord } from "../lib/paper/runs";
import { program, readArguments } from "./arguments";

/** Rows of a history that is kept whole. */
const SHORT_HISTORY = 25;
/** What all shipped runs may have. */
const MAX_BYTES = 20e6;
const [own, shipped] = ["runs", "data/runs"].map((folder) => path.join(projectRoot(), folder));

const rounded = (x: unknown) => (typeof x === "number" && !Number.isInteger(x) ? Number(x.toPrecision(6)) : x);
const json = (value: unknown) => `${JSON.stringify(value)}\n`;
/** The same with its fractions rounded. */
const round = <T>(value: T): T => JSON.parse(JSON.stringify(value, (_, x) => rounded(x)));
const fewerLevels = (metrics: RunMetrics): RunMetrics => ({
  ...metrics,
  imputation: metrics.imputation.filter((score) => FEW_LEVELS.some(({ table, row }) => table === score.table && row === score.row)),
  generation: metrics.generation.filter(({ bins, lag }) => bins === 11 && lag === "one"),
});

async function ship(name: string): Promise<void> {
  const run = plannedRuns().find((planned) => planned.name === name);
  if (!run) throw new Error(`${name} is no planned run (lib/paper/plan.ts)`);
  const [from, to] = [path.join(own, name), path.join(shipped, name)];
  const record = readRecord(from);
  if (!record) throw new Error(`runs/${name} has no ${RECORD_FILE}: train it`);
  if (record.data.standIn) throw new Error(`runs/${name} was trained on a stand-in: only runs on the trace are shipped`);
  const other = differences(record, run);
  if (other.length > 0) throw new Error(`runs/${name} is not the run that is planned under this name: ${other.join("; ")}`);
  const model = await loadRun({ record, dir: from });
  const metrics = readMetrics(from);
  if (metrics?.weights !== weightsHash(model)) throw new Error(`runs/${name}: its scores are not those of its weights: evaluate it again`);
  const fewer = fewerThanAll(metrics, run.group);
  if (fewer.length > 0) throw new Error(`runs/${name} was not evaluated in full (${fewer.join("; ")}): evaluate it again`);
  const isTables = run.group === "tables";
  const errors = isTables ? readErrors(from, metrics.weights) : null;
  if (isTables && !errors) throw new Error(`runs/${name} has no ${ERRORS_FILE} of its weights: evaluate it again`);

  // Made beside the shipped run, which goes when its successor is whole.
  const [part, old] = ["new", "old"].map((state) => `${to}.${state}.${process.pid}.tmp`);
  const keepsWeights = isTables || run.group === "generators";
  if (keepsWeights) saveCheckpoint(weighted(model), part, { resumable: false });
  model.dispose();
  const { history } = record;
  const rows = keepsWeights || history.length <= SHORT_HISTORY ? history : history.slice(-1);
  writeAtomically(path.join(part, RECORD_FILE), json({ ...record, weights: metrics.weights, history: round(rows) }));
  if (errors) writeErrors(errors, metrics.weights, part);
  writeAtomically(path.join(part, METRICS_FILE), json(round(isTables ? metrics : fewerLevels(metrics))));
  if (fs.existsSync(to)) fs.renameSync(to, old);
  fs.renameSync(part, to);
  fs.rmSync(old, { recursive: true, force: true });
}

program(async () => {
  const isWhole = (name: string) => [RECORD_FILE, METRICS_FILE, WEIGHTS_FILE].every((file) => fs.existsSync(path.join(own, name, file)));
  const { positionals: named } = readArguments("npm run ship [-- NAME ...]", { allowPositionals: true, options: {} });
  const incomplete = named.filter((name) => !isWhole(name));
  if (incomplete.length) throw new Error(`not trained or not evaluated in runs/: ${incomplete.join(", ")}`);
  const names = named.length ? named : plannedRuns().flatMap(({ name }) => (isWhole(name) ? [name] : []));
  for (const name of names) await ship(name);
  const files = fs.readdirSync(shipped, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + fs.statSync(path.join(parentPath, name)).size, 0);
  const here = fs.readdirSync(shipped).length;
  console.log(
    `${names.length} runs into data/runs, which holds ${here} of the ${plannedRuns().length} planned, ${(bytes / 1e6).toFixed(1)} MB`,
  );
  if (bytes > MAX_BYTES) throw new Error(`data/runs may have ${MAX_BYTES / 1e6} MB at most`);
});
