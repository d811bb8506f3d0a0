/**
 * Linear Gaussian models of a real-valued series, a_{t+1} = T a_t + c + N(0, Q) and v_t = Z a_t, and their exact answer: the Kalman filter and the
 * smoother of Rauch, Tung and Striebel, in de Jong's form, which inverts no matrix.
 */
import { checkAsMany, checkNumber, checkNumbers, checkObject, checkOptions, checkSd, checkSeen, checkWhole } from "../base/check";

/** A linear Gaussian model with n numbers of state; matrices are row by row, [n, n]. */
export interface StateSpace {
  name: string;
  /** n. */
  size: number;
  /** T. */
  transition: Float64Array;
  /** c. */
  drift: Float64Array;
  /** Q. */
  covariance: Float64Array;
  /** Z: v_t = Z a_t, all of v_t, its irregular part too. */
  emission: Float64Array;
  /** a_1 before anything is seen: its mean and covariance. */
  start: { mean: Float64Array; covariance: Float64Array };
}

/** What is known of the first value: its mean and standard deviation. */
export interface Beginning {
  mean: number;
  sd: number;
}

/** @throws Error unless its arrays are as long as its size asks for */
export function checkStateSpace(model: unknown, name = "model"): asserts model is StateSpace {
  checkObject(model, name, "a StateSpace, as localLevel, localLinearTrend and autoregression make one");
  const { size: n, transition, covariance, drift, emission, start } = model as unknown as StateSpace;
  checkWhole(n, `${name}.size`, 1);
  for (const [part, array] of Object.entries({ transition, covariance, "start.covariance": start?.covariance }))
    checkNumbers(array, `${name}.${part}`, n * n);
  for (const [part, array] of Object.entries({ drift, emission, "start.mean": start?.mean })) checkNumbers(array, `${name}.${part}`, n);
}

/** @throws Error unless the values are standard deviations under these names, and nothing else */
function checkSds(sds: unknown, names: readonly string[]): void {
  checkOptions(sds, "sds", names);
  for (const name of names) checkSd((sds as Record<string, unknown>)[name], `sds.${name}`);
}

/** @throws Error unless the value is a mean and a standard deviation */
function checkBeginning(first: unknown): asserts first is Beginning {
  checkOptions(first, "first", ["mean", "sd"]);
  const { mean, sd } = first as Beginning;
  checkNumber(mean, "first.mean");
  checkSd(sd, "first.sd");
}

function model(name: string, transition: number[][], variances: number[], emission: number[], mean: number[], at: number[]): StateSpace {
  const n = variances.length;
  const diagonal = (values: number[]) => {
    const matrix = new Float64Array(n * n);
    values.forEach((value, i) => {
      matrix[i * n + i] = value;
    });
    return matrix;
  };
  return {
    name,
    size: n,
    transition: Float64Array.from(transition.flat()),
    drift: new Float64Array(n),
    covariance: diagonal(variances),
    emission: Float64Array.from(emission),
    start: { mean: Float64Array.from(mean), covariance: diagonal(at) },
  };
}

/** v_t = l_t + e_t with l_{t+1} = l_t + N(0, level²) and e_t ~ N(0, irregular²). */
export function localLevel(sds: { level: number; irregular: number }, first: Beginning): StateSpace {
  checkSds(sds, ["level", "irregular"]);
  checkBeginning(first);
  const [q, r] = [sds.level ** 2, sds.irregular ** 2];
  return model("local level", [[1, 0], [0, 0]], [q, r], [1, 1], [first.mean, 0], [first.sd ** 2, r]); // biome-ignore format: a matrix
}

/** A local level whose step has a slope, l_{t+1} = l_t + s_t + N(0, level²) and s_{t+1} = s_t + N(0, slope²). */
export function localLinearTrend(sds: { level: number; slope: number; irregular: number }, first: Beginning): StateSpace {
  checkSds(sds, ["level", "slope", "irregular"]);
  checkBeginning(first);
  const [q, s, r] = [sds.level ** 2, sds.slope ** 2, sds.irregular ** 2];
  const transition = [[1, 1, 0], [0, 1, 0], [0, 0, 0]]; // biome-ignore format: a matrix
  return model("local linear trend", transition, [q, s, r], [1, 0, 1], [first.mean, 0, 0], [first.sd ** 2, q + s, r]);
}

/** v_t = intercept + Σ_k coefficients[k - 1] v_{t-k} + N(0, sd²); the state is the last values. */
export function autoregression(equation: { intercept: number; coefficients: readonly number[]; sd: number }, first: Beginning): StateSpace {
  checkOptions(equation, "equation", ["intercept", "coefficients", "sd"]);
  const { intercept, sd } = equation;
  checkNumber(intercept, "equation.intercept");
  checkNumbers(equation.coefficients, "equation.coefficients");
  checkSd(sd, "equation.sd");
  checkBeginning(first);
  const coefficients = Array.from(equation.coefficients);
  const n = coefficients.length;
  const transition = Array.from({ length: n }, (_, i) => (i === 0 ? coefficients : coefficients.map((_, j) => (j === i - 1 ? 1 : 0))));
  const only = (value: number) => coefficients.map((_, i) => (i === 0 ? value : 0));
  const made = model(`AR(${n})`, transition, only(sd ** 2), only(1), new Array(n).fill(first.mean), new Array(n).fill(first.sd ** 2));
  made.drift[0] = intercept;
  return made;
}

/** What `kalman` finds of each v_t. */
export interface KalmanAnswer {
  /** E[v_t | y_1 .. y_t] and its variance. */
  filter: { mean: Float64Array; variance: Float64Array };
  /** E[v_t | y] and its variance, from all of y. */
  smoother: { mean: Float64Array; variance: Float64Array };
  /** log p(y) in nats. */
  logEvidence: number;
}

/**
 * The exact answer where every value has Gaussian noise, y_t = v_t + N(mean, sd_t²).
 * @param noisy y, NaN where a value is missing
 * @param sds one standard deviation for all values, or one for each; 0 says that y_t = v_t
 */
export function kalman(model: StateSpace, noisy: Float32Array | Float64Array, sds: number | ArrayLike<number>, mean = 0): KalmanAnswer {
  checkStateSpace(model);
  checkSeen(noisy, "noisy", [Float32Array, Float64Array]);
  checkNumber(mean, "mean");
  const length = noisy.length;
  if (typeof sds === "number") checkSd(sds, "sds");
  else {
    checkNumbers(sds, "sds", 0);
    checkAsMany(sds, "sds", noisy, "noisy");
    for (let t = 0; t < length; t++) checkSd(sds[t], `sds[${t}]`);
  }
  const { size: n, emission: Z, drift, transition: T, covariance: Q } = model;
  const predicted: { a: Float64Array; P: Float64Array; M: Float64Array; F: number; e: number }[] = [];
  const answer = () => ({ mean: new Float64Array(length), variance: new Float64Array(length) });
  const [filter, smoother] = [answer(), answer()];
  let logEvidence = 0;
  let a = model.start.mean.slice();
  let P = model.start.covariance.slice();
  for (let t = 0; t < length; t++) {
    if (t > 0) {
      a = times(T, a, n).map((x, i) => x + drift[i]!);
      P = sandwich(T, P, n).map((x, i) => x + Q[i]!);
    }
    const M = times(P, Z, n);
    const sd = typeof sds === "number" ? sds : sds[t]!;
    const F = dot(Z, M) + sd ** 2;
    const e = Number.isNaN(noisy[t]!) || F <= 0 ? Number.NaN : noisy[t]! - dot(Z, a) - mean;
    predicted.push({ a, P, M, F, e });
    if (!Number.isNaN(e)) {
      logEvidence -= 0.5 * (Math.log(2 * Math.PI * F) + e ** 2 / F);
      a = a.map((x, i) => x + (M[i]! * e) / F);
      P = P.map((x, k) => x - (M[Math.floor(k / n)]! * M[k % n]!) / F);
    }
    filter.mean[t] = dot(Z, a);
    filter.variance[t] = Math.max(0, dot(Z, times(P, Z, n)));
  }
  // Backward (de Jong 1989): r and R gather what later values say; E[a_t | y] = a + P r, Var = P - P R P, a and P as predicted.
  let r: Float64Array = new Float64Array(n);
  let R: Float64Array = new Float64Array(n * n);
  for (let t = length - 1; t >= 0; t--) {
    const { a, P, M, F, e } = predicted[t]!;
    if (t < length - 1) {
      r = times(transposed(T, n), r, n);
      R = sandwich(transposed(T, n), R, n);
    }
    if (!Number.isNaN(e)) {
      // r ← Z e / F + Lᵀ r with L = I - M Zᵀ / F, the update that y_t brought.
      const Mr = dot(M, r);
      const MR = times(R, M, n);
      const MRM = dot(M, MR);
      r = r.map((x, i) => x + (Z[i]! * (e - Mr)) / F);
      R = R.map((x, k) => {
        const [i, j] = [Math.floor(k / n), k % n];
        return x - (Z[i]! * MR[j]! + MR[i]! * Z[j]!) / F + (Z[i]! * Z[j]! * (1 + MRM / F)) / F;
      });
    }
    const PZ = times(P, Z, n);
    smoother.mean[t] = dot(Z, a) + dot(PZ, r);
    smoother.variance[t] = Math.max(0, dot(Z, PZ) - dot(PZ, times(R, PZ, n)));
  }
  return { filter, smoother, logEvidence };
}

const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, xi, i) => sum + xi * y[i]!, 0);
const times = (A: Float64Array, x: Float64Array, n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => dot(A.subarray(i * n, (i + 1) * n), x));
const transposed = (A: Float64Array, n: number) => A.map((_, k) => A[(k % n) * n + Math.floor(k / n)]!);
/** A S Aᵀ. */
function sandwich(A: Float64Array, S: Float64Array, n: number): Float64Array {
  const AS = new Float64Array(n * n);
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) if (A[i * n + k] !== 0) for (let j = 0; j < n; j++) AS[i * n + j]! += A[i * n + k]! * S[k * n + j]!;
  for (let j = 0; j < n; j++)
    for (let k = 0; k < n; k++) if (A[j * n + k] !== 0) for (let i = 0; i < n; i++) result[i * n + j]! += AS[i * n + k]! * A[j * n + k]!;
  return result;
}
