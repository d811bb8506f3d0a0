/// <reference path="./packages.d.ts" />
import { Normal } from "distributions";
import { type Baseline, checkFinite } from "./baselines";
import { leastSquares } from "./leastSquares";
import { deriveSeed } from "./random";
import { addNoise } from "./trace";

/** Noise as `addNoise` makes it: y = clamp(v + b (mean + sd ε), 0, 1), b ~ Bernoulli(probability), ε ~ N(0, 1). */
export type Noise = Parameters<typeof addNoise>[1];

/** How many past values the linear filter sees beside the current one. */
export const LINEAR_PAST = 10;
/** How many noisy copies of the training part the linear filter is fitted on. */
export const LINEAR_DRAWS = 5;
/** Added to every count of a transition: one never seen has a small probability, and no valid series is impossible. */
export const SMOOTHING = 0.1;
const LINEAR_SEED = 600;

/** A first-order Markov chain over the values of a series. */
export interface Chain {
  /** The values that occur, ascending. */
  values: Float32Array;
  /** P(v_1 = i): how often each value occurs. */
  start: Float64Array;
  /** P(v_{t+1} = j | v_t = i) = (n_ij + s) / Σ_j (n_ij + s), in the flat matrix's entry i · values.length + j; n_ij counts pairs. */
  step: Float64Array;
}

/** The Markov chain of a series: n_ij and the smoothing s as in `Chain.step`. */
export function fitChain(series: Float32Array, smoothing = SMOOTHING): Chain {
  checkFinite(series, "series");
  if (series.length === 0) throw new Error("series is empty");
  if (!(smoothing > 0)) throw new Error(`smoothing must be above 0, but it is ${smoothing}`);
  const values = Float32Array.from(new Set(series)).sort();
  const n = values.length;
  const at = new Map(Array.from(values, (value, i) => [value, i]));
  const start = new Float64Array(n);
  const step = new Float64Array(n * n).fill(smoothing);
  series.forEach((value, t) => {
    start[at.get(value)!]! += 1 / series.length;
    if (t > 0) step[n * at.get(series[t - 1]!)! + at.get(value)!]! += 1;
  });
  for (let i = 0; i < n; i++) normalise(step.subarray(n * i, n * (i + 1)));
  return { values, start, step };
}

/**
 * log p(y | v) of a noisy value, for each valid v. The noise has atoms, points that have a mass and not only a density:
 *
 * - y = v: mass 1 - p, the value was left alone;
 * - y = 0 and y = 1: mass p Φ((0 - v - mean) / sd) and p Φ((v + mean - 1) / sd), the tails that clamping puts there;
 * - any other y: density p φ((y - v - mean) / sd) / sd.
 *
 * A mass outweighs every density: if 1 - p > 0, a y that is a valid value was left alone, or else is 0 or 1. With sd = 0 a changed
 * value is an atom too, of mass p at clamp(v + mean).
 */
export function logLikelihood(y: number, values: Float32Array, { probability, sd, mean = 0 }: Noise): Float64Array {
  const atom = y === 0 || y === 1 || (probability < 1 && values.includes(y));
  return Float64Array.from(values, (v) => {
    let mass = y === v ? 1 - probability : 0;
    if (sd === 0) return Math.log(mass + (y === Math.fround(Math.min(1, Math.max(0, v + mean))) ? probability : 0));
    if (!atom) return Math.log(probability / sd) - ((y - v - mean) / sd) ** 2 / 2;
    if (y === 0) mass += probability * standardNormal.cdf((0 - v - mean) / sd);
    if (y === 1) mass += probability * standardNormal.cdf((v + mean - 1) / sd);
    return Math.log(mass);
  });
}
const standardNormal = Normal(0, 1);

/**
 * P(v_t = i | y) in the flat matrix's entry t · values.length + i, for a hidden chain v seen through noise as y: by the forward pass
 * from y_1 .. y_t (filter), by the forward and the backward pass from the whole y (smoother; Rabiner, Proc. IEEE 77, 1989). A y_t that
 * this noise cannot have made counts as not seen.
 *
 * @param noisy y, finite values
 */
export function posterior(chain: Chain, noisy: Float32Array, noise: Noise, what: "filter" | "smoother"): Float64Array {
  checkFinite(noisy, "noisy");
  const n = chain.values.length;
  const weights = Array.from(noisy, (y) => {
    const logs = logLikelihood(y, chain.values, noise);
    const largest = Math.max(...logs);
    return largest === Number.NEGATIVE_INFINITY ? logs.fill(1) : logs.map((log) => Math.exp(log - largest));
  });
  const result = new Float64Array(n * noisy.length);
  const row = (t: number) => result.subarray(n * t, n * (t + 1));
  // Forward: P(v_t | y_1..t) ∝ p(y_t | v_t) Σ_i P(v_{t-1} = i | y_1..t-1) P(v_t | i).
  weights.forEach((weight, t) => {
    const [before, now] = [row(t - 1), row(t)];
    for (let j = 0; j < n; j++) {
      let prior = t === 0 ? chain.start[j]! : 0;
      if (t > 0) for (let i = 0; i < n; i++) prior += before[i]! * chain.step[n * i + j]!;
      now[j] = weight[j]! * prior;
    }
    normalise(now);
  });
  if (what === "filter") return result;
  // Backward: b_t(i) ∝ Σ_j P(j | i) p(y_{t+1} | j) b_{t+1}(j), and the posterior is ∝ forward · b_t.
  let backward = new Float64Array(n).fill(1);
  for (let t = noisy.length - 2; t >= 0; t--) {
    const seen = backward.map((b, j) => b * weights[t + 1]![j]!);
    backward = backward.map((_, i) => seen.reduce((sum, s, j) => sum + chain.step[n * i + j]! * s, 0));
    normalise(backward);
    const now = row(t);
    for (let i = 0; i < n; i++) now[i]! *= backward[i]!;
    normalise(now);
  }
  return result;
}

/**
 * Baselines that know the noise on the series that they are given:
 *
 * - linear filter: c + Σ_k a_k noisy[t-k], k = 0..10, least squares of the clean training part on noisy copies of it (5, seeds fixed);
 *   zeros before the start;
 * - Bayes filter, Bayes smoother: the mean of `posterior`, the estimate of least squared error, under the training part's Markov chain.
 *
 * @param train the clean training part, more than 20 values
 * @param noise the noise, as `addNoise` is given it
 */
export function noiseFilters(train: Float32Array, noise: Noise): Baseline[] {
  if (train.length <= 2 * LINEAR_PAST) throw new Error(`train must have more than ${2 * LINEAR_PAST} values, but it has ${train.length}`);
  const copies = Array.from({ length: LINEAR_DRAWS }, (_, i) => ({
    target: train,
    input: addNoise(train, noise, deriveSeed(LINEAR_SEED, "linear filter", i)),
  }));
  const { intercept, coefficients } = leastSquares(
    copies,
    Array.from({ length: LINEAR_PAST + 1 }, (_, k) => k),
  );
  const chain = fitChain(train);
  const bayes = (what: "filter" | "smoother"): Baseline => ({
    name: `Bayes ${what}`,
    impute(noisy) {
      const probabilities = posterior(chain, noisy, noise, what);
      return noisy.map((_, t) => chain.values.reduce((sum, v, i) => sum + v * probabilities[t * chain.values.length + i]!, 0));
    },
  });
  const linear: Baseline = {
    name: "linear filter",
    impute(noisy) {
      checkFinite(noisy, "noisy");
      return noisy.map((_, t) => coefficients.reduce((sum, a, k) => sum + a * (noisy[t - k] ?? 0), intercept));
    },
  };
  return [linear, bayes("filter"), bayes("smoother")];
}

function normalise(weights: Float64Array): void {
  const sum = weights.reduce((a, b) => a + b, 0);
  for (let i = 0; i < weights.length; i++) weights[i]! /= sum;
}
