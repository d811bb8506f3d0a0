/** The settings of each model, in one place: types with a line a field, defaults, checks. The model's name is its `kind`. */
import type { LikelihoodConfig } from "./likelihood";

/** What training needs of any model. */
export interface TrainingConfig {
  /** m: past values that a window holds. */
  m: number;
  /** L: layers. */
  L: number;
  /** H: units of every LSTM and hidden layer. */
  H: number;
  /** Noise on the training inputs, or none: each value is changed with this probability by N(0, sd²) and clamped, anew in every batch. */
  trainingNoise: { probability: number; sd: number } | null;
  /** Windows in a batch. */
  batch: number;
  /** Adam's learning rate. */
  learningRate: number;
  /** Whether the rate stays; or step t of `steps` has the share 1 − (t − 1) / steps of it, and what comes after them none. */
  decay: "none" | "linear";
  /** Gradients are scaled down to this global norm. */
  clip: number;
  /** Training steps of a full run. */
  steps: number;
  /** The validation error is computed, and a row of the history written, every so many steps. */
  validateEvery: number;
  /** At this step the validation MSE must beat that of the train mean, or the attempt is restarted; 0: no such test. */
  restartAfter: number;
}

/** What the two latent Gaussian models share. Each option's first value is the paper's reading; the others are printed elsewhere, or coded. */
export interface LatentConfig extends TrainingConfig {
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
  /** Hidden layers of q, of T_0 and of DLGM's T_l: by tanh; or ReLU, as the published code has them. */
  networks: "tanh" | "relu";
}

/** tDLGM. Layers 1 .. L-1 have a state, so L = 1 is stateless. Training targets stay clean. */
export interface TdlgmConfig extends LatentConfig {
  kind: "tdlgm";
  /** α of eq. (26): weight of the state's MSE. */
  alpha: number;
  /** What the state is: output and cell of the LSTM; its cell alone; its output alone. */
  state: "both" | "cell" | "output";
  /** F_l of eq. (12): fed from above by the cell that is R_l too; or a second cell, fed h_{l-1} from below (the emitted value at l = 1). */
  transition: "above" | "below";
  /** Windows of a batch come in runs of so many neighbours, k(v_{t-m+1:t}) of the one being that of the next: k has run + 1 windows to see for a run, not 2 run. */
  run: number;
  /** What k sees of v: t-m .. t-1; or t-m .. t, as eqs. (15) and (25) print it. */
  window: "past" | "inclusive";
  /** G_l: a matrix; or two linear layers with tanh (layer L) or leaky ReLU, as the published code has it. */
  mixing: "matrix" | "mlp";
  /** ξ of a value: one a layer, from v_t; or m, from v_{t-m+1} .. v_t, that run through R_l in turn (the published code); by "above" only. */
  latents: "one" | "sequence";
}

/** DLGM: its recognition sees v_{t-m} .. v_t. */
export interface DlgmConfig extends LatentConfig {
  kind: "dlgm";
  /** The window's last value: v_t as observed; or the clean v_t, training and test alike, as the published code has it. */
  windowEnd: "observed" | "clean";
  /** What the loss is to explain: the clean v_t; or v_t with the training noise. */
  trainingTarget: "clean" | "noisy";
}

/** RNN: L LSTM layers over m past values and a sigmoid on top, trained on squared errors. */
export interface RnnConfig extends TrainingConfig {
  kind: "rnn";
  /** How many steps after the last value it sees lies the value that it forecasts: the next; or the one after, as the published code scores it. */
  ahead: 1 | 2;
  /** As for DLGM. */
  trainingTarget: "clean" | "noisy";
}

/** A model's settings as a caller gives them: its kind, and what shall differ from the defaults. */
export type ModelConfig =
  | ({ kind: "tdlgm" } & Partial<TdlgmConfig>)
  | ({ kind: "dlgm" } & Partial<DlgmConfig>)
  | ({ kind: "rnn" } & Partial<RnnConfig>);
/** A model's settings, complete. */
export type FullConfig = TdlgmConfig | DlgmConfig | RnnConfig;

const LATENT = {
  m: 10,
  L: 2,
  H: 64,
  K: 8,
  likelihood: { kind: "gaussian", sd: 0.1 },
  beta: 1,
  weightPrior: 0,
  posterior: "rankOne",
  networks: "tanh",
} as const;
const TRAINING = { batch: 256, learningRate: 2e-3, decay: "none" as const, clip: 5, steps: 2000, validateEvery: 50, restartAfter: 500 };
/** The noise that DLGM and RNN are trained on; the paper gives no level. */
const TRAINING_NOISE = { probability: 0.5, sd: 0.1 };

/** The defaults: tDLGM in the paper's reading, trained on unaltered data. */
export const TDLGM: Readonly<TdlgmConfig> = frozen({
  kind: "tdlgm",
  ...LATENT,
  alpha: 1,
  state: "both",
  transition: "above",
  run: 1,
  window: "past",
  mixing: "matrix",
  latents: "one",
  trainingNoise: null,
  ...TRAINING,
} as const);

/** The defaults: DLGM. Its σ is the one of .1, .05 and .03 with the least validation error at the posterior mean (notebook 09). */
export const DLGM: Readonly<DlgmConfig> = frozen({
  kind: "dlgm",
  ...LATENT,
  likelihood: { kind: "gaussian", sd: 0.03 },
  windowEnd: "observed",
  trainingTarget: "clean",
  trainingNoise: TRAINING_NOISE,
  ...TRAINING,
  steps: 3000,
} as const);

/** The defaults: RNN. Of the three configurations that Table 1 trains, the one with the least validation error (notebook 05). */
export const RNN: Readonly<RnnConfig> = frozen({
  kind: "rnn",
  m: 20,
  L: 1,
  H: 64,
  ahead: 1,
  trainingTarget: "clean",
  trainingNoise: TRAINING_NOISE,
  ...TRAINING,
  learningRate: 1e-3,
  decay: "linear",
  steps: 1500,
} as const);

const DEFAULTS: Record<ModelConfig["kind"], FullConfig> = { tdlgm: TDLGM, dlgm: DLGM, rnn: RNN };
const WHOLE = ["m", "L", "H", "K", "batch", "run", "steps", "validateEvery"];
const CHOICES: Record<string, readonly unknown[]> = {
  posterior: ["rankOne", "diagonal", "sigmoid"],
  state: ["both", "cell", "output"],
  transition: ["above", "below"],
  window: ["past", "inclusive"],
  mixing: ["matrix", "mlp"],
  latents: ["one", "sequence"],
  networks: ["tanh", "relu"],
  windowEnd: ["observed", "clean"],
  trainingTarget: ["clean", "noisy"],
  ahead: [1, 2],
  decay: ["none", "linear"],
};

/** Fills in the defaults. @throws Error naming the first setting that is unknown or out of its range */
export function completeConfig<K extends ModelConfig["kind"]>(config: Extract<ModelConfig, { kind: K }>): Extract<FullConfig, { kind: K }> {
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
  const full = { ...known, ...config } as FullConfig;
  for (const [key, x] of Object.entries(full)) {
    const need = (want: string, ok: boolean) => {
      if (!ok) throw new Error(`config.${key} must be ${want}; it is ${JSON.stringify(x)}`);
    };
    if (WHOLE.includes(key)) need("a whole number from 1", Number.isInteger(x) && x >= 1);
    else if (key === "restartAfter") need("a whole number from 0", Number.isInteger(x) && x >= 0);
    else if (["alpha", "beta", "weightPrior"].includes(key)) need("0 or more", isNumber(x) && x >= 0);
    else if (["learningRate", "clip"].includes(key)) need("positive", isNumber(x) && x > 0);
    else if (key in CHOICES) need(`one of ${CHOICES[key].join(", ")}`, CHOICES[key].includes(x));
    else if (key === "trainingNoise") need("null or { probability: 0 .. 1, sd: 0 or more }", x === null || isNoise(x));
  }
  if (full.kind !== "rnn") checkLikelihood(full.likelihood);
  if (full.kind === "tdlgm" && full.latents === "sequence" && full.transition === "below")
    throw new Error('config.latents "sequence" is not defined with transition "below", which feeds F_l one h_{l-1} a value; use "above"');
  if (full.kind === "tdlgm" && full.run > 1) {
    if (full.batch % full.run !== 0) throw new Error(`config.run must divide the batch of ${full.batch}; it is ${full.run}`);
    if (full.trainingNoise)
      throw new Error("config.run above 1 needs trainingNoise null: two windows that share a value do not share its noise");
  }
  return frozen(structuredClone(full)) as Extract<FullConfig, { kind: K }>;
}

const isNoise = (x: unknown): boolean => {
  if (!hasKeys(x, "probability", "sd")) return false;
  const { probability, sd } = x as { probability: unknown; sd: unknown };
  return isNumber(probability) && probability >= 0 && probability <= 1 && isNumber(sd) && sd >= 0;
};
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
