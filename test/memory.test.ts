import { describe, expect, test } from "vitest";
import { autoregressive, switching } from "../lib/data/memory";
import { autocorrelation } from "../lib/metrics/autocorrelation";
import { mean, sd } from "../lib/metrics/metrics";

const makers = { autoregressive, switching };

describe.each(Object.entries(makers))("%s", (_, make) => {
  test("values in [0, 1], one series a seed", () => {
    const x = make(2000, 0.9, 0.4, 1);
    expect(x).toHaveLength(2000);
    expect(Math.min(...x)).toBe(0);
    expect(Math.max(...x)).toBe(1);
    expect(make(2000, 0.9, 0.4, 1)).toEqual(x);
    expect(make(2000, 0.9, 0.4, 2)).not.toEqual(x);
  });
  test("a shorter series is the beginning of a longer one", () => {
    expect(make(50, 0.9, 0.1, 3)).toEqual(make(100, 0.9, 0.1, 3).slice(0, 50));
  });
  test("bad arguments are named", () => {
    expect(() => make(0, 0.9, 0.1, 0)).toThrow(/^length must be a whole number from 1/);
    expect(() => make(10, 1.1, 0.1, 0)).toThrow(/^(phi|stay) must be /);
    expect(() => make(10, 0.9, -1, 0)).toThrow(/^sd must be /);
    expect(() => make(10, 0.9, 0.1, -1)).toThrow(/^seed must be /);
  });
});

test("autoregressive: mean, sd and autocorrelation are those of its formula where the clamp hardly acts", () => {
  const x = autoregressive(200_000, 0.9, 0.1, 0);
  expect(mean(x)).toBeCloseTo(0.5, 2);
  expect(sd(x)).toBeCloseTo(0.1, 2);
  for (const lag of [1, 5]) expect(Math.abs(autocorrelation(x, lag) - 0.9 ** lag)).toBeLessThan(0.02);
});

test("switching: the level stays as often as asked, and the noise lowers the autocorrelation", () => {
  const levels = switching(100_000, 0.95, 0, 0);
  expect(new Set(levels)).toEqual(new Set([0.25, 0.75]));
  expect(mean(levels.slice(1).map((v, t) => Number(v === levels[t])))).toBeCloseTo(0.95, 2);
  const x = switching(100_000, 0.95, 0.08, 0);
  for (const lag of [1, 5]) expect(Math.abs(autocorrelation(x, lag) - 0.9 ** lag / (1 + 16 * 0.08 ** 2))).toBeLessThan(0.02);
});
