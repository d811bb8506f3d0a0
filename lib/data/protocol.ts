import { checkSeries, refuse } from "../base/check";
import { deriveSeed } from "../base/random";
import { addNoise, type Noise, type NoiseRow } from "./noise";
import { checkSeriesLike, type SeriesLike } from "./series";

export { type NoiseReading, type NoiseRow, noiseOf } from "./noise";
export { validationSplit } from "./windows";

/** The test part: the last 500 values of the series. */
export const TEST_SIZE = 500;

/** How many values before the test part get the test noise too, so that windows of any model's length m <= 30 see the same noisy past. */
export const HISTORY = 30;

/** Table 1's five noise levels, in the printed order. */
export const TABLE1_NOISE: readonly NoiseRow[] = [
  { probability: 0, variance: 0 },
  { probability: 0.2, variance: 0.001 },
  { probability: 0.6, variance: 0.005 },
  { probability: 0.4, variance: 0.01 },
  { probability: 0.8, variance: 0.05 },
];

/** Table 3's ten noise levels, in the printed order: σ² = 0.1 / (2k+1) for k = 9 .. 0, every value changed. */
export const TABLE3_NOISE: readonly NoiseRow[] = Array.from({ length: 10 }, (_, row) => ({
  probability: 1,
  variance: 0.1 / (2 * (9 - row) + 1),
}));

const NOISE_BASE_SEED = 500;

/** The seeds of the noise draws: repetition i draws its noise from NOISE_SEEDS[i], for every model and every level alike. */
export const NOISE_SEEDS: readonly number[] = Array.from({ length: 20 }, (_, i) => deriveSeed(NOISE_BASE_SEED, "test-noise", i));

/**
 * The two parts of the series: test = the last 500 values, train = all before (7,652 of the trace's 8,152).
 *
 * @param series more than 500 values
 * @returns copies, so that a change in one leaves the series as it is
 */
export function split<S extends SeriesLike>(series: S): { train: S; test: S } {
  checkSeriesLike(series, "series", TEST_SIZE + 1);
  return { train: series.slice(0, -TEST_SIZE) as S, test: series.slice(-TEST_SIZE) as S };
}

/**
 * A stretch of a training part, what a learning curve trains on: this share of its length. It begins where the share `from` of the part has
 * passed; without `from` it is the last one.
 * @throws Error when share is not in (0, 1], or from not in [0, 1 - share]
 */
export function stretch<S extends SeriesLike>(train: S, share: number, from = 1 - share): S {
  if (typeof share !== "number" || !(share > 0 && share <= 1)) refuse("share", "a number above 0, at most 1", share);
  if (typeof from !== "number" || !(from >= 0 && from <= 1 - share + 1e-9))
    refuse("from", `a number from 0 to 1 - share, ${1 - share}`, from);
  checkSeriesLike(train, "train", 1);
  const length = Math.round(share * train.length);
  const begin = Math.min(Math.round(from * train.length), train.length - length);
  return train.slice(begin, begin + length) as S;
}

/**
 * The noisy test data of one repetition: the test part and the 30 values before it, with noise on all of them. A model is given
 * these 530 values; `testPart` of what it returns stands against `split(series).test`.
 *
 * @param series the whole clean series, at least 530 values
 * @param noise as in `addNoise`
 * @param seed integer 0 .. 2^31-1, one of NOISE_SEEDS
 * @returns HISTORY + TEST_SIZE = 530 values
 */
export function corruptTest(series: Float32Array, noise: Noise, seed: number): Float32Array {
  const length = HISTORY + TEST_SIZE;
  checkSeries(series, "series", length);
  return addNoise(series.slice(-length), noise, seed);
}

/** The last 500 values: the test part of an array that starts earlier, such as a model's answer to `corruptTest`. A copy. */
export function testPart(values: Float32Array): Float32Array {
  checkSeries(values, "values", TEST_SIZE);
  return values.slice(-TEST_SIZE);
}
