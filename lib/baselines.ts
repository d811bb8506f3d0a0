import { mean, median } from "simple-statistics";

/** A way to impute without a network. */
export interface Baseline {
  name: string;
  /**
   * @param noisy a series with its history, such as that of `corruptTest`
   * @returns as many values; entry t is from noisy[t] and the values before it, with zeros before the start, as a model has it
   */
  impute(noisy: Float32Array): Float32Array;
}

/** The order of the autoregressive baseline. */
export const AR_ORDER = 10;

// A ridge on the mean squares, far below the data's variance of .1: it only keeps collinear series (a sine, a constant) solvable.
const RIDGE = 1e-9;

/**
 * The commonsense baselines that every table shows beside the models. The first two see the noisy value itself and hand it on;
 * the others forecast it or ignore it, like the paper's RNN:
 *
 * - identity: noisy[t];
 * - nearest valid value: the value of the training part nearest to noisy[t], the lower of two equally near ones;
 * - previous value: noisy[t-1];
 * - train mean, train median: constants;
 * - AR(10): c + Σ_k a_k noisy[t-k], k = 1..10, fitted on the training part by least squares.
 *
 * @param train the clean training part, more than 20 finite values
 */
export function baselines(train: Float32Array): Baseline[] {
  if (train.length <= 2 * AR_ORDER) throw new Error(`train must have more than ${2 * AR_ORDER} values, but it has ${train.length}`);
  checkFinite(train, "train");
  const clean = Array.from(train);
  const valid = Float32Array.from(new Set(train)).sort();
  const [centre, middle] = [mean(clean), median(clean)];
  const { intercept, coefficients } = fitAutoregression(train, AR_ORDER);
  return [
    baseline("identity", (noisy, t) => noisy[t]!),
    baseline("nearest valid value", (noisy, t) => nearest(valid, noisy[t]!)),
    baseline("previous value", (noisy, t) => noisy[t - 1] ?? 0),
    baseline("train mean", () => centre),
    baseline("train median", () => middle),
    baseline(`AR(${AR_ORDER})`, (noisy, t) => coefficients.reduce((sum, a, k) => sum + a * (noisy[t - 1 - k] ?? 0), intercept)),
  ];
}

/**
 * Least squares for x_t ≈ c + Σ_k a_k x_{t-k}, k = 1..order, over all t that have `order` values before them, by the normal
 * equations in float64.
 *
 * @param series finite values, more than 2 · order
 * @param order a positive integer
 * @returns the intercept c and the coefficients a_1 .. a_order
 */
export function fitAutoregression(series: Float32Array, order: number): { intercept: number; coefficients: number[] } {
  if (!Number.isInteger(order) || order < 1) throw new Error(`order must be a positive integer, but it is ${order}`);
  if (series.length <= 2 * order) throw new Error(`series must have more than ${2 * order} values, but it has ${series.length}`);
  checkFinite(series, "series");
  const size = order + 1;
  // [XᵀX | Xᵀy] with the rows (1, x_{t-1}, .., x_{t-order}) of X, divided by their number.
  const system = Array.from({ length: size }, () => new Float64Array(size + 1));
  const rows = series.length - order;
  const row = new Float64Array(size + 1);
  for (let t = order; t < series.length; t++) {
    row[0] = 1;
    for (let k = 1; k <= order; k++) row[k] = series[t - k]!;
    row[size] = series[t]!;
    for (let i = 0; i < size; i++) for (let j = 0; j <= size; j++) system[i]![j]! += (row[i]! * row[j]!) / rows;
  }
  for (let k = 1; k < size; k++) system[k]![k]! += RIDGE;
  const [intercept, ...coefficients] = solve(system);
  return { intercept: intercept!, coefficients };
}

function baseline(name: string, entry: (noisy: Float32Array, t: number) => number): Baseline {
  return {
    name,
    impute(noisy) {
      checkFinite(noisy, "noisy");
      return noisy.map((_, t) => entry(noisy, t));
    },
  };
}

function checkFinite(values: Float32Array, name: string): void {
  if (!(values instanceof Float32Array)) throw new Error(`${name} must be a Float32Array`);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`${name} must be finite, but ${name}[${bad}] is ${values[bad]}`);
}

function nearest(ascending: Float32Array, value: number): number {
  let best = ascending[0]!;
  for (const candidate of ascending) if (Math.abs(candidate - value) < Math.abs(best - value)) best = candidate;
  return best;
}

// Gauss's elimination with partial pivoting on an augmented matrix [A | b]; overwrites it.
function solve(system: Float64Array[]): number[] {
  const n = system.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) if (Math.abs(system[i]![column]!) > Math.abs(system[pivot]![column]!)) pivot = i;
    [system[column], system[pivot]] = [system[pivot]!, system[column]!];
    for (let i = column + 1; i < n; i++) {
      const factor = system[i]![column]! / system[column]![column]!;
      for (let j = column; j <= n; j++) system[i]![j]! -= factor * system[column]![j]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let rest = system[i]![n]!;
    for (let j = i + 1; j < n; j++) rest -= system[i]![j]! * x[j]!;
    x[i] = rest / system[i]![i]!;
  }
  return x;
}
