import { describe, expect, test } from "vitest";
import { baselines, fitAutoregression } from "../lib/baselines";
import { mean, mse } from "../lib/metrics";
import { corruptTest, HISTORY, NOISE_SEEDS, noiseOf, split, TABLE1_NOISE, TABLE3_NOISE, TEST_SIZE, testPart } from "../lib/protocol";
import { generator } from "../lib/random";
import { gpuRequests, loadTrace } from "../lib/trace";
import { hasTrace, trace } from "./trace-file";

const f32 = (...values: number[]) => Float32Array.of(...values);
const named = (train: Float32Array, name: string) => baselines(train).find((baseline) => baseline.name === name)!;

describe("baselines on a small series", () => {
  const train = Float32Array.from({ length: 40 }, (_, t) => [0, 0.5, 1, 1][t % 4]!);
  const noisy = f32(0.1, 0.25, 0.8, 0.74, 1);

  test.each<[string, number[]]>([
    ["identity", [0.1, 0.25, 0.8, 0.74, 1]],
    ["nearest valid value", [0, 0, 1, 0.5, 1]], // .25 is as near to 0 as to .5: the lower one
    ["previous value", [0, 0.1, 0.25, 0.8, 0.74]],
    ["train mean", [0.625, 0.625, 0.625, 0.625, 0.625]],
    ["train median", [0.75, 0.75, 0.75, 0.75, 0.75]],
  ])("%s", (name, expected) => {
    const before = noisy.slice();
    expect(named(train, name).impute(noisy)).toEqual(Float32Array.from(expected));
    expect(noisy).toEqual(before);
  });

  test("AR(10) follows a series that is a function of its past", () => {
    const imputed = named(train, "AR(10)").impute(train);
    for (let t = 10; t < train.length; t++) expect(imputed[t]).toBeCloseTo(train[t]!, 5);
  });

  test("AR(10) does not see the value that it imputes", () => {
    const other = noisy.slice();
    other[4] = 0;
    expect(named(train, "AR(10)").impute(other)[4]).toBe(named(train, "AR(10)").impute(noisy)[4]);
  });

  test("a constant training part is no trouble", () => {
    const flat = new Float32Array(30).fill(0.5);
    for (const baseline of baselines(flat)) expect(baseline.impute(flat)[20], baseline.name).toBeCloseTo(0.5, 5);
  });

  test("bad arguments are named", () => {
    expect(() => baselines(new Float32Array(20))).toThrow(/^train must have more than 20 values/);
    expect(() => baselines(new Float32Array(30).fill(Number.NaN))).toThrow(/^train must be finite, but train\[0\]/);
    expect(() => named(train, "identity").impute(f32(0, Number.NaN))).toThrow(/^noisy must be finite, but noisy\[1\]/);
  });
});

describe("fitAutoregression", () => {
  test("recovers the coefficients of a simulated AR(2)", () => {
    const random = generator(1, "ar");
    const x = new Float32Array(50_000);
    for (let t = 2; t < x.length; t++) x[t] = 0.3 + 0.5 * x[t - 1]! - 0.2 * x[t - 2]! + 0.1 * random.normal();
    const { intercept, coefficients } = fitAutoregression(x, 2);
    // The standard error of a coefficient is sqrt((1 - a_2²) / n) = .0044.
    expect(Math.abs(coefficients[0]! - 0.5)).toBeLessThan(0.018);
    expect(Math.abs(coefficients[1]! + 0.2)).toBeLessThan(0.018);
    expect(Math.abs(intercept - 0.3)).toBeLessThan(0.01);
  });

  test("the residuals are orthogonal to the past values", () => {
    const random = generator(2, "ar");
    const x = Float32Array.from({ length: 500 }, random.uniform);
    const { intercept, coefficients } = fitAutoregression(x, 3);
    const residual = (t: number) => x[t]! - intercept - coefficients.reduce((sum, a, k) => sum + a * x[t - 1 - k]!, 0);
    for (let k = 0; k <= 3; k++) {
      let product = 0;
      for (let t = 3; t < x.length; t++) product += residual(t) * (k === 0 ? 1 : x[t - k]!);
      expect(Math.abs(product / x.length)).toBeLessThan(1e-8);
    }
  });

  test("bad arguments are named", () => {
    expect(() => fitAutoregression(new Float32Array(30), 0)).toThrow(/^order must be/);
    expect(() => fitAutoregression(new Float32Array(4), 2)).toThrow(/^series must have more than 4/);
  });
});

describe.skipIf(!hasTrace)("test MSE on the trace", async () => {
  const series = hasTrace ? gpuRequests(await loadTrace(trace)) : new Float32Array(TEST_SIZE + HISTORY);
  const { train, test: truth } = split(series);

  test.each([
    ["identity", 0],
    ["nearest valid value", 0],
    ["previous value", 0.1121],
    ["train mean", 0.089],
    ["train median", 0.0792],
    ["AR(10)", 0.073],
  ])("without noise: %s %s", (name, expected) => {
    const clean = series.slice(-HISTORY - TEST_SIZE);
    expect(Math.abs(mse(truth, testPart(named(train, name).impute(clean))) - expected)).toBeLessThanOrEqual(5.5e-5);
  });

  // The numbers are means over 20 other draws; the tolerance is four standard errors of the difference of two such means.
  const strongest = TABLE3_NOISE[9]!;
  test.each([
    ["identity", TABLE1_NOISE[4]!, "sd", 0.0014, 0.0002],
    ["identity", TABLE1_NOISE[4]!, "variance", 0.0258, 0.0032],
    ["nearest valid value", TABLE1_NOISE[4]!, "sd", 0.0014, 0.0003],
    ["nearest valid value", TABLE1_NOISE[4]!, "variance", 0.0271, 0.0034],
    ["identity", TABLE3_NOISE[8]!, "sd", 0.0008, 0.0001],
    ["identity", TABLE3_NOISE[8]!, "variance", 0.0222, 0.0022],
    ["nearest valid value", TABLE3_NOISE[8]!, "sd", 0.0004, 0.00015],
    ["nearest valid value", TABLE3_NOISE[8]!, "variance", 0.024, 0.0022],
    ["identity", strongest, "sd", 0.0071, 0.0007],
    ["identity", strongest, "variance", 0.0594, 0.0058],
    ["nearest valid value", strongest, "sd", 0.0085, 0.001],
    ["nearest valid value", strongest, "variance", 0.0608, 0.006],
  ] as const)("%s under %j as %s: %s", (name, row, reading, expected, tolerance) => {
    const baseline = named(train, name);
    const errors = NOISE_SEEDS.map((seed) => mse(truth, testPart(baseline.impute(corruptTest(series, noiseOf(row, reading), seed)))));
    expect(Math.abs(mean(errors) - expected)).toBeLessThan(tolerance);
  });
});
