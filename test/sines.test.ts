/** TimeGAN on sines: the sines, the two scores with TimeGAN's networks, and its reference networks. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { Series } from "../lib/data/series";
import { sines } from "../lib/data/sines";
import { gruWeights } from "../lib/models/layers";
import { createModel, type WeightedModel } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import { type TimeganConfig, timegan } from "../lib/models/timegan";
import { generatedSines, otherSines, SINES_CONFIG, sharedSettings, shippedSines, sinesFile, trainingSines } from "../lib/paper/sines";
import { trainSines } from "../lib/paper/sinesTraining";
import { gru } from "../lib/tensor/gru";
import { totalSize } from "../lib/tensor/weights";
import { follow } from "../lib/training/average";
import { TrainingData } from "../lib/training/batches";
import { generate } from "../lib/training/generation";
import { recurrentDiscriminativeScore, recurrentPredictiveScore } from "../lib/training/recurrentScores";
import { train } from "../lib/training/train";
import { average, batchOfStep, expectClose, held, randomWeights } from "./helpers";

describe("sines", () => {
  const { values, columns, length } = sines(400, 1, { columns: 2 });
  const column = (i: number, c: number) => Array.from({ length: 24 }, (_, j) => values[(i * 24 + j) * 2 + c]!);

  it("are one sine for each sequence and column, with a frequency and a phase in [0, .1]", () => {
    expect([columns.length, length]).toEqual([2, 400 * 24]);
    const found = [0, 1, 2, 3].map((k) => {
      const x = column(k >> 1, k & 1).map((v) => Math.asin(2 * v - 1));
      const [phase, frequency] = [x[0]!, (x[15]! - x[0]!) / 15]; // up to row 14 at least the argument is below π / 2
      expectClose(
        column(k >> 1, k & 1),
        Array.from({ length: 24 }, (_, j) => (Math.sin(frequency * j + phase) + 1) / 2),
        1e-5,
      );
      for (const v of [phase, frequency]) expect(v).toBeGreaterThanOrEqual(0);
      for (const v of [phase, frequency]) expect(v).toBeLessThan(0.1);
      return frequency;
    });
    expect(new Set(found).size).toBe(4);
  });

  it("have the mean of their first row, and follow from the seed", () => {
    const firsts = Array.from({ length: 400 }, (_, i) => [column(i, 0)[0]!, column(i, 1)[0]!]).flat();
    const truth = 0.5 + (1 - Math.cos(0.1)) / 0.2; // ½ + E sin φ / 2
    expect(Math.abs(firsts.reduce((a, b) => a + b) / 800 - truth)).toBeLessThan(4 * (0.0144 / Math.sqrt(800)));
    expect(sines(400, 1, { columns: 2 }).hash).toBe(new Series(values, columns).hash);
    expect(sines(400, 2, { columns: 2 }).hash).not.toBe(new Series(values, columns).hash);
  });
});

const constant = (n: number, ...values: number[]) => new Array<Float32Array>(n).fill(Float32Array.from(values));

describe("recurrentDiscriminativeScore", () => {
  it("is the example's, 0 for two sets of one constant, and 0.5 for two constants", async () => {
    const options = { columns: 1, seed: 0, networks: 2 };
    expect(await recurrentDiscriminativeScore(constant(20, 1, 1), constant(20, 0, 0), options)).toBe(0.5);
    expect(await recurrentDiscriminativeScore(constant(20, 1, 1), constant(20, 1, 1), { ...options, steps: 50 })).toBe(0);
  });

  it("is near 0 for sines of other seeds, and near 0.5 for sines run backwards", async () => {
    const [a, b] = ["a", "b"].map((name) => otherSines(1, name, 1000));
    const backwards = b!.map((x) => x.map((_, i) => x[(23 - Math.floor(i / 5)) * 5 + (i % 5)]!));
    const options = { columns: 5, seed: 3, steps: 400, networks: 2 };
    expect(await recurrentDiscriminativeScore(a!, b!, options)).toBeLessThan(0.06);
    expect(await recurrentDiscriminativeScore(a!, backwards, options)).toBeGreaterThan(0.4);
  });

  it("follows from its seed, leaves nothing behind, and stops with its signal", async () => {
    const [a, b] = ["a", "b"].map((name) => otherSines(1, name, 50));
    const score = (seed: number) => recurrentDiscriminativeScore(a!, b!, { columns: 5, seed, steps: 20, networks: 2 });
    const first = await score(1);
    const before = held();
    expect(await score(1)).toBe(first);
    expect(held()).toEqual(before);
    const stop = new AbortController();
    stop.abort();
    await expect(recurrentDiscriminativeScore(a!, b!, { columns: 5, seed: 1, signal: stop.signal })).rejects.toThrow("was stopped");
    expect(held()).toEqual(before);
  });

  it("refuses sequences that don't fit", async () => {
    const score = (a: Float32Array[], b: Float32Array[], columns = 1) => recurrentDiscriminativeScore(a, b, { columns, seed: 0 });
    await expect(score(constant(5, 1, 1), constant(5, 1))).rejects.toThrow(/generated\[0\] must be as long as the first sequence, 2/);
    await expect(score(constant(5, 1, 1, 1), constant(5, 1, 1, 1), 2)).rejects.toThrow(/real\[0\] must be 1 or more rows of 2 columns/);
    await expect(score(constant(4, 1), constant(5, 1))).rejects.toThrow(/real must be an array of Float32Arrays, 5 or more/);
  });
});

describe("recurrentPredictiveScore", () => {
  it("is the example's: of a forecaster that has learned 0, the mean of the real values", async () => {
    const [generated, real] = [constant(1, 0, 0, 0, 0), constant(1, 0, 0, 0, 1)];
    const options = { columns: 2, seed: 0, networks: 2 };
    const score = await recurrentPredictiveScore(generated, real, options);
    expect(score).toBeGreaterThan(0.98);
    expect(score).toBeLessThan(1);
    expect(await recurrentPredictiveScore(generated, generated, options)).toBeCloseTo(1 - score, 5);
  });

  it("is lower after real sines than after sines whose last column stands still", async () => {
    const [a, b] = ["a", "b"].map((name) => otherSines(1, name, 500));
    const still = b!.map((x) => x.map((v, i) => (i % 5 === 4 ? 0.5 : v)));
    const options = { columns: 5, seed: 3, steps: 1500, networks: 1 };
    expect(await recurrentPredictiveScore(b!, a!, options)).toBeLessThan(0.13);
    expect(await recurrentPredictiveScore(still, a!, options)).toBeGreaterThan(0.25);
  });

  it("asks for two rows and two columns or more, in [0, 1]", async () => {
    const one = constant(5, 1, 1);
    await expect(recurrentPredictiveScore(one, one, { columns: 1, seed: 0 })).rejects.toThrow(
      /options\.columns must be a whole number from 2/,
    );
    const options = { columns: 2, seed: 0 };
    await expect(recurrentPredictiveScore(constant(1, 0, 0), one, options)).rejects.toThrow(/generated\[0\] must be 2 or more rows/);
    const two = constant(1, 0, 0, 0, 0);
    await expect(recurrentPredictiveScore(two, constant(1, 0, 0, 0, 2), options)).rejects.toThrow(
      /real\[0\] must be a sequence of numbers from 0 to 1/,
    );
  });
});

describe("TimeGAN's reference networks", () => {
  const small = { ...SINES_CONFIG, H: 4, batch: 8, embedding: 2, supervised: 2, validateEvery: 2 } as const;
  const full = completeConfig(small) as TimeganConfig;

  it("are three GRUs each, two for the supervisor, and look forth only", () => {
    const whole = timegan.layout(completeConfig(SINES_CONFIG) as TimeganConfig);
    const grus = (name: string) => Object.keys(whole).filter((key) => key.startsWith(name) && key.endsWith(".u")).length;
    expect(["embedder", "recovery", "generator", "supervisor", "discriminator"].map(grus)).toEqual([3, 3, 3, 2, 3]);
    const gru = (inputs: number) => 72 * inputs + 72 * 24 + 144;
    const linear = (outputs: number) => 25 * outputs;
    const [three, two] = [(inputs: number) => gru(inputs) + 2 * gru(24), 2 * gru(24)];
    expect(totalSize(whole)).toBe(2 * (three(5) + linear(24)) + three(24) + linear(5) + two + linear(24) + three(24) + linear(1));
  });

  it("generate step by step what GRUs one on another give along the whole sequence", () => {
    const [T, B] = [6, 3];
    const w = randomWeights(full);
    const z = tf.randomUniform([T, B, full.Z], 0, 1, "float32", 1) as tf.Tensor3D;
    const along = (x: tf.Tensor, name: string, numbers: string[]) => {
      for (const number of numbers) x = tf.stack(gru(x as tf.Tensor3D, tf.zeros([B, full.H]), gruWeights(w, `${name}.gru${number}`)));
      const flat = tf.matMul(tf.reshape(x, [T * B, full.H]), w[`${name}.out.w`] as tf.Tensor2D);
      return tf.reshape(tf.sigmoid(tf.add(flat, w[`${name}.out.b`])), [T, B, -1]);
    };
    const h = along(along(z, "generator", ["", "2", "3"]), "supervisor", ["", "2"]);
    const whole = tf.unstack(along(h, "recovery", ["", "2", "3"]));
    let state = timegan.init(full, w, tf.zeros([24, B, full.d]));
    for (const [t, one] of tf.unstack(z).entries()) {
      const next = timegan.step(full, w, state, { z: one });
      expectClose(next.v, whole[t], 1e-6);
      state = next.state;
    }
  });

  it("see whole sequences: the first 35 of 40 in training, the last 4 in validation", () => {
    const count = 40;
    const series = new Series(
      Float32Array.from({ length: count * 24 * 5 }, (_, i) => Math.floor(i / 5) / 1000),
      sines(1, 0).columns,
    );
    const data = new TrainingData(series, full);
    const seen = new Set<number>();
    for (let step = 1; step <= 60; step++)
      tf.tidy(() => {
        const { clean } = batchOfStep(data, step);
        expect(clean.shape).toEqual([24, 8, 5]);
        const rows = tf
          .unstack(clean.slice([0, 0, 0], [24, 8, 1]).squeeze([2]), 1)
          .map((x) => [...x.dataSync()].map((v) => Math.round(v * 1000)));
        for (const row of rows) {
          expect(row[0]! % 24).toBe(0);
          expect(row).toEqual(Array.from({ length: 24 }, (_, j) => row[0]! + j));
          seen.add(row[0]! / 24);
        }
      });
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 35 }, (_, i) => i));
    const targets = (data as unknown as { validation: tf.Tensor }).validation.dataSync();
    expect([...targets]).toEqual([36, 37, 38, 39].map((i) => 24 * i + 23));
    data.dispose();
  });

  it("take no series that ends within a sequence", async () => {
    const model = createModel(small, 1);
    const series = trainingSines(1, 40).slice(0, -1);
    await expect(train(model, series, { seed: 1, steps: 1 })).rejects.toThrow(
      "series must be whole sequences of 24 rows, since config.apart is true; it has 959 rows",
    );
    model.dispose();
  });

  it("learn from few sequences, generate them on the sines' scale, and leave nothing behind", async () => {
    const model = createModel(
      { ...small, H: 8, batch: 32, embedding: 60, supervised: 2, validateEvery: 20, learningRate: 0.01 },
      1,
    ) as WeightedModel;
    const { history } = await train(model, trainingSines(1, 200), { seed: 1, steps: 62 });
    const errors = history.map((row) => row["embedding.reconstruction"] as number | undefined).filter((v) => v !== undefined);
    expect(errors.at(-1)!).toBeLessThan(0.9 * errors[0]!);
    const made = await generatedSines(model, 3, 4);
    expect(made.map(({ length }) => length)).toEqual([120, 120, 120, 120]);
    expect(made.every((x) => x.every((v) => v >= 0.5 && v <= 1))).toBe(true);
    const before = held();
    const [again] = await generate(model, [new Float32Array(0)], 24, { seed: 3 });
    expectClose(
      again!.map((v) => (v + 1) / 2),
      made[0]!,
      1e-5,
    );
    expect(held()).toEqual(before);
    model.dispose();
  });

  it("have an average that goes a share of the way to their weights, and generates as a model with those weights does", async () => {
    const [average, model] = [1, 2].map((seed) => createModel(small, seed) as WeightedModel);
    const values = (one: WeightedModel) => one.adam.values();
    const [a, w] = [average!, model!].map(values);
    await train(model!, trainingSines(1, 40), { seed: 1, steps: 1 });
    follow(average!, model!, 1);
    expect(values(average!)).toEqual(values(model!));
    expect(average!.step).toBe(1);
    const made = await generatedSines(average!, 3, 2);
    expect(made).toEqual(await generatedSines(model!, 3, 2));
    average!.restart(a!);
    model!.restart(w!);
    follow(average!, model!, 0.25);
    follow(average!, model!, 0.5);
    expectClose(tf.tensor1d(values(average!)), tf.tensor1d(a!.map((x, i) => 0.375 * x + 0.625 * w![i]!)), 1e-6);
    expect(await generatedSines(average!, 3, 2), "its graphs see the new weights").not.toEqual(made);
    const other = createModel({ ...small, H: 5 }, 1);
    expect(() => follow(average!, other, 0.5)).toThrow(/average has \d+ weights, and model \d+/);
    expect(() => follow(average!, model!, 1.5)).toThrow(/^share must be/);
    for (const one of [average!, model!, other]) one.dispose();
  });

  it("end with the same bits, their average too, when their training is stopped between checkpoints and goes on", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-sines-"));
    const config = { ...small, m: 3 };
    const common = { config, series: sines(40, 1, { rows: 4 }), seed: 1, checkpointEvery: 40 };
    const ends = async (name: string, steps: number, stop?: (step: number) => void) => {
      const { model, average } = await trainSines({ ...common, steps, dir: path.join(folder, name), onCheckpoint: stop });
      const values = [model, average].map((one) => Array.from((one as WeightedModel).adam.values()));
      for (const one of [model, average]) one.dispose();
      return values;
    };
    try {
      const [last, mean] = await ends("whole", 130);
      expect(mean).not.toEqual(last);
      const killed = (step: number) => {
        if (step === 80) throw new Error("killed");
      };
      await expect(ends("stopped", 130, killed)).rejects.toThrow("killed");
      // The next average was written, and its checkpoint was not.
      const dir = path.join(folder, "stopped");
      fs.cpSync(path.join(dir, "average-80"), path.join(dir, "average-120"), { recursive: true });
      expect(await ends("stopped", 130)).toEqual([last, mean]);
      expect(fs.readdirSync(dir).filter((name) => name.startsWith("average"))).toEqual(["average-130"]);
      await expect(ends("stopped", 129)).rejects.toThrow(/^steps must be 130 or more/);
      await expect(trainSines({ ...common, config: { ...config, gamma: 2 }, steps: 140, dir })).rejects.toThrow(
        /trained with other settings/,
      );
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("have shipped scores of their settings, each seed with one floor, near the error of the median at each row", () => {
    const others = otherSines(0, "others", 2000);
    const errors = Array.from({ length: 23 }, (_, t) => {
      const last = others.map((x) => x[5 * (t + 1) + 4]).sort((a, b) => a - b);
      return average(last.map((v) => Math.abs(v - last[1000])));
    });
    const best = average(errors);

    const { config } = JSON.parse(fs.readFileSync(sinesFile(), "utf8"));
    expect(config).toEqual(sharedSettings());
    const scores = shippedSines();
    expect(scores.length).toBeGreaterThan(0);
    expect(new Set(scores.map(({ seed, steps, learningRate }) => `${seed} ${steps} ${learningRate}`)).size).toBe(scores.length);
    for (const { seed, steps, floor, last, average: ofAverage = last } of scores) {
      expect(steps).toBeGreaterThan(SINES_CONFIG.embedding + SINES_CONFIG.supervised);
      expect(floor).toEqual(scores.find((other) => other.seed === seed)!.floor);
      expect(floor.discriminative).toBeLessThan(0.015);
      expect(Math.abs(floor.predictive - best)).toBeLessThan(0.003);
      for (const { discriminative, predictive } of [last, ofAverage]) {
        expect(discriminative).toBeGreaterThan(floor.discriminative / 2);
        expect(predictive).toBeGreaterThan(best - 0.003);
      }
    }
  });
});
