import { DataFrame } from "danfojs-node";
import { describe, expect, it } from "vitest";
import { blockBootstrap, differenceInterval, meanInterval } from "../lib/metrics/statistics";
import { evidence } from "../lib/paper/evidence";
import { bySeed, less, minus, over, overBoth } from "../lib/paper/intervals";
import { atLevel, NO_NOISE, noiseLevel } from "../lib/paper/levels";
import type { RunErrors } from "../lib/paper/results";
import { COLUMNS } from "../lib/paper/scores";

describe("evidence", () => {
  const T1 = noiseLevel(1, 5, "sd");

  it("differences are of the runs that both have", () => {
    expect(less([3, 4, 9], [1, 1])).toEqual([2, 3]);
    expect(less([3], [1, 1])).toEqual([2]);
    expect(bySeed([3, 4, 9], [1, 1, 1])).toEqual(meanInterval([2, 3, 8]));
    const [a, b] = [
      [Float32Array.of(3, 4), Float32Array.of(5, 6)],
      [Float32Array.of(1, 2), Float32Array.of(2, 2)],
    ];
    expect(minus(a, b)).toEqual([Float32Array.of(2, 2), Float32Array.of(3, 4)]);
    expect(minus(a, b.slice(0, 1))).toEqual([Float32Array.of(2, 2), Float32Array.of(4, 4)]);
    expect(minus(a.slice(0, 1), b)).toEqual([Float32Array.of(2, 2)]);
  });

  it("where one family has more runs, all of both count", () => {
    expect(bySeed([3, 4, 9], [1, 2])).toEqual(differenceInterval([3, 4, 9], [1, 2]));
    const runs = Array.from({ length: 3 }, (_, seed) => Float32Array.from({ length: 60 }, (_, t) => ((t * 7) % 11) + seed));
    expect(overBoth(runs, runs.slice(0, 2))).toEqual(blockBootstrap(runs, { minus: runs.slice(0, 2) }));
    expect(overBoth(runs, runs.slice(0, 2)).mean).toBeCloseTo(0.5, 6);
    expect(overBoth(runs, runs.slice(0, 1))).toEqual(over(minus(runs, runs.slice(0, 1))));
  });

  it("an interval of a share is that of the numbers, in units", () => {
    const errors = Float32Array.from({ length: 60 }, (_, t) => (t * 7) % 11);
    const [whole, halves] = [over([errors]), over([errors], 2)];
    expect(whole).toEqual(blockBootstrap([errors]));
    for (const key of ["mean", "low", "high"] as const) expect(halves[key]).toBeCloseTo(whole[key] / 2, 6);
  });

  it("a level is found under its columns", () => {
    expect(atLevel(NO_NOISE)).toEqual({ experiment: "table1", row: 1, reading: "" });
    expect(atLevel(T1)).toEqual({ experiment: "table1", row: 5, reading: "sd" });
    expect(atLevel(noiseLevel("biased", 2, "variance"))).toEqual({ experiment: "biased", row: 2, reading: "variance" });
  });

  it("selects a family's numbers in the order of its seeds", () => {
    const row = (seed: number, experiment: string, at: number, reading: string, xi: string, metric: string, value: number) =>
      [`a-seed-${seed}`, "a", "tdlgm", seed, experiment, at, reading, xi, metric, value] as const;
    const rows = [1, 0].flatMap((seed) => [
      row(seed, "table1", 1, "", "sample", "mse", 1 + seed),
      row(seed, "table1", 1, "", "mean", "mse", 0.5),
      row(seed, "table1", 5, "sd", "sample", "mse", 4 + 3 * seed),
      row(seed, "table2", 30, "code", "", "score", 60 + seed),
      row(seed, "free run", 0, "", "", "autocorrelation", seed / 10),
      row(seed, "training", 0, "", "", "stateVariance", seed),
    ]);
    const paper = ["", "A, paper", "paper", 0, "table1", 1, "", "", "mse", 9] as const;
    const run = (seed: number, level: typeof T1, value: number): RunErrors => ({
      ...{ run: `a-seed-${seed}`, family: "a", seed, level },
      squared: { sample: new Float32Array(30).fill(value), mean: new Float32Array(30).fill(value / 2) },
      byDraw: Float32Array.of(value, value - 3),
      welch: Float32Array.of(0.01, 0.01),
    });
    const kept = [0, 1].flatMap((seed) => [run(seed, NO_NOISE, 1 + seed), run(seed, T1, 4 + 3 * seed)]);
    const of = evidence(new DataFrame([...rows, paper], { columns: [...COLUMNS] }), kept);
    expect(of.errors("a")).toEqual([1, 2]);
    expect(of.errors("a", T1)).toEqual([4, 7]);
    expect(of.errors("a", NO_NOISE, "mean")).toEqual([0.5, 0.5]);
    expect(of.errors("A, paper")).toEqual([9]);
    expect(of.error("a")).toBe(1.5);
    expect(of.adds("a", T1)).toEqual([3, 5]);
    expect(of.squares("a", T1, "mean").map(([first]) => first)).toEqual([2, 3.5]);
    expect(of.more("a", T1).map(([first]) => first)).toEqual([3, 5]);
    expect(of.between("a", "a", T1)).toMatchObject({ mean: 0, low: 0, high: 0 });
    expect([of.score("a"), of.memory("a"), of.ended("a", "stateVariance")]).toEqual([
      [60, 61],
      [0, 0.1],
      [0, 1],
    ]);
    // Seed 0: 4 and 1 against 1 and -2; both are larger. A smaller error, or a p of .05, is no increase.
    expect(of.noticed("a", T1)).toEqual([1, 1]);
    const other = kept.map((one) =>
      one.level === T1 ? { ...one, byDraw: Float32Array.of(9, -9), welch: Float32Array.of(0.05, 0.01) } : one,
    );
    expect(evidence(new DataFrame([paper], { columns: [...COLUMNS] }), other).noticed("a", T1)).toEqual([0, 0]);
  });
});
