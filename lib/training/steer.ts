/** Settings of a training that may change while it runs. */
import { checkNumber, checkOptions } from "../base/check";
import type { TrainingConfig } from "../models/config";
import type { Factors } from "../models/kind";
import type { WeightedModel } from "../models/model";
import { kindOf } from "../models/registry";

/**
 * What holds for a step in place of the settings: the learning rate (before `decay`), β, the weight of the KL divergence, and α, the weight
 * of the state's error, where the model has them. What is left out is as in the settings.
 */
export type Steering = { learningRate?: number; beta?: number; alpha?: number };

/** The largest of them: float32 holds it. */
const MAX = 3.4e38;

/**
 * What holds for the next step; null where that is what the settings say. The first step at which it is not is noted in the training's record.
 * @throws Error naming what is no setting of the model's, or no number from 0
 */
export function steering({ config, step, training }: WeightedModel, steer: (() => Steering) | undefined): Factors | null {
  if (!steer) return null;
  const given = steer();
  const settings = settingsOf(config);
  checkOptions(given, "options.steer()", Object.keys(settings));
  const all = { ...settings };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    checkNumber(value, `options.steer().${name}`, 0, MAX);
    all[name] = value;
  }
  if (Object.keys(all).every((name) => all[name] === settings[name])) return null;
  if (training) training.steered ??= step + 1;
  return all;
}

/** The settings that can be steered, as they are in the configuration. */
export const settingsOf = (config: TrainingConfig): Factors =>
  Object.fromEntries(
    ["learningRate", ...(kindOf(config).factors?.(config) ?? [])].map((name) => [name, (config as unknown as Factors)[name]]),
  );
