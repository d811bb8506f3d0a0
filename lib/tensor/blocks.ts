/**
 * Differentiable blocks: one operation on the tape for what would be dozens, its gradient written by hand. On the tape of tfjs a small
 * operation costs some 36 µs forward and backward, inside a block some 10 µs: a training step is few, coarse blocks.
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Handle, native } from "./backend";
import { type NativeOps, type Ops, scoped, tfjsOps, type Value } from "./ops";

/** A block's two directions, written against Ops; the native form may also call kernels by name. */
export interface Block<O extends Ops = Ops> {
  /** From the inputs to the outputs; `saved` is what the gradient needs again. */
  forward(o: O, inputs: Value[]): { outputs: Value[]; saved: Value[] };
  /** From the outputs' gradients to those of the inputs that have one: the first inputs, in their order. */
  backward(o: O, gradients: Value[], saved: Value[]): Value[];
}

interface Engine {
  state: { activeTape: unknown };
  isTapeOn(): boolean;
  addTapeNode(
    name: string,
    inputs: object,
    outputs: tf.Tensor[],
    gradient: (dys: tf.Tensor | tf.Tensor[]) => object,
    saved: object[],
    attributes: object,
  ): void;
  runKernelFunc(call: object): tf.Tensor | tf.Tensor[];
}
const engine = () => tf.engine() as unknown as Engine;
/** Whether a tape notes what is computed. */
export const gradientWanted = (): boolean => engine().isTapeOn();
const named = <T>(values: T[]) => Object.fromEntries(values.map((value, i) => [i, value]));
const listed = (dys: tf.Tensor | tf.Tensor[]) => (Array.isArray(dys) ? dys : [dys]);

/**
 * Runs a block as one differentiable operation with any number of outputs (tf.customGrad has one).
 * @param inputs tensors that a gradient may be asked for
 * @param constants further inputs, which have none
 */
export function differentiable(block: Block, inputs: tf.Tensor[], constants: tf.Tensor[] = []): tf.Tensor[] {
  if (native) return differentiableNative(block, inputs, constants);
  const outputs = engine().runKernelFunc({
    inputs: named(inputs),
    forwardFunc: (_: unknown, save: (saved: tf.Tensor[]) => void) => {
      const { outputs, saved } = block.forward(tfjsOps, [...inputs, ...constants]);
      save(saved as tf.Tensor[]);
      return outputs;
    },
    backwardsFunc: (dys: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) =>
      named(block.backward(tfjsOps, listed(dys), saved).map((g) => () => g)),
  });
  return listed(outputs);
}

/**
 * The same on native handles. What the gradient needs is kept without copies; the tape, when it is done, disposes of what it was told was
 * saved, and so frees the handles: under plain tf.grads as in training.
 */
export function differentiableNative(block: Block<NativeOps>, inputs: tf.Tensor[], constants: tf.Tensor[] = []): tf.Tensor[] {
  const { borrow, adopt, free } = native!;
  const recording = gradientWanted();
  const { tensors, held } = scoped((o) => {
    const borrowed = inputs.map(borrow).concat(constants.map(borrow));
    const { outputs, saved } = block.forward(o, borrowed) as { outputs: Handle[]; saved: Handle[] };
    if (!recording) return { result: { tensors: outputs.map(adopt), held: [] }, keep: outputs };
    // A saved value that belongs to someone else, an input or an output, may be disposed of before the gradient runs: hold it too.
    const others = new Set([...borrowed, ...outputs]);
    const held = saved.map((handle) => (others.has(handle) ? o.kernel("Identity", IDENTITY, [handle], 1)[0] : handle));
    return { result: { tensors: outputs.map(adopt), held }, keep: [...outputs, ...held] };
  });
  if (recording) {
    const gradient = (dys: tf.Tensor | tf.Tensor[]) => {
      // Made whole at once: the engine tidies between one input's gradient and the next.
      const gradients = scoped((o) => {
        const made = block.backward(o, listed(dys).map(borrow), held) as Handle[];
        return { result: made.map(adopt), keep: made };
      });
      return named(gradients.map((g) => () => g));
    };
    const saved = {
      dispose() {
        for (const handle of held.splice(0)) free(handle.id);
        recorded.nodes.delete(saved);
      },
    };
    record(saved);
    engine().addTapeNode("block", named(inputs), tensors, gradient, [saved], {});
  }
  return tensors;
}

interface Saved {
  dispose(): void;
}
/** What the tape under way was told to dispose of. */
const recorded = { tape: null as unknown, nodes: new Set<Saved>() };

/** Notes what a tape holds. A tape that an error broke off never disposes of it; the next one's first block does. */
function record(saved: Saved): void {
  const { activeTape } = engine().state;
  if (recorded.tape !== activeTape) for (const old of recorded.nodes) old.dispose();
  recorded.tape = activeTape;
  recorded.nodes.add(saved);
}

const IDENTITY = native ? [native.attribute.type("T", "float")] : [];

/** @throws Error naming the first of a function's arguments that is no tensor */
export function checkTensors(name: string, values: Record<string, unknown>): void {
  const wrong = Object.keys(values).find((key) => !(values[key] instanceof tf.Tensor));
  if (wrong) throw new Error(`${name}: ${wrong} must be a tensor; make one with tf.tensor(values, shape)`);
  const other = Object.keys(values).find((key) => (values[key] as tf.Tensor).dtype !== "float32");
  if (other) throw new Error(`${name}: ${other} must be float32; it is ${(values[other] as tf.Tensor).dtype}`);
}

/** Computes without a gradient, by the cheapest form there is. */
export function compute(inputs: tf.Tensor[], f: (o: Ops, inputs: Value[]) => Value[]): tf.Tensor[] {
  if (!native) return tf.tidy(() => f(tfjsOps, inputs) as tf.Tensor[]);
  const { borrow, adopt } = native;
  return scoped((o) => {
    const outputs = f(o, inputs.map(borrow)) as Handle[];
    return { result: outputs.map(adopt), keep: outputs };
  });
}

/** Entries of a vector by their places, which must lie in it: tf.gather reads the places back to check them. No gradient. */
export function gather(x: tf.Tensor, indices: tf.Tensor): tf.Tensor {
  if (!native) return tf.gather(x, indices as tf.Tensor1D);
  const { run, attribute, constant } = native;
  const types = [attribute.type("Tparams", "float"), attribute.type("Tindices", "int32"), attribute.type("Taxis", "int32")];
  return run("GatherV2", [...types, attribute.int("batch_dims", 0)], [x, indices, constant("int32", [0], [])], 1)[0];
}

/**
 * A multi-layer perceptron: hidden layers and a linear one on top, x ↦ W_n tanh(… tanh(x W_1 + b_1) …) + b_n.
 * Every tensor may have a leading axis of networks that run side by side: x [N,B,I] (N or 1), W [N,I,O], b [N,1,O]; without it x [B,I] or
 * [1,B,I], W [I,O], b [O].
 * @param options.data x is data: nobody asks for its gradient
 * @param options.pieces the output cut into so many equal pieces along its last axis
 * @param options.hidden tanh, or ReLU in its place
 */
export function mlp(
  x: tf.Tensor,
  layers: { w: tf.Tensor; b: tf.Tensor }[],
  options: { data?: boolean; pieces?: number; hidden?: "tanh" | "relu" } = {},
): tf.Tensor[] {
  const { data = false, pieces = 1, hidden = "tanh" } = options;
  const n = layers.length;
  const rank = layers[0].w.rank;
  const parameters = layers.flatMap(({ w, b }) => [w, b]);
  const block: Block = {
    forward(o, inputs) {
      const [input, p] = data ? [inputs[2 * n], inputs] : [inputs[0], inputs.slice(1)];
      const a = [input.shape.length > rank ? o.reshape(input, input.shape.slice(1)) : input];
      for (let i = 0; i < n; i++) {
        const linear = o.linear(a[i], p[2 * i], p[2 * i + 1]);
        a.push(i < n - 1 ? o[hidden](linear) : linear);
      }
      return {
        outputs: pieces === 1 ? [a[n]] : o.split(a[n], pieces, rank - 1),
        saved: [...a.slice(0, n), ...layers.map((_, i) => p[2 * i])],
      };
    },
    backward(o, dys, saved) {
      const gradients: Value[] = [];
      let d = pieces === 1 ? dys[0] : o.concat(dys, rank - 1);
      for (let i = n - 1; i >= 0; i--) {
        const [input, w] = [saved[i], saved[n + i]];
        gradients.unshift(sumTo(o, o.matMul(input, d, true), w.shape), o.sum(d, [rank - 2], rank === 3));
        if (i === 0 && data) break;
        const di = o.matMul(d, w, false, true);
        if (i > 0) d = o[`${hidden}Gradient`](input, di);
        else gradients.unshift(x.rank > rank ? o.reshape(di, x.shape) : sumTo(o, di, x.shape));
      }
      return gradients;
    },
  };
  return data ? differentiable(block, parameters, [x]) : differentiable(block, [x, ...parameters]);
}

/** The gradient of a broadcast along the leading axis. */
const sumTo = (o: Ops, g: Value, shape: number[]): Value => (g.shape.length === 3 && g.shape[0] !== shape[0] ? o.sum(g, [0], true) : g);

/** Mean squared difference over all elements, mean (a − b)², a scalar. */
export function meanSquare(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const block: Block = {
    forward(o, [a, b]) {
      const difference = o.sub(a, b);
      return { outputs: [o.mul(o.sum(o.square(difference)), 1 / size(difference))], saved: [difference] };
    },
    backward(o, [dy], [difference]) {
      const scale = o.mul(dy, 2 / size(difference));
      return [o.mul(difference, scale), o.mul(difference, o.sub(0, scale))];
    },
  };
  return differentiable(block, [a, b])[0];
}

const size = ({ shape }: Value) => shape.reduce((n, d) => n * d, 1);

/** Σ c_i x_i of scalars, and the x_i themselves as one vector [n] that is read back in one go; no gradient flows through the vector. */
export function weightedSum(scalars: tf.Tensor[], coefficients: number[]): { total: tf.Tensor; parts: tf.Tensor } {
  const block: Block = {
    forward(o, xs) {
      const total = xs.map((x, i) => o.mul(x, coefficients[i])).reduce((a, b) => o.add(a, b));
      const parts = o.concat(
        xs.map((x) => o.reshape(x, [1])),
        0,
      );
      return { outputs: [total, parts], saved: [] };
    },
    backward: (o, [dy]) => coefficients.map((c) => o.mul(dy, c)),
  };
  const [total, parts] = differentiable(block, scalars);
  return { total, parts };
}
