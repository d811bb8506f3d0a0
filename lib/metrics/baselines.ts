/// <reference path="../packages.d.ts" />
import { Normal } from "distributions";
import { mean, median } from "simple-statistics";
import { checkSeries, checkWhole } from "../base/check";
import { checkNoise, type Noise } from "../data/noise";
import { distinct } from "../data/values";
import { type LinearFit, leastSquares } from "./leastSquares";

/** A way to impute without a network. */
export interface Baseline {
  name: string;
  /**
   * @param noisy a series with its history, such as that of `corruptTest`
   * @returns as many values; entry t depends on noisy[t] and the values before it, with zeros before the start, as for a model
   */
  impute(noisy: Float32Array): Float32Array;
}

/**
 * The MSE that the identity must have under a noise: the mean over the values v of E[(clamp(v + b e) - v)²], b ~ Bernoulli(probability),
 * e ~ N(mean, sd²), the clamp to [0, 1]. With a = (-v - mean) / sd and b = (1 - v - mean) / sd, the two clamped tails give v² Φ(a) and
 * (1 - v)² (1 - Φ(b)), and the part between E[e²; a < z < b] of e = mean + sd z.
 *
 * @param values clean values in [0, 1]
 * @example identityMse(Float32Array.of(0.5), { probability: 1, sd: 0.1 }) // 0.01: the clamp is five sds away
 */
export function identityMse(values: Float32Array, noise: Noise): number {
  checkSeries(values, "values");
  checkNoise(noise);
  const { probability, sd, mean: shift = 0 } = noise;
  if (sd === 0) return probability * mean(Array.from(values, (v) => (Math.min(1, Math.max(0, v + shift)) - v) ** 2));
  const z = Normal(0, 1);
  const squares = Array.from(values, (v) => {
    const [a, b] = [(-v - shift) / sd, (1 - v - shift) / sd];
    const [Pa, Pb, pa, pb] = [z.cdf(a), z.cdf(b), z.pdf(a), z.pdf(b)];
    const between = shift ** 2 * (Pb - Pa) + 2 * shift * sd * (pa - pb) + sd ** 2 * (Pb - Pa + a * pa - b * pb);
    return v ** 2 * Pa + (1 - v) ** 2 * (1 - Pb) + between;
  });
  return probability * mean(squares);
}

/** The order of the autoregressive baseline. */
export const AR_ORDER = 10;

/**
 * The simple baselines that every table shows beside the models. The first two see the noisy value and hand it on; the others forecast it or
 * ignore it, like the paper's RNN:
 *
 * - identity: noisy[t];
 * - nearest valid value: the value of the training part nearest to noisy[t], the lower of two equally near ones;
 * - previous value: noisy[t-1];
 * - train mean, train median: constants;
 * - AR(10): c + Σ_k a_k noisy[t-k], k = 1..10, fitted on the training part by least squares.
 *
 * filters.ts has the baselines that know the noise.
 *
 * @param train the clean training part, more than 20 finite values
 */
export function baselines(train: Float32Array): Baseline[] {
  checkSeries(train, "train", 2 * AR_ORDER + 1);
  const clean = Array.from(train);
  const valid = distinct(train);
  const [centre, middle] = [mean(clean), median(clean)];
  const { intercept, coefficients } = fitAutoregression(train, AR_ORDER);
  return [
    baseline("identity", (noisy, t) => noisy[t]!),
    baseline("nearest valid value", (noisy, t) => nearest(valid, noisy[t]!)),
    baseline("previous value", (noisy, t) => noisy[t - 1] ?? 0),
    baseline("train mean", () => centre),
    baseline("train median", () => middle),
    baseline(`AR(${AR_ORDER})`, (noisy, t) => coefficients.reduce((sum, a, k) => sum + a * (noisy[t - 1 - k] ?? 0), intercept)),
  ];
}

/**
 * Least squares for x_t ≈ c + Σ_k a_k x_{t-k}, k = 1..order, over all t that have `order` values before them.
 *
 * @param series finite values, more than 2 · order
 * @param order a positive integer
 * @returns the intercept c and the coefficients a_1 .. a_order
 */
export function fitAutoregression(series: Float32Array, order: number): LinearFit {
  checkWhole(order, "order", 1);
  checkSeries(series, "series", 2 * order + 1);
  return leastSquares(
    [{ target: series, input: series }],
    Array.from({ length: order }, (_, k) => k + 1),
  );
}

function baseline(name: string, entry: (noisy: Float32Array, t: number) => number): Baseline {
  return {
    name,
    impute(noisy) {
      checkSeries(noisy, "noisy", 0);
      return noisy.map((_, t) => entry(noisy, t));
    },
  };
}

function nearest(ascending: Float32Array, value: number): number {
  let best = ascending[0]!;
  for (const candidate of ascending) if (Math.abs(candidate - value) < Math.abs(best - value)) best = candidate;
  return best;
}
