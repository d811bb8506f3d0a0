/// <reference path="../packages.d.ts" />
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { checkFunction, checkNumbers, checkObject, checkSeed, checkText, checkWhole } from "./check";

/** A stream of random numbers. Each call advances it. */
export interface Random {
  /** Uniform on [0, 1), a multiple of 2^-53. */
  uniform(): number;
  /** Standard normal, N(0, 1). */
  normal(): number;
  /** Uniform on the integers 0 .. n-1, without bias; n is an integer from 1 to 2^32. */
  integer(n: number): number;
}

/**
 * A seed derived from another one for one use of it: a restart, a step, a repetition. The same three arguments give the same seed; other
 * streams or indices give unrelated seeds.
 *
 * @param seed integer 0 .. 2^31-1
 * @param stream the name of the use, not empty
 * @param index which one of its kind, an integer from 0
 * @returns an integer 0 .. 2^31-1
 */
export function deriveSeed(seed: number, stream: string, index = 0): number {
  checkSeed(seed);
  checkText(stream, "stream", "a name");
  checkWhole(index, "index");
  return hash(`seed/${seed}/${index}/${stream}`) >>> 1;
}

/**
 * The random stream of this name and seed: xoroshiro128+ (pure-rand). Its 128 bits of state are a hash of seed and name. Streams of one seed
 * with different names are independent, so a new kind of draw changes no other.
 *
 * @param seed integer 0 .. 2^31-1
 * @param stream the stream's name, not empty
 */
export function generator(seed: number, stream: string): Random {
  checkSeed(seed);
  checkText(stream, "stream", "a name");
  const state = [0, 1, 2, 3].map((word) => hash(`state/${word}/${seed}/${stream}`) | 0);
  const bits = xoroshiro128plusFromState(state);
  let spare: number | undefined;

  // Marsaglia's polar method: a point (u, v) uniform in the unit disc gives two normals, u f and v f.
  const normal = (): number => {
    if (spare !== undefined) {
      const second = spare;
      spare = undefined;
      return second;
    }
    for (;;) {
      const u = 2 * uniformFloat64(bits) - 1;
      const v = 2 * uniformFloat64(bits) - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const f = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * f;
        return u * f;
      }
    }
  };

  return {
    uniform: () => uniformFloat64(bits),
    normal,
    integer: (n) => {
      checkWhole(n, "n", 1, 2 ** 32);
      return uniformInt(bits, 0, n - 1);
    },
  };
}

/**
 * The index, counted from `begin`, at which the running sum of the weights from there passes a place; one whose weight is 0 is never it. With a
 * place uniform on [0, Σ w) it is a draw by the weights.
 * @example indexAt([0.5, 0, 0.5], 0.7) // 2
 */
export function indexAt(weights: ArrayLike<number>, place: number, begin = 0, end = weights.length): number {
  let [left, last] = [place, begin];
  for (let i = begin; i < end; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    last = i; // rounding may leave a little over at the end
    left -= weight;
    if (left < 0) break;
  }
  return last - begin;
}

/**
 * Values in random order (Fisher and Yates): all of them, or each block of neighbours by itself.
 * @param block how many values a block has; the last one may have fewer
 */
export function shuffled<T extends number[] | Float32Array>(values: T, random: Random, block = values?.length || 1): T {
  checkNumbers(values, "values", 0);
  checkObject(random, "random", "a stream of random numbers, as generator gives one");
  checkFunction(random.integer, "random.integer");
  checkWhole(block, "block", 1);
  const cards = values.slice() as T;
  for (let i = cards.length - 1; i > 0; i--) {
    const first = i - (i % block);
    const j = first + random.integer(i - first + 1);
    [cards[i], cards[j]] = [cards[j]!, cards[i]!];
  }
  return cards;
}

// FNV-1a over UTF-16 units, then MurmurHash3's finaliser, since FNV alone mixes the last characters badly. An unsigned 32-bit number.
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
