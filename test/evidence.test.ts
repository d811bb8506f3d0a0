/** Evidence from invented scores: each condition holds where it is true by construction, and fails where it is not. */
import { describe, expect, it, vi } from "vitest";
import { generator } from "../lib/base/random";
import { mean } from "../lib/metrics/metrics";
import { learningCurves } from "../lib/notebook/figures";
import { figureView, percent, show, small, tableView, type View } from "../lib/notebook/views";
import { type Condition, claimsViews, whether } from "../lib/paper/claims";
import { addedTo, errorOf, labelOf, NO_NOISE, noiseLevel, scoreOf, spreadOf, trainingLabel, trivialAt } from "../lib/paper/familyScores";
import { horizonView, ladder, orderTests } from "../lib/paper/generationViews";
import { type Fit, modelOrder, overfitting } from "../lib/paper/imputationEvidence";
import type { NoiseLevel } from "../lib/paper/levels";
import { errorIncrease, regularizer } from "../lib/paper/noiseEvidence";
import { linearForecast } from "../lib/paper/rnnEvidence";
import { figure10, growthTests, handedOn, readingsView, trainingNoiseTests } from "../lib/paper/robustnessViews";
import { depths, stateOptions } from "../lib/paper/stateEvidence";
import { generationOrder } from "../lib/paper/timeEvidence";
import { all, family, flat, rising } from "./invented";

const holds = (conditions: Condition[]) => conditions.map(([, held]) => held);

describe("scores", () => {
  it("of a family under a level, and what a noise adds", () => {
    const level = noiseLevel(3, 10, "variance");
    expect(level).toMatchObject({ table: 3, row: 10, reading: "variance", bias: 0 });
    expect(noiseLevel(1, 1, "variance")).toBe(NO_NOISE);
    expect(() => noiseLevel(1, 6, "sd")).toThrow("Table 1 has no row 6");
    const runs = family("tdlgm", { error: rising(0.01, 0.5), score: 64 });
    expect(errorOf(runs, level).mean).toBeCloseTo(0.06, 12);
    expect(addedTo(runs, level).mean).toBeCloseTo(0.05, 12);
    expect(addedTo(runs, level, "mean").mean).toBeCloseTo(0.025, 12);
    expect(scoreOf(runs, 10).mean).toBeCloseTo(64, 10);
    expect(spreadOf(errorOf(runs, level), scoreOf(runs, 2))).toBe(scoreOf(runs, 2).sd);
    expect(trivialAt(all({}), level, "Bayes filter")).toBeCloseTo(0.05, 12);
  });

  it("have families in words", () => {
    expect([labelOf("dlgm-clean"), labelOf("tdlgm-alpha-0"), labelOf("none")]).toEqual([
      "DLGM, trained without noise",
      "α = 0: no state loss",
      "none",
    ]);
    expect([trainingLabel("dlgm"), trainingLabel("tdlgm")]).toEqual(["DLGM, trained with noise", "tDLGM"]);
  });
});

describe("evidence about noise and imputation", () => {
  it("finds an error that grows, and none that does not", () => {
    const still = errorIncrease(all({ tdlgm: { error: flat(0.01) } }));
    expect([holds(still.little), holds(still.certain)]).toEqual([
      [true, true, false], // the last is the paper's own table
      [true, true],
    ]);
    const readings = errorIncrease(all({ tdlgm: { error: (l) => 0.01 + (l.reading === "variance" ? l.variance : 0) } }));
    expect([holds(readings.little), holds(readings.certain)]).toEqual([
      [true, false, false],
      [true, false],
    ]);
    expect(readings.certain[1][0]).toMatch(/it is at 8 of 8$/);
    expect(holds(errorIncrease(all({ tdlgm: { error: rising(0.01, 0.005) } }), { bound: 0.01 }).little)).toEqual([false, false, false]);
  });

  it("sees a regularizer that helps", () => {
    const of = (without: number) =>
      holds(
        regularizer(
          all({
            tdlgm: { error: rising(0.01, 0.1) },
            "tdlgm-alpha-0": { error: rising(0.01, without) },
            "tdlgm-alpha-10": { error: flat(0.01) },
          }),
        ).robust,
      );
    expect([of(0.2), of(0.1), of(0.05)]).toEqual([[true], [false], [false]]);
  });

  it("orders models by their errors, and sees who overfits", () => {
    const of = (dlgm: number, tdlgm: number, rnn: number) => {
      const models = { dlgm, tdlgm, rnn, "dlgm-clean": dlgm };
      return all(Object.fromEntries(Object.entries(models).map(([name, e]) => [name, { error: flat(e) }])));
    };
    expect(holds(modelOrder(of(0.001, 0.01, 0.07)).order)).toEqual([true, true]);
    expect(holds(modelOrder(of(0.02, 0.01, 0.005)).order)).toEqual([false, false]);
    expect(holds(modelOrder(of(0.02, 0.01, 0.07)).beats)).toEqual([true, true, true]);
    const fit = (test: number): Fit => ({
      seeds: 1,
      families: { tdlgm: [0.01, 0.01, 0.011], dlgm: [0.001, 0.001, test], "dlgm-clean": [0.001, 0.001, test] },
      constant: [0.1, 0.1, 0.1],
    });
    expect(holds(overfitting(of(0.02, 0.01, 0.07), fit(0.003)).overfits)).toEqual([true, true, true, true]);
    expect(holds(overfitting(of(0.001, 0.01, 0.07), fit(0.001)).overfits)).toEqual([false, false, false, false]);
  });

  it("forecasts an autoregression down to its noise", () => {
    const random = generator(1, "series");
    const series = new Float32Array(4000);
    for (let t = 1; t < series.length; t++) series[t] = 0.8 * series[t - 1] + 0.1 * random.normal();
    expect(linearForecast(series, 1)).toBeCloseTo(0.01, 3);
    expect(mean(series.map((v) => v ** 2))).toBeGreaterThan(0.02);
  });
});

const rows = (view: View): unknown[][] => {
  if (!("table" in view)) throw new Error("a table");
  return view.table.values as unknown[][];
};

describe("Table 3's views", () => {
  const half = { error: rising(0.01, 0.5) };
  const results = all({ tdlgm: half, dlgm: { error: flat(0.004) }, "dlgm-clean": half, rnn: { error: flat(0.07) }, "rnn-clean": half });
  const levels = [noiseLevel(3, 10, "sd"), noiseLevel(3, 9, "variance")];

  it("give the share of a noise that is handed on: all by the identity, none by a constant", () => {
    const shares = Object.fromEntries(rows(handedOn(results, levels)).map(([name, ...its]) => [name, its]));
    expect(shares).toMatchObject({
      "tDLGM, trained without noise": ["0.50", "0.50"],
      "DLGM, trained with noise": ["0.00", "0.00"],
      identity: ["1.00", "1.00"],
      "linear filter": ["0.50", "0.50"],
      "train mean": ["0.00", "0.00"],
    });
  });

  it("test each level against the first, and training noise at some", () => {
    const growth = rows(growthTests(results.families));
    expect(growth.length).toBe(18);
    expect(growth[0].slice(0, 4)).toEqual(["σ² 0.0059 − 0.0053, as sd", (0.5 * (0.1 / 17 - 0.1 / 19)).toFixed(5), "2.5 %", 5]);
    results.families.dlgm.push({ ...results.families.dlgm[4], seed: 5 }); // one seed more than the family beside it
    const tests = rows(trainingNoiseTests(results.families, levels));
    expect(tests.length).toBe(8);
    expect(tests[0].slice(0, 3)).toEqual(["DLGM: with − without training noise, 0.1 as sd", "-0.05600", 5]);
  });

  it("tell the readings apart by what the last level adds", () => {
    const level = (reading: string) => (l: NoiseLevel) => 0.01 + (l.reading === reading ? l.variance : 0);
    const models = { "dlgm-clean": half, dlgm: half, "rnn-clean": half, rnn: half };
    const [paper, sd, variance, identity] = rows(readingsView(all({ tdlgm: { error: level("sd") }, ...models })));
    expect(paper[1]).toBeCloseTo(0.0063, 4);
    expect([sd[1], variance[1], identity[1]].map((x) => Number((x as number).toFixed(6)))).toEqual([0.094737, 0, 0.094737]);
  });

  it("draw Figure 10 with the errors that its data have", () => {
    const test = Float32Array.from({ length: 500 }, (_, t) => (t % 2 ? 1 : 0.5));
    const view = figure10(
      "10x",
      test,
      test.map((v) => v - 0.2),
      test.map((v) => v - 0.1),
      { level: levels[0], from: 10, length: 20 },
    );
    if (!("figure" in view)) throw new Error("a figure");
    expect(view.options.caption).toContain("20 consecutive test pods");
    expect(view.options.caption).toMatch(/MSE over the whole test part 0\.0100, of the noisy values themselves 0\.0400\.$/);
    expect(view.options.seriesDrawn).toBe(true);
  });
});

describe("Table 2's views", () => {
  const error = flat(0.01);
  const { families, calibration } = all({ tdlgm: { error, score: 66 }, dlgm: { error, score: 62 }, rnn: { error, score: 40, falls: 28 } });

  it("put the paper's models among generators, best first", () => {
    const names = rows(ladder({ families, calibration }, [2, 30])).map(([name]) => name);
    expect(names).toEqual(["iid marginal", ">> the paper's tDLGM", ">> the paper's DLGM", ">> the paper's RNN"]);
  });

  it("test the order, the course over the length, and ten bins", () => {
    const differences = Object.fromEntries(rows(orderTests(families, [10])).map(([what, mean]) => [what, mean]));
    expect(differences).toEqual({
      "tDLGM − DLGM, 10 steps": "4.00",
      "DLGM − RNN, 10 steps": "30.00",
      "tdlgm: 30 steps − 2 steps": "0.00",
      "dlgm: 30 steps − 2 steps": "0.00",
      "rnn: 30 steps − 2 steps": "-28.00",
      "tDLGM − DLGM, 10 steps, 10 bins": "2.00",
    });
  });

  it("give independent draws their variance on top of the training mean's error", () => {
    const random = generator(2, "uniform");
    const series = Float32Array.from({ length: 5000 }, () => random.uniform());
    for (const [, tdlgm, , , draws, centre, best] of rows(horizonView(series, families)) as [number, ...string[]][]) {
      expect(tdlgm).toBe("0.1000 ± 0.0000 (5)");
      expect(Number(draws) - Number(centre)).toBeCloseTo(1 / 12, 2);
      expect(Number(best)).toBeLessThanOrEqual(Number(centre));
    }
  });
});

describe("evidence about time and the state", () => {
  const models = (tdlgm: number, dlgm: number, rnn: number, falls = 0) => {
    const error = flat(0.01);
    return all({ tdlgm: { error, score: tdlgm, falls }, dlgm: { error, score: dlgm }, rnn: { error, score: rnn } });
  };
  it("orders generators, and sees a score that falls", () => {
    const { best, stable } = generationOrder(models(66, 62, 5));
    expect([holds(best), holds(stable)]).toEqual([
      [true, true],
      [true, true, true],
    ]);
    expect(holds(generationOrder(models(60, 62, 70)).best)).toEqual([false, false]);
    expect(holds(generationOrder(models(66, 62, 5, 10)).best)).toEqual([false, true]); // no longer above at every length
    expect(holds(generationOrder(models(66, 62, 5, 10)).stable)).toEqual([false, true, false]);
  });

  it("sees a state that is used, and layers that help", () => {
    const error = flat(0.01);
    const variants = (used: boolean) =>
      all({
        tdlgm: { error },
        "tdlgm-state-cell": { error, score: used ? 70 : 60, autocorrelation: used ? 0.2 : 0 },
        "tdlgm-state-output": { error },
        "tdlgm-one-layer": { error: rising(0.01, 0.1) },
        "tdlgm-three-layers": { error: rising(0.01, used ? 0.01 : 0.1), score: used ? 70 : 60 },
      });
    for (const used of [true, false]) {
      expect(holds(stateOptions(variants(used)).cell)).toEqual([used, used]);
      expect(holds(depths(variants(used)).layers)).toEqual([used, used]);
    }
  });
});

describe("views", () => {
  it("are shown in their order, outside a notebook as text", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const drawn = figureView(learningCurves([{ name: "a", y: [1, 2] }]), { alt: "a rises" });
    await show(drawn, tableView(["a", "b"], [["x", 0.5]], "numbers"));
    const texts = log.mock.calls.map(([text]) => text);
    log.mockRestore();
    expect(texts).toEqual(["a rises", "numbers\na  b\nx  0.5"].map((t) => expect.stringContaining(t.split("\n")[0])));
    expect(texts[1]).toContain("0.5");
    expect([small(0), small(1.23e-7), percent(0.256)]).toEqual(["0", "1.2e-7", "26 %"]);
  });

  it("hold claims in the paper's order, and count verdicts", () => {
    const one = (section: string, verdict: "partly" | "reproduced", held: boolean) => {
      return { section, claim: section, verdict, conditions: [whether("less", 1, "<", held ? 2 : 0)] };
    };
    const [claims, verdicts] = claimsViews([
      one("5", "reproduced", true),
      one("my own", "partly", true),
      one("abstract", "reproduced", false),
    ]);
    if (!("table" in claims && "table" in verdicts)) throw new Error("two tables");
    expect((claims.table.values as unknown[][]).map(([section]) => section)).toEqual(["abstract", "5", "my own"]);
    expect(verdicts.table.values).toEqual([
      ["reproduced", 2],
      ["partly", 1],
      ["not reproduced", 0],
    ]);
    expect(verdicts.options.caption).toBe("3 claims; 1 verdicts are those that the conditions give with the runs at hand");
  });
});
