/** The noise on a series, estimated from the noisy series alone by maximum likelihood. */
import { checkFlag, checkNumber, checkOptions, checkSeed, checkSeen, checkWhole } from "../base/check";
import type { Noise } from "../data/noise";
import { type Bounds, checkBounds, likelihoods, UNIT_BOUNDS } from "../metrics/filters";
import { minimise } from "../metrics/minimise";
import { particleFilter } from "./particles";
import { checkPrior, type Prior } from "./prior";
import { checkStateSpace, type StateSpace } from "./stateSpace";
import { predictor } from "./switching";

/** A noise as estimated, and how likely it makes the series. */
export interface EstimatedNoise {
  noise: Required<Noise>;
  /** log p(y) in nats at the estimate. */
  logEvidence: number;
}

/** Probabilities nearer to 0 or 1 are 0 or 1. */
const CERTAIN = 1e-4;
const logit = (p: number) => Math.log(p / (1 - p));
const sigmoid = (x: number) => {
  const p = 1 / (1 + Math.exp(-x));
  return p < CERTAIN ? 0 : p > 1 - CERTAIN ? 1 : p;
};

/**
 * (p, sd, mean) of greatest likelihood under a prior over few values. Nelder and Mead's simplex climbs the exact evidence of independent values
 * first, then the particle filter's, whose random numbers stay the same.
 *
 * A prior that can't follow the series takes its own errors for noise, or noise for values. One that goes on learning, such as `countingPrior`
 * with a share, follows it better.
 *
 * @param options.bounds the trace's, 0 and 1, by default
 * @param options.biased whether the mean is estimated too; false by default: it is then 0
 * @param options.calls how often the particle filter may go over the series, 40 by default
 * @param options.particles 200 by default
 */
export function estimateNoise(
  prior: Prior,
  noisy: Float32Array,
  options: { seed: number; bounds?: Bounds; biased?: boolean; calls?: number; particles?: number },
): EstimatedNoise {
  checkPrior(prior);
  checkSeen(noisy, "noisy", [Float32Array]);
  checkOptions(options, "options", ["seed", "bounds", "biased", "calls", "particles"]);
  const { seed, bounds = UNIT_BOUNDS, biased = false, calls = 40, particles = 200 } = options;
  checkSeed(seed, "options.seed");
  checkBounds(bounds, "options.bounds");
  checkFlag(biased, "options.biased");
  checkWhole(calls, "options.calls", 1);
  checkWhole(particles, "options.particles", 1);
  const { values } = prior;
  const inside = noisy.filter((y) => y > bounds.low && y < bounds.high);
  const off = inside.filter((y) => !values.includes(y));
  const filtered = (noise: Noise) => {
    const filter = particleFilter(prior, noise, { seed, particles, lag: 0, bounds });
    for (const y of noisy) filter.step(y);
    return filter.logEvidence;
  };
  if (off.length === 0) {
    const noise = { probability: 0, sd: 0, mean: 0 };
    return { noise, logEvidence: filtered(noise) };
  }
  const start = new Float64Array(values.length);
  prior.start(1).predict(start, Int32Array.of(0));
  const independent = (noise: Noise) => {
    const { weights, scale } = likelihoods(noisy, values, noise, bounds);
    return scale.reduce((sum, log, t) => {
      let Z = 0;
      for (let k = 0; k < values.length; k++) Z += start[k]! * weights[t * values.length + k]!;
      return sum + log + Math.log(Z);
    }, 0);
  };
  // How far a changed value is from the nearest valid one: the least that the noise can be.
  const away = off.map((y) => values.reduce((least, v) => Math.min(least, Math.abs(y - v)), Number.POSITIVE_INFINITY));
  const near = Math.sqrt(away.reduce((sum, d) => sum + d * d, 0) / away.length);
  const all = off.length === inside.length; // then nothing says that any value was left alone
  const at = (x: number[]): Required<Noise> => ({
    sd: Math.exp(x[0]!),
    probability: all ? 1 : sigmoid(x[1]!),
    mean: biased ? x.at(-1)! : 0,
  });
  const parameters = (share: number, sd: number, mean: number) => [Math.log(sd), ...(all ? [] : [logit(share)]), ...(biased ? [mean] : [])];
  const climb = (evidence: (noise: Noise) => number, from: number[], by: number, most: number) => {
    const sizes = parameters(sigmoid(by), Math.exp(by), near);
    return minimise((x) => -evidence(at(x)), from, sizes, most);
  };
  const share = Math.min(off.length / inside.length, 0.999);
  const rough = [1, 4].map((wider) => climb(independent, parameters(share, wider * near, 0), 0.5, 100));
  const found = climb(filtered, rough.reduce((a, b) => (b.value < a.value ? b : a)).at, 0.3, calls);
  return { noise: at(found.at), logEvidence: -found.value };
}

/**
 * log p(y) of a linear Gaussian series of which some values were changed, by a filter that after each value makes one Gaussian of the two that
 * b_t leaves (Harrison and Stevens 1976). It is not exact, but smooth in its parameters and cheap, which is what a search needs.
 * @param probabilities P(b_t = 1) for each value, where more is known of them than the noise says
 */
export function collapsedEvidence(
  model: StateSpace,
  noisy: Float64Array | Float32Array,
  noise: Noise,
  probabilities?: ArrayLike<number>,
): number {
  checkStateSpace(model);
  const { size: n, emission: Z, drift } = model;
  const { probability, sd, mean: shift = 0 } = noise;
  const predict = predictor(model);
  const a = model.start.mean.slice();
  const P = model.start.covariance.slice();
  const M = new Float64Array(n);
  let log = 0;
  for (let t = 0; t < noisy.length; t++) {
    if (t > 0) {
      predict.vector(a, 0);
      for (let k = 0; k < n; k++) a[k]! += drift[k]!;
      predict.matrix(P, 0);
    }
    const y = noisy[t]!;
    if (Number.isNaN(y)) continue;
    let [m, F] = [0, 0];
    for (let k = 0; k < n; k++) {
      M[k] = 0;
      for (let l = 0; l < n; l++) M[k]! += P[k * n + l]! * Z[l]!;
      F += Z[k]! * M[k]!;
      m += Z[k]! * a[k]!;
    }
    const p = probabilities?.[t] ?? probability;
    const [F1, e0, e1] = [F + sd ** 2, y - m, y - m - shift];
    const [l0, l1] = [Math.log(1 - p) + logDensity(e0, F), Math.log(p) + logDensity(e1, F1)];
    const top = Math.max(l0, l1);
    if (!(top > Number.NEGATIVE_INFINITY)) return Number.NEGATIVE_INFINITY;
    const sum = Math.exp(l0 - top) + Math.exp(l1 - top);
    log += top + Math.log(sum);
    // The state given b: a + M e / F, P - M Mᵀ / F. Their mixture has the spread between them besides.
    const [w0, w1] = [Math.exp(l0 - top) / sum, Math.exp(l1 - top) / sum];
    const [g0, g1] = [w0 > 0 ? e0 / F : 0, w1 > 0 ? e1 / F1 : 0];
    const g = w0 * g0 + w1 * g1;
    const less = (w0 > 0 ? w0 / F : 0) + (w1 > 0 ? w1 / F1 : 0) - (w0 * (g0 - g) ** 2 + w1 * (g1 - g) ** 2);
    for (let k = 0; k < n; k++) {
      a[k]! += M[k]! * g;
      for (let l = 0; l < n; l++) P[k * n + l]! -= M[k]! * M[l]! * less;
    }
  }
  return log;
}

const logDensity = (e: number, variance: number) =>
  variance > 0 ? -0.5 * (Math.log(2 * Math.PI * variance) + (e * e) / variance) : Number.NEGATIVE_INFINITY;

/** What noise to expect on a series of standard deviation 1: sd .5 within a factor of e, on one value in twenty within odds of e^1.5. */
const TYPICAL = { logSd: Math.log(0.5), logit: logit(0.05) };

/**
 * Parameters of a model and of the noise, together, of greatest `collapsedEvidence`; the series' standard deviation is about 1, which is what the
 * weak prior on the noise rests on.
 * @param build the model for these logarithms of standard deviations
 * @param start those logarithms, to begin with
 * @param options.known P(b_t = 1) where values say by themselves whether they were changed
 * @param options.noise the noise to begin with; a probability of 0 says that there is none
 */
export function fitStateSpace(
  build: (logSds: number[]) => StateSpace,
  start: readonly number[],
  noisy: Float64Array,
  options: { known?: Float64Array; noise: Noise; calls?: number },
): EstimatedNoise & { model: StateSpace; logSds: number[] } {
  checkOptions(options, "options", ["known", "noise", "calls"]);
  const { known, noise, calls = 250 } = options;
  checkWhole(calls, "options.calls", 1);
  checkNumber(noise.sd, "options.noise.sd", 0);
  const k = start.length;
  const quiet = noise.probability === 0;
  const noiseAt = (x: number[]): Required<Noise> =>
    quiet
      ? { probability: 0, sd: 0, mean: 0 }
      : { sd: Math.exp(x[k]!), probability: known ? noise.probability : sigmoid(x[k + 1]!), mean: 0 };
  const rest = quiet ? [] : [Math.log(noise.sd), ...(known ? [] : [logit(noise.probability)])];
  // A weak prior on the noise: short series can't tell a small noise on many values from the model's own unrest.
  const unlikely = (x: number[]) =>
    quiet ? 0 : (x[k]! - TYPICAL.logSd) ** 2 / 2 + (known ? 0 : (x[k + 1]! - TYPICAL.logit) ** 2 / (2 * 1.5 ** 2));
  const found = minimise(
    (x) => unlikely(x) - collapsedEvidence(build(x.slice(0, k)), noisy, noiseAt(x), known),
    [...start, ...rest],
    [...start, ...rest].map(() => 0.7),
    calls,
  );
  const logSds = found.at.slice(0, k);
  return { model: build(logSds), logSds, noise: noiseAt(found.at), logEvidence: -found.value };
}
