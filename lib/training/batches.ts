/** What a training draws from its series: batches of windows, and the held-out windows that a row of the history measures. */
import * as tf from "@tensorflow/tfjs-core";
import { offsets, padded, validationSplit, windows } from "../data/windows";
import { architectureOf, type Batch } from "../models/architecture";
import type { FullConfig } from "../models/config";
import type { HistoryRow, WeightedModel } from "../models/model";
import type { Wanted } from "../tensor/draws";

/** Targets that a validation looks at, spread evenly where the validation part has more. */
const VALIDATION_LIMIT = 2000;

/** The series as a tensor, and what is drawn from it. */
export class TrainingData {
  readonly trainMeanMse: number;
  /** The values that batches are cut from, zeros in front. */
  readonly series: tf.Tensor1D;
  private readonly validation: tf.Tensor1D;
  private readonly trainTargets: number;

  constructor(
    series: Float32Array,
    private readonly config: FullConfig,
  ) {
    const { past, future } = architectureOf(config).reach(config);
    const { trainEnd, validationStart } = validationSplit(series.length, past);
    this.trainTargets = trainEnd - future;
    if (this.trainTargets < runOf(config)) {
      throw new Error(`series leaves ${this.trainTargets} targets to train on, fewer than config.run, ${runOf(config)}: shorten the run`);
    }
    let sum = 0;
    for (let t = 0; t < trainEnd; t++) sum += series[t];
    const mean = sum / trainEnd;
    const held = series.length - validationStart;
    const count = Math.min(held, VALIDATION_LIMIT);
    const targets = Int32Array.from({ length: count }, (_, i) => validationStart + Math.floor((i * held) / count));
    this.trainMeanMse = targets.reduce((sum, t) => sum + (series[t] - mean) ** 2, 0) / count;
    this.series = tf.keep(tf.tensor1d(padded(series, past)));
    this.validation = tf.keep(tf.tensor1d(targets, "int32"));
  }

  /** What a step draws for its batch: the first targets of its runs, and with noise which inputs it changes, and by how much. */
  get wanted(): Record<string, Wanted> {
    const { batch: B, trainingNoise } = this.config;
    const run = runOf(this.config);
    const { past, future } = architectureOf(this.config).reach(this.config);
    const shape = [past + 1 + future, B];
    return {
      first: { of: "integers", shape: [B / run], below: this.trainTargets - run + 1 },
      ...(trainingNoise ? { changed: { of: "uniforms", shape }, noise: { of: "normals", shape } } : {}),
    };
  }

  /**
   * The batch of a step: windows of targets drawn uniformly, with noise on the inputs if the settings say so. Runs of neighbours lie side
   * by side: first the first window of each run, then the second of each.
   * @param drawn what is wanted, as it was drawn
   */
  batch(drawn: Record<string, tf.Tensor>, series: tf.Tensor1D = this.series): Batch {
    const { config } = this;
    const { batch: B, trainingNoise: noise } = config;
    const run = runOf(config);
    const { reach, wantsClean } = architectureOf(config);
    const { past, future } = reach(config);
    return tf.tidy(() => {
      const first = drawn.first as tf.Tensor1D;
      const targets = run === 1 ? first : (tf.reshape(tf.add(offsets(run), first), [B]) as tf.Tensor1D);
      const clean = windows(series, targets, offsets(past + 1 + future));
      const last = (x: tf.Tensor2D) => tf.slice(x, [past, 0], [1, B]) as tf.Tensor2D;
      const column = (x: tf.Tensor2D) => tf.reshape(x, [B, 1]) as tf.Tensor2D;
      if (!noise) return { inputs: clean, target: column(last(clean)) };
      const added = tf.add(clean, tf.mul(noise.sd, drawn.noise));
      const inputs = tf.where(tf.less(drawn.changed, noise.probability), tf.clipByValue(added, 0, 1), clean) as tf.Tensor2D;
      const noisyTarget = config.kind !== "tdlgm" && config.trainingTarget === "noisy";
      const target = column(last(noisyTarget ? inputs : clean));
      if (!wantsClean(config)) return { inputs, target };
      return { inputs: tf.concat([tf.slice(inputs, [0, 0], [past, B]), last(clean)], 0) as tf.Tensor2D, target };
    });
  }

  /** A row of the history: the step's loss parts, and what is measured on held-out windows. */
  row(model: WeightedModel, step: number, parts: Record<string, number>): HistoryRow {
    const { config, weights } = model;
    const { reach, impute, stateVariance } = architectureOf(config);
    const { past } = reach(config);
    const [validationMse, variance] = tf.tidy(() => {
      const inputs = windows(this.series, this.validation, offsets(past + 1));
      const truth = tf.slice(inputs, [past, 0], [1, inputs.shape[1]]);
      const error = tf.sub(tf.reshape(impute(config, weights, inputs, [null])[0], truth.shape), truth);
      const spread = stateVariance?.(config, weights, inputs).dataSync()[0] ?? Number.NaN;
      return [tf.mean(tf.square(error)).dataSync()[0], spread];
    });
    return {
      step,
      reconstruction: parts.reconstruction,
      kl: Object.keys(parts).flatMap((name) => (/^kl\d+$/.test(name) ? [parts[name]] : [])),
      stateMse: parts.stateMse ?? 0,
      weightPrior: parts.weightPrior ?? 0,
      validationMse,
      gradientNorm: parts.gradientNorm,
      stateVariance: variance,
    };
  }

  dispose(): void {
    tf.dispose([this.series, this.validation]);
  }
}

/** Neighbouring windows in a row of a batch. */
const runOf = (config: FullConfig) => (config.kind === "tdlgm" ? config.run : 1);
