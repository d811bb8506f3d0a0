/** Fewer kernels, the same values: each rule of the graph recorder where it applies and where it must not, and all models' computations. */
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { TrainingConfig } from "../lib/models/config";
import { createModel, type WeightedModel } from "../lib/models/model";
import { kindOf } from "../lib/models/registry";
import { type Call, native } from "../lib/tensor/backend";
import { draws, keyOf } from "../lib/tensor/draws";
import { Graph } from "../lib/tensor/graph";
import { Adam } from "../lib/tensor/optimizer";
import { rewritten } from "../lib/tensor/rewrite";
import { GradientStep } from "../lib/training/step";
import { SETTINGS, small } from "./cases";
import { chainWindows, distance, expectClose, randomTensor, randomWeights, trainingData } from "./helpers";

type F = (...x: tf.Tensor[]) => tf.Tensor[];

/** The kernels of a function as it stands and rewritten; expects the graph to give the function's values. */
function kernelsOf(f: F, ...inputs: tf.Tensor[]): { before: string[]; after: string[]; calls: Call[] } {
  const graph = new Graph(f);
  const [whole, plain] = [graph.run(...inputs), f(...inputs)];
  expect(whole).toHaveLength(plain.length);
  whole.forEach((x, i) => {
    expectClose(x, plain[i], 1e-6, `output ${i}`);
  });
  graph.dispose();
  const { record, idOf } = native!;
  const handles = (list: tf.Tensor[]) => list.map((x) => ({ ...idOf(x), shape: x.shape }));
  const { result, calls, values } = record(() => handles(f(...inputs)));
  const fewer = rewritten(
    calls,
    values,
    handles(inputs),
    result.map(({ id }) => id),
  );
  const names = (list: Call[]) => list.map(({ kernel }) => kernel).sort();
  return { before: names(calls), after: names(fewer.calls), calls: fewer.calls };
}

const [x, y, z] = ["x", "y", "z"].map((name) => randomTensor([2, 3], name));
const [square, other] = ["square", "other"].map((name) => randomTensor([3, 3], name));
const row = randomTensor([3], "row");
const m = (a: tf.Tensor, b: tf.Tensor, ta = false, tb = false) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, ta, tb);
const slopeOf =
  (f: (x: tf.Tensor) => tf.Tensor): F =>
  (x, dy) => [tf.grad((x: tf.Tensor) => tf.sum(tf.mul(f(x), dy)))(x)];

describe.skipIf(!native)("a recorded graph", () => {
  const rules: [string, F, tf.Tensor[], string[]][] = [
    [
      "leaves copies out",
      (x) => [
        tf.exp(
          tf.reshape(
            tf.slice(
              tf.pad(x, [
                [0, 0],
                [0, 0],
              ]),
              [0, 0],
              [2, 3],
            ),
            [2, 3],
          ),
        ),
      ],
      [x],
      ["Exp"],
    ],
    ["leaves out a reshape and the one back", (x) => [tf.exp(tf.reshape(tf.reshape(x, [6]), [2, 3]))], [x], ["Exp"]],
    ["keeps a reshape to another shape", (x) => [tf.exp(tf.reshape(x, [3, 2]))], [x], ["Exp", "Reshape"]],
    ["keeps a slice of a part", (x) => [tf.exp(tf.slice(x, [0, 1], [2, 2]))], [x], ["Exp", "Slice"]],
    [
      "keeps a padding",
      (x) => [
        tf.exp(
          tf.pad(x, [
            [0, 1],
            [0, 0],
          ]),
        ),
      ],
      [x],
      ["Exp", "PadV2"],
    ],
    [
      "computes nothing twice",
      (x) => [tf.add(tf.exp(x), tf.exp(x)), tf.mul(tf.exp(x), 2), tf.mul(tf.exp(x), 2)],
      [x],
      ["Add", "Exp", "Mul"],
    ],
    ["tells constants apart", (x) => [tf.mul(x, 2), tf.mul(x, 3)], [x], ["Mul", "Mul"]],
    ["tells attributes apart", (a, b) => [m(a, b), m(a, b, true), m(a, b, false, true)], [square, other], ["MatMul", "MatMul", "MatMul"]],
    ["tells the order of operands apart", (x, y) => [tf.sub(x, y), tf.sub(y, x)], [x, y], ["Sub", "Sub"]],
    ["leaves out what no output follows from", (x) => [tf.exp(x), tf.log(x)].slice(0, 1), [x], ["Exp"]],
    ["keeps a kernel of which one output is used", (x) => [tf.split(x, 3, 1)[1]], [x], ["SplitV"]],
    ["adds a bias to a product", (x, w, b) => [tf.add(m(x, w), b)], [x, square, row], ["BiasAdd", "MatMul"]],
    ["adds no bias of one number so", (x, w) => [tf.add(m(x, w), tf.tensor1d([2]))], [x, square], ["Add", "MatMul"]],
    ["adds no matrix so", (x, w, b) => [tf.add(m(x, w), b)], [x, square, y], ["Add", "MatMul"]],
    ["adds no matrix so whose rows are as many as columns", (x, w, b) => [tf.add(m(x, w), b)], [square, other, square], ["Add", "MatMul"]],
    ["adds no bias so to what is no product", (x, b) => [tf.add(tf.exp(x), b)], [x, row], ["Add", "Exp"]],
    [
      "multiplies stacks of matrices as they are",
      (x, w, b) => [tf.add(tf.matMul(x, w), b)],
      [randomTensor([2, 2, 3], "stack"), randomTensor([2, 3, 3], "w"), row],
      ["Add", "BatchMatMulV2"],
    ],
    ["takes tanh' as one kernel", slopeOf(tf.tanh), [x, y], ["Mul", "Reshape", "Tanh", "TanhGrad"]],
    ["takes σ' as one kernel", slopeOf(tf.sigmoid), [x, y], ["Mul", "Reshape", "Sigmoid", "SigmoidGrad"]],
    ["takes no other 1 − y² for tanh'", (y, dy) => [tf.mul(tf.sub(1, tf.square(y)), dy)], [x, y], ["Mul", "Square", "Sub"]],
    ["takes 2 − y² for no tanh'", (x, dy) => [tf.mul(tf.sub(2, tf.square(tf.tanh(x))), dy)], [x, y], ["Mul", "Square", "Sub", "Tanh"]],
    [
      "takes no tanh' of another shape than its dy",
      (x, dy) => [tf.mul(tf.sub(1, tf.square(tf.tanh(x))), dy)],
      [x, row],
      ["Mul", "Square", "Sub", "Tanh"],
    ],
    [
      "takes no y (1 − y') for σ'",
      (x, y, dy) => [tf.mul(tf.mul(tf.sigmoid(x), tf.sub(1, tf.sigmoid(y))), dy)],
      [x, y, z],
      ["Mul", "Mul", "Sigmoid", "Sigmoid", "Sub"],
    ],
    ["spreads nothing that the kernel spreads", (x, row) => [tf.mul(tf.mul(row, tf.ones([2, 3])), x)], [x, row], ["Mul"]],
    ["spreads the first operand or the second", (x, row) => [tf.add(x, tf.mul(tf.ones([2, 3]), row))], [x, row], ["Add"]],
    [
      "spreads where neither operand has the whole shape",
      (b, row) => [tf.add(tf.mul(row, tf.ones([2, 3])), b)],
      [randomTensor([2, 1], "b"), row],
      ["Add", "Mul"],
    ],
    ["keeps a product with other numbers", (x, row) => [tf.mul(tf.mul(row, tf.fill([2, 3], 2)), x)], [x, row], ["Fill", "Mul", "Mul"]],
    [
      "keeps the spread that is asked for",
      (x, row) => {
        const wide = tf.mul(row, tf.ones([2, 3]));
        return [wide, tf.mul(wide, x)];
      },
      [x, row],
      ["Mul", "Mul"],
    ],
  ];
  for (const [name, f, inputs, kernels] of rules)
    it(name, () => {
      const { before, after } = kernelsOf(f, ...inputs);
      expect(after).toEqual(kernels);
      expect(after.length).toBeLessThanOrEqual(before.length);
    });

  it("takes fewer kernels for a gradient, by every rule at once", () => {
    const f: F = (x, w, b, v, c) =>
      tf.grads((w, b, v, c) => tf.mean(tf.square(tf.sigmoid(tf.add(m(tf.tanh(tf.add(m(x, w), b)), v), c)))) as tf.Scalar)([w, b, v, c]);
    const { before, after } = kernelsOf(f, x, square, row, other, randomTensor([3], "c"));
    expect(after.length).toBeLessThan(0.8 * before.length);
    expect(after).toEqual(expect.arrayContaining(["BiasAdd", "TanhGrad", "SigmoidGrad"]));
  });

  it("reads a variable as often as it is asked to", () => {
    const adam = new Adam(Float32Array.of(1, 2));
    const { result, calls, values } = native!.record(() => [adam.weights(), adam.weights()].map((t) => native!.idOf(t).id));
    expect(rewritten(calls, values, [], result).calls).toHaveLength(2);
    adam.dispose();
  });

  describe("multiplies three matrices in the cheaper order", () => {
    const [rows, K, H, O] = [16, 2, 8, 6];
    const matrix = (name: string, n: number, k: number, transposed: boolean) => randomTensor(transposed ? [k, n] : [n, k], name, 0.3);
    for (const flags of Array.from({ length: 8 }, (_, i) => [4, 2, 1].map((bit) => (i & bit) > 0)))
      it(`(A B) C and C (B A), ${flags.map((t) => (t ? "transposed" : "as it is")).join(", ")}`, () => {
        const [a, b, c] = [matrix("a", rows, K, flags[0]), matrix("b", K, H, flags[1]), matrix("c", H, O, flags[2])];
        const left = kernelsOf((a, b, c) => [m(m(a, b, flags[0], flags[1]), c, false, flags[2])], a, b, c);
        expect(left.calls.map(({ outputs: [{ shape }] }) => shape)).toEqual([
          [K, O],
          [rows, O],
        ]);
        // The same from the other side: C' (B' A') with the thin pair on the right.
        const [d, e, g] = [matrix("d", O, H, flags[2]), matrix("e", H, K, flags[1]), matrix("g", K, rows, flags[0])];
        const right = kernelsOf((d, e, g) => [m(d, m(e, g, flags[1], flags[0]), flags[2])], d, e, g);
        expect(right.calls.map(({ outputs: [{ shape }] }) => shape)).toEqual([
          [O, K],
          [O, rows],
        ]);
        // and with the product itself transposed
        const turned = kernelsOf((a, b, c) => [m(m(a, b, flags[0], flags[1]), c, true, flags[2])], a, b, matrix("t", rows, O, flags[2]));
        expect(turned.calls.map(({ outputs: [{ shape }] }) => shape)).toEqual([
          [K, O],
          [H, O],
        ]);
      });

    const [a, b, c, d] = [
      randomTensor([rows, K], "a", 0.3),
      randomTensor([K, H], "b", 0.3),
      randomTensor([H, O], "c"),
      randomTensor([H, O], "d"),
    ];
    it("for all that the product goes into, what they share once", () => {
      const two = kernelsOf((a, b, c, d) => [m(m(a, b), c), m(m(a, b), d)], a, b, c, d);
      expect(two.calls).toHaveLength(4);
      const shared = kernelsOf((a, b, c) => [m(m(a, b), c), tf.tanh(m(m(a, b), c))], a, b, c);
      expect(shared.after).toEqual(["MatMul", "MatMul", "Tanh"]);
    });

    it("[A B, C] W as [A, C] [B W_1; W_2], where A has fewer columns than A B", () => {
      const shapes = (f: F, ...inputs: tf.Tensor[]) =>
        kernelsOf(f, ...inputs)
          .calls.filter(({ kernel }) => kernel === "MatMul")
          .map(({ outputs: [{ shape }] }) => shape);
      const W = randomTensor([2 * H, O], "W", 0.3);
      const h = randomTensor([rows, H], "h", 0.3);
      const both: F = (a, b, h, W) => [m(tf.concat([m(a, b), h], 1), W)];
      expect(shapes(both, a, b, h, W)).toEqual([
        [K, O],
        [rows, O],
      ]);
      const whole = [
        [rows, H],
        [rows, O],
      ];
      const wide = [randomTensor([rows, 9], "wide", 0.3), randomTensor([9, H], "b9", 0.3)];
      expect(shapes(both, ...wide, h, W), "A has more").toEqual(whole);
      expect(
        shapes((a, b, h, W) => [m(tf.concat([h, m(a, b)], 1), W)], a, b, h, W),
        "the product comes second",
      ).toEqual(whole);
      expect(
        shapes((a, b, h, W) => [m(tf.concat([m(a, b), h], 1), W, false, true)], a, b, h, tf.transpose(W)),
        "W is transposed",
      ).toEqual(whole);
      expect(
        shapes((a, b, h, W) => [m(tf.concat([tf.tanh(m(a, b)), h], 1), W)], a, b, h, W),
        "it is not the product itself",
      ).toEqual(whole);
      expect(
        shapes((a, b, h, c) => [m(tf.concat([m(a, b), h], 0), c)], a, b, h, c),
        "rows are joined",
      ).toEqual([
        [rows, H],
        [2 * rows, O],
      ]);
    });

    const from =
      (f: (p: tf.Tensor, c: tf.Tensor) => tf.Tensor[]): F =>
      (a, b, c) =>
        f(m(a, b), c);
    const kept: [string, F, tf.Tensor[]][] = [
      ["where the other order takes more", from((p, c) => [m(p, c)]), [b, c, randomTensor([O, 9], "f")]],
      ["where the product is asked for", from((p, c) => [p, m(p, c)]), [a, b, c]],
      ["where something else takes the product", from((p, c) => [tf.tanh(p), m(p, c)]), [a, b, c]],
      ["where the product is multiplied by itself", from((p) => [m(p, p)]), [randomTensor([H, K], "g"), b]],
    ];
    for (const [name, f, inputs] of kept)
      it(`but not ${name}`, () => {
        const { calls } = kernelsOf(f, ...inputs);
        const plain = native!.record(() => f(...inputs)).calls;
        const shapes = (list: Call[]) => list.filter(({ kernel }) => /MatMul/.test(kernel)).map(({ outputs: [{ shape }] }) => `${shape}`);
        expect(shapes(calls)).toEqual(shapes(plain));
      });
  });
});

describe.skipIf(!native)("all models' computations as graphs", () => {
  const relative = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Math.hypot(...Array.from(a, (v, i) => v - b[i])) / (1e-12 + Math.hypot(...Array.from(b)));
  for (const options of SETTINGS) {
    const c: TrainingConfig = small(options);
    const kind = kindOf(c);
    it(`have the values of the same op by op: ${JSON.stringify(options)}`, () => {
      const model = createModel(c as never, 3) as WeightedModel;
      const data = trainingData(c);
      const step = new GradientStep(model.config, model.layout, "loss");
      for (const n of [1, 2, 7]) {
        const [whole, alone] = [step.run(model, data, 1, n), step.run(model, data, 1, n, "opByOp")];
        for (const key of ["parts", "gradient"] as const)
          expect(relative(whole[key].dataSync(), alone[key].dataSync()), `${key} of step ${n}`).toBeLessThan(1e-5);
      }
      step.dispose();
      data.dispose();
      model.dispose();

      const w = randomWeights(c as never);
      const names = Object.keys(w);
      const weights = (list: tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, list[i]]));
      const { past, future } = kind.reach(c);
      const impute = new Graph((seen, key, ...list) =>
        kind.impute(c, weights(list), { seen: seen as tf.Tensor3D, clean: seen as tf.Tensor3D }, [null, draws(kind.noise(c), { key }, 5)]),
      );
      const made = new Graph((history, key, ...list) => {
        const own = weights(list);
        const { v, state } = kind.step(c, own, kind.init(c, own, history as tf.Tensor3D), draws(kind.emission(c), { key }, 5));
        return [v, ...state];
      });
      for (const [graph, x] of [
        [impute, chainWindows(past + 1, 5)],
        [made, chainWindows(past + future, 5)],
      ] as const) {
        const inputs = [x, keyOf(1, "key", 1), ...Object.values(w)];
        const [whole, alone] = [graph.run(...inputs), graph.opByOp(...inputs)];
        whole.forEach((t, i) => {
          expect(distance(t.dataSync(), alone[i].dataSync())).toBeLessThan(1e-5);
        });
        graph.dispose();
      }
    });
  }
});
