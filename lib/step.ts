/** One training step up to the gradient, as one graph: draws, windows, loss, gradients, clipping. */
import * as tf from "@tensorflow/tfjs-core";
import { architectureOf } from "./architecture";
import type { TrainingData } from "./batches";
import { compute } from "./blocks";
import { normals } from "./draws";
import { Graph } from "./graph";
import type { WeightedModel } from "./model";
import { clipByGlobalNorm } from "./optimizer";
import { unpack } from "./weights";

/** The gradient of a model's loss, a function of the weights, the series and the step's number alone. */
export class GradientStep {
  /** The loss's parts by name, and gradientNorm: what `run` tells, in this order. */
  names: string[] = [];
  private readonly graph: Graph;

  constructor(
    private readonly model: WeightedModel,
    private readonly data: TrainingData,
    private readonly seed: number,
  ) {
    this.graph = new Graph((flat, step, series) => this.compute(flat as tf.Tensor1D, step, series as tf.Tensor1D));
  }

  /** @returns the parts and the gradient's norm before clipping, and the clipped gradient as one vector: tensors of the caller's */
  run(step: number): { parts: tf.Tensor1D; gradient: tf.Tensor1D } {
    const inputs = [this.model.adam.weights(), tf.tensor1d([step], "int32")];
    try {
      const [parts, gradient] = this.graph.run(...inputs, this.data.series) as tf.Tensor1D[];
      return { parts, gradient };
    } finally {
      tf.dispose(inputs);
    }
  }

  dispose(): void {
    this.graph.dispose();
  }

  private compute(flat: tf.Tensor1D, step: tf.Tensor, series: tf.Tensor1D): tf.Tensor[] {
    const { config, layout } = this.model;
    const { latents, loss } = architectureOf(config);
    const weights = unpack(layout, flat);
    const batch = this.data.batch(this.seed, step, series);
    const latent = latents(config);
    const epsilon = latent && normals([latent[0], batch.target.shape[0], latent[1]], { seed: this.seed, name: "xi", step });
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
