/**
 * A particle filter for a linear Gaussian series of which some values were changed: a particle is one past of switches b_1 .. b_t, and given
 * them the Kalman filter is exact (Rao-Blackwell). It follows the last L values too, which makes it a fixed-lag smoother.
 */
import { checkNumber, checkOptions, checkProbability, checkSeed, checkWhole } from "../base/check";
import { generator } from "../base/random";
import { checkNoise, type Noise } from "../data/noise";
import { Mixture } from "./mixture";
import { ancestors, effective, RESAMPLE_BELOW } from "./resampling";
import { checkStateSpace, type StateSpace } from "./stateSpace";

const LOG_2PI = Math.log(2 * Math.PI);
/** A variance below this share of the model's own is none. */
const NOTHING = 1e-12;

/** What one value leads to. */
export interface SwitchingStep {
  /** v_t given y_1 .. y_t. */
  filter: Mixture;
  /** P(b_t = 1 | y_1 .. y_t). */
  changed: number;
  /** v_{t-L} given y_1 .. y_t; undefined for the first L values. */
  smoother?: Mixture;
  /** How many of the N particles count after y_t. */
  ess: number;
  /** How many different particles of time t - L have offspring, N where all agree on v_{t-L} exactly; undefined as above. */
  survivors?: number;
}

/** Takes one value at a time. What it holds does not grow with the length of the series. */
export interface SwitchingFilter {
  /** @param y the next noisy value, or NaN; `probability` is P(b_t = 1) where more is known of this value than the noise says */
  step(y: number, probability?: number): SwitchingStep;
  /** The smoother's answer for the last L values, or all of a shorter series. */
  finish(): { smoother: Mixture; survivors: number }[];
  /** log Ẑ in nats. */
  readonly logEvidence: number;
}

/**
 * y_t = v_t + b_t (mean + sd ε_t) with v of a linear Gaussian model: a value that was not changed is seen as it is. There are no bounds.
 * @param options.particles N, 200 by default
 * @param options.lag L, 20 by default
 */
export function switchingFilter(
  model: StateSpace,
  noise: Noise,
  options: { seed: number; particles?: number; lag?: number },
): SwitchingFilter {
  checkStateSpace(model);
  checkNoise(noise);
  checkOptions(options, "options", ["seed", "particles", "lag"]);
  const { seed, particles: N = 200, lag: L = 20 } = options;
  checkSeed(seed, "options.seed");
  checkWhole(N, "options.particles", 1);
  checkWhole(L, "options.lag");
  const random = generator(seed, "switching filter");
  const { size: n, emission: Z, drift } = model;
  const shift = noise.mean ?? 0;
  const H = noise.sd ** 2;
  const predict = predictor(model);
  const nothing = NOTHING * Math.max(...model.covariance, ...model.start.covariance, Number.MIN_VALUE);

  let [a, spareA] = [new Float64Array(N * n), new Float64Array(N * n)];
  let [P, spareP] = [new Float64Array(N * n * n), new Float64Array(N * n * n)];
  for (let i = 0; i < N; i++) {
    a.set(model.start.mean, i * n);
    P.set(model.start.covariance, i * n * n);
  }
  // Of each of the last L + 1 values of each particle: mean, variance, covariance with the state; and the particle's own number then.
  const width = n + 2;
  const lags = Array.from({ length: L + 1 }, () => new Float64Array(N * width));
  const spareLag = new Float64Array(N * width);
  const origin: Int32Array[] = Array.from({ length: L + 1 }, () => new Int32Array(N));
  const W = new Float64Array(N).fill(1 / N);
  const [log0, log1] = [new Float64Array(N), new Float64Array(N)];
  // Of each particle, as `emit` writes them: Z a, Z P Zᵀ and P Zᵀ.
  const [m, F, M] = [new Float64Array(N), new Float64Array(N), new Float64Array(N * n)];
  let [t, logEvidence] = [0, 0];

  /** Entry i of rows of so many numbers goes on from entry from[i]. */
  const reorder = (rows: Float64Array, into: Float64Array, size: number, from: Int32Array) => {
    for (let i = 0; i < N; i++) for (let k = 0, f = from[i]! * size; k < size; k++) into[i * size + k] = rows[f + k]!;
  };
  const smoothed = (time: number) => {
    const [row, ids] = [lags[time % (L + 1)]!, origin[time % (L + 1)]!];
    const [means, variances] = [new Float64Array(N), new Float64Array(N)];
    for (let i = 0; i < N; i++) [means[i], variances[i]] = [row[i * width]!, row[i * width + 1]!];
    const certain = variances.every((v) => v === 0) && means.every((mean) => mean === means[0]);
    return { smoother: new Mixture(W, means, variances), survivors: certain ? N : new Set(ids).size };
  };
  const advance = () => {
    for (let i = 0; i < N; i++) {
      for (let j = Math.max(0, t - L); j < t; j++) {
        const row = lags[j % (L + 1)]!;
        if (row[i * width + 1]! > 0) predict.vector(row, i * width + 2);
      }
      predict.vector(a, i * n);
      for (let k = 0; k < n; k++) a[i * n + k]! += drift[k]!;
      predict.matrix(P, i * n * n);
    }
  };
  /** Particle i takes y as v + N(0, h), with what it left open, e = y - E[y]. */
  const update = (i: number, e: number, h: number) => {
    const f = F[i]! + h;
    if (f <= 0) return;
    for (let k = 0; k < n; k++) a[i * n + k]! += (M[i * n + k]! * e) / f;
    for (let k = 0; k < n; k++) {
      const g = M[i * n + k]! / f;
      for (let l = 0, at = (i * n + k) * n; g !== 0 && l < n; l++) P[at + l]! -= g * M[i * n + l]!;
    }
    for (let k = 0; k < n; k++)
      if (P[(i * n + k) * n + k]! < nothing) for (let l = 0; l < n; l++) P[(i * n + k) * n + l] = P[(i * n + l) * n + k] = 0;
    for (let j = Math.max(0, t - L); j < t; j++) {
      const row = lags[j % (L + 1)]!;
      const at = i * width;
      if (row[at + 1]! <= 0) continue;
      let c = 0;
      for (let k = 0; k < n; k++) c += row[at + 2 + k]! * Z[k]!;
      row[at]! += (c * e) / f;
      row[at + 1]! -= (c * c) / f;
      if (row[at + 1]! < nothing) row[at + 1] = 0;
      for (let k = 0; k < n; k++) row[at + 2 + k]! -= (c / f) * M[i * n + k]!;
    }
  };
  const emit = () => {
    for (let i = 0; i < N; i++) {
      m[i] = 0;
      F[i] = 0;
      for (let k = 0; k < n; k++) {
        let sum = 0;
        for (let l = 0, at = (i * n + k) * n; l < n; l++) sum += P[at + l]! * Z[l]!;
        M[i * n + k] = sum;
        F[i]! += Z[k]! * sum;
        m[i]! += Z[k]! * a[i * n + k]!;
      }
    }
  };

  return {
    step(y, probability = noise.probability) {
      if (!Number.isNaN(y)) checkNumber(y, "y");
      checkProbability(probability, "probability");
      if (t > 0) advance();
      emit();
      const seen = !Number.isNaN(y);
      let anew: Int32Array | undefined;
      const parts = { w: new Float64Array(2 * N), m: new Float64Array(2 * N), s: new Float64Array(2 * N) };
      let changed = probability;
      if (seen) {
        let top = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < N; i++) {
          const e = y - m[i]!;
          log0[i] = Math.log(1 - probability) + (F[i]! > 0 ? logNormal(e, F[i]!) : e === 0 ? 0 : Number.NEGATIVE_INFINITY);
          log1[i] = Math.log(probability) + (F[i]! + H > 0 ? logNormal(e - shift, F[i]! + H) : Number.NEGATIVE_INFINITY);
          top = Math.max(top, log0[i]!, log1[i]!);
        }
        const unexplained = top === Number.NEGATIVE_INFINITY; // then it says nothing
        let Z1 = 0;
        for (let i = 0; i < N && !unexplained; i++) Z1 += W[i]! * (Math.exp(log0[i]! - top) + Math.exp(log1[i]! - top));
        changed = 0;
        for (let i = 0; i < N && !unexplained; i++) {
          const [l0, l1] = [Math.exp(log0[i]! - top), Math.exp(log1[i]! - top)];
          const gain = F[i]! / (F[i]! + H);
          parts.w.set([(W[i]! * l0) / Z1, (W[i]! * l1) / Z1], 2 * i);
          parts.m.set([y, m[i]! + gain * (y - shift - m[i]!)], 2 * i);
          parts.s[2 * i + 1] = F[i]! * (1 - gain);
          changed += (W[i]! * l1) / Z1;
          W[i]! *= (l0 + l1) / Z1;
        }
        if (!unexplained) logEvidence += Math.log(Z1) + top;
      }
      if (!seen || parts.w.every((w) => w === 0)) {
        parts.w.set(W);
        parts.m.set(m);
        parts.s.set(F);
      }
      const ess = effective(W);
      if (ess < RESAMPLE_BELOW * N) {
        anew = ancestors(W, random.uniform());
        W.fill(1 / N);
        reorder(a, spareA, n, anew);
        reorder(P, spareP, n * n, anew);
        [a, spareA] = [spareA, a];
        [P, spareP] = [spareP, P];
        for (let j = Math.max(0, t - L - 1); j < t; j++) {
          const row = lags[j % (L + 1)]!;
          reorder(row, spareLag, width, anew);
          row.set(spareLag);
          origin[j % (L + 1)] = anew.map((parent) => origin[j % (L + 1)]![parent]!);
        }
        emit();
      }
      for (let i = 0; i < N && seen; i++) {
        const from = anew ? anew[i]! : i;
        const odds = 1 / (1 + Math.exp(log0[from]! - log1[from]!));
        const b = random.uniform() < (Number.isNaN(odds) ? probability : odds);
        update(i, y - m[i]! - (b ? shift : 0), b ? H : 0);
      }
      emit();
      const row = lags[t % (L + 1)]!;
      for (let i = 0; i < N; i++) {
        row[i * width] = m[i]!;
        row[i * width + 1] = F[i]! < nothing ? 0 : F[i]!;
        row.set(M.subarray(i * n, (i + 1) * n), i * width + 2);
      }
      origin[t % (L + 1)] = Int32Array.from({ length: N }, (_, i) => i);
      t++;
      return { filter: new Mixture(parts.w, parts.m, parts.s), changed, ess, ...(t > L && smoothed(t - 1 - L)) };
    },
    finish: () => Array.from({ length: Math.min(t, L) }, (_, i) => smoothed(t - Math.min(t, L) + i)),
    get logEvidence() {
      return logEvidence;
    },
  };
}

const logNormal = (e: number, variance: number) => -0.5 * (LOG_2PI + Math.log(variance) + (e * e) / variance);

/** x ← T x and S ← T S Tᵀ + Q in place. A row of T with a single 1 only copies, as all but one do in an autoregression. */
export function predictor({ size: n, transition, covariance }: StateSpace) {
  const rows = Array.from({ length: n }, (_, i) => transition.slice(i * n, (i + 1) * n));
  const copied = Int32Array.from(rows, (row) => (row.filter((x) => x !== 0).length === 1 ? row.indexOf(1) : -1));
  const x = new Float64Array(n);
  const TS = new Float64Array(n * n);
  return {
    vector(into: Float64Array, from: number) {
      for (let i = 0; i < n; i++) {
        if (copied[i]! >= 0) x[i] = into[from + copied[i]!]!;
        else {
          x[i] = 0;
          for (let j = 0, row = rows[i]!; j < n; j++) x[i]! += row[j]! * into[from + j]!;
        }
      }
      for (let k = 0; k < n; k++) into[from + k] = x[k]!;
    },
    matrix(into: Float64Array, from: number) {
      for (let i = 0; i < n; i++) {
        const row = rows[i]!;
        for (let k = 0; k < n; k++) {
          if (copied[i]! >= 0) TS[i * n + k] = into[from + copied[i]! * n + k]!;
          else {
            let sum = 0;
            for (let j = 0; j < n; j++) sum += row[j]! * into[from + j * n + k]!;
            TS[i * n + k] = sum;
          }
        }
      }
      for (let k = 0; k < n; k++)
        for (let i = 0; i < n; i++) {
          let sum = covariance[k * n + i]!;
          if (copied[i]! >= 0) sum += TS[k * n + copied[i]!]!;
          else for (let j = 0, row = rows[i]!; j < n; j++) sum += TS[k * n + j]! * row[j]!;
          into[from + k * n + i] = sum;
        }
    },
  };
}
