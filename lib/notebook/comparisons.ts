/** Whether differences are luck: paired tests between two sets of scores, corrected for their number. */
import { DataFrame } from "danfojs-node";
import { mean } from "../metrics/metrics";
import { holm, pairedTest } from "../metrics/statistics";

/** A difference between two conditions, paired by seed: its mean, and the p-value before and after Holm's correction over all of a table. */
export interface Comparison {
  what: string;
  difference: number;
  n: number;
  p: number;
  corrected: number;
}

/** Paired t-tests over seeds; each pair of scores needs the same seeds. */
export function comparisons(pairs: { what: string; first: number[]; second: number[] }[]): Comparison[] {
  const tested = pairs.map(({ what, first, second }) => {
    return { what, difference: mean(first) - mean(second), n: first.length, p: pairedTest(first, second).p };
  });
  const corrected = holm(tested.map(({ p }) => p));
  return tested.map((test, i) => ({ ...test, corrected: corrected[i] }));
}

/** A p-value or a small number, "1.2e-7"; 0 as "0". */
export const small = (x: number): string => (x === 0 ? "0" : x.toExponential(1));

/** Comparisons as a table. @param text how a difference is written @param of what differs */
export const testsTable = (tests: Comparison[], text: (x: number) => number | string = (x) => x, of = "MSE"): DataFrame =>
  new DataFrame(
    tests.map((t) => [t.what, text(t.difference), t.n, small(t.p), small(t.corrected)]),
    { columns: [`difference in ${of}`, "mean", "pairs", "p", "p, Holm"] },
  );
