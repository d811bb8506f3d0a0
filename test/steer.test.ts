/** A training that is steered: settings that change while it runs, what its record says of it, and bits where nothing is steered. */
import { describe, expect, test } from "vitest";
import { TDLGM_MEMORY } from "../lib/models/memoryConfig";
import { createModel, type WeightedModel } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import { settingsOf } from "../lib/training/steer";
import { train } from "../lib/training/train";
import { bits, chain, distance } from "./helpers";

const series = chain(400, 4);
const tiny = { kind: "tdlgm", m: 3, H: 4, K: 2, batch: 8, steps: 40, validateEvery: 5, restartAfter: 0 } as const;
const options = { seed: 1, steps: 20 };
const trained = async (more: object, config: object = {}) => {
  const model = createModel({ ...tiny, ...config }, 2);
  const result = await train(model, series, { ...options, ...more });
  return { model, result };
};
const flat = (model: object) => Object.values(bits(model as WeightedModel).weights).flat();

describe("steer", () => {
  test("that says what the settings say changes no bit and leaves no mark", async () => {
    const plain = await trained({});
    const steered = await trained({ steer: () => ({ beta: 1, alpha: 1, learningRate: 2e-3 }) });
    expect(bits(steered.model)).toEqual(bits(plain.model));
    expect(steered.result.history).toEqual(plain.result.history);
    expect(steered.result).not.toHaveProperty("steered");
  });

  test.each([
    ["beta", 0.3],
    ["alpha", 3],
    ["learningRate", 5e-3],
  ] as const)("%s is what training with that setting is", async (name, value) => {
    const set = await trained({}, { [name]: value });
    const steered = await trained({ steer: () => ({ [name]: value }) });
    expect(distance(flat(steered.model), flat(set.model))).toBeLessThan(1e-5);
    expect(distance(flat(steered.model), flat((await trained({})).model))).toBeGreaterThan(1e-4);
  });

  test("from a step on: the record names it, its rows carry the values, and a resumed training goes on", async () => {
    const model = createModel(tiny, 2);
    let beta = 1;
    const onStep = (step: number) => {
      if (step === 7) beta = 0.25;
    };
    await train(model, series, { ...options, steer: () => ({ beta }), onStep });
    const plain = await trained({});
    const result = await train(model, series, { seed: 1, steps: 30 });
    expect(result.steered).toBe(8);
    expect(result.history.map(({ step, beta, alpha, learningRate }) => [step, beta, alpha, learningRate])).toEqual([
      [5, undefined, undefined, undefined],
      ...[10, 15, 20].map((step) => [step, 0.25, 1, 2e-3]),
      ...[25, 30].map((step) => [step, 1, 1, 2e-3]),
    ]);
    expect(result.history[0]).toEqual(plain.result.history[0]);
    expect(result.history[1].validationMse).not.toBe(plain.result.history[1].validationMse);
  });

  test("offers β where there is a ξ or z alone", () => {
    const of = (config: object) => Object.keys(settingsOf(completeConfig(config as never)));
    const remembers = { kind: "tdlgm", ...TDLGM_MEMORY, likelihood: { kind: "categorical", values: [0, 1] } };
    expect(of({ kind: "vrnn" })).toEqual(["learningRate", "beta"]);
    expect(of({ kind: "vrnn", latents: false })).toEqual(["learningRate"]);
    expect(of(remembers)).toEqual(["learningRate", "beta"]);
    expect(of({ ...remembers, memory: { ...TDLGM_MEMORY.memory, xi: false } })).toEqual(["learningRate"]);
  });

  test("names what can't be", async () => {
    for (const [steer, message] of [
      [{ beta: Number.NaN }, /options\.steer\(\)\.beta must be a finite number from 0/],
      [{ beta: -1 }, /options\.steer\(\)\.beta must be/],
      [{ gamma: 1 }, /options\.steer\(\) must be an object with no keys but learningRate, beta, alpha; it is \{ gamma \}/],
      [null, /options\.steer\(\) must be an object/],
    ] as const)
      await expect(trained({ steer: () => steer })).rejects.toThrow(message);
    await expect(trained({ steer: 1 })).rejects.toThrow(/options\.steer must be a function/);
    const rnn = createModel({ kind: "rnn", m: 3, H: 4, batch: 8, restartAfter: 0 }, 0);
    await expect(train(rnn, series, { ...options, steer: () => ({ beta: 1 }) })).rejects.toThrow(/no keys but learningRate/);
  });

  test("DLGM and VRNN take β, the RNN a learning rate", async () => {
    for (const [config, steer] of [
      [{ kind: "dlgm", m: 3, H: 4, K: 2, batch: 8, restartAfter: 0 }, { beta: 0 }],
      [{ kind: "vrnn", m: 3, H: 4, K: 2, length: 4, batch: 8 }, { beta: 0 }],
      [{ kind: "rnn", m: 3, H: 4, batch: 8, restartAfter: 0 }, { learningRate: 0 }],
    ] as const) {
      const model = createModel(config, 0);
      const before = bits(model).weights;
      const { steered } = await train(model, series, { ...options, steer: () => steer });
      expect(steered).toBe(1);
      const plain = createModel(config, 0);
      await train(plain, series, options);
      expect(bits(model).weights).not.toEqual(bits(plain).weights);
      if (config.kind === "rnn") expect(bits(model).weights).toEqual(before);
    }
  });
});
