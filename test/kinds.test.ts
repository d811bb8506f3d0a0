/** What training, checkpoints and settings owe to every kind of model; train.test.ts and models.test.ts show the rest on tDLGM. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AbortError } from "../lib/base/interrupt";
import { loadModel, saveModel } from "../lib/models/checkpoint";
import { DLGM } from "../lib/models/dlgm";
import { TDLGM_MEMORY } from "../lib/models/memoryConfig";
import { createModel, type Model, type WeightedModel } from "../lib/models/model";
import { completeConfig, type ModelConfig } from "../lib/models/registry";
import { RNN } from "../lib/models/rnn";
import { TDLGM } from "../lib/models/tdlgm";
import { TIMEGAN } from "../lib/models/timegan";
import { VRNN } from "../lib/models/vrnn";
import { generate } from "../lib/training/generation";
import { impute } from "../lib/training/imputation";
import { train } from "../lib/training/train";
import { average, bits, chain, held } from "./helpers";

const noise = { probability: 0.5, sd: 0.1 };
const series = chain(400, 4);
const likelihood = { kind: "categorical" as const, values: [...new Set(series)] };
const TINY: ModelConfig[] = [
  { kind: "tdlgm", m: 3, H: 6, K: 2, batch: 8, restartAfter: 0, validateEvery: 10, latents: "sequence", networks: "relu" },
  { kind: "dlgm", m: 3, H: 6, K: 2, batch: 8, restartAfter: 0, validateEvery: 10, trainingNoise: noise },
  { kind: "dlgm", m: 3, L: 3, H: 6, K: 2, batch: 8, restartAfter: 0, validateEvery: 10, windowEnd: "clean", decay: "linear", steps: 60 },
  { kind: "rnn", m: 3, H: 6, batch: 8, restartAfter: 0, validateEvery: 10, trainingNoise: noise, decay: "linear", steps: 60 },
  { kind: "rnn", m: 3, L: 2, H: 6, batch: 8, restartAfter: 0, validateEvery: 10, ahead: 2, decay: "none" },
  {
    ...{ kind: "tdlgm", m: 6, H: 6, K: 2, batch: 8, restartAfter: 0, validateEvery: 10, likelihood },
    ...{ alpha: 0, transition: "below", state: "output" },
    memory: { prior: "state", recognition: "both", xi: true, taus: [2, 5], length: 4, burnIn: 3, anneal: 5, freeBits: 0, dropout: 0.2 },
  },
  { kind: "vrnn", m: 3, H: 6, K: 2, length: 4, batch: 8, validateEvery: 10, dropout: 0.2, likelihood },
  { kind: "lstm", m: 3, H: 6, length: 4, batch: 8, validateEvery: 10, dropout: 0.2, likelihood },
  { kind: "timegan", m: 5, H: 6, Z: 2, batch: 8, validateEvery: 10, embedding: 4, supervised: 4 },
  {
    ...{ kind: "timegan", m: 3, H: 6, Z: 2, batch: 8, validateEvery: 10, embedding: 4, supervised: 4 },
    ...{ layers: 3, bothWays: false, apart: true },
  },
];

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "kinds-test-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const trained = async (config: ModelConfig, seed: number, steps: number, initial = seed) => {
  const model = createModel(config, initial);
  const { history } = await train(model, series, { seed, steps });
  const all = { history, ...bits(model) };
  model.dispose();
  return all;
};

describe("learning", () => {
  /** A wave that three values determine. */
  const wave = Float32Array.from({ length: 1500 }, (_, t) => 0.5 + 0.4 * Math.sin(t / 3));
  for (const config of [
    { kind: "dlgm", m: 3, H: 16, K: 2, trainingNoise: noise, likelihood: { kind: "gaussian", sd: 0.1 } },
    { kind: "rnn", m: 6, L: 1, H: 16, trainingNoise: { probability: 0.5, sd: 0.02 }, decay: "none" },
    { kind: "rnn", m: 6, L: 2, H: 16, trainingNoise: null, decay: "none" },
  ] as ModelConfig[]) {
    it(`an easy series, the loss falls and the validation MSE beats the train mean by far: ${JSON.stringify(config)}`, async () => {
      const model = createModel({ ...config, batch: 64, learningRate: 1e-2, validateEvery: 50, restartAfter: 0 } as ModelConfig, 1);
      const { history, restarts } = await train(model, wave, { seed: 1, steps: 300 });
      const [first, last] = [history[0], history.at(-1)!];
      expect(last.reconstruction).toBeLessThan(first.reconstruction);
      const mean = average(wave.slice(0, 1350 - 3));
      const trivial = average(wave.slice(1350).map((v) => (v - mean) ** 2));
      const latent = config.kind !== "rnn";
      expect(latent ? last.validationMseAtMean : last.validationMse).toBeLessThan(trivial / 10);
      if (latent) expect(last.validationMse).toBeGreaterThan(last.validationMseAtMean); // a draw of ξ adds its spread
      expect(restarts).toEqual([]);
      const parts = latent ? ["reconstruction", "kl", "weightPrior"] : ["reconstruction"];
      const errors = latent ? ["validationMse", "validationMseAtMean"] : ["validationMse"];
      expect(Object.keys(last)).toEqual(["step", ...parts, "gradientNorm", ...errors]);
      model.dispose();
    });
  }
});

for (const [index, config] of TINY.entries()) {
  describe(JSON.stringify(config), () => {
    it("has the same bits for one seed, others for another", async () => {
      const [a, b, c] = [await trained(config, 1, 30), await trained(config, 1, 30), await trained(config, 2, 30, 1)];
      expect(b).toEqual(a);
      for (const key of Object.keys(a.weights)) expect(c.weights[key], key).not.toEqual(a.weights[key]);
    });

    it("moves every weight", async () => {
      const model = createModel(config, 1);
      const before = bits(model).weights;
      model.dispose();
      const { weights } = await trained(config, 1, 20);
      for (const [key, values] of Object.entries(weights)) {
        expect(values.every(Number.isFinite), key).toBe(true);
        expect(values, key).not.toEqual(before[key]);
      }
    });

    it("learns nothing from the validation part nor from the window before it", async () => {
      const n = series.length;
      const cut = n - n / 10 - (config.m as number) - (config.kind === "rnn" && config.ahead === 2 ? 1 : 0);
      const other = series.map((v, t) => (t >= cut ? series[(t + 50) % n] : v));
      const [a, b] = [createModel(config, 1), createModel(config, 1)];
      const [x, y] = [await train(a, series, { seed: 1, steps: 30 }), await train(b, other, { seed: 1, steps: 30 })];
      expect(bits(b)).toEqual(bits(a));
      expect(y.history[0].validationMse).not.toBe(x.history[0].validationMse);
      a.dispose();
      b.dispose();
    });

    it("stopped, loaded and resumed has the bits of an uninterrupted run, history too", async () => {
      const whole = await trained(config, 5, 60);
      const dir = path.join(folder, `stopped-${index}`);
      const stop = new AbortController();
      const model = createModel(config, 5);
      const stopped = train(model, series, {
        seed: 5,
        steps: 60,
        dir,
        checkpointEvery: 20,
        signal: stop.signal,
        onStep: (step) => step === 33 && stop.abort(),
      });
      await expect(stopped).rejects.toThrow(AbortError);
      model.dispose();
      const other = await loadModel(dir);
      expect(other.step).toBe(33);
      const { history } = await train(other, series, { seed: 5, steps: 60 });
      expect({ history, ...bits(other) }).toEqual(whole);
      other.dispose();
    });

    it("keeps the number of tensors and handles constant, in training and at work", async () => {
      const model = createModel({ ...config, validateEvery: 50 } as ModelConfig, 1);
      const seen: Record<number, ReturnType<typeof held>> = {};
      await train(model, series, {
        seed: 1,
        steps: 300,
        onStep: (step) => {
          if (step === 60 || step === 290) seen[step] = held();
        },
      });
      expect(seen[290]).toEqual(seen[60]);
      const work = async () => {
        await impute(model, series, { seed: 1, xi: "sample", clean: series });
        await generate(model, [series, series.slice(0, 2), new Float32Array(0)], 5, { seed: 1 });
      };
      await work();
      const before = held();
      for (let i = 0; i < 3; i++) await work();
      expect(held()).toEqual(before);
      model.dispose();
    });

    it("is saved and loaded bit for bit, and works the same", async () => {
      const dir = path.join(folder, `saved-${index}`);
      const model = createModel(config, 1);
      await train(model, series, { seed: 1, steps: 20 });
      await saveModel(model, dir);
      const other = await loadModel(dir);
      expect(other.config).toEqual(model.config);
      expect(bits(other)).toEqual(bits(model));
      expect((other as WeightedModel).training).toEqual((model as WeightedModel).training);
      const use = async (m: Model) => ({
        imputed: await impute(m, series, { seed: 2, xi: "sample", clean: series }),
        generated: await generate(m, [series.slice(0, 40)], 9, { seed: 2 }),
      });
      const [a, b] = [await use(model), await use(other)];
      expect(b).toEqual(a);
      expect(a.imputed).toHaveLength(series.length);
      for (const values of [a.imputed, ...a.generated]) expect(values.every((v) => v >= 0 && v <= 1)).toBe(true);
      model.dispose();
      other.dispose();
    });
  });
}

describe("settings", () => {
  const defaults = { tdlgm: TDLGM, dlgm: DLGM, rnn: RNN, vrnn: VRNN, timegan: TIMEGAN };
  type Kind = keyof typeof defaults;

  it("of another kind are refused by name, with those that there are", () => {
    const all = Object.values(defaults).flatMap((config) => Object.entries(config));
    let refused = 0;
    for (const kind of Object.keys(defaults) as Kind[]) {
      const own = Object.keys(defaults[kind]);
      for (const [key, value] of all.filter(([key]) => !own.includes(key))) {
        expect(() => createModel({ kind, [key]: value } as never, 0)).toThrow(
          `config.${key} is not a setting of ${kind}; it has ${own.join(", ")}`,
        );
        refused++;
      }
    }
    expect(refused).toBeGreaterThanOrEqual(15);
  });

  const wrong: [Kind, string, unknown, RegExp][] = [
    ["dlgm", "windowEnd", "noisy", /config\.windowEnd must be "observed" or "clean"; it is "noisy"/],
    ["dlgm", "trainingTarget", null, /config\.trainingTarget must be "clean" or "noisy"; it is null/],
    ["dlgm", "posterior", "full", /config\.posterior must be "rankOne" or "diagonal" or "sigmoid"; it is "full"/],
    ["dlgm", "likelihood", { kind: "gaussian", sd: 0 }, /config\.likelihood\.sd must be a finite number above 0 or "learned"; it is 0/],
    [
      "dlgm",
      "likelihood",
      { kind: "bernoulli", sd: 1 },
      /config\.likelihood must be an object with no keys but kind; it is \{ sd, kind \}/,
    ],
    ["tdlgm", "likelihood", { kind: "logistic-mixture", values: [0, 1], components: 0 }, /config\.likelihood\.components must be a whole/],
    [
      "tdlgm",
      "likelihood",
      { kind: "logistic-mixture", values: [1, 0], components: 2 },
      /config\.likelihood\.values must be ascending numbers/,
    ],
    ["tdlgm", "likelihood", { kind: "categorical", values: [0, 1, 1] }, /config\.likelihood\.values must be numbers that differ/],
    ["dlgm", "decay", "cosine", /config\.decay must be "none" or "linear"; it is "cosine"/],
    ["dlgm", "K", 0, /config\.K must be a whole number from 1; it is 0/],
    ["dlgm", "beta", -1, /config\.beta must be a finite number from 0; it is -1/],
    ["rnn", "ahead", 3, /config\.ahead must be 1 or 2; it is 3/],
    ["rnn", "ahead", "1", /config\.ahead must be 1 or 2; it is "1"/],
    ["rnn", "trainingTarget", "observed", /config\.trainingTarget must be "clean" or "noisy"/],
    ["rnn", "decay", true, /config\.decay must be "none" or "linear"; it is true/],
    ["rnn", "L", 0, /config\.L must be a whole number from 1; it is 0/],
    ["rnn", "trainingNoise", { probability: 0.5 }, /config\.trainingNoise\.sd must be a finite number from 0; it is undefined/],
    [
      "vrnn",
      "likelihood",
      { kind: "gaussian" },
      /config\.likelihood\.kind must be "normal" or "categorical" or "categorical-columns"; it is "gaussian"/,
    ],
    ["vrnn", "dropout", 1, /config\.dropout must be a finite number from 0 to 0\.99; it is 1/],
    ["vrnn", "latents", null, /config\.latents must be true or false; it is null/],
    ["vrnn", "trainingNoise", noise, /config\.trainingNoise must be null; it is/],
    ["timegan", "embedding", -1, /config\.embedding must be a whole number from 0; it is -1/],
    ["timegan", "Z", 0, /config\.Z must be a whole number from 1; it is 0/],
    ["tdlgm", "memory", {}, /config\.memory\.prior must be "state" or "standard"; it is undefined/],
    ["tdlgm", "memory", true, /config\.memory must be an object with no keys but prior, .*; it is true/],
    ["tdlgm", "memory", TDLGM_MEMORY.memory, /config\.alpha must be 0 for a tDLGM with memory; it is 1/],
    ["rnn", "learningRate", 0, /config\.learningRate must be a finite number above 0; it is 0/],
  ];
  for (const [kind, key, value, message] of wrong) {
    it(`that are wrong are named with the fix: ${kind}, ${key} ${JSON.stringify(value)}`, () => {
      expect(() => createModel({ kind, [key]: value } as never, 0)).toThrow(message);
    });
  }

  it("are complete, frozen, and complete to themselves", () => {
    for (const kind of Object.keys(defaults) as Kind[]) {
      const full = completeConfig({ kind } as ModelConfig);
      expect(full).toEqual(defaults[kind]);
      expect(Object.isFrozen(full) && Object.isFrozen(full.trainingNoise) && Object.isFrozen(defaults[kind])).toBe(true);
      expect(completeConfig(full as ModelConfig)).toEqual(full);
    }
  });
});
