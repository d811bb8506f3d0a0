/**
 * TimeGAN's two scores (Yoon et al. 2019), with its networks: a GRU that tells generated sequences from real ones, and a GRU that is fitted to
 * generated sequences and forecasts real ones. The rules of twoSample.ts say less and cost less. Networks this small often miss what another start
 * finds: one of them gave some sequences .006, another one .44. So a score is the mean over several, as in the published code.
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkAllSeries, checkOptions, checkSeed, checkSignal, checkWhole, refuse } from "../base/check";
import { AbortError, kernelSignal, pauser } from "../base/interrupt";
import { deriveSeed, generator, shuffled } from "../base/random";
import { windows } from "../data/windows";
import { draws, keyOf } from "../tensor/draws";
import { valueAndGradients } from "../tensor/gradients";
import { Graph } from "../tensor/graph";
import { type GruWeights, gru } from "../tensor/gru";
import { Adam } from "../tensor/optimizer";
import { initialise, type Layout, unpack, type Weights } from "../tensor/weights";
import { mean } from "./metrics";

/** Options of both scores. */
export interface RecurrentScoreOptions {
  /** d, the columns of a sequence, whose values come row by row. */
  columns: number;
  /** Of the network's start and its batches, and of which sequences are held out. */
  seed: number;
  /** How many networks are trained, each from a start of its own; the score is their mean. 10 by default. */
  networks?: number;
  /** Steps of training. By default as published: 2,000 for the discriminative score, 5,000 for the predictive one. */
  steps?: number;
  signal?: AbortSignal;
}

/** Sequences of a batch, Adam's learning rate, and the share that the discriminative score holds out: as published. */
const [BATCH, RATE, HELD] = [128, 1e-3, 0.2];

/**
 * The discriminative score: |accuracy − ½| of a network that tells real sequences from generated ones, 0 where it can't and ½ where it always can,
 *
 *     p(real | x_1 .. x_T) = sigmoid(b + w · h_T),   h a GRU of max(1, ⌊d / 2⌋) units along the sequence.
 *
 * It learns from four fifths of either set, in batches of 128 of each; the accuracy is that on the fifths that it has not seen, the mean over both
 * classes. With 2,000 sequences a class held out, two sets of one distribution get some .006; fewer get more.
 *
 * @param real five sequences or more, all of one length, T d values each
 * @param generated the same
 * @example await recurrentDiscriminativeScore(Array(20).fill(Float32Array.of(1, 1)), Array(20).fill(Float32Array.of(0, 0)), { columns: 1, seed: 0, networks: 2 }) // 0.5
 */
export async function recurrentDiscriminativeScore(
  real: readonly Float32Array[],
  generated: readonly Float32Array[],
  options: RecurrentScoreOptions,
): Promise<number> {
  const T = checkScore({ real, generated }, 5, 1, options);
  const { columns: d, seed } = options;
  const H = units(d);
  const layout = { ...gruLayout(d, H), ...outLayout(H) };
  const sets = [real, generated].map((set, i) => {
    const order = shuffled(
      set.map((_, place) => place),
      generator(seed, `held out ${i}`),
    );
    const held = Math.ceil(HELD * set.length);
    const part = (places: number[]) => table(places.map((place) => set[place]!));
    return { test: part(order.slice(0, held)), train: part(order.slice(held)) };
  });
  const logits = (w: Weights, x: tf.Tensor3D) => out(w, gru(x, zero(x, H), ofGru(w))[T - 1]!);
  const loss = (w: Weights, [a, b]: tf.Tensor3D[]) =>
    tf.add(tf.mean(tf.softplus(tf.neg(logits(w, a!)))), tf.mean(tf.softplus(logits(w, b!)))) as tf.Scalar;
  const train = sets.map((set) => set.train);
  const score = (w: Weights) => {
    const [ofReal, ofGenerated] = sets.map(({ test }) => tf.mean(tf.step(logits(w, all(test, T, d)))).dataSync()[0]!);
    return Math.abs((ofReal! + 1 - ofGenerated!) / 2 - 0.5);
  };
  return meanOf({ layout, sets: train, T, d, loss, score, steps: 2000, ...options });
}

/**
 * The predictive score: the mean absolute error on real sequences of a network that was fitted to generated ones, "train on synthetic, test on
 * real". It forecasts the last column's next value from the other columns,
 *
 *     x̂_{t+1, d} = sigmoid(b + w · h_t),   h a GRU of ⌊d / 2⌋ units along x_{1..t, 1..d−1},
 *
 * and learns by the absolute error. Lower is better; compare it with that of real sequences in the place of the generated ones. Where the last
 * column does not depend on the others, as with sines, that is the error of the median at each place t, and asks for nothing else.
 *
 * @param generated one sequence or more, all of one length, T d values each in [0, 1], T and d from 2
 * @param real the same, best ones that the generator has not learned from
 * @example await recurrentPredictiveScore([Float32Array.of(0, 0, 0, 0)], [Float32Array.of(0, 0, 0, 1)], { columns: 2, seed: 0, networks: 2 }) // 0.99
 */
export async function recurrentPredictiveScore(
  generated: readonly Float32Array[],
  real: readonly Float32Array[],
  options: RecurrentScoreOptions,
): Promise<number> {
  const T = checkScore({ generated, real }, 1, 2, options);
  const { columns: d } = options;
  const H = units(d);
  const layout = { ...gruLayout(d - 1, H), ...outLayout(H) };
  const error = (w: Weights, x: tf.Tensor3D) => {
    const [, B] = x.shape;
    const others = tf.slice(x, [0, 0, 0], [T - 1, B, d - 1]);
    const forecast = tf.sigmoid(out(w, tf.concat(gru(others, zero(x, H), ofGru(w)))));
    const truth = tf.slice(x, [1, 0, d - 1], [T - 1, B, 1]);
    return tf.mean(tf.abs(tf.sub(forecast, tf.reshape(truth, [-1, 1])))) as tf.Scalar;
  };
  const test = table(real);
  const score = (w: Weights) => error(w, all(test, T, d)).dataSync()[0]!;
  return meanOf({ layout, sets: [table(generated)], T, d, loss: (w, [x]) => error(w, x!), score, steps: 5000, ...options });
}

/** Sequences one after another, with their number. */
type Table = { values: Float32Array; count: number };

const units = (d: number) => Math.max(1, Math.floor(d / 2));
const zero = (x: tf.Tensor3D, H: number) => tf.fill([x.shape[1], H], 0) as tf.Tensor2D;
const ofGru = ({ w, u, b, c }: Weights) => ({ w, u, b, c }) as GruWeights;
const out = (w: Weights, h: tf.Tensor) => tf.add(tf.matMul(h, w.outW as tf.Tensor2D), w.outB!);

const gruLayout = (inputs: number, H: number): Layout => ({
  w: { shape: [inputs, 3 * H], start: "glorot" },
  u: { shape: [H, 3 * H], start: "glorot" },
  b: { shape: [3 * H], start: 0 },
  c: { shape: [3 * H], start: 0 },
});
const outLayout = (H: number): Layout => ({ outW: { shape: [H, 1], start: "glorot" }, outB: { shape: [1], start: 0 } });

function table(set: readonly Float32Array[]): Table {
  const values = new Float32Array(set.length * set[0]!.length);
  for (const [i, sequence] of set.entries()) values.set(sequence, i * sequence.length);
  return { values, count: set.length };
}

/** All sequences as [T, n, d]. */
const all = ({ values, count }: Table, T: number, d: number): tf.Tensor3D =>
  tf.transpose(tf.tensor3d(values, [count, T, d]), [1, 0, 2]) as tf.Tensor3D;

/** A network to train, and what it is scored by. */
type Task = {
  layout: Layout;
  sets: Table[];
  T: number;
  d: number;
  loss: (w: Weights, batches: tf.Tensor3D[]) => tf.Scalar;
  score: (w: Weights) => number;
  steps: number;
  seed: number;
  networks?: number;
  signal?: AbortSignal;
};

/** The mean score of networks with starts and batches of their own. */
async function meanOf(task: Task): Promise<number> {
  const { networks = 10 } = task;
  const scores: number[] = [];
  for (let k = 0; k < networks; k++) scores.push(await fitted({ ...task, seed: deriveSeed(task.seed, "network", k) }));
  return mean(scores);
}

/** Fits a network by Adam to batches of each set, and gives its score. */
async function fitted(task: Task): Promise<number> {
  const { layout, sets, T, d, loss, score, steps, seed } = task;
  const pause = pauser(task.signal ?? kernelSignal());
  const adam = new Adam(initialise(layout, seed));
  const tables = sets.map(({ values, count }) => tf.tensor2d(values, [count * T, d]));
  const wanted = Object.fromEntries(
    sets.map(({ count }, i) => [i, { of: "integers" as const, shape: [Math.min(BATCH, count)], below: count }]),
  );
  const graph = new Graph((flat, key, ...series) => {
    const w = unpack(layout, flat as tf.Tensor1D);
    const places = draws(wanted, { key });
    const batches = series.map((rows, i) => windows(rows as tf.Tensor2D, tf.mul(places[i]!, tf.scalar(T, "int32")) as tf.Tensor1D, T));
    const { grads } = valueAndGradients(() => loss(w, batches), Object.values(w));
    return [tf.concat(grads.map((g) => tf.reshape(g, [-1])))];
  });
  try {
    for (let step = 1; step <= steps; step++) {
      const inputs = [adam.weights(), keyOf(seed, "batch", step)];
      const [gradient] = graph.run(...inputs, ...tables);
      adam.apply(gradient as tf.Tensor1D, RATE);
      tf.dispose([...inputs, gradient!]);
      if (await pause()) throw new AbortError("the score was stopped", undefined);
    }
    const flat = adam.weights();
    return tf.tidy(() => {
      try {
        return score(unpack(layout, flat));
      } finally {
        flat.dispose();
      }
    });
  } finally {
    graph.dispose();
    adam.dispose();
    tf.dispose(tables);
  }
}

/** @returns T */
function checkScore(sets: Record<string, unknown>, least: number, leastColumns: number, options: RecurrentScoreOptions): number {
  checkOptions(options, "options", ["columns", "seed", "networks", "steps", "signal"]);
  const { columns, seed, networks, steps, signal } = options;
  checkWhole(columns, "options.columns", leastColumns);
  checkSeed(seed, "options.seed");
  if (networks !== undefined) checkWhole(networks, "options.networks", 1);
  if (steps !== undefined) checkWhole(steps, "options.steps", 1);
  checkSignal(signal);
  let length: number | undefined;
  for (const [name, set] of Object.entries(sets)) {
    checkAllSeries(set, name, least);
    for (const [i, sequence] of set.entries()) {
      length ??= sequence.length;
      if (sequence.length !== length) refuse(`${name}[${i}]`, `as long as the first sequence, ${length}`, sequence);
    }
  }
  const T = (length as number) / columns;
  if (!Number.isInteger(T) || T < leastColumns)
    refuse(
      Object.keys(sets)[0]!,
      `sequences of ${leastColumns} rows or more of ${columns} columns`,
      (sets as never)[Object.keys(sets)[0]!],
    );
  return T;
}
