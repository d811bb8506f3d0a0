import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { klToPrior, logDeterminant, sample } from "../lib/models/gaussian";
import { latentsOf, recogniseLatent } from "../lib/models/latent";
import { logDensity, mean } from "../lib/models/likelihood";
import { createModel, type WeightedModel } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import { advance, emit, recogniseStates, type States, TDLGM, type TdlgmConfig, tdlgm, tdlgmLoss } from "../lib/models/tdlgm";
import { latentsByPrior, recogniseGiven } from "../lib/models/tdlgmPrior";
import {
  type Cell,
  dot,
  gaussianPosterior,
  lstmCell,
  negativeLog,
  perceptron,
  piece,
  plus,
  sigmoid,
  times,
  zeroCell,
} from "../lib/notebook/plain";
import { generate } from "../lib/training/generation";
import { impute } from "../lib/training/imputation";
import { train } from "../lib/training/train";
import {
  bits,
  chain,
  chainWindows,
  distance,
  expectClose,
  expectGradients,
  expectNoLeak,
  lossOf,
  plainOf,
  randomTensor,
  randomWeights,
} from "./helpers";
import type { Plain } from "./plain";

const config = (options: Partial<TdlgmConfig> = {}): TdlgmConfig =>
  completeConfig({ kind: "tdlgm", m: 3, L: 2, H: 4, K: 2, batch: 5, ...options });
/** Windows with a target that is not what was seen, and ε. */
const data = (c: TdlgmConfig, B = 5) => {
  const T = c.m + (c.window === "past" ? 1 : 2);
  const batch = { seen: chainWindows(T, B), clean: chainWindows(T, B, 9) };
  return { batch, epsilon: randomTensor([c.L, B, c.latents === "one" ? c.K : c.m * c.K], "epsilon") };
};
/** States of layers 1 .. L-1, random. */
const randomStates = (c: TdlgmConfig, B: number): States =>
  Object.fromEntries(
    Array.from({ length: c.L - 1 }, (_, i) => [
      i + 1,
      { h: randomTensor([B, c.H], `h${i}`) as tf.Tensor2D, c: randomTensor([B, c.H], `c${i}`) as tf.Tensor2D },
    ]),
  );

/** Eq. (28) row by row in float64, as the paper prints it (matrix G, state output and cell). */
function plainLoss(c: TdlgmConfig, w: Plain, seen: number[][], target: number[], epsilon: number[][][]) {
  const { m, L, H, K } = c;
  const cell = (name: string, x: number[], s: Cell): Cell => lstmCell(w[`${name}.w`], w[`${name}.b`], x, s);
  const recognise = (l: number, window: number[]) => window.reduce((s, v) => cell(`k${l}`, [v], s), zeroCell(H)); // Eq. (17)
  const linear = (name: string, l?: number) => {
    const [W, b] = [w[`${name}.w`], w[`${name}.b`]];
    return l ? { w: piece(W, l, L), b: piece(b, l, L) } : { w: W, b };
  };
  const B = target.length;
  let [reconstruction, stateMse, prior] = [0, 0, 0];
  const kl = new Array<number>(L).fill(0);
  for (let b = 0; b < B; b++) {
    const column = seen.map((row) => row[b]);
    const length = c.window === "past" ? m : m + 1;
    const [s, sNext] = [0, 1].map((from) => Array.from({ length: L - 1 }, (_, i) => recognise(i + 1, column.slice(from, from + length))));
    const n = c.latents === "one" ? 1 : m;
    const gxi: number[][][] = Array.from({ length: L }, () => []);
    for (let l = 1; l <= L; l++)
      for (let j = 0; j < n; j++) {
        // Eq. (14): μ_l and C_l from v_t (or the j-th of the last m values)
        const outputs = perceptron(
          [column[m + 1 - n + j]],
          [1, 2, 3].map((i) => linear(`q.${i}`, l)),
          c.networks,
        );
        const q = gaussianPosterior(c, outputs, epsilon[l - 1][b].slice(j * K, (j + 1) * K)); // Eq. (22)
        kl[l - 1] += q.kl / B;
        gxi[l - 1].push(times(q.xi, piece(w["generator.G"], l, L), H));
      }
    const moved = [...s];
    const h: number[][] = [];
    for (let j = 0; j < n; j++) {
      h[L - 1] = gxi[L - 1][j]; // Eq. (10)
      for (let l = L - 1; l >= 1; l--) {
        moved[l - 1] = cell(`generator.R${l}`, h[l], moved[l - 1]);
        h[l - 1] = plus(moved[l - 1].h, gxi[l - 1][j]); // Eq. (11)
      }
    }
    const r = perceptron(h[0], [linear("generator.T0.1"), linear("generator.T0.2")], c.networks); // Eq. (13)
    reconstruction += negativeLog(c.likelihood, r, target[b], w["generator.logSd"]?.[0]) / B;
    const heard = (l: number) => (c.transition === "apart" ? h[l] : l === 1 ? [sigmoid(r[0])] : h[l - 2]);
    if (c.transition !== "above") for (let l = 1; l < L; l++) moved[l - 1] = cell(`generator.F${l}`, heard(l), s[l - 1]); // Eq. (12)
    moved.forEach((state, i) => {
      const off = [...state.h.map((v, k) => v - sNext[i].h[k]), ...state.c.map((v, k) => v - sNext[i].c[k])];
      stateMse += dot(off, off) / (2 * H * B * (L - 1)); // Eq. (26)
    });
  }
  const { alpha, beta, weightPrior } = c;
  if (weightPrior > 0)
    for (const [name, values] of Object.entries(w))
      if (name.startsWith("generator.") && name !== "generator.logSd") prior += 0.5 * dot(values, values);
  const total = reconstruction + beta * kl.reduce((a, v) => a + v, 0) + alpha * stateMse + weightPrior * prior; // Eq. (28)
  return { total, parts: [reconstruction, ...kl, stateMse, prior] };
}

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
    { transition: "apart", L: 3 },
    { window: "inclusive" },
    { latents: "sequence" },
    { latents: "sequence", L: 1 },
    { latents: "sequence", L: 3, window: "inclusive", beta: 0.3 },
    { networks: "relu" },
    { likelihood: { kind: "gaussian", sd: "learned" }, weightPrior: 0.1 },
    { likelihood: { kind: "bernoulli" } },
    { likelihood: { kind: "categorical", values: [0, 0.25, 0.5, 1] } },
    { m: 1, H: 1, K: 1, L: 2 },
  ];
  for (const options of cases) {
    it(`is what the paper's formulas give in float64, its gradients too: ${JSON.stringify(options)}`, () => {
      const c = config(options);
      const w = randomWeights(c);
      const { batch, epsilon } = data(c);
      const [seen, clean] = [batch.seen, batch.clean].map((x) => x.squeeze([2]).arraySync() as number[][]);
      const of = (w: Plain) => plainLoss(c, w, seen, clean[c.m], epsilon.arraySync() as number[][][]);
      const plain = plainOf(w);
      const { total, parts, names, gradients } = lossOf(tdlgm, c, w, batch, { epsilon });
      expectClose(parts, of(plain).parts, 2e-5);
      expectClose([total], [of(plain).total], 2e-5);
      expect(names).toEqual(["reconstruction", "kl", "stateMse", "weightPrior"]);
      expectGradients(gradients, (w) => of(w).total, plain);
    });
  }

  it("counts only what is the state in the state's MSE, in both partial readings", () => {
    const random = randomWeights(config());
    const w = { ...random, "generator.G": tf.zerosLike(random["generator.G"]) }; // the state moves alone
    for (const state of ["cell", "output"] as const) {
      const c = config({ state });
      const { batch, epsilon } = data(c);
      const [part, none] = state === "output" ? (["h", "c"] as const) : (["c", "h"] as const);
      const [s, sNext] = [0, 1].map((from) => recogniseStates(c, w, tf.slice(batch.seen, from, c.m))[1]);
      expect(tf.max(tf.abs(s[none])).dataSync()[0]).toBe(0);
      expect(tf.max(tf.abs(s[part])).dataSync()[0]).toBeGreaterThan(0);
      const emission = emit(c, w, { 1: s }, tf.zeros([c.L, 5, c.K]));
      const moved = advance(c, w, { 1: s }, emission, mean(c.likelihood, emission.r))[1];
      const { stateMse } = tdlgmLoss(c, w, batch, { epsilon }).parts;
      expectClose(stateMse, tf.mean(tf.squaredDifference(moved[part], sNext[part])), 1e-5);
    }
  });

  it("takes a log-likelihood for the state's KL where k is a distribution, of which it draws the state", () => {
    const c = config({ k: "normal", L: 3, transition: "below" });
    const w = randomWeights(c);
    const { batch, epsilon } = data(c);
    const states = randomTensor([2 * (c.L - 1), 5, c.H], "states");
    const [s, sNext] = [0, 1].map((from) => recogniseStates(c, w, tf.slice(batch.seen, from, c.m)));
    const spread = (l: number, of: States) => {
      const logSd = tf.add(tf.matMul(tf.concat([of[l].h, of[l].c], 1), w[`k${l}.spread.w`] as tf.Tensor2D), w[`k${l}.spread.b`]);
      return tf.split(logSd as tf.Tensor2D, 2, 1);
    };
    const drawn = Object.fromEntries(
      [1, 2].map((l) => {
        const [h, c] = spread(l, s).map((logSd, i) => tf.mul(tf.exp(logSd), tf.gather(states, 2 * l - 2 + i)));
        return [l, { h: tf.add(s[l].h, h), c: tf.add(s[l].c, c) }];
      }),
    ) as States;
    const q = recogniseLatent(c, w, tf.squeeze(tf.slice(batch.seen, c.m, 1), [0]) as tf.Tensor2D);
    const emission = emit(c, w, drawn, latentsOf(q, epsilon));
    const F = advance(c, w, drawn, emission, mean(c.likelihood, emission.r));
    let nll = 0;
    for (const l of [1, 2])
      for (const [i, part] of (["h", "c"] as const).entries()) {
        const [x, mu, logSd] = [F[l][part], sNext[l][part], spread(l, sNext)[i]].map((t) => t.dataSync());
        x.forEach((v, k) => {
          nll += 0.5 * ((v - mu[k]) / Math.exp(logSd[k])) ** 2 + logSd[k] + 0.5 * Math.log(2 * Math.PI);
        });
      }
    nll /= 4 * 5 * c.H;
    const { parts, names, total, gradients } = lossOf(tdlgm, c, w, batch, { epsilon, states });
    const named = Object.fromEntries(names.map((name, i) => [name, parts[name === "kl" ? i : i + (i > 1 ? c.L - 1 : 0)]]));
    expect(names).toEqual(["reconstruction", "kl", "stateMse", "stateNll", "weightPrior"]);
    expectClose([named.stateNll], [nll], 2e-5);
    const kl = parts.slice(1, 1 + c.L).reduce((a, v) => a + v);
    expectClose([total], [named.reconstruction + kl + nll], 1e-4);
    for (const l of [1, 2]) expect(distance(gradients[`k${l}.spread.w`], new Float32Array(4 * c.H * c.H))).toBeGreaterThan(1e-6);
    expect(() => config({ k: "normal", L: 1 })).toThrow(/config\.k "normal" needs a state/);
  });

  it("adds nothing to what is no part of the state, where k is a distribution", () => {
    const c = config({ k: "normal", state: "cell", alpha: 0 });
    const w = randomWeights(c);
    const { batch, epsilon } = data(c);
    const loss = (h: number) => {
      const noise = tf.stack([tf.fill([5, c.H], h), tf.fill([5, c.H], 0.3)]); // of h, and of c
      return tdlgmLoss(c, w, batch, { epsilon, states: noise }).total.dataSync()[0];
    };
    expect(loss(1)).toBe(loss(-1));
  });

  it("gives a stretch of neighbours the loss of the same windows one by one", () => {
    const [c, run] = [config({ L: 3, batch: 8 }), config({ L: 3, batch: 8, run: 4 })];
    // Two stretches side by side: window i of a stretch starts i values into it.
    const values = chainWindows(7, 2);
    const seen = tf.concat(
      [0, 1, 2, 3].map((i) => tf.slice(values, i, 4)),
      1,
    );
    const [w, epsilon] = [randomWeights(c), randomTensor([3, 8, 2], "epsilon")];
    const [a, b] = [c, run].map((c) => lossOf(tdlgm, c, w, { seen, clean: seen }, { epsilon }));
    expectClose(b.parts, a.parts, 1e-5);
    for (const name of Object.keys(w)) expectClose(b.gradients[name], a.gradients[name], 1e-5, name);
  });

  it("leaves nothing behind, values and gradients", () => {
    expectNoLeak(tdlgm, config({ L: 3, transition: "below", weightPrior: 0.1 }));
    expectNoLeak(tdlgm, config({ latents: "sequence", mixing: "mlp", window: "inclusive" }));
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
    { transition: "apart", L: 3 },
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
    { prior: "state", transition: "value" },
    { recognition: "both", window: "inclusive" },
    { prior: "state", recognition: "both", L: 3, posterior: "diagonal", networks: "relu" },
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
      for (const x of Object.values(row).flat()) expect(Number.isFinite(x)).toBe(true);
      expect("stateVariance" in row).toBe(c.L > 1);
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

  it("makes a second cell only where F is not R, and feeds it the value only from below", () => {
    expect(Object.keys(tdlgm.layout(config())).some((name) => name.includes(".F"))).toBe(false);
    const below = tdlgm.layout(config({ transition: "below", L: 3 }));
    expect(below["generator.F1.w"].shape).toEqual([1 + 4, 16]);
    expect(below["generator.F2.w"].shape).toEqual([4 + 4, 16]);
    // the lowest layer's state depends on the emitted value from below, and not from above
    for (const transition of ["above", "apart", "below"] as const) {
      const c = config({ transition });
      const [w, s] = [randomWeights(c), randomStates(c, 3)];
      const emission = emit(c, w, s, randomTensor([2, 3, 2], "xi"));
      const [a, b] = [0, 1].map((v) => Array.from(advance(c, w, s, emission, tf.fill([3, 1], v))[1].h.dataSync()));
      if (transition === "below") expect(a).not.toEqual(b);
      else expect(a).toEqual(b);
    }
  });
});

describe("the generator and its state", () => {
  it("depends on the state of every layer below L, and only there: zeroing a state changes what is emitted", () => {
    const c = config({ L: 3 });
    const [w, s] = [randomWeights(c), randomStates(c, 3)];
    const xi = randomTensor([3, 3, 2], "xi");
    const full = emit(c, w, s, xi).r.dataSync();
    for (const l of [1, 2]) {
      const zeroed = { ...s, [l]: { h: tf.zerosLike(s[l].h), c: tf.zerosLike(s[l].c) } };
      expect(emit(c, w, zeroed, xi).r.dataSync()).not.toEqual(full);
    }
    expect(recogniseStates(config({ L: 1 }), w, tf.zeros([3, 2, 1]))).toEqual({});
  });

  it("recognises a state from past values alone, each row by itself", () => {
    const c = config({ L: 3 });
    const w = randomWeights(c);
    const past = chainWindows(3, 4, 3);
    const whole = recogniseStates(c, w, past);
    const one = recogniseStates(c, w, tf.slice(past, [0, 1, 0], [3, 1, 1]));
    for (const l of [1, 2])
      for (const part of ["h", "c"] as const) {
        expect(whole[l][part].shape).toEqual([4, 4]);
        expectClose(one[l][part], tf.slice(whole[l][part], [1, 0], [1, 4]), 1e-6);
      }
  });

  it("has log p(v | state, ξ), which is what its parts give, and the state as a list", () => {
    const c = config({ L: 3 });
    const w = randomWeights(c);
    const { batch, epsilon: xi } = data(c);
    const state = tdlgm.init(c, w, tf.slice(batch.seen, 0, c.m));
    expect(state.map((t) => t.shape)).toEqual(new Array(4).fill([5, 4]));
    const s = recogniseStates(c, w, tf.slice(batch.seen, 0, c.m));
    const v = tf.tensor2d(chain(5, 3), [5, 1]);
    const { r } = emit(c, w, s, xi);
    expectClose(tdlgm.logDensity!(c, w, state, v, { xi }), logDensity(c.likelihood, w, r, v), 1e-6);
  });
});

describe("a prior and a q that see the state", () => {
  const both = { prior: "state", recognition: "both" } as const;

  it("have the KL of q(ξ | v, s) to p(ξ | s), as draws of ξ estimate it, and the mean of q", () => {
    const c = config({ ...both, L: 3 });
    const w = randomWeights(c);
    const v = tf.tensor2d(chain(5, 3), [5, 1]);
    const s = randomStates(c, 5);
    const { q, xi } = recogniseGiven(c, w, v, s);
    const seen = tf.concat([v, ...[1, 2].flatMap((l) => [s[l].h, s[l].c])], 1);
    expectClose(xi(null), recogniseLatent(c, w, tf.stack([seen, seen, seen])).mean, 1e-5);
    // log q − log p of a draw in coordinates ζ; the change from ξ to ζ leaves the difference as it is.
    const N = 4000;
    const epsilon = tf.randomNormal([N, ...q.mean.shape], 0, 1, "float32", 1);
    const zeta = sample(q, epsilon);
    const logQ = tf.mul(-0.5, tf.add(tf.sum(tf.square(epsilon), -1), logDeterminant(q)));
    const logP = tf.mul(-0.5, tf.sum(tf.square(zeta), -1));
    const byDraws = tf.mean(tf.sub(logQ, logP), 0).dataSync();
    const exact = klToPrior(q).dataSync();
    for (const [i, kl] of exact.entries()) expect(Math.abs(byDraws[i] - kl), `KL ${i}`).toBeLessThan(0.1 * (1 + kl));
    // and ξ = μ(s) + σ(s) ζ, as generation makes it
    expectClose(latentsByPrior(c, w, s, sample(q, epsilon.slice([0], [1]).squeeze([0]))), xi(epsilon.slice([0], [1]).squeeze([0])), 1e-5);
  });

  it("change nothing where neither is asked for", () => {
    const c = config();
    const [w, s, zeta] = [randomWeights(c), randomStates(c, 5), randomTensor([2, 5, 2], "zeta")];
    expect(latentsByPrior(c, w, s, zeta)).toBe(zeta);
    const v = tf.tensor2d(chain(5, 3), [5, 1]);
    expectClose(recogniseGiven(c, w, v, s).xi(zeta), latentsOf(recogniseLatent(c, w, v), zeta), 1e-9);
  });

  it("feed F the value itself with transition value: the state's MSE does not depend on what is emitted", () => {
    const mse = (transition: TdlgmConfig["transition"], scale: number) => {
      const c = config({ transition });
      const w = randomWeights(c);
      const { batch, epsilon } = data(c);
      const louder = { ...w, "generator.T0.2.b": tf.mul(scale, w["generator.T0.2.b"]) };
      return tdlgmLoss(c, louder, batch, { epsilon }).parts.stateMse.dataSync()[0];
    };
    expect(mse("value", 9)).toBe(mse("value", 1));
    expect(mse("below", 9)).not.toBe(mse("below", 1));
  });

  it("are refused where there is no state, or several ξ a value", () => {
    for (const [option, more] of [
      [both, { L: 1 }],
      [{ prior: "state" }, { latents: "sequence" }],
    ] as Partial<TdlgmConfig>[][])
      expect(() => config({ ...option, ...more })).toThrow(/need a state, L from 2, and one ξ a value/);
  });
});

describe("several latent variables a value", () => {
  const [m, L, B, K] = [3, 3, 4, 2];
  const option = (latents: TdlgmConfig["latents"], more: Partial<TdlgmConfig> = {}) => config({ latents, m, L, ...more });
  const all = randomTensor([L, B, m * K], "draws");
  /** The j-th of m draws of each row, [L, B, K]. */
  const turn = (j: number) => tf.slice(all, [0, 0, j * K], [L, B, K]);

  it("run through the generator as so many values do, one after another, and the last is emitted", () => {
    for (const mixing of ["matrix", "mlp"] as const) {
      const [one, many] = [option("one", { mixing }), option("sequence", { mixing })];
      const [w, start] = [randomWeights(one), randomStates(one, B)];
      const atOnce = emit(many, w, start, tf.concat([0, 1, 2].map(turn), 1));
      let s = start;
      for (let j = 0; j < m; j++) {
        const step = emit(one, w, s, turn(j));
        for (const l of [1, 2, 3]) expectClose(tf.slice(atOnce.h[l], [j * B, 0], [B, 4]), step.h[l], 1e-6, `h_${l} of ξ_${j + 1}`);
        s = step.after;
        if (j === m - 1) expectClose(atOnce.r, step.r, 1e-6);
      }
      const moved = advance(many, w, start, atOnce, tf.zeros([B, 1]));
      for (const l of [1, 2])
        for (const part of ["h", "c"] as const) expectClose(moved[l][part], s[l][part], 1e-6, `the state of layer ${l}`);
    }
  });

  it("are recognised from v_{t-m+1} .. v_t, each with its own draw", () => {
    const many = option("sequence");
    const w = randomWeights(many);
    const seen = chainWindows(m + 1, B);
    const xi = (j: number) => latentsOf(recogniseLatent(many, w, tf.reshape(tf.slice(seen, 1 + j, 1), [B, 1])), turn(j));
    const byHand = emit(many, w, recogniseStates(many, w, tf.slice(seen, 0, m)), tf.concat([0, 1, 2].map(xi), 1));
    const [imputed] = tdlgm.impute(many, w, { seen, clean: seen }, [{ epsilon: all }]);
    expectClose(imputed, mean(many.likelihood, byHand.r), 1e-6);
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
    ...["posterior", "state", "transition", "window", "mixing", "latents", "prior", "recognition", "networks"].flatMap((key) =>
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
      expect(() => createModel(whole as never, 0), JSON.stringify(whole)).toThrow(/^config(\.kind)? must be /);
    }
  });

  it("are complete, frozen, and leave the caller's object alone", () => {
    const mine = { kind: "tdlgm", m: 4 } as const;
    const full = completeConfig(mine);
    expect(full).toMatchObject({ m: 4, L: 2, H: 64, K: 8, alpha: 1, beta: 1, weightPrior: 0, batch: 256, learningRate: 2e-3, clip: 5 });
    expect(full.likelihood).toEqual({ kind: "gaussian", sd: 0.02 });
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
