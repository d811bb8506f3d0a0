/** Tables 1-3, made from the table of scores: short for the README, full for the report. Each number names the runs behind it. */
import { DataFrame } from "danfojs-node";
import { checkList, checkObject, checkOptions } from "../base/check";
import { checkFrame } from "../data/frame";
import type { NoiseReading } from "../data/protocol";
import type { Series } from "../data/series";
import { blockBootstrap } from "../metrics/statistics";
import { type Conditions, fixed, type Group, type Pivot, pivot, select, significant, stack, summarise } from "../notebook/tidy";
import { squaresOf } from "./intervals";
import { NOISE_LEVELS, noiseLevel, noiseName } from "./levels";
import { labelOf } from "./plan";
import { checkErrors, obtainErrors, type Quick, type RunErrors } from "./results";
import { filteredRnns, obtainScores, type ScoreOptions } from "./scores";

/** A cell's text, and the names of the runs that its number follows from; none where no run of ours gave it. */
export interface ResultCell {
  text: string;
  runs?: string[];
}
/** A table of results. One whose id ends in `-short` is for the README's first screen. */
export interface ResultTable {
  id: string;
  caption: string;
  columns: string[];
  rows: ResultCell[][];
}

/** The table as a DataFrame of its texts, for a notebook. */
export function frame(table: ResultTable): DataFrame {
  checkObject(table, "table", "one of the tables that shortTables makes");
  const { columns, rows } = table;
  checkList(columns, "table.columns", 1);
  checkList(rows, "table.rows", 1);
  return new DataFrame(
    rows.map((row) => row.map((cell) => cell.text)),
    { columns },
  );
}

/** A pivot with its runs cell by cell. */
const resultTable = (id: string, caption: string, table: Pivot): ResultTable => ({
  id,
  caption,
  columns: table.columns,
  rows: (table.values as unknown[][]).map((row, r) =>
    row.map((text, c) => (table.runs[r][c].length > 0 ? { text: String(text), runs: table.runs[r][c] } : { text: String(text) })),
  ),
});

const BY = ["experiment", "row", "reading", "model", "family", "metric"];
/** Methods without a network that the tables show. */
const IMPUTERS = ["identity", "identity, exact", "Bayes filter"];
const SAMPLERS = { uniform: "uniform noise", "iid marginal": "independent draws", "Markov-1": "Markov-1" };
const MODELS = { tdlgm: "tDLGM", dlgm: "DLGM", rnn: "RNN" };
/** The families of Table 3 and its biased twin: trained without noise and with it. */
const ROBUSTNESS = ["tdlgm", "dlgm-clean", "dlgm", "rnn-clean", "rnn"];

/** The scores that the tables show. */
export const tableScores = async (series: Series, options: Pick<ScoreOptions, "quick" | "onProgress"> = {}): Promise<DataFrame> => {
  checkOptions(options, "options", ["quick", "onProgress"]);
  return obtainScores(series, { ...options, trivial: [...IMPUTERS, ...Object.keys(SAMPLERS)] });
};

/** The rows of Table 3 that the short table shows. */
const SHORT_ROWS = [1, 5, 9, 10];
/** The errors behind the intervals of the short tables: a family's, under the levels that it is shown at. */
export async function tableErrors(series: Series, quick?: Quick): Promise<RunErrors[]> {
  const first = NOISE_LEVELS.filter(({ table, reading }) => table === 1 && reading === "sd");
  const third = NOISE_LEVELS.filter(({ table, row }) => table === 3 && SHORT_ROWS.includes(row));
  const ofTdlgm = await obtainErrors(series, ["tdlgm"], [...first, ...third], quick);
  return [...ofTdlgm, ...(await obtainErrors(series, ["dlgm", "rnn"], first, quick))];
}

/** "mean ± sd (n)", and where the errors are given the interval over runs and test part behind it, "[low, high]". */
const withInterval = (errors: readonly RunErrors[]) => (group: Group) => {
  const level = noiseLevel(group.experiment === "table1" ? 1 : 3, Number(group.row), (group.reading || "sd") as NoiseReading);
  const squares = squaresOf(errors, String(group.family), level);
  if (squares.length === 0) return fixed()(group);
  const { low, high } = blockBootstrap(squares);
  return `${fixed()(group)} [${low.toFixed(4)}, ${high.toFixed(4)}]`;
};

/**
 * The three tables with a few rows each: paper, ours, trivial.
 * @param errors those of `tableErrors`, for 95 % intervals over runs and test part behind our numbers of Tables 1 and 3; without them there
 * are none
 */
export function shortTables(scores: DataFrame, errors: readonly RunErrors[] = []): ResultTable[] {
  checkFrame(scores, "scores");
  checkErrors(errors, "errors");
  const groups = (conditions: Conditions) => summarise(select(scores, { xi: ["sample", ""], ...conditions }), BY);
  const models = Object.entries(MODELS).flatMap(([family, name]) => [
    [`${name}, paper`, `${name}, paper`],
    [family, `${name}, ours`],
  ]);
  const rowOf = ({ row }: Group, table: 1 | 3) => noiseLevel(table, Number(row), "sd");
  return [
    resultTable(
      "table1-short",
      "Table 1, MSE of imputation, σ² read as a standard deviation",
      pivot(groups({ experiment: "table1", metric: "mse", reading: ["sd", ""] }), {
        rows: { "P(change), σ²": (group) => `${rowOf(group, 1).probability}, ${rowOf(group, 1).variance}` },
        columns: "family",
        heads: { ...Object.fromEntries(models), identity: "trivial: identity" },
        text: withInterval(errors),
      }),
    ),
    resultTable(
      "table2-short",
      "Table 2, Algorithm 1 (at most 80)",
      pivot(groups({ experiment: "table2", metric: "score", reading: "code", row: [2, 10, 30] }), {
        rows: { steps: ({ row }) => row },
        columns: "family",
        heads: { ...Object.fromEntries(models), ...SAMPLERS, uniform: "trivial: uniform noise" },
        text: (group) => fixed(group.model === "trivial" ? 1 : 2)(group),
      }),
    ),
    resultTable(
      "table3-short",
      "Table 3, MSE of tDLGM with every value noisy, σ² read both ways",
      pivot(groups({ experiment: "table3", metric: "mse", row: SHORT_ROWS }), {
        rows: { "σ²": (group) => Number(rowOf(group, 3).variance.toFixed(4)) },
        columns: ({ family, reading }) => `${family}, ${reading}`,
        heads: {
          "tDLGM, paper, sd": "paper",
          "tdlgm, sd": "ours, as sd",
          "identity, sd": "identity, as sd",
          "tdlgm, variance": "ours, as variance",
          "identity, variance": "identity, as variance",
          "Bayes filter, variance": "Bayes filter, as variance",
        },
        text: withInterval(errors),
      }),
    ),
  ];
}

/** The full tables: every noise level, reading, length and model. */
export function fullTables(scores: DataFrame): ResultTable[] {
  const all = stack(scores, filteredRnns(scores, "paper"), filteredRnns(scores, "code"));
  const groups = (conditions: Conditions) => summarise(select(all, conditions), BY);
  const names = (families: string[]) => Object.fromEntries(families.map((family) => [family, labelOf(family)]));
  const [first, third] = [
    ["tDLGM, paper", "tdlgm", "DLGM, paper", "dlgm", "RNN, paper", "rnn", "Filtered RNN, paper", "RNN, filtered", "RNN, filtered as coded"],
    ["tDLGM, paper", ...ROBUSTNESS],
  ].map(names);
  const simple = Object.fromEntries(IMPUTERS.map((name) => [name, name]));
  const noisy = (experiment: string, metric: string, xi: string, heads: Record<string, string>, text = fixed()) =>
    pivot(groups({ experiment, metric, xi: [xi, ""] }), { rows: { noise: noiseName }, columns: "family", heads, text });
  const drawn = { sample: "one draw of ξ", mean: "posterior mean" };
  const over = "mean ± sd over runs (n), each over 10 noise draws";
  const two = pivot(groups({ experiment: "table2", metric: ["score", "percent"], reading: "code" }), {
    rows: { steps: ({ row }) => row },
    columns: ({ family, metric }) => `${family} ${metric}`,
    heads: Object.fromEntries([
      ...Object.entries(MODELS).flatMap(([family, name]) => [
        [`${name}, paper score`, `${name}, paper`],
        [`${family} score`, name],
        [`${family} percent`, `${name}, % of the ceiling`],
      ]),
      ...Object.entries(SAMPLERS).map(([name, head]) => [`${name} score`, head]),
    ]),
    text: fixed(2),
  });
  return [
    ...(["sample", "mean"] as const).map((xi) =>
      resultTable(
        `table1-${xi}`,
        `Table 1, MSE of imputation of the test part, ${drawn[xi]}; ${over}`,
        noisy("table1", "mse", xi, { ...first, ...simple }),
      ),
    ),
    resultTable(
      "table1-variance",
      `Table 1, the paper's Variance beside ours of the squared errors, one draw of ξ; ${over}`,
      noisy("table1", "errorVariance", "sample", { ...first, identity: "identity" }, significant()),
    ),
    resultTable(
      "table2",
      "Table 2: Algorithm 1 of generated sequences, histories and T from the training part, 11 bins, lag 1; mean ± sd over runs (n), 7,650 sequences each; trivial samplers: means over 10 repetitions",
      two,
    ),
    resultTable(
      "horizon",
      "Mean squared error over the horizon, after test histories; mean ± sd over runs (n)",
      pivot(groups({ experiment: "horizon" }), { rows: { steps: ({ row }) => row }, columns: "family", heads: MODELS }),
    ),
    ...(["sample", "mean"] as const).map((xi) =>
      resultTable(
        `table3-${xi}`,
        `Table 3, MSE of imputation with every value noisy, ${drawn[xi]}; ${over}`,
        noisy("table3", "mse", xi, { ...third, ...simple }, fixed(5)),
      ),
    ),
    resultTable(
      "table3-variance",
      `Table 3, the paper's Variance beside ours of the squared errors, one draw of ξ; ${over}`,
      noisy("table3", "errorVariance", "sample", { ...third, identity: "identity" }, significant()),
    ),
    resultTable(
      "table3-biased",
      `Table 3 with a noise of mean .1, which the paper does not try, one draw of ξ; ${over}`,
      noisy("biased", "mse", "sample", { ...names(ROBUSTNESS), ...simple }),
    ),
  ];
}
