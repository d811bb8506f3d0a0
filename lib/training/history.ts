/** The states that histories lead to. */
import * as tf from "@tensorflow/tfjs-core";
import { columnsOf, type FullConfig, kindOf } from "../models/registry";

/**
 * The last rows of each history, as many as the model reaches, and what the kind wants before its start.
 * @param histories of d columns row by row
 * @returns [rows, histories, d]
 */
export function historyTable(config: FullConfig, histories: readonly Float32Array[]): tf.Tensor3D {
  const kind = kindOf(config);
  const { past, future } = kind.reach(config);
  const [length, size, d] = [past + future, histories.length, columnsOf(config)];
  const table = new Float32Array(length * size * d).fill(kind.before?.(config) ?? 0);
  for (const [i, history] of histories.entries()) {
    const tail = history.subarray(Math.max(0, history.length - length * d));
    const first = length - tail.length / d;
    for (let t = 0; t * d < tail.length; t++) table.set(tail.subarray(t * d, (t + 1) * d), ((first + t) * size + i) * d);
  }
  return tf.tensor3d(table, [length, size, d]);
}
