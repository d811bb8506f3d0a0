import { Matrix, solve } from "ml-matrix";

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

/** Added to the mean squares, far below the data's variance of .1: it keeps collinear series (a sine, a constant) solvable. */
const RIDGE = 1e-9;

/**
 * Least squares for target_t ≈ c + Σ_k a_k input_{t-lags[k]}, over all t of all pairs that have such a past:
 * (XᵀX / n + RIDGE) [c, a] = Xᵀy / n, with the n rows (1, input_{t-lags[0]}, ..) of X.
 *
 * @param pairs one or more
 * @param lags distinct integers from 0, the largest one last
 */
export function leastSquares(pairs: Seen[], lags: number[]): LinearFit {
  const start = lags[lags.length - 1]!;
  const rows: number[][] = [];
  const targets: number[] = [];
  for (const { target, input } of pairs)
    for (let t = start; t < target.length; t++) {
      rows.push([1, ...lags.map((lag) => input[t - lag]!)]);
      targets.push(target[t]!);
    }
  const X = new Matrix(rows);
  const mean = X.transpose().div(rows.length);
  return ofMoments(mean.mmul(X), mean.mmul(Matrix.columnVector(targets)));
}

/**
 * The same from the mean products.
 *
 * @param XX XᵀX / n, the intercept's row and column first
 * @param Xy Xᵀy / n
 */
export function ofMoments(XX: Matrix, Xy: Matrix): LinearFit {
  const ridge = Matrix.diag(Array.from({ length: XX.rows }, (_, k) => (k === 0 ? 0 : RIDGE)));
  const [intercept, ...coefficients] = solve(Matrix.add(XX, ridge), Xy).to1DArray();
  return { intercept: intercept!, coefficients };
}
