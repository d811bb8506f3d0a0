/**
 * Random tensors that follow from (seed, name, step) alone: the draws of step 1,000 are known without those of the 999 before it, so a
 * resumed training sees what an uninterrupted one sees. One call of one kernel gives all that a step draws: uniform numbers of TensorFlow's
 * stateless generator (Philox; a JavaScript generator without TensorFlow), of which normals and integers are made.
 */
import * as tf from "@tensorflow/tfjs-core";
import { deriveSeed, generator } from "../base/random";
import { native } from "./backend";
import { scoped, type Value } from "./ops";

/**
 * What draws follow from: a run's seed, the use's name and a step (or block) counter; or the key that stands for them, in a graph, which is
 * to draw anew in every call.
 */
export type Stream = { seed: number; name: string; step: number } | { key: tf.Tensor };

/** Independent draws of N(0, 1), or uniform on [0, 1), float32; or uniform on the integers 0 .. below-1, int32: so many, in this shape. */
export type Wanted = { of: "normals" | "uniforms"; shape: number[] } | { of: "integers"; shape: number[]; below: number };

/** The key of a stream, int32 [2], to be a graph's input. */
export const keyOf = (seed: number, name: string, step: number): tf.Tensor1D => tf.tensor1d([deriveSeed(seed, name), step], "int32");

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

/** All that is wanted from a stream, by name: each from numbers of its own, which no wish after it changes. */
export function draws<N extends string>(wanted: Record<N, Wanted>, stream: Stream): Record<N, tf.Tensor> {
  const names = Object.keys(wanted) as N[];
  // How many uniform numbers each takes: one for a uniform or a normal, which come in pairs, two for an integer.
  const needs = names.map((name) => {
    const size = tf.util.sizeFromShape(wanted[name].shape);
    return { uniforms: size, normals: 2 * Math.ceil(size / 2), integers: 2 * size }[wanted[name].of];
  });
  return tf.tidy(() => {
    const pieces = tf.split(uniform01(sum(needs), stream), needs);
    return Object.fromEntries(names.map((name, i) => [name, made(wanted[name], pieces[i])])) as Record<N, tf.Tensor>;
  });
}

/** What is wanted, of its uniform numbers. */
function made(wanted: Wanted, u: tf.Tensor): tf.Tensor {
  const { of, shape } = wanted;
  if (of === "uniforms") return tf.reshape(u, shape);
  if (of === "integers") return tf.reshape(below(wanted.below, u), shape);
  const size = tf.util.sizeFromShape(shape);
  const z = boxMuller(u);
  return tf.reshape(size === z.size ? z : tf.slice(z, [0], [size]), shape);
}

/** Independent draws of N(0, 1), float32. */
export const normals = (shape: number[], stream: Stream): tf.Tensor => draws({ it: { of: "normals", shape } }, stream).it;

/** Independent draws uniform on [0, 1), float32. */
export const uniforms = (shape: number[], stream: Stream): tf.Tensor => draws({ it: { of: "uniforms", shape } }, stream).it;

/**
 * Two normals from two uniforms (Box & Muller 1958), r cos 2πu' and r sin 2πu' with r = √(−2 log(1 − u)), the u' from the second half: first
 * all of the one, then all of the other.
 */
function boxMuller(uniforms: tf.Tensor): tf.Tensor {
  const [u, v] = tf.split(uniforms, 2);
  const r = tf.sqrt(tf.mul(-2, tf.log(tf.sub(1, u))));
  const angle = tf.mul(2 * Math.PI, v);
  return tf.concat([tf.mul(r, tf.cos(angle)), tf.mul(r, tf.sin(angle))]);
}

/** n numbers uniform on [0, 1), multiples of 2⁻²³. */
function uniform01(n: number, stream: Stream): tf.Tensor {
  const key = "key" in stream ? stream.key : keyOf(stream.seed, stream.name, stream.step);
  if (native) {
    const { run, attribute, constant } = native;
    const types = [attribute.type("dtype", "float"), attribute.type("T", "int32"), attribute.type("Tseed", "int32")];
    return run("StatelessRandomUniform", types, [constant("int32", [n]), key], 1)[0];
  }
  const [seed, step] = key.dataSync();
  const { integer } = generator(deriveSeed(seed, "step", step), "uniform");
  return tf.tensor1d(Float32Array.from({ length: n }, () => integer(2 ** 23) / 2 ** 23));
}

/**
 * Integers ⌊n x⌋ of x = u + 2⁻²³ u' with u' from the second half, in float64: x has 2⁴⁶ values, so that for n < 2³¹ an integer's share
 * differs from 1/n by a part in 2¹⁵ at most.
 */
function below(n: number, u: tf.Tensor): tf.Tensor {
  if (!native) {
    const [values, count] = [u.dataSync(), u.size / 2];
    return tf.tensor1d(Int32Array.from({ length: count }, (_, i) => n * (values[i] + 2 ** -23 * values[count + i])));
  }
  const { attribute, constant, borrow, adopt } = native;
  const double = [attribute.type("T", "double")];
  return scoped((o) => {
    const cast = (x: Value | number, from: "float" | "int32" | "double", to: "int32" | "double") =>
      o.kernel("Cast", [attribute.type("SrcT", from), attribute.type("DstT", to), attribute.bool("Truncate", false)], [x], 1)[0];
    const [first, second] = o.cut(borrow(u), [u.size / 2, u.size / 2]).map((x) => cast(x, "float", "double"));
    const [count, step] = [cast(constant("int32", [n], []), "int32", "double"), cast(constant("float", [2 ** -23]), "float", "double")];
    const x = o.kernel("AddV2", double, [first, o.kernel("Mul", double, [second, step], 1)[0]], 1)[0];
    const made = cast(o.kernel("Mul", double, [x, count], 1)[0], "double", "int32");
    return { result: adopt(made), keep: [made] };
  });
}

const sum = (values: number[]) => values.reduce((total, x) => total + x, 0);
