/**
 * TimeGAN (Yoon, Jarrett & van der Schaar 2019): an adversarial generator in a learned latent space. Every network is a GRU along a sequence of
 * T = m + 1 values with a linear layer on its outputs:
 *
 *   embedder       H = σ(e(X));     recovery    X̃ = σ(r(H));
 *   generator      Ê = σ(g(Z)), Z uniform;   supervisor  S(H)_t, which foretells H_{t+1};   Ĥ = S(Ê);   X̂ = σ(r(Ĥ));
 *   discriminator  D(H), D(Ĥ), D(Ê): logits of every step, along the sequence in both directions.
 *
 * Training has three phases: the autoencoder by itself; the supervisor on real embeddings; all of them together.
 *
 *   reconstruction  L_R = 10 √MSE(X, X̃);     supervised  L_S = MSE(H_{2:T}, S(H)_{1:T-1});
 *   adversarial     L_U = BCE(D(Ĥ), 1) + γ BCE(D(Ê), 1);     moments  L_V = |sd X̂ − sd X| + |mean X̂ − mean X|, over the batch;
 *   generator       L_U + η √L_S + λ L_V;     embedder  L_R + .1 L_S;     discriminator  BCE(D(H), 1) + BCE(D(Ĥ), 0) + γ BCE(D(Ê), 0).
 *
 * What differs from the published code, and why. η = 1 and λ = 10 in place of 100 and 100: where the next value can hardly be foretold, S(H) tends to
 * a mean, and every generated value passes through S. At 100 the sequences differ from one another, which is all that L_V asks for, and each is
 * nearly constant in time. One GRU layer a network in place of three, and some thousand steps in place of 150,000, for speed on two cores. The
 * discriminator looks in both directions, as in the paper. All networks of a step see the same batch and Z, which is how a step draws here.
 *
 * It takes nothing from a history, like DLGM, and has no likelihood. Imputation is its autoencoder's.
 */
import * as tf from "@tensorflow/tfjs-core";
import { row } from "../data/windows";
import { gru } from "../tensor/gru";
import type { Layout, Weights } from "../tensor/weights";
import { frozen, notNegative, oneOf, TRAINING, TRAINING_CHECKS, type TrainingConfig, whole } from "./config";
import type { Batch, Drawn, Kind, Loss } from "./kind";
import { gruLayout, gruWeights, layer, linear, linearLayout } from "./layers";
import { checkUnitInterval } from "./likelihood";

/** TimeGAN's settings. A sequence has m + 1 values. */
export interface TimeganConfig extends TrainingConfig {
  kind: "timegan";
  /** Columns of a series. */
  d: number;
  /** H: units of every GRU, and elements of an embedding. */
  H: number;
  /** Elements of Z at every step. */
  Z: number;
  /** γ: weight of the discriminator's look at the generator's own output. */
  gamma: number;
  /** η and λ: weights of √L_S and of L_V in the generator's loss. */
  supervision: number;
  moments: number;
  /** Steps of the first phase, the autoencoder's, and of the second, the supervisor's; all others are of the third. */
  embedding: number;
  supervised: number;
}

/**
 * The defaults. η and λ are a guess, from one training each of (100, 100), (100, 10), (10, 10), (1, 1) and (1, 10) with seed 0: the sequences of
 * (1, 10) were the nearest to the trace's training values in standard deviation and lag 1. The trainings were not all of one length.
 */
export const TIMEGAN: Readonly<TimeganConfig> = frozen({
  kind: "timegan",
  d: 1,
  H: 24,
  Z: 4,
  gamma: 1,
  supervision: 1,
  moments: 10,
  embedding: 400,
  supervised: 100,
  ...TRAINING,
  m: 15,
  batch: 64,
  learningRate: 1e-3,
  decay: "none",
  steps: 2500,
  restartAfter: 0,
});

/** The weights of `network`. */
const networkLayout = (name: string, inputs: number, H: number, outputs: number): Layout => ({
  ...gruLayout(`${name}.gru`, inputs, H),
  ...linearLayout(`${name}.out`, H, outputs),
});

/** The weights by name; the first part of a weight's name says whose it is. */
const layout = ({ d, H, Z }: TimeganConfig): Layout => ({
  ...networkLayout("embedder", d, H, H),
  ...networkLayout("recovery", H, H, d),
  ...networkLayout("generator", Z, H, H),
  ...networkLayout("supervisor", H, H, H),
  ...gruLayout("discriminator.forth", H, H),
  ...gruLayout("discriminator.back", H, H),
  ...linearLayout("discriminator.out", 2 * H, 1),
});

/** A network's values at every step, [T, B, O], and its state after the last. @param h the state before the first; 0 when left out */
function network(w: Weights, name: string, x: tf.Tensor3D, h?: tf.Tensor2D): { y: tf.Tensor3D; h: tf.Tensor2D } {
  const [T, B] = x.shape;
  const H = w[`${name}.gru.u`].shape[0];
  const after = gru(x, h ?? tf.fill([B, H], 0), gruWeights(w, `${name}.gru`));
  const outputs = tf.sigmoid(linear(tf.concat(after), layer(w, `${name}.out`)));
  return { y: tf.reshape(outputs, [T, B, -1]) as tf.Tensor3D, h: after[T - 1] };
}
const embed = (w: Weights, x: tf.Tensor3D) => network(w, "embedder", x).y;
const recover = (w: Weights, h: tf.Tensor3D) => network(w, "recovery", h).y;
const supervise = (w: Weights, h: tf.Tensor3D) => network(w, "supervisor", h).y;
const invent = (w: Weights, z: tf.Tensor3D) => network(w, "generator", z).y;

/** The discriminator's logits at every step, [T B, 1]. */
function judge(w: Weights, h: tf.Tensor3D): tf.Tensor {
  const [, B, H] = h.shape;
  const zero = tf.fill([B, H], 0) as tf.Tensor2D;
  const forth = gru(h, zero, gruWeights(w, "discriminator.forth"));
  const back = gru(tf.reverse(h, 0), zero, gruWeights(w, "discriminator.back")).reverse();
  return linear(tf.concat([tf.concat(forth), tf.concat(back)], 1), layer(w, "discriminator.out"));
}
/** Binary cross-entropy of logits against all 1, or all 0. */
const taken = (logits: tf.Tensor, real: 0 | 1) => tf.mean(tf.softplus(real === 1 ? tf.neg(logits) : logits));

const mse = (a: tf.Tensor, b: tf.Tensor) => tf.mean(tf.squaredDifference(a, b));
const root = (x: tf.Tensor) => tf.sqrt(tf.add(x, 1e-12));

const reconstructionOf = (w: Weights, x: tf.Tensor3D, h: tf.Tensor3D) => tf.mul(10, root(mse(x, recover(w, h))));
/** L_S, how well the supervisor foretells the next embedding. */
function supervisedOf(w: Weights, h: tf.Tensor3D): tf.Tensor {
  const [T, B, H] = h.shape;
  return mse(tf.slice(h, [1, 0, 0], [T - 1, B, H]), tf.slice(supervise(w, h), [0, 0, 0], [T - 1, B, H]));
}
/** L_V, how far generated values are from real ones in mean and standard deviation over the batch. */
function momentsOf(x: tf.Tensor3D, made: tf.Tensor3D): tf.Tensor {
  const [real, ours] = [tf.moments(x, 1), tf.moments(made, 1)];
  const sd = ({ variance }: { variance: tf.Tensor }) => tf.sqrt(tf.add(variance, 1e-6));
  return tf.add(tf.mean(tf.abs(tf.sub(sd(ours), sd(real)))), tf.mean(tf.abs(tf.sub(ours.mean, real.mean))));
}

type Own = (config: TimeganConfig, w: Weights, batch: Batch, drawn: Drawn) => Loss;

const embedding: Own = (_config, w, { clean }) => {
  const reconstruction = reconstructionOf(w, clean, embed(w, clean));
  return { total: reconstruction as tf.Scalar, parts: { reconstruction } };
};

const supervised: Own = (_config, w, { clean }) => {
  const foretold = supervisedOf(w, embed(w, clean));
  return { total: foretold as tf.Scalar, parts: { supervised: foretold } };
};

const generator: Own = ({ gamma, supervision, moments: weight }, w, { clean }, { z }) => {
  const e = invent(w, z as tf.Tensor3D);
  const h = supervise(w, e);
  const adversarial = tf.add(taken(judge(w, h), 1), tf.mul(gamma, taken(judge(w, e), 1)));
  const foretold = supervisedOf(w, embed(w, clean));
  const moments = momentsOf(clean, recover(w, h));
  const total = tf.addN([adversarial, tf.mul(supervision, root(foretold)), tf.mul(weight, moments)]);
  return { total: total as tf.Scalar, parts: { adversarial, supervised: foretold, moments } };
};

const embedder: Own = (_config, w, { clean }) => {
  const h = embed(w, clean);
  const [reconstruction, foretold] = [reconstructionOf(w, clean, h), supervisedOf(w, h)];
  return { total: tf.add(reconstruction, tf.mul(0.1, foretold)) as tf.Scalar, parts: { reconstruction, supervised: foretold } };
};

const discriminator: Own = ({ gamma }, w, { clean }, { z }) => {
  const e = invent(w, z as tf.Tensor3D);
  const [real, fake, own] = [taken(judge(w, embed(w, clean)), 1), taken(judge(w, supervise(w, e)), 0), taken(judge(w, e), 0)];
  const total = tf.addN([real, fake, tf.mul(gamma, own)]);
  return { total: tf.mul(tf.step(tf.sub(total, LEAD)), total) as tf.Scalar, parts: { real, fake } };
};

/** A discriminator whose loss is below this waits for the generator. */
const LEAD = 0.15;

/** Whose weights follow a loss. */
const FOLLOWERS: Record<string, string[]> = {
  embedding: ["embedder", "recovery"],
  supervised: ["supervisor"],
  generator: ["generator", "supervisor"],
  embedder: ["embedder", "recovery"],
  discriminator: ["discriminator"],
};

/** TimeGAN. */
export const timegan: Kind<TimeganConfig> = {
  defaults: TIMEGAN,
  checks: {
    ...TRAINING_CHECKS,
    ...{ d: whole(1), H: whole(1), Z: whole(1), embedding: whole(0), supervised: whole(0) },
    ...{ gamma: notNegative, supervision: notNegative, moments: notNegative, trainingNoise: oneOf(null) },
  },
  checkValues: (_config, values) => checkUnitInterval(values),
  columns: ({ d }) => d,
  layout,
  reach: ({ m }) => ({ past: m, future: 0 }),
  noise: ({ m, Z }) => ({ z: { of: "uniforms", shape: [m + 1, "rows", Z] } }),
  losses: { embedding, supervised, generator, embedder, discriminator },
  trains: (_config, loss, weight) => FOLLOWERS[loss].includes(weight.split(".")[0]),
  /** In the third phase the discriminator has every second step, so that it does not win early. */
  schedule({ embedding, supervised }, step) {
    if (step <= embedding) return ["embedding"];
    if (step <= embedding + supervised) return ["supervised"];
    return (step - embedding - supervised) % 2 === 0 ? ["generator", "embedder", "discriminator"] : ["generator", "embedder"];
  },
  impute(_config, w, { seen }, drawn) {
    const v = row(recover(w, embed(w, seen)), seen.shape[0] - 1);
    return drawn.map(() => tf.clone(v));
  },
  init: ({ H }, _w, history) => Array.from({ length: 3 }, () => tf.fill([history.shape[1], H], 0)),
  emission: ({ Z }) => ({ z: { of: "uniforms", shape: ["rows", Z] } }),
  /** The states of generator, supervisor and recovery each go on by one step. */
  step({ Z }, w, [g, s, r], { z }) {
    const e = network(w, "generator", tf.reshape(z, [1, -1, Z]), g as tf.Tensor2D);
    const h = network(w, "supervisor", e.y, s as tf.Tensor2D);
    const x = network(w, "recovery", h.y, r as tf.Tensor2D);
    return { v: row(x.y, 0), state: [e.h, h.h, x.h] };
  },
};
