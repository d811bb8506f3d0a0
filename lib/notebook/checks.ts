/** What a notebook checks, and says: two numbers that must agree, and a reader's answers to its exercises. */

import { checkAnyNumber, checkNumber, checkText } from "../base/check";

/**
 * Shows two numbers that must agree; where b is 0, only that a is no larger than the tolerance.
 * @throws Error naming both where they differ by more than the tolerance, or are no numbers
 */
export function agree(what: string, a: number, b: number, tolerance: number): void {
  checkText(what, "what", "a text");
  checkAnyNumber(a, "a");
  checkAnyNumber(b, "b");
  checkNumber(tolerance, "tolerance", 0);
  if (!(Math.abs(a - b) <= tolerance)) throw new Error(`${what}: ${a} and ${b} differ by more than ${tolerance}`);
  const limit = Number(tolerance.toPrecision(1));
  console.log(b === 0 ? `${what}: at most ${limit}` : `${what}: ${a.toFixed(6)} and ${b.toFixed(6)}, within ${limit}`);
}

/** Shows whether an answer is right, never the right one itself; undefined is no answer yet. */
export function checkAnswer(exercise: string, answer: number | undefined, right: number, tolerance = 0): void {
  checkText(exercise, "exercise", "a text");
  if (answer !== undefined) checkNumber(answer, "answer");
  checkNumber(right, "right");
  checkNumber(tolerance, "tolerance", 0);
  const verdict = answer === undefined ? "no answer yet" : Math.abs(answer - right) <= tolerance ? "right" : "not right yet";
  console.log(`${exercise}: ${verdict}`);
}
