/** What training takes from its series: batches of windows, and the held-out windows on which a row of the history is measured. */
import * as tf from "@tensorflow/tfjs-core";
import { type Series, seriesColumn } from "../data/series";
import { padded, row, validationSplit, windows } from "../data/windows";
import { fitAutoregression } from "../metrics/baselines";
import { mse } from "../metrics/metrics";
import type { TrainingConfig } from "../models/config";
import type { Batch, Drawn } from "../models/kind";
import type { WeightedModel } from "../models/model";
import { kindOf } from "../models/registry";
import { draws, type Wanted } from "../tensor/draws";

/** The most targets that are validated on, spread evenly where the validation part has more. */
const VALIDATION_LIMIT = 2000;

/** A validation part tests a model if its variance is above this, and above this share of the training values'. */
const [LEAST_VARIANCE, LEAST_SHARE] = [1e-9, 1e-2];
/** How many of the last training values a linear forecast is fitted on. */
const FITTED = 5000;

/** The series as a tensor, and what is drawn from it. */
export class TrainingData {
  /** MSE of the training values' mean on the validation targets. */
  readonly trainMeanMse: number;
  /** Whether the validation targets vary enough for that MSE to be a test of a model. */
  readonly isTest: boolean;
  /** The values that batches are cut from, [T, d], zeros in front. */
  readonly series: tf.Tensor2D;
  private readonly validation: tf.Tensor1D;
  /** The targets that windows may have: the first of them, and every `stride` rows one more. */
  private readonly spacing: { first: number; stride: number };
  /** How many windows have their targets in the training part. */
  private readonly trainTargets: number;

  constructor(
    private readonly source: Series,
    private readonly config: TrainingConfig,
  ) {
    const kind = kindOf(config);
    const { past, future } = kind.reach(config);
    const { values, length: T } = source;
    const d = source.columns.length;
    const { trainEnd, validationStart } = validationSplit(T, past);
    const length = past + 1 + future;
    this.spacing = kind.apart?.(config) ? { first: past, stride: length } : { first: 0, stride: 1 };
    const { first, stride } = this.spacing;
    if (T % stride !== 0) throw new Error(`series must be whole sequences of ${length} rows, since config.apart is true; it has ${T} rows`);
    const targetsBefore = (row: number) => Math.ceil((row - first) / stride);
    this.trainTargets = targetsBefore(trainEnd - future);
    const run = runOf(config);
    if (this.trainTargets < run)
      throw new Error(
        stride > 1
          ? `series has too few sequences of ${length} rows: ${Math.max(0, this.trainTargets)} to train on`
          : `series leaves ${this.trainTargets} targets to train on, fewer than config.run, ${run}: lower it`,
      );
    const from = targetsBefore(validationStart);
    const held = targetsBefore(T) - from;
    const count = Math.min(held, VALIDATION_LIMIT);
    const targets = Int32Array.from({ length: count }, (_, i) => first + stride * (from + Math.floor((i * held) / count)));
    this.series = tf.keep(tf.tensor2d(padded(values, past, d, kind.before?.(config)), [past + T, d]));
    this.validation = tf.keep(tf.tensor1d(targets, "int32"));
    const trained = tf.tensor2d(values.subarray(0, trainEnd * d), [trainEnd, d]);
    const [trainMeanMse, heldVariance, trainVariance] = tf.tidy(() => {
      const truth = row(windows(this.series, this.validation, past + 1), past);
      const variance = (x: tf.Tensor) => tf.mean(tf.moments(x, 0).variance);
      return [tf.mean(tf.squaredDifference(truth, tf.mean(trained, 0))), variance(truth), variance(trained)].map((x) => x.dataSync()[0]);
    });
    this.trainMeanMse = trainMeanMse;
    this.isTest = heldVariance > Math.max(LEAST_VARIANCE, LEAST_SHARE * trainVariance);
    trained.dispose();
  }

  /** What a step draws for its batch: the first target of each stretch of neighbours; with noise, which inputs it changes and by how much. */
  get wanted(): Record<string, Wanted> {
    const { batch: B, trainingNoise } = this.config;
    const run = runOf(this.config);
    const { past, future } = kindOf(this.config).reach(this.config);
    const shape = [past + 1 + future, B, this.series.shape[1]];
    return {
      first: { of: "integers", shape: [B / run], below: this.trainTargets - run + 1 },
      ...(trainingNoise ? { changed: { of: "uniforms", shape }, noise: { of: "normals", shape } } : {}),
    };
  }

  /**
   * The batch of a step: windows of targets drawn uniformly, with noise on what the model sees if the settings say so. Stretches of
   * neighbours lie side by side: the first window of each stretch, then the second of each, and so on.
   * @param drawn what is wanted, as it was drawn
   */
  batch(drawn: Drawn, series: tf.Tensor2D = this.series): Batch {
    const { batch: B, trainingNoise: noise } = this.config;
    const run = runOf(this.config);
    const { past, future } = kindOf(this.config).reach(this.config);
    return tf.tidy(() => {
      const places = tf.reshape(tf.range(0, run, 1, "int32"), [run, 1]);
      const { first, stride } = this.spacing;
      let targets = tf.reshape(tf.add(places, drawn.first), [B]) as tf.Tensor1D;
      if (stride > 1) targets = tf.add(tf.mul(targets, tf.scalar(stride, "int32")), tf.scalar(first, "int32"));
      const clean = windows(series, targets, past + 1 + future);
      if (!noise) return { seen: clean, clean };
      const added = tf.clipByValue(tf.add(clean, tf.mul(noise.sd, drawn.noise)), 0, 1);
      return { seen: tf.where(tf.less(drawn.changed, noise.probability), added, clean) as tf.Tensor3D, clean };
    });
  }

  /**
   * MSE of imputation over the held-out windows, with one draw of ξ, the same at every step, and at ξ = μ; and the model's own diagnostics.
   * A model that draws nothing has one MSE.
   */
  validate(model: WeightedModel, seed: number): Record<string, number> & { validationMse: number } {
    const { config, weights } = model;
    const kind = kindOf(config);
    const { past } = kind.reach(config);
    return tf.tidy(() => {
      const clean = windows(this.series, this.validation, past + 1);
      const drawn = draws(kind.noise(config), { seed, name: "validation", step: 0 }, clean.shape[1]);
      const readings = Object.keys(drawn).length === 0 ? [null] : [drawn, null];
      const errors = kind
        .impute(config, weights, { seen: clean, clean }, readings)
        .map((imputed) => tf.mean(tf.squaredDifference(imputed, row(clean, past))));
      const [validationMse, validationMseAtMean] = errors;
      const numbers = { validationMse, ...(validationMseAtMean && { validationMseAtMean }), ...kind.diagnose?.(config, weights, clean) };
      return Object.fromEntries(Object.entries(numbers).map(([name, x]) => [name, x.dataSync()[0]])) as ReturnType<
        TrainingData["validate"]
      >;
    });
  }

  /** Whether a linear forecast from past values, of the first column, beats the mean on the validation part. */
  isPredictable(): boolean {
    const { past } = kindOf(this.config).reach(this.config);
    const { length: T, columns } = this.source;
    const series = seriesColumn(this.source, columns[0]);
    const { trainEnd, validationStart } = validationSplit(T, past);
    if (trainEnd <= 2 * past) return true; // too few values to tell
    const { intercept, coefficients } = fitAutoregression(series.subarray(Math.max(0, trainEnd - FITTED), trainEnd), past);
    const held = series.subarray(validationStart);
    const forecast = held.map((_, i) => coefficients.reduce((sum, a, k) => sum + a * series[validationStart + i - 1 - k], intercept));
    return mse(held, forecast) < this.trainMeanMse;
  }

  dispose(): void {
    tf.dispose([this.series, this.validation]);
  }
}

/** How many neighbouring windows a stretch of the batch has. */
const runOf = (config: TrainingConfig) => kindOf(config).run?.(config) ?? 1;
