/** No bad argument gives a number, or an error that does not name it: metrics, statistics, baselines, filters, samplers. */
import { describe, expect, test } from "vitest";
import { addNoise } from "../lib/data/noise";
import { corruptTest, noiseOf, split, stretch, testPart } from "../lib/data/protocol";
import { firstOrderTransitions } from "../lib/data/standIn";
import { autocorrelation, pooledAutocorrelation } from "../lib/metrics/autocorrelation";
import { baselines, fitAutoregression } from "../lib/metrics/baselines";
import { fitChain, logLikelihood, noiseFilters, posterior } from "../lib/metrics/filters";
import * as metrics from "../lib/metrics/metrics";
import { samplers } from "../lib/metrics/samplers";
import * as statistics from "../lib/metrics/statistics";
import { rnnFilter } from "../lib/paper/rnnFilter";

const x = Float32Array.from({ length: 40 }, (_, t) => (t % 5) / 4);
const noise = { probability: 0.5, sd: 0.1 };
const chain = fitChain(x);
const numbers = [0.1, 0.2, 0.4];

const NOT_A_SERIES = [
  undefined,
  null,
  "series",
  3,
  3n,
  {},
  numbers,
  new Float64Array(40),
  new Float32Array(0),
  x.map((v, t) => (t === 30 ? Number.NaN : v)),
];
const NOT_NUMBERS = [
  undefined,
  null,
  "1, 2",
  3,
  3n,
  {},
  [],
  new Array(3),
  ["1", "2", "3"],
  [1, null, 3],
  [1, Number.NaN, 3],
  [1, Number.POSITIVE_INFINITY, 3],
];
const NOT_WHOLE = [null, "1", 1n, {}, Number.NaN, 1.5, -1, Number.POSITIVE_INFINITY];
const NOT_NOISE = [
  undefined,
  null,
  0.1,
  {},
  { probability: 2, sd: 0 },
  { probability: 0.5, sd: -1 },
  { probability: 0.5, sd: 0, means: 1 },
];
const NOT_A_SEED = [undefined, null, "1", -1, 0.5, 2 ** 31];
const NOT_OPTIONS = [null, 10, { bin: 10 }, { bins: 12 }, { bins: "10" }];

/** A function, good arguments, and bad ones for each. */
type Row = [name: string, f: (...args: never[]) => unknown, good: unknown[], bad: unknown[][]];
const named = <T extends { name: string }>(all: T[], name: string): T => all.find((one) => one.name === name)!;
const ROWS: Row[] = [
  ["mean", metrics.mean, [numbers], [NOT_NUMBERS]],
  ["sd", metrics.sd, [numbers], [NOT_NUMBERS]],
  ["mse", metrics.mse, [x, x], [NOT_NUMBERS, NOT_NUMBERS]],
  ["squaredErrorVariance", metrics.squaredErrorVariance, [x, x], [NOT_NUMBERS, NOT_NUMBERS]],
  [
    "transitionScore",
    metrics.transitionScore,
    [x, [x], 1, {}],
    [NOT_A_SERIES, [...NOT_A_SERIES, [null], new Array(2)], NOT_WHOLE, NOT_OPTIONS],
  ],
  [
    "transitionScoreAcross",
    metrics.transitionScoreAcross,
    [x, x, x, 1, {}],
    [NOT_A_SERIES, NOT_A_SERIES, NOT_A_SERIES, NOT_WHOLE, NOT_OPTIONS],
  ],
  ["transitionCeiling", metrics.transitionCeiling, [x, 1, 11], [NOT_A_SERIES, NOT_WHOLE, [null, 12, "10"]]],
  [
    "transitionOverlap",
    metrics.transitionOverlap,
    [x, [x], 1, {}],
    [NOT_A_SERIES, [...NOT_A_SERIES, [null], new Array(2)], NOT_WHOLE, NOT_OPTIONS],
  ],
  ["autocorrelation", autocorrelation, [x, 1], [NOT_A_SERIES, [...NOT_WHOLE, undefined, 40]]],
  [
    "pooledAutocorrelation",
    pooledAutocorrelation,
    [[x], 1],
    [
      [...NOT_A_SERIES, [null], new Array(2)],
      [...NOT_WHOLE, undefined],
    ],
  ],
  ["summary", statistics.summary, [numbers], [NOT_NUMBERS]],
  ["estimate", statistics.estimate, [numbers], [NOT_NUMBERS]],
  ["logMeanExp", statistics.logMeanExp, [numbers], [NOT_NUMBERS]],
  [
    "welchTest",
    statistics.welchTest,
    [numbers, [1, 2]],
    [
      [...NOT_NUMBERS, [1]],
      [...NOT_NUMBERS, [1]],
    ],
  ],
  [
    "pairedTest",
    statistics.pairedTest,
    [numbers, [3, 2, 5]],
    [
      [...NOT_NUMBERS, [1]],
      [...NOT_NUMBERS, [1, 2]],
    ],
  ],
  ["holm", statistics.holm, [numbers], [[...NOT_NUMBERS.filter((v) => !Array.isArray(v) || v.length > 0), [0.1, 1.5], [-0.1]]]],
  ["rnnFilter", rnnFilter, [[numbers, numbers]], [[...NOT_NUMBERS, [numbers], [numbers, null], [numbers, [1]]]]],
  ["baselines", baselines, [x], [[...NOT_A_SERIES, x.slice(0, 20)]]],
  [
    "baselines' impute",
    named(baselines(x), "AR(10)").impute,
    [x],
    [NOT_A_SERIES.filter((v) => !(v instanceof Float32Array && v.length === 0))],
  ],
  ["fitAutoregression", fitAutoregression, [x, 2], [NOT_A_SERIES, [...NOT_WHOLE, undefined, 0, 20]]],
  ["fitChain", fitChain, [x, 0.1], [NOT_A_SERIES, [null, "1", 0, -1, Number.NaN, Number.POSITIVE_INFINITY]]],
  ["logLikelihood", logLikelihood, [0.5, x, noise], [[undefined, null, "1", Number.NaN], NOT_A_SERIES, NOT_NOISE]],
  [
    "posterior",
    posterior,
    [chain, x, noise, "filter"],
    [
      [undefined, null, {}, { ...chain, step: [] }, { ...chain, start: null }],
      NOT_A_SERIES.slice(0, 8),
      NOT_NOISE,
      [undefined, null, "both"],
    ],
  ],
  ["noiseFilters", noiseFilters, [x, noise], [[...NOT_A_SERIES, x.slice(0, 20)], NOT_NOISE]],
  ["samplers", samplers, [x], [[...NOT_A_SERIES, x.slice(0, 3)]]],
  [
    "samplers' generate",
    named(samplers(x), "Markov-2").generate,
    [2, 3, 0],
    [[...NOT_WHOLE, undefined, 0], [...NOT_WHOLE, undefined, 0], NOT_A_SEED],
  ],
  [
    "addNoise",
    addNoise,
    [x, noise, 0],
    [NOT_A_SERIES.filter((v) => !(v instanceof Float32Array && v.length === 0)), NOT_NOISE, NOT_A_SEED],
  ],
  ["split", split, [new Float32Array(600)], [[...NOT_A_SERIES, new Float32Array(500)]]],
  ["stretch", stretch, [x, 0.5, 0.1], [NOT_A_SERIES, [undefined, null, "1", 0, 1.1, Number.NaN], [null, "0", -0.1, 0.51, Number.NaN]]],
  [
    "noiseOf",
    noiseOf,
    [{ probability: 0, variance: 0 }, "sd"],
    [
      [undefined, null, {}, { probability: 0 }],
      [undefined, null, "std"],
    ],
  ],
  ["corruptTest", corruptTest, [new Float32Array(600), noise, 0], [NOT_A_SERIES, NOT_NOISE, NOT_A_SEED]],
  ["testPart", testPart, [new Float32Array(600)], [NOT_A_SERIES]],
  ["firstOrderTransitions", firstOrderTransitions, [numbers], [NOT_NUMBERS]],
];

describe.each(ROWS)("%s", (_, f, good, bad) => {
  const call = (args: unknown[]) => f(...(args as never[]));
  test("takes good arguments", () => expect(() => call(good)).not.toThrow());
  bad.forEach((values, i) => {
    test(`argument ${i + 1}`, () => {
      for (const value of values) {
        let error: unknown;
        try {
          call(good.map((own, j) => (j === i ? value : own)));
        } catch (thrown) {
          error = thrown;
        }
        expect((error as Error)?.message, `given ${String(Array.isArray(value) ? JSON.stringify(value) : value)}`).toMatch(
          /^[\w.[\]]+ must .*; it is /,
        );
      }
    });
  });
  test("no argument at all", () => expect(() => call([])).toThrow(/ must /));
});
