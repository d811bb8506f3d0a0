/** Checks of tensors that come from a caller. */
import * as tf from "@tensorflow/tfjs-core";
import { refuse } from "../base/check";

/** @throws Error naming the first of a function's arguments that is no float32 tensor */
export function checkTensors(name: string, values: Record<string, unknown>): void {
  const wrong = Object.keys(values).find((key) => !(values[key] instanceof tf.Tensor));
  if (wrong) refuse(`${name}: ${wrong}`, "a tensor, as tf.tensor(values, shape) makes one", values[wrong]);
  const other = Object.keys(values).find((key) => (values[key] as tf.Tensor).dtype !== "float32");
  if (other) throw new Error(`${name}: ${other} must be float32; it is ${(values[other] as tf.Tensor).dtype}`);
}
