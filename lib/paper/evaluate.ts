/** The scores of a trained model, computed from its weights alone: everything that Tables 1-3 show of it. */

import { checkOptions, checkSeed, checkText, checkWhole } from "../base/check";
import { sha256 } from "../base/sha256";
import { HISTORY, NOISE_SEEDS, type NoiseReading, split } from "../data/protocol";
import { checkWholeSeries, type Series } from "../data/series";
import { pooledAutocorrelation } from "../metrics/autocorrelation";
import { mean, mse, squaredErrorVariance, transitionCeiling, transitionScore, transitionScoreAcross } from "../metrics/metrics";
import { type Model, weighted } from "../models/model";
import { generate } from "../training/generation";
import { ERROR_LEVELS, type Imputed, imputeTest, type LevelErrors, levelErrors, type Xi } from "./errors";
import { NO_NOISE, NOISE_LEVELS, type NoiseLevel } from "./levels";
import { type FilterPs, rnnFilter } from "./rnnFilter";

/** Table 2's horizons: the number of values in a generated sequence. */
export const STEPS = [2, 5, 8, 10, 15, 20, 25, 30] as const;
/** A number with one draw of ξ, and at the posterior mean of ξ. A model without latent variables has the same number twice. */
export type ByDraw = { sample: number; mean: number };

/** The scores of imputing the test part under one noise level, means over the noise draws. */
export interface ImputationScore extends NoiseLevel {
  /** The number of noise draws. */
  draws: number;
  mse: ByDraw;
  /** The variance of the squared errors over the test part. */
  errorVariance: ByDraw;
  /** The variance of the MSE over the noise draws, not a mean. */
  mseVariance: ByDraw;
}

/** Algorithm 1 for sequences of one length, scored against the training part. */
export interface GenerationScore {
  steps: number;
  /** The part that the histories come from. */
  histories: "train" | "test";
  /** 11, where 1.0 has a bin of its own, or 10. */
  bins: 10 | 11;
  /** Which pairs count: "one", neighbours inside a sequence; "steps", the last value of the history and of the sequence. */
  lag: "one" | "steps";
  score: number;
  /** The highest possible score: the number of cells of TM that are not 0. */
  ceiling: number;
}

/** The scores of a run. */
export interface RunMetrics {
  name: string;
  kind: string;
  seed: number;
  /** The hash of the series. The scores follow from it and the weights. */
  series: string;
  /** The sha256 of the weights. */
  weights: string;
  imputation: ImputationScore[];
  generation: GenerationScore[];
  /** The mean squared error of the first `steps` values generated after each test history. */
  horizonMse: { steps: number; mse: number }[];
  /** The autocorrelation at lag 1 of generated sequences of 30. */
  autocorrelation: number;
  /** How many training histories were generated after, if not all. */
  sequences?: number;
  /** For an RNN, and each reading of σ²: the filter's p-values. As in the paper, there is one noise draw, the first. */
  filter?: Record<NoiseReading, Omit<FilterPs, "paired">>;
  /** The same for each noise draw, and of a paired test, if all ERROR_LEVELS were evaluated. */
  filterByDraw?: Record<NoiseReading, FilterPs[]>;
  /** The errors of ERROR_LEVELS, if all of them were evaluated; kept in a file of their own. */
  errors?: LevelErrors[];
}

/** sha256 of a model's weights. */
export const weightsHash = (model: Model): string => sha256(weighted(model).adam.values());

/** The number of noise draws that scores are averaged over. */
export const DRAWS = 10;

/** The options of an evaluation. */
export interface EvaluateOptions {
  name: string;
  seed: number;
  /** The number of noise draws that an imputation score is averaged over, 2 to 20; 10 by default. */
  draws?: number;
  /** All of NOISE_LEVELS by default. */
  levels?: readonly NoiseLevel[];
  /** How many sequences are generated after training histories; one for each value but the first two by default, 7,650 for the trace. */
  sequences?: number;
  signal?: AbortSignal;
  onProgress?: (done: number, all: number) => void;
}

/** All scores of a model. @throws Error naming a wrong option */
export async function evaluate(model: Model, series: Series, options: EvaluateOptions): Promise<RunMetrics> {
  weighted(model);
  checkWholeSeries(series, "series");
  checkOptions(options, "options", ["name", "seed", "draws", "levels", "sequences", "signal", "onProgress"]);
  const { name, seed, draws = DRAWS, levels = NOISE_LEVELS, sequences, signal, onProgress } = options;
  checkText(name, "options.name", "a name");
  checkSeed(seed, "options.seed");
  checkWhole(draws, "options.draws", 2, NOISE_SEEDS.length);
  if (sequences !== undefined) checkWhole(sequences, "options.sequences", 1);
  const { kind } = weighted(model).config;
  const all = levels.length + 2;
  const imputation: ImputationScore[] = [];
  const errors: LevelErrors[] = [];
  const table1: Imputed[] = [];
  let clean: Imputed | undefined;
  for (const level of levels) {
    const imputed = await imputeTest(model, series, level, { draws, signal });
    if (level === NO_NOISE) clean = imputed;
    if (level.table === 1) table1.push(imputed);
    if (clean && ERROR_LEVELS.includes(level)) errors.push(levelErrors(series, level, imputed, clean));
    imputation.push(imputationScore(series, level, imputed));
    onProgress?.(imputation.length, all);
  }
  const generated = await scoreGeneration(model, series, options);
  onProgress?.(all - 1, all);
  const metrics: RunMetrics = { name, kind, seed, series: series.hash, weights: weightsHash(model), imputation, ...generated };
  if (sequences !== undefined) metrics.sequences = sequences;
  if (errors.length === ERROR_LEVELS.length) metrics.errors = errors;
  if (kind === "rnn") {
    const under = (reading: NoiseReading) =>
      levels.filter(({ table }) => table === 1).flatMap((level, i) => (isRead(level, reading) ? [table1[i].mean] : []));
    const byDraw = { sd: filterOf(series, under("sd")), variance: filterOf(series, under("variance")) };
    const first = ({ paper, code }: FilterPs) => ({ paper, code });
    metrics.filter = { sd: first(byDraw.sd[0]), variance: first(byDraw.variance[0]) };
    if (metrics.errors) metrics.filterByDraw = byDraw;
  }
  onProgress?.(all, all);
  return metrics;
}

/** Whether a level belongs to a reading of σ²; that without noise belongs to both. */
const isRead = ({ probability, reading }: NoiseLevel, as: NoiseReading) => probability === 0 || reading === as;

/** The scores of imputing under one noise level. @param options.draws the number of noise draws, 2 to 20: the variance over them needs two */
export const scoreImputation = async (
  model: Model,
  series: Series,
  level: NoiseLevel,
  options: { draws: number; signal?: AbortSignal },
): Promise<ImputationScore> => {
  if (options?.draws !== undefined) checkWhole(options.draws, "options.draws", 2, NOISE_SEEDS.length);
  return imputationScore(series, level, await imputeTest(model, series, level, options));
};

function imputationScore(series: Series, level: NoiseLevel, imputed: Imputed): ImputationScore {
  const test = split(series).test.values;
  const draws = imputed.mean.length;
  const score = (xi: Xi) => {
    const errors = imputed[xi].map((values) => mse(test, values));
    const centre = mean(errors);
    const spread = errors.reduce((sum, e) => sum + (e - centre) ** 2, 0) / (draws - 1);
    return { mse: centre, errorVariance: mean(imputed[xi].map((values) => squaredErrorVariance(test, values))), mseVariance: spread };
  };
  const [sample, atMean] = [score("sample"), score("mean")];
  const both = (key: keyof typeof atMean): ByDraw => ({ sample: sample[key], mean: atMean[key] });
  return { ...level, draws, mse: both("mse"), errorVariance: both("errorVariance"), mseVariance: both("mseVariance") };
}

const LONGEST = STEPS[STEPS.length - 1];

/** The scores of generation. One set of the longest sequences is enough: a shorter sequence is the beginning of a longer one. */
async function scoreGeneration(
  model: Model,
  { values: series }: Series,
  { seed, sequences, signal }: EvaluateOptions,
): Promise<Pick<RunMetrics, "generation" | "horizonMse" | "autocorrelation">> {
  const { train, test } = split(series);
  const before = (ends: number[]) => ends.map((t) => series.subarray(Math.max(0, t - HISTORY), t));
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const trainEnds = range(2, train.length).slice(0, sequences);
  const testEnds = range(train.length, train.length + test.length - LONGEST);
  const ends = { train: trainEnds, test: testEnds };
  const generated = {
    train: await generate(model, before(trainEnds), LONGEST, { seed, signal }),
    test: await generate(model, before(testEnds), LONGEST, { seed, signal }),
  };
  const generation: GenerationScore[] = [];
  for (const histories of ["train", "test"] as const) {
    const starts = Float32Array.from(ends[histories], (t) => series[t - 1]);
    for (const steps of STEPS) {
      const parts = generated[histories].map((s) => s.subarray(0, steps));
      const last = Float32Array.from(parts, (s) => s[steps - 1]);
      for (const bins of [11, 10] as const) {
        // Algorithm 1
        const one = transitionScore(train, parts, 1, { bins });
        const across = transitionScoreAcross(train, starts, last, steps, { bins });
        generation.push(
          { steps, histories, bins, lag: "one", score: one, ceiling: transitionCeiling(train, 1, bins) },
          { steps, histories, bins, lag: "steps", score: across, ceiling: transitionCeiling(train, steps, bins) },
        );
      }
    }
  }
  const squares = generated.test.map((s, i) => s.map((v, k) => (v - series[testEnds[i] + k]) ** 2));
  const horizonMse = STEPS.map((steps) => ({ steps, mse: mean(squares.map((s) => mean(s.subarray(0, steps)))) }));
  return { generation, horizonMse, autocorrelation: pooledAutocorrelation(generated.train, 1) };
}

/** The filter's p-values for each noise draw. @param imputed the test part under Table 1's five levels, a series for each noise draw */
function filterOf(series: Series, imputed: Float32Array[][]): FilterPs[] {
  const test = split(series).test.values;
  return imputed[0].map((_, draw) => rnnFilter(imputed.map((level) => Float64Array.from(level[draw], (v, t) => v - test[t]))));
}
