import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AbortError } from "../lib/base/interrupt";
import { deriveSeed } from "../lib/base/random";
import { Series } from "../lib/data/series";
import { loadModel } from "../lib/models/checkpoint";
import { createModel, type Model, type WeightedModel } from "../lib/models/model";
import type { ModelConfig } from "../lib/models/registry";
import type { TdlgmConfig } from "../lib/models/tdlgm";
import { generate } from "../lib/training/generation";
import { impute } from "../lib/training/imputation";
import { type Progress, type TrainOptions, type TrainResult, train } from "../lib/training/train";
import { average, bits, chain, held, normalValues } from "./helpers";

const TINY: ModelConfig = { kind: "tdlgm", m: 3, H: 6, K: 2, batch: 8, restartAfter: 0, validateEvery: 10 };
const series = chain(400, 4);

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "train-test-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const trained = async (config: ModelConfig, options: TrainOptions, data = series, seed = options.seed) => {
  const model = createModel(config, seed);
  const result = await train(model, data, options);
  const all = bits(model);
  model.dispose();
  return { result, bits: all };
};
const failureOf = <T>(promise: Promise<T>) =>
  promise.then(
    () => undefined,
    (e: Error & { result: TrainResult; restarts: TrainResult["restarts"] }) => e,
  );
/** Weights where one tensor is NaN. */
function poison(model: Model, name: string): void {
  const own = model as WeightedModel;
  const flat = Object.entries(own.weights).flatMap(([key, t]) => Array.from(t.dataSync()).map((v) => (key === name ? Number.NaN : v)));
  own.restart(Float32Array.from(flat));
}

describe("training", () => {
  it.each([{}, { latents: "sequence" }, { networks: "relu" }] as Partial<TdlgmConfig>[])(
    "learns an easy series: the loss falls and the validation MSE beats the train mean by far: %o",
    async (option) => {
      const easy = chain(1500, 7);
      const config = { ...TINY, H: 16, batch: 64, learningRate: 1e-2, validateEvery: 1, ...option } as ModelConfig;
      const { result } = await trained(config, { seed: 1, steps: 300 }, easy);
      const last = result.history.at(-1)!;
      const reconstruction = (from: number, to: number) => average(result.history.slice(from, to).map((row) => row.reconstruction));
      expect(reconstruction(250, 300)).toBeLessThan(reconstruction(0, 5));
      const validation = easy.slice(1350);
      const mean = easy.slice(0, 1347).reduce((s, v) => s + v, 0) / 1347;
      const trivial = validation.reduce((s, v) => s + (v - mean) ** 2, 0) / validation.length;
      expect(last.validationMse).toBeLessThan(trivial / 5);
      expect(result.steps).toBe(300);
      expect(result.seconds).toBeGreaterThan(0);
      expect(result.restarts).toEqual([]);
      expect(result.history.map((row) => row.step)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    },
  );

  it("has the same bits for one seed, others for another", async () => {
    const [a, b, c] = [
      await trained(TINY, { seed: 1, steps: 30 }),
      await trained(TINY, { seed: 1, steps: 30 }),
      await trained(TINY, { seed: 2, steps: 30 }, series, 1),
    ];
    expect(a.bits).toEqual(b.bits);
    expect(a.result.history).toEqual(b.result.history);
    for (const name of Object.keys(a.bits.weights)) expect(c.bits.weights[name], name).not.toEqual(a.bits.weights[name]);
  });

  it("has the same bits when two trainings share the thread", async () => {
    const alone = await trained(TINY, { seed: 1, steps: 60 });
    const [a] = await Promise.all([trained(TINY, { seed: 1, steps: 60 }), trained(TINY, { seed: 2, steps: 60 })]);
    expect(a.bits).toEqual(alone.bits);
  });

  for (const window of ["past", "inclusive"] as const) {
    it(`learns nothing from the validation part nor from the m values before it (window ${window})`, async () => {
      const config = { ...TINY, window };
      const n = series.length;
      const other = series.map((v, t) => (t >= n - n / 10 - 3 ? 1 - v : v));
      const [a, b] = [await trained(config, { seed: 1, steps: 40 }), await trained(config, { seed: 1, steps: 40 }, other)];
      expect(b.bits).toEqual(a.bits);
      expect(b.result.history[0].validationMse).not.toBe(a.result.history[0].validationMse);
      const within = series.map((v, t) => (t < n - n / 10 - 3 && t >= 100 ? 1 - v : v));
      expect((await trained(config, { seed: 1, steps: 40 }, within)).bits).not.toEqual(a.bits);
    });
  }

  it("changes the inputs by the training noise, and only then", async () => {
    const clean = await trained(TINY, { seed: 1, steps: 10 });
    const none = await trained({ ...TINY, trainingNoise: { probability: 0, sd: 0.5 } }, { seed: 1, steps: 10 });
    const noisy = await trained({ ...TINY, trainingNoise: { probability: 0.5, sd: 0.1 } }, { seed: 1, steps: 10 });
    expect(none.bits).toEqual(clean.bits);
    expect(noisy.bits).not.toEqual(clean.bits);
  });

  it("tells its progress, and writes a history row when it validates", async () => {
    const told: Progress[] = [];
    const { result } = await trained(TINY, { seed: 1, steps: 25, onProgress: (p) => told.push(p) });
    expect(result.history.map((row) => row.step)).toEqual([10, 20, 25]);
    expect(told.filter((p) => p.row).map((p) => p.step)).toEqual([10, 20, 25]); // and others where a step is slow
    for (const p of told) {
      expect(p.steps).toBe(25);
      expect(p.millisecondsPerStep).toBeGreaterThan(0);
      expect(p.secondsLeft).toBeCloseTo(((25 - p.step) * p.millisecondsPerStep) / 1000, 9);
      expect(Object.keys(p.parts)).toEqual(["reconstruction", "kl1", "kl2", "stateMse", "weightPrior", "gradientNorm"]);
    }
  });

  it("lets timers fire meanwhile", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const began = performance.now();
    await trained({ ...TINY, H: 32, batch: 128 }, { seed: 1, steps: 150 });
    const elapsed = performance.now() - began;
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(Math.floor(elapsed / 200));
    expect(turns).toBeGreaterThan(0);
  });

  it("does nothing when the model has had the steps", async () => {
    const model = createModel(TINY, 1);
    await train(model, series, { seed: 1, steps: 20 });
    const before = bits(model);
    const again = await train(model, series, { seed: 1, steps: 20 });
    expect(again.steps).toBe(20);
    expect(bits(model)).toEqual(before);
    model.dispose();
  });
});

describe("stopping and going on", () => {
  it("in several calls has the history and the bits of one call", async () => {
    for (const config of [
      { ...TINY, validateEvery: 25 },
      { ...TINY, validateEvery: 25, restartAfter: 30, H: 16, batch: 64, learningRate: 1e-2 },
    ]) {
      const whole = await trained(config, { seed: 5, steps: 60 });
      const model = createModel(config, 5);
      const first = await train(model, series, { seed: 5, steps: 40 });
      expect(first.history.at(-1)!.step).toBe(40);
      await train(model, series, { seed: 5, steps: 40 });
      expect((model as WeightedModel).training!.history, "no step, no change").toEqual(first.history);
      await train(model, series, { seed: 5, steps: 52 });
      const result = await train(model, series, { seed: 5, steps: 60 });
      expect(result.history).toEqual(whole.result.history);
      expect(result.history.map((row) => row.step)).toEqual(config.restartAfter ? [25, 30, 50, 60] : [25, 50, 60]);
      expect(bits(model)).toEqual(whole.bits);
      model.dispose();
    }
  });

  it("stopped by its signal, loaded and resumed has the bits of an uninterrupted run, history too", async () => {
    const whole = await trained(TINY, { seed: 5, steps: 60 });
    for (const at of [30, 40]) {
      const dir = path.join(folder, `stopped-${at}`);
      const stop = new AbortController();
      const model = createModel(TINY, 5);
      const failure = await failureOf(
        train(model, series, {
          seed: 5,
          steps: 60,
          dir,
          checkpointEvery: 20,
          signal: stop.signal,
          onProgress: ({ step }) => step === at && stop.abort(),
        }),
      );
      expect(failure).toBeInstanceOf(AbortError);
      expect(failure!.name).toBe("AbortError");
      expect(failure!.message).toContain(`step ${at} of 60`);
      expect(failure!.result).toMatchObject({ steps: at, restarts: [], history: whole.result.history.slice(0, at / 10) });
      expect(model.step).toBe(at);
      const other = await loadModel(dir);
      expect(bits(other)).toEqual(bits(model));
      for (const each of [model, other]) {
        const result = await train(each, series, { seed: 5, steps: 60 });
        expect(bits(each)).toEqual(whole.bits);
        expect(result.history).toEqual(whole.result.history);
        expect(result.seconds).toBeGreaterThan(failure!.result.seconds);
        each.dispose();
      }
    }
  });

  it("stops at once for a signal that is aborted already, with the model as it was", async () => {
    const stop = new AbortController();
    stop.abort();
    const model = createModel(TINY, 1);
    const before = bits(model);
    const failure = await failureOf(train(model, series, { seed: 1, steps: 10, signal: stop.signal }));
    expect(failure).toBeInstanceOf(AbortError);
    expect(failure!.result).toMatchObject({ steps: 0, restarts: [], history: [] });
    expect(bits(model)).toEqual(before);
    model.dispose();
  });

  it("stops soon after a signal that comes from a timer, at a whole step", async () => {
    const stop = new AbortController();
    const model = createModel(TINY, 1);
    setTimeout(() => stop.abort(), 150);
    const failure = await failureOf(train(model, series, { seed: 1, steps: 1_000_000, signal: stop.signal }));
    expect(failure).toBeInstanceOf(AbortError);
    expect(model.step).toBe(failure!.result.steps);
    expect(bits(model)).toEqual((await trained(TINY, { seed: 1, steps: model.step })).bits);
    model.dispose();
  });

  it("stops at the kernel's interrupt when it is given no signal", async () => {
    const stop = new AbortController();
    const key = Symbol.for("tdlgm.interrupt");
    const globals = globalThis as unknown as Record<symbol, unknown>;
    globals[key] = () => stop.signal;
    try {
      const model = createModel(TINY, 1);
      const onProgress = ({ step }: { step: number }) => void (step === 20 && stop.abort());
      expect(await failureOf(train(model, series, { seed: 1, steps: 100, onProgress }))).toBeInstanceOf(AbortError);
      expect(model.step).toBe(20);
      model.dispose();
    } finally {
      delete globals[key];
    }
  });

  it("killed in the middle and resumed has the bits of an uninterrupted run", async () => {
    const dir = path.join(folder, "killed");
    const root = path.resolve(__dirname, "..");
    const script = path.join(folder, "victim.ts");
    fs.writeFileSync(
      script,
      `import { createModel } from ${JSON.stringify(path.join(root, "lib/models/model"))};
       import { train } from ${JSON.stringify(path.join(root, "lib/training/train"))};
       const options = { seed: 5, steps: 1000000, dir: ${JSON.stringify(dir)}, checkpointEvery: 7, onProgress: (p) => console.log(p.step) };
       void train(createModel(${JSON.stringify(TINY)}, 5), Float32Array.from(${JSON.stringify(Array.from(series))}), options);`,
    );
    const child = spawn(process.execPath, [path.join(root, "node_modules/tsx/dist/cli.mjs"), script], {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (text) => {
      errors += text;
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (text) => {
        if (Number(String(text).trim().split("\n").at(-1)) >= 40) process.kill(-(child.pid as number), "SIGKILL"); // its own group: tsx and what it started
      });
      child.on("exit", () => (errors.includes("Error") ? reject(new Error(errors)) : resolve()));
    });
    expect(fs.readdirSync(dir).filter((name) => !name.endsWith(".tmp"))).toEqual(["weights.safetensors"]);
    const model = await loadModel(dir);
    const from = model.step;
    expect(from).toBeGreaterThanOrEqual(35);
    expect(from % 7).toBe(0);
    const steps = from + 25;
    const result = await train(model, series, { seed: 5, steps });
    const whole = await trained(TINY, { seed: 5, steps });
    expect(bits(model)).toEqual(whole.bits);
    expect(result.history).toEqual(whole.result.history);
    model.dispose();
  });
});

describe("restarts", () => {
  it("ends an attempt at a NaN, names the term, and starts again from a derived seed as if it were a run of that seed", async () => {
    const model = createModel(TINY, 1);
    poison(model, "q.3.b");
    const result = await train(model, series, { seed: 1, steps: 20 });
    expect(result.restarts).toEqual([{ seed: 1, reason: expect.stringMatching(/reconstruction is NaN at step 1/) }]);
    expect(result.history.map((row) => row.step)).toEqual([10, 20]);
    const derived = deriveSeed(1, "restart", 1);
    expect(bits(model)).toEqual((await trained(TINY, { seed: derived, steps: 20 })).bits);
    model.dispose();
  });

  it("is resumed within a restarted attempt with the bits of an uninterrupted run", async () => {
    const run = async (stopAt?: number) => {
      const dir = path.join(folder, "restarted");
      let model = createModel(TINY, 1);
      poison(model, "q.3.b");
      if (stopAt !== undefined) {
        const stop = new AbortController();
        const onProgress = ({ step }: { step: number }) => void (step === stopAt && stop.abort());
        expect(await failureOf(train(model, series, { seed: 1, steps: 40, dir, signal: stop.signal, onProgress }))).toBeInstanceOf(
          AbortError,
        );
        model.dispose();
        model = await loadModel(dir);
      }
      const result = await train(model, series, { seed: 1, steps: 40 });
      const all = { restarts: result.restarts, history: result.history, ...bits(model) };
      model.dispose();
      return all;
    };
    expect(await run(20)).toEqual(await run());
  });

  it("names the term that is not finite even when it is a part other than the first", async () => {
    const config = { ...TINY, likelihood: { kind: "bernoulli" }, weightPrior: 1e-3, learningRate: 1e-3 } as ModelConfig;
    const model = createModel(config, 1) as WeightedModel;
    const flat = Object.entries(model.weights).flatMap(([name, t]) =>
      Array.from(t.dataSync()).map((v) => (name === "generator.T0.1.b" ? 1e25 : v)),
    );
    model.restart(Float32Array.from(flat)); // its square is beyond float32, the tanh above it is not
    const result = await train(model, series, { seed: 1, steps: 5, maxRestarts: 1 });
    expect(result.restarts[0].reason).toMatch(/weightPrior is Infinity at step 1/);
    model.dispose();
  });

  it("gives up after maxRestarts, with the reason of every attempt", async () => {
    const model = createModel({ ...TINY, learningRate: 1e30 }, 1);
    const failure = await failureOf(train(model, series, { seed: 1, steps: 20, maxRestarts: 2 }));
    expect(failure!.message).toMatch(
      /all of its 3 attempts: attempt 1: .+ at step \d+; attempt 2: .+ at step \d+; attempt 3: .+ at step \d+/,
    );
    expect(failure!.restarts.map((r) => r.seed)).toEqual([1, deriveSeed(1, "restart", 1), deriveSeed(1, "restart", 2)]);
    for (const { reason } of failure!.restarts) expect(reason).toMatch(/(NaN|Infinity) at step/);
    const own = model as WeightedModel;
    const fresh = createModel(model.config, 1);
    expect(bits(model), "it is untrained again").toEqual(bits(fresh));
    expect(own.training).toBeNull();
    const again = await failureOf(train(model, series, { seed: 1, steps: 20, maxRestarts: 2 }));
    expect(again!.restarts, "a further call starts anew").toEqual(failure!.restarts);
    fresh.dispose();
    model.dispose();
    const none = createModel({ ...TINY, learningRate: 1e30 }, 1);
    expect((await failureOf(train(none, series, { seed: 1, steps: 20, maxRestarts: 0 })))!.restarts).toHaveLength(1);
    none.dispose();
  });

  it("ends an attempt that is no better than the train mean at step restartAfter", async () => {
    const nearOne = chain(400, 3, [0.97, 0.98, 0.99, 1]); // an untrained model emits values about one half
    const model = createModel({ ...TINY, learningRate: 1e-9, restartAfter: 6 }, 1);
    const failure = await failureOf(train(model, nearOne, { seed: 1, steps: 50 }));
    expect(failure!.message).toMatch(/all of its 4 attempts/);
    expect(failure!.restarts).toHaveLength(4);
    expect(failure!.message).toMatch(/keeps the last attempt's weights, .*; config\.restartAfter: 0 leaves the test out$/);
    const last = deriveSeed(1, "restart", 3);
    expect(failure!.restarts.map((r) => r.seed)).toEqual([1, deriveSeed(1, "restart", 1), deriveSeed(1, "restart", 2), last]);
    const alone = createModel({ ...TINY, learningRate: 1e-9 }, last);
    await train(alone, nearOne, { seed: last, steps: 6 });
    expect(bits(model), "the last attempt's weights").toEqual(bits(alone));
    alone.dispose();
    // A further call goes on with that attempt.
    expect(await train(model, nearOne, { seed: 1, steps: 20 })).toMatchObject({ steps: 20, restarts: failure!.restarts.slice(0, 3) });
    for (const { reason } of failure!.restarts) expect(reason).toMatch(/validation MSE .* after 6 steps is no better than the train mean/);
    model.dispose();
    const good = await trained({ ...TINY, H: 16, batch: 64, learningRate: 1e-2, restartAfter: 150 }, { seed: 1, steps: 151 });
    expect(good.result.restarts).toEqual([]);
    expect(good.result.history.map((row) => row.step)).toContain(150);
  });

  it("leaves nothing behind when attempts fail", async () => {
    const model = createModel({ ...TINY, learningRate: 1e30 }, 1);
    await failureOf(train(model, series, { seed: 1, steps: 20, maxRestarts: 0 }));
    const before = held();
    await failureOf(train(model, series, { seed: 2, steps: 20, maxRestarts: 3 }));
    expect(held()).toEqual(before);
    model.dispose();
  });
});

describe("what training cannot do is said before its first step", () => {
  const sayings = async (config: ModelConfig, values: Float32Array, options: TrainOptions) => {
    const said: [string, number][] = [];
    const model = createModel(config, 1);
    const listening = vi.spyOn(console, "info").mockImplementation((text) => void said.push([text, model.step]));
    const failure = await failureOf(train(model, values, options));
    listening.mockRestore();
    const { step } = model;
    model.dispose();
    return { said, failure, step };
  };
  const WITH_TEST = { ...TINY, restartAfter: 6 } as ModelConfig;

  it.each([0, 0.3, 1])("a series of %d alone has no test at restartAfter, and trains", async (value) => {
    const { said, failure, step } = await sayings(WITH_TEST, new Float32Array(400).fill(value), { seed: 1, steps: 12 });
    expect(failure).toBeUndefined();
    expect(step).toBe(12);
    expect(said).toEqual([[expect.stringMatching(/^train: the validation part, .* is nearly constant: the test .* is left out\.$/), 0]]);
  });

  it("spikes that the validation part has none of leave the test out too", async () => {
    const spikes = Float32Array.from({ length: 400 }, (_, t) => (t % 50 === 0 && t < 300 ? 1 : 0));
    const { said, failure } = await sayings(WITH_TEST, spikes, { seed: 1, steps: 12 });
    expect(failure).toBeUndefined();
    expect(said).toHaveLength(1);
  });

  it("white noise can't be forecast: an RNN hears it, and keeps its weights when the test ends it", async () => {
    const noise = Float32Array.from(normalValues(400, "noise", 0.1), (v) => Math.min(1, Math.max(0, 0.5 + v)));
    const RNN = { kind: "rnn", m: 20, H: 6, batch: 8, learningRate: 1e-9, restartAfter: 6, validateEvery: 10 } as ModelConfig;
    const { said, failure, step } = await sayings(RNN, noise, { seed: 1, steps: 12 });
    expect(said).toEqual([
      [expect.stringMatching(/^train: a linear forecast .* no better than the mean here\. .*restartAfter: 0 leaves it out\.$/), 0],
    ]);
    if (failure) expect(failure.message).toMatch(/restartAfter: 0/);
    expect(step).toBeGreaterThanOrEqual(6);
    expect((await sayings({ ...RNN, restartAfter: 0 } as ModelConfig, noise, { seed: 1, steps: 12 })).failure).toBeUndefined();
    const wave = Float32Array.from({ length: 400 }, (_, t) => 0.5 + 0.4 * Math.sin(t / 3));
    expect((await sayings(RNN, wave, { seed: 1, steps: 2 })).said).toEqual([]);
    expect((await sayings(RNN, wave, { seed: 1, steps: 6 })).said).toEqual([]);
  });

  it("steps beyond the linear decay, whose rate is 0", async () => {
    const short = { ...TINY, steps: 4 } as ModelConfig;
    expect((await sayings(short, series, { seed: 1, steps: 6 })).said).toEqual([
      [
        expect.stringMatching(
          /^train: the learning rate falls to 0 at step 4, config\.steps, and later steps change nothing\. .*config\.steps 6/,
        ),
        0,
      ],
    ]);
    for (const config of [short, { ...short, decay: "none" } as ModelConfig])
      expect((await sayings(config, series, { seed: 1, steps: config === short ? 4 : 6 })).said).toEqual([]);
  });
});

describe("steps, a total, and moreSteps", () => {
  it("nothing left to do is said, and changes nothing", async () => {
    const model = createModel(TINY, 1);
    const first = await train(model, series, { seed: 1, steps: 5 });
    const before = [bits(model), structuredClone((model as WeightedModel).training)];
    const listening = vi.spyOn(console, "info").mockImplementation(() => {});
    for (const steps of [5, 3]) expect(await train(model, series, { seed: 2, steps })).toEqual(first);
    expect(listening.mock.calls).toEqual(
      [5, 3].map((steps) => [
        `train: nothing is left to do. The model has had 5 steps, and options.steps, ${steps}, counts all of them; moreSteps: ${steps} trains so many more.`,
      ]),
    );
    listening.mockRestore();
    expect([bits(model), (model as WeightedModel).training]).toEqual(before);
    expect(await train(model, series, { seed: 1, moreSteps: 5 })).toMatchObject({ steps: 10 });
    const whole = await trained(TINY, { seed: 1, steps: 10 });
    expect(bits(model)).toEqual(whole.bits);
    model.dispose();
  });

  it("are not given both", async () => {
    const model = createModel(TINY, 1);
    await expect(train(model, series, { seed: 1, steps: 5, moreSteps: 5 })).rejects.toThrow(
      /^options\.moreSteps must be left out where options\.steps is given; it is 5$/,
    );
    for (const moreSteps of [0, -1, 1.5, "5", null, Number.NaN])
      await expect(train(model, series, { seed: 1, moreSteps: moreSteps as number })).rejects.toThrow(/^options\.moreSteps must be/);
    model.dispose();
  });
});

describe("bad arguments", () => {
  it("names a run of neighbours that is longer than what there is to train on", async () => {
    const model = createModel({ ...TINY, batch: 64, run: 64 } as ModelConfig, 1);
    await expect(train(model, series.slice(0, 60), { seed: 1, steps: 1 })).rejects.toThrow(/51 targets .* fewer than config.run, 64/);
    model.dispose();
  });

  const good = { seed: 1, steps: 5 };
  const with1 = (at: number, v: number) => series.map((x, i) => (i === at ? v : x));
  const cases: [string, RegExp, unknown, unknown][] = [
    ["an array", /series must be a Float32Array/, Array.from(series), good],
    ["Float64Array", /series must be a Float32Array/, Float64Array.from(series), good],
    ["nothing", /series/, undefined, good],
    ["an empty series", /series/, new Float32Array(0), good],
    ["a series that is too short", /too short/, series.slice(0, 8), good],
    ["a NaN", /series\[17\]/, with1(17, Number.NaN), good],
    ["an infinity", /series\[17\]/, with1(17, Number.NEGATIVE_INFINITY), good],
    ["a value above 1", /series\[3\]/, with1(3, 1.01), good],
    ["a value below 0", /series\[3\]/, with1(3, -0.01), good],
    ["no options", /options/, series, undefined],
    ["null for options", /options/, series, null],
    ["an unknown option", /^options must be an object .*; it is { restarts, seed, steps }$/, series, { ...good, restarts: 3 }],
    ["an option that is null", /^options\.maxRestarts must be .*; it is null$/, series, { ...good, maxRestarts: null }],
    ...[-1, 0.5, 2 ** 31, "1", undefined].map(
      (seed) => [`seed ${seed}`, /seed/, series, { ...good, seed }] as [string, RegExp, unknown, unknown],
    ),
    ...[0, -5, 2.5, Number.NaN, Number.POSITIVE_INFINITY, "5", undefined].map(
      (steps) => [`steps ${steps}`, /steps/, series, { ...good, steps }] as [string, RegExp, unknown, unknown],
    ),
    ...[-1, 1.5, "3"].map(
      (maxRestarts) =>
        [`maxRestarts ${maxRestarts}`, /maxRestarts/, series, { ...good, maxRestarts }] as [string, RegExp, unknown, unknown],
    ),
    ...[0, 1.5, "3"].map(
      (checkpointEvery) =>
        [`checkpointEvery ${checkpointEvery}`, /checkpointEvery/, series, { ...good, checkpointEvery }] as [
          string,
          RegExp,
          unknown,
          unknown,
        ],
    ),
    ...[5, ""].map((dir) => [`dir ${JSON.stringify(dir)}`, /dir/, series, { ...good, dir }] as [string, RegExp, unknown, unknown]),
    ["a signal that is none", /signal/, series, { ...good, signal: { aborted: false } }],
    ["an onStep that is no function", /onStep/, series, { ...good, onStep: 5 }],
    ["an onProgress that is no function", /onProgress/, series, { ...good, onProgress: "print" }],
  ];
  for (const [name, message, data, options] of cases) {
    it(`are refused before any work: ${name}`, async () => {
      const model = createModel(TINY, 1);
      const before = held();
      const failure = await failureOf(train(model, data as Float32Array, options as TrainOptions));
      expect(failure, "it is refused").toBeInstanceOf(Error);
      expect(failure!.message).toMatch(message);
      expect(failure).not.toBeInstanceOf(TypeError);
      expect(model.step).toBe(0);
      expect(held()).toEqual(before);
      model.dispose();
    });
  }

  it("a series with another number of columns than the model's", async () => {
    const model = createModel(TINY, 1);
    const two = new Series(series, ["cpu", "gpu"]);
    await expect(train(model, two, good)).rejects.toThrow("series must have 1 column for this model; it has 2: cpu, gpu");
    expect(model.step).toBe(0);
    model.dispose();
  });

  it("a series with values beyond [0, 1], which a categorical over such values takes, and gives back", async () => {
    const wide = series.map((v) => 40 * v - 10);
    const likelihood = { kind: "categorical" as const, values: [-10, 0, 10, 30] };
    const model = createModel({ ...TINY, likelihood }, 1);
    for (const other of [TINY, { kind: "dlgm", m: 3, H: 6, K: 2 }, { kind: "rnn", m: 3, H: 6 }] as ModelConfig[]) {
      const refused = createModel(other, 1);
      await expect(train(refused, wide, good)).rejects.toThrow(/^series\[\d+\] must be a number from 0 to 1; it is -?\d+$/);
      refused.dispose();
    }
    const noisy = createModel({ ...TINY, likelihood, trainingNoise: { probability: 0.5, sd: 0.1 } }, 1);
    await expect(train(noisy, wide, good)).rejects.toThrow(/config\.trainingNoise must be null .* clamped/);
    noisy.dispose();
    await expect(train(model, wide, good)).resolves.toMatchObject({ steps: 5, restarts: [] });
    const imputed = await impute(model, wide.slice(0, 40), { seed: 1, xi: "mean" });
    expect(Math.min(...imputed)).toBeGreaterThan(-10);
    expect(Math.max(...imputed)).toBeLessThan(30);
    const [made] = await generate(model, [wide.slice(0, 9)], 200, { seed: 1 });
    expect([...new Set(made)].sort((a, b) => a - b)).toEqual(likelihood.values);
    model.dispose();
  });

  it("a series with a value that the categorical cannot emit", async () => {
    const values = [0, 0.1, 0.25, 0.5, 1];
    const model = createModel({ ...TINY, likelihood: { kind: "categorical", values } }, 1);
    const before = held();
    const odd = series.slice();
    odd[200] = 0.3;
    odd[300] = 0.7;
    await expect(train(model, odd, good)).rejects.toThrow(/^series\[200\] must be one of config\.likelihood\.values .*; it is 0\.3\d*$/);
    expect(held()).toEqual(before);
    expect(model.step).toBe(0);
    odd[200] = odd[300] = 0.1; // as float32 has it
    await expect(train(model, odd, good)).resolves.toMatchObject({ steps: 5 });
    model.dispose();
  });

  it("a model that is none", async () => {
    for (const model of [undefined, null, {}, "tdlgm"]) await expect(train(model as never, series, good)).rejects.toThrow(/model/);
  });
});

describe("memory", () => {
  it("holds a constant number of tensors and native handles over 300 steps, checkpoints and validations included", async () => {
    for (const config of [
      TINY,
      { ...TINY, L: 3, transition: "below", window: "inclusive", trainingNoise: { probability: 0.5, sd: 0.1 } },
    ] as ModelConfig[]) {
      const model = createModel(config, 1);
      const seen: ReturnType<typeof held>[] = [];
      await train(model, series, {
        seed: 1,
        steps: 300,
        dir: path.join(folder, "memory"),
        checkpointEvery: 50,
        onProgress: ({ row }) => row && seen.push(held()),
      });
      expect(seen).toHaveLength(30);
      for (const each of seen) expect(each).toEqual(seen[0]);
      const after = held();
      await train(model, series, { seed: 1, steps: 320 });
      expect(held()).toEqual(after);
      model.dispose();
    }
  });

  it("and over 3,000", async () => {
    const model = createModel({ ...TINY, validateEvery: 100 }, 1);
    const seen: ReturnType<typeof held>[] = [];
    await train(model, series, { seed: 1, steps: 3000, onProgress: ({ row }) => row && seen.push(held()) });
    expect(seen).toHaveLength(30);
    for (const each of seen) expect(each).toEqual(seen[0]);
    model.dispose();
  });

  it("keeps of a long series only the series", async () => {
    const beyond: number[] = [];
    for (const length of [30_000, 3_000_000]) {
      const model = createModel({ ...TINY, validateEvery: 100 }, 1);
      const long = chain(length, 4);
      await train(model, long, { seed: 1, steps: 20, onStep: (step) => step === 15 && beyond.push(tf.memory().numBytes - 4 * length) });
      model.dispose();
    }
    expect(Math.abs(beyond[1] - beyond[0])).toBeLessThan(1000);
  });
});
