/** The paper's noise on a series. */
import { checkChoice, checkNumber, checkOptions, checkProbability, checkSd, checkSeed, checkSeries } from "../base/check";
import { generator } from "../base/random";

/** What `addNoise` does to a value: with this probability it adds a draw from N(mean, sd²). */
export interface Noise {
  probability: number;
  sd: number;
  /** 0 unless it is given. */
  mean?: number;
}

/** How the number that the paper prints as σ² is read: as a variance, as its text says, or as a standard deviation, as the authors' code passes it. */
export type NoiseReading = "variance" | "sd";

/** A noise level as printed: each value is changed with this probability by a Gaussian of mean 0 and this σ². */
export interface NoiseRow {
  probability: number;
  variance: number;
}

const MAX_MEAN = 1e6;

/** @throws Error naming what is wrong with a noise */
export function checkNoise(noise: unknown, name = "noise"): asserts noise is Noise {
  checkOptions(noise, name, ["probability", "sd", "mean"]);
  const { probability, sd, mean } = noise as Partial<Noise>;
  checkProbability(probability, `${name}.probability`);
  checkSd(sd, `${name}.sd`);
  if (mean !== undefined) checkNumber(mean, `${name}.mean`, -MAX_MEAN, MAX_MEAN);
}

/**
 * Noise on a series, as in the paper's Tables 1 and 3: y_t = clamp(v_t + b_t (mean + sd ε_t), 0, 1) with b_t ~ Bernoulli(probability)
 * and ε_t ~ N(0, 1). Every value is clamped, changed or not.
 *
 * Value t has draws of its own (b_t and ε_t from two streams of the seed), so that the values changed at one probability are
 * among those changed at a higher one, by the same ε_t.
 *
 * @param series finite values
 * @param noise probability in [0, 1]; sd the standard deviation, from 0; mean the bias, default 0
 * @param seed integer 0 .. 2^31-1
 * @returns a new array of the same length
 */
export function addNoise(series: Float32Array, noise: Noise, seed: number): Float32Array {
  checkSeries(series, "series", 0);
  checkNoise(noise);
  checkSeed(seed);
  const { probability, sd, mean = 0 } = noise;
  const which = generator(seed, "noise/which");
  const size = generator(seed, "noise/size");
  return series.map((value) => {
    const epsilon = size.normal();
    const changed = which.uniform() < probability ? value + mean + sd * epsilon : value;
    return Math.min(1, Math.max(0, changed));
  });
}

/**
 * The arguments of `addNoise` for a printed noise level: sd = √variance when the number is read as a variance, sd = the number
 * itself when it is read as a standard deviation.
 */
export function noiseOf(row: NoiseRow, reading: NoiseReading, name = "row"): { probability: number; sd: number } {
  checkProbability(row?.probability, `${name}.probability`);
  checkSd(row.variance, `${name}.variance`);
  checkChoice(reading, "reading", ["variance", "sd"]);
  return { probability: row.probability, sd: reading === "variance" ? Math.sqrt(row.variance) : row.variance };
}
