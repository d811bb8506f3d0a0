/** Evidence for the paper's claims about noise: whether errors grow, who bears it, and what training noise or the regularizer has to do with it. */

import { paperTable } from "../data/paper";
import type { NoiseReading } from "../data/protocol";
import { four, percent, small, tableView } from "../notebook/views";
import { type Condition, type Evidence, whether } from "./claims";
import { type Comparison, comparisons, levelName, shown } from "./experiments";
import { addedTo, errorOf, errorsOf, labelOf, NO_NOISE, noiseLevel, spreadOf, trainingLabel, trivialAt, type Xi } from "./familyScores";
import type { Results } from "./familyTables";
import { NOISE_LEVELS, type NoiseLevel } from "./levels";

const STRONGEST = { table1: noiseLevel(1, 5, "sd"), table1Variance: noiseLevel(1, 5, "variance"), table3: noiseLevel(3, 10, "sd") };
/** Table 3's MSE as printed, weakest noise first. */
const printed3 = () => paperTable(3).filter((cell) => cell.column === "MSE");

/**
 * Does the error grow with the noise? A family's error under noise against its error without, paired by seed, Holm's correction over all.
 * @returns `little`: at most the share `bound` of the clean error is added; `certain`: no noise is worse than none at p < .05
 */
export function errorIncrease(
  results: Results,
  { family = "tdlgm", xi = "sample" as Xi, bound = 0.1, rows = { 1: [2, 3, 4, 5], 3: [1, 5, 9, 10] } } = {},
): Evidence<"little" | "certain"> {
  const runs = results.families[family];
  const levels = NOISE_LEVELS.filter(({ table, row }) => table !== "biased" && rows[table].includes(row));
  const clean = errorOf(runs, NO_NOISE, xi);
  const tests = comparisons(
    levels.map((level) => ({
      what: `Table ${level.table}, ${levelName(level)}`,
      first: errorsOf(runs, level, xi),
      second: errorsOf(runs, NO_NOISE, xi),
    })),
  );
  const read = (reading: NoiseReading) => tests.filter((_, i) => levels[i].reading === reading);
  const greatest = (of: Comparison[]) => Math.max(...of.map((t) => t.difference)) / clean.mean;
  const noneWorse = (what: string, of: Comparison[]): Condition => {
    const worse = of.filter((t) => t.difference > 0 && t.corrected < 0.05).length;
    return [`${what}: it is at ${worse} of ${of.length}`, worse === 0];
  };
  const paper = printed3();
  const share = bound === 0.1 ? "a tenth" : percent(bound);
  return {
    views: [
      tableView(
        ["noise", `${labelOf(family)}'s MSE`, "increase over clean", "p, Holm", "trivial: identity"],
        tests.map((t, i) => [
          t.what,
          shown(errorOf(runs, levels[i], xi)),
          percent(t.difference / clean.mean),
          small(t.corrected),
          four(trivialAt(results, levels[i])),
        ]),
        `${labelOf(family)} ${xi === "sample" ? "with one draw of ξ" : "at the posterior mean"}; without noise ${shown(clean)}. Paired by seed, ${tests.length} tests.`,
      ),
    ],
    little: [
      whether(`σ² as a standard deviation, at most ${share} of the clean error is added`, greatest(read("sd")), "<", bound, 2),
      whether("the same with σ² as a variance", greatest(read("variance")), "<", bound, 2),
      whether(`the paper's own Table 3 rises by at most ${share}`, paper[9].value / paper[0].value - 1, "<", bound, 2),
    ],
    certain: [
      noneWorse("as a standard deviation at no level is the error significantly larger than without noise (p < .05)", read("sd")),
      noneWorse("as a variance the same", read("variance")),
    ],
  };
}

const ROBUST = ["tdlgm", "dlgm-clean", "dlgm", "rnn-clean", "rnn"];

/**
 * Who bears a noise that training did not have: errors without noise and under `level`, and what it adds.
 * @returns `proof`: tDLGM against the paper, DLGM trained without noise, and the identity; `similarly`: tDLGM against one trained with noise
 */
export function trainedWithoutNoise(
  results: Results,
  { families = ["tdlgm", "tdlgm-noisy", ...ROBUST.slice(1)], level = STRONGEST.table3 } = {},
): Evidence<"proof" | "similarly"> {
  const runs = results.families;
  const error = (name: string) => errorOf(runs[name], level).mean;
  const paper = printed3()[9];
  return {
    views: [
      tableView(
        ["model", "clean, one draw", "noisy, one draw", "added, one draw", "noisy, posterior mean", "added, posterior mean"],
        families.map((name) => [
          trainingLabel(name),
          shown(errorOf(runs[name], NO_NOISE)),
          shown(errorOf(runs[name], level)),
          shown(addedTo(runs[name], level)),
          shown(errorOf(runs[name], level, "mean")),
          shown(addedTo(runs[name], level, "mean")),
        ]),
        `σ² = 0.1 as a standard deviation. Paper's tDLGM: ${paper.printed}. Trivial: identity ${four(trivialAt(results, level))}, Bayes filter ${four(trivialAt(results, level, "Bayes filter"))}.`,
      ),
    ],
    proof: [
      whether("under the strongest noise tDLGM's error is below the paper's", error("tdlgm"), "<", paper.value),
      whether(
        "noise adds less to it than to a DLGM trained without",
        addedTo(runs.tdlgm, level).mean,
        "<",
        addedTo(runs["dlgm-clean"], level).mean,
      ),
      whether("its error is below that DLGM's", error("tdlgm"), "<", error("dlgm-clean")),
      whether("its error is below the identity's", error("tdlgm"), "<", trivialAt(results, level)),
    ],
    similarly: [
      whether(
        "trained without noise, tDLGM's error under the strongest is at most a tenth above that of one trained with it",
        error("tdlgm"),
        "<",
        1.1 * error("tdlgm-noisy"),
      ),
    ],
  };
}

/**
 * The same noise with a mean of .1, which no model was trained on, at rows of Table 3.
 * @returns `equipped`: at the last of the rows tDLGM against DLGM trained with another noise
 */
export function biasedNoise(results: Results, { families = ROBUST, rows = [1, 10] } = {}): Evidence<"equipped"> {
  const runs = results.families;
  const levels = rows.map((row) => noiseLevel("biased", row, "sd"));
  const last = levels[levels.length - 1];
  const added = (name: string, xi?: Xi) => addedTo(runs[name], last, xi).mean;
  return {
    views: [
      tableView(
        ["noise", "model", "MSE, one draw", "added", "added, posterior mean", "trivial: identity"],
        levels.flatMap((level) =>
          families.map((name) => [
            levelName(level),
            trainingLabel(name),
            shown(errorOf(runs[name], level)),
            shown(addedTo(runs[name], level)),
            shown(addedTo(runs[name], level, "mean")),
            four(trivialAt(results, level)),
          ]),
        ),
        "The first and the last row of Table 3, biased; mean ± sd over seeds (n)",
      ),
    ],
    equipped: [
      whether("with one draw it adds less to tDLGM than to DLGM trained with another noise", added("tdlgm"), "<", added("dlgm")),
      whether("so it does at the posterior mean", added("tdlgm", "mean"), "<", added("dlgm", "mean")),
      whether("tDLGM's error is below DLGM's", errorOf(runs.tdlgm, last).mean, "<", errorOf(runs.dlgm, last).mean),
    ],
  };
}

/**
 * How much of Table 1's strongest noise DLGM and RNN let through, trained with noise and without.
 * @returns `dlgm`: below tDLGM, and less than half of the noise; `rnn`: hardly any, and because of its training
 */
export function almostUnaffected(
  results: Results,
  { families = ["dlgm", "dlgm-clean", "rnn", "rnn-clean"] } = {},
): Evidence<"dlgm" | "rnn"> {
  const runs = results.families;
  const { table1: level, table1Variance: variance } = STRONGEST;
  const [noise, noiseVariance] = [trivialAt(results, level), trivialAt(results, variance)];
  const error = (name: string) => errorOf(runs[name], level).mean;
  const added = (name: string, at: NoiseLevel = level) => addedTo(runs[name], at).mean;
  const clean = (name: string) => errorOf(runs[name], NO_NOISE);
  return {
    views: [
      tableView(
        [
          "model",
          "clean MSE",
          "strongest noise, as sd",
          "added, of the clean MSE",
          "added, of the noise's own MSE",
          "the same, as variance",
        ],
        families.map((name) => [
          labelOf(name),
          shown(clean(name)),
          shown(errorOf(runs[name], level)),
          percent(added(name) / clean(name).mean),
          percent(added(name) / noise),
          percent(added(name, variance) / noiseVariance),
        ]),
        `Table 1's strongest noise. Trivial: identity ${four(noise)} as sd, ${four(noiseVariance)} as variance.`,
      ),
    ],
    dlgm: [
      whether("its error at Table 1's strongest noise is below tDLGM's", error("dlgm"), "<", error("tdlgm")),
      whether("it lets less than half of that noise through", added("dlgm") / noise, "<", 0.5, 2),
    ],
    rnn: [
      whether("the noise adds less than a fiftieth to its error", added("rnn") / clean("rnn").mean, "<", 0.02),
      whether("it adds more than twice as much to an RNN trained without noise", added("rnn-clean"), ">", 2 * added("rnn")),
    ],
  };
}

/**
 * What noise adds to tDLGM without the state's MSE in its loss, with it, and with ten times as much.
 * @returns `robust`: without it, noise adds more by at least one spread
 */
export function regularizer(results: Results, { noise = STRONGEST.table3 } = {}): Evidence<"robust"> {
  const runs = results.families;
  const alphas = { "α = 0": "tdlgm-alpha-0", "α = 1": "tdlgm", "α = 10": "tdlgm-alpha-10" };
  const [without, withIt] = [addedTo(runs["tdlgm-alpha-0"], noise), addedTo(runs.tdlgm, noise)];
  return {
    views: [
      tableView(
        ["regularizer", "clean MSE", "added by Table 1's strongest noise", "added by Table 3's strongest"],
        Object.entries(alphas).map(([what, name]) => [
          what,
          shown(errorOf(runs[name], NO_NOISE)),
          shown(addedTo(runs[name], STRONGEST.table1), 5),
          shown(addedTo(runs[name], STRONGEST.table3), 5),
        ]),
        "tDLGM, one draw of ξ, σ² as a standard deviation; mean ± sd over seeds (n)",
      ),
    ],
    robust: [
      whether("without it, noise adds more by at least one spread over seeds", without.mean - withIt.mean, ">", spreadOf(withIt), 5),
    ],
  };
}
