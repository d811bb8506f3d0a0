/**
 * What the generator emits, v ~ π(v | T_0(h_1)) of eqs. (6) and (13). A likelihood takes the generator's readout r = T_0(h_1), [B, P], and
 * gives log π(v | r), the mean of π, and a draw from it.
 *
 * - gaussian: N(v; sigmoid(r), σ²) with σ fixed or learned;
 * - bernoulli: v log p + (1 − v) log(1 − p), p = sigmoid(r), which for values between 0 and 1 is a score, not a density;
 * - categorical: softmax(r) over given values;
 * - logistic-mixture: the mass that a mixture of logistic distributions has between the midpoints of given values (Salimans et al. 2017), r
 *   holding each component's logit, mean and log scale. Neighbours share their mass; it has 3 numbers a component, not one a value;
 * - categorical-columns: a categorical for each of d columns, independent given r, which holds their logits one column after another.
 */
import * as tf from "@tensorflow/tfjs-core";
import { refuse } from "../base/check";
import { checkShapes, checkWeights } from "../tensor/check";
import type { Wanted } from "../tensor/draws";
import type { Layout, Weights } from "../tensor/weights";
import { LATENT_CHECKS } from "./config";
import { HALF_LOG_2PI } from "./gaussian";

/** A π over given values of one column, which ascend if neighbours share their mass. */
type ColumnConfig = { kind: "categorical"; values: number[] } | { kind: "logistic-mixture"; values: number[]; components: number };

/** A π over given values: of one column, or of each of several. */
export type DiscreteConfig = ColumnConfig | { kind: "categorical-columns"; values: number[][] };

/** Which π: a Gaussian with a fixed or a learned standard deviation, a Bernoulli, or one over given values. */
export type LikelihoodConfig = { kind: "gaussian"; sd: number | "learned" } | { kind: "bernoulli" } | DiscreteConfig;

/** A learned σ stays above e^-5 = .0067 and starts at .1. */
const LOG_SD_FLOOR = -5;
/** The name of the learned log σ among the weights. */
export const LOG_SD = "generator.logSd";
/** A logistic distribution's scale stays within these powers of e, in units of the values' range. */
const LOG_SCALES = { least: -7, most: 3 };

const isDiscrete = (config: LikelihoodConfig): config is DiscreteConfig =>
  config.kind === "categorical" || config.kind === "logistic-mixture" || config.kind === "categorical-columns";

/** @throws Error unless π is over given values */
export function checkDiscrete(config: LikelihoodConfig, of: string): asserts config is DiscreteConfig {
  if (!isDiscrete(config))
    refuse("config.likelihood.kind", `"categorical", "categorical-columns" or "logistic-mixture" for ${of}`, config.kind);
}

/** The number of values of each column that π is over. */
export const columnSizes = (config: DiscreteConfig): number[] =>
  config.kind === "categorical-columns" ? config.values.map(({ length }) => length) : [config.values.length];

/** d, the columns of what π emits. */
export const columnsOfPi = (config: LikelihoodConfig): number => (config.kind === "categorical-columns" ? config.values.length : 1);

/** The number of all values that π is over. */
export const valueCount = (config: DiscreteConfig): number => columnSizes(config).reduce((sum, n) => sum + n);

/** The weights of π itself: a learned log σ, if it has one. */
export const likelihoodLayout = (config: LikelihoodConfig): Layout =>
  config.kind === "gaussian" && config.sd === "learned" ? { [LOG_SD]: { shape: [1], start: Math.log(0.1) } } : {};

/** How many numbers a row of the readout holds. */
export const readoutSize = (config: LikelihoodConfig): number =>
  config.kind === "logistic-mixture" ? 3 * config.components : isDiscrete(config) ? valueCount(config) : 1;

/** @throws Error naming the first value of a series, row by row, that π cannot emit */
export function checkEmittable(config: LikelihoodConfig, series: Float32Array): void {
  if (config.kind === "categorical-columns") {
    const d = config.values.length;
    const known = config.values.map((values) => new Set(values.map(Math.fround)));
    const other = series.findIndex((v, i) => !known[i % d]!.has(v));
    const [row, column] = [Math.floor(other / d), other % d];
    if (other >= 0) refuse(`series, row ${row}, column ${column}`, `one of config.likelihood.values[${column}]`, series[other]);
  } else if (isDiscrete(config)) {
    const values = new Set(config.values.map(Math.fround));
    const other = series.findIndex((v) => !values.has(v));
    if (other >= 0)
      refuse(`series[${other}]`, "one of config.likelihood.values (add it there, or round the series to them)", series[other]);
  } else checkUnitInterval(series);
}

/** @throws Error naming the first value outside [0, 1], which a sigmoid cannot reach */
export function checkUnitInterval(series: Float32Array): void {
  const outside = series.findIndex((v) => v < 0 || v > 1);
  if (outside >= 0) refuse(`series[${outside}]`, "a number from 0 to 1", series[outside]);
}

/** @throws Error naming what is wrong with a likelihood, its weights or a readout */
function checkLikelihood(config: LikelihoodConfig, w: Weights, r: tf.Tensor, needsWeights = true): void {
  LATENT_CHECKS.likelihood(config, "config");
  checkWeights("likelihood", w, needsWeights ? likelihoodLayout(config) : {});
  checkShapes("likelihood", { r: [r, ["B", readoutSize(config)]] });
}

/**
 * log π(v | r) of each row, [B], in nats. For a Gaussian it is the logarithm of a density, so it may be positive.
 * @param r the readout, [B, P]
 * @param v [B, d], d = 1 for all but categorical-columns; where π is over given values, each counts as the nearest of them
 */
export function logDensity(config: LikelihoodConfig, w: Weights, r: tf.Tensor, v: tf.Tensor): tf.Tensor1D {
  checkLikelihood(config, w, r);
  checkShapes("logDensity", { v: [v, [r.shape[0], columnsOfPi(config)]] });
  const rows: [number] = [r.shape[0]];
  if (config.kind === "categorical-columns") return tf.addN(byColumn(config, r, v, (own, r, v) => logDensity(own, w, r, v))) as tf.Tensor1D;
  if (isDiscrete(config)) return tf.sum(tf.mul(oneHot(config.values, v), tf.logSoftmax(logitsOf(config, r))), 1);
  if (config.kind === "bernoulli") return tf.reshape(tf.sub(tf.mul(v, r), tf.softplus(r)), rows); // log p = r − softplus(r)
  const logSd = logSdOf(config, w);
  const z = tf.div(tf.sub(v, tf.sigmoid(r)), tf.exp(logSd));
  return tf.reshape(tf.neg(tf.add(tf.mul(0.5, tf.square(z)), tf.add(logSd, HALF_LOG_2PI))), rows);
}

/** The mean of π, [B, d]. */
export function mean(config: LikelihoodConfig, r: tf.Tensor): tf.Tensor2D {
  checkLikelihood(config, {}, r, false);
  if (!isDiscrete(config)) return tf.sigmoid(r) as tf.Tensor2D;
  if (config.kind === "categorical-columns") return tf.concat(byColumn(config, r, null, mean), 1) as tf.Tensor2D;
  return tf.matMul(tf.softmax(logitsOf(config, r)), tf.tensor2d(config.values, [config.values.length, 1]));
}

/** The random numbers that a draw from π is made of. */
export const emissionNoise = (config: LikelihoodConfig): Wanted => ({
  of: config.kind === "gaussian" ? "normals" : "uniforms",
  shape: ["rows", columnsOfPi(config)],
});

/** A draw from π, [B, d], clamped to [0, 1] unless it is one of given values. @param noise as emissionNoise says, [B, d] */
export function draw(config: LikelihoodConfig, w: Weights, r: tf.Tensor, noise: tf.Tensor): tf.Tensor2D {
  checkLikelihood(config, w, r);
  checkShapes("draw", { noise: [noise, [r.shape[0], columnsOfPi(config)]] });
  if (config.kind === "categorical-columns")
    return tf.concat(
      byColumn(config, r, noise, (own, r, noise) => draw(own, w, r, noise)),
      1,
    ) as tf.Tensor2D;
  if (config.kind === "gaussian") {
    const v = tf.add(tf.sigmoid(r), tf.mul(tf.exp(logSdOf(config, w)), noise));
    return tf.clipByValue(v, 0, 1) as tf.Tensor2D;
  }
  if (config.kind === "bernoulli") return tf.cast(tf.less(noise, tf.sigmoid(r)), "float32") as tf.Tensor2D;
  // The inverse of the distribution function: the value's place is the number of cumulative probabilities at or below the uniform number.
  const last = config.values.length - 1;
  const place = tf.sum(tf.cast(tf.lessEqual(tf.cumsum(tf.softmax(logitsOf(config, r)), 1), noise), "int32"), 1);
  const chosen = tf.oneHot(tf.cast(tf.minimum(place, tf.scalar(last, "int32")), "int32"), last + 1);
  return tf.matMul(tf.cast(chosen, "float32") as tf.Tensor2D, tf.tensor2d(config.values, [last + 1, 1]));
}

/** The logits of π over its values, [B, V], one column's after another's, from the readout. */
export function logitsOf(config: DiscreteConfig, r: tf.Tensor): tf.Tensor2D {
  if (config.kind !== "logistic-mixture") return r as tf.Tensor2D;
  const { values, components: M } = config;
  const [B, V] = [r.shape[0], values.length];
  const range = values[V - 1]! - values[0]!;
  const [logits, means, logScales] = tf.split(r as tf.Tensor2D, 3, 1);
  const mu = tf.add(values[0]! + range / 2, tf.mul(range, means));
  const scale = tf.mul(range, tf.exp(tf.clipByValue(logScales, LOG_SCALES.least, LOG_SCALES.most)));
  const midpoints = tf.tensor1d(values.slice(1).map((v, k) => (v + values[k]!) / 2));
  // z_k = (midpoint k − μ) / scale, [B, M, V − 1]; log σ(z) is what lies below it, log σ(−z) what lies above.
  const z = tf.div(tf.sub(midpoints, tf.reshape(mu, [B, M, 1])), tf.reshape(scale, [B, M, 1]));
  const open = tf.zeros([B, M, 1]);
  const below = tf.concat([tf.neg(tf.softplus(tf.neg(z))), open], 2);
  const above = tf.concat([open, tf.neg(tf.softplus(z))], 2);
  // σ(b) − σ(a) = σ(b) σ(−a) (1 − e^(a − b))
  const inner = V === 2 ? [] : [tf.sub(tf.slice(z, [0, 0, 1]), tf.slice(z, [0, 0, 0], [B, M, V - 2]))];
  const between = tf.concat([open, ...inner.map((width) => tf.log(tf.neg(tf.expm1(tf.neg(width))))), open], 2);
  const byComponent = tf.add(tf.add(below, above), between);
  return tf.logSumExp(tf.add(tf.reshape(tf.logSoftmax(logits), [B, M, 1]), byComponent), 1);
}

/** log σ, [1]. */
const logSdOf = (config: { sd: number | "learned" }, w: Weights): tf.Tensor =>
  config.sd === "learned" ? tf.maximum(w[LOG_SD], LOG_SD_FLOOR) : tf.scalar(Math.log(config.sd));

/** What stands before the start of a series of given values: no value at all. */
export const BEFORE = -1e9;

/** [.., V] of v [.., d]: for each column 1 at the nearest of its values, which BEFORE has none of. */
export function seenOneHot(config: DiscreteConfig, v: tf.Tensor): tf.Tensor {
  if (config.kind !== "categorical-columns") return oneHot(config.values, v, BEFORE / 2);
  const columns = tf.split(v, config.values.length, -1);
  return tf.concat(
    config.values.map((values, j) => seenOneHot({ kind: "categorical", values }, columns[j]!)),
    -1,
  );
}

/** What each column gives: of its own π, its part of the readout, and its part of x, [B, d]. */
function byColumn<T>(
  { values }: { values: number[][] },
  r: tf.Tensor,
  x: tf.Tensor | null,
  f: (own: ColumnConfig, r: tf.Tensor, x: tf.Tensor) => T,
): T[] {
  const sizes = values.map(({ length }) => length);
  const cut = (t: tf.Tensor, by: number[] | number) => (sizes.length === 1 ? [t] : tf.split(t, by, 1)); // split has no gradient for one piece
  const [parts, columns] = [cut(r, sizes), x ? cut(x, sizes.length) : []];
  return values.map((own, j) => f({ kind: "categorical", values: own }, parts[j]!, columns[j]!));
}

/** [.., P] of v [.., 1]: 1 at the nearest of the values, at the lower of two as near; nowhere for a v that is not above `least`. */
function oneHot(values: number[], v: tf.Tensor, least = Number.NEGATIVE_INFINITY): tf.Tensor {
  const own = Float32Array.from(values);
  const ascending = own.slice().sort();
  const edges = ascending.map((value, k) => (k === 0 ? least : midpoint(ascending[k - 1]!, value)));
  const place = tf.sub(tf.searchSorted(edges, tf.reshape(v, [-1])), tf.scalar(1, "int32"));
  const ordered = tf.oneHot(place as tf.Tensor1D, own.length, 1, 0, "float32");
  const turned = ascending.every((value, k) => value === own[k])
    ? ordered
    : tf.matMul(ordered, tf.tensor2d(Array.from(ascending, (value) => Array.from(own, (other) => Number(other === value)))));
  return tf.reshape(turned, [...v.shape.slice(0, -1), own.length]);
}

/** The midpoint of float32 numbers a < b as a float32, or a where it would round to b. */
function midpoint(a: number, b: number): number {
  const middle = Math.fround(a / 2 + b / 2);
  return middle < b ? middle : a;
}
