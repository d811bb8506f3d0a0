/** A clean series and what is seen in its place, of the same length; the same array twice for a forecast. */
export interface Seen {
  target: Float32Array;
  input: Float32Array;
}

/** A linear function of past values: intercept + Σ_k coefficients[k] · input[t - lags[k]]. */
export interface LinearFit {
  intercept: number;
  coefficients: number[];
}

// A ridge on the mean squares, far below the data's variance of .1: it only keeps collinear series (a sine, a constant) solvable.
const RIDGE = 1e-9;

/**
 * Least squares for target_t ≈ c + Σ_k a_k input_{t-lags[k]}, over all t of all pairs that have such a past, by the normal equations
 * in float64.
 *
 * @param pairs one or more
 * @param lags distinct integers from 0, the largest one last
 */
export function leastSquares(pairs: Seen[], lags: number[]): LinearFit {
  const start = lags[lags.length - 1]!;
  const size = lags.length + 1;
  const rows = pairs.reduce((sum, { target }) => sum + target.length - start, 0);
  // [XᵀX | Xᵀy] with the rows (1, input_{t-lags[0]}, ..) of X, divided by their number.
  const system = Array.from({ length: size }, () => new Float64Array(size + 1));
  const row = new Float64Array(size + 1);
  row[0] = 1;
  for (const { target, input } of pairs) {
    for (let t = start; t < target.length; t++) {
      for (let k = 1; k < size; k++) row[k] = input[t - lags[k - 1]!]!;
      row[size] = target[t]!;
      for (let i = 0; i < size; i++) {
        const line = system[i]!;
        for (let j = i; j <= size; j++) line[j]! += row[i]! * row[j]!;
      }
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = i; j <= size; j++) system[i]![j]! /= rows;
    for (let j = 0; j < i; j++) system[i]![j] = system[j]![i]!;
  }
  for (let k = 1; k < size; k++) system[k]![k]! += RIDGE;
  const [intercept, ...coefficients] = solve(system);
  return { intercept: intercept!, coefficients };
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
