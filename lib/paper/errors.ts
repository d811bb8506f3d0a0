/** Squared errors over the test part, from which intervals and tests follow. A run of Tables 1-3 keeps them beside its scores. */
import * as fs from "node:fs";
import * as path from "node:path";
import { checkOptions, checkSignal, checkWhole } from "../base/check";
import { brokenCheckpoint, readSafetensors, writeSafetensors } from "../base/safetensors";
import { HISTORY, NOISE_SEEDS, split, testPart } from "../data/protocol";
import { checkWholeSeries, type Series } from "../data/series";
import { mean } from "../metrics/metrics";
import { welchTest } from "../metrics/statistics";
import { type Model, weighted } from "../models/model";
import { imputeDraws } from "../training/imputation";
import { checkLevel, NO_NOISE, NOISE_LEVELS, type NoiseLevel, noisySeries } from "./levels";

/** Whether ξ is drawn once for each noise draw, or taken at its posterior mean. A model without ξ has the same answer twice. */
export type Xi = "sample" | "mean";
/** The imputed test part, 500 values for each noise draw. */
export type Imputed = Record<Xi, Float32Array[]>;

/** A run's errors under one noise level. */
export interface LevelErrors {
  level: NoiseLevel;
  /** The squared error of each test value, the mean over the noise draws, [500]. */
  squared: Record<Xi, Float32Array>;
  /** The MSE under each noise draw, with one draw of ξ. */
  byDraw: Float32Array;
  /**
   * The paper's kind of test for each noise draw, with one draw of ξ: p of Welch's t-test between the 500 squared errors under this noise and
   * those without noise.
   */
  welch: Float32Array;
}

/** The levels whose errors a run keeps: Tables 1 and 3. */
export const ERROR_LEVELS = NOISE_LEVELS.filter(({ table }) => table !== "biased");
/** The file of a run's errors. */
export const ERRORS_FILE = "errors.safetensors";

/** Imputes the test part under a noise level. A noise draw and the draw of ξ that goes with it have the same seed. */
export async function imputeTest(
  model: Model,
  series: Series,
  level: NoiseLevel,
  options: { draws: number; signal?: AbortSignal },
): Promise<Imputed> {
  weighted(model);
  checkWholeSeries(series, "series");
  checkLevel(level);
  checkOptions(options, "options", ["draws", "signal"]);
  const { draws, signal } = options;
  checkWhole(draws, "options.draws", 1, NOISE_SEEDS.length);
  checkSignal(signal);
  const { test } = split(series);
  const clean = series.slice(-(HISTORY + test.length)).values;
  const imputed: Imputed = { mean: [], sample: [] };
  const readings: Xi[] = weighted(model).config.kind === "rnn" ? ["mean"] : ["mean", "sample"];
  for (const { seed, values } of noisySeries(series, level, draws)) {
    const wanted = readings.map((xi) => ({ seed, xi }));
    const all = await imputeDraws(model, values, wanted, { clean, signal });
    for (const [i, xi] of readings.entries()) imputed[xi].push(testPart(all[i]));
  }
  return readings.length === 1 ? { mean: imputed.mean, sample: imputed.mean } : imputed;
}

/** The errors of an imputed test part. @param clean the same without noise */
export function levelErrors(series: Series, level: NoiseLevel, imputed: Imputed, clean: Imputed): LevelErrors {
  const test = split(series).test.values;
  const squares = (of: Float32Array[]) => of.map((values) => Float32Array.from(test, (v, t) => (v - values[t]) ** 2));
  const averaged = (all: Float32Array[]) => Float32Array.from(test, (_, t) => mean(all.map((one) => one[t])));
  const [noisy, without] = [squares(imputed.sample), squares(clean.sample)];
  return {
    level,
    squared: { sample: averaged(noisy), mean: averaged(squares(imputed.mean)) },
    byDraw: Float32Array.from(noisy, mean),
    welch: Float32Array.from(noisy, (one, i) => welchTest(one, without[i]).p),
  };
}

/** Writes the errors of ERROR_LEVELS into a run's folder; the squares as bfloat16, three digits each. @param weights the hash of the weights */
export function writeErrors(errors: readonly LevelErrors[], weights: string, dir: string): void {
  const tensor = (of: (one: LevelErrors) => Float32Array, dtype: "F32" | "BF16") => {
    const rows = errors.map(of);
    return { shape: [rows.length, rows[0].length], values: Float32Array.from(rows.flatMap((row) => Array.from(row))), dtype };
  };
  const same = errors.every(({ squared: { sample, mean } }) => sample.every((x, t) => x === mean[t]));
  const tensors = {
    sample: tensor(({ squared }) => squared.sample, "BF16"),
    ...(!same && { mean: tensor(({ squared }) => squared.mean, "BF16") }),
    byDraw: tensor(({ byDraw }) => byDraw, "F32"),
    welch: tensor(({ welch }) => welch, "F32"),
  };
  writeSafetensors(path.join(dir, ERRORS_FILE), { tensors, metadata: { weights } });
}

/** The errors in a run's folder, or null where there are none of these weights. @throws Error naming the file if it is broken */
export function readErrors(dir: string, weights: string): LevelErrors[] | null {
  const file = path.join(dir, ERRORS_FILE);
  if (!fs.existsSync(file)) return null;
  const { tensors, metadata } = readSafetensors(file);
  if (metadata.weights !== weights) return null;
  const isWhole = (name: string) => tensors[name]?.shape.length === 2 && tensors[name].shape[0] === ERROR_LEVELS.length;
  const wrong = ["sample", "byDraw", "welch", ...(tensors.mean ? ["mean"] : [])].find((name) => !isWhole(name));
  if (wrong !== undefined) throw brokenCheckpoint(file, `its errors are not whole (${wrong})`);
  const row = (name: string, i: number): Float32Array => {
    const { shape, values } = tensors[name];
    return values.subarray(i * shape[1], (i + 1) * shape[1]);
  };
  return ERROR_LEVELS.map((level, i) => {
    const sample = row("sample", i);
    const squared = { sample, mean: tensors.mean ? row("mean", i) : sample };
    return { level, squared, byDraw: row("byDraw", i), welch: row("welch", i) };
  });
}

/** A model's errors under these levels, made from its weights. */
export async function errorsOf(model: Model, series: Series, levels: readonly NoiseLevel[], draws: number): Promise<LevelErrors[]> {
  const clean = await imputeTest(model, series, NO_NOISE, { draws });
  const made: LevelErrors[] = [];
  for (const level of levels)
    made.push(levelErrors(series, level, level === NO_NOISE ? clean : await imputeTest(model, series, level, { draws }), clean));
  return made;
}
