/** The LSTM alone, 64 units over 10 steps, forward and backward, where tf.layers.lstm can be set beside ours. */
import * as fs from "node:fs";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { writeSafetensors } from "../../lib/base/safetensors";
import { Graph } from "../../lib/tensor/graph";
import { type LstmWeights, lstm, opByOp, zeroState } from "../../lib/tensor/lstm";
import { inTurns, type Kind, type Part, repeated, repeats, type Worker } from "./turns";

/** One pass, by the gradient of the last cell. */
async function pass(kind: "ours" | "opByOp" | "layers", rows: number): Promise<() => void> {
  const w = tf.randomUniform([65, 256], -0.1, 0.1, "float32", 1) as tf.Tensor2D;
  const b = tf.zeros([256]) as tf.Tensor1D;
  const x = tf.randomUniform([10, rows, 1], 0, 1, "float32", 2) as tf.Tensor3D;
  if (kind === "layers") {
    const { layers } = await import("@tensorflow/tfjs-layers");
    const layer = layers.lstm({ units: 64, recurrentActivation: "sigmoid", recurrentInitializer: "glorotUniform", returnState: true });
    const batchMajor = tf.transpose(x, [1, 0, 2]);
    layer.apply(batchMajor); // makes its weights
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    return () => tf.tidy(() => void tf.variableGrads(() => tf.sum((layer.apply(batchMajor) as tf.Tensor[])[2]) as tf.Scalar, variables));
  }
  if (kind === "opByOp") return () => tf.tidy(() => void gradients(opByOp)(x, w, b));
  const graph = new Graph(gradients(lstm)); // as a training has it
  return () => tf.dispose(graph.run(x, w, b));
}

/** The gradients by w and b of the last cell's sum, from a state of zeros. */
const gradients = (form: typeof lstm) => (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
  tf.grads(
    (w: tf.Tensor, b: tf.Tensor) =>
      tf.sum(form(x as tf.Tensor3D, zeroState(x.shape[1] as number, 64), { w, b } as LstmWeights).state.c) as tf.Scalar,
  )([w, b]);

/** Our gradients beside PyTorch's, from the same weights and inputs: the largest length of a difference, relative to its gradient's. */
async function agreement(torch: Worker, folder: string): Promise<number> {
  const [x, w, b] = [[10, 7, 1], [65, 256], [256]].map((shape, i) => tf.randomUniform(shape, -0.5, 0.5, "float32", i + 1));
  const file = path.join(folder, "lstm.safetensors");
  const tensors = Object.entries({ x, w, b }).map(([name, t]) => [name, { shape: t.shape, values: t.dataSync() as Float32Array }]);
  writeSafetensors(file, { tensors: Object.fromEntries(tensors), metadata: {} });
  const theirs = await torch.ask<{ w: number[]; b: number[] }>(`check-lstm ${file}`);
  fs.rmSync(file);
  const ours = gradients(lstm)(x, w, b);
  const differences = [theirs.w, theirs.b].map((other, i) => {
    const values = ours[i].dataSync();
    return Math.hypot(...other.map((g, j) => g - values[j])) / Math.hypot(...other);
  });
  tf.dispose([x, w, b, ...ours]);
  return Math.max(...differences);
}

export async function lstmPart(batches: number[], torch: Worker | null, folder: string): Promise<Part> {
  const rows: Part["rows"] = {};
  const notes: Part["notes"] = {};
  if (torch) {
    const difference = await agreement(torch, folder);
    notes["gradients differ from PyTorch's by at most, relative"] = Number(difference.toPrecision(2));
    if (!(difference < 1e-4)) throw new Error(`lstm: our gradients and PyTorch's differ by ${difference}`);
  }
  for (const batch of batches) {
    const n = repeats(batch);
    const ours = async (kind: "ours" | "opByOp" | "layers"): Promise<Kind> => {
      const once = await pass(kind, batch);
      await repeated(5, once);
      return () => repeated(n, once);
    };
    rows[`batch ${batch}`] = await inTurns(
      {
        ours: await ours("ours"),
        "op by op": await ours("opByOp"),
        "tf.layers.lstm": await ours("layers"),
        ...(torch && { "PyTorch nn.LSTM": () => torch.ask<number[]>(`lstm ${batch} ${n}`) }),
      },
      7,
    );
  }
  return { title: "LSTM alone, forward and backward", rows, notes };
}
