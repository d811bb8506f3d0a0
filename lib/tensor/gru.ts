/**
 * A gated recurrent unit (Cho et al. 2014, in the form of cuDNN and PyTorch) over a whole sequence. With a = x_t W + b and g = h_{t-1} U + c,
 * each split in the order r, z, n:
 *
 *   r = σ(a_r + g_r),   z = σ(a_z + g_z),   h_t = (1 − z) tanh(a_n + r g_n) + z h_{t-1}.
 */
import * as tf from "@tensorflow/tfjs-core";
import { refuse } from "../base/check";
import { checkShapes } from "./check";

/** Weights of a GRU with I inputs and H units: w [I, 3H], u [H, 3H], b and c [3H]. */
export type GruWeights = { w: tf.Tensor2D; u: tf.Tensor2D; b: tf.Tensor1D; c: tf.Tensor1D };

/**
 * Runs a GRU over a sequence, op by op.
 * @param x [T, B, I]
 * @param h the state before the first step, [B, H]
 * @returns the state after each step, T of [B, H]
 * @throws Error naming the argument that is no tensor, or whose shape does not fit
 */
export function gru(x: tf.Tensor3D, h: tf.Tensor2D, weights: GruWeights): tf.Tensor2D[] {
  checkGru(x, h, weights);
  const [T, B, I] = x.shape;
  const all = tf.add(tf.matMul(tf.reshape(x, [T * B, I]), weights.w), weights.b) as tf.Tensor2D;
  const after: tf.Tensor2D[] = [];
  for (const a of T === 1 ? [all] : (tf.split(all, T) as tf.Tensor2D[])) {
    h = gruStep(a, h, weights);
    after.push(h);
  }
  return after;
}

/** One step of a GRU from what its inputs give, a = x W + b, [B, 3H]. */
export function gruStep(a: tf.Tensor2D, h: tf.Tensor2D, { u, c }: Pick<GruWeights, "u" | "c">): tf.Tensor2D {
  const H = h.shape[1];
  const [aGates, aNew] = tf.split(a, [2 * H, H], 1);
  const [gGates, gNew] = tf.split(tf.add(tf.matMul(h, u), c), [2 * H, H], 1);
  const [r, z] = tf.split(tf.sigmoid(tf.add(aGates, gGates)), 2, 1);
  const n = tf.tanh(tf.add(aNew, tf.mul(r, gNew)));
  return tf.add(n, tf.mul(z, tf.sub(h, n)));
}

/** @throws Error naming the argument of `gru` that is wrong */
function checkGru(x: tf.Tensor3D, h: tf.Tensor2D, weights: GruWeights): void {
  checkShapes("gru", { x: [x, ["T", "B", "I"]], h: [h, ["B", "H"]] });
  if (x.size === 0) refuse("gru: x", "[T, B, I] with at least one step", x);
  const [I, H] = [x.shape[2], h.shape[1]];
  const { w, u, b, c } = weights ?? ({} as Partial<GruWeights>);
  checkShapes("gru", {
    "weights.w": [w, [I, 3 * H]],
    "weights.u": [u, [H, 3 * H]],
    "weights.b": [b, [3 * H]],
    "weights.c": [c, [3 * H]],
  });
}
