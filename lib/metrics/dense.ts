/** Small dense matrices in plain numbers: the slow way, to check fast formulas against. */

/** Rows of equal length. */
export type Matrix = number[][];

/** Aᵀ, of whatever the cells are. */
export const transpose = <T>(A: T[][]): T[][] => A[0].map((_, j) => A.map((row) => row[j]));

/** A B. */
export const product = (A: Matrix, B: Matrix): Matrix =>
  A.map((row) => B[0].map((_, j) => row.reduce((sum, a, k) => sum + a * B[k][j], 0)));

/** A x. */
export const transform = (A: Matrix, x: number[]): number[] => A.map((row) => row.reduce((sum, a, k) => sum + a * x[k], 0));

/** The identity, n × n. */
export const identity = (n: number): Matrix => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

/** Tr A. */
export const trace = (A: Matrix): number => A.reduce((sum, row, i) => sum + row[i], 0);

/** The largest |a_ij − b_ij|. */
export const largestDifference = (A: Matrix, B: Matrix): number =>
  Math.max(...A.flatMap((row, i) => row.map((a, j) => Math.abs(a - B[i][j]))));

/** A⁻¹ and log|A| of a positive definite matrix, by Gauss-Jordan elimination. @throws if a pivot is not positive */
export function invert(A: Matrix): { inverse: Matrix; logDeterminant: number } {
  const n = A.length;
  const unit = identity(n);
  const rows = A.map((row, i) => [...row, ...unit[i]]);
  let logDeterminant = 0;
  for (let p = 0; p < n; p++) {
    const pivot = rows[p][p];
    if (!(pivot > 0)) throw new Error(`invert: A must be positive definite, but pivot ${p} is ${pivot}`);
    logDeterminant += Math.log(pivot);
    rows[p] = rows[p].map((x) => x / pivot);
    for (let i = 0; i < n; i++) {
      const factor = rows[i][p];
      if (i !== p) rows[i] = rows[i].map((x, j) => x - factor * rows[p][j]);
    }
  }
  return { inverse: rows.map((row) => row.slice(n)), logDeterminant };
}
