/** Shared by the tests of the model core: counters of tensors and native handles, comparisons, finite differences. */
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import { asSeries } from "../lib/data/series";
import type { TrainingConfig } from "../lib/models/config";
import type { Batch, Drawn, Kind } from "../lib/models/kind";
import { createModel, type Model, type WeightedModel } from "../lib/models/model";
import { type FullConfig, kindOf } from "../lib/models/registry";
import { draws } from "../lib/tensor/draws";
import { totalSize, unpack, type Weights } from "../lib/tensor/weights";
import { TrainingData } from "../lib/training/batches";
import { chain, normalValues } from "./data";
import type { Plain } from "./plain";

export { chain, normalValues, randomTensor } from "./data";

/** Tensors that tfjs knows, and tensors that TensorFlow's binding holds: raw handles included. */
export function held(): { tensors: number; handles: number } {
  const { binding } = tf.backend() as unknown as { binding: { getNumOfTensors(): number } };
  return { tensors: tf.memory().numTensors, handles: binding.getNumOfTensors() };
}

/** Expects f, once it has run, to leave nothing behind when it runs again. */
export function expectNothingLeft(f: () => unknown, times = 10): void {
  f();
  const before = held();
  for (let i = 0; i < times; i++) f();
  expect(held()).toEqual(before);
}

/** A seeded chain as windows, [T, B, 1]. */
export const chainWindows = (T: number, B: number, seed = 4) => tf.tensor3d(chain(T * B, seed), [T, B, 1]);

/** What trains on a series of one column. */
export const trainingData = (config: TrainingConfig, values = chain(400, 4)) => new TrainingData(asSeries(values, "series"), config);

/** The batch of a step of seed 1. */
export const batchOfStep = (data: TrainingData, step: number): Batch =>
  tf.tidy(() => data.batch(draws(data.wanted, { seed: 1, name: "step", step })));

const flatWeights = (config: FullConfig, scale: number) => normalValues(totalSize(kindOf(config).layout(config)), "weights", scale);
/** Weights that are nowhere zero, so that no term is idle. */
export const randomWeights = (config: FullConfig, scale = 0.4): Weights =>
  unpack(kindOf(config).layout(config), tf.tensor1d(flatWeights(config, scale)));
/** A model with such weights. */
export function withWeights(config: FullConfig, scale = 0.4): WeightedModel {
  const model = createModel(config, 1) as WeightedModel;
  model.restart(flatWeights(config, scale));
  return model;
}
/** Weights as numbers. */
export const plainOf = (w: Weights): Plain => Object.fromEntries(Object.entries(w).map(([name, t]) => [name, Array.from(t.dataSync())]));

/** The gradients of a model's only loss, by the weights' names, and its parts as one list of numbers. */
export function lossOf<C extends TrainingConfig>({ losses }: Kind<C>, config: C, w: Weights, batch: Batch, drawn: Drawn) {
  const names = Object.keys(w);
  const { total, parts } = losses.loss(config, w, batch, drawn);
  const gradients = tf.grads(
    (...x: tf.Tensor[]) => losses.loss(config, Object.fromEntries(names.map((name, i) => [name, x[i]])), batch, drawn).total,
  )(Object.values(w));
  return {
    total: total.dataSync()[0],
    parts: Object.values(parts).flatMap((t) => Array.from(t.dataSync())),
    names: Object.keys(parts),
    gradients: Object.fromEntries(names.map((name, i) => [name, gradients[i].dataSync()])),
  };
}

/** Expects gradients to be central differences of a float64 function of the weights, at a few elements of each. */
export function expectGradients(gradients: Record<string, ArrayLike<number>>, f: (w: Plain) => number, w: Plain, relative = 2e-4): void {
  for (const [name, values] of Object.entries(gradients)) {
    for (const at of new Set([0, Math.floor(values.length / 3), Math.floor(values.length / 2), values.length - 1])) {
      const shifted = (by: number) => f({ ...w, [name]: w[name].map((v, j) => (j === at ? v + by : v)) });
      expectClose([values[at]], [(shifted(1e-5) - shifted(-1e-5)) / 2e-5], relative, `${name}[${at}]`);
    }
  }
}

/** Expects a model's batches, loss, gradients and imputation to leave no tensor and no handle behind. */
export function expectNoLeak<C extends FullConfig>(kind: Kind<C>, config: C): void {
  const data = trainingData(config);
  const w = randomWeights(config);
  expectNothingLeft(() =>
    tf.tidy(() => {
      const drawn = draws(kind.noise(config), { seed: 1, name: "noise", step: 0 }, config.batch);
      const batch = batchOfStep(data, 1);
      tf.valueAndGrads(() => kind.losses.loss(config, w, batch, drawn).total)(Object.values(w));
      const { past } = kind.reach(config);
      const seen = tf.slice(batch.seen, 0, past + 1);
      kind.impute(config, w, { seen, clean: seen }, [null, drawn]);
      kind.diagnose?.(config, w, seen);
    }),
  );
  data.dispose();
}

/** Largest |a − b| / (1 + |b|). */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]) / (1 + Math.abs(b[i]));
    if (!(d <= largest)) largest = d; // a NaN is kept
  }
  return largest;
}

/** Expects a and b to agree within a tolerance, absolute for small values and relative for large ones. */
export function expectClose(a: tf.Tensor | ArrayLike<number>, b: tf.Tensor | ArrayLike<number>, tolerance: number, what = ""): void {
  const values = (x: tf.Tensor | ArrayLike<number>) => (x instanceof tf.Tensor ? x.dataSync() : x);
  if (a instanceof tf.Tensor && b instanceof tf.Tensor) expect(a.shape, what).toEqual(b.shape);
  expect(distance(values(a), values(b)), what).toBeLessThan(tolerance);
}

/** Central differences of a scalar function of float64 numbers. */
export function numericalGradient(f: (x: number[]) => number, x: ArrayLike<number>, h = 1e-5): number[] {
  return Array.from(x, (_, i) => {
    const at = (d: number) => f(Array.from(x, (v, j) => (i === j ? v + d : v)));
    return (at(h) - at(-h)) / (2 * h);
  });
}

/** Mean of numbers. */
export const average = (x: ArrayLike<number>): number => Array.from(x).reduce((s, v) => s + v, 0) / x.length;

/** All that a model has learned. */
export const bits = (model: Model) => {
  const { weights, adam, step } = model as WeightedModel;
  return { step, moments: adam.moments(), weights: plainOf(weights) };
};
