/** What 05-imputation shows beside Table 1: who takes part, what the noise does, the column "Variance", the RNNs' filter, reconstructions. */

import { split, testPart } from "../data/protocol";
import type { Series } from "../data/series";
import { mean, mse } from "../metrics/metrics";
import type { Model } from "../models/model";
import { comparison, seriesSegment } from "../notebook/figures";
import { figureView, small, tableView, type View } from "../notebook/views";
import { impute } from "../training/imputation";
import { type NoiseLevel, noisySeries } from "./evaluate";
import { type Families, filteredRnns, finishedRuns, levelName, rnnPopulation, shown, table1 } from "./experiments";
import { errorOf, NO_NOISE, noiseLevel, trivialAt, type Xi } from "./familyScores";
import type { Results } from "./familyTables";
import { TABLE_FAMILIES } from "./plan";

const WORDS = { sd: "standard deviation", variance: "variance" } as const;

/** The families of Tables 1-3: how many runs, restarts, what they reach on validation data and on the clean test part, how long they took. */
export function familiesView(series: Series, families: Families): View {
  return tableView(
    ["family", "runs", "restarts", "validation MSE", "clean test MSE, one draw", "posterior mean", "training time"],
    TABLE_FAMILIES.map(({ name, label }) => {
      const records = finishedRuns(series, name).map((run) => run.record);
      const validation = records.map(({ history }) => history[history.length - 1].validationMse);
      return [
        label,
        families[name].length,
        records.reduce((n, { restarts }) => n + restarts.length, 0),
        validation.length > 0 ? mean(validation) : null,
        shown(errorOf(families[name], NO_NOISE)),
        shown(errorOf(families[name], NO_NOISE, "mean")),
        records.length > 0 ? `${mean(records.map((r) => r.seconds)).toFixed(0)} s` : "–",
      ];
    }),
    "Mean ± sd (n) over seeds. Training time: of one core of the machine that trained them.",
  );
}

/** What noise does to the test values before any model has seen them: their MSE, and the share that is as it was. Without noise once for both readings. */
export function noiseView(series: Series, levels: readonly NoiseLevel[], draws: number): View {
  const test = split(series).test.values;
  return tableView(
    ["p", "σ²", "read as", "MSE of the noisy values", "share left as they were"],
    levels.map((level) => {
      const noisy = noisySeries(series, level, draws).map(({ values }) => testPart(values));
      const left = noisy.map((y) => mean(y.map((v, i) => (v === test[i] ? 1 : 0))));
      return [level.probability, level.variance, WORDS[level.reading], mean(noisy.map((y) => mse(test, y))), mean(left)];
    }),
    `${draws} noise draws a row`,
  );
}

/** A model's rows of Table 1 as dots: the paper, ours, and the noisy value handed back. */
export function table1Figure({ families, trivial }: Pick<Results, "families" | "trivial">, model: "tDLGM" | "DLGM" | "RNN"): View {
  const rows = table1(families).filter((row) => row.model === model);
  const dots = rows.map((row) => ({
    label: levelName(row),
    paper: row.paper.mse,
    ours: row.ours.sample.mse,
    trivial: trivialAt({ trivial }, noiseLevel(1, row.row, row.reading)),
  }));
  return figureView(comparison(dots, { title: `Table 1, ${model}: paper, ours, and the identity`, x: "MSE" }), {
    alt: `For every noise level of Table 1 three dots: the paper's mean squared error of ${model}, ours with its spread over seeds, and the identity baseline.`,
    caption: `Trivial: the noisy value handed back. Ours: mean ± sd over seeds${model === "RNN" ? "" : ", one draw of ξ"}.`,
  });
}

/** The paper's column "Variance" beside two things that it can be, for one draw of ξ and σ² as a standard deviation. */
export function varianceView(families: Families): View {
  return tableView(
    ["noise", "model", "paper's MSE", "paper's Variance", "ours, of the squared errors", "ours, of the MSE over noise draws"],
    table1(families)
      .filter((row) => row.reading === "sd")
      .map((row) => [
        levelName(row),
        row.model,
        row.paper.mse,
        small(row.paper.variance),
        ...[row.ours.sample.errorVariance, row.ours.sample.mseVariance].map(({ n, mean }) => (n > 0 ? small(mean) : "none")),
      ]),
    "Means over seeds",
  );
}

/** How many RNNs each of the two filters keeps under each reading, by which p-values, and how good those are. */
export function filterView(families: Families): View {
  const population = rnnPopulation(families);
  return tableView(
    ["filter", "σ² read as", "kept", "p, least – greatest", "kept: clean MSE", "kept: MSE, strongest noise", "all: clean MSE"],
    (["sd", "variance"] as const).flatMap((reading) =>
      (["paper", "code"] as const).map((filter) => {
        const kept = filteredRnns(families, reading, filter);
        const p = population.map((run) => run.filter![reading][filter]);
        return [
          filter === "paper" ? "as printed: p ≤ .7" : "as coded: p < .9",
          WORDS[reading],
          `${kept.length} of ${population.length}`,
          `${Math.min(...p).toFixed(2)} – ${Math.max(...p).toFixed(2)}`,
          shown(errorOf(kept, NO_NOISE, "mean")),
          shown(errorOf(kept, noiseLevel(1, 5, reading), "mean")),
          shown(errorOf(population, NO_NOISE, "mean")),
        ];
      }),
    ),
    "Mean ± sd (n) over instances",
  );
}

/** A stretch of the test part, and what a model makes of it under a noise: the paper's Figures 2-9. */
export async function reconstruction(
  model: Model,
  series: Series,
  options: { number: string; what: string; level?: NoiseLevel; xi?: Xi; from?: number; length?: number },
): Promise<View> {
  const { number, what, level = NO_NOISE, xi = "sample", from = 100, length = 100 } = options;
  const test = split(series).test.values;
  const [{ values }] = noisySeries(series, level, 1);
  const imputed = testPart(await impute(model, values, { seed: 0, xi }));
  const stretch = (part: Float32Array) => part.subarray(from, from + length);
  const { probability, variance, reading } = level;
  const noise = probability === 0 ? "no noise" : `noise with p = ${probability}, σ² = ${variance}, read as ${reading}`;
  const error = mse(test, imputed).toFixed(4);
  return figureView(
    seriesSegment(stretch(test), stretch(imputed), from, {
      title: `Figure ${number}: ${what}, ${noise}`,
      x: "step in the test part",
    }),
    {
      alt: `${length} test values, blue, jumping between a few levels with many at 1.0, and the output of ${what}, orange; ${noise}. MSE over the test part ${error}.`,
      caption: `GPU requests of ${length} consecutive test pods (blue), ${what} (orange), ${noise}; MSE over the whole test part ${error}.`,
      seriesDrawn: true,
    },
  );
}
