/** The distance between two sets of windows, by a kernel. */
import { median } from "simple-statistics";
import { checkList, checkNumbers, checkOptions, checkPositive, refuse } from "../base/check";
import { mean } from "./metrics";

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
  const sigma = options.bandwidth ?? medianDistance([...a, ...b]);
  return mean(kernelMeansWithin(a, sigma)) + mean(kernelMeansWithin(b, sigma)) - 2 * mean(kernelMeans(a, b, sigma));
}

const kernel = (x: ArrayLike<number>, y: ArrayLike<number>, sigma: number): number =>
  Math.exp(-squaredDistance(x, y) / (2 * sigma * sigma));

/** Of each window the mean of the kernel between it and the others. */
export const kernelMeans = (windows: readonly ArrayLike<number>[], others: readonly ArrayLike<number>[], sigma: number): Float64Array =>
  Float64Array.from(windows, (x) => others.reduce((sum, y) => sum + kernel(x, y, sigma), 0) / others.length);

/** Of each window the mean of the kernel between it and all the rest of them. */
export const kernelMeansWithin = (windows: readonly ArrayLike<number>[], sigma: number): Float64Array => {
  const means = new Float64Array(windows.length);
  for (let i = 0; i < windows.length; i++)
    for (let j = 0; j < i; j++) {
      const k = kernel(windows[i]!, windows[j]!, sigma) / (windows.length - 1);
      means[i]! += k;
      means[j]! += k;
    }
  return means;
};

/** The median of the windows' distances above 0; 1 where there is none. */
export const medianDistance = (windows: readonly ArrayLike<number>[]): number => {
  const squares = windows.flatMap((x, i) => windows.slice(0, i).map((y) => squaredDistance(x, y))).filter((square) => square > 0);
  return squares.length === 0 ? 1 : Math.sqrt(median(squares));
};

function squaredDistance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let t = 0; t < x.length; t++) sum += (x[t]! - y[t]!) ** 2;
  return sum;
}
