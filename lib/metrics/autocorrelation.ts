import { checkSeries, checkWhole, refuse } from "../base/check";
import { type Moments, moments as momentsByKernels } from "./kernels";
import { mean } from "./metrics";

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
 * The autocorrelation at a lag inside sequences, about the mean of all of them: the mean of (x_t - x̄)(x_{t+k} - x̄) over all pairs of a
 * sequence, by the mean of (x_t - x̄)² over all values; 0 when all values are the same.
 *
 * @param sequences series of finite values
 * @param lag an integer from 0; sequences that are no longer than that have no pair
 * @example pooledAutocorrelation([Float32Array.of(0, 0, 1, 1), Float32Array.of(1, 1, 0, 0)], 1) // 0.3333
 */
export function pooledAutocorrelation(sequences: readonly Float32Array[], lag: number): number {
  if (!Array.isArray(sequences) || sequences.length === 0) refuse("sequences", "an array of Float32Array, not empty", sequences);
  for (const [i, s] of sequences.entries()) checkSeries(s, `sequences[${i}]`);
  checkWhole(lag, "lag", 0);
  const centre = mean(sequences.map((s) => mean(s)));
  let [products, squares, pairs, values] = [0, 0, 0, 0];
  for (const s of sequences) {
    for (let t = 0; t < s.length; t++) {
      squares += (s[t]! - centre) ** 2;
      values++;
      if (t + lag >= s.length) continue;
      products += (s[t]! - centre) * (s[t + lag]! - centre);
      pairs++;
    }
  }
  return squares === 0 ? 0 : products / pairs / (squares / values);
}

/**
 * How far the memory of generated sequences is from a real series': the root mean square over the lags 1 .. `lags` of the difference between
 * `pooledAutocorrelation` of the sequences and `autocorrelation` of the series.
 *
 * @param real finite values, more than `lags`, not all the same
 * @param sequences generated, longer than `lags`
 * @param lags from 1; 20 by default
 * @example autocorrelationDistance(Float32Array.of(1, 2, 3, 4), [Float32Array.of(1, 2, 3, 4)], 1) // 0.08333
 */
export function autocorrelationDistance(real: Float32Array, sequences: readonly Float32Array[], lags = 20): number {
  checkWhole(lags, "lags", 1);
  checkVaried(real, lags);
  if (!Array.isArray(sequences) || sequences.length === 0) refuse("sequences", "an array of Float32Array, not empty", sequences);
  for (const [i, s] of sequences.entries()) checkSeries(s, `sequences[${i}]`, lags + 1);
  let squares = 0;
  for (let k = 1; k <= lags; k++) squares += (pooledAutocorrelation(sequences, k) - autocorrelation(real, k)) ** 2;
  return Math.sqrt(squares / lags);
}

/** @throws Error unless a real series has autocorrelations at the lags */
export const checkVaried = (real: Float32Array, lags: number): void => {
  checkSeries(real, "real", lags + 1);
  if (real.every((v) => v === real[0])) refuse("real", "a series of different values", real);
};

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
