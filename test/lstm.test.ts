import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { native } from "../lib/tensor/backend";
import { Graph } from "../lib/tensor/graph";
import { lstm, opByOp, type State, zeroState } from "../lib/tensor/lstm";
import { expectClose, expectNothingLeft, held, normalValues, numericalGradient, randomTensor } from "./helpers";

type Inputs = [tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
const inputs = (T: number, B: number, I: number, H: number): Inputs =>
  [
    randomTensor([T, B, I], "x"),
    randomTensor([B, H], "h", 0.5),
    randomTensor([B, H], "c", 0.5),
    randomTensor([I + H, 4 * H], "w", 1 / Math.sqrt(H)),
    randomTensor([4 * H], "b", 0.3),
  ] as Inputs;

const fused = (x: tf.Tensor, h: tf.Tensor, c: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
  lstm(x as tf.Tensor3D, { h, c } as State, { w: w as tf.Tensor2D, b: b as tf.Tensor1D });
const byOps: typeof fused = (x, h, c, w, b) => opByOp(x as tf.Tensor3D, { h, c } as State, { w: w as tf.Tensor2D, b: b as tf.Tensor1D });
const weighted = (t: tf.Tensor, stream: string) => tf.sum(tf.mul(t, randomTensor(t.shape, stream)));

const losses: Record<string, (r: ReturnType<typeof fused>) => tf.Scalar> = {
  "every output and the state": ({ outputs, state }) =>
    tf.add(weighted(outputs, "lo"), tf.add(weighted(state.h, "lh"), weighted(state.c, "lc"))) as tf.Scalar,
  "the outputs alone": ({ outputs }) => weighted(outputs, "lo") as tf.Scalar,
  "the last state alone": ({ state }) => tf.add(weighted(state.h, "lh"), weighted(state.c, "lc")) as tf.Scalar,
  "the cell alone": ({ state }) => weighted(state.c, "lc") as tf.Scalar,
};
const NAMES = ["x", "state.h", "state.c", "w", "b"];

describe("lstm", () => {
  for (const shape of [
    [10, 32, 1, 64],
    [7, 5, 3, 4],
    [1, 2, 2, 3],
    [3, 1, 1, 1],
  ]) {
    const [T, B, I, H] = shape;
    it(`has the values and gradients of the op-by-op form at [T,B,I,H] = [${shape}]`, () => {
      const values = inputs(T, B, I, H);
      const [a, b] = [fused(...values), byOps(...values)];
      expectClose(a.outputs, b.outputs, 1e-6);
      expectClose(a.state.h, b.state.h, 1e-6);
      expectClose(a.state.c, b.state.c, 1e-6);
      expectClose(a.state.h, tf.slice(a.outputs, [T - 1, 0, 0], [1, B, H]).reshape([B, H]), 1e-9);
      for (const [name, loss] of Object.entries(losses)) {
        const f = tf.grads((...x: tf.Tensor[]) => loss(fused(...(x as Inputs))))(values);
        const g = tf.grads((...x: tf.Tensor[]) => loss(byOps(...(x as Inputs))))(values);
        f.forEach((gradient, i) => {
          expectClose(gradient, g[i], 3e-5, `gradient by ${NAMES[i]} of ${name}`);
        });
      }
    });
  }

  for (const T of [1, 3])
    it(`has the same values in a graph, which takes ${T === 1 ? "one step gate by gate" : "more steps by the fused kernel"}`, () => {
      const values = inputs(T, 5, 2, 4);
      const list = ({ outputs, state }: ReturnType<typeof fused>) => [outputs, state.h, state.c];
      const graph = new Graph((...all) => list(fused(...(all as Inputs))));
      const reference = list(byOps(...values));
      graph.run(...values).forEach((mine, i) => {
        expectClose(mine, reference[i], 1e-6);
      });
      graph.dispose();
      const usesBlock = (f: () => unknown) => native!.record(f).calls.some(({ kernel }) => kernel === "BlockLSTMV2");
      const gradients = () => tf.grads((...all) => tf.sum(fused(...(all as Inputs)).outputs) as tf.Scalar)(values);
      expect([usesBlock(() => fused(...values)), usesBlock(gradients)]).toEqual([T > 1, true]);
    });

  it("starts from zeros", () => {
    const { h, c } = zeroState(2, 3);
    expect([h.shape, c.shape, Array.from(h.dataSync())]).toEqual([[2, 3], [2, 3], new Array(6).fill(0)]);
  });

  it("has the gradients of a float64 LSTM by finite differences", () => {
    const [T, B, I, H] = [4, 2, 2, 3];
    const values = inputs(T, B, I, H);
    const sizes = values.map((t) => t.size);
    const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((s, n) => s + n, 0));
    const flat = values.flatMap((t) => Array.from(t.dataSync()));
    const [lo, lh, lc] = [normalValues(T * B * H, "lo"), normalValues(B * H, "lh"), normalValues(B * H, "lc")];
    const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
    const loss = (all: number[]): number => {
      const [x, h0, c0, w, b] = ends.map((end, i) => all.slice(end - sizes[i], end));
      const [h, c] = [[...h0], [...c0]];
      let total = 0;
      for (let t = 0; t < T; t++) {
        for (let r = 0; r < B; r++) {
          const input = [...x.slice((t * B + r) * I, (t * B + r + 1) * I), ...h.slice(r * H, (r + 1) * H)];
          const z = b.map((bias, k) => bias + input.reduce((s, v, j) => s + v * w[j * 4 * H + k], 0));
          for (let k = 0; k < H; k++) {
            const at = r * H + k;
            c[at] = sigmoid(z[H + k]) * c[at] + sigmoid(z[k]) * Math.tanh(z[2 * H + k]);
            h[at] = sigmoid(z[3 * H + k]) * Math.tanh(c[at]);
            total += h[at] * lo[t * B * H + at];
          }
        }
      }
      return total + h.reduce((s, v, i) => s + v * lh[i] + c[i] * lc[i], 0);
    };
    const every = losses["every output and the state"];
    expectClose(every(fused(...values)).dataSync(), [loss(flat)], 1e-5);
    const gradients = tf.grads((...x: tf.Tensor[]) => every(fused(...(x as Inputs))))(values);
    expectClose(
      gradients.flatMap((g) => Array.from(g.dataSync())),
      numericalGradient(loss, flat),
      2e-5,
    );
  });

  it("carries a state from one call to the next", () => {
    const [x, h, c, w, b] = inputs(6, 2, 2, 3);
    const whole = fused(x, h, c, w, b);
    const first = fused(tf.slice(x, 0, 4), h, c, w, b);
    const second = fused(tf.slice(x, 4, 2), first.state.h, first.state.c, w, b);
    expectClose(second.state.h, whole.state.h, 1e-6);
    expectClose(second.state.c, whole.state.c, 1e-6);
  });

  it("is watched by counters that see a tensor and a raw handle", () => {
    const before = held();
    const handle = native!.scalar(1);
    const tensor = tf.scalar(1).add(1);
    expect(held().handles).toBeGreaterThan(before.handles + 1);
    expect(held().tensors).toBeGreaterThan(before.tensors);
    native!.free(handle);
    tensor.dispose();
  });

  it("leaves no tensor and no native handle behind under plain tf.grads, nor but its results outside a gradient", () => {
    const values = inputs(5, 4, 2, 8);
    expectNothingLeft(() => {
      for (const loss of Object.values(losses)) tf.dispose(tf.grads((...x: tf.Tensor[]) => loss(fused(...(x as Inputs))))(values));
      const { outputs, state } = fused(...values);
      tf.dispose([outputs, state.h, state.c]);
    }, 50);
  });

  it("names the argument whose shape does not fit", () => {
    const [x, h, c, w, b] = inputs(3, 2, 2, 4);
    const z = (...shape: number[]) => tf.zeros(shape);
    expect(() => fused(z(3, 2), h, c, w, b)).toThrow(/lstm: x must/);
    expect(() => fused(z(0, 2, 2), h, c, w, b)).toThrow(/lstm: x must/);
    expect(() => fused(x, h, c, w, z(15))).toThrow(/weights\.b must/);
    expect(() => fused(x, h, c, w, z(4, 4))).toThrow(/weights\.b must/);
    expect(() => fused(x, h, c, z(5, 16), b)).toThrow(/weights\.w must/);
    expect(() => fused(x, h, c, z(6, 12), b)).toThrow(/weights\.w must/);
    expect(() => fused(x, z(3, 4), c, w, b)).toThrow(/state\.h must/);
    expect(() => fused(x, h, z(2, 3), w, b)).toThrow(/state\.c must/);
    expect(() => fused(x, z(1, 2, 4), c, w, b)).toThrow(/state\.h must/);
    for (const none of [undefined, null, 3, [[[1, 2]]], { shape: [3, 2, 2], rank: 3, size: 12 }] as never[]) {
      expect(() => fused(none, h, c, w, b)).toThrow(/lstm: x must be a tensor/);
      expect(() => fused(x, none, c, w, b)).toThrow(/lstm: state\.h must be a tensor/);
      expect(() => fused(x, h, none, w, b)).toThrow(/lstm: state\.c must be a tensor/);
      expect(() => fused(x, h, c, none, b)).toThrow(/lstm: weights\.w must be a tensor/);
      expect(() => fused(x, h, c, w, none)).toThrow(/lstm: weights\.b must be a tensor/);
      if (none) continue;
      expect(() => lstm(x, none, { w, b })).toThrow(/lstm: state\.h must be a tensor/);
      expect(() => lstm(x, { h, c }, none)).toThrow(/lstm: weights\.w must be a tensor/);
    }
  });
});
