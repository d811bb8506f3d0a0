/** Scores of distributions against exact numbers, and what makes them proper and fair. */
import { describe, expect, it } from "vitest";
import { generator } from "../lib/base/random";
import { autocorrelationDistance } from "../lib/metrics/autocorrelation";
import { mean } from "../lib/metrics/metrics";
import { mmd } from "../lib/metrics/mmd";
import { coverage, crps, energyScore, pitUniformity, quantileCrps, randomisedPit } from "../lib/metrics/probabilistic";

const random = generator(4, "scores");
const normals = (n: number, sd = 1) => Array.from({ length: n }, () => sd * random.normal());

describe("crps", () => {
  it("has exact values", () => {
    expect(crps([0, 1, 1], 1)).toBeCloseTo(0, 12);
    expect(crps([0, 2], 5)).toBeCloseTo(4 - 1, 12);
    expect(crps([3, 1, 2], 2)).toBeCloseTo(2 / 3 - (2 * (1 + 1 + 2)) / 12, 12);
    expect(crps([3, 1, 2], 2)).toBe(crps([1, 2, 3], 2));
  });

  it("is fair: its mean is that of the distribution itself, for two samples as for many", () => {
    // Of N(0, 1) against N(0, 1): E|x − y| − ½ E|x − x'| = 1/√π.
    for (const M of [2, 20]) {
      const scores = Array.from({ length: 20000 }, () => crps(normals(M), random.normal()));
      expect(Math.abs(mean(scores) - 1 / Math.sqrt(Math.PI))).toBeLessThan(0.03);
    }
  });

  it("is proper: the true width is best", () => {
    const score = (sd: number) => mean(Array.from({ length: 8000 }, () => crps(normals(10, sd), random.normal())));
    const right = score(1);
    for (const sd of [0.4, 2]) expect(score(sd)).toBeGreaterThan(right + 0.02);
  });
});

describe("energyScore", () => {
  it("has exact values, and is crps for paths of one value", () => {
    expect(
      energyScore(
        [
          [0, 0],
          [3, 4],
        ],
        [0, 0],
      ),
    ).toBeCloseTo(0, 12);
    expect(
      energyScore(
        [
          [0, 0],
          [3, 4],
          [3, 4],
        ],
        [3, 4],
      ),
    ).toBeCloseTo(5 / 3 - 10 / 6, 12);
    const x = normals(7);
    expect(
      energyScore(
        x.map((v) => [v]),
        [0.3],
      ),
    ).toBeCloseTo(crps(x, 0.3), 12);
  });
});

describe("quantileCrps", () => {
  it("has exact values", () => {
    // Quantiles of {0, 1} are q itself: the mean of 2 q' (1 − q') (1 − q' being their distance to 1), over |1|.
    const q = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
    expect(quantileCrps([[0, 1]], [1])).toBeCloseTo(mean(q.map((x) => 2 * x * (1 - x))), 12);
    expect(quantileCrps([[1, 0]], [0.5])).toBeCloseTo(mean(q.map((x) => 2 * Math.abs((x - 0.5) * ((x >= 0.5 ? 1 : 0) - x)))) / 0.5, 12);
  });
});

describe("calibration", () => {
  it("PIT is uniform where the forecast is right, atoms or none", () => {
    expect(randomisedPit([0, 1, 1, 2], 1, 0.5)).toBe(0.5);
    expect([0, 1].map((u) => randomisedPit([0, 1, 1, 2], 1, u))).toEqual([0.25, 0.75]);
    const coin = () => (random.uniform() < 0.3 ? 0 : 1);
    const pits = Array.from({ length: 4000 }, () => randomisedPit(Array.from({ length: 200 }, coin), coin(), random.uniform()));
    for (const x of [0.1, 0.3, 0.5, 0.8]) expect(Math.abs(mean(pits.map((p) => (p <= x ? 1 : 0))) - x)).toBeLessThan(0.03);
  });

  it("pitUniformity has exact distances, and refuses what is not uniform", () => {
    expect(pitUniformity([0.1, 0.9, 0.5, 0.3, 0.7], { block: 1 }).distance).toBeCloseTo(0.1, 12);
    expect(pitUniformity([1, 1], { block: 1 }).distance).toBe(1);
    expect(pitUniformity([0.2, 0.2, 0.2, 0.2], { block: 2 })).toEqual({ distance: 0.8, p: 1 / 1001 }); // every replicate is the same
    const right = Array.from({ length: 40 }, (_, seed) => pitUniformity(Array.from({ length: 300 }, random.uniform), { seed }).p);
    expect(right.filter((p) => p < 0.1).length).toBeLessThan(10);
    const skewed = Array.from({ length: 300 }, () => random.uniform() ** 1.5);
    expect(pitUniformity(skewed).p).toBeLessThan(0.01);
  });

  it("pitUniformity allows for neighbours that depend on each other", () => {
    const wandering = () => Array.from({ length: 60 }, random.uniform).flatMap((u) => new Array<number>(10).fill(u));
    const refused = (block: number) =>
      Array.from({ length: 40 }, () => pitUniformity(wandering(), { block }).p).filter((p) => p < 0.05).length;
    expect(refused(1)).toBeGreaterThan(20);
    expect(refused(20)).toBeLessThan(8);
  });

  it("coverage counts the edges in", () => {
    expect(
      coverage(
        [
          [0, 1, 2],
          [0, 1, 2],
        ],
        [1, 3],
        0.5,
      ),
    ).toBe(0.5);
    expect(
      coverage(
        [
          [0, 1, 2],
          [0, 1, 2],
        ],
        [0, 2],
        1,
      ),
    ).toBe(1);
    expect(coverage([[0, 1, 2]], [0.4], 0.5)).toBe(0);
  });
});

describe("mmd", () => {
  it("has an exact value, and finds another distribution, not the same one", () => {
    expect(mmd([[0], [0]], [[1], [1]], { bandwidth: 1 })).toBeCloseTo(2 - 2 * Math.exp(-0.5), 12);
    const same = [[0], [1], [3]];
    expect(mmd(same, same)).toBe(mmd(same, [...same]));
    const windows = (shift: number) => Array.from({ length: 150 }, () => normals(3).map((v) => v + shift));
    expect(Math.abs(mmd(windows(0), windows(0)))).toBeLessThan(0.02);
    expect(mmd(windows(0), windows(1))).toBeGreaterThan(0.1);
  });
});

describe("autocorrelationDistance", () => {
  it("has an exact value", () => {
    expect(autocorrelationDistance(Float32Array.of(1, 2, 3, 4), [Float32Array.of(1, 2, 3, 4)], 1)).toBeCloseTo(1 / 12, 6);
  });
});

describe("bad arguments", () => {
  it("are named", () => {
    expect(() => crps([1], 0)).toThrow("samples must be an array of numbers, 2 or more; it is an Array of 1 value");
    expect(() => crps([1, 2], Number.NaN)).toThrow("y must be a finite number; it is NaN");
    expect(() => energyScore([[1], [1, 2]], [1])).toThrow("samples[1] must be as long as path, 1");
    expect(() => energyScore(null as never, [1])).toThrow("samples must be an array, 2 or more; it is null");
    expect(() => quantileCrps([[1]], [0])).toThrow("truth must have a value that is not 0");
    expect(() => randomisedPit([1], 1, 2)).toThrow("u must be a finite number from 0 to 1");
    expect(() => pitUniformity([0.5, 1.5])).toThrow("pits[1] must be a finite number from 0 to 1");
    expect(() => pitUniformity([0.5])).toThrow("options.block must be a whole number from 1 to 1; it is 25");
    expect(() => coverage([[1]], [1, 2], 0.5)).toThrow("samples must be as long as truth, 2");
    expect(() => mmd([[1], [2]], [[1], [1, 2]])).toThrow("b[1] must be as long as a[0], 1");
    expect(() => mmd([[1], [2]], [[1], [2]], { bandwidth: 0 })).toThrow("options.bandwidth must be a finite number above 0");
    expect(() => autocorrelationDistance(Float32Array.of(1, 1), [Float32Array.of(1, 2)], 1)).toThrow(
      "real must be a series of different values",
    );
  });
});
