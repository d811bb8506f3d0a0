/** The paper's Tables 1-3 out of the scores of many runs: each number with its spread, its n and the runs that it follows from. */

import { type PaperModel, paperTable } from "../data/paper";
import type { NoiseReading } from "../data/protocol";
import type { Series } from "../data/series";
import { keptByFilter, type Summary, summary } from "../metrics/statistics";
import { type GenerationScore, type ImputationScore, type RunMetrics, STEPS } from "./evaluate";
import { NOISE_LEVELS, type NoiseLevel } from "./levels";
import { type Family, TABLE_FAMILIES } from "./plan";
import { obtainFamilies, type Quick } from "./results";
import { type FoundRun, findRun } from "./runs";

export { type Comparison, comparisons } from "../notebook/comparisons";
export { levelName } from "./levels";

/** The finished runs of a family on this series, in the order of their seeds; tDLGM's default unless another is named. */
export const finishedRuns = (series: Series, family = "tdlgm"): FoundRun[] => {
  const { name, seeds } = TABLE_FAMILIES.find((one) => one.name === family) as Family;
  return Array.from({ length: seeds }, (_, seed) => findRun(`${name}-seed-${seed}`, series)).filter((run): run is FoundRun => run !== null);
};

/** The scores of the families of Tables 1-3, by their names. */
export type Families = Record<string, RunMetrics[]>;

/** The scores of all runs of Tables 1-3; what is missing is trained and evaluated here. */
export const tableFamilies = (
  series: Series,
  options: { quick?: Quick; onProgress?: (done: number, all: number) => void } = {},
): Promise<Families> => obtainFamilies(TABLE_FAMILIES, series, options);

/** Mean ± sd (n) over runs, and their names. */
export interface Ours extends Summary {
  runs: string[];
}
/** A score over runs; NaN over none. */
export const over = (runs: RunMetrics[], score: (run: RunMetrics) => number): Ours => ({
  ...(runs.length > 0 ? summary(runs.map(score)) : { mean: Number.NaN, sd: Number.NaN, n: 0 }),
  runs: runs.map(({ name }) => name),
});

/** The score of a run under a noise level. */
export function imputationOf(run: RunMetrics, level: NoiseLevel): ImputationScore {
  const found = run.imputation.find((s) => s.table === level.table && s.row === level.row && s.reading === level.reading);
  if (!found) throw new Error(`${run.name} has no score for table ${level.table}, row ${level.row}, read as ${level.reading}`);
  return found;
}

// --- Table 1 ------------------------------------------------------------------------------------------------------------------------

/** A model's line under one noise level: the paper's two numbers, and ours with one draw of ξ and at the posterior mean. */
export interface ImputationRow extends NoiseLevel {
  model: PaperModel;
  /** NaN where the paper prints none. */
  paper: { mse: number; variance: number };
  ours: Record<"sample" | "mean", Record<"mse" | "errorVariance" | "mseVariance", Ours>>;
}

/** All 30 RNNs of Table 1, the population that its filter chooses from. */
export const rnnPopulation = (families: Families): RunMetrics[] => ["rnn", "rnn-m10", "rnn-two-layers"].flatMap((name) => families[name]);

/** The RNNs that a filter keeps. */
export const filteredRnns = (families: Families, reading: NoiseReading, filter: "paper" | "code"): RunMetrics[] =>
  rnnPopulation(families).filter((run) => run.filter && keptByFilter(run.filter[reading])[filter]);

/** Table 1: 9 noise levels, four models each. */
export function table1(families: Families): ImputationRow[] {
  const paper = paperTable(1);
  return NOISE_LEVELS.filter(({ table }) => table === 1).flatMap((level) =>
    (["tDLGM", "DLGM", "RNN", "Filtered RNN"] as const).map((model) => {
      const runs = model === "Filtered RNN" ? filteredRnns(families, level.reading, "paper") : families[model.toLowerCase()];
      const printed = (column: string) => paper.find((c) => c.row === level.row && c.model === model && c.column === column)!.value;
      return { ...level, model, paper: { mse: printed("MSE"), variance: printed("Variance") }, ours: imputed(runs, level) };
    }),
  );
}

function imputed(runs: RunMetrics[], level: NoiseLevel): ImputationRow["ours"] {
  const one = (xi: "sample" | "mean") => ({
    mse: over(runs, (run) => imputationOf(run, level).mse[xi]),
    errorVariance: over(runs, (run) => imputationOf(run, level).errorVariance[xi]),
    mseVariance: over(runs, (run) => imputationOf(run, level).mseVariance[xi]),
  });
  return { sample: one("sample"), mean: one("mean") };
}

// --- Table 2 ------------------------------------------------------------------------------------------------------------------------

/** Which of Algorithm 1's variants: histories, bins, lag. */
export type Variant = Pick<GenerationScore, "histories" | "bins" | "lag">;
/** The published code's, which fits the paper's numbers. */
export const CODE_VARIANT: Variant = { histories: "train", bins: 11, lag: "one" };

/** A model's score for sequences of one length. */
export interface GenerationRow {
  steps: number;
  model: "tDLGM" | "RNN" | "DLGM";
  paper: number;
  ours: Ours;
  /** The same as a percentage of the ceiling. */
  percent: Ours;
  ceiling: number;
  horizonMse: Ours;
}

/** Table 2: eight lengths, three models each, in the paper's order. */
export function table2(families: Families, variant: Variant = CODE_VARIANT): GenerationRow[] {
  const paper = paperTable(2);
  return STEPS.flatMap((steps) =>
    (["tDLGM", "RNN", "DLGM"] as const).map((model) => {
      const runs = families[model.toLowerCase()];
      const score = (run: RunMetrics) =>
        run.generation.find(
          (s) => s.steps === steps && s.histories === variant.histories && s.bins === variant.bins && s.lag === variant.lag,
        )!;
      return {
        steps,
        model,
        paper: paper.find((cell) => cell.steps === steps && cell.model === model)!.value,
        ours: over(runs, (run) => score(run).score),
        percent: over(runs, (run) => (100 * score(run).score) / score(run).ceiling),
        ceiling: score(runs[0]).ceiling,
        horizonMse: over(runs, (run) => run.horizonMse.find((s) => s.steps === steps)!.mse),
      };
    }),
  );
}

// --- Table 3 ------------------------------------------------------------------------------------------------------------------------

/** The families that Table 3 is asked of: trained without noise and with it. */
export const ROBUSTNESS = ["tdlgm", "dlgm-clean", "dlgm", "rnn-clean", "rnn"] as const;

/** One noise level of Table 3, as printed or with a bias, for tDLGM and the other models beside it. */
export interface RobustnessRow extends NoiseLevel {
  /** The paper's tDLGM; NaN for the biased noise, which it does not try. */
  paper: { mse: number; variance: number };
  /** By family; all of them saw this noise and only in testing, or another one in training. */
  ours: Record<(typeof ROBUSTNESS)[number], ImputationRow["ours"]>;
}

/** Table 3: ten noise levels under both readings; with `biased` the same noise with a mean of .1. */
export function table3(families: Families, options: { biased?: boolean } = {}): RobustnessRow[] {
  const paper = paperTable(3);
  return NOISE_LEVELS.filter(({ table }) => table === (options.biased ? "biased" : 3)).map((level) => {
    const printed = (column: string) =>
      options.biased ? Number.NaN : paper.find((cell) => cell.row === level.row && cell.column === column)!.value;
    return {
      ...level,
      paper: { mse: printed("MSE"), variance: printed("Variance") },
      ours: Object.fromEntries(ROBUSTNESS.map((name) => [name, imputed(families[name], level)])) as RobustnessRow["ours"],
    };
  });
}

// --- Tests --------------------------------------------------------------------------------------------------------------------------

/** A number over runs as a table shows it: mean ± sd (n); "none" where no run is left. */
export const shown = ({ mean, sd, n }: Summary, digits = 4): string => {
  if (n === 0) return "none";
  return n > 1 ? `${mean.toFixed(digits)} ± ${sd.toFixed(digits)} (${n})` : `${mean.toFixed(digits)} (1)`;
};
