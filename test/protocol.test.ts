import { describe, expect, test } from "vitest";
import { checkSeed } from "../lib/base/check";
import { addNoise } from "../lib/data/noise";
import {
  corruptTest,
  HISTORY,
  NOISE_SEEDS,
  noiseOf,
  split,
  TABLE1_NOISE,
  TABLE3_NOISE,
  TEST_SIZE,
  testPart,
  validationSplit,
} from "../lib/data/protocol";

const series = Float32Array.from({ length: 700 }, (_, t) => (t % 101) / 100);

describe("split", () => {
  test("test is the last 500, train the rest; both are copies", () => {
    const { train, test: last } = split(series);
    expect([train.length, last.length]).toEqual([200, 500]);
    expect(Float32Array.of(...train, ...last)).toEqual(series);
    train[0] = 9;
    expect(series[0]).toBe(0);
  });
  test("too short", () =>
    expect(() => split(new Float32Array(500))).toThrow(/^series must be a Float32Array, 501 or more; it is a Float32Array of 500 values/));
});

describe("noise rows", () => {
  test("both readings of σ²", () => {
    expect(noiseOf({ probability: 0.4, variance: 0.01 }, "variance")).toEqual({ probability: 0.4, sd: 0.1 });
    expect(noiseOf({ probability: 0.4, variance: 0.01 }, "sd")).toEqual({ probability: 0.4, sd: 0.01 });
    expect(noiseOf(TABLE1_NOISE[0]!, "variance")).toEqual({ probability: 0, sd: 0 });
    expect(() => noiseOf(TABLE1_NOISE[0]!, "std" as never)).toThrow(/^reading must be "variance" or "sd"; it is "std"/);
  });
  test("Table 3's levels are 0.1 / (2k+1), from the smallest", () => {
    expect(TABLE3_NOISE.map((row) => Number(row.variance.toFixed(4)))).toEqual([
      0.0053, 0.0059, 0.0067, 0.0077, 0.0091, 0.0111, 0.0143, 0.02, 0.0333, 0.1,
    ]);
    expect(TABLE3_NOISE.every((row) => row.probability === 1)).toBe(true);
  });
  test("the seeds of the draws are valid and all different", () => {
    for (const seed of NOISE_SEEDS) expect(() => checkSeed(seed)).not.toThrow();
    expect(new Set(NOISE_SEEDS).size).toBe(20);
  });
});

describe("corruptTest, testPart", () => {
  test("noise lies on the test part and the 30 values before it", () => {
    const noise = { probability: 1, sd: 0.1 };
    const noisy = corruptTest(series, noise, 3);
    expect(noisy).toHaveLength(HISTORY + TEST_SIZE);
    expect(noisy).toEqual(addNoise(series.slice(170), noise, 3));
    expect(noisy[0]).not.toBe(series[170]);
    expect(corruptTest(series, { probability: 0, sd: 0 }, 3)).toEqual(series.slice(170));
    expect(testPart(noisy)).toEqual(noisy.slice(30));
  });
  test("too short", () => {
    expect(() => corruptTest(series.slice(0, 529), { probability: 0, sd: 0 }, 3)).toThrow(/^series must be a Float32Array, 530 or more/);
    expect(() => testPart(series.slice(0, 499))).toThrow(/^values must be a Float32Array, 500 or more/);
  });
});

describe("validationSplit", () => {
  test("the last 10 %, m values apart", () => {
    expect(validationSplit(7652, 10)).toEqual({ validationStart: 6887, trainEnd: 6877 });
    expect(validationSplit(100, 30)).toEqual({ validationStart: 90, trainEnd: 60 });
  });
  test("no window before a validation target holds a trained target", () => {
    for (const [n, m] of [
      [7652, 30],
      [50, 5],
      [10, 1],
    ] as const) {
      const { trainEnd, validationStart } = validationSplit(n, m);
      expect(validationStart - m).toBeGreaterThanOrEqual(trainEnd);
      expect(validationStart).toBeLessThan(n);
      expect(trainEnd).toBeGreaterThan(m);
    }
  });
  test("too short, or no number", () => {
    expect(() => validationSplit(9, 1)).toThrow(/^series, a training part of 9 values, is too short for windows of 1/);
    expect(() => validationSplit(22, 10)).toThrow(/too short for windows of 10/);
    expect(validationSplit(23, 10)).toEqual({ validationStart: 21, trainEnd: 11 });
    expect(() => validationSplit(0, 10)).toThrow(/^n must be a whole number from 1/);
    expect(() => validationSplit(100, 1.5)).toThrow(/^m must be a whole number from 1/);
  });
});
