/** The settings of each model, in one place: types with a line a field, defaults, checks. The model's name is its `kind`. */
import type { LikelihoodConfig } from "./likelihood";

/** What training needs of any model. */
export interface TrainingConfig {
  /** Windows in a batch. */
  batch: number;
  /** Adam's learning rate. */
  learningRate: number;
  /** Gradients are scaled down to this global norm. */
  clip: number;
  /** Training steps of a full run. */
  steps: number;
  /** The validation error is computed, and a row of the history written, every so many steps. */
  validateEvery: number;
  /** At this step the validation MSE must beat that of the train mean, or the attempt is restarted; 0: no such test. */
  restartAfter: number;
}

/** tDLGM. Each option's first value is the paper's reading; the others are what is printed elsewhere, or coded. */
export interface TdlgmConfig extends TrainingConfig {
  kind: "tdlgm";
  /** m: past values that the state recognition sees. */
  m: number;
  /** L: layers; 1 .. L-1 have a state, so L = 1 is stateless. */
  L: number;
  /** H: units of every LSTM and tanh layer. */
  H: number;
  /** K: latent variables of a layer. */
  K: number;
  /** π of eq. (13). */
  likelihood: LikelihoodConfig;
  /** α of eq. (26): weight of the state's MSE. */
  alpha: number;
  /** β: weight of the KL divergence of the latent variables. */
  beta: number;
  /** Weight of −log p(θ) in eq. (28), p(θ) = N(0, I) on the generator's weights. */
  weightPrior: number;
  /** C_l: rank-one precision with d = exp; diagonal; rank-one with d and u by sigmoid (the published code). */
  posterior: "rankOne" | "diagonal" | "sigmoid";
  /** What the state is: output and cell of the LSTM; its cell alone; its output alone. */
  state: "both" | "cell" | "output";
  /** F_l of eq. (12): fed from above by the cell that is R_l too; or a second cell, fed h_{l-1} from below (the emitted value at l = 1). */
  transition: "above" | "below";
  /** What k sees of v: t-m .. t-1; or t-m .. t, as eqs. (15) and (25) print it. */
  window: "past" | "inclusive";
  /** G_l: a matrix; or two linear layers with tanh (layer L) or leaky ReLU, as the published code has it. */
  mixing: "matrix" | "mlp";
  /** Noise on the training inputs, or none: each value is changed with this probability by N(0, sd²) and clamped; targets stay clean. */
  trainingNoise: { probability: number; sd: number } | null;
}

/** A model's settings as a caller gives them: its kind, and what shall differ from the defaults. */
export type ModelConfig = { kind: "tdlgm" } & Partial<TdlgmConfig>;
/** A model's settings, complete. */
export type FullConfig = TdlgmConfig;

/** The defaults: tDLGM in the paper's reading. */
export const TDLGM: Readonly<TdlgmConfig> = frozen({
  kind: "tdlgm",
  m: 10,
  L: 2,
  H: 64,
  K: 8,
  likelihood: { kind: "gaussian", sd: 0.1 },
  alpha: 1,
  beta: 1,
  weightPrior: 0,
  posterior: "rankOne",
  state: "both",
  transition: "above",
  window: "past",
  mixing: "matrix",
  trainingNoise: null,
  batch: 256,
  learningRate: 2e-3,
  clip: 5,
  steps: 2000,
  validateEvery: 50,
  restartAfter: 500,
} as const);

const DEFAULTS: Record<ModelConfig["kind"], FullConfig> = { tdlgm: TDLGM };
const CHOICES = {
  posterior: ["rankOne", "diagonal", "sigmoid"],
  state: ["both", "cell", "output"],
  transition: ["above", "below"],
  window: ["past", "inclusive"],
  mixing: ["matrix", "mlp"],
};

/** Fills in the defaults. @throws Error naming the first setting that is unknown or out of its range */
export function completeConfig(config: ModelConfig): FullConfig {
  const kinds = Object.keys(DEFAULTS);
  if (config === null || typeof config !== "object" || !kinds.includes(config.kind)) {
    throw new Error(`config.kind must be one of ${kinds.join(", ")}; it is ${JSON.stringify((config as { kind?: unknown } | null)?.kind)}`);
  }
  const known = DEFAULTS[config.kind];
  for (const [key, value] of Object.entries(config)) {
    if (!Object.hasOwn(known, key))
      throw new Error(`config.${key} is not a setting of ${config.kind}; it has ${Object.keys(known).join(", ")}`);
    if (value === undefined) throw new Error(`config.${key} is undefined; leave it out for its default`);
  }
  const full = { ...known, ...config };
  const number = (key: keyof TdlgmConfig, want: string, ok: (x: number) => boolean) => {
    const x = full[key];
    if (typeof x !== "number" || !Number.isFinite(x) || !ok(x))
      throw new Error(`config.${key} must be ${want}; it is ${JSON.stringify(x)}`);
  };
  for (const key of ["m", "L", "H", "K", "batch", "steps", "validateEvery"] as const)
    number(key, "a whole number from 1", (x) => Number.isInteger(x) && x >= 1);
  number("restartAfter", "a whole number from 0", (x) => Number.isInteger(x) && x >= 0);
  for (const key of ["alpha", "beta", "weightPrior"] as const) number(key, "0 or more", (x) => x >= 0);
  for (const key of ["learningRate", "clip"] as const) number(key, "positive", (x) => x > 0);
  for (const [key, choices] of Object.entries(CHOICES)) {
    const value = full[key as keyof typeof CHOICES];
    if (!choices.includes(value)) throw new Error(`config.${key} must be one of ${choices.join(", ")}; it is ${JSON.stringify(value)}`);
  }
  checkLikelihood(full.likelihood);
  const noise = full.trainingNoise;
  const { probability, sd } = noise ?? { probability: 0, sd: 0 };
  const whole = noise === null || hasKeys(noise, "probability", "sd");
  if (!whole || !isNumber(probability) || probability < 0 || probability > 1 || !isNumber(sd) || sd < 0)
    throw new Error(`config.trainingNoise must be null or { probability: 0 .. 1, sd: 0 or more }; it is ${JSON.stringify(noise)}`);
  return frozen(structuredClone(full));
}

const isNumber = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
/** Whether x is an object with these keys and no others. */
const hasKeys = (x: unknown, ...keys: string[]): boolean =>
  typeof x === "object" && x !== null && Object.keys(x).length === keys.length && keys.every((key) => Object.hasOwn(x, key));

/** The same value, nothing in it to be changed. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

function checkLikelihood(likelihood: LikelihoodConfig): void {
  const fail = (want: string) => {
    throw new Error(`config.likelihood ${want}; it is ${JSON.stringify(likelihood)}`);
  };
  const only = (...keys: string[]) => {
    if (!hasKeys(likelihood, "kind", ...keys))
      fail(`of kind ${likelihood.kind} must have ${["kind", ...keys].join(" and ")}, and nothing else`);
  };
  switch (likelihood?.kind) {
    case "gaussian":
      only("sd");
      if (likelihood.sd !== "learned" && !(isNumber(likelihood.sd) && likelihood.sd > 0)) fail('needs sd, positive or "learned"');
      break;
    case "bernoulli":
      only();
      break;
    case "categorical": {
      only("values");
      const { values } = likelihood;
      const fit = Array.isArray(values) && values.length >= 2 && values.every((v) => isNumber(v) && v >= 0 && v <= 1);
      if (!fit || new Set(values.map(Math.fround)).size < values.length)
        fail("needs values: two or more different float32 numbers in [0, 1]");
      break;
    }
    default:
      fail("must have kind gaussian, bernoulli or categorical");
  }
}
