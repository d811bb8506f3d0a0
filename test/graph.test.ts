/** A function of tensors as one TensorFlow graph. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import { native } from "../lib/tensor/backend";
import { draws, keyOf, normals, type Stream, uniforms } from "../lib/tensor/draws";
import { Graph } from "../lib/tensor/graph";

const open: Graph[] = [];
const graphOf = (f: (...x: tf.Tensor[]) => tf.Tensor[]) => {
  const graph = new Graph(f);
  open.push(graph);
  return graph;
};
afterEach(() => {
  for (const graph of open.splice(0)) graph.dispose();
});
const values = (xs: tf.Tensor[]) => xs.map((x) => Array.from(x.dataSync()));

/** Gives f a folder for temporary files that no other process writes into. */
function withOwnFolder(f: (folder: string) => void): void {
  const [folder, usual] = [fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-test-")), process.env.TMPDIR];
  process.env.TMPDIR = folder;
  try {
    f(folder);
  } finally {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
    fs.rmSync(folder, { recursive: true });
  }
}

describe("a graph", () => {
  it("gives what its function gives, from other inputs too, with a gradient in it", () => {
    const f = (a: tf.Tensor, b: tf.Tensor) => {
      const { value, grads } = tf.valueAndGrads(
        (x: tf.Tensor) => tf.sum(tf.tanh(tf.matMul(x as tf.Tensor2D, b as tf.Tensor2D))) as tf.Scalar,
      )([a]);
      const rows = tf.concat([tf.slice(a, [1, 0], [1, 2]), a], 0);
      return [value, grads[0], tf.where(tf.less(rows, 0), tf.fill([3, 2], 7), tf.cumsum(rows, 1)), tf.concat(tf.split(b, 2, 0), 1)];
    };
    const graph = graphOf(f);
    for (let i = 0; i < 3; i++) {
      const [a, b] = [normals([2, 2], { seed: i, name: "a", step: 0 }), normals([2, 2], { seed: i, name: "b", step: 0 })];
      const [whole, alone] = [graph.run(a, b), f(a, b)];
      expect(whole.map((x) => [x.shape, x.dtype])).toEqual(alone.map((x) => [x.shape, x.dtype]));
      values(whole).forEach((x, j) => {
        x.forEach((v, k) => {
          expect(v).toBeCloseTo(values(alone)[j][k], 6);
        });
      });
    }
  });

  it("draws by the step that it is given what is drawn outside", () => {
    const f = (stream: Stream) => {
      const { i, n, u } = draws(
        { i: { of: "integers", shape: [9], below: 100 }, n: { of: "normals", shape: [3, 5] }, u: { of: "uniforms", shape: [6] } },
        stream,
      );
      return [i, n, u, normals([2], stream), uniforms([2], stream)];
    };
    const graph = graphOf((key) => f({ key }));
    for (const [seed, step] of [
      [5, 1],
      [5, 2],
      [5, 1000],
      [6, 1],
    ])
      expect(values(graph.run(keyOf(seed, "name", step)))).toEqual(values(f({ seed, name: "name", step })));
  });

  it("refuses a tensor from outside, and values looked at; is as before afterwards, and takes any shapes", () => {
    if (!native) return;
    const outside = tf.add(tf.ones([2]), 1);
    const x = tf.tensor1d([1, 2]);
    expect(() => graphOf((a) => [tf.add(a, outside)]).run(x)).toThrow(/from outside in Add.*give it as an input/);
    expect(() => graphOf((a) => [tf.mul(a, tf.sum(a).dataSync()[0])]).run(x)).toThrow(/must not look at the values/);
    expect(() => graphOf(() => [outside]).run(x)).toThrow(/output 0 .* from outside/);
    expect(native.recording()).toBe(false);
    expect(tf.sum(outside).dataSync()[0]).toBe(4);
    expect(values(graphOf((a) => [tf.neg(a), tf.neg(a), a, tf.clone(a)]).run(x)), "one tensor as several outputs").toEqual([
      [-1, -2],
      [-1, -2],
      [1, 2],
      [1, 2],
    ]);
    const constants = graphOf((a) => [tf.zeros([2]), tf.clone(tf.scalar(3)), tf.neg(a)]);
    expect(values(constants.run(x)), "constants, which depend on no input").toEqual([[0, 0], [3], [-1, -2]]);
    const graph = graphOf((a) => [tf.neg(a), a]);
    expect(values(graph.run(x))).toEqual([
      [-1, -2],
      [1, 2],
    ]);
    expect(graphOf(() => []).run(x)).toEqual([]);
    for (let n = 1; n < 9; n++) expect(values(graph.run(tf.fill([n], 2)))).toEqual([new Array(n).fill(-2), new Array(n).fill(2)]);
    expect(values(graph.run(x)), "recorded again after it was dropped").toEqual([
      [-1, -2],
      [1, 2],
    ]);
  });

  it("leaves no tensor and no folder behind, and gives TensorFlow's graph back", () => {
    const before = tf.memory().numTensors;
    withOwnFolder((folder) => {
      const x = tf.tensor1d([1, 2]);
      for (let i = 0; i < 3; i++) {
        const graph = new Graph((a) => [tf.mul(tf.add(a, 1), a)]);
        for (let j = 0; j < 20; j++) tf.dispose(graph.run(x));
        graph.dispose();
        graph.dispose();
      }
      x.dispose();
      expect(fs.readdirSync(folder)).toEqual([]);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
