/** Table 2 and what stands beside it, out of stored scores: a ladder of generators, tests, variants of the score, errors over the horizon. */

import { generator } from "../base/random";
import { split } from "../data/protocol";
import type { Series } from "../data/series";
import { autocorrelation } from "../metrics/autocorrelation";
import { mean, transitionScore, transitionScoreAcross } from "../metrics/metrics";
import { samplers as generators } from "../metrics/samplers";
import { learningCurves, PALETTE } from "../notebook/figures";
import { figureView, tableView, testsView, type View } from "../notebook/views";
import { pooledAutocorrelation, STEPS } from "./evaluate";
import { CODE_VARIANT, comparisons, type Families, over, shown, table2, type Variant } from "./experiments";
import { scoresOf } from "./familyScores";
import type { Results } from "./familyTables";
import { readMetrics } from "./results";
import { findRun } from "./runs";

const MODELS = ["tDLGM", "DLGM", "RNN"] as const;
const COLOURS = { tDLGM: PALETTE[1], DLGM: PALETTE[2], RNN: PALETTE[3] };
const GREYS = { "Markov-1": "#666666", "iid marginal": "#999999", uniform: "#c4c4c4" };
const at = (steps: number) => (STEPS as readonly number[]).indexOf(steps);
const generatorOf = (train: Float32Array, name: string) => generators(train).find((one) => one.name === name)!;

/** The paper's models among generators of known quality, best first by their score of 10 steps. */
export function ladder({ families, calibration }: Pick<Results, "families" | "calibration">, lengths: readonly number[]): View {
  const rows = table2(families);
  const paper = (model: string, steps: number) => rows.find((row) => row.model === model && row.steps === steps)!.paper;
  const steps = [
    ...calibration.map(({ name, scores }) => ({
      name,
      order: scores[at(10)].mean,
      texts: lengths.map((n) => `${scores[at(n)].mean.toFixed(1)} ± ${scores[at(n)].sd.toFixed(1)}`),
    })),
    ...MODELS.map((model) => {
      return { name: `>> the paper's ${model}`, order: paper(model, 10), texts: lengths.map((n) => paper(model, n).toFixed(1)) };
    }),
  ].sort((a, b) => b.order - a.order);
  return tableView(
    ["", ...lengths.map((n) => `${n} steps`)],
    steps.map(({ name, texts }) => [name, ...texts]),
    `Algorithm 1, at most ${rows[0].ceiling}; trivial generators: mean ± sd over repetitions`,
  );
}

/** Table 2 as a figure: ours, the paper's, generators without a network. */
export function table2Figure({ families, calibration }: Pick<Results, "families" | "calibration">): View {
  const x = [...STEPS];
  const models = MODELS.flatMap((model) => {
    const [its, color] = [table2(families).filter((row) => row.model === model), COLOURS[model]];
    return [
      { name: `${model}, ours`, x, y: its.map((r) => r.ours.mean), errors: its.map((r) => r.ours.sd), color },
      { name: `${model}, paper`, x, y: its.map((r) => r.paper), dash: true, color },
    ];
  });
  const simple = Object.entries(GREYS).map(([name, color]) => {
    return { name, x, y: calibration.find((row) => row.name === name)!.scores.map((s) => s.mean), color };
  });
  const titles = { x: "steps: length of the generated sequences", y: "Algorithm 1", title: "Table 2: score over the length" };
  return figureView(learningCurves([...models, ...simple], titles), {
    alt: "Score of Algorithm 1 over the length of the generated sequences. Ours of tDLGM and DLGM lie close to the paper's dashed lines between 59 and 67, between uniform noise and independent draws; Markov-1 above them. Our RNN lies near 4, the paper's RNN at 58.",
    caption: "Solid: ours, mean ± sd over seeds. Dashed: the paper. Grey: generators without a network.",
  });
}

/** Paired tests of Table 2's order at some lengths, of its course from 2 to 30 steps, and of the order with ten bins. */
export function orderTests(families: Families, lengths: readonly number[]): View {
  const { tdlgm, dlgm, rnn } = families;
  const tenBins: Variant = { ...CODE_VARIANT, bins: 10 };
  const tests = comparisons([
    ...lengths.flatMap((steps) => [
      { what: `tDLGM − DLGM, ${steps} steps`, first: scoresOf(tdlgm, steps), second: scoresOf(dlgm, steps) },
      { what: `DLGM − RNN, ${steps} steps`, first: scoresOf(dlgm, steps), second: scoresOf(rnn, steps) },
    ]),
    ...Object.entries({ tdlgm, dlgm, rnn }).map(([name, runs]) => {
      return { what: `${name}: 30 steps − 2 steps`, first: scoresOf(runs, 30), second: scoresOf(runs, 2) };
    }),
    { what: "tDLGM − DLGM, 10 steps, 10 bins", first: scoresOf(tdlgm, 10, tenBins), second: scoresOf(dlgm, 10, tenBins) },
  ]);
  const caption = `Paired t-tests over seeds, Holm's correction over all ${tests.length === 10 ? "ten" : tests.length}`;
  return testsView(tests, caption, (x) => x.toFixed(2), "score");
}

/** The autocorrelation at lag 1 inside sequences of 30: the training part's, two simple generators', the models'. */
export function memoryView(train: Float32Array, families: Families, sequences: number): View {
  const simple = (name: string) => pooledAutocorrelation(generatorOf(train, name).generate(sequences, 30, 1)).toFixed(3);
  return tableView(
    ["sequences of", "autocorrelation at lag 1", "least – greatest"],
    [
      ["training part", autocorrelation(train, 1).toFixed(3), "–"],
      ["Markov-1", simple("Markov-1"), "–"],
      ["independent draws", simple("iid marginal"), "–"],
      ...MODELS.map((name) => {
        const runs = families[name.toLowerCase()];
        const each = runs.map((run) => run.autocorrelation);
        const range = `${Math.min(...each).toFixed(3)} – ${Math.max(...each).toFixed(3)}`;
        return [
          name,
          shown(
            over(runs, (run) => run.autocorrelation),
            3,
          ),
          range,
        ];
      }),
    ],
    "Sequences of 30, all about one mean; models: mean ± sd (n) over seeds",
  );
}

/** Algorithm 1 of the RNN that learnt its training part by heart beside the others, and its errors in words; null where it is absent. */
export function byHeartView(series: Series, families: Families): { view: View; errors: string } | null {
  const heart = findRun("rnn-by-heart-seed-0", series);
  const scored = heart && readMetrics(heart.dir);
  if (!heart || !scored) return null;
  const after = { train: CODE_VARIANT, test: { ...CODE_VARIANT, histories: "test" as const } };
  const score = (steps: number, variant: Variant) => scoresOf([scored], steps, variant)[0].toFixed(2);
  const rnn = table2(families).filter((row) => row.model === "RNN");
  const tdlgm = table2(families, after.test).filter((row) => row.model === "tDLGM");
  const view = tableView(
    ["steps", "paper's RNN", "our RNN", "RNN by heart", "the same, test histories", "tDLGM, test histories"],
    STEPS.map((steps, i) => [
      steps,
      rnn[i].paper.toFixed(2),
      shown(rnn[i].ours, 2),
      score(steps, after.train),
      score(steps, after.test),
      shown(tdlgm[i].ours, 2),
    ]),
    "Algorithm 1. By heart: 20,000 steps, seed 0 of three. Test histories: 470 sequences",
  );
  const { history, metrics } = heart.record;
  const training = history[history.length - 1].reconstruction.toFixed(4);
  const ordinary = over(families.rnn, (run) => run.imputation[0].mse.mean).mean.toFixed(4);
  return {
    view,
    errors: `training loss (a mean squared error) ${training}, one-step test MSE ${metrics.cleanMse.mean.toFixed(4)}; our RNN of Table 1 ${ordinary}`,
  };
}

/** Algorithm 1 of a simple generator's sequences of 10 under a variant of the score. */
function trivialScore(train: Float32Array, name: string, sequences: number, { bins, lag }: Variant): number {
  const made = generatorOf(train, name).generate(sequences, 10, 1);
  if (lag === "one") return transitionScore(train, made, 1, { bins });
  const random = generator(1, "starts"); // these have no history: any value of the training part may stand before
  const starts = Float32Array.from(made, () => train[random.integer(train.length)]);
  const last = Float32Array.from(made, (s) => s[9]);
  return transitionScoreAcross(train, starts, last, 10, { bins });
}

/** Every variant of the score at 10 steps, as a percentage of its own ceiling. @param sequences after training and test histories */
export function variantsView(train: Float32Array, families: Families, sequences: { train: number; test: number }): View {
  const variants = (["train", "test"] as const).flatMap((histories) =>
    ([11, 10] as const).flatMap((bins) => (["one", "steps"] as const).map((lag): Variant => ({ histories, bins, lag }))),
  );
  return tableView(
    ["variant", "ceiling", "tDLGM", "DLGM", "RNN", "uniform", "independent", "Markov-1"],
    variants.map((variant) => {
      const its = table2(families, variant).filter((row) => row.steps === 10);
      const [{ ceiling }] = its;
      const trivial = (name: string) => (100 * trivialScore(train, name, sequences[variant.histories], variant)) / ceiling;
      return [
        `${variant.histories} histories, ${variant.bins} bins, lag ${variant.lag}`,
        ceiling,
        ...MODELS.map((model) => shown(its.find((row) => row.model === model)!.percent, 1)),
        ...["uniform", "iid marginal", "Markov-1"].map((name) => trivial(name).toFixed(1)),
      ];
    }),
    "Percent of the ceiling at 10 steps; models mean ± sd (n), trivial generators one repetition",
  );
}

/**
 * Mean squared error over the horizon after test histories: the models', two constants', and the expected one of independent draws,
 * (error of the training mean) + (variance of the draws).
 */
export function horizonView(series: Float32Array, families: Families): View {
  const { train, test } = split(series);
  const starts = Array.from({ length: test.length - STEPS[STEPS.length - 1] }, (_, i) => train.length + i);
  const about = (values: number[], centre: number) => mean(values.map((v) => (v - centre) ** 2));
  const draws = about(Array.from(train), mean(train));
  const rows = table2(families);
  return tableView(
    ["steps", "tDLGM", "DLGM", "RNN", "independent draws", "training mean", "best constant in hindsight"],
    STEPS.map((steps) => {
      const came = starts.flatMap((t) => Array.from(series.subarray(t, t + steps)));
      const ofMean = about(came, mean(train));
      return [
        steps,
        ...MODELS.map((model) => shown(rows.find((row) => row.model === model && row.steps === steps)!.horizonMse)),
        ...[ofMean + draws, ofMean, about(came, mean(came))].map((x) => x.toFixed(4)),
      ];
    }),
    "Mean squared error over the horizon after test histories; models mean ± sd (n)",
  );
}
