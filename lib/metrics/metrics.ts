import { mean as meanOf, sampleCorrelation, sampleStandardDeviation, variance } from "simple-statistics";
import { checkAsMany, checkNumbers, checkSeries } from "../base/check";
import { type Bins, binned, binsOf, CELLS, checkedBin, generatedPairs, overlap, score, truePairs } from "./pairs";

/**
 * The arithmetic mean of one number or more.
 *
 * @example mean([1, 2, 6]) // 3
 */
export function mean(values: ArrayLike<number>): number {
  return meanOf(numbers(values));
}

/**
 * The sample standard deviation (divided by n-1) of one number or more; NaN for a single one, which has none.
 *
 * @example sd([1, 2, 6]) // 2.6458
 */
export function sd(values: ArrayLike<number>): number {
  const x = numbers(values);
  return x.length === 1 ? Number.NaN : sampleStandardDeviation(x);
}

/**
 * Pearson's correlation of two sets of as many numbers; NaN where one of them is constant.
 *
 * @example correlation([1, 2, 3], [2, 4, 7]) // 0.9934
 */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkNumbers(a, "a", 2);
  checkNumbers(b, "b", 2);
  checkAsMany(b, "b", a, "a");
  return sampleCorrelation(Array.from(a), Array.from(b));
}

/**
 * Mean squared error, (1/n) Σ (truth_t - prediction_t)²: the column MSE of Tables 1 and 3.
 *
 * @example mse(Float32Array.of(0, 1), Float32Array.of(0, 0.5)) // 0.125
 */
export function mse(truth: Float32Array, prediction: Float32Array): number {
  return meanOf(squaredErrors(truth, prediction));
}

/**
 * The variance of the squared errors (divided by n): what the column Variance of Tables 1 and 3 fits.
 *
 * @example squaredErrorVariance(Float32Array.of(0, 1), Float32Array.of(0, 0.5)) // 0.015625
 */
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
 * @example transitionScore(Float32Array.of(0, 1, 0), [Float32Array.of(0, 1)]) // 1
 */
export function transitionScore(truth: Float32Array, sequences: Float32Array[], lag = 1, options: { bins?: Bins } = {}): number {
  const bins = binsOf(options);
  return score(truePairs(truth, lag, bins), generatedPairs(sequences, lag, bins));
}

/**
 * Algorithm 1 over another kind of pair: from the last value of a history to the value generated `lag` steps later, one pair a
 * sequence, against the true series' pairs at that lag.
 *
 * @param truth the true series, values in [0, 1]
 * @param from the last value of each history
 * @param to the last value of each generated sequence, as many
 * @param lag the length of the generated sequences, from 1
 * @example transitionScoreAcross(Float32Array.of(0, 1, 0), Float32Array.of(1), Float32Array.of(0), 1) // 1
 */
export function transitionScoreAcross(
  truth: Float32Array,
  from: Float32Array,
  to: Float32Array,
  lag: number,
  options: { bins?: Bins } = {},
): number {
  const inTruth = truePairs(truth, lag, binsOf(options));
  checkSeries(from, "from");
  checkSeries(to, "to");
  checkAsMany(to, "to", from, "from");
  const counts = new Float64Array(CELLS);
  from.forEach((value, i) => {
    counts[11 * checkedBin(value, "from", i) + checkedBin(to[i]!, "to", i)]! += 1;
  });
  return score(inTruth, binned(counts, from.length, binsOf(options)));
}

/**
 * The highest score that Algorithm 1 can give: the number of cells of TM that are not 0.
 *
 * @example transitionCeiling(Float32Array.of(0, 1, 0)) // 2
 */
export function transitionCeiling(truth: Float32Array, lag = 1, bins: Bins = 11): number {
  return truePairs(truth, lag, bins).counts.filter((count) => count > 0).length;
}

/**
 * Overlap of the pairs' frequencies, Σ_ij min(P_G(i, j), P_T(i, j)), from 0 to 1: each cell weighs as much as it occurs, where
 * Algorithm 1 weighs a cell met once like the most frequent one. Arguments as for `transitionScore`.
 *
 * @example transitionOverlap(Float32Array.of(0, 1, 0), [Float32Array.of(0, 1)]) // 0.5
 */
export function transitionOverlap(truth: Float32Array, sequences: Float32Array[], lag = 1, options: { bins?: Bins } = {}): number {
  const bins = binsOf(options);
  return overlap(truePairs(truth, lag, bins), generatedPairs(sequences, lag, bins));
}

/** The same values, checked. simple-statistics asks for number[], but reads a typed array as well. */
function numbers(values: ArrayLike<number>): number[] {
  checkNumbers(values, "values");
  return values as number[];
}

function squaredErrors(truth: Float32Array, prediction: Float32Array): number[] {
  checkNumbers(truth, "truth");
  checkNumbers(prediction, "prediction");
  checkAsMany(prediction, "prediction", truth, "truth");
  return Array.from(truth, (value, t) => (value - prediction[t]!) ** 2);
}
