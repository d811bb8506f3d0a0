/** VRNN against exact answers, and TimeGAN's phases. */
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { generator } from "../lib/base/random";
import { logMeanExp } from "../lib/metrics/statistics";
import { createModel, type WeightedModel } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import { type TimeganConfig, timegan } from "../lib/models/timegan";
import { type VrnnConfig, vrnn } from "../lib/models/vrnn";
import { draws } from "../lib/tensor/draws";
import { generate } from "../lib/training/generation";
import { heldOutSurprisals } from "../lib/training/heldOut";
import { train } from "../lib/training/train";
import { average, bits, chain, chainWindows, expectClose, expectNoLeak, randomWeights } from "./helpers";

/** A hidden AR(1), s_t = .9 s_{t−1} + N(0, q²), seen as v_t = s_t + N(0, r²). */
const [a, q, r] = [0.9, 0.5, 0.5];
function hidden(T: number): Float32Array {
  const random = generator(1, "hidden");
  let s = 0;
  return Float32Array.from({ length: T }, () => {
    s = a * s + q * random.normal();
    return s + r * random.normal();
  });
}
/** −log p(v_t | all before) by the Kalman filter: exact. */
function kalman(v: Float32Array): Float64Array {
  let [mean, variance] = [0, q ** 2 / (1 - a ** 2)];
  return Float64Array.from(v, (y) => {
    const total = variance + r ** 2;
    const surprisal = 0.5 * (Math.log(2 * Math.PI * total) + (y - mean) ** 2 / total);
    const gain = variance / total;
    mean = a * (mean + gain * (y - mean));
    variance = a ** 2 * (1 - gain) * variance + q ** 2;
    return surprisal;
  });
}

describe("VRNN", () => {
  it("comes near the Kalman filter on a linear Gaussian series", async () => {
    const series = hidden(5000);
    const exact = average(kalman(series).subarray(4500));
    const alone = 0.5 * Math.log(2 * Math.PI * Math.E * (q ** 2 / (1 - a ** 2) + r ** 2)); // without the past
    const model = createModel({ kind: "vrnn", H: 12, K: 2, m: 8, length: 16, batch: 64, learningRate: 1e-2, steps: 200, anneal: 50 }, 1);
    await train(model, series.subarray(0, 4500), { seed: 1, steps: 200 });
    const ours = average(await heldOutSurprisals(model, series, 4500, { seed: 1, particles: 64 }));
    expect(alone - exact).toBeGreaterThan(0.3);
    expect(ours - exact).toBeLessThan(0.04); // 1,000 steps of the defaults: .0012
    expect(ours - exact).toBeGreaterThan(-0.02);
    model.dispose();
  });

  it("has the same probability by its prior and by its encoder", () => {
    const values = [0, 0.25, 0.5, 1];
    const N = 4000;
    for (const likelihood of [{ kind: "normal" }, { kind: "categorical", values }]) {
      const config = completeConfig({ kind: "vrnn", H: 5, K: 2, m: 3, length: 4, likelihood } as never) as unknown as VrnnConfig;
      const w = randomWeights(config as never, 0.2);
      const state = vrnn.init(config, w, tf.tensor3d([0, 1, 0.5, 1], [4, 1, 1])).map((s) => tf.tile(s as tf.Tensor2D, [N, 1]));
      const v = tf.fill([N, 1], 0.5) as tf.Tensor2D;
      const [prior, encoder] = [
        vrnn.logDensity!(config, w, state, v, draws(vrnn.emission(config), { seed: 1, name: "p", step: 0 }, N)),
        vrnn.observe!(config, w, state, v, draws(vrnn.proposal!(config)!, { seed: 1, name: "q", step: 0 }, N)).logWeight,
      ].map((log) => logMeanExp([...log.dataSync()]));
      expect(Math.abs(prior - encoder)).toBeLessThan(0.1);
    }
  });

  it("without z is a GRU with an exact likelihood", async () => {
    const model = createModel({ kind: "vrnn", H: 5, m: 3, length: 4, batch: 8, latents: false }, 1) as WeightedModel;
    const series = chain(300, 4);
    const { history } = await train(model, series, { seed: 1, steps: 20 });
    expect(Object.keys(history.at(-1)!)).toEqual(["step", "reconstruction", "gradientNorm", "validationMse"]);
    const [one, many] = [
      await heldOutSurprisals(model, series, 250, { seed: 1, particles: 1 }),
      await heldOutSurprisals(model, series, 250, { seed: 9, particles: 8 }),
    ];
    one.forEach((x, t) => {
      expect(x).toBeCloseTo(many[t], 4);
    });
    model.dispose();
  });

  it("leaves no tensor and no handle behind", () => {
    expectNoLeak(vrnn as never, completeConfig({ kind: "vrnn", H: 5, K: 2, m: 3, length: 4, batch: 8, anneal: 0 } as never) as never);
  });
});

describe("TimeGAN", () => {
  const config = { kind: "timegan", m: 5, H: 6, Z: 2, batch: 8, embedding: 2, supervised: 2, validateEvery: 2 } as const;

  it("trains in three phases, each by the weights that follow it", async () => {
    const model = createModel(config, 1) as WeightedModel;
    const moved: Set<string>[] = [];
    let before = bits(model).weights;
    const { history } = await train(model, chain(400, 4), {
      seed: 1,
      steps: 6,
      onStep() {
        const now = bits(model).weights;
        const changed = Object.keys(now).filter((name) => now[name].some((x, i) => x !== before[name][i]));
        moved.push(new Set(changed.map((name) => name.split(".")[0])));
        before = now;
      },
    });
    expect(moved[1]).toEqual(new Set(["embedder", "recovery"]));
    expect(moved[3]).toEqual(new Set(["supervisor"]));
    expect(moved[5]).toEqual(new Set(["embedder", "recovery", "generator", "supervisor", "discriminator"]));
    expect(Object.keys(history[0])).toContain("embedding.reconstruction");
    expect(Object.keys(history[1])).toContain("supervised.supervised");
    expect(Object.keys(history[2])).toContain("generator.moments");
    model.dispose();
  });

  it("trains the discriminator at every second step of the third phase", () => {
    const full = completeConfig(config as never) as TimeganConfig;
    const turns = [5, 6, 7, 8].map((step) => timegan.schedule!(full, step).includes("discriminator"));
    expect(turns).toEqual([false, true, false, true]);
  });

  it("weighs what a generator may lose as the settings say", () => {
    const total = (changes: Partial<TimeganConfig>) => {
      const full = completeConfig({ ...config, ...changes } as never) as TimeganConfig;
      return tf.tidy(() => {
        const clean = chainWindows(6, 8);
        const drawn = draws(timegan.noise(full), { seed: 1, name: "z", step: 0 }, 8);
        const { total, parts } = timegan.losses.generator(full, randomWeights(full), { seen: clean, clean }, drawn);
        const [all, adversarial, foretold, moments] = [total, parts.adversarial, parts.supervised, parts.moments].map(
          (x) => x.dataSync()[0],
        );
        expect(Math.min(foretold, moments)).toBeGreaterThan(1e-3);
        return [all, adversarial + full.supervision * Math.sqrt(foretold) + full.moments * moments];
      });
    };
    for (const changes of [{}, { supervision: 0 }, { moments: 0 }, { supervision: 100, moments: 100 }]) {
      const [ours, formula] = total(changes);
      expect(ours).toBeCloseTo(formula, 3);
    }
  });

  it("generates without a history, in [0, 1], of one column or more", async () => {
    const model = createModel(config, 1);
    const [x, y] = await generate(model, [chain(30, 1), new Float32Array(0)], 8, { seed: 1 });
    const [z] = await generate(model, [chain(30, 2)], 8, { seed: 1 });
    expectClose(x, z, 1e-5);
    expect(x).not.toEqual(y);
    expect([...x, ...y].every((v) => v >= 0 && v <= 1)).toBe(true);
    model.dispose();
    const two = completeConfig({ ...config, d: 2 } as never) as never;
    const state = timegan.init(two, randomWeights(two), tf.zeros([6, 3, 2]));
    const { v } = timegan.step(two, randomWeights(two), state, { z: tf.zeros([3, 2]) });
    expect(v.shape).toEqual([3, 2]);
  });

  it("has no likelihood, and says so", async () => {
    const model = createModel(config, 1);
    await expect(heldOutSurprisals(model, chain(30, 1), 20, { seed: 1 })).rejects.toThrow("model must be one that takes observed values");
    model.dispose();
  });
});
