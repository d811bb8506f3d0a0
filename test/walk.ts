/** A toy kind of model, all of it: a Gaussian random walk of d columns, v_t ~ N(v_{t-1} + drift, σ²), whose values have no bounds. */
import * as tf from "@tensorflow/tfjs-core";
import { row } from "../lib/data/windows";
import { TRAINING, TRAINING_CHECKS, type TrainingConfig, whole } from "../lib/models/config";
import type { Kind } from "../lib/models/kind";
import type { Weights } from "../lib/tensor/weights";

export interface WalkConfig extends TrainingConfig {
  kind: "walk";
  d: number;
}

/** log N(v; before + drift, σ²) of each row, summed over the columns. */
const logNormal = (w: Weights, before: tf.Tensor, v: tf.Tensor): tf.Tensor1D => {
  const z = tf.div(tf.sub(v, tf.add(before, w.drift)), tf.exp(w.logSd));
  return tf.neg(tf.sum(tf.add(tf.mul(0.5, tf.square(z)), tf.add(w.logSd, 0.5 * Math.log(2 * Math.PI))), 1));
};

export const walk: Kind<WalkConfig> = {
  defaults: { kind: "walk", ...TRAINING, m: 1, d: 1 },
  checks: { ...TRAINING_CHECKS, d: whole(1) },
  columns: ({ d }) => d,
  layout: ({ d }) => ({ drift: { shape: [d], start: 0 }, logSd: { shape: [d], start: 0 } }),
  reach: ({ m }) => ({ past: m, future: 0 }),
  noise: ({ d }) => ({ e: { of: "normals", shape: ["rows", d] } }),
  losses: {
    loss({ m }, w, { seen }) {
      const negative = tf.neg(tf.mean(logNormal(w, row(seen, m - 1), row(seen, m))));
      return { total: negative as tf.Scalar, parts: { reconstruction: negative, drift: w.drift } };
    },
  },
  impute({ m }, w, { seen }, drawn) {
    const mean = tf.add(row(seen, m - 1), w.drift);
    return drawn.map((one) => (one ? tf.add(mean, tf.mul(tf.exp(w.logSd), one.e)) : mean) as tf.Tensor2D);
  },
  init: ({ m }, _w, history) => [row(history, m - 1), tf.zeros([history.shape[1], 1])],
  emission: ({ d }) => ({ e: { of: "normals", shape: ["rows", d] } }),
  step(_config, w, [before, age], { e }) {
    const v = tf.add(tf.add(before, w.drift), tf.mul(tf.exp(w.logSd), e)) as tf.Tensor2D;
    return { v, state: [v, tf.add(age, 1)] };
  },
  logDensity: (_config, w, [before], v) => logNormal(w, before, v),
};
