/** A run's scores follow from its weights. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../lib/base/project";
import { HISTORY, NOISE_SEEDS, split, stretch, testPart } from "../lib/data/protocol";
import type { Series } from "../lib/data/series";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { mean, mse, squaredErrorVariance, transitionCeiling, transitionScore, transitionScoreAcross } from "../lib/metrics/metrics";
import { createModel } from "../lib/models/model";
import { comparisons } from "../lib/notebook/comparisons";
import { type LevelErrors, readErrors } from "../lib/paper/errors";
import { evaluate, STEPS, scoreImputation, weightsHash } from "../lib/paper/evaluate";
import { NOISE_LEVELS, type NoiseLevel, noisySeries } from "../lib/paper/levels";
import { LEARNING_CURVE } from "../lib/paper/plan";
import { obtainMetrics, readMetrics, writeMetrics } from "../lib/paper/results";
import { imputerScores, samplerScores, samplers } from "../lib/paper/trivial";
import { generate } from "../lib/training/generation";
import { impute } from "../lib/training/imputation";
import { hasTrace } from "./trace-file";

const options = { name: "tiny", seed: 3, draws: 2, sequences: 40 };
let series: Series;
beforeAll(async () => {
  series = requestSeries(await loadTrace());
});

describe("the scores of a run", () => {
  it("are those of impute and generate by the protocol", async () => {
    const model = createModel({ kind: "tdlgm", H: 4, m: 3 }, 1);
    const metrics = await evaluate(model, series, options);
    expect(metrics).toMatchObject({ name: "tiny", kind: "tdlgm", seed: 3, weights: weightsHash(model) });
    expect(metrics.imputation.map(({ table }) => table)).toEqual([...Array(9).fill(1), ...Array(20).fill(3), ...Array(20).fill("biased")]);
    const { train, test } = split(series.values);
    for (const level of [NOISE_LEVELS[8], NOISE_LEVELS[20], NOISE_LEVELS[48]]) {
      const errors: number[] = [];
      const variances: number[] = [];
      for (const { seed, values } of noisySeries(series, level, 2)) {
        expect(values.length).toBe(HISTORY + 500);
        const imputed = testPart(await impute(model, values, { seed, xi: "sample" }));
        errors.push(mse(test, imputed));
        variances.push(squaredErrorVariance(test, imputed));
      }
      const isLevel = (s: NoiseLevel) => s.table === level.table && s.row === level.row && s.reading === level.reading;
      const score = metrics.imputation.find(isLevel)!;
      expect(score.mse.sample).toBeCloseTo(mean(errors), 12);
      expect(score.errorVariance.sample).toBeCloseTo(mean(variances), 12);
      expect(score.mseVariance.sample).toBeCloseTo((errors[0] - errors[1]) ** 2 / 2, 12);
      expect(score.mse.mean).not.toBe(score.mse.sample);
    }
    const histories = Array.from({ length: 40 }, (_, i) => train.slice(Math.max(0, i + 2 - HISTORY), i + 2));
    const made = (await generate(model, histories, 30, { seed: 3 })).map((s) => s.slice(0, 5));
    const of = (lag: "one" | "steps", bins: 10 | 11) =>
      metrics.generation.find((s) => s.steps === 5 && s.histories === "train" && s.bins === bins && s.lag === lag)!;
    expect(of("one", 10).score).toBeCloseTo(transitionScore(train, made, 1, { bins: 10 }), 9);
    const [from, to] = [Float32Array.from(histories, (h) => h[h.length - 1]), Float32Array.from(made, (s) => s[4])];
    expect(of("steps", 11)).toMatchObject({ ceiling: transitionCeiling(train, 5, 11) });
    expect(of("steps", 11).score).toBeCloseTo(transitionScoreAcross(train, from, to, 5), 9);
    expect(await evaluate(model, series, options)).toEqual(metrics);
    model.dispose();
  });

  it("are the same with one draw and at the mean for an RNN, which has the filters' p-values too", async () => {
    const model = createModel({ kind: "rnn", H: 4, m: 3 }, 1);
    const metrics = await evaluate(model, series, options);
    for (const { mse } of metrics.imputation) expect(mse.sample).toBe(mse.mean);
    for (const p of Object.values(metrics.filter!).flatMap((f) => Object.values(f))) expect(p >= 0 && p <= 1).toBe(true);
    expect(metrics.horizonMse.map(({ steps }) => steps)).toEqual([...STEPS]);
    model.dispose();
  });

  it("follow from the weights and the seeds", async () => {
    const [a, b] = [createModel({ kind: "dlgm", H: 4, m: 3 }, 1), createModel({ kind: "dlgm", H: 4, m: 3 }, 2)];
    expect(weightsHash(a)).not.toBe(weightsHash(b));
    const scores = [];
    for (const model of [a, b]) scores.push(await scoreImputation(model, series, NOISE_LEVELS[8], { draws: 2 }));
    expect(scores[0].mse.sample).not.toBe(scores[1].mse.sample);
    a.dispose();
    b.dispose();
  });

  it("name a wrong option", async () => {
    const model = createModel({ kind: "rnn", H: 2 }, 0);
    await expect(evaluate(model, series, { ...options, draws: 1 })).rejects.toThrow(
      "options.draws must be a whole number from 2 to 20; it is 1",
    );
    await expect(evaluate(model, series, { ...options, draws: 21 })).rejects.toThrow("options.draws");
    await expect(evaluate(model, series, { ...options, seed: -1 })).rejects.toThrow("seed must be");
    model.dispose();
  });

  it("of a clean-window DLGM hardly know the noise: its windows end with the clean value", async () => {
    const model = createModel({ kind: "dlgm", H: 4, m: 1, windowEnd: "clean" }, 1);
    const { mse } = await scoreImputation(model, series, { ...NOISE_LEVELS[8], probability: 1 }, { draws: 2 });
    expect(mse.mean).toBeGreaterThan(0);
    model.dispose();
  });
});

describe("scores that are missing or broken", () => {
  it("are made for a quick look, and nothing is kept", async () => {
    const run = {
      name: "quick-look",
      family: "quick-look",
      config: { kind: "rnn", H: 2, m: 2 },
      seed: 0,
      group: "tables",
      share: 0.1,
    } as const;
    const metrics = await obtainMetrics(run, series, { steps: 2, draws: 2, sequences: 5, seeds: 1 });
    expect(metrics).toMatchObject({ name: "quick-look", kind: "rnn" });
    expect(metrics.imputation[0].draws).toBe(2);
    expect(fs.existsSync(path.join(projectRoot(), "runs/quick-look"))).toBe(false);
  });

  it("a broken file is named, a missing one is none", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-metrics-"));
    expect(readMetrics(folder)).toBeNull();
    fs.writeFileSync(path.join(folder, "metrics.json"), "{");
    expect(() => readMetrics(folder)).toThrow(`${path.join(folder, "metrics.json")}: not whole JSON`);
    fs.rmSync(folder, { recursive: true });
  });
});

describe("a stretch of the training part", () => {
  const part = Float32Array.of(1, 2, 3, 4);
  it("is its end, or begins where it is told to", () => {
    expect(Array.from(stretch(part, 0.5))).toEqual([3, 4]);
    expect(Array.from(stretch(part, 0.5, 0))).toEqual([1, 2]);
    expect(Array.from(stretch(part, 0.5, 0.25))).toEqual([2, 3]);
    expect(stretch(series, 1).length).toBe(series.length);
  });
  it("never runs past the end, whatever the rounding", () => {
    for (const { share, from } of LEARNING_CURVE.stretches)
      for (const n of [7, 10, 99, 7652]) expect(stretch(new Float32Array(n), share, from).length).toBe(Math.round(share * n));
  });
  it("names what is out of range", () => {
    for (const share of [0, -1, 1.1, Number.NaN]) expect(() => stretch(series, share)).toThrow("share must be a number above 0, at most 1");
    for (const from of [-0.1, 0.6, Number.NaN])
      expect(() => stretch(series, 0.5, from)).toThrow("from must be a number from 0 to 1 - share");
  });
});

describe("errors over the test part", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-errors-"));
  it.each(["tdlgm", "rnn"] as const)("of %s are those that its scores are means of, before and after writing", async (kind) => {
    const model = createModel({ kind, m: 2, H: 2 }, 0);
    const metrics = await evaluate(model, series, { name: "x", seed: 0, draws: 2, sequences: 5 });
    const errors = metrics.errors as LevelErrors[];
    const scores = metrics.imputation.filter(({ table }) => table !== "biased");
    expect(errors.length).toBe(scores.length);
    writeMetrics(metrics, folder);
    const read = readErrors(folder, metrics.weights) as LevelErrors[];
    for (const [i, { mse, probability }] of scores.entries()) {
      for (const xi of ["sample", "mean"] as const) {
        expect(mean(errors[i].squared[xi]) / mse[xi]).toBeCloseTo(1, 5);
        for (const [t, e] of errors[i].squared[xi].entries()) expect(Math.abs(read[i].squared[xi][t] - e)).toBeLessThanOrEqual(2 ** -8 * e);
      }
      expect(mean(errors[i].byDraw) / mse.sample).toBeCloseTo(1, 5);
      expect(read[i].byDraw).toEqual(errors[i].byDraw);
      expect(read[i].welch).toEqual(errors[i].welch);
      expect(errors[i].welch.every((p) => (probability === 0 ? p === 1 : p >= 0 && p < 1))).toBe(true);
    }
    expect(readMetrics(folder)).not.toHaveProperty("errors");
    expect(readErrors(folder, "of other weights")).toBeNull();
    model.dispose();
  });
});

describe("comparisons", () => {
  it("compare by pairs, corrected for all", () => {
    const [first, second] = comparisons([
      { what: "a", first: [1, 2, 3], second: [0, 1.1, 2] },
      { what: "b", first: [1, 2, 3], second: [1.1, 1.9, 3.05] },
    ]);
    expect(first).toMatchObject({ what: "a", seeds: "3" });
    expect(first.difference).toBeCloseTo(0.9667, 3);
    expect(first.corrected).toBeCloseTo(2 * first.p, 12);
    expect(second.corrected).toBeGreaterThanOrEqual(second.p);
  });

  it("take all seeds where one has more", () => {
    const [few] = comparisons([{ what: "a", first: [1, 2, 3, 6], second: [2, 4] }]);
    expect(few).toMatchObject({ difference: 0, seeds: "4 and 2", p: 1 });
  });
});

describe.skipIf(!hasTrace)("what methods without a network get on the trace", () => {
  it("identity at .1: .0071 as a standard deviation, .0594 as a variance, within the noise draws' spread", () => {
    const levels = NOISE_LEVELS.filter(({ table, row }) => table === 3 && row === 10);
    const [sd, variance] = imputerScores(series, levels, NOISE_SEEDS.length).map((scores) => scores.mse.identity);
    expect(Math.abs(sd - 0.0071)).toBeLessThan(0.0003);
    expect(Math.abs(variance - 0.0594)).toBeLessThan(0.002);
  });

  it("Algorithm 1, 7,650 sequences of 10: uniform 60.1, iid 69.8, Markov-1 76.9, each within .7", () => {
    const at = (name: string) => {
      const sampler = samplers(series).find((one) => one.name === name)!;
      return mean(samplerScores(series, sampler, { repetitions: 3 }).map((scores) => scores[STEPS.indexOf(10)]));
    };
    expect(Math.abs(at("uniform") - 60.1)).toBeLessThan(0.7);
    expect(Math.abs(at("iid marginal") - 69.8)).toBeLessThan(0.7);
    expect(Math.abs(at("Markov-1") - 76.9)).toBeLessThan(1.4); // the sd of one set of sequences is .7
    expect(Math.abs(at("real: pieces of the training part") - 77.5)).toBeLessThan(1.4);
  });
});
