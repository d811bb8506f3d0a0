/** A training of a model or its twin, and its scores on the test part. */
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Series } from "../data/series";
import { mean } from "../metrics/metrics";
import { energyScore } from "../metrics/probabilistic";
import { loadModel, WEIGHTS_FILE } from "../models/checkpoint";
import { createModel, type Model, weighted } from "../models/model";
import type { ModelConfig } from "../models/registry";
import { heldOutSurprisals } from "../training/heldOut";
import { nextRows } from "../training/nextRows";
import { type Progress, train } from "../training/train";
import { allSettings, type ColumnPlan, type ColumnScore } from "./columns";

/** What is trained, and on what. */
export interface ColumnRequest extends Pick<ColumnPlan, "testFrom" | "numbers" | "atMean">, Pick<ColumnScore, "of" | "seed"> {
  series: Series;
  config: ModelConfig;
  /** Where checkpoints go, and the last weights; a training that was stopped there goes on. None are written without it. */
  dir?: string;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** How many rows are drawn in place of each test row. */
export const DRAWS = 100;
const rounded = (x: number): number => Number(x.toFixed(3));

/**
 * Trains on the rows before the test part, and scores on it. The caller disposes of the model.
 * @throws Error where `dir` holds a training with other settings or another seed; AbortError when the signal is aborted
 */
export async function trainColumns(request: ColumnRequest): Promise<{ score: ColumnScore; model: Model }> {
  const { series, testFrom, config, of, seed, numbers, atMean, dir, signal, onProgress } = request;
  const isStarted = dir !== undefined && fs.existsSync(path.join(dir, WEIGHTS_FILE));
  const model = isStarted ? await loadModel(dir) : createModel(config, seed);
  const { steps } = model.config;
  if (isStarted && !(isDeepStrictEqual(allSettings(model.config), allSettings(config)) && weighted(model).training?.seed === seed)) {
    model.dispose();
    throw new Error(`${dir} holds a training with other settings or another seed`);
  }
  try {
    const { history, seconds } = await train(model, series.slice(0, testFrom), { seed, steps, dir, signal, onProgress });
    const nats = (particles: number) => heldOutSurprisals(model, series.values, testFrom, { seed, particles, signal });
    const [few, more] = [await nats(256), await nats(512)]; // twice as many show whether they are enough
    const kl = [history.at(-1)!.kl ?? []].flat();
    const rows: ColumnScore["rows"] = { nats: Array.from(more, rounded) };
    const score: ColumnScore = { of, seed, nll: mean(few), nllOfMore: mean(more), kl, seconds, rows };
    if (numbers) {
      const drawn = await nextRows(model, series, testFrom, { seed, draws: DRAWS, signal });
      const energy = drawn.map((rows, i) => energyScore(rows, Array.from(series.slice(testFrom + i, testFrom + i + 1).values)));
      score.rows.energy = energy.map(rounded);
    }
    if (atMean && of === "model") {
      const nats = await heldOutSurprisals(model, series.values, testFrom, { seed, particles: 1, xi: "mean", signal });
      score.rows.natsAtMean = Array.from(nats, rounded);
    }
    return { score, model };
  } catch (failure) {
    model.dispose();
    throw failure;
  }
}
