/**
 * Random tensors that follow from (seed, stream, step) alone: the draws of step 1,000 are known without those of the 999 before it, so a
 * resumed training sees what an uninterrupted one sees. TensorFlow's stateless kernels (Philox); without TensorFlow, a JavaScript generator.
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Attribute, native } from "./backend";
import { deriveSeed, generator, type Random } from "./random";

/** Where a draw comes from: a run's seed, the name of the use, and a step (or block) counter, a tensor [1] of int32 where a graph is to draw anew. */
export type Stream = { seed: number; name: string; step: number | tf.Tensor };

/** Rows are drawn in blocks of this many, so that a row's draws do not depend on how many rows are worked on at once. */
export const BLOCK = 1024;

/** The first B of a block's rows, which lie along an axis. */
export const firstRows = <T extends tf.Tensor>(block: T, B: number, axis: number): T =>
  tf.slice(
    block,
    block.shape.map(() => 0),
    block.shape.map((n, i) => (i === axis ? B : n)),
  ) as T;

/** Independent draws of N(0, 1), float32. */
export function normals(shape: number[], stream: Stream): tf.Tensor {
  if (!native) return fill(shape, stream, "float32", (g) => g.normal());
  return stateless("StatelessRandomNormal", shape, stream, [native.attribute.type("dtype", "float")]);
}

/** Independent draws uniform on [0, 1), float32. */
export function uniforms(shape: number[], stream: Stream): tf.Tensor {
  if (!native) return fill(shape, stream, "float32", (g) => g.uniform());
  return stateless("StatelessRandomUniform", shape, stream, [native.attribute.type("dtype", "float")]);
}

/** Independent draws uniform on the integers 0 .. n-1, int32. */
export function integers(shape: number[], n: number, stream: Stream): tf.Tensor {
  if (!native) return fill(shape, stream, "int32", (g) => g.integer(n));
  return tf.tidy(() => {
    const range = [0, n].map((x) => tf.scalar(x, "int32"));
    return stateless("StatelessRandomUniformInt", shape, stream, [native!.attribute.type("dtype", "int32")], range);
  });
}

function stateless(kernel: string, shape: number[], { seed, name, step }: Stream, type: Attribute[], range: tf.Tensor[] = []): tf.Tensor {
  const { run, attribute, constant } = native!;
  return tf.tidy(() => {
    const own = deriveSeed(seed, name);
    const key =
      typeof step === "number" ? tf.tensor1d([own, step], "int32") : tf.concat([tf.tensor1d([own], "int32"), step as tf.Tensor1D], 0);
    return run(
      kernel,
      [...type, attribute.type("T", "int32"), attribute.type("Tseed", "int32")],
      [constant("int32", shape), key, ...range],
      1,
    )[0];
  });
}

function fill(shape: number[], { seed, name, step }: Stream, dtype: "float32" | "int32", draw: (g: Random) => number): tf.Tensor {
  const g = generator(deriveSeed(seed, name, typeof step === "number" ? step : step.dataSync()[0]), name);
  return tf.tensor(
    Array.from({ length: tf.util.sizeFromShape(shape) }, () => draw(g)),
    shape,
    dtype,
  );
}
