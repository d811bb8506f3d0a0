/** How the settings of the generators with a likelihood are chosen: for each the same trainings, scored on the validation part. */
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkName, checkObject, checkObjects, checkOptions, checkText } from "../base/check";
import { projectRoot } from "../base/project";
import { mean } from "../metrics/metrics";
import { estimate } from "../metrics/statistics";
import type { ModelConfig } from "../models/registry";
import { GENERATOR_FAMILIES } from "./plan";
import { readWhole } from "./record";

/** The models of one column that are tuned, by their families' names. */
export const TUNED = ["tdlgm-memory", "tdlgm-memory-twin", "vrnn", "vrnn-twin", "lstm"] as const;
/** The settings that are tried, all combinations of them. */
export const TRIED = { dropout: [0.1, 0.3, 0.5], learningRate: [0.002, 0.004], steps: [200, 400, 800] } as const;
/** How many seeds each combination is trained with. */
export const TRIAL_SEEDS = 3;
/** How many free runs of how many values a trial makes, each after 300 values of those before the last ones. */
export const FREE_RUNS = { count: 600, length: 30, history: 300 } as const;

/** One combination. */
export type Settings = { dropout: number; learningRate: number; steps: number };

/** A training of one combination. */
export interface Trial extends Settings {
  model: string;
  seed: number;
  /** Held-out negative log-likelihood of the last rows of the training part, nats a row. */
  nll: number;
  /** How far the autocorrelation of free runs is from that of the rows before them, the mean of `autocorrelationDistance` over the columns. */
  distance: number;
  seconds: number;
}

/** The combination that is chosen, and what its trials say of it. */
export interface Choice extends Settings {
  /** Means over the seeds, as in `Trial`. */
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

/** Models that are tuned on one series. */
export interface Tuning {
  /** The file of the trials. */
  file: string;
  /** The models' configurations, with the first combination. */
  configs: Readonly<Record<string, ModelConfig>>;
}

/** The tuning of these models, with a file for its trials in data/. */
export const tuningOf = (file: string, configs: Readonly<Record<string, ModelConfig>>): Tuning => ({
  file: path.join(projectRoot(), "data", file),
  configs: Object.fromEntries(Object.entries(configs).map(([model, config]) => [model, withSettings(config, combinations[0]!)])),
});

/** The tuning of `TUNED`, on the trace. */
export const tuningOfValues = (): Tuning => {
  const families = GENERATOR_FAMILIES.filter(({ name }) => (TUNED as readonly string[]).includes(name));
  return tuningOf("trials.json", Object.fromEntries(families.map(({ name, config }) => [name, config])));
};

/** What the file holds. */
export interface Trials {
  /** The hash of the series. */
  series: string;
  configs: Tuning["configs"];
  trials: Trial[];
}

/** The trials on this series and of the present configurations; none where there is no file. @throws Error if it is broken, or has others */
export function trialsOn(series: string, tuning: Tuning): Trial[] {
  const kept = readTrials(tuning);
  if (kept && (kept.series !== series || !isDeepStrictEqual(kept.configs, tuning.configs)))
    throw new Error(`${tuning.file} has trials on other data or of other settings; remove it to begin anew`);
  return kept?.trials ?? [];
}

/** The shipped trials; none where the file is not there, or of other settings. @throws Error naming the file if it is broken */
export function shippedTrials(tuning: Tuning = tuningOfValues()): Trial[] {
  checkOptions(tuning, "tuning", ["file", "configs"]);
  checkText(tuning.file, "tuning.file", "a path");
  checkObject(tuning.configs as unknown, "tuning.configs", "configurations by their models' names");
  const kept = readTrials(tuning);
  return kept && isDeepStrictEqual(kept.configs, tuning.configs) ? kept.trials : [];
}

function readTrials({ file }: Tuning): Trials | null {
  const isWhole = (trial: Trial) =>
    typeof trial.model === "string" &&
    Number.isSafeInteger(trial.seed) &&
    Number.isFinite(trial.nll + trial.distance + trial.seconds) &&
    combinations.some((settings) => isOf(trial, settings));
  return readWhole<Trials>(
    file,
    {
      series: ({ series }) => typeof series === "string",
      configs: ({ configs }) => typeof configs === "object",
      trials: ({ trials }) => trials.every(isWhole),
    },
    "remove it and run npm run choose",
  );
}
