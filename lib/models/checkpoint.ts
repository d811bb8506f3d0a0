/** Checkpoints: a model with its moments, step, settings and history in one safetensors file. */
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { checkText } from "../base/check";
import { withFolder } from "../base/lock";
import { brokenCheckpoint, readSafetensors, writeSafetensors } from "../base/safetensors";
import { device } from "../tensor/backend";
import { Adam, type Moments } from "../tensor/optimizer";
import { totalSize } from "../tensor/weights";
import { type Model, type Training, WeightedModel, weighted } from "./model";
import { completeConfig, type FullConfig, kindOf, type ModelConfig } from "./registry";

/** The checkpoint's file in a run's folder. */
export const WEIGHTS_FILE = "weights.safetensors";

/**
 * Writes a checkpoint (weights, moments, step, settings, history, versions, and a checksum over all of it) into a folder, atomically.
 * @throws Error naming the argument that is wrong, or the folder that a training writes into
 */
export async function saveModel(model: Model, dir: string): Promise<void> {
  const own = weighted(model);
  checkText(dir, "dir", "a path");
  await withFolder(dir, async () => saveCheckpoint(own, dir));
}

/** The format's name and version, written into each checkpoint and checked when one is read. */
const FORMAT = '"tdlgm 3"';
/** The format before it, whose files have no checksum. */
const UNSIGNED = '"tdlgm 2"';

/** Writes a checkpoint synchronously. `resumable: false` leaves Adam's moments and the history out, for weights that are only to be used. */
export function saveCheckpoint(model: WeightedModel, dir: string, { resumable }: { resumable: boolean } = { resumable: true }): void {
  const { config, step, adam } = model;
  const training = model.training && { ...model.training, ...(!resumable && { history: [] }) };
  const moments = resumable ? adam.moments() : {};
  const tensors = Object.fromEntries(
    Object.entries(model.weights).map(([name, t]) => [name, { shape: t.shape, values: t.dataSync() as Float32Array }]),
  );
  for (const [loss, { first, second }] of Object.entries(moments)) {
    const shape = [first.length];
    Object.assign(tensors, { [`adam.${loss}.first`]: { shape, values: first }, [`adam.${loss}.second`]: { shape, values: second } });
  }
  const updates = Object.fromEntries(Object.entries(moments).map(([loss, own]) => [loss, own.updates]));
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
  checkText(dir, "dir", "a path");
  const file = path.join(dir, WEIGHTS_FILE);
  const broken = (what: string) => brokenCheckpoint(file, what);
  const { tensors, metadata } = readSafetensors(file);
  if (metadata.format === FORMAT && metadata.sha256 === undefined) throw broken("its checksum is missing");
  if (metadata.format !== FORMAT && metadata.format !== UNSIGNED)
    throw broken(`its format is ${metadata.format ?? "not named"}, not ${FORMAT}: it was not written by this version's saveModel`);
  const field = (key: string): unknown => {
    try {
      return JSON.parse(metadata[key]);
    } catch {
      throw broken(`its ${key} is missing or not JSON`);
    }
  };
  const count = (key: string, n: unknown): number => {
    if (!Number.isSafeInteger(n) || (n as number) < 0) throw broken(`its ${key} must be a whole number from 0; it is ${JSON.stringify(n)}`);
    return n as number;
  };
  let config: FullConfig;
  const given = field("config") as ModelConfig;
  try {
    config = completeConfig(given);
  } catch (failure) {
    throw broken(`its settings do not fit a model: ${(failure as Error).message}`);
  }
  const [step, training] = [count("step", field("step")), field("training") as Training | null];
  if (
    training !== null &&
    !(Number.isInteger(training.seed) && Number.isFinite(training.seconds) && [training.restarts, training.history].every(Array.isArray))
  )
    throw broken("its training is no record of one");
  if (training?.steered !== undefined) count("training's first steered step", training.steered);
  if (training?.history.some((row) => !Number.isInteger(row?.step))) throw broken("its history has a row without a step");
  const layout = kindOf(config).layout(config);
  const flat = new Float32Array(totalSize(layout));
  const values = (name: string, shape: number[]): Float32Array => {
    const found = tensors[name];
    if (!found || `${found.shape}` !== `${shape}`)
      throw broken(`tensor ${name} must be [${shape}]; it is ${found ? `[${found.shape}]` : "missing"}`);
    return found.values;
  };
  const losses = (field("updates") ?? {}) as Record<string, unknown>;
  const moments = Object.keys(losses).flatMap((loss) => [`adam.${loss}.first`, `adam.${loss}.second`]);
  const unknown = Object.keys(tensors).find((name) => !(name in layout) && !moments.includes(name));
  if (unknown !== undefined) throw broken(`tensor ${unknown} is none of the model's`);
  let offset = 0;
  for (const [name, { shape }] of Object.entries(layout)) {
    const part = values(name, shape);
    flat.set(part, offset);
    offset += part.length;
  }
  const momentsOf = (loss: string, n: unknown): Moments => ({
    first: values(`adam.${loss}.first`, [offset]),
    second: values(`adam.${loss}.second`, [offset]),
    updates: count(`updates of ${loss}`, n),
  });
  const adam = new Adam(flat, Object.fromEntries(Object.entries(losses).map(([loss, n]) => [loss, momentsOf(loss, n)])));
  const model = new WeightedModel(config, adam);
  model.step = step;
  model.training = training;
  return model;
}
