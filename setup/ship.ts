/**
 * Takes finished and evaluated runs out of runs/ into data/runs/, which the repository ships: record and scores, and of the runs behind
 * Tables 1-3 and the generators the weights too, without Adam's moments and without the history, which the record has; of the tables' runs also
 * the errors over the test part. Of readings and grid, to keep it small, a long history's last row and the scores under Table 1's noise and
 * Table 3's strongest, and with 11 bins at lag 1 only. Fractions in history and scores are rounded to 6 significant digits.
 *
 * When runs/ holds all trainings of a task of lib/paper/columns.ts, their scores go into data/columns/TASK/ as they are, with the weights of seed 0
 * where those are shipped.
 *
 *   npm run ship [-- NAME ...]     (all planned runs that runs/ holds when none is named; columns-TASK names a task's)
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { writeAtomically } from "../lib/base/files";
import { projectRoot } from "../lib/base/project";
import { saveCheckpoint, WEIGHTS_FILE } from "../lib/models/checkpoint";
import { weighted } from "../lib/models/model";
import {
  allSettings,
  COLUMN_TASKS,
  type ColumnResult,
  type ColumnScores,
  type ColumnTask,
  columnPlan,
  columnRuns,
  columnsFolder,
  loadOwnColumn,
  ownColumnResult,
  SCORE_FILE,
} from "../lib/paper/columns";
import { ERRORS_FILE, readErrors, writeErrors } from "../lib/paper/errors";
import { type RunMetrics, weightsHash } from "../lib/paper/evaluate";
import { FEW_LEVELS } from "../lib/paper/levels";
import { plannedRuns } from "../lib/paper/plan";
import { differences, METRICS_FILE } from "../lib/paper/record";
import { fewerThanAll, readMetrics } from "../lib/paper/results";
import { loadRun, RECORD_FILE, readRecord } from "../lib/paper/runs";
import { program, readArguments } from "./arguments";
import { seriesOfTask } from "./taskSeries";

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

/** The trainings here of a task. @throws Error naming the first that is missing, of other data or settings, or of other weights than beside it */
async function ownColumns(task: ColumnTask) {
  const columns = await seriesOfTask(task);
  if (columns.series.standIn) throw new Error(`columns-${task}: on a stand-in; only trainings on the trace are shipped`);
  const results: ColumnResult[] = [];
  for (const run of columnRuns(task)) {
    const result = ownColumnResult(columns, run);
    if (!result) throw new Error(`runs/${run.name} is not of the data and settings that are planned: train it again or delete it`);
    (await loadOwnColumn(run, result)).dispose();
    results.push(result);
  }
  return { ...columnPlan(columns), series: columns.series, results };
}

async function shipColumns({ task, series, configs, shipsWeights, results }: Awaited<ReturnType<typeof ownColumns>>): Promise<void> {
  const folder = columnsFolder(task);
  for (const [i, run] of columnRuns(task).entries()) {
    if (!shipsWeights || run.seed !== 0) continue;
    const model = await loadOwnColumn(run, results[i]);
    saveCheckpoint(weighted(model), path.join(folder, run.of), { resumable: false });
    model.dispose();
  }
  const all = { model: allSettings(configs.model), twin: allSettings(configs.twin) };
  const shipped: ColumnScores = { series: series.hash, configs: all, scores: results.map(({ score }) => score) };
  writeAtomically(path.join(folder, "scores.json"), json(shipped));
}

program(async () => {
  const isWhole = (name: string, ...files: string[]) => files.every((file) => fs.existsSync(path.join(own, name, file)));
  const isRun = (name: string) => isWhole(name, RECORD_FILE, METRICS_FILE, WEIGHTS_FILE);
  const isColumn = (name: string) => isWhole(name, SCORE_FILE, WEIGHTS_FILE);
  const isTask = (task: ColumnTask) => columnRuns(task).every(({ name }) => isColumn(name));
  const { positionals: named } = readArguments("npm run ship [-- NAME ...]", { allowPositionals: true, options: {} });
  const taskOf = (name: string) => COLUMN_TASKS.find((task) => name === `columns-${task}`);
  const incomplete = named.filter((name) => {
    const task = taskOf(name);
    return task ? !isTask(task) : !isRun(name);
  });
  if (incomplete.length)
    throw new Error(
      `not trained or not evaluated in runs/: ${incomplete.join(", ")} (the columns of a task go together, by columns-${COLUMN_TASKS.join(", columns-")})`,
    );
  const tasks = COLUMN_TASKS.filter((task) => (named.length ? named.some((name) => taskOf(name) === task) : isTask(task)));
  const columns = [];
  for (const task of tasks) columns.push(await ownColumns(task)); // before any work is done
  const names = named.length ? named.filter((name) => !taskOf(name)) : plannedRuns().flatMap(({ name }) => (isRun(name) ? [name] : []));
  for (const name of names) await ship(name);
  for (const own of columns) await shipColumns(own);
  const files = fs.readdirSync(shipped, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + fs.statSync(path.join(parentPath, name)).size, 0);
  const here = fs.readdirSync(shipped).length;
  console.log(
    `${names.length} runs into data/runs, which holds ${here} of the ${plannedRuns().length} planned, ${(bytes / 1e6).toFixed(1)} MB`,
  );
  for (const task of COLUMN_TASKS) {
    const [made, all] = [columnRuns(task).filter(({ name }) => isColumn(name)).length, columnRuns(task).length];
    if (made > 0 && made < all) console.log(`columns-${task}: ${made} of ${all} trained, not shipped`);
  }
  for (const task of tasks) console.log(`the scores of ${columnRuns(task).length} trainings into data/columns/${task}`);
  if (bytes > MAX_BYTES) throw new Error(`data/runs may have ${MAX_BYTES / 1e6} MB at most`);
});
