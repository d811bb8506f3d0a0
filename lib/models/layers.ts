/** The building blocks of all models: linear layers, perceptrons, LSTMs, GRUs, and the names and shapes of their weights. */
import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, checkObject, checkText, refuse } from "../base/check";
import { checkTensors } from "../tensor/check";
import type { GruWeights } from "../tensor/gru";
import type { LstmWeights } from "../tensor/lstm";
import type { Layout, Weights } from "../tensor/weights";

/** The weights of a linear layer; with `networks`, of that many layers side by side. */
export const linearLayout = (name: string, inputs: number, outputs: number, networks?: number): Layout => ({
  [`${name}.w`]: { shape: networks ? [networks, inputs, outputs] : [inputs, outputs], start: "glorot" },
  [`${name}.b`]: { shape: networks ? [networks, 1, outputs] : [outputs], start: 0 },
});

/** The weights of an LSTM. */
export const lstmLayout = (name: string, inputs: number, H: number): Layout => ({
  [`${name}.w`]: { shape: [inputs + H, 4 * H], start: "glorot" },
  [`${name}.b`]: { shape: [4 * H], start: "lstmBias" },
});

/** The weights of a GRU. */
export const gruLayout = (name: string, inputs: number, H: number): Layout => ({
  [`${name}.w`]: { shape: [inputs, 3 * H], start: "glorot" },
  [`${name}.u`]: { shape: [H, 3 * H], start: "glorot" },
  [`${name}.b`]: { shape: [3 * H], start: 0 },
  [`${name}.c`]: { shape: [3 * H], start: 0 },
});

/** A layer's matrix and bias by its name. */
export const layer = (w: Weights, name: string): { w: tf.Tensor; b: tf.Tensor } => ({ w: w[`${name}.w`], b: w[`${name}.b`] });

/** An LSTM's weights by its name. */
export const lstmWeights = (w: Weights, name: string): LstmWeights => layer(w, name) as LstmWeights;

/** A GRU's weights by its name. */
export const gruWeights = (w: Weights, name: string): GruWeights =>
  ({ w: w[`${name}.w`], u: w[`${name}.u`], b: w[`${name}.b`], c: w[`${name}.c`] }) as GruWeights;

/** x with the elements dropped whose uniform number is below the share, and the others as much larger. */
export const thinned = (x: tf.Tensor, kept: tf.Tensor, share: number): tf.Tensor =>
  tf.div(tf.mul(x, tf.cast(tf.greaterEqual(kept, share), "float32")), 1 - share);

/** x W + b. With a leading axis of networks that run side by side: x [N or 1, B, I], W [N, I, O], b [N, 1, O]. */
export function linear(x: tf.Tensor, weights: { w: tf.Tensor; b: tf.Tensor }): tf.Tensor {
  const { w, b } = weights ?? {};
  checkTensors("linear", { x, "weights.w": w, "weights.b": b });
  const [I, O] = w.shape.slice(-2);
  const fits = x.rank >= 2 && w.rank >= 2 && x.shape[x.rank - 1] === I && b.shape[b.rank - 1] === O;
  if (!fits)
    throw new Error(
      `linear: x, weights.w and weights.b must be [.., B, I], [.., I, O] and [.., O]; they are [${x.shape}], [${w.shape}] and [${b.shape}]`,
    );
  return tf.add(tf.matMul(x, w), b);
}

/** The nonlinearity of a hidden layer. */
export type Activation = "tanh" | "relu";
const ACTIVATIONS = { tanh: (x: tf.Tensor) => tf.tanh(x), relu: (x: tf.Tensor) => tf.relu(x) };

/** A perceptron, x ↦ … tanh(x W_1 + b_1) … W_n + b_n: linear layers by their names, with the nonlinearity `hidden` between them. */
export function perceptron(x: tf.Tensor, w: Weights, names: string[], hidden: Activation): tf.Tensor {
  checkTensors("perceptron", { x });
  checkObject(w, "w", "weights by name, as weighted(model).weights are");
  if (!Array.isArray(names) || names.length === 0) refuse("names", "an Array of layers' names, not empty", names);
  for (let i = 0; i < names.length; i++) checkText(names[i], `names[${i}]`, "a name");
  checkTensors(
    "perceptron",
    Object.fromEntries(names.flatMap((name) => ["w", "b"].map((part) => [`w["${name}.${part}"]`, w[`${name}.${part}`]]))),
  );
  checkChoice(hidden, "hidden", Object.keys(ACTIVATIONS));
  return names.reduce((y, name, i) => linear(i === 0 ? y : ACTIVATIONS[hidden](y), layer(w, name)), x);
}
