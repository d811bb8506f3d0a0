/** Windows of a series as tensors, and the checks that every piece of work on a series begins with. */
import * as tf from "@tensorflow/tfjs-core";
import { checkSeed, checkSignal, checkWhole, refuse } from "../base/check";
import { gather } from "../tensor/blocks";

/** What a piece of work draws from, and what stops it (in a notebook the kernel's interrupt does unless a signal is given). */
export type Run = {
  /** An integer 0 .. 2^31-1. */
  seed: number;
  signal?: AbortSignal;
};

/** The series with zeros before its start, so that the first window is whole. */
export const padded = (series: Float32Array, past: number): Float32Array => {
  const out = new Float32Array(past + series.length);
  out.set(series, past);
  return out;
};

/** Places 0 .. length-1 of a window as a column [length, 1], int32. */
export const offsets = (length: number): tf.Tensor => tf.tidy(() => tf.reshape(tf.range(0, length, 1, "int32"), [length, 1]));

/** The windows that end at these targets: [length, B] from a padded series, target t at padded index t + past. */
export const windows = (series: tf.Tensor1D, targets: tf.Tensor1D, offsets: tf.Tensor): tf.Tensor2D =>
  tf.tidy(() => gather(series, tf.add(offsets, targets)) as tf.Tensor2D);

/** @throws Error naming the option that is wrong */
export function checkRun(options: Run): void {
  if (options === null || typeof options !== "object") refuse("options", "an object with a seed", options);
  checkSeed(options.seed, "options.seed");
  checkSignal(options.signal);
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
