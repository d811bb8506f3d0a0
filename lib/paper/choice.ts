/** How the settings of the generators with a likelihood are chosen: for each the same trainings, scored on the validation part. */
import * as path from "node:path";
import { checkName, checkObjects } from "../base/check";
import { projectRoot } from "../base/project";
import { mean } from "../metrics/metrics";
import { estimate } from "../metrics/statistics";
import type { ModelConfig } from "../models/registry";
import { readWhole } from "./record";

/** The models that are tuned, by their names in NAMED_CONFIGS. */
export const TUNED = ["tdlgm-memory", "vrnn", "lstm"] as const;
/** The settings that are tried, all combinations of them. */
export const TRIED = { dropout: [0.1, 0.3, 0.5], learningRate: [0.002, 0.004], steps: [200, 400, 800] } as const;
/** How many seeds each combination is trained with. */
export const TRIAL_SEEDS = 3;
/** How many free runs of how many values a trial makes, each after 300 values of those that it was trained on. */
export const FREE_RUNS = { count: 600, length: 30, history: 300 } as const;
/** How many values at the end of the training part score a trial, which is trained on those before them. */
export const TRIAL_VALUES = 500;

/** One combination. */
export type Settings = { dropout: number; learningRate: number; steps: number };

/** A training of one combination. */
export interface Trial extends Settings {
  model: string;
  seed: number;
  /** Held-out negative log-likelihood of the last values of the training part, nats a value. */
  nll: number;
  /** How far the autocorrelation of free runs is from that of the values before them, `autocorrelationDistance`. */
  distance: number;
  seconds: number;
}

/** What a combination's trials say of it. */
export interface Choice extends Settings {
  /** Means over the seeds. */
  nll: number;
  distance: number;
  /** How many combinations were in the running for the distance. */
  candidates: number;
}

/** All combinations of TRIED. */
export const combinations: readonly Settings[] = TRIED.steps.flatMap((steps) =>
  TRIED.learningRate.flatMap((learningRate) => TRIED.dropout.map((dropout) => ({ dropout, learningRate, steps }))),
);

/** A configuration with these settings. */
export function withSettings(config: ModelConfig, { dropout, learningRate, steps }: Settings): ModelConfig {
  const own = "memory" in config && config.memory ? { memory: { ...config.memory, dropout } } : { dropout };
  return { ...config, learningRate, steps, ...own } as ModelConfig;
}

/**
 * The settings that a model gets. The candidates are the combinations whose mean NLL is above the least one by no more than the least one's standard
 * error; of those the free runs decide: the one with the least mean distance is taken. Combinations that lack a seed are left out.
 * @returns null where no combination is whole
 */
export function chosen(trials: readonly Trial[], model: string): Choice | null {
  checkObjects(trials, "trials");
  checkName(model, "model");
  const scored = combinations.flatMap((settings) => {
    const own = trials.filter((trial) => trial.model === model && isOf(trial, settings));
    if (own.length < TRIAL_SEEDS) return [];
    return [{ ...settings, nll: estimate(own.map(({ nll }) => nll)), distance: mean(own.map(({ distance }) => distance)) }];
  });
  if (scored.length === 0) return null;
  const { nll: least } = scored.reduce((a, b) => (b.nll.mean < a.nll.mean ? b : a));
  const candidates = scored.filter(({ nll }) => nll.mean <= least.mean + least.se);
  const best = candidates.reduce((a, b) => (b.distance < a.distance ? b : a));
  return { ...best, nll: best.nll.mean, candidates: candidates.length };
}

/** Whether a trial has these settings. */
export const isOf = (trial: Settings, settings: Settings): boolean =>
  (Object.keys(TRIED) as (keyof Settings)[]).every((key) => trial[key] === settings[key]);

/** The file of the shipped trials, of `npm run choose`. */
export const trialsFile = (): string => path.join(projectRoot(), "data/trials.json");

/** The shipped trials, none where the file is not there. @throws Error naming the file if it is broken */
export function shippedTrials(): Trial[] {
  const kept = readWhole<{ trials: Trial[] }>(
    trialsFile(),
    {
      trials: ({ trials }) =>
        trials.every(({ model, seed, nll, distance }) => typeof model === "string" && seed >= 0 && Number.isFinite(nll + distance)),
    },
    "run npm run choose",
  );
  return kept?.trials ?? [];
}
