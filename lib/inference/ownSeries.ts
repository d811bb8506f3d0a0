/** A noisy series of one's own, about which nothing else is known: prior and noise are found from the series itself. */
import { checkOptions, checkSeed, refuse } from "../base/check";
import { generator } from "../base/random";
import type { Noise } from "../data/noise";
import { type Bounds, fitChain, forwardBackward, NO_BOUNDS } from "../metrics/filters";
import { leastSquares } from "../metrics/leastSquares";
import { countingPrior } from "./counting";
import { estimateNoise, fitStateSpace } from "./estimate";
import { mixtureCrps } from "./mixture";
import type { Prior } from "./prior";
import { type Repaired, repair } from "./repair";
import { autoregression, localLevel, localLinearTrend, type StateSpace } from "./stateSpace";
import { interpolated, median, spreadOf } from "./usual";

/** The least and the most values that `repairOwn` takes. */
const LEAST = 30;
/** A series is held to have few values if this share of it repeats, and no more values than this repeat. */
const [FEW_SHARE, FEW_VALUES] = [0.6, 50];
/** How often a value must occur to be one of the few. */
const OFTEN = 3;
/** Every so manyth value that looks whole is hidden, to see which prior finds it best. */
const HIDE_EVERY = 10;
const ORDERS = [1, 2, 4, 8, 13];
/** How many values the noise of a series of few values is estimated on. */
const NOISE_VALUES = 1500;

/** Priors are tried on the last so many values, and the one that is chosen is fitted to the last so many. */
const [TRIED, FITTED] = [1000, 3000];
/** So many particles do where the decimals say which values were changed: they hardly differ. */
const CERTAIN_PARTICLES = 20;

/** What is known of one series before anything is fitted. */
export interface Seen {
  /** The values in the data's units; NaN where one is missing. */
  values: Float64Array;
  /** P(changed) of each value, where the decimals tell; see `changedByDecimals`. */
  known?: Float64Array;
  /** Where values pile up, and none lies beyond. */
  bounds: Bounds;
}

/** One prior that was tried. */
export interface Candidate {
  name: string;
  /** Mean CRPS on the values hidden from it, in the data's units. */
  score: number;
}

/** A repaired series of one's own, in its own units. */
export interface OwnRepair extends Repaired {
  /** The prior that was chosen. */
  prior: string;
  noise: Required<Noise>;
  candidates: Candidate[];
}

/** A prior that can be fitted to a noisy series. */
interface Fitter {
  name: string;
  fit(seen: Seen, seed: number): { prior: Prior | StateSpace; noise: Required<Noise> };
}

/**
 * What the decimals of the values say. If most values have few decimals and the others many, the others were changed after they were rounded:
 * that is P(changed) = 1, and for the rest next to 0. Where all values look alike it says nothing.
 * @param decimals how many decimals each value has in the file; NaN where it is missing
 */
export function changedByDecimals(decimals: readonly number[]): Float64Array | undefined {
  const there = decimals.filter((d) => !Number.isNaN(d)).sort((a, b) => a - b);
  if (there.length === 0) return undefined;
  const usual = there[Math.floor(0.6 * there.length)]!;
  const off = there.filter((d) => d > usual);
  if (off.length < Math.max(3, 0.005 * there.length) || off[Math.floor(off.length / 2)]! < usual + 2) return undefined;
  // A changed value with d decimals has no more than the usual ones by chance only.
  const chance = 10 ** (usual - off[Math.floor(off.length / 2)]!);
  const among = (off.length * chance) / (there.length - off.length);
  return Float64Array.from(decimals, (d) => (d > usual ? 1 : among));
}

/** Bounds that the data show: an extreme value that at least one value in a hundred has, and none lies beyond. */
export function boundsOf(values: Float64Array): Bounds {
  const there = values.filter((v) => !Number.isNaN(v));
  const [low, high] = [there.reduce((a, b) => Math.min(a, b)), there.reduce((a, b) => Math.max(a, b))];
  const often = (end: number) => there.filter((v) => v === end).length >= Math.max(5, there.length / 100);
  return { low: often(low) ? low : NO_BOUNDS.low, high: often(high) ? high : NO_BOUNDS.high };
}

/**
 * Repairs a series from nothing but itself: fits each prior, hides every tenth value that looks whole, takes the prior that finds those best
 * (CRPS), fits it again to all, and repairs.
 *
 * @param seen values in the data's units; bounds and what the decimals tell are found from them if they are left out
 * @param options.onProgress hears the share that is done, from 0 to 1
 * @throws Error when fewer than 30 values are there, or all are equal
 */
export function repairOwn(
  seen: { values: Float64Array; decimals?: readonly number[] },
  options: { seed: number; particles?: number; lag?: number; onProgress?: (share: number) => void },
): OwnRepair {
  checkOptions(options, "options", ["seed", "particles", "lag", "onProgress"]);
  const { seed, particles = 200, lag = 10, onProgress } = options;
  checkSeed(seed, "options.seed");
  const { values, decimals } = seen;
  if (!(values instanceof Float64Array)) refuse("values", "a Float64Array", values);
  const there = values.filter((v) => !Number.isNaN(v));
  if (there.length < LEAST) refuse("values", `${LEAST} values or more that are there`, values);
  const centre = median(there);
  const scale = spreadOf(there, centre);
  if (scale === 0) refuse("values", "not all equal", values);
  const bounds = boundsOf(values);
  const scaled: Seen = {
    values: values.map((v) => (v - centre) / scale),
    known: decimals && changedByDecimals(decimals),
    bounds: { low: (bounds.low - centre) / scale, high: (bounds.high - centre) / scale },
  };
  const fitters = fittersFor(scaled);
  const tried = lastOf(scaled, TRIED);
  const hidden = hiddenPlaces(tried, seed);
  const covered: Seen = { ...tried, values: tried.values.map((v, t) => (hidden.has(t) ? Number.NaN : v)) };
  const scores = fitters.map((fitter, i) => {
    onProgress?.((0.7 * i) / fitters.length);
    return { name: fitter.name, score: scale * hiddenScore(fitter, tried, covered, hidden, seed) };
  });
  const candidates = [...scores].sort((a, b) => a.score - b.score);
  const chosen = fitters.find(({ name }) => name === candidates[0]!.name)!;
  const { prior, noise } = chosen.fit(lastOf(scaled, FITTED), seed);
  const repaired = repair("values" in prior ? Float32Array.from(scaled.values) : scaled.values, prior, {
    seed,
    noise,
    particles: scaled.known && !("values" in prior) ? Math.min(particles, CERTAIN_PARTICLES) : particles,
    lag,
    bounds: rounded(scaled.bounds),
    probabilities: scaled.known,
    onProgress: (done) => onProgress?.(0.8 + (0.2 * done) / values.length),
  });
  // A value that was left alone comes back to the last digit, and one of few values as the file has it.
  const exact = new Map("values" in prior ? Array.from(values, (v, t) => [Math.fround(scaled.values[t]!), v]) : []);
  const back = (z: number, t: number) =>
    Math.abs(z - scaled.values[t]!) < 1e-6 ? values[t]! : (exact.get(z) ?? Math.min(bounds.high, Math.max(bounds.low, centre + scale * z)));
  for (const told of [repaired.smoother, repaired.filter]) for (const part of [told.mean, told.low, told.high]) part.set(part.map(back));
  return {
    ...repaired,
    prior: prior.name,
    noise: { probability: noise.probability, sd: scale * noise.sd, mean: scale * noise.mean },
    candidates,
  };
}

const lastOf = ({ values, known, bounds }: Seen, n: number): Seen => ({ values: values.slice(-n), known: known?.slice(-n), bounds });
const rounded = ({ low, high }: Bounds): Bounds => ({ low: Math.fround(low), high: Math.fround(high) });

/** Which values to hide: every tenth of those that are there and, as far as is known, whole. */
function hiddenPlaces({ values, known }: Seen, seed: number): Set<number> {
  const whole = Array.from(values.keys()).filter((t) => t > 0 && !Number.isNaN(values[t]!) && !(known && known[t]! > 0.5));
  const random = generator(seed, "repair/hidden");
  const places = new Set<number>();
  for (let i = 0; i + HIDE_EVERY <= whole.length; i += HIDE_EVERY) places.add(whole[i + random.integer(HIDE_EVERY)]!);
  return places;
}

function hiddenScore(fitter: Fitter, scaled: Seen, covered: Seen, hidden: Set<number>, seed: number): number {
  const { prior, noise } = fitter.fit(covered, seed);
  const scores: number[] = [];
  repair(
    "values" in prior ? Float32Array.from(covered.values) : covered.values,
    prior,
    { seed, noise, particles: covered.known ? 10 : 50, lag: 10, bounds: rounded(scaled.bounds), probabilities: covered.known },
    (t, what, distribution) => {
      if (what === "smoother" && hidden.has(t)) scores.push(mixtureCrps(distribution, scaled.values[t]!));
    },
  );
  // Some of the hidden values were changed themselves: the worst tenth says nothing of the prior.
  const kept = scores.sort((a, b) => a - b).slice(0, Math.ceil(0.9 * scores.length));
  return kept.reduce((a, b) => a + b) / kept.length;
}

/** A spread from its logarithm. A model without any, seen without noise, is more than double precision can invert. */
const spread = (log: number) => Math.exp(Math.max(-7, log));

/** The priors that suit a series of this length and kind. */
function fittersFor(seen: Seen): Fitter[] {
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
        const build = ([log]: number[]) => autoregression({ intercept, coefficients, sd: spread(log!) }, first);
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
