/** Series of several columns: as data, and through training, likelihood, generation and imputation. */

import * as fs from "node:fs";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { DataFrame } from "danfojs-node";
import { afterAll, describe, expect, it, vi } from "vitest";
import { projectRoot } from "../lib/base/project";
import { generator } from "../lib/base/random";
import { REST, rowTypes, traceColumns } from "../lib/data/columns";
import { TEST_SIZE } from "../lib/data/protocol";
import { Series, seriesColumn } from "../lib/data/series";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { saveModel } from "../lib/models/checkpoint";
import type { Kind } from "../lib/models/kind";
import { createModel } from "../lib/models/model";
import { completeConfig, kindOf, type ModelConfig } from "../lib/models/registry";
import type { TdlgmConfig } from "../lib/models/tdlgm";
import {
  allSettings,
  type ColumnResult,
  type ColumnRun,
  type ColumnScores,
  columnConfigs,
  columnModel,
  columnScores,
  columnsFolder,
  loadOwnColumn,
  NARROW_CONFIGS,
  ownColumnResult,
  REQUEST_COLUMNS,
  SCORE_FILE,
} from "../lib/paper/columns";
import { weightsHash } from "../lib/paper/evaluate";
import { draws } from "../lib/tensor/draws";
import { generate } from "../lib/training/generation";
import { heldOutSurprisals } from "../lib/training/heldOut";
import { impute } from "../lib/training/imputation";
import { train } from "../lib/training/train";
import { average, batchOfStep, chain, expectClose, randomWeights, trainingData } from "./helpers";
import { hasTrace } from "./trace-file";

process.env.TDLGM_RUNS = "shipped"; // what was trained here has scores of its own

const memory = {
  prior: "state" as const,
  recognition: "both" as const,
  xi: true,
  taus: [2, 5],
  length: 8,
  burnIn: 4,
  anneal: 20,
  freeBits: 0,
  dropout: 0,
};
const make = (likelihood: object, change: object = {}, own: object = {}) =>
  ({
    kind: "tdlgm",
    ...{ m: 8, H: 8, K: 2, batch: 16, learningRate: 0.01, alpha: 0, transition: "below", state: "output", restartAfter: 0 },
    likelihood,
    memory: { ...memory, ...change },
    ...own,
  }) as ModelConfig;
const values = [
  [0, 1, 2, 3],
  [5, 6, 7, 8],
];
const columns = { kind: "categorical-columns" as const, values };
/** Rows whose second column is the first, moved by 5: independent draws of four values. */
const copies = (T: number) => {
  const random = generator(1, "copies");
  const rows = Float32Array.from({ length: 2 * T });
  for (let t = 0; t < T; t++) {
    rows[2 * t] = random.integer(4);
    rows[2 * t + 1] = rows[2 * t] + 5;
  }
  return new Series(rows, ["a", "b"]);
};

describe("columns of a table", () => {
  const rows = Array.from({ length: 600 }, (_, t) => [t % 3, t === 20 ? 9 : 4, t < 590 ? 1 : 2]);
  const frame = new DataFrame(rows, { columns: ["a", "b", "c"] });

  it("have a class for each value of the training part, and one for the rest", () => {
    const { series, values } = traceColumns(frame, ["c", "a", "b"]);
    expect(values).toEqual([
      [REST, 1],
      [REST, 0, 1, 2],
      [REST, 4, 9],
    ]);
    expect(series.columns).toEqual(["c", "a", "b"]);
    expect(series.length).toBe(600);
    expect([...series.slice(19, 22).values]).toEqual([1, 1, 4, 1, 2, 9, 1, 0, 4]);
    expect([...series.slice(589, 591).values]).toEqual([1, 1, 4, REST, 2, 4]);
    expect([...seriesColumn(series, "a").subarray(0, 4)]).toEqual([0, 1, 2, 0]);
    expect(new Set(rowTypes(series)).size).toBe(7); // three values of a, one row with 9, three with REST
  });

  it("are refused by name where they can't be used", () => {
    expect(() => traceColumns(frame, ["d"])).toThrow("trace has no column d, but a, b, c");
    expect(() => traceColumns(frame, [])).toThrow(/^names must be an array of names/);
    const holes = new DataFrame(
      rows.map((row, t) => (t === 7 ? [0, null, 1] : row)),
      { columns: ["a", "b", "c"] },
    );
    expect(() => traceColumns(holes, ["b"])).toThrow(/^trace, column b, row 7 must be a number from 0/);
    expect(() => seriesColumn(copies(3), "c")).toThrow(/^name must be one of a, b/);
  });
});

describe("a tDLGM with memory", () => {
  it("gives the same for one column, however that is said", async () => {
    const one = { kind: "categorical-columns", values: [[0, 0.25, 0.5, 1]] };
    const usual = { kind: "categorical", values: one.values[0] };
    const results = await Promise.all(
      [one, usual].map(async (likelihood) => {
        const model = createModel(make(likelihood), 3);
        await train(model, chain(300, 4), { seed: 3, steps: 20 });
        const surprisals = await heldOutSurprisals(model, chain(300, 4), 280, { seed: 1, particles: 16 });
        const [made] = await generate(model, [chain(20, 4)], 12, { seed: 5 });
        const imputed = await impute(model, chain(20, 4), { seed: 2, xi: "sample" });
        model.dispose();
        return [[...surprisals], [...made], [...imputed]];
      }),
    );
    expect(results[0]).toEqual(results[1]);
  });

  const config = completeConfig(make(columns, { freeBits: 0 }) as never) as TdlgmConfig;
  const kind = kindOf(config) as unknown as Kind<TdlgmConfig>;

  it("has joint probabilities that sum to 1, the same by q and by the prior", () => {
    const w = randomWeights(config, 0.2);
    const N = 4000;
    const history = tf.tensor3d(copies(20).values, [20, 1, 2]);
    const state = kind.init(config, w, history).map((s) => tf.tile(s as tf.Tensor2D, [N, 1]));
    const fromPrior = draws(kind.emission(config), { seed: 1, name: "prior", step: 0 }, N);
    const fromQ = draws(kind.proposal!(config), { seed: 1, name: "q", step: 0 }, N);
    const probability = (log: tf.Tensor) => average(log.exp().dataSync());
    const pairs = values[0].flatMap((a) => values[1].map((b) => tf.tile(tf.tensor2d([[a, b]]), [N, 1]) as tf.Tensor2D));
    const byPrior = pairs.map((v) => probability(kind.logDensity!(config, w, state, v, fromPrior)));
    const byQ = pairs.map((v) => probability(kind.observe!(config, w, state, v, fromQ).logWeight));
    expect(average(byPrior) * 16).toBeCloseTo(1, 4);
    expectClose(byQ, byPrior, 0.01);
  });

  it("has a gradient for every weight", () => {
    const w = randomWeights(config);
    const data = trainingData(config, copies(300) as never);
    const batch = { ...batchOfStep(data, 1), step: tf.scalar(100) };
    const drawn = draws(kind.noise(config), { seed: 1, name: "x", step: 1 }, config.batch);
    const names = Object.keys(w);
    const lower = (...all: tf.Tensor[]) => {
      const own = Object.fromEntries(names.map((name, i) => [name, all[i]]));
      return kind.losses.loss(config, own, batch, drawn).total;
    };
    const gradients = tf.grads(lower)(Object.values(w));
    gradients.forEach((g, i) => {
      expect(tf.sum(tf.abs(g)).dataSync()[0], names[i]).toBeGreaterThan(0);
    });
    data.dispose();
  });

  it("learns that columns are copies of one another, which its twin without ξ can't say", async () => {
    const series = copies(700);
    const nll: number[] = [];
    for (const xi of [true, false]) {
      const model = createModel(make(columns, { xi }), 1);
      await train(model, series.slice(0, 600), { seed: 1, steps: 300 });
      nll.push(average(await heldOutSurprisals(model, series.values, 600, { seed: 1, particles: 64 })));
      if (xi) {
        const history = series.values.subarray(0, 40);
        const made = await generate(model, [history, new Float32Array(0), history], 50, { seed: 1 });
        expect(made.map(({ length }) => length)).toEqual([100, 100, 100]);
        expect(await generate(model, [history], 50, { seed: 1 })).toEqual([made[0]]);
        const pairs = made.flatMap((rows) => Array.from({ length: 50 }, (_, t) => [rows[2 * t], rows[2 * t + 1]]));
        expect(pairs.every(([a, b]) => values[0].includes(a) && values[1].includes(b))).toBe(true);
        expect(average(pairs.map(([a, b]) => Number(b === a + 5)))).toBeGreaterThan(0.8);
        const imputed = await impute(model, series.values.subarray(0, 60), { seed: 1, xi: "mean" });
        expect(imputed).toHaveLength(60);
        expect(average(imputed.map((x, i) => Math.abs(x - series.values[i])))).toBeLessThan(0.3);
      }
      model.dispose();
    }
    // The entropy of a row is log 4 = 1.39; independent columns can't go below twice as much.
    expect(nll[1]).toBeGreaterThan(2.7);
    expect(nll[0]).toBeLessThan(2);
  });

  it("refuses what does not fit", async () => {
    expect(() => createModel({ kind: "dlgm", likelihood: columns }, 0)).toThrow(/config\.likelihood\.kind must be one of a single column/);
    expect(() => createModel({ kind: "tdlgm", likelihood: columns }, 0)).toThrow(/config\.likelihood\.kind must be one of a single column/);
    expect(() => createModel(make({ kind: "categorical-columns", values: [] }), 0)).toThrow(
      /config\.likelihood\.values must be an array with/,
    );
    expect(() => createModel(make({ kind: "categorical-columns", values: [[0, 1], [2]] }), 0)).toThrow(/config\.likelihood\.values\[1\] /);
    const model = createModel(make(columns), 0);
    await expect(train(model, chain(200, 4), { seed: 0, steps: 1 })).rejects.toThrow("series must have 2 columns for this model; it has 1");
    const other = new Series(Float32Array.of(0, 5, 1, 4), ["a", "b"]);
    await expect(train(model, other, { seed: 0, steps: 1 })).rejects.toThrow(/series, row 1, column 1 must be one of/);
    const odd = Float32Array.of(0, 5, 1);
    const wanted = /must be rows of 2 values each/;
    await expect(generate(model, [odd], 3, { seed: 0 })).rejects.toThrow(wanted);
    await expect(heldOutSurprisals(model, odd, 1, { seed: 0 })).rejects.toThrow(wanted);
    await expect(heldOutSurprisals(model, Float32Array.of(0, 5), 1, { seed: 0 })).rejects.toThrow(/^from must be/);
    await expect(impute(model, odd, { seed: 0, xi: "mean" })).rejects.toThrow(wanted);
    model.dispose();
  });
});

describe("a VRNN", () => {
  it("learns that columns are copies of one another", async () => {
    const series = copies(700);
    const model = createModel({ kind: "vrnn", likelihood: columns, m: 4, length: 8, H: 16, K: 4, batch: 32, learningRate: 0.01 }, 1);
    await train(model, series.slice(0, 600), { seed: 1, steps: 300 });
    expect(average(await heldOutSurprisals(model, series.values, 600, { seed: 1, particles: 64 }))).toBeLessThan(2);
    model.dispose();
  });

  it("has a normal a column, with the log-density of both", async () => {
    const random = generator(2, "normals");
    const rows = Float32Array.from({ length: 1400 }, (_, i) => (i % 2) * 3 + (1 + (i % 2)) * random.normal());
    const own = {
      kind: "vrnn" as const,
      likelihood: { kind: "normal" as const, columns: 2 },
      m: 4,
      length: 8,
      H: 8,
      K: 2,
      learningRate: 0.01,
    };
    const model = createModel(own, 1);
    await train(model, new Series(rows.slice(0, 1200), ["a", "b"]), { seed: 1, steps: 300 });
    const nats = average(await heldOutSurprisals(model, rows, 600, { seed: 1, particles: 64 }));
    const entropy = Math.log(2 * Math.PI * Math.E) + Math.log(2); // of N(0, 1) and N(3, 2²)
    expect(Math.abs(nats - entropy)).toBeLessThan(0.2);
    expect((await generate(model, [rows.slice(0, 20)], 5, { seed: 1 }))[0]).toHaveLength(10);
    expect(() => createModel({ ...own, likelihood: { kind: "normal", columns: 0 } }, 1)).toThrow(
      /config\.likelihood\.columns must be a whole/,
    );
    model.dispose();
  });
});

it("a TimeGAN generates rows of its columns", async () => {
  const model = createModel({ kind: "timegan", d: 3, m: 5, batch: 8 }, 1);
  const made = await generate(model, [new Float32Array(0), new Float32Array(0)], 7, { seed: 1 });
  expect(made.map(({ length }) => length)).toEqual([21, 21]);
  expect(made[0]).not.toEqual(made[1]);
  model.dispose();
});

describe("the shipped scores of four columns", () => {
  const kept = JSON.parse(fs.readFileSync(path.join(columnsFolder("trace"), "scores.json"), "utf8")) as ColumnScores;
  const { values } = (kept.configs.model as { likelihood: { values: number[][] } }).likelihood;

  it("are of the settings that are planned, ten seeds of each, and of a series that is theirs alone", async () => {
    expect(values).toHaveLength(REQUEST_COLUMNS.length);
    expect(kept.configs.model).toEqual(allSettings(columnConfigs({ values }).model));
    expect(kept.configs.twin).toEqual(allSettings(columnConfigs({ values }).twin));
    for (const of of ["model", "twin"] as const) {
      const seeds = kept.scores.filter((score) => score.of === of).map(({ seed }) => seed);
      expect(seeds).toEqual(Array.from({ length: 10 }, (_, seed) => seed));
    }
    expect(columnScores({ series: copies(600), values })).toBeNull();
  });

  it("keep what is claimed: at most 2.8 nats a row, 1.5 below the twin, twice the particles agree", () => {
    const of = (one: string) => kept.scores.filter((score) => score.of === one);
    const nats = (one: string) => average(of(one).map(({ nllOfMore }) => nllOfMore));
    expect(nats("model")).toBeLessThan(2.8);
    expect(nats("twin") - nats("model")).toBeGreaterThan(1.5);
    for (const { nll, nllOfMore, rows } of kept.scores) {
      expect(Math.abs(nll - nllOfMore)).toBeLessThan(0.02);
      expect(rows.nats).toHaveLength(500);
      expect(Math.abs(average(rows.nats) - nllOfMore)).toBeLessThan(1e-3);
    }
  });
});

describe("the score of a training here", () => {
  const run: ColumnRun = { name: `columns-of-a-test-${process.pid}`, task: "narrow", of: "twin", seed: 3 };
  const folder = path.join(projectRoot(), "runs", run.name);
  const file = path.join(folder, SCORE_FILE);
  const own = { series: new Series(chain(600, 4), ["v"]) };
  const score = { of: "twin", seed: 3, nll: 1, nllOfMore: 1, kl: [], seconds: 1, rows: { nats: [1, 1] } };
  const right = { series: own.series.hash, config: allSettings(NARROW_CONFIGS.twin), weights: "", score };
  const written = (content: unknown) => {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return () => ownColumnResult(own, run);
  };
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("is found where data and settings are those that are asked for", async () => {
    expect(ownColumnResult(own, run)).toBeNull();
    expect(written(right)()).toEqual(right);
    const said = vi.spyOn(console, "info").mockImplementation(() => {});
    expect(written({ ...right, config: allSettings(NARROW_CONFIGS.model) })()).toBeNull();
    expect(written({ ...right, config: { ...right.config, H: 5 } })()).toBeNull();
    expect(written({ ...right, series: "other" })()).toBeNull();
    const other = (what: string) => [`runs/${run.name} is not the training that is asked for: its ${what} differ`];
    expect(said.mock.calls).toEqual([other("settings"), other("data")]); // each once
    said.mockRestore();
  });

  it("is refused by the name of its file where it is broken", async () => {
    expect(written("{")).toThrow(new RegExp(`${run.name}/score\\.json: not whole JSON; delete its folder; npm run reproduce`));
    expect(written({ ...right, series: 5 })).toThrow("its series is missing or not right");
    expect(written({ ...right, weights: undefined })).toThrow("its weights is missing or not right");
    for (const wrong of [{ ...score, nll: null }, { ...score, rows: { nats: [1, "x"] } }, { ...score, seed: 4 }, undefined])
      expect(written({ ...right, score: wrong })).toThrow("its score is missing or not right");
  });

  it("is needed of all trainings, and the weights of the one that is asked for", async () => {
    expect(columnScores(own)).toBeNull();
    const model = createModel(NARROW_CONFIGS.twin, 3);
    await saveModel(model, folder);
    const result = { ...(right as ColumnResult), weights: weightsHash(model) };
    const loaded = await loadOwnColumn(run, result);
    expect(loaded.config).toEqual(model.config);
    for (const one of [model, loaded]) one.dispose();
    await expect(loadOwnColumn(run, { ...result, weights: "" })).rejects.toThrow("score.json: not of weights.safetensors beside it");
    await expect(columnModel(own)).rejects.toThrow("there is no columns-narrow-model-seed-0 of this series among the shipped ones");
  });
});

describe("the shipped scores with a narrow likelihood", () => {
  const kept = JSON.parse(fs.readFileSync(path.join(columnsFolder("narrow"), "scores.json"), "utf8")) as ColumnScores;
  const of = (one: string) => kept.scores.filter((score) => score.of === one);

  it("are of the settings that are planned, ten seeds of each, and of the shipped weights", async () => {
    for (const one of ["model", "twin"] as const) {
      expect(kept.configs[one]).toEqual(allSettings(NARROW_CONFIGS[one]));
      expect(of(one).map(({ seed }) => seed)).toEqual(Array.from({ length: 10 }, (_, seed) => seed));
    }
    expect(columnScores({ series: new Series(chain(600, 4), ["v"]) })).toBeNull();
    expect(() => columnScores({ series: copies(600) })).toThrow(/^columns must be what traceColumns or seattleWeather returns/);
  });

  it.skipIf(!hasTrace)("are those of the shipped weights on the trace", async () => {
    const series = requestSeries(await loadTrace());
    expect(columnScores({ series })).toEqual(kept.scores);
    const from = series.length - TEST_SIZE;
    for (const one of ["model", "twin"] as const) {
      const model = await columnModel({ series }, one);
      expect(model.config).toEqual(completeConfig(NARROW_CONFIGS[one] as never));
      const [first] = of(one);
      const natsOf = async (xi: "sample" | "mean", particles: number) =>
        average(await heldOutSurprisals(model, series.values, from, { seed: 0, particles, xi }));
      expect(await natsOf("sample", 512)).toBeCloseTo(first.nllOfMore, 3);
      if (first.rows.natsAtMean) expect(await natsOf("mean", 1)).toBeCloseTo(average(first.rows.natsAtMean), 3);
      model.dispose();
    }
  });

  it("keep what is claimed: the draws are worth .03 nats or more to the models that have them", () => {
    for (const { of, nll, nllOfMore, rows } of kept.scores) {
      expect(Math.abs(nll - nllOfMore)).toBeLessThan(0.02);
      expect(Object.keys(rows)).toEqual(of === "model" ? ["nats", "natsAtMean"] : ["nats"]);
      for (const own of Object.values(rows)) expect(own).toHaveLength(500);
      expect(Math.abs(average(rows.nats) - nllOfMore)).toBeLessThan(1e-3);
    }
    const worth = of("model").map(({ rows }) => average(rows.natsAtMean!) - average(rows.nats));
    expect(average(worth)).toBeGreaterThan(0.03);
  });
});
