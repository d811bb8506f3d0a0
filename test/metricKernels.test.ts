/** Long series, which TensorFlow's kernels take, beside what the definitions say. */
import { describe, expect, test } from "vitest";
import { generator } from "../lib/base/random";
import { autocorrelation } from "../lib/metrics/autocorrelation";
import { countPairs, moments } from "../lib/metrics/kernels";
import { transitionCeiling, transitionOverlap, transitionScore } from "../lib/metrics/metrics";
import { held } from "./helpers";

const N = 700_000; // two blocks and a part
const random = generator(11, "kernels");
const filled = (next: (t: number) => number) => Float32Array.from({ length: N }, (_, t) => next(t));

/** r_k by two passes. */
function byDefinition(x: Float32Array, lag: number): number {
  let [sum, squares, products] = [0, 0, 0];
  for (const v of x) sum += v;
  for (let t = 0; t < x.length; t++) {
    const d = x[t]! - sum / x.length;
    squares += d * d;
    if (t >= lag) products += d * (x[t - lag]! - sum / x.length);
  }
  return products / squares;
}

describe("Algorithm 1", () => {
  /** Every value within 20 of float32's steps of a bin's edge. */
  const edges = Array.from({ length: 11 }, (_, b) => {
    const bits = new Int32Array(Float32Array.of(b / 10).buffer)[0]!;
    return Array.from(
      { length: 41 },
      (_, i) => new Float32Array(Int32Array.of(Math.max(0, Math.min(0x3f800000, bits + i - 20))).buffer)[0]!,
    );
  }).flat();

  test.each([1, 3, 4096])("counts pairs at lag %i as the definition does, edges of bins and -0 among them", (lag) => {
    const x = filled((t) => (t % 3 === 0 ? edges[random.integer(edges.length)]! : t === 7 ? -0 : random.uniform()));
    const bin = (v: number) => Math.floor(10 * v + 1e-6);
    const expected = new Float64Array(121);
    for (let t = lag; t < N; t++) expected[11 * bin(x[t - lag]!) + bin(x[t]!)]! += 1;
    expect(transitionOverlap(x, [x], lag)).toBeCloseTo(1, 12);
    expect(transitionCeiling(x, lag)).toBe(expected.filter((count) => count > 0).length);
    expect(
      countPairs(
        x.map((v) => v + 0),
        lag,
      ),
    ).toEqual(expected); // without -0, which the loop takes
  });

  test("a long series scores against a short one as it did", () => {
    const x = filled(() => random.uniform());
    const pairs = Array.from({ length: N - 1 }, (_, t) => x.subarray(t, t + 2));
    expect(transitionScore(x, [x])).toBe(121 - 21); // only 1.0 is in bin 10
    expect(transitionScore(x, pairs)).toBe(transitionScore(x, [x]));
  });

  test.each([1.0000001, -1e-30, Number.NaN, Number.POSITIVE_INFINITY])("refuses %d and says where", (value) => {
    for (const at of [0, 300_000, N - 1])
      expect(() => transitionCeiling(filled((t) => (t === at ? value : 0.5)))).toThrow(new RegExp(`^truth\\[${at}\\]`));
  });
});

describe("autocorrelation", () => {
  let before = 0;
  test.each<[string, (t: number) => number]>([
    ["uniform", () => random.uniform()],
    ["half 1.0", () => (random.uniform() < 0.5 ? 1 : random.uniform())],
    ["with memory", () => (before = 0.9 * before + random.normal())],
    ["far from 0", () => 1e6 + random.normal()],
    ["a trend", (t) => t / N + 0.1 * random.normal()],
    ["one value far off", (t) => (t === 0 ? 1e5 : random.uniform())],
    ["tiny", () => 1e-35 * random.normal()],
    ["huge", () => 1e30 * random.normal()],
  ])("%s: is the definition's", (_, next) => {
    const x = filled(next);
    for (const lag of [1, 5, 1000, 300_000]) expect(Math.abs(autocorrelation(x, lag) - byDefinition(x, lag))).toBeLessThan(1e-8);
    expect(autocorrelation(x, 0)).toBeCloseTo(1, 12);
  });

  test("a constant series has none, and what is not finite is named", () => {
    expect(
      autocorrelation(
        filled(() => 0.1),
        1,
      ),
    ).toBeNaN();
    expect(() =>
      autocorrelation(
        filled((t) => (t === N - 2 ? Number.NaN : 0.5)),
        1,
      ),
    ).toThrow(new RegExp(`series\\[${N - 2}\\]`));
  });

  test("leaves no tensor and no handle behind", () => {
    const x = filled(() => random.uniform());
    const wrong = x.map((v, t) => (t === N - 1 ? 2 : v));
    const work = (lag: number) => {
      autocorrelation(x, lag);
      transitionCeiling(x, lag);
      expect(() => transitionCeiling(wrong, lag)).toThrow();
    };
    work(1); // the kernels' constants stay
    const before = held();
    work(2);
    expect(held()).toEqual(before);
  });

  test("short series, and a centre that costs digits, are the loop's", () => {
    expect(moments(new Float32Array(1000).fill(1), 1, 1)).toBeNull();
    const x = filled(() => random.uniform());
    expect(moments(x, 1, 0.5)).not.toBeNull();
    expect(moments(x, 1, 1e4)).toBeNull();
  });
});
