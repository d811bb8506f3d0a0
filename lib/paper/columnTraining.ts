/** A training of a model or its twin, and its scores on the test part. */
import type { Series } from "../data/series";
import { mean } from "../metrics/metrics";
import { energyScore } from "../metrics/probabilistic";
import { createModel, type Model } from "../models/model";
import { completeConfig, type ModelConfig } from "../models/registry";
import { heldOutSurprisals } from "../training/heldOut";
import { nextRows } from "../training/nextRows";
import { train } from "../training/train";
import type { ColumnScore } from "./columns";

/** What is trained, and on what. */
export interface ColumnRequest {
  series: Series;
  testFrom: number;
  config: ModelConfig;
  of: ColumnScore["of"];
  seed: number;
  /** Whether the columns are numbers, so that distances between rows say something: then each row has an energy score. */
  numbers: boolean;
  /** Whether each row has the nats with ξ at its prior's mean too. */
  atMean: boolean;
}

/** How many rows are drawn in place of each test row. */
export const DRAWS = 100;
const rounded = (x: number): number => Number(x.toFixed(3));

/** Trains on the rows before the test part, and scores on it. The caller disposes of the model. */
export async function trainColumns({
  series,
  testFrom,
  config,
  of,
  seed,
  numbers,
  atMean,
}: ColumnRequest): Promise<{ score: ColumnScore; model: Model }> {
  const model = createModel(config, seed);
  const { history, seconds } = await train(model, series.slice(0, testFrom), { seed, steps: completeConfig(config as never).steps });
  const nats = (particles: number) => heldOutSurprisals(model, series.values, testFrom, { seed, particles });
  const [few, more] = [await nats(256), await nats(512)]; // twice as many show whether they are enough
  const kl = [history.at(-1)!.kl ?? []].flat();
  const rows: ColumnScore["rows"] = { nats: Array.from(more, rounded) };
  const score: ColumnScore = { of, seed, nll: mean(few), nllOfMore: mean(more), kl, seconds, rows };
  if (numbers) {
    const drawn = await nextRows(model, series, testFrom, { seed, draws: DRAWS });
    const energy = drawn.map((rows, i) => energyScore(rows, Array.from(series.slice(testFrom + i, testFrom + i + 1).values)));
    score.rows.energy = energy.map(rounded);
  }
  if (atMean)
    score.rows.natsAtMean = Array.from(
      await heldOutSurprisals(model, series.values, testFrom, { seed, particles: 1, xi: "mean" }),
      rounded,
    );
  return { score, model };
}
