/** Models' losses, an LSTM and clipping at seeded inputs: by TensorFlow's kernels in the tests, and without them in a child process. */
import * as tf from "@tensorflow/tfjs-core";
import type { TrainingConfig } from "../lib/models/config";
import { completeConfig, type FullConfig, kindOf, type ModelConfig } from "../lib/models/registry";
import { lstm, type State } from "../lib/tensor/lstm";
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

/** Settings that between them use every option of every model. */
export const SETTINGS: ModelConfig[] = [
  ...[
    {},
    { L: 1 },
    { L: 3, weightPrior: 0.01 },
    { m: 1, H: 1, K: 1, batch: 1 },
    { posterior: "diagonal" as const, mixing: "mlp" as const },
    { posterior: "sigmoid" as const, state: "cell" as const },
    { transition: "below" as const, window: "inclusive" as const, state: "output" as const, L: 3 },
    { transition: "apart" as const, L: 3 },
    { latents: "sequence" as const, likelihood: { kind: "bernoulli" as const } },
    { latents: "sequence" as const, window: "inclusive" as const, state: "cell" as const, mixing: "mlp" as const, L: 3 },
    { networks: "relu" as const, run: 3, batch: 6, trainingNoise: null },
    { trainingNoise: { probability: 0.5, sd: 0.1 } },
  ].map((options) => ({ kind: "tdlgm" as const, ...options })),
  { kind: "dlgm" },
  { kind: "dlgm", L: 1, posterior: "diagonal" },
  { kind: "dlgm", L: 3, weightPrior: 0.01, posterior: "sigmoid", likelihood: { kind: "gaussian", sd: "learned" } },
  { kind: "dlgm", m: 1, H: 1, K: 1, batch: 1, likelihood: { kind: "categorical", values: [0, 0.25, 0.5, 1] } },
  { kind: "dlgm", networks: "relu", windowEnd: "clean", trainingTarget: "noisy" },
  { kind: "rnn" },
  { kind: "rnn", L: 3, ahead: 2, trainingTarget: "noisy" },
  { kind: "rnn", m: 1, H: 1, batch: 1 },
];

/** Such settings made small. */
export const small = (options: ModelConfig): FullConfig =>
  completeConfig({ m: 3, H: 4, batch: 5, ...(options.kind === "rnn" ? {} : { K: 2 }), ...options } as ModelConfig) as FullConfig;

const lossCase = (options: ModelConfig): Case => {
  const c: TrainingConfig = small(options);
  const { layout, reach, noise, losses } = kindOf(c);
  const names = Object.keys(layout(c));
  return {
    f: (...x) => {
      const { past, future } = reach(c);
      const shape: [number, number, number] = [past + 1 + future, c.batch, 1];
      const [seen, clean] = [4, 5].map((seed) => tf.tensor3d(chain(shape[0] * c.batch, seed), shape));
      const drawn = Object.entries(noise(c)).map(([name, wanted]) => {
        const own = wanted.shape.map((n) => (n === "rows" ? c.batch : n));
        return [name, randomTensor(own, name)];
      });
      const w = Object.fromEntries(names.map((name, i) => [name, x[i]]));
      return [losses.loss(c, w, { seen, clean }, Object.fromEntries(drawn)).total];
    },
    inputs: () => tf.tidy(() => Object.values(unpack(layout(c), tf.tensor1d(normalValues(totalSize(layout(c)), "weights", 0.4))))),
  };
};

/** The cases by name. */
export const CASES: Record<string, Case> = {
  lstm: {
    f: (x, h, c, w, b) => {
      const { outputs, state } = lstm(x as tf.Tensor3D, { h, c } as State, { w: w as tf.Tensor2D, b: b as tf.Tensor1D });
      return [outputs, state.h, state.c];
    },
    inputs: () => tensors(0.5, [5, 3, 2], [3, 4], [3, 4], [6, 16], [16]),
  },
  ...Object.fromEntries(
    [0.5, 100].map((clip): [string, Case] => [
      `clipByGlobalNorm to ${clip}`,
      { f: (...g) => Object.values(clipByGlobalNorm(g, clip)), inputs: () => tensors(1, [2, 3], [4]), gradient: false },
    ]),
  ),
  ...Object.fromEntries(SETTINGS.map((options) => [`the loss: ${JSON.stringify(options)}`, lossCase(options)])),
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
