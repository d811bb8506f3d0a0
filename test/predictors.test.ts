/** Predictors that count: exact probabilities, states that don't change, and what they are worth on a series whose answer is known. */
import { describe, expect, it } from "vitest";
import { generator } from "../lib/base/random";
import { indicesOf } from "../lib/data/values";
import { mean } from "../lib/metrics/metrics";
import {
  cachePredictor,
  independentPredictor,
  markovPredictor,
  mixturePredictor,
  mixtureWeights,
  type Predictor,
  surprisals,
} from "../lib/metrics/predictors";
import { predictorPaths, predictorSampler } from "../lib/metrics/samplers";

/** Two values, of which the last one comes again with probability .9. */
function sticky(T: number, seed: number): Float32Array {
  const random = generator(seed, "sticky");
  const out = new Float32Array(T);
  for (let t = 1; t < T; t++) out[t] = random.uniform() < 0.9 ? out[t - 1]! : 1 - out[t - 1]!;
  return out;
}
const train = sticky(3000, 1);
const test = sticky(3000, 2);
const makers: [string, (x: Float32Array) => Predictor<never>][] = [
  ["independent", (x) => independentPredictor(x) as Predictor<never>],
  ["Markov-1", (x) => markovPredictor(x, { order: 1 }) as unknown as Predictor<never>],
  ["Markov-3, online", (x) => markovPredictor(x, { order: 3, online: true }) as unknown as Predictor<never>],
  ["cache", (x) => cachePredictor(x, { tau: 10 }) as unknown as Predictor<never>],
  ["mixture", (x) => mixturePredictor([independentPredictor(x), cachePredictor(x, { tau: 3 })] as Predictor[], { online: 0.01 }) as never],
];

describe.each(makers)("%s", (_name, make) => {
  it("gives probabilities that sum to 1, a little of it to values never met", () => {
    const predictor = make(Float32Array.of(0.5, 0, 1, 0.5, 0));
    expect([...predictor.values]).toEqual([0, 0.5, 1]);
    for (const history of [undefined, new Float32Array(0), Float32Array.of(1, 0.3, 0)]) {
      const p = predictor.next(predictor.start(history));
      expect(p).toHaveLength(4);
      expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      for (const x of p) expect(x).toBeGreaterThan(0);
      expect(p[3]).toBeLessThan(p[0]!);
    }
  });

  it("changes no state: two futures of one state don't disturb each other", () => {
    const predictor = make(train);
    const state = predictor.start(test.subarray(0, 20));
    const before = [...predictor.next(state)];
    const one = predictor.push(predictor.push(state, 0), 1);
    const seen = [...predictor.next(one)];
    predictor.push(predictor.push(state, 1), 1);
    predictor.push(one, 0);
    expect([...predictor.next(state)]).toEqual(before);
    expect([...predictor.next(one)]).toEqual(seen);
  });
});

describe("their formulas", () => {
  it("the cache's decayed shares", () => {
    const predictor = cachePredictor(Float32Array.of(0, 1), { tau: 2, prior: 0.5 });
    const kept = Math.exp(-1 / 2);
    const p = predictor.next(predictor.start(Float32Array.of(1, 1, 0)));
    const rest = 0.05 / 2.15; // frequencies 1.05, 1.05, .05 of 2.15
    const total = 1 + kept + kept ** 2 + 0.5;
    [1 + (0.5 * 1.05) / 2.15, kept + kept ** 2 + (0.5 * 1.05) / 2.15, 0.5 * rest].forEach((x, i) => {
      expect(p[i]).toBeCloseTo(x / total, 12);
    });
  });

  it("the chain's back-off", () => {
    const chain = markovPredictor(Float32Array.of(0, 1, 0, 1), { order: 1, backOff: 2 });
    const p0 = [2.05 / 4.15, 2.05 / 4.15, 0.05 / 4.15];
    const p = chain.next(chain.start()); // after 1 came 0, once
    [1 + 2 * p0[0]!, 2 * p0[1]!, 2 * p0[2]!].forEach((x, i) => {
      expect(p[i]).toBeCloseTo(x / 3, 12);
    });
  });

  it.each([0, 1, 2, 3])("the back-off of a chain of order %i that learns on, from the counts of all that came", (order) => {
    const random = generator(order, "symbols");
    const symbols = Array.from({ length: 200 }, () => random.integer(3));
    const chain = markovPredictor(Float32Array.from(symbols.slice(0, 150)), { order, online: true, backOff: 2 });
    const state = symbols.slice(150).reduce((s, index) => chain.push(s, index), chain.start());
    let expected = new Array(4).fill(1 / 4); // three values and the rest
    for (let k = 0; k <= order; k++) {
      const last = symbols.slice(symbols.length - k).join();
      const counts = new Array(4).fill(0);
      for (let t = k; t < symbols.length; t++) if (symbols.slice(t - k, t).join() === last) counts[symbols[t]!]++;
      const weight = k === 0 ? 0.05 * 4 : 2;
      const total = counts.reduce((a, b) => a + b) + weight;
      expected = expected.map((p, i) => (counts[i] + weight * p) / total);
    }
    chain.next(state).forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i], 12);
    });
  });

  it("online, it counts what comes after the training part", () => {
    const [fixed, online] = [false, true].map((online) => markovPredictor(Float32Array.of(0, 1, 0, 1), { order: 1, online }));
    const after = (p: NonNullable<typeof fixed>) => p.next([1, 1, 1].reduce((s, i) => p.push(s, i), p.start()))[1]!;
    expect(after(online!)).toBeGreaterThan(after(fixed!));
  });

  it("Bayes' rule and the fixed share move the mixture's weights", () => {
    const experts = [independentPredictor(Float32Array.of(0, 0, 0, 1)), independentPredictor(Float32Array.of(0, 1, 1, 1))] as Predictor[];
    const mixture = mixturePredictor(experts, { weights: [3, 1], online: 0.1 });
    const [a, b] = experts.map((e) => e.next(null)[1]!) as [number, number];
    const { weights } = mixture.push(mixture.start(), 1);
    expect(weights[0]).toBeCloseTo(0.9 * ((0.75 * a) / (0.75 * a + 0.25 * b)) + 0.05, 12);
  });
});

describe("on a chain that is known", () => {
  const entropy = -(0.9 * Math.log(0.9) + 0.1 * Math.log(0.1));

  it("Markov-1 comes near the entropy, independent draws near log 2", () => {
    expect(Math.abs(mean(surprisals(markovPredictor(train, { order: 1 }), test)) - entropy)).toBeLessThan(0.03);
    expect(Math.abs(mean(surprisals(independentPredictor(train), test)) - Math.log(2))).toBeLessThan(0.03);
  });

  it("the mixture's weights go to the expert that is right", () => {
    const experts = [independentPredictor(train), markovPredictor(train, { order: 1 })] as Predictor[];
    const weights = mixtureWeights(experts, test);
    expect(weights[1]).toBeGreaterThan(0.95);
    const fitted = mean(surprisals(mixturePredictor(experts, { weights }), test));
    for (const expert of experts) expect(fitted).toBeLessThanOrEqual(mean(surprisals(expert, test)) + 1e-4);
  });
});

describe("a sampler of a predictor", () => {
  it("makes sequences that stay as often as the series does, the same for one seed", () => {
    const sampler = predictorSampler(markovPredictor(train, { order: 1 }), train);
    const made = sampler.generate(200, 30, 1);
    expect(sampler.generate(200, 30, 1)).toEqual(made);
    const stays = mean(made.flatMap((s) => Array.from(s.subarray(1), (v, t) => (v === s[t] ? 1 : 0))));
    expect(Math.abs(stays - 0.9)).toBeLessThan(0.02);
  });

  it("goes on after the histories that it is given, a set for each seed", () => {
    const chain = markovPredictor(train, { order: 1 });
    const histories = Array.from({ length: 400 }, (_, i) => Float32Array.of(i % 2));
    const [first, second] = predictorPaths(chain, histories, 2, [3, 4]);
    expect(predictorPaths(chain, histories, 2, [3])).toEqual([first]);
    expect(second).not.toEqual(first);
    expect(Math.abs(mean(first!.map(([v], i) => (v === i % 2 ? 1 : 0))) - 0.9)).toBeLessThan(0.05);
    const [once] = predictorPaths(chain, [histories[0]!, histories[0]!], 20, [3]);
    expect(once![1]).not.toEqual(once![0]);
  });
});

describe("bad arguments", () => {
  it("are named", () => {
    expect(() => cachePredictor(train, { tau: 0 })).toThrow("options.tau must be a finite number above 0; it is 0");
    expect(() => cachePredictor(train, null as never)).toThrow("options must be");
    expect(() => markovPredictor(train, { order: -1 })).toThrow("options.order must be a whole number from 0; it is -1");
    expect(() => markovPredictor([1] as never, { order: 1 })).toThrow("train must be a Float32Array");
    expect(() => surprisals(null as never, test)).toThrow("predictor must be a Predictor");
    expect(() => mixturePredictor([])).toThrow("experts must be an array, not empty");
    expect(() => mixtureWeights([independentPredictor(train)] as Predictor[], test, 0)).toThrow("steps must be a whole number from 1");
    expect(() => indicesOf(train, Float32Array.of(Number.NaN))).toThrow("series[0] must be a finite number");
    expect(indicesOf(Float32Array.of(0, 1), Float32Array.of(1, 0.5))).toEqual([1, 2]);
  });
});
