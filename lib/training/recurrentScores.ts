/**
 * TimeGAN's two scores (Yoon et al. 2019), by the networks of its published code: a GRU that tells generated sequences from real ones, and a GRU
 * that learns from generated sequences and forecasts real ones. metrics/twoSample.ts has the same two scores by simpler rules. A network this
 * small often misses what another start finds. So a score is the mean over several.
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkAllSeries, checkWhole, refuse } from "../base/check";
import { AbortError, kernelSignal, pauser } from "../base/interrupt";
import { deriveSeed, generator, shuffled } from "../base/random";
import { windows } from "../data/windows";
import { mean } from "../metrics/metrics";
import { gruLayout, gruWeights, layer, linear, linearLayout } from "../models/layers";
import { draws, keyOf } from "../tensor/draws";
import { valueAndGradients } from "../tensor/gradients";
import { Graph } from "../tensor/graph";
import { gru } from "../tensor/gru";
import { Adam } from "../tensor/optimizer";
import { initialise, type Layout, unpack, type Weights } from "../tensor/weights";
import { checkShared, type SharedOptions } from "./options";

/** Options of both scores. Which sequences are held out, the networks' starts and their batches follow from the seed. */
export type RecurrentScoreOptions = SharedOptions & {
  /** d: columns of a sequence, whose values come row by row. */
  columns: number;
  /** How many networks are trained, each from a start of its own; 10 by default. */
  networks?: number;
  /** Training steps of each; by default as published, 2000 for the discriminative score and 5000 for the predictive one. */
  steps?: number;
};

/** As published: sequences of a set in a batch, Adam's learning rate, and the share that the discriminative score holds out. */
const [BATCH, LEARNING_RATE, HELD] = [128, 1e-3, 0.2];

/**
 * The discriminative score: |accuracy − ½| of a network that tells real sequences from generated ones, 0 where it can't and ½ where it always can,
 *
 *     p(real | x_1 .. x_T) = sigmoid(b + wᵀ h_T),   h a GRU of max(1, ⌊d / 2⌋) units along the sequence.
 *
 * A fifth of each set, drawn by the seed, is held out for all networks. They learn from the rest, in batches of up to 128 of each set; the accuracy
 * is the mean over both held-out fifths. Two sets of 10,000 sequences of one distribution get some .006, smaller sets more.
 *
 * @param real five sequences or more, all of one length, T rows of d columns
 * @param generated the same
 * @returns the mean over the networks
 * @throws Error naming the argument that is wrong; AbortError when the signal is aborted
 * @example await recurrentDiscriminativeScore(Array(20).fill(Float32Array.of(1, 1)), Array(20).fill(Float32Array.of(0, 0)), { columns: 1, seed: 0, networks: 2 }) // 0.5
 */
export async function recurrentDiscriminativeScore(
  real: readonly Float32Array[],
  generated: readonly Float32Array[],
  options: RecurrentScoreOptions,
): Promise<number> {
  const T = checkSets({ real, generated }, 5, 1, options);
  const { columns: d, seed } = options;
  const [reals, fakes] = [real, generated].map((set, i) => {
    const order = shuffled([...set.keys()], generator(seed, `held out ${i}`)).map((place) => set[place]);
    const held = Math.ceil(HELD * set.length);
    return { test: order.slice(0, held), train: order.slice(held) };
  });
  const logits = (w: Weights, x: tf.Tensor3D) => linear(states(w, x)[T - 1], layer(w, "out"));
  const isReal = (w: Weights, x: tf.Tensor3D) => tf.mean(tf.step(logits(w, x))).dataSync()[0];
  return meanScore(options, {
    inputs: d,
    steps: 2000,
    train: [reals.train, fakes.train],
    loss: (w, [x, made]) => tf.add(tf.mean(tf.softplus(tf.neg(logits(w, x)))), tf.mean(tf.softplus(logits(w, made)))),
    test: [reals.test, fakes.test],
    score: (w, [x, made]) => Math.abs((isReal(w, x) + 1 - isReal(w, made)) / 2 - 0.5),
  });
}

/**
 * The predictive score: the mean absolute error on real sequences of a network that has learned from generated ones, "train on synthetic, test on
 * real". It forecasts the last column's next value from the other columns, by the absolute error,
 *
 *     x̂_{t+1, d} = sigmoid(b + wᵀ h_t),   h a GRU of ⌊d / 2⌋ units along x_{1..t, 1..d−1}.
 *
 * Lower is better; beside it belongs the score of real sequences in the place of the generated ones. Where the last column does not depend on the
 * others, the best forecast is its median at each t: then the score asks for nothing else.
 *
 * @param generated one sequence or more, all of one length, T >= 2 rows of d >= 2 columns; values in [0, 1]
 * @param real the same, best those that the generator has not learned from
 * @returns the mean over the networks, in the unit of the values
 * @throws Error naming the argument that is wrong; AbortError when the signal is aborted
 * @example await recurrentPredictiveScore([Float32Array.of(0, 0, 0, 0)], [Float32Array.of(0, 0, 0, 1)], { columns: 2, seed: 0, networks: 2 }) // 0.99
 */
export async function recurrentPredictiveScore(
  generated: readonly Float32Array[],
  real: readonly Float32Array[],
  options: RecurrentScoreOptions,
): Promise<number> {
  const T = checkSets({ generated, real }, 1, 2, options);
  const { columns: d } = options;
  for (const [name, set] of Object.entries({ generated, real }))
    for (const [i, sequence] of set.entries())
      if (sequence.some((v) => v < 0 || v > 1)) refuse(`${name}[${i}]`, "a sequence of numbers from 0 to 1", sequence);
  const error = (w: Weights, x: tf.Tensor3D) => {
    const [, B] = x.shape;
    const others = tf.slice(x, [0, 0, 0], [T - 1, B, d - 1]);
    const forecast = tf.sigmoid(linear(tf.concat(states(w, others)), layer(w, "out")));
    const truth = tf.slice(x, [1, 0, d - 1], [T - 1, B, 1]);
    return tf.mean(tf.abs(tf.sub(forecast, tf.reshape(truth, [-1, 1]))));
  };
  return meanScore(options, {
    inputs: d - 1,
    steps: 5000,
    train: [generated],
    loss: (w, [x]) => error(w, x),
    test: [real],
    score: (w, [x]) => error(w, x).dataSync()[0],
  });
}

/** The network's states along sequences [T, B, I], T of [B, H]. */
function states(w: Weights, x: tf.Tensor3D): tf.Tensor2D[] {
  const weights = gruWeights(w, "gru");
  return gru(x, tf.fill([x.shape[1], weights.u.shape[0]], 0), weights);
}

/** What a network learns and what it is scored by: functions of its weights and of sequences [T, B, d] of each set. */
type Task = {
  /** Columns that the GRU sees. */
  inputs: number;
  steps: number;
  train: (readonly Float32Array[])[];
  loss: (w: Weights, batches: tf.Tensor3D[]) => tf.Tensor;
  test: (readonly Float32Array[])[];
  score: (w: Weights, sets: tf.Tensor3D[]) => number;
};

/** The mean score of networks that differ by their starts and batches. */
async function meanScore(options: RecurrentScoreOptions, task: Task): Promise<number> {
  const { columns: d, networks = 10 } = options;
  const H = Math.max(1, Math.floor(d / 2));
  const layout = { ...gruLayout("gru", task.inputs, H), ...linearLayout("out", H, 1) };
  const [train, test] = [task.train, task.test].map((sets) => sets.map((set) => table(set, d)));
  const T = task.train[0][0].length / d;
  const wanted = Object.fromEntries(
    task.train.map((set, i) => [i, { of: "integers" as const, shape: [Math.min(BATCH, set.length)], below: set.length }]),
  );
  const graph = new Graph((flat, key, ...tables) => {
    const w = unpack(layout, flat as tf.Tensor1D);
    const places = draws(wanted, { key });
    const batches = tables.map((rows, i) => sequencesAt(rows as tf.Tensor2D, places[i], T));
    const { grads } = valueAndGradients(() => task.loss(w, batches) as tf.Scalar, Object.values(w));
    return [tf.concat(grads.map((gradient) => tf.reshape(gradient, [-1])))];
  });
  const scores: number[] = [];
  try {
    for (let k = 0; k < networks; k++) {
      const adam = new Adam(initialise(layout, deriveSeed(options.seed, "network", k)));
      try {
        await learn(adam, graph, train, { ...options, seed: deriveSeed(options.seed, "batches", k), steps: options.steps ?? task.steps });
        scores.push(tf.tidy(() => scoreOf(adam, layout, test, T, task)));
      } finally {
        adam.dispose();
      }
    }
  } finally {
    graph.dispose();
    tf.dispose([train, test]);
  }
  return mean(scores);
}

/** Trains a network, a batch of each set a step. */
async function learn(adam: Adam, graph: Graph, tables: tf.Tensor2D[], options: SharedOptions & { steps: number }): Promise<void> {
  const { seed, steps, signal } = options;
  const pause = pauser(signal ?? kernelSignal());
  for (let step = 1; step <= steps; step++) {
    const inputs = [adam.weights(), keyOf(seed, "batch", step)];
    const [gradient] = graph.run(...inputs, ...tables);
    adam.apply(gradient as tf.Tensor1D, LEARNING_RATE);
    tf.dispose([...inputs, gradient]);
    if (await pause()) throw new AbortError("the score was stopped", undefined);
  }
}

/** A trained network's score on all sequences of the tables. */
function scoreOf(adam: Adam, layout: Layout, tables: tf.Tensor2D[], T: number, { score }: Task): number {
  const all = tables.map((rows) => sequencesAt(rows, tf.range(0, rows.shape[0] / T, 1, "int32"), T));
  return score(unpack(layout, adam.weights()), all);
}

/** Sequences one after another as a table, [n T, d]. */
function table(set: readonly Float32Array[], d: number): tf.Tensor2D {
  const size = set[0].length;
  const values = new Float32Array(set.length * size);
  for (const [i, sequence] of set.entries()) values.set(sequence, i * size);
  return tf.tensor2d(values, [values.length / d, d]);
}

/** The sequences at these places in such a table, [T, B, d]. */
const sequencesAt = (rows: tf.Tensor2D, places: tf.Tensor, T: number): tf.Tensor3D =>
  windows(rows, tf.mul(places, tf.scalar(T, "int32")) as tf.Tensor1D, T);

/**
 * @param least the fewest sequences of a set
 * @param leastSize the fewest rows of a sequence, and its fewest columns
 * @returns T
 * @throws Error naming the option or the sequence that is wrong
 */
function checkSets(sets: Record<string, unknown>, least: number, leastSize: number, options: RecurrentScoreOptions): number {
  checkShared(options, "columns", "networks", "steps");
  const { columns, networks, steps } = options;
  checkWhole(columns, "options.columns", leastSize);
  if (networks !== undefined) checkWhole(networks, "options.networks", 1);
  if (steps !== undefined) checkWhole(steps, "options.steps", 1);
  let T = 0;
  for (const [name, set] of Object.entries(sets)) {
    checkAllSeries(set, name, least);
    T ||= set[0].length / columns;
    if (!Number.isInteger(T) || T < leastSize) refuse(`${name}[0]`, `${leastSize} or more rows of ${columns} columns`, set[0]);
    const other = set.findIndex(({ length }) => length !== T * columns);
    if (other >= 0) refuse(`${name}[${other}]`, `as long as the first sequence, ${T * columns} values`, set[other]);
  }
  return T;
}
