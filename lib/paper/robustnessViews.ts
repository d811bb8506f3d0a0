/** Table 3 and Figure 10 as 07-robustness shows them: errors over the noise, tests between levels, and how much of a noise is handed on. */

import type { NoiseReading } from "../data/protocol";
import { mean, mse } from "../metrics/metrics";
import { COLOURS, type Line, learningCurves, PALETTE, seriesSegment } from "../notebook/figures";
import { figureView, small, tableView, testsView, type View } from "../notebook/views";
import { comparisons, type Families, imputationOf, ROBUSTNESS, shown, table3 } from "./experiments";
import { addedTo, errorOf, errorsOf, labelOf, NO_NOISE, noiseLevel, trivialAt, type Xi } from "./familyScores";
import type { Results } from "./familyTables";
import { NOISE_LEVELS, type NoiseLevel } from "./levels";

type Scored = Pick<Results, "families" | "trivial">;

const LABELS: Record<(typeof ROBUSTNESS)[number], string> = {
  tdlgm: "tDLGM, trained without noise",
  "dlgm-clean": "DLGM, trained without noise",
  dlgm: "DLGM, trained with noise",
  "rnn-clean": "RNN, trained without noise",
  rnn: "RNN, trained with noise",
};
const TRIVIAL = ["identity", "linear filter", "Bayes filter", "train mean"];
/** Table 3's levels under a reading, weakest first, or the same with a bias. */
const levelsOf = (reading: NoiseReading, table: 3 | "biased" = 3): NoiseLevel[] =>
  NOISE_LEVELS.filter((level) => level.table === table && level.reading === reading);
/** "0.0333 as sd" */
const words = ({ variance, reading }: NoiseLevel) => `${Number(variance.toFixed(4))} as ${reading}`;

/** A family's MSE over levels as a line. */
const familyLine = (families: Families, family: string, levels: NoiseLevel[], xi: Xi, name: string, color: string): Line => {
  const its = levels.map((level) => errorOf(families[family], level, xi));
  return { name, x: levels.map((l) => l.variance), y: its.map((s) => s.mean), errors: its.map((s) => s.sd), color };
};
/** The same of a method without a network. */
const trivialLine = (results: Scored, levels: NoiseLevel[], name: string, color: string): Line => {
  return { name, x: levels.map((l) => l.variance), y: levels.map((level) => trivialAt(results, level, name)), color };
};

/** Table 3 as a figure under one reading of σ²: the paper's line, ours, DLGM's, and two methods without a network. */
export function table3Figure(results: Scored, reading: NoiseReading): View {
  const { families } = results;
  const levels = levelsOf(reading);
  const paper = table3(families).filter((row) => row.reading === reading);
  const lines = [
    { name: "tDLGM, paper", x: levels.map((l) => l.variance), y: paper.map((r) => r.paper.mse), dash: true, color: COLOURS.paper },
    familyLine(families, "tdlgm", levels, "sample", "tDLGM, one draw of ξ", PALETTE[1]),
    familyLine(families, "tdlgm", levels, "mean", "tDLGM, posterior mean", PALETTE[4]),
    familyLine(families, "dlgm-clean", levels, "sample", "DLGM trained without noise", PALETTE[2]),
    trivialLine(results, levels, "identity", "#999999"),
    trivialLine(results, levels, "Bayes filter", "#c4a000"),
  ];
  const title = `Table 3, σ² read as a ${reading === "sd" ? "standard deviation" : "variance"}`;
  return figureView(learningCurves(lines, { log: true, logX: true, x: "σ² as printed", y: "MSE", title }), {
    alt:
      reading === "sd"
        ? "MSE over σ², both axes logarithmic, σ² as a standard deviation. The paper's tDLGM and ours are nearly flat near .01 and rise at the last level. DLGM trained without noise lies near .001, the identity and the Bayes filter far below at weak noise; at the last level all but the paper's meet between .006 and .014."
        : "MSE over σ², both axes logarithmic, σ² as a variance. All curves rise with the noise from about .003-.011 to about .04-.06, the identity, DLGM and the Bayes filter close together below tDLGM, while the paper's dashed line stays near .013 and ends at .019, at the last two levels below the Bayes filter.",
    caption: "Dashed: the paper. Ours: mean ± sd over seeds. Grey: the noisy value handed back. Yellow: a filter that knows the noise.",
  });
}

/** What Table 3's last level adds to the first, and how many times larger its variance of squared errors is: the paper's and both readings. */
export function readingsView(results: Scored): View {
  const rows = table3(results.families);
  const ends = (reading: NoiseReading) => [10, 1].map((n) => rows.find((r) => r.row === n && r.reading === reading)!);
  const both = ["sd", "variance"] as const;
  const name = { sd: "a standard deviation", variance: "a variance" };
  const [last, first] = ends("sd");
  return tableView(
    ["row 10 against row 1", "MSE added", "Variance, times"],
    [
      ["the paper's tDLGM", last.paper.mse - first.paper.mse, last.paper.variance / first.paper.variance],
      ...both.map((reading) => {
        const [ten, one] = ends(reading).map((row) => row.ours.tdlgm.sample);
        return [`ours, σ² as ${name[reading]}`, ten.mse.mean - one.mse.mean, ten.errorVariance.mean / one.errorVariance.mean];
      }),
      ...both.map((reading) => {
        const [ten, one] = [10, 1].map((row) => trivialAt(results, noiseLevel(3, row, reading)));
        return [`identity, as ${name[reading]}`, ten - one, null];
      }),
    ],
    undefined,
    { digits: 3 },
  );
}

/** A family's error at each of Table 3's levels against that at the first, paired by seed, beside the sd of a single noise draw. */
export function growthTests(families: Families, { family = "tdlgm" } = {}): View {
  const runs = families[family];
  const within = (["sd", "variance"] as const).flatMap((reading) => {
    const [first, ...others] = levelsOf(reading);
    return others.map((level) => ({ first, level }));
  });
  const tests = comparisons(
    within.map(({ first, level }) => ({
      what: `σ² ${level.variance.toFixed(4)} − ${first.variance.toFixed(4)}, as ${level.reading}`,
      first: errorsOf(runs, level),
      second: errorsOf(runs, first),
    })),
  );
  return tableView(
    [`${labelOf(family)}'s MSE`, "difference", "of the first level's", "seeds", "p, Holm", "sd of a single draw"],
    tests.map((t, i) => {
      const { first, level } = within[i];
      const share = (100 * t.difference) / errorOf(runs, first).mean;
      const draw = Math.sqrt(mean(runs.map((run) => imputationOf(run, level).mseVariance.sample)));
      return [t.what, t.difference.toFixed(5), `${share.toFixed(1)} %`, t.n, small(t.corrected), draw.toFixed(5)];
    }),
    `Paired t-tests over seeds, Holm's correction over all ${tests.length}`,
  );
}

/** A stretch of the test part and what tDLGM makes of its noisy values, as in Figure 10; MSE of both over the whole test part. */
export function figure10(
  name: string,
  test: Float32Array,
  noisy: Float32Array,
  imputed: Float32Array,
  { level, from, length }: { level: NoiseLevel; from: number; length: number },
): View {
  const stretch = (values: Float32Array) => values.subarray(from, from + length);
  const noise = `every value noisy, σ² = ${Number(level.variance.toFixed(4))} read as ${level.reading}`;
  const [error, ofNoisy] = [mse(test, imputed), mse(test, noisy)].map((x) => x.toFixed(4));
  const titles = { title: `Figure ${name}: tDLGM, ${noise}`, x: "step in the test part" };
  return figureView(seriesSegment(stretch(test), stretch(imputed), from, titles), {
    alt: `${length} test values, blue, jumping between a few levels with many at 1.0, and tDLGM's imputation, orange; ${noise}. MSE over the test part ${error}, of the noisy values themselves ${ofNoisy}.`,
    caption: `GPU requests of ${length} consecutive test pods (blue), tDLGM (orange), ${noise}; MSE over the whole test part ${error}, of the noisy values themselves ${ofNoisy}.`,
    seriesDrawn: true,
  });
}

/** Errors without noise and at some levels: all models, trained with noise and without, and methods without a network. */
export function errorsView(results: Scored, levels: NoiseLevel[]): View {
  const clean = (name: string) => results.trivial[0][name]?.toFixed(4) ?? "–";
  return tableView(
    ["MSE", "no noise", ...levels.map(words)],
    [
      ...ROBUSTNESS.map((name) => [LABELS[name], ...[NO_NOISE, ...levels].map((l) => shown(errorOf(results.families[name], l)))]),
      ...TRIVIAL.map((name) => [name, clean(name), ...levels.map((level) => trivialAt(results, level, name).toFixed(4))]),
    ],
    "One draw of ξ, mean ± sd (n) over seeds; the linear and the Bayes filter know the noise",
  );
}

/** Paired tests at some levels: what training noise changes for DLGM and RNN, and tDLGM against DLGM, both trained without. */
export function trainingNoiseTests(families: Families, levels: NoiseLevel[]): View {
  const pairs = [
    ["dlgm", "dlgm-clean", "sample", "DLGM: with − without training noise"],
    ["rnn", "rnn-clean", "sample", "RNN: with − without training noise"],
    ["tdlgm", "dlgm-clean", "sample", "tDLGM − DLGM, both without"],
    ["tdlgm", "dlgm-clean", "mean", "the same at the posterior mean"],
  ] as const;
  const tests = comparisons(
    pairs.flatMap(([a, b, xi, what]) =>
      levels.map((level) => {
        const [one, two] = [errorsOf(families[a], level, xi), errorsOf(families[b], level, xi)];
        const n = Math.min(one.length, two.length); // the families without noise have fewer seeds
        return { what: `${what}, ${words(level)}`, first: one.slice(0, n), second: two.slice(0, n) };
      }),
    ),
  );
  const all = tests.length === 16 ? "sixteen" : tests.length;
  const start = levels[0].table === "biased" ? "Biased noise, paired" : "Paired";
  const caption = `${start} by seed; Holm's correction over all ${all}. Below 0: the first is better`;
  return testsView(tests, caption, (x) => x.toFixed(5));
}

/** The share of a noise that is handed on, (MSE − MSE without noise) / MSE of the noisy values: 1 for the identity, 0 for a constant. */
export function handedOn(results: Scored, levels: NoiseLevel[]): View {
  const share = (added: number, level: NoiseLevel) => (added / trivialAt(results, level)).toFixed(2);
  return tableView(
    ["share of the noise handed on", ...levels.map(words)],
    [
      ...ROBUSTNESS.map((name) => [LABELS[name], ...levels.map((level) => share(addedTo(results.families[name], level).mean, level))]),
      ...TRIVIAL.map((name) => {
        const own = results.trivial[0][name] ?? 0; // a filter that knows of no noise hands all back
        return [name, ...levels.map((level) => share(trivialAt(results, level, name) - own, level))];
      }),
    ],
    "(MSE − MSE without noise) / MSE of the noisy values, one draw of ξ",
  );
}

/** All models over the levels of a noise with a mean of .1, σ² as a standard deviation. */
export function biasedFigure(results: Scored): View {
  const levels = levelsOf("sd", "biased");
  const names = ["tDLGM", "DLGM", "DLGM, training noise", "RNN", "RNN, training noise"];
  const colours = [PALETTE[1], PALETTE[2], PALETTE[7], PALETTE[3], PALETTE[6]];
  const lines = [
    ...ROBUSTNESS.map((family, i) => familyLine(results.families, family, levels, "sample", names[i], colours[i])),
    trivialLine(results, levels, "identity", "#999999"),
    trivialLine(results, levels, "train mean", "#c4c4c4"),
  ];
  const titles = { x: "σ² as printed, read as a standard deviation", y: "MSE", title: "Noise with a mean of 0.1" };
  return figureView(learningCurves(lines, { log: true, logX: true, ...titles }), {
    alt: "MSE over σ² for noise with a mean of .1, both axes logarithmic. Flat but for the last level: identity near .005, the two DLGMs near .009, tDLGM near .014, the two RNNs near .07, the training mean at .09.",
    caption: "Ours: mean ± sd over seeds, one draw of ξ. The RNNs (nearly one line) don't see the value that they are scored on.",
  });
}
