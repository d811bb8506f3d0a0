/** One training step up to the gradient, as one graph: draws, windows, loss, gradients, clipping. */
import * as tf from "@tensorflow/tfjs-core";
import type { TrainingConfig } from "../models/config";
import type { Factors } from "../models/kind";
import type { WeightedModel } from "../models/model";
import { kindOf } from "../models/registry";
import { draws, keyOf } from "../tensor/draws";
import { valueAndGradients } from "../tensor/gradients";
import { Graph } from "../tensor/graph";
import { clipByGlobalNorm } from "../tensor/optimizer";
import { type Layout, unpack } from "../tensor/weights";
import type { TrainingData } from "./batches";

/** The gradient of one of a model's losses: a function of the weights, the series, and the key of the step's draws. */
export class GradientStep {
  /** The names and sizes of the parts that `run` returns: the loss's and gradientNorm; null for a scalar. */
  told: [name: string, size: number | null][] = [];
  private readonly graph = new Graph((flat, key, series, ...factors) =>
    this.compute(flat as tf.Tensor1D, key, series as tf.Tensor2D, factors as tf.Scalar[]),
  );
  private data: TrainingData | null = null;
  private steered: string[] = [];

  constructor(
    private readonly config: TrainingConfig,
    private readonly layout: Layout,
    private readonly loss: string,
  ) {}

  /**
   * The step as one call of a graph, or op by op.
   * @param factors the weights of the loss's parts where they are steered, all that the kind has; the settings' are constants of the graph
   * @returns the loss's parts with the gradient's norm before clipping, and the clipped gradient as one vector; the caller disposes of both
   */
  run(
    model: WeightedModel,
    data: TrainingData,
    seed: number,
    step: number,
    how: "run" | "opByOp" = "run",
    factors: Factors = {},
  ): { parts: tf.Tensor1D; gradient: tf.Tensor1D } {
    this.data = data;
    this.steered = Object.keys(factors);
    const [flat, key] = [model.adam.weights(), keyOf(seed, "step", step)];
    const fed = Object.values(factors).map((value) => tf.scalar(value));
    const inputs = [flat, key, ...fed];
    try {
      const [parts, gradient] = this.graph[how](flat, key, data.series, ...fed) as tf.Tensor1D[];
      return { parts, gradient };
    } finally {
      tf.dispose(inputs);
    }
  }

  dispose(): void {
    this.graph.dispose();
  }

  private compute(flat: tf.Tensor1D, key: tf.Tensor, series: tf.Tensor2D, fed: tf.Scalar[]): tf.Tensor[] {
    const { config, loss } = this;
    const data = this.data as TrainingData;
    const kind = kindOf(config);
    const weights = unpack(this.layout, flat);
    // The model's own draws come first, the noise last: with or without noise they and the windows are the same.
    const drawn = draws({ ...kind.noise(config), ...data.wanted }, { key }, config.batch);
    const batch = data.batch(drawn, series);
    const trained = Object.keys(weights).filter((name) => kind.trains?.(config, loss, name) ?? true);
    const factors = Object.fromEntries(fed.map((value, i) => [this.steered[i], value]));
    let parts: [string, tf.Tensor][] = [];
    const lower = () => {
      const value = kind.losses[loss](config, weights, batch, drawn, factors);
      parts = Object.entries(value.parts).map(([name, x]) => [name, tf.keep(x)]); // they outlive the tape
      return value.total;
    };
    const { grads } = valueAndGradients(
      lower,
      trained.map((name) => weights[name]),
    );
    const gradients = Object.entries(weights).map(([name, x]) => grads[trained.indexOf(name)] ?? tf.zerosLike(x));
    const { norm, clipped } = clipByGlobalNorm(gradients, config.clip);
    this.told = [...parts.map(([name, x]): [string, number | null] => [name, x.rank === 0 ? null : x.size]), ["gradientNorm", null]];
    const told = tf.concat([...parts.map(([, x]) => tf.reshape(x, [-1])), norm]);
    tf.dispose(parts.map(([, x]) => x));
    return [told, clipped];
  }
}
