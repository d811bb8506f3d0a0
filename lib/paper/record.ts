/** The record of a run: what it holds, and whether it is that of the run that is asked for, and of the weights beside it. */

import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { codeHash } from "../base/code";
import { writeAtomically } from "../base/files";
import { withFolder } from "../base/lock";
import { sha256 } from "../base/sha256";
import { HISTORY, split, TEST_SIZE } from "../data/protocol";
import type { Series } from "../data/series";
import { traceFile } from "../data/trace";
import { mse } from "../metrics/metrics";
import { loadModel, saveModel, WEIGHTS_FILE } from "../models/checkpoint";
import { type Model, weighted } from "../models/model";
import { completeConfig, type FullConfig, KINDS } from "../models/registry";
import { device } from "../tensor/backend";
import { impute } from "../training/imputation";
import type { TrainResult } from "../training/train";
import { ERRORS_FILE } from "./errors";
import { weightsHash } from "./evaluate";
import type { RunSettings } from "./plan";

/** A run's record: the content of its result.json. */
export interface RunRecord extends TrainResult, Pick<RunSettings, "seed" | "share" | "from"> {
  config: FullConfig;
  device: string;
  versions: Record<string, string>;
  /** The sha256 of the weights. */
  weights: string;
  /** A hash of the code that it was trained by. */
  code?: string;
  /** sha256 of the trace's file, and the hash of the series of requests. A stand-in has no file: then both are of the series. */
  data: { sha256: string; series: string; standIn: boolean };
  /** MSE of imputing the clean test part, with one draw of ξ and at the posterior mean of ξ; an RNN has the same number twice. */
  metrics: { cleanMse: { sample: number; mean: number } };
}

/** The file of a run's record. */
export const RECORD_FILE = "result.json";
/** The file of a run's scores. */
export const METRICS_FILE = "metrics.json";

/** The record of a finished training, with its metrics on the test part. */
export async function runRecord(model: Model, seed: number, series: Series, result: TrainResult): Promise<RunRecord> {
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
    weights: weightsHash(model),
    code: trainingCode(),
    device: device.name,
    versions: { tensorflow: device.tensorflow, tfjs: tf.version_core, node: process.versions.node },
    data: { sha256: series.standIn ? series.hash : sha256(fs.readFileSync(traceFile())), series: series.hash, standIn: series.standIn },
    metrics: { cleanMse },
  };
}

let trainedBy: string | undefined;

/** A hash of the code that a training here follows from, as it is when first asked for. */
export function trainingCode(): string {
  trainedBy ??= codeHash("lib/training/train.ts", "lib/models/model.ts", "lib/data/protocol.ts");
  return trainedBy;
}

/** What a whole record holds. */
const PARTS: Record<string, (record: RunRecord) => boolean> = {
  config: ({ config }) => Object.hasOwn(KINDS, config.kind),
  seed: ({ seed }) => Number.isSafeInteger(seed),
  steps: ({ steps }) => Number.isSafeInteger(steps),
  seconds: ({ seconds }) => Number.isFinite(seconds),
  restarts: ({ restarts }) => Array.isArray(restarts),
  history: ({ history }) => history.length > 0 && history.every(({ step }) => Number.isSafeInteger(step)),
  weights: ({ weights }) => /^[0-9a-f]{64}$/.test(weights),
  data: ({ data }) => typeof data.series === "string" && typeof data.standIn === "boolean",
  metrics: ({ metrics: { cleanMse } }) => Number.isFinite(cleanMse.sample) && Number.isFinite(cleanMse.mean),
};

/**
 * A JSON file of a run's folder; null where there is none.
 * @param parts what it must hold
 * @throws Error naming the file, what is wrong with it and the fix
 */
export function readWhole<T>(file: string, parts: Record<string, (content: T) => boolean>, fix: string): T | null {
  if (!fs.existsSync(file)) return null;
  let content: T;
  try {
    content = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    throw new Error(`${file}: not whole JSON; ${fix}`);
  }
  const isRight = (right: (content: T) => boolean) => {
    try {
      return right(content);
    } catch {
      return false; // a part of it is missing
    }
  };
  const wrong = Object.keys(parts).find((part) => !isRight(parts[part]));
  if (wrong !== undefined) throw new Error(`${file}: its ${wrong} is missing or not right; ${fix}`);
  return content;
}

/** The record in a run's folder; null where there is none. @throws Error naming the file if it is broken */
export const readRecord = (dir: string): RunRecord | null =>
  readWhole(path.join(dir, RECORD_FILE), PARTS, "delete its folder and train again");

/** In what a run differs from the settings that are asked for: "beta 1, not 0.5". */
export function differences(record: RunRecord, { config, seed, steps, share = 1, from = 1 - share }: RunSettings): string[] {
  const wanted: Record<string, unknown> = JSON.parse(JSON.stringify(completeConfig(config)));
  const own = record.config as unknown as Record<string, unknown>;
  const ofRun = { seed: record.seed, steps: record.steps, share: record.share ?? 1, from: record.from ?? 1 - (record.share ?? 1) };
  const asked = { seed, steps: steps ?? wanted.steps, share, from };
  const named = (settings: Record<string, unknown>) => Object.fromEntries(Object.entries(settings).map(([key, x]) => [`config.${key}`, x]));
  const [a, b] = [
    { ...ofRun, ...named(own) },
    { ...asked, ...named(wanted) },
  ] as Record<string, unknown>[];
  const said = (x: unknown) => (x === undefined ? "left out" : JSON.stringify(x));
  return [...new Set([...Object.keys(b), ...Object.keys(a)])]
    .filter((key) => !isDeepStrictEqual(a[key], b[key]))
    .map((key) => `${key} ${said(a[key])}, not ${said(b[key])}`);
}

/** The difference between a run's data and a series, if there is one. */
export const onOtherData = ({ data }: RunRecord, series: Series): string[] =>
  data.series === series.hash ? [] : [`trained on ${data.standIn ? "the stand-in" : "other data"}`];

/**
 * The model of a finished run. The caller disposes of it.
 * @throws Error naming the file when weights or record are broken, or are not of one run
 */
export async function loadRun({ record, dir }: { record: RunRecord; dir: string }): Promise<Model> {
  const model = await loadModel(dir);
  const { config, step, training } = weighted(model);
  const { share, from } = record;
  const other = differences(record, { config, seed: training?.seed ?? record.seed, steps: step, share, from });
  if (record.weights !== weightsHash(model)) other.push("the record names other weights");
  if (other.length === 0) return model;
  model.dispose();
  throw new Error(`${path.join(dir, RECORD_FILE)}: not the record of ${WEIGHTS_FILE} beside it (${other.join("; ")}); train the run again`);
}

/** Removes what a folder says of earlier weights: their record, scores and errors. */
export function forgetResults(dir: string): void {
  for (const file of [RECORD_FILE, METRICS_FILE, ERRORS_FILE]) fs.rmSync(path.join(dir, file), { force: true });
}

/** Writes a run: first the weights and moments, then the record, so that a run with a record is complete. Scores of earlier weights go. */
export async function finishRun(model: Model, seed: number, series: Series, result: TrainResult, dir: string): Promise<RunRecord> {
  return withFolder(dir, async () => {
    forgetResults(dir);
    await saveModel(model, dir);
    const record = await runRecord(model, seed, series, result);
    writeAtomically(path.join(dir, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
    return record;
  });
}
