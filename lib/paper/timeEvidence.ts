/** Evidence for the paper's claims about time: what is generated, over which horizon, how much memory free runs and the trace have. */

import { paperTable } from "../data/paper";
import { split } from "../data/protocol";
import type { Series } from "../data/series";
import { autocorrelation } from "../metrics/autocorrelation";
import { mean } from "../metrics/metrics";
import { autocorrelationBars, COLOURS, learningCurves, PALETTE } from "../notebook/figures";
import { figureView, four, percent, tableView } from "../notebook/views";
import { type Evidence, whether } from "./claims";
import { STEPS } from "./evaluate";
import { over, shown, table2 } from "./experiments";
import { errorOf, NO_NOISE, scoreOf, trivialAt } from "./familyScores";
import type { Results } from "./familyTables";
import { linearForecast } from "./rnnEvidence";

const MODELS = ["tDLGM", "DLGM", "RNN"] as const;
const LAST = STEPS.length - 1;

/** Algorithm 1 of independent draws for each of STEPS. */
const independent = ({ calibration }: Results) => calibration.find((row) => row.name === "iid marginal")!.scores.map((s) => s.mean);

/**
 * Algorithm 1 over the length of what is generated, ours, the paper's and independent draws.
 * @returns `best`: tDLGM before DLGM before the RNN, at every length by both spreads; `stable`: flat, DLGM lower
 */
export function generationOrder(results: Results, { points = 2 } = {}): Evidence<"best" | "stable"> {
  const rows = table2(results.families);
  const [tdlgm, dlgm, rnn] = MODELS.map((model) => rows.filter((r) => r.model === model));
  const x = [...STEPS];
  const curves = [tdlgm, dlgm, rnn].flatMap((its, i) => {
    const color = PALETTE[i + 1]; // as on the first page
    return [
      { name: `${its[0].model}, ours`, x, y: its.map((r) => r.ours.mean), errors: its.map((r) => r.ours.sd), color },
      { name: `${its[0].model}, paper`, x, y: its.map((r) => r.paper), dash: true, color },
    ];
  });
  const simple = { name: "independent draws", x, y: independent(results), color: COLOURS.trivial };
  const above = (a: typeof rows, b: typeof rows) => a.every(({ ours }, i) => ours.mean - ours.sd > b[i].ours.mean + b[i].ours.sd);
  const range = (its: typeof rows) => Math.max(...its.map((r) => r.ours.mean)) - Math.min(...its.map((r) => r.ours.mean));
  const at30 = (its: typeof rows) => shown(its[LAST].ours, 1);
  return {
    views: [
      figureView(
        learningCurves([...curves, simple], {
          title: "Algorithm 1 over the length of the generated sequence",
          x: "steps",
          y: "score (at most 80)",
        }),
        {
          alt: "Algorithm 1's score over sequence lengths 2 to 30. Ours for tDLGM and DLGM are flat in the sixties, a little above the paper's; our RNN lies near 4, the paper's at 58; independent draws lie above all.",
          caption: "Mean ± sd over seeds, 7,650 sequences each; the paper's numbers dashed.",
        },
      ),
    ],
    best: [
      [`tDLGM is above DLGM at every length, by more than both spreads: ${at30(tdlgm)} against ${at30(dlgm)} at 30`, above(tdlgm, dlgm)],
      [`DLGM is above the RNN in the same way: ${at30(rnn)} at 30`, above(dlgm, rnn)],
    ],
    stable: [
      whether(`over all lengths tDLGM's score varies by less than ${points} of 80 points`, range(tdlgm), "<", points, 1),
      whether("so does DLGM's", range(dlgm), "<", points, 1),
      whether("DLGM's is lower", dlgm[LAST].ours.mean, "<", tdlgm[LAST].ours.mean, 1),
    ],
  };
}

/**
 * The RNN over the horizon: the paper's score, ours, that of the RNN which learnt by heart, and squared errors of all models.
 * @returns `deteriorates`: scores fall by a twentieth or the error grows by a quarter from 2 to 30 steps; at 2 steps it is good
 */
export function rnnOverHorizon(results: Results): Evidence<"deteriorates"> {
  const { families } = results;
  const rows = table2(families);
  const [rnn, dlgm] = ["RNN", "DLGM"].map((model) => rows.filter((r) => r.model === model));
  const heart = STEPS.map((steps) => scoreOf(families["rnn-by-heart"], steps));
  const horizon = (name: string, i: number) => over(families[name], (run) => run.horizonMse[i].mse);
  return {
    views: [
      tableView(
        ["steps", "RNN, paper's score", "RNN, our score", "RNN by heart, score", "RNN, MSE over the horizon", "tDLGM, MSE", "DLGM, MSE"],
        STEPS.map((steps, i) => [
          steps,
          rnn[i].paper,
          shown(rnn[i].ours, 2),
          shown(heart[i], 2),
          ...["rnn", "tdlgm", "dlgm"].map((name) => shown(horizon(name, i))),
        ]),
        `MSE of the first steps of generated values against what came, after test histories. Trivial: a constant, the training mean, ${four(trivialAt(results, NO_NOISE, "train mean"))}.`,
      ),
    ],
    deteriorates: [
      whether("the paper's own score falls by more than a twentieth", rnn[LAST].paper, "<", 0.95 * rnn[0].paper, 1),
      whether("at 2 steps our RNN scores higher than DLGM", rnn[0].ours.mean, ">", dlgm[0].ours.mean, 1),
      whether(
        "the RNN that learnt by heart loses more than a twentieth from 2 to 30 steps",
        heart[LAST].mean,
        "<",
        0.95 * heart[0].mean,
        1,
      ),
      whether(
        "our RNN's squared error grows by more than a quarter from 2 to 30 steps",
        horizon("rnn", LAST).mean / horizon("rnn", 0).mean - 1,
        ">",
        0.25,
        2,
      ),
    ],
  };
}

/**
 * How the values of free runs hang together, beside the trace's.
 * @returns `generates`: error, score and memory of what tDLGM makes; `halfMemory`, `anyMemory`: whether free runs have half of the trace's, or any
 */
export function freeRunMemory(series: Series, results: Results): Evidence<"generates" | "halfMemory" | "anyMemory"> {
  const { families } = results;
  const lag1 = autocorrelation(split(series.values).train, 1);
  const memory = ["tdlgm", "dlgm", "rnn"].map((name) => over(families[name], (run) => run.autocorrelation));
  const half = (what: string) => whether(what, memory[0].mean, ">", 0.5 * lag1, 3);
  return {
    views: [
      tableView(
        ["what", "autocorrelation at lag 1"],
        [
          ["the trace (training part)", lag1.toFixed(3)],
          ...MODELS.map((name, i) => [name, shown(memory[i], 3)]),
          ["trivial: independent draws", "0"],
        ],
        "Inside generated sequences of 30 values; mean ± sd over seeds (n)",
      ),
    ],
    generates: [
      whether("its clean error is below the paper's", errorOf(families.tdlgm, NO_NOISE).mean, "<", paperTable(1)[0].value),
      whether(
        "what it generates scores higher than independent draws",
        scoreOf(families.tdlgm, 30).mean,
        ">",
        independent(results)[LAST],
        1,
      ),
      half("what it generates has at least half of the trace's autocorrelation"),
    ],
    halfMemory: [half("a free run has at least half of the trace's autocorrelation")],
    anyMemory: [whether("its generated sequences have an autocorrelation above .05, at lag 1 even", memory[0].mean, ">", 0.05, 3)],
  };
}

/**
 * The trace's memory: autocorrelations, and what p past values are worth to a linear forecast.
 * @returns `long`: something at lags of `far` and more; `limited`: five values give most of it
 */
export function memoryOfTrace(
  series: Series,
  results: Results,
  { lags = 50, far = 20, orders = [1, 2, 5, 10, 20, 50, 100] } = {},
): Evidence<"long" | "limited"> {
  const { values } = series;
  const { train, test } = split(values);
  const { families } = results;
  const constant = trivialAt(results, NO_NOISE, "train mean");
  const correlations = Array.from({ length: lags }, (_, k) => autocorrelation(train, k + 1));
  const late = Math.max(...correlations.slice(far - 1));
  const [five, ten, hundred] = [5, 10, 100].map((p) => linearForecast(values, p));
  const rnns = [families.rnn, families["rnn-m10"]].map((runs) => shown(errorOf(runs, NO_NOISE)));
  return {
    views: [
      figureView(autocorrelationBars([{ name: "training part", values: correlations }], { title: "The trace's autocorrelation" }), {
        alt: `Autocorrelation of the training part at lags 1 to ${lags}: a quarter at lag 1, falling below a tenth within three lags and staying small.`,
        caption: "A correlation of .05 explains .05² = .25 % of the variance.",
      }),
      tableView(
        ["past values", "test MSE of AR(p)", "better than the mean by"],
        orders.map((p) => [p, linearForecast(values, p), percent(1 - linearForecast(values, p) / constant)]),
        `Trivial: the training mean, ${four(constant)}. The series drifts: its mean is ${mean(train).toFixed(2)} in training, ${mean(test).toFixed(2)} in the test part. RNN with 20 past values: ${rnns[0]}, with 10: ${rnns[1]}.`,
      ),
    ],
    long: [
      whether(`some autocorrelation at lags ${far} to ${lags} is above what chance gives`, late, ">", 1.96 / Math.sqrt(train.length), 3),
      whether(`some autocorrelation at lags ${far} to ${lags} is above .1`, late, ">", 0.1, 3),
      whether("100 past values forecast better than 10 by at least a twentieth", hundred, "<", 0.95 * ten),
    ],
    limited: [
      whether("five past values give at least three quarters of what 100 give", constant - five, ">", 0.75 * (constant - hundred)),
      whether(`from lag ${far} on every autocorrelation is below .1`, late, "<", 0.1, 3),
    ],
  };
}
