/** The GRU against its formulas in plain numbers, its gradient, and what it refuses. */
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type GruWeights, gru } from "../lib/tensor/gru";
import { expectClose, expectNothingLeft, normalValues, numericalGradient, randomTensor } from "./helpers";

const [T, B, I, H] = [3, 2, 2, 3];
const weights = (): GruWeights => ({
  w: randomTensor([I, 3 * H], "w") as tf.Tensor2D,
  u: randomTensor([H, 3 * H], "u") as tf.Tensor2D,
  b: randomTensor([3 * H], "b") as tf.Tensor1D,
  c: randomTensor([3 * H], "c") as tf.Tensor1D,
});
const x = randomTensor([T, B, I], "x") as tf.Tensor3D;
const h = randomTensor([B, H], "h") as tf.Tensor2D;
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** One row's states by the formulas. */
function plain(x: number[][], h: number[], { w, u, b, c }: GruWeights): number[][] {
  const [W, U, bias, own] = [w.arraySync(), u.arraySync(), b.arraySync(), c.arraySync()];
  const out: number[][] = [];
  for (const input of x) {
    const a = bias.map((v, j) => v + input.reduce((sum, value, i) => sum + value * W[i][j], 0));
    const g = own.map((v, j) => v + h.reduce((sum, value, i) => sum + value * U[i][j], 0));
    h = h.map((before, j) => {
      const [r, z] = [sigmoid(a[j] + g[j]), sigmoid(a[H + j] + g[H + j])];
      return (1 - z) * Math.tanh(a[2 * H + j] + r * g[2 * H + j]) + z * before;
    });
    out.push(h);
  }
  return out;
}

describe("gru", () => {
  it("has the states of its formulas", () => {
    const w = weights();
    const states = gru(x, h, w).map((state) => state.arraySync());
    for (let row = 0; row < B; row++) {
      const expected = plain(
        x.arraySync().map((step) => step[row]),
        h.arraySync()[row],
        w,
      );
      states.forEach((state, t) => {
        expectClose(state[row], expected[t], 1e-5, `step ${t}, row ${row}`);
      });
    }
  });

  it("has the gradient of its values, for one step too", () => {
    const w = weights();
    const start = normalValues(I * 3 * H, "w");
    for (const steps of [T, 1]) {
      const part = tf.slice(x, 0, steps) as tf.Tensor3D;
      const f = (values: tf.Tensor) => {
        const states = gru(part, h, { ...w, w: tf.reshape(values, [I, 3 * H]) });
        return tf.sum(tf.square(states[steps - 1])) as tf.Scalar;
      };
      const gradient = tf.grad(f)(tf.tensor1d(start)).dataSync();
      const numeric = numericalGradient((values) => f(tf.tensor1d(values)).dataSync()[0], start, 1e-2);
      expectClose(gradient, numeric, 5e-3);
    }
  });

  it("leaves no tensor behind", () => {
    const w = weights();
    expectNothingLeft(() => tf.tidy(() => void gru(x, h, w)));
  });

  it("names the argument that is wrong", () => {
    const w = weights();
    expect(() => gru(null as never, h, w)).toThrow("gru: x must be a tensor");
    expect(() => gru(tf.zeros([0, B, I]), h, w)).toThrow("gru: x must be [T, B, I] with at least one step");
    expect(() => gru(x, h, null as never)).toThrow("gru: weights.w must be a tensor");
    expect(() => gru(x, tf.zeros([3, H]) as tf.Tensor2D, w)).toThrow("gru: h must have shape [B = 2, H]; it is [3, 3]");
    expect(() => gru(x, h, { ...w, u: w.w })).toThrow("gru: weights.u must have shape [3, 9]; it is [2, 9]");
  });
});
