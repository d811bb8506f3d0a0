import { describe, expect, test } from "vitest";
import { split } from "../lib/data/protocol";
import { gpuRequests, loadTrace } from "../lib/data/trace";
import { autocorrelation } from "../lib/metrics/autocorrelation";
import { mean, transitionOverlap, transitionScore } from "../lib/metrics/metrics";
import { samplers } from "../lib/metrics/samplers";
import { hasTrace, trace } from "./trace-file";

const NAMES = [
  "iid marginal",
  "shuffle",
  "Markov-1",
  "Markov-2",
  "Markov-3",
  "clipped Gaussian",
  "uniform",
  "half 1.0, half uniform",
  "constant 1.0",
];
const f32 = (...values: number[]) => Float32Array.of(...values);
const make = (train: Float32Array, name: string, count: number, steps: number, seed = 1) =>
  samplers(train)
    .find((g) => g.name === name)!
    .generate(count, steps, seed);
const flat = (sequences: Float32Array[]) => Float32Array.from(sequences.flatMap((s) => Array.from(s)));

describe("samplers", () => {
  const train = f32(0, 0.5, 1, 1, 0, 0.5, 1, 0.25, 0.5, 1);

  test("are nine", () => expect(samplers(train).map((g) => g.name)).toEqual(NAMES));

  test.each(NAMES)("%s: shape, range, one result a seed, train left as it is", (name) => {
    const before = train.slice();
    const sequences = make(train, name, 40, 7, 3);
    expect(sequences.map((s) => s.length)).toEqual(new Array(40).fill(7));
    expect(sequences.every((s) => s.every((v) => v >= 0 && v <= 1))).toBe(true);
    expect(make(train, name, 40, 7, 3)).toEqual(sequences);
    if (name !== "constant 1.0") expect(make(train, name, 40, 7, 4)).not.toEqual(sequences);
    expect(train).toEqual(before);
  });

  test("each has random numbers of its own: iid and shuffle, the three chains", () => {
    const made = NAMES.slice(0, 5).map((name) => flat(make(train, name, 20, 10)).join());
    expect(new Set(made).size).toBe(5);
  });

  test("shuffle: every ten values are the training part's ten, in several orders", () => {
    const rounds = make(train, "shuffle", 30, 10);
    for (const round of rounds) expect(round.slice().sort()).toEqual(train.slice().sort());
    expect(new Set(rounds.map((round) => round.join())).size).toBeGreaterThan(25);
    // Cuts of another length go on where the last one ended.
    expect(flat(make(train, "shuffle", 75, 4))).toEqual(flat(rounds));
  });

  test("iid marginal: the training part's frequencies", () => {
    const values = flat(make(train, "iid marginal", 1000, 20));
    for (const value of [0, 0.25, 0.5, 1]) {
      const expected = train.filter((v) => v === value).length / train.length;
      expect(Math.abs(values.filter((v) => v === value).length / values.length - expected)).toBeLessThan(0.015); // 4 se
    }
  });

  test("Markov-3 of more different values than fit into one number's digits", () => {
    const n = 220_000;
    expect(n ** 3).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    const train = Float32Array.from({ length: n }, (_, i) => i / n);
    for (const s of make(train, "Markov-3", 20, 5)) {
      const at = train.indexOf(s[0]!);
      expect(s).toEqual(train.slice(at, at + 5));
    }
  });

  test.each([1, 2, 3])("Markov-%i: only what followed the last values, as often as it did", (order) => {
    const follows = (past: number[]) =>
      Array.from(train).filter((_, t) => t >= past.length && past.every((v, i) => train[t - past.length + i] === v));
    const counts = new Map<string, number[]>();
    for (const s of make(train, `Markov-${order}`, 2000, 12)) {
      for (let t = order; t < s.length; t++) {
        const past = Array.from(s.subarray(t - order, t));
        const known = follows(past);
        if (known.length === 0) continue;
        expect(known).toContain(s[t]);
        const seen = counts.get(past.join()) ?? [];
        counts.set(past.join(), [...seen, s[t]!]);
      }
    }
    for (const [past, seen] of counts) {
      if (seen.length < 1000) continue;
      const known = follows(past.split(",").map(Number));
      for (const value of new Set(known)) {
        const expected = known.filter((v) => v === value).length / known.length;
        expect(Math.abs(seen.filter((v) => v === value).length / seen.length - expected), `${past} → ${value}`).toBeLessThan(0.065); // 4 se
      }
    }
    expect(counts.size).toBeGreaterThan(3);
  });

  test("an unseen context backs off: a chain never ends", () => {
    // 0.9 stands at the end alone: no successor, so any value may follow it.
    const sequences = make(f32(0, 0, 0, 0, 0.9), "Markov-3", 200, 10);
    const after = sequences.flatMap((s) => Array.from(s.subarray(1)).filter((_, t) => s[t] === Math.fround(0.9)));
    expect(new Set(after)).toEqual(new Set([0, Math.fround(0.9)]));
  });

  test("clipped Gaussian, uniform, half and half, constant: their moments", () => {
    const values = (name: string) => flat(make(train, name, 2000, 10));
    expect(Math.abs(mean(values("uniform")) - 0.5)).toBeLessThan(0.01);
    const half = values("half 1.0, half uniform");
    expect(Math.abs(half.filter((v) => v === 1).length / half.length - 0.5)).toBeLessThan(0.015);
    expect(Math.abs(mean(half) - 0.75)).toBeLessThan(0.01);
    expect(values("constant 1.0").every((v) => v === 1)).toBe(true);
    // Mean .575 and sd .3912 (divided by n): P(Z > (1 - .575) / .3912) = .1387 is clamped to 1.
    const gaussian = values("clipped Gaussian");
    expect(Math.abs(gaussian.filter((v) => v === 1).length / gaussian.length - 0.1387)).toBeLessThan(0.01);
  });

  test("bad arguments are named", () => {
    expect(() => samplers(f32(0, 1, 0))).toThrow(/^train must be a Float32Array, 4 or more/);
    expect(() => samplers(f32(0, 1, 0, Number.NaN))).toThrow(/^train\[3\] must be a finite number/);
    const [first] = samplers(train);
    expect(() => first!.generate(0, 5, 1)).toThrow(/^count must be a whole number from 1; it is 0/);
    expect(() => first!.generate(5, 1.5, 1)).toThrow(/^steps must be a whole number from 1; it is 1.5/);
    expect(() => first!.generate(5, 5, -1)).toThrow(/^seed must be/);
  });
});

describe.skipIf(!hasTrace)("Algorithm 1, calibrated on the trace", async () => {
  const train = hasTrace ? split(gpuRequests(await loadTrace(trace))).train : f32(0, 0, 0, 0);
  const SEEDS = [0, 1, 2, 3, 4];
  const sequences = (name: string) => SEEDS.map((seed) => make(train, name, 7650, 10, seed));

  // Means over 5 seeds. A single score's sd is at most .7.
  test.each([
    ["uniform", 60.1, 0.3],
    ["iid marginal", 69.8, 0.7],
    ["shuffle", 69.8, 0.7],
    ["Markov-1", 76.9, 1.2],
    ["clipped Gaussian", 68.2, 0.5],
    ["half 1.0, half uniform", 62.5, 0.5],
    ["constant 1.0", 1, 0],
  ])("%s: %d", (name, expected, tolerance) => {
    const score = mean(sequences(name).map((s) => transitionScore(train, s)));
    expect(Math.abs(score - expected)).toBeLessThanOrEqual(tolerance);
  });

  // With so many pairs GM is near N times the pairs' probabilities P, which independent values let one write down.
  test.each<[string, (i: number) => number]>([
    ["uniform", (i) => (i < 10 ? 0.1 : 0)],
    ["half 1.0, half uniform", (i) => (i < 10 ? 0.05 : 0.5)],
    ["iid marginal", (i) => train.filter((v) => Math.floor(10 * v + 1e-6) === i).length / train.length],
  ])("%s: near its limit Σ min(N P_ij, TM_ij) / TM_ij", (name, marginal) => {
    const truth = new Float64Array(121);
    const bin = (t: number) => Math.floor(10 * train[t]! + 1e-6);
    for (let t = 1; t < train.length; t++) truth[11 * bin(t - 1) + bin(t)]! += 1;
    const limit = truth.reduce((sum, count, cell) => {
      const expected = (train.length - 1) * marginal(Math.floor(cell / 11)) * marginal(cell % 11);
      return count > 0 ? sum + Math.min(expected, count) / count : sum;
    }, 0);
    const score = mean(sequences(name).map((s) => transitionScore(train, s)));
    expect(score).toBeLessThan(limit + 0.5);
    expect(score).toBeGreaterThan(limit - 1);
  });

  test("the chain has the trace's memory, a shuffle has none, and the overlap tells them from noise", () => {
    const memory = (name: string) => mean(make(train, name, 10, 5000).map((s) => autocorrelation(s, 1)));
    for (const order of [1, 2, 3]) expect(Math.abs(memory(`Markov-${order}`) - 0.245)).toBeLessThan(0.03);
    expect(Math.abs(memory("shuffle"))).toBeLessThan(0.02);
    const overlap = (name: string) => transitionOverlap(train, make(train, name, 7650, 10));
    expect(overlap("Markov-1")).toBeGreaterThan(0.98);
    expect(overlap("iid marginal")).toBeLessThan(0.86);
    expect(overlap("uniform")).toBeLessThan(0.3);
  });
});
