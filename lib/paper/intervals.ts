/** Errors over the test part side by side: those of a family's runs and of methods without a network, their differences, and intervals of these. */
import { isDeepStrictEqual } from "node:util";
import { checkAllSeries, checkAsMany, checkChoice, checkNumbers, checkPositive, checkText } from "../base/check";
import { split, testPart } from "../data/protocol";
import { checkWholeSeries, type Series } from "../data/series";
import { baselines } from "../metrics/baselines";
import { mean } from "../metrics/metrics";
import { blockBootstrap, differenceInterval, type Interval, meanInterval } from "../metrics/statistics";
import type { Xi } from "./errors";
import { DRAWS } from "./evaluate";
import { checkLevel, type NoiseLevel, noisySeries } from "./levels";
import { checkErrors, type RunErrors } from "./results";

/** The squared errors of a family's runs under a level, in the order of their seeds: an array of [500] for `blockBootstrap`. */
export function squaresOf(errors: readonly RunErrors[], family: string, level: NoiseLevel, xi: Xi = "sample"): Float32Array[] {
  checkErrors(errors, "errors");
  checkText(family, "family", "a name");
  checkLevel(level);
  checkChoice(xi, "xi", ["sample", "mean"]);
  return errors
    .filter((one) => one.family === family && isDeepStrictEqual(one.level, level))
    .sort((a, b) => a.seed - b.seed)
    .map(({ squared }) => squared[xi]);
}

/**
 * The squared errors of a method of `baselines` under a level, the mean over the noise draws that the models see, [500].
 * @param draws 10 by default
 * @throws Error when there is no such method
 */
export function baselineSquares(series: Series, name: string, level: NoiseLevel, draws = DRAWS): Float32Array {
  checkWholeSeries(series, "series");
  checkText(name, "name", "a name");
  const { train, test } = split(series.values);
  const method = baselines(train).find((one) => one.name === name);
  if (!method) throw new Error(`name: there is no baseline ${name}`);
  const imputed = noisySeries(series, level, draws).map(({ values }) => testPart(method.impute(values)));
  return test.map((v, t) => mean(imputed.map((values) => (values[t] - v) ** 2)));
}

/** Differences value by value, run by run, of the runs that both have; a series alone stands beside each run. */
export function minus(a: readonly Float32Array[], b: readonly Float32Array[]): Float32Array[] {
  checkAllSeries(a, "a");
  checkAllSeries(b, "b", Math.min(1, a.length));
  const both = a.slice(0, b.length > 1 ? b.length : a.length);
  for (const [i, one] of both.entries()) checkAsMany(b[i % b.length], `b[${i % b.length}]`, one, `a[${i}]`);
  return both.map((one, i) => one.map((x, t) => x - b[i % b.length][t]));
}

/** The interval of the mean of such numbers by block bootstrap: the luck of the seeds and of the test part. @param unit what they are a share of */
export function over(all: readonly Float32Array[], unit = 1): Interval {
  checkAllSeries(all, "all", 1);
  checkPositive(unit, "unit");
  return blockBootstrap(all.map((one) => one.map((x) => x / unit)));
}

/**
 * The interval of the difference of two families' squared errors under one level, the luck of the seeds and of the test part: run by run where
 * there are as many of both, else of all runs of both.
 */
export function overBoth(a: readonly Float32Array[], b: readonly Float32Array[]): Interval {
  checkAllSeries(a, "a", 1);
  checkAllSeries(b, "b", 1);
  return a.length === b.length || b.length === 1 ? over(minus(a, b)) : blockBootstrap(a, { minus: b });
}

/** Differences seed by seed, of the seeds that both have. @example less([3, 4, 9], [1, 1]) // [2, 3] */
export function less(a: readonly number[], b: readonly number[]): number[] {
  checkNumbers(a, "a", 0);
  checkNumbers(b, "b", 0);
  return Array.from(a as ArrayLike<number>)
    .slice(0, b.length)
    .map((x, i) => x - b[i]);
}

/** The t-interval of the difference of two families: the luck of the seeds. Seed by seed where there are as many of both, else of all seeds of both. */
export function bySeed(a: readonly number[], b: readonly number[]): Interval {
  checkNumbers(a, "a");
  checkNumbers(b, "b");
  return a.length === b.length ? meanInterval(less(a, b)) : differenceInterval(a, b);
}
