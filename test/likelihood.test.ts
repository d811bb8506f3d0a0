import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import {
  checkEmittable,
  draw,
  emissionNoise,
  type LikelihoodConfig,
  likelihoodLayout,
  logDensity,
  mean,
  readoutSize,
  seenOneHot,
} from "../lib/models/likelihood";
import { negativeLog } from "../lib/notebook/plain";
import { draws, type Stream } from "../lib/tensor/draws";
import type { Weights } from "../lib/tensor/weights";
import { average, expectClose, normalValues, numericalGradient, randomTensor } from "./helpers";

const GAUSSIAN: LikelihoodConfig = { kind: "gaussian", sd: 0.1 };
const LEARNED: LikelihoodConfig = { kind: "gaussian", sd: "learned" };
const BERNOULLI: LikelihoodConfig = { kind: "bernoulli" };
const CATEGORICAL: LikelihoodConfig = { kind: "categorical", values: [0, 0.25, 1] };
const LOGISTICS: LikelihoodConfig = { kind: "logistic-mixture", values: [0, 0.25, 0.5, 1], components: 2 };
/** The masses of a mixture of logistics between the midpoints of its values, by its distribution function. */
function logisticMasses({ values, components: M }: { values: number[]; components: number }, r: number[]): number[] {
  const range = values[values.length - 1] - values[0];
  const F = (x: number) => {
    const logits = r.slice(0, M).map(Math.exp);
    const parts = logits.map(
      (w, m) => w / (1 + Math.exp(-(x - values[0] - range / 2 - range * r[M + m]) / (range * Math.exp(r[2 * M + m])))),
    );
    return parts.reduce((a, b) => a + b) / logits.reduce((a, b) => a + b);
  };
  const ends = [0, ...values.slice(1).map((v, k) => F((v + values[k]) / 2)), 1];
  return values.map((_, k) => ends[k + 1] - ends[k]);
}
const column = (...x: number[]) => tf.tensor2d(x, [x.length, 1]);
const logit = (p: number) => Math.log(p / (1 - p));
const LOG_2PI = Math.log(2 * Math.PI);
/** The weights of a likelihood whose σ is learned. */
const of = (logSd?: number): Weights => (logSd === undefined ? {} : { "generator.logSd": tf.tensor1d([logSd]) });
const stream = (step = 0) => ({ seed: 5, name: "test", step });

describe("log-densities by hand", () => {
  it("Gaussian of a fixed σ", () => {
    const values = logDensity(GAUSSIAN, {}, column(logit(0.5), logit(0.8), 0), column(0.5, 0.6, 1)).dataSync();
    const at = (z: number) => -0.5 * z * z - Math.log(0.1) - 0.5 * LOG_2PI;
    expectClose(values, [at(0), at(-2), at(5)], 1e-5);
    expect(values[0]).toBeCloseTo(1.383647, 5);
  });

  it("Gaussian of a learned σ, which has a floor", () => {
    const readout = column(logit(0.5));
    const at = (logSd: number) => logDensity(LEARNED, of(logSd), readout, column(0.75)).dataSync()[0];
    expect(at(Math.log(0.25))).toBeCloseTo(-0.5 - Math.log(0.25) - 0.5 * LOG_2PI, 5);
    const { start } = likelihoodLayout(LEARNED)["generator.logSd"];
    expect(at(start as number)).toBeCloseTo(-3.125 - Math.log(0.1) - 0.5 * LOG_2PI, 4);
    expect(at(-100)).toBe(at(-5));
  });

  it("Bernoulli", () => {
    const values = logDensity(BERNOULLI, {}, column(logit(0.8), logit(0.8), logit(0.8), 200, -200), column(1, 0, 0.25, 1, 0)).dataSync();
    expectClose(values, [Math.log(0.8), Math.log(0.2), 0.25 * Math.log(0.8) + 0.75 * Math.log(0.2), 0, 0], 1e-6);
  });

  it("categorical over given values", () => {
    const readout = tf.tensor2d([
      [Math.log(1), Math.log(2), Math.log(5)],
      [3, 3, 3],
      [0, 0, 0],
    ]);
    expectClose(
      logDensity(CATEGORICAL, {}, readout, column(1, 0.25, 0.2)).dataSync(),
      [Math.log(5 / 8), Math.log(1 / 3), Math.log(1 / 3)],
      1e-6,
    );
    const masses = [0, 0.25, 1].map((v) => Math.exp(logDensity(CATEGORICAL, {}, readout.slice(0, 1), column(v)).dataSync()[0]));
    expectClose(masses, [1 / 8, 2 / 8, 5 / 8], 1e-6);
    expect(readoutSize(CATEGORICAL)).toBe(3);
    expect([GAUSSIAN, LEARNED, BERNOULLI].map(readoutSize)).toEqual([1, 1, 1]);
  });

  it("mixture of logistics over given values, of two values too", () => {
    for (const values of [
      [0, 1],
      [-3, 0, 10],
      [0, 0.25, 0.5, 1],
    ]) {
      const config = { kind: "logistic-mixture" as const, values, components: 3 };
      expect(readoutSize(config)).toBe(9);
      const r = [0.3, -1, 0.5, 0.1, -0.4, 0.6, -1, 0.5, -2.5];
      const masses = values.map((v) => Math.exp(logDensity(config, {}, tf.tensor2d([r]), column(v)).dataSync()[0]));
      expectClose(masses, logisticMasses(config, r), 1e-5);
      expect(average(masses) * values.length).toBeCloseTo(1, 5);
      const gradient = tf.grad((x: tf.Tensor) => tf.sum(logDensity(config, {}, x, column(values[0]))))(tf.tensor2d([r]));
      const byHand = numericalGradient((x) => Math.log(logisticMasses(config, x)[0]), r);
      expectClose(gradient.dataSync(), byHand, 1e-4);
    }
  });

  it("integrates to 1 where it is a density", () => {
    const [low, high, n] = [-2, 3, 5000];
    const grid = Float32Array.from({ length: n }, (_, i) => low + ((i + 0.5) * (high - low)) / n);
    for (const [config, logSd] of [
      [GAUSSIAN, undefined],
      [LEARNED, Math.log(0.3)],
    ] as const) {
      const density = logDensity(config, of(logSd), tf.fill([n, 1], 0.4), tf.tensor2d(grid, [n, 1])).exp();
      expect((density.sum().dataSync()[0] * (high - low)) / n).toBeCloseTo(1, 4);
    }
  });
});

describe("checkEmittable", () => {
  it("names the first value that a categorical lacks, float32 for float32, or that a sigmoid cannot reach", () => {
    const values = { kind: "categorical", values: [-3, 0.1, 70] } as LikelihoodConfig;
    expect(() => checkEmittable(values, Float32Array.of(-3, 70, 0.1, 0.5, 0.2))).toThrow(
      /^series\[3\] must be one of config\.likelihood\.values .*; it is 0\.5$/,
    );
    expect(() => checkEmittable(values, Float32Array.of(-3, 70, 0.1))).not.toThrow();
    for (const config of [GAUSSIAN, LEARNED, BERNOULLI]) {
      expect(() => checkEmittable(config, Float32Array.of(0, 0.123, 1))).not.toThrow();
      for (const v of [-0.01, 1.01])
        expect(() => checkEmittable(config, Float32Array.of(0.5, v))).toThrow(/^series\[1\] must be a number from 0 to 1; it is /);
    }
  });
});

describe("the mean log-density of a batch", () => {
  const cases: [string, LikelihoodConfig, number[], number?][] = [
    ["gaussian", GAUSSIAN, [0, 0.3, 1, 0.7]],
    ["learned gaussian", LEARNED, [0, 0.3, 1, 0.7], -1.3],
    ["bernoulli", BERNOULLI, [0, 0.3, 1, 0.7]],
    ["categorical", CATEGORICAL, [0, 0.25, 1, 1]],
    ["mixture of logistics", LOGISTICS, [0, 0.25, 0.5, 1]],
  ];
  const minusLog = (config: LikelihoodConfig, r: number[], v: number, logSd: number) =>
    config.kind === "logistic-mixture" ? -Math.log(logisticMasses(config, r)[config.values.indexOf(v)]) : negativeLog(config, r, v, logSd);
  for (const [name, config, v, logSd] of cases) {
    const P = readoutSize(config);
    const B = v.length;
    const f = (r: tf.Tensor, s?: tf.Tensor) =>
      tf.neg(tf.mean(logDensity(config, s ? { "generator.logSd": s } : {}, tf.reshape(r, [B, P]), column(...v)))) as tf.Scalar;

    it(`${name}: has the value and the gradients of a float64 formula`, () => {
      const x = [...normalValues(B * P, "readout"), ...(logSd === undefined ? [] : [logSd])];
      const reference = (x: number[]) => average(v.map((vi, i) => minusLog(config, x.slice(i * P, (i + 1) * P), vi, x[B * P])));
      const inputs = [tf.tensor1d(x.slice(0, B * P)), ...(logSd === undefined ? [] : [tf.tensor1d([logSd])])];
      expectClose(f(inputs[0], inputs[1]).dataSync(), [reference(x)], 1e-5);
      const gradients = tf
        .grads((r, s) => f(r, s))(inputs)
        .flatMap((g) => Array.from(g.dataSync()));
      expectClose(gradients, numericalGradient(reference, x), 1e-4);
    });

    it(`${name}: stays finite for a readout far out`, () => {
      const readout = tf.tensor1d(Array.from({ length: B * P }, (_, i) => (i % 2 === 0 ? 80 : -80)));
      const own = (r: tf.Tensor) => f(r, logSd === undefined ? undefined : tf.tensor1d([logSd]));
      expect(Number.isFinite(own(readout).dataSync()[0])).toBe(true);
      expect(tf.grad(own)(readout).dataSync().every(Number.isFinite)).toBe(true);
    });
  }
});

describe("the mean and draws", () => {
  it("means", () => {
    for (const config of [GAUSSIAN, LEARNED, BERNOULLI]) expectClose(mean(config, column(logit(0.3), 0)).dataSync(), [0.3, 0.5], 1e-6);
    const readout = tf.tensor2d([[Math.log(1), Math.log(2), Math.log(5)]]);
    expectClose(mean(CATEGORICAL, readout).dataSync(), [(2 * 0.25 + 5) / 8], 1e-6);
    expect(mean(CATEGORICAL, readout).shape).toEqual([1, 1]);
  });

  const noise = (config: LikelihoodConfig, s: Stream) => draws({ it: emissionNoise(config) }, s, 1000).it;
  /** 20 blocks of 1,000 draws at one readout. */
  const sample = (config: LikelihoodConfig, readout: number[], logSd?: number) =>
    Array.from({ length: 20 }, (_, i) =>
      Array.from(draw(config, of(logSd), tf.tile(tf.tensor2d([readout]), [1000, 1]), noise(config, stream(i))).dataSync()),
    ).flat();
  const n = 20_000;

  it("has the moments of a Gaussian that the clamp hardly touches", () => {
    for (const [config, sd, logSd] of [
      [GAUSSIAN, 0.1, undefined],
      [LEARNED, 0.08, Math.log(0.08)],
    ] as const) {
      const x = sample(config, [logit(0.5)], logSd);
      expect(Math.abs(average(x) - 0.5)).toBeLessThan((4 * sd) / Math.sqrt(n));
      const variance = average(x.map((v) => (v - 0.5) ** 2));
      expect(Math.abs(variance / sd ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    }
  });

  it("clamps to [0, 1]", () => {
    const x = sample(GAUSSIAN, [logit(0.98)]);
    expect(Math.min(...x)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...x)).toBe(1);
    expect(x.filter((v) => v === 1).length / n).toBeCloseTo(0.4207, 1); // P(z > .2)
  });

  it("has the probabilities of a Bernoulli, of a categorical and of a mixture of logistics", () => {
    const ones = sample(BERNOULLI, [logit(0.3)]);
    expect(new Set(ones)).toEqual(new Set([0, 1]));
    expect(Math.abs(average(ones) - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / n));
    const x = sample(CATEGORICAL, [Math.log(1), Math.log(2), Math.log(5)]);
    for (const [v, p] of [
      [0, 1 / 8],
      [0.25, 2 / 8],
      [1, 5 / 8],
    ]) {
      expect(Math.abs(x.filter((y) => y === v).length / n - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
    }
    expect(new Set(x)).toEqual(new Set([0, 0.25, 1]));
    const r = [0, 0.5, -0.3, 0.2, -2, -1];
    const [y, masses] = [sample(LOGISTICS, r), logisticMasses(LOGISTICS as never, r)];
    for (const [k, v] of [0, 0.25, 0.5, 1].entries())
      expect(Math.abs(y.filter((other) => other === v).length / n - masses[k])).toBeLessThan(
        4 * Math.sqrt((masses[k] * (1 - masses[k])) / n),
      );
    expectClose(mean(LOGISTICS, tf.tensor2d([r])).dataSync(), [masses[1] * 0.25 + masses[2] * 0.5 + masses[3]], 1e-5);
  });

  it("follows from the stream alone, row by row", () => {
    for (const config of [GAUSSIAN, BERNOULLI, CATEGORICAL, LOGISTICS]) {
      const readout = randomTensor([8, readoutSize(config)], "readout");
      const [a, b, other, seed] = [stream(), stream(), stream(1), { ...stream(), seed: 6 }].map((s) =>
        Array.from(draw(config, {}, tf.tile(readout, [125, 1]), noise(config, s)).dataSync()),
      );
      expect(a).toEqual(b);
      expect(a).not.toEqual(other);
      expect(a).not.toEqual(seed);
      expect(Array.from(draw(config, {}, readout, tf.slice(noise(config, stream()), 0, 8)).dataSync())).toEqual(a.slice(0, 8));
    }
  });
});

describe("several columns", () => {
  const values = [
    [0, 0.25, 1],
    [-1, 7],
  ];
  const columns: LikelihoodConfig = { kind: "categorical-columns", values };
  const alone = values.map((own): LikelihoodConfig => ({ kind: "categorical", values: own }));
  const readout = [Math.log(1), Math.log(2), Math.log(5), Math.log(3), Math.log(1)];
  const r = tf.tensor2d([readout, [...normalValues(5, "columns")]]);
  const parts = [tf.slice(r, [0, 0], [2, 3]), tf.slice(r, [0, 3], [2, 2])];
  const v = tf.tensor2d([
    [1, -1],
    [0.25, 7],
  ]);

  it("are one-hot side by side, nothing before a series' start", () => {
    const seen = seenOneHot({ kind: "categorical-columns", values }, tf.tensor3d([1, -1, -1e9, -1e9], [2, 1, 2]));
    expect(seen.shape).toEqual([2, 1, 5]);
    expect([...seen.dataSync()]).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0, 0]);
  });

  it("count each number as the nearest value, as the lower of two as near, in any order of the values", () => {
    const oneOf = (values: number[], v: number[]) => {
      const seen = seenOneHot({ kind: "categorical", values }, tf.tensor2d(v, [v.length, 1])).arraySync() as number[][];
      expect(seen.every((row) => row.reduce((a, b) => a + b) === 1)).toBe(true);
      return seen.map((row) => values[row.indexOf(1)]);
    };
    expect(oneOf([0, 0.25, 1], [-5, 0.1, 0.125, 0.126, 0.25, 0.6, 0.625, 7])).toEqual([0, 0, 0, 0.25, 0.25, 0.25, 0.25, 1]);
    expect(oneOf([1, 0, 0.25], [-5, 0.1, 0.125, 0.126, 7])).toEqual([0, 0, 0, 0.25, 1]);
    const close = [1, 1 + 2 ** -23, 1 + 2 ** -22]; // with no float32 between them
    for (const values of [close, close.slice(1), [...close].reverse()]) expect(oneOf(values, values)).toEqual(values);
    const many = normalValues(50, "values").map((x) => Math.fround(x));
    const asked = normalValues(200, "asked").map((x) => Math.fround(x));
    const nearest = (v: number) => many.reduce((best, one) => (Math.abs(one - v) < Math.abs(best - v) ? one : best));
    expect(oneOf([...many], [...asked])).toEqual(Array.from(asked, nearest));
  });

  it("have the sum of their log-densities, and its gradient", () => {
    expect(readoutSize(columns)).toBe(5);
    const sum = tf.add(
      logDensity(alone[0], {}, parts[0], tf.slice(v, [0, 0], [2, 1])),
      logDensity(alone[1], {}, parts[1], tf.slice(v, [0, 1])),
    );
    expectClose(logDensity(columns, {}, r, v), sum, 1e-12);
    expect(logDensity(columns, {}, r, v).dataSync()[0]).toBeCloseTo(Math.log((5 / 8) * (3 / 4)), 6);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(logDensity(columns, {}, x, tf.slice(v, [0, 0], [1, 2]))))(tf.tensor2d([readout]));
    expectClose(gradient.dataSync(), [-1 / 8, -2 / 8, 3 / 8, 1 / 4, -1 / 4], 1e-6);
  });

  it("have a mean each, and are drawn by a number each, independently", () => {
    expectClose(tf.slice(mean(columns, r), [0, 0], [1, 2]).dataSync(), [(2 * 0.25 + 5) / 8, (-3 + 7) / 4], 1e-6);
    const noise = tf.tensor2d([
      [0.1, 0.76],
      [0.9, 0.1],
    ]);
    const drawn = draw(columns, {}, tf.tile(tf.tensor2d([readout]), [2, 1]), noise);
    expect([...drawn.dataSync()]).toEqual([0, 7, 1, -1]);
    expect(emissionNoise(columns)).toEqual({ of: "uniforms", shape: ["rows", 2] });
  });

  it("name row and column of a value that they lack, and a v of another width", () => {
    expect(() => checkEmittable(columns, Float32Array.of(1, 7, 0, -1, 1, 0.25))).toThrow(
      /^series, row 2, column 1 must be one of config\.likelihood\.values\[1\]; it is 0\.25$/,
    );
    expect(() => checkEmittable(columns, Float32Array.of(1, 7, 0, -1))).not.toThrow();
    expect(() => logDensity(columns, {}, r, column(1, 1))).toThrow(/logDensity: v must have shape \[2, 2\]/);
  });
});
