/** A prior that counts: frequencies, Markov chains and caches in one mixture, for all particles at once. */
import { checkFlag, checkList, checkNumbers, checkOptions, checkPositive, checkProbability, checkSeries } from "../base/check";
import { distinct, indicesOf } from "../data/values";
import type { Prior, States } from "./prior";

/** The decays of the caches of `countingPrior`, in values. */
export const CACHES: readonly number[] = [5, 15, 45, 135];
/** How many steps of EM the weights of `countingPrior` take. */
const WEIGHT_STEPS = 60;
/** The weight of the shorter context in a chain of order 2, in pairs. */
const BACK_OFF = 20;

/** The options of `countingPrior`. */
export interface CountingOptions {
  /** The caches' decays in values, CACHES by default. */
  taus?: readonly number[];
  /** Whether the chains take part; true by default. */
  chains?: boolean;
  /**
   * How much of the weights falls back to those of `train` at each value; 0, the default, keeps them as they are. Of several shares the particles
   * take turns, and resampling keeps those that suit the series.
   */
  share?: number | readonly number[];
  /** Whether the series to be repaired does not follow on `train`: the caches then begin with the frequencies. */
  fresh?: boolean;
}

/**
 * A mixture of counts, p = Σ_j w_j p_j: the frequencies of the values, Markov chains of order 1 and 2 as counted on `train`, and a cache for
 * each τ, c ← e^(-1/τ) c + (1 - e^(-1/τ)) 1[v], which goes on counting while it filters. The weights are those of greatest likelihood on `train`
 * (EM), where each value is left out of the counts that predict it. With a share α they go on learning:
 * w_j ← (1 - α) w_j p_j(v) / p(v) + α w_j of `train`.
 *
 * @param train clean values, three or more
 */
export function countingPrior(train: Float32Array, options: CountingOptions = {}): Prior {
  checkSeries(train, "train", 3);
  checkOptions(options, "options", ["taus", "chains", "share", "fresh"]);
  const { taus = CACHES, chains: withChains = true, share = 0, fresh = false } = options;
  if (typeof share === "object") {
    checkList(share, "options.share", 1);
    for (const [i, one] of share.entries()) checkProbability(one, `options.share[${i}]`);
  } else checkProbability(share, "options.share");
  const shares = typeof share === "object" ? share : [share];
  checkFlag(withChains, "options.chains");
  checkFlag(fresh, "options.fresh");
  checkNumbers(taus, "options.taus", 0);
  for (const [j, tau] of taus.entries()) checkPositive(tau, `options.taus[${j}]`);
  const values = distinct(train);
  const K = values.length;
  const indices = indicesOf(values, train);
  const { frequencies, first, second } = chains(indices, K);
  const kept = Array.from(taus, (tau) => Math.exp(-1 / tau));
  const E = 3 + kept.length;

  // What each expert would have said of each value, its own count left out; the caches look back only.
  const said = new Float64Array(E * indices.length);
  const caches = kept.map(() => Float64Array.from(frequencies));
  indices.forEach((v, t) => {
    const [a, b] = [indices[t - 1], indices[t - 2]];
    const alone = (frequencies[v]! * indices.length - 1 + 1 / K) / indices.length;
    const one = a === undefined ? alone : Math.max(first(a, v, frequencies[v]!, 1), 1e-12);
    said[t * E] = alone;
    said[t * E + 1] = one;
    said[t * E + 2] = a === undefined || b === undefined ? one : second(b * K + a, v, one, 1);
    caches.forEach((cache, j) => {
      said[t * E + 3 + j] = cache[v]!;
      remember(cache, 0, K, v, kept[j]!);
    });
  });
  const weights = mixtureWeights(said, E, (e) => withChains || e === 0 || e > 2);

  const ones = new Float64Array(K * K);
  const twos = new Float64Array(K * K * K);
  for (let a = 0; a < K; a++) for (let v = 0; v < K; v++) ones[a * K + v] = first(a, v, frequencies[v]!, 0);
  for (let b = 0; b < K; b++)
    for (let a = 0; a < K; a++) for (let v = 0; v < K; v++) twos[(b * K + a) * K + v] = second(b * K + a, v, ones[a * K + v]!, 0);
  const begin = fresh ? kept.map(() => frequencies) : caches;
  const last: [number, number] = [indices.at(-2)!, indices.at(-1)!];
  return {
    name: withChains ? "chains and caches" : "caches",
    values,
    start: (n) => mixtureStates(n, K, { frequencies, ones, twos, weights, shares, kept, begin, last }),
  };
}

function mixtureStates(
  n: number,
  K: number,
  parts: {
    frequencies: Float64Array;
    ones: Float64Array;
    twos: Float64Array;
    weights: Float64Array;
    shares: ArrayLike<number>;
    kept: number[];
    begin: Float64Array[];
    last: [number, number];
  },
): States {
  const { frequencies, ones, twos, weights, kept, begin } = parts;
  const J = kept.length;
  const E = 3 + J;
  let pairs = new Int32Array(n).fill(parts.last[0] * K + parts.last[1]);
  let shares = Float64Array.from({ length: n }, (_, i) => parts.shares[i % parts.shares.length]!);
  let [caches, spare] = [new Float64Array(n * J * K), new Float64Array(n * J * K)];
  let [w, spareW] = [new Float64Array(n * E), new Float64Array(n * E)];
  for (let i = 0; i < n; i++) {
    w.set(weights, i * E);
    for (const [j, cache] of begin.entries()) caches.set(cache, (i * J + j) * K);
  }
  return {
    predict(into) {
      for (let i = 0; i < n; i++) {
        const [pair, at] = [pairs[i]!, i * E];
        const a = pair % K;
        const [w0, w1, w2] = [w[at]!, w[at + 1]!, w[at + 2]!];
        for (let k = 0; k < K; k++) into[i * K + k] = w0 * frequencies[k]! + w1 * ones[a * K + k]! + w2 * twos[pair * K + k]!;
        for (let j = 0; j < J; j++) {
          const wj = w[at + 3 + j]!;
          for (let k = 0, c = (i * J + j) * K; k < K; k++) into[i * K + k]! += wj * caches[c + k]!;
        }
      }
      return n;
    },
    advance(chosen) {
      for (let i = 0; i < n; i++) {
        const [v, pair, at, share] = [chosen[i]!, pairs[i]!, i * E, shares[i]!];
        if (share > 0) {
          w[at]! *= frequencies[v]!;
          w[at + 1]! *= ones[(pair % K) * K + v]!;
          w[at + 2]! *= twos[pair * K + v]!;
          for (let j = 0; j < J; j++) w[at + 3 + j]! *= caches[(i * J + j) * K + v]!;
          let sum = 0;
          for (let e = at; e < at + E; e++) sum += w[e]!;
          for (let e = 0; e < E; e++) w[at + e] = (1 - share) * (w[at + e]! / sum) + share * weights[e]!;
        }
        pairs[i] = (pair % K) * K + v;
        for (let j = 0; j < J; j++) remember(caches, (i * J + j) * K, K, v, kept[j]!);
      }
    },
    reorder(from) {
      pairs = pairs.map((_, i) => pairs[from[i]!]!);
      shares = shares.map((_, i) => shares[from[i]!]!);
      for (let i = 0; i < n; i++) {
        spare.set(caches.subarray(from[i]! * J * K, (from[i]! + 1) * J * K), i * J * K);
        spareW.set(w.subarray(from[i]! * E, (from[i]! + 1) * E), i * E);
      }
      [caches, spare] = [spare, caches];
      [w, spareW] = [spareW, w];
    },
  };
}

/** Decays K entries, and gives what they lost to the value that came. */
function remember(cache: Float64Array, at: number, K: number, v: number, kept: number): void {
  for (let k = at; k < at + K; k++) cache[k]! *= kept;
  cache[at + v]! += 1 - kept;
}

/** The counts behind chains of order 0, 1 and 2. */
function chains(indices: readonly number[], K: number) {
  const frequencies = new Float64Array(K);
  const [ones, twos] = [new Float64Array(K * K), new Float64Array(K * K * K)];
  indices.forEach((v, t) => {
    frequencies[v]! += 1 / indices.length;
    if (t > 0) ones[indices[t - 1]! * K + v]! += 1;
    if (t > 1) twos[(indices[t - 2]! * K + indices[t - 1]!) * K + v]! += 1;
  });
  /** (n(v | row) - out + b p(v)) / (n(row) - out + b): a count that backs off to p, with `out` of it left out. */
  const share = (counts: Float64Array, b: number) => {
    const all = Float64Array.from({ length: counts.length / K }, (_, row) =>
      counts.subarray(row * K, (row + 1) * K).reduce((sum, n) => sum + n, 0),
    );
    return (row: number, v: number, p: number, out: number) => (counts[row * K + v]! - out + b * p) / (all[row]! - out + b);
  };
  return { frequencies, first: share(ones, 1), second: share(twos, BACK_OFF) };
}

/** The weights of greatest likelihood of a mixture whose E experts gave a value t the probability said[t · E + e]: EM from equal ones. */
function mixtureWeights(said: Float64Array, E: number, takesPart: (e: number) => boolean): Float64Array {
  const T = said.length / E;
  let weights: Float64Array = new Float64Array(E).map((_, e) => (takesPart(e) ? 1 : 0));
  weights = weights.map((w) => w / weights.reduce((a, b) => a + b));
  for (let round = 0; round < WEIGHT_STEPS; round++) {
    const next: Float64Array = new Float64Array(E);
    for (let t = 0; t < said.length; t += E) {
      let sum = 0;
      for (let e = 0; e < E; e++) sum += weights[e]! * said[t + e]!;
      for (let e = 0; e < E; e++) next[e]! += (weights[e]! * said[t + e]!) / sum / T;
    }
    weights = next;
  }
  return weights;
}
