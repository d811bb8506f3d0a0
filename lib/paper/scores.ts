/**
 * All scores of all runs in one long table. The paper's numbers and the scores of methods without a network are rows of it too. Each table
 * of the paper is a selection, a group and a pivot of this one (lib/notebook/tidy.ts).
 *
 * | column | what it holds |
 * |---|---|
 * | run | tdlgm-seed-3; empty where no run of ours gave the score |
 * | family | tdlgm; the name of a trivial method; "tDLGM, paper" |
 * | model | tdlgm, dlgm, rnn; trivial; paper |
 * | seed | the run's seed, or the number of a sampler's repetition; 0 where there is only one number |
 * | experiment | table1, table2, table3, biased (Table 3's noise with a mean of .1), horizon, free run, filter, training |
 * | row | table1, table3, biased: the printed row, from 1; table2, horizon: the number of steps; filter: the noise draw, from 1, or 0 for the one that the filter uses, the first; otherwise 0 |
 * | reading | of σ², where there is noise (filter too): sd or variance; of Algorithm 1 (table2): "code", or the name of another variant; otherwise empty |
 * | xi | one draw of ξ ("sample") or its posterior mean ("mean"); an RNN has equal scores for both; empty where there is no ξ |
 * | metric | table1, table3, biased: mse, errorVariance (of the squared errors over the test part), mseVariance (of the MSE over noise draws); table2: score, ceiling (the highest possible), percent (of it); horizon: mse; free run: autocorrelation; filter: paper, code, paired (p-values); training: the numbers in the last row of the history, seconds, steps, restarts, failed |
 * | value | the number |
 */
import { DataFrame } from "danfojs-node";
import { checkChoice, checkFunction, checkList, checkObject, checkOptions, checkText } from "../base/check";
import { checkFrame } from "../data/frame";
import { split } from "../data/protocol";
import { checkWholeSeries, type Series } from "../data/series";
import { transitionCeiling } from "../metrics/metrics";
import type { Sampler } from "../metrics/samplers";
import { type Conditions, meetsAll, records, select } from "../notebook/tidy";
import { type GenerationScore, type RunMetrics, STEPS } from "./evaluate";
import { atLevel, NOISE_LEVELS, type NoiseLevel } from "./levels";
import { type PlannedRun, plannedRuns, TABLE_FAMILIES } from "./plan";
import { paperTable } from "./printed";
import { checkQuick, obtainMetrics, type Quick, runsFor } from "./results";
import { type FilterPs, RNN_FILTER } from "./rnnFilter";
import { findRun, type RunRecord } from "./runs";
import { imputerScores, REPETITIONS, samplerScores, samplers } from "./trivial";

/** The columns of the table of scores. */
export const COLUMNS = ["run", "family", "model", "seed", "experiment", "row", "reading", "xi", "metric", "value"] as const;
/** A row, in the order of COLUMNS. */
type Row = [string, string, string, number, string, number, string, string, string, number];
/** The last columns of a row: from `experiment` on. */
type Score = [string, number, string, string, string, number];

/** The columns of a score under a noise level. */
const placeOf = (level: NoiseLevel): [string, number, string] => Object.values(atLevel(level)) as [string, number, string];

/** The name of a variant of Algorithm 1; the published code's, which fits the paper's numbers, is "code". */
export function variantName(variant: Pick<GenerationScore, "histories" | "bins" | "lag">): string {
  checkObject(variant, "variant", "{ histories, bins, lag }");
  const { histories, bins, lag } = variant;
  checkChoice(histories, "variant.histories", ["train", "test"]);
  checkChoice(bins, "variant.bins", [10, 11]);
  checkChoice(lag, "variant.lag", ["one", "steps"]);
  return histories === "train" && bins === 11 && lag === "one" ? "code" : `${histories} histories, ${bins} bins, lag ${lag}`;
}

/** The scores in a run's metrics.json. */
function metricScores({ imputation, generation, horizonMse, autocorrelation, filter, filterByDraw }: RunMetrics): Score[] {
  return [
    ...imputation.flatMap((score) =>
      (["mse", "errorVariance", "mseVariance"] as const).flatMap((metric) =>
        (["sample", "mean"] as const).map((xi): Score => [...placeOf(score), xi, metric, score[metric][xi]]),
      ),
    ),
    ...generation.flatMap((score) =>
      Object.entries({ score: score.score, percent: (100 * score.score) / score.ceiling, ceiling: score.ceiling }).map(
        ([metric, value]): Score => ["table2", score.steps, variantName(score), "", metric, value],
      ),
    ),
    ...horizonMse.map(({ steps, mse }): Score => ["horizon", steps, "", "", "mse", mse]),
    ["free run", 0, "", "", "autocorrelation", autocorrelation],
    ...Object.entries(filter ?? {}).flatMap(([reading, p]) => filterScores(0, reading, p)),
    ...Object.entries(filterByDraw ?? {}).flatMap(([reading, byDraw]) => byDraw.flatMap((p, i) => filterScores(i + 1, reading, p))),
  ];
}

const filterScores = (draw: number, reading: string, p: Partial<FilterPs>): Score[] =>
  Object.entries(p).map(([metric, value]) => ["filter", draw, reading, "", metric, value]);

/** How a training ended: the numbers in the last row of its history ("kl 1" is layer 1's), seconds, steps and the number of restarts. */
function trainingScores({ history, seconds, steps, restarts }: RunRecord): Score[] {
  const named = (name: string, value: unknown): [string, number][] => {
    if (typeof value === "number") return [[name, value]];
    if (Array.isArray(value)) return value.flatMap((one, i) => named(`${name} ${i + 1}`, one));
    return Object.entries(value ?? {}).flatMap(([part, one]) => named(part, one));
  };
  const { step, ...last } = history[history.length - 1];
  const numbers = [...named("", last), ["seconds", seconds], ["steps", steps], ["restarts", restarts.length]] as [string, number][];
  return numbers.map(([metric, value]) => ["training", 0, "", "", metric, value]);
}

/** The paper's numbers. Each number under noise stands in two rows, one beside ours under either reading of σ². */
function paperRows(): Row[] {
  const cell = (model: string, score: Score): Row => ["", `${model}, paper`, "paper", 0, ...score];
  const metrics = { MSE: "mse", Variance: "errorVariance" } as const;
  return [
    ...NOISE_LEVELS.flatMap((level) =>
      [...paperTable(1), ...paperTable(3)]
        .filter(({ table, row }) => table === level.table && row === level.row)
        .map(({ model, column, value }) => cell(model, [...placeOf(level), "", metrics[column], value])),
    ),
    ...paperTable(2).map(({ model, steps, value }) => cell(model, ["table2", steps, "code", "", "score", value])),
  ];
}

/** The ways to read Algorithm 1 that runs are scored by. */
const VARIANTS = (["train", "test"] as const).flatMap((histories) =>
  ([11, 10] as const).flatMap((bins) => (["one", "steps"] as const).map((lag) => ({ histories, bins, lag }))),
);

/** Table 2's scores of a sampler, each with the number of its repetition, under the published code's reading unless others are asked for. */
function samplerRows(series: Series, sampler: Sampler, { reading = "code" }: Conditions, quick?: Quick): [number, Score][] {
  const { train, test } = split(series.values);
  return VARIANTS.filter((variant) => meetsAll({ reading: variantName(variant) }, { reading })).flatMap((variant) => {
    const { histories, bins, lag } = variant;
    const sequences = histories === "test" ? test.length - STEPS[STEPS.length - 1] : quick?.sequences; // as many as a run is scored by
    const ceilings = STEPS.map((steps) => transitionCeiling(train, lag === "one" ? 1 : steps, bins));
    const all = samplerScores(series, sampler, { sequences, bins, lag, repetitions: quick ? 2 : REPETITIONS });
    return all.flatMap((scores, seed) =>
      STEPS.flatMap((steps, i) =>
        Object.entries({ score: scores[i], percent: (100 * scores[i]) / ceilings[i] }).map(([metric, value]): [number, Score] => [
          seed,
          ["table2", steps, variantName(variant), "", metric, value],
        ]),
      ),
    );
  });
}

/** The scores of methods without a network, by name; only those asked for are computed. */
function trivialRows(series: Series, methods: Record<string, Conditions>, wanted: (experiment: string) => boolean, quick?: Quick): Row[] {
  const imputed = imputerScores(series, NOISE_LEVELS, quick?.draws);
  const makers = samplers(series);
  return Object.entries(methods).flatMap(([name, conditions]): Row[] => {
    const row = (seed: number, score: Score): Row => ["", name, "trivial", seed, ...score];
    const sampler = makers.find((maker) => maker.name === name);
    if (!sampler && !imputed.some(({ mse }) => name in mse)) throw new Error(`options.trivial: there is no method ${name}`);
    if (sampler) return wanted("table2") ? samplerRows(series, sampler, conditions, quick).map(([seed, score]) => row(seed, score)) : [];
    return NOISE_LEVELS.flatMap((level, i): Row[] => {
      const place = atLevel(level);
      if (!wanted(place.experiment) || !(name in imputed[i].mse) || !meetsAll(place, conditions)) return [];
      return (["mse", "errorVariance"] as const)
        .filter((metric) => name in imputed[i][metric])
        .map((metric) => row(0, [...placeOf(level), "", metric, imputed[i][metric][name]]));
    });
  });
}

/** What the table is to hold. */
export interface ScoreOptions {
  /** The names of planned families; those of Tables 1-3 by default. */
  families?: readonly string[];
  /**
   * The names of methods without a network: those that impute (identity, Bayes filter, AR(10)), and samplers (uniform, iid marginal,
   * Markov-1); identity by default. Conditions on experiment, row and reading leave out noise levels that are not needed: a filter takes
   * some 15 ms for each.
   * A sampler is scored under the reading "code" of Table 2 unless its conditions name others.
   */
  trivial?: readonly string[] | Record<string, Conditions>;
  /** The experiments; all by default. */
  experiments?: readonly string[];
  /** For a quick look: a few short runs stand in for missing ones, and nothing is kept. */
  quick?: Quick;
  /** Hears how many runs are done, and what a missing one is at. */
  onProgress?: (done: number, all: number, part?: string) => void;
}

/**
 * The table of scores, with COLUMNS: the paper's numbers, then those of the methods without a network, then those of the runs. A missing
 * run is trained and evaluated here, into runs/NAME; on a quick look nothing is kept.
 * @throws Error naming a family or a method that does not exist
 */
export async function obtainScores(series: Series, options: ScoreOptions = {}): Promise<DataFrame> {
  checkWholeSeries(series, "series");
  checkOptions(options, "options", ["families", "trivial", "experiments", "quick", "onProgress"]);
  for (const name of ["families", "experiments"] as const) {
    const names = options[name];
    if (names === undefined) continue;
    checkList(names, `options.${name}`);
    for (let i = 0; i < names.length; i++) checkText(names[i], `options.${name}[${i}]`, "a name");
  }
  if (options.trivial !== undefined && !Array.isArray(options.trivial))
    checkObject(options.trivial, "options.trivial", "an array of names, or conditions by name");
  checkQuick(options.quick);
  if (options.onProgress !== undefined) checkFunction(options.onProgress, "options.onProgress");
  const { families = TABLE_FAMILIES.map(({ name }) => name), trivial = ["identity"], experiments, quick, onProgress } = options;
  const planned = plannedRuns();
  const wanted = families.flatMap((family) => {
    const runs = planned.filter((run) => run.family === family);
    if (runs.length === 0) throw new Error(`options.families: no family ${family} is planned`);
    return runsFor(runs, series, quick);
  });
  const asked = (experiment: string) => !experiments || experiments.includes(experiment);
  const methods = Array.isArray(trivial) ? Object.fromEntries(trivial.map((name: string) => [name, {}])) : trivial;
  const rows = [...paperRows(), ...trivialRows(series, methods as Record<string, Conditions>, asked, quick)];
  for (const [i, run] of wanted.entries()) {
    const scores = await scoresOfRun(run, series, quick, (part) => onProgress?.(i, wanted.length, part));
    rows.push(...scores.map((score): Row => [run.name, run.family, run.config.kind, run.seed, ...score]));
    onProgress?.(i + 1, wanted.length);
  }
  return new DataFrame(
    rows.filter(([, , , , experiment]) => asked(experiment)),
    { columns: [...COLUMNS] },
  );
}

/** A run's scores. A run of the grid may fail to train in all attempts; then its one score is the metric `failed`, 1. */
async function scoresOfRun(run: PlannedRun, series: Series, quick: Quick | undefined, tell: (part: string) => void): Promise<Score[]> {
  try {
    const scores = metricScores(await obtainMetrics(run, series, quick, tell));
    const record = findRun(run.name, series)?.record;
    return record ? [...scores, ...trainingScores(record)] : scores;
  } catch (failure) {
    if (run.group !== "grid" || !(failure as Error).message.startsWith("training failed in all")) throw failure;
    return [["training", 0, "", "", "failed", 1]];
  }
}

/** The families of RNNs with training noise, from which the paper's filter chooses. */
export const RNN_POPULATION = ["rnn", "rnn-m10", "rnn-two-layers"] as const;

/**
 * Table 1's scores of the RNNs that a filter keeps, as rows of a family of their own: "RNN, filtered" (the printed rule) or "RNN, filtered
 * as coded". Each reading of σ² has its own p-values; the row without noise uses those of the standard deviation.
 */
export function filteredRnns(scores: DataFrame, filter: "paper" | "code"): DataFrame {
  checkFrame(scores, "scores");
  checkChoice(filter, "filter", ["paper", "code"]);
  const kept = new Set(
    records(select(scores, { family: RNN_POPULATION, experiment: "filter", row: 0, metric: filter }))
      .filter(({ value }) => (filter === "paper" ? Number(value) <= RNN_FILTER.paper : Number(value) < RNN_FILTER.code))
      .map(({ run, reading }) => `${run} ${reading}`),
  );
  const family = filter === "paper" ? "RNN, filtered" : "RNN, filtered as coded";
  const rows = records(select(scores, { family: RNN_POPULATION, experiment: "table1" }))
    .filter(({ run, reading }) => kept.has(`${run} ${reading || "sd"}`))
    .map((row) => COLUMNS.map((name) => (name === "family" ? family : row[name])));
  return new DataFrame(rows, { columns: [...COLUMNS] });
}
