/** What 05-imputation shows, from invented scores and a tiny model: each number where it belongs. */
import { describe, expect, it } from "vitest";
import { split, testPart } from "../lib/data/protocol";
import { Series } from "../lib/data/series";
import { mse } from "../lib/metrics/metrics";
import { createModel } from "../lib/models/models";
import type { View } from "../lib/notebook/views";
import { NOISE_LEVELS, noisySeries, type RunMetrics } from "../lib/paper/evaluate";
import { NO_NOISE, noiseLevel } from "../lib/paper/familyScores";
import { filterView, noiseView, reconstruction, table1Figure, varianceView } from "../lib/paper/imputationViews";
import { impute } from "../lib/training/imputation";
import { chain } from "./data";

/** Errors that tell family f, seed s and level i: f + s / 10 + i / 1000, with its negative at the posterior mean. */
const invented = (f: number, name: string, seeds: number, p: (seed: number) => number): RunMetrics[] =>
  Array.from({ length: seeds }, (_, seed) => ({
    name: `${name}-seed-${seed}`,
    kind: name,
    seed,
    series: "",
    weights: "",
    imputation: NOISE_LEVELS.map((level, i) => {
      const x = f + seed / 10 + i / 1000;
      return {
        ...level,
        draws: 2,
        mse: { sample: x, mean: -x },
        errorVariance: { sample: 10 * x, mean: 0 },
        mseVariance: { sample: 100 * x, mean: 0 },
      };
    }),
    generation: [],
    horizonMse: [],
    autocorrelation: 0,
    filter: { sd: { paper: p(seed), code: p(seed) }, variance: { paper: 0.95, code: 0.95 } },
  }));
const families = {
  tdlgm: invented(1, "tdlgm", 2, () => 0),
  dlgm: invented(2, "dlgm", 2, () => 0),
  rnn: invented(3, "rnn", 2, (seed) => [0.1, 0.8][seed]),
  "rnn-m10": invented(4, "rnn-m10", 1, () => 0.5),
  "rnn-two-layers": invented(5, "rnn-two-layers", 1, () => 0.92),
};
const rowsOf = (view: View) => ("table" in view ? (view.table.values as (string | number)[][]) : []);
const drawnBy = (view: View) => ("figure" in view ? view : null)!;

describe("views of Table 1", () => {
  it("filter: how many each keeps of the three families, by which p, and their errors", () => {
    const [printed, coded, ...none] = rowsOf(filterView(families));
    expect(printed.slice(0, 4)).toEqual(["as printed: p ≤ .7", "standard deviation", "2 of 4", "0.10 – 0.92"]);
    expect(printed[4]).toBe("-3.5000 ± 0.7071 (2)"); // rnn-seed-0 and rnn-m10-seed-0
    expect(printed[5]).toBe(`${(-3.5 - NOISE_LEVELS.indexOf(noiseLevel(1, 5, "sd")) / 1000).toFixed(4)} ± 0.7071 (2)`);
    expect(coded.slice(0, 3)).toEqual(["as coded: p < .9", "standard deviation", "3 of 4"]);
    expect(none.map((row) => [row[1], row[2], row[4]])).toEqual([
      ["variance", "0 of 4", "none"],
      ["variance", "0 of 4", "none"],
    ]);
  });

  it("Variance: the standard-deviation rows, the paper's beside ours over seeds", () => {
    const rows = rowsOf(varianceView(families));
    expect(rows).toHaveLength(20);
    expect(rows[0]).toEqual(["no noise", "tDLGM", 0.0122, "8.3e-3", "1.1e+1", "1.1e+2"]);
    expect(rows.every(([noise]) => noise === "no noise" || String(noise).endsWith("as sd"))).toBe(true);
  });

  it("dots: paper, ours and the identity of the same level", () => {
    const trivial = NOISE_LEVELS.map((_, i) => ({ identity: i / 100 }));
    const { figure, options } = drawnBy(table1Figure({ families, trivial }, "DLGM"));
    const of = (name: string) => (figure.data as unknown as { name: string; x: number[]; y: string[] }[]).find((d) => d.name === name)!;
    expect(of("trivial").x).toEqual(NOISE_LEVELS.flatMap(({ table }, i) => (table === 1 ? [i / 100] : [])));
    expect(of("paper").x[0]).toBe(0.0006);
    expect(of("ours, mean ± sd").x[0]).toBeCloseTo(2.05, 12);
    expect(options.alt).toContain("DLGM");
  });
});

describe("views of the series", () => {
  const series = new Series(chain(600, 3), ["v"]);

  it("noise: its MSE and what it leaves, none without it", () => {
    const levels = [NO_NOISE, noiseLevel(3, 10, "variance")];
    const [none, strong] = rowsOf(noiseView(series, levels, 2));
    expect(none).toEqual([0, 0, "standard deviation", 0, 1]);
    const { test } = split(series.values);
    const noisy = noisySeries(series, levels[1], 2).map(({ values }) => testPart(values));
    expect(strong[3]).toBeCloseTo((mse(test, noisy[0]) + mse(test, noisy[1])) / 2, 12);
    const left = noisy.map((y) => y.filter((v, i) => v === test[i]).length / 500);
    expect(strong[4]).toBeCloseTo((left[0] + left[1]) / 2, 12);
  });

  it("reconstruction: the stretch, what the model makes of the noisy values, its MSE in words", async () => {
    const model = createModel({ kind: "tdlgm", H: 4, m: 3 }, 1);
    const level = noiseLevel(1, 5, "sd");
    const { figure, options } = drawnBy(await reconstruction(model, series, { number: "5", what: "tDLGM", level, from: 20, length: 7 }));
    const imputed = testPart(await impute(model, noisySeries(series, level, 1)[0].values, { seed: 0, xi: "sample" }));
    model.dispose();
    const [truth, generated] = figure.data as unknown as { x: number[]; y: number[] }[];
    expect(truth.x).toEqual([20, 21, 22, 23, 24, 25, 26]);
    expect(truth.y).toEqual(Array.from(split(series.values).test.subarray(20, 27)));
    expect(generated.y).toEqual(Array.from(imputed.subarray(20, 27)));
    expect(options.caption).toContain(
      `p = 0.8, σ² = 0.05, read as sd; MSE over the whole test part ${mse(split(series.values).test, imputed).toFixed(4)}`,
    );
    expect(options.seriesDrawn).toBe(true);
  });
});
