import { checkFunction, checkNumbers, checkWhole } from "../base/check";

/** It stops where the simplex' values differ by less. */
const TOLERANCE = 1e-6;

/**
 * The least value of a function of a few numbers by the simplex of Nelder and Mead (Computer Journal 7, 1965): no derivatives, a few hundred
 * calls, and a local minimum only.
 *
 * @param start where to begin
 * @param sizes how far each number is moved at first
 * @param calls the most calls of f
 * @example minimise(([x]) => (x! - 2) ** 2, [0], [1]).at // about [2]
 */
export function minimise(
  f: (x: number[]) => number,
  start: readonly number[],
  sizes: readonly number[],
  calls = 400,
): { at: number[]; value: number } {
  checkFunction(f, "f");
  checkNumbers(start, "start");
  checkNumbers(sizes, "sizes", start.length);
  checkWhole(calls, "calls", 1);
  let left = calls;
  const point = (at: number[]) => {
    left--;
    const value = f(at);
    return { at, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value };
  };
  const simplex = [point([...start]), ...start.map((_, i) => point(start.map((x, j) => (i === j ? x + sizes[i]! : x))))];
  const sorted = () => simplex.sort((a, b) => a.value - b.value);
  while (left > 0) {
    sorted();
    const [best, worst] = [simplex[0]!, simplex.at(-1)!];
    if (worst.value - best.value < TOLERANCE) break;
    const others = simplex.slice(0, -1);
    const centre = start.map((_, i) => others.reduce((sum, p) => sum + p.at[i]!, 0) / others.length);
    const along = (by: number) => point(centre.map((c, i) => c + by * (worst.at[i]! - c)));
    let next = along(-1);
    if (next.value < best.value) {
      const far = along(-2);
      if (far.value < next.value) next = far;
    } else if (next.value >= others.at(-1)!.value) next = along(next.value < worst.value ? -0.5 : 0.5);
    if (next.value < worst.value) simplex[simplex.length - 1] = next;
    else for (let i = 1; i < simplex.length; i++) simplex[i] = point(simplex[i]!.at.map((x, j) => (x + best.at[j]!) / 2));
  }
  return sorted()[0]!;
}
