/** Settings: those that models share, their defaults, and what each must be. */
import {
  checkChoice,
  checkNumber,
  checkNumbers,
  checkObject,
  checkOptions,
  checkPositive,
  checkProbability,
  checkSd,
  checkSeries,
  checkWhole,
  refuse,
} from "../base/check";
import type { LikelihoodConfig } from "./likelihood";

/** What training needs of any model. */
export interface TrainingConfig {
  kind: string;
  /** m: past values that a window holds. */
  m: number;
  /** Noise on the training inputs, or none: in every batch each value is changed with this probability by N(0, sd²), and clamped to [0, 1]. */
  trainingNoise: { probability: number; sd: number } | null;
  /** Windows in a batch. */
  batch: number;
  /** Adam's learning rate. */
  learningRate: number;
  /** The rate stays; or it falls linearly to 0: step t of `steps` has the share 1 − (t − 1) / steps of it, and later steps have none. */
  decay: "none" | "linear";
  /** Gradients are scaled down to this global norm. */
  clip: number;
  /** Training steps of a full run. */
  steps: number;
  /** The validation error is computed, and a row of the history written, every so many steps. */
  validateEvery: number;
  /** At this step the validation MSE must be below that of the train mean, or the attempt is restarted; 0: no such test. */
  restartAfter: number;
}

/** What the two latent Gaussian models share. Each option's first value is the paper's reading; the others are printed elsewhere, or coded. */
export interface LatentConfig extends TrainingConfig {
  /** L: layers. */
  L: number;
  /** H: units of every LSTM and hidden layer. */
  H: number;
  /** K: latent variables of a layer. */
  K: number;
  /** π of eqs. (6) and (13). */
  likelihood: LikelihoodConfig;
  /** β: weight of the KL divergence of the latent variables. */
  beta: number;
  /** Weight of −log p(θ) in eq. (28), p(θ) = N(0, I) on the generator's weights. */
  weightPrior: number;
  /** C_l: rank-one precision with d = exp; diagonal; rank-one with d and u by sigmoid (the published code). */
  posterior: "rankOne" | "diagonal" | "sigmoid";
  /** Hidden layers of q, of T_0 and of DLGM's T_l: tanh; or ReLU, as in the published code. */
  networks: "tanh" | "relu";
}

/** The defaults of training. */
export const TRAINING = {
  trainingNoise: null,
  batch: 256,
  learningRate: 2e-3,
  decay: "linear",
  clip: 5,
  steps: 4000,
  validateEvery: 100,
  restartAfter: 500,
} as const;
/** The noise that DLGM and RNN are trained on; the paper gives no level. */
export const TRAINING_NOISE = { probability: 0.5, sd: 0.1 } as const;
/**
 * The defaults of the latent Gaussian models. The σ of the likelihood, which the paper does not print, is the one of .1, .05, .03, .02 and
 * "learned" with the least validation MSE with one draw of ξ, the mean of three seeds; for both models it is .02 (notebook 05).
 */
export const LATENT = {
  m: 10,
  L: 2,
  H: 64,
  K: 8,
  likelihood: { kind: "gaussian", sd: 0.02 },
  beta: 1,
  weightPrior: 0,
  posterior: "rankOne",
  networks: "tanh",
} as const;

/** Throws an Error that names a setting unless it is what it must be. */
export type Check = (value: unknown, name: string) => void;
/** A check for each setting but the kind. */
export type Checks<C> = { [key in Exclude<keyof C, "kind">]: Check };

/** A whole number from `least`. */
export const whole =
  (least: number): Check =>
  (x, name) =>
    checkWhole(x, name, least);
/** The largest float32. */
const MAX_FLOAT = 3.4e38;
/** A number from 0 that float32 can hold. */
export const notNegative: Check = (x, name) => {
  checkNumber(x, name, 0);
  checkNumber(x, name, 0, MAX_FLOAT);
};
/** A number above 0 that float32 can hold. */
export const positive: Check = (x, name) => {
  checkPositive(x, name);
  checkNumber(x, name, 1e-37, MAX_FLOAT);
};
/** A share of what training drops: below 1. */
export const share: Check = (x, name) => checkNumber(x, name, 0, 0.99);
/** One of these values. */
export const oneOf =
  (...values: readonly unknown[]): Check =>
  (x, name) =>
    checkChoice(x, name, values);

const noise: Check = (x, name) => {
  if (x === null) return;
  checkOptions(x, name, ["probability", "sd"]);
  const { probability, sd } = x as Record<string, unknown>;
  checkProbability(probability, `${name}.probability`);
  checkSd(sd, `${name}.sd`);
};
/** A likelihood of likelihood.ts. */
export const checkLikelihood: Check = (x, name) => {
  checkOptions(x, name, ["kind", "sd", "values", "components"]);
  const { kind, sd, values, components } = x as Record<string, unknown>;
  checkChoice(kind, `${name}.kind`, ["gaussian", "bernoulli", "categorical", "categorical-columns", "logistic-mixture"] as const);
  const keys = {
    gaussian: ["sd"],
    bernoulli: [],
    categorical: ["values"],
    "categorical-columns": ["values"],
    "logistic-mixture": ["values", "components"],
  }[kind];
  checkOptions(x, name, ["kind", ...keys]);
  const isPositive = Number.isFinite(sd) && (sd as number) > 0;
  if (kind === "gaussian" && sd !== "learned" && !isPositive) refuse(`${name}.sd`, 'a finite number above 0 or "learned"', sd);
  if (kind === "gaussian" && sd !== "learned") checkNumber(sd, `${name}.sd`, 1e-6, 1e6); // beyond, its square is no float32
  if (kind === "categorical" || kind === "logistic-mixture") checkValues(values, `${name}.values`);
  if (kind === "categorical-columns") {
    if (!Array.isArray(values) || values.length === 0) refuse(`${name}.values`, "an array with the values of each column", values);
    for (let j = 0; j < values.length; j++) checkValues(values[j], `${name}.values[${j}]`);
  }
  if (kind !== "logistic-mixture") return;
  checkWhole(components, `${name}.components`, 1);
  if ((values as number[]).some((v, k, all) => k > 0 && v <= all[k - 1]!)) refuse(`${name}.values`, "ascending numbers", values);
};
/** @throws Error unless the values are a plain array of numbers, `least` or more: one that can be frozen and written as JSON */
export function checkPlain(values: unknown, name: string, least: number): asserts values is number[] {
  if (!Array.isArray(values)) refuse(name, "an Array", values);
  checkNumbers(values, name, least);
}
/** The values of a π over given values. */
const checkValues: Check = (values, name) => {
  checkPlain(values, name, 2);
  const rounded = Float32Array.from(values);
  checkSeries(rounded, name);
  if (new Set(rounded).size < rounded.length) refuse(name, "numbers that differ from one another as float32", values);
};

/** What the settings of training must be. */
export const TRAINING_CHECKS: Checks<TrainingConfig> = {
  m: whole(1),
  trainingNoise: noise,
  batch: whole(1),
  learningRate: positive,
  decay: oneOf("none", "linear"),
  clip: positive,
  steps: whole(1),
  validateEvery: whole(1),
  restartAfter: whole(0),
};
/** What the settings of a latent Gaussian model must be. */
export const LATENT_CHECKS: Checks<LatentConfig> = {
  ...TRAINING_CHECKS,
  L: whole(1),
  H: whole(1),
  K: whole(1),
  likelihood: checkLikelihood,
  beta: notNegative,
  weightPrior: notNegative,
  posterior: oneOf("rankOne", "diagonal", "sigmoid"),
  networks: oneOf("tanh", "relu"),
};

/**
 * @param defaults those of the kind whose settings are wanted
 * @throws Error unless these are complete settings of a model, as far as the defaults name them
 */
export function checkSettings(config: unknown, defaults: object, of = "a latent Gaussian model"): void {
  checkObject(config, "config", `the settings of ${of}, as completeConfig gives them`);
  const missing = Object.keys(defaults).find((key) => config[key] === undefined);
  if (missing !== undefined) throw new Error(`config.${missing} is missing: completeConfig fills in what is left out`);
}

/** The same value, nothing in it to be changed. */
export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
