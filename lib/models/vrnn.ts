/**
 * VRNN, the variational recurrent neural network (Chung et al. 2015), eqs. (1)-(2) of the paper that this project reproduces. At every step
 *
 *   prior       p(z_t | h_{t-1}) = N(μ_0, σ_0²),          (μ_0, σ_0) = φ_prior(h_{t-1});
 *   decoder     p(v_t | z_t, h_{t-1}) = π(φ_dec(φ_z(z_t), h_{t-1}));
 *   state       h_t = GRU([φ_x(v_t), φ_z(z_t)], h_{t-1});
 *   encoder     q(z_t | v_t, h_{t-1}) = N(μ_z, σ_z²),      (μ_z, σ_z) = φ_enc(φ_x(v_t), h_{t-1}).
 *
 * It is trained on Σ_t log p(v_t | z_t, h_{t-1}) − KL(q ‖ p), over sequences that some values warm up. A draw from π, not its mean, is fed back in
 * generation. N is the number of rows: of a batch, or of all its steps together.
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, checkFlag, checkOptions, checkWhole } from "../base/check";
import { row, rows } from "../data/windows";
import type { Wanted } from "../tensor/draws";
import { gruStep } from "../tensor/gru";
import type { Layout, Weights } from "../tensor/weights";
import {
  type Check,
  checkLikelihood,
  frozen,
  notNegative,
  oneOf,
  share,
  TRAINING,
  TRAINING_CHECKS,
  type TrainingConfig,
  whole,
} from "./config";
import { HALF_LOG_2PI } from "./gaussian";
import type { Batch, Drawn, Factors, Kind, Loss } from "./kind";
import { annealed } from "./latent";
import { gruWeights, layer, linear, linearLayout, perceptron } from "./layers";
import * as categorical from "./likelihood";

type NormalConfig = { kind: "normal"; columns?: number };
type VrnnDiscrete = Exclude<categorical.DiscreteConfig, { kind: "logistic-mixture" }>;

/** VRNN's settings. m is the number of values that warm the state up. */
export interface VrnnConfig extends TrainingConfig {
  kind: "vrnn";
  /** H: units of the GRU and of every hidden layer. */
  H: number;
  /** K: elements of z. */
  K: number;
  /** π: a normal a column (one by default) with mean and standard deviation by the decoder, over all numbers; or one over given values. */
  likelihood: NormalConfig | VrnnDiscrete;
  /** β: weight of the KL divergence. */
  beta: number;
  /** Values of a training sequence, after the m before them. */
  length: number;
  /** The KL's weight rises linearly over this many steps. */
  anneal: number;
  /** The share of h that training drops on its way to prior, encoder and decoder. */
  dropout: number;
  /** Whether there is a z; the twin without is a GRU that predicts the next value. */
  latents: boolean;
}

/** The defaults. */
export const VRNN: Readonly<VrnnConfig> = frozen({
  kind: "vrnn",
  m: 16,
  H: 32,
  K: 8,
  likelihood: { kind: "normal" },
  beta: 1,
  length: 48,
  anneal: 100,
  dropout: 0,
  latents: true,
  ...TRAINING,
  batch: 32,
  clip: 1,
  steps: 1000,
  restartAfter: 0,
});

/** How many numbers a value is as an input, and how many the decoder gives. */
function sizes(config: VrnnConfig): [number, number] {
  const { likelihood } = config;
  if (likelihood.kind === "normal") return [columnsOf(config), 2 * columnsOf(config)];
  const V = categorical.valueCount(likelihood);
  return [V, V];
}

/** d, the columns of its series. */
const columnsOf = ({ likelihood }: VrnnConfig): number =>
  likelihood.kind === "normal" ? (likelihood.columns ?? 1) : categorical.columnsOfPi(likelihood);

function layout(config: VrnnConfig): Layout {
  const { H, K, latents } = config;
  const [inputs, outputs] = sizes(config);
  const ofZ = {
    ...linearLayout("prior.1", H, H),
    ...linearLayout("prior.2", H, 2 * K),
    ...linearLayout("enc.x", H, H),
    "enc.h.w": { shape: [H, H], start: "glorot" as const },
    ...linearLayout("enc.2", H, 2 * K),
    ...linearLayout("z", K, H),
  };
  return {
    ...linearLayout("x", inputs, H),
    ...(latents ? ofZ : {}),
    ...linearLayout("dec.1", latents ? 2 * H : H, H),
    ...linearLayout("dec.2", H, outputs),
    ...linearLayout("gru.x", H, 3 * H),
    ...(latents ? { "gru.z.w": { shape: [H, 3 * H], start: "glorot" as const } } : {}),
    "gru.u": { shape: [H, 3 * H], start: "glorot" },
    "gru.c": { shape: [3 * H], start: 0 },
  };
}

// --- Its parts -------------------------------------------------------------------------------------------------------------------------

/** N(μ, σ²) of each element. */
interface Normal {
  mean: tf.Tensor;
  logSd: tf.Tensor;
}
const normal = (outputs: tf.Tensor): Normal => {
  const [mean, logSd] = tf.split(outputs, 2, -1);
  return { mean, logSd: tf.clipByValue(logSd, -6, 4) };
};
const drawOf = ({ mean, logSd }: Normal, epsilon: tf.Tensor | null) => (epsilon ? tf.add(mean, tf.mul(tf.exp(logSd), epsilon)) : mean);
/** log N(x; μ, σ²), summed over the elements, [N]. */
const logNormal = ({ mean, logSd }: Normal, x: tf.Tensor): tf.Tensor1D =>
  tf.neg(tf.sum(tf.add(tf.mul(0.5, tf.square(tf.div(tf.sub(x, mean), tf.exp(logSd)))), tf.add(logSd, HALF_LOG_2PI)), -1)) as tf.Tensor1D;
/** KL(q ‖ p), summed over the elements, [N]. */
const klOf = (q: Normal, p: Normal): tf.Tensor => {
  const ratio = tf.exp(tf.mul(2, tf.sub(q.logSd, p.logSd)));
  const shift = tf.square(tf.div(tf.sub(q.mean, p.mean), tf.exp(p.logSd)));
  return tf.sum(tf.sub(tf.mul(0.5, tf.sub(tf.add(ratio, shift), 1)), tf.sub(q.logSd, p.logSd)), -1);
};

/** φ_x of rows [N, d]: one-hot for a categorical, nothing before a series' start. */
function phiX({ likelihood }: VrnnConfig, w: Weights, v: tf.Tensor2D): tf.Tensor {
  const x = likelihood.kind === "normal" ? v : categorical.seenOneHot(likelihood, v);
  return tf.tanh(linear(x, layer(w, "x")));
}
const phiZ = (w: Weights, z: tf.Tensor) => tf.tanh(linear(z, layer(w, "z")));
const priorOf = (w: Weights, h: tf.Tensor) => normal(perceptron(h, w, ["prior.1", "prior.2"], "tanh"));
/** @param x what the encoder's first layer makes of φ_x(v) */
const encoderOf = (w: Weights, x: tf.Tensor, h: tf.Tensor) =>
  normal(linear(tf.tanh(tf.add(x, tf.matMul(h, w["enc.h.w"]))), layer(w, "enc.2")));
const decode = (w: Weights, z: tf.Tensor | null, h: tf.Tensor) =>
  perceptron(z ? tf.concat([z, h], 1) : h, w, ["dec.1", "dec.2"], "tanh") as tf.Tensor2D;
/** h_t. @param x what the GRU makes of φ_x(v_t) */
const next = (w: Weights, x: tf.Tensor, z: tf.Tensor | null, h: tf.Tensor): tf.Tensor2D =>
  gruStep((z ? tf.add(x, tf.matMul(z, w["gru.z.w"])) : x) as tf.Tensor2D, h as tf.Tensor2D, gruWeights(w, "gru"));

/** log π(v | r), [N], in nats. */
const logPi = ({ likelihood }: VrnnConfig, w: Weights, r: tf.Tensor, v: tf.Tensor2D): tf.Tensor1D =>
  likelihood.kind === "normal" ? logNormal(normal(r), v) : categorical.logDensity(likelihood, w, r, v);
const meanOfPi = ({ likelihood }: VrnnConfig, r: tf.Tensor): tf.Tensor2D =>
  likelihood.kind === "normal" ? (normal(r).mean as tf.Tensor2D) : categorical.mean(likelihood, r);
const drawPi = ({ likelihood }: VrnnConfig, w: Weights, r: tf.Tensor, noise: tf.Tensor): tf.Tensor2D =>
  likelihood.kind === "normal" ? (drawOf(normal(r), noise) as tf.Tensor2D) : categorical.draw(likelihood, w, r, noise);

// --- A sequence ------------------------------------------------------------------------------------------------------------------------

/** What a run along values gives: of each step h before it and what q and φ_z are, and h after the last. */
interface Path {
  before: tf.Tensor2D[];
  q: Normal[];
  z: tf.Tensor[];
  after: tf.Tensor2D;
}

/** Along rows [T, B, d], from h = 0. @param epsilon [T, B, K]; null takes q's means. @param kept the dropout's mask, [T, B, H] */
function along(config: VrnnConfig, w: Weights, values: tf.Tensor3D, epsilon: tf.Tensor | null, kept: tf.Tensor | null): Path {
  const [T, B] = values.shape;
  const steps = (x: tf.Tensor): tf.Tensor[] => (T === 1 ? [x] : tf.split(x, T));
  const flat = (x: tf.Tensor) => tf.reshape(x, [T * B, -1]);
  const x = phiX(config, w, flat(values) as tf.Tensor2D);
  const toGru = steps(linear(x, layer(w, "gru.x")));
  const toEncoder = config.latents ? steps(linear(x, layer(w, "enc.x"))) : [];
  const noise = epsilon && steps(flat(epsilon));
  const masks = kept && steps(flat(kept));
  const path: Path = { before: [], q: [], z: [], after: tf.fill([B, config.H], 0) };
  for (let t = 0; t < T; t++) {
    const h = (masks ? tf.mul(path.after, masks[t]) : path.after) as tf.Tensor2D;
    path.before.push(h);
    if (config.latents) {
      path.q.push(encoderOf(w, toEncoder[t], h));
      path.z.push(phiZ(w, drawOf(path.q[t], noise?.[t] ?? null)));
    }
    path.after = next(w, toGru[t], path.z[t] ?? null, path.after);
  }
  return path;
}

/** Minus the bound of a batch of sequences, a value's share of it. */
function loss(config: VrnnConfig, w: Weights, { clean, step }: Batch, { epsilon, kept }: Drawn, factors: Factors<tf.Scalar> = {}): Loss {
  const { beta = config.beta } = factors;
  const { m, length, anneal, dropout, latents } = config;
  const mask = dropout > 0 ? tf.div(tf.cast(tf.greaterEqual(kept, dropout), "float32"), 1 - dropout) : null;
  const path = along(config, w, rows(clean, 0, m + length), epsilon, mask);
  const last = <T extends tf.Tensor>(all: T[]) => tf.concat(all.slice(-length));
  const h = last(path.before);
  const v = tf.reshape(rows(clean, m, length), [-1, columnsOf(config)]) as tf.Tensor2D;
  const r = decode(w, latents ? last(path.z) : null, h);
  const reconstruction = tf.neg(tf.mean(logPi(config, w, r, v)));
  if (!latents) return { total: reconstruction as tf.Scalar, parts: { reconstruction } };
  const q: Normal = { mean: last(path.q.map(({ mean }) => mean)), logSd: last(path.q.map(({ logSd }) => logSd)) };
  const kl = tf.mean(klOf(q, priorOf(w, h)));
  return { total: tf.add(reconstruction, tf.mul(annealed(beta, anneal, step), kl)) as tf.Scalar, parts: { reconstruction, kl } };
}

// --- As training, imputation and generation see it -------------------------------------------------------------------------------------

const perStep = (config: VrnnConfig, of: "normals" | "uniforms", size: number): Wanted => ({
  of,
  shape: [config.m + config.length, "rows", size],
});
/** ε of one value, if there is a z. */
const ofValue = ({ K, latents }: VrnnConfig): Record<string, Wanted> => (latents ? { epsilon: { of: "normals", shape: ["rows", K] } } : {});
const likelihoodOf: Check = (x, name) => {
  checkOptions(x, name, ["kind", "values", "columns"]);
  const { kind, columns } = x as Record<string, unknown>;
  checkChoice(kind, `${name}.kind`, ["normal", "categorical", "categorical-columns"]);
  if (kind !== "normal") return checkLikelihood(x, name);
  checkOptions(x, name, ["kind", "columns"]);
  if (columns !== undefined) checkWhole(columns, `${name}.columns`, 1);
};

/** VRNN. */
export const vrnn: Kind<VrnnConfig> = {
  defaults: VRNN,
  checks: {
    ...TRAINING_CHECKS,
    H: whole(1),
    K: whole(1),
    likelihood: likelihoodOf,
    beta: notNegative,
    length: whole(1),
    anneal: whole(0),
    dropout: share,
    latents: checkFlag,
    trainingNoise: oneOf(null), // it has one series
  },
  checkValues: ({ likelihood }, values) => {
    if (likelihood.kind !== "normal") categorical.checkEmittable(likelihood, values);
  },
  columns: columnsOf,
  layout,
  before: ({ likelihood }) => (likelihood.kind === "normal" ? 0 : categorical.BEFORE),
  reach: ({ m, length }) => ({ past: m, future: length - 1 }),
  noise: (config) => ({
    ...(config.latents ? { epsilon: perStep(config, "normals", config.K) } : {}),
    ...(config.dropout > 0 ? { kept: perStep(config, "uniforms", config.H) } : {}),
  }),
  losses: { loss },
  factors: ({ latents }) => (latents ? ["beta"] : []),
  /** The mean of π(v_t | z_t, h_{t-1}), z_t from q(z | v_t, h_{t-1}), along the window's q means. */
  impute(config, w, { seen }, drawn) {
    const h = along(config, w, rows(seen, 0, config.m), null, null).after;
    if (!config.latents) return drawn.map(() => meanOfPi(config, decode(w, null, h)));
    const q = encoderOf(w, linear(phiX(config, w, row(seen, config.m)), layer(w, "enc.x")), h);
    const epsilon = (one: Drawn) => tf.reshape(tf.slice(one.epsilon, [0, 0, 0], [1, -1, -1]), q.mean.shape);
    return drawn.map((one) => meanOfPi(config, decode(w, phiZ(w, drawOf(q, one && epsilon(one))), h)));
  },
  init: (config, w, history) => [along(config, w, history, null, null).after],
  emission: (config) => ({
    ...ofValue(config),
    noise: { of: config.likelihood.kind === "normal" ? "normals" : "uniforms", shape: ["rows", columnsOf(config)] },
  }),
  step(config, w, [h], { epsilon, noise }) {
    const z = config.latents ? phiZ(w, drawOf(priorOf(w, h), epsilon)) : null;
    const v = drawPi(config, w, decode(w, z, h), noise);
    return { v, state: [next(w, linear(phiX(config, w, v), layer(w, "gru.x")), z, h)] };
  },
  proposal: ofValue,
  observe(config, w, [h], v, { epsilon }) {
    const x = phiX(config, w, v);
    const toGru = linear(x, layer(w, "gru.x"));
    if (!config.latents) return { logWeight: logPi(config, w, decode(w, null, h), v), state: [next(w, toGru, null, h)] };
    const q = encoderOf(w, linear(x, layer(w, "enc.x")), h);
    const draw = drawOf(q, epsilon);
    const z = phiZ(w, draw);
    const ratio = tf.sub(logNormal(priorOf(w, h), draw), logNormal(q, draw));
    return { logWeight: tf.add(logPi(config, w, decode(w, z, h), v), ratio) as tf.Tensor1D, state: [next(w, toGru, z, h)] };
  },
  logDensity: (config, w, [h], v, { epsilon }) =>
    logPi(config, w, decode(w, config.latents ? phiZ(w, drawOf(priorOf(w, h), epsilon)) : null, h), v),
};
