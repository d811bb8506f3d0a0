/**
 * A particle filter over categorical values. A particle is one past v_1 .. v_{t-1}; given it, the prior's K probabilities and the noise's K
 * likelihoods are summed over v_t exactly (Rao-Blackwell), so that only the past is sampled.
 */
import { checkList, checkOptions, checkSeed, checkWhole } from "../base/check";
import { generator, indexAt } from "../base/random";
import { checkNoise, type Noise } from "../data/noise";
import { type Bounds, checkBounds, likelihood, UNIT_BOUNDS } from "../metrics/filters";
import { checkPrior, type Prior } from "./prior";
import { ancestors, effective, RESAMPLE_BELOW } from "./resampling";

/** The options of `particleFilter`. */
export interface ParticleOptions {
  /** Integer 0 .. 2^31-1: the same seed gives the same bits. */
  seed: number;
  /** N, 200 by default. */
  particles?: number;
  /** L, how many later values the fixed-lag smoother waits for; 20 by default. */
  lag?: number;
  /** The trace's, 0 and 1, by default. */
  bounds?: Bounds;
}

/** What one value leads to. The arrays are written anew by the next step. */
export interface Step {
  /** P(v_t = values[k] | y_1 .. y_t). */
  filter: Float64Array;
  /** P(v_{t-L} = values[k] | y_1 .. y_t); undefined for the first L values. */
  smoother?: Float64Array;
  /** How many of the N particles count after y_t: 1 / Σ W². */
  ess: number;
  /** How many different particles of time t - L have offspring; undefined as above. */
  survivors?: number;
}

/** A particle filter that takes one value at a time. What it holds does not grow with the length of the series. */
export interface ParticleFilter {
  /** @param y the next noisy value, or NaN where it is missing */
  step(y: number): Step;
  /** The smoother's answer for the values that are left at the end: the last L, or all of a shorter series. */
  finish(): { smoother: Float64Array; survivors: number }[];
  /** log Ẑ in nats: its exponential is an unbiased estimate of p(y_1 .. y_t). */
  readonly logEvidence: number;
  /** The current particles' pasts over the last L + 1 values, as indices, and their weights. */
  paths(): { indices: Int32Array[]; weights: Float64Array };
}

/**
 * The fully adapted particle filter: a particle's weight is multiplied by Σ_k p(values[k] | past) p(y_t | values[k]), then the particles are
 * drawn anew if they must be (systematic resampling), and only then is each one's v_t drawn, from its exact posterior.
 */
export function particleFilter(prior: Prior, noise: Noise, options: ParticleOptions): ParticleFilter {
  checkPrior(prior);
  const filter = cloud(prior, noise, options);
  const { N, of, chosen, see, finish, paths } = filter;
  const states = prior.start(N);
  const P = new Float64Array(N * prior.values.length);
  return {
    finish,
    paths,
    get logEvidence() {
      return filter.logEvidence;
    },
    step(y) {
      const rows = states.predict(P, of);
      const { step, from } = see(y, P, rows);
      if (from) states.reorder(from);
      states.advance(chosen);
      return step;
    },
  };
}

/** Filters of several series that advance together. */
export interface ParticleFilters {
  /** @param ys the next noisy value of each series, or NaN where it is missing */
  step(ys: ArrayLike<number>): Step[];
  /** The filter of each series: what `ParticleFilter` tells after a step. */
  readonly each: readonly Omit<ParticleFilter, "step">[];
}

/**
 * A particle filter for each of several series, with one call of the prior a value for all of them. Series i comes out as from
 * `particleFilter` with seeds[i], if the prior draws nothing itself and its states begin alike.
 * @param options.seeds one for each series
 */
export function particleFilters(
  prior: Prior,
  noise: Noise,
  options: Omit<ParticleOptions, "seed"> & { seeds: readonly number[] },
): ParticleFilters {
  checkPrior(prior);
  checkOptions(options, "options", ["seeds", "particles", "lag", "bounds"]);
  const { seeds, ...rest } = options;
  checkList(seeds, "options.seeds", 1);
  for (const [i, seed] of seeds.entries()) checkSeed(seed, `options.seeds[${i}]`);
  const each = seeds.map((seed) => cloud(prior, noise, { ...rest, seed }));
  const { N } = each[0]!;
  const K = prior.values.length;
  const all = N * each.length;
  const states = prior.start(all);
  const [P, own] = [new Float64Array(all * K), new Float64Array(N * K)];
  const of = Int32Array.from({ length: all }, (_, i) => i);
  const [from, chosen] = [new Int32Array(all), new Int32Array(all)];
  /** Copies the rows of P that a series' particles have to `own`. @returns how many there are */
  const ownRows = (filter: Cloud, first: number): number => {
    const places = new Map<number, number>();
    for (let i = 0; i < N; i++) {
      const row = of[first + i]!;
      const place = places.get(row) ?? places.size;
      if (place === places.size) {
        places.set(row, place);
        own.set(P.subarray(row * K, (row + 1) * K), place * K);
      }
      filter.of[i] = place;
    }
    return places.size;
  };
  return {
    each,
    step(ys) {
      states.predict(P, of);
      let anew = false;
      const steps = each.map((filter, d) => {
        const seen = filter.see(ys[d]!, own, ownRows(filter, d * N));
        anew ||= seen.from !== undefined;
        for (let i = 0; i < N; i++) from[d * N + i] = d * N + (seen.from ? seen.from[i]! : i);
        chosen.set(filter.chosen, d * N);
        return seen.step;
      });
      if (anew) states.reorder(from);
      states.advance(chosen);
      return steps;
    },
  };
}

/** The particles of one series, without their states. */
interface Cloud extends Omit<ParticleFilter, "step"> {
  readonly N: number;
  /** Which row of P each particle has. */
  readonly of: Int32Array;
  /** Which value each particle has drawn. */
  readonly chosen: Int32Array;
  /**
   * Weighs the particles by a noisy value, and draws each one's value.
   * @param P rows P(v | past), which it changes
   * @returns whom each particle goes on from, where they are drawn anew
   */
  see(y: number, P: Float64Array, rows: number): { step: Step; from?: Int32Array };
}

function cloud({ values }: Prior, noise: Noise, options: ParticleOptions): Cloud {
  checkNoise(noise);
  checkOptions(options, "options", ["seed", "particles", "lag", "bounds"]);
  const { seed, particles: N = 200, lag: L = 20, bounds = UNIT_BOUNDS } = options;
  checkSeed(seed, "options.seed");
  checkWhole(N, "options.particles", 1);
  checkWhole(L, "options.lag");
  checkBounds(bounds, "options.bounds");
  const random = generator(seed, "particle filter");
  const K = values.length;
  const sums = new Float64Array(N);
  const W = new Float64Array(N).fill(1 / N);
  const chosen = new Int32Array(N);
  const everyone = Int32Array.from({ length: N }, (_, i) => i);
  const of = everyone.slice();
  const weight = new Float64Array(N); // a row's weight, that of its particles together
  let spare = new Int32Array(N);
  // The last L + 1 values of each particle, and who each was descended from: row t mod (L + 1).
  const past = Array.from({ length: L + 1 }, () => new Int32Array(N));
  const origin = Array.from({ length: L + 1 }, () => new Int32Array(N));
  const known = new Map<number, { row: Float64Array; log: number }>(); // unaltered values repeat
  let [t, logEvidence] = [0, 0];

  const likelihoodOf = (y: number) => {
    const found = known.get(y);
    if (found) return found;
    const made = likelihood(y, values, noise, bounds);
    if (known.size < 4 * K) known.set(y, made);
    return made;
  };
  const smoothed = (time: number) => {
    const [row, ids] = [past[time % (L + 1)]!, origin[time % (L + 1)]!];
    const smoother = new Float64Array(K);
    for (let i = 0; i < N; i++) smoother[row[i]!]! += W[i]!;
    // Systematic resampling keeps ancestors in ascending order.
    let survivors = 1;
    for (let i = 1; i < N; i++) if (ids[i] !== ids[i - 1]) survivors++;
    return { smoother, survivors };
  };

  return {
    N,
    of,
    chosen,
    see(y, P, rows) {
      const { row: l, log } = likelihoodOf(y);
      const filter = new Float64Array(K);
      weight.fill(0, 0, rows);
      for (let i = 0; i < N; i++) weight[of[i]!]! += W[i]!;
      see(P, l, rows, { filter, sums, weight });
      let Z = 0;
      for (let row = 0; row < rows; row++) Z += weight[row]! * sums[row]!;
      for (let k = 0; k < K; k++) filter[k]! /= Z;
      for (let i = 0; i < N; i++) W[i]! *= sums[of[i]!]! / Z;
      logEvidence += Math.log(Z) + log;
      const ess = effective(W);
      let from: Int32Array | undefined;
      if (ess < RESAMPLE_BELOW * N) {
        from = ancestors(W, random.uniform());
        W.fill(1 / N);
        for (const ring of [past, origin])
          for (let j = 0; j <= L; j++) {
            if (j === t % (L + 1)) continue; // it is written below
            const row = ring[j]!;
            for (let i = 0; i < N; i++) spare[i] = row[from[i]!]!;
            [ring[j], spare] = [spare, row];
          }
      }
      for (let i = 0; i < N; i++) {
        const row = of[from ? from[i]! : i]!;
        chosen[i] = indexAt(P, random.uniform() * sums[row]!, row * K, (row + 1) * K);
      }
      past[t % (L + 1)]!.set(chosen);
      origin[t % (L + 1)]!.set(everyone);
      t++;
      const smoother = L === 0 ? { smoother: filter, survivors: N } : t > L && smoothed(t - 1 - L);
      return { step: { filter, ess, ...smoother }, from };
    },
    finish: () => Array.from({ length: Math.min(t, L) }, (_, i) => smoothed(t - Math.min(t, L) + i)),
    get logEvidence() {
      return logEvidence;
    },
    paths: () => ({
      indices: Array.from({ length: Math.min(t, L + 1) }, (_, i) => past[(t - Math.min(t, L + 1) + i) % (L + 1)]!.slice()),
      weights: W.slice(),
    }),
  };
}

/** Turns the rows P(v | past) into P(v, y | past), adds each up to its sum, and weighted to the filter. */
function see(
  P: Float64Array,
  l: Float64Array,
  rows: number,
  { filter, sums, weight }: { filter: Float64Array; sums: Float64Array; weight: Float64Array },
): void {
  const K = l.length;
  for (let row = 0, at = 0; row < rows; row++) {
    const w = weight[row]!;
    let sum = 0;
    for (let k = 0; k < K; k++, at++) {
      const joint = P[at]! * l[k]!;
      P[at] = joint;
      sum += joint;
      filter[k]! += w * joint;
    }
    sums[row] = sum;
  }
}
