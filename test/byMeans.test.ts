/** Scores as functions of means: the same as the plain scores, also of sequences drawn anew, and what their intervals know. */
import { describe, expect, it } from "vitest";
import { generator } from "../lib/base/random";
import { autocorrelationDistance, pooledAutocorrelation } from "../lib/metrics/autocorrelation";
import { byMeans, type ScoreByMeans } from "../lib/metrics/byMeans";
import { mean, transitionOverlap, transitionScore } from "../lib/metrics/metrics";
import { mmd } from "../lib/metrics/mmd";
import { statisticBootstrap } from "../lib/metrics/statistics";
import { discriminativeScore, predictiveScore } from "../lib/metrics/twoSample";

const random = generator(5, "by means");
const levels = Array.from({ length: 100 }, () => random.normal());
/** An AR(1) in [0, 1] after each of 100 histories, on its history's level: sequences after one history resemble one another. */
const run = (phi: number, share = 0.3): Float32Array[] =>
  levels.map((level) => {
    let v = random.normal();
    return Float32Array.from({ length: 12 }, () => {
      v = phi * v + Math.sqrt(1 - phi * phi) * random.normal();
      return 1 / (1 + Math.exp(-v - share * level));
    });
  });
const real = run(0.6);
const series = Float32Array.from(real.flatMap((s) => Array.from(s)));
const drawn = (sequences: Float32Array[], places: number[]) => places.map((i) => sequences[i]!);

const scores: Record<string, { score: ScoreByMeans; plain: (sequences: Float32Array[]) => number }> = {
  "lag 1": { score: byMeans.pooledAutocorrelation(1), plain: (set) => pooledAutocorrelation(set, 1) },
  "lag 5": { score: byMeans.pooledAutocorrelation(5), plain: (set) => pooledAutocorrelation(set, 5) },
  distance: { score: byMeans.autocorrelationDistance(series, 5), plain: (set) => autocorrelationDistance(series, set, 5) },
  overlap: { score: byMeans.transitionOverlap(series), plain: (set) => transitionOverlap(series, set) },
  "overlap, lag 3": { score: byMeans.transitionOverlap(series, 3), plain: (set) => transitionOverlap(series, set, 3) },
  "Algorithm 1": { score: byMeans.transitionScore(series), plain: (set) => transitionScore(series, set) },
  predictive: { score: byMeans.predictiveScore(real, 3), plain: (set) => predictiveScore(set, real, 3) },
  MMD: { score: byMeans.mmd(real), plain: (set) => mmd(real, set, { bandwidth: median(real) }) },
  discriminative: { score: byMeans.discriminativeScore(real), plain: (set) => discriminativeScore(real, set) },
};
function median(sequences: Float32Array[]): number {
  const distances = sequences.flatMap((x, i) => sequences.slice(0, i).map((y) => Math.hypot(...x.map((v, t) => v - y[t]!))));
  distances.sort((a, b) => a - b);
  const half = distances.length / 2;
  return (distances[Math.ceil(half) - 1]! + distances[Math.floor(half)]!) / 2;
}
const meansOf = (parts: ArrayLike<number>[], places: number[]) => parts.map((part) => mean(places.map((i) => part[i]!)));
const all = levels.map((_, i) => i);

describe.each(Object.entries(scores))("%s", (name, { score, plain }) => {
  it("is the plain score", () => {
    for (const set of [run(0.6), run(0.2, 1), run(-0.5).slice(0, 51)])
      expect(score.of(meansOf(score.parts(set), Array.from(set.keys())))).toBeCloseTo(plain(set), 6);
  });

  if (!["MMD", "discriminative"].includes(name))
    it("is that of sequences drawn anew", () => {
      const set = run(0.4);
      const places = all.map(() => random.integer(100));
      expect(score.of(meansOf(score.parts(set), places))).toBeCloseTo(plain(drawn(set, places)), 6);
    });

  it("has an interval that knows what two methods have in common", () => {
    const parts = (runs: Float32Array[][]) => runs.map((set) => score.parts(set));
    const [like, alike] = [0, 0].map(() => [run(0.6, 2), run(0.6, 2), run(0.6, 2)]);
    const others = alike.map((set) => set.toReversed());
    const { mean: difference, low, high, se } = statisticBootstrap(score.of, parts(like), parts(alike));
    const of = (runs: Float32Array[][]) => mean(runs.map(plain));
    expect(difference).toBeCloseTo(of(like) - of(alike), 6);
    expect(low).toBeLessThan(difference);
    expect(high).toBeGreaterThan(difference);
    // In another order the histories are other ones, and what is in common no longer falls out.
    if (["lag 1", "MMD", "overlap"].includes(name))
      expect(statisticBootstrap(score.of, parts(like), parts(others)).se).toBeGreaterThan(1.2 * se);
    const same = parts([like[0]!]);
    expect(statisticBootstrap(score.of, same, same)).toEqual({ mean: 0, low: 0, high: 0, se: 0 });
  });
});

describe("by means", () => {
  it("the example has its number", () => {
    const { parts, of } = byMeans.transitionOverlap(Float32Array.of(0, 1, 0));
    expect(of(parts([Float32Array.of(0, 1)]).map((part) => mean(part)))).toBe(0.5);
  });

  it("the error of the MMD is that of sets drawn from the generator", () => {
    const fresh = () => Array.from({ length: 100 }, () => Float32Array.from({ length: 3 }, random.uniform));
    const [truth, score] = [real.map((s) => s.slice(0, 3)), byMeans.mmd(real.map((s) => s.slice(0, 3)))];
    const bandwidth = median(truth);
    const values = Array.from({ length: 200 }, () => mmd(truth, fresh(), { bandwidth }));
    const sd = Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)));
    const errors = Array.from({ length: 10 }, () => {
      const none = truth.map(() => Float32Array.of(0.5, 0.5, 0.5));
      return statisticBootstrap(score.of, [score.parts(fresh())], [score.parts(none)], { block: 1 }).se;
    });
    expect(mean(errors) / sd).toBeGreaterThan(0.75);
    expect(mean(errors) / sd).toBeLessThan(1.35);
  });

  it("the discriminative score has each sequence's own windows", () => {
    const [{ parts }, set] = [byMeans.discriminativeScore(real), run(0.6).slice(0, 40)];
    const before = parts(set);
    // Two sequences of one fold change places: the classifiers learn from the same windows, and their shares change places too.
    const [a, b] = [6, 31].map((i) => i - (i % 2));
    const after = parts(set.map((s, i) => (i === a ? set[b!]! : i === b ? set[a!]! : s)));
    const moved = before.map((part) => Array.from(part, (x, i) => (i === a ? part[b!]! : i === b ? part[a!]! : x)));
    after.forEach((part, p) => {
      Array.from(part).forEach((x, i) => {
        expect(x).toBeCloseTo(moved[p]![i]!, 6);
      });
    });
  });

  it("counts are not limited: one sequence of 70,000 values", () => {
    const long = [Float32Array.from({ length: 70_001 }, (_, t) => t % 2)];
    const { parts, of } = byMeans.transitionOverlap(long[0]!);
    expect(of(parts(long).map((part) => mean(part)))).toBeCloseTo(1, 12);
  });

  it("a set that says one thing has no autocorrelation, whatever it says", () => {
    const { of, parts } = scores.distance!.score;
    const constant = (v: number) => [parts(levels.map(() => new Float32Array(12).fill(v)))];
    expect(statisticBootstrap(of, constant(0.47), constant(0.11))).toEqual({ mean: 0, low: 0, high: 0, se: 0 });
  });

  it("bad arguments are named", () => {
    expect(() => byMeans.pooledAutocorrelation(0)).toThrow("lag must be a whole number from 1");
    expect(() => byMeans.autocorrelationDistance(Float32Array.of(1, 1), 1)).toThrow("real must be a series of different values");
    expect(() => byMeans.transitionOverlap(Float32Array.of(0.5))).toThrow("truth must be longer than the lag, 1");
    expect(() => byMeans.mmd([real[0]!])).toThrow("real must be an array of Float32Arrays, 2 or more");
    expect(() => byMeans.mmd(real).parts(real.map((s) => s.slice(0, 5)))).toThrow("sequences[0] must be as long as real[0], 12");
    expect(() => byMeans.discriminativeScore(real, 13)).toThrow("real[0].length must be a whole number from 13; it is 12");
    expect(() => byMeans.predictiveScore(real, 12)).toThrow("real[0].length must be a whole number from 13; it is 12");
    for (const { score } of Object.values(scores)) {
      expect(() => score.parts([])).toThrow("sequences must be an array of Float32Arrays");
      expect(() => score.parts([real[0]!, real[1]!.slice(1)])).toThrow("sequences[1] must be as long as sequences[0], 12");
      expect(() => score.parts([real[0]!, Float32Array.of(Number.NaN)])).toThrow("sequences[1][0] must be a finite number");
    }
    const empty = byMeans.discriminativeScore(real).parts(real.slice(0, 2)); // a draw may have one of the two sequences twice
    expect(() => statisticBootstrap(scores.discriminative!.score.of, [empty], [empty], { block: 1 })).toThrow(
      "of must be a function that gives a finite number for the means of any blocks; it is NaN",
    );
    expect(() => statisticBootstrap(([m]) => m!, [[[1, 2]]], [[[1, 2]]])).toThrow("runs[0][0] must be an array of numbers, 50 or more");
    expect(() => statisticBootstrap(([m]) => m!, [[[1, 2]]], [[[1, 2, 3]]], { block: 1 })).toThrow(
      "minus[0][0] must be as long as runs[0][0], 2",
    );
  });
});
