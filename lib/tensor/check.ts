/** Checks of tensors that come from a caller. In a graph they cost once, when it is recorded. */
import * as tf from "@tensorflow/tfjs-core";
import { checkObject, refuse } from "../base/check";
import type { Layout, Weights } from "./weights";

/** @throws Error naming the first of a function's arguments that is no float32 tensor */
export function checkTensors(name: string, values: Record<string, unknown>): asserts values is Record<string, tf.Tensor> {
  const wrong = Object.keys(values).find((key) => !(values[key] instanceof tf.Tensor));
  if (wrong) refuse(`${name}: ${wrong}`, "a tensor, as tf.tensor(values, shape) makes one", values[wrong]);
  const tensors = values as Record<string, tf.Tensor>;
  const other = Object.keys(tensors).find((key) => tensors[key].dtype !== "float32");
  if (other) throw new Error(`${name}: ${other} must be float32; it is ${tensors[other].dtype}`);
  const gone = Object.keys(tensors).find((key) => tensors[key].isDisposed);
  if (gone) throw new Error(`${name}: ${gone} has been disposed of`);
}

/** A shape: sizes, and the names of sizes that are not known. A name is the same size wherever it stands. */
export type Axes = readonly (number | string)[];

/** @throws Error naming the first of a function's arguments that is no float32 tensor of its shape */
export function checkShapes(name: string, values: Record<string, readonly [value: unknown, shape: Axes]>): void {
  const tensors = Object.fromEntries(Object.entries(values).map(([key, [value]]) => [key, value]));
  checkTensors(name, tensors);
  const sizes: Record<string, number> = {};
  for (const [key, [, axes]] of Object.entries(values)) {
    const { shape } = tensors[key] as tf.Tensor;
    const sizeOf = (axis: number | string, i: number): number => {
      if (typeof axis === "number") return axis;
      sizes[axis] ??= shape[i];
      return sizes[axis];
    };
    const fits = shape.length === axes.length && axes.every((axis, i) => sizeOf(axis, i) === shape[i]);
    const wanted = axes.map((axis) => (typeof axis === "string" && axis in sizes ? `${axis} = ${sizes[axis]}` : axis));
    if (!fits) throw new Error(`${name}: ${key} must have shape [${wanted.join(", ")}]; it is [${shape.join(", ")}]`);
  }
}

/** @throws Error naming the first weight of a layout that is not among the weights, in its shape */
export function checkWeights(name: string, w: unknown, layout: Layout): asserts w is Weights {
  checkObject(w, `${name}: w`, "weights by name, as weighted(model).weights are");
  checkShapes(name, Object.fromEntries(Object.entries(layout).map(([key, { shape }]) => [`w["${key}"]`, [w[key], shape]])));
}
