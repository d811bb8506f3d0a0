/** Tables 1-3, made from the table of scores: short for the README, full for the report. Each number names the runs behind it. */
import { DataFrame } from "danfojs-node";
import type { Series } from "../data/series";
import { type Conditions, fixed, type Group, type Pivot, pivot, select, significant, stack, summarise } from "../notebook/tidy";
import { noiseLevel, noiseName } from "./levels";
import { labelOf } from "./plan";
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
export const frame = ({ columns, rows }: ResultTable): DataFrame =>
  new DataFrame(
    rows.map((row) => row.map((cell) => cell.text)),
    { columns },
  );

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
const IMPUTERS = ["identity", "Bayes filter"];
const SAMPLERS = { uniform: "uniform noise", "iid marginal": "independent draws", "Markov-1": "Markov-1" };
const MODELS = { tdlgm: "tDLGM", dlgm: "DLGM", rnn: "RNN" };
/** The families of Table 3 and its biased twin: trained without noise and with it. */
const ROBUSTNESS = ["tdlgm", "dlgm-clean", "dlgm", "rnn-clean", "rnn"];

/** The scores that the tables show. */
export const tableScores = (series: Series, options: Pick<ScoreOptions, "quick" | "onProgress"> = {}): Promise<DataFrame> =>
  obtainScores(series, { ...options, trivial: [...IMPUTERS, ...Object.keys(SAMPLERS)] });

/** The three tables with a few rows each: paper, ours, trivial. */
export function shortTables(scores: DataFrame): ResultTable[] {
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
      pivot(groups({ experiment: "table3", metric: "mse", row: [1, 5, 9, 10] }), {
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
