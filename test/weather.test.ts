/** The second series of several columns: as data, its rivals without a network, draws of the next row, a training, and the shipped scores. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { generator } from "../lib/base/random";
import { Series, seriesColumn } from "../lib/data/series";
import { seattleWeather, WEATHER_COLUMNS } from "../lib/data/weather";
import { mean, sd } from "../lib/metrics/metrics";
import { energyScore } from "../lib/metrics/probabilistic";
import { linearForecaster } from "../lib/metrics/rowForecasts";
import { createModel } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import { type ColumnScores, columnModel, columnScores, columnsFolder, WEATHER_CONFIGS } from "../lib/paper/columns";
import { DRAWS, trainColumns } from "../lib/paper/columnTraining";
import { generate } from "../lib/training/generation";
import { heldOutSurprisals } from "../lib/training/heldOut";
import { nextRows } from "../lib/training/nextRows";
import { held } from "./helpers";

process.env.TDLGM_RUNS = "shipped"; // what was trained here has scores of its own

/** v_t = A v_{t-1} + ε, ε ~ N(0, L Lᵀ). */
const [A, L] = [
  [
    [0.5, 0.3],
    [-0.2, 0.6],
  ],
  [
    [1, 0],
    [0.4, 0.5],
  ],
];
const times = (M: number[][], v: number[]) => M.map((row) => row.reduce((sum, m, j) => sum + m * v[j], 0));
function vector(T: number): Series {
  const random = generator(5, "vector");
  let v = [0, 0];
  const rows = Array.from({ length: T }, () => {
    const noise = times(L, [random.normal(), random.normal()]);
    v = times(A, v).map((x, j) => x + noise[j]);
    return v;
  });
  return new Series(Float32Array.from(rows.flat()), ["a", "b"]);
}
const rowOf = ({ values, columns }: Series, t: number) => Array.from(values.subarray(t * columns.length, (t + 1) * columns.length));

describe("Seattle's weather", () => {
  it("is scaled by its training part alone, and the same in every call", async () => {
    const { series, testFrom, season, own, wetAbove } = await seattleWeather();
    expect([series.length, testFrom, series.columns]).toEqual([1461, 1096, WEATHER_COLUMNS]);
    for (const name of WEATHER_COLUMNS) {
      const training = seriesColumn(series, name).subarray(0, testFrom);
      expect(mean(training)).toBeCloseTo(0, 4);
      expect(sd(training)).toBeCloseTo(1, 2);
    }
    expect([season[0], season[366], season[1096]]).toEqual([0, 0, 0]);
    expect(season[31]).toBeCloseTo(31 / 366, 12);
    // 2012-01-02: 10.9 mm, 10.6 and 2.8 °C, 4.5 m/s, but for what rounding may have taken.
    own(rowOf(series, 1)).forEach((x, j) => {
      expect(Math.abs(x - [10.9, 10.6, 2.8, 4.5][j])).toBeLessThan(0.051);
    });
    const wet = seriesColumn(series, "precipitation").filter((z) => z > wetAbove).length;
    expect(wet).toBe(1461 - 838);
    expect((await seattleWeather()).series.hash).toBe(series.hash);
  });
});

describe("a linear forecast of a row", () => {
  const series = vector(4000);
  const var1 = linearForecaster(series, 3000, { inputs: (t) => rowOf(series, t - 1) });
  const test = Array.from({ length: 1000 }, (_, i) => 3000 + i);

  it("finds the equation, and comes to its entropy", () => {
    const nats = mean(test.map((t) => var1(t).nats(rowOf(series, t))));
    const entropy = Math.log(2 * Math.PI * Math.E) + Math.log(L[0][0] * L[1][1]);
    expect(Math.abs(nats - entropy)).toBeLessThan(0.05);
    const drawn = var1(3500).draws(4000, generator(1, "draws"));
    const wanted = times(A, rowOf(series, 3499));
    wanted.forEach((m, j) => {
      expect(Math.abs(mean(drawn.map((row) => row[j])) - m)).toBeLessThan(0.15);
    });
    const product = mean(drawn.map(([a, b]) => (a - wanted[0]) * (b - wanted[1])));
    expect(Math.abs(product - L[0][0] * L[1][0])).toBeLessThan(0.1);
  });

  it("adds to an offset: a step from the row before", () => {
    const step = linearForecaster(series, 3000, { offset: (t) => rowOf(series, t - 1) });
    const residuals = Array.from({ length: 2999 }, (_, i) => rowOf(series, i + 1)[0] - rowOf(series, i)[0]);
    const marginal = step(10)
      .draws(4000, generator(2, "draws"))
      .map((row) => row[0]);
    expect(mean(marginal)).toBeCloseTo(rowOf(series, 9)[0] + mean(residuals), 0);
    expect(sd(marginal)).toBeCloseTo(sd(residuals), 0);
  });

  it("has a regression for each class, and a density of mass 1", () => {
    const random = generator(3, "classes");
    const values = Float32Array.from({ length: 600 }, () => (random.uniform() < 0.3 ? 5 : 0) + 0.2 * random.normal());
    const one = new Series(values, ["a"]);
    const forecast = linearForecaster(one, 500, { classOf: ([v]) => Number(v > 2) })(550);
    const grid = Array.from({ length: 1200 }, (_, i) => -2 + 0.01 * i);
    expect(grid.reduce((sum, v) => sum + 0.01 * Math.exp(-forecast.nats([v])), 0)).toBeCloseTo(1, 6);
    const share = mean(forecast.draws(4000, random).map(([v]) => Number(v > 2)));
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  });

  it("refuses what does not fit", () => {
    expect(() => linearForecaster(series, 3000, { lags: 1 } as never)).toThrow(/^options must be an object with no keys but inputs/);
    const bad = (options: object) => () => linearForecaster(series, 3000, options);
    expect(bad({ classOf: () => -1 })).toThrow("options.classOf(row) must be a whole number from 0 to 1; it is -1");
    expect(bad({ inputs: (t: number) => (t > 5 ? [Number.NaN] : [t]) })).toThrow("options.inputs(t)");
    expect(bad({ inputs: (t: number) => (t > 5 ? [1, 2] : [t]) })).toThrow("options.inputs(t) must be as long as those of row 1, 1");
    expect(bad({ offset: () => [1] })).toThrow("options.offset(t) must be an array of numbers, 2 or more");
    expect(bad({ classOf: () => 1 })).toThrow("until must be more than 3 rows of class 0 before it; there are 0; it is 3000");
    const late = linearForecaster(series, 100, { classOf: ([v]: number[]) => Number(v === series.values[400]) });
    expect(() => late(201)).toThrow("t must be a row after one of a class that the training part has");
    expect(() => linearForecaster(new Series(new Float32Array(50).fill(1), ["a"]), 40, {})).toThrow("series leaves no residuals");
    expect(() => var1(0)).toThrow(/^t must be a whole number from 1/);
    expect(() => var1(5).nats([1])).toThrow(/^row must be as long as/);
  });
});

describe("a VRNN over two columns", () => {
  const series = vector(400);
  const config = { kind: "vrnn" as const, likelihood: { kind: "normal" as const, columns: 2 }, m: 4, length: 8, H: 8, K: 2, steps: 60 };

  it("draws the next row, each after its own past", async () => {
    const model = createModel(config, 1);
    const drawn = await nextRows(model, series, 390, { seed: 1, draws: 3 });
    expect(drawn.map((rows) => rows.map(({ length }) => length))).toEqual(new Array(10).fill([2, 2, 2]));
    const pasts = Array.from({ length: 10 }, (_, i) => new Array(3).fill(series.slice(0, 390 + i).values)).flat();
    expect(drawn.flat()).toEqual((await generate(model, pasts, 1, { seed: 1 })).map((row) => Array.from(row)));
    await expect(nextRows(model, series, 0, { seed: 1, draws: 3 })).rejects.toThrow(/^from must be/);
    model.dispose();
  });

  it("is trained and scored as the command does it", async () => {
    const request = { series, testFrom: 380, config, of: "model" as const, seed: 2, numbers: true, atMean: false };
    const { score, model } = await trainColumns(request);
    const nats = await heldOutSurprisals(model, series.values, 380, { seed: 2, particles: 512 });
    const drawn = await nextRows(model, series, 380, { seed: 2, draws: DRAWS });
    model.dispose();
    expect(score.nllOfMore).toBe(mean(nats));
    expect(score.kl).toHaveLength(1);
    expect(score.rows.nats).toHaveLength(20);
    expect(score.rows.energy).toHaveLength(20);
    score.rows.energy!.forEach((energy, i) => {
      expect(energy).toBeCloseTo(energyScore(drawn[i], rowOf(series, 380 + i)), 3);
    });
    const twin = await trainColumns({ ...request, config: { ...config, latents: false }, of: "twin", numbers: false });
    twin.model.dispose();
    expect(twin.score.kl).toEqual([]);
    expect(twin.score.rows.nats).toHaveLength(20);
    expect(twin.score.rows.energy).toBeUndefined();
    expect(twin.score.nllOfMore).toBeCloseTo(twin.score.nll, 5); // nothing is drawn
  });

  it("goes on with a training that was stopped, and has the scores of an uninterrupted one", async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-weather-"));
    const own = { ...config, validateEvery: 20 };
    const request = { series, testFrom: 380, config: own, of: "model" as const, seed: 2, numbers: false, atMean: false };
    const whole = await trainColumns(request);
    const stop = new AbortController();
    const before = held();
    const stopped = trainColumns({ ...request, dir, signal: stop.signal, onProgress: ({ step }) => step === 40 && stop.abort() });
    await expect(stopped).rejects.toThrow(/stopped at step 4\d of 60/);
    expect(held().tensors).toBe(before.tensors); // it keeps no model
    const { score, model } = await trainColumns({ ...request, dir });
    const hadAll = model.step;
    const again = await trainColumns({ ...request, dir }); // all steps are there
    const other = trainColumns({ ...request, dir, seed: 3 });
    await other.catch(() => {}); // before the folder goes
    for (const made of [whole.model, model, again.model]) made.dispose();
    fs.rmSync(dir, { recursive: true });
    expect(hadAll).toBe(60);
    await expect(other).rejects.toThrow(/holds a training with other settings or another seed$/);
    for (const one of [score, again.score]) expect({ ...one, seconds: 0 }).toEqual({ ...whole.score, seconds: 0 });
  });
});

describe("the shipped scores of the weather", () => {
  const kept = JSON.parse(fs.readFileSync(path.join(columnsFolder("weather"), "scores.json"), "utf8")) as ColumnScores;

  it("are of this series and the settings that are planned, ten seeds of each", async () => {
    const weather = await seattleWeather();
    expect(columnScores(weather)).toEqual(kept.scores);
    expect(columnScores({ ...weather, series: weather.series.slice(0, 1400) })).toBeNull();
    for (const of of ["model", "twin"] as const) {
      const seeds = kept.scores.filter((score) => score.of === of).map(({ seed }) => seed);
      expect(seeds).toEqual(Array.from({ length: 10 }, (_, seed) => seed));
      const model = await columnModel(weather, of);
      expect(model.config).toEqual(completeConfig(WEATHER_CONFIGS[of] as never));
      const [first] = kept.scores.filter((score) => score.of === of);
      const nats = await heldOutSurprisals(model, weather.series.values, weather.testFrom, { seed: 0, particles: 512 });
      model.dispose();
      expect(mean(nats)).toBeCloseTo(first.nllOfMore, 3);
    }
  });

  it("hold together, and keep what is claimed: with ξ more than a nat less, and no worse in energy", () => {
    for (const { nll, nllOfMore, rows } of kept.scores) {
      expect([rows.nats.length, rows.energy?.length]).toEqual([365, 365]);
      expect(mean(rows.nats)).toBeCloseTo(nllOfMore, 3);
      expect(Math.abs(nll - nllOfMore)).toBeLessThan(0.02);
    }
    const of = (one: string, part: "nats" | "energy") =>
      mean(kept.scores.filter((score) => score.of === one).map(({ rows }) => mean(rows[part]!)));
    expect(of("twin", "nats") - of("model", "nats")).toBeGreaterThan(1);
    expect(of("model", "energy")).toBeLessThan(of("twin", "energy"));
  });
});
