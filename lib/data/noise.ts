/** The paper's noise on a series. */
import { checkSeed, generator } from "../base/random";
import { checkSeries } from "./series";

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
export function addNoise(series: Float32Array, noise: { probability: number; sd: number; mean?: number }, seed: number): Float32Array {
  if (noise === null || typeof noise !== "object") throw new Error("noise must be { probability, sd, mean? }");
  const { probability, sd, mean = 0 } = noise;
  const number = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
  checkSeries(series, "series", 0);
  if (!(number(probability) && probability >= 0 && probability <= 1))
    throw new Error(`noise.probability must be from 0 to 1, but it is ${probability}`);
  if (!(number(sd) && sd >= 0)) throw new Error(`noise.sd must be a finite number from 0, but it is ${sd}`);
  if (!number(mean)) throw new Error(`noise.mean must be a finite number, but it is ${mean}`);
  checkSeed(seed);
  const which = generator(seed, "noise/which");
  const size = generator(seed, "noise/size");
  return series.map((value) => {
    const epsilon = size.normal();
    const changed = which.uniform() < probability ? value + mean + sd * epsilon : value;
    return Math.min(1, Math.max(0, changed));
  });
}
