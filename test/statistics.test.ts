import { describe, expect, test } from "vitest";
import { generator } from "../lib/base/random";
import { autocorrelation } from "../lib/metrics/autocorrelation";
import {
  blockBootstrap,
  differenceInterval,
  estimate,
  holm,
  logMeanExp,
  meanInterval,
  pairedTest,
  statisticBootstrap,
  summary,
  welchTest,
} from "../lib/metrics/statistics";
import { rnnFilter } from "../lib/paper/rnnFilter";

// Student's sleep data (Biometrika 6, 1908), on which R's documentation shows t.test.
const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

// P(|T| >= |t|) by Simpson's rule over θ, t = √df tan θ: the density becomes cos^(df-1) θ over its integral.
function twoSided(t: number, df: number): number {
  const integral = (from: number, to: number) => {
    const n = 20_000;
    const at = (i: number) => Math.max(0, Math.cos(from + ((to - from) * i) / n)) ** (df - 1);
    let sum = at(0) + at(n);
    for (let i = 1; i < n; i++) sum += (i % 2 === 1 ? 4 : 2) * at(i);
    return (sum * (to - from)) / (3 * n);
  };
  return integral(Math.atan(Math.abs(t) / Math.sqrt(df)), Math.PI / 2) / integral(0, Math.PI / 2);
}

describe("summary", () => {
  test("logMeanExp, by hand and far beyond what e^x can hold", () => {
    expect(logMeanExp([Math.log(1), Math.log(3)])).toBeCloseTo(Math.log(2), 14);
    expect(logMeanExp([5000, 5000 + Math.log(3)])).toBeCloseTo(5000 + Math.log(2), 10);
    expect(logMeanExp([-5000])).toBe(-5000);
  });
  test("estimate, by hand", () => {
    expect(estimate([1, 2, 6])).toEqual({ mean: 3, se: Math.sqrt(7) / Math.sqrt(3) });
    expect(estimate([4]).se).toBeNaN();
  });
  test("by hand", () => {
    expect(summary([1, 2, 6])).toEqual({ mean: 3, sd: Math.sqrt(7), n: 3 });
    expect(summary(Float32Array.of(0.5))).toEqual({ mean: 0.5, sd: Number.NaN, n: 1 });
  });
  test("nothing, or no number", () => {
    expect(() => summary([])).toThrow(/^values must be an array of numbers, not empty/);
    expect(() => summary([1, Number.NaN])).toThrow(/^values\[1\] must be a finite number; it is NaN/);
  });
});

describe("welchTest", () => {
  test("as R prints it: t = -1.8608, df = 17.776, p-value = 0.07939", () => {
    const { t, df, p } = welchTest(first, second);
    expect(t).toBeCloseTo(-1.8608, 4);
    expect(df).toBeCloseTo(17.776, 3);
    expect(p).toBeCloseTo(0.07939, 5);
    expect(welchTest(second, first)).toEqual({ t: -t, df, p });
  });

  test("by hand: one degree of freedom is Cauchy's distribution", () => {
    // Means 2 and 0, the second constant: t = 2 / √(2/2 + 0) and df = 1; P(|T| >= 2) = 1 - (2/π) atan 2.
    const { t, df, p } = welchTest([1, 3], [0, 0, 0]);
    expect(t).toBeCloseTo(2, 12);
    expect(df).toBeCloseTo(1, 12);
    expect(p).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(2), 12);
  });

  test("p is the integral of Student's density", () => {
    for (const b of [second, first.map((x) => x + 1e-3), first.map((x) => 9 - 3 * x), [5, 5.5, 6.5]]) {
      const { t, df, p } = welchTest(first, b);
      expect(p / twoSided(t, df)).toBeCloseTo(1, 8);
    }
  });

  test("a small p keeps its digits", () => {
    const a = Array.from({ length: 40 }, (_, i) => i % 4);
    const { t, df, p } = welchTest(
      a,
      a.map((x) => x + 8),
    );
    expect(p).toBeGreaterThan(0);
    expect(p).toBeLessThan(1e-30);
    expect(p / twoSided(t, df)).toBeCloseTo(1, 6);
  });

  test("constant samples", () => {
    expect(welchTest([2, 2], [2, 2, 2])).toEqual({ t: 0, df: 3, p: 1 });
    expect(welchTest([1, 1], [2, 2])).toEqual({ t: Number.NEGATIVE_INFINITY, df: 2, p: 0 });
    expect(welchTest(new Float32Array(3).fill(0.1), new Float32Array(3).fill(0.1))).toEqual({ t: 0, df: 4, p: 1 });
  });

  test("bad arguments are named", () => {
    expect(() => welchTest([1], [1, 2])).toThrow(/^a must be an array of numbers, 2 or more; it is an Array of 1 value/);
    expect(() => welchTest([1, 2], [1, Number.NaN])).toThrow(/^b\[1\] must be a finite number; it is NaN/);
  });
});

describe("pairedTest", () => {
  test("as R prints it: t = -4.0621, df = 9, p-value = 0.002833", () => {
    const { t, df, p } = pairedTest(first, second);
    expect(t).toBeCloseTo(-4.0621, 4);
    expect(df).toBe(9);
    expect(p).toBeCloseTo(0.002833, 6);
  });
  test("constant differences", () => {
    expect(pairedTest(first, first)).toEqual({ t: 0, df: 9, p: 1 });
    expect(pairedTest([3, 4, 5], [1, 2, 3])).toEqual({ t: Number.POSITIVE_INFINITY, df: 2, p: 0 });
  });
  test("bad arguments are named", () => {
    expect(() => pairedTest([1, 2], [1, 2, 3])).toThrow(/^b must be as long as a, 2; it is an Array of 3 values/);
    expect(() => pairedTest([1], [1])).toThrow(/^a must be an array of numbers, 2 or more/);
  });
});

describe("holm", () => {
  test("by hand, in the given order", () => {
    // Ascending .005 .01 .03 .04, times 4 3 2 1: .02 .03 .06 .04, and the last may not lie below the one before it.
    const corrected = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((value, i) => {
      expect(corrected[i]).toBeCloseTo(value, 12);
    });
    expect(holm([0.6, 0.5])).toEqual([1, 1]);
    expect(holm([0.2])).toEqual([0.2]);
    expect(holm([])).toEqual([]);
  });
  test("no p-value", () => {
    expect(() => holm([0.1, 1.1])).toThrow(/^p\[1\] must be a finite number from 0 to 1; it is 1\.1/);
    expect(() => holm([Number.NaN])).toThrow(/^p\[0\] must be a finite number/);
  });
});

describe("rnnFilter", () => {
  const [clean, middle, strong] = [
    [0.1, -0.2, 0.3, 0],
    [0.4, 0.1, 0.6, 0.3],
    [-0.1, 0.2, -0.3, 0.1],
  ];

  test("paper: squared errors of the first and the last level; code: the least p over all pairs, signed", () => {
    const squares = (x: number[]) => x.map((e) => e * e);
    const { paper, code } = rnnFilter([clean, middle, strong]);
    expect(paper).toBe(welchTest(squares(clean), squares(strong)).p);
    expect(code).toBe(welchTest(middle, strong).p);
    expect(welchTest(middle, strong).p).toBeLessThan(Math.min(welchTest(clean, middle).p, welchTest(clean, strong).p));
  });

  test("an RNN that does not react to noise is dropped by both", () => {
    const p = rnnFilter([clean, clean, clean]);
    expect(p).toEqual({ paper: 1, code: 1, paired: 1 });
  });

  test("one level", () => expect(() => rnnFilter([clean])).toThrow(/^errors must be an array of 2 noise levels or more/));
});

describe("differenceInterval", () => {
  test("is where Welch's test turns: at its ends the means differ with p = .05", () => {
    const [a, b] = [
      [1, 2, 6, 4],
      [3, 3.5, 9],
    ];
    const { low, high, mean } = differenceInterval(a, b);
    expect(mean).toBeCloseTo(3.25 - 15.5 / 3, 12);
    for (const end of [low, high])
      expect(
        welchTest(
          a.map((x) => x - end),
          b,
        ).p,
      ).toBeCloseTo(0.05, 8);
  });
  test("none where one is a single value", () => expect(differenceInterval([1, 2], [3]).low).toBeNaN());
});

describe("meanInterval", () => {
  test("R's t.test of Student's differences: 0.7001 to 2.4599", () => {
    const { mean, low, high } = meanInterval(second.map((x, i) => x - first[i]!));
    expect([mean, low, high].map((x) => Number(x.toFixed(4)))).toEqual([1.58, 0.7001, 2.4599]);
  });
  test("none for a single value", () => {
    expect(meanInterval([3])).toEqual({ mean: 3, low: Number.NaN, high: Number.NaN, se: Number.NaN });
  });
});

describe("blockBootstrap", () => {
  const random = generator(1, "test");
  const noise = Array.from({ length: 1000 }, () => random.normal());

  test("with blocks of one value its error is that of independent values, sd / √n", () => {
    expect(blockBootstrap(noise, { block: 1 }).se).toBeCloseTo(1 / Math.sqrt(1000), 2);
  });

  test("long blocks see the dependence that single values hide: an AR(1) of .8 has (1 + .8) / (1 - .8) times the variance", () => {
    const values = new Float64Array(6000);
    for (let t = 1; t < values.length; t++) values[t] = 0.8 * values[t - 1]! + random.normal();
    expect(autocorrelation(Float32Array.from(values), 1)).toBeCloseTo(0.8, 1);
    const ratio = blockBootstrap(values, { block: 100, replicates: 500 }).se / blockBootstrap(values, { block: 1, replicates: 500 }).se;
    expect(ratio).toBeGreaterThan(2.5);
    expect(ratio).toBeLessThan(3.4);
  });

  test("covers the true mean as often as it says", () => {
    let held = 0;
    for (let i = 0; i < 200; i++) {
      const { low, high } = blockBootstrap(
        Array.from({ length: 200 }, () => random.normal()),
        { block: 5, replicates: 400, seed: i },
      );
      if (low <= 0 && 0 <= high) held++;
    }
    expect(held / 200).toBeGreaterThan(0.88);
    expect(held / 200).toBeLessThan(0.99);
  });

  test("of several runs it holds their luck too", () => {
    const runs = Array.from({ length: 10 }, () => {
      const shift = random.normal();
      return noise.map((x) => x + shift);
    });
    const { se, mean } = blockBootstrap(runs);
    expect(se).toBeGreaterThan(5 * blockBootstrap(noise).se);
    expect(mean).toBeCloseTo(runs.flat().reduce((a, b) => a + b, 0) / 10_000, 10);
  });

  test("equal runs add nothing, a constant has no width, and a seed gives the same again", () => {
    const [alone, two] = [blockBootstrap(noise), blockBootstrap([noise, noise])];
    expect(two.se / alone.se).toBeCloseTo(1, 1);
    expect(blockBootstrap(new Array(50).fill(2))).toEqual({ mean: 2, low: 2, high: 2, se: 0 });
    expect(blockBootstrap(noise, { seed: 4 })).toEqual(blockBootstrap(noise, { seed: 4 }));
    expect(blockBootstrap(noise, { seed: 4 })).not.toEqual(blockBootstrap(noise, { seed: 5 }));
  });

  test("of two methods whose runs don't go in pairs it holds the luck of both, and the time's only once", () => {
    const runsOf = (count: number, off: number) =>
      Array.from({ length: count }, () => {
        const shift = off + random.normal();
        return noise.map((x) => x + shift);
      });
    const [a, b] = [runsOf(10, 3), runsOf(20, 0)];
    const level = (runs: number[][]) => runs.map((run) => run.reduce((sum, x) => sum + x, 0) / run.length);
    const found = blockBootstrap(a, { minus: b });
    const { mean, se } = differenceInterval(level(a), level(b));
    expect(found.mean).toBeCloseTo(mean, 10);
    expect(found.se / se).toBeGreaterThan(0.85);
    expect(found.se / se).toBeLessThan(1.1);
    // The same blocks of both: what the two have in common falls out.
    expect(blockBootstrap([noise, noise], { minus: [noise, noise, noise] }).se).toBeLessThan(1e-12);
  });

  test("of any statistic: that of a mean of single runs has the same mean and the same error", () => {
    const back = noise.toReversed();
    const found = statisticBootstrap(([m]) => m!, [[noise]], [[back]]);
    const { mean, se } = blockBootstrap([noise], { minus: [back] });
    expect(found.mean).toBeCloseTo(mean, 12);
    expect(found.se).toBeCloseTo(se, 12);
  });

  // The variance of the difference of means over R runs of n values each: of the runs' own levels, of what all runs share at a time but one
  // method has twice of, and of what each has by itself.
  test.each([
    { what: "runs", level: 1, shared: 0, own: 0 },
    { what: "the time", level: 0, shared: 1, own: 0 },
    { what: "each run at each time, once", level: 0, shared: 0, own: 1 },
    { what: "all three", level: 0.1, shared: 1, own: 2 },
  ])("the luck of $what is in the error", ({ level, shared, own }) => {
    const [R, n] = [6, 200];
    const errors = Array.from({ length: 20 }, () => {
      const time = Array.from({ length: n }, () => shared * random.normal());
      const runsOf = (times: number) =>
        Array.from({ length: R }, () => {
          const base = level * random.normal();
          return [time.map((x) => base + times * x + own * random.normal())];
        });
      return statisticBootstrap(([m]) => m!, runsOf(2), runsOf(1), { block: 1 }).se ** 2;
    });
    const truth = (2 * level ** 2) / R + shared ** 2 / n + (2 * own ** 2) / (R * n);
    const found = errors.reduce((sum, x) => sum + x) / errors.length;
    expect(found / truth).toBeGreaterThan(0.75);
    expect(found / truth).toBeLessThan(1.3);
  });

  test("of a norm of runs that differ it covers the truth as often as it says", () => {
    let held = 0;
    const trials = 200;
    for (let i = 0; i < trials; i++) {
      const runsOf = (x: number, y: number) =>
        Array.from({ length: 6 }, () =>
          [x, y].map((centre) => {
            const own = centre + 0.1 * random.normal();
            return Array.from({ length: 200 }, () => own + random.normal());
          }),
        );
      const { low, high } = statisticBootstrap(([a, b]) => Math.hypot(a!, b!), runsOf(1, 1), runsOf(1, 0));
      if (low <= Math.SQRT2 - 1 && Math.SQRT2 - 1 <= high) held++;
    }
    expect(held / trials).toBeGreaterThan(0.91);
    expect(held / trials).toBeLessThan(0.995);
  });

  test("what cannot be drawn from", () => {
    expect(() => blockBootstrap([1, 2], { block: 3 })).toThrow(/^values must be/);
    expect(() => blockBootstrap([[1, 2], [1]], { block: 1 })).toThrow("values[1]");
    expect(() => blockBootstrap(noise, { level: 2 })).toThrow("options.level");
    expect(() => blockBootstrap(noise, { minus: [[1]] })).toThrow("options.minus[0]");
  });
});
