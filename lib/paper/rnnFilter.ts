/** What the paper's "Filtered RNN" is chosen by. */
import { checkNumbers, refuse } from "../base/check";
import { pairedTest, welchTest } from "../metrics/statistics";

/** The two filters' bounds: the paper drops an RNN with p > 0.7, the published code keeps one with p < 0.9. */
export const RNN_FILTER = { paper: 0.7, code: 0.9 } as const;

/** The p-values of the paper's filter, of the published code's, and of a paired one. */
export type FilterPs = { paper: number; code: number; paired: number };

/**
 * What "Filtered RNN" is chosen by: p-values of t-tests between an RNN's errors at different noise levels. A high p is an RNN that
 * does not react to noise.
 *
 * - paper: "a t-test between noise levels", read as Welch's test of the squared errors, the first level against the last;
 * - code: Welch's test of the signed errors, the least p over all pairs of levels;
 * - paired: the paper's, but by a paired test, since both levels have the same test values.
 *
 * @param errors prediction - truth at each noise level, the clean level first and the strongest last, at least two levels
 */
export function rnnFilter(errors: ArrayLike<number>[]): FilterPs {
  if (!Array.isArray(errors) || errors.length < 2) refuse("errors", "an array of 2 noise levels or more", errors);
  for (const [i, level] of errors.entries()) checkNumbers(level, `errors[${i}]`, 2);
  const squares = (level: ArrayLike<number>) => Array.from(level, (error) => error * error);
  const [first, last] = [errors[0], errors[errors.length - 1]].map(squares);
  const paper = welchTest(first, last).p;
  const paired = pairedTest(first, last).p;
  const code = Math.min(...errors.flatMap((a, i) => errors.slice(i + 1).map((b) => welchTest(a, b).p)));
  return { paper, code, paired };
}
