/** A noisy series of one's own, about which nothing else is known: prior and noise are found from the series itself. */
import {
  checkAnyNumber,
  checkAsMany,
  checkFunction,
  checkList,
  checkOptions,
  checkSeed,
  checkSeen,
  checkWhole,
  refuse,
} from "../base/check";
import { generator } from "../base/random";
import type { Noise } from "../data/noise";
import { type Bounds, NO_BOUNDS } from "../metrics/filters";
import { type Fitter, fittersFor, rounded, type Seen } from "./fitters";
import { mixtureCrps } from "./mixture";
import { type Repaired, repair } from "./repair";
import { median, spreadOf } from "./usual";

/** The fewest values that `repairOwn` takes. */
const LEAST = 30;
/** Fewer values with more decimals than the rest are taken for chance. */
const FEWEST = 3;
/** Numbers with so many digits are as a computer has them, and were not rounded. */
const DOUBLE_DIGITS = 15;
/** Every so manyth value that looks whole is hidden, to see which prior finds it best. */
const HIDE_EVERY = 10;

/** Priors are tried on the last so many values, and the one that is chosen is fitted to the last so many. */
const [TRIED, FITTED] = [1000, 3000];
/** So many particles do where the decimals say which values were changed, and leave less doubt than this: they hardly differ. */
const [CERTAIN_PARTICLES, DOUBT] = [20, 1e-3];

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

/**
 * What the decimals of the values say. If most values have few decimals and the others more, the others were changed after they were rounded: that is
 * P(changed) = 1, and for the rest next to 0. Where all values look alike it says nothing. Nor does it where the others have more decimals because
 * they are smaller, where they show a few digits only (as halves do), or stand together (as those of a finer instrument do).
 * @param decimals how many decimals each value has in the file; NaN where it is missing
 * @returns P(changed) of each value, or undefined
 */
export function changedByDecimals(decimals: readonly number[], values: Float64Array): Float64Array | undefined {
  const there = decimals.filter((d) => !Number.isNaN(d)).sort((a, b) => a - b);
  if (there.length === 0) return undefined;
  const usual = there[Math.floor(0.6 * there.length)]!;
  const places = Array.from(decimals.keys());
  const off = places.filter((t) => decimals[t]! > usual);
  const n = off.length;
  if (n < Math.max(FEWEST, 0.005 * there.length)) return undefined;
  const digits = (t: number) => decimals[t]! + 1 + Math.floor(Math.log10(Math.abs(values[t]!) || 1));
  const [most, rest] = [off, places.filter((t) => decimals[t]! <= usual)].map((of) => median(Float64Array.from(of, digits))) as [
    number,
    number,
  ];
  if (most <= rest || rest >= DOUBLE_DIGITS) return undefined;
  // Noise has all digits alike: of 9, n draws are expected to show 9 - 9 (8/9)^n.
  const shown = new Set(off.map((t) => Math.floor(Math.abs(values[t]!) * 10 ** (usual + 1) + 1e-6) % 10));
  if (shown.size < 0.75 * (9 - 9 * (8 / 9) ** n)) return undefined;
  // It comes anywhere: n² / N pairs of neighbours are expected.
  const pairs = off.filter((t, i) => off[i + 1] === t + 1).length;
  const expected = n ** 2 / there.length;
  if (pairs > expected + 4 * Math.sqrt(expected) + 2) return undefined;
  // A changed value has no more decimals than the usual ones by chance only.
  const among = (n * 10 ** (usual - median(Float64Array.from(off, (t) => decimals[t]!)))) / (there.length - n);
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
 * @throws Error if fewer than 30 values are there, or all are equal
 */
export function repairOwn(
  seen: { values: Float64Array; decimals?: readonly number[] },
  options: { seed: number; particles?: number; lag?: number; onProgress?: (share: number) => void },
): OwnRepair {
  checkOptions(options, "options", ["seed", "particles", "lag", "onProgress"]);
  const { seed, particles = 200, lag = 10, onProgress } = options;
  checkSeed(seed, "options.seed");
  checkWhole(particles, "options.particles", 1);
  checkWhole(lag, "options.lag");
  if (onProgress !== undefined) checkFunction(onProgress, "options.onProgress");
  checkOptions(seen, "seen", ["values", "decimals"]);
  const { values, decimals } = seen;
  checkSeen(values, "values", [Float64Array]);
  if (decimals !== undefined) {
    checkList(decimals, "decimals");
    checkAsMany(decimals, "decimals", values, "values");
    for (const [t, d] of decimals.entries()) checkAnyNumber(d, `decimals[${t}]`);
  }
  const there = values.filter((v) => !Number.isNaN(v));
  if (there.length < LEAST) refuse("values", `${LEAST} values or more that are there`, values);
  const centre = median(there);
  const scale = spreadOf(there, centre);
  if (scale === 0) refuse("values", "not all equal", values);
  const bounds = boundsOf(values);
  const scaled: Seen = {
    values: values.map((v) => (v - centre) / scale),
    known: decimals && changedByDecimals(decimals, values),
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
    particles: isCertain(scaled) && !("values" in prior) ? Math.min(particles, CERTAIN_PARTICLES) : particles,
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

const isCertain = ({ known }: Seen): boolean => known?.every((p) => p < DOUBT || p > 1 - DOUBT) ?? false;
const lastOf = ({ values, known, bounds }: Seen, n: number): Seen => ({ values: values.slice(-n), known: known?.slice(-n), bounds });

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
    { seed, noise, particles: isCertain(covered) ? 10 : 50, lag: 10, bounds: rounded(scaled.bounds), probabilities: covered.known },
    (t, what, distribution) => {
      if (what === "smoother" && hidden.has(t)) scores.push(mixtureCrps(distribution, scaled.values[t]!));
    },
  );
  // Some of the hidden values were changed themselves: the worst tenth says nothing of the prior.
  const kept = scores.sort((a, b) => a - b).slice(0, Math.ceil(0.9 * scores.length));
  return kept.reduce((a, b) => a + b) / kept.length;
}
