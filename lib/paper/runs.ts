/** Finished training runs: what a run's record holds, and where runs lie: one's own in runs/, the shipped ones in data/runs/. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { writeAtomically } from "../base/files";
import { projectRoot } from "../base/project";
import { HISTORY, lastShare, split, TEST_SIZE } from "../data/protocol";
import type { Series } from "../data/series";
import { traceFile } from "../data/trace";
import { mse } from "../metrics/metrics";
import { loadModel, saveModel } from "../models/checkpoint";
import type { Model } from "../models/model";
import { createModel } from "../models/model";
import type { FullConfig, ModelConfig } from "../models/registry";
import { device } from "../tensor/backend";
import { impute } from "../training/imputation";
import { type Progress, type TrainResult, train } from "../training/train";

/** The content of a run's result.json. */
export interface RunRecord extends TrainResult {
  config: FullConfig;
  seed: number;
  /** The share of the training part that it was trained on, if not all of it. */
  share?: number;
  device: string;
  versions: Record<string, string>;
  /** sha256 of the trace's file (of the series on a stand-in, which has none), and of the series of requests. */
  data: { sha256: string; series: string; standIn: boolean };
  /** Clean imputation MSE on the test part, with one draw of ξ and with its posterior mean (the RNN's forecast: both the same). */
  metrics: { cleanMse: { sample: number; mean: number } };
}

const fileHash = (file: string): string => createHash("sha256").update(fs.readFileSync(file)).digest("hex");

/** The record of a finished training, its metrics on the test part included. */
export async function runRecord(model: Model, seed: number, series: Series, result: TrainResult): Promise<RunRecord> {
  const test = split(series).test.values;
  const cleanMse = { sample: Number.NaN, mean: Number.NaN };
  for (const xi of ["sample", "mean"] as const) {
    const clean = series.slice(-(HISTORY + TEST_SIZE)).values;
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

/** A run that is there. */
export interface FoundRun {
  record: RunRecord;
  dir: string;
  /** Whether the repository ships it; else it was trained here. */
  shipped: boolean;
}

/**
 * A finished run of this name (tdlgm-seed-3) trained on this series: one's own if there is one, else the shipped one, else null. With
 * TDLGM_RUNS=shipped one's own are left out of it.
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

/** Ends a training as a run: weights and moments first, then the record, which says that the run is whole. */
export async function finishRun(model: Model, seed: number, series: Series, result: TrainResult, dir: string): Promise<RunRecord> {
  await saveModel(model, dir);
  const record = await runRecord(model, seed, series, result);
  writeAtomically(path.join(dir, "result.json"), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** What a run is to be. */
export interface RunRequest {
  config: ModelConfig;
  seed: number;
  /** Steps; those of the settings when left out. */
  steps?: number;
  /** Train on the last such share of the training part only. */
  share?: number;
  /** Train anew even if a run is there. */
  fresh?: boolean;
  /** Where no run is there, train so few steps only and keep nothing: for a quick look on a small budget. */
  ifMissing?: { steps: number };
  onProgress?: (progress: Progress) => void;
}

/**
 * The run of this name if there is one, else the same run trained here and now into runs/NAME. The caller disposes of the model.
 */
export async function obtainRun(
  name: string,
  series: Series,
  request: RunRequest,
): Promise<{ model: Model; record: RunRecord; trainedHere: boolean }> {
  const { config, seed, share = 1, fresh = false, ifMissing, onProgress } = request;
  const found = fresh ? null : findRun(name, series);
  if (found) return { model: await loadModel(found.dir), record: found.record, trainedHere: false };
  const model = createModel(config, seed);
  const { values } = lastShare(split(series).train, share);
  const steps = ifMissing?.steps ?? request.steps ?? (model.config as FullConfig).steps;
  const result = await train(model, values, { seed, steps, onProgress });
  if (ifMissing) return { model, record: await runRecord(model, seed, series, result), trainedHere: true };
  return { model, record: await finishRun(model, seed, series, result, path.join(projectRoot(), "runs", name)), trainedHere: true };
}
