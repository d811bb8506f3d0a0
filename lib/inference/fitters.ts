/** The priors that a series of one's own may have, each fitted to the noisy series itself. */
import type { Noise } from "../data/noise";
import { autocorrelation } from "../metrics/autocorrelation";
import { type Bounds, fitChain, forwardBackward } from "../metrics/filters";
import { leastSquares } from "../metrics/leastSquares";
import { sd } from "../metrics/metrics";
import { countingPrior } from "./counting";
import { estimateNoise, fitStateSpace } from "./estimate";
import type { Prior } from "./prior";
import { repair } from "./repair";
import { autoregression, localLevel, localLinearTrend, type StateSpace } from "./stateSpace";
import { interpolated, median } from "./usual";

/** A series is held to have few values if this share of it repeats, and no more values than this repeat. */
const [FEW_SHARE, FEW_VALUES] = [0.6, 50];
/** How often a value must occur to be one of the few. */
const OFTEN = 3;
/** The orders of the autoregressions that are tried. */
const ORDERS = [1, 2, 4, 8, 13];
/** How many values the noise of a series of few values is estimated on. */
const NOISE_VALUES = 1500;

/** What is known of one series before anything is fitted. */
export interface Seen {
  /** The values in the data's units; NaN where one is missing. */
  values: Float64Array;
  /** P(changed) of each value, where the decimals tell; see `changedByDecimals`. */
  known?: Float64Array;
  /** Where values pile up, and none lies beyond. */
  bounds: Bounds;
}

/** A prior that can be fitted to a noisy series. */
export interface Fitter {
  name: string;
  fit(seen: Seen, seed: number): { prior: Prior | StateSpace; noise: Required<Noise> };
}

/** Bounds as float32, as the values of a series of few values are. */
export const rounded = ({ low, high }: Bounds): Bounds => ({ low: Math.fround(low), high: Math.fround(high) });

/** A spread from its logarithm. A model without any, seen without noise, is more than double precision can invert. */
const spread = (log: number) => Math.exp(Math.max(-7, log));

/** The priors that suit a series of this length and kind. */
export function fittersFor(seen: Seen): Fitter[] {
  const { values } = seen;
  const lengths = ORDERS.filter((p) => values.length >= 10 * p);
  const models: Fitter[] = [
    linear("local level", (x, first) => localLevel({ level: spread(x[0]!), irregular: spread(x[1]!) }, first), [-2, -2]),
    linear(
      "local linear trend",
      (x, first) => localLinearTrend({ level: spread(x[0]!), slope: spread(x[1]!), irregular: spread(x[2]!) }, first),
      [-2, -4, -2],
    ),
    ...lengths.map(autoregressive),
  ];
  const few = fewValues(values);
  return few === undefined ? models : [counting(few), ...models];
}

/** The values that occur often, if the series is made of few of them. */
function fewValues(values: Float64Array): Float32Array | undefined {
  const counts = new Map<number, number>();
  for (const v of values) if (!Number.isNaN(v)) counts.set(Math.fround(v), (counts.get(Math.fround(v)) ?? 0) + 1);
  const often = [...counts].filter(([, n]) => n >= OFTEN);
  const share = often.reduce((sum, [, n]) => sum + n, 0) / values.filter((v) => !Number.isNaN(v)).length;
  if (share < FEW_SHARE || often.length > FEW_VALUES || often.length < 2) return undefined;
  return Float32Array.from(often, ([v]) => v).sort();
}

/** Chains and caches over few values: other values are replaced by the likeliest valid ones before counting. */
function counting(valid: Float32Array): Fitter {
  return {
    name: "chains and caches",
    fit({ values, bounds }, seed) {
      const noisy = Float32Array.from(values);
      const kept = noisy.filter((v) => valid.includes(v));
      const ends = rounded(bounds);
      const off = noisy.filter((v) => !Number.isNaN(v) && !valid.includes(v));
      const far = off.reduce((sum, y) => sum + valid.reduce((d, v) => Math.min(d, (y - v) ** 2), Number.POSITIVE_INFINITY), 0);
      const rough = { probability: Math.min(0.9, off.length / noisy.length), sd: 2 * Math.sqrt(far / Math.max(1, off.length)) };
      const chain = fitChain(kept);
      const { smoother } = forwardBackward(chain, noisy, rough, { bounds: ends });
      const K = chain.values.length;
      const likely = noisy.map((_, t) => {
        let best = 0;
        for (let k = 1; k < K; k++) if (smoother[t * K + k]! > smoother[t * K + best]!) best = k;
        return chain.values[best]!;
      });
      const prior = countingPrior(likely, { fresh: true, share: 0.02 });
      return { prior, noise: estimateNoise(prior, noisy.slice(0, NOISE_VALUES), { seed, bounds: ends, calls: 25 }).noise };
    },
  };
}

/** The noise that the search begins with; without known changes, one value in twenty. */
const beginning = ({ known, values }: Seen): Noise =>
  known
    ? { probability: Math.max(1e-3, known.filter((p, t) => p > 0.5 && !Number.isNaN(values[t]!)).length / known.length), sd: 0.5 }
    : { probability: 0.05, sd: 0.5 };

function linear(name: string, build: (x: number[], first: { mean: number; sd: number }) => StateSpace, start: number[]): Fitter {
  return {
    name,
    fit(seen) {
      const first = firstOf(seen.values);
      const { model, noise } = fitStateSpace((x) => build(x, first), start, seen.values, { known: seen.known, noise: beginning(seen) });
      return { prior: model, noise };
    },
  };
}

/** AR(p): least squares on the series as last repaired, then spreads and noise by maximum likelihood; twice. */
function autoregressive(p: number): Fitter {
  return {
    name: `AR(${p})`,
    fit(seen, seed) {
      const first = firstOf(seen.values);
      let clean = withoutGaps(seen);
      let noise = beginning(seen);
      let found: ReturnType<typeof fitStateSpace> | undefined;
      for (let round = 0; round < 2; round++) {
        const series = Float32Array.from(clean);
        const lags = Array.from({ length: p }, (_, k) => k + 1);
        const { intercept, coefficients } = leastSquares([{ target: series, input: series }], lags);
        const covariance = ownCovariance(series, p);
        const build = ([log]: number[]): StateSpace => {
          const made = autoregression({ intercept, coefficients, sd: spread(log!) }, first);
          return { ...made, start: { ...made.start, covariance } };
        };
        found = fitStateSpace(build, [found?.logSds[0] ?? -1], seen.values, { known: seen.known, noise, calls: 80 });
        noise = { ...found.noise, probability: Math.max(found.noise.probability, 0.001), sd: Math.max(found.noise.sd, 0.01) };
        if (round === 0) {
          const options = { seed, noise: found.noise, particles: 20, lag: Math.max(10, p), probabilities: seen.known };
          clean = repair(seen.values, found.model, options).smoother.mean;
        }
      }
      return { prior: found!.model, noise: found!.noise };
    },
  };
}

/**
 * The covariance of p values in a row, by the series' own autocorrelation: [p, p]. A model that began with independent values would have a past such
 * as the series never has, and carry it on.
 */
function ownCovariance(series: Float32Array, p: number): Float64Array {
  const variance = sd(series) ** 2;
  // A constant series has no autocorrelation.
  const at = Array.from({ length: p }, (_, k) => (variance > 0 ? variance * autocorrelation(series, k) : 0));
  return Float64Array.from({ length: p * p }, (_, i) => at[Math.abs(Math.floor(i / p) - (i % p))]!);
}

const firstOf = (values: Float64Array) => ({ mean: values.find((v) => !Number.isNaN(v))!, sd: 1 });

/** Gaps filled by straight lines, and what stands out from its neighbours taken for a gap. */
function withoutGaps({ values, known }: Seen): Float64Array {
  const whole = values.map((v, t) => {
    if (Number.isNaN(v) || (known && known[t]! > 0.5)) return Number.NaN;
    const near = values.slice(Math.max(0, t - 3), t + 4).filter((x) => !Number.isNaN(x));
    const middle = median(near);
    const usual = median(near.map((x) => Math.abs(x - middle)));
    return known || Math.abs(v - middle) <= 8 * usual + 1e-9 ? v : Number.NaN;
  });
  return interpolated(whole);
}
