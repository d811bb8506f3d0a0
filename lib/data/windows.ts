/** Windows of a series as tensors, and where a training part is cut for validation. */
import * as tf from "@tensorflow/tfjs-core";
import { checkSeries, checkWhole, refuse } from "../base/check";
import { native } from "../tensor/backend";
import { checkShapes } from "../tensor/check";

/** The most rows before a series, and columns of one. */
const MAX_PAST = 1e6;

/** The values of a series of d columns with rows of zeros before its start, so that the first window is whole. */
export const padded = (values: Float32Array, past: number, d = 1): Float32Array => {
  checkSeries(values, "values", 0);
  checkWhole(past, "past", 0, MAX_PAST);
  checkWhole(d, "d", 1, MAX_PAST);
  const out = new Float32Array(d * past + values.length);
  out.set(values, d * past);
  return out;
};

/** The windows that end at these targets: [length, B, d] from a padded series [T, d], of which target t is the last row of t .. t+length-1. */
export const windows = (series: tf.Tensor2D, targets: tf.Tensor1D, length: number): tf.Tensor3D => {
  checkShapes("windows", { series: [series, ["T", "d"]] });
  if (!(targets instanceof tf.Tensor) || targets.dtype !== "int32" || targets.rank !== 1)
    refuse("targets", "an int32 tensor of rank 1", targets);
  checkWhole(length, "length", 1, series.shape[0]);
  return tf.tidy(() => gather(series, tf.add(tf.reshape(tf.range(0, length, 1, "int32"), [length, 1]), targets)) as tf.Tensor3D);
};

/** Rows from .. from+count-1 of windows, [count, B, d]. */
export const rows = (windows: tf.Tensor3D, from: number, count: number): tf.Tensor3D => {
  checkShapes("rows", { windows: [windows, ["T", "B", "d"]] });
  checkWhole(from, "from", 0, windows.shape[0]);
  checkWhole(count, "count", 0, windows.shape[0] - from);
  return tf.slice(windows, [from, 0, 0], [count, windows.shape[1], windows.shape[2]]);
};

/** Row t of windows, [B, d]. */
export const row = (windows: tf.Tensor3D, t: number): tf.Tensor2D => {
  checkShapes("row", { windows: [windows, ["T", "B", "d"]] });
  checkWhole(t, "t", 0, windows.shape[0] - 1);
  return tf.reshape(rows(windows, t, 1), [windows.shape[1], windows.shape[2]]);
};

/** Rows of x by their places, which must lie in it: tf.gather reads the places back to check them. No gradient. */
function gather(x: tf.Tensor, places: tf.Tensor): tf.Tensor {
  if (!native) return tf.gather(x, places as tf.Tensor1D);
  const { run, attribute, constant } = native;
  const types = [attribute.type("Tparams", "float"), attribute.type("Tindices", "int32"), attribute.type("Taxis", "int32")];
  return run("GatherV2", [...types, attribute.int("batch_dims", 0)], [x, places, constant("int32", [0], [])], 1)[0];
}

/**
 * Where a training part of n values is cut for validation: the targets 0 .. trainEnd-1 are trained on, the targets
 * validationStart .. n-1, the last 10 %, are validated on. The m values between belong to neither, so that no window of m values
 * before a validation target holds a trained one.
 *
 * @param n the number of values in the training part
 * @param m the window's length
 * @throws when fewer than m+1 training values, or no validation value, would be left
 */
export function validationSplit(n: number, m: number): { trainEnd: number; validationStart: number } {
  checkWhole(n, "n", 1);
  checkWhole(m, "m", 1);
  const validationStart = n - Math.floor(n / 10);
  const trainEnd = validationStart - m;
  if (validationStart === n || trainEnd <= m) {
    throw new Error(
      `series, a training part of ${n} values, is too short for windows of ${m}: it needs ${m + 1} training values, ${m} between, and 10 % for validation`,
    );
  }
  return { trainEnd, validationStart };
}
