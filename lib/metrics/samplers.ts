import { mean, variance } from "simple-statistics";
import { checkAllSeries, checkList, checkSeed, checkSeries, checkWhole } from "../base/check";
import { generator, indexAt, type Random } from "../base/random";
import { checkPredictor, type Predictor } from "./predictors";

/** A way to generate sequences without a network. */
export interface Sampler {
  name: string;
  /** `count` sequences of `steps` values in [0, 1], the same ones for the same seed (integer 0 .. 2^31-1). */
  generate(count: number, steps: number, seed: number): Float32Array[];
}

/**
 * Samplers of known quality, by which a score of generated sequences is calibrated:
 *
 * - iid marginal: each value drawn from the training part's values;
 * - shuffle: pieces of the training part in random order, shuffled again when it is used up;
 * - Markov-1, -2, -3: the value that followed the last k values at a random place of the training part that has them. Each sequence
 *   starts after a random place. If the last k values have no successor anywhere, the last k-1 count, and so on;
 * - clipped Gaussian: N(mean, variance of the training part), clamped to [0, 1];
 * - uniform on [0, 1); half 1.0, half uniform: 1.0 with probability ½, else uniform; constant 1.0.
 *
 * @param train the clean training part, at least 4 values in [0, 1]
 */
export function samplers(train: Float32Array): Sampler[] {
  checkSeries(train, "train", 4);
  const centre = mean(Array.from(train));
  const sd = Math.sqrt(variance(Array.from(train)));
  const draws = (name: string, next: (random: Random) => number) => simple(name, (random) => (steps) => filled(steps, () => next(random)));
  return [
    draws("iid marginal", (random) => train[random.integer(train.length)]!),
    shuffle(train),
    ...[1, 2, 3].map((order) => markov(train, order)),
    draws("clipped Gaussian", (random) => Math.min(1, Math.max(0, centre + sd * random.normal()))),
    draws("uniform", (random) => random.uniform()),
    draws("half 1.0, half uniform", (random) => (random.uniform() < 0.5 ? 1 : random.uniform())),
    draws("constant 1.0", () => 1),
  ];
}

/**
 * A sampler of a predictor, whose sequences start after random places of the training part, with the values before, `reach` at most, as history.
 *
 * @param train the predictor's training part
 * @param reach 300 by default: more than a cache of τ = 100 remembers
 */
export function predictorSampler<State>(predictor: Predictor<State>, train: Float32Array, reach = 300): Sampler {
  checkPredictor(predictor, "predictor");
  checkSeries(train, "train");
  checkWhole(reach, "reach");
  return simple(predictor.name, (random) => (steps) => {
    const end = 1 + random.integer(train.length);
    return path(predictor, predictor.start(train.slice(Math.max(0, end - reach), end)), steps, random);
  });
}

/**
 * A predictor's sequences, one after each history, as `generate` makes them of a model: a set for each seed.
 * @param histories series of one value or more; the state after one that comes several times is computed once
 * @param steps values in each sequence, from 1
 * @example predictorPaths(independentPredictor(Float32Array.of(1)), [Float32Array.of(1)], 3, [0]) // [[[1, 1, 1]]]
 */
export function predictorPaths<State>(
  predictor: Predictor<State>,
  histories: readonly Float32Array[],
  steps: number,
  seeds: readonly number[],
): Float32Array[][] {
  checkPredictor(predictor, "predictor");
  checkAllSeries(histories, "histories");
  checkWhole(steps, "steps", 1);
  checkList(seeds, "seeds");
  const randoms = Array.from(seeds, (seed, i) => {
    checkSeed(seed, `seeds[${i}]`);
    return generator(seed, `paths/${predictor.name}`);
  });
  const after = new Map(Array.from(new Set(histories), (history) => [history, predictor.start(history)]));
  return randoms.map((random) => histories.map((history) => path(predictor, after.get(history) as State, steps, random)));
}

/** Each value is drawn from the predictor's probabilities, the rest class left out, and becomes part of the past. */
function path<State>(predictor: Predictor<State>, start: State, steps: number, random: Random): Float32Array {
  const { values } = predictor;
  let state = start;
  return filled(steps, () => {
    const p = predictor.next(state);
    const index = indexAt(p.subarray(0, values.length), random.uniform() * (1 - p[values.length]!));
    state = predictor.push(state, index);
    return values[index]!;
  });
}

// For each call of `generate`, `source` makes a function that makes sequences and may remember what it gave.
function simple(name: string, source: (random: Random) => (steps: number) => Float32Array): Sampler {
  return {
    name,
    generate(count, steps, seed) {
      checkWhole(count, "count", 1);
      checkWhole(steps, "steps", 1);
      const sequence = source(generator(seed, `generators/${name}`));
      return Array.from({ length: count }, () => sequence(steps));
    },
  };
}

function filled(steps: number, next: () => number): Float32Array {
  const values = new Float32Array(steps); // Float32Array.from would go through an iterator, ten times slower
  for (let t = 0; t < steps; t++) values[t] = next();
  return values;
}

function shuffle(train: Float32Array): Sampler {
  return simple("shuffle", (random) => {
    const cards = train.slice();
    let left = 0;
    // Fisher and Yates's shuffle, one swap a draw.
    const draw = () => {
      if (left === 0) left = cards.length;
      const i = random.integer(left--);
      [cards[i], cards[left]] = [cards[left]!, cards[i]!];
      return cards[left]!;
    };
    return (steps) => filled(steps, draw);
  });
}

function markov(train: Float32Array, order: number): Sampler {
  const codes = new Map(Array.from(new Set(train), (value, code) => [value, code]));
  const series = Array.from(train, (value) => codes.get(value)!);
  const fits = codes.size ** order <= Number.MAX_SAFE_INTEGER;
  // The `length` codes before `end` as one key: a number with these digits, or a text if there are too many different values.
  const context = (series: number[], end: number, length: number) => {
    if (!fits) return series.slice(end - length, end).join();
    let key = 0;
    for (let i = end - length; i < end; i++) key = key * codes.size + series[i]!;
    return key;
  };
  // successors[k]: the values that followed each k values, each as often as it did.
  const successors = Array.from({ length: order + 1 }, () => new Map<number | string, number[]>());
  series.forEach((code, t) => {
    for (let k = 0; k <= Math.min(order, t); k++) {
      const key = context(series, t, k);
      const list = successors[k]!.get(key);
      if (list) list.push(code);
      else successors[k]!.set(key, [code]);
    }
  });
  const values = Float32Array.from(codes.keys());
  return simple(`Markov-${order}`, (random) => (steps) => {
    const start = random.integer(train.length - order + 1);
    const made = series.slice(start, start + order);
    return filled(steps, () => {
      let candidates: number[] | undefined;
      for (let k = order; !candidates; k--) candidates = successors[k]!.get(context(made, made.length, k));
      const next = candidates[random.integer(candidates.length)]!;
      made.push(next);
      return values[next]!;
    });
  });
}
