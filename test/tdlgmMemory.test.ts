/** tDLGM with memory: its state, its probabilities, its likelihood; and that a tDLGM without is what it was. */
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { logMeanExp } from "../lib/metrics/statistics";
import type { Kind } from "../lib/models/kind";
import { createModel, type WeightedModel } from "../lib/models/model";
import { completeConfig, kindOf } from "../lib/models/registry";
import { type TdlgmConfig, tdlgm as withoutMemory } from "../lib/models/tdlgm";
import { differences, type RunRecord } from "../lib/paper/record";
import { draws } from "../lib/tensor/draws";
import { generate } from "../lib/training/generation";
import { heldOutSurprisals } from "../lib/training/heldOut";
import { train } from "../lib/training/train";
import { average, batchOfStep, chain, expectClose, expectNoLeak, randomWeights, trainingData } from "./helpers";

const values = [0, 0.25, 0.5, 1];
const memory = {
  prior: "state",
  recognition: "both",
  xi: true,
  taus: [2, 5],
  length: 4,
  burnIn: 3,
  anneal: 5,
  freeBits: 0,
  dropout: 0,
} as const;
const make = (change: object = {}) =>
  completeConfig({
    kind: "tdlgm",
    ...{ m: 6, H: 5, K: 2, batch: 8, alpha: 0, transition: "below", state: "output", restartAfter: 0 },
    likelihood: { kind: "categorical", values },
    memory: { ...memory, taus: [...memory.taus], ...change },
  }) as TdlgmConfig;
const config = make();
const methodsOf = (config: TdlgmConfig) => kindOf(config) as unknown as Kind<TdlgmConfig>;
const tdlgm = methodsOf(config);
const series = chain(200, 4);
const column = (x: ArrayLike<number>) => tf.tensor3d(Float32Array.from(x), [x.length, 1, 1]);
const rowsOf = (v: number, N: number) => tf.fill([N, 1], v) as tf.Tensor2D;
const N = 4000;
const tiled = (state: tf.Tensor[]) => state.map((s) => tf.tile(s as tf.Tensor2D, [N, 1]));

describe("the state", () => {
  const w = randomWeights(config);

  it("holds decayed counts of every value", () => {
    const [, counts] = tdlgm.init(config, w, column([0, 1, 1, 0.5, 1]));
    const decayed = (tau: number) =>
      values.map((value) => [0, 1, 1, 0.5, 1].reduce((sum, v, i) => sum + (v === value ? Math.exp(-(4 - i) / tau) : 0), 0));
    expectClose(counts, tf.tensor2d([[...decayed(2), ...decayed(5)]]), 1e-5);
  });

  it("is the same one value after another as all at once", () => {
    const long = { ...config, memory: { ...memory, taus: [2, 5], burnIn: 100 } };
    let state = tdlgm.init(long, w, column(series.subarray(0, 30)));
    for (const v of series.subarray(30, 34)) {
      const drawn = draws(tdlgm.proposal!(long)!, { seed: 1, name: "x", step: 0 }, 1);
      state = tdlgm.observe!(long, w, state, rowsOf(v, 1), drawn).state;
    }
    tdlgm.init(long, w, column(series.subarray(0, 34))).forEach((s, i) => {
      expectClose(state[i], s, 1e-5);
    });
  });

  it("knows where a series begins: what stands before it counts for nothing", () => {
    const before = tdlgm.before!(config);
    const [, padded] = tdlgm.init(config, w, column([before, before, 0.5, 1]));
    const [, bare] = tdlgm.init(config, w, column([0.5, 1]));
    expectClose(padded, bare, 1e-6);
  });
});

describe("its probabilities", () => {
  for (const change of [{}, { prior: "standard" }, { recognition: "value" }, { taus: [] }, { xi: false }]) {
    it(`sum to 1, and q gives what the prior gives: ${JSON.stringify(change)}`, () => {
      const own = make(change);
      const w = randomWeights(own, 0.2);
      const state = tiled(tdlgm.init(own, w, column(series.subarray(0, 20))));
      const fromPrior = draws(tdlgm.emission(own), { seed: 1, name: "prior", step: 0 }, N);
      const fromQ = draws(tdlgm.proposal!(own)!, { seed: 1, name: "q", step: 0 }, N);
      const p = values.map((v) => {
        const [prior, q] = [
          tdlgm.logDensity!(own, w, state, rowsOf(v, N), fromPrior),
          tdlgm.observe!(own, w, state, rowsOf(v, N), fromQ).logWeight,
        ].map((log) => Math.exp(logMeanExp([...log.dataSync()])));
        expect(Math.abs(q - prior)).toBeLessThan(0.03);
        return prior;
      });
      expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
    });
  }
});

describe("training and work", () => {
  it("makes use of what is remembered: a series that stays where it is", async () => {
    const model = createModel({ ...make(), batch: 32, learningRate: 1e-2, H: 8, steps: 150 } as never, 1) as WeightedModel;
    const long = chain(2000, 7);
    await train(model, long, { seed: 1, steps: 150 });
    const [few, many] = await Promise.all([64, 128].map((particles) => heldOutSurprisals(model, long, 1800, { seed: 1, particles })));
    // A change comes with .4 and goes anywhere: stays with .7, each other value .1.
    const entropy = -(0.7 * Math.log(0.7) + 3 * 0.1 * Math.log(0.1));
    expect(Math.abs(average(many) - entropy)).toBeLessThan(0.15);
    expect(Math.abs(average(few) - average(many))).toBeLessThan(0.02);
    const made = await generate(model, [long.subarray(0, 50), new Float32Array(0)], 400, { seed: 1 });
    for (const s of made) {
      const stays = average(Array.from(s.subarray(1), (v, t) => (v === s[t] ? 1 : 0)));
      expect(stays).toBeGreaterThan(0.4); // .25 without memory
      expect(s.every((v) => values.includes(v))).toBe(true);
    }
    model.dispose();
  });

  it("leaves no tensor and no handle behind", () => {
    for (const change of [{}, { taus: [] }]) expectNoLeak(tdlgm as never, make({ ...change, anneal: 0 }) as never);
  });

  it("refuses settings that do not fit, by name", () => {
    const bad: [object, RegExp][] = [
      [{ L: 3 }, /config\.L must be 2 for a tDLGM with memory; it is 3/],
      [
        { likelihood: { kind: "bernoulli" } },
        /config\.likelihood\.kind must be "categorical", "categorical-columns" or "logistic-mixture" for a tDLGM with memory/,
      ],
      [{ m: 2 }, /config\.m must be at least config\.memory\.burnIn, 3; it is 2/],
      [{ memory: { ...memory, taus: [0] } }, /config\.memory\.taus\[0\] must be a finite number above 0; it is 0/],
      [{ memory: { ...memory, taus: null } }, /config\.memory\.taus must be an Array; it is null/],
      [{ memory: { ...memory, taus: Float32Array.of(2) } }, /config\.memory\.taus must be an Array; it is a Float32Array of 1 value/],
      [{ memory: { ...memory, dropout: 1 } }, /config\.memory\.dropout must be a finite number from 0 to 0\.99/],
      [{ memory: { ...memory, more: 1 } }, /config\.memory must be an object with no keys but/],
    ];
    for (const [change, message] of bad) expect(() => completeConfig({ ...config, ...change } as never), `${message}`).toThrow(message);
  });
});

describe("a tDLGM without memory", () => {
  const plain = completeConfig({ kind: "tdlgm", m: 3, H: 5, K: 2, batch: 8 }) as TdlgmConfig;

  it("is the paper's to the bit", () => {
    expect(plain.memory).toBe(null);
    expect(methodsOf(plain).layout(plain)).toEqual(withoutMemory.layout(plain));
    const w = randomWeights(plain);
    const data = trainingData(plain);
    const batch = batchOfStep(data, 1);
    const drawn = draws(withoutMemory.noise(plain), { seed: 1, name: "noise", step: 0 }, 8);
    const numbers = (kind: Kind<TdlgmConfig>) => {
      const { total, parts } = kind.losses.loss(plain, w, batch, drawn);
      return [total, ...Object.values(parts), ...kind.impute(plain, w, batch, [drawn, null])].map((x) => [...x.dataSync()]);
    };
    expect(numbers(methodsOf(plain))).toEqual(numbers(withoutMemory));
    data.dispose();
  });

  it("has no likelihood of values one by one", async () => {
    const model = createModel(plain as never, 1);
    await expect(heldOutSurprisals(model, series, 100, { seed: 1 })).rejects.toThrow("model must be one that takes observed values");
    model.dispose();
  });

  it("finds its runs again: a record from before there was a memory has none", () => {
    const { memory: _none, ...before } = completeConfig({ kind: "tdlgm" }) as TdlgmConfig;
    const record = { config: before, seed: 1, steps: before.steps } as unknown as RunRecord;
    expect(differences(record, { config: { kind: "tdlgm" }, seed: 1 })).toEqual([]);
  });
});
