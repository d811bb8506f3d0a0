import * as tf from "@tensorflow/tfjs-core";
import { determinant, inverse, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { generator } from "../lib/base/random";
import { gaussian, klToPrior, LOG_D_LIMIT, logDeterminant, rankOneKl, sample, traceOf } from "../lib/models/gaussian";
import { klByLayer, latentsOf, recogniseLatent } from "../lib/models/latent";
import { completeConfig } from "../lib/models/registry";
import type { TdlgmConfig } from "../lib/models/tdlgm";
import { gaussianPosterior } from "../lib/notebook/plain";
import { average, expectClose, expectNothingLeft, normalValues, numericalGradient, randomTensor } from "./helpers";

/** C, log|C| and Tr C of the precision diag(d) + u uᵀ. */
function dense(d: number[], u: number[]) {
  const precision = d.map((di, i) => u.map((uj, j) => (i === j ? di : 0) + u[i] * uj));
  const matrix = new Matrix(precision);
  const C = inverse(matrix);
  return { C: C.to2DArray(), logDeterminant: -Math.log(determinant(matrix)), trace: C.trace() };
}

const rows = (K: number, n: number, stream: string, scale = 1) =>
  Array.from({ length: n }, (_, i) => Array.from(normalValues(K, `${stream}${i}`, scale)));
const t2 = (x: number[][]) => tf.tensor2d(x);
/** N(·, C) of the precision diag(d) + u uᵀ. */
const of = (d: tf.Tensor, u: tf.Tensor, mean: tf.Tensor = tf.zerosLike(u)) => gaussian(mean, tf.log(d), u);

describe("the rank-one Gaussian", () => {
  for (const K of [1, 2, 5, 8]) {
    it(`agrees with dense linear algebra at K = ${K}`, () => {
      const d = rows(K, 6, "d").map((row) => row.map(Math.exp));
      const u = rows(K, 6, "u", 1.5);
      const mean = rows(K, 6, "mean");
      const reference = d.map((row, i) => dense(row, u[i]));
      expectClose(
        logDeterminant(of(t2(d), t2(u))).dataSync(),
        reference.map((r) => r.logDeterminant),
        1e-5,
      );
      expectClose(
        traceOf(of(t2(d), t2(u))).dataSync(),
        reference.map((r) => r.trace),
        1e-5,
      );
      const kl = reference.map((r, i) => 0.5 * (mean[i].reduce((s, m) => s + m * m, 0) + r.trace - r.logDeterminant - K));
      expectClose(rankOneKl(t2(mean), t2(d), t2(u)).dataSync(), kl, 1e-5);
      // The columns of R are R e_k: R Rᵀ must be C.
      for (const [i, { C }] of reference.entries()) {
        const repeated = (row: number[]) => t2(Array.from({ length: K }, () => row));
        const R = sample(of(repeated(d[i]), repeated(u[i])), tf.eye(K)); // row k: R e_k
        expectClose(tf.matMul(R as tf.Tensor2D, R as tf.Tensor2D, true).dataSync(), C.flat(), 1e-5);
      }
    });
  }

  it("has the diagonal Gaussian as its limit for u -> 0", () => {
    const [d, mean, epsilon] = [t2([[0.5, 2, 4]]), t2([[1, 0, -1]]), t2([[1, -1, 2]])];
    for (const size of [0, 1e-20, 1e-8, 1e-4]) {
      const u = t2([[size, -size, size]]);
      expectClose(sample(of(d, u, mean), epsilon).dataSync(), [1 + Math.SQRT2, -Math.SQRT1_2, 0], 1e-6);
      expectClose(logDeterminant(of(d, u)).dataSync(), [-Math.log(4)], 1e-6);
      expectClose(traceOf(of(d, u)).dataSync(), [2.75], 1e-6);
      expectClose(rankOneKl(mean, d, u).dataSync(), [0.5 * (2 + 2.75 + Math.log(4) - 3)], 1e-6);
    }
    expect(rankOneKl(t2([[0, 0]]), t2([[1, 1]]), t2([[0, 0]])).dataSync()[0]).toBe(0);
  });

  it("keeps its digits at the ends of log d and for large u", () => {
    const cases: [number[], number[]][] = [
      [
        [Math.exp(-LOG_D_LIMIT), 1],
        [0.01, 1],
      ],
      [
        [Math.exp(LOG_D_LIMIT), 1],
        [3, -2],
      ],
      [
        [Math.exp(-LOG_D_LIMIT), Math.exp(LOG_D_LIMIT)],
        [0.001, 100],
      ],
      [
        [1, 2],
        [1000, 1000],
      ],
      [
        [1, 1],
        [1e4, 0],
      ],
    ];
    for (const [d, u] of cases) {
      const { trace, logDeterminant: log } = dense(d, u);
      expectClose(logDeterminant(of(t2([d]), t2([u]))).dataSync(), [log], 1e-4, `log|C| at d ${d}, u ${u}`);
      expectClose(traceOf(of(t2([d]), t2([u]))).dataSync(), [trace], 1e-4, `trace at d ${d}, u ${u}`);
    }
  });

  it("has a KL that a Monte Carlo estimate agrees with", () => {
    const [K, n] = [3, 100_000];
    const [mean, d, u] = [
      [0.5, -1, 0.2],
      [0.7, 2, 1.5],
      [1, -0.5, 0.8],
    ];
    const random = generator(3, "monte carlo");
    const epsilon = Float32Array.from({ length: n * K }, () => random.normal());
    const all = (x: number[]) => tf.tile(t2([x]), [n, 1]);
    const xi = sample(of(all(d), all(u), all(mean)), tf.tensor2d(epsilon, [n, K])).arraySync() as number[][];
    const { logDeterminant: log } = dense(d, u);
    // log q − log p at the draws; the precision is diag(d) + u uᵀ
    const ratios = xi.map((x) => {
      const e = x.map((v, k) => v - mean[k]);
      const quadratic = e.reduce((s, v, k) => s + d[k] * v * v, 0) + e.reduce((s, v, k) => s + u[k] * v, 0) ** 2;
      return -0.5 * log - 0.5 * quadratic + 0.5 * x.reduce((s, v) => s + v * v, 0);
    });
    const [estimate, square] = [average(ratios), average(ratios.map((r) => r * r))];
    const error = Math.sqrt((square - estimate ** 2) / n);
    const kl = rankOneKl(t2([mean]), t2([d]), t2([u])).dataSync()[0];
    expect(error).toBeLessThan(0.02);
    expect(Math.abs(kl - estimate)).toBeLessThan(4 * error);
  });

  it("refuses other shapes, a d that is not positive, and names the argument", () => {
    const [a, b] = [t2([[1, 2]]), t2([[1, 2, 3]])];
    expect(() => rankOneKl(a, b, a)).toThrow(/\bd is \[1,3\]/);
    expect(() => rankOneKl(a, a, b)).toThrow(/\bu is \[1,3\]/);
    expect(() => rankOneKl(tf.tensor1d([1]) as unknown as tf.Tensor2D, a, a)).toThrow(/mean is \[1\]/);
    for (const none of [undefined, null, 1, [[1, 2]], { shape: [1, 2], rank: 2 }] as never[]) {
      expect(() => rankOneKl(none, a, a)).toThrow(/rankOneKl: mean must be a tensor/);
      expect(() => rankOneKl(a, none, a)).toThrow(/rankOneKl: d must be a tensor/);
      expect(() => rankOneKl(a, a, none)).toThrow(/rankOneKl: u must be a tensor/);
    }
    for (const bad of [0, -1, Number.NaN]) expect(() => rankOneKl(a, t2([[1, bad]]), a)).toThrow(/of d must be positive/);
  });
});

describe("the posterior that q gives", () => {
  const shape = [2, 5, 3];
  const config = (posterior: TdlgmConfig["posterior"]) => completeConfig({ kind: "tdlgm", H: 4, K: 3, posterior });
  const [a, b, c] = ["mean", "logD", "u"].map((name) => randomTensor(shape, name));
  const epsilon = randomTensor(shape, "epsilon");

  it("has the values and gradients of float64 formulas, KL and draw", () => {
    const weights = normalValues(30, "by");
    const outputs = (x: number[], row: number) => [0, 1, 2].flatMap((part) => x.slice(30 * part + 3 * row, 30 * part + 3 * row + 3));
    const e = Array.from(epsilon.dataSync());
    const plain = (x: number[]) => {
      let sum = 0;
      for (let row = 0; row < 10; row++) {
        const { xi, kl } = gaussianPosterior(config("rankOne"), outputs(x, row), e.slice(3 * row, 3 * row + 3));
        sum += kl + xi.reduce((total, v, i) => total + v * weights[3 * row + i], 0);
      }
      return sum;
    };
    const f = (mean: tf.Tensor, logD: tf.Tensor, u: tf.Tensor) => {
      const q = gaussian(mean, logD, u);
      return tf.add(tf.sum(klToPrior(q)), tf.sum(tf.mul(sample(q, epsilon), tf.tensor(weights, shape)))) as tf.Scalar;
    };
    const x = [a, b, c].flatMap((t) => Array.from(t.dataSync()));
    expectClose(f(a, b, c).dataSync(), [plain(x)], 1e-5);
    const gradients = tf
      .grads(f)([a, b, c])
      .flatMap((g) => Array.from(g.dataSync()));
    expectClose(gradients, numericalGradient(plain, x), 1e-4);
  });

  /** q of weights that give every row these outputs: μ, log d, u. */
  const q = (posterior: TdlgmConfig["posterior"], outputs: number[]) => {
    const w = Object.fromEntries(
      [
        ["q.1", 1, 4],
        ["q.2", 4, 4],
        ["q.3", 4, outputs.length],
      ].flatMap(([name, rows, columns]) => [
        [`${name}.w`, tf.zeros([1, rows as number, columns as number])],
        [`${name}.b`, name === "q.3" ? tf.tensor3d([[outputs]]) : tf.zeros([1, 1, columns as number])],
      ]),
    );
    return recogniseLatent({ ...config(posterior), L: 1 }, w, tf.zeros([2, 1]));
  };

  it("is rank-one with d = exp, diagonal, or by sigmoid, and finite at extreme log d", () => {
    const [mu, logD, u] = [
      [0.5, -1, 0],
      [-1, 0.3, 2],
      [1, -0.5, 0.2],
    ];
    const one = tf.ones([1, 2, 3]);
    for (const posterior of ["rankOne", "diagonal", "sigmoid"] as const) {
      for (const far of [0, 30, -30]) {
        const outputs = [...mu, ...logD.map((v) => v + far), ...(posterior === "diagonal" ? [] : u)];
        const own = q(posterior, outputs);
        const expected = gaussianPosterior(config(posterior), outputs, [1, 1, 1]);
        expectClose(latentsOf(own, one).dataSync(), [...expected.xi, ...expected.xi], 1e-4, `${posterior}, ${far}`);
        expectClose(klByLayer(own).dataSync(), [expected.kl], 1e-4, `${posterior}, ${far}`);
        expectClose(latentsOf(own, null).dataSync(), [...mu, ...mu], 1e-6);
      }
    }
  });

  it("has no gradient by a log d beyond the limit", () => {
    const w = { "q.1.w": tf.zeros([1, 1, 4]), "q.1.b": tf.zeros([1, 1, 4]), "q.2.w": tf.zeros([1, 4, 4]), "q.2.b": tf.zeros([1, 1, 4]) };
    const outputs = tf.tensor3d([[[0, 0, 0, -30, -11.9, 30, 1, 1, 1]]]);
    const [g] = tf.grads((b) =>
      tf.sum(
        klByLayer(recogniseLatent({ ...config("rankOne"), L: 1 }, { ...w, "q.3.w": tf.zeros([1, 4, 9]), "q.3.b": b }, tf.zeros([2, 1]))),
      ),
    )([outputs]);
    const values = g.dataSync();
    expect(values.every(Number.isFinite)).toBe(true);
    expect([Math.abs(values[3]), Math.abs(values[5])]).toEqual([0, 0]);
    expect(values[4]).not.toBe(0);
  });

  it("leaves nothing behind under tf.grads", () => {
    expectNothingLeft(() => tf.dispose(tf.grads((m, d, u) => tf.sum(sample(gaussian(m, d, u), epsilon)) as tf.Scalar)([a, b, c])), 50);
  });
});
