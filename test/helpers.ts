/** Shared by the tests of the model core: counters of tensors and native handles, comparisons, finite differences. */
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import type { Architecture } from "../lib/models/kind";
import type { Model, WeightedModel } from "../lib/models/model";
import type { FullConfig } from "../lib/models/registry";
import { draws } from "../lib/tensor/draws";
import type { Weights } from "../lib/tensor/weights";
import { TrainingData } from "../lib/training/batches";
import { chain } from "./data";

export { chain, normalValues, randomTensor } from "./data";

/** Tensors that tfjs knows, and tensors that TensorFlow's binding holds: raw handles included. */
export function held(): { tensors: number; handles: number } {
  const { binding } = tf.backend() as unknown as { binding: { getNumOfTensors(): number } };
  return { tensors: tf.memory().numTensors, handles: binding.getNumOfTensors() };
}

/** The batch of a step of seed 1. */
export const batchOfStep = (data: TrainingData, step: number) =>
  tf.tidy(() => data.batch(draws(data.wanted, { seed: 1, name: "step", step })));

/** Expects a model's batches, loss, gradients and imputation to leave no tensor and no handle behind. */
export function expectNoLeak<C extends FullConfig>({ loss, impute }: Architecture<C>, config: C, w: Weights, epsilon: tf.Tensor | null) {
  const data = new TrainingData(chain(400, 4), config);
  const names = Object.keys(w);
  const once = () =>
    tf.tidy(() => {
      const batch = batchOfStep(data, 1);
      tf.grads((...x: tf.Tensor[]) => {
        const weights = Object.fromEntries(names.map((name, i) => [name, x[i]]));
        return loss(config, weights, batch, epsilon).total as tf.Scalar;
      })(Object.values(w));
      impute(config, w, batch.inputs, [null, epsilon]);
    });
  once();
  const before = held();
  for (let i = 0; i < 10; i++) once();
  expect(held()).toEqual(before);
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
  return {
    step,
    moments: adam.moments(),
    weights: Object.fromEntries(Object.entries(weights).map(([name, t]) => [name, Array.from(t.dataSync())])),
  };
};
