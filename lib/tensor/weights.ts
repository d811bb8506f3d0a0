/** Named weights that lie in one flat vector, so that clipping, Adam and a checkpoint each touch one tensor. */
import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkNumbers, checkObject, checkSeed, checkWhole } from "../base/check";
import { generator } from "../base/random";
import { checkShapes } from "./check";

/** A weight's shape and how it starts: Glorot's uniform, or a constant for each element's column group. */
export interface WeightSpec {
  shape: number[];
  /** "glorot": uniform on ±√(6 / (rows + columns)); "lstmBias": 1 for the forget gate, else 0; a number: that. */
  start: "glorot" | "lstmBias" | number;
}
/** The weights of a model by name, in a fixed order. */
export type Layout = Record<string, WeightSpec>;
/** The weights as tensors. */
export type Weights = Record<string, tf.Tensor>;

/** @throws Error naming what is wrong with a layout */
function checkLayout(layout: unknown): asserts layout is Layout {
  checkObject(layout, "layout", "an object of weights' shapes and starts, by name");
  for (const [name, spec] of Object.entries(layout)) {
    checkObject(spec, `layout["${name}"]`, "a shape and a start");
    checkNumbers(spec.shape, `layout["${name}"].shape`, 0);
    for (const size of spec.shape as number[]) checkWhole(size, `a size of layout["${name}"].shape`);
    if (spec.start !== "glorot" && spec.start !== "lstmBias") checkNumber(spec.start, `layout["${name}"].start`);
  }
}

const sizeOf = (spec: WeightSpec) => tf.util.sizeFromShape(spec.shape);

/** The number of scalars in a layout. */
export const totalSize = (layout: Layout): number => Object.values(layout).reduce((n, spec) => n + sizeOf(spec), 0);

/** The initial weights as one flat vector. @throws Error naming what is wrong with the layout or the seed */
export function initialise(layout: Layout, seed: number): Float32Array {
  checkLayout(layout);
  checkSeed(seed);
  const flat = new Float32Array(totalSize(layout));
  let offset = 0;
  for (const [name, spec] of Object.entries(layout)) {
    const values = flat.subarray(offset, offset + sizeOf(spec));
    offset += values.length;
    const [rows, columns] = spec.shape.slice(-2);
    if (spec.start === "glorot") {
      const random = generator(seed, `weights/${name}`);
      const limit = Math.sqrt(6 / (rows + columns));
      for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);
    } else if (spec.start === "lstmBias") {
      values.fill(1, values.length / 4, values.length / 2); // gates i, f, g, o
    } else values.fill(spec.start);
  }
  return flat;
}

/** Tensors by names in the same order; tensors beyond the last name are left out. */
export const named = (names: string[], tensors: tf.Tensor[]): Weights => Object.fromEntries(names.map((name, i) => [name, tensors[i]]));

/** The flat vector cut into named tensors. @throws Error naming what is wrong with the layout or the vector */
export function unpack(layout: Layout, flat: tf.Tensor1D): Weights {
  checkLayout(layout);
  checkShapes("unpack", { flat: [flat, [totalSize(layout)]] });
  const specs = Object.values(layout);
  return tf.tidy(() =>
    named(
      Object.keys(layout),
      tf.split(flat, specs.map(sizeOf)).map((piece, i) => tf.reshape(piece, specs[i].shape)),
    ),
  );
}
