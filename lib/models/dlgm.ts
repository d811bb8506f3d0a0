/**
 * DLGM, the Deep Latent Gaussian Model (Rezende et al. 2014), eqs. (3)-(6), as the paper uses it beside tDLGM: it has no state, its
 * recognition sees the window v_{t-m} .. v_t, and when it generates it draws from the prior alone, so that its values are independent.
 *
 *   generator          h_L = G_L ξ_L;  h_l = T_l(h_{l+1}) + G_l ξ_l;  v ~ π(v | T_0(h_1));
 *   latent recognition q(ξ_l | v_{t-m:t}) = N(μ_l, C_l), an MLP a layer.
 *
 * Rows are sequences: the paper's G ξ of column vectors is ξ G here. In shapes B is the number of rows, P that of π's parameters.
 */
import * as tf from "@tensorflow/tfjs-core";
import { row, rows } from "../data/windows";
import { checkShapes, checkWeights } from "../tensor/check";
import type { Wanted } from "../tensor/draws";
import type { Layout, Weights } from "../tensor/weights";
import { checkSettings, frozen, LATENT, LATENT_CHECKS, type LatentConfig, oneOf, TRAINING, TRAINING_NOISE } from "./config";
import type { Batch, Drawn, Factors, Kind, Loss } from "./kind";
import {
  type ByLayer,
  byLayer,
  checkOneColumnOfPi,
  klByLayer,
  latentLayout,
  latentsOf,
  readout,
  readoutLayout,
  recogniseLatent,
  weightPrior,
} from "./latent";
import { linearLayout, perceptron } from "./layers";
import { checkEmittable, draw, emissionNoise, logDensity, mean } from "./likelihood";

/** DLGM's settings. */
export interface DlgmConfig extends LatentConfig {
  kind: "dlgm";
  /** The window's last value: v_t as observed; or the clean v_t, training and test alike, as in the published code. */
  windowEnd: "observed" | "clean";
  /** What the loss is to explain: the clean v_t; or v_t with the training noise. */
  trainingTarget: "clean" | "noisy";
}

/** The defaults: tDLGM's, and inputs with noise. */
export const DLGM: Readonly<DlgmConfig> = frozen({
  kind: "dlgm",
  ...LATENT,
  windowEnd: "observed",
  trainingTarget: "clean",
  ...TRAINING,
  trainingNoise: TRAINING_NOISE,
});

/** The weights by name; those of the generator begin with "generator.". */
function layout(config: DlgmConfig): Layout {
  return { ...latentLayout(config, config.m + 1), ...generatorLayout(config) };
}

function generatorLayout(config: DlgmConfig): Layout {
  const { L, H, K } = config;
  const T = (l: number) => ({ ...linearLayout(`generator.T${l}.1`, H, H), ...linearLayout(`generator.T${l}.2`, H, H) });
  return {
    "generator.G": { shape: [L, K, H], start: "glorot" },
    ...Object.assign({}, ...Array.from({ length: L - 1 }, (_, i) => T(i + 1))),
    ...readoutLayout(config),
  };
}

/** What is drawn for a value: ξ in generation; ε, of which q makes ξ, in training and imputation. */
// Eq. (3)
const perLayer = ({ L, K }: DlgmConfig): Wanted => ({ of: "normals", shape: [L, "rows", K] });

/** The generator, eqs. (4)-(6): from latent variables ξ [L, B, K] to the parameters of π, [B, P]. */
export function generator(config: DlgmConfig, w: Weights, xis: tf.Tensor): tf.Tensor2D {
  checkSettings(config, DLGM, "a DLGM");
  const { L, K, networks } = config;
  checkWeights("generator", w, generatorLayout(config));
  checkShapes("generator", { xis: [xis, [L, "B", K]] });
  const [xi, G] = [byLayer(xis), byLayer(w["generator.G"])];
  const h: ByLayer<tf.Tensor2D> = {};
  // Eq. (4)
  h[L] = tf.matMul(xi[L], G[L]);
  for (let l = L - 1; l >= 1; l--) {
    const T = perceptron(h[l + 1], w, [`generator.T${l}.1`, `generator.T${l}.2`], networks);
    // Eq. (5)
    h[l] = tf.add(T, tf.matMul(xi[l], G[l]));
  }
  // Eq. (6)
  return readout(config, w, h[1]);
}

/** q of windows [m+1, B, 1], whose last value is the clean one if the settings say so. */
function recognise(config: DlgmConfig, w: Weights, { seen, clean }: Batch) {
  const { m, windowEnd } = config;
  const window = windowEnd === "clean" ? tf.concat([rows(seen, 0, m), rows(clean, m, 1)]) : seen;
  return recogniseLatent(config, w, tf.transpose(tf.squeeze(window, [2]) as tf.Tensor2D));
}

/**
 * Eq. (28) without a state, averaged over a batch of windows, the expectation by one draw of ξ:
 * −E log p(v_t | ξ_t) + β Σ_l KL(q(ξ_l | v_{t-m:t}) ‖ N(0, I)) − weightPrior · log p(θ), in nats a value.
 * @param batch windows [m+1, B, 1]
 * @param drawn.epsilon ε ~ N(0, I), [L, B, K]
 */
function dlgmLoss(
  config: DlgmConfig,
  w: Weights,
  batch: Batch,
  { epsilon }: Drawn,
  { beta = config.beta }: Factors<tf.Scalar | number> = {},
): Loss {
  const q = recognise(config, w, batch);
  const target = row(config.trainingTarget === "noisy" ? batch.seen : batch.clean, config.m);
  const reconstruction = tf.neg(tf.mean(logDensity(config.likelihood, w, generator(config, w, latentsOf(q, epsilon)), target)));
  // Eq. (22)
  const kl = klByLayer(q);
  const prior = config.weightPrior > 0 ? weightPrior(w) : tf.scalar(0);
  // Eq. (28)
  const total = tf.addN([reconstruction, tf.mul(beta, tf.sum(kl)), tf.mul(config.weightPrior, prior)]);
  return { total: total as tf.Scalar, parts: { reconstruction, kl, weightPrior: prior } };
}

/** DLGM. */
export const dlgm: Kind<DlgmConfig> = {
  defaults: DLGM,
  checks: { ...LATENT_CHECKS, windowEnd: oneOf("observed", "clean"), trainingTarget: oneOf("clean", "noisy") },
  check: checkOneColumnOfPi,
  checkValues: ({ likelihood }, values) => checkEmittable(likelihood, values),
  layout,
  reach: ({ m }) => ({ past: m, future: 0 }),
  noise: (config) => ({ epsilon: perLayer(config) }),
  losses: { loss: dlgmLoss },
  factors: () => ["beta"],
  wantsClean: ({ windowEnd }) => windowEnd === "clean",
  impute(config, w, batch, drawn) {
    const q = recognise(config, w, batch);
    return drawn.map((one) => tf.tidy(() => mean(config.likelihood, generator(config, w, latentsOf(q, one?.epsilon ?? null)))));
  },
  init: () => [],
  emission: (config) => ({ xi: perLayer(config), noise: emissionNoise(config.likelihood) }),
  /** ξ ~ N(0, I), eq. (3), and v ~ π, eq. (6). */
  step: (config, w, state, { xi, noise }) => ({ v: draw(config.likelihood, w, generator(config, w, xi), noise), state }),
  logDensity: (config, w, _state, v, { xi }) => logDensity(config.likelihood, w, generator(config, w, xi), v),
};
