import { checkSeries, checkWhole } from "../base/check";
import { type Moments, moments as momentsByKernels } from "./kernels";

/**
 * The autocorrelation at a lag, in its biased form: r_k = Σ_{t<n-k} (x_t - x̄)(x_{t+k} - x̄) / Σ_t (x_t - x̄)², both sums over one
 * mean x̄. r_0 is 1; a constant series has none (NaN).
 *
 * @param series finite values
 * @param lag an integer from 0 to the number of values minus 1
 * @example autocorrelation(Float32Array.of(1, 2, 3, 4), 1) // 0.25
 */
export function autocorrelation(series: Float32Array, lag: number): number {
  if (!(series instanceof Float32Array) || series.length === 0) checkSeries(series, "series"); // the sums find what is not finite
  const n = series.length;
  checkWhole(lag, "lag", 0, n - 1);
  const c = centre(series);
  const { sum, squares, products } = momentsByKernels(series, lag, c) ?? moments(series, lag, c);
  let [head, tail] = [0, 0]; // Σ d_t over the first and over the last `lag` values
  for (let t = 0; t < lag; t++) {
    head += series[t]! - c;
    tail += series[n - lag + t]! - c;
  }
  const mean = sum / n;
  // Σ (d_t - d̄)(d_{t+k} - d̄) over the n - k pairs.
  const about = (sum2: number, left: number, right: number, pairs: number) => sum2 - mean * (left + right) + pairs * mean * mean;
  return about(products, sum - tail, sum - head, n - lag) / about(squares, sum, sum, n);
}

/**
 * The mean of 1,000 values, evenly spread, as float32. The closer it is to the mean of all, the fewer digits are lost when that is taken off
 * the sums. A constant series minus this is exactly 0, and so is its variance.
 */
function centre(series: Float32Array): number {
  const count = Math.min(series.length, 1000);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += series[Math.floor((i * series.length) / count)]!;
  return Math.fround(sum / count);
}

/** Σ d_t, Σ d_t² and Σ d_t d_{t+lag} over d = x - c, in one pass. */
function moments(series: Float32Array, lag: number, c: number): Moments {
  let [sum, squares, products] = [0, 0, 0];
  for (let t = 0; t < lag; t++) {
    const d = series[t]! - c;
    sum += d;
    squares += d * d;
  }
  for (let t = lag; t < series.length; t++) {
    const d = series[t]! - c;
    sum += d;
    squares += d * d;
    products += d * (series[t - lag]! - c);
  }
  if (!Number.isFinite(squares)) checkSeries(series, "series");
  return { sum, squares, products };
}
