/** The training loop, one for all models: batches, loss, guard, update, validation, restarts, checkpoints. */
import * as tf from "@tensorflow/tfjs-core";
import { checkFunction, checkText, checkWhole, refuse } from "../base/check";
import { AbortError, kernelSignal, pauser } from "../base/interrupt";
import { withFolder } from "../base/lock";
import { deriveSeed } from "../base/random";
import { asSeries, type Series, type SeriesLike } from "../data/series";
import { saveCheckpoint } from "../models/checkpoint";
import type { TrainingConfig } from "../models/config";
import type { Factors } from "../models/kind";
import { type HistoryRow, type Model, type Training, type WeightedModel, weighted } from "../models/model";
import { columnsOf, kindOf } from "../models/registry";
import { initialise } from "../tensor/weights";
import { TrainingData } from "./batches";
import { checkShared, type SharedOptions } from "./options";
import { type Steering, settingsOf, steering } from "./steer";
import { GradientStep } from "./step";
import { Failed, flat, type Parts, readLosses, type Told } from "./told";

export { AbortError } from "../base/interrupt";

/** The options of training. */
export type TrainOptions = SharedOptions & {
  /** The number of all the model's steps, from its first one: a model that has had some goes on to that number. */
  steps?: number;
  /** In place of `steps`: how many steps more. */
  moreSteps?: number;
  /** How many restarts there may be before training gives up; 3 by default. */
  maxRestarts?: number;
  /** Steps between two checkpoints in `dir`; 200 by default. */
  checkpointEvery?: number;
  /** Where checkpoints go; none are written without it. */
  dir?: string;
  /** Asked before every step for settings to change while it runs, such as `() => ({ beta: 0.5 })`. The record says which steps they held for. */
  steer?: () => Steering;
  /** Called after every step. */
  onStep?: (step: number) => void;
  /** Called with every row of the history, and at least once a second. */
  onProgress?: (progress: Progress) => void;
};

/** What training reached. */
export type TrainResult = {
  steps: number;
  seconds: number;
  restarts: { seed: number; reason: string }[];
  history: HistoryRow[];
  steered?: number;
};

/** How far a training has come. */
export type Progress = {
  step: number;
  steps: number;
  millisecondsPerStep: number;
  secondsLeft: number;
  /** The loss's parts when they were last read; they are every ten steps. */
  parts: Record<string, number>;
  row?: HistoryRow;
};

/** The options with their defaults, and the number of all steps. */
type Complete = TrainOptions & { steps: number; maxRestarts: number; checkpointEvery: number };

/**
 * Trains a model on a series. The last 10 % is held out for validation, m values apart. Everything that a step draws follows from
 * (seed, step), so that a stopped and resumed training has the bits of an uninterrupted one.
 *
 * An attempt that meets a NaN or an infinity, or whose validation MSE at step `restartAfter` of the settings is no better than that of the
 * train mean, starts again from a derived seed, at most `maxRestarts` times. A validation part that is nearly constant, on which nothing beats
 * the mean, is no such test. What training cannot do is said before its first step.
 * @param series the training part: values that the model can explain, [0, 1] for all but a categorical over others
 * @returns what it reached, restarts and their reasons included
 * @throws AbortError with the result so far when the signal is aborted, and with a cause when that could not be saved; Error naming a bad argument, or the reasons of every attempt: the model
 * then keeps the last one's weights, or is untrained again where those are no numbers
 */
export async function train(model: Model, series: SeriesLike, options: TrainOptions): Promise<TrainResult> {
  const own = weighted(model);
  const data = asSeries(series, "series");
  const { columns } = data;
  const d = columnsOf(own.config);
  if (columns.length !== d)
    throw new Error(
      `series must have ${d} ${d === 1 ? "column" : "columns"} for this model; it has ${columns.length}: ${columns.join(", ")}`,
    );
  kindOf(own.config).checkValues?.(own.config, data.values);
  if (own.config.trainingNoise && data.values.some((v) => v < 0 || v > 1))
    throw new Error("config.trainingNoise must be null for a series with values outside [0, 1]: noisy values are clamped to it");
  checkShared(options, "steps", "moreSteps", "maxRestarts", "checkpointEvery", "dir", "steer", "onStep", "onProgress");
  const { moreSteps, maxRestarts = 3, checkpointEvery = 200, dir, onStep, onProgress } = options;
  if (moreSteps === undefined) checkWhole(options.steps, "options.steps", 1);
  else checkWhole(moreSteps, "options.moreSteps", 1);
  if (moreSteps !== undefined && options.steps !== undefined)
    refuse("options.moreSteps", "left out where options.steps is given", moreSteps);
  checkWhole(maxRestarts, "options.maxRestarts");
  checkWhole(checkpointEvery, "options.checkpointEvery", 1);
  if (options.steer !== undefined) checkFunction(options.steer, "options.steer");
  if (onStep !== undefined) checkFunction(onStep, "options.onStep");
  if (onProgress !== undefined) checkFunction(onProgress, "options.onProgress");
  if (dir !== undefined) checkText(dir, "options.dir", "a path");
  const work = () =>
    own.use("train", () => {
      const steps = options.steps ?? own.step + (moreSteps as number);
      return trainAttempts(own, data, { ...options, steps, maxRestarts, checkpointEvery });
    });
  return dir === undefined ? work() : withFolder(dir, work, { name: "options.dir" });
}

/** Attempts until one reaches the end, or the last one fails that may. */
async function trainAttempts(own: WeightedModel, series: Series, options: Complete): Promise<TrainResult> {
  const { seed, steps, maxRestarts } = options;
  if (own.training && own.step >= steps) {
    console.info(
      `train: nothing is left to do. The model has had ${own.step} steps, and options.steps, ${steps}, counts all of them; moreSteps: ${steps} trains so many more.`,
    );
    return resultOf(own);
  }
  const data = new TrainingData(series, own.config);
  sayLimits(own, data, steps);
  if (own.training?.seed !== seed) own.training = { seed, restarts: [], seconds: 0, history: own.training?.history ?? [] };
  const training = own.training as Training;
  const unread: Told[] = [];
  try {
    for (;;) {
      try {
        await attempt(own, data, options, unread);
        return resultOf(own);
      } catch (failure) {
        if (!(failure instanceof Failed)) throw failure;
        const restarts = [...training.restarts, { seed: attemptSeed(training), reason: failure.message }];
        if (restarts.length > maxRestarts) {
          if (!failure.hasWeights) {
            own.training = null;
            own.restart(initialise(own.layout, seed));
          }
          const reasons = restarts.map((r, i) => `attempt ${i + 1}: ${r.reason}`).join("; ");
          const left = failure.hasWeights
            ? ". The model keeps the last attempt's weights, and a further call goes on from there; config.restartAfter: 0 leaves the test out"
            : "";
          throw Object.assign(new Error(`training failed in all of its ${restarts.length} attempts: ${reasons}${left}`), { restarts });
        }
        training.restarts = restarts;
        training.history = [];
        delete training.steered;
        own.restart(initialise(own.layout, attemptSeed(training)));
      } finally {
        tf.dispose(unread.splice(0).map(({ values }) => values));
      }
    }
  } finally {
    data.dispose();
  }
}

/** Says before the first step what training cannot do with these settings and this series. */
function sayLimits({ config, step }: WeightedModel, data: TrainingData, steps: number): void {
  const { decay, restartAfter } = config;
  if (decay === "linear" && steps > config.steps)
    console.info(
      `train: the learning rate falls to 0 at step ${config.steps}, config.steps, and later steps change nothing. To train ${steps} steps, create the model with config.steps ${steps}, or with decay "none".`,
    );
  if (restartAfter <= step || restartAfter > steps) return;
  if (!data.isTest)
    console.info(
      "train: the validation part, the last 10 %, is nearly constant: the test at config.restartAfter says nothing and is left out.",
    );
  else if (kindOf(config).forecasts && !data.isPredictable())
    console.info(
      `train: a linear forecast from past values is no better than the mean here. The model may not pass the test at config.restartAfter, ${restartAfter}; restartAfter: 0 leaves it out.`,
    );
}

/** The seed of the attempt that is under way: the run's own, then one derived for each restart. */
const attemptSeed = ({ seed, restarts }: Training) => (restarts.length === 0 ? seed : deriveSeed(seed, "restart", restarts.length));

const resultOf = ({ step, training }: WeightedModel): TrainResult => {
  const { seconds, restarts, history, steered } = training as Training;
  return { steps: step, seconds, restarts: [...restarts], history: [...history], ...(steered !== undefined && { steered }) };
};

/** The losses are read after this many steps at most; a checkpoint and a row of the history read them too. */
const READ_EVERY = 10;

/** Trains to the end, the signal, or a reason to start again. @param unread losses that have not been read; the caller disposes of them */
async function attempt(model: WeightedModel, data: TrainingData, options: Complete, unread: Told[]): Promise<void> {
  const { config } = model;
  const training = model.training as Training;
  const seed = attemptSeed(training);
  const kind = kindOf(config);
  const losses = Object.keys(kind.losses);
  const gradientOf = (loss: string) => model.part(`gradient ${loss}`, () => new GradientStep(config, model.layout, loss));
  const signal = options.signal ?? kernelSignal();
  const pause = pauser(signal);
  const [first, began, spent] = [model.step, performance.now(), training.seconds];
  let told = began;
  let parts: Parts = {};
  const isSaveDue = (step: number) => options.dir !== undefined && (step % options.checkpointEvery === 0 || step >= options.steps);
  const stopped = async () => signal?.aborted || (await pause());
  while (model.step < options.steps) {
    if (await stopped()) {
      if (unread.length > 0) readLosses(unread);
      const stopped = `training was stopped at step ${model.step} of ${options.steps}`;
      try {
        if (options.dir !== undefined) saveCheckpoint(model, options.dir);
      } catch (failure) {
        // What was reached is still in the model and in the error.
        const unsaved = new AbortError(`${stopped}, and this step could not be saved: ${(failure as Error).message}`, resultOf(model));
        throw Object.assign(unsaved, { cause: failure });
      }
      throw new AbortError(stopped, resultOf(model));
    }
    // A row that is there only because an earlier call ended at its step is in no history of an uninterrupted call.
    if (model.step === first) training.history = training.history.filter((row) => isRowDue(config, row.step));
    const step = model.step + 1;
    const steered = steering(model, options.steer);
    for (const loss of kind.schedule?.(config, step) ?? losses)
      unread.push(update(model, gradientOf(loss), loss, data, seed, step, steered));
    model.step = step;
    const now = performance.now();
    training.seconds = spent + (now - began) / 1000;
    let row: HistoryRow | undefined;
    const rowDue = isRowDue(config, step) || step === options.steps;
    if (rowDue || isSaveDue(step) || step % READ_EVERY === 0) parts = readLosses(unread);
    if (rowDue) {
      row = { step, ...parts, ...data.validate(model, seed) } as HistoryRow;
      if (training.steered !== undefined) Object.assign(row, steered ?? settingsOf(config));
      if (!Number.isFinite(row.validationMse)) throw new Failed(`validationMse is ${row.validationMse} at step ${step}`);
      training.history.push(row);
      if (step === config.restartAfter && data.isTest && !(row.validationMse < data.trainMeanMse)) {
        const [own, mean] = [row.validationMse, data.trainMeanMse].map((x) => x.toPrecision(3));
        throw new Failed(`validation MSE ${own} after ${step} steps is no better than the train mean's ${mean}`, true);
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
        parts: flat(parts),
        row,
      });
    }
    if (isSaveDue(step)) saveCheckpoint(model, options.dir as string);
    options.onStep?.(step);
  }
}

const isRowDue = ({ validateEvery, restartAfter }: TrainingConfig, step: number) => step % validateEvery === 0 || step === restartAfter;

/** One step down one loss: the gradient, and Adam. */
function update(
  model: WeightedModel,
  graph: GradientStep,
  loss: string,
  data: TrainingData,
  seed: number,
  step: number,
  steered: Factors | null,
): Told {
  const { config } = model;
  const { learningRate = config.learningRate, ...factors } = steered ?? {};
  const { parts: values, gradient } = graph.run(model, data, seed, step, "run", factors);
  const left = config.decay === "linear" ? Math.max(0, 1 - (step - 1) / config.steps) : 1;
  model.adam.apply(gradient, learningRate * left, loss);
  model.refresh();
  gradient.dispose();
  const alone = Object.keys(kindOf(config).losses).length === 1;
  return { step, parts: alone ? graph.told : graph.told.map(([name, size]) => [`${loss}.${name}`, size]), values };
}
