/**
 * What the generator emits, v ~ π(v | T_0(h_1)) of eq. (13). A likelihood reads the generator's last linear outputs ("readout", [B, P])
 * and gives −log p(v | readout), the mean of π, and a draw from it.
 *
 * - Gaussian: N(v; sigmoid(r), σ²) with σ fixed or learned; - Bernoulli: v log p + (1 − v) log(1 − p), p = sigmoid(r), which for values
 * between 0 and 1 is a score, not a density; - categorical: softmax(r) over given values.
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Block, differentiable, gather } from "../tensor/blocks";
import { BLOCK, firstRows, type Wanted } from "../tensor/draws";

/** Which π: a Gaussian with a fixed or a learned standard deviation, a Bernoulli, or a categorical over given values. */
export type LikelihoodConfig =
  | { kind: "gaussian"; sd: number | "learned" }
  | { kind: "bernoulli" }
  | { kind: "categorical"; values: number[] };

/** A learned σ stays above e^-5 = .0067 and starts at .1. */
const LOG_SD_FLOOR = -5;
/** Where a learned log σ starts. */
export const LOG_SD_START = Math.log(0.1);

/** How many numbers a row of the readout holds. */
export const readoutSize = (config: LikelihoodConfig): number => (config.kind === "categorical" ? config.values.length : 1);

/** @throws Error naming the first value of a series that a categorical cannot emit */
export function checkEmittable(config: LikelihoodConfig, series: Float32Array): void {
  if (config.kind !== "categorical") return;
  const values = new Set(config.values.map(Math.fround));
  const other = series.findIndex((v) => !values.has(v));
  if (other >= 0)
    throw new Error(`series[${other}] is ${series[other]}, none of config.likelihood.values; add it there, or round the series to them`);
}

/**
 * −log π(v | readout), averaged over the batch, in nats a value (for a Gaussian a density, so it may be negative). No gradient flows to v.
 * @param readout [B, P]
 * @param v [B, 1], values in [0, 1]; for the categorical, each the nearest of its values
 * @param logSd the learned log σ, a tensor [1]; unused otherwise
 */
export function negativeLogLikelihood(config: LikelihoodConfig, readout: tf.Tensor, v: tf.Tensor, logSd?: tf.Tensor): tf.Tensor {
  if (config.kind === "bernoulli") return bernoulli(readout, v);
  if (config.kind === "categorical") return categorical(readout, oneHot(config.values, v));
  return config.sd === "learned" ? learnedGaussian(readout, logSd as tf.Tensor, v) : fixedGaussian(readout, v, config.sd);
}
const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** log π(v | readout) of each row, [B]; arguments as in negativeLogLikelihood. */
export function logDensity(config: LikelihoodConfig, readout: tf.Tensor, v: tf.Tensor, logSd?: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => {
    const rows = readout.shape[0];
    if (config.kind === "categorical") return tf.sum(tf.mul(oneHot(config.values, v), tf.logSoftmax(readout)), 1) as tf.Tensor1D;
    if (config.kind === "bernoulli") return tf.reshape(tf.sub(tf.mul(v, readout), tf.softplus(readout)), [rows]) as tf.Tensor1D;
    const log = config.sd === "learned" ? learnedLogSd(logSd as tf.Tensor) : tf.scalar(Math.log(config.sd));
    const z = tf.mul(tf.sub(v, tf.sigmoid(readout)), tf.exp(tf.neg(log)));
    return tf.reshape(tf.neg(tf.add(tf.add(tf.mul(0.5, tf.square(z)), log), HALF_LOG_2PI)), [rows]) as tf.Tensor1D;
  });
}

/** The mean of π, [B, 1]. */
export function mean(config: LikelihoodConfig, readout: tf.Tensor): tf.Tensor2D {
  if (config.kind !== "categorical") return tf.sigmoid(readout) as tf.Tensor2D;
  return tf.matMul(tf.softmax(readout as tf.Tensor2D), tf.tensor2d(config.values, [config.values.length, 1])) as tf.Tensor2D;
}

/** What a draw from π of BLOCK rows is made of. */
export const emissionNoise = ({ kind }: LikelihoodConfig): Wanted => ({
  of: kind === "gaussian" ? "normals" : "uniforms",
  shape: [BLOCK, 1],
});

/** A draw from π clamped to [0, 1], [B, 1] with B <= BLOCK. @param noise as emissionNoise says, [BLOCK, 1] */
export function draw(config: LikelihoodConfig, readout: tf.Tensor, noise: tf.Tensor, logSd?: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => {
    const B = readout.shape[0];
    const u = firstRows(noise, B, 0);
    if (config.kind === "gaussian") {
      const sd = config.sd === "learned" ? tf.exp(learnedLogSd(logSd as tf.Tensor)) : config.sd;
      return tf.clipByValue(tf.add(tf.sigmoid(readout), tf.mul(sd, u)), 0, 1) as tf.Tensor2D;
    }
    if (config.kind === "bernoulli") return tf.cast(tf.less(u, tf.sigmoid(readout)), "float32") as tf.Tensor2D;
    // Inverse distribution function: the number of cumulated probabilities that lie at or below u.
    const below = tf.sum(tf.cast(tf.lessEqual(tf.cumsum(tf.softmax(readout as tf.Tensor2D), 1), u), "int32"), 1);
    return tf.reshape(gather(tf.tensor1d(config.values), tf.minimum(below, tf.scalar(config.values.length - 1, "int32"))), [
      B,
      1,
    ]) as tf.Tensor2D;
  });
}

// −log π averaged over the batch, each as one block.

/** ½ (v − m)²/σ² + log σ + ½ log 2π, m = sigmoid(readout). */
function fixedGaussian(readout: tf.Tensor, v: tf.Tensor, sd: number): tf.Tensor {
  const scale = 1 / (sd ** 2 * v.size);
  const block: Block = {
    forward(o, [readout, v]) {
      const m = o.sigmoid(readout);
      const difference = o.sub(m, v);
      const squares = o.mul(o.sum(o.square(difference)), scale / 2);
      return { outputs: [o.add(squares, Math.log(sd) + HALF_LOG_2PI)], saved: [m, difference] };
    },
    backward: (o, [dy], [m, difference]) => [o.sigmoidGradient(m, o.mul(difference, o.mul(dy, scale)))],
  };
  return differentiable(block, [readout], [v])[0];
}

/** The same with log σ = logSd [1] above its floor. */
function learnedGaussian(readout: tf.Tensor, logSd: tf.Tensor, v: tf.Tensor): tf.Tensor {
  const B = v.size;
  const block: Block = {
    forward(o, [readout, logSd, v]) {
      const m = o.sigmoid(readout);
      const difference = o.sub(m, v);
      const above = o.relu(o.sub(logSd, LOG_SD_FLOOR));
      const log = o.add(above, LOG_SD_FLOOR);
      const precision = o.exp(o.mul(log, -2)); // σ⁻²
      const squares = o.mul(o.mul(o.sum(o.square(difference)), 1 / B), precision);
      return { outputs: [o.sum(o.add(o.add(o.mul(squares, 0.5), log), HALF_LOG_2PI))], saved: [m, difference, above, precision, squares] };
    },
    backward: (o, [dy], [m, difference, above, precision, squares]) => [
      o.sigmoidGradient(m, o.mul(difference, o.mul(o.mul(precision, 1 / B), dy))),
      o.reluGradient(above, o.mul(o.sub(1, squares), dy)),
    ],
  };
  return differentiable(block, [readout, logSd], [v])[0];
}

/** −v log p − (1 − v) log(1 − p) = softplus(r) − v r with p = sigmoid(r), stable for every r: softplus(r) = relu(r) + log(1 + e^−|r|). */
function bernoulli(readout: tf.Tensor, v: tf.Tensor): tf.Tensor {
  const block: Block = {
    forward(o, [r, v]) {
      const positive = o.relu(r);
      const minusAbsolute = o.sub(r, o.add(positive, positive));
      const softplus = o.add(positive, o.log(o.add(o.exp(minusAbsolute), 1)));
      return { outputs: [o.mul(o.sum(o.sub(softplus, o.mul(v, r))), 1 / readout.size)], saved: [r, v] };
    },
    backward: (o, [dy], [r, v]) => [o.mul(o.sub(o.sigmoid(r), v), o.mul(dy, 1 / readout.size))],
  };
  return differentiable(block, [readout], [v])[0];
}

/** −log softmax(readout) at the target, [B, P] with a 1 in each row. */
function categorical(readout: tf.Tensor, target: tf.Tensor): tf.Tensor {
  const B = readout.shape[0];
  const block: Block = {
    forward(o, [r, target]) {
      const log = o.logSoftmax(r);
      return { outputs: [o.mul(o.sum(o.mul(target, log)), -1 / B)], saved: [log, target] };
    },
    backward: (o, [dy], [log, target]) => [o.mul(o.sub(o.exp(log), target), o.mul(dy, 1 / B))],
  };
  return differentiable(block, [readout], [target])[0];
}

const learnedLogSd = (logSd: tf.Tensor) => tf.maximum(logSd, LOG_SD_FLOOR);

/** [B, P]: 1 at the value nearest to v. */
function oneHot(values: number[], v: tf.Tensor): tf.Tensor {
  const nearest = tf.argMin(tf.abs(tf.sub(v, tf.tensor2d(values, [1, values.length]))), 1);
  return tf.cast(tf.oneHot(nearest, values.length), "float32");
}
