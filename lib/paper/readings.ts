/**
 * What each option of the readings changes, and what a search over settings finds: the runs of `READINGS` and of the grid (lib/plan.ts),
 * summed up for tables.
 */

import { paperTable } from "../data/paper";
import type { NoiseReading } from "../data/protocol";
import type { Series } from "../data/series";
import { validationSplit } from "../data/windows";
import { mean } from "../metrics/metrics";
import type { Summary } from "../metrics/statistics";
import { type Model, WeightedModel, weighted } from "../models/model";
import { completeConfig, type FullConfig, type ModelConfig } from "../models/registry";
import { Adam } from "../tensor/optimizer";
import type { GenerationScore, RunMetrics } from "./evaluate";
import { CODE_VARIANT, imputationOf, type Ours, over } from "./experiments";
import { NOISE_LEVELS, type NoiseLevel } from "./levels";
import { type Family, type PlannedRun, plannedRuns, READINGS, TABLE_FAMILIES } from "./plan";
import { obtainMetrics, type Quick } from "./results";
import { findRun, type RunRecord } from "./runs";
import type { ResultTable } from "./tables";

/** An option, or the default that it stands beside. */
export interface Choice extends Family {
  /** The row of the readings' table that it belongs to. */
  place: string;
}

/** Seeds of a reading, and so many of the default beside it. */
const SEEDS = 3;

/** What the defaults are, in words. */
const DEFAULTS = {
  tdlgm: "the paper's reading, Gaussian, σ = .1",
  dlgm: "Gaussian, σ = .03; noise p = .5, sd .1",
  rnn: "m = 20, H = 64; noise p = .5, sd .1",
} as const;

/** Families of Tables 1-3 that are options of a reading too. */
const ALSO: readonly { name: string; place: string; label: string }[] = [
  { name: "dlgm-clean", place: "training noise", label: "none" },
  { name: "rnn-m10", place: "size", label: "m = 10" },
  { name: "rnn-two-layers", place: "size", label: "m = 10, two layers of 32" },
  { name: "rnn-clean", place: "training noise", label: "none" },
];

/** A model's default and all its options, in the order of the plan. */
export function choices(kind: ModelConfig["kind"]): Choice[] {
  const family = (name: string) => TABLE_FAMILIES.find((one) => one.name === name) as Family;
  return [
    { ...family(kind), seeds: SEEDS, place: "default", label: DEFAULTS[kind] },
    ...READINGS.filter(({ config }) => config.kind === kind),
    ...ALSO.filter(({ name }) => family(name).config.kind === kind).map((one) => ({ ...family(one.name), ...one, seeds: SEEDS })),
  ];
}

/** Table 1's noise level of a row, from 1; without noise both readings are one. */
export const table1Level = (row: number, reading: NoiseReading): NoiseLevel =>
  NOISE_LEVELS.find((l) => l.table === 1 && l.row === row && (l.probability === 0 || l.reading === reading)) as NoiseLevel;

/** Algorithm 1 as the published code has it, for sequences of a length. */
export const algorithm1 = (run: RunMetrics, steps: number): GenerationScore =>
  run.generation.find(
    (s) => s.steps === steps && s.histories === CODE_VARIANT.histories && s.bins === CODE_VARIANT.bins && s.lag === CODE_VARIANT.lag,
  ) as GenerationScore;

/** What an option comes to. The last three are NaN or empty where no run's record is there, or the model has no such thing. */
export interface ChoiceRow extends Choice {
  /** Test MSE without noise. */
  clean: { sample: Ours; mean: Ours };
  /** Test MSE with one draw of ξ under the strongest noise of Table 1, its σ² read as a standard deviation. */
  strongest: Ours;
  /** Algorithm 1 for 30 steps. */
  score: Ours;
  /** Lag 1 of generated sequences. */
  autocorrelation: Ours;
  /** Validation MSE at the posterior mean, after the last step. */
  validation: Ours;
  /** KL of each layer in nats, at the last step, averaged over the runs. */
  kl: number[];
  /** Variance of the recognised states. */
  stateVariance: number;
}

const lastRow = ({ history }: RunRecord) => history[history.length - 1];

/** An option's runs, summed up. */
export function choiceRow(choice: Choice, runs: RunMetrics[], series: Series): ChoiceRow {
  const records = new Map(
    runs.flatMap(({ name }) => [findRun(name, series)?.record].flatMap((r) => (r ? [[name, lastRow(r)] as const] : []))),
  );
  const recorded = runs.filter(({ name }) => records.has(name));
  const rows = [...records.values()];
  return {
    ...choice,
    clean: {
      sample: over(runs, (run) => imputationOf(run, table1Level(1, "sd")).mse.sample),
      mean: over(runs, (run) => imputationOf(run, table1Level(1, "sd")).mse.mean),
    },
    strongest: over(runs, (run) => imputationOf(run, table1Level(5, "sd")).mse.sample),
    score: over(runs, (run) => algorithm1(run, 30).score),
    autocorrelation: over(runs, (run) => run.autocorrelation),
    validation: over(recorded, ({ name }) => records.get(name)!.validationMse),
    kl: rows.length === 0 ? [] : rows[0].kl.map((_, l) => mean(rows.map(({ kl }) => kl[l]))),
    stateVariance:
      rows.length > 0 && rows.every((r) => Number.isFinite(r.stateVariance)) ? mean(rows.map((r) => r.stateVariance)) : Number.NaN,
  };
}

/** Mean ± sd with so many significant digits; a dash for none. For columns in which .0001 stands beside .08. */
export function significant({ mean, sd, n }: Summary, digits = 3): string {
  if (n === 0) return "–";
  const text = (x: number, digits: number) => {
    const rounded = Number(x.toPrecision(digits));
    return rounded !== 0 && Math.abs(rounded) < 1e-4 ? rounded.toExponential() : String(rounded);
  };
  return n > 1 ? `${text(mean, digits)} ± ${text(sd, 2)}` : text(mean, digits);
}

/** A line of a table of options that no model of ours gives: a trivial method's, or the trace's own. */
export interface Beside {
  label: string;
  clean?: number;
  strongest?: number;
  score?: number;
  autocorrelation?: number;
}

const MODELS = { tdlgm: "tDLGM", dlgm: "DLGM", rnn: "RNN" } as const;

/** The paper's numbers for a model, in the places of a table of options. */
export function printed(kind: ModelConfig["kind"]): Required<Omit<Beside, "autocorrelation">> {
  const first = (row: number) => paperTable(1).find((c) => c.row === row && c.model === MODELS[kind] && c.column === "MSE")!.value;
  const score = paperTable(2).find((c) => c.steps === 30 && c.model === MODELS[kind])!.value;
  return { label: "the paper's number", clean: first(1), strongest: first(5), score };
}

/** A model's options as a table: the paper's numbers, ours, and what stands beside them. */
export function choicesTable(kind: ModelConfig["kind"], rows: ChoiceRow[], beside: Beside[]): ResultTable {
  const latent = kind !== "rnn";
  const stateful = kind === "tdlgm";
  const cell = (value: Ours, digits?: number) => ({ text: significant(value, digits), runs: value.runs });
  const number = (x: number | undefined, digits = 4) => ({ text: x === undefined ? "–" : x.toFixed(digits) });
  const line = (place: string, { label, clean, strongest, score, autocorrelation }: Beside) => [
    { text: place },
    { text: label },
    number(clean),
    ...(latent ? [number(undefined)] : []),
    number(strongest),
    number(score, 2),
    number(autocorrelation, 3),
    ...Array(2 + Number(latent) + Number(stateful)).fill(number(undefined)),
  ];
  return {
    id: `readings-${kind}`,
    caption: `${MODELS[kind]}: mean ± sd over seeds (n)${latent ? "; one draw of ξ where not said otherwise; KL in nats, layer 1 first" : ""}`,
    columns: [
      "place",
      "option",
      "clean MSE",
      ...(latent ? ["at the posterior mean"] : []),
      "MSE at the strongest noise",
      "Algorithm 1, 30 steps",
      "lag 1",
      ...(latent ? ["KL by layer"] : []),
      ...(stateful ? ["variance of the state"] : []),
      "validation MSE",
      "n",
    ],
    rows: [
      line("paper", printed(kind)),
      ...rows.map((row) => [
        { text: row.place },
        { text: row.label },
        cell(row.clean.sample),
        ...(latent ? [cell(row.clean.mean)] : []),
        cell(row.strongest),
        { text: shownOrDash(row.score, 1), runs: row.score.runs },
        { text: shownOrDash(row.autocorrelation, 2), runs: row.autocorrelation.runs },
        ...(latent ? [{ text: row.kl.map((x) => x.toPrecision(2)).join(", ") || "–" }] : []),
        ...(stateful ? [{ text: Number.isNaN(row.stateVariance) ? "–" : row.stateVariance.toPrecision(2) }] : []),
        cell(row.validation),
        { text: String(row.clean.sample.n) },
      ]),
      ...beside.map((one) => line("trivial", one)),
    ],
  };
}
/** With so many digits after the point, "-0.00" without its sign. */
const shownOrDash = ({ mean, sd, n }: Summary, digits: number): string => {
  const text = (x: number) => x.toFixed(digits).replace(/^-(0\.?0*)$/, "$1");
  return n === 0 ? "–" : n === 1 ? text(mean) : `${text(mean)} ± ${text(sd)}`;
};

/** The model with the same weights that emits the mean of π, as the published code does, where its Gaussian would be drawn from. */
export function emittingMean(model: Model): Model {
  const { config, adam } = weighted(model);
  if (config.kind === "rnn" || config.likelihood.kind !== "gaussian" || config.likelihood.sd === "learned")
    throw new Error("emittingMean: only a Gaussian with a fixed σ can be exchanged for its mean");
  const quiet = completeConfig({ ...config, likelihood: { kind: "gaussian", sd: 1e-6 } } as ModelConfig) as FullConfig;
  return new WeightedModel(quiet, new Adam(Float32Array.from(adam.weights().dataSync() as Float32Array)));
}

/** The validation part's MSE of the mean of what was trained on: what a training must beat to have learnt anything. */
export function trainMeanValidation(train: Float32Array, m: number): number {
  const { trainEnd, validationStart } = validationSplit(train.length, m);
  const centre = mean(train.subarray(0, trainEnd));
  return mean(train.slice(validationStart).map((v) => (v - centre) ** 2));
}

// --- Grid ---------------------------------------------------------------------------------------------------------------------------

/** A configuration of the grid and what it came to. */
export interface GridRun {
  run: PlannedRun;
  /** Of a training that failed in all its attempts, why; it has no scores then. */
  failed?: string;
  metrics?: RunMetrics;
  /** Validation MSE at the posterior mean after the last step; NaN where no record is there. */
  validation: number;
}

/** The grid's runs of a model; for a quick look the first `seeds` only, and those that are there. */
export async function obtainGrid(kind: ModelConfig["kind"], series: Series, quick?: Quick): Promise<GridRun[]> {
  const all = plannedRuns("grid").filter(({ config }) => config.kind === kind);
  const wanted = quick ? all.filter(({ name }, i) => i < quick.seeds || findRun(name, series)) : all;
  const grid: GridRun[] = [];
  for (const run of wanted) {
    let metrics: RunMetrics | undefined;
    let failed: string | undefined;
    try {
      metrics = await obtainMetrics(run, series, quick);
    } catch (failure) {
      if (!(failure as Error).message.startsWith("training failed in all")) throw failure;
      failed = (failure as Error).message;
    }
    const record = findRun(run.name, series)?.record;
    grid.push({ run, metrics, failed, validation: record ? lastRow(record).validationMse : Number.NaN });
  }
  return grid;
}

/** Of runs with scores, the one with the least of a number. @throws Error when there is none */
export function least<T>(runs: readonly T[], of: (run: T) => number): T {
  if (runs.length === 0) throw new Error("least: there is no run to choose from");
  return runs.reduce((best, run) => (of(run) < of(best) ? run : best));
}
