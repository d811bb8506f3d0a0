/// <reference path="../packages.d.ts" />
import ttest from "ttest";
import { checkAsMany, checkNumbers, checkProbability } from "../base/check";
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

function sample(values: ArrayLike<number>, name: string): number[] {
  checkNumbers(values, name, 2);
  return Array.from(values);
}

const constant = (difference: number, df: number): TTest =>
  difference === 0 ? { t: 0, df, p: 1 } : { t: Math.sign(difference) * Number.POSITIVE_INFINITY, df, p: 0 };

const result = (test: ReturnType<typeof ttest>): TTest => ({ t: test.testValue(), df: test.freedom(), p: test.pValue() });
