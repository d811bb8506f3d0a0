import { describe, expect, test } from "vitest";
import { generator } from "../lib/base/random";
import { split } from "../lib/data/protocol";
import { gpuRequests, loadTrace } from "../lib/data/trace";
import { autocorrelation, pooledAutocorrelation } from "../lib/metrics/autocorrelation";
import {
  correlation,
  mean,
  mse,
  sd,
  squaredErrorVariance,
  transitionCeiling,
  transitionOverlap,
  transitionScore,
  transitionScoreAcross,
} from "../lib/metrics/metrics";
import type { Bins } from "../lib/metrics/pairs";
import { hasTrace, trace } from "./trace-file";

const f32 = (...values: number[]) => Float32Array.of(...values);

describe("mean, sd", () => {
  test("by hand", () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(sd([1, 2, 6])).toBeCloseTo(Math.sqrt(7), 12); // (4 + 1 + 9) / 2
    expect(sd([5])).toBeNaN();
    expect(mean(f32(0.5, 0.25))).toBe(0.375);
  });
  test("nothing, or no number", () => {
    expect(() => mean([])).toThrow(/^values must be an array of numbers, not empty/);
    expect(() => sd([1, Number.NaN])).toThrow(/^values\[1\] must be a finite number; it is NaN/);
  });
});

describe("correlation", () => {
  test("1 and -1 for a line, 0 for what varies by itself", () => {
    const x = Float32Array.of(1, 2, 3, 4);
    expect(correlation(x, [3, 5, 7, 9])).toBeCloseTo(1, 12);
    expect(correlation(x, [4, 3, 2, 1])).toBeCloseTo(-1, 12);
    expect(correlation(x, [1, -1, -1, 1])).toBeCloseTo(0, 12);
    expect(correlation(x, [1, 1, 1, 1])).toBeNaN();
    expect(() => correlation(x, [])).toThrow("b must be an array of numbers, 2 or more");
  });
});

describe("mse, squaredErrorVariance", () => {
  test("by hand", () => {
    const [truth, prediction] = [f32(0, 0.5, 1), f32(0.5, 0.5, 0)]; // squared errors .25, 0, 1
    expect(mse(truth, prediction)).toBeCloseTo(1.25 / 3, 12);
    expect(squaredErrorVariance(truth, prediction)).toBeCloseTo((0.0625 + 1) / 3 - (1.25 / 3) ** 2, 12);
    expect(mse(truth, truth)).toBe(0);
  });
  test("bad arguments are named", () => {
    expect(() => mse(f32(1), f32(1, 2))).toThrow(/^prediction must be as long as truth, 1; it is a Float32Array of 2 values/);
    expect(() => mse(f32(), f32())).toThrow(/^truth must be an array of numbers, not empty/);
    expect(() => mse(f32(1), f32(Number.NaN))).toThrow(/^prediction\[0\] must be a finite number/);
    expect(() => squaredErrorVariance(f32(Number.POSITIVE_INFINITY), f32(1))).toThrow(/^truth\[0\] must be a finite number/);
  });
});

describe("transitionScore", () => {
  const truth = f32(0, 0.15, 0.15, 1); // bins 0 1 1 10: pairs 0-1, 1-1, 1-10

  test("a series against itself scores its number of cells", () => {
    expect(transitionScore(truth, [truth])).toBe(3);
    expect(transitionScore(f32(0, 0, 0), [f32(0, 0, 0)])).toBe(1);
  });

  test("cells met in excess count 1, cells not met 0", () => {
    // Two pairs against three: scale 1.5; cells 0-1 and 1-1 min(1.5, 1), cell 1-10 none.
    expect(transitionScore(truth, [f32(0, 0.15), f32(0.1, 0.19)])).toBe(2);
    expect(transitionScore(truth, [f32(0.5, 0.5)])).toBe(0);
  });

  test("cells met in part count in part, scaled by the numbers of pairs", () => {
    // Truth 0-0 three times; one of two generated pairs: min(3/2, 3) / 3.
    expect(transitionScore(f32(0, 0, 0, 0), [f32(0, 0), f32(0, 0.5)])).toBe(0.5);
    // By numbers of values (4 / 4) it would be 1/3.
    expect(transitionScore(f32(0, 0, 0, 0), [f32(0, 0, 0.5)])).toBe(0.5);
    // Truth 0-0 twice, 0-10 once, 10-0 once; generated 0-0 once, 0-10 three times: 1/2 + 1 + 0.
    expect(transitionScore(f32(0, 0, 0, 1, 0), [f32(0, 0), f32(0, 1), f32(0, 1), f32(0, 1)])).toBe(1.5);
  });

  test("cells that truth lacks don't count", () => {
    expect(transitionScore(f32(0, 0), [f32(0, 0, 0.5, 0.5)])).toBe(1 / 3);
  });

  test("pairs lie inside a sequence, not across two", () => {
    expect(transitionScore(f32(0, 1), [f32(0.5, 0), f32(1, 0.5)])).toBe(0);
    expect(transitionScore(f32(0, 1), [f32(0), f32(1), f32(0, 1)])).toBe(1); // sequences of one value hold no pair
  });

  test("lag", () => {
    // Lag 2: truth 0-10, 5-5; generated 0-10.
    expect(transitionScore(f32(0, 0.5, 1, 0.5), [f32(0, 0.9, 1)], 2)).toBe(1);
    expect(transitionScore(f32(0, 0.5, 1, 0.5), [f32(0, 0.9, 1), f32(0.1, 0.2)], 2)).toBe(1);
  });

  test("bins: 1.0 by itself, edges up, float32 edges where the decimal is", () => {
    const bin = (value: number) =>
      Array.from({ length: 11 }, (_, b) => b).filter((b) => transitionScore(f32(b / 10, b / 10), [f32(value, value)]) === 1);
    for (let b = 0; b <= 10; b++) expect(bin(b / 10)).toEqual([b]);
    expect(bin(0.0999)).toEqual([0]);
    expect(bin(0.81)).toEqual([8]);
    expect(bin(0.9999)).toEqual([9]);
  });

  test.each<[Float32Array, Float32Array[], number | undefined, RegExp]>([
    [f32(0, 1.01), [f32(0, 1)], 1, /^truth\[1\] must be a number from 0 to 1; it is 1\.00/],
    [f32(0, 1), [f32(0, 1), f32(-0.5, 0)], 1, /^sequences\[1\]\[0\] must be a number from 0 to 1; it is -0\.5/],
    [f32(0, Number.NaN), [f32(0, 1)], 1, /^truth\[1\] must be a number from 0 to 1; it is NaN/],
    [f32(0, 1), [f32(Number.NaN)], 1, /^sequences\[0\]\[0\] must be .* NaN/],
    [f32(0), [f32(0, 1)], 1, /^truth must be longer than the lag, 1; it is a Float32Array of 1 value/],
    [f32(), [f32(0, 1)], 1, /^truth must be longer/],
    [f32(0, 1), [], 1, /^sequences must be an array with a sequence longer than the lag, 1/],
    [f32(0, 1), [f32(0), f32()], 1, /^sequences must be an array with/],
    [f32(0, 1, 0), [f32(0, 1)], 2, /^sequences must .* the lag, 2/],
    [f32(0, 1), [f32(0, 1)], 0, /^lag must be a whole number from 1/],
    [f32(0, 1), [f32(0, 1)], 1.5, /^lag must be a whole number from 1/],
    [f32(0, 1), [f32(0, 1)], Number.NaN, /^lag must be a whole number from 1/],
    [f32(0, 1), f32(0, 1) as never, 1, /^sequences must be an array/],
    [f32(0, 1), [[0, 1] as never], 1, /^sequences\[0\] must be a Float32Array/],
  ])("refuses %j, %j at lag %s", (t, s, lag, message) => expect(() => transitionScore(t, s, lag)).toThrow(message));
});

describe("10 bins", () => {
  test("1.0 shares the last one with all from .9 on", () => {
    const truth = f32(0.95, 1, 0.5);
    expect([transitionCeiling(truth), transitionCeiling(truth, 1, 10)]).toEqual([2, 2]); // 9-10, 10-5; 9-9, 9-5
    expect(transitionScore(truth, [f32(1, 1, 0.5)])).toBe(1);
    expect(transitionScore(truth, [f32(1, 1, 0.5)], 1, { bins: 10 })).toBe(2);
    expect(transitionScoreAcross(truth, f32(0.9), f32(0.5), 1, { bins: 10 })).toBe(1);
    expect(transitionOverlap(truth, [f32(0.9, 0.9)], 1, { bins: 10 })).toBe(0.5);
  });
  test("no other number", () => {
    for (const bins of [9, 12, 10.5, Number.NaN] as Bins[]) {
      expect(() => transitionScore(f32(0, 1), [f32(0, 1)], 1, { bins })).toThrow(/^bins must be 10 or 11/);
      expect(() => transitionCeiling(f32(0, 1), 1, bins)).toThrow(/^bins must be 10 or 11/);
    }
  });
});

describe("transitionCeiling", () => {
  test("the number of cells met, at each lag", () => {
    const truth = f32(0, 0, 0, 1, 0, 1);
    expect(transitionCeiling(truth)).toBe(3); // 0-0, 0-10, 10-0
    expect(transitionCeiling(truth, 2)).toBe(3); // 0-0, 0-10, 10-10
    expect(transitionCeiling(truth, 5)).toBe(1);
    expect(() => transitionCeiling(truth, 6)).toThrow(/^truth must be longer than the lag, 6/);
  });
  test("is what a series scores against itself", () => {
    const random = generator(3, "ceiling");
    const x = Float32Array.from({ length: 200 }, random.uniform);
    for (const bins of [10, 11] as const)
      for (const lag of [1, 4]) expect(transitionScore(x, [x], lag, { bins })).toBe(transitionCeiling(x, lag, bins));
  });
});

describe("transitionScoreAcross", () => {
  // Lag 2: 0-5, 10-0, 5-5.
  const truth = f32(0, 1, 0.5, 0, 0.5);
  test("by hand", () => {
    expect(transitionScoreAcross(truth, f32(0, 1, 0.5), f32(0.5, 0, 0.5), 2)).toBe(3);
    expect(transitionScoreAcross(truth, f32(0, 0, 0), f32(0.5, 0.5, 0.5), 2)).toBe(1);
    expect(transitionScoreAcross(truth, f32(0, 1, 1, 1), f32(0.5, 1, 1, 1), 2)).toBe(0.75); // c = 3/4
  });
  test("at lag 1 is the score of sequences of two values", () => {
    const [from, to] = [f32(0, 0.2, 1, 1), f32(0.3, 0, 1, 0.4)];
    const pairs = Array.from(from, (value, i) => f32(value, to[i]!));
    expect(transitionScoreAcross(truth, from, to, 1)).toBe(transitionScore(truth, pairs));
  });
  test("bad arguments are named", () => {
    expect(() => transitionScoreAcross(truth, f32(0), f32(0, 1), 1)).toThrow(/^to must be as long as from, 1/);
    expect(() => transitionScoreAcross(truth, f32(), f32(), 1)).toThrow(/^from must be a Float32Array, not empty/);
    expect(() => transitionScoreAcross(truth, f32(2), f32(0), 1)).toThrow(/^from\[0\] must be a number from 0 to 1; it is 2/);
    expect(() => transitionScoreAcross(truth, f32(0), f32(Number.NaN), 1)).toThrow(/^to\[0\] must be a finite number; it is NaN/);
    expect(() => transitionScoreAcross(truth, f32(0), f32(0), 0)).toThrow(/^lag must be/);
    expect(() => transitionScoreAcross(truth, f32(0), f32(0), 5)).toThrow(/^truth must be longer than the lag, 5/);
  });
});

describe("transitionOverlap", () => {
  const truth = f32(0, 0, 0, 1, 0); // 0-0 ½, 0-10 ¼, 10-0 ¼
  test("by hand", () => {
    expect(transitionOverlap(truth, [truth])).toBe(1);
    expect(transitionOverlap(truth, [f32(0, 0)])).toBe(0.5);
    expect(transitionOverlap(truth, [f32(0, 1), f32(0, 0)])).toBe(0.75);
    expect(transitionOverlap(truth, [f32(0.5, 0.5)])).toBe(0);
    expect(transitionOverlap(truth, [f32(0, 0.5, 0)], 2)).toBe(2 / 3); // lag 2: 0-0 twice in three pairs, here always
  });
  test("refuses what the score refuses", () => {
    expect(() => transitionOverlap(truth, [])).toThrow(/^sequences must be an array with/);
    expect(() => transitionOverlap(truth, [f32(0, 2)])).toThrow(/^sequences\[0\]\[1\] must be/);
  });
});

describe("pooledAutocorrelation", () => {
  test("of one sequence: the autocorrelation, with the number of pairs in place of that of values", () => {
    const random = generator(6, "autocorrelation");
    const x = Float32Array.from({ length: 40 }, random.uniform);
    for (const lag of [0, 1, 5]) expect(pooledAutocorrelation([x], lag)).toBeCloseTo((autocorrelation(x, lag) * 40) / (40 - lag), 5);
  });
  test("no pair reaches from one sequence into the next, and one mean serves all", () => {
    expect(pooledAutocorrelation([f32(1, 1), f32(0, 0)], 1)).toBe(1);
    expect(pooledAutocorrelation([f32(1, 0), f32(1, 0)], 1)).toBe(-1);
    expect(pooledAutocorrelation([f32(0.5, 0.5), f32(0.5)], 1)).toBe(0);
  });
});

describe("autocorrelation", () => {
  test("by hand", () => {
    // Mean 2.5, deviations -1.5 -.5 .5 1.5, squares 5; lag 1: .75 - .25 + .75; lag 3: -2.25.
    const x = f32(1, 2, 3, 4);
    expect(autocorrelation(x, 0)).toBe(1);
    expect(autocorrelation(x, 1)).toBeCloseTo(0.25, 12);
    expect(autocorrelation(x, 2)).toBeCloseTo((-0.75 - 0.75) / 5, 12);
    expect(autocorrelation(x, 3)).toBeCloseTo(-0.45, 12);
  });
  test("is the definition's two passes, also where the first value lies far off", () => {
    const random = generator(5, "autocorrelation");
    const noise = Float32Array.from({ length: 3000 }, random.uniform);
    const far = noise.map((value, t) => (t === 0 ? 1e4 : value));
    const raised = noise.map((value) => 1e3 + value);
    for (const x of [noise, far, raised]) {
      const centre = x.reduce((sum, value) => sum + value, 0) / x.length;
      const products = (k: number) => x.reduce((sum, value, t) => sum + (t < k ? 0 : (value - centre) * (x[t - k]! - centre)), 0);
      for (const lag of [0, 1, 7, 2000, 2999]) expect(autocorrelation(x, lag)).toBeCloseTo(products(lag) / products(0), 10);
    }
  });
  test("a constant series has none", () => {
    expect(autocorrelation(new Float32Array(1000).fill(0.1), 1)).toBeNaN();
    expect(autocorrelation(f32(0.3), 0)).toBeNaN();
  });
  test("bad arguments are named", () => {
    expect(() => autocorrelation(f32(), 0)).toThrow(/^series must be a Float32Array, not empty/);
    expect(() => autocorrelation(f32(1, Number.NaN), 1)).toThrow(/^series\[1\] must be a finite number/);
    for (const lag of [-1, 0.5, 2, Number.NaN])
      expect(() => autocorrelation(f32(1, 2), lag)).toThrow(/^lag must be a whole number from 0 to 1/);
  });
});

describe.skipIf(!hasTrace)("on the trace", async () => {
  const { train, test: last } = hasTrace ? split(gpuRequests(await loadTrace(trace))) : { train: f32(), test: f32() };

  test("autocorrelation and moments of train and test", () => {
    const expected = { 1: 0.245, 2: 0.148, 3: 0.098, 5: 0.064, 10: 0.056 };
    for (const [lag, value] of Object.entries(expected)) expect(Math.abs(autocorrelation(train, Number(lag)) - value)).toBeLessThan(6e-4);
    expect(autocorrelation(last, 1)).toBeCloseTo(0.289, 3);
    expect(mean(train)).toBeCloseTo(0.6952, 4);
    expect(mean(last)).toBeCloseTo(0.7956, 4);
    expect(sd(train) ** 2).toBeCloseTo(0.1366, 4);
    expect(sd(last) ** 2).toBeCloseTo(0.079, 3);
  });

  test("Algorithm 1 of what is known: itself, constant 1, uniform noise, draws from the marginal", () => {
    const random = generator(0, "known scores");
    const sequences = (next: () => number) => Array.from({ length: 7650 }, () => Float32Array.from({ length: 10 }, next));
    expect(transitionScore(train, [train])).toBe(80);
    expect(transitionScore(train, [new Float32Array(30).fill(1)])).toBe(1);
    expect(Math.abs(transitionScore(train, sequences(random.uniform)) - 60.1)).toBeLessThan(0.5);
    expect(
      Math.abs(
        transitionScore(
          train,
          sequences(() => train[random.integer(train.length)]!),
        ) - 69.8,
      ),
    ).toBeLessThan(2.5);
  });
});
