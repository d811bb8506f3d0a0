/** Models by their kind: made, saved, loaded, and used for imputation and generation. */
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { architectureOf } from "./architecture";
import { device } from "./backend";
import { brokenCheckpoint, makeFolder, readSafetensors, WEIGHTS_FILE, writeSafetensors } from "./checkpoint";
import { completeConfig, type FullConfig, type ModelConfig } from "./config";
import { BLOCK, firstRows, keysOf, keyTable, normals } from "./draws";
import { Graph } from "./graph";
import { AbortError, kernelSignal, pauser } from "./interrupt";
import { type Model, type Training, WeightedModel, weighted } from "./model";
import { Adam } from "./optimizer";
import { checkSeed, deriveSeed } from "./random";
import { initialise, totalSize, unpack } from "./weights";
import { checkRun, checkSeries, offsets, padded, type Run, windows } from "./windows";

export type { ModelConfig } from "./config";
export type { HistoryRow, Model } from "./model";
export type { Run } from "./windows";

/**
 * An untrained model.
 * @param config its kind, and what differs from the defaults
 * @param seed of the initial weights, 0 .. 2^31-1
 */
export function createModel(config: ModelConfig, seed: number): Model {
  const full = completeConfig(config);
  checkSeed(seed);
  return new WeightedModel(full, new Adam(initialise(architectureOf(full).layout(full), seed)));
}

/** Writes a checkpoint (weights, moments, step, settings, history, versions) into a folder, atomically. */
export async function saveModel(model: Model, dir: string): Promise<void> {
  const own = weighted(model);
  checkFolder(dir);
  makeFolder(dir);
  saveCheckpoint(own, dir);
}

/** @throws Error naming the argument unless it can be the path of a model's folder */
export function checkFolder(dir: unknown, name = "dir"): asserts dir is string {
  if (typeof dir !== "string" || dir === "") throw new Error(`${name} must be the path of a model's folder; it is ${JSON.stringify(dir)}`);
}

/** Names what a checkpoint holds and how; a reader of another one must not guess. */
const FORMAT = '"tdlgm 1"';

/** The same, at once; `moments: false` leaves Adam's moments out, a third of the size, for weights that are only to be used. */
export function saveCheckpoint(model: WeightedModel, dir: string, options: { moments: boolean } = { moments: true }): void {
  const { config, step, training, adam } = model;
  const { first, second, updates } = adam.moments();
  const tensors = Object.fromEntries(
    Object.entries(model.weights).map(([name, t]) => [name, { shape: t.shape, values: t.dataSync() as Float32Array }]),
  );
  const shape = [first.length];
  if (options.moments) Object.assign(tensors, { "adam.first": { shape, values: first }, "adam.second": { shape, values: second } });
  const metadata = { config, step, training, updates, versions: { tensorflow: device.tensorflow, tfjs: tf.version_core } };
  writeSafetensors(path.join(dir, WEIGHTS_FILE), {
    tensors,
    metadata: { format: FORMAT, ...Object.fromEntries(Object.entries(metadata).map(([k, v]) => [k, JSON.stringify(v)])) },
  });
}

/**
 * Reads a model from a folder written by saveModel or by a training.
 * @throws Error naming the file and what does not fit
 */
export async function loadModel(dir: string): Promise<Model> {
  checkFolder(dir);
  const file = path.join(dir, WEIGHTS_FILE);
  const broken = (what: string) => brokenCheckpoint(file, what);
  const { tensors, metadata } = readSafetensors(file);
  if (metadata.format !== FORMAT)
    throw broken(`its format is ${metadata.format ?? "not named"}, not ${FORMAT}: it was not written by this version's saveModel`);
  const field = (key: string): unknown => {
    try {
      return JSON.parse(metadata[key]);
    } catch {
      throw broken(`its ${key} is missing or not JSON`);
    }
  };
  const count = (key: string): number => {
    const n = field(key);
    if (!Number.isSafeInteger(n) || (n as number) < 0) throw broken(`its ${key} must be a whole number from 0; it is ${JSON.stringify(n)}`);
    return n as number;
  };
  let config: FullConfig;
  const given = field("config") as ModelConfig;
  try {
    config = completeConfig(given);
  } catch (failure) {
    throw broken(`its settings are no model's: ${(failure as Error).message}`);
  }
  const [step, updates, training] = [count("step"), count("updates"), field("training") as Training | null];
  if (
    training !== null &&
    !(Number.isInteger(training.seed) && Number.isFinite(training.seconds) && [training.restarts, training.history].every(Array.isArray))
  )
    throw broken("its training is no record of one");
  if (training?.history.some((row) => !Number.isInteger(row?.step))) throw broken("its history has a row without a step");
  for (const row of training?.history ?? []) row.stateVariance ??= Number.NaN; // JSON writes NaN as null
  const named = architectureOf(config).layout(config);
  const flat = new Float32Array(totalSize(named));
  const values = (name: string, shape: number[]): Float32Array => {
    const found = tensors[name];
    if (!found || `${found.shape}` !== `${shape}`)
      throw broken(`tensor ${name} must be [${shape}]; it is ${found ? `[${found.shape}]` : "missing"}`);
    return found.values;
  };
  const unknown = Object.keys(tensors).find((name) => !(name in named) && name !== "adam.first" && name !== "adam.second");
  if (unknown !== undefined) throw broken(`tensor ${unknown} is none of the model's`);
  let offset = 0;
  for (const [name, { shape }] of Object.entries(named)) {
    const part = values(name, shape);
    flat.set(part, offset);
    offset += part.length;
  }
  const moments = () => ({ first: values("adam.first", [offset]), second: values("adam.second", [offset]), updates });
  const model = new WeightedModel(config, new Adam(flat, "adam.first" in tensors || "adam.second" in tensors ? moments() : undefined));
  model.step = step;
  model.training = training;
  return model;
}

/** What imputation goes by. */
export type ImputeOptions = Run & {
  /** One draw of ξ from q, or its posterior mean; the same for the RNN. */
  xi: "sample" | "mean";
  /** The clean series: a DLGM of windowEnd "clean" needs it; no other model looks at it. */
  clean?: Float32Array;
};

/**
 * Reconstructs a series from a noisy one: entry t from noisy[t] and the m values before it (zeros before the start), the mean of π for one
 * draw of ξ from q, or for its posterior mean. The RNN forecasts entry t from the values before it alone.
 * @returns a series of the same length
 */
export async function impute(model: Model, noisy: Float32Array, options: ImputeOptions): Promise<Float32Array> {
  const own = weighted(model);
  checkRun(options);
  checkSeries(noisy, "noisy");
  if (options.xi !== "sample" && options.xi !== "mean")
    throw new Error(`options.xi must be "sample" or "mean"; it is ${JSON.stringify(options.xi)}`);
  if (!architectureOf(own.config).wantsClean(own.config)) return own.use("impute", () => imputeSeries(own, noisy, options));
  const { clean } = options;
  if (clean === undefined) throw new Error('options.clean is missing: a DLGM of windowEnd "clean" needs the clean series');
  checkSeries(clean, "options.clean");
  if (clean.length !== noisy.length) throw new Error(`options.clean has ${clean.length} values, but noisy has ${noisy.length}`);
  return own.use("impute", () => imputeSeries(own, noisy, options, clean));
}

/** What imputation draws. */
const IMPUTE = ["impute"];

/** @param ends the values that windows end with in place of noisy's own */
async function imputeSeries(own: WeightedModel, noisy: Float32Array, options: ImputeOptions, ends?: Float32Array): Promise<Float32Array> {
  const { config, layout } = own;
  const { reach, latents, impute } = architectureOf(config);
  const { past } = reach(config);
  const latent = options.xi === "sample" ? latents(config) : null;
  const piece = own.part(
    `impute ${options.xi}`,
    () =>
      new Graph((flat, table, values, ends) => {
        const size = values.shape[0] - past;
        let inputs = windows(values as tf.Tensor1D, tf.range(0, size, 1, "int32"), offsets(past + 1));
        if (ends) inputs = tf.concat([tf.slice(inputs, [0, 0], [past, size]), ends], 0) as tf.Tensor2D;
        const block = latent && normals([latent[0], BLOCK, latent[1]], { keys: keysOf(IMPUTE, table), name: "impute" });
        return [impute(config, unpack(layout, flat as tf.Tensor1D), inputs, block && firstRows(block, size, 1))];
      }),
  );
  const pause = pauser(options.signal ?? kernelSignal());
  const out = new Float32Array(noisy.length);
  const source = padded(noisy, past);
  for (let from = 0, chunk = 0; from < noisy.length; from += BLOCK, chunk++) {
    const size = Math.min(BLOCK, noisy.length - from);
    const values = tf.tidy(() => {
      const inputs = [own.adam.weights(), keyTable(IMPUTE, options.seed, chunk), tf.tensor1d(source.subarray(from, from + size + past))];
      if (ends) inputs.push(tf.tensor2d(ends.subarray(from, from + size), [1, size]));
      return piece.run(...inputs)[0].dataSync();
    });
    out.set(values, from);
    if (await pause()) throw new AbortError("the imputation was stopped", undefined);
  }
  return out;
}

/**
 * Generates a sequence after each history: the state from its last m values (zeros before its start), then draws from the model alone; the
 * RNN's forecasts are fed back to it, and DLGM takes nothing from the history.
 * @param steps values in each sequence, at least 1
 */
export async function generate(model: Model, histories: Float32Array[], steps: number, options: Run): Promise<Float32Array[]> {
  const own = weighted(model);
  checkRun(options);
  if (!Array.isArray(histories)) throw new Error("histories must be an array of Float32Array");
  for (const [i, h] of histories.entries()) checkSeries(h, `histories[${i}]`, 0);
  if (!Number.isInteger(steps) || steps < 1) throw new Error(`steps must be a whole number from 1; it is ${steps}`);
  return own.use("generate", () => generateAll(own, histories, steps, options));
}

/** What generation draws. */
const GENERATE = ["generate/xi", "generate/v"];
/** Generated values of a sequence that are read back at once. */
const READ = 256;

async function generateAll(own: WeightedModel, histories: Float32Array[], steps: number, options: Run): Promise<Float32Array[]> {
  const { config, layout } = own;
  const pause = pauser(options.signal ?? kernelSignal());
  const { reach, start, step } = architectureOf(config);
  const length = reach(config).past + reach(config).future;
  const weights = (flat: tf.Tensor) => unpack(layout, flat as tf.Tensor1D);
  const starting = own.part("start", () => new Graph((flat, history) => start(config, weights(flat), history as tf.Tensor2D)));
  /** From the value before, whose rows tell how many sequences there are, and the states, to the next value and states. */
  const stepping = own.part(
    "step",
    () =>
      new Graph((flat, table, before, ...states) => {
        const stream = { keys: keysOf(GENERATE, table), name: "generate" };
        const { v, next } = step(config, weights(flat), states, before.shape[0], stream);
        return [v, ...next];
      }),
  );
  const out: Float32Array[] = [];
  const flat = own.adam.weights();
  let held: tf.Tensor[] = []; // the last value and the states
  let made: tf.Tensor[] = []; // values that are still to be read
  try {
    for (let from = 0; from < histories.length; from += BLOCK) {
      const size = Math.min(BLOCK, histories.length - from);
      const seed = deriveSeed(options.seed, "generate", from / BLOCK);
      const sequences = Array.from({ length: size }, () => new Float32Array(steps));
      const history = historyTable(histories.slice(from, from + size), length);
      held = [tf.fill([size, 1], 0), ...starting.run(flat, history)];
      history.dispose();
      for (let t = 0; t < steps; t++) {
        const table = keyTable(GENERATE, seed, t);
        const next = stepping.run(flat, table, ...held);
        tf.dispose([table, ...held]);
        held = next;
        made.push(tf.clone(held[0]));
        if (made.length === READ || t === steps - 1) {
          const n = made.length;
          const values = tf.tidy(() => tf.concat(made, 1).dataSync());
          for (const [i, s] of sequences.entries()) s.set(values.subarray(i * n, (i + 1) * n), t + 1 - n);
          tf.dispose(made);
          made = [];
        }
        if (await pause()) throw new AbortError("the generation was stopped", undefined);
      }
      tf.dispose(held);
      held = [];
      out.push(...sequences);
    }
  } finally {
    tf.dispose([flat, ...held, ...made]);
  }
  return out;
}

/** The last values of each history, zeros before its start: [length, histories]. */
function historyTable(histories: Float32Array[], length: number): tf.Tensor2D {
  const size = histories.length;
  const table = new Float32Array(length * size);
  for (const [i, history] of histories.entries()) {
    const tail = history.subarray(-length);
    for (let t = 0; t < tail.length; t++) table[(length - tail.length + t) * size + i] = tail[t];
  }
  return tf.tensor2d(table, [length, size]);
}
