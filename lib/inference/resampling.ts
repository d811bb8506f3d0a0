/** What all particle filters do with weights. */

/** Particles are drawn anew when fewer than this share of them count. */
export const RESAMPLE_BELOW = 0.5;

/** How many of the particles count: 1 / Σ W², for weights that sum to 1. */
export function effective(W: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < W.length; i++) squares += W[i]! * W[i]!;
  return 1 / squares;
}

/**
 * Systematic resampling: the particles at the points (i + u) / N of the weights' cumulative sum.
 * @param u uniform on [0, 1)
 * @returns N indices, ascending; particle i is expected N W_i times, and comes up that often rounded down or up
 */
export function ancestors(W: Float64Array, u: number): Int32Array {
  const N = W.length;
  const from = new Int32Array(N);
  let [at, sum] = [0, W[0]!];
  for (let i = 0; i < N; i++) {
    while ((i + u) / N > sum && at < N - 1) sum += W[++at]!;
    from[i] = at;
  }
  return from;
}
