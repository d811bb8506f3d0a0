/** tDLGM at work: imputation of a batch of windows, and free generation from a batch of histories. */
import * as tf from "@tensorflow/tfjs-core";
import { draws, firstRows, normals, type Stream } from "../tensor/draws";
import type { Weights } from "../tensor/weights";
import type { Architecture } from "./architecture";
import type { TdlgmConfig } from "./config";
import { LOG_D_LIMIT, posterior, rankOneLogDeterminant } from "./gaussian";
import { drawn, generationDraws, recogniseLatent } from "./latent";
import { draw, logDensity, mean } from "./likelihood";
import { stateVariance, tdlgmLoss } from "./loss";
import { advance, emit, inTurn, latentInputs, latentsPerValue, layout, recogniseStates } from "./tdlgm";

/** Values before the target that a window holds, and values after it that the loss needs. */
export const reach = (config: TdlgmConfig): { past: number; future: number } => ({
  past: config.m,
  future: config.window === "past" ? 0 : 1,
});

/**
 * The mean of π(v_t | s_t, ξ_t) with s_t = k(v_{t-m:t-1}) and ξ_t from q(ξ | v_t).
 * @param inputs [m+1, B], v_{t-m} .. v_t as observed
 * @param epsilons one [L, B, n K] for each draw of ξ_t, of n latent variables a layer; null takes the posterior mean, ξ = μ. They share s_t and q.
 * @returns [B, 1] for each
 */
export function imputeWindows(config: TdlgmConfig, w: Weights, inputs: tf.Tensor2D, epsilons: (tf.Tensor | null)[]): tf.Tensor2D[] {
  return tf.tidy(() => {
    const { s, q } = recognise(config, w, inputs);
    const one = (epsilon: tf.Tensor | null) => emit(config, w, s, drawn(q, epsilon && inTurn(config, epsilon))).readout;
    return epsilons.map((epsilon) => tf.tidy(() => mean(config.likelihood, one(epsilon))));
  });
}

/** What both recognition models make of inputs [m+1, B]: s_t = k(v_{t-m:t-1}), and q(ξ_t | v_t). */
function recognise(config: TdlgmConfig, w: Weights, inputs: tf.Tensor2D) {
  const seen = config.window === "past" ? config.m : config.m + 1;
  const [s] = recogniseStates(config, w, [tf.slice(inputs, [0, 0], [seen, inputs.shape[1]]) as tf.Tensor2D]);
  return { s, q: recogniseLatent(config, w, latentInputs(config, inputs)) };
}

/**
 * log p(v_t | s_t, ξ) p(ξ) / q(ξ | v_t) for draws of ξ from q, given the recognised state. The mean of these logarithms is minus the bound of
 * eq. (20); the logarithm of the mean weight is −eq. (19), up to an error that shrinks with the draws and makes it too small on average.
 * log p(ξ)/q(ξ) = ½ (‖ε‖² − ‖ξ‖² + log|C|).
 * @param inputs [m+1, B], v_{t-m} .. v_t
 * @param count how many draws; draw i is step i of the stream
 * @returns for each draw B values, in nats
 */
export function importanceWeights(
  config: TdlgmConfig,
  w: Weights,
  inputs: tf.Tensor2D,
  count: number,
  stream: { seed: number; name: string },
): Float32Array[] {
  return tf.tidy(() => {
    const { s, q } = recognise(config, w, inputs);
    const [target, shape] = [row(inputs, config.m), q.mean.shape];
    const logDet = tf.sum(rankOneLogDeterminant(tf.exp(tf.clipByValue(q.logD, -LOG_D_LIMIT, LOG_D_LIMIT)), q.u), 0);
    const one = (step: number) => {
      const epsilon = normals(shape, { ...stream, step });
      const { xi } = posterior(q.mean, q.logD, q.u, epsilon);
      const squares = tf.sum(tf.sub(tf.square(epsilon), tf.square(xi)), [0, 2]);
      const logLikelihood = logDensity(config.likelihood, emit(config, w, s, xi).readout, target, w["generator.logSd"]);
      return tf.add(logLikelihood, tf.mul(0.5, tf.add(squares, logDet))).dataSync() as Float32Array;
    };
    return Array.from({ length: count }, (_, step) => tf.tidy(() => one(step)));
  });
}

/**
 * The states from which generation starts: k of the history's last values. With the inclusive window k gives the state of the last value
 * itself, and F takes it one step on.
 * @param history [m, B], or [m+1, B] for the inclusive window
 */
export function startStates(config: TdlgmConfig, w: Weights, history: tf.Tensor2D): tf.Tensor3D[] {
  const [s] = recogniseStates(config, w, [history]);
  if (config.window === "past") return s;
  const xi = recogniseLatent(config, w, latentInputs(config, history)).mean as tf.Tensor3D;
  const v = row(history, config.m);
  return advance(config, w, s, emit(config, w, s, xi), v);
}

/** Layers, and numbers that ξ of a value holds in each. */
const latents = (config: TdlgmConfig): [number, number] => [config.L, latentsPerValue(config) * config.K];

/** One step of free generation for B <= BLOCK sequences, eqs. (9)-(13): ξ ~ N(0, I), v ~ π clamped to [0, 1], the state moved on by F. */
export function generateStep(
  config: TdlgmConfig,
  w: Weights,
  s: tf.Tensor3D[],
  B: number,
  stream: Stream,
): { v: tf.Tensor2D; next: tf.Tensor3D[] } {
  // Eq. (9)
  const { xi, noise } = draws(generationDraws(config.likelihood, latents(config)), stream);
  const emission = emit(config, w, s, inTurn(config, firstRows(xi, B, 1)));
  // Eq. (13)
  const v = draw(config.likelihood, emission.readout, noise, w["generator.logSd"]);
  return { v, next: advance(config, w, s, emission, v) };
}

/** tDLGM as training, imputation and generation see it. */
export const tdlgm: Architecture<TdlgmConfig> = {
  layout,
  reach,
  latents,
  wantsClean: () => false,
  loss: (config, w, { inputs, target }, epsilon) => tdlgmLoss(config, w, inputs, target, epsilon as tf.Tensor),
  impute: imputeWindows,
  start: startStates,
  step: (config, w, s, B, stream) => generateStep(config, w, s as tf.Tensor3D[], B, stream),
  stateVariance: (config, w, inputs) => stateVariance(config, w, inputs),
};

/** Row i of [T, B] as a column [B, 1]. */
const row = (x: tf.Tensor2D, i: number) => tf.reshape(tf.slice(x, [i, 0], [1, x.shape[1]]), [x.shape[1], 1]) as tf.Tensor2D;
