/** Evidence for the paper's claims about its RNN: the filter, learning by heart, and forecasts that look better than they are. */

import { sampleCorrelation } from "simple-statistics";
import { paperTable } from "../data/paper";
import { HISTORY, type NoiseReading, split, testPart } from "../data/protocol";
import type { Series } from "../data/series";
import { baselines, fitAutoregression } from "../metrics/baselines";
import { mse, sd } from "../metrics/metrics";
import { learningCurves } from "../notebook/figures";
import { figureView, tableView, type View } from "../notebook/views";
import { impute } from "../training/imputation";
import { type Evidence, whether } from "./claims";
import { filteredRnns, imputationOf, over, rnnPopulation, shown } from "./experiments";
import { addedTo, errorOf, NO_NOISE, noiseLevel, trivialAt } from "./familyScores";
import type { Results } from "./familyTables";
import type { Fit } from "./imputationEvidence";
import type { NoiseLevel } from "./levels";
import { obtainModel, type Quick } from "./results";
import { findRun } from "./runs";

/**
 * The filter that drops RNNs which do not react to noise, and how sensitive those are that it keeps.
 * @returns `sensitive`: it chooses at all; noise adds more to the RNN than to tDLGM; the paper's own filtered RNN gets worse with noise
 */
export function filteredSensitivity(
  results: Results,
  { filter = "paper" as "paper" | "code", readings = ["sd", "variance"] as readonly NoiseReading[] } = {},
): Evidence<"sensitive"> {
  const runs = results.families;
  const population = rnnPopulation(runs);
  const kept = readings.map((reading) => filteredRnns(runs, reading, filter));
  const paper = paperTable(1).filter((c) => c.model === "Filtered RNN" && c.column === "MSE");
  const more = (what: string, level: NoiseLevel) => whether(what, addedTo(runs.rnn, level).mean, ">", addedTo(runs.tdlgm, level).mean);
  return {
    views: [
      tableView(
        ["σ² read as", "kept by the filter", "added to those kept", "added to all"],
        readings.map((reading, i) => {
          const added = (of: typeof population) =>
            shown(over(of, (r) => imputationOf(r, noiseLevel(1, 5, reading)).mse.mean - imputationOf(r, NO_NOISE).mse.mean));
          const words = reading === "sd" ? "standard deviation" : "variance";
          return [words, `${kept[i].length} of ${population.length}`, added(kept[i]), added(population)];
        }),
        "MSE that Table 1's strongest noise adds to RNNs",
      ),
    ],
    sensitive: [
      [
        "under some reading the filter keeps some of the RNNs and drops others",
        kept.some(({ length }) => length > 0 && length < population.length),
      ],
      more("as a variance, the noise adds more to the RNN than to tDLGM", noiseLevel(1, 5, "variance")),
      more("as a standard deviation, the same", noiseLevel(1, 5, "sd")),
      whether("the paper's filtered RNN has a greater error at the strongest noise than without", paper[4].value, ">", paper[0].value),
    ],
  };
}

/** Test MSE of a linear forecast from the p values before, fitted on the training part. */
export function linearForecast(series: Float32Array, p: number): number {
  const { train, test } = split(series);
  const { intercept, coefficients } = fitAutoregression(train, p);
  const at = (t: number) => coefficients.reduce((sum, a, k) => sum + a * series[t - 1 - k], intercept);
  return mse(
    test,
    Float32Array.from(test, (_, i) => at(train.length + i)),
  );
}

/**
 * An RNN that was led to learn its training part by heart, beside the ordinary one.
 * @returns `prone`: each of the two overfits, and noise reaches it; `poorly`: the ordinary one is worse than a linear forecast
 */
export function learningByHeart(
  series: Series,
  results: Results,
  { families, constant }: Fit,
  { past = 20 } = {},
): Evidence<"prone" | "poorly"> {
  const { rnn } = results.families;
  const byHeart = results.families["rnn-by-heart"];
  const history = findRun("rnn-by-heart-seed-0", series)?.record.history;
  const clean = (runs: typeof rnn) => errorOf(runs, NO_NOISE).mean;
  const views: View[] = [];
  if (history) {
    const x = history.map((r) => r.step);
    const curves = [
      { name: "training loss", x, y: history.map((r) => r.reconstruction) },
      { name: "validation MSE", x, y: history.map((r) => r.validationMse) },
    ];
    views.push(
      figureView(learningCurves(curves, { title: "An RNN that learns by heart", y: "MSE" }), {
        alt: "Training loss and validation error of one RNN over 20,000 steps: the training loss falls, the validation error rises.",
        caption: "H = 128, no noise in training, 20,000 steps, one seed. The training loss is that of one batch.",
      }),
    );
  }
  return {
    views,
    prone: [
      whether(
        "trained long enough, its test error exceeds that of the training mean",
        clean(byHeart),
        ">",
        trivialAt(results, NO_NOISE, "train mean"),
      ),
      whether(
        "with ordinary settings, validation error over training error exceeds the constant's by a tenth",
        families.rnn[1] / families.rnn[0],
        ">",
        1.1 * (constant[1] / constant[0]),
        2,
      ),
      whether("noise adds more than a fiftieth to its error", addedTo(rnn, noiseLevel(1, 5, "sd")).mean / clean(rnn), ">", 0.02),
    ],
    poorly: [
      whether(
        "the RNN's test error is more than a twentieth above that of a linear forecast from as many values",
        clean(rnn),
        ">",
        1.05 * linearForecast(series.values, past),
      ),
    ],
  };
}

/**
 * Figures 2 and 3: the RNNs of least and greatest test MSE beside forecasts without a network, by error, by how much they swing, and by
 * likeness to the trace.
 * @returns `looks`: the worse one follows the pattern and the better one does not
 */
export async function betterLooksWorse(series: Series, results: Results, quick?: Quick): Promise<Evidence<"looks">> {
  const { train, test } = split(series.values);
  const stretch = series.values.slice(-(test.length + HISTORY));
  const population = rnnPopulation(results.families);
  const ranked = [...population].sort((a, b) => imputationOf(a, NO_NOISE).mse.mean - imputationOf(b, NO_NOISE).mse.mean);
  const outputs: Record<string, Float32Array> = {};
  for (const [name, run] of Object.entries({ "best RNN": ranked[0], "worst RNN": ranked[ranked.length - 1] })) {
    const model = await obtainModel(run.name, series, quick);
    outputs[name] = testPart(await impute(model, stretch, { seed: 0, xi: "mean" }));
    model.dispose();
  }
  for (const name of ["previous value", "AR(10)"])
    outputs[name] = testPart(
      baselines(train)
        .find((b) => b.name === name)!
        .impute(stretch),
    );
  const likeness = (a: Float32Array, b: Float32Array) => sampleCorrelation(Array.from(a), Array.from(b));
  const { "best RNN": best, "worst RNN": worst, "previous value": previous } = outputs;
  return {
    views: [
      tableView(
        ["forecast", "test MSE", "its sd", "the trace's sd", "correlation with the trace"],
        Object.entries(outputs).map(([name, out]) => [name, mse(test, out), sd(out), sd(test), likeness(test, out)]),
        `Clean test part; the RNNs of least and greatest test MSE among ${population.length}`,
      ),
    ],
    looks: [
      whether("our worst RNN correlates more with the trace than our best", likeness(test, worst), ">", likeness(test, best), 2),
      whether("the two can be told apart: their outputs correlate by less than .9", likeness(best, worst), "<", 0.9, 2),
      whether(
        "a forecast of worse MSE, the previous value, swings at least twice as much as the best RNN",
        sd(previous),
        ">",
        2 * sd(best),
        2,
      ),
    ],
  };
}
