/** What the models with latent variables share: the recognition model q, the weight of the KL, the read-out T_0, and the prior of the generator's weights. */
import * as tf from "@tensorflow/tfjs-core";
import { checkObject, refuse } from "../base/check";
import { checkShapes, checkTensors, checkWeights } from "../tensor/check";
import type { Layout, Weights } from "../tensor/weights";
import { checkSettings, LATENT, type LatentConfig } from "./config";
import { checkedGaussian, type Gaussian, gaussian, klToPrior, LOG_D_LIMIT, sample } from "./gaussian";
import { linearLayout, perceptron } from "./layers";
import { LOG_SD, likelihoodLayout, readoutSize } from "./likelihood";

/** Tensors by the number of their layer, 1 .. L. */
export type ByLayer<T> = Record<number, T>;

/** The matrices of layers 1 .. L out of a stack [L, .., ..]. */
export const byLayer = (stack: tf.Tensor): ByLayer<tf.Tensor2D> => {
  checkTensors("byLayer", { stack });
  if (stack.rank < 2) throw new Error(`byLayer: stack must have shape [L, .., ..]; it is [${stack.shape}]`);
  const layers = stack.shape[0] === 1 ? [tf.squeeze(stack, [0])] : tf.unstack(stack); // unstack's gradient is wrong for a single one
  return Object.fromEntries(layers.map((x, i) => [i + 1, x as tf.Tensor2D]));
};

/** The weights of q: two hidden layers of H and a linear one for each layer of the model. @param inputs how many values q sees */
export const latentLayout = (config: LatentConfig, inputs: number): Layout => ({
  ...linearLayout("q.1", inputs, config.H, config.L),
  ...linearLayout("q.2", config.H, config.H, config.L),
  ...linearLayout("q.3", config.H, config.K * (config.posterior === "diagonal" ? 2 : 3), config.L), // μ, log d, and u unless C is diagonal
});

/**
 * Latent recognition q, eq. (14): N(μ_l(v), C_l(v)) for each layer.
 * @param v [B, I]: tDLGM gives single values, DLGM the window that ends with v_t; or [L, B, I], one for each layer, with a gradient
 * @returns tensors [L, B, K]
 */
export function recogniseLatent(config: LatentConfig, w: Weights, v: tf.Tensor): Gaussian {
  checkSettings(config, LATENT);
  const own = v instanceof tf.Tensor && v.rank === 3;
  checkShapes("recogniseLatent", { v: [v, own ? [config.L, "B", "I"] : ["B", "I"]] });
  checkWeights("recogniseLatent", w, latentLayout(config, v.shape[v.rank - 1]));
  // Eq. (14)
  const outputs = perceptron(own ? v : tf.reshape(v, [1, ...v.shape]), w, ["q.1", "q.2", "q.3"], config.networks);
  const [mean, logD, u] = tf.split(outputs, config.posterior === "diagonal" ? 2 : 3, 2);
  if (config.posterior === "sigmoid") return gaussian(mean, tf.neg(tf.softplus(tf.neg(logD))), tf.sigmoid(u)); // log σ(x) = −softplus(−x)
  return gaussian(mean, tf.clipByValue(logD, -LOG_D_LIMIT, LOG_D_LIMIT), u ?? tf.zerosLike(mean));
}

/** ξ = μ + R ε, [L, B, K], from ε of that shape; without ε the mean of q. */
export const latentsOf = (q: Gaussian, epsilon: tf.Tensor | null): tf.Tensor =>
  epsilon === null ? checkedGaussian(q).mean : sample(q, epsilon);

/** KL(q(ξ_l | v) ‖ N(0, I)) of each layer, eq. (22), averaged over the rows: [L], in nats. */
export const klByLayer = (q: Gaussian): tf.Tensor1D => {
  checkShapes("klByLayer", { "q.mean": [checkedGaussian(q).mean, ["L", "B", "K"]] });
  return tf.mean(klToPrior(q), 1);
};

/** The KL's weight at a step: β, which rises linearly over the first `steps` steps. */
export const annealed = (beta: number | tf.Scalar, steps: number, step: tf.Scalar | undefined): number | tf.Tensor =>
  steps === 0 ? beta : tf.mul(beta, tf.minimum(1, tf.div(step as tf.Scalar, steps)));

/** @throws Error where π is of several columns, which a tDLGM needs a memory for, and a DLGM can't have */
export function checkOneColumnOfPi({ likelihood }: LatentConfig): void {
  if (likelihood.kind === "categorical-columns")
    refuse("config.likelihood.kind", "one of a single column; several columns need a tDLGM with config.memory, or a VRNN", likelihood.kind);
}

/** The weights of T_0, one hidden layer and a linear one, and of π. */
export const readoutLayout = ({ H, likelihood }: LatentConfig): Layout => ({
  ...linearLayout("generator.T0.1", H, H),
  ...linearLayout("generator.T0.2", H, readoutSize(likelihood)),
  ...likelihoodLayout(likelihood),
});

/** T_0(h_1), the parameters of π, [B, P]. */
export const readout = (config: LatentConfig, w: Weights, h1: tf.Tensor2D): tf.Tensor2D => {
  checkSettings(config, LATENT);
  checkShapes("readout", { h1: [h1, ["B", config.H]] });
  checkWeights("readout", w, readoutLayout(config));
  return perceptron(h1, w, ["generator.T0.1", "generator.T0.2"], config.networks) as tf.Tensor2D;
};

/** −log p(θ) of the generator's weights under N(0, I), up to a constant. */
export function weightPrior(w: Weights): tf.Tensor {
  checkObject(w, "w", "weights by name, as weighted(model).weights are");
  const generator = Object.entries(w).filter(([name]) => name.startsWith("generator.") && name !== LOG_SD);
  if (generator.length === 0) refuse("w", 'weights whose names begin with "generator."', w);
  checkTensors("weightPrior", Object.fromEntries(generator.map(([name, t]) => [`w["${name}"]`, t])));
  return tf.mul(0.5, tf.addN(generator.map(([, t]) => tf.sum(tf.square(t)))));
}
