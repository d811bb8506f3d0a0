/** TimeGAN on sines, its authors' first benchmark: what it is trained on, its settings, its scores. */
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkList, checkSeed, checkWhole } from "../base/check";
import { projectRoot } from "../base/project";
import { deriveSeed } from "../base/random";
import { Series } from "../data/series";
import { sines } from "../data/sines";
import type { Model } from "../models/model";
import type { TimeganConfig } from "../models/timegan";
import { generate } from "../training/generation";
import { type RecurrentScoreOptions, recurrentDiscriminativeScore, recurrentPredictiveScore } from "../training/recurrentScores";
import { readWhole } from "./record";

/** Sequences in each set, and their columns and rows. */
export const SINES = { count: 10_000, columns: 5, rows: 24 } as const;
const { columns, rows } = SINES;

/**
 * TimeGAN with the networks, the loss's weights and the batch of its published code, which clips no gradient. Its steps are fewer: there each of the
 * three phases has 50,000 iterations. Two steps of the third phase here are one iteration there. To come as far in them the learning rate is
 * three times the published one, and what generates is the average of the weights.
 */
export const SINES_CONFIG = {
  kind: "timegan",
  ...{ d: columns, Z: columns, H: 24, layers: 3, bothWays: false, m: rows - 1, apart: true },
  ...{ gamma: 1, supervision: 100, moments: 100, embedding: 1500, supervised: 1000 },
  ...{ batch: 128, learningRate: 3e-3, clip: 1e6, validateEvery: 500, steps: 16_500 },
} as const satisfies Partial<TimeganConfig>;

/** In the third phase the average goes this share of the way to the weights every so many steps: it looks back over some 1,000. */
export const AVERAGE = { every: 50, share: 0.05 } as const;

/** What Yoon et al. (2019) print of sines in their Table 2; how many iterations each phase of their code takes, and its learning rate. */
export const PUBLISHED_SINES = { discriminative: 0.011, predictive: 0.093, iterations: 50_000, learningRate: 1e-3 } as const;

/** A set of sines to train on, its last tenth to validate. As in the published code it is scaled to [0, 1]: v in [.5, 1] becomes 2 v − 1. */
export function trainingSines(seed: number, count: number = SINES.count): Series {
  const { values, columns: names } = sines(count, deriveSeed(seed, "training sines"), { columns, rows });
  return new Series(
    values.map((v) => 2 * v - 1),
    names,
  );
}

/** Sines that no model learns from, a Float32Array for each sequence. Sets of other names are independent. */
export function otherSines(seed: number, name: string, count: number = SINES.count): Float32Array[] {
  const { values } = sines(count, deriveSeed(seed, name), { columns, rows });
  const size = columns * rows;
  return Array.from({ length: count }, (_, i) => values.slice(i * size, (i + 1) * size));
}

/** Sequences that a model generates after `trainingSines`, back on the scale of the sines. */
export async function generatedSines(model: Model, seed: number, count: number = SINES.count): Promise<Float32Array[]> {
  checkWhole(count, "count", 1);
  const made = await generate(model, new Array(count).fill(new Float32Array(0)), rows, { seed });
  return made.map((sequence) => sequence.map((v) => (v + 1) / 2));
}

/** Both scores of some sequences. */
export type RecurrentScores = { discriminative: number; predictive: number };

/**
 * The scores of sequences against as many real ones that nothing has learned from; the published code takes those that the generator has learned
 * from. The floor is what `otherSines` get in the sequences' place.
 */
export async function sinesScores(
  sequences: readonly Float32Array[],
  seed: number,
  options: Pick<RecurrentScoreOptions, "steps" | "networks"> = {},
): Promise<RecurrentScores> {
  checkList(sequences, "sequences", 5);
  checkSeed(seed);
  const real = otherSines(seed, "real sines", sequences.length);
  return {
    discriminative: await recurrentDiscriminativeScore(real, sequences, { columns, seed, ...options }),
    predictive: await recurrentPredictiveScore(sequences, real, { columns, seed, ...options }),
  };
}

/** The scores of one training after some number of steps. */
export interface SinesScore {
  seed: number;
  learningRate: number;
  /** Steps of training, and the seconds that they took. */
  steps: number;
  seconds: number;
  /** What the weights generate that the last step left, and their average; not all trainings have had one. */
  last: RecurrentScores;
  average?: RecurrentScores;
  /** The scores of real sines in the place of the generated ones. */
  floor: RecurrentScores;
}

/** The file of the shipped scores. */
export const sinesFile = (): string => path.join(projectRoot(), "data/sines/scores.json");

/** The settings apart from those that each row of the file has. */
export const sharedSettings = () => {
  const { learningRate: _rate, steps: _steps, ...shared } = SINES_CONFIG;
  return shared;
};

/** The shipped scores of `npm run sines`, by learning rate, steps and seed; none where there are none of these settings. @throws Error naming the file if it is broken */
export function shippedSines(): SinesScore[] {
  const isScored = ({ discriminative, predictive }: RecurrentScores) => Number.isFinite(discriminative + predictive);
  const isWhole = ({ seed, learningRate, steps, seconds, last, average = last, floor }: SinesScore) =>
    [last, average, floor].every(isScored) && Number.isSafeInteger(seed) && learningRate > 0 && steps > 0 && seconds > 0;
  const kept = readWhole<{ config: object; scores: SinesScore[] }>(
    sinesFile(),
    { config: ({ config }) => typeof config === "object", scores: ({ scores }) => scores.every(isWhole) },
    "delete it and run npm run sines",
  );
  return kept && isDeepStrictEqual(kept.config, sharedSettings()) ? kept.scores : [];
}
