import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../lib/models/registry";
import type { View } from "../lib/notebook/views";
import { choiceViews, flatteryViews, type Grid, learntViews } from "../lib/paper/gridViews";
import type { GridRun } from "../lib/paper/readings";
import { chain } from "./data";
import { family, flat } from "./invented";

const train = chain(400, 4);
/** A configuration with its rate, validation error, test error whatever the noise, and score. */
const run = (kind: "tdlgm" | "dlgm" | "rnn", rate: number, validation: number, error: number, score: number): GridRun => {
  const config = { kind, m: 10, L: 1, H: 8, ...(kind === "rnn" ? {} : { K: 4 }), learningRate: rate } as ModelConfig;
  return {
    run: { name: `${kind}-${rate}`, config, seed: 0 } as GridRun["run"],
    validation,
    metrics: family(kind, { error: flat(error), score })[2],
  };
};
const grid: Grid = {
  // Validation data choose the first, test data the second, Algorithm 1 the third, which has learnt nothing.
  tdlgm: [run("tdlgm", 1e-3, 0.001, 0.02, 60), run("tdlgm", 1e-4, 0.002, 0.01, 61), run("tdlgm", 1e-6, 9, 0.3, 65)],
  dlgm: [run("dlgm", 1e-3, 0.001, 0.004, 60)],
  rnn: [run("rnn", 1e-3, 0.01, 0.07, 4), { ...run("rnn", 1e-2, Number.NaN, 0, 0), metrics: undefined, failed: "NaN" }],
};
const rowsOf = (view: View) => ("table" in view ? (view.table.values as unknown[][]) : []);

describe("the grid's views", () => {
  it("count what learns by its rate, failures apart", () => {
    const [table, figure] = learntViews(grid, train);
    expect(rowsOf(table)).toEqual([
      ["tdlgm", 3, 0, "1 of 3", "0 of 2", "1 of 1"],
      ["dlgm", 1, 0, "0 of 1", "0 of 1", "0 of 0"],
      ["rnn", 2, 1, "0 of 1", "0 of 1", "0 of 0"],
    ]);
    expect("figure" in figure && figure.figure.data[0]).toMatchObject({ x: [1e-3, 1e-4, 1e-6], y: [0.001, 0.002, 9] });
  });

  it("set the choice by validation beside that by test data, the default and the paper", () => {
    const [first, second, third, fourth] = rowsOf(choiceViews(grid, { tdlgm: 0.008, dlgm: 0.001, rnn: 0.07 })[0]);
    expect(first).toEqual(["tdlgm", "validation", "m 10, L 1, K 4, H 8, rate 0.001", 0.001, 0.02]);
    expect(second).toEqual(["tdlgm", "test", "m 10, L 1, K 4, H 8, rate 0.0001", 0.002, 0.01]);
    expect(third.slice(-1)).toEqual([0.008]);
    expect(fourth.slice(-1)).toEqual([0.0122]);
    const figure = choiceViews(grid, { tdlgm: 0.008, dlgm: 0.001, rnn: 0.07 })[1];
    expect("figure" in figure && figure.figure.data[0]).toMatchObject({ x: [0.001, 0.002, 9], y: [0.01, 0.005, 0.15] });
  });

  it("tell what the choice on test data is worth for each row, and whether the best score has learnt", () => {
    const [errors, scores] = flatteryViews(grid, train).map(rowsOf);
    expect(errors).toHaveLength(9);
    expect(errors[0].slice(1, 7)).toEqual([0.02, 0.01, "50.0 %", 0.004, 0.004, "0.0 %"]);
    expect(scores[0].slice(0, 5)).toEqual([2, 62.47, 60, 65, "no"]);
    expect(scores[0].slice(-2)).toEqual([4, "yes"]);
  });
});
