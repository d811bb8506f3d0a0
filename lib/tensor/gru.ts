/**
 * A gated recurrent unit (Cho et al. 2014, in the form of cuDNN and PyTorch) over a whole sequence. With a = x_t W + b and g = h_{t-1} U + c,
 * each split in the order r, z, n:
 *
 *   r = σ(a_r + g_r),   z = σ(a_z + g_z),   h_t = (1 − z) tanh(a_n + r g_n) + z h_{t-1}.
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkTensors } from "./check";

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
  checkShapes(x, h, weights);
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

function checkShapes(x: tf.Tensor3D, h: tf.Tensor2D, weights: GruWeights): void {
  const { w, u, b, c } = weights ?? ({} as Partial<GruWeights>);
  checkTensors("gru", { x, h, "weights.w": w, "weights.u": u, "weights.b": b, "weights.c": c });
  const fail = (argument: string, want: string, { shape }: tf.Tensor) => {
    throw new Error(`gru: ${argument} must have shape ${want}; it has [${shape}]`);
  };
  if (x.rank !== 3 || x.size === 0) fail("x", "[T, B, I] with at least one step", x);
  const [, B, I] = x.shape;
  if (h.rank !== 2 || h.shape[0] !== B) fail("h", `[B, H] with B = ${B}`, h);
  const H = h.shape[1];
  const wanted: [string, tf.Tensor, number[]][] = [
    ["w", w as tf.Tensor, [I, 3 * H]],
    ["u", u as tf.Tensor, [H, 3 * H]],
    ["b", b as tf.Tensor, [3 * H]],
    ["c", c as tf.Tensor, [3 * H]],
  ];
  for (const [name, tensor, shape] of wanted)
    if (`${tensor.shape}` !== `${shape}`) fail(`weights.${name}`, `[${shape.join(", ")}]`, tensor);
}
