/** The LSTM alone, 64 units over 10 steps, forward and backward, where tf.layers.lstm can be set beside ours. */
import * as tf from "@tensorflow/tfjs-core";
import { Graph } from "../../lib/graph";
import { type LstmWeights, lstmStates, opByOp } from "../../lib/lstm";
import { inTurns, type Kind, type Part, repeated, type Worker } from "./turns";

/** One pass, by the gradient of the last cell. */
async function pass(kind: "ours" | "opByOp" | "layers", rows: number): Promise<() => void> {
  const w = tf.randomUniform([65, 256], -0.1, 0.1, "float32", 1) as tf.Tensor2D;
  const [b, s, x] = [
    tf.zeros([256]) as tf.Tensor1D,
    tf.zeros([2, rows, 64]) as tf.Tensor3D,
    tf.randomUniform([10, rows, 1], 0, 1, "float32", 2) as tf.Tensor3D,
  ];
  if (kind === "layers") {
    const { layers } = await import("@tensorflow/tfjs-layers");
    const layer = layers.lstm({ units: 64, recurrentActivation: "sigmoid", recurrentInitializer: "glorotUniform", returnState: true });
    const batchMajor = tf.transpose(x, [1, 0, 2]);
    layer.apply(batchMajor); // makes its weights
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    return () => tf.tidy(() => void tf.variableGrads(() => tf.sum((layer.apply(batchMajor) as tf.Tensor[])[2]) as tf.Scalar, variables));
  }
  const last = (w: tf.Tensor, b: tf.Tensor, x: tf.Tensor, s: tf.Tensor) =>
    (kind === "ours" ? lstmStates : lastOpByOp)(x as tf.Tensor3D, s as tf.Tensor3D, { w, b } as LstmWeights)[0];
  const gradients = (x: tf.Tensor, s: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
    tf.grads((w: tf.Tensor, b: tf.Tensor) => tf.sum(tf.slice(last(w, b, x, s), [1, 0, 0])))([w, b]);
  const graph = new Graph(gradients); // as a training has it
  return kind === "ours" ? () => tf.dispose(graph.run(x, s, w, b)) : () => tf.tidy(() => void gradients(x, s, w, b));
}

const lastOpByOp = (x: tf.Tensor3D, s: tf.Tensor3D, { w, b }: LstmWeights) => [opByOp(x, s, w, b)[1]];

export async function lstmPart(batches: number[], torch: Worker | null): Promise<Part> {
  const rows: Part["rows"] = {};
  for (const batch of batches) {
    const n = Math.max(6, Math.round(1500 / (batch + 40)));
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
  return { title: "LSTM alone, forward and backward", rows, notes: {} };
}
