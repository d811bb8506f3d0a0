/**
 * TimeGAN (Yoon, Jarrett & van der Schaar 2019): an adversarial generator in a learned latent space. Every network is a GRU, or several one on
 * another, along a sequence of T = m + 1 rows with a linear layer on its outputs:
 *
 *   embedder       H = σ(e(X));     recovery    X̃ = σ(r(H));
 *   generator      Ê = σ(g(Z)), Z uniform;   supervisor  S(H)_t, which foretells H_{t+1};   Ĥ = S(Ê);   X̂ = σ(r(Ĥ));
 *   discriminator  D(H), D(Ĥ), D(Ê): logits of every step, along the sequence in both directions or forth only.
 *
 * Training has three phases: the autoencoder by itself; the supervisor on real embeddings; all of them together.
 *
 *   reconstruction  L_R = 10 √MSE(X, X̃);     supervised  L_S = MSE(H_{2:T}, S(H)_{1:T-1});
 *   adversarial     L_U = BCE(D(Ĥ), 1) + γ BCE(D(Ê), 1);     moments  L_V = |sd X̂ − sd X| + |mean X̂ − mean X|, over the batch;
 *   generator       L_U + η √L_S + λ L_V;     embedder  L_R + .1 L_S;     discriminator  BCE(D(H), 1) + BCE(D(Ĥ), 0) + γ BCE(D(Ê), 0).
 *
 * What differs from the published code, and why. η = 1 and λ = 10 in place of 100 and 100: where the next value can hardly be foretold, S(H) tends to
 * a mean, and every generated value passes through S. At 100 the sequences differ from one another, which is all that L_V asks for, and each is
 * nearly constant in time. One GRU a network in place of three, and some thousand steps in place of 150,000, for speed on two cores. The
 * discriminator looks in both directions, as in the paper. These are defaults; lib/paper/sines.ts has the published networks and weights of the loss.
 * Whatever the settings, all networks of a step see the same batch and Z, which is how a step draws here, and a GRU resets its state after the
 * product with U, as cuDNN's.
 *
 * It takes nothing from a history, like DLGM, and has no likelihood. Imputation is its autoencoder's.
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFlag } from "../base/check";
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
  /** GRUs of a network, one on another; where there are several, the supervisor has one fewer. */
  layers: number;
  /** Whether the discriminator looks at a sequence in both directions, as in the paper, or forth only, as in the published code. */
  bothWays: boolean;
  /** Whether the series is sequences of m + 1 rows, one after another, so that no window reaches from one into the next. */
  apart: boolean;
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
  layers: 1,
  bothWays: true,
  apart: false,
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

/** The weights of GRUs one on another: `name`, `name2`, `name3` and so on. */
const stackLayout = (name: string, inputs: number, H: number, layers: number): Layout =>
  Object.assign(gruLayout(name, inputs, H), ...Array.from({ length: layers - 1 }, (_, i) => gruLayout(`${name}${i + 2}`, H, H)));

/** The weights of `network`. */
const networkLayout = (name: string, inputs: number, H: number, outputs: number, layers: number): Layout => ({
  ...stackLayout(`${name}.gru`, inputs, H, layers),
  ...linearLayout(`${name}.out`, H, outputs),
});

/** The weights by name; the first part of a weight's name says whose it is. */
const layout = ({ d, H, Z, layers, bothWays }: TimeganConfig): Layout => ({
  ...networkLayout("embedder", d, H, H, layers),
  ...networkLayout("recovery", H, H, d, layers),
  ...networkLayout("generator", Z, H, H, layers),
  ...networkLayout("supervisor", H, H, H, Math.max(1, layers - 1)),
  ...stackLayout("discriminator.forth", H, H, layers),
  ...(bothWays && stackLayout("discriminator.back", H, H, layers)),
  ...linearLayout("discriminator.out", bothWays ? 2 * H : H, 1),
});

/** The names of GRUs one on another, as the weights have them. */
const stackNames = (w: Weights, name: string): string[] =>
  Object.keys(w).flatMap((key) => (key.startsWith(name) && key.endsWith(".u") ? [key.slice(0, -2)] : []));

/**
 * GRUs one on another along a sequence.
 * @param states of each GRU before the first step, [B, H]; 0 when left out
 * @returns what the uppermost gives at every step, T of [B, H], and the states after the last step
 */
function stack(w: Weights, name: string, x: tf.Tensor3D, states?: tf.Tensor2D[]): { after: tf.Tensor2D[]; states: tf.Tensor2D[] } {
  const [T, B] = x.shape;
  let after: tf.Tensor2D[] = [];
  const last = stackNames(w, name).map((one, i) => {
    const weights = gruWeights(w, one);
    const H = weights.u.shape[0];
    const inputs = i === 0 ? x : (tf.reshape(tf.concat(after), [T, B, H]) as tf.Tensor3D);
    after = gru(inputs, states?.[i] ?? tf.fill([B, H], 0), weights);
    return after[T - 1];
  });
  return { after, states: last };
}

/** A network's values at every step, [T, B, O], and its states after the last. @param states those before the first; 0 when left out */
function network(w: Weights, name: string, x: tf.Tensor3D, states?: tf.Tensor2D[]): { y: tf.Tensor3D; states: tf.Tensor2D[] } {
  const [T, B] = x.shape;
  const grus = stack(w, `${name}.gru`, x, states);
  const outputs = tf.sigmoid(linear(tf.concat(grus.after), layer(w, `${name}.out`)));
  return { y: tf.reshape(outputs, [T, B, -1]) as tf.Tensor3D, states: grus.states };
}
const embed = (w: Weights, x: tf.Tensor3D) => network(w, "embedder", x).y;
const recover = (w: Weights, h: tf.Tensor3D) => network(w, "recovery", h).y;
const supervise = (w: Weights, h: tf.Tensor3D) => network(w, "supervisor", h).y;
const invent = (w: Weights, z: tf.Tensor3D) => network(w, "generator", z).y;

/** The discriminator's logits at every step, [T B, 1]; it looks back where it has the weights for that. */
function judge(w: Weights, h: tf.Tensor3D): tf.Tensor {
  const looks = [tf.concat(stack(w, "discriminator.forth", h).after)];
  if ("discriminator.back.u" in w) looks.push(tf.concat(stack(w, "discriminator.back", tf.reverse(h, 0)).after.reverse()));
  return linear(tf.concat(looks, 1), layer(w, "discriminator.out"));
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

/** The networks that a generated value passes through. */
const PATH = ["generator", "supervisor", "recovery"];

/** TimeGAN. */
export const timegan: Kind<TimeganConfig> = {
  defaults: TIMEGAN,
  checks: {
    ...TRAINING_CHECKS,
    ...{ d: whole(1), H: whole(1), layers: whole(1), Z: whole(1), embedding: whole(0), supervised: whole(0) },
    ...{ bothWays: checkFlag, apart: checkFlag },
    ...{ gamma: notNegative, supervision: notNegative, moments: notNegative, trainingNoise: oneOf(null) },
  },
  checkValues: (_config, values) => checkUnitInterval(values),
  columns: ({ d }) => d,
  layout,
  reach: ({ m }) => ({ past: m, future: 0 }),
  apart: ({ apart }) => apart,
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
  init: ({ H }, w, history) =>
    PATH.flatMap((name) => stackNames(w, `${name}.gru`).map(() => tf.fill([history.shape[1], H], 0) as tf.Tensor)),
  emission: ({ Z }) => ({ z: { of: "uniforms", shape: ["rows", Z] } }),
  /** The states of generator, supervisor and recovery each go on by one step. */
  step({ Z }, w, state, { z }) {
    const after: tf.Tensor2D[] = [];
    let x = tf.reshape(z, [1, -1, Z]) as tf.Tensor3D;
    for (const name of PATH) {
      // A network takes as many states as it has GRUs, the first of those that are left.
      const { y, states } = network(w, name, x, state.slice(after.length) as tf.Tensor2D[]);
      x = y;
      after.push(...states);
    }
    return { v: row(x, 0), state: after };
  },
};
