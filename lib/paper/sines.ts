/** TimeGAN on sines, the published benchmark of generators of sequences: what it is trained on, and its scores. */
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkList, checkSeed, checkWhole } from "../base/check";
import { projectRoot } from "../base/project";
import { deriveSeed } from "../base/random";
import { Series } from "../data/series";
import { sines } from "../data/sines";
import { type RecurrentScoreOptions, recurrentDiscriminativeScore, recurrentPredictiveScore } from "../metrics/recurrentScores";
import type { Model } from "../models/model";
import type { TimeganConfig } from "../models/timegan";
import { generate } from "../training/generation";
import { readWhole } from "./record";

/** Sequences in each set, and their columns and rows. */
export const SINES = { count: 10_000, columns: 5, rows: 24 } as const;
const { columns, rows } = SINES;

/** TimeGAN with the networks, the weights of the losses, the batch and the rate of its published code, which clips no gradient. */
export const SINES_CONFIG = {
  kind: "timegan",
  ...{ d: columns, Z: columns, H: 24, layers: 3, bothWays: false, m: rows - 1, apart: true },
  ...{ gamma: 1, supervision: 100, moments: 100, embedding: 1500, supervised: 1000 },
  ...{ batch: 128, learningRate: 1e-3, clip: 1e6, validateEvery: 500, steps: 12_500 },
} as const satisfies Partial<TimeganConfig>;

/** A set of sines to train on, scaled to [0, 1] as in the published code: v of [.5, 1] becomes 2 v − 1. Its last tenth validates. */
export function trainingSines(seed: number, count: number = SINES.count): Series {
  const { values, columns: names } = sines(count, deriveSeed(seed, "training sines"), { columns, rows });
  return new Series(
    values.map((v) => 2 * v - 1),
    names,
  );
}

/** Sines that no model is trained on, a sequence each; sets of other names are independent. */
export function otherSines(seed: number, name: string, count: number = SINES.count): Float32Array[] {
  const { values } = sines(count, deriveSeed(seed, name), { columns, rows });
  const size = columns * rows;
  return Array.from({ length: count }, (_, i) => values.slice(i * size, (i + 1) * size));
}

/** Sequences that the model generates, on the scale of the sines. */
export async function generatedSines(model: Model, seed: number, count: number = SINES.count): Promise<Float32Array[]> {
  checkWhole(count, "count", 1);
  const made = await generate(model, new Array(count).fill(new Float32Array(0)), rows, { seed });
  return made.map((sequence) => sequence.map((v) => (v + 1) / 2));
}

/** Both scores. */
export type Scores = { discriminative: number; predictive: number };

/**
 * The scores of sequences against real ones that nothing was trained on. In the published code the generator has learned from the sequences that it
 * is scored on. `otherSines` in the sequences' place get the floor, real against real.
 */
export async function sinesScores(
  sequences: readonly Float32Array[],
  seed: number,
  options: Pick<RecurrentScoreOptions, "steps" | "networks"> = {},
): Promise<Scores> {
  checkList(sequences, "sequences", 5);
  checkSeed(seed);
  const real = otherSines(seed, "real sines", sequences.length);
  return {
    discriminative: await recurrentDiscriminativeScore(real, sequences, { columns, seed, ...options }),
    predictive: await recurrentPredictiveScore(sequences, real, { columns, seed, ...options }),
  };
}

/** What `npm run sines` writes of a seed after some number of steps. */
export interface SinesScore extends Scores {
  seed: number;
  /** Steps of training, and the seconds that they took. */
  steps: number;
  seconds: number;
  /** The scores of sines that are as new to the score as the generated ones. */
  floor: Scores;
}

/** The file of the shipped scores. */
export const sinesFile = (): string => path.join(projectRoot(), "data/sines/scores.json");

/** The shipped scores, by steps and seed; none where there are none of these settings. @throws Error naming the file if it is broken */
export function shippedSines(): SinesScore[] {
  const isScore = ({ discriminative, predictive }: Scores) => Number.isFinite(discriminative + predictive);
  const kept = readWhole<{ config: object; scores: SinesScore[] }>(
    sinesFile(),
    {
      config: ({ config }) => typeof config === "object",
      scores: ({ scores }) => scores.every((score) => isScore(score) && isScore(score.floor) && score.steps > 0 && score.seconds > 0),
    },
    "run npm run sines",
  );
  return isDeepStrictEqual(kept?.config, { ...SINES_CONFIG }) ? kept!.scores : [];
}
