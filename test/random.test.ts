import { describe, expect, test } from "vitest";
import { checkSeed } from "../lib/base/check";
import { deriveSeed, generator, indexAt, shuffled } from "../lib/base/random";

const draw = (n: number, next: () => number) => Array.from({ length: n }, next);
const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;
const correlation = (x: number[], y: number[]) => {
  const [mx, my] = [mean(x), mean(y)];
  const cov = mean(x.map((v, i) => (v - mx) * (y[i]! - my)));
  return cov / Math.sqrt(mean(x.map((v) => (v - mx) ** 2)) * mean(y.map((v) => (v - my) ** 2)));
};

describe("checkSeed", () => {
  test.each([0, 1, 2 ** 31 - 1])("accepts %s", (seed) => expect(() => checkSeed(seed)).not.toThrow());
  test.each([-1, 2 ** 31, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "3", null, undefined, 3n])("rejects %s", (seed) =>
    expect(() => checkSeed(seed, "options.seed")).toThrow(/^options\.seed must be a whole number from 0 to 2147483647; it is /),
  );
});

describe("generator", () => {
  test("the first numbers of a stream stay what they are: committed results depend on them", () => {
    const random = generator(0, "test");
    expect(draw(3, random.uniform)).toEqual([0.7883315034459614, 0.22272546640577673, 0.6358845014243896]);
    expect(deriveSeed(0, "test", 1)).toBe(1019195864);
  });

  test("the same seed and stream give the same numbers", () => {
    const a = generator(0, "test");
    const b = generator(0, "test");
    const numbers = draw(50, a.normal);
    expect(draw(50, b.normal)).toEqual(numbers);
  });

  test("streams and seeds are uncorrelated", () => {
    const n = 20_000;
    const base = draw(n, generator(0, "a").uniform);
    for (const other of [generator(0, "b"), generator(1, "a"), generator(0, "a0")]) {
      const values = draw(n, other.uniform);
      expect(values).not.toEqual(base);
      expect(Math.abs(correlation(base, values))).toBeLessThan(4.5 / Math.sqrt(n));
    }
  });

  test("the first draws over consecutive seeds are uniform and uncorrelated", () => {
    const n = 20_000;
    const first = draw(
      n,
      (() => {
        let seed = 0;
        return () => generator(seed++, "first").uniform();
      })(),
    );
    expect(Math.abs(mean(first) - 0.5)).toBeLessThan(4.5 / Math.sqrt(12 * n));
    expect(Math.abs(correlation(first.slice(1), first.slice(0, -1)))).toBeLessThan(4.5 / Math.sqrt(n));
  });

  test("uniform lies in [0, 1) with the right moments and fills ten bins evenly", () => {
    const values = draw(100_000, generator(7, "u").uniform);
    expect(Math.min(...values.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
    const bins = new Array<number>(10).fill(0);
    for (const v of values) bins[Math.floor(v * 10)]! += 1;
    const chi2 = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chi2).toBeLessThan(27.9); // 99.9 % point of chi-squared with 9 degrees of freedom
  });

  test("normal has mean 0, variance 1, kurtosis 3 and the right tails", () => {
    const n = 100_000;
    const values = draw(n, generator(7, "n").normal);
    expect(Math.abs(mean(values))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(mean(values.map((v) => v * v)) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(mean(values.map((v) => v ** 4)) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    expect(Math.abs(mean(values.map((v) => (v > 1.96 ? 1 : 0))) - 0.025)).toBeLessThan(0.002);
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(4 / Math.sqrt(n));
  });

  test("integer covers 0 .. n-1 evenly", () => {
    const random = generator(1, "i");
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[random.integer(6)]! += 1;
    expect(counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0)).toBeLessThan(20.5); // 99.9 %, 5 degrees of freedom
    expect(random.integer(1)).toBe(0);
    expect(random.integer(2 ** 32)).toBeGreaterThanOrEqual(0);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])("integer(%s) is an error", (n) =>
    expect(() => generator(0, "i").integer(n)).toThrow(/^n must be a whole number from 1 to 4294967296/),
  );

  test("bad arguments are named", () => {
    expect(() => generator(-1, "a")).toThrow(/^seed must be/);
    expect(() => generator(0, "")).toThrow(/^stream must be a name/);
  });
});

describe("deriveSeed", () => {
  test("is a function of its arguments, within the range of seeds", () => {
    expect(deriveSeed(5, "restart", 2)).toBe(deriveSeed(5, "restart", 2));
    expect(deriveSeed(5, "restart")).toBe(deriveSeed(5, "restart", 0));
    for (let i = 0; i < 1000; i++) expect(() => checkSeed(deriveSeed(2 ** 31 - 1, "restart", i))).not.toThrow();
  });

  test("different arguments give different seeds, spread evenly", () => {
    const seeds = new Set<number>();
    for (let seed = 0; seed < 100; seed++)
      for (const stream of ["step", "noise"]) for (let i = 0; i < 100; i++) seeds.add(deriveSeed(seed, stream, i));
    expect(seeds.size).toBeGreaterThan(19_990); // 20,000 draws out of 2^31 meet about .1 times
    expect(Math.abs(mean([...seeds]) / 2 ** 31 - 0.5)).toBeLessThan(4.5 / Math.sqrt(12 * 20_000));
  });

  test("an index by weights: where the running sum passes, and none of weight 0", () => {
    expect([0, 0.49, 0.5, 0.99, 1].map((place) => indexAt([0, 0.5, 0, 0.5, 0], place))).toEqual([1, 1, 3, 3, 3]);
  });

  test("bad arguments are named", () => {
    expect(() => deriveSeed(0.5, "a")).toThrow(/^seed must be/);
    expect(() => deriveSeed(0, "")).toThrow(/^stream must be/);
    expect(() => deriveSeed(0, "a", -1)).toThrow(/^index must be a whole number from 0/);
  });
});

test("shuffled keeps the values, each in its block, and gives each order as often", () => {
  const values = Float32Array.from({ length: 11 }, (_, i) => i);
  const blocks = shuffled(values, generator(0, "a"), 3);
  expect(Array.from(blocks, (v) => Math.floor(v / 3))).toEqual(Array.from(values, (v) => Math.floor(v / 3)));
  expect([...blocks].sort((a, b) => a - b)).toEqual([...values]);
  expect(Array.from(values.keys())).toEqual([...values]);
  const random = generator(1, "orders");
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = shuffled([0, 1, 2], random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const n of counts.values()) expect(Math.abs(n - 1000)).toBeLessThan(4 * Math.sqrt((6000 * 5) / 36));
});
