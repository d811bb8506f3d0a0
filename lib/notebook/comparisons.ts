/** Whether differences may be chance: tests between two sets of scores, corrected for the number of tests. */
import { DataFrame } from "danfojs-node";
import { checkAnyNumber, checkFunction, checkNumbers, checkObject, checkObjects, checkText, checkWhole } from "../base/check";
import { mean } from "../metrics/metrics";
import { holm, type Interval, pairedTest, welchTest } from "../metrics/statistics";

/** A difference between two sets of scores over seeds. */
export interface Comparison {
  /** What is compared. */
  what: string;
  /** The mean of first − second, in the scores' own unit. */
  difference: number;
  /** The number of seeds of both, "10"; of the first and of the second where they differ, "10 and 5". */
  seeds: string;
  p: number;
  /** p after Holm's correction over all comparisons made together. */
  corrected: number;
}

/**
 * t-tests over seeds: paired where `first` and `second` have as many scores, which are then of the same seeds in the same order; else Welch's.
 * @throws Error when either has fewer than two scores
 */
export function comparisons(pairs: { what: string; first: number[]; second: number[] }[]): Comparison[] {
  checkObjects(pairs, "pairs");
  for (const [i, { first, second }] of pairs.entries()) {
    checkNumbers(first, `pairs[${i}].first`, 2);
    checkNumbers(second, `pairs[${i}].second`, 2);
  }
  const tested = pairs.map(({ what, first, second }) => {
    const isPaired = first.length === second.length;
    const seeds = isPaired ? `${first.length}` : `${first.length} and ${second.length}`;
    return { what, difference: mean(first) - mean(second), seeds, p: (isPaired ? pairedTest : welchTest)(first, second).p };
  });
  const corrected = holm(tested.map(({ p }) => p));
  return tested.map((test, i) => ({ ...test, corrected: corrected[i] }));
}

/** A mean and its interval, "0.0012 [0.0009, 0.0016]", with `digits` digits after the point. */
export const intervalText = (interval: Omit<Interval, "se">, digits = 4): string => {
  checkObject(interval, "interval", "a mean with its interval, { mean, low, high }");
  const { mean, low, high } = interval;
  for (const [name, x] of Object.entries({ mean, low, high })) checkAnyNumber(x, `interval.${name}`);
  checkWhole(digits, "digits", 0, 100);
  const text = (x: number) => x.toFixed(digits).replace(/^-(0\.0*)$/, "$1");
  return `${text(mean)} [${text(low)}, ${text(high)}]`;
};

/** A p-value or a small number, "1.2e-7"; 0 as "0". */
export function small(x: number): string {
  checkAnyNumber(x, "x");
  return x === 0 ? "0" : x.toExponential(1);
}

/**
 * Comparisons as a table.
 * @param text a difference as a text or number
 * @param of the name of the score that differs
 */
export function testsTable(tests: Comparison[], text: (x: number) => number | string = (x) => x, of = "MSE"): DataFrame {
  checkObjects(tests, "tests");
  checkFunction(text, "text");
  checkText(of, "of", "a name");
  return new DataFrame(
    tests.map(({ what, difference, seeds, p, corrected }) => [what, text(difference), seeds, small(p), small(corrected)]),
    { columns: [`difference in ${of}`, "mean", "seeds", "p", "p, Holm"] },
  );
}
