/** Tables 1-3 as text cells, paper | ours | trivial, each cell with the runs that it follows from: for notebooks, the report, the README. */

import type { Series } from "../data/series";
import { STEPS } from "./evaluate";
import { type Families, levelName, type Ours, ROBUSTNESS, shown, table2, table3, tableFamilies } from "./experiments";
import { NOISE_LEVELS } from "./levels";
import { TABLE_FAMILIES } from "./plan";
import type { Quick } from "./results";
import type { ResultCell, ResultTable } from "./tables";
import { type CalibrationRow, calibration, IDENTITY_VARIANCE, type TrivialScores, trivialImputation } from "./trivial";

export { frame } from "./tables";

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
