import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { generator } from "../lib/base/random";
import { LOG_D_LIMIT, posterior, rankOneKl, rankOneLogDeterminant, rankOneSample, rankOneTrace } from "../lib/models/gaussian";
import { average, distance, expectClose, held, normalValues, randomTensor } from "./helpers";

type Matrix = number[][];
/** The inverse and the log-determinant of a positive definite matrix, by elimination in float64. */
function inverse(matrix: Matrix): { inverse: Matrix; logDeterminant: number } {
  const K = matrix.length;
  const a = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  let logDeterminant = 0;
  for (let i = 0; i < K; i++) {
    const pivot = a[i][i];
    logDeterminant += Math.log(pivot);
    a[i] = a[i].map((v) => v / pivot);
    for (let r = 0; r < K; r++) {
      const factor = a[r][i];
      if (r !== i) a[r] = a[r].map((v, j) => v - factor * a[i][j]);
    }
  }
  return { inverse: a.map((row) => row.slice(K)), logDeterminant };
}

/** C, log|C| and Tr C of the precision diag(d) + u uᵀ. */
function dense(d: number[], u: number[]) {
  const precision = d.map((di, i) => u.map((uj, j) => (i === j ? di : 0) + u[i] * uj));
  const { inverse: C, logDeterminant } = inverse(precision);
  return { C, logDeterminant: -logDeterminant, trace: C.reduce((s, row, i) => s + row[i], 0) };
}

const rows = (K: number, n: number, stream: string, scale = 1) =>
  Array.from({ length: n }, (_, i) => Array.from(normalValues(K, `${stream}${i}`, scale)));
const t2 = (x: number[][]) => tf.tensor2d(x);

describe("the rank-one Gaussian", () => {
  for (const K of [1, 2, 5, 8]) {
    it(`agrees with dense linear algebra at K = ${K}`, () => {
      const d = rows(K, 6, "d").map((row) => row.map(Math.exp));
      const u = rows(K, 6, "u", 1.5);
      const mean = rows(K, 6, "mean");
      const reference = d.map((row, i) => dense(row, u[i]));
      expectClose(
        rankOneLogDeterminant(t2(d), t2(u)).dataSync(),
        reference.map((r) => r.logDeterminant),
        1e-5,
      );
      expectClose(
        rankOneTrace(t2(d), t2(u)).dataSync(),
        reference.map((r) => r.trace),
        1e-5,
      );
      const kl = reference.map((r, i) => 0.5 * (mean[i].reduce((s, m) => s + m * m, 0) + r.trace - r.logDeterminant - K));
      expectClose(rankOneKl(t2(mean), t2(d), t2(u)).dataSync(), kl, 1e-5);
      // The columns of R are R e_k: R Rᵀ must be C.
      for (const [i, { C }] of reference.entries()) {
        const repeated = (row: number[]) => t2(Array.from({ length: K }, () => row));
        const R = rankOneSample(tf.zeros([K, K]), repeated(d[i]), repeated(u[i]), tf.eye(K)); // row k: R e_k
        expectClose(tf.matMul(R as tf.Tensor2D, R as tf.Tensor2D, true).dataSync(), C.flat(), 1e-5);
      }
    });
  }

  it("has the diagonal Gaussian as its limit for u -> 0", () => {
    const [d, mean, epsilon] = [t2([[0.5, 2, 4]]), t2([[1, 0, -1]]), t2([[1, -1, 2]])];
    for (const size of [0, 1e-20, 1e-8, 1e-4]) {
      const u = t2([[size, -size, size]]);
      expectClose(rankOneSample(mean, d, u, epsilon).dataSync(), [1 + Math.SQRT2, -Math.SQRT1_2, 0], 1e-6);
      expectClose(rankOneLogDeterminant(d, u).dataSync(), [-Math.log(4)], 1e-6);
      expectClose(rankOneTrace(d, u).dataSync(), [2.75], 1e-6);
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
      const { trace, logDeterminant } = dense(d, u);
      expectClose(rankOneLogDeterminant(t2([d]), t2([u])).dataSync(), [logDeterminant], 1e-4, `log|C| at d ${d}, u ${u}`);
      expectClose(rankOneTrace(t2([d]), t2([u])).dataSync(), [trace], 1e-4, `trace at d ${d}, u ${u}`);
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
    const xi = rankOneSample(all(mean), all(d), all(u), tf.tensor2d(epsilon, [n, K])).arraySync() as number[][];
    const { logDeterminant } = dense(d, u);
    // log q − log p at the draws; the precision is diag(d) + u uᵀ
    const ratios = xi.map((x) => {
      const e = x.map((v, k) => v - mean[k]);
      const quadratic = e.reduce((s, v, k) => s + d[k] * v * v, 0) + e.reduce((s, v, k) => s + u[k] * v, 0) ** 2;
      return -0.5 * logDeterminant - 0.5 * quadratic + 0.5 * x.reduce((s, v) => s + v * v, 0);
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

describe("posterior", () => {
  /** The same from the exported functions, differentiated by the tape. */
  const byOps = (mean: tf.Tensor, logD: tf.Tensor, u: tf.Tensor, epsilon: tf.Tensor) => {
    const d = tf.exp(tf.clipByValue(logD, -LOG_D_LIMIT, LOG_D_LIMIT));
    const square = tf.sum(tf.square(mean), -1);
    const kl = tf.mul(0.5, tf.sub(tf.sub(tf.add(square, rankOneTrace(d, u)), rankOneLogDeterminant(d, u)), mean.shape[2] as number));
    return { xi: rankOneSample(mean, d, u, epsilon), kl: tf.mean(kl, 1) };
  };
  /** The block, its layers' KL as one vector. */
  const asVector = (...x: Parameters<typeof posterior>) => {
    const { xi, kl } = posterior(...x);
    return { xi, kl: tf.stack(kl) };
  };

  for (const [L, B, K] of [
    [1, 4, 3],
    [2, 5, 8],
    [3, 1, 1],
    [3, 7, 2],
  ]) {
    const shape = [L, B, K];
    const at = () => [randomTensor(shape, "mean"), randomTensor(shape, "logD", 1.5), randomTensor(shape, "u")];
    it(`has the values and gradients of the op-by-op form at [L,B,K] = [${shape}]`, () => {
      const epsilon = randomTensor(shape, "epsilon");
      const [byXi, byKl] = [randomTensor(shape, "byXi"), randomTensor([L], "byKl", 3)];
      const [values, reference] = [asVector, byOps].map((f) => f(...(at() as [tf.Tensor, tf.Tensor, tf.Tensor]), epsilon));
      expectClose(values.xi, reference.xi, 1e-5);
      expectClose(values.kl, reference.kl, 1e-5);
      for (const [what, a, b] of [
        ["xi and kl", 1, 1],
        ["xi", 1, 0],
        ["kl", 0, 1],
      ] as const) {
        const gradients = [asVector, byOps].map((f) =>
          tf.grads((mean, logD, u) => {
            const { xi, kl } = f(mean, logD, u, epsilon);
            return tf.add(tf.mul(a, tf.sum(tf.mul(xi, byXi))), tf.mul(b, tf.sum(tf.mul(kl, byKl))));
          })(at()),
        );
        ["mean", "logD", "u"].forEach((name, i) => {
          expectClose(gradients[0][i], gradients[1][i], 1e-5, `by ${name}, loss of ${what}`);
        });
      }
    });
  }

  it("has finite values and gradients at extreme log d and at u = 0, and none by a log d beyond the limit", () => {
    const mean = tf.zeros([1, 1, 4]);
    const logD = tf.tensor3d([[[-30, -11.9, 11.9, 30]]]);
    for (const size of [0, 1, 50]) {
      const u = tf.fill([1, 1, 4], size);
      const { xi, kl } = posterior(mean, logD, u, tf.ones([1, 1, 4]));
      const gradients = tf.grads((m, l, v) => {
        const p = posterior(m, l, v, tf.ones([1, 1, 4]));
        return tf.add(tf.sum(p.xi), tf.addN(p.kl));
      })([mean, logD, u]);
      for (const t of [xi, ...kl, ...gradients]) expect(t.dataSync().every(Number.isFinite), `u = ${size}`).toBe(true);
      const [first, , , last] = gradients[1].dataSync();
      expect([first, last].map(Math.abs)).toEqual([0, 0]);
    }
  });

  it("has the layers' KL apart and averages over rows", () => {
    const mean = tf.tensor3d([
      [
        [1, 0],
        [3, 0],
      ],
      [
        [0, 0],
        [0, 2],
      ],
    ]);
    const kl = posterior(mean, tf.zeros([2, 2, 2]), tf.zeros([2, 2, 2]), tf.zeros([2, 2, 2])).kl;
    expect(kl.map((t) => t.shape)).toEqual([[], []]);
    const values = kl.map((t) => t.dataSync()[0]);
    expect(distance(values, [(0.5 + 4.5) / 2, 2 / 2])).toBeLessThan(1e-6);
  });

  it("refuses shapes that differ", () => {
    const z = (...shape: number[]) => tf.zeros(shape);
    expect(() => posterior(z(1, 2, 3), z(1, 2, 3), z(1, 2, 3), z(2, 2, 3))).toThrow(/epsilon/);
    expect(() => posterior(z(1, 2, 3), z(1, 2, 3), z(1, 2, 1), z(1, 2, 3))).toThrow(/posterior/);
    expect(() => posterior(z(1, 2, 3), z(1, 2, 1), z(1, 2, 3), z(1, 2, 3))).toThrow(/posterior/);
    expect(() => posterior(z(1, 2, 3), z(1, 2, 3), z(1, 2, 3), z(1, 1, 3))).toThrow(/posterior/);
  });

  it("leaves nothing behind under tf.grads", () => {
    const shape = [2, 4, 3];
    const values = ["a", "b", "c"].map((name) => randomTensor(shape, name));
    const epsilon = randomTensor(shape, "e");
    const once = () => tf.dispose(tf.grads((m, l, u) => tf.sum(posterior(m, l, u, epsilon).xi))(values));
    once();
    const before = held();
    for (let i = 0; i < 50; i++) once();
    expect(held()).toEqual(before);
  });
});
