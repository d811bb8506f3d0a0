/// <reference path="../packages.d.ts" />
import { Normal } from "distributions";
import { checkChoice, checkNumber, checkNumbers, checkOptions, checkPositive, checkSeries } from "../base/check";
import { deriveSeed } from "../base/random";
import { addNoise, checkNoise, type Noise } from "../data/noise";
import type { Baseline } from "./baselines";
import { leastSquares } from "./leastSquares";

/** The names of noiseFilters, in their order. */
export const FILTERS = ["linear filter", "Bayes filter", "Bayes smoother"] as const;
/** How many past values the linear filter sees beside the current one. */
export const LINEAR_PAST = 10;
/** How many noisy copies of the training part the linear filter is fitted on. */
export const LINEAR_DRAWS = 5;
/** Added to every count of a transition, so that no valid series is impossible. */
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

/** @throws Error unless its numbers are finite, and as many as its values ask for */
function checkChain(chain: Chain): void {
  checkOptions(chain, "chain", ["values", "start", "step"]);
  checkSeries(chain.values, "chain.values");
  const n = chain.values.length;
  checkNumbers(chain.start, "chain.start", n);
  checkNumbers(chain.step, "chain.step", n * n);
}

/** The Markov chain of a series: n_ij and the smoothing s as in `Chain.step`. */
export function fitChain(series: Float32Array, smoothing = SMOOTHING): Chain {
  checkSeries(series, "series");
  checkPositive(smoothing, "smoothing");
  const values = Float32Array.from(new Set(series)).sort();
  const n = values.length;
  const at = new Map(Array.from(values, (value, i) => [value, i]));
  const start = new Float64Array(n);
  const step = new Float64Array(n * n).fill(smoothing);
  series.forEach((value, t) => {
    start[at.get(value)!]! += 1 / series.length;
    if (t > 0) step[n * at.get(series[t - 1]!)! + at.get(value)!]! += 1;
  });
  for (let i = 0; i < n; i++) normalise(step, n * i, n);
  return { values, start, step };
}

/**
 * log p(y | v) of a noisy value, for each valid v. The noise has atoms, points with a mass rather than a density:
 *
 * - y = v: mass 1 - p, the value was left alone;
 * - y = 0 and y = 1: mass p Φ((0 - v - mean) / sd) and p Φ((v + mean - 1) / sd), the tails that clamping puts there;
 * - any other y: density p φ((y - v - mean) / sd) / sd.
 *
 * A mass outweighs every density: if 1 - p > 0, a y that is a valid value was left alone or is 0 or 1. With sd = 0 a changed value is an
 * atom too, of mass p at clamp(v + mean).
 */
export function logLikelihood(y: number, values: Float32Array, noise: Noise): Float64Array {
  checkNumber(y, "y");
  checkSeries(values, "values");
  checkNoise(noise);
  const { probability, sd, mean = 0 } = noise;
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
 * P(v_t = i | y) for a hidden chain v seen through noise as y, at entry t · values.length + i. The filter uses y_1 .. y_t (forward pass), the
 * smoother the whole y (forward and backward pass; Rabiner, Proc. IEEE 77, 1989). A y_t that this noise cannot have made counts as not seen.
 *
 * @param noisy y, finite values
 */
export function posterior(chain: Chain, noisy: Float32Array, noise: Noise, what: "filter" | "smoother"): Float64Array {
  checkSeries(noisy, "noisy", 0);
  checkNoise(noise);
  checkChoice(what, "what", ["filter", "smoother"]);
  checkChain(chain);
  const { step, start } = chain;
  const n = chain.values.length;
  const weights = likelihoods(noisy, chain.values, noise);
  const result = new Float64Array(n * noisy.length);
  // Forward: P(v_t | y_1..t) ∝ p(y_t | v_t) Σ_i P(v_{t-1} = i | y_1..t-1) P(v_t | i).
  for (let now = 0; now < result.length; now += n) {
    if (now === 0) result.set(start);
    for (let i = 0; i < n && now > 0; i++) {
      const before = result[now - n + i]!;
      for (let j = 0; j < n; j++) result[now + j]! += before * step[n * i + j]!;
    }
    for (let j = 0; j < n; j++) result[now + j]! *= weights[now + j]!;
    normalise(result, now, n);
  }
  if (what === "filter") return result;
  // Backward: b_t(i) ∝ Σ_j P(j | i) p(y_{t+1} | j) b_{t+1}(j), and the posterior is ∝ forward · b_t.
  const [backward, seen] = [new Float64Array(n).fill(1), new Float64Array(n)];
  for (let now = result.length - 2 * n; now >= 0; now -= n) {
    for (let j = 0; j < n; j++) seen[j] = backward[j]! * weights[now + n + j]!;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += step[n * i + j]! * seen[j]!;
      backward[i] = sum;
    }
    normalise(backward, 0, n);
    for (let i = 0; i < n; i++) result[now + i]! *= backward[i]!;
    normalise(result, now, n);
  }
  return result;
}

/** p(y_t | v) for each valid v, divided by the largest of them, at entry t · values.length + the value's index; all 1 if no v can have made y_t. */
function likelihoods(noisy: Float32Array, values: Float32Array, noise: Noise): Float64Array {
  const n = values.length;
  const result = new Float64Array(n * noisy.length);
  const rows = new Map<number, Float64Array>(); // unaltered values repeat
  noisy.forEach((y, t) => {
    let row = rows.get(y);
    if (!row) {
      const logs = logLikelihood(y, values, noise);
      const largest = logs.reduce((a, b) => Math.max(a, b));
      row = largest === Number.NEGATIVE_INFINITY ? logs.fill(1) : logs.map((log) => Math.exp(log - largest));
      rows.set(y, row);
    }
    result.set(row, n * t);
  });
  return result;
}

/**
 * Baselines that know the noise on the series:
 *
 * - linear filter: c + Σ_k a_k noisy[t-k], k = 0..10, fitted by least squares of the clean training part on 5 noisy copies of it with fixed
 *   seeds; zeros before the start;
 * - Bayes filter, Bayes smoother: the mean of `posterior`, the estimate of least squared error, under the training part's Markov chain.
 *
 * @param train the clean training part, more than 20 values
 * @param noise the noise, as `addNoise` is given it
 */
export function noiseFilters(train: Float32Array, noise: Noise): Baseline[] {
  checkSeries(train, "train", 2 * LINEAR_PAST + 1);
  checkNoise(noise);
  const copies = Array.from({ length: LINEAR_DRAWS }, (_, i) => ({
    target: train,
    input: addNoise(train, noise, deriveSeed(LINEAR_SEED, "linear filter", i)),
  }));
  const { intercept, coefficients } = leastSquares(
    copies,
    Array.from({ length: LINEAR_PAST + 1 }, (_, k) => k),
  );
  const chain = fitChain(train);
  const bayes = (name: string, what: "filter" | "smoother"): Baseline => ({
    name,
    impute(noisy) {
      const probabilities = posterior(chain, noisy, noise, what);
      const { values } = chain;
      return noisy.map((_, t) => {
        let sum = 0;
        for (let i = 0; i < values.length; i++) sum += values[i]! * probabilities[t * values.length + i]!;
        return sum;
      });
    },
  });
  const linear: Baseline = {
    name: FILTERS[0],
    impute(noisy) {
      checkSeries(noisy, "noisy", 0);
      return noisy.map((_, t) => coefficients.reduce((sum, a, k) => sum + a * (noisy[t - k] ?? 0), intercept));
    },
  };
  return [linear, bayes(FILTERS[1], "filter"), bayes(FILTERS[2], "smoother")];
}

/** Scales n weights, from an index on, to sum to 1. */
function normalise(weights: Float64Array, from: number, n: number): void {
  let sum = 0;
  for (let i = from; i < from + n; i++) sum += weights[i]!;
  for (let i = from; i < from + n; i++) weights[i]! /= sum;
}
