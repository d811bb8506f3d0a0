/** The distance between two sets of windows, by a kernel. */
import { median } from "simple-statistics";
import { checkList, checkNumbers, checkOptions, checkPositive, refuse } from "../base/check";

/**
 * The squared maximum mean discrepancy of two samples (Gretton et al. 2012), unbiased, with the kernel k(a, b) = exp(−‖a − b‖² / (2 σ²)):
 *
 *     mean k(a_i, a_j) + mean k(b_i, b_j) − 2 mean k(a_i, b_j),   i ≠ j in the first two.
 *
 * 0 in the mean where both come from one distribution, so that it may be below 0; above it otherwise.
 * @param a two windows or more, all of one length
 * @param b the same
 * @param options.bandwidth σ; by default the median distance between two different windows of both samples
 * @example mmd([[0], [0]], [[1], [1]], { bandwidth: 1 }) // 0.7869: 2 − 2 e^(−1/2)
 */
export function mmd(a: ArrayLike<number>[], b: ArrayLike<number>[], options: { bandwidth?: number } = {}): number {
  checkOptions(options, "options", ["bandwidth"]);
  if (options.bandwidth !== undefined) checkPositive(options.bandwidth, "options.bandwidth");
  for (const [name, windows] of Object.entries({ a, b })) {
    checkList(windows, name, 2);
    for (const [i, window] of windows.entries()) {
      checkNumbers(window, `${name}[${i}]`);
      if (window.length !== a[0]!.length) refuse(`${name}[${i}]`, `as long as a[0], ${a[0]!.length}`, window);
    }
  }
  const all = [...a, ...b];
  const squares = all.map((x, i) => Float64Array.from({ length: i }, (_, j) => squaredDistance(x, all[j]!)));
  const sigma = options.bandwidth ?? medianDistance(squares);
  const means = { a: 0, b: 0, both: 0 };
  const [n, m] = [a.length, b.length];
  squares.forEach((row, i) => {
    row.forEach((square, j) => {
      const k = Math.exp(-square / (2 * sigma * sigma));
      if (i < n) means.a += (2 * k) / (n * (n - 1));
      else if (j >= n) means.b += (2 * k) / (m * (m - 1));
      else means.both += k / (n * m);
    });
  });
  return means.a + means.b - 2 * means.both;
}

function squaredDistance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let t = 0; t < x.length; t++) sum += (x[t]! - y[t]!) ** 2;
  return sum;
}

/** The median of the distances above 0; 1 where there is none. */
function medianDistance(squares: Float64Array[]): number {
  const distances = squares.flatMap((row) => Array.from(row).filter((square) => square > 0));
  return distances.length === 0 ? 1 : Math.sqrt(median(distances));
}
