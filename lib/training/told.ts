/** The losses of a training: they stay in TensorFlow until they are read, several steps at once. */
import * as tf from "@tensorflow/tfjs-core";

/** An attempt that is to be restarted, for this reason. */
export class Failed extends Error {
  constructor(
    reason: string,
    readonly hasWeights = false,
  ) {
    super(reason);
  }
}

/** A loss of a step that has not been read. */
export interface Told {
  step: number;
  /** The names of the parts and their sizes, null for a scalar. Where there are several losses, a name begins with its loss's. */
  parts: [name: string, size: number | null][];
  values: tf.Tensor1D;
}
/** The parts of a step's losses, each a number or several. */
export type Parts = Record<string, number | number[]>;

/** Reads all unread losses. @returns the parts of the last step. @throws Failed naming the first number that is not finite */
export function readLosses(unread: Told[]): Parts {
  const values = tf.tidy(() => tf.concat(unread.map((told) => told.values)).dataSync());
  const told = unread.splice(0);
  tf.dispose(told.map(({ values }) => values));
  const last = told[told.length - 1].step;
  const read: Parts = {};
  let at = 0;
  for (const { step, parts } of told) {
    for (const [name, size] of parts) {
      const own = Array.from(values.subarray(at, at + (size ?? 1)));
      at += own.length;
      const bad = own.findIndex((v) => !Number.isFinite(v));
      if (bad >= 0) throw new Failed(`${numbered(name, size, bad)} is ${own[bad]} at step ${step}`);
      if (step === last) read[name] = size === null ? own[0] : own;
    }
  }
  return read;
}

/** The name of a part; an element of a vector has its number from 1: kl1, kl2. */
const numbered = (name: string, size: number | null, i: number) => (size === null ? name : `${name}${i + 1}`);

/** Each number by its name. */
export const flat = (parts: Parts): Record<string, number> =>
  Object.fromEntries(
    Object.entries(parts).flatMap(([name, x]) =>
      typeof x === "number" ? [[name, x] as const] : x.map((v, i) => [numbered(name, x.length, i), v] as const),
    ),
  );
