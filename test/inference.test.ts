import * as tf from "@tensorflow/tfjs-core";
import { determinant, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { LOG_D_LIMIT, posterior } from "../lib/models/gaussian";
import { importanceWeights } from "../lib/models/inference";
import { recogniseLatent } from "../lib/models/latent";
import { completeConfig } from "../lib/models/registry";
import type { TdlgmConfig } from "../lib/models/tdlgm";
import { emit, layout, recogniseStates } from "../lib/models/tdlgm";
import { dot, sigmoid } from "../lib/notebook/plain";
import { logNormal } from "../lib/notebook/quadrature";
import { normals } from "../lib/tensor/draws";
import { totalSize, unpack } from "../lib/tensor/weights";
import { chain, distance, held, normalValues } from "./helpers";

const stream = { seed: 3, name: "weights" };
const setting = (options: Partial<TdlgmConfig>) => {
  const c = completeConfig({ kind: "tdlgm", m: 3, L: 2, H: 4, K: 3, ...options });
  const inputs = tf.tensor2d(chain((c.m + 1) * 5, 4), [c.m + 1, 5]);
  return { c, inputs, w: unpack(layout(c), tf.tensor1d(normalValues(totalSize(layout(c)), "weights", 0.4))) };
};

describe("importance weights", () => {
  for (const options of [{}, { L: 1 }, { posterior: "diagonal" }, { posterior: "sigmoid" }, { window: "inclusive" }] as const)
    it(`are log p(v | s, ξ) + log p(ξ) − log q(ξ), by densities from dense matrices: ${JSON.stringify(options)}`, () => {
      const { c, inputs, w } = setting(options);
      const target = tf.reshape(inputs.slice(c.m), [5, 1]) as tf.Tensor2D;
      const seen = inputs.slice(0, c.window === "past" ? c.m : c.m + 1) as tf.Tensor2D;
      const q = recogniseLatent(c, w, target);
      const [mu, logD, u] = [q.mean, q.logD, q.u].map((t) => t.arraySync() as number[][][]);
      const found = importanceWeights(c, w, inputs, 2, stream);
      expect(found).toHaveLength(2);
      found.forEach((weights, step) => {
        const { xi } = posterior(q.mean, q.logD, q.u, normals(q.mean.shape, { ...stream, step }));
        const readout = emit(c, w, recogniseStates(c, w, [seen])[0], xi).readout.dataSync();
        const draws = xi.arraySync();
        const expected = Array.from(target.dataSync(), (v, t) => {
          let sum = logNormal(v, sigmoid(readout[t]), 0.1);
          draws.forEach((layer, l) => {
            const d = logD[l][t].map((x) => Math.exp(Math.min(LOG_D_LIMIT, Math.max(-LOG_D_LIMIT, x))));
            const precision = new Matrix(u[l][t].map((a, i) => u[l][t].map((b, j) => a * b + (i === j ? d[i] : 0))));
            const off = layer[t].map((x, i) => x - mu[l][t][i]);
            const squares = dot(off, precision.mmul(Matrix.columnVector(off)).to1DArray());
            const logQ = 0.5 * (Math.log(determinant(precision)) - squares - c.K * Math.log(2 * Math.PI));
            sum += layer[t].reduce((s, x) => s + logNormal(x), 0) - logQ;
          });
          return sum;
        });
        expect(distance(weights, expected)).toBeLessThan(2e-5);
      });
    });

  it("leave nothing behind", () => {
    const { c, inputs, w } = setting({});
    importanceWeights(c, w, inputs, 1, stream); // constants of this shape are kept
    const before = held();
    importanceWeights(c, w, inputs, 3, stream);
    expect(held()).toEqual(before);
  });
});
