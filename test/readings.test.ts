/** Options stand beside the default of their kind; a search takes the least; the mean of π is what a Gaussian of no width emits. */
import { describe, expect, it } from "vitest";
import { split } from "../lib/data/protocol";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { mean } from "../lib/metrics/metrics";
import { createModel } from "../lib/models/model";
import { evaluate } from "../lib/paper/evaluate";
import { READINGS } from "../lib/paper/plan";
import {
  algorithm1,
  choiceRow,
  choices,
  choicesTable,
  emittingMean,
  least,
  printed,
  significant,
  table1Level,
  trainMeanValidation,
} from "../lib/paper/readings";
import { generate } from "../lib/training/generation";

describe("options", () => {
  it("are all of the plan's, behind their default", () => {
    const all = (["tdlgm", "dlgm", "rnn"] as const).map(choices);
    expect(all.map(([first]) => [first.name, first.place, first.seeds])).toEqual([
      ["tdlgm", "default", 3],
      ["dlgm", "default", 3],
      ["rnn", "default", 3],
    ]);
    const names = all.flat().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining([...READINGS.map(({ name }) => name), "dlgm-clean", "rnn-m10"]));
    expect(all.flat().every(({ config, name }) => name.startsWith(config.kind))).toBe(true);
  });

  it("are summed up from their runs' scores, and stand between paper and trivial", async () => {
    const series = requestSeries(await loadTrace());
    const model = createModel({ kind: "tdlgm", H: 4, m: 3 }, 1);
    const runs = [];
    for (const seed of [0, 1]) runs.push(await evaluate(model, series, { name: `none-${seed}`, seed, draws: 2, sequences: 40 }));
    const row = choiceRow(choices("tdlgm")[0], runs, series);
    const [first, second] = runs.map(({ imputation }) => imputation[0].mse.sample);
    expect(row.clean.sample.mean).toBeCloseTo((first + second) / 2, 12);
    expect(row.clean.sample.runs).toEqual(["none-0", "none-1"]);
    expect(row.score.mean).toBeCloseTo(mean(runs.map((run) => algorithm1(run, 30).score)), 12);
    expect([row.validation.n, row.kl, row.stateVariance]).toEqual([0, [], Number.NaN]); // no record is there
    for (const kind of ["tdlgm", "rnn"] as const) {
      const { columns, rows } = choicesTable(kind, [row], [{ label: "a constant", clean: 0.25 }]);
      expect(rows.map((cells) => cells.length)).toEqual(Array(3).fill(columns.length));
      expect(rows[0].map(({ text }) => text)).toEqual(expect.arrayContaining([String(printed(kind).clean)]));
      expect(rows[2].map(({ text }) => text)).toContain("0.2500");
    }
    model.dispose();
  });

  it("know Table 1's levels and the paper's numbers", () => {
    expect(table1Level(1, "variance")).toBe(table1Level(1, "sd"));
    expect(table1Level(5, "variance")).toMatchObject({ table: 1, row: 5, probability: 0.8, variance: 0.05, reading: "variance" });
    expect(printed("dlgm")).toEqual({ label: "the paper's number", clean: 0.0006, strongest: 0.0007, score: 60.33 });
  });

  it("are shown with significant digits, none with a dash", () => {
    expect(significant({ mean: 0.0123456, sd: 0.000456, n: 3 })).toBe("0.0123 ± 0.00046");
    expect(significant({ mean: 0.00001234, sd: Number.NaN, n: 1 })).toBe("1.23e-5");
    expect(significant({ mean: Number.NaN, sd: Number.NaN, n: 0 })).toBe("–");
  });
});

it("emits the mean of π without a draw", async () => {
  const model = createModel({ kind: "dlgm", H: 4, m: 3 }, 1);
  const quiet = emittingMean(model);
  const spread = async (one: typeof model) => {
    const values = (await generate(one, Array(200).fill(new Float32Array(3)), 1, { seed: 0 })).map(([v]) => v);
    const centre = mean(values);
    return mean(values.map((v) => (v - centre) ** 2));
  };
  const [drawn, still] = [await spread(model), await spread(quiet)];
  expect(drawn - still).toBeGreaterThan(0.5 * 0.03 ** 2);
  model.dispose();
  expect(await spread(quiet)).toBe(still); // it owns its weights
  quiet.dispose();
  const rnn = createModel({ kind: "rnn", H: 4, m: 3 }, 1);
  expect(() => emittingMean(rnn)).toThrow("only a Gaussian");
  rnn.dispose();
});

it("the mean that a training must beat is that of what it trains on", () => {
  const train = Float32Array.from({ length: 100 }, (_, i) => (i < 90 ? 0.25 : 0.75));
  expect(trainMeanValidation(train, 5)).toBeCloseTo(0.25, 12);
  const { train: part } = split(Float32Array.from({ length: 700 }, (_, i) => (i % 2 ? 1 : 0)));
  expect(trainMeanValidation(part, 10)).toBeCloseTo(0.25, 3);
});

it("the least of runs is the first of the least, and there must be one", () => {
  expect(least([{ n: 2 }, { n: 1 }, { n: 1, second: true }], ({ n }) => n)).toEqual({ n: 1 });
  expect(() => least([], () => 0)).toThrow("no run");
});
