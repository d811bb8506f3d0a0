/**
 * Random tensors that follow from (seed, name, step) alone: the draws of step 1,000 are known without those of the 999 before it, so a
 * resumed training sees what an uninterrupted one sees. One call of one kernel gives all that a step draws: uniform numbers of TensorFlow's
 * stateless generator (Philox; a JavaScript generator without TensorFlow), of which normals and integers are made.
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, checkObject, checkSeed, checkText, checkWhole, refuse } from "../base/check";
import { deriveSeed, generator } from "../base/random";
import { native } from "./backend";

/**
 * What draws follow from: a run's seed, the use's name and a step (or block) counter; or the key that stands for them, in a graph, which is
 * to draw anew in every call.
 */
export type Stream = { seed: number; name: string; step: number } | { key: tf.Tensor };

/**
 * Independent draws of N(0, 1), or uniform on [0, 1), float32; or uniform on the integers 0 .. below-1, int32. "rows" in a shape stands for the
 * number of rows that the caller works on.
 */
export type Wanted = { of: "normals" | "uniforms"; shape: Shape } | { of: "integers"; shape: Shape; below: number };
/** The shape of what is wanted. */
export type Shape = (number | "rows")[];

/** The key of a stream, int32 [2], to be a graph's input. */
export const keyOf = (seed: number, name: string, step: number): tf.Tensor1D => tf.tensor1d([deriveSeed(seed, name), step], "int32");

/** Rows are drawn in blocks of this many, so that a row's draws do not depend on how many rows are worked on at once. */
export const BLOCK = 1024;

/** All that is wanted from a stream, by name: each takes numbers of its own, in the order of the names. */
export function draws<N extends string>(wanted: Record<N, Wanted>, stream: Stream, rows?: number): Record<N, tf.Tensor> {
  checkWanted(wanted);
  checkStream(stream);
  if (rows !== undefined) checkWhole(rows, "rows", 0, MAX_SIZE);
  const names = Object.keys(wanted) as N[];
  const shapes = names.map((name) => shapeOf(wanted[name].shape, rows));
  // How many uniform numbers each takes: one for a uniform or a normal, which come in pairs, two for an integer.
  const needs = names.map((name, i) => {
    const size = tf.util.sizeFromShape(shapes[i]);
    return { uniforms: size, normals: 2 * Math.ceil(size / 2), integers: 2 * size }[wanted[name].of];
  });
  const all = needs.reduce((total, n) => total + n, 0);
  if (all === 0) return {} as Record<N, tf.Tensor>;
  return tf.tidy(() => {
    const pieces = tf.split(uniform01(all, stream), needs);
    return Object.fromEntries(names.map((name, i) => [name, made(wanted[name], shapes[i], pieces[i])])) as Record<N, tf.Tensor>;
  });
}

/** What is wanted for the first B rows of a block. */
export function blockDraws<N extends string>(wanted: Record<N, Wanted>, stream: Stream, B: number): Record<N, tf.Tensor> {
  checkWhole(B, "B", 0, BLOCK);
  return tf.tidy(() => {
    const block = draws(wanted, stream, BLOCK);
    for (const name of Object.keys(block) as N[]) {
      const begin = wanted[name].shape.map(() => 0);
      block[name] = B === BLOCK ? block[name] : tf.slice(block[name], begin, shapeOf(wanted[name].shape, B));
    }
    return block;
  });
}

/** The most that one axis of a shape may have. */
const MAX_SIZE = 2 ** 31 - 1;

function checkStream(stream: unknown): void {
  checkObject(stream, "stream", "{ seed, name, step }, or the key that stands for them");
  if (!("key" in stream)) {
    checkSeed(stream.seed, "stream.seed");
    checkText(stream.name, "stream.name", "a name");
    checkWhole(stream.step, "stream.step", 0, MAX_SIZE);
  } else if (!(stream.key instanceof tf.Tensor && stream.key.dtype === "int32" && `${stream.key.shape}` === "2"))
    refuse("stream.key", "an int32 tensor of two numbers", stream.key);
}

function checkWanted(wanted: unknown): void {
  checkObject(wanted, "wanted", "an object of what is wanted, by name");
  for (const [name, one] of Object.entries(wanted)) {
    const { of, shape, below } = (one ?? {}) as Record<string, unknown>;
    checkChoice(of, `wanted.${name}.of`, ["normals", "uniforms", "integers"]);
    if (!Array.isArray(shape)) refuse(`wanted.${name}.shape`, 'an array of sizes or "rows"', shape);
    for (let i = 0; i < shape.length; i++) if (shape[i] !== "rows") checkWhole(shape[i], `wanted.${name}.shape[${i}]`, 0, MAX_SIZE);
    if (of === "integers") checkWhole(below, `wanted.${name}.below`, 1, MAX_SIZE);
  }
}

function shapeOf(shape: Shape, rows?: number): number[] {
  return shape.map((n) => {
    const size = n === "rows" ? rows : n;
    if (size === undefined) throw new Error('draws: a shape with "rows" needs a number of rows');
    return size;
  });
}

/** What is wanted, of its uniform numbers. */
function made(wanted: Wanted, shape: number[], u: tf.Tensor): tf.Tensor {
  if (wanted.of === "uniforms") return tf.reshape(u, shape);
  if (wanted.of === "integers") return tf.reshape(below(wanted.below, u), shape);
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
  const count = u.size / 2;
  if (!native) {
    const values = u.dataSync();
    return tf.tensor1d(
      Int32Array.from({ length: count }, (_, i) => n * (values[i] + 2 ** -23 * values[count + i])),
      "int32",
    );
  }
  const { attribute, constant, bare } = native;
  const double = [attribute.type("T", "double")];
  const [first, second] = tf.split(u, 2);
  return bare((kernel) => {
    const cast = (x: tf.Tensor | number, from: "float" | "int32" | "double", to: "int32" | "double") =>
      kernel("Cast", [attribute.type("SrcT", from), attribute.type("DstT", to), attribute.bool("Truncate", false)], [x]);
    const step = cast(constant("float", [2 ** -23]), "float", "double");
    const x = kernel("AddV2", double, [cast(first, "float", "double"), kernel("Mul", double, [cast(second, "float", "double"), step])]);
    return cast(kernel("Mul", double, [x, cast(constant("int32", [n], []), "int32", "double")]), "double", "int32");
  });
}
