/** The training loop, one for all models: batches, loss, guard, update, validation, restarts, checkpoints. */
import * as tf from "@tensorflow/tfjs-core";
import { AbortError, kernelSignal, pauser } from "../base/interrupt";
import { deriveSeed } from "../base/random";
import { checkSeries } from "../data/series";
import { checkRun, type Run } from "../data/windows";
import { makeFolder } from "../models/checkpoint";
import type { FullConfig } from "../models/config";
import { checkEmittable } from "../models/likelihood";
import { type HistoryRow, type Model, type Training, type WeightedModel, weighted } from "../models/model";
import { checkFolder, saveCheckpoint } from "../models/models";
import { initialise } from "../tensor/weights";
import { TrainingData } from "./batches";
import { GradientStep } from "./step";

export { AbortError } from "../base/interrupt";
export type { HistoryRow } from "../models/model";

/** What training goes by. `steps` counts from the first: a model that has had some goes on to that number. */
export type TrainOptions = Run & {
  steps: number;
  /** Restarts that an attempt may cost before training gives up; 3. */
  maxRestarts?: number;
  /** Steps between two checkpoints in `dir`; 200. */
  checkpointEvery?: number;
  /** Where checkpoints go; none are written without it. */
  dir?: string;
  /** Told after every step. */
  onStep?: (step: number) => void;
  /** Told of every row of the history, and at least once a second. */
  onProgress?: (progress: Progress) => void;
};

/** What training reached. */
export type TrainResult = { steps: number; seconds: number; restarts: { seed: number; reason: string }[]; history: HistoryRow[] };

/** How far a training is. */
export type Progress = {
  step: number;
  steps: number;
  millisecondsPerStep: number;
  secondsLeft: number;
  /** The loss's parts when they were last looked at, every ten steps. */
  parts: Record<string, number>;
  row?: HistoryRow;
};

/** An attempt that is to be restarted, for this reason. */
class Failed extends Error {}

/**
 * Trains a model on a series. The last 10 % is held out for validation, m values apart. Everything that a step draws follows from
 * (seed, step), so that a stopped and resumed training has the bits of an uninterrupted one.
 *
 * An attempt that meets a NaN or an infinity, or whose validation MSE at step `restartAfter` of the settings is no better than that of the
 * train mean, starts again from a derived seed, at most `maxRestarts` times.
 * @param series the training part, values in [0, 1]
 * @returns what it reached, restarts and their reasons included
 * @throws AbortError with the result so far when the signal is aborted; Error naming a bad argument, or, with the model untrained again,
 * the reasons of every attempt
 */
export async function train(model: Model, series: Float32Array, options: TrainOptions): Promise<TrainResult> {
  const own = weighted(model);
  checkRun(options);
  const { steps, maxRestarts = 3, checkpointEvery = 200, dir, onStep, onProgress } = options;
  checkSeries(series, "series");
  const outside = series.findIndex((v) => v < 0 || v > 1);
  if (outside >= 0) throw new Error(`series[${outside}] is ${series[outside]}; every value must lie in [0, 1]`);
  if (own.config.kind !== "rnn") checkEmittable(own.config.likelihood, series);
  whole("steps", steps, 1);
  whole("maxRestarts", maxRestarts, 0);
  whole("checkpointEvery", checkpointEvery, 1);
  if (dir !== undefined) {
    checkFolder(dir, "options.dir");
    makeFolder(dir, "options.dir");
  }
  for (const [name, f] of Object.entries({ onStep, onProgress }))
    if (f !== undefined && typeof f !== "function") throw new Error(`options.${name} must be a function`);
  return own.use("train", () => trainAttempts(own, series, { ...options, maxRestarts, checkpointEvery }));
}

/** Attempts until one reaches the end; after the last one that may fail the model is untrained again. */
async function trainAttempts(
  own: WeightedModel,
  series: Float32Array,
  options: TrainOptions & { maxRestarts: number; checkpointEvery: number },
): Promise<TrainResult> {
  const { seed, maxRestarts } = options;
  const data = new TrainingData(series, own.config);
  if (own.training?.seed !== seed) own.training = { seed, restarts: [], seconds: 0, history: own.training?.history ?? [] };
  const training = own.training as Training;
  const unread: tf.Tensor1D[] = [];
  try {
    for (;;) {
      try {
        await attempt(own, data, options, unread);
        return resultOf(own);
      } catch (failure) {
        if (!(failure instanceof Failed)) throw failure;
        training.restarts.push({ seed: attemptSeed(training), reason: failure.message });
        const { restarts } = training;
        if (restarts.length > maxRestarts) {
          own.training = null;
          own.restart(initialise(own.layout, seed));
          const reasons = restarts.map((r, i) => `attempt ${i + 1}: ${r.reason}`).join("; ");
          throw Object.assign(new Error(`training failed in all of its ${restarts.length} attempts: ${reasons}`), { restarts });
        }
        training.history = [];
        own.restart(initialise(own.layout, attemptSeed(training)));
      } finally {
        tf.dispose(unread.splice(0));
      }
    }
  } finally {
    data.dispose();
  }
}

/** The seed of the attempt that is under way: the run's own, then one derived for each restart. */
const attemptSeed = ({ seed, restarts }: Training) => (restarts.length === 0 ? seed : deriveSeed(seed, "restart", restarts.length));

const resultOf = ({ step, training }: WeightedModel): TrainResult => {
  const { seconds, restarts, history } = training as Training;
  return { steps: step, seconds, restarts: [...restarts], history: [...history] };
};

/** Steps between two looks at the losses, at least: a checkpoint and a row of the history look at them too. */
const READ_EVERY = 10;

/** Steps until the end, the signal, or a reason to start again. @param unread what steps have told and nobody has looked at: the caller's to dispose of */
async function attempt(
  model: WeightedModel,
  data: TrainingData,
  options: TrainOptions & { checkpointEvery: number },
  unread: tf.Tensor1D[],
): Promise<void> {
  const { config } = model;
  const training = model.training as Training;
  const seed = attemptSeed(training);
  const gradient = model.part("gradient", () => new GradientStep(config, model.layout));
  const signal = options.signal ?? kernelSignal();
  const pause = pauser(signal);
  const [first, began, spent] = [model.step, performance.now(), training.seconds];
  let told = began;
  let parts: Record<string, number> = {};
  const isSaveDue = (step: number) => options.dir !== undefined && (step % options.checkpointEvery === 0 || step >= options.steps);
  const stopped = async () => signal?.aborted || (await pause());
  while (model.step < options.steps) {
    if (await stopped()) {
      if (unread.length > 0) readLosses(unread, gradient.names, model.step);
      const aborted = new AbortError(`training was stopped at step ${model.step} of ${options.steps}`, resultOf(model));
      try {
        if (options.dir !== undefined) saveCheckpoint(model, options.dir);
      } catch (failure) {
        aborted.cause = failure; // what was reached is still in the model and in the error
      }
      throw aborted;
    }
    // A row that is there because an earlier call ended at its step would not be in the history of one call.
    if (model.step === first) training.history = training.history.filter((row) => isRowDue(config, row.step));
    const step = model.step + 1;
    unread.push(update(model, gradient, data, seed, step));
    model.step = step;
    const now = performance.now();
    training.seconds = spent + (now - began) / 1000;
    let row: HistoryRow | undefined;
    const rowDue = isRowDue(config, step) || step === options.steps;
    if (rowDue || isSaveDue(step) || step % READ_EVERY === 0) parts = readLosses(unread, gradient.names, step);
    if (rowDue) {
      row = data.row(model, step, parts);
      if (!Number.isFinite(row.validationMse)) throw new Failed(`validationMse is ${row.validationMse} at step ${step}`);
      training.history.push(row);
      if (step === config.restartAfter && !(row.validationMse < data.trainMeanMse)) {
        throw new Failed(
          `validation MSE ${row.validationMse.toPrecision(3)} after ${step} steps is no better than the train mean's ${data.trainMeanMse.toPrecision(3)}`,
        );
      }
    }
    if (options.onProgress && (row || now - told > 1000)) {
      told = now;
      const millisecondsPerStep = (now - began) / (step - first);
      options.onProgress({
        step,
        steps: options.steps,
        millisecondsPerStep,
        secondsLeft: ((options.steps - step) * millisecondsPerStep) / 1000,
        parts,
        row,
      });
    }
    if (isSaveDue(step)) saveCheckpoint(model, options.dir as string);
    options.onStep?.(step);
  }
}

const isRowDue = ({ validateEvery, restartAfter }: FullConfig, step: number) => step % validateEvery === 0 || step === restartAfter;

/** One step: the gradient, and Adam. Returns what it tells. */
function update(model: WeightedModel, graph: GradientStep, data: TrainingData, seed: number, step: number): tf.Tensor1D {
  const { config } = model;
  const { parts, gradient } = graph.run(model, data, seed, step);
  const left = config.decay === "linear" ? Math.max(0, 1 - (step - 1) / config.steps) : 1;
  model.adam.apply(gradient, config.learningRate * left);
  model.refresh();
  gradient.dispose();
  return parts;
}

/** The last step's parts and norm by name, once those of all unread steps are looked at. @throws Failed naming the first that is no finite number */
function readLosses(unread: tf.Tensor1D[], names: string[], last: number): Record<string, number> {
  const values = tf.tidy(() => tf.concat(unread).dataSync());
  const first = last - unread.length + 1;
  tf.dispose(unread.splice(0));
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new Failed(`${names[bad % names.length]} is ${values[bad]} at step ${first + Math.floor(bad / names.length)}`);
  return Object.fromEntries(names.map((name, i) => [name, values[values.length - names.length + i]]));
}

function whole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) throw new Error(`options.${name} must be a whole number from ${least}; it is ${value}`);
}
