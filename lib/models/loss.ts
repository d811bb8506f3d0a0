/** The loss of tDLGM, eq. (28), in its named parts, each reported by itself. */
import * as tf from "@tensorflow/tfjs-core";
import { meanSquare, weightedSum } from "../tensor/blocks";
import type { Weights } from "../tensor/weights";
import type { TdlgmConfig } from "./config";
import { posterior } from "./gaussian";
import { recogniseLatent, weightPrior } from "./latent";
import { mean, negativeLogLikelihood } from "./likelihood";
import { advance, emit, inTurn, latentInputs, latentsPerValue, recogniseStates } from "./tdlgm";

/** The loss of a batch: the scalar to minimise, and its parts as one vector [n] under their names. */
export interface Loss {
  total: tf.Tensor;
  parts: tf.Tensor;
  names: string[];
}

/** The names of the parts, in the order of Loss.parts. */
export const partNames = (config: TdlgmConfig): string[] => [
  "reconstruction",
  ...Array.from({ length: config.L }, (_, i) => `kl${i + 1}`),
  ...(config.L > 1 ? ["stateMse"] : []),
  ...(config.weightPrior > 0 ? ["weightPrior"] : []),
];

/**
 * Eq. (28) for a batch of windows:
 *
 *   −E log p(v_t | s_t, ξ_t) + β Σ_l KL(q(ξ_l | v_t) ‖ N(0, I)) + α MSE(F̂(V_{t+1}), F(F̂(V_t), ξ_t)) − weightPrior · log p(θ),
 *
 * the expectation by one draw of ξ, all averaged over the batch; the KL is summed over a layer's latent variables and their K
 * elements, the MSE averaged over the state's elements.
 * @param inputs [m+1, B] (m+2 for the inclusive window): what the recognition models see, v_{t-m} .. v_t (.. v_{t+1})
 * @param target [B, 1]: v_t
 * @param epsilon ε ~ N(0, I), [L, B, n K] for n latent variables a layer
 */
export function tdlgmLoss(config: TdlgmConfig, w: Weights, inputs: tf.Tensor2D, target: tf.Tensor2D, epsilon: tf.Tensor): Loss {
  const { m, L, alpha, beta } = config;
  const B = target.shape[0];
  const { mean: mu, logD, u } = recogniseLatent(config, w, latentInputs(config, inputs));
  // Eq. (22)
  const { xi, kl: each } = posterior(mu, logD, u, inTurn(config, epsilon));
  const n = latentsPerValue(config);
  const kl = n === 1 ? each : each.map((x) => tf.mul(x, n)); // it comes averaged over n B rows

  const seen = config.window === "past" ? m : m + 1;
  const window = (start: number) => tf.slice(inputs, [start, 0], [seen, B]) as tf.Tensor2D;
  const [before, after] = config.run === 1 ? recogniseStates(config, w, [window(0), window(1)]) : sharedStates(config, w, window); // F̂(V_t) and F̂(V_{t+1})
  const emission = emit(config, w, before, xi);
  const parts: tf.Tensor[] = [negativeLogLikelihood(config.likelihood, emission.readout, target, w["generator.logSd"]), ...kl];
  const coefficients = [1, ...new Array(L).fill(beta)];
  if (L > 1) {
    const moved = advance(config, w, before, emission, mean(config.likelihood, emission.readout));
    // Eq. (26)
    parts.push(averaged(moved.map((s, i) => stateMse(config, after[i], s))));
    coefficients.push(alpha);
  }
  if (config.weightPrior > 0) {
    parts.push(weightPrior(w));
    coefficients.push(config.weightPrior);
  }
  // Eq. (28)
  return { ...weightedSum(parts, coefficients), names: partNames(config) };
}

/** F̂(V_t) and F̂(V_{t+1}) of runs of neighbours: V_{t+1} of each window but a run's last is V_t of the next. */
function sharedStates(config: TdlgmConfig, w: Weights, window: (start: number) => tf.Tensor2D): [tf.Tensor3D[], tf.Tensor3D[]] {
  const [seen, B] = window(0).shape;
  const n = B / config.run;
  const last = tf.slice(window(1), [0, B - n], [seen, n]);
  const [states] = recogniseStates(config, w, [tf.concat([window(0), last], 1) as tf.Tensor2D]);
  const from = (start: number) => states.map((s) => tf.slice(s, [0, start, 0], [2, B, config.H]) as tf.Tensor3D);
  return [from(0), from(n)];
}

/** Mean over the elements that are the state: rows that are held at zero do not count. */
const stateMse = (config: TdlgmConfig, a: tf.Tensor, b: tf.Tensor) =>
  config.state === "both" ? meanSquare(a, b) : tf.mul(2, meanSquare(a, b));

const averaged = (scalars: tf.Tensor[]) => (scalars.length === 1 ? scalars[0] : tf.mean(tf.stack(scalars)));

/**
 * Variance over the batch of the states that k recognises, averaged over the same elements as the state's MSE, a scalar. Near 0 the state has
 * collapsed; an MSE that is no smaller means that F predicts no better than the average state. NaN where there is no state.
 */
export function stateVariance(config: TdlgmConfig, w: Weights, inputs: tf.Tensor2D): tf.Tensor {
  if (config.L === 1) return tf.scalar(Number.NaN);
  const B = inputs.shape[1];
  const share = config.state === "both" ? 1 : 2; // a row that is held at zero has no variance
  const variance = (s: tf.Tensor) => tf.mul(share, tf.mean(tf.moments(s, 1).variance));
  return tf.tidy(() => averaged(recogniseStates(config, w, [tf.slice(inputs, [0, 0], [config.m, B]) as tf.Tensor2D])[0].map(variance)));
}
