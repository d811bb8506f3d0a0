/// <reference path="../packages.d.ts" />
import { Studentt } from "distributions";
import { quantileSorted } from "simple-statistics";
import ttest from "ttest";
import { checkAsMany, checkFunction, checkList, checkNumbers, checkOptions, checkProbability, checkWhole, refuse } from "../base/check";
import { generator, type Random } from "../base/random";
import { mean, sd } from "./metrics";

/** A number over runs: mean, standard deviation (n - 1; NaN for one), how many. */
export interface Summary {
  mean: number;
  sd: number;
  n: number;
}

/** A two-sided t-test: the statistic, its degrees of freedom, and P(|T| >= |t|) if the means are equal. */
export interface TTest {
  t: number;
  df: number;
  p: number;
}

/**
 * Mean, sd and number of one finite value or more.
 *
 * @example summary([1, 2, 6]) // { mean: 3, sd: 2.6458, n: 3 }
 */
export function summary(values: ArrayLike<number>): Summary {
  return { mean: mean(values), sd: sd(values), n: values.length };
}

/**
 * Mean of independent draws and its standard error, sd / √n (NaN for one draw).
 *
 * @example estimate([1, 2, 6]) // { mean: 3, se: 1.5275 }
 */
export function estimate(draws: ArrayLike<number>): { mean: number; se: number } {
  return { mean: mean(draws), se: sd(draws) / Math.sqrt(draws.length) };
}

/**
 * log( (1/n) Σ e^x_i ), also where e^x would overflow.
 *
 * @example logMeanExp([0, Math.log(3)]) // 0.6931
 */
export function logMeanExp(values: number[]): number {
  checkNumbers(values, "values");
  const top = values.reduce((a, b) => Math.max(a, b));
  return top + Math.log(mean(values.map((x) => Math.exp(x - top))));
}

/**
 * Welch's t-test, for two independent samples whose variances may differ: t = (ā - b̄) / √(s_a²/n_a + s_b²/n_b), with Welch and
 * Satterthwaite's df = (s_a²/n_a + s_b²/n_b)² / ((s_a²/n_a)²/(n_a - 1) + (s_b²/n_b)²/(n_b - 1)). Two constant samples: p is 1 if they
 * are equal (t = 0), else 0 (t infinite), and df = n_a + n_b - 2.
 *
 * @param a finite values, at least 2
 * @param b the same
 * @example welchTest([1, 2, 3], [2, 4, 6]) // { t: -1.549, df: 2.941, p: 0.2209 }
 */
export function welchTest(a: ArrayLike<number>, b: ArrayLike<number>): TTest {
  const [left, right] = [sample(a, "a"), sample(b, "b")];
  if (sd(left) === 0 && sd(right) === 0) return constant(left[0]! - right[0]!, left.length + right.length - 2);
  return result(ttest(left, right));
}

/**
 * The paired t-test, for two values of each of n things, such as two models' scores for n seeds: t = d̄ / (s_d / √n) over the
 * differences d = a - b, df = n - 1. Constant differences: p is 1 if they are 0, else 0.
 *
 * @param a finite values, at least 2
 * @param b as many, in the same order
 * @example pairedTest([1, 2, 3], [2, 4, 6]) // { t: -3.4641, df: 2, p: 0.07418 }
 */
export function pairedTest(a: ArrayLike<number>, b: ArrayLike<number>): TTest {
  const [left, right] = [sample(a, "a"), sample(b, "b")];
  checkAsMany(right, "b", left, "a");
  const differences = left.map((value, i) => value - right[i]!);
  if (sd(differences) === 0) return constant(differences[0]!, differences.length - 1);
  return result(ttest(differences));
}

/**
 * Holm's correction for many tests (Scand. J. Stat. 6, 1979): with p_(1) <= .. <= p_(m), the corrected p_(i) is
 * max over j <= i of min(1, (m - j + 1) p_(j)). To reject where it is at most α keeps the probability of any false rejection below α.
 *
 * @param p values from 0 to 1
 * @returns the corrected values, in the order of `p`
 * @example holm([0.01, 0.04, 0.03]) // [0.03, 0.06, 0.06]
 */
export function holm(p: number[]): number[] {
  checkNumbers(p, "p", 0);
  for (const [i, value] of p.entries()) checkProbability(value, `p[${i}]`);
  const corrected = new Array<number>(p.length);
  let largest = 0;
  const ascending = p.map((_, i) => i).sort((i, j) => p[i]! - p[j]!);
  ascending.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * p[i]!));
    corrected[i] = largest;
  });
  return corrected;
}

/** An interval that holds a mean with a given probability, and the mean. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
  /** The standard deviation of the mean over the replicates. */
  se: number;
}

/** How a bootstrap draws, by default, and the probability that its interval is to have. */
const BOOTSTRAP = { block: 25, replicates: 2000, level: 0.95 } as const;

/**
 * The moving-block bootstrap of a mean over time (Künsch, Ann. Stat. 17, 1989): a replicate is the mean of as many values, made of blocks of
 * neighbours that begin anywhere, so that dependence within a block is kept. The interval lies between the replicates' quantiles. Of several
 * runs over the same time a replicate draws the runs too, with replacement, and takes the same blocks of each: the interval then holds
 * the luck of the runs and that of the time. The luck of a run at a time is drawn twice, so that the interval is rather too wide than too narrow.
 * For a difference of two methods give the differences, value by value; or, where runs don't go in pairs, the other's runs as `minus`: a replicate
 * then draws the runs of each by themselves, and the same blocks of both. Calls with one length, the same numbers of runs and one seed draw the same
 * runs and blocks.
 *
 * @param values in their order, at least as many as a block has; or those of several runs, all as long
 * @param options.block 25 by default; replicates: 2,000; level: .95; seed: 0; minus: none
 * @example blockBootstrap([1, 1, 1, 1], { block: 2 }) // { mean: 1, low: 1, high: 1, se: 0 }
 */
export function blockBootstrap(
  values: ArrayLike<number> | readonly ArrayLike<number>[],
  options: { block?: number; replicates?: number; level?: number; seed?: number; minus?: readonly ArrayLike<number>[] } = {},
): Interval {
  checkOptions(options, "options", ["block", "replicates", "level", "seed", "minus"]);
  const { block, replicates, level, seed = 0 } = { ...BOOTSTRAP, ...options };
  checkWhole(block, "options.block", 1);
  checkWhole(replicates, "options.replicates", 2);
  checkProbability(level, "options.level");
  checkList(values, "values", 1);
  const runs = (typeof values[0] === "object" ? values : [values]) as readonly ArrayLike<number>[];
  for (const [i, run] of runs.entries()) {
    checkNumbers(run, runs.length > 1 ? `values[${i}]` : "values", block);
    checkAsMany(run, `values[${i}]`, runs[0]!, "values[0]");
  }
  const n = runs[0]!.length;
  const { minus } = options;
  if (minus !== undefined) checkList(minus, "options.minus", 1);
  for (const [i, run] of (minus ?? []).entries()) {
    checkNumbers(run, `options.minus[${i}]`);
    checkAsMany(run, `options.minus[${i}]`, runs[0]!, "values[0]");
  }
  const sides = [runs, ...(minus ? [minus] : [])].map((some) => some.map((run) => sumsOf([run])));
  const difference = ([first, second = 0]: number[]) => first! - second;
  const random = generator(seed, "bootstrap");
  const means = Float64Array.from({ length: replicates }, () => {
    const drawn = sides.map((own) => (own.length === 1 ? own : own.map(() => own[random.integer(own.length)]!)));
    const over = overBlocks(n, block, random);
    return difference(drawn.map((own) => mean(own.map((sums) => over(sums)[0]!))));
  }).sort();
  const [low, high] = [(1 - level) / 2, (1 + level) / 2].map((q) => quantileSorted(means as unknown as number[], q)) as [number, number];
  const whole = difference(sides.map((own) => mean(own.map((sums) => sums[n]! / n))));
  return { mean: whole, low, high, se: sd(means) };
}

/**
 * The interval of the difference of two methods in a statistic that is a function of several means over time, such as an autocorrelation; `byMeans`
 * has scores in that form. A replicate is the statistic of every run over the same blocks of neighbours, drawn as in `blockBootstrap`. Three kinds of
 * luck add up: that of a run, that of the time, which all runs share, and that of a run at a time. A distance grows by resampling, so the replicates
 * give variances alone. With V(·) the variance over replicates, R the
 * number of a method's runs and s² the variance of their statistics,
 *
 *     se² = Σ s² / R + max(0, V(difference) − Σ (mean of V(run) − V(mean of runs)) / (R − 1)),   sums over the two methods.
 *
 * The first term has the luck of a run at a time in it, so the last one takes that out of the second. A method's single run has no terms in the sums:
 * its luck is not in the interval. The interval is mean ± t se, with Welch and Satterthwaite's degrees of freedom.
 *
 * @param of the statistic, of the means of one run's quantities; a method's is the mean of its runs'
 * @param runs of each run each quantity over time, as many values as two blocks have, or more
 * @param minus those of the other method, at the same times
 * @param options.block how many neighbours a block has, 25 by default
 * @example statisticBootstrap(([m]) => m ** 2, [[new Array(50).fill(3)]], [[new Array(50).fill(2)]]) // { mean: 5, low: 5, high: 5, se: 0 }
 */
export function statisticBootstrap(
  of: (means: readonly number[]) => number,
  runs: readonly (readonly ArrayLike<number>[])[],
  minus: readonly (readonly ArrayLike<number>[])[],
  options: { block?: number } = {},
): Interval {
  checkFunction(of, "of");
  checkOptions(options, "options", ["block"]);
  const { block, level, replicates } = { ...BOOTSTRAP, ...options };
  checkWhole(block, "options.block", 1);
  for (const [name, some] of Object.entries({ runs, minus })) {
    checkList(some, name, 1);
    for (const [i, quantities] of some.entries()) {
      checkList(quantities, `${name}[${i}]`, 1);
      for (const [j, values] of quantities.entries()) {
        checkNumbers(values, `${name}[${i}][${j}]`, 2 * block);
        checkAsMany(values, `${name}[${i}][${j}]`, runs[0]![0]!, "runs[0][0]");
      }
    }
  }
  const n = runs[0]![0]!.length;
  const all = (sums: Float64Array) => Array.from(sums.subarray((n * sums.length) / (n + 1)), (sum) => sum / n);
  const random = generator(0, "bootstrap");
  const draws = Array.from({ length: replicates }, () => overBlocks(n, block, random));
  const statistic = (means: number[]) => {
    const value = of(means);
    if (!Number.isFinite(value)) refuse("of", "a function that gives a finite number for the means of any blocks", value);
    return value;
  };
  const V = (values: number[]) => sd(values) ** 2;
  const sides = [runs, minus].map((some) => {
    const sums = some.map(sumsOf);
    const drawn = sums.map((own) => draws.map((over) => statistic(over(own))));
    const means = draws.map((_, k) => mean(drawn.map((values) => values[k]!)));
    const whole = sums.map((own) => statistic(all(own)));
    const R = some.length;
    const ofBoth = R === 1 ? 0 : (mean(drawn.map(V)) - V(means)) / (R - 1);
    return { whole: mean(whole), means, ofBoth, term: { variance: R === 1 ? 0 : V(whole) / R, df: Math.max(1, R - 1) } };
  });
  const [first, second] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const ofTime = Math.max(0, V(draws.map((_, k) => first.means[k]! - second.means[k]!)) - first.ofBoth - second.ofBoth);
  const terms = [first.term, second.term, { variance: ofTime, df: Math.ceil(n / block) - 1 }];
  const total = terms.reduce((sum, { variance }) => sum + variance, 0);
  const df = total ** 2 / terms.reduce((sum, { variance, df }) => sum + variance ** 2 / df, 0);
  const [centre, se] = [first.whole - second.whole, Math.sqrt(total)];
  const t = se === 0 ? 0 : Studentt(df).inv((1 + level) / 2);
  return { mean: centre, low: centre - t * se, high: centre + t * se, se };
}

/** The sums of each quantity before each time, and of all: a row of sums for each time. */
function sumsOf(quantities: readonly ArrayLike<number>[]): Float64Array {
  const [n, Q] = [quantities[0]!.length, quantities.length];
  const sums = new Float64Array((n + 1) * Q);
  for (let t = 0; t < n; t++) for (let q = 0; q < Q; q++) sums[(t + 1) * Q + q] = sums[t * Q + q]! + quantities[q]![t]!;
  return sums;
}

/** What takes the mean of each quantity over blocks that begin anywhere and make up n times. */
function overBlocks(n: number, block: number, random: Random): (sums: Float64Array) => number[] {
  const begins = Array.from({ length: Math.ceil(n / block) }, () => random.integer(n - block + 1));
  return (sums) => {
    const Q = sums.length / (n + 1);
    const totals: number[] = new Array(Q).fill(0);
    for (let i = 0; i < begins.length; i++) {
      const [begin, end] = [Q * begins[i]!, Q * (begins[i]! + Math.min(block, n - i * block))];
      for (let q = 0; q < Q; q++) totals[q]! += sums[end + q]! - sums[begin + q]!;
    }
    return totals.map((total) => total / n);
  };
}

/**
 * The t-interval of the mean of independent values, such as a score over seeds: mean ± t sd / √n. NaN for a single value.
 *
 * @param level .95 by default
 * @example meanInterval([1, 2, 6]) // { mean: 3, low: -3.5724, high: 9.5724, se: 1.5275 }
 */
export function meanInterval(values: ArrayLike<number>, level = 0.95): Interval {
  checkProbability(level, "level");
  const { mean: centre, se } = estimate(values);
  const t = values.length > 1 ? Studentt(values.length - 1).inv((1 + level) / 2) : Number.NaN;
  return { mean: centre, low: centre - t * se, high: centre + t * se, se };
}

/**
 * The t-interval of the difference of the means of two independent samples whose variances may differ, with `welchTest`'s se and df. NaN where
 * one of them is a single value.
 *
 * @param level .95 by default
 * @example differenceInterval([1, 2, 3], [2, 4, 6]) // { mean: -2, low: -6.1554, high: 2.1554, se: 1.291 }
 */
export function differenceInterval(a: ArrayLike<number>, b: ArrayLike<number>, level = 0.95): Interval {
  checkNumbers(a, "a");
  checkNumbers(b, "b");
  checkProbability(level, "level");
  const [left, right] = [estimate(a), estimate(b)];
  const [centre, se] = [left.mean - right.mean, Math.hypot(left.se, right.se)];
  const t = Math.min(a.length, b.length) > 1 ? Studentt(welchTest(a, b).df).inv((1 + level) / 2) : Number.NaN;
  return { mean: centre, low: centre - t * se, high: centre + t * se, se };
}

function sample(values: ArrayLike<number>, name: string): number[] {
  checkNumbers(values, name, 2);
  return Array.from(values);
}

const constant = (difference: number, df: number): TTest =>
  difference === 0 ? { t: 0, df, p: 1 } : { t: Math.sign(difference) * Number.POSITIVE_INFINITY, df, p: 0 };

const result = (test: ReturnType<typeof ttest>): TTest => ({ t: test.testValue(), df: test.freedom(), p: test.pValue() });
