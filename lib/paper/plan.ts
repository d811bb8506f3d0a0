/**
 * Every run behind the tables, the readings and the grid: its name, its config, its seed. The plan alone decides what is trained; the
 * workflow trains it, and the notebooks look it up.
 */
import { checkChoice, checkObject, checkProbability, checkText } from "../base/check";
import { generator } from "../base/random";
import type { DlgmConfig } from "../models/dlgm";
import { type MemoryConfig, TDLGM_MEMORY } from "../models/memoryConfig";
import type { FullConfig, ModelConfig } from "../models/registry";
import type { RnnConfig } from "../models/rnn";
import type { TdlgmConfig } from "../models/tdlgm";
import { type AblationCell, ablation, controls } from "./ablation";

/** What a run follows from, beside the series. */
export interface RunSettings {
  config: ModelConfig;
  seed: number;
  /** The number of training steps; the config's by default. */
  steps?: number;
  /** The share of the training part to train on; all of it by default. */
  share?: number;
  /** Where that stretch begins, as a share of the training part; the last one by default. */
  from?: number;
}

/** A planned run. Its folder has its name. */
export interface PlannedRun extends RunSettings {
  name: string;
  /** The family that it belongs to: runs that differ by their seed alone. */
  family: string;
  group: "tables" | "readings" | "grid" | "generators";
}

/** A family: runs that differ by their seed alone, named `NAME-seed-0`, `NAME-seed-1`, ... */
export interface Family {
  name: string;
  config: ModelConfig;
  /** The number of its seeds, which are 0, 1, 2, ... */
  seeds: number;
  /** Its name in a table. */
  label: string;
}

const CLEAN = { trainingNoise: null } as const;

/** The families of Tables 1-3. The three RNNs with training noise come from the authors' grid: the filter chooses from them. */
export const TABLE_FAMILIES: readonly Family[] = [
  { name: "tdlgm", config: { kind: "tdlgm" }, seeds: 10, label: "tDLGM" },
  { name: "dlgm", config: { kind: "dlgm" }, seeds: 10, label: "DLGM" },
  { name: "dlgm-clean", config: { kind: "dlgm", ...CLEAN }, seeds: 5, label: "DLGM, trained without noise" },
  { name: "rnn", config: { kind: "rnn" }, seeds: 10, label: "RNN" },
  { name: "rnn-m10", config: { kind: "rnn", m: 10 }, seeds: 10, label: "RNN, m = 10" },
  { name: "rnn-two-layers", config: { kind: "rnn", m: 10, L: 2, H: 32 }, seeds: 10, label: "RNN, m = 10, two layers of 32" },
  { name: "rnn-clean", config: { kind: "rnn", ...CLEAN }, seeds: 5, label: "RNN, trained without noise" },
];

/** The values that occur in the trace; a categorical likelihood emits these. */
export const TRACE_VALUES: readonly number[] = [
  0, 50, 110, 140, 160, 220, 230, 270, 290, 320, 330, 350, 370, 440, 460, 470, 480, 550, 590, 650, 810, 1000,
].map((milli) => milli / 1000);
/** A categorical likelihood over them. */
function categoricalOver() {
  return { likelihood: { kind: "categorical" as const, values: [...TRACE_VALUES] } };
}

/**
 * Configurations with a name of their own: generators for this trace. Dropout, learning rate and number of steps of those that have a likelihood are
 * chosen among the same combinations by one rule (choice.ts, npm run choose); timegan, which has none, has its kind's defaults.
 */
export const NAMED_CONFIGS = {
  "tdlgm-memory": { kind: "tdlgm", ...TDLGM_MEMORY, ...categoricalOver() },
  vrnn: { kind: "vrnn", ...categoricalOver(), dropout: 0.1, learningRate: 0.004, steps: 400 },
  timegan: { kind: "timegan" },
  lstm: { kind: "lstm", ...categoricalOver(), dropout: 0.3, learningRate: 0.002, steps: 800 },
} as const satisfies Record<string, ModelConfig>;

/** tdlgm-memory and VRNN without ξ. Their dropout, rate and steps were chosen for them, by the same rule. */
const MEMORY_TWIN: ModelConfig = {
  ...NAMED_CONFIGS["tdlgm-memory"],
  memory: { ...(TDLGM_MEMORY.memory as MemoryConfig), xi: false, dropout: 0.1 },
  learningRate: 0.002,
  steps: 800,
};
const VRNN_TWIN: ModelConfig = { ...NAMED_CONFIGS.vrnn, latents: false, dropout: 0.1, learningRate: 0.002, steps: 800 };

/** The families of generators beyond the paper. A twin is its model without latent variables, tuned like it. */
export const GENERATOR_FAMILIES: readonly Family[] = [
  { name: "tdlgm-memory", config: NAMED_CONFIGS["tdlgm-memory"], seeds: 10, label: "tDLGM with memory" },
  { name: "tdlgm-memory-twin", config: MEMORY_TWIN, seeds: 10, label: "tDLGM with memory, without ξ" },
  { name: "vrnn", config: NAMED_CONFIGS.vrnn, seeds: 10, label: "VRNN" },
  { name: "vrnn-twin", config: VRNN_TWIN, seeds: 10, label: "VRNN without ξ" },
  { name: "timegan", config: NAMED_CONFIGS.timegan, seeds: 10, label: "TimeGAN" },
  { name: "lstm", config: NAMED_CONFIGS.lstm, seeds: 10, label: "autoregressive LSTM" },
];

/** The family of a reading, a way to read an ambiguous place of the paper. Its config says what differs from the default of its kind. */
export interface Reading extends Family {
  /** The ambiguous place, as the tables of readings name it. */
  place: string;
}

const gaussian = (sd: number | "learned") => ({ likelihood: { kind: "gaussian" as const, sd } });
const categorical = categoricalOver();
const bernoulli = { likelihood: { kind: "bernoulli" as const } };
/** A reading may collapse. That is its result, so training does not restart. */
const ANY_END = { restartAfter: 0 } as const;

/** Makes the readings of one kind. */
const reading =
  <C extends FullConfig>(kind: C["kind"]) =>
  (place: string, name: string, label: string, change: Partial<C>): Reading => ({
    name: `${kind}-${name}`,
    place,
    label,
    config: { kind, ...ANY_END, ...change } as ModelConfig,
    seeds: 3,
  });
const [tdlgm, dlgm, rnn] = [reading<TdlgmConfig>("tdlgm"), reading<DlgmConfig>("dlgm"), reading<RnnConfig>("rnn")];
const noise = (sd: number) => ({ trainingNoise: { probability: 0.5, sd } });

/** The ablation of notebook 10. */
export const ABLATION: readonly AblationCell[] = ablation(categorical);
/** Its controls. */
export const ABLATION_CONTROLS: readonly Family[] = controls(categorical);

/** The readings that are trained beside the paper's own, which is the default of its kind. */
export const READINGS: readonly Reading[] = [
  tdlgm("eq. (12)", "below", "F_l fed from below, by a cell of its own", { transition: "below" }),
  tdlgm("state s", "state-cell", "the LSTM's cell alone", { state: "cell" }),
  tdlgm("state s", "state-output", "the LSTM's output alone", { state: "output" }),
  tdlgm("α", "alpha-0", "α = 0: no state loss", { alpha: 0 }),
  tdlgm("α", "alpha-10", "α = 10", { alpha: 10 }),
  tdlgm("α", "alpha-100", "α = 100", { alpha: 100 }),
  tdlgm("α", "alpha-10000", "α = 10,000", { alpha: 10000 }),
  tdlgm("state's loss", "normal-k", "k a distribution: −log-likelihood in place of the MSE", { k: "normal" }),
  tdlgm("state's loss", "normal-k-alpha-0.01", "the same, α = .01", { k: "normal", alpha: 0.01 }),
  tdlgm("window", "inclusive", "k sees t-m .. t", { window: "inclusive" }),
  tdlgm("ξ per value", "sequence", "m of them, run through R_l", { latents: "sequence" }),
  tdlgm("ξ per value", "sequence-beta-0.1", "m of them, β = 1 / m: their KL averaged, not summed", {
    latents: "sequence",
    beta: 0.1,
  }),
  tdlgm("G_l", "mlp", "two linear layers and a non-linearity", { mixing: "mlp" }),
  tdlgm("likelihood", "sd-0.3", "Gaussian, σ = .3", gaussian(0.3)),
  tdlgm("likelihood", "sd-0.1", "Gaussian, σ = .1", gaussian(0.1)),
  tdlgm("likelihood", "sd-0.05", "Gaussian, σ = .05", gaussian(0.05)),
  tdlgm("likelihood", "sd-0.03", "Gaussian, σ = .03", gaussian(0.03)),
  tdlgm("likelihood", "sd-learned", "Gaussian, σ learned", gaussian("learned")),
  tdlgm("likelihood", "bernoulli", "Bernoulli, β = 1", bernoulli),
  tdlgm("likelihood", "bernoulli-beta-0.1", "Bernoulli, β = .1", { ...bernoulli, beta: 0.1 }),
  tdlgm("likelihood", "bernoulli-beta-0.001", "Bernoulli, β = .001, about the published code's 1 / (batch · m)", {
    ...bernoulli,
    beta: 0.001,
  }),
  tdlgm("likelihood", "categorical", "categorical over the trace's values, β = 1", categorical),
  tdlgm("likelihood", "categorical-beta-0.3", "categorical, β = .3", { ...categorical, beta: 0.3 }),
  tdlgm("p(θ)", "prior", "Gaussian prior on the generator, weight 1e-4", { weightPrior: 1e-4 }),
  tdlgm("C_l", "diagonal", "diagonal", { posterior: "diagonal" }),
  tdlgm("C_l", "sigmoid", "rank-one precision by sigmoids", { posterior: "sigmoid" }),
  tdlgm("MLPs, T_0", "relu", "ReLU layers", { networks: "relu" }),
  tdlgm("L", "one-layer", "L = 1: no state", { L: 1 }),
  tdlgm("L", "three-layers", "L = 3", { L: 3 }),
  tdlgm("batch", "run-8", "in runs of 8 neighbouring windows, for which k is computed once", { run: 8 }),
  tdlgm("trained on", "noisy", "noisy data, p = .5, sd .1", noise(0.1)),
  tdlgm("steps", "steps-16000", "16,000", { steps: 16000, validateEvery: 400 }),
  tdlgm("steps", "sd-0.1-steps-16000", "σ = .1, 16,000", { ...gaussian(0.1), steps: 16000, validateEvery: 400 }),
  tdlgm("steps", "one-layer-steps-16000", "L = 1, 16,000", { L: 1, steps: 16000, validateEvery: 400 }),
  tdlgm("steps", "constant-rate", "σ = .1, 2,000 at a constant rate", { ...gaussian(0.1), steps: 2000, decay: "none" }),
  tdlgm("all at once", "published", "the published code: Bernoulli, β = .01, ξ of every value, MLPs, sigmoids, ReLU, noise, batch 10", {
    ...bernoulli,
    beta: 0.01,
    latents: "sequence",
    mixing: "mlp",
    posterior: "sigmoid",
    networks: "relu",
    ...noise(0.1),
    batch: 10,
  }),
  dlgm("likelihood", "sd-0.1", "Gaussian, σ = .1", gaussian(0.1)),
  dlgm("likelihood", "sd-0.05", "Gaussian, σ = .05", gaussian(0.05)),
  dlgm("likelihood", "sd-0.03", "Gaussian, σ = .03", gaussian(0.03)),
  dlgm("likelihood", "sd-learned", "Gaussian, σ learned", gaussian("learned")),
  dlgm("steps", "steps-16000", "16,000", { steps: 16000, validateEvery: 400 }),
  dlgm("steps", "constant-rate", "σ = .03, 3,000 at a constant rate", { ...gaussian(0.03), steps: 3000, decay: "none" }),
  dlgm("MLPs, T_0", "relu", "ReLU layers", { networks: "relu" }),
  dlgm("window's end", "clean-end", "the clean v_t, in training and test", { windowEnd: "clean" }),
  dlgm("training target", "noisy-target", "the noisy value", { trainingTarget: "noisy" }),
  dlgm("training noise", "noise-0.03", "p = .5, sd .03", noise(0.03)),
  dlgm("training noise", "noise-0.3", "p = .5, sd .3", noise(0.3)),
  rnn("forecast", "two-ahead", "two steps ahead, as the published code scores it", { ahead: 2 }),
  rnn("training target", "noisy-target", "the noisy value", { trainingTarget: "noisy" }),
  rnn("training noise", "noise-0.03", "p = .5, sd .03", noise(0.03)),
  rnn("training noise", "noise-0.3", "p = .5, sd .3", noise(0.3)),
  rnn("steps", "steps-6000", "6,000", { steps: 6000 }),
  rnn("size and steps", "by-heart", "H = 128, 20,000 steps on unaltered data, as long as the authors' early stopping allows", {
    H: 128,
    steps: 20000,
    validateEvery: 1000,
    ...CLEAN,
  }),
];

/**
 * The learning curve: kinds, and stretches of the training part, several of a size from all over it, so that the amount of data and its
 * nearness to the test part can be told apart. All have the same seed. The whole part is what Tables 1-3 are trained on.
 */
export const LEARNING_CURVE = {
  kinds: ["tdlgm", "dlgm", "rnn"],
  stretches: [
    ...[0, 0.225, 0.45, 0.675, 0.9].map((from) => ({ share: 0.1, from })),
    ...[0, 0.25, 0.5, 0.75].map((from) => ({ share: 0.25, from })),
    ...[0, 0.25, 0.5].map((from) => ({ share: 0.5, from })),
  ],
} as const;
/** The name of the family that is trained on a stretch of the training part. */
export function stretchName(kind: string, stretch: { share: number; from: number }): string {
  checkText(kind, "kind", "a name");
  checkObject(stretch, "stretch", "{ share, from }");
  checkProbability(stretch.share, "stretch.share");
  checkProbability(stretch.from, "stretch.from");
  return `${kind}-share-${stretch.share}-from-${stretch.from}`;
}

/** The number of configs in the grid of each kind. */
export const GRID_SIZE = 20;
const GRID_SEED = 700;

/** A config drawn from the authors' ranges: m 8-30, 1-2 layers, K 4-64, H 32-128 (theirs goes on to 512), learning rate 1e-3 .. 1e-9. */
function gridConfig(kind: ModelConfig["kind"], index: number): ModelConfig {
  const random = generator(GRID_SEED, `grid/${kind}/${index}`);
  const between = (low: number, high: number) => low + random.integer(high - low + 1);
  const logarithmic = (low: number, high: number) => Math.round(low * (high / low) ** random.uniform());
  const m = between(8, 30);
  const layers = between(1, 2);
  const [H, K] = [logarithmic(32, 128), logarithmic(4, 64)];
  const learningRate = Number((10 ** (-3 - 6 * random.uniform())).toPrecision(3));
  const common = { m, H, learningRate, batch: 10, steps: 3000, ...ANY_END };
  if (kind === "rnn") return { kind, L: layers, ...common };
  return { kind, L: kind === "tdlgm" ? layers + 1 : layers, K, ...common }; // tDLGM's top layer has no state
}

const members = (group: PlannedRun["group"], { name, config, seeds }: Family, part?: { share: number; from: number }): PlannedRun[] =>
  Array.from({ length: seeds }, (_, seed) => ({
    name: `${name}-seed-${seed}`,
    family: name,
    config,
    seed,
    group,
    ...part,
  }));

/** The runs of a group, or all runs. Their names are unique. */
export function plannedRuns(group?: PlannedRun["group"]): PlannedRun[] {
  if (group !== undefined) checkChoice(group, "group", ["tables", "readings", "grid", "generators"]);
  const { kinds, stretches } = LEARNING_CURVE;
  const runs = [
    ...TABLE_FAMILIES.flatMap((family) => members("tables", family)),
    ...[...READINGS, ...ABLATION_CONTROLS].flatMap((family) => members("readings", family)),
    ...kinds.flatMap((kind) =>
      stretches.flatMap((part) =>
        members("readings", { name: stretchName(kind, part), config: { kind, ...ANY_END }, seeds: 1, label: "" }, part),
      ),
    ),
    ...(["tdlgm", "dlgm", "rnn"] as const).flatMap((kind) =>
      Array.from({ length: GRID_SIZE }, (_, i) => {
        const name = `grid-${kind}-${String(i).padStart(2, "0")}`;
        return { name, family: name, config: gridConfig(kind, i), seed: 0, group: "grid" as const };
      }),
    ),
    ...[...GENERATOR_FAMILIES, ...ABLATION].flatMap((family) => members("generators", family)),
  ];
  return runs.filter((run) => group === undefined || run.group === group);
}

/** The names of a group's families, in the order of the plan. */
export const familiesOf = (group: PlannedRun["group"]): string[] => [...new Set(plannedRuns(group).map(({ family }) => family))];

/** A family's name in a table; a name that is not in the plan stays as it is. */
export const labelOf = (family: string): string => {
  checkText(family, "family", "a name");
  return (
    [...TABLE_FAMILIES, ...READINGS, ...GENERATOR_FAMILIES, ...ABLATION, ...ABLATION_CONTROLS].find(({ name }) => name === family)?.label ??
    family
  );
};
