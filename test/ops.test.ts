/** The portable forms against TensorFlow's kernels: every operation, every block, the whole loss. */
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { native } from "../lib/tensor/backend";
import { compute } from "../lib/tensor/blocks";
import { type Ops, scoped, tfjsOps, type Value } from "../lib/tensor/ops";
import { CASES, evaluate, gradientsOf } from "./cases";
import { distance, expectClose, held, randomTensor } from "./helpers";

describe("the operations", () => {
  const positive = (shape: number[], stream: string) => tf.add(0.1, tf.abs(randomTensor(shape, stream)));
  const a = () => randomTensor([2, 3], "a");
  const cube = () => randomTensor([4, 2, 3], "cube");
  const cases: Record<keyof Ops, [() => tf.Tensor[], (o: Ops, x: Value[]) => Value[]][]> = {
    add: [[() => [a(), randomTensor([3], "b")], (o, [x, y]) => [o.add(x, y), o.add(x, 2), o.add(0.5, y)]]],
    sub: [[() => [a(), randomTensor([2, 1], "b")], (o, [x, y]) => [o.sub(x, y), o.sub(x, 2), o.sub(0.5, y)]]],
    mul: [[() => [a(), randomTensor([2, 1], "b")], (o, [x, y]) => [o.mul(x, y), o.mul(x, 2), o.mul(0.5, y)]]],
    div: [[() => [a(), positive([3], "b")], (o, [x, y]) => [o.div(x, y), o.div(x, 4), o.div(2, y)]]],
    square: [[() => [a()], (o, [x]) => [o.square(x)]]],
    sqrt: [[() => [positive([5], "p")], (o, [x]) => [o.sqrt(x)]]],
    exp: [[() => [a()], (o, [x]) => [o.exp(x)]]],
    log: [[() => [positive([5], "p")], (o, [x]) => [o.log(x)]]],
    reciprocal: [[() => [positive([5], "p")], (o, [x]) => [o.reciprocal(x)]]],
    tanh: [[() => [a()], (o, [x]) => [o.tanh(x)]]],
    sigmoid: [[() => [a()], (o, [x]) => [o.sigmoid(x)]]],
    relu: [[() => [a()], (o, [x]) => [o.relu(x)]]],
    maximum: [[() => [a(), randomTensor([3], "b")], (o, [x, y]) => [o.maximum(x, y), o.maximum(x, 0.2)]]],
    logSoftmax: [[() => [a()], (o, [x]) => [o.logSoftmax(x)]]],
    tanhGradient: [[() => [tf.tanh(a()), randomTensor([2, 3], "dy")], (o, [y, dy]) => [o.tanhGradient(y, dy)]]],
    sigmoidGradient: [[() => [tf.sigmoid(a()), randomTensor([2, 3], "dy")], (o, [y, dy]) => [o.sigmoidGradient(y, dy)]]],
    reluGradient: [[() => [tf.relu(a()), randomTensor([2, 3], "dy")], (o, [y, dy]) => [o.reluGradient(y, dy)]]],
    clip: [[() => [a()], (o, [x]) => [o.clip(x, -0.5, 0.3)]]],
    inside: [[() => [tf.tensor1d([-2, -1, -0.9, 0, 0.9, 1, 2])], (o, [x]) => [o.inside(x, 1)]]],
    sum: [[() => [cube()], (o, [x]) => [o.sum(x), o.sum(x, [1]), o.sum(x, [0, 2]), o.sum(x, [2], true), o.sum(x, [0, 1, 2], true)]]],
    matMul: [
      [() => [a(), randomTensor([3, 4], "b")], (o, [x, y]) => [o.matMul(x, y)]],
      [() => [a(), randomTensor([2, 4], "b")], (o, [x, y]) => [o.matMul(x, y, true)]],
      [() => [a(), randomTensor([4, 3], "b")], (o, [x, y]) => [o.matMul(x, y, false, true)]],
      [() => [a(), randomTensor([4, 2], "b")], (o, [x, y]) => [o.matMul(x, y, true, true)]],
      [() => [cube(), randomTensor([4, 3, 5], "b")], (o, [x, y]) => [o.matMul(x, y)]],
      [() => [randomTensor([1, 2, 3], "one"), randomTensor([4, 3, 5], "b")], (o, [x, y]) => [o.matMul(x, y)]],
      [() => [cube(), randomTensor([4, 2, 5], "b")], (o, [x, y]) => [o.matMul(x, y, true)]],
      [() => [cube(), randomTensor([4, 5, 3], "b")], (o, [x, y]) => [o.matMul(x, y, false, true)]],
    ],
    linear: [
      [() => [a(), randomTensor([3, 4], "b"), randomTensor([4], "c")], (o, [x, w, b]) => [o.linear(x, w, b)]],
      [() => [cube(), randomTensor([4, 3, 5], "b"), randomTensor([4, 1, 5], "c")], (o, [x, w, b]) => [o.linear(x, w, b)]],
    ],
    reshape: [[() => [cube()], (o, [x]) => [o.reshape(x, [6, 4]), o.reshape(x, [-1])]]],
    concat: [[() => [cube(), randomTensor([4, 5, 3], "b")], (o, [x, y]) => [o.concat([x, y], 1), o.concat([x], 0)]]],
    split: [[() => [cube()], (o, [x]) => [...o.split(x, 2, 0), ...o.split(x, 3, 2), ...o.split(x, 1, 0)]]],
    cut: [[() => [randomTensor([9], "v")], (o, [x]) => o.cut(x, [2, 1, 6])]],
    rows: [[() => [cube(), randomTensor([5], "v")], (o, [x, y]) => [o.rows(x, 1, 2), o.rows(y, 4, 1)]]],
    padRows: [[() => [cube(), randomTensor([5], "v")], (o, [x, y]) => [o.padRows(x, 2), o.padRows(y, 1)]]],
  };
  it("are all looked at", () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(tfjsOps).sort());
  });
  for (const [name, all] of Object.entries(cases)) {
    it(`${name} is the same in both forms`, () => {
      for (const [inputs, f] of all) {
        const x = inputs();
        const [a, b] = [compute(x, f), f(tfjsOps, x) as tf.Tensor[]];
        expect(a).toHaveLength(b.length);
        a.forEach((t, i) => {
          expectClose(t, b[i], 1e-6, `output ${i}`);
        });
      }
    });
  }

  it("free their handles, also when they fail", () => {
    const x = a();
    const failing = () => compute([x], (o, [v]) => [o.matMul(o.exp(v), o.square(v))]); // [2, 3] times [2, 3]
    const works = () => tf.dispose(compute([x], (o, [v]) => [o.mul(o.exp(v), o.square(v))]));
    works();
    const before = held();
    for (let i = 0; i < 20; i++) {
      works();
      expect(failing).toThrow(/[Mm]atrix|MatMul/);
    }
    expect(held()).toEqual(before);
  });

  it("made in an inner scope are freed there, those of the outer one later", () => {
    const before = held().handles;
    scoped((o) => {
      const [x] = o.kernel("Identity", [native!.attribute.type("T", "float")], [native!.constant("float", [4])], 1);
      const outer = held().handles;
      scoped((inner) => ({ result: inner.sqrt(x), keep: [] }));
      expect(held().handles).toBe(outer);
      return { result: o.sqrt(x), keep: [] };
    });
    expect(held().handles).toBeLessThanOrEqual(before + 1); // the constant stays
  });
});

describe("without TensorFlow's kernels", () => {
  type Values = Record<string, { native: boolean; values: number[][]; gradients: number[][] }>;
  let portable: Values;
  beforeAll(() => {
    const root = path.resolve(__dirname, "..");
    const script = `
      const { CASES, evaluate } = require("./test/cases");
      const native = require("./lib/tensor/backend").native !== null;
      const all = Object.entries(CASES).map(([name, c]) => [name, { native, ...evaluate(c) }]);
      process.stdout.write("\\n" + JSON.stringify(Object.fromEntries(all)));`;
    const text = execFileSync(process.execPath, ["node_modules/tsx/dist/cli.mjs", "-e", script], {
      cwd: root,
      env: { ...process.env, TDLGM_OPS: "1", TF_CPP_MIN_LOG_LEVEL: "2" },
      encoding: "utf8",
      maxBuffer: 1e8,
    });
    portable = JSON.parse(text.slice(text.lastIndexOf("\n")));
  });
  for (const [name, c] of Object.entries(CASES)) {
    it(`has the same values and gradients: ${name}`, () => {
      const [mine, theirs] = [evaluate(c), portable[name]];
      expect([native !== null, theirs.native]).toEqual([true, false]);
      for (const kind of ["values", "gradients"] as const) {
        expect(mine[kind]).toHaveLength(theirs[kind].length);
        mine[kind].forEach((x, i) => {
          expect(distance(x, theirs[kind][i]), `${kind} ${i}`).toBeLessThan(1e-5);
        });
      }
      if (c.gradient !== false) expect(mine.gradients.flat().some((g) => g !== 0)).toBe(true);
    });
  }
});

describe("handles", () => {
  for (const [name, c] of Object.entries(CASES).filter(([, c]) => c.gradient !== false)) {
    it(`are all freed under plain tf.grads and without it: ${name}`, () => {
      const inputs = c.inputs();
      const once = () =>
        tf.tidy(() => {
          gradientsOf(c, inputs);
          c.f(...inputs);
        });
      once();
      const before = held();
      for (let i = 0; i < 5; i++) once();
      expect(held()).toEqual(before);
    });
  }
});
