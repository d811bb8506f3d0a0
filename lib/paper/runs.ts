/** Finished runs: what a record holds, and where it lies. Runs trained here are in runs/, the shipped ones in data/runs/. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { checkChoice } from "../base/check";
import { writeAtomically } from "../base/files";
import { projectRoot } from "../base/project";
import { HISTORY, split, stretch, TEST_SIZE } from "../data/protocol";
import type { Series } from "../data/series";
import { traceFile } from "../data/trace";
import { mse } from "../metrics/metrics";
import { loadModel, saveModel } from "../models/checkpoint";
import { createModel, type Model } from "../models/model";
import type { FullConfig, ModelConfig } from "../models/registry";
import { device } from "../tensor/backend";
import { impute } from "../training/imputation";
import { type Progress, type TrainResult, train } from "../training/train";
import { type Family, TABLE_FAMILIES } from "./plan";

/** A run's record: the content of its result.json. */
export interface RunRecord extends TrainResult {
  config: FullConfig;
  seed: number;
  /** The share of the training part that it was trained on; all of it by default. */
  share?: number;
  /** Where that stretch begins, as a share of the training part; the last one by default. */
  from?: number;
  device: string;
  versions: Record<string, string>;
  /** sha256 of the trace's file, and the hash of the series of requests. A stand-in has no file: then both are of the series. */
  data: { sha256: string; series: string; standIn: boolean };
  /** MSE of imputing the clean test part, with one draw of ξ and at the posterior mean of ξ; an RNN has the same number twice. */
  metrics: { cleanMse: { sample: number; mean: number } };
}

const fileHash = (file: string): string => createHash("sha256").update(fs.readFileSync(file)).digest("hex");

/** The record of a finished training, with its metrics on the test part. */
async function runRecord(model: Model, seed: number, series: Series, result: TrainResult): Promise<RunRecord> {
  const test = split(series).test.values;
  const cleanMse = { sample: Number.NaN, mean: Number.NaN };
  const clean = series.slice(-(HISTORY + TEST_SIZE)).values;
  for (const xi of ["sample", "mean"] as const) {
    const imputed = await impute(model, clean, { seed, xi, clean });
    cleanMse[xi] = mse(test, imputed.subarray(HISTORY));
  }
  return {
    config: model.config as FullConfig,
    seed,
    ...result,
    device: device.name,
    versions: { tensorflow: device.tensorflow, tfjs: tf.version_core, node: process.versions.node },
    data: { sha256: series.standIn ? series.hash : fileHash(traceFile()), series: series.hash, standIn: series.standIn },
    metrics: { cleanMse },
  };
}

/** A finished run. */
export interface FoundRun {
  record: RunRecord;
  dir: string;
  /** Whether it came with the repository; otherwise it was trained here. */
  shipped: boolean;
}

/**
 * The finished run of this name (tdlgm-seed-3) on this series: the one trained here, or else the shipped one, or else null. With
 * TDLGM_RUNS=shipped only the shipped ones count.
 * @throws Error naming the file if a record is broken
 */
export function findRun(name: string, series: Series): FoundRun | null {
  for (const [folder, shipped] of [
    ["runs", false],
    ["data/runs", true],
  ] as const) {
    if (!shipped && process.env.TDLGM_RUNS === "shipped") continue;
    const dir = path.join(projectRoot(), folder, name);
    const file = path.join(dir, "result.json");
    if (!fs.existsSync(file)) continue;
    let record: RunRecord;
    try {
      record = JSON.parse(fs.readFileSync(file, "utf8"));
    } catch {
      throw new Error(`${file}: not a whole JSON record; delete its folder and train again`);
    }
    if (record.data?.series === series.hash) return { record, dir, shipped };
  }
  return null;
}

/** Writes a run: first the weights and moments, then the record, so that a run with a record is complete. */
export async function finishRun(model: Model, seed: number, series: Series, result: TrainResult, dir: string): Promise<RunRecord> {
  await saveModel(model, dir);
  const record = await runRecord(model, seed, series, result);
  writeAtomically(path.join(dir, "result.json"), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** A request for a run. */
export interface RunRequest {
  config: ModelConfig;
  seed: number;
  /** The number of training steps; the config's by default. */
  steps?: number;
  /** The share of the training part to train on; all of it by default. */
  share?: number;
  /** Where that stretch begins, as a share of the training part; the last one by default. */
  from?: number;
  /** Train again even if the run exists. */
  fresh?: boolean;
  /** If the run does not exist, train so few steps and keep nothing: a quick look on a small budget. */
  ifMissing?: { steps: number };
  onProgress?: (progress: Progress) => void;
}

/**
 * The run of this name. If it does not exist, it is trained here, into runs/NAME. The caller disposes of the model.
 * @throws Error when its record is broken or its training fails
 */
export async function obtainRun(
  name: string,
  series: Series,
  request: RunRequest,
): Promise<{ model: Model; record: RunRecord; trainedHere: boolean }> {
  const { config, seed, share = 1, from, fresh = false, ifMissing, onProgress } = request;
  const found = fresh ? null : findRun(name, series);
  if (found) return { model: await loadModel(found.dir), record: found.record, trainedHere: false };
  const model = createModel(config, seed);
  const { values } = stretch(split(series).train, share, from);
  const steps = ifMissing?.steps ?? request.steps ?? (model.config as FullConfig).steps;
  const result = await train(model, values, { seed, steps, onProgress });
  if (ifMissing) return { model, record: await runRecord(model, seed, series, result), trainedHere: true };
  return { model, record: await finishRun(model, seed, series, result, path.join(projectRoot(), "runs", name)), trainedHere: true };
}

/** The finished runs of a family of Tables 1-3 on this series, in the order of their seeds. */
export const finishedRuns = (series: Series, family = "tdlgm"): FoundRun[] => {
  checkChoice(
    family,
    "family",
    TABLE_FAMILIES.map((one) => one.name),
  );
  const { name, seeds } = TABLE_FAMILIES.find((one) => one.name === family) as Family;
  return Array.from({ length: seeds }, (_, seed) => findRun(`${name}-seed-${seed}`, series)).filter((run): run is FoundRun => run !== null);
};
