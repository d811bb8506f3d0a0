/** The trace's columns together: what is trained on them, and the shipped scores of ten seeds (npm run column-scores). */
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkChoice, checkObject } from "../base/check";
import { projectRoot } from "../base/project";
import type { ColumnSeries } from "../data/columns";
import { checkWholeSeries } from "../data/series";
import { loadModel } from "../models/checkpoint";
import { type MemoryConfig, TDLGM_MEMORY } from "../models/memoryConfig";
import type { Model } from "../models/model";
import type { ModelConfig } from "../models/registry";
import { readWhole } from "./record";

/** The columns of the trace that say what a pod asks for. */
export const REQUEST_COLUMNS = ["cpu_milli", "memory_mib", "num_gpu", "gpu_milli"] as const;

/**
 * tdlgm-memory for these columns, and its twin without ξ, all of whose columns are independent given the past. Sizes, free bits, batch and number of
 * steps were chosen on the validation part, by one training of each of 14 settings of the model, 4 of the twin.
 */
export function columnConfigs({ values }: Pick<ColumnSeries, "values">): { model: ModelConfig; twin: ModelConfig } {
  const memory: MemoryConfig = { ...(TDLGM_MEMORY.memory as MemoryConfig), freeBits: 0, dropout: 0.5 };
  const common = {
    kind: "tdlgm" as const,
    ...TDLGM_MEMORY,
    ...{ H: 64, K: 16, learningRate: 0.003, validateEvery: 100 },
    likelihood: { kind: "categorical-columns" as const, values },
  };
  return {
    model: { ...common, batch: 32, steps: 500, memory },
    twin: { ...common, batch: 64, steps: 200, memory: { ...memory, xi: false } },
  };
}

/** The scores of a training on several columns. */
export interface ColumnScore {
  of: "model" | "twin";
  seed: number;
  /** Held-out negative log-likelihood of the 500 test rows, nats a row, with 256 particles and with 512. */
  nll: number;
  nllOfMore: number;
  /** KL of each layer at the end of training, nats a row. */
  kl: number[];
  seconds: number;
}

/** What data/columns/scores.json holds. */
export interface ColumnScores {
  /** The hash of the series. */
  series: string;
  configs: ReturnType<typeof columnConfigs>;
  scores: ColumnScore[];
}

/** The folder of the shipped scores, and of the weights of seed 0, model and twin. */
export const columnsFolder = (): string => path.join(projectRoot(), "data/columns");

/** The shipped model of seed 0, or its twin. The caller disposes of it. */
export async function columnModel(of: ColumnScore["of"]): Promise<Model> {
  checkChoice(of, "of", ["model", "twin"]);
  return loadModel(path.join(columnsFolder(), of));
}

/** The shipped scores; null where there are none of these data and settings. @throws Error naming the file if it is broken */
export function columnScores(columns: ColumnSeries): ColumnScore[] | null {
  checkObject(columns, "columns", "what traceColumns returns");
  checkWholeSeries(columns.series, "columns.series");
  const file = path.join(columnsFolder(), "scores.json");
  if (!fs.existsSync(file)) return null;
  const parts = {
    series: ({ series }: ColumnScores) => typeof series === "string",
    scores: ({ scores }: ColumnScores) => scores.every(({ nll, nllOfMore, kl }) => Number.isFinite(nll + nllOfMore) && Array.isArray(kl)),
  };
  const kept = readWhole<ColumnScores>(file, parts, "run npm run column-scores");
  const same = kept?.series === columns.series.hash && isDeepStrictEqual(kept.configs, columnConfigs(columns));
  return kept && same ? kept.scores : null;
}
