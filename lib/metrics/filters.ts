/// <reference path="../packages.d.ts" />
import { Normal } from "distributions";
import { checkChoice, checkNumber, checkNumbers, checkOptions, checkPositive, checkSeen, checkSeries, refuse } from "../base/check";
import { deriveSeed } from "../base/random";
import { addNoise, checkNoise, type Noise } from "../data/noise";
import { distinct, indicesOf } from "../data/values";
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
export function checkChain(chain: Chain): void {
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
  const values = distinct(series);
  const n = values.length;
  const start = new Float64Array(n);
  const step = new Float64Array(n * n).fill(smoothing);
  indicesOf(values, series).forEach((i, t, all) => {
    start[i]! += 1 / series.length;
    if (t > 0) step[n * all[t - 1]! + i]! += 1;
  });
  for (let i = 0; i < n; i++) normalise(step, n * i, n);
  return { values, start, step };
}

/** The ends of the scale, where clamping piles values up; infinite on a side that has none. */
export interface Bounds {
  low: number;
  high: number;
}
/** The trace's bounds, and those of `addNoise`. */
export const UNIT_BOUNDS: Bounds = { low: 0, high: 1 };
/** A scale without ends. */
export const NO_BOUNDS: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** @throws Error unless low is a number below high */
export function checkBounds(bounds: unknown, name = "bounds"): asserts bounds is Bounds {
  checkOptions(bounds, name, ["low", "high"]);
  const { low, high } = bounds as Partial<Bounds>;
  if (typeof low !== "number" || typeof high !== "number" || !(low < high)) refuse(name, "{ low, high } with low below high", bounds);
}

/**
 * log p(y | v) of a noisy value, for each valid v. The noise has atoms, points with a mass rather than a density:
 *
 * - y = v: mass 1 - p, the value was left alone;
 * - y = low and y = high: mass p Φ((low - v - mean) / sd) and p Φ((v + mean - high) / sd), the tails that clamping puts there;
 * - any other y: density p φ((y - v - mean) / sd) / (sd √(2π)).
 *
 * A mass outweighs every density: if 1 - p > 0, a y that is a valid value was left alone or is at a bound. With sd = 0 a changed value is an
 * atom too, of mass p at clamp(v + mean).
 *
 * @param bounds the trace's, 0 and 1, by default
 */
export function logLikelihood(y: number, values: Float32Array, noise: Noise, bounds: Bounds = UNIT_BOUNDS): Float64Array {
  checkNumber(y, "y");
  checkSeries(values, "values");
  checkNoise(noise);
  checkBounds(bounds);
  return logLikelihoods(y, values, noise, bounds);
}
const standardNormal = Normal(0, 1);
const ROOT_2PI = Math.sqrt(2 * Math.PI);

/** `logLikelihood` of arguments that were checked before. */
function logLikelihoods(y: number, values: Float32Array, { probability, sd, mean = 0 }: Noise, { low, high }: Bounds): Float64Array {
  const atom = y === low || y === high || (probability < 1 && values.includes(y));
  return Float64Array.from(values, (v) => {
    let mass = y === v ? 1 - probability : 0;
    if (sd === 0) return Math.log(mass + (y === Math.fround(Math.min(high, Math.max(low, v + mean))) ? probability : 0));
    if (!atom) return Math.log(probability / (sd * ROOT_2PI)) - ((y - v - mean) / sd) ** 2 / 2;
    if (y === low) mass += probability * standardNormal.cdf((low - v - mean) / sd);
    if (y === high) mass += probability * standardNormal.cdf((v + mean - high) / sd);
    return Math.log(mass);
  });
}

/** What `forwardBackward` finds. Entry t · values.length + i of the first two belongs to value i at time t. */
export interface ChainPosterior {
  /** P(v_t = i | y_1 .. y_t). */
  filter: Float64Array;
  /** P(v_t = i | y), from all of y. */
  smoother: Float64Array;
  /** log p(y) in nats, of masses and densities as `logLikelihood` mixes them. */
  logEvidence: number;
}

/**
 * The exact answer for a hidden Markov chain v seen through noise as y: forward and backward pass (Rabiner, Proc. IEEE 77, 1989). A missing y_t
 * (NaN) and one that this noise cannot have made count as not seen.
 *
 * @param options.bounds as in `logLikelihood`
 * @param options.before the clean value before the first, one of the chain's; without it v_1 has the chain's start
 */
export function forwardBackward(
  chain: Chain,
  noisy: Float32Array,
  noise: Noise,
  options: { bounds?: Bounds; before?: number } = {},
): ChainPosterior {
  checkSeen(noisy, "noisy", [Float32Array]);
  checkNoise(noise);
  checkChain(chain);
  checkOptions(options, "options", ["bounds", "before"]);
  const { bounds = UNIT_BOUNDS, before } = options;
  checkBounds(bounds, "options.bounds");
  const { values, step } = chain;
  const n = values.length;
  if (before !== undefined && !values.includes(before)) refuse("options.before", "one of the chain's values", before);
  const row = before === undefined ? -1 : values.indexOf(before);
  const start = row < 0 ? chain.start : step.slice(n * row, n * row + n);
  const { weights, scale } = likelihoods(noisy, values, noise, bounds);
  const filter = new Float64Array(n * noisy.length);
  let logEvidence = 0;
  // Forward: P(v_t | y_1..t) ∝ p(y_t | v_t) Σ_i P(v_{t-1} = i | y_1..t-1) P(v_t | i).
  for (let now = 0; now < filter.length; now += n) {
    if (now === 0) filter.set(start);
    for (let i = 0; i < n && now > 0; i++) {
      const from = filter[now - n + i]!;
      for (let j = 0; j < n; j++) filter[now + j]! += from * step[n * i + j]!;
    }
    for (let j = 0; j < n; j++) filter[now + j]! *= weights[now + j]!;
    logEvidence += Math.log(normalise(filter, now, n)) + scale[now / n]!;
  }
  // Backward: b_t(i) ∝ Σ_j P(j | i) p(y_{t+1} | j) b_{t+1}(j), and the posterior is ∝ forward · b_t.
  const smoother = filter.slice();
  const [backward, seen] = [new Float64Array(n).fill(1), new Float64Array(n)];
  for (let now = filter.length - 2 * n; now >= 0; now -= n) {
    for (let j = 0; j < n; j++) seen[j] = backward[j]! * weights[now + n + j]!;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += step[n * i + j]! * seen[j]!;
      backward[i] = sum;
    }
    normalise(backward, 0, n);
    for (let i = 0; i < n; i++) smoother[now + i]! *= backward[i]!;
    normalise(smoother, now, n);
  }
  return { filter, smoother, logEvidence };
}

/** The filter's or the smoother's part of `forwardBackward`, under the trace's bounds. */
export function posterior(chain: Chain, noisy: Float32Array, noise: Noise, what: "filter" | "smoother"): Float64Array {
  checkSeries(noisy, "noisy", 0);
  checkChoice(what, "what", ["filter", "smoother"]);
  return forwardBackward(chain, noisy, noise)[what];
}

/** The means of distributions over these values, whose probabilities stand as `forwardBackward` gives them. */
export const means = (probabilities: Float64Array, values: Float32Array): Float32Array =>
  Float32Array.from({ length: probabilities.length / values.length }, (_, t) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i]! * probabilities[t * values.length + i]!;
    return sum;
  });

/**
 * p(y_t | v) for each valid v, divided by the largest of them, at entry t · values.length + the value's index, and the logarithm of that
 * largest. All are 1, and the logarithm 0, if y_t is missing or no v can have made it.
 */
export function likelihoods(noisy: Float32Array, values: Float32Array, noise: Noise, bounds: Bounds) {
  const n = values.length;
  const weights = new Float64Array(n * noisy.length);
  const scale = new Float64Array(noisy.length);
  const rows = new Map<number, { row: Float64Array; log: number }>(); // unaltered values repeat
  noisy.forEach((y, t) => {
    let known = rows.get(y);
    if (!known) {
      known = likelihood(y, values, noise, bounds);
      rows.set(y, known);
    }
    weights.set(known.row, n * t);
    scale[t] = known.log;
  });
  return { weights, scale };
}

/** One row of `likelihoods`. */
export function likelihood(y: number, values: Float32Array, noise: Noise, bounds: Bounds): { row: Float64Array; log: number } {
  const unseen = () => ({ row: new Float64Array(values.length).fill(1), log: 0 });
  if (Number.isNaN(y)) return unseen();
  const logs = logLikelihoods(y, values, noise, bounds);
  const log = logs.reduce((a, b) => Math.max(a, b));
  return log === Number.NEGATIVE_INFINITY ? unseen() : { row: logs.map((l) => Math.exp(l - log)), log };
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
    impute: (noisy) => means(posterior(chain, noisy, noise, what), chain.values),
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

/** Scales n weights, from an index on, to sum to 1. @returns their sum before */
function normalise(weights: Float64Array, from: number, n: number): number {
  let sum = 0;
  for (let i = from; i < from + n; i++) sum += weights[i]!;
  for (let i = from; i < from + n; i++) weights[i]! /= sum;
  return sum;
}
