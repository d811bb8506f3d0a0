import { describe, expect, test } from "vitest";
import { generator } from "../lib/base/random";
import { addNoise, type Noise } from "../lib/data/noise";
import { corruptTest, HISTORY, NOISE_SEEDS, noiseOf, split, TABLE1_NOISE, TABLE3_NOISE, TEST_SIZE, testPart } from "../lib/data/protocol";
import { gpuRequests, loadTrace } from "../lib/data/trace";
import { baselines, fitAutoregression, identityMse } from "../lib/metrics/baselines";
import { type Chain, fitChain, logLikelihood, noiseFilters, posterior } from "../lib/metrics/filters";
import { mean, mse } from "../lib/metrics/metrics";
import { hasTrace, trace } from "./trace-file";

const f32 = (...values: number[]) => Float32Array.of(...values);
const named = (train: Float32Array, name: string) => baselines(train).find((baseline) => baseline.name === name)!;

describe("identityMse", () => {
  const values = f32(0, 0.3, 0.5, 0.97, 1);

  test("far from the clamp it is p (sd² + mean²)", () => {
    expect(identityMse(f32(0.5), { probability: 0.4, sd: 0.05, mean: 0.02 })).toBeCloseTo(0.4 * (0.0025 + 0.0004), 9);
  });

  test("without spread it is the clamped bias", () => {
    expect(identityMse(f32(0.5, 0.95), { probability: 1, sd: 0, mean: 0.1 })).toBeCloseTo((0.01 + 0.0025) / 2, 8);
    expect(identityMse(values, { probability: 0.5, sd: 0 })).toBe(0);
  });

  test.each<Noise>([
    { probability: 0.8, sd: 0.05 },
    { probability: 1, sd: 0.3 },
    { probability: 0.6, sd: 0.2, mean: -0.1 },
    { probability: 1, sd: 0.4, mean: 0.5 },
  ])("is the integral of the squared change: %o", (noise) => {
    const { probability, sd, mean: shift = 0 } = noise;
    const n = 40_000;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const z = 16 * ((i + 0.5) / n - 0.5);
      const weight = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * (16 / n);
      for (const v of values) sum += (weight * (Math.min(1, Math.max(0, v + shift + sd * z)) - v) ** 2) / values.length;
    }
    expect(identityMse(values, noise)).toBeCloseTo(probability * sum, 7);
  });

  test("names a wrong argument", () => {
    expect(() => identityMse(values, { probability: 2, sd: 0.1 })).toThrow("noise.probability");
    expect(() => identityMse(f32(), { probability: 1, sd: 0.1 })).toThrow("values");
  });
});

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
    expect(() => baselines(new Float32Array(20))).toThrow(/^train must be a Float32Array, 21 or more; it is a Float32Array of 20 values$/);
    expect(() => baselines(new Float32Array(30).fill(Number.NaN))).toThrow(/^train\[0\] must be a finite number; it is NaN$/);
    expect(() => named(train, "identity").impute(f32(0, Number.NaN))).toThrow(/^noisy\[1\] must be a finite number/);
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
    expect(() => fitAutoregression(new Float32Array(4), 2)).toThrow(/^series must be a Float32Array, 5 or more/);
  });
});

describe("fitChain", () => {
  test("by hand", () => {
    // 0-0 once, 0-1 twice, 1-0 once, with ½ added to each.
    const { values, start, step } = fitChain(f32(0, 0, 1, 0, 1), 0.5);
    expect(Array.from(values)).toEqual([0, 1]);
    expect(start[0]).toBeCloseTo(0.6, 12);
    for (const [cell, p] of [1.5 / 4, 2.5 / 4, 1.5 / 2, 0.5 / 2].entries()) expect(step[cell]).toBeCloseTo(p, 12);
  });
  test("bad arguments are named", () => {
    expect(() => fitChain(f32())).toThrow(/^series must be a Float32Array, not empty/);
    expect(() => fitChain(f32(1, Number.NaN))).toThrow(/^series\[1\] must be/);
    expect(() => fitChain(f32(0, 1), 0)).toThrow(/^smoothing must be a finite number above 0/);
  });
});

/** Φ(x) by Simpson's rule. */
function normalCdf(x: number): number {
  const h = (x + 12) / 20_000;
  let sum = 0;
  for (let i = 0; i <= 20_000; i++) sum += (i === 0 || i === 20_000 ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-((-12 + i * h) ** 2) / 2);
  return (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

describe("logLikelihood", () => {
  const values = f32(0, 0.5, 1);
  const of = (y: number, noise: Noise) => Array.from(logLikelihood(Math.fround(y), values, noise), Math.exp);
  const close = (actual: number[], expected: number[]) => {
    expect(actual).toHaveLength(expected.length);
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 7);
  };

  test("0 and 1 collect the tails, beside what was left alone", () => {
    const noise = { probability: 0.8, sd: 0.5 };
    close(of(0, noise), [0.2 + 0.4, 0.8 * normalCdf(-1), 0.8 * normalCdf(-2)]);
    close(of(1, noise), [0.8 * normalCdf(-2), 0.8 * normalCdf(-1), 0.2 + 0.4]);
    close(of(0, { ...noise, mean: 0.5 }), [0.2 + 0.8 * normalCdf(-1), 0.8 * normalCdf(-2), 0.8 * normalCdf(-3)]);
    close(of(1, { ...noise, mean: 0.5 }), [0.8 * normalCdf(-1), 0.4, 0.2 + 0.8 * normalCdf(1)]);
  });
  test("a valid value was left alone, if any is", () => {
    close(of(0.5, { probability: 0.8, sd: 0.5 }), [0, 0.2, 0]);
  });
  test("elsewhere a density, up to a factor that all values share", () => {
    for (const [y, noise] of [
      [0.3, { probability: 0.8, sd: 0.25, mean: 0 }],
      [0.3, { probability: 0.8, sd: 0.25, mean: 0.1 }],
      [0.5, { probability: 1, sd: 0.25, mean: 0.05 }],
    ] as const) {
      const density = Array.from(values, (v) => Math.exp(-(((Math.fround(y) - v - noise.mean) / 0.25) ** 2) / 2));
      const [actual, all] = [of(y, noise), of(y, noise).reduce((a, b) => a + b)];
      close(
        actual.map((l) => l / all),
        density.map((d) => d / density.reduce((a, b) => a + b)),
      );
    }
  });
  test("no noise, and a shift without spread", () => {
    close(of(0.5, { probability: 0, sd: 0.1 }), [0, 1, 0]);
    close(of(0.3, { probability: 0, sd: 0.1 }), [0, 0, 0]);
    close(of(0.5, { probability: 0.7, sd: 0, mean: 0.5 }), [0.7, 0.3, 0]);
    close(of(1, { probability: 0.7, sd: 0, mean: 0.5 }), [0, 0.7, 1]);
  });
  test("masses and density add up to 1", () => {
    const noise = { probability: 0.7, sd: 0.3, mean: 0.1 };
    for (const [i, v] of values.entries()) {
      const inside = Array.from({ length: 9999 }, (_, k) => of((k + 0.5) / 9999, noise)[i]! / 9999);
      const mass = of(0, noise)[i]! + of(1, noise)[i]! + (v === 0.5 ? of(0.5, noise)[i]! : 0);
      // 4999.5 / 9999 is exactly the atom .5: its cell of the density is left out.
      const atom = of(0.5, noise)[i]! / 9999;
      expect(inside.reduce((a, b) => a + b) - atom + mass).toBeCloseTo(1, 3);
    }
  });
});

describe("posterior", () => {
  const chain: Chain = { values: f32(0.25, 0.75), start: Float64Array.of(0.5, 0.5), step: Float64Array.of(0.9, 0.1, 0.2, 0.8) };
  const wide = { probability: 1, sd: 0.5 }; // p(y | .75) / p(y | .25) = exp(2 (y - .5)) for y in (0, 1), as (y - v)² / (2 · .25)

  test("two states, by hand", () => {
    // y = .5 says nothing: start, then (.55, .45); looking back from it changes nothing.
    for (const what of ["filter", "smoother"] as const) {
      const p = posterior(chain, f32(0.5, 0.5), wide, what);
      for (const [i, expected] of [0.5, 0.5, 0.55, 0.45].entries()) expect(p[i]).toBeCloseTo(expected, 12);
    }
    // y_2 with odds e^.5 for .75. Filter: (.55, .45 e^.5); back at 1: (.9 + .1 e^.5, .2 + .8 e^.5).
    const e = Math.exp(0.5);
    expect(posterior(chain, f32(0.5, 0.75), wide, "filter")[3]).toBeCloseTo((0.45 * e) / (0.55 + 0.45 * e), 12);
    expect(posterior(chain, f32(0.5, 0.75), wide, "filter")[1]).toBeCloseTo(0.5, 12);
    expect(posterior(chain, f32(0.5, 0.75), wide, "smoother")[1]).toBeCloseTo((0.2 + 0.8 * e) / (1.1 + 0.9 * e), 12);
  });

  // All 3^5 paths with their weights; the filter sums over those of y's first values alone.
  test.each<[string, Noise]>([
    ["some changed", { probability: 0.6, sd: 0.3 }],
    ["all changed", { probability: 1, sd: 0.2 }],
    ["biased", { probability: 0.6, sd: 0.3, mean: -0.2 }],
    ["hardly any spread", { probability: 1, sd: 1e-3, mean: 0.1 }],
  ])("equals the sum over all paths: %s", (_, noise) => {
    const three = fitChain(f32(0, 0.5, 1, 1, 0, 0, 0.5, 0.5, 1, 0));
    const noisy = addNoise(f32(0, 0.5, 0.5, 1, 1), noise, 5);
    const byPaths = (t: number, end: number) => {
      const sums = [0, 0, 0];
      for (let code = 0; code < 3 ** end; code++) {
        const path = Array.from({ length: end }, (_, k) => Math.floor(code / 3 ** k) % 3);
        let log = 0;
        for (const [k, i] of path.entries()) {
          log += Math.log(k === 0 ? three.start[i]! : three.step[3 * path[k - 1]! + i]!);
          log += logLikelihood(noisy[k]!, three.values, noise)[i]!;
        }
        sums[path[t]!]! += Math.exp(log);
      }
      const all = sums.reduce((a, b) => a + b);
      return sums.map((sum) => sum / all);
    };
    const [filter, smoother] = [posterior(three, noisy, noise, "filter"), posterior(three, noisy, noise, "smoother")];
    for (let t = 0; t < 5; t++) {
      for (let i = 0; i < 3; i++) {
        expect(filter[3 * t + i]).toBeCloseTo(byPaths(t, t + 1)[i]!, 10);
        expect(smoother[3 * t + i]).toBeCloseTo(byPaths(t, 5)[i]!, 10);
      }
    }
  });

  test("what the noise cannot have made counts as not seen", () => {
    const p = posterior(chain, f32(0.25, 0.3, 0.75), { probability: 0, sd: 0.1 }, "filter");
    expect(Array.from(p.slice(0, 2))).toEqual([1, 0]);
    expect(p[2]).toBeCloseTo(0.9, 12);
    expect(Array.from(p.slice(4))).toEqual([0, 1]);
  });
});

describe("noiseFilters on a simulated chain", () => {
  // A chain over 0, .5, 1 that stays with probability .8.
  const random = generator(4, "chain");
  let state = 0;
  const clean = Float32Array.from({ length: 20_000 }, () => {
    if (random.uniform() < 0.3) state = random.integer(3);
    return state / 2;
  });
  const [train, truth] = [clean.slice(0, 10_000), clean.slice(10_000)];

  test("have names of their own, and give a value for each one", () => {
    const filters = noiseFilters(train, { probability: 1, sd: 0.1 });
    expect(filters.map(({ name }) => name)).toEqual(["linear filter", "Bayes filter", "Bayes smoother"]);
    for (const { impute } of filters) expect(impute(f32(0.1, 0.2, 0.7))).toHaveLength(3);
  });

  test("without noise all hand on what they see", () => {
    for (const { name, impute } of noiseFilters(train, { probability: 0, sd: 0 })) {
      for (const [t, value] of impute(truth.slice(0, 50)).entries()) expect(Math.abs(value - truth[t]!), name).toBeLessThan(1e-5);
    }
  });

  test("past and future: filters don't look ahead, the smoother does", () => {
    const noise = { probability: 1, sd: 0.4 };
    const noisy = addNoise(truth.slice(0, 30), noise, 1);
    const changed = noisy.slice();
    changed[20] = 1 - changed[20]!;
    const same = noiseFilters(train, noise).map(({ impute }) => impute(noisy)[19] === impute(changed)[19]);
    expect(same).toEqual([true, true, false]);
  });

  test.each<[string, Noise]>([
    ["some changed", { probability: 0.7, sd: 0.4 }],
    ["all changed", { probability: 1, sd: 0.3 }],
    ["biased", { probability: 0.7, sd: 0.3, mean: 0.2 }],
  ])("the posterior's variance is the error that is made: %s", (_, noise) => {
    const chain = fitChain(train);
    const filters = noiseFilters(train, noise);
    const draws = [1, 2, 3, 4].map((seed) => addNoise(truth, noise, seed));
    const errors = filters.map(({ impute }) => mean(draws.map((noisy) => mse(truth, impute(noisy)))));
    for (const [i, what] of (["filter", "smoother"] as const).entries()) {
      const variances = draws.map((noisy) => {
        const p = posterior(chain, noisy, noise, what);
        const moment = (t: number, k: number) => chain.values.reduce((sum, v, j) => sum + v ** k * p[3 * t + j]!, 0);
        return mean(Array.from(noisy, (_, t) => moment(t, 2) - moment(t, 1) ** 2));
      });
      // The ratio of one draw has an sd of about .04.
      expect(Math.abs(errors[1 + i]! / mean(variances) - 1)).toBeLessThan(0.08);
    }
    const [linear, filter, smoother] = errors;
    expect(smoother).toBeLessThan(filter!);
    expect(filter).toBeLessThan(linear!);
    expect(linear).toBeLessThan(mean(draws.map((noisy) => mse(truth, noisy))));
  });

  test("bad arguments are named", () => {
    const noise = { probability: 1, sd: 0.1 };
    expect(() => noiseFilters(new Float32Array(20), noise)).toThrow(
      /^train must be a Float32Array, 21 or more; it is a Float32Array of 20 values$/,
    );
    expect(() => noiseFilters(train, { probability: 2, sd: 0.1 })).toThrow(/^noise.probability must be/);
    expect(() => noiseFilters(new Float32Array(30).fill(Number.NaN), noise)).toThrow(/^train\[0\] must be a finite number/);
    for (const { impute } of noiseFilters(train, noise))
      expect(() => impute(f32(0, Number.NaN))).toThrow(/^noisy\[1\] must be a finite number/);
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

  // The tolerance is four standard errors of the difference of two means over 20 draws, as above.
  test.each([
    ["linear filter", TABLE1_NOISE[4]!, "sd", 0.0013, 0.0002],
    ["linear filter", TABLE1_NOISE[4]!, "variance", 0.0221, 0.0029],
    ["linear filter", TABLE3_NOISE[8]!, "sd", 0.0007, 0.00013],
    ["linear filter", TABLE3_NOISE[8]!, "variance", 0.0193, 0.0021],
    ["linear filter", strongest, "sd", 0.0065, 0.0007],
    ["linear filter", strongest, "variance", 0.0433, 0.0046],
    ["Bayes filter", TABLE1_NOISE[4]!, "sd", 0.001, 0.00024],
    ["Bayes filter", TABLE1_NOISE[4]!, "variance", 0.0202, 0.0027],
    ["Bayes filter", TABLE3_NOISE[8]!, "sd", 0.0002, 0.00012],
    ["Bayes filter", TABLE3_NOISE[8]!, "variance", 0.018, 0.0019],
    ["Bayes filter", strongest, "sd", 0.0061, 0.0006],
    ["Bayes filter", strongest, "variance", 0.0415, 0.0044],
  ] as const)("%s under %j as %s: %s", (name, row, reading, expected, tolerance) => {
    const noise = noiseOf(row, reading);
    const errors = noiseFilters(train, noise).map((filter) => ({
      name: filter.name,
      mse: mean(NOISE_SEEDS.map((seed) => mse(truth, testPart(filter.impute(corruptTest(series, noise, seed)))))),
    }));
    expect(Math.abs(errors.find((error) => error.name === name)!.mse - expected)).toBeLessThan(tolerance);
    const [linear, filter, smoother] = errors.map((error) => error.mse);
    expect(filter).toBeLessThan(linear!);
    expect(smoother).toBeLessThan(filter!);
  });
});
