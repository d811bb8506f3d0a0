/** A training of TimeGAN on sines, and the average of its weights. */
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { refuse } from "../base/check";
import type { Series } from "../data/series";
import { loadModel, saveModel, WEIGHTS_FILE } from "../models/checkpoint";
import { createModel, type Model, weighted } from "../models/model";
import { completeConfig } from "../models/registry";
import type { TimeganConfig } from "../models/timegan";
import { follow } from "../training/average";
import { train } from "../training/train";
import { AVERAGE } from "./sines";

/** What is trained, on what, and where its checkpoints go. */
export interface SinesRequest {
  config: Partial<TimeganConfig> & Pick<TimeganConfig, "kind">;
  series: Series;
  seed: number;
  /** The number of all steps; a model that is there goes on to it. */
  steps: number;
  dir: string;
  /** Steps between two checkpoints. */
  checkpointEvery?: number;
  /** Called after each checkpoint. */
  onCheckpoint?: (step: number, seconds: number) => void;
}

/**
 * Trains a TimeGAN on from what its folder holds. A training that was stopped ends with the bits of an uninterrupted one. The caller disposes of both models.
 * @returns the model, and the average of its weights along the third phase
 * @throws Error if the folder holds a model of other settings, apart from the number of steps, or of more steps
 */
export async function trainSines(request: SinesRequest): Promise<{ model: Model; average: Model; seconds: number }> {
  const { config, series, seed, steps, dir, checkpointEvery = 500, onCheckpoint } = request;
  const full = completeConfig(config) as TimeganConfig;
  const model = fs.existsSync(path.join(dir, WEIGHTS_FILE)) ? await loadModel(dir) : createModel(config, seed);
  const own = weighted(model);
  if (!isDeepStrictEqual({ ...own.config, steps }, { ...full, steps }))
    throw new Error(`${dir} was trained with other settings; remove it to train anew`);
  if (own.step > steps) refuse("steps", `${own.step} or more, the steps of the model in ${dir}`, steps);
  const beforeAverage = full.embedding + full.supervised;
  // The average is written before the checkpoint of the same step, so that each checkpoint has its own.
  const folderAt = (step: number) => path.join(dir, `average-${step}`);
  const average = own.step >= beforeAverage && own.step > 0 ? await loadModel(folderAt(own.step)) : createModel(config, seed);
  const onStep = (step: number) => {
    if (step <= beforeAverage) {
      if (step === beforeAverage) follow(average, model, 1);
    } else if (step % AVERAGE.every === 0) follow(average, model, AVERAGE.share);
  };
  let seconds = own.training?.seconds ?? 0;
  while (own.step < steps) {
    const before = own.step;
    const next = Math.min(steps, before + checkpointEvery - (before % checkpointEvery));
    ({ seconds } = await train(model, series, { seed, steps: next, onStep }));
    await saveModel(average, folderAt(next));
    await saveModel(model, dir);
    if (before > 0) fs.rmSync(folderAt(before), { recursive: true, force: true });
    onCheckpoint?.(next, seconds);
  }
  return { model, average, seconds };
}
