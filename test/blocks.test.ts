import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type Block, differentiable, meanSquare, mlp, weightedSum } from "../lib/tensor/blocks";
import type { Ops, Value } from "../lib/tensor/ops";
import { expectClose, held, randomTensor } from "./helpers";

describe("differentiable", () => {
  /** x y and x + y². */
  const pair: Block = {
    forward: (o, [x, y]) => ({ outputs: [o.mul(x, y), o.add(x, o.square(y))], saved: [x, y] }),
    backward: (o, [d1, d2], [x, y]) => [o.add(o.mul(d1, y), d2), o.add(o.mul(d1, x), o.mul(o.mul(y, 2), d2))],
  };
  /** eˣ, saving its own output. */
  const exponential: Block = {
    forward(o, [x]) {
      const y = o.exp(x);
      return { outputs: [y], saved: [y] };
    },
    backward: (o, [dy], [y]) => [o.mul(dy, y)],
  };
  const total = (t: tf.Tensor) => differentiable(totals, [t])[0] as tf.Scalar;
  const totals: Block = {
    forward: (o, [x]) => ({ outputs: [o.sum(x)], saved: [x] }),
    backward: (o, [dy], [x]) => [o.mul(dy, o.add(o.mul(x, 0), 1))],
  };

  it("differentiates each of several outputs, and an unused one counts as zero", () => {
    const values = [tf.tensor1d([1, 2]), tf.tensor1d([3, 5])];
    const by = (loss: (outputs: tf.Tensor[]) => tf.Tensor) =>
      tf
        .grads((x, y) => loss(differentiable(pair, [x, y])) as tf.Scalar)(values)
        .map((g) => Array.from(g.dataSync()));
    expect(by(([a, b]) => tf.sum(tf.add(a, b)))).toEqual([
      [4, 6],
      [7, 12],
    ]);
    expect(by(([a]) => tf.sum(a))).toEqual([
      [3, 5],
      [1, 2],
    ]);
    expect(by(([, b]) => tf.sum(b))).toEqual([
      [1, 1],
      [6, 10],
    ]);
  });

  it("adds up the gradients of a tensor that several blocks take", () => {
    const x = tf.tensor1d([0.5, -1]);
    const [g] = tf.grads((x) => total(differentiable(pair, [differentiable(exponential, [x])[0], x])[0]))([x]);
    expectClose(
      g.dataSync(),
      [0.5, -1].map((v) => Math.exp(v) * (1 + v)),
      1e-6,
    ); // of x eˣ
  });

  it("gives constants no gradient", () => {
    const block: Block = {
      forward: (o, [x, c]) => ({ outputs: [o.mul(x, c)], saved: [c] }),
      backward: (o, [dy], [c]) => [o.mul(dy, c)],
    };
    const c = tf.tensor1d([2, 3]);
    const f = (x: tf.Tensor, y: tf.Tensor) => tf.sum(differentiable(block, [x], [y])[0]) as tf.Scalar;
    expect(
      Array.from(
        tf
          .grads((x) => f(x, c))([tf.tensor1d([5, 7])])[0]
          .dataSync(),
      ),
    ).toEqual([2, 3]);
    expect(() => tf.grads((y) => f(tf.tensor1d([5, 7]), y))([c])).toThrow(/gradient/);
  });

  it("keeps what the gradient needs though an input and an output are disposed of before it runs", () => {
    const x = tf.tensor1d([1, 2]);
    const before = held();
    const [g] = tf.grads((x) => {
      const twice = tf.mul(x, 2);
      const [y] = differentiable(exponential, [twice]);
      const [a] = differentiable(pair, [y, twice]);
      const loss = total(a);
      tf.dispose([y, a, twice]);
      return loss;
    })([x]);
    expectClose(
      g.dataSync(),
      [1, 2].map((v) => 2 * Math.exp(2 * v) * (2 * v + 1)),
      1e-6,
    ); // of e²ˣ 2x
    g.dispose();
    expect(held()).toEqual(before);
  });

  describe("when it throws", () => {
    const x = () => randomTensor([2, 3], "x");
    const failure = new Error("broken block");
    const fail = (o: Ops, v: Value) => {
      o.exp(o.square(v)); // work that is under way
      throw failure;
    };
    const badForward: Block = { ...exponential, forward: (o, [x]) => fail(o, x) };
    const badBackward: Block = { ...exponential, backward: (o, [dy]) => fail(o, dy) };
    const badKernel: Block = { ...exponential, backward: (o, [dy], [y]) => [o.matMul(o.exp(dy), y)] }; // [2, 3] times [2, 3]
    const first = (block: Block, x: tf.Tensor) => differentiable(block, [x])[0];
    const cases: [string, RegExp, (x: tf.Tensor) => tf.Scalar][] = [
      ["forward", /broken block/, (x) => total(first(badForward, first(exponential, x)))],
      ["backward", /broken block/, (x) => total(first(exponential, first(badBackward, first(exponential, x))))],
      ["a kernel of backward", /MatMul|[Mm]atrix/, (x) => total(first(exponential, first(badKernel, first(exponential, x))))],
    ];
    for (const [name, message, loss] of cases) {
      it(`leaves the error as it is, and nothing behind once the next gradient has run: ${name}`, () => {
        const value = x();
        const good = () => tf.dispose(tf.grads((x) => total(first(exponential, x)))([value]));
        good();
        const before = held();
        for (let i = 0; i < 20; i++) expect(() => tf.grads((x) => loss(x))([value])).toThrow(message);
        good();
        expect(held()).toEqual(before);
        const [g] = tf.grads((x) => total(first(exponential, x)))([value]);
        expectClose(g, tf.exp(value), 1e-6, "what comes after is right");
      });
    }

    it("leaves nothing behind outside a gradient", () => {
      const value = x();
      tf.dispose(differentiable(exponential, [value])); // its values reach TensorFlow when they are first used
      const before = held();
      for (let i = 0; i < 20; i++) expect(() => tf.tidy(() => differentiable(badForward, [value]))).toThrow(failure);
      expect(held()).toEqual(before);
    });
  });
});

describe("mlp", () => {
  const sizes = [3, 4, 5, 2];
  const parameters = (depth: number, networks?: number) =>
    sizes
      .slice(0, depth)
      .flatMap((size, i) => [
        randomTensor([...(networks ? [networks] : []), size, sizes[i + 1]], `w${i}`),
        randomTensor(networks ? [networks, 1, sizes[i + 1]] : [sizes[i + 1]], `b${i}`),
      ]);
  const layers = (p: tf.Tensor[]) => Array.from({ length: p.length / 2 }, (_, i) => ({ w: p[2 * i], b: p[2 * i + 1] }));
  const byOps = (x: tf.Tensor, p: tf.Tensor[], hidden: (x: tf.Tensor) => tf.Tensor = tf.tanh) =>
    layers(p).reduce((y, { w, b }, i) => {
      const wide = y.rank === 3 && y.shape[0] !== w.shape[0] ? tf.tile(y, [w.shape[0], 1, 1]) : y;
      const linear = tf.add(tf.matMul(wide, w), b);
      return i < p.length / 2 - 1 ? hidden(linear) : linear;
    }, x);

  const cases: [string, number, number | undefined, number[]][] = [
    ["one layer, no network axis", 1, undefined, [6, 3]],
    ["three layers, no network axis", 3, undefined, [6, 3]],
    ["three networks on inputs of their own", 3, 3, [3, 6, 3]],
    ["three networks on one input", 3, 3, [1, 6, 3]],
    ["one layer of two networks on one input", 1, 2, [1, 6, 3]],
    ["one network with the axis", 2, 1, [1, 6, 3]],
    ["a batch of one", 2, 2, [1, 1, 3]],
  ];
  for (const [name, depth, networks, shape] of cases) {
    it(`has the values and gradients of the op-by-op form: ${name}`, () => {
      const values = [randomTensor(shape, "x"), ...parameters(depth, networks)];
      const [[a], b] = [mlp(values[0], layers(values.slice(1))), byOps(values[0], values.slice(1))];
      expectClose(a, b, 1e-5);
      const by = randomTensor(a.shape, "by");
      const gradients = [mlp, null].map((f) =>
        tf.grads((x: tf.Tensor, ...p: tf.Tensor[]) => tf.sum(tf.mul(by, f ? f(x, layers(p))[0] : byOps(x, p))) as tf.Scalar)(values),
      );
      gradients[0].forEach((g, i) => {
        expectClose(g, gradients[1][i], 1e-5, `input ${i}`);
      });
      const data = tf.grads((...p: tf.Tensor[]) => tf.sum(tf.mul(by, mlp(values[0], layers(p), { data: true })[0])) as tf.Scalar)(
        values.slice(1),
      );
      data.forEach((g, i) => {
        expectClose(g, gradients[1][i + 1], 1e-5, `input ${i + 1} without the gradient by x`);
      });
    });
  }

  it("has them with rectified hidden layers too", () => {
    const values = [randomTensor([1, 6, 3], "x"), ...parameters(3, 3)];
    const by = randomTensor([3, 6, 2], "by");
    const forms = [
      (x: tf.Tensor, ...p: tf.Tensor[]) => mlp(x, layers(p), { hidden: "relu" })[0],
      (x: tf.Tensor, ...p: tf.Tensor[]) => byOps(x, p, tf.relu),
    ];
    const [ours, twin] = forms.map((f) => f(...(values as [tf.Tensor])));
    expectClose(ours, twin, 1e-5);
    const [a, b] = forms.map((f) => tf.grads((...x: tf.Tensor[]) => tf.sum(tf.mul(by, f(...(x as [tf.Tensor])))) as tf.Scalar)(values));
    a.forEach((g, i) => {
      expectClose(g, b[i], 1e-5, `input ${i}`);
    });
  });

  it("cuts its output into equal pieces, and joins their gradients", () => {
    const values = [randomTensor([1, 6, 3], "x"), randomTensor([2, 3, 6], "w"), randomTensor([2, 1, 6], "b")];
    const whole = byOps(values[0], values.slice(1));
    const pieces = mlp(values[0], layers(values.slice(1)), { pieces: 3 });
    expect(pieces.map((t) => t.shape)).toEqual(new Array(3).fill([2, 6, 2]));
    pieces.forEach((t, i) => {
      expectClose(t, tf.slice(whole, [0, 0, 2 * i], [2, 6, 2]), 1e-6);
    });
    const cut = (x: tf.Tensor, ...p: tf.Tensor[]) => mlp(x, layers(p), { pieces: 3 });
    const split = (x: tf.Tensor, ...p: tf.Tensor[]) => tf.split(byOps(x, p), 3, 2);
    for (const used of [[0, 1, 2], [1], [0, 2]]) {
      const [g, r] = [cut, split].map((f) =>
        tf.grads((...x: tf.Tensor[]) => {
          const parts = f(...(x as [tf.Tensor]));
          return tf.addN(used.map((i) => tf.sum(tf.mul(parts[i], randomTensor([2, 6, 2], `by ${i}`))))) as tf.Scalar;
        })(values),
      );
      g.forEach((gradient, i) => {
        expectClose(gradient, r[i], 1e-5, `input ${i}, pieces ${used}`);
      });
    }
  });

  it("leaves nothing behind under tf.grads", () => {
    const values = [randomTensor([1, 6, 3], "x"), ...parameters(3, 2)];
    const once = () => tf.dispose(tf.grads((x: tf.Tensor, ...p: tf.Tensor[]) => tf.sum(mlp(x, layers(p))[0]) as tf.Scalar)(values));
    once();
    const before = held();
    for (let i = 0; i < 50; i++) once();
    expect(held()).toEqual(before);
  });
});

describe("meanSquare and weightedSum", () => {
  it("meanSquare is the mean squared difference, with its gradients", () => {
    const values = [randomTensor([2, 3, 4], "a"), randomTensor([2, 3, 4], "b")];
    const reference = (a: tf.Tensor, b: tf.Tensor) => tf.mean(tf.square(tf.sub(a, b)));
    expectClose(meanSquare(values[0], values[1]), reference(values[0], values[1]), 1e-6);
    expect(meanSquare(tf.tensor1d([1, 2]), tf.tensor1d([3, 5])).dataSync()[0]).toBe(6.5);
    const [g, r] = [meanSquare, reference].map((f) => tf.grads((a, b) => tf.mul(3, f(a, b)) as tf.Scalar)(values));
    g.forEach((gradient, i) => {
      expectClose(gradient, r[i], 1e-6);
    });
  });

  it("weightedSum is Σ c x, with c as gradients, and gives the x back", () => {
    const scalars = [2, 3, 5].map((x) => tf.scalar(x));
    const { total, parts } = weightedSum(scalars, [1, 10, 0]);
    expect(total.dataSync()[0]).toBe(32);
    expect(Array.from(parts.dataSync())).toEqual([2, 3, 5]);
    const gradients = tf.grads((...x: tf.Tensor[]) => tf.mul(2, weightedSum(x, [1, 10, 0]).total) as tf.Scalar)(scalars);
    expect(gradients.map((g) => g.dataSync()[0])).toEqual([2, 20, 0]);
  });
});
