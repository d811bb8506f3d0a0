import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { posterior } from "../lib/models/gaussian";
import { imputeWindows } from "../lib/models/inference";
import { mean, negativeLogLikelihood } from "../lib/models/likelihood";
import { partNames, stateVariance, tdlgmLoss } from "../lib/models/loss";
import type { WeightedModel } from "../lib/models/model";
import { createModel } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import { advance, emit, inTurn, layout, recogniseLatent, recogniseStates, TDLGM, type TdlgmConfig } from "../lib/models/tdlgm";
import { totalSize, unpack, type Weights } from "../lib/tensor/weights";
import { generate } from "../lib/training/generation";
import { impute } from "../lib/training/imputation";
import { train } from "../lib/training/train";
import { bits, chain, distance, expectClose, held, normalValues, randomTensor } from "./helpers";

const config = (options: Partial<TdlgmConfig> = {}): TdlgmConfig =>
  completeConfig({ kind: "tdlgm", m: 3, L: 2, H: 4, K: 2, batch: 5, ...options });
/** Weights that are nowhere zero, so that no term is idle. */
const randomWeights = (c: TdlgmConfig) => unpack(layout(c), tf.tensor1d(normalValues(totalSize(layout(c)), "weights", 0.4)));
const data = (c: TdlgmConfig, B = 5) => {
  const inputs = tf.tensor2d(chain((c.m + 2) * B, 4), [c.m + 2, B]).slice(0, c.m + (c.window === "past" ? 1 : 2));
  const target = tf.reshape(inputs.slice([c.m, 0], [1, B]), [B, 1]) as tf.Tensor2D;
  return { inputs: inputs as tf.Tensor2D, target, epsilon: randomTensor([c.L, B, c.latents === "one" ? c.K : c.m * c.K], "epsilon") };
};

/** Eq. (28) row by row in float64, as the paper prints it (Gaussian of fixed σ, matrix G, state output and cell). */
function plainLoss(c: TdlgmConfig, w: Record<string, number[]>, inputs: number[][], target: number[], epsilon: number[][][]) {
  const { m, L, H, K } = c;
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const vecmat = (x: number[], W: number[], columns: number) =>
    Array.from({ length: columns }, (_, j) => x.reduce((s, v, i) => s + v * W[i * columns + j], 0));
  const plus = (a: number[], b: number[]) => a.map((v, i) => v + b[i]);
  const dot = (a: number[], b: number[]) => a.reduce((s, v, i) => s + v * b[i], 0);
  const hidden = c.networks === "tanh" ? Math.tanh : (x: number) => Math.max(0, x);
  type S = { h: number[]; c: number[] };
  const cell = (name: string, x: number[], s: S): S => {
    const z = plus(vecmat([...x, ...s.h], w[`${name}.w`], 4 * H), w[`${name}.b`]);
    const gate = (g: number, k: number) => z[g * H + k];
    const next = s.c.map((v, k) => sigmoid(gate(1, k)) * v + sigmoid(gate(0, k)) * Math.tanh(gate(2, k)));
    return { h: next.map((v, k) => sigmoid(gate(3, k)) * Math.tanh(v)), c: next };
  };
  const zero = () => ({ h: new Array(H).fill(0), c: new Array(H).fill(0) });
  const recognise = (l: number, window: number[]) => window.reduce((s, v) => cell(`k${l}`, [v], s), zero()); // Eq. (17)
  const piece = (name: string, l: number) => {
    const n = w[name].length / L;
    return w[name].slice((l - 1) * n, l * n);
  };
  const B = target.length;
  const parts = { reconstruction: 0, kl: new Array(L).fill(0), stateMse: 0, weightPrior: 0 };
  for (let b = 0; b < B; b++) {
    const column = inputs.map((row) => row[b]);
    const seen = c.window === "past" ? m : m + 1;
    const s = Array.from({ length: L - 1 }, (_, i) => recognise(i + 1, column.slice(0, seen)));
    const sNext = Array.from({ length: L - 1 }, (_, i) => recognise(i + 1, column.slice(1, seen + 1)));
    const n = c.latents === "one" ? 1 : m;
    const gxi: number[][][] = Array.from({ length: L }, () => []);
    for (let at = 0; at < L * n; at++) {
      const [l, j] = [1 + Math.floor(at / n), at % n];
      // Eq. (14): μ_l and C_l from v_t (or the j-th of the last m values), the precision diag(d) + u uᵀ
      let y = [column[m + 1 - n + j]];
      for (let i = 1; i <= 3; i++) {
        const bias = piece(`q.${i}.b`, l);
        y = plus(vecmat(y, piece(`q.${i}.w`, l), bias.length), bias);
        if (i < 3) y = y.map(hidden);
      }
      const mu = y.slice(0, K);
      const raw = y.slice(K, 2 * K);
      const d = raw.map((x) => (c.posterior === "sigmoid" ? sigmoid(x) : Math.exp(Math.min(12, Math.max(-12, x)))));
      const u = c.posterior === "diagonal" ? new Array(K).fill(0) : y.slice(2 * K).map((x) => (c.posterior === "sigmoid" ? sigmoid(x) : x));
      const omega = u.reduce((s2, v, i) => s2 + (v * v) / d[i], 0);
      const eta = 1 / (1 + omega);
      const z = epsilon[l - 1][b].slice(j * K, (j + 1) * K).map((e, i) => e / Math.sqrt(d[i]));
      const factor = omega > 0 ? (1 - Math.sqrt(eta)) / omega : 0.5;
      const xi = mu.map((v, i) => v + z[i] - (factor * dot(u, z) * u[i]) / d[i]); // Eq. (22)
      const trace = d.reduce((s2, v) => s2 + 1 / v, 0) - eta * u.reduce((s2, v, i) => s2 + (v / d[i]) ** 2, 0);
      const logDeterminant = Math.log(eta) - d.reduce((s2, v) => s2 + Math.log(v), 0);
      parts.kl[l - 1] += (0.5 * (dot(mu, mu) + trace - logDeterminant - K)) / B;
      gxi[l - 1].push(vecmat(xi, piece("generator.G", l), H));
    }
    const moved = [...s];
    const hs: number[][] = [];
    for (let j = 0; j < n; j++) {
      hs[L - 1] = gxi[L - 1][j]; // Eq. (10)
      for (let l = L - 1; l >= 1; l--) {
        moved[l - 1] = cell(`generator.R${l}`, hs[l], moved[l - 1]);
        hs[l - 1] = plus(moved[l - 1].h, gxi[l - 1][j]); // Eq. (11)
      }
    }
    const t0 = plus(vecmat(hs[0], w["generator.T0.1.w"], H), w["generator.T0.1.b"]).map(hidden);
    const emitted = sigmoid(dot(t0, w["generator.T0.2.w"]) + w["generator.T0.2.b"][0]); // Eq. (13)
    const sd = (c.likelihood as { sd: number }).sd;
    parts.reconstruction += (0.5 * ((target[b] - emitted) / sd) ** 2 + Math.log(sd) + 0.5 * Math.log(2 * Math.PI)) / B;
    if (c.transition === "below")
      for (let l = 1; l < L; l++) moved[l - 1] = cell(`generator.F${l}`, l === 1 ? [emitted] : hs[l - 2], s[l - 1]); // Eq. (12)
    moved.forEach((state, i) => {
      const squares = [...state.h.map((v, k) => (v - sNext[i].h[k]) ** 2), ...state.c.map((v, k) => (v - sNext[i].c[k]) ** 2)];
      parts.stateMse += squares.reduce((a, v) => a + v, 0) / (2 * H * B * (L - 1)); // Eq. (26)
    });
  }
  for (const [name, values] of Object.entries(w)) if (name.startsWith("generator.")) parts.weightPrior += 0.5 * dot(values, values);
  const { alpha, beta, weightPrior } = c;
  const total =
    parts.reconstruction + beta * parts.kl.reduce((a, v) => a + v, 0) + alpha * parts.stateMse + weightPrior * parts.weightPrior;
  return {
    total,
    parts: [parts.reconstruction, ...parts.kl, ...(L > 1 ? [parts.stateMse] : []), ...(weightPrior > 0 ? [parts.weightPrior] : [])],
  };
}

const plainArguments = (w: Weights, d: ReturnType<typeof data>) =>
  [
    Object.fromEntries(Object.entries(w).map(([name, t]) => [name, Array.from(t.dataSync())])),
    d.inputs.arraySync(),
    Array.from(d.target.dataSync()),
    d.epsilon.arraySync() as number[][][],
  ] as const;

/** The states of one window. */
const recogniseState = (c: TdlgmConfig, w: Weights, past: tf.Tensor2D) => recogniseStates(c, w, [past])[0];

describe("eq. (28)", () => {
  const cases: Partial<TdlgmConfig>[] = [
    {},
    { L: 1 },
    { L: 3 },
    { alpha: 0.7, beta: 0.3, weightPrior: 0.01 },
    { posterior: "diagonal" },
    { posterior: "sigmoid" },
    { transition: "below" },
    { transition: "below", L: 3 },
    { window: "inclusive" },
    { latents: "sequence" },
    { latents: "sequence", L: 1 },
    { latents: "sequence", L: 3, window: "inclusive", beta: 0.3 },
    { networks: "relu" },
    { m: 1, H: 1, K: 1, L: 2 },
  ];
  for (const options of cases) {
    it(`is what the paper's formulas give in float64, its gradients too: ${JSON.stringify(options)}`, () => {
      const c = config(options);
      const w = randomWeights(c);
      const d = data(c);
      const loss = tdlgmLoss(c, w, d.inputs, d.target, d.epsilon);
      const [plain, ...rest] = plainArguments(w, d);
      const reference = plainLoss(c, plain, ...rest);
      expectClose(loss.parts.dataSync(), reference.parts, 2e-5);
      expectClose(loss.total.dataSync(), [reference.total], 2e-5);
      expect(loss.names).toEqual(partNames(c));
      expect(loss.names).toHaveLength(loss.parts.size);

      const names = Object.keys(w);
      const gradients = tf.grads((...x: tf.Tensor[]) => {
        const weights = Object.fromEntries(names.map((name, i) => [name, x[i]]));
        return tdlgmLoss(c, weights, d.inputs, d.target, d.epsilon).total as tf.Scalar;
      })(Object.values(w));
      for (const [i, name] of names.entries()) {
        const values = gradients[i].dataSync();
        for (const at of new Set([0, Math.floor(values.length / 2), values.length - 1])) {
          const shifted = (by: number) => {
            const changed = plain[name].map((v, j) => (j === at ? v + by : v));
            return plainLoss(c, { ...plain, [name]: changed }, ...rest).total;
          };
          const difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
          expectClose([values[at]], [difference], 2e-4, `${name}[${at}]`);
        }
      }
    });
  }

  it("counts only what is the state in the state's MSE, in both partial readings", () => {
    const w = randomWeights(config());
    for (const state of ["cell", "output"] as const) {
      const c = config({ state });
      const d = data(c);
      const loss = tdlgmLoss(c, w, d.inputs, d.target, d.epsilon);
      const index = state === "output" ? 0 : 1;
      const past = (from: number) => recogniseState(c, w, d.inputs.slice([from, 0], [c.m, 5]) as tf.Tensor2D);
      const [s] = past(0);
      expect(tf.max(tf.abs(s.slice([1 - index, 0, 0], [1, 5, c.H]))).dataSync()[0]).toBe(0);
      expect(tf.max(tf.abs(s.slice([index, 0, 0], [1, 5, c.H]))).dataSync()[0]).toBeGreaterThan(0);
      // ξ from the loss's own draw is not needed here: with every G = 0 the state moves alone.
      const blind = { ...w, "generator.G": tf.zerosLike(w["generator.G"]) };
      const emission = emit(c, blind, past(0), tf.zeros([c.L, 5, c.K]));
      const [moved] = advance(c, blind, past(0), emission, mean(c.likelihood, emission.readout));
      const row = (t: tf.Tensor) => t.slice([index, 0, 0], [1, 5, c.H]);
      const expected = tf.mean(tf.square(tf.sub(row(moved), row(past(1)[0])))).dataSync()[0];
      const parts = tdlgmLoss(c, blind, d.inputs, d.target, d.epsilon).parts.dataSync();
      expectClose([parts[3]], [expected], 1e-5);
      expect(Number.isFinite(loss.total.dataSync()[0])).toBe(true);
    }
  });

  it("has the reconstruction term of each likelihood", () => {
    for (const likelihood of [
      { kind: "gaussian", sd: "learned" },
      { kind: "bernoulli" },
      { kind: "categorical", values: [0, 0.25, 0.5, 1] },
    ] as TdlgmConfig["likelihood"][]) {
      const c = config({ likelihood, L: 1, K: 1 });
      const w = { ...randomWeights(c), "generator.G": tf.zeros([1, 1, 4]) }; // then the readout does not depend on ξ
      const d = data(c);
      const { readout } = emit(c, w, [], tf.zeros([1, 5, 1]));
      const expected = negativeLogLikelihood(likelihood, readout, d.target, (w as Weights)["generator.logSd"]).dataSync()[0];
      expectClose([tdlgmLoss(c, w, d.inputs, d.target, d.epsilon).parts.dataSync()[0]], [expected], 1e-6);
    }
  });

  it("leaves nothing behind, values and gradients", () => {
    const c = config({ L: 3, transition: "below", weightPrior: 0.1 });
    const w = randomWeights(c);
    const d = data(c);
    const names = Object.keys(w);
    const once = () =>
      tf.tidy(() => {
        tf.grads((...x: tf.Tensor[]) => {
          const weights = Object.fromEntries(names.map((name, i) => [name, x[i]]));
          return tdlgmLoss(c, weights, d.inputs, d.target, d.epsilon).total as tf.Scalar;
        })(Object.values(w));
        stateVariance(c, w, d.inputs);
      });
    once();
    const before = held();
    for (let i = 0; i < 20; i++) once();
    expect(held()).toEqual(before);
  });
});

describe("every option", () => {
  const options: Partial<TdlgmConfig>[] = [
    {},
    { L: 1 },
    { L: 3 },
    { posterior: "diagonal" },
    { posterior: "sigmoid" },
    { state: "cell" },
    { state: "output" },
    { transition: "below" },
    { transition: "below", state: "cell", L: 3 },
    { window: "inclusive" },
    { window: "inclusive", transition: "below", L: 3, state: "output" },
    { mixing: "mlp" },
    { mixing: "mlp", L: 1 },
    { latents: "sequence" },
    { latents: "sequence", window: "inclusive", L: 3, state: "output", mixing: "mlp" },
    { networks: "relu" },
    { likelihood: { kind: "gaussian", sd: "learned" } },
    { likelihood: { kind: "gaussian", sd: 0.3 }, weightPrior: 0.01 },
    { likelihood: { kind: "bernoulli" } },
    { likelihood: { kind: "categorical", values: [0, 0.25, 0.5, 1] } },
    { trainingNoise: { probability: 0.5, sd: 0.1 }, window: "inclusive" },
    { alpha: 0, beta: 0.1 },
    { m: 1, H: 1, K: 1 },
  ];
  for (const option of options) {
    it(`trains, imputes and generates: ${JSON.stringify(option)}`, async () => {
      const c = config({ restartAfter: 0, ...option });
      const series = chain(200, 2);
      const model = createModel(c, 1) as WeightedModel;
      const before = Object.fromEntries(Object.entries(model.weights).map(([name, t]) => [name, t.dataSync().slice()]));
      const result = await train(model, series, { seed: 1, steps: 5 });
      expect(result.steps).toBe(5);
      expect(result.restarts).toEqual([]);
      const row = result.history.at(-1)!;
      expect(row.kl).toHaveLength(c.L);
      for (const x of [row.reconstruction, ...row.kl, row.stateMse, row.weightPrior, row.validationMse, row.gradientNorm])
        expect(Number.isFinite(x)).toBe(true);
      expect(Number.isFinite(row.stateVariance)).toBe(c.L > 1);
      expect(row.weightPrior > 0).toBe(c.weightPrior > 0);
      for (const [name, t] of Object.entries(model.weights)) {
        const values = t.dataSync();
        expect(values.every(Number.isFinite), name).toBe(true);
        expect(
          values.some((v, i) => v !== before[name][i]),
          `${name} has moved`,
        ).toBe(true);
      }
      for (const xi of ["mean", "sample"] as const) {
        const imputed = await impute(model, series.slice(0, 50), { seed: 3, xi });
        expect(imputed).toHaveLength(50);
        expect(imputed.every((v) => v >= 0 && v <= 1)).toBe(true);
      }
      const sequences = await generate(model, [series.slice(0, 20), series.slice(0, 2), new Float32Array(0)], 7, { seed: 3 });
      expect(sequences.map((s) => s.length)).toEqual([7, 7, 7]);
      expect(sequences.every((s) => s.every((v) => v >= 0 && v <= 1))).toBe(true);
      if (c.likelihood.kind === "categorical") expect(sequences.every((s) => s.every((v) => [0, 0.25, 0.5, 1].includes(v)))).toBe(true);
      model.dispose();
    });
  }

  it("makes and feeds a second cell only when the state is fed from below", () => {
    expect(Object.keys(layout(config())).some((name) => name.includes(".F"))).toBe(false);
    const c = config({ transition: "below", L: 3 });
    expect(layout(c)["generator.F1.w"].shape).toEqual([1 + 4, 16]);
    expect(layout(c)["generator.F2.w"].shape).toEqual([4 + 4, 16]);
    // the lowest layer's state depends on the emitted value from below, and not from above
    for (const transition of ["above", "below"] as const) {
      const cc = config({ transition });
      const w = randomWeights(cc);
      const s = [randomTensor([2, 3, 4], "s") as tf.Tensor3D];
      const emission = emit(cc, w, s, randomTensor([2, 3, 2], "xi") as tf.Tensor3D);
      const [a, b] = [0, 1].map((v) => Array.from(advance(cc, w, s, emission, tf.fill([3, 1], v) as tf.Tensor2D)[0].dataSync()));
      if (transition === "above") expect(a).toEqual(b);
      else expect(a).not.toEqual(b);
    }
  });
});

describe("the generator and its state", () => {
  it("depends on the state of every layer below L, and only there: zeroing a state changes what is emitted", () => {
    const c = config({ L: 3 });
    const w = randomWeights(c);
    const s = [0, 1].map((i) => randomTensor([2, 3, 4], `s${i}`) as tf.Tensor3D);
    const xi = randomTensor([3, 3, 2], "xi") as tf.Tensor3D;
    const full = Array.from(emit(c, w, s, xi).readout.dataSync());
    for (const l of [0, 1]) {
      const zeroed = s.map((t, i) => (i === l ? (tf.zerosLike(t) as tf.Tensor3D) : t));
      expect(Array.from(emit(c, w, zeroed, xi).readout.dataSync())).not.toEqual(full);
    }
    expect(recogniseState(config({ L: 1 }), w, tf.zeros([3, 2]))).toEqual([]);
  });

  it("recognises a state from past values alone, each row by itself", () => {
    const c = config({ L: 3 });
    const w = randomWeights(c);
    const past = tf.tensor2d(chain(12, 3), [3, 4]);
    const whole = recogniseState(c, w, past);
    expect(whole.map((s) => s.shape)).toEqual([
      [2, 4, 4],
      [2, 4, 4],
    ]);
    const one = recogniseState(c, w, past.slice([0, 1], [3, 1]) as tf.Tensor2D);
    whole.forEach((s, i) => {
      expectClose(one[i], s.slice([0, 1, 0], [2, 1, 4]), 1e-6);
    });
    const other = tf.tensor2d(chain(12, 4), [3, 4]);
    const both = recogniseStates(c, w, [past, other]);
    for (const [i, each] of [past, other].entries()) {
      recogniseState(c, w, each).forEach((s, l) => {
        expectClose(both[i][l], s, 1e-6, `window ${i} of two at once, layer ${l + 1}`);
      });
    }
  });
});

describe("several latent variables a value", () => {
  const [m, L, B, K] = [3, 3, 4, 2];
  const option = (latents: TdlgmConfig["latents"], more: Partial<TdlgmConfig> = {}) => config({ latents, m, L, ...more });
  const w = randomWeights(option("one"));
  const draws = (n: number) => randomTensor([L, B, n * K], "draws");
  /** The j-th of m draws of each row, [L, B, K]. */
  const turn = (all: tf.Tensor, j: number) => tf.slice(all, [0, 0, j * K], [L, B, K]) as tf.Tensor3D;

  it("run through the generator as so many values do, one after another, and the last is emitted", () => {
    for (const mixing of ["matrix", "mlp"] as const) {
      const [one, many] = [option("one", { mixing }), option("sequence", { mixing })];
      const weights = randomWeights(one);
      const start = [0, 1].map((i) => randomTensor([2, B, 4], `s${i}`) as tf.Tensor3D);
      const all = draws(m);
      const atOnce = emit(many, weights, start, inTurn(many, all));
      let s = start;
      let readout: tf.Tensor | undefined;
      for (let j = 0; j < m; j++) {
        const step = emit(one, weights, s, turn(all, j));
        atOnce.h.forEach((h, l) => {
          expectClose(tf.slice(h.value(), [j, 0, 0], [1, B, 4]), step.h[l].value(), 1e-6, `h_${l + 1} of ξ_${j + 1}`);
        });
        s = step.after;
        readout = step.readout;
      }
      expectClose(atOnce.readout, readout as tf.Tensor, 1e-6);
      advance(many, weights, start, atOnce, tf.zeros([B, 1])).forEach((moved, i) => {
        expectClose(moved, s[i], 1e-6, `the state of layer ${i + 1}`);
      });
    }
  });

  it("are recognised from v_{t-m+1} .. v_t, each with its own draw", () => {
    const many = option("sequence");
    const inputs = tf.tensor2d(chain((m + 1) * B, 4), [m + 1, B]);
    const epsilon = draws(m);
    const [s] = recogniseStates(many, w, [inputs.slice([0, 0], [m, B]) as tf.Tensor2D]);
    const xi = (j: number) => {
      const q = recogniseLatent(many, w, tf.reshape(inputs.slice([1 + j, 0], [1, B]), [B, 1]) as tf.Tensor2D);
      return posterior(q.mean, q.logD, q.u, turn(epsilon, j)).xi;
    };
    const byHand = emit(many, w, s, tf.concat([0, 1, 2].map(xi), 1) as tf.Tensor3D);
    expectClose(imputeWindows(many, w, inputs, [epsilon])[0], mean(many.likelihood, byHand.readout), 1e-6);
  });

  it("of a window of one value are the one of the default, bit for bit", async () => {
    const run = async (latents: TdlgmConfig["latents"]) => {
      const model = createModel(config({ latents, m: 1, restartAfter: 0 }), 1);
      await train(model, chain(200, 2), { seed: 1, steps: 20 });
      const imputed = await impute(model, chain(50, 3), { seed: 3, xi: "sample" });
      const generated = await generate(model, [chain(20, 3)], 9, { seed: 3 });
      const all = { ...bits(model), imputed, generated };
      model.dispose();
      return all;
    };
    expect(await run("sequence")).toEqual(await run("one"));
  });

  it("are drawn for a row whatever the other rows are, in imputation and generation", async () => {
    const model = createModel(option("sequence"), 1);
    const series = chain(1100, 9);
    const whole = await impute(model, series, { seed: 1, xi: "sample" });
    expect(distance(await impute(model, series.slice(0, 500), { seed: 1, xi: "sample" }), whole.slice(0, 500))).toBeLessThan(1e-6);
    expect(new Set(await impute(model, new Float32Array(500).fill(0.5), { seed: 1, xi: "sample" })).size).toBeGreaterThan(400);
    const histories = Array.from({ length: 6 }, (_, i) => series.slice(10 * i, 10 * i + 8));
    const together = await generate(model, histories, 20, { seed: 1 });
    const alone = await generate(model, histories.slice(0, 1), 20, { seed: 1 });
    expect(distance(alone[0], together[0])).toBeLessThan(1e-5);
    model.dispose();
  });

  it("are refused where the state is fed from below", () => {
    expect(() => option("sequence", { transition: "below" })).toThrow(/config\.latents "sequence" is not defined with transition "below"/);
  });
});

describe("settings", () => {
  const bad: [string, unknown][] = [
    ...["m", "L", "H", "K", "batch", "steps", "validateEvery"].flatMap((key) =>
      [0, -1, 1.5, Number.NaN, "3", null].map((v) => [key, v] as [string, unknown]),
    ),
    ...["restartAfter"].flatMap((key) => [-1, 0.5, Number.NaN].map((v) => [key, v] as [string, unknown])),
    ...["alpha", "beta", "weightPrior"].flatMap((key) => [-0.1, Number.POSITIVE_INFINITY, "1"].map((v) => [key, v] as [string, unknown])),
    ...["learningRate", "clip"].flatMap((key) => [0, -1, Number.NaN].map((v) => [key, v] as [string, unknown])),
    ...["posterior", "state", "transition", "window", "mixing", "latents", "networks"].flatMap((key) =>
      ["other", null, 3].map((v) => [key, v] as [string, unknown]),
    ),
    ...[
      null,
      "gaussian",
      { kind: "constructor" },
      { kind: "gaussian", sd: "0.1" },
      { kind: "gaussian", sd: 0.1, mean: 0 },
      { kind: "gaussian", sd: 0.1, values: [0, 1] },
      { kind: "bernoulli", sd: 0.1 },
      { kind: "categorical", values: [0, 1], sd: 0.1 },
      { kind: "categorical", values: ["0", "0.5"] },
      { kind: "categorical", values: [0, null] },
      { kind: "categorical", values: [0.1, 0.1 + 1e-12] },
      { kind: "poisson" },
      { kind: "gaussian" },
      { kind: "gaussian", sd: 0 },
      { kind: "gaussian", sd: Number.NaN },
      { kind: "gaussian", sd: "known" },
      { kind: "categorical" },
      { kind: "categorical", values: [1] },
      { kind: "categorical", values: [0, 0] },
      { kind: "categorical", values: [0, 2] },
      { kind: "categorical", values: [0, Number.NaN] },
    ].map((v) => ["likelihood", v] as [string, unknown]),
    ...[
      { probability: 2, sd: 0.1 },
      { probability: 0.5, sd: -1 },
      { probability: 0.5 },
      { sd: 1 },
      0.5,
      {},
      [],
      "none",
      { probability: "0.5", sd: 0.1 },
      { probability: 0.5, sd: "0.1" },
      { probability: 0.5, sd: null },
      { probability: 0.5, sd: 0.1, mean: 0 },
    ].map((v) => ["trainingNoise", v] as [string, unknown]),
    ["alpha", undefined],
    ["hidden", 64],
    ["constructor", 1],
    ["toString", 1],
    ["m", true],
    ["alpha", [1]],
  ];
  it("are refused one by one, each by its name", () => {
    for (const [key, value] of bad) {
      const make = () => createModel({ kind: "tdlgm", [key]: value } as never, 0);
      expect(make, `${key}: ${JSON.stringify(value)}`).toThrow(new RegExp(`config\\.${key}`));
    }
    for (const whole of [null, undefined, "tdlgm", {}, { kind: "other" }, { kind: "toString" }]) {
      expect(() => createModel(whole as never, 0), JSON.stringify(whole)).toThrow(/config\.kind/);
    }
  });

  it("are complete, frozen, and leave the caller's object alone", () => {
    const mine = { kind: "tdlgm", m: 4 } as const;
    const full = completeConfig(mine);
    expect(full).toMatchObject({ m: 4, L: 2, H: 64, K: 8, alpha: 1, beta: 1, weightPrior: 0, batch: 256, learningRate: 2e-3, clip: 5 });
    expect(full.likelihood).toEqual({ kind: "gaussian", sd: 0.1 });
    expect(Object.isFrozen(full)).toBe(true);
    expect(Object.isFrozen(full.likelihood)).toBe(true);
    expect(Object.isFrozen(TDLGM) && Object.isFrozen(TDLGM.likelihood)).toBe(true);
    const deep = { likelihood: { kind: "categorical" as const, values: [0, 1] }, trainingNoise: { probability: 0.5, sd: 0.1 } };
    const copy = completeConfig({ kind: "tdlgm", ...deep });
    deep.likelihood.values.push(2);
    deep.trainingNoise.sd = -1;
    expect(copy).toMatchObject({ likelihood: { values: [0, 1] }, trainingNoise: { sd: 0.1 } });
    expect(Object.isFrozen((copy.likelihood as typeof deep.likelihood).values) && Object.isFrozen(copy.trainingNoise)).toBe(true);
    expect(completeConfig(copy)).toEqual(copy);
    expect(Object.keys(mine)).toEqual(["kind", "m"]);
  });
});
