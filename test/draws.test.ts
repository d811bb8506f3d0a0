/** Draws: their distributions, what they follow from, and that a step's come from one call of one kernel. */
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createModel, weighted } from "../lib/models/model";
import type { ModelConfig } from "../lib/models/registry";
import { native } from "../lib/tensor/backend";
import { BLOCK, blockDraws, draws, keyOf, normals, uniforms, type Wanted } from "../lib/tensor/draws";
import { generate } from "../lib/training/generation";
import { imputeDraws } from "../lib/training/imputation";
import { GradientStep } from "../lib/training/step";
import { average, chain, expectNothingLeft, trainingData } from "./helpers";

const stream = (step = 0) => ({ seed: 5, name: "draws", step });
const n = 200_000;
const list = (x: tf.Tensor) => Array.from(x.dataSync());

describe("draws", () => {
  it("of normals have the moments, the tails and the independence of N(0, 1)", () => {
    const z = list(normals([n], stream()));
    const moment = (p: number) => average(z.map((v) => v ** p));
    // Standard errors: of the p-th moment √((E z^2p − (E z^p)²) / n).
    for (const [p, expected, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ])
      expect(Math.abs(moment(p) - expected), `moment ${p}`).toBeLessThan(4 * Math.sqrt(variance / n));
    for (const [limit, share] of [
      [1, 0.317311],
      [2, 0.0455],
      [3, 0.0027],
    ])
      expect(Math.abs(z.filter((v) => Math.abs(v) > limit).length / n - share)).toBeLessThan(4 * Math.sqrt(share / n));
    // The two of a pair lie half the draws apart; neighbours are of different pairs. Squares would show a shared radius.
    for (const lag of [1, n / 2])
      for (const p of [1, 2]) {
        const centred = z.map((v) => v ** p - (p === 1 ? 0 : 1));
        const products = centred.slice(lag).map((v, i) => v * centred[i]);
        expect(Math.abs(average(products)), `lag ${lag}, power ${p}`).toBeLessThan((4 * p) / Math.sqrt(products.length));
      }
    expect(z.every(Number.isFinite)).toBe(true);
  });

  it("of uniforms fill [0, 1) evenly", () => {
    const counts = new Array(100).fill(0);
    for (const v of list(uniforms([n], stream()))) counts[Math.floor(100 * v)]++;
    const chiSquare = counts.reduce((sum, c) => sum + (c - n / 100) ** 2 / (n / 100), 0);
    expect(chiSquare).toBeGreaterThan(50);
    expect(chiSquare).toBeLessThan(160); // 99 degrees of freedom
  });

  it("of integers are even below any limit, and reach every number of a long series", () => {
    const integers = (below: number, step = 0) => draws({ it: { of: "integers", shape: [n], below } }, stream(step)).it;
    expect(integers(7).dtype).toBe("int32");
    expect(new Set(list(integers(1)))).toEqual(new Set([0]));
    for (const below of [7, 100, 10_000_000, 2 ** 31 - 1]) {
      const cells = Math.min(below, 100);
      const counts = new Array(cells).fill(0);
      for (const v of list(integers(below))) counts[Math.floor((v * cells) / below)]++;
      const chiSquare = counts.reduce((sum, c) => sum + (c - n / cells) ** 2 / (n / cells), 0);
      expect(chiSquare, `below ${below}`).toBeLessThan(cells + 6 * Math.sqrt(2 * cells));
    }
    // 23 bits of a float32 would leave out every other number of 2^24: a number's lowest bit is even too.
    const odd = list(integers(2 ** 24)).filter((v) => v % 2 === 1).length;
    expect(Math.abs(odd / n - 0.5)).toBeLessThan(2 / Math.sqrt(n));
  });

  it("follow from seed, name and step; each in its shape, an odd number of normals too", () => {
    const wanted: Record<string, Wanted> = {
      i: { of: "integers", shape: [3], below: 10 },
      a: { of: "normals", shape: [3, 3] },
      u: { of: "uniforms", shape: [2, 1] },
      b: { of: "normals", shape: [4] },
    };
    const all = (s: Parameters<typeof draws>[1]) => Object.entries(draws(wanted, s)).map(([name, t]) => [name, t.shape, list(t)]);
    const first = all(stream());
    expect(Object.fromEntries(first.map(([name, shape]) => [name, shape]))).toEqual({ i: [3], a: [3, 3], u: [2, 1], b: [4] });
    expect(all(stream())).toEqual(first);
    expect(all({ key: keyOf(5, "draws", 0) })).toEqual(first);
    for (const other of [{ ...stream(), seed: 6 }, { ...stream(), name: "other" }, stream(1)]) expect(all(other)).not.toEqual(first);
    const { i, a } = wanted;
    expect(all(stream()).slice(0, 2), "what is wanted after them changes nothing").toEqual(
      Object.entries(draws({ i, a }, stream())).map(([name, t]) => [name, t.shape, list(t)]),
    );
    const values = first.flatMap(([, , v]) => v as number[]);
    expect(new Set(values.filter((v) => !Number.isInteger(v))).size, "no number is used twice").toBe(15);
  });

  it("have as many rows as are asked for, and of a block its first", () => {
    const wanted: Record<string, Wanted> = {
      z: { of: "normals", shape: [2, "rows", 3] },
      i: { of: "integers", shape: ["rows"], below: 9 },
    };
    expect(() => draws(wanted, stream())).toThrow(/a shape with "rows" needs a number of rows/);
    const [block, first] = [BLOCK, 5].map((B) => blockDraws(wanted, stream(), B));
    expect([block.z.shape, first.z.shape, first.i.shape]).toEqual([[2, BLOCK, 3], [2, 5, 3], [5]]);
    expect(list(first.z)).toEqual(list(tf.slice(block.z, 0, [2, 5, 3])));
    expect(list(first.i)).toEqual(list(block.i).slice(0, 5));
    expect(list(block.z)).toEqual(list(draws(wanted, stream(), BLOCK).z));
    expect(draws({}, stream())).toEqual({});
  });

  it("leave nothing behind", () => {
    const wanted: Record<string, Wanted> = { i: { of: "integers", shape: [3], below: 10 }, a: { of: "normals", shape: [3] } };
    expectNothingLeft(() => tf.dispose(draws(wanted, stream())));
  });
});

describe("a step", () => {
  const noise = { probability: 0.5, sd: 0.1 };
  const models: ModelConfig[] = [
    { kind: "tdlgm", m: 3, H: 4, K: 2, batch: 8, trainingNoise: noise },
    { kind: "dlgm", m: 3, H: 4, K: 2, batch: 8, trainingNoise: noise },
    { kind: "dlgm", m: 3, H: 4, K: 2, batch: 8, likelihood: { kind: "bernoulli" } },
    { kind: "rnn", m: 3, H: 4, batch: 8, trainingNoise: noise },
  ];
  for (const config of models)
    it.skipIf(!native)(`of ${JSON.stringify(config)} takes all that it draws from one kernel`, async () => {
      const kernels = native as NonNullable<typeof native>;
      const random = (calls: { kernel: string }[]) => calls.filter(({ kernel }) => /Random/.test(kernel)).length;
      const model = createModel(config, 1);
      const own = weighted(model);
      const data = trainingData(own.config);
      const step = new GradientStep(own.config, own.layout, "loss");
      const training = kernels.record(() => tf.dispose(Object.values(step.run(own, data, 0, 1))));
      expect(random(training.calls), "of training").toBe(1);
      step.dispose();
      data.dispose();
      const recorded: { kernel: string }[][] = [];
      const { record } = kernels;
      const listening = <R>(f: () => R) => {
        const made = record(f);
        recorded.push(made.calls);
        return made;
      };
      kernels.record = listening;
      try {
        await generate(model, [chain(9)], 1, { seed: 1 });
        const drawn = config.kind === "rnn" ? 0 : 1; // its forecasts are no draws
        const all = () => recorded.map(random).reduce((a, b) => a + b);
        expect(all(), "of generation").toBe(drawn);
        recorded.length = 0;
        await imputeDraws(model, chain(9), [
          { seed: 1, xi: "sample" },
          { seed: 1, xi: "mean" },
          { seed: 2, xi: "sample" },
        ]);
        expect(all(), "of imputation, for each draw").toBe(2 * drawn);
      } finally {
        kernels.record = record;
        model.dispose();
      }
    });
});
