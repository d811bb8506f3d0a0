/**
 * Random tensors that follow from (seed, stream, step) alone: the draws of step 1,000 are known without those of the 999 before it, so a
 * resumed training sees what an uninterrupted one sees. TensorFlow's stateless kernels (Philox); without TensorFlow, a JavaScript generator.
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Attribute, native } from "./backend";
import { deriveSeed, generator, type Random } from "./random";

/** Keys of named uses, tensors [2] of int32. */
export type Keys = Record<string, tf.Tensor1D>;
/** What draws follow from: a run's seed and a step (or block) counter; in a graph, which is to draw anew in every call, keys that are its inputs. */
export type Source = { seed: number; step: number } | { keys: Keys };
/** Where a draw comes from: a source, and the name of the use. */
export type Stream = Source & { name: string };

/** The keys of these uses as one tensor [n, 2], to be a graph's input. */
export const keyTable = (names: readonly string[], seed: number, step: number): tf.Tensor2D =>
  tf.tensor2d(
    names.flatMap((name) => [deriveSeed(seed, name), step]),
    [names.length, 2],
    "int32",
  );

/** The keys that a table holds. */
export const keysOf = (names: readonly string[], table: tf.Tensor): Keys =>
  Object.fromEntries(names.map((name, i) => [name, tf.reshape(tf.slice(table, [i, 0], [1, 2]), [2]) as tf.Tensor1D]));

const keyOf = (stream: Stream): tf.Tensor1D =>
  "keys" in stream ? stream.keys[stream.name] : (tf.reshape(keyTable([stream.name], stream.seed, stream.step), [2]) as tf.Tensor1D);

/** Rows are drawn in blocks of this many, so that a row's draws do not depend on how many rows are worked on at once. */
export const BLOCK = 1024;

/** The first B of a block's rows, which lie along an axis. */
export const firstRows = <T extends tf.Tensor>(block: T, B: number, axis: number): T =>
  block.shape[axis] === B
    ? block
    : (tf.slice(
        block,
        block.shape.map(() => 0),
        block.shape.map((n, i) => (i === axis ? B : n)),
      ) as T);

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

function stateless(kernel: string, shape: number[], stream: Stream, type: Attribute[], range: tf.Tensor[] = []): tf.Tensor {
  const { run, attribute, constant } = native!;
  return tf.tidy(() => {
    const attributes = [...type, attribute.type("T", "int32"), attribute.type("Tseed", "int32")];
    return run(kernel, attributes, [constant("int32", shape), keyOf(stream), ...range], 1)[0];
  });
}

function fill(shape: number[], stream: Stream, dtype: "float32" | "int32", draw: (g: Random) => number): tf.Tensor {
  const [seed, step] = tf.tidy(() => keyOf(stream).dataSync());
  const g = generator(deriveSeed(seed, "step", step), stream.name);
  return tf.tensor(
    Array.from({ length: tf.util.sizeFromShape(shape) }, () => draw(g)),
    shape,
    dtype,
  );
}
