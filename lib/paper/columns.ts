/**
 * Where ξ can work: a model and its twin without ξ on several columns together, of the trace and of the weather, and on the trace's one column with
 * a narrow likelihood. What is trained, and the shipped scores of ten seeds, test row by test row (npm run column-scores).
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkChoice, checkObject, refuse } from "../base/check";
import { projectRoot } from "../base/project";
import type { ColumnSeries } from "../data/columns";
import { TEST_SIZE } from "../data/protocol";
import { checkWholeSeries, type Series } from "../data/series";
import type { Weather } from "../data/weather";
import { loadModel } from "../models/checkpoint";
import { frozen } from "../models/config";
import { type MemoryConfig, TDLGM_MEMORY } from "../models/memoryConfig";
import type { Model } from "../models/model";
import type { ModelConfig } from "../models/registry";
import { type Tuning, tuningOf, withSettings } from "./choice";
import { NAMED_CONFIGS, TRACE_VALUES } from "./plan";
import { readWhole } from "./record";

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

/** How the two are tuned. */
export function columnTuning(columns: TaskSeries): Tuning {
  const { task, configs } = columnPlan(columns);
  return tuningOf(`columns/${task}/trials.json`, { ...configs });
}

/** The scores of a training. */
export interface ColumnScore {
  of: keyof ColumnConfigs;
  seed: number;
  /** Held-out negative log-likelihood of the test rows, nats a row, with 256 particles and with 512. */
  nll: number;
  nllOfMore: number;
  /** KL of each layer at the end of training, nats a row; none for a VRNN's twin. */
  kl: number[];
  seconds: number;
  /** Of each test row the nats (512 particles); of the weather, the energy score of 100 draws; of the narrow model, the nats with ξ at its prior's mean. */
  rows: { nats: number[]; energy?: number[]; natsAtMean?: number[] };
}

/** What a scores.json holds. */
export interface ColumnScores {
  /** The hash of the series. */
  series: string;
  configs: ColumnConfigs;
  scores: ColumnScore[];
}

/** The folder of a task's shipped scores; all but `trace` also hold the weights of seed 0, of the model and its twin. */
export const columnsFolder = (task: ColumnTask = "trace"): string => path.join(projectRoot(), "data/columns", task);

/** The shipped model of the weather or the narrow one, seed 0, or its twin. The caller disposes of it. */
export async function columnModel(task: Exclude<ColumnTask, "trace">, of: ColumnScore["of"] = "model"): Promise<Model> {
  checkChoice(task, "task", ["weather", "narrow"]);
  checkChoice(of, "of", ["model", "twin"]);
  return loadModel(path.join(columnsFolder(task), of));
}

const WANTED = "what traceColumns or seattleWeather returns, or { series } of one column";

/** Which task it is, what is trained on it, and where its test part begins. @throws Error naming what is wrong */
export function columnPlan(columns: TaskSeries): { task: ColumnTask; configs: ColumnConfigs; testFrom: number } {
  checkObject(columns as unknown, "columns", WANTED);
  const { series } = columns;
  checkWholeSeries(series, "columns.series");
  if ("values" in columns) return { task: "trace", configs: columnConfigs(columns), testFrom: series.length - TEST_SIZE };
  if ("season" in columns) return { task: "weather", configs: WEATHER_CONFIGS, testFrom: columns.testFrom };
  if (series.columns.length !== 1) refuse("columns", WANTED, series.columns);
  return { task: "narrow", configs: NARROW_CONFIGS, testFrom: series.length - TEST_SIZE };
}

const isScore = ({ nll, nllOfMore, kl, rows }: ColumnScore): boolean =>
  Number.isFinite(nll + nllOfMore) &&
  Array.isArray(kl) &&
  Array.isArray(rows?.nats) &&
  Object.values(rows).every((own) => Array.isArray(own) && own.length === rows.nats.length && own.every(Number.isFinite));

/** The shipped scores; null where there are none of these data and settings. @throws Error naming the file if it is broken */
export function columnScores(columns: TaskSeries): ColumnScore[] | null {
  const { task, configs } = columnPlan(columns);
  const file = path.join(columnsFolder(task), "scores.json");
  if (!fs.existsSync(file)) return null;
  const parts = {
    series: ({ series }: ColumnScores) => typeof series === "string",
    scores: ({ scores }: ColumnScores) => scores.every(isScore),
  };
  const kept = readWhole<ColumnScores>(file, parts, "run npm run column-scores");
  const same = kept?.series === columns.series.hash && isDeepStrictEqual(kept.configs, configs);
  return kept && same ? kept.scores : null;
}
