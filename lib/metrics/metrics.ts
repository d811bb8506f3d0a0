import { mean as meanOf, sampleCorrelation, sampleStandardDeviation, variance } from "simple-statistics";

/** How values in [0, 1] are binned, by width .1: into 11, 1.0 in a bin of its own, or into 10, the last of which has 1.0 in it. */
export type Bins = 10 | 11;

/** The arithmetic mean of one number or more. */
export function mean(values: ArrayLike<number>): number {
  return meanOf(numbers(values, "values"));
}

/** The sample standard deviation (divided by n-1) of one number or more; NaN for a single one, which has none. */
export function sd(values: ArrayLike<number>): number {
  const x = numbers(values, "values");
  return x.length === 1 ? Number.NaN : sampleStandardDeviation(x);
}

/** Pearson's correlation of two sets of as many numbers; NaN where one of them is constant. */
export const correlation = (a: ArrayLike<number>, b: ArrayLike<number>): number => sampleCorrelation(numbers(a, "a"), numbers(b, "b"));

/** Mean squared error, (1/n) Σ (truth_t - prediction_t)²: the column MSE of Tables 1 and 3. */
export function mse(truth: Float32Array, prediction: Float32Array): number {
  return meanOf(squaredErrors(truth, prediction));
}

/** The variance of the squared errors (divided by n): what the column Variance of Tables 1 and 3 fits. */
export function squaredErrorVariance(truth: Float32Array, prediction: Float32Array): number {
  return variance(squaredErrors(truth, prediction));
}

/**
 * Algorithm 1, the score of generated sequences. Values fall into bins of width .1, bin(v) = min(bins - 1, floor(10 v + 1e-6)): of the
 * default 11 bins 1.0 has one of its own. TM_ij counts the pairs (x_t in bin i, x_{t+lag} in bin j) of the true series, GM_ij those
 * inside each generated sequence, never across two, and then
 *
 *     score = Σ over i, j with TM_ij ≠ 0 of min(c GM_ij, TM_ij) / TM_ij,   c = (pairs in truth) / (pairs in all sequences).
 *
 * The paper scales by |T| / |G|, the numbers of values; that short sequences have fewer pairs than values is why the numbers of
 * pairs stand here, as in the authors' code. The highest score is `transitionCeiling`, 80 for the trace's training part. It grows
 * with the amount of data, so only scores against the same truth compare.
 *
 * @param truth the true series, values in [0, 1]
 * @param sequences the generated sequences, values in [0, 1]; one no longer than `lag` holds no pair
 * @param lag the step between the two values of a pair, from 1
 * @throws when a value is NaN or outside [0, 1], or when truth or all sequences together hold no pair
 */
export function transitionScore(truth: Float32Array, sequences: Float32Array[], lag = 1, options: { bins?: Bins } = {}): number {
  return score(truePairs(truth, lag, options.bins), generatedPairs(sequences, lag, options.bins));
}

/**
 * Algorithm 1 over another kind of pair: from the last value of a history to the value generated `lag` steps later, one pair a
 * sequence, against the true series' pairs at that lag.
 *
 * @param truth the true series, values in [0, 1]
 * @param from the last value of each history
 * @param to the last value of each generated sequence, as many
 * @param lag the length of the generated sequences, from 1
 */
export function transitionScoreAcross(
  truth: Float32Array,
  from: Float32Array,
  to: Float32Array,
  lag: number,
  options: { bins?: Bins } = {},
): number {
  const inTruth = truePairs(truth, lag, options.bins);
  if (from.length !== to.length) throw new Error(`to has ${to.length} values, but from has ${from.length}`);
  if (from.length === 0) throw new Error("from is empty: no pair");
  const counts = new Float64Array(CELLS);
  from.forEach((value, i) => {
    counts[11 * checkedBin(value, "from", i) + checkedBin(to[i]!, "to", i)]! += 1;
  });
  return score(inTruth, binned(counts, from.length, options.bins));
}

/** The highest score that Algorithm 1 can give: the number of cells of TM that are not 0. */
export function transitionCeiling(truth: Float32Array, lag = 1, bins: Bins = 11): number {
  return truePairs(truth, lag, bins).counts.filter((count) => count > 0).length;
}

/**
 * Overlap of the pairs' frequencies, Σ_ij min(P_G(i, j), P_T(i, j)), from 0 to 1: each cell weighs as much as it occurs, where
 * Algorithm 1 weighs a cell met once like the most frequent one. Arguments as for `transitionScore`.
 */
export function transitionOverlap(truth: Float32Array, sequences: Float32Array[], lag = 1, options: { bins?: Bins } = {}): number {
  const inTruth = truePairs(truth, lag, options.bins);
  const generated = generatedPairs(sequences, lag, options.bins);
  return inTruth.counts.reduce((sum, count, cell) => sum + Math.min(count / inTruth.total, generated.counts[cell]! / generated.total), 0);
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
  // One pass over d = x - x_0, whose mean is taken off afterwards: what that loses in digits is at most a factor of n, since Σ (x - x̄)² holds
  // (x_0 - x̄)² itself. A constant series is exactly 0, and so is its variance.
  const first = series[0]!;
  let [head, sum, tail, squares, products] = [0, 0, 0, 0, 0]; // head and tail: the first and the last `lag` values
  for (let t = 0; t < lag; t++) {
    const d = series[t]! - first;
    head += d;
    squares += d * d;
  }
  sum = head;
  for (let t = lag; t < n; t++) {
    const d = series[t]! - first;
    sum += d;
    squares += d * d;
    products += d * (series[t - lag]! - first);
  }
  if (!Number.isFinite(squares)) numbers(series, "series");
  for (let t = n - lag; t < n; t++) tail += series[t]! - first;
  const mean = sum / n;
  // Σ (d_t - d̄)(d_{t+k} - d̄) over the n - k pairs.
  const about = (sum2: number, left: number, right: number, pairs: number) => sum2 - mean * (left + right) + pairs * mean * mean;
  return about(products, sum - tail, sum - head, n - lag) / about(squares, sum, sum, n);
}

/** The same values, checked. simple-statistics asks for number[], but reads a typed array as well. */
function numbers(values: ArrayLike<number>, name: string): number[] {
  if (values.length === 0) throw new Error(`${name} is empty`);
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) throw new Error(`${name} must be finite, but ${name}[${i}] is ${values[i]}`);
  return values as number[];
}

function squaredErrors(truth: Float32Array, prediction: Float32Array): number[] {
  const t = numbers(truth, "truth");
  const p = numbers(prediction, "prediction");
  if (t.length !== p.length) throw new Error(`prediction has ${p.length} values, but truth has ${t.length}`);
  const squares = new Float64Array(t.length);
  for (let i = 0; i < t.length; i++) squares[i] = (t[i]! - p[i]!) ** 2;
  return squares as unknown as number[];
}

/** Counts of pairs in a flat matrix: entry bins · i + j for a pair from bin i to bin j. */
interface Pairs {
  counts: Float64Array;
  total: number;
}

/** Pairs are counted over 11 bins, and put together for 10. */
const CELLS = 11 * 11;

function binned(counts: Float64Array, total: number, bins: Bins = 11): Pairs {
  if (bins !== 10 && bins !== 11) throw new Error(`bins must be 10 or 11, but it is ${bins}`);
  if (bins === 11) return { counts, total };
  const fewer = new Float64Array(bins * bins);
  counts.forEach((count, cell) => {
    fewer[bins * Math.min(9, Math.floor(cell / 11)) + Math.min(9, cell % 11)]! += count;
  });
  return { counts: fewer, total };
}

// float32's .3 lies above the decimal, its .7 below: 1e-6 puts both where the decimal is.
const binOf = (value: number): number => (10 * value + 1e-6) | 0;

function checkedBin(value: number, name: string, t: number): number {
  if (!(value >= 0 && value <= 1)) throw new Error(`${name}[${t}] is ${value}, outside [0, 1]`);
  return binOf(value);
}

/** Adds a series' pairs at a lag, in one pass that checks its values too. Returns how many there are. */
function addPairs(counts: Float64Array, values: Float32Array, lag: number, name: string): number {
  for (let t = 0; t < values.length; t++) {
    const bin = checkedBin(values[t]!, name, t);
    if (t >= lag) counts[11 * binOf(values[t - lag]!) + bin]! += 1;
  }
  return Math.max(0, values.length - lag);
}

function truePairs(truth: Float32Array, lag: number, bins?: Bins): Pairs {
  const pairs = countPairs([truth], lag, bins, () => "truth");
  if (pairs.total === 0) throw new Error(`truth has ${truth.length} values: no pair at lag ${lag}`);
  return pairs;
}

function generatedPairs(sequences: Float32Array[], lag: number, bins?: Bins): Pairs {
  if (!Array.isArray(sequences)) throw new Error("sequences must be an array of Float32Array");
  const pairs = countPairs(sequences, lag, bins, (i) => `sequences[${i}]`);
  if (pairs.total === 0) throw new Error(`sequences hold no pair at lag ${lag}: at least one must have more than ${lag} values`);
  return pairs;
}

function countPairs(series: Float32Array[], lag: number, bins: Bins | undefined, name: (i: number) => string): Pairs {
  if (!Number.isInteger(lag) || lag < 1) throw new Error(`lag must be a positive integer, but it is ${lag}`);
  const counts = new Float64Array(CELLS);
  let total = 0;
  series.forEach((values, i) => {
    if (!(values instanceof Float32Array)) throw new Error(`${name(i)} must be a Float32Array`);
    total += addPairs(counts, values, lag, name(i));
  });
  return binned(counts, total, bins);
}

// Algorithm 1
function score(truth: Pairs, generated: Pairs): number {
  const scale = truth.total / generated.total;
  let sum = 0;
  truth.counts.forEach((count, cell) => {
    if (count > 0) sum += Math.min(scale * generated.counts[cell]!, count) / count;
  });
  return sum;
}
