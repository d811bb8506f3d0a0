/**
 * DLGM, the Deep Latent Gaussian Model (Rezende et al. 2014), eqs. (3)-(6), as the paper uses it beside tDLGM: it has no state, its
 * recognition sees the window v_{t-m} .. v_t, and when it generates it draws from the prior alone, so that its values are independent.
 *
 *   latent recognition q(ξ_l | v_{t-m:t}) = N(μ_l, C_l), an MLP a layer;
 *   generator          h_L = G_L ξ_L;  h_l = T_l(h_{l+1}) + G_l ξ_l;  v ~ π(v | T_0(h_1)).
 */
import * as tf from "@tensorflow/tfjs-core";
import { mlp, weightedSum } from "../tensor/blocks";
import { draws, firstRows } from "../tensor/draws";
import type { Layout, Weights } from "../tensor/weights";
import type { Architecture } from "./architecture";
import type { DlgmConfig } from "./config";
import { posterior } from "./gaussian";
import {
  dense,
  drawn,
  generationDraws,
  latentLayout,
  layers,
  mixed,
  mixingMatrix,
  readout,
  readoutLayout,
  recogniseLatent,
  weightPrior,
} from "./latent";
import { draw, mean, negativeLogLikelihood } from "./likelihood";

/** The weights of a configuration, by name. Those of the generator begin with "generator.". */
export function layout(config: DlgmConfig): Layout {
  const { m, L, H, K } = config;
  const below = Array.from({ length: L - 1 }, (_, i) => i + 1);
  return {
    ...latentLayout(config, m + 1),
    "generator.G": { shape: [L, K, H], start: "glorot" },
    ...Object.assign({}, ...below.map((l) => ({ ...dense(`generator.T${l}.1`, H, H), ...dense(`generator.T${l}.2`, H, H) }))),
    ...readoutLayout(config),
  };
}

/** The generator, eqs. (4)-(6): from latent variables ξ [L, B, K] to the parameters of π, [B, P]. */
export function emit(config: DlgmConfig, w: Weights, xi: tf.Tensor3D): tf.Tensor2D {
  const { L, K } = config;
  const B = xi.shape[1];
  const xiOf = (l: number) => tf.reshape(tf.slice(xi, [l - 1, 0, 0], [1, B, K]), [B, K]);
  // Eq. (4)
  let h = mixed(null, xiOf(L), mixingMatrix(w, L));
  for (let l = L - 1; l >= 1; l--) {
    const [first, last] = layers(w, `generator.T${l}.1`, `generator.T${l}.2`);
    const [above] = mlp(h.x, [h.into(first), last], { hidden: config.networks });
    // Eq. (5)
    h = mixed(above, xiOf(l), mixingMatrix(w, l));
  }
  // Eq. (6)
  return readout(config, w, h);
}

/** Windows [m+1, B] as rows [B, m+1]. */
const rows = (inputs: tf.Tensor2D) => tf.transpose(inputs) as tf.Tensor2D;

/** DLGM as training, imputation and generation see it. */
export const dlgm: Architecture<DlgmConfig> = {
  layout,
  reach: ({ m }) => ({ past: m, future: 0 }),
  latents: ({ L, K }) => [L, K],
  wantsClean: ({ windowEnd }) => windowEnd === "clean",

  /** −E log p(v_t | ξ_t) + β Σ_l KL(q(ξ_l | v_{t-m:t}) ‖ N(0, I)) − weightPrior · log p(θ): eq. (28) without a state. */
  loss(config, w, { inputs, target }, epsilon) {
    const { mean: mu, logD, u } = recogniseLatent(config, w, rows(inputs));
    // Eq. (22)
    const { xi, kl } = posterior(mu, logD, u, epsilon as tf.Tensor);
    const parts = [negativeLogLikelihood(config.likelihood, emit(config, w, xi), target, w["generator.logSd"]), ...kl];
    const coefficients = [1, ...kl.map(() => config.beta)];
    const names = ["reconstruction", ...kl.map((_, i) => `kl${i + 1}`)];
    if (config.weightPrior > 0) {
      parts.push(weightPrior(w));
      coefficients.push(config.weightPrior);
      names.push("weightPrior");
    }
    return { ...weightedSum(parts, coefficients), names };
  },

  impute(config, w, inputs, epsilons) {
    const q = recogniseLatent(config, w, rows(inputs));
    return epsilons.map((epsilon) => tf.tidy(() => mean(config.likelihood, emit(config, w, drawn(q, epsilon)))));
  },

  start: () => [],

  step(config, w, s, B, stream) {
    const { L, K, likelihood } = config;
    // Eq. (3)
    const { xi, noise } = draws(generationDraws(likelihood, [L, K]), stream);
    const v = draw(likelihood, emit(config, w, firstRows(xi, B, 1) as tf.Tensor3D), noise, w["generator.logSd"]);
    return { v, next: s };
  },
};
