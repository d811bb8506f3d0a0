/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997) over a whole sequence. With z = [x_t, h_{t-1}] W + b,
 * split in the order i, f, g, o:
 *
 *   c_t = σ(f) c_{t-1} + σ(i) tanh(g),   h_t = σ(o) tanh(c_t).
 *
 * No forget-gate bias is added: it lives in b.
 */
import * as tf from "@tensorflow/tfjs-core";
import { native } from "./backend";
import { type Block, checkTensors, compute, differentiableNative, gradientWanted } from "./blocks";
import { type NativeOps, type Ops, tfjsOps, type Value } from "./ops";

/** Weights of an LSTM with I inputs and H units: w [I+H, 4H], b [4H]; gate order i, f, g, o. */
export type LstmWeights = { w: tf.Tensor2D; b: tf.Tensor1D };
/** Hidden output h and cell c, each [B, H]. */
export type State = { h: tf.Tensor2D; c: tf.Tensor2D };

/**
 * Runs an LSTM over a sequence: TensorFlow's BlockLSTMV2 and its gradient, or the op-by-op form where there is no TensorFlow.
 * @param x [T, B, I]
 * @param state the state before the first step
 * @returns outputs [T, B, H] and the state after the last step; both differentiable, as is the state that went in
 * @throws Error naming the argument that is no tensor, or whose shape does not fit
 */
export function lstm(x: tf.Tensor3D, state: State, weights: LstmWeights): { outputs: tf.Tensor3D; state: State } {
  checkShapes(x, state, weights);
  const { w, b } = weights;
  return tf.tidy(() => {
    const s = tf.stack([state.h, state.c]) as tf.Tensor3D;
    const [outputs, last] = native ? onTensorFlow(x, s, w, b, "all") : opByOp(x, s, w, b);
    const [h, c] = tf.unstack(last) as tf.Tensor2D[];
    return { outputs: outputs as tf.Tensor3D, state: { h, c } };
  });
}

/**
 * The states after the last step alone, which is all that state recognition asks of an LSTM.
 * @param x [T, N B, I]: N groups of B rows
 * @param s [2, N B, H]: row 0 is the hidden output h, row 1 the cell c
 * @returns the new state of each group, [2, B, H]
 */
export function lstmStates(x: tf.Tensor3D, s: tf.Tensor3D, { w, b }: LstmWeights, groups = 1): tf.Tensor3D[] {
  if (native) return onTensorFlow(x, s, w, b, groups) as tf.Tensor3D[];
  const last = opByOp(x, s, w, b)[1] as tf.Tensor3D;
  return groups === 1 ? [last] : tf.split(last, groups, 1);
}

/**
 * One or more steps: the outputs and the state after them.
 * @param x [T, B, I]
 * @param s [2, B, H], as above
 * @returns outputs [T, B, H], state [2, B, H]
 */
export function lstmSteps(x: tf.Tensor3D, s: tf.Tensor3D, { w, b }: LstmWeights): { outputs: tf.Tensor3D; state: tf.Tensor3D } {
  const [outputs, state] = (native ? onTensorFlow(x, s, w, b, "all") : opByOp(x, s, w, b)) as tf.Tensor3D[];
  return { outputs, state };
}

/** On TensorFlow, as one differentiable operation. Outputs: h of all steps and the last state [2, B, H], or the last states of so many groups of rows. */
function onTensorFlow(x: tf.Tensor3D, s: tf.Tensor3D, w: tf.Tensor2D, b: tf.Tensor1D, want: "all" | number): tf.Tensor[] {
  const { constant } = native!;
  const [T, B] = x.shape;
  const H = b.size / 4;
  if (T === 1 && native!.recording() && !gradientWanted()) {
    // In a graph a small kernel costs little: products and activations by themselves take less time than this one.
    return compute([x, s, w, b], (o, inputs) => {
      const { outputs, state } = cells(o, inputs);
      return want === "all" ? [...outputs, state] : want === 1 ? [state] : o.split(state, want, 1);
    });
  }
  // BlockLSTMV2 wants peephole weights even when it does not use them.
  const unused = constant("float", new Array(H).fill(0), [H]);
  const length = constant("int64", [T]);
  const block: Block<NativeOps> = {
    forward(o, [x, s, w, b]) {
      const [h0, c0] = o.cut(o.reshape(s, [2 * B, H]), [B, B]);
      const inputs = [length, x, c0, h0, w, unused, unused, unused, b];
      const steps = o.kernel("BlockLSTMV2", FORWARD, inputs, 7); // i, c, f, o, g, tanh(c), h
      const last = (sequence: Value) => (T === 1 ? sequence : o.rows(sequence, T - 1, 1));
      const state = o.concat([last(steps[6]), last(steps[1])], 0);
      const outputs = want === "all" ? [steps[6], state] : want === 1 ? [state] : o.split(state, want, 1);
      return { outputs, saved: [x, c0, h0, w, b, ...steps] };
    },
    backward(o, gradients, [x, c0, h0, w, b, ...steps]) {
      const states = want === "all" ? gradients.slice(1) : gradients;
      const [dhT, dcT] = o.split(states.length === 1 ? states[0] : o.concat(states, 1), 2, 0);
      const [dhLast, dc] = T === 1 ? [dhT, dcT] : [o.padRows(dhT, T - 1), o.padRows(dcT, T - 1)];
      const dh = want === "all" ? o.add(dhLast, gradients[0]) : dhLast;
      const inputs = [length, x, c0, h0, w, unused, unused, unused, b, ...steps, dc, dh];
      const [dx, dc0, dh0, dw, , , , db] = o.kernel("BlockLSTMGradV2", BACKWARD, inputs, 8);
      return [dx, o.reshape(o.concat([dh0, dc0], 0), [2, B, H]), dw, db];
    },
  };
  return differentiableNative(block, [x, s, w, b]);
}

const BACKWARD = native ? [native.attribute.bool("use_peephole", false), native.attribute.type("T", "float")] : [];
const FORWARD = native ? [native.attribute.float("cell_clip", -1), ...BACKWARD] : [];

/** The same by elementary operations, differentiated by the tape: the portable form. Returns [h of all steps, last state [2, B, H]]. */
export function opByOp(x: tf.Tensor3D, s: tf.Tensor3D, w: tf.Tensor2D, b: tf.Tensor1D): [tf.Tensor, tf.Tensor] {
  const { outputs, state } = cells(tfjsOps, [x, s, w, b]);
  return [tf.concat(outputs as tf.Tensor[], 0), state as tf.Tensor];
}

/** One cell after another, each gate by a product of its own: h of each step, [1, B, H], and the last state. */
function cells(o: Ops, [x, s, w, b]: Value[]): { outputs: Value[]; state: Value } {
  const [T, B, I] = x.shape;
  const H = b.shape[0] / 4;
  const [weights, biases] = [o.split(w, 4, 1), o.split(b, 4, 0)];
  let [h, c] = o.cut(o.reshape(s, [2 * B, H]), [B, B]);
  const outputs = (T === 1 ? [x] : o.split(x, T, 0)).map((xt) => {
    const xh = o.concat([o.reshape(xt, [B, I]), h], 1);
    const [i, f, g, out] = weights.map((wg, gate) => o.linear(xh, wg, biases[gate]));
    c = o.add(o.mul(o.sigmoid(f), c), o.mul(o.sigmoid(i), o.tanh(g)));
    h = o.mul(o.sigmoid(out), o.tanh(c));
    return o.reshape(h, [1, B, H]);
  });
  return { outputs, state: o.reshape(o.concat([h, c], 0), [2, B, H]) };
}

function checkShapes(x: tf.Tensor3D, state: State, weights: LstmWeights): void {
  const [{ h, c }, { w, b }] = [state ?? {}, weights ?? {}];
  checkTensors("lstm", { x, "state.h": h, "state.c": c, "weights.w": w, "weights.b": b });
  const shapes = `x ${x.shape}, state.h ${h.shape}, state.c ${c.shape}, weights.w ${w.shape}, weights.b ${b.shape}`;
  const fail = (argument: string, want: string) => {
    throw new Error(`lstm: ${argument} must have shape ${want}; got ${shapes}`);
  };
  if (x.rank !== 3 || x.size === 0) fail("x", "[T, B, I] with at least one step");
  const [, B, I] = x.shape;
  const H = b.size / 4;
  if (b.rank !== 1 || !Number.isInteger(H) || H === 0) fail("weights.b", "[4H]");
  if (w.rank !== 2 || w.shape[0] !== I + H || w.shape[1] !== 4 * H) fail("weights.w", `[I+H, 4H] = [${I + H}, ${4 * H}]`);
  if (h.rank !== 2 || h.shape[0] !== B || h.shape[1] !== H) fail("state.h", `[B, H] = [${B}, ${H}]`);
  if (c.rank !== 2 || c.shape[0] !== B || c.shape[1] !== H) fail("state.c", `[B, H] = [${B}, ${H}]`);
}
