/** Models by their kind: made, saved and loaded; what is done with them stands in imputation.ts and generation.ts. */
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { checkSeed } from "../base/random";
import { device } from "../tensor/backend";
import { Adam } from "../tensor/optimizer";
import { initialise, totalSize } from "../tensor/weights";
import { architectureOf } from "./architecture";
import { brokenCheckpoint, makeFolder, readSafetensors, WEIGHTS_FILE, writeSafetensors } from "./checkpoint";
import { completeConfig, type FullConfig, type ModelConfig } from "./config";
import { type Model, type Training, WeightedModel, weighted } from "./model";

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
