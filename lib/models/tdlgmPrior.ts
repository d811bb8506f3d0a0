/**
 * What of tDLGM's latent variables may depend on the state, beyond the paper: a prior that knows the past, in place of eq. (9), and a q that
 * does, in place of eq. (14):
 *
 *   ξ_{l,t} = μ_l(s_t) + σ_l(s_t) ζ_{l,t} with ζ ~ N(0, I),   q(ξ_{l,t} | v_t, s_t) in place of q(ξ_{l,t} | v_t).
 *
 * KL(q ‖ p) is that of ζ to N(0, I): a change of variables leaves it as it is.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Layout, Weights } from "../tensor/weights";
import { type Gaussian, gaussian } from "./gaussian";
import { latentLayout, latentsOf, recogniseLatent } from "./latent";
import { linearLayout, perceptron } from "./layers";
import type { States, TdlgmConfig } from "./tdlgm";

/** How many numbers the states of all layers have, h and c. */
const stateSize = ({ L, H }: TdlgmConfig) => 2 * (L - 1) * H;

/** The weights of the prior, none where it is N(0, I), and of q. */
export const priorLayout = (config: TdlgmConfig): Layout => ({
  ...latentLayout(config, config.recognition === "both" ? 1 + stateSize(config) : 1),
  ...(config.prior === "state" ? learnedLayout(config, stateSize(config)) : {}),
});

/** The weights of a learned prior that sees so many numbers of the state. */
export const learnedLayout = ({ L, H, K }: TdlgmConfig, seen: number): Layout => ({
  ...linearLayout("generator.prior.1", seen, H),
  ...linearLayout("generator.prior.2", H, 2 * L * K),
});

/** @throws Error unless there is a state to depend on, and one ξ a value */
export function checkPrior({ L, latents, prior, recognition }: TdlgmConfig): void {
  if ((prior === "state" || recognition === "both") && (L === 1 || latents === "sequence"))
    throw new Error('config.prior "state" and config.recognition "both" need a state, L from 2, and one ξ a value, config.latents "one"');
}

const seenOf = (s: States): tf.Tensor2D =>
  tf.concat(
    Object.values(s).flatMap(({ h, c }) => [h, c]),
    1,
  );

/** A learned prior, p(ξ | s) = N(μ, diag σ²). */
interface Learned {
  /** [L, B, K]. */
  mu: tf.Tensor;
  /** log σ, [L, B, K]. */
  logSd: tf.Tensor;
}

/** The learned prior after what is seen of the state, [B, n]. */
export function learnedPrior({ L, K, networks }: TdlgmConfig, w: Weights, seen: tf.Tensor2D): Learned {
  const outputs = perceptron(seen, w, ["generator.prior.1", "generator.prior.2"], networks);
  const [mu, logSd] = tf.split(tf.transpose(tf.reshape(outputs, [-1, L, 2 * K]), [1, 0, 2]), 2, 2);
  return { mu, logSd: tf.clipByValue(logSd, -5, 3) };
}

/** ξ = μ + σ ζ: eq. (9), learned. */
export const latentsOfPrior = ({ mu, logSd }: Learned, zeta: tf.Tensor): tf.Tensor => tf.add(mu, tf.mul(tf.exp(logSd), zeta));

/** The prior where it is learned, null where it is N(0, I). */
const priorOf = (config: TdlgmConfig, w: Weights, s: States) => (config.prior === "state" ? learnedPrior(config, w, seenOf(s)) : null);

/** ξ from ζ ~ N(0, I), both [L, n B, K]. */
export function latentsByPrior(config: TdlgmConfig, w: Weights, s: States, zeta: tf.Tensor): tf.Tensor {
  const p = priorOf(config, w, s);
  return p ? latentsOfPrior(p, zeta) : zeta;
}

/** q(ζ | v, s) for v [n B, 1], and what makes ξ of ε; without ε its mean. Where the prior is N(0, I), ζ is ξ. */
export function recogniseGiven(
  config: TdlgmConfig,
  w: Weights,
  v: tf.Tensor2D,
  s: States,
): { q: Gaussian; xi: (epsilon: tf.Tensor | null) => tf.Tensor } {
  const both = config.recognition === "both" ? tf.concat([v, seenOf(s)], 1) : v;
  const ofXi = recogniseLatent(config, w, config.recognition === "both" ? tf.stack(new Array(config.L).fill(both)) : v);
  const p = priorOf(config, w, s);
  if (!p) return { q: ofXi, xi: (epsilon) => latentsOf(ofXi, epsilon) };
  // ζ = (ξ − μ) / σ has the precision σ C⁻¹ σ = diag(d σ²) + (σ u)(σ u)ᵀ.
  const sigma = tf.exp(p.logSd);
  const q = gaussian(tf.div(tf.sub(ofXi.mean, p.mu), sigma), tf.add(ofXi.logD, tf.mul(2, p.logSd)), tf.mul(sigma, ofXi.u));
  return { q, xi: (epsilon) => tf.add(p.mu, tf.mul(sigma, latentsOf(q, epsilon))) };
}
