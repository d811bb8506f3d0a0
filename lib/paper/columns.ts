/**
 * Where ξ can work: a model and its twin without ξ on several columns together, of the trace and of the weather, and on the trace's one column with
 * a narrow likelihood. What is trained, and the scores of ten seeds, test row by test row: those of the trainings here, in runs/
 * (npm run reproduce -- --columns), or else the shipped ones.
 */
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkChoice, checkObject, refuse } from "../base/check";
import { projectRoot } from "../base/project";
import type { ColumnSeries } from "../data/columns";
import { TEST_SIZE } from "../data/protocol";
import { checkWholeSeries, type Series } from "../data/series";
import type { Weather } from "../data/weather";
import { loadModel, WEIGHTS_FILE } from "../models/checkpoint";
import { frozen } from "../models/config";
import { type MemoryConfig, TDLGM_MEMORY } from "../models/memoryConfig";
import type { Model } from "../models/model";
import { completeConfig, type FullConfig, type ModelConfig } from "../models/registry";
import { type Tuning, tuningOf, withSettings } from "./choice";
import { weightsHash } from "./evaluate";
import { NAMED_CONFIGS, TRACE_VALUES } from "./plan";
import { readWhole } from "./record";
import { ownCounts, ownFolder, sayOnce } from "./runs";

/** The columns of the trace that say what a pod asks for. */
export const REQUEST_COLUMNS = ["cpu_milli", "memory_mib", "num_gpu", "gpu_milli"] as const;

/** The series: the trace's four columns, the weather's, and the trace's one column for a narrow likelihood. */
export const COLUMN_TASKS = ["trace", "weather", "narrow"] as const;
/** One of `COLUMN_TASKS`. */
export type ColumnTask = (typeof COLUMN_TASKS)[number];

/** A model and its twin without latent variables, all of whose columns are independent given the past. */
export interface ColumnConfigs {
  model: ModelConfig;
  twin: ModelConfig;
}

/**
 * tdlgm-memory for the trace's columns, and its twin without ξ. `npm run choose` gave each its dropout, rate and steps; the sizes, and
 * free bits of 0, were chosen by hand, on the validation part too.
 */
export function columnConfigs({ values }: Pick<ColumnSeries, "values">): ColumnConfigs {
  const memory: MemoryConfig = { ...(TDLGM_MEMORY.memory as MemoryConfig), freeBits: 0 };
  const common = {
    kind: "tdlgm" as const,
    ...TDLGM_MEMORY,
    ...{ H: 64, K: 16, validateEvery: 100 },
    likelihood: { kind: "categorical-columns" as const, values },
    memory,
  };
  return {
    model: withSettings(common, { dropout: 0.5, learningRate: 0.002, steps: 800 }),
    twin: withSettings({ ...common, memory: { ...memory, xi: false } }, { dropout: 0.1, learningRate: 0.002, steps: 400 }),
  };
}

const VRNN_OF_DAYS = { kind: "vrnn" as const, likelihood: { kind: "normal" as const, columns: 4 } };

/** VRNN for the weather's columns, and its twin without ξ. `npm run choose` gave each its dropout, rate and steps. */
export const WEATHER_CONFIGS: Readonly<ColumnConfigs> = frozen({
  model: withSettings(VRNN_OF_DAYS, { dropout: 0.5, learningRate: 0.004, steps: 800 }),
  twin: withSettings({ ...VRNN_OF_DAYS, latents: false }, { dropout: 0.5, learningRate: 0.002, steps: 200 }),
});

const NARROW = {
  ...NAMED_CONFIGS["tdlgm-memory"],
  likelihood: { kind: "logistic-mixture" as const, values: [...TRACE_VALUES], components: 1 },
};

/**
 * tdlgm-memory with a narrow π, one logistic distribution over the values (times the counts): what it can't say ξ must. And its twin without ξ.
 * `npm run choose` gave each its dropout, rate and steps.
 */
export const NARROW_CONFIGS: Readonly<ColumnConfigs> = frozen({
  model: withSettings(NARROW, { dropout: 0.3, learningRate: 0.004, steps: 800 }),
  twin: withSettings(
    { ...NARROW, memory: { ...(NARROW.memory as MemoryConfig), xi: false } },
    { dropout: 0.1, learningRate: 0.004, steps: 800 },
  ),
});

/** Several columns, or `{ series }` of the trace's one. */
export type TaskSeries = ColumnSeries | Weather | { series: Series };

/** What is trained on a task's series, and how it is scored. */
export interface ColumnPlan {
  task: ColumnTask;
  configs: ColumnConfigs;
  /** Where the test part begins. */
  testFrom: number;
  /** Whether the columns are numbers, so that distances between rows say something: then each row has an energy score. */
  numbers: boolean;
  /** Whether each row of the model has the nats with ξ at its prior's mean too. */
  atMean: boolean;
  /** Whether the weights of seed 0 are shipped; those of four columns of the trace are a megabyte. */
  shipsWeights: boolean;
}

const WANTED = "what traceColumns or seattleWeather returns, or { series } of one column";

/** Which task it is, and its plan. @throws Error naming what is wrong */
export function columnPlan(columns: TaskSeries): ColumnPlan {
  checkObject(columns as unknown, "columns", WANTED);
  const { series } = columns;
  checkWholeSeries(series, "columns.series");
  const plan = { testFrom: series.length - TEST_SIZE, numbers: false, atMean: false, shipsWeights: true };
  if ("values" in columns) return { ...plan, task: "trace", configs: columnConfigs(columns), shipsWeights: false };
  if ("season" in columns) return { ...plan, task: "weather", configs: WEATHER_CONFIGS, testFrom: columns.testFrom, numbers: true };
  if (series.columns.length !== 1) refuse("columns", WANTED, series.columns);
  return { ...plan, task: "narrow", configs: NARROW_CONFIGS, atMean: true };
}

/** How the two are tuned. */
export function columnTuning(columns: TaskSeries): Tuning {
  const { task, configs } = columnPlan(columns);
  return tuningOf(`columns/${task}/trials.json`, { ...configs });
}

/** A training of a task's model or its twin. */
export interface ColumnRun {
  /** Its folder in runs/. */
  name: string;
  task: ColumnTask;
  of: keyof ColumnConfigs;
  seed: number;
}

/** The trainings, ten seeds of each of the two, of one task or of all. */
export const columnRuns = (only?: ColumnTask): ColumnRun[] =>
  COLUMN_TASKS.filter((task) => only === undefined || task === only).flatMap((task) =>
    (["model", "twin"] as const).flatMap((of) =>
      Array.from({ length: 10 }, (_, seed) => ({ name: `columns-${task}-${of}-seed-${seed}`, task, of, seed })),
    ),
  );

/** The scores of a training. */
export interface ColumnScore extends Pick<ColumnRun, "of" | "seed"> {
  /** Held-out negative log-likelihood of the test rows, nats a row, with 256 particles and with 512. */
  nll: number;
  nllOfMore: number;
  /** KL of each layer at the end of training, nats a row; none for a VRNN's twin. */
  kl: number[];
  seconds: number;
  /** Of each test row the nats (512 particles); of the weather, the energy score of 100 draws; of the narrow model, the nats with ξ at its prior's mean. */
  rows: { nats: number[]; energy?: number[]; natsAtMean?: number[] };
}

/** What a training's score.json holds: its score, and what it follows from. */
export interface ColumnResult {
  /** The hash of the series. */
  series: string;
  /** Of all settings. */
  config: FullConfig;
  /** The sha256 of the weights. */
  weights: string;
  score: ColumnScore;
}
/** The file of a training's score. */
export const SCORE_FILE = "score.json";

/** What a task's scores.json holds: the shipped scores. */
export interface ColumnScores {
  /** The hash of the series. */
  series: string;
  /** Of all settings. */
  configs: { model: FullConfig; twin: FullConfig };
  scores: ColumnScore[];
}

/** The folder of a task's shipped scores, and of the weights of seed 0, of the model and its twin, where they are shipped. */
export const columnsFolder = (task: ColumnTask): string => path.join(projectRoot(), "data/columns", task);

const isScore = ({ nll, nllOfMore, kl, rows }: ColumnScore): boolean =>
  [nll, nllOfMore].every(Number.isFinite) &&
  Array.isArray(kl) &&
  Array.isArray(rows?.nats) &&
  Object.values(rows).every((own) => Array.isArray(own) && own.length === rows.nats.length && own.every(Number.isFinite));
const hasSeries = ({ series }: { series: string }) => typeof series === "string";

/** All settings, as JSON has them. */
export const allSettings = (config: ModelConfig): FullConfig => JSON.parse(JSON.stringify(completeConfig(config)));

/**
 * The result of a training here; null where there is none of these data and settings. One of others is passed over, and that is said once.
 *
 * @throws Error naming the file if it is broken
 */
export function ownColumnResult(columns: TaskSeries, { name, of, seed }: ColumnRun): ColumnResult | null {
  const parts = {
    series: hasSeries,
    weights: ({ weights }: ColumnResult) => typeof weights === "string",
    score: ({ score }: ColumnResult) => isScore(score) && score.of === of && score.seed === seed,
  };
  const file = path.join(ownFolder(name), SCORE_FILE);
  const own = readWhole<ColumnResult>(file, parts, "delete its folder; npm run reproduce -- --columns trains it again");
  if (!own) return null;
  const isSame = {
    data: own.series === columns.series.hash,
    settings: isDeepStrictEqual(own.config, allSettings(columnPlan(columns).configs[of])),
  };
  const other = Object.entries(isSame).flatMap(([part, same]) => (same ? [] : part));
  if (other.length === 0) return own;
  if (!columns.series.standIn) sayOnce(`runs/${name} is not the training that is asked for: its ${other.join(" and ")} differ`);
  return null;
}

/** The model of a training here. The caller disposes of it. @throws Error naming the file where the weights are not those of the result */
export async function loadOwnColumn({ name }: ColumnRun, { weights }: ColumnResult): Promise<Model> {
  const model = await loadModel(ownFolder(name));
  if (weightsHash(model) === weights) return model;
  model.dispose();
  throw new Error(`${path.join(ownFolder(name), SCORE_FILE)}: not of ${WEIGHTS_FILE} beside it; delete the folder and train again`);
}

/** The shipped scores; null where there are none of these data and settings. */
function shippedColumnScores(columns: TaskSeries): ColumnScore[] | null {
  const { task, configs } = columnPlan(columns);
  const parts = { series: hasSeries, scores: ({ scores }: ColumnScores) => scores.every(isScore) };
  const kept = readWhole<ColumnScores>(path.join(columnsFolder(task), "scores.json"), parts, "take it from the repository again");
  const isOf = (of: ColumnScore["of"]) => isDeepStrictEqual(kept?.configs?.[of], allSettings(configs[of]));
  return kept?.series === columns.series.hash && isOf("model") && isOf("twin") ? kept.scores : null;
}

/**
 * The scores of ten trainings of a task's model and of ten of its twin: of each the one made here, or else the shipped one. With
 * TDLGM_RUNS=shipped only the shipped ones count. Null unless there are all of them, of these data and settings.
 * @throws Error naming the file if one is broken
 */
export function columnScores(columns: TaskSeries): ColumnScore[] | null {
  const { task } = columnPlan(columns);
  const shipped = shippedColumnScores(columns) ?? [];
  const runs = columnRuns(task);
  const scores = runs.flatMap((run) => {
    const own = ownCounts() ? ownColumnResult(columns, run) : null;
    return own?.score ?? shipped.find(({ of, seed }) => of === run.of && seed === run.seed) ?? [];
  });
  return scores.length === runs.length ? scores : null;
}

/**
 * The model of a task, seed 0, or its twin: the one trained here, or else the shipped one. The caller disposes of it.
 * @throws Error where there is none of these data and settings; those of four columns of the trace are not shipped
 */
export async function columnModel(columns: TaskSeries, of: ColumnScore["of"] = "model"): Promise<Model> {
  const { task, shipsWeights } = columnPlan(columns);
  checkChoice(of, "of", ["model", "twin"]);
  const run = columnRuns(task).find((one) => one.of === of && one.seed === 0) as ColumnRun;
  const own = ownCounts() ? ownColumnResult(columns, run) : null;
  if (own) return loadOwnColumn(run, own);
  if (shipsWeights && shippedColumnScores(columns)) return loadModel(path.join(columnsFolder(task), of));
  throw new Error(
    `there is no ${run.name} of this series${ownCounts() ? "; npm run reproduce -- --columns trains it on the project's own" : " among the shipped ones (TDLGM_RUNS=shipped)"}`,
  );
}
