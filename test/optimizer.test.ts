import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it, vi } from "vitest";
import { Adam, clipByGlobalNorm } from "../lib/tensor/optimizer";
import { distance, held, normalValues } from "./helpers";

const values = (adam: Pick<Adam, "values">) => adam.values();

describe("Adam", () => {
  it("goes where tf.train.adam goes, to 1e-6 over 300 steps of a regression on changing batches", () => {
    const n = 12;
    const start = normalValues(n, "start");
    const variable = tf.variable(tf.tensor1d(start));
    const theirs = tf.train.adam(0.01);
    const ours = new Adam(start);
    // The gradient of a least-squares batch at p: Aᵀ(A p − y).
    const gradientAt = (step: number, p: tf.Tensor) =>
      tf.tidy(() => {
        const A = tf.tensor2d(normalValues(8 * n, `A${step}`), [8, n]);
        const y = tf.tensor2d(normalValues(8, `y${step}`), [8, 1]);
        return tf.reshape(tf.matMul(A, tf.sub(tf.matMul(A, tf.reshape(p, [n, 1])), y), true), [n]) as tf.Tensor1D;
      });
    let largest = 0;
    for (let step = 1; step <= 300; step++) {
      // one gradient for both, at their point: what differs is then the update alone
      const gradient = gradientAt(step, variable);
      theirs.applyGradients([{ name: variable.name, tensor: gradient }]);
      ours.apply(gradient, 0.01);
      gradient.dispose();
      largest = Math.max(largest, distance(values(ours), variable.dataSync()));
    }
    expect(largest).toBeLessThan(1e-6);
    expect(distance(values(ours), start)).toBeGreaterThan(0.05); // it has moved
    expect(ours.moments().loss.updates).toBe(300);
    ours.dispose();
  });

  it("follows its own gradients to where tf.train.adam's lead", () => {
    const target = normalValues(5, "target");
    const variable = tf.variable(tf.zeros([5]));
    const theirs = tf.train.adam(0.02);
    const ours = new Adam(new Float32Array(5));
    const gradient = (p: tf.Tensor) => tf.tidy(() => tf.mul(2, tf.sub(p, tf.tensor1d(target))) as tf.Tensor1D);
    for (let step = 0; step < 300; step++) {
      tf.tidy(() => {
        theirs.applyGradients([{ name: variable.name, tensor: gradient(variable) }]);
        ours.apply(gradient(ours.weights()), 0.02);
      });
    }
    expect(distance(values(ours), variable.dataSync())).toBeLessThan(1e-6);
    expect(distance(values(ours), target)).toBeLessThan(0.05);
    ours.dispose();
  });

  it("goes on from its moments with the same bits", () => {
    const step = (adam: Adam, i: number) => tf.tidy(() => adam.apply(tf.tensor1d(normalValues(6, `g${i}`)), 0.01));
    const whole = new Adam(normalValues(6, "start"));
    for (let i = 0; i < 20; i++) step(whole, i);
    const half = new Adam(normalValues(6, "start"));
    for (let i = 0; i < 10; i++) step(half, i);
    const rest = new Adam(values(half), half.moments());
    expect(rest.moments().loss.updates).toBe(10);
    for (let i = 10; i < 20; i++) step(rest, i);
    expect(values(rest)).toEqual(values(whole));
    expect(rest.moments()).toEqual(whole.moments());
    expect(whole.moments().loss.second.every((v) => v > 0)).toBe(true);
    for (const adam of [whole, half, rest]) adam.dispose();
  });

  it("has moments of its own for each loss, and for none before its first update", () => {
    const [both, alone] = [new Adam(normalValues(6, "start")), new Adam(normalValues(6, "start"))];
    expect(both.moments()).toEqual({});
    const gradient = tf.tensor1d(normalValues(6, "g"));
    for (let i = 0; i < 5; i++) {
      both.apply(gradient, 0.01, "a");
      alone.apply(gradient, 0.01, "a");
    }
    both.apply(tf.neg(gradient), 0.01, "b");
    expect(both.moments().a).toEqual(alone.moments().a);
    expect(Object.entries(both.moments()).map(([loss, { updates }]) => [loss, updates])).toEqual([
      ["a", 5],
      ["b", 1],
    ]);
    // b's first update is a whole step of the rate, whatever a's moments are
    expect(
      distance(
        values(both),
        values(alone).map((v, i) => v + 0.01 * Math.sign(gradient.dataSync()[i])),
      ),
    ).toBeLessThan(1e-5);
    for (const adam of [both, alone]) adam.dispose();
  });

  it("keeps weights that were read earlier as they were", () => {
    const adam = new Adam(Float32Array.of(1, 2));
    const before = adam.weights();
    tf.tidy(() => adam.apply(tf.tensor1d([1, 1]), 0.1));
    expect(Array.from(before.dataSync())).toEqual([1, 2]);
    expect(values(adam)[0]).toBeCloseTo(0.9, 5);
    before.dispose();
    adam.dispose();
  });

  it("holds a constant number of tensors and handles, and gives all back", () => {
    const empty = held();
    const adam = new Adam(normalValues(50, "start"));
    const step = () => tf.tidy(() => adam.apply(adam.weights(), 0.01));
    step();
    const before = held();
    for (let i = 0; i < 500; i++) step();
    expect(held()).toEqual(before);
    adam.dispose();
    expect(held()).toEqual(empty);
  });
});

describe("without TensorFlow's kernels", () => {
  it("Adam, the LSTM and the draws have a form of elementary operations that gives the same", async () => {
    vi.resetModules();
    vi.doMock("../lib/tensor/backend", () => ({ native: null, device: { tensorflow: "none", name: "CPU" } }));
    try {
      const [portable, lstms, draws] = await Promise.all([
        import("../lib/tensor/optimizer.js"),
        import("../lib/tensor/lstm.js"),
        import("../lib/tensor/draws.js"),
      ]);
      const { lstm } = await vi.importActual<typeof import("../lib/tensor/lstm")>("../lib/tensor/lstm");
      const [a, b] = [new Adam(normalValues(6, "start")), new portable.Adam(normalValues(6, "start"))];
      expect(portable.Adam).not.toBe(Adam);
      const step = (i: number) =>
        tf.tidy(() => {
          const gradient = tf.tensor1d(normalValues(6, `g${i}`));
          a.apply(gradient, 0.01);
          b.apply(gradient, 0.01);
        });
      step(0); // a variable's values reach TensorFlow when they are first used
      const before = held();
      for (let i = 1; i < 100; i++) step(i);
      expect(held()).toEqual(before);
      expect(distance(values(b), values(a))).toBeLessThan(1e-6);
      expect(distance(b.moments().loss.second, a.moments().loss.second)).toBeLessThan(2e-5); // the kernel's 1 - .999 in float32
      a.dispose();
      b.dispose();
      const x = tf.tensor3d(normalValues(12, "x"), [3, 2, 2]);
      const state = { h: tf.zeros([2, 3]) as tf.Tensor2D, c: tf.zeros([2, 3]) as tf.Tensor2D };
      const weights = { w: tf.tensor2d(normalValues(60, "w"), [5, 12]), b: tf.tensor1d(normalValues(12, "b")) };
      const [one, two] = [lstms.lstm(x, state, weights), lstm(x, state, weights)];
      expect(distance(one.outputs.dataSync(), two.outputs.dataSync())).toBeLessThan(1e-6);
      expect(distance(one.state.c.dataSync(), two.state.c.dataSync())).toBeLessThan(1e-6);
      const z = Array.from(draws.normals([2000], { seed: 1, name: "z", step: 1 }).dataSync());
      expect(Math.abs(z.reduce((s, v) => s + v, 0) / 2000)).toBeLessThan(0.1);
      const whole = draws.draws({ n: { of: "integers", shape: [2000], below: 3 } }, { seed: 1, name: "n", step: 1 }).n.dataSync();
      expect(new Set(whole)).toEqual(new Set([0, 1, 2]));
    } finally {
      vi.doUnmock("../lib/tensor/backend");
      vi.resetModules();
    }
  });
});

describe("clipByGlobalNorm", () => {
  it("scales a long gradient down to the norm, and leaves a short one", () => {
    const at = (g: number[], clip: number) => {
      const { norm, clipped } = clipByGlobalNorm([tf.tensor1d(g)], clip);
      return { norm: norm.dataSync()[0], clipped: Array.from(clipped.dataSync()) };
    };
    expect(at([3, 4], 10)).toEqual({ norm: 5, clipped: [3, 4] });
    expect(at([3, 4], 5)).toEqual({ norm: 5, clipped: [3, 4] });
    expect(at([30, 40], 5)).toEqual({ norm: 50, clipped: [expect.closeTo(3, 5), expect.closeTo(4, 5)] });
    expect(at([0, 0], 5)).toEqual({ norm: 0, clipped: [0, 0] });
    expect(at([Number.NaN, 1], 5).norm).toBeNaN();
    expect(at([Number.POSITIVE_INFINITY, 1], 5).norm).toBe(Number.POSITIVE_INFINITY);
  });

  it("takes gradients of any shapes as one vector, in their order, and leaves nothing else behind", () => {
    const gradients = [tf.tensor2d([[1], [2]]), tf.scalar(2), tf.tensor3d([[[0, 4]]])];
    const before = held();
    const { norm, clipped } = clipByGlobalNorm(gradients, 2.5);
    expect([norm.shape, clipped.shape]).toEqual([[1], [5]]);
    expect(norm.dataSync()[0]).toBe(5);
    expect(Array.from(clipped.dataSync())).toEqual([0.5, 1, 1, 0, 2]);
    tf.dispose([norm, clipped]);
    expect(held().tensors).toBe(before.tensors);
    const settled = held();
    for (let i = 0; i < 10; i++) tf.dispose(Object.values(clipByGlobalNorm(gradients, 2.5)));
    expect(held()).toEqual(settled);
  });
});
