/** The paper's experiments: the protocol of each table in one place, called by notebooks and commands. */
import type { DataFrame } from "danfojs-node";
import { baselines } from "./baselines";
import { mean, mse, sd, squaredErrorVariance } from "./metrics";
import type { Model } from "./model";
import { impute } from "./models";
import { paperTable } from "./paper";
import { corruptTest, NOISE_SEEDS, type NoiseReading, noiseOf, split, TABLE1_NOISE, testPart } from "./protocol";
import { type FoundRun, findRun } from "./runs";
import { gpuRequests } from "./trace";

/** The seeds whose mean and spread the tables show, one training each. */
export const SEEDS = [0, 1, 2, 3, 4] as const;
/** The name of tDLGM's run of a seed. */
export const runName = (seed: number): string => `tdlgm-seed-${seed}`;

/** The finished runs of tDLGM on this trace, in the order of their seeds; none on data that no run was trained on. */
export const tdlgmRuns = (trace: DataFrame): FoundRun[] =>
  SEEDS.map((seed) => findRun(runName(seed), trace)).filter((run): run is FoundRun => run !== null);

/** A number over seeds: mean, standard deviation (n − 1; NaN for one), how many. */
export interface Summary {
  mean: number;
  sd: number;
  n: number;
}

/** One noise level of Table 1 under one reading of σ². */
export interface ImputationRow {
  probability: number;
  variance: number;
  /** What σ² is taken to be; the row without noise is the same under both. */
  reading: NoiseReading;
  paper: { mse: number; variance: number };
  /** Over the models: MSE and variance of the squared errors, each first averaged over the noise draws. */
  ours: Record<"sample" | "mean", { mse: Summary; variance: Summary }>;
  /** MSE of each baseline, averaged over the same noise draws. */
  trivial: Record<string, number>;
}

const summary = (values: number[]): Summary => ({ mean: mean(values), sd: sd(values), n: values.length });

/**
 * Table 1 for tDLGM: imputation of the test part under five noise levels and both readings of σ².
 * @param models trained models, one a seed
 * @param options.draws noise draws that each number is averaged over; at most 20
 * @param options.onProgress told of each finished row
 */
export async function tdlgmTable1(
  trace: DataFrame,
  models: Model[],
  options: { draws?: number; signal?: AbortSignal; onProgress?: (done: number, all: number) => void } = {},
): Promise<ImputationRow[]> {
  const { draws = 10, signal, onProgress } = options;
  if (models.length === 0) throw new Error("models is empty: give at least one trained model");
  if (!Number.isInteger(draws) || draws < 1 || draws > NOISE_SEEDS.length)
    throw new Error(`options.draws must be 1 to ${NOISE_SEEDS.length}; it is ${draws}`);
  const series = gpuRequests(trace);
  const { train, test } = split(series);
  const simple = baselines(train);
  const paper = paperTable(1).filter((cell) => cell.model === "tDLGM");
  const levels = TABLE1_NOISE.flatMap((noise, i) =>
    (noise.probability === 0 ? (["sd"] as const) : (["sd", "variance"] as const)).map((reading) => ({ noise, reading, row: i + 1 })),
  );
  const rows: ImputationRow[] = [];
  for (const { noise, reading, row } of levels) {
    const noisy = NOISE_SEEDS.slice(0, draws).map((seed) => ({ seed, values: corruptTest(series, noiseOf(noise, reading), seed) }));
    const score = async (model: Model, xi: "sample" | "mean") => {
      const errors: number[] = [];
      const variances: number[] = [];
      for (const { seed, values } of noisy) {
        const imputed = testPart(await impute(model, values, { seed, xi, signal }));
        errors.push(mse(test, imputed));
        variances.push(squaredErrorVariance(test, imputed));
      }
      return { mse: mean(errors), variance: mean(variances) };
    };
    const ours = {} as ImputationRow["ours"];
    for (const xi of ["sample", "mean"] as const) {
      const scores = [];
      for (const model of models) scores.push(await score(model, xi));
      ours[xi] = { mse: summary(scores.map((s) => s.mse)), variance: summary(scores.map((s) => s.variance)) };
    }
    const printed = (column: "MSE" | "Variance") => paper.find((cell) => cell.row === row && cell.column === column)!.value;
    rows.push({
      ...noise,
      reading,
      paper: { mse: printed("MSE"), variance: printed("Variance") },
      ours,
      trivial: Object.fromEntries(
        simple.map(({ name, impute }) => [name, mean(noisy.map(({ values }) => mse(test, testPart(impute(values)))))]),
      ),
    });
    onProgress?.(rows.length, levels.length);
  }
  return rows;
}

/** A summary as a table shows it: mean ± sd (n). */
export const shown = ({ mean, sd, n }: Summary, digits = 4): string =>
  n > 1 ? `${mean.toFixed(digits)} ± ${sd.toFixed(digits)} (${n})` : `${mean.toFixed(digits)} (1)`;
const fixed = (x: number) => x.toFixed(4);

/** The table as text cells: paper | ours mean ± sd (n) | trivial. */
export function table1Cells(rows: ImputationRow[]): { columns: string[]; rows: string[][] } {
  return {
    columns: [
      "P(change)",
      "σ²",
      "σ² read as",
      "paper's MSE",
      "ours, one draw of ξ",
      "ours, posterior mean",
      "identity",
      "nearest valid",
      "AR(10)",
    ],
    rows: rows.map(({ probability, variance, reading, paper, ours, trivial }) => [
      String(probability),
      String(variance),
      probability === 0 ? "–" : reading === "sd" ? "standard deviation" : "variance",
      fixed(paper.mse),
      shown(ours.sample.mse),
      shown(ours.mean.mse),
      ...["identity", "nearest valid value", "AR(10)"].map((name) => fixed(trivial[name])),
    ]),
  };
}
