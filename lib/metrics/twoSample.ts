/** Two scores of generated sequences that train something small: a classifier that tells them from real ones, a forecaster for real ones. */
import { Matrix, solve } from "ml-matrix";
import { checkAllSeries, checkOptions, checkWhole, refuse } from "../base/check";
import { leastSquares } from "./leastSquares";
import { mean } from "./metrics";

/** Neighbouring values that the classifier sees at once, the penalty λ of its weights, and Newton steps at most. */
const [LENGTH, RIDGE, STEPS] = [5, 0.01, 20];
/** The windows of a class, each as φ. */
type Rows = readonly (readonly number[])[];

/**
 * The discriminative score by a simple rule, a classifier two-sample test (Lopez-Paz & Oquab 2017): |accuracy − ½| of a classifier that tells
 * real windows from generated ones, 0 where it can't and ½ where it always can. TimeGAN (Yoon et al. 2019) asks a recurrent network; here it is
 *
 *     p(real | x) = sigmoid(b + wᵀ φ(x)),   φ(x) = x_1 .. x_n and all products x_i x_j, i <= j,
 *
 * a logistic regression with the penalty λ ‖w‖² / 2, φ scaled to mean 0 and sd 1. It can find other means, variances and autocovariances within
 * a window, and nothing else. Windows are cut from each sequence one after the other. Those of every second sequence are held out, then those of
 * the others; the accuracy is the mean over both halves and both classes. With few windows the score of real against real is well above 0.
 *
 * @param real two sequences or more of finite values, none shorter than a window
 * @param generated the same
 * @param options.length values in a window, n, from 1; 5 by default
 * @example discriminativeScore([Float32Array.of(0, 1), Float32Array.of(0, 1)], [Float32Array.of(1, 1), Float32Array.of(1, 1)], { length: 2 }) // 0.5
 */
export function discriminativeScore(
  real: readonly Float32Array[],
  generated: readonly Float32Array[],
  options: { length?: number } = {},
): number {
  checkOptions(options, "options", ["length"]);
  const { length = LENGTH } = options;
  checkWhole(length, "options.length", 1);
  const { ofReal, ofGenerated } = classified(real, generated, length);
  return Math.abs(mean([...ofReal, ...ofGenerated].map((right) => mean(right))) - 0.5);
}

/** Of each window of the two halves whether the classifier is right that was fitted to the other half: 1, or 0, or ½ where it can't say. */
export const classified = (real: readonly Float32Array[], generated: readonly Float32Array[], length = LENGTH) => {
  const [ofReal, ofGenerated] = [halves(real, "real", length), halves(generated, "generated", length)];
  const odds = [1, 0].map((other) => logistic(ofReal[other]!, ofGenerated[other]!));
  const right = (rows: Rows, fold: number, sign: 1 | -1) => rows.map((x) => 0.5 + 0.5 * Math.sign(sign * odds[fold]!(x)));
  return {
    ofReal: ofReal.map((rows, fold) => right(rows, fold, 1)),
    ofGenerated: ofGenerated.map((rows, fold) => right(rows, fold, -1)),
  };
};

/** φ of the windows of the sequences at even and at odd places. */
function halves(sequences: readonly Float32Array[], name: string, length: number): [Rows, Rows] {
  checkAllSeries(sequences, name, 2);
  const found: [number[][], number[][]] = [[], []];
  for (const [i, sequence] of sequences.entries()) {
    if (sequence.length < length) refuse(`${name}[${i}]`, `as long as a window, ${length}, or longer`, sequence);
    for (let t = 0; t + length <= sequence.length; t += length) {
      const phi = Array.from(sequence.subarray(t, t + length));
      for (let j = 0; j < length; j++) for (let k = j; k < length; k++) phi.push(sequence[t + j]! * sequence[t + k]!);
      found[i % 2]!.push(phi);
    }
  }
  return found;
}

/** The log-odds of "real" after a fit by Newton's method, in which both classes weigh the same whatever their numbers. */
function logistic(real: Rows, generated: Rows): (phi: readonly number[]) => number {
  const rows = [...real, ...generated];
  const centre = rows[0]!.map((_, j) => mean(rows.map((phi) => phi[j]!)));
  const scale = centre.map((c, j) => Math.sqrt(mean(rows.map((phi) => (phi[j]! - c) ** 2))) || 1);
  const scaled = (phi: readonly number[]) => [1, ...phi.map((v, j) => (v - centre[j]!) / scale[j]!)];
  const X = rows.map(scaled);
  let w = X[0]!.map(() => 0);
  const odds = (x: number[]) => x.reduce((sum, v, j) => sum + v * w[j]!, 0);
  for (let step = 0; step < STEPS; step++) {
    const gradient = w.map((v, j) => (j === 0 ? 0 : -RIDGE * v));
    const curvature = w.map((_, j) => w.map((_, k) => (j === k && j > 0 ? RIDGE : 0)));
    for (const [i, x] of X.entries()) {
      const [share, target] = i < real.length ? [0.5 / real.length, 1] : [0.5 / generated.length, 0];
      const p = 1 / (1 + Math.exp(-odds(x)));
      for (let j = 0; j < x.length; j++) {
        gradient[j]! += share * (target - p) * x[j]!;
        const [row, factor] = [curvature[j]!, share * p * (1 - p) * x[j]!];
        for (let k = 0; k < x.length; k++) row[k]! += factor * x[k]!;
      }
    }
    const change = solve(new Matrix(curvature), Matrix.columnVector(gradient)).to1DArray();
    w = w.map((v, j) => v + change[j]!);
    if (Math.hypot(...change) < 1e-6) break;
  }
  return (phi) => odds(scaled(phi));
}

/**
 * The predictive score by a simple rule: the mean squared error on real sequences of a forecaster fitted to generated ones, "train on synthetic,
 * test on real". TimeGAN takes a recurrent network and its absolute error; here it is a linear forecast from the last `order` values, fitted by
 * least squares. It asks for the right mean and the right autocovariances, and for nothing else. Lower is better; no less than the error of the
 * same forecaster fitted to `real`.
 *
 * @param generated sequences of finite values, one or more, at least one of them longer than `order`
 * @param real the same
 * @param order from 1; 5 by default
 * @example predictiveScore([Float32Array.of(0, 1, 0, 1)], [Float32Array.of(0, 1, 1)], 1) // 0.5
 */
export function predictiveScore(generated: readonly Float32Array[], real: readonly Float32Array[], order = 5): number {
  checkWhole(order, "order", 1);
  for (const [name, sequences] of Object.entries({ generated, real })) {
    checkAllSeries(sequences, name, 1);
    if (sequences.every((s) => s.length <= order)) refuse(name, `sequences with one longer than the order, ${order}`, sequences);
  }
  const lags = Array.from({ length: order }, (_, k) => k + 1);
  const { intercept, coefficients } = leastSquares(
    generated.map((s) => ({ target: s, input: s })),
    lags,
  );
  const squares = real.flatMap((s) =>
    Array.from(s.subarray(order), (v, t) => (v - coefficients.reduce((sum, a, k) => sum + a * s[t + order - 1 - k]!, intercept)) ** 2),
  );
  return mean(squares);
}
