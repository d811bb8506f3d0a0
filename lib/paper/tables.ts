/** Tables 1-3 as text cells, paper | ours | trivial, each cell with the runs that it follows from: for notebooks, the report, the README. */

import { DataFrame } from "danfojs-node";
import type { Series } from "../data/series";
import { NOISE_LEVELS, STEPS } from "./evaluate";
import {
  type Families,
  filteredRnns,
  imputationOf,
  levelName,
  type Ours,
  over,
  ROBUSTNESS,
  shown,
  table1,
  table2,
  table3,
  tableFamilies,
} from "./experiments";
import { TABLE_FAMILIES } from "./plan";
import type { Quick } from "./results";
import { type CalibrationRow, calibration, IDENTITY_VARIANCE, type TrivialScores, trivialImputation } from "./trivial";

/** A cell, and the runs that its number follows from. */
export interface ResultCell {
  text: string;
  runs?: string[];
}
/** A table of results. `short` ones are for the first screen of the README. */
export interface ResultTable {
  id: string;
  caption: string;
  columns: string[];
  rows: ResultCell[][];
}

/** The table as a DataFrame of its texts, for a notebook. */
export const frame = ({ columns, rows }: ResultTable): DataFrame =>
  new DataFrame(
    rows.map((row) => row.map((cell) => cell.text)),
    { columns },
  );

const text = (value: string | number): ResultCell => ({ text: String(value) });
/** A number with so many digits after the point; one that they would show as 0 keeps two digits of its own. */
const fixed = (x: number | undefined, digits = 4): ResultCell => {
  if (x === undefined || Number.isNaN(x)) return text("–");
  return text(x > 0 && x < 0.5 * 10 ** -digits ? x.toExponential(1) : x.toFixed(digits));
};
const ours = (value: Ours, digits = 4): ResultCell => ({ text: shown(value, digits), runs: value.runs });
/** A variance may be as small as 1e-6: three significant digits. */
const small = (value: Ours): ResultCell => ({
  text: value.n > 1 ? `${value.mean.toPrecision(3)} ± ${value.sd.toPrecision(2)} (${value.n})` : shown(value, 5),
  runs: value.runs,
});
const LABELS = Object.fromEntries(TABLE_FAMILIES.map(({ name, label }) => [name, label]));

/** Everything that the tables are made of. */
export interface Results {
  families: Families;
  /** By NOISE_LEVELS' order. */
  trivial: TrivialScores[];
  calibration: CalibrationRow[];
}

/** Scores of the runs, and of the trivial methods. */
export async function results(
  series: Series,
  options: { quick?: Quick; onProgress?: (done: number, all: number) => void } = {},
): Promise<Results> {
  const { quick } = options;
  const families = await tableFamilies(series, options);
  const trivial = trivialImputation(series, NOISE_LEVELS, quick ? quick.draws : 10);
  return { families, trivial, calibration: calibration(series, quick ? { repetitions: 2, sequences: quick.sequences } : {}) };
}

const levelsOf = (table: 1 | 3 | "biased") => NOISE_LEVELS.flatMap((level, i) => (level.table === table ? [{ level, i }] : []));

/** Table 1 in full: a line a noise level, reading and model, both columns. */
export function table1Full({ families, trivial }: Results): ResultTable {
  const simple = levelsOf(1).map(({ i }) => trivial[i]);
  return {
    id: "table1",
    caption: "Table 1: imputation of the test part under noise; mean ± sd over runs (n), each over 10 noise draws",
    columns: [
      "noise",
      "model",
      "paper's MSE",
      "ours, one draw of ξ",
      "ours, posterior mean",
      "identity",
      "Bayes filter",
      "paper's Variance",
      "ours: variance of the squared errors",
      "ours: variance of the MSE over noise draws",
      IDENTITY_VARIANCE,
    ],
    rows: table1(families).map((row, i) => {
      const { identity, ...others } = simple[Math.floor(i / 4)];
      const { sample, mean } = row.ours;
      const coded = over(filteredRnns(families, row.reading, "code"), (run) => imputationOf(run, row).mse.mean);
      const none = { text: `none kept; as coded: ${shown(coded)}`, runs: coded.runs };
      return [
        text(levelName(row)),
        text(row.model),
        fixed(row.paper.mse),
        sample.mse.n > 0 ? ours(sample.mse) : none,
        mean.mse.n > 0 ? ours(mean.mse) : none,
        fixed(identity),
        fixed(others["Bayes filter"]),
        text(row.paper.variance < 1e-4 ? row.paper.variance.toExponential(1) : row.paper.variance.toFixed(4)),
        small(sample.errorVariance),
        small(sample.mseVariance),
        text(others[IDENTITY_VARIANCE].toPrecision(3)),
      ];
    }),
  };
}

/** Table 2 in full: a line a length and model. */
export function table2Full({ families, calibration }: Results): ResultTable {
  const of = (name: string, steps: number) => {
    const row = calibration.find((one) => one.name === name)!.scores[STEPS.indexOf(steps as (typeof STEPS)[number])];
    return text(`${row.mean.toFixed(1)} ± ${row.sd.toFixed(1)}`);
  };
  return {
    id: "table2",
    caption: `Table 2: Algorithm 1 of generated sequences, histories and T from the training part, 11 bins, lag 1; mean ± sd over runs (n), 7,650 sequences each; trivial generators over ${calibration[0].scores[0].n} repetitions`,
    columns: [
      "steps",
      "model",
      "paper",
      "ours",
      "% of the ceiling",
      "uniform noise",
      "independent draws",
      "Markov-1",
      "ours: MSE over the horizon, test histories",
    ],
    rows: table2(families).map((row) => [
      text(row.steps),
      text(row.model),
      fixed(row.paper, 2),
      ours(row.ours, 2),
      ours(row.percent, 1),
      of("uniform", row.steps),
      of("iid marginal", row.steps),
      of("Markov-1", row.steps),
      ours(row.horizonMse),
    ]),
  };
}

/** Table 3 in full: a line a noise level and reading, tDLGM as in the paper and the other models beside it. */
export function table3Full({ families, trivial }: Results, options: { biased?: boolean; xi?: "sample" | "mean" } = {}): ResultTable {
  const { biased = false, xi = "sample" } = options;
  const levels = levelsOf(biased ? "biased" : 3);
  return {
    id: biased ? "table3-biased" : "table3",
    caption: `Table 3${biased ? " with a noise of mean .1, which the paper does not try" : ""}: imputation with every value noisy, ${xi === "sample" ? "one draw of ξ" : "posterior mean"}; mean ± sd over runs (n), each over 10 noise draws`,
    columns: [
      "noise",
      ...(biased ? [] : ["paper's MSE", "paper's Variance"]),
      ...ROBUSTNESS.map((name) => LABELS[name]),
      ...(biased ? [] : ["tDLGM: variance of the squared errors"]),
      "identity",
      "Bayes filter",
      ...(biased ? [] : [IDENTITY_VARIANCE]),
    ],
    rows: table3(families, { biased }).map((row, i) => [
      text(levelName(row)),
      ...(biased ? [] : [fixed(row.paper.mse, 5), fixed(row.paper.variance, 5)]),
      ...ROBUSTNESS.map((name) => ours(row.ours[name][xi].mse)),
      ...(biased ? [] : [small(row.ours.tdlgm[xi].errorVariance)]),
      fixed(trivial[levels[i].i].identity),
      fixed(trivial[levels[i].i]["Bayes filter"]),
      ...(biased ? [] : [text(trivial[levels[i].i][IDENTITY_VARIANCE].toPrecision(3))]),
    ]),
  };
}

/** The three tables in short, for the README's first screen: noise as a standard deviation, a few rows, paper | ours | trivial. */
export function shortTables({ families, trivial, calibration }: Results): ResultTable[] {
  const first = table1(families);
  const levels = levelsOf(1).filter(({ level }) => level.reading === "sd");
  const models = ["tDLGM", "DLGM", "RNN"] as const;
  const second = table2(families);
  const score = (name: string, steps: number) =>
    calibration.find((one) => one.name === name)!.scores[STEPS.indexOf(steps as (typeof STEPS)[number])].mean.toFixed(1);
  const third = table3(families);
  const both = (paper: number, value: Ours, digits: number): ResultCell[] => [fixed(paper, digits), ours(value, digits)];
  const heads = models.flatMap((model) => [`${model}, paper`, `${model}, ours`]);
  return [
    {
      id: "table1-short",
      caption: "Table 1, MSE of imputation, σ² read as a standard deviation",
      columns: ["P(change), σ²", ...heads, "trivial: identity"],
      rows: levels.map(({ level, i }) => [
        text(`${level.probability}, ${level.variance}`),
        ...models.flatMap((model) => {
          const row = first.find((r) => r.row === level.row && r.reading === "sd" && r.model === model)!;
          return both(row.paper.mse, row.ours.sample.mse, 4);
        }),
        fixed(trivial[i].identity),
      ]),
    },
    {
      id: "table2-short",
      caption: "Table 2, Algorithm 1 (at most 80)",
      columns: ["steps", ...heads, "trivial: uniform noise", "independent draws", "Markov-1"],
      rows: [2, 10, 30].map((steps) => [
        text(steps),
        ...models.flatMap((model) => {
          const row = second.find((r) => r.steps === steps && r.model === model)!;
          return both(row.paper, row.ours, 2);
        }),
        ...["uniform", "iid marginal", "Markov-1"].map((name) => text(score(name, steps))),
      ]),
    },
    {
      id: "table3-short",
      caption: "Table 3, MSE of tDLGM with every value noisy, σ² read both ways",
      columns: ["σ²", "paper", "ours, as sd", "identity, as sd", "ours, as variance", "identity, as variance", "Bayes filter, as variance"],
      rows: [1, 5, 9, 10].map((n) => {
        const [sd, variance] = (["sd", "variance"] as const).map((reading) => third.find((r) => r.row === n && r.reading === reading)!);
        const at = (reading: string) => trivial[NOISE_LEVELS.findIndex((l) => l.table === 3 && l.row === n && l.reading === reading)];
        return [
          text(Number(sd.variance.toFixed(4))),
          fixed(sd.paper.mse, 4),
          ours(sd.ours.tdlgm.sample.mse),
          fixed(at("sd").identity),
          ours(variance.ours.tdlgm.sample.mse),
          fixed(at("variance").identity),
          fixed(at("variance")["Bayes filter"]),
        ];
      }),
    },
  ];
}

/** All tables for the report. */
export async function tables(series: Series, quick?: Quick): Promise<ResultTable[]> {
  const all = await results(series, { quick });
  return [...shortTables(all), table1Full(all), table2Full(all), table3Full(all), table3Full(all, { biased: true })];
}
