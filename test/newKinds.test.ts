/** What a new kind of model takes: one file and a line of the registry; and what the interface offers that today's models don't use. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AbortError } from "../lib/base/interrupt";
import { generator } from "../lib/base/random";
import { Series } from "../lib/data/series";
import { row } from "../lib/data/windows";
import { loadModel, saveModel } from "../lib/models/checkpoint";
import { TRAINING, TRAINING_CHECKS, type TrainingConfig } from "../lib/models/config";
import type { Kind } from "../lib/models/kind";
import { createModel, type Model, type WeightedModel } from "../lib/models/model";
import { KINDS } from "../lib/models/registry";
import { lstm, zeroState } from "../lib/tensor/lstm";
import { generate } from "../lib/training/generation";
import { impute, imputeDraws } from "../lib/training/imputation";
import { train } from "../lib/training/train";
import { average, bits, chain, expectClose, held, numericalGradient } from "./helpers";
import { walk } from "./walk";

const kinds = KINDS as Record<string, unknown>;
/** A model of a kind that the registry's types do not know. */
const create = (config: { kind: string } & Record<string, unknown>) => createModel(config as never, 1) as WeightedModel;
const values = ({ weights }: WeightedModel) => Object.fromEntries(Object.entries(weights).map(([name, t]) => [name, [...t.dataSync()]]));
let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "new-kinds-test-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** T steps of a walk of d columns, with drifts 0.3, -0.2, .. and σ 0.5, 1, .. */
function walked(T: number, d: number): Float32Array {
  const random = generator(3, "walk");
  const out = new Float32Array(T * d);
  for (let i = d; i < T * d; i++) out[i] = out[i - d] + (i % d === 0 ? 0.3 : -0.2) + 0.5 * (1 + (i % d)) * random.normal();
  return out;
}

describe("a Gaussian random walk, a file and a line of the registry", () => {
  kinds.walk = walk;
  const series = walked(800, 1);
  let model: WeightedModel;
  beforeAll(async () => {
    model = create({ kind: "walk", batch: 64, learningRate: 0.02, restartAfter: 0 });
    await train(model, series, { seed: 1, steps: 600 });
  });
  const fitted = () => {
    const { drift, logSd } = values(model);
    return { drift: drift[0], sd: Math.exp(logSd[0]) };
  };

  it("is trained to the maximum of its likelihood, on values far beyond [0, 1]", () => {
    expect(Math.max(...series)).toBeGreaterThan(100);
    const steps = Array.from(series.slice(1, 719), (v, t) => v - series[t]); // those that are trained on
    const { drift, sd } = fitted();
    const mean = average(steps);
    expect(Math.abs(drift - mean)).toBeLessThan(0.1);
    expect(Math.abs(sd - Math.sqrt(average(steps.map((v) => (v - mean) ** 2))))).toBeLessThan(0.05);
    const { history } = model.training!;
    expect(Object.keys(history[0])).toEqual(["step", "reconstruction", "drift", "gradientNorm", "validationMse", "validationMseAtMean"]);
    expect(history.at(-1)!.drift).toHaveLength(1);
    expect(history.at(-1)!.validationMseAtMean).toBeCloseTo(0.25, 1);
    expect(history.at(-1)!.validationMse).toBeCloseTo(2 * 0.25, 1); // a draw is as far from the mean as the value
  });

  it("has an exact log-density", () => {
    const { drift, sd } = fitted();
    const [before, v] = [tf.tensor2d([[2], [50]]), tf.tensor2d([[2.5], [49]])];
    const expected = [0.5, -1].map((step) => -0.5 * ((step - drift) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI));
    expectClose(walk.logDensity!(model.config as never, model.weights, [before], v, {}), tf.tensor1d(expected), 1e-5);
    const at = (x: number) =>
      walk.logDensity!(model.config as never, model.weights, [tf.zeros([1, 1])], tf.tensor2d([[x]]), {}).dataSync()[0];
    expect(numericalGradient(([x]) => at(x), [drift + sd], 1e-2)[0]).toBeCloseTo(-1 / sd, 1);
    const grid = Array.from({ length: 400 }, (_, i) => -5 + i / 40);
    expect(grid.reduce((sum, x) => sum + Math.exp(at(x)) / 40, 0)).toBeCloseTo(1, 3);
  });

  it("imputes by its mean and by draws, and generates from the state that it carries", async () => {
    const { drift, sd } = fitted();
    const [mean, draw] = await imputeDraws(model, series, [
      { seed: 1, xi: "mean" },
      { seed: 1, xi: "sample" },
    ]);
    expectClose(
      mean.slice(1),
      series.slice(0, -1).map((v) => v + drift),
      1e-5,
    );
    const off = Array.from(draw, (v, t) => v - mean[t]);
    expect(Math.abs(average(off.map((v) => v * v)) / sd ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / off.length));
    const histories = Array.from({ length: 50 }, (_, i) => series.slice(0, 10 * i));
    const made = await generate(model, histories, 40, { seed: 1 });
    const steps = made.flatMap((s, i) => Array.from(s, (v, t) => v - (t > 0 ? s[t - 1] : (histories[i].at(-1) ?? 0))));
    expect(Math.abs(average(steps) - drift)).toBeLessThan((4 * sd) / Math.sqrt(steps.length));
    expect(Math.abs(average(steps.map((v) => (v - drift) ** 2)) / sd ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / steps.length));
  });

  it("is saved, loaded and trained on with the same bits", async () => {
    const dir = path.join(folder, "walk");
    await saveModel(model, dir);
    const other = await loadModel(dir);
    const use = async (m: Model) => ({
      imputed: await impute(m, series, { seed: 2, xi: "sample" }),
      made: await generate(m, [series], 9, { seed: 2 }),
      result: (await train(m, series, { seed: 1, steps: 630 })).history,
      ...bits(m),
    });
    expect(await use(other)).toEqual(await use(model));
    for (const m of [model, other]) m.dispose();
  });

  it("refuses settings that it lacks, and series of other columns", async () => {
    expect(() => create({ kind: "walk", H: 3 })).toThrow(/config\.H is not a setting of walk/);
    const two = create({ kind: "walk", d: 2 });
    await expect(train(two, series, { seed: 1, steps: 5 })).rejects.toThrow("series must have 2 columns for this model; it has 1: series");
    two.dispose();
  });

  it("takes windows of two columns in training and validation", async () => {
    const both = new Series(walked(1500, 2), ["cpu", "gpu"]);
    const two = create({ kind: "walk", d: 2, batch: 64, learningRate: 0.02, restartAfter: 0 });
    const { history } = await train(two, both, { seed: 1, steps: 600 });
    const { drift, logSd } = values(two);
    expect(Math.hypot(drift[0] - 0.3, drift[1] + 0.2)).toBeLessThan(0.15);
    expect(Math.hypot(Math.exp(logSd[0]) - 0.5, Math.exp(logSd[1]) - 1)).toBeLessThan(0.15);
    expect(history.at(-1)!.drift).toHaveLength(2);
    expect(Math.abs(history.at(-1)!.validationMseAtMean - (0.25 + 1) / 2)).toBeLessThan(0.2);
    const odd = series.subarray(0, 5);
    const wanted = "must be rows of 2 values each, one row after another";
    await expect(impute(two, odd, { seed: 1, xi: "mean" })).rejects.toThrow(wanted);
    await expect(generate(two, [odd], 3, { seed: 1 })).rejects.toThrow(`histories[0] ${wanted}`);
    two.dispose();
  });
});

describe("a model of two losses", () => {
  /** `a` learns the mean of the series; once it has begun to, `b` learns to be a, and has a gradient of its own. */
  const chase: Kind<TrainingConfig> = {
    defaults: { kind: "chase", ...TRAINING, m: 2, batch: 16, learningRate: 0.05, restartAfter: 0, validateEvery: 10 },
    checks: TRAINING_CHECKS,
    layout: () => ({ a: { shape: [1], start: 0 }, b: { shape: [1], start: 1 } }),
    reach: ({ m }) => ({ past: m, future: 0 }),
    noise: () => ({}),
    losses: {
      mean(_c, w, { clean }) {
        const error = tf.mean(tf.square(tf.sub(w.a, clean)));
        return { total: error as tf.Scalar, parts: { error } };
      },
      follow(_c, w) {
        const gap = tf.mean(tf.square(tf.sub(w.a, w.b)));
        return { total: gap as tf.Scalar, parts: { gap, place: tf.concat([w.a, w.b]) } };
      },
    },
    trains: (_c, loss, weight) => weight === (loss === "mean" ? "a" : "b"),
    schedule: (_c, step) => (step <= 20 ? ["mean"] : step % 4 === 0 ? ["mean", "follow"] : ["follow"]),
    impute: (_c, w, { seen }, drawn) => drawn.map(() => tf.add(tf.zerosLike(row(seen, 0)), w.b) as tf.Tensor2D),
    init: () => [],
    emission: () => ({}),
    step: (_c, w) => ({ v: tf.reshape(w.b, [1, 1]), state: [] }),
  };
  kinds.chase = chase;
  const series = chain(400, 4);

  it("lowers each by the weights that follow it, in phases, with an optimiser of its own", async () => {
    const model = create({ kind: "chase" });
    const seen: Record<string, number[]>[] = [values(model)];
    const { history } = await train(model, series, { seed: 1, steps: 200, onStep: () => seen.push(values(model)) });
    expect(seen[20].b, "the first phase trains a alone").toEqual([1]);
    expect(seen[21].a, "the second but for every fourth step b").toEqual(seen[23].a);
    expect(seen[24].a).not.toEqual(seen[23].a);
    expect(seen[21].b).not.toEqual(seen[20].b);
    const { a, b } = values(model);
    expect(Math.abs(a[0] - average(series))).toBeLessThan(0.1);
    expect(Math.abs(b[0] - a[0])).toBeLessThan(0.1);
    const moments = model.adam.moments();
    expect(Object.entries(moments).map(([loss, { updates }]) => [loss, updates])).toEqual([
      ["mean", 20 + 45],
      ["follow", 180],
    ]);
    expect([moments.mean.first[1], moments.follow.first[0]], "of what a loss does not train there are none").toEqual([0, 0]);
    const parts = { mean: ["mean.error", "mean.gradientNorm"], follow: ["follow.gap", "follow.place", "follow.gradientNorm"] };
    const names = (step: number) => Object.keys(history.find((row) => row.step === step)!);
    expect(names(20)).toEqual(["step", ...parts.mean, "validationMse"]);
    expect(names(30)).toEqual(["step", ...parts.follow, "validationMse"]);
    expect(names(40)).toEqual(["step", ...parts.mean, ...parts.follow, "validationMse"]);
    expect(history.at(-1)!["follow.place"]).toHaveLength(2);
    model.dispose();
  });

  it("stopped in a phase, loaded and resumed has the bits of an uninterrupted run, moments and history too", async () => {
    const run = async (stopAt?: number) => {
      let model: Model = create({ kind: "chase" });
      if (stopAt) {
        const dir = path.join(folder, `chase-${stopAt}`);
        const stop = new AbortController();
        const onStep = (step: number) => step === stopAt && stop.abort();
        await expect(train(model, series, { seed: 1, steps: 60, dir, signal: stop.signal, onStep })).rejects.toThrow(AbortError);
        model.dispose();
        model = await loadModel(dir);
      }
      const { history } = await train(model, series, { seed: 1, steps: 60 });
      const all = { history, ...bits(model) };
      model.dispose();
      return all;
    };
    const whole = await run();
    for (const stopAt of [7, 22, 43]) expect(await run(stopAt)).toEqual(whole);
  });

  it("names the loss whose part is not finite", async () => {
    const model = create({ kind: "chase" });
    model.restart(Float32Array.of(0, Number.NaN));
    const { restarts } = await train(model, series, { seed: 1, steps: 30, maxRestarts: 1 });
    expect(restarts.map(({ reason }) => reason)).toEqual(["validationMse is NaN at step 10"]);
    const late = create({ kind: "chase", validateEvery: 1000 });
    late.restart(Float32Array.of(0, Number.NaN));
    const failed = await train(late, series, { seed: 1, steps: 30, maxRestarts: 1 });
    expect(failed.restarts.map(({ reason }) => reason)).toEqual(["follow.gap is NaN at step 21"]);
    for (const m of [model, late]) m.dispose();
  });
});

describe("a loss that throws", () => {
  it("says why, and leaves no tensor and no handle behind", async () => {
    const broken: Kind<TrainingConfig> = {
      ...(kinds.chase as Kind<TrainingConfig>),
      layout: () => ({ w: { shape: [5, 16], start: "glorot" }, b: { shape: [16], start: "lstmBias" } }),
      losses: {
        loss(_c, w, { seen }) {
          const weights = { w: w.w as tf.Tensor2D, b: w.b as tf.Tensor1D };
          const { outputs } = lstm(seen, zeroState(16, 4), weights);
          return { total: tf.sum(lstm(tf.tanh(outputs), zeroState(16, 4), weights).outputs) as tf.Scalar, parts: {} }; // 4 inputs, not 1
        },
      },
      trains: undefined,
      schedule: undefined,
    };
    kinds.broken = { ...broken, defaults: { ...broken.defaults, kind: "broken" } };
    const model = create({ kind: "broken" });
    const fail = () => expect(train(model, chain(400, 4), { seed: 1, steps: 5 })).rejects.toThrow(/lstm: weights\.w must have shape/);
    await fail();
    const before = held();
    for (let i = 0; i < 5; i++) await fail();
    expect(held()).toEqual(before);
    expect(model.step).toBe(0);
    model.dispose();
  });
});
