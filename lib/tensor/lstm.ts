/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997) over a whole sequence. With z = [x_t, h_{t-1}] W + b,
 * split in the order i, f, g, o:
 *
 *   c_t = σ(f) c_{t-1} + σ(i) tanh(g),   h_t = σ(o) tanh(c_t).
 *
 * No forget-gate bias is added: it lives in b.
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkWhole } from "../base/check";
import { native } from "./backend";
import { checkTensors } from "./check";

/** Weights of an LSTM with I inputs and H units: w [I+H, 4H], b [4H]; gate order i, f, g, o. */
export type LstmWeights = { w: tf.Tensor2D; b: tf.Tensor1D };
/** Hidden output h and cell c, each [B, H]. */
export type State = { h: tf.Tensor2D; c: tf.Tensor2D };

/** h = 0, c = 0. */
export const zeroState = (B: number, H: number): State => {
  checkWhole(B, "B", 0, 2 ** 31 - 1);
  checkWhole(H, "H", 1, 2 ** 31 - 1);
  const zero = tf.fill([B, H], 0) as tf.Tensor2D; // tf.zeros would fill an array in JavaScript
  return { h: zero, c: zero };
};

/**
 * Runs an LSTM over a sequence: one kernel of TensorFlow and one for its gradient, or the op-by-op form where there is no TensorFlow.
 * @param x [T, B, I]
 * @param state the state before the first step
 * @returns outputs [T, B, H] and the state after the last step; both differentiable, as is the state that goes in
 * @throws Error naming the argument that is no tensor, or whose shape does not fit
 */
export function lstm(x: tf.Tensor3D, state: State, weights: LstmWeights): { outputs: tf.Tensor3D; state: State } {
  checkShapes(x, state, weights);
  // In a graph small kernels cost little: one step without a gradient takes less time op by op.
  const apart = !native || (x.shape[0] === 1 && native.recording() && !tf.engine().isTapeOn());
  return tf.tidy(() => (apart ? opByOp(x, state, weights) : fused(x, state, weights)));
}

interface Engine {
  runKernelFunc(call: {
    inputs: Record<string, tf.Tensor>;
    forwardFunc(backend: unknown, save: (saved: tf.Tensor[]) => void): tf.Tensor[];
    backwardsFunc(dys: tf.Tensor[], saved: tf.Tensor[]): Record<string, () => tf.Tensor>;
  }): tf.Tensor[];
}

/** BlockLSTMV2 and BlockLSTMGradV2 as one operation on the tape; the outputs of all steps and the last cell are what it gives. */
function fused(x: tf.Tensor3D, { h, c }: State, { w, b }: LstmWeights): { outputs: tf.Tensor3D; state: State } {
  const { run, constant, attribute } = native!;
  const [T, B] = x.shape;
  const H = b.size / 4;
  const unused = constant("float", new Array(H).fill(0), [H]); // peephole weights, which the kernel requires although they are off
  const length = constant("int64", [T]);
  const common = [attribute.bool("use_peephole", false), attribute.type("T", "float")];
  const last = (sequence: tf.Tensor) => tf.reshape(tf.slice(sequence, [T - 1, 0, 0], [1, B, H]), [B, H]) as tf.Tensor2D;

  const [outputs, cell] = (tf.engine() as unknown as Engine).runKernelFunc({
    inputs: { x, h, c, w, b },
    forwardFunc(_backend, save) {
      const inputs = [length, x, c, h, w, unused, unused, unused, b];
      const steps = run("BlockLSTMV2", [attribute.float("cell_clip", -1), ...common], inputs, 7); // i, c, f, o, g, tanh(c), h
      save([...inputs.slice(1, 5), b, ...steps] as tf.Tensor[]);
      return [steps[6], last(steps[1])];
    },
    backwardsFunc([dh, dcLast], [x, c, h, w, b, ...steps]) {
      const before = [T - 1, 0] as [number, number];
      const dc = tf.pad(tf.reshape(dcLast, [1, B, H]), [before, [0, 0], [0, 0]]);
      const inputs = [length, x, c, h, w, unused, unused, unused, b, ...steps, dc, dh];
      const [dx, dc0, dh0, dw, , , , db] = run("BlockLSTMGradV2", common, inputs, 8);
      return { x: () => dx, h: () => dh0, c: () => dc0, w: () => dw, b: () => db };
    },
  });
  return { outputs: outputs as tf.Tensor3D, state: { h: last(outputs), c: cell as tf.Tensor2D } };
}

/** The same by elementary operations: the portable form. */
export function opByOp(x: tf.Tensor3D, state: State, { w, b }: LstmWeights): { outputs: tf.Tensor3D; state: State } {
  const [T, B, I] = x.shape;
  const [weights, biases] = [tf.split(w, 4, 1), tf.split(b, 4)];
  let { h, c } = state;
  const outputs: tf.Tensor2D[] = [];
  for (let t = 0; t < T; t++) {
    const xh = tf.concat([tf.reshape(tf.slice(x, [t, 0, 0], [1, B, I]), [B, I]), h], 1);
    const [i, f, g, o] = weights.map((wg, gate) => tf.add(tf.matMul(xh, wg), biases[gate]));
    c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    outputs.push(h);
  }
  return { outputs: tf.reshape(tf.concat(outputs), [T, B, b.size / 4]), state: { h, c } };
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
