/** What DLGM and tDLGM share: their weights' shapes, the latent recognition model q, and the read-out T_0. */
import * as tf from "@tensorflow/tfjs-core";
import { mlp } from "./blocks";
import type { LatentConfig } from "./config";
import { posterior } from "./gaussian";
import { LOG_SD_START, readoutSize } from "./likelihood";
import type { Layout, Weights } from "./weights";

/** A linear layer's weights; `networks` many of them side by side when given. */
export const dense = (name: string, inputs: number, outputs: number, networks: number[] = []): Layout => ({
  [`${name}.w`]: { shape: [...networks, inputs, outputs], start: "glorot" },
  [`${name}.b`]: { shape: networks.length > 0 ? [...networks, 1, outputs] : [outputs], start: 0 },
});

/** An LSTM's weights. */
export const lstmLayout = (name: string, inputs: number, H: number): Layout => ({
  [`${name}.w`]: { shape: [inputs + H, 4 * H], start: "glorot" },
  [`${name}.b`]: { shape: [4 * H], start: "lstmBias" },
});

/** The weights of q, which sees so many inputs: two hidden layers of H and a linear one, for every layer of the model. */
export const latentLayout = (config: LatentConfig, inputs: number): Layout => ({
  ...dense("q.1", inputs, config.H, [config.L]),
  ...dense("q.2", config.H, config.H, [config.L]),
  ...dense("q.3", config.H, config.K * posteriorParts(config), [config.L]),
});

/** The weights of T_0, one hidden layer and a linear one, and of π's learned σ if it has one. */
export const readoutLayout = ({ H, likelihood }: LatentConfig): Layout => ({
  ...dense("generator.T0.1", H, H),
  ...dense("generator.T0.2", H, readoutSize(likelihood)),
  ...(likelihood.kind === "gaussian" && likelihood.sd === "learned" ? { "generator.logSd": { shape: [1], start: LOG_SD_START } } : {}),
});

/** μ and log d, and u unless C is diagonal. */
const posteriorParts = (config: LatentConfig) => (config.posterior === "diagonal" ? 2 : 3);

/** The layers of an MLP by their names. */
export const layers = (w: Weights, ...names: string[]): { w: tf.Tensor; b: tf.Tensor }[] =>
  names.map((name) => ({ w: w[`${name}.w`], b: w[`${name}.b`] }));

/**
 * Latent recognition q, eq. (14): the parameters of N(μ_l(v), C_l(v)) for every layer.
 * @param v [B, I]: tDLGM gives single values, DLGM the window that ends with v_t
 * @returns mean, logD and u, each [L, B, K]
 */
export function recogniseLatent(config: LatentConfig, w: Weights, v: tf.Tensor2D): { mean: tf.Tensor; logD: tf.Tensor; u: tf.Tensor } {
  const x = tf.reshape(v, [1, ...v.shape]);
  // Eq. (14)
  const [mean, logD, u] = mlp(x, layers(w, "q.1", "q.2", "q.3"), { data: true, pieces: posteriorParts(config), hidden: config.networks });
  if (config.posterior === "diagonal") return { mean, logD, u: tf.zerosLike(mean) };
  if (config.posterior === "sigmoid") return { mean, logD: tf.neg(tf.softplus(tf.neg(logD))), u: tf.sigmoid(u) };
  return { mean, logD, u };
}

/** ξ [L, B, K] drawn from a recognised q by ε; null takes its mean. */
export const drawn = (q: { mean: tf.Tensor; logD: tf.Tensor; u: tf.Tensor }, epsilon: tf.Tensor | null): tf.Tensor3D =>
  epsilon ? posterior(q.mean, q.logD, q.u, epsilon).xi : (q.mean as tf.Tensor3D);

/** T_0(h_1), the parameters of π: [1, B, H] to [B, P]. */
export const readout = (config: LatentConfig, w: Weights, h: tf.Tensor): tf.Tensor2D =>
  mlp(h, layers(w, "generator.T0.1", "generator.T0.2"), { hidden: config.networks })[0] as tf.Tensor2D;

/** −log p(θ) of the generator's weights under N(0, I), up to a constant. */
export function weightPrior(w: Weights): tf.Tensor {
  const generator = Object.entries(w).filter(([name]) => name.startsWith("generator.") && name !== "generator.logSd");
  return tf.mul(0.5, tf.addN(generator.map(([, t]) => tf.sum(tf.square(t)))));
}
