/** Scores of predictive distributions, each given by a sample. CRPS and energy score are proper: no distribution beats the true one in the mean. */
import { checkAsMany, checkList, checkNumber, checkNumbers, checkProbability } from "../base/check";

/**
 * The continuous ranked probability score of a sample x_1 .. x_M against what came, y, in its fair form, whose mean does not depend on M:
 *
 *     (1/M) Σ_i |x_i − y| − 1/(2 M (M − 1)) Σ_i Σ_j |x_i − x_j|.
 *
 * In units of y; lower is better. A single sample's score may be below 0.
 * @param samples two numbers or more
 * @example crps([0, 1, 1], 1) // 0: mean distance 1/3, half the mean distance within the sample 1/3
 */
export function crps(samples: number[], y: number): number {
  checkNumbers(samples, "samples", 2);
  checkNumber(y, "y");
  const x = Float64Array.from(samples).sort();
  const M = x.length;
  let [off, within] = [0, 0];
  for (let i = 0; i < M; i++) {
    off += Math.abs(x[i]! - y);
    within += (2 * i - M + 1) * x[i]!; // Σ_i Σ_j |x_i − x_j| is twice the sum of these
  }
  return off / M - within / (M * (M - 1));
}

/**
 * The energy score of sampled paths against the one that came: `crps` with Euclidean distances over the horizon, fair too.
 * @param samples two paths or more, each as long as `path`
 * @example energyScore([[0, 0], [3, 4]], [0, 0]) // 0: mean distance 2.5, half the mean distance within the sample 2.5
 */
export function energyScore(samples: number[][], path: number[]): number {
  checkList(samples, "samples", 2);
  checkNumbers(path, "path");
  for (const [i, sample] of samples.entries()) {
    checkNumbers(sample, `samples[${i}]`);
    checkAsMany(sample, `samples[${i}]`, path, "path");
  }
  const M = samples.length;
  let [off, within] = [0, 0];
  for (let i = 0; i < M; i++) {
    off += distance(samples[i]!, path);
    for (let j = 0; j < i; j++) within += distance(samples[i]!, samples[j]!);
  }
  return off / M - within / (M * (M - 1));
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let t = 0; t < a.length; t++) sum += (a[t]! - b[t]!) ** 2;
  return Math.sqrt(sum);
};

/** The quantiles of the peers' CRPS: .05, .10 .. .95. */
const QUANTILES = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

/**
 * CRPS as PyPOTS and CSDI print it, to stand beside their numbers: twice the pinball loss of the sample's quantiles .05, .10 .. .95, averaged
 * over them and divided by Σ_t |y_t|. It misses the tails, and it is not fair: for few samples it is too high.
 * @param samples for each value of `truth` its sample
 * @param truth not all 0
 * @example quantileCrps([[0, 1]], [1]) // 0.35
 */
export function quantileCrps(samples: number[][], truth: number[]): number {
  checkNumbers(truth, "truth");
  checkList(samples, "samples", 1);
  checkAsMany(samples, "samples", truth, "truth");
  let [loss, size] = [0, 0];
  for (const [t, y] of truth.entries()) {
    checkNumbers(samples[t], `samples[${t}]`);
    const x = Float64Array.from(samples[t]!).sort();
    size += Math.abs(y);
    for (const q of QUANTILES) {
      const at = quantile(x, q);
      loss += (2 * Math.abs((at - y) * ((y <= at ? 1 : 0) - q))) / QUANTILES.length;
    }
  }
  if (size === 0) throw new Error("truth must have a value that is not 0");
  return loss / size;
}

/** The quantile of sorted numbers, linear between neighbours, as NumPy and PyTorch take it. */
function quantile(x: Float64Array, q: number): number {
  const place = q * (x.length - 1);
  const below = Math.floor(place);
  return x[below]! + (place - below) * ((x[below + 1] ?? x[below]!) - x[below]!);
}

/**
 * The randomised probability integral transform, F(y⁻) + u (F(y) − F(y⁻)), of a sample's distribution function F: uniform on [0, 1] for a
 * calibrated forecast, atoms or none.
 * @param u a draw uniform on [0, 1]
 * @example randomisedPit([0, 1, 1, 2], 1, 0.5) // 0.5
 */
export function randomisedPit(samples: ArrayLike<number>, y: number, u: number): number {
  checkNumbers(samples, "samples");
  checkNumber(y, "y");
  checkProbability(u, "u");
  let [below, at] = [0, 0];
  for (let i = 0; i < samples.length; i++) {
    if (samples[i]! < y) below++;
    else if (samples[i] === y) at++;
  }
  return (below + u * at) / samples.length;
}

/**
 * The share of values inside their samples' central intervals.
 * @param samples for each value of `truth` its sample
 * @param level of the interval: .9 takes the quantiles .05 to .95, edges included
 * @example coverage([[0, 1, 2], [0, 1, 2]], [1, 3], 0.5) // 0.5
 */
export function coverage(samples: number[][], truth: number[], level: number): number {
  checkNumbers(truth, "truth");
  checkList(samples, "samples", 1);
  checkAsMany(samples, "samples", truth, "truth");
  checkProbability(level, "level");
  let inside = 0;
  for (const [t, y] of truth.entries()) {
    checkNumbers(samples[t], `samples[${t}]`);
    const x = Float64Array.from(samples[t]!).sort();
    if (y >= quantile(x, (1 - level) / 2) && y <= quantile(x, (1 + level) / 2)) inside++;
  }
  return inside / truth.length;
}
