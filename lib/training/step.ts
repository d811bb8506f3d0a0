/** One training step up to the gradient, as one graph: draws, windows, loss, gradients, clipping. */
import * as tf from "@tensorflow/tfjs-core";
import { architectureOf } from "../models/architecture";
import type { FullConfig } from "../models/config";
import type { WeightedModel } from "../models/model";
import { compute } from "../tensor/blocks";
import { draws, keyOf, type Wanted } from "../tensor/draws";
import { Graph } from "../tensor/graph";
import { clipByGlobalNorm } from "../tensor/optimizer";
import { type Layout, unpack } from "../tensor/weights";
import type { TrainingData } from "./batches";

/** The gradient of a model's loss: a function of the weights, the series, and the key of the step's draws. */
export class GradientStep {
  /** What `run` tells, in this order: the loss's parts, and gradientNorm. */
  names: string[] = [];
  private readonly graph = new Graph((flat, key, series) => this.compute(flat as tf.Tensor1D, key, series as tf.Tensor1D));
  private data: TrainingData | null = null;

  constructor(
    private readonly config: FullConfig,
    private readonly layout: Layout,
  ) {}

  /** As one call, or op by op. @returns the parts and the gradient's norm before clipping, and the clipped gradient as one vector: tensors of the caller's */
  run(
    model: WeightedModel,
    data: TrainingData,
    seed: number,
    step: number,
    how: "run" | "opByOp" = "run",
  ): { parts: tf.Tensor1D; gradient: tf.Tensor1D } {
    this.data = data;
    const inputs = [model.adam.weights(), keyOf(seed, "step", step)];
    try {
      const [parts, gradient] = this.graph[how](...inputs, data.series) as tf.Tensor1D[];
      return { parts, gradient };
    } finally {
      tf.dispose(inputs);
    }
  }

  dispose(): void {
    this.graph.dispose();
  }

  private compute(flat: tf.Tensor1D, key: tf.Tensor, series: tf.Tensor1D): tf.Tensor[] {
    const { config } = this;
    const data = this.data as TrainingData;
    const { latents, loss } = architectureOf(config);
    const weights = unpack(this.layout, flat);
    const latent = latents(config);
    const own: Record<string, Wanted> = latent ? { epsilon: { of: "normals", shape: [latent[0], config.batch, latent[1]] } } : {};
    const drawn = draws({ ...own, ...data.wanted }, { key }); // noise comes last: with or without it ε and windows are the same
    const batch = data.batch(drawn, series);
    const epsilon = latent && drawn.epsilon;
    let parts: tf.Tensor = batch.target;
    const { grads } = tf.valueAndGrads(() => {
      const value = loss(config, weights, batch, epsilon);
      this.names = [...value.names, "gradientNorm"];
      parts = tf.keep(value.parts); // it outlives the tape
      return value.total as tf.Scalar;
    })(Object.values(weights));
    const { norm, clipped } = clipByGlobalNorm(grads, config.clip);
    const told = compute([parts, norm], (o, both) => [o.concat(both, 0)]);
    parts.dispose();
    return [...told, clipped];
  }
}
