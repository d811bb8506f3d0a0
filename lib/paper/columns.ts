/** Several columns together, of the trace and of the weather: what is trained on them, and the shipped scores of ten seeds (npm run column-scores). */
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkChoice, checkObject } from "../base/check";
import { projectRoot } from "../base/project";
import type { ColumnSeries } from "../data/columns";
import { TEST_SIZE } from "../data/protocol";
import { checkWholeSeries } from "../data/series";
import type { Weather } from "../data/weather";
import { loadModel } from "../models/checkpoint";
import { frozen } from "../models/config";
import { type MemoryConfig, TDLGM_MEMORY } from "../models/memoryConfig";
import type { Model } from "../models/model";
import type { ModelConfig } from "../models/registry";
import { type Tuning, tuningOf, withSettings } from "./choice";
import { readWhole } from "./record";

/** The columns of the trace that say what a pod asks for. */
export const REQUEST_COLUMNS = ["cpu_milli", "memory_mib", "num_gpu", "gpu_milli"] as const;

/** The series of several columns: the trace's requests, and the weather. */
export const COLUMN_TASKS = ["trace", "weather"] as const;
/** One of `COLUMN_TASKS`. */
export type ColumnTask = (typeof COLUMN_TASKS)[number];

/** A model of several columns, and its twin without latent variables, all of whose columns are independent given the past. */
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

/** How the two are tuned. */
export function columnTuning(columns: ColumnSeries | Weather): Tuning {
  const { task, configs } = columnPlan(columns);
  return tuningOf(`columns/${task}/trials.json`, { ...configs });
}

/** The scores of a training on several columns. */
export interface ColumnScore {
  of: keyof ColumnConfigs;
  seed: number;
  /** Held-out negative log-likelihood of the test rows, nats a row, with 256 particles and with 512. */
  nll: number;
  nllOfMore: number;
  /** KL of each layer at the end of training, nats a row; none for a VRNN's twin. */
  kl: number[];
  seconds: number;
  /** Of each test row the nats (512 particles) and, of the weather, the energy score of 100 draws. */
  rows: { nats: number[]; energy?: number[] };
}

/** What a scores.json holds. */
export interface ColumnScores {
  /** The hash of the series. */
  series: string;
  configs: ColumnConfigs;
  scores: ColumnScore[];
}

/** The folder of a series' shipped scores; the weather's has the weights of seed 0 too, model and twin. */
export const columnsFolder = (task: ColumnTask = "trace"): string => path.join(projectRoot(), "data/columns", task);

/** The shipped model of the weather, seed 0, or its twin. The caller disposes of it. */
export async function weatherModel(of: ColumnScore["of"] = "model"): Promise<Model> {
  checkChoice(of, "of", ["model", "twin"]);
  return loadModel(path.join(columnsFolder("weather"), of));
}

/** Which series it is, what is trained on it, and where its test part begins. */
export function columnPlan(columns: ColumnSeries | Weather): { task: ColumnTask; configs: ColumnConfigs; testFrom: number } {
  checkObject(columns as unknown, "columns", "what traceColumns or seattleWeather returns");
  checkWholeSeries(columns.series, "columns.series");
  return "values" in columns
    ? { task: "trace", configs: columnConfigs(columns), testFrom: columns.series.length - TEST_SIZE }
    : { task: "weather", configs: WEATHER_CONFIGS, testFrom: columns.testFrom };
}

const isScore = ({ nll, nllOfMore, kl, rows }: ColumnScore): boolean =>
  Number.isFinite(nll + nllOfMore) &&
  Array.isArray(kl) &&
  Array.isArray(rows?.nats) &&
  rows.nats.length === (rows.energy ?? rows.nats).length &&
  [...rows.nats, ...(rows.energy ?? [])].every(Number.isFinite);

/** The shipped scores; null where there are none of these data and settings. @throws Error naming the file if it is broken */
export function columnScores(columns: ColumnSeries | Weather): ColumnScore[] | null {
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
