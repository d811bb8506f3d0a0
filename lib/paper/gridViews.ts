/** What a search over settings finds, as tables and figures: how much of the grid learns, and what choosing on test data is worth. */

import { paperTable } from "../data/paper";
import { scatter } from "../notebook/figures";
import { figureView, tableView, type View } from "../notebook/views";
import { type RunMetrics, STEPS } from "./evaluate";
import { imputationOf, levelName } from "./experiments";
import { NOISE_LEVELS, type NoiseLevel } from "./levels";
import { algorithm1, type GridRun, least, printed, table1Level, trainMeanValidation } from "./readings";

type Kind = "tdlgm" | "dlgm" | "rnn";
/** The grid's runs of each model. */
export type Grid = Record<Kind, GridRun[]>;
type Scored = GridRun & { metrics: RunMetrics };

const kindsOf = (grid: Grid) => Object.keys(grid) as Kind[];
const scored = (grid: Grid, kind: Kind) => grid[kind].filter((one): one is Scored => one.metrics !== undefined);
/** The configuration that validation data choose. */
const chosen = (grid: Grid, kind: Kind) => least(scored(grid, kind), (one) => one.validation);
const settings = ({ run: { config } }: GridRun) =>
  `m ${config.m}, L ${config.L}${config.kind === "rnn" ? "" : `, K ${config.K}`}, H ${config.H}, rate ${config.learningRate}`;
const rate = ({ run }: GridRun) => run.config.learningRate as number;
const unlearnt = (one: GridRun, train: Float32Array) => !(one.validation < trainMeanValidation(train, one.run.config.m as number));
/** Test MSE with one draw of ξ. */
const errorOf = (one: Scored, level: NoiseLevel) => imputationOf(one.metrics, level).mse.sample;

/** How many configurations learn anything, by their learning rate. */
export function learntViews(grid: Grid, train: Float32Array): View[] {
  const rows = kindsOf(grid).map((kind) => {
    const known = grid[kind].filter(({ validation }) => Number.isFinite(validation));
    const share = (of: GridRun[]) => `${of.filter((one) => unlearnt(one, train)).length} of ${of.length}`;
    const [fast, slow] = [known.filter((one) => rate(one) >= 1e-5), known.filter((one) => rate(one) < 1e-5)];
    return [kind, grid[kind].length, grid[kind].filter(({ failed }) => failed).length, share(known), share(fast), share(slow)];
  });
  const columns = [
    ...["model", "configurations", "failed (NaN)"],
    ...["no better than the training mean", "the same, rates from 1e-5", "the same, rates below 1e-5"],
  ];
  const points = kindsOf(grid).map((kind) => ({
    name: kind,
    x: grid[kind].map(rate),
    y: grid[kind].map(({ validation }) => validation),
    labels: grid[kind].map(settings),
  }));
  const levels = [{ name: "training mean", y: trainMeanValidation(train, 10) }];
  return [
    tableView(columns, rows, "By the validation MSE after 3,000 steps of 10 windows"),
    figureView(scatter(points, { x: "learning rate", y: "validation MSE", log: true, logX: true, levels }), {
      alt: "Validation error of each configuration against its learning rate, both on logarithmic axes. At the lowest rates all lie above the training mean's error; towards the highest they fall below it.",
      caption: "One point a configuration. Dashed: a model that has learnt the training mean and nothing else.",
    }),
  ];
}

/** The configuration that validation data choose beside the one that test data choose. @param defaults our default's clean test MSE, one draw of ξ */
export function choiceViews(grid: Grid, defaults: Record<Kind, number>): View[] {
  const clean = NOISE_LEVELS[0];
  const rows = kindsOf(grid).flatMap((kind) => {
    const [byValidation, byTest] = [chosen(grid, kind), least(scored(grid, kind), (one) => errorOf(one, clean))];
    const line = (on: string, one: Scored) => [kind, on, settings(one), one.validation, errorOf(one, clean)];
    return [
      ...[line("validation", byValidation), line("test", byTest)],
      ...[
        [kind, "(our default)", "", null, defaults[kind]],
        [kind, "(the paper)", "", null, printed(kind).clean],
      ],
    ];
  });
  const points = kindsOf(grid).map((kind) => ({
    name: kind,
    x: scored(grid, kind).map(({ validation }) => validation),
    y: scored(grid, kind).map((one) => imputationOf(one.metrics, clean).mse.mean),
    labels: scored(grid, kind).map(settings),
  }));
  const axes = { x: "validation MSE", y: "clean test MSE, posterior mean", log: true, logX: true };
  return [
    tableView(
      ["model", "best on", "settings", "validation MSE", "clean test MSE, one draw of ξ"],
      rows,
      "Validation MSE: at the posterior mean, as everywhere",
    ),
    figureView(scatter(points, axes), {
      alt: "Each configuration's clean test error against its validation error, both at the posterior mean, on logarithmic axes: a narrow band along the diagonal.",
      caption: "One point a configuration, one seed.",
    }),
  ];
}

/** Tables 1 and 2 by one configuration, chosen on validation data, and by the best of all for each row, chosen on test data. */
export function flatteryViews(grid: Grid, train: Float32Array): View[] {
  const kinds = kindsOf(grid);
  const levels = NOISE_LEVELS.filter((l) => l.table === 1).map(({ row, reading }) => table1Level(row, reading));
  const errors = levels.map((level) => [
    levelName(level),
    ...kinds.flatMap((kind) => {
      const [by, best] = [errorOf(chosen(grid, kind), level), Math.min(...scored(grid, kind).map((one) => errorOf(one, level)))];
      return [by, best, `${(100 * (1 - best / by)).toFixed(1)} %`];
    }),
  ]);
  const scores = STEPS.map((steps) => [
    steps,
    ...kinds.flatMap((kind) => {
      const scoreOf = (one: Scored) => algorithm1(one.metrics, steps).score;
      const best = least(scored(grid, kind), (one) => -scoreOf(one));
      const paper = paperTable(2).find((c) => c.steps === steps && c.column.toLowerCase() === kind);
      return [paper?.value, scoreOf(chosen(grid, kind)), scoreOf(best), unlearnt(best, train) ? "no" : "yes"];
    }),
  ]);
  const columns = (first: string, rest: string[]) => [first, ...kinds.flatMap((kind) => rest.map((what) => `${kind}: ${what}`))];
  return [
    tableView(
      columns("noise", ["by validation", "best of all on this row", "flattered by"]),
      errors,
      "Table 1, test MSE with one draw of ξ: one configuration for all rows, or the best of 20 for each row",
    ),
    tableView(
      columns("steps", ["paper", "by validation", "best of all", "has it learnt?"]),
      scores,
      "Table 2, Algorithm 1 (at most 80). Learnt: a validation MSE below that of the training mean",
    ),
  ];
}
