/** The discriminative and the predictive score by simple rules: exact numbers, and what they can find. */
import { describe, expect, it } from "vitest";
import { generator } from "../lib/base/random";
import { discriminativeScore, predictiveScore } from "../lib/metrics/twoSample";

const series = (...values: number[]) => Float32Array.from(values);
const random = generator(3, "two samples");
/** Sequences of x_t = phi x_(t-1) + e_t, of variance 1. */
const ar = (phi: number, count = 100, mean = 0) =>
  Array.from({ length: count }, () => {
    let x = random.normal();
    return Float32Array.from({ length: 30 }, () => {
      x = phi * x + Math.sqrt(1 - phi * phi) * random.normal();
      return mean + x;
    });
  });

describe("discriminativeScore", () => {
  it("is 1/2 where every window tells, and 0 where both sets are the same", () => {
    const [ones, zeros] = [
      [series(1, 1), series(1, 1)],
      [series(0, 0), series(0, 0)],
    ];
    expect(discriminativeScore(ones, zeros, { length: 2 })).toBe(0.5);
    expect(discriminativeScore(zeros, ones, { length: 1 })).toBe(0.5);
    expect(discriminativeScore(ones, ones, { length: 2 })).toBe(0);
    const x = ar(0.5, 10);
    expect(discriminativeScore(x, x)).toBe(0);
  });

  it("has an exact value: a value that both classes have is told by its odds, whatever the classes' numbers", () => {
    // 1 in three quarters of the real windows and in a quarter of the generated ones: the best guess is right for 3 of 4 of each.
    const real = [series(1, 1, 1, 0), series(1, 1, 0, 1)];
    const generated = [series(0, 0, 0, 1), series(0, 1, 0, 0)];
    expect(discriminativeScore(real, generated, { length: 1 })).toBe(0.25);
    expect(discriminativeScore([...real, ...real, ...real], generated, { length: 1 })).toBe(0.25);
  });

  it("holds sequences out: windows learnt by heart are worth nothing", () => {
    const coins = () => Array.from({ length: 20 }, () => Float32Array.from({ length: 30 }, () => random.normal()));
    expect(discriminativeScore(coins(), coins(), { length: 10 })).toBeLessThan(0.2);
  });

  it("finds another mean, another variance and another memory, and little where there is nothing", () => {
    const real = ar(0.5);
    expect(discriminativeScore(real, ar(0.5))).toBeLessThan(0.05);
    expect(discriminativeScore(real, ar(0.5, 100, 1))).toBeGreaterThan(0.15);
    expect(
      discriminativeScore(
        real,
        ar(0.5).map((s) => s.map((v) => 2 * v)),
      ),
    ).toBeGreaterThan(0.15);
    expect(discriminativeScore(real, ar(-0.5))).toBeGreaterThan(0.15);
  });
});

describe("predictiveScore", () => {
  it("has exact values", () => {
    expect(predictiveScore([series(0, 1, 0, 1)], [series(0, 1, 1)], 1)).toBeCloseTo(0.5, 6);
    expect(predictiveScore([series(1, 2, 3, 4, 5)], [series(0, 1, 2), series(7, 9)], 1)).toBeCloseTo(1 / 3, 5);
    expect(predictiveScore([series(2, 2, 2)], [series(0, 1, 2)], 1)).toBeCloseTo((1 + 0) / 2, 5);
  });

  it("is the mean squared error of the linear forecast: 1 - phi² with the right memory, 1 without one, more with a wrong one", () => {
    const real = ar(0.6, 400);
    const [right, none, wrong] = [0.6, 0, -0.6].map((phi) => predictiveScore(ar(phi, 400), real, 1));
    expect(Math.abs(right! - (1 - 0.36))).toBeLessThan(0.03);
    expect(Math.abs(none! - 1)).toBeLessThan(0.05);
    expect(Math.abs(wrong! - (1 + 3 * 0.36))).toBeLessThan(0.1);
  });
});

describe("bad arguments", () => {
  it("are named", () => {
    const good = [series(1, 2), series(1, 2)];
    expect(() => discriminativeScore([series(1, 2)], good)).toThrow(
      "real must be an array of Float32Arrays, 2 or more; it is an Array of 1 value",
    );
    expect(() => discriminativeScore(good, good)).toThrow(
      "real[0] must be as long as a window, 5, or longer; it is a Float32Array of 2 values",
    );
    expect(() => discriminativeScore(good, good, { length: 0 })).toThrow("options.length must be a whole number from 1");
    expect(() => predictiveScore(good, good)).toThrow("generated must be sequences with one longer than the order, 5");
    expect(() => predictiveScore(good, [], 1)).toThrow("real must be an array of Float32Arrays, not empty");
  });
});
