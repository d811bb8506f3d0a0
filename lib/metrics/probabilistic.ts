/** Scores of predictive distributions, each given by a sample. CRPS and energy score are proper: no distribution beats the true one in the mean. */
import { checkAsMany, checkList, checkNumber, checkNumbers, checkOptions, checkProbability, checkSeed, checkWhole } from "../base/check";
import { generator } from "../base/random";

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
  const losses = quantileLosses(samples, truth);
  const size = truth.reduce((sum, y) => sum + Math.abs(y), 0);
  if (size === 0) throw new Error("truth must have a value that is not 0");
  return losses.reduce((sum, loss) => sum + loss, 0) / size;
}

/**
 * Of each value what `quantileCrps` adds up, in units of the value: twice the mean pinball loss of its sample's quantiles .05, .10 .. .95.
 * @param samples for each value of `truth` its sample
 * @example quantileLosses([[0, 1]], [1]) // [0.35]
 */
export function quantileLosses(samples: number[][], truth: number[]): number[] {
  checkNumbers(truth, "truth");
  checkList(samples, "samples", 1);
  checkAsMany(samples, "samples", truth, "truth");
  return Array.from(truth, (y, t) => {
    checkNumbers(samples[t], `samples[${t}]`);
    const x = Float64Array.from(samples[t]!).sort();
    let loss = 0;
    for (const q of QUANTILES) {
      const at = quantile(x, q);
      loss += (2 * Math.abs((at - y) * ((y <= at ? 1 : 0) - q))) / QUANTILES.length;
    }
    return loss;
  });
}

/** The quantile of sorted numbers, linear between neighbours, as NumPy and PyTorch take it. */
function quantile(x: Float64Array, q: number): number {
  const place = q * (x.length - 1);
  const below = Math.floor(place);
  return x[below]! + (place - below) * ((x[below + 1] ?? x[below]!) - x[below]!);
}

/**
 * The randomised probability integral transform, F(y⁻) + u (F(y) − F(y⁻)), of a sample's distribution function F: uniform on [0, 1] for a
 * calibrated forecast, atoms or none, if F is known. Of a sample of few it is so with y in the sample: randomisedPit([...samples, y], y, u).
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

/** How many replicates a null distribution takes. */
const REPLICATES = 1000;

/**
 * How far PITs in time are from uniform (Kolmogorov and Smirnov), and how often dependence in time alone takes them as far:
 *
 *     D = sup_u |F(u) − u|,   p = (1 + #{D* >= D}) / (1 + replicates),   D* = sup_u |F*(u) − F(u)|,
 *
 * F the PITs' distribution function and F* that of a replicate, made of blocks of neighbours that begin anywhere, on a circle. Neighbours'
 * PITs depend on each other, so that the usual table of D would refuse too often.
 * @param pits in [0, 1], in their order
 * @param options.block how many neighbours a block has, 25 by default; seed: 0
 * @example pitUniformity([0.1, 0.3, 0.5, 0.7, 0.9], { block: 1 }).distance // 0.1
 */
export function pitUniformity(pits: ArrayLike<number>, options: { block?: number; seed?: number } = {}): { distance: number; p: number } {
  checkNumbers(pits, "pits");
  for (let t = 0; t < pits.length; t++) checkProbability(pits[t], `pits[${t}]`);
  checkOptions(options, "options", ["block", "seed"]);
  const { block = 25, seed = 0 } = options;
  checkWhole(block, "options.block", 1, pits.length);
  checkSeed(seed, "options.seed");
  const n = pits.length;
  const sorted = Float64Array.from(pits).sort();
  const distance = sorted.reduce((most, u, i) => Math.max(most, u - i / n, (i + 1) / n - u), 0);
  // Only the places of the PITs in their sorted order count; equal ones share the last.
  const places = new Map(Array.from(sorted, (u, i) => [u, i]));
  const place = Int32Array.from(pits, (u) => places.get(u)!);
  const missing = new Int32Array(n);
  for (let t = 0; t < n; t++) missing[place[t]!]!--;
  const surplus = new Int32Array(n);
  const random = generator(seed, "PIT");
  let far = 0;
  for (let r = 0; r < REPLICATES; r++) {
    surplus.set(missing);
    for (let t = 0, from = 0; t < n; t++) {
      if (t % block === 0) from = random.integer(n);
      surplus[place[(from + (t % block)) % n]!]!++;
    }
    let [sum, most] = [0, 0];
    for (let i = 0; i < n; i++) {
      sum += surplus[i]!;
      most = Math.max(most, Math.abs(sum));
    }
    if (most / n >= distance) far++;
  }
  return { distance, p: (1 + far) / (1 + REPLICATES) };
}
