/** Every block, and the whole loss, at seeded inputs: evaluated with TensorFlow's kernels by the tests, and without them in a child process. */
import * as tf from "@tensorflow/tfjs-core";
import { LOG_D_LIMIT, posterior } from "../lib/models/gaussian";
import { type LikelihoodConfig, negativeLogLikelihood, readoutSize } from "../lib/models/likelihood";
import { architectureOf, completeConfig, type FullConfig, type ModelConfig } from "../lib/models/registry";
import type { TdlgmConfig } from "../lib/models/tdlgm";
import { meanSquare, mlp, weightedSum } from "../lib/tensor/blocks";
import { type LstmWeights, lstm, lstmStates, lstmSteps } from "../lib/tensor/lstm";
import { clipByGlobalNorm } from "../lib/tensor/optimizer";
import { totalSize, unpack } from "../lib/tensor/weights";
import { chain, normalValues, randomTensor } from "./data";

/** A function of tensors that gives tensors, and inputs for it, each of which has a gradient (none where it is only computed). */
export interface Case {
  f: (...inputs: tf.Tensor[]) => tf.Tensor[];
  inputs: () => tf.Tensor[];
  gradient?: false;
}

const tensors = (scale: number, ...shapes: number[][]) => shapes.map((shape, i) => randomTensor(shape, `input ${i}`, scale));
const layers = (p: tf.Tensor[]) => Array.from({ length: p.length / 2 }, (_, i) => ({ w: p[2 * i], b: p[2 * i + 1] }));
const weights = (w: tf.Tensor, b: tf.Tensor) => ({ w, b }) as LstmWeights;
const sequence = (x: tf.Tensor) => x as tf.Tensor3D;
const LIKELIHOODS: LikelihoodConfig[] = [
  { kind: "gaussian", sd: 0.1 },
  { kind: "gaussian", sd: "learned" },
  { kind: "bernoulli" },
  { kind: "categorical", values: [0, 0.25, 0.5, 1] },
];
const SETTINGS: Partial<TdlgmConfig>[] = [
  {},
  { L: 1 },
  { L: 3, weightPrior: 0.01 },
  { m: 1, H: 1, K: 1, batch: 1 },
  { posterior: "diagonal", mixing: "mlp" },
  { posterior: "sigmoid", state: "cell" },
  { transition: "below", window: "inclusive", state: "output", L: 3 },
  { latents: "sequence" },
  { latents: "sequence", window: "inclusive", state: "cell", mixing: "mlp", L: 3 },
  { networks: "relu" },
];

const OTHERS: ModelConfig[] = [
  { kind: "dlgm" },
  { kind: "dlgm", L: 1, posterior: "diagonal" },
  { kind: "dlgm", L: 3, weightPrior: 0.01, posterior: "sigmoid", likelihood: { kind: "gaussian", sd: "learned" } },
  { kind: "dlgm", m: 1, H: 1, K: 1, batch: 1, likelihood: { kind: "categorical", values: [0, 0.25, 0.5, 1] } },
  { kind: "dlgm", networks: "relu" },
  { kind: "rnn" },
  { kind: "rnn", L: 3, ahead: 2 },
  { kind: "rnn", m: 1, H: 1, batch: 1 },
];

const lossCase = (options: ModelConfig): Case => {
  const c = completeConfig({ m: 3, H: 4, batch: 5, ...(options.kind === "rnn" ? {} : { K: 2 }), ...options } as ModelConfig) as FullConfig;
  const { layout, reach, latents, loss } = architectureOf(c);
  const names = Object.keys(layout(c));
  const flat = () => normalValues(totalSize(layout(c)), "weights", 0.4);
  return {
    f: (...x) => {
      const { past, future } = reach(c);
      const length = past + 1 + future;
      const inputs = tf.tensor2d(chain(length * c.batch, 4), [length, c.batch]);
      const target = tf.reshape(tf.slice(inputs, [past, 0], [1, c.batch]), [c.batch, 1]) as tf.Tensor2D;
      const w = Object.fromEntries(names.map((name, i) => [name, x[i]]));
      const latent = latents(c);
      return [loss(c, w, { inputs, target }, latent && randomTensor([latent[0], c.batch, latent[1]], "epsilon")).total];
    },
    inputs: () => tf.tidy(() => Object.values(unpack(layout(c), tf.tensor1d(flat())))),
  };
};

/** The cases by name. */
export const CASES: Record<string, Case> = {
  "mlp: one layer": { f: (x, ...p) => mlp(x, layers(p)), inputs: () => tensors(1, [6, 3], [3, 2], [2]) },
  "mlp: three networks on one input, in two pieces": {
    f: (x, ...p) => mlp(x, layers(p), { pieces: 2 }),
    inputs: () => tensors(0.7, [1, 6, 3], [3, 3, 4], [3, 1, 4], [3, 4, 2], [3, 1, 2]),
  },
  "mlp: two networks on inputs of their own": {
    f: (x, ...p) => mlp(x, layers(p)),
    inputs: () => tensors(0.7, [2, 6, 3], [2, 3, 4], [2, 1, 4], [2, 4, 2], [2, 1, 2]),
  },
  "mlp: a leading axis that the weights lack": {
    f: (x, ...p) => mlp(x, layers(p)),
    inputs: () => tensors(1, [1, 6, 3], [3, 4], [4], [4, 1], [1]),
  },
  "mlp on data, in three pieces": {
    f: (...p) => mlp(randomTensor([1, 6, 1], "data"), layers(p), { data: true, pieces: 3 }),
    inputs: () => tensors(0.7, [2, 1, 4], [2, 1, 4], [2, 4, 6], [2, 1, 6]),
  },
  "mlp: three ReLU layers": {
    f: (x, ...p) => mlp(x, layers(p), { hidden: "relu" }),
    inputs: () => tensors(0.7, [6, 3], [3, 4], [4], [4, 4], [4], [4, 2], [2]),
  },
  meanSquare: { f: (a, b) => [meanSquare(a, b)], inputs: () => tensors(1, [2, 3, 4], [2, 3, 4]) },
  "weightedSum of one": { f: (a) => [weightedSum([a], [3]).total], inputs: () => tensors(1, []) },
  "weightedSum of three": { f: (...x) => [weightedSum(x, [1, -2, 0]).total], inputs: () => tensors(1, [], [], []) },
  "the parts of weightedSum": { f: (...x) => [weightedSum(x, [1, -2]).parts], inputs: () => tensors(1, [], []), gradient: false },
  ...Object.fromEntries(
    [
      [1, 4, 3],
      [3, 5, 2],
    ].map((shape): [string, Case] => [
      `posterior [${shape}]`,
      {
        f: (mean, logD, u) => {
          const { xi, kl } = posterior(mean, logD, u, randomTensor(shape, "epsilon"));
          return [xi, ...kl];
        },
        inputs: () => tensors(1.2, shape, shape, shape),
      },
    ]),
  ),
  "posterior beyond the limit of log d": {
    f: (mean, logD, u) => {
      const { xi, kl } = posterior(mean, logD, u, randomTensor([1, 2, 2], "epsilon"));
      return [xi, ...kl];
    },
    inputs: () => [
      ...tensors(1, [1, 2, 2]),
      tf.tensor3d([
        [
          [LOG_D_LIMIT + 1, 0.5],
          [3, LOG_D_LIMIT + 9],
        ],
      ]),
      ...tensors(1, [1, 2, 2]),
    ],
  },
  lstm: {
    f: (x, h, c, w, b) => {
      const { outputs, state } = lstm(sequence(x), { h: h as tf.Tensor2D, c: c as tf.Tensor2D }, weights(w, b));
      return [outputs, state.h, state.c];
    },
    inputs: () => tensors(0.5, [5, 3, 2], [3, 4], [3, 4], [6, 16], [16]),
  },
  ...Object.fromEntries(
    [1, 2, 3].map((groups): [string, Case] => [
      `lstmStates of ${groups} groups`,
      {
        f: (x, s, w, b) => lstmStates(sequence(x), sequence(s), weights(w, b), groups),
        inputs: () => tensors(0.5, [4, 6, 1], [2, 6, 3], [4, 12], [12]),
      },
    ]),
  ),
  lstmSteps: {
    f: (x, s, w, b) => Object.values(lstmSteps(sequence(x), sequence(s), weights(w, b))),
    inputs: () => tensors(0.5, [1, 3, 2], [2, 3, 4], [6, 16], [16]),
  },
  ...Object.fromEntries(
    LIKELIHOODS.map((likelihood): [string, Case] => [
      `negativeLogLikelihood: ${JSON.stringify(likelihood)}`,
      {
        f: (readout, logSd) => [negativeLogLikelihood(likelihood, readout, tf.tensor2d(chain(6, 2), [6, 1]), logSd)],
        inputs: () =>
          tensors(1, [6, readoutSize(likelihood)], ...(likelihood.kind === "gaussian" && likelihood.sd === "learned" ? [[1]] : [])),
      },
    ]),
  ),
  ...Object.fromEntries(
    [0.5, 100].map((clip): [string, Case] => [
      `clipByGlobalNorm to ${clip}`,
      { f: (...g) => Object.values(clipByGlobalNorm(g, clip)), inputs: () => tensors(1, [2, 3], [4]), gradient: false },
    ]),
  ),
  ...Object.fromEntries(SETTINGS.map((options) => [`the loss: ${JSON.stringify(options)}`, lossCase({ kind: "tdlgm", ...options })])),
  ...Object.fromEntries(OTHERS.map((options) => [`the loss: ${JSON.stringify(options)}`, lossCase(options)])),
};

/** Σ of the outputs' elements, each with a weight of its own, so that every output's gradient counts. */
const scalar = (outputs: tf.Tensor[]) =>
  tf.addN(outputs.map((y, i) => tf.sum(tf.mul(y, randomTensor(y.shape, `weight ${i}`))))) as tf.Scalar;

/** The gradients of a case, tensors. */
export const gradientsOf = ({ f, inputs }: Case, values = inputs()): tf.Tensor[] =>
  tf.grads((...x: tf.Tensor[]) => scalar(f(...x)))(values);

/** Outputs and gradients of a case as numbers. */
export function evaluate(c: Case): { values: number[][]; gradients: number[][] } {
  return tf.tidy(() => {
    const numbers = (list: tf.Tensor[]) => list.map((t) => Array.from(t.dataSync()));
    return { values: numbers(c.f(...c.inputs())), gradients: c.gradient === false ? [] : numbers(gradientsOf(c)) };
  });
}
