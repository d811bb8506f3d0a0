/** Seeded synthetic data for tests; it can be loaded outside the test runner too. */
import * as tf from "@tensorflow/tfjs-core";
import "../lib/tensor/backend";
import { generator } from "../lib/base/random";

/** Numbers from N(0, scale²), seeded. */
export function normalValues(n: number, stream: string, scale = 1, seed = 1): Float32Array {
  const random = generator(seed, stream);
  return Float32Array.from({ length: n }, () => scale * random.normal());
}

/** A tensor of such numbers. */
export const randomTensor = (shape: number[], stream: string, scale = 1): tf.Tensor =>
  tf.tensor(normalValues(tf.util.sizeFromShape(shape), stream, scale), shape);

/** A seeded chain over a few levels in [0, 1] that mostly stays where it is. */
export function chain(length: number, seed = 1, levels = [0, 0.25, 0.5, 1]): Float32Array {
  const random = generator(seed, "chain");
  let level = 0;
  return Float32Array.from({ length }, () => {
    if (random.uniform() < 0.4) level = random.integer(levels.length);
    return levels[level];
  });
}
