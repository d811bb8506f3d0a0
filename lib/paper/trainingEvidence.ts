/** Evidence for the paper's claims about training: how much data it needs, how often it fails; and the runs that all claims are weighed by. */

import { lastShare, split } from "../data/protocol";
import type { Series } from "../data/series";
import { learningCurves } from "../notebook/figures";
import { figureView, percent, tableView } from "../notebook/views";
import { type Evidence, whether } from "./claims";
import { type Families, imputationOf, over, shown } from "./experiments";
import { errorOf, labelOf, NO_NOISE, spreadOf, type Xi } from "./familyScores";
import type { Results } from "./familyTables";
import { type Family, LEARNING_CURVE, type PlannedRun, plannedRuns, READINGS, shareName } from "./plan";
import { obtainFamilies, type Quick } from "./results";
import { findRun } from "./runs";
import { trainMeanValidation } from "./trivial";

/** The readings that claims are weighed by. */
const NEEDED = [
  "tdlgm-alpha-0",
  "tdlgm-alpha-10",
  "tdlgm-state-cell",
  "tdlgm-state-output",
  "tdlgm-one-layer",
  "tdlgm-three-layers",
  "tdlgm-noisy",
  "tdlgm-sd-0.05",
  "dlgm-sd-0.1",
  "dlgm-sd-0.05",
  "rnn-by-heart",
];

/**
 * The readings and the learning curve that claims are weighed by. For a quick look most of those that are missing are left out: their
 * families are empty, and tables say "none".
 */
export async function furtherFamilies(
  series: Series,
  options: { quick?: Quick; onProgress?: (done: number, all: number) => void } = {},
): Promise<Families> {
  const { quick, onProgress } = options;
  const { kinds, shares, seeds } = LEARNING_CURVE;
  const further: Family[] = [
    ...READINGS.filter(({ name }) => NEEDED.includes(name)),
    ...kinds.flatMap((kind) => shares.map((share) => ({ name: shareName(kind, share), config: { kind }, seeds, label: kind }))),
  ];
  const wanted = further.filter(({ name }) => !quick || name.endsWith("0.1") || findRun(`${name}-seed-0`, series));
  const none = Object.fromEntries(further.map(({ name }) => [name, []]));
  return { ...none, ...(await obtainFamilies(wanted, series, { quick: quick && { ...quick, seeds: 1 }, onProgress })) };
}

const SHARES = [...LEARNING_CURVE.shares, 1];
const BOTH = ["sample", "mean"] as const;

/**
 * Clean test MSE over the share of the training part that was trained on.
 * @returns `more`: with a tenth tDLGM's error grows by a greater factor than DLGM's, by more than one spread; and by a quarter
 */
export function learningCurve(series: Series, { families }: Results): Evidence<"more"> {
  const { train } = split(series.values);
  const runsOf = (kind: string, share: number) => families[share === 1 ? kind : shareName(kind, share)];
  const curve = (kind: string, xi: Xi) => SHARES.map((share) => errorOf(runsOf(kind, share), NO_NOISE, xi));
  /** The error with a tenth as a multiple of that with all. */
  const tenth = (kind: string, xi: Xi) => {
    const whole = errorOf(families[kind], NO_NOISE, xi).mean;
    return over(runsOf(kind, 0.1), (run) => imputationOf(run, NO_NOISE).mse[xi] / whole);
  };
  const words = { sample: "one draw", mean: "posterior mean" };
  const lines = ["tdlgm", "dlgm"].flatMap((kind) =>
    BOTH.map((xi) => ({
      name: `${labelOf(kind)}, ${words[xi]}`,
      x: SHARES.map((s) => 100 * s),
      y: curve(kind, xi).map((s) => s.mean),
      errors: curve(kind, xi).map((s) => s.sd),
    })),
  );
  return {
    views: [
      tableView(
        ["share", "values", "tDLGM, one draw", "tDLGM, posterior mean", "DLGM, one draw", "DLGM, posterior mean", "RNN"],
        SHARES.map((share, i) => [
          percent(share),
          lastShare(train, share).length,
          ...["tdlgm", "dlgm"].flatMap((kind) => BOTH.map((xi) => shown(curve(kind, xi)[i]))),
          shown(curve("rnn", "mean")[i]),
        ]),
        "Clean test MSE, mean ± sd over seeds (n)",
      ),
      figureView(
        learningCurves(lines, { title: "How much data do they need?", x: "% of the training part", y: "clean test MSE", log: true }),
        {
          alt: "Clean test MSE of tDLGM and DLGM, with one draw and at the posterior mean, over 10 to 100 per cent of the training part, on a logarithmic axis, with spreads.",
          caption: "Mean ± sd; three seeds a share, all seeds for the whole.",
        },
      ),
    ],
    more: [
      ...BOTH.map((xi) => {
        const [ours, theirs] = [tenth("tdlgm", xi), tenth("dlgm", xi)];
        const what = `with a tenth of the data tDLGM's error (${words[xi]}) grows by a greater factor than DLGM's, by more than one spread`;
        return whether(what, ours.mean - theirs.mean, ">", spreadOf(ours, theirs), 2);
      }),
      whether(
        "with a tenth of the data it is at least a quarter above that with all, one draw",
        tenth("tdlgm", "sample").mean,
        ">",
        1.25,
        2,
      ),
    ],
  };
}

/** How a run ended. */
interface End {
  group: PlannedRun["group"];
  name: string;
  /** A forecaster no better than the training mean; an imputer, though it sees the value, with more than `half` of its error. */
  failed: boolean;
  restarted: boolean;
  rate: number;
}

/**
 * How all runs of this reproduction ended, by their groups.
 * @returns `quarter`: a tenth or more restarted, or failed over the authors' ranges; and the readings that failed
 */
export function howRunsEnd(series: Series, { half = 0.5 } = {}): Evidence<"quarter"> & { failedReadings: string[] } {
  const { train } = split(series.values);
  const groups = ["tables", "readings", "grid"] as const;
  const ends = plannedRuns().flatMap(({ name, group, config, share = 1 }): End[] => {
    const record = findRun(name, series)?.record;
    if (!record) return [];
    const validation = record.history[record.history.length - 1]?.validationMse ?? Number.NaN;
    const worst = trainMeanValidation(lastShare(train, share), 20) * (config.kind === "rnn" ? 1 : half);
    const restarted = record.restarts.length > 0;
    return [{ group, name, failed: !(validation < worst), restarted, rate: record.config.learningRate }];
  });
  const of = (group: string) => ends.filter((e) => e.group === group);
  const count = (its: End[], what: "failed" | "restarted") => its.filter((e) => e[what]).length;
  const share = (group: string, what: "failed" | "restarted") => count(of(group), what) / Math.max(1, of(group).length);
  const failed = of("readings").filter((e) => e.failed);
  return {
    views: [
      tableView(
        ["runs of", "planned", "there", "restarted", "failed", "failed at rates below 1e-5"],
        groups.map((group) => {
          const its = of(group);
          const slow = its.filter((e) => e.rate < 1e-5);
          const [restarts, failures] = [count(its, "restarted"), count(its, "failed")];
          return [group, plannedRuns(group).length, its.length, restarts, failures, `${count(slow, "failed")} of ${slow.length}`];
        }),
        "All runs of this reproduction; the last column: of the runs with such a learning rate",
      ),
    ],
    quarter: [
      whether("of the tables' runs, at least a tenth restarted", share("tables", "restarted"), ">", 0.1, 2),
      whether("over the authors' ranges (grid), at least a tenth failed", share("grid", "failed"), ">", 0.1, 2),
    ],
    failedReadings: [...new Set(failed.map(({ name }) => name.replace(/-seed-\d+$/, "")))],
  };
}
