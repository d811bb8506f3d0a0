/** What a notebook checks, and says: two numbers that must agree. */

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
