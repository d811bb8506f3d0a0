/** What DLGM and tDLGM share: their weights' shapes, the latent recognition model q, h_l with G_l folded into what follows, the read-out T_0. */
import * as tf from "@tensorflow/tfjs-core";
import { mlp } from "../tensor/blocks";
import { BLOCK, type Wanted } from "../tensor/draws";
import type { Layout, Weights } from "../tensor/weights";
import type { LatentConfig } from "./config";
import { posterior } from "./gaussian";
import { emissionNoise, type LikelihoodConfig, LOG_SD_START, readoutSize } from "./likelihood";

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

/** What generates a value in each of BLOCK sequences: ξ ~ N(0, I) [L, BLOCK, n], and the noise of π. */
export const generationDraws = (likelihood: LikelihoodConfig, [L, n]: [number, number]): Record<"xi" | "noise", Wanted> => ({
  xi: { of: "normals", shape: [L, BLOCK, n] },
  noise: emissionNoise(likelihood),
});

/** T_0(h_1), the parameters of π, [B, P]. */
export const readout = (config: LatentConfig, w: Weights, h: Pick<Hidden, "x" | "into">): tf.Tensor2D => {
  const [first, last] = layers(w, "generator.T0.1", "generator.T0.2");
  return mlp(h.x, [h.into(first), last], { hidden: config.networks })[0] as tf.Tensor2D;
};

/** h_l as the linear maps take it that it goes into. */
export interface Hidden {
  /** What a map takes. */
  x: tf.Tensor;
  /** The map's weights for it. */
  into<W extends { w: tf.Tensor; b: tf.Tensor }>(map: W): W;
  /** h_l itself, [.., H]. */
  value(): tf.Tensor;
}

/** h_l as it stands. */
export const whole = (h: tf.Tensor): Hidden => ({ x: h, into: (map) => map, value: () => h });

/**
 * h_l = o + G_l ξ_l with G_l folded into the maps: h_l W = [o, ξ_l] [W; G_l W], so that neither G_l ξ_l nor the sum is worked out.
 * @param o [.., H]; null at the top, where h_L = G_L ξ_L
 * @param xi ξ_l, [.., K] of the same rank
 * @param G G_l, [K, H]
 */
export const mixed = (o: tf.Tensor | null, xi: tf.Tensor, G: tf.Tensor2D): Hidden => ({
  x: o ? tf.concat([o, xi], -1) : xi,
  into: (map) => {
    const [H, [rows, columns]] = [G.shape[1], map.w.shape];
    const W = rows === H ? map.w : tf.slice(map.w, [0, 0], [H, columns]);
    const rest = rows === H ? [] : [tf.slice(map.w, [H, 0], [rows - H, columns])]; // for an LSTM's own output
    return { ...map, w: tf.concat([...(o ? [W] : []), tf.matMul(G, W as tf.Tensor2D), ...rest], 0) };
  },
  value: () => {
    const g = tf.reshape(tf.matMul(tf.reshape(xi, [-1, G.shape[0]]), G), [...xi.shape.slice(0, -1), G.shape[1]]);
    return o ? tf.add(o, g) : g;
  },
});

/** G_l, [K, H], of a stack [L, K, H]. */
export const mixingMatrix = (w: Weights, l: number): tf.Tensor2D => {
  const [, K, H] = w["generator.G"].shape;
  return tf.reshape(tf.slice(w["generator.G"], [l - 1, 0, 0], [1, K, H]), [K, H]);
};

/** −log p(θ) of the generator's weights under N(0, I), up to a constant. */
export function weightPrior(w: Weights): tf.Tensor {
  const generator = Object.entries(w).filter(([name]) => name.startsWith("generator.") && name !== "generator.logSd");
  return tf.mul(0.5, tf.addN(generator.map(([, t]) => tf.sum(tf.square(t)))));
}
