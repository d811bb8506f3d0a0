/**
 * Elementary operations in two forms under one interface: kernels of TensorFlow on bare handles (some 5 µs each), and functions of tfjs-core
 * (some 10 µs, and portable). A block (blocks.ts) is written once against the interface.
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Attribute, type Handle, native } from "./backend";

/** What an operation takes and gives: a tensor of tfjs, or a native handle. */
export interface Value {
  readonly shape: number[];
}
/** A value, or a number that stands for a scalar. */
export type Operand = Value | number;

/** The operations that blocks are made of; broadcasting as in TensorFlow. */
export interface Ops {
  add(a: Operand, b: Operand): Value;
  sub(a: Operand, b: Operand): Value;
  mul(a: Operand, b: Operand): Value;
  div(a: Operand, b: Operand): Value;
  square(x: Value): Value;
  sqrt(x: Value): Value;
  exp(x: Value): Value;
  log(x: Value): Value;
  reciprocal(x: Value): Value;
  tanh(x: Value): Value;
  sigmoid(x: Value): Value;
  relu(x: Value): Value;
  maximum(a: Operand, b: Operand): Value;
  /** x − log Σ exp(x) of each row of a matrix. */
  logSoftmax(x: Value): Value;
  /** dy tanh'(x) from y = tanh(x). */
  tanhGradient(y: Value, dy: Value): Value;
  /** dy σ'(x) from y = σ(x). */
  sigmoidGradient(y: Value, dy: Value): Value;
  /** dy relu'(x) from y = relu(x); 0 at x = 0. */
  reluGradient(y: Value, dy: Value): Value;
  clip(x: Value, low: number, high: number): Value;
  /** 1 where |x| < limit, else 0. */
  inside(x: Value, limit: number): Value;
  /** Sum over axes (all when none is named). */
  sum(x: Value, axes?: number[], keep?: boolean): Value;
  /** a b over the last two axes, either transposed first. */
  matMul(a: Value, b: Value, transposeA?: boolean, transposeB?: boolean): Value;
  /** x w + b, of matrices with b [O] or over the last two axes with b [.., 1, O]. */
  linear(x: Value, w: Value, b: Value): Value;
  reshape(x: Value, shape: number[]): Value;
  concat(xs: Value[], axis: number): Value;
  /** n equal pieces along an axis. */
  split(x: Value, n: number, axis: number): Value[];
  /** Along axis 0: pieces of these sizes. */
  cut(x: Value, sizes: number[]): Value[];
  /** Along axis 0: `size` entries from `begin`. */
  rows(x: Value, begin: number, size: number): Value;
  /** Along axis 0: `before` zero entries in front. */
  padRows(x: Value, before: number): Value;
}

const T = (x: Operand) => x as tf.Tensor | number;

/** The portable form. */
export const tfjsOps: Ops = {
  add: (a, b) => tf.add(T(a), T(b)),
  sub: (a, b) => tf.sub(T(a), T(b)),
  mul: (a, b) => tf.mul(T(a), T(b)),
  div: (a, b) => tf.div(T(a), T(b)),
  square: (x) => tf.square(x as tf.Tensor),
  sqrt: (x) => tf.sqrt(x as tf.Tensor),
  exp: (x) => tf.exp(x as tf.Tensor),
  log: (x) => tf.log(x as tf.Tensor),
  reciprocal: (x) => tf.reciprocal(x as tf.Tensor),
  tanh: (x) => tf.tanh(x as tf.Tensor),
  sigmoid: (x) => tf.sigmoid(x as tf.Tensor),
  relu: (x) => tf.relu(x as tf.Tensor),
  maximum: (a, b) => tf.maximum(T(a), T(b)),
  logSoftmax: (x) => tf.logSoftmax(x as tf.Tensor),
  tanhGradient: (y, dy) => tf.mul(dy as tf.Tensor, tf.sub(1, tf.square(y as tf.Tensor))),
  sigmoidGradient: (y, dy) => tf.mul(dy as tf.Tensor, tf.mul(y as tf.Tensor, tf.sub(1, y as tf.Tensor))),
  reluGradient: (y, dy) => tf.mul(dy as tf.Tensor, tf.step(y as tf.Tensor)),
  clip: (x, low, high) => tf.clipByValue(x as tf.Tensor, low, high),
  inside: (x, limit) => tf.cast(tf.less(tf.abs(x as tf.Tensor), limit), "float32"),
  sum: (x, axes, keep) => tf.sum(x as tf.Tensor, axes, keep),
  matMul: (a, b, ta, tb) => tf.matMul(a as tf.Tensor, b as tf.Tensor, ta, tb),
  linear: (x, w, b) => tf.add(tf.matMul(x as tf.Tensor, w as tf.Tensor), b as tf.Tensor),
  reshape: (x, shape) => tf.reshape(x as tf.Tensor, shape),
  concat: (xs, axis) => tf.concat(xs as tf.Tensor[], axis),
  split: (x, n, axis) => tf.split(x as tf.Tensor, n, axis),
  cut: (x, sizes) => tf.split(x as tf.Tensor, sizes),
  rows: (x, begin, size) => tf.slice(x as tf.Tensor, [begin, ...x.shape.slice(1).map(() => 0)], [size, ...x.shape.slice(1)]),
  padRows: (x, before) =>
    tf.pad(
      x as tf.Tensor,
      x.shape.map((_, i) => [i === 0 ? before : 0, 0]),
    ),
};

/** The native form, which also runs any kernel by name. */
export interface NativeOps extends Ops {
  kernel(name: string, attributes: Attribute[], inputs: (Value | number)[], outputs: number): Handle[];
}

let arena: Handle[] = [];

/** Runs f with the native form; frees every handle that it made, but for those that f's result names. */
export function scoped<R>(f: (o: NativeOps) => { result: R; keep: Iterable<Handle> }): R {
  const outer = arena;
  const made: Handle[] = [];
  arena = made;
  const kept = new Set<Handle>();
  try {
    const { result, keep } = f(nativeOps!);
    for (const handle of keep) kept.add(handle);
    return result;
  } finally {
    arena = outer;
    for (const handle of made) if (!kept.has(handle)) native!.free(handle.id);
  }
}

const nativeOps = native && makeNativeOps(native);

function makeNativeOps({ execute, attribute, constant }: NonNullable<typeof native>): NativeOps {
  const float = [attribute.type("T", "float")];
  const id = (x: Operand): number => (typeof x === "number" ? constant("float", [x]) : (x as Handle).id);
  const run = (name: string, attributes: Attribute[], ids: number[], outputs: number): Handle[] => {
    const made = execute(name, attributes, ids, outputs);
    for (const handle of made) arena.push(handle);
    return made;
  };
  const one = (name: string, attributes: Attribute[], ids: number[]): Handle => {
    const handle = execute(name, attributes, ids, 1)[0];
    arena.push(handle);
    return handle;
  };
  const unary = (name: string) => (x: Operand) => one(name, float, [id(x)]);
  const binary = (name: string) => (a: Operand, b: Operand) => one(name, float, [id(a), id(b)]);
  const indexed = (...names: string[]) => [...float, ...names.map((name) => attribute.type(name, "int32"))];
  const int32 = (values: number[], shape?: number[]) => constant("int32", values, shape);
  const [abs, less] = [unary("Abs"), binary("Less")];
  const toFloat = [attribute.type("SrcT", "bool"), attribute.type("DstT", "float"), attribute.bool("Truncate", false)];
  const sums = [false, true].map((keep) => [...indexed("Tidx"), attribute.bool("keep_dims", keep)]);
  const products = (a: string, b: string) =>
    [0, 1, 2, 3].map((i) => [...float, attribute.bool(a, (i & 1) > 0), attribute.bool(b, (i & 2) > 0)]);
  const [flat, batched] = [products("transpose_a", "transpose_b"), products("adj_x", "adj_y")];
  const bias = [...float, attribute.string("data_format", "NHWC")];
  const [slice, pad, shape] = [indexed("Index"), indexed("Tpaddings"), indexed("Tshape")];
  const matMul = (a: Value, b: Value, ta = false, tb = false) => {
    const [name, variants] =
      a.shape.length === 2 && b.shape.length === 2 ? (["MatMul", flat] as const) : (["BatchMatMulV2", batched] as const);
    return one(name, variants[(ta ? 1 : 0) + (tb ? 2 : 0)], [id(a), id(b)]);
  };
  const joins = new Map<number, Attribute[]>();
  const joined = (n: number) => joins.get(n) ?? joins.set(n, [...indexed("Tidx"), attribute.int("N", n)]).get(n)!;
  return {
    kernel: (name, attributes, inputs, outputs) =>
      run(
        name,
        attributes,
        inputs.map((x) => (typeof x === "number" ? x : id(x))),
        outputs,
      ),
    add: binary("AddV2"),
    sub: binary("Sub"),
    mul: binary("Mul"),
    div: binary("RealDiv"),
    square: unary("Square"),
    sqrt: unary("Sqrt"),
    exp: unary("Exp"),
    log: unary("Log"),
    reciprocal: unary("Reciprocal"),
    tanh: unary("Tanh"),
    sigmoid: unary("Sigmoid"),
    relu: unary("Relu"),
    maximum: binary("Maximum"),
    logSoftmax: unary("LogSoftmax"),
    tanhGradient: binary("TanhGrad"),
    sigmoidGradient: binary("SigmoidGrad"),
    reluGradient: (y, dy) => one("ReluGrad", float, [id(dy), id(y)]),
    clip: (x, low, high) => one("ClipByValue", float, [id(x), id(low), id(high)]),
    inside: (x, limit) => one("Cast", toFloat, [less(abs(x), limit).id]),
    sum: (x, axes = x.shape.map((_, i) => i), keep = false) => one("Sum", sums[keep ? 1 : 0], [id(x), int32(axes)]),
    matMul,
    linear: (x, w, b) => {
      const ids = [matMul(x, w).id, id(b)];
      return b.shape.length === 1 ? one("BiasAdd", bias, ids) : one("AddV2", float, ids); // in a graph BiasAdd is one kernel with its product
    },
    reshape: (x, to) => one("Reshape", shape, [id(x), int32(to)]),
    concat: (xs, axis) =>
      xs.length === 1
        ? one("Identity", float, [id(xs[0])]) // ConcatV2 wants two or more
        : one("ConcatV2", joined(xs.length), [...xs.map(id), int32([axis], [])]),
    split: (x, n, axis) => run("Split", [...float, attribute.int("num_split", n)], [int32([axis], []), id(x)], n),
    cut: (x, sizes) => {
      const attributes = [...indexed("Tlen"), attribute.int("num_split", sizes.length)];
      return run("SplitV", attributes, [id(x), int32(sizes), int32([0], [])], sizes.length);
    },
    rows: (x, begin, size) => {
      const rest = x.shape.slice(1);
      return one("Slice", slice, [id(x), int32([begin, ...rest.map(() => 0)]), int32([size, ...rest])]);
    },
    padRows: (x, before) => {
      const sides = x.shape.flatMap((_, i) => [i === 0 ? before : 0, 0]);
      return one("Pad", pad, [id(x), int32(sides, [x.shape.length, 2])]);
    },
  };
}
