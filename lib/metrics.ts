import { mean as meanOf, sampleStandardDeviation, variance } from "simple-statistics";

const BINS = 11;

/** The arithmetic mean of one number or more. */
export function mean(values: ArrayLike<number>): number {
  return meanOf(numbers(values, "values"));
}

/** The sample standard deviation (divided by n-1) of one number or more; NaN for a single one, which has none. */
export function sd(values: ArrayLike<number>): number {
  const x = numbers(values, "values");
  return x.length === 1 ? Number.NaN : sampleStandardDeviation(x);
}

/** Mean squared error, (1/n) Σ (truth_t - prediction_t)²: the column MSE of Tables 1 and 3. */
export function mse(truth: Float32Array, prediction: Float32Array): number {
  return meanOf(squaredErrors(truth, prediction));
}

/** The variance of the squared errors (divided by n): what the column Variance of Tables 1 and 3 fits. */
export function squaredErrorVariance(truth: Float32Array, prediction: Float32Array): number {
  return variance(squaredErrors(truth, prediction));
}

/**
 * Algorithm 1, the score of generated sequences. Values fall into 11 bins of width .1, bin(v) = min(10, floor(10 v + 1e-6)): 1.0
 * has a bin of its own. TM_ij counts the pairs (x_t in bin i, x_{t+lag} in bin j) of the true series, GM_ij those inside each
 * generated sequence, never across two, and then
 *
 *     score = Σ over i, j with TM_ij ≠ 0 of min(c GM_ij, TM_ij) / TM_ij,   c = (pairs in truth) / (pairs in all sequences).
 *
 * The paper scales by |T| / |G|, the numbers of values; that short sequences have fewer pairs than values is why the numbers of
 * pairs stand here, as in the authors' code. The highest score is the number of cells where TM is not 0, 80 for the trace's
 * training part. It grows with the amount of data, so only scores against the same truth compare.
 *
 * @param truth the true series, values in [0, 1]
 * @param sequences the generated sequences, values in [0, 1]; one no longer than `lag` holds no pair
 * @param lag the step between the two values of a pair, from 1
 * @throws when a value is NaN or outside [0, 1], or when truth or all sequences together hold no pair
 */
export function transitionScore(truth: Float32Array, sequences: Float32Array[], lag = 1): number {
  if (!Number.isInteger(lag) || lag < 1) throw new Error(`lag must be a positive integer, but it is ${lag}`);
  if (!Array.isArray(sequences)) throw new Error("sequences must be an array of Float32Array");
  const inTruth = countPairs([truth], lag, () => "truth");
  const generated = countPairs(sequences, lag, (i) => `sequences[${i}]`);
  if (inTruth.pairs === 0) throw new Error(`truth has ${truth.length} values: no pair at lag ${lag}`);
  if (generated.pairs === 0) throw new Error(`sequences hold no pair at lag ${lag}: at least one must have more than ${lag} values`);
  const scale = inTruth.pairs / generated.pairs;
  let score = 0;
  inTruth.counts.forEach((count, cell) => {
    if (count > 0) score += Math.min(scale * generated.counts[cell]!, count) / count;
  });
  return score;
}

/**
 * The autocorrelation at a lag, in its biased form: r_k = Σ_{t<n-k} (x_t - x̄)(x_{t+k} - x̄) / Σ_t (x_t - x̄)², both sums over one
 * mean x̄. r_0 is 1; a constant series has none (NaN).
 *
 * @param series finite values
 * @param lag an integer from 0 to the number of values minus 1
 */
export function autocorrelation(series: Float32Array, lag: number): number {
  if (!(series instanceof Float32Array)) throw new Error("series must be a Float32Array");
  const n = series.length;
  if (n === 0) throw new Error("series is empty");
  if (!Number.isInteger(lag) || lag < 0 || lag >= n)
    throw new Error(`lag must be an integer from 0 to ${n - 1} for ${n} values, but it is ${lag}`);
  // Taken from the first value, a constant series is exactly 0, and so is its variance.
  const first = series[0]!;
  let sum = 0;
  for (let t = 0; t < n; t++) {
    if (!Number.isFinite(series[t])) throw new Error(`series must be finite, but series[${t}] is ${series[t]}`);
    sum += series[t]! - first;
  }
  const centre = sum / n;
  let products = 0;
  let squares = 0;
  for (let t = 0; t < n; t++) {
    const x = series[t]! - first - centre;
    squares += x * x;
    if (t + lag < n) products += x * (series[t + lag]! - first - centre);
  }
  return products / squares;
}

function numbers(values: ArrayLike<number>, name: string): number[] {
  const x = Array.from(values);
  if (x.length === 0) throw new Error(`${name} is empty`);
  const bad = x.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`${name} must be finite, but ${name}[${bad}] is ${x[bad]}`);
  return x;
}

function squaredErrors(truth: Float32Array, prediction: Float32Array): number[] {
  const t = numbers(truth, "truth");
  const p = numbers(prediction, "prediction");
  if (t.length !== p.length) throw new Error(`prediction has ${p.length} values, but truth has ${t.length}`);
  return t.map((value, i) => (value - p[i]!) ** 2);
}

// Counts in a flat matrix: cell 11 i + j for a pair from bin i to bin j.
function countPairs(series: Float32Array[], lag: number, name: (i: number) => string): { counts: Float64Array; pairs: number } {
  const counts = new Float64Array(BINS * BINS);
  let pairs = 0;
  series.forEach((values, i) => {
    if (!(values instanceof Float32Array)) throw new Error(`${name(i)} must be a Float32Array`);
    const bins = Uint8Array.from(values, (value, t) => {
      if (!(value >= 0 && value <= 1)) throw new Error(`${name(i)}[${t}] is ${value}, outside [0, 1]`);
      return Math.min(BINS - 1, Math.floor(10 * value + 1e-6));
    });
    for (let t = 0; t + lag < bins.length; t++) counts[BINS * bins[t]! + bins[t + lag]!]! += 1;
    pairs += Math.max(0, bins.length - lag);
  });
  return { counts, pairs };
}
