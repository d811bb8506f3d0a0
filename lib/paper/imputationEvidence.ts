/** Evidence for the paper's claims about imputation: the order of the models, what their σ has to do with it, and whether they overfit. */

import { split, validationSplit } from "../data/protocol";
import type { Series } from "../data/series";
import { mean, mse } from "../metrics/metrics";
import { four, small, tableView, testsView } from "../notebook/views";
import { impute } from "../training/imputation";
import { type Condition, type Evidence, whether } from "./claims";
import { STEPS } from "./evaluate";
import { type Comparison, comparisons, levelName, shown } from "./experiments";
import { addedTo, errorOf, errorsOf, labelOf, NO_NOISE, noiseLevel, scoreOf, trivialAt, type Xi } from "./familyScores";
import type { Results } from "./familyTables";
import { obtainModel, type Quick } from "./results";

/**
 * DLGM, tDLGM, RNN by test MSE, without noise and under `strongest`, paired by seed.
 * @returns `order`: DLGM before tDLGM before the RNN; `beats`: tDLGM against RNN, DLGM, and the noisy value handed back
 */
export function modelOrder(
  results: Results,
  { xi = "sample" as Xi, strongest = noiseLevel(1, 5, "sd") } = {},
): Evidence<"order" | "beats"> {
  const { tdlgm, dlgm, rnn } = results.families;
  const tests = comparisons(
    [NO_NOISE, strongest].flatMap((level) => [
      { what: `tDLGM − DLGM, ${levelName(level)}`, first: errorsOf(tdlgm, level, xi), second: errorsOf(dlgm, level, xi) },
      { what: `RNN − tDLGM, ${levelName(level)}`, first: errorsOf(rnn, level, xi), second: errorsOf(tdlgm, level, xi) },
    ]),
  );
  const sure = (of: Comparison[]) => of.every((t) => t.difference > 0 && t.corrected < 0.05);
  const [overDlgm, overRnn] = [0, 1].map((i) => [tests[i], tests[i + 2]]);
  const most = (of: Comparison[]) => small(Math.max(...of.map((t) => t.corrected)));
  const error = (runs: typeof tdlgm, level = NO_NOISE) => errorOf(runs, level, xi).mean;
  return {
    views: [
      testsView(tests, `Paired by seed, ${xi === "sample" ? "one draw of ξ" : "posterior mean"}; positive: the second model is better`),
    ],
    order: [
      [`DLGM is below tDLGM with noise and without, p at most ${most(overDlgm)}`, sure(overDlgm)],
      [`tDLGM is below the RNN, p at most ${most(overRnn)}`, sure(overRnn)],
    ],
    beats: [
      ["at imputation tDLGM beats the RNN, with noise and without", sure(overRnn)],
      whether("it beats DLGM without noise", error(tdlgm), "<", error(dlgm)),
      whether(
        "it beats the noisy value handed back at Table 1's strongest noise",
        error(tdlgm, strongest),
        "<",
        trivialAt(results, strongest),
      ),
    ],
  };
}

const SIGMAS = {
  "tDLGM, σ = .1 (its default)": "tdlgm",
  "DLGM, σ = .1": "dlgm-sd-0.1",
  "tDLGM, σ = .05": "tdlgm-sd-0.05",
  "DLGM, σ = .05": "dlgm-sd-0.05",
  "DLGM, σ = .03 (its default)": "dlgm",
};

/** Families in words, side by side at imputing and generating: both models under one σ of the Gaussian likelihood and another. */
export function equalSigma(
  results: Results,
  { families = SIGMAS as Record<string, string>, noise = noiseLevel(3, 10, "sd") } = {},
): Evidence {
  const draws = results.calibration.find((c) => c.name === "iid marginal")!.scores[STEPS.length - 1];
  return {
    views: [
      tableView(
        [
          "model",
          "clean MSE, one draw",
          "clean MSE, posterior mean",
          "Table 3's strongest noise",
          "added by it",
          "Algorithm 1 at 30 steps",
        ],
        Object.entries(families).map(([what, name]) => {
          const runs = results.families[name];
          const errors = [errorOf(runs, NO_NOISE), errorOf(runs, NO_NOISE, "mean"), errorOf(runs, noise), addedTo(runs, noise)];
          return [what, ...errors.map((of) => shown(of)), shown(scoreOf(runs, 30), 1)];
        }),
        `σ² as a standard deviation; mean ± sd over seeds (n). DLGM trained with noise. Trivial: identity 0 and ${four(trivialAt(results, noise))}, independent draws ${draws.mean.toFixed(1)}.`,
      ),
    ],
  };
}

/** Clean MSE at the posterior mean on the part trained on, the validation part, the test part, as means over `seeds` seeds. */
export interface Fit {
  seeds: number;
  families: Record<string, number[]>;
  /** Of the mean of what was trained on. */
  constant: number[];
}

/** How well families fit what they were trained on and what they were not: overfitting by its definition. */
export async function fitByPart(
  series: Series,
  { families = ["tdlgm", "dlgm-clean", "dlgm", "rnn-clean", "rnn"], seeds = 3, quick = undefined as Quick | undefined } = {},
): Promise<Fit> {
  const { values } = series;
  const { train } = split(values);
  const { trainEnd, validationStart } = validationSplit(train.length, 20);
  const cuts = [
    [0, trainEnd],
    [validationStart, train.length],
    [train.length, values.length],
  ];
  const fit: Record<string, number[]> = {};
  for (const name of families) {
    const errors: number[][] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const model = await obtainModel(`${name}-seed-${seed}`, series, quick);
      const imputed = await impute(model, values, { seed: 0, xi: "mean" });
      errors.push(cuts.map(([from, to]) => mse(values.subarray(from, to), imputed.subarray(from, to))));
      model.dispose();
    }
    fit[name] = cuts.map((_, i) => mean(errors.map((row) => row[i])));
  }
  const centre = mean(values.subarray(0, trainEnd));
  const constant = cuts.map(([from, to]) => mean(Array.from(values.subarray(from, to), (v) => (v - centre) ** 2)));
  return { seeds, families: fit, constant };
}

/**
 * The fit as a table with the ratios that tell overfitting.
 * @returns `overfits`: DLGM, trained with noise and without, against its own training part, tDLGM, and a noise it was not trained on
 */
export function overfitting(results: Results, { families, constant, seeds }: Fit, { factor = 2 } = {}): Evidence<"overfits"> {
  const lines: [string, number[]][] = Object.entries(families).map(([name, parts]) => [labelOf(name), parts]);
  const gap = (name: string) => families[name][2] / families[name][0];
  const strongest = noiseLevel(1, 5, "sd");
  const error = (name: string) => errorOf(results.families[name], strongest).mean;
  const twice = factor === 2 ? "twice" : `${factor} times`;
  const overfits: Condition[] = [
    whether(`DLGM's test error is more than ${twice} that on the part it was trained on`, gap("dlgm"), ">", factor, 2),
    whether("so is that of DLGM trained without noise", gap("dlgm-clean"), ">", factor, 2),
    whether("DLGM's test error over its training error exceeds tDLGM's", gap("dlgm"), ">", gap("tdlgm"), 2),
    whether("under a noise that it was not trained on, DLGM is worse than tDLGM", error("dlgm-clean"), ">", error("tdlgm")),
  ];
  return {
    views: [
      tableView(
        ["model", "trained on", "validation part", "test part", "validation / trained", "test / trained"],
        [...lines, ["trivial: the training mean", constant] as const].map(([name, [on, validation, test]]) => {
          return [name, on, validation, test, validation / on, test / on];
        }),
        `Clean imputation at the posterior mean; the RNN's forecast. Means over ${seeds} seeds. DLGM and RNN were trained on noisy inputs and are shown clean ones here.`,
      ),
    ],
    overfits,
  };
}
