import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { deriveSeed } from "../lib/base/random";
import { DLGM, type DlgmConfig, dlgm } from "../lib/models/dlgm";
import { completeConfig } from "../lib/models/registry";
import { dot, gaussianPosterior, negativeLog, perceptron, piece, plus, times } from "../lib/notebook/plain";
import { BLOCK, draws, normals } from "../lib/tensor/draws";
import { generate } from "../lib/training/generation";
import { impute } from "../lib/training/imputation";
import {
  average,
  batchOfStep,
  chain,
  chainWindows,
  expectClose,
  expectGradients,
  expectNoLeak,
  lossOf,
  plainOf,
  randomTensor,
  randomWeights,
  trainingData,
  withWeights,
} from "./helpers";
import { meanOf, type Plain, windowsOf } from "./plain";

const config = (options: Partial<DlgmConfig> = {}): DlgmConfig =>
  completeConfig({ kind: "dlgm", m: 3, L: 2, H: 4, K: 2, likelihood: { kind: "gaussian", sd: 0.1 }, batch: 5, ...options });

const linear = (w: Plain, name: string) => ({ w: w[`${name}.w`], b: w[`${name}.b`] });
/** Eqs. (4)-(6) of one row: the parameters of π. */
function emitPlain({ L, H, networks }: DlgmConfig, w: Plain, xi: number[][]): number[] {
  const g = (l: number) => times(xi[l - 1], piece(w["generator.G"], l, L), H);
  let h = g(L); // Eq. (4)
  for (let l = L - 1; l >= 1; l--)
    h = plus(perceptron(h, [linear(w, `generator.T${l}.1`), linear(w, `generator.T${l}.2`)], networks), g(l)); // Eq. (5)
  return perceptron(h, [linear(w, "generator.T0.1"), linear(w, "generator.T0.2")], networks); // Eq. (6)
}
/** q(ξ_l | window) of one row, layer by layer. */
const recognisePlain = (c: DlgmConfig, w: Plain, window: number[], epsilon: number[][] | null) =>
  Array.from({ length: c.L }, (_, i) => {
    const layers = [1, 2, 3].map((n) => ({ w: piece(w[`q.${n}.w`], i + 1, c.L), b: piece(w[`q.${n}.b`], i + 1, c.L) }));
    return gaussianPosterior(c, perceptron(window, layers, c.networks), epsilon?.[i] ?? null);
  });
/** What is imputed for the last value of a window. */
const imputePlain = (c: DlgmConfig, w: Plain, window: number[], epsilon: number[][] | null) =>
  meanOf(
    c.likelihood,
    emitPlain(
      c,
      w,
      recognisePlain(c, w, window, epsilon).map(({ xi }) => xi),
    ),
  );

/** The loss and its parts, averaged over the rows. */
function lossPlain(c: DlgmConfig, w: Plain, inputs: number[][], target: number[], epsilon: number[][][]) {
  const B = target.length;
  const parts = new Array<number>(1 + c.L).fill(0);
  for (let b = 0; b < B; b++) {
    const window = inputs.map((row) => row[b]);
    const q = recognisePlain(
      c,
      w,
      window,
      epsilon.map((layer) => layer[b]),
    );
    const readout = emitPlain(
      c,
      w,
      q.map(({ xi }) => xi),
    );
    parts[0] += negativeLog(c.likelihood, readout, target[b], w["generator.logSd"]?.[0]) / B;
    q.forEach(({ kl }, i) => {
      parts[1 + i] += kl / B;
    });
  }
  const theta = Object.entries(w).filter(([name]) => name.startsWith("generator.") && name !== "generator.logSd");
  const prior = c.weightPrior > 0 ? theta.reduce((sum, [, values]) => sum + 0.5 * dot(values, values), 0) : 0;
  const kl = parts.slice(1).reduce((a, v) => a + v, 0);
  return { total: parts[0] + c.beta * kl + c.weightPrior * prior, parts: [...parts, prior] };
}

const VALUES = [0, 0.25, 0.5, 1];
const SETTINGS: Partial<DlgmConfig>[] = [
  {},
  { L: 1 },
  { L: 3, beta: 0.3, weightPrior: 0.01 },
  { m: 1, H: 1, K: 1 },
  { posterior: "diagonal" },
  { posterior: "sigmoid", L: 3 },
  { networks: "relu" },
  { likelihood: { kind: "gaussian", sd: "learned" }, weightPrior: 0.1 },
  { likelihood: { kind: "bernoulli" } },
  { likelihood: { kind: "categorical", values: VALUES } },
];

describe("the loss of DLGM", () => {
  for (const options of SETTINGS) {
    it(`is what eqs. (3)-(6) and (28) give in float64, its gradients too: ${JSON.stringify(options)}`, () => {
      const c = config(options);
      const w = randomWeights(c);
      // A target that is not the window's last value, as under training noise.
      const batch = { seen: chainWindows(c.m + 1, 5), clean: chainWindows(c.m + 1, 5, 9) };
      const epsilon = randomTensor([c.L, 5, c.K], "epsilon");
      const [seen, clean] = [batch.seen, batch.clean].map((x) => x.squeeze([2]).arraySync() as number[][]);
      const of = (w: Plain) => lossPlain(c, w, seen, clean[c.m], epsilon.arraySync() as number[][][]);
      const { total, parts, names, gradients } = lossOf(dlgm, c, w, batch, { epsilon });
      const plain = plainOf(w);
      expectClose(parts, of(plain).parts, 2e-5);
      expectClose([total], [of(plain).total], 2e-5);
      expect(names).toEqual(["reconstruction", "kl", "weightPrior"]);
      expectGradients(gradients, (w) => of(w).total, plain);
    });
  }

  it("has a weight for every input of q, and MLPs in place of tDLGM's cells", () => {
    const shapes = Object.fromEntries(Object.entries(dlgm.layout(config({ L: 3 }))).map(([name, { shape }]) => [name, shape]));
    expect(shapes["q.1.w"]).toEqual([3, 4, 4]); // [L, m+1, H]
    expect(shapes["generator.G"]).toEqual([3, 2, 4]);
    for (const l of [1, 2]) expect(shapes[`generator.T${l}.1.w`]).toEqual([4, 4]);
    expect(Object.keys(shapes).filter((name) => /\.(R|F)\d|^k\d|T3/.test(name))).toEqual([]);
  });
});

describe("imputation by DLGM", () => {
  const noisy = chain(40, 9, [0, 0.1, 0.33, 0.7, 1]);
  for (const options of SETTINGS) {
    it(`is the mean of π at ξ = μ, and at one draw from q: ${JSON.stringify(options)}`, async () => {
      const c = config(options);
      const model = withWeights(c);
      const w = plainOf(model.weights);
      const windows = windowsOf(noisy, c.m);
      const byMean = await impute(model, noisy, { seed: 3, xi: "mean" });
      expectClose(
        byMean,
        windows.map((window) => imputePlain(c, w, window, null)),
        1e-5,
      );
      const epsilon = normals([c.L, BLOCK, c.K], { seed: 3, name: "impute", step: 0 }).arraySync() as number[][][];
      const bySample = await impute(model, noisy, { seed: 3, xi: "sample" });
      const expected = windows.map((window, t) =>
        imputePlain(
          c,
          w,
          window,
          epsilon.map((layer) => layer[t]),
        ),
      );
      expectClose(bySample, expected, 1e-5);
      expect(bySample).not.toEqual(byMean);
      model.dispose();
    });
  }

  it("looks at noisy[t] and the m values before it alone, and not at a clean series", async () => {
    const model = withWeights(config());
    const t = 20;
    const base = await impute(model, noisy, { seed: 1, xi: "mean" });
    for (let i = 0; i < noisy.length; i++) {
      const changed = noisy.map((v, j) => (j === i ? (v + 0.4) % 1 : v));
      const other = await impute(model, changed, { seed: 1, xi: "mean" });
      expect(other[t] !== base[t], `noisy[t${i - t}]`).toBe(i >= t - 3 && i <= t);
    }
    expect(await impute(model, noisy, { seed: 1, xi: "mean", clean: chain(40, 2) })).toEqual(base);
    model.dispose();
  });

  describe("with windows that end with the clean value", () => {
    const c = config({ windowEnd: "clean" });
    const clean = chain(40, 2);
    it("takes the past from the noisy series and the last value from the clean one", async () => {
      const model = withWeights(c);
      const imputed = await impute(model, noisy, { seed: 1, xi: "mean", clean });
      const w = plainOf(model.weights);
      const expected = windowsOf(noisy, c.m).map((window, t) => imputePlain(c, w, [...window.slice(0, -1), clean[t]], null));
      expectClose(imputed, expected, 1e-5);
      const changed = noisy.map((v, j) => (j === 20 ? (v + 0.4) % 1 : v));
      const other = await impute(model, changed, { seed: 1, xi: "mean", clean });
      const differs = Array.from(other, (v, t) => (v !== imputed[t] ? t : -1)).filter((t) => t >= 0);
      expect(differs).toEqual([21, 22, 23]);
      model.dispose();
    });

    it("needs that series, of the same length", async () => {
      const model = withWeights(c);
      const run = { seed: 1, xi: "mean" } as const;
      await expect(impute(model, noisy, run)).rejects.toThrow(/^options\.clean must be the clean series, which .* needs; it is undefined$/);
      await expect(impute(model, noisy, { ...run, clean: clean.slice(1) })).rejects.toThrow(
        /^options\.clean must be as long as noisy, 40; it is a Float32Array of 39 values$/,
      );
      await expect(impute(model, noisy, { ...run, clean: clean.map((v, t) => (t === 7 ? Number.NaN : v)) })).rejects.toThrow(
        /options\.clean\[7\] must be a finite number; it is NaN/,
      );
      expect(await impute(model, noisy, { ...run, clean })).toHaveLength(40);
      model.dispose();
    });
  });
});

describe("generation by DLGM", () => {
  it("draws ξ from the prior and v from π, eqs. (3)-(6), step by step", async () => {
    for (const options of [{}, { L: 1 }, { L: 3, likelihood: { kind: "gaussian", sd: 0.3 } }] as Partial<DlgmConfig>[]) {
      const c = config(options);
      const model = withWeights(c);
      const w = plainOf(model.weights);
      const { sd } = c.likelihood as { sd: number };
      const [sequence] = (await generate(model, [chain(9)], 12, { seed: 4 })).map((s) => Array.from(s));
      const expected = sequence.map((_, step) => {
        const stream = { seed: deriveSeed(4, "generate", 0), name: "generate", step };
        const drawn = draws(dlgm.emission(c), stream, BLOCK);
        const [xi, e] = [drawn.xi.arraySync() as number[][][], drawn.noise.dataSync()[0]];
        const mean = meanOf(
          c.likelihood,
          emitPlain(
            c,
            w,
            xi.map((layer) => layer[0]),
          ),
        );
        return Math.min(1, Math.max(0, mean + sd * e));
      });
      expectClose(sequence, expected, 1e-5);
      model.dispose();
    }
  });

  it("does not depend on the history, nor a value on the one before it", async () => {
    const model = withWeights(config());
    const [a, b] = [await generate(model, [chain(9, 1)], 600, { seed: 1 }), await generate(model, [new Float32Array(0)], 600, { seed: 1 })];
    expect(a).toEqual(b);
    expect(await generate(model, [chain(9, 1)], 600, { seed: 2 })).not.toEqual(a);
    const v = Array.from(a[0]);
    const mean = average(v);
    const variance = average(v.map((x) => (x - mean) ** 2));
    const lag1 = average(v.slice(1).map((x, t) => (x - mean) * (v[t] - mean))) / variance;
    expect(variance).toBeGreaterThan(1e-3);
    expect(Math.abs(lag1)).toBeLessThan(4 / Math.sqrt(v.length));
    model.dispose();
  });
});

describe("the batches of DLGM", () => {
  const batchOf = (options: Partial<DlgmConfig>, series: Float32Array, step: number) => {
    const data = trainingData(config({ batch: 500, ...options }), series);
    const { seen, clean } = batchOfStep(data, step);
    data.dispose();
    return { seen: seen.dataSync(), target: tf.slice(clean, 3).dataSync() };
  };

  it("change values with the probability and by the deviation that the settings say, anew at every step", () => {
    const half = new Float32Array(400).fill(0.5);
    const trainingNoise = { probability: 0.3, sd: 0.1 };
    const [a, b] = [1, 2].map((step) => batchOf({ trainingNoise }, half, step));
    const drawn = Array.from(a.seen).filter((v) => v !== 0); // zeros before the start may be among them
    const changed = drawn.filter((v) => v !== 0.5);
    expect(Math.abs(changed.length / drawn.length - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / drawn.length));
    const spread = Math.sqrt(average(changed.filter((v) => v > 0.2).map((v) => (v - 0.5) ** 2)));
    expect(Math.abs(spread - 0.1)).toBeLessThan((4 * 0.1) / Math.sqrt(2 * changed.length) + 0.002);
    expect(a.seen).not.toEqual(b.seen);
    expect(a.target.every((v) => v === 0.5)).toBe(true);
  });

  it("end with the noisy value or the clean one, and have the one or the other as their target, independently", () => {
    const [seen, clean] = [chainWindows(4, 5), chainWindows(4, 5, 9)];
    const ended = tf.concat([tf.slice(seen, 0, 3), tf.slice(clean, 3)]);
    const epsilon = randomTensor([2, 5, 2], "epsilon");
    const w = randomWeights(config());
    const loss = (options: Partial<DlgmConfig>, batch: { seen: tf.Tensor3D; clean: tf.Tensor3D }) =>
      dlgm.losses.loss(config(options), w, batch, { epsilon }).total.dataSync()[0];
    for (const windowEnd of ["observed", "clean"] as const)
      for (const trainingTarget of ["clean", "noisy"] as const) {
        // The same windows and targets as they would be without an option.
        const target = trainingTarget === "clean" ? clean : seen;
        const expected = loss({}, { seen: windowEnd === "clean" ? ended : seen, clean: target });
        expect(loss({ windowEnd, trainingTarget }, { seen, clean })).toBeCloseTo(expected, 5);
      }
    const all = [{}, { windowEnd: "clean" }, { trainingTarget: "noisy" }].map((o) => loss(o as Partial<DlgmConfig>, { seen, clean }));
    expect(new Set(all).size).toBe(3);
  });

  it("leave nothing behind, loss and gradients too", () => {
    expectNoLeak(dlgm, config({ L: 3, weightPrior: 0.1, windowEnd: "clean", trainingNoise: DLGM.trainingNoise }));
  });
});
