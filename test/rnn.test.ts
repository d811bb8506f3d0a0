import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { WeightedModel } from "../lib/models/model";
import { createModel } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import { layout, RNN, type RnnConfig, rnn } from "../lib/models/rnn";
import { lstmCell, perceptron, sigmoid, zeroCell } from "../lib/notebook/plain";
import { totalSize, unpack } from "../lib/tensor/weights";
import { TrainingData } from "../lib/training/batches";
import { generate } from "../lib/training/generation";
import { impute } from "../lib/training/imputation";
import { train } from "../lib/training/train";
import { average, batchOfStep, chain, expectClose, expectNoLeak, normalValues } from "./helpers";
import { type Plain, windowsOf } from "./plain";

const config = (options: Partial<RnnConfig> = {}): RnnConfig => completeConfig({ kind: "rnn", m: 3, L: 2, H: 4, batch: 5, ...options });
/** Weights that are nowhere zero, so that no term is idle. */
const flat = (c: RnnConfig) => normalValues(totalSize(layout(c)), "weights", 0.6);
const weightsOf = (c: RnnConfig) => unpack(layout(c), tf.tensor1d(flat(c)));
const plainOf = (w: tf.NamedTensorMap): Plain => Object.fromEntries(Object.entries(w).map(([name, t]) => [name, Array.from(t.dataSync())]));
const withWeights = (c: RnnConfig) => {
  const model = createModel(c, 1) as WeightedModel;
  model.restart(flat(c));
  return model;
};
const changed = (series: Float32Array, at: number) => series.map((v, t) => (t === at ? (v + 0.4) % 1 : v));

/** v̂ of one row from m past values: the layers one after another, the state zero at first, the last output into a sigmoid. */
function forecastPlain({ L, H }: RnnConfig, w: Plain, past: number[]): number {
  let sequence = past.map((v) => [v]);
  for (let l = 1; l <= L; l++) {
    let s = zeroCell(H);
    sequence = sequence.map((x) => {
      s = lstmCell(w[`lstm${l}.w`], w[`lstm${l}.b`], x, s);
      return s.h;
    });
  }
  return sigmoid(perceptron(sequence.at(-1)!, [{ w: w["out.w"], b: w["out.b"] }])[0]);
}

const SETTINGS: Partial<RnnConfig>[] = [{}, { L: 1 }, { L: 3 }, { ahead: 2 }, { ahead: 2, L: 3, m: 2 }, { m: 1, H: 1, L: 1 }];

describe("the loss of the RNN", () => {
  for (const options of SETTINGS) {
    it(`is the mean squared error of its forecast in float64, its gradients too: ${JSON.stringify(options)}`, () => {
      const c = config(options);
      const w = weightsOf(c);
      const { past } = rnn.reach(c);
      expect(past).toBe(c.m + c.ahead - 1);
      const inputs = tf.tensor2d(chain((past + 1) * 5, 4), [past + 1, 5]);
      const target = tf.tensor2d(chain(5, 9), [5, 1]);
      const of = (w: Plain) => {
        const rows = inputs.arraySync();
        const errors = Array.from(
          target.dataSync(),
          (v, b) =>
            v -
            forecastPlain(
              c,
              w,
              rows.slice(0, c.m).map((row) => row[b]),
            ),
        );
        return average(errors.map((e) => e * e));
      };
      const loss = rnn.loss(c, w, { inputs, target }, null);
      const plain = plainOf(w);
      expect(loss.names).toEqual(["reconstruction"]);
      expectClose(loss.parts.dataSync(), [of(plain)], 1e-5);
      expectClose(loss.total.dataSync(), [of(plain)], 1e-5);
      const names = Object.keys(w);
      const gradients = tf.grads((...x: tf.Tensor[]) => {
        const weights = Object.fromEntries(names.map((name, i) => [name, x[i]]));
        return rnn.loss(c, weights, { inputs, target }, null).total as tf.Scalar;
      })(Object.values(w));
      for (const [i, name] of names.entries()) {
        const values = gradients[i].dataSync();
        for (const at of new Set([0, Math.floor(values.length / 3), Math.floor(values.length / 2), values.length - 1])) {
          const shifted = (by: number) => of({ ...plain, [name]: plain[name].map((v, j) => (j === at ? v + by : v)) });
          const difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
          expect(Math.abs(values[at] - difference), `${name}[${at}]`).toBeLessThan(1e-6 + 1e-3 * Math.abs(difference));
        }
      }
    });
  }

  it("leaves nothing behind, gradients and forecasts too", () => {
    const c = config({ L: 3, ahead: 2, trainingNoise: RNN.trainingNoise });
    expectNoLeak(rnn, c, weightsOf(c), null);
  });
});

describe("the RNN's imputation", () => {
  const noisy = chain(40, 9, [0, 0.1, 0.33, 0.7, 1]);
  for (const options of SETTINGS) {
    it(`forecasts each value from the m values that end \`ahead\` steps before it: ${JSON.stringify(options)}`, async () => {
      const c = config(options);
      const model = withWeights(c);
      const w = plainOf(model.weights);
      const imputed = await impute(model, noisy, { seed: 1, xi: "mean" });
      const expected = windowsOf(noisy, c.m + c.ahead - 1).map((window) => forecastPlain(c, w, window.slice(0, c.m)));
      expectClose(imputed, expected, 1e-5);
      expect(await impute(model, noisy, { seed: 2, xi: "sample" }), "there is nothing to draw").toEqual(imputed);
      model.dispose();
    });
  }

  for (const ahead of [1, 2] as const) {
    it(`never sees the value itself${ahead === 2 ? ", nor the one before it" : ""}`, async () => {
      const model = withWeights(config({ ahead }));
      const t = 20;
      const base = await impute(model, noisy, { seed: 1, xi: "mean" });
      for (let i = 0; i < noisy.length; i++) {
        const other = await impute(model, changed(noisy, i), { seed: 1, xi: "mean" });
        expect(other[t] !== base[t], `noisy[t${i - t}]`).toBe(i <= t - ahead && i > t - ahead - 3);
      }
      model.dispose();
    });
  }
});

describe("the RNN's generation", () => {
  for (const options of SETTINGS) {
    it(`feeds its forecasts back: ${JSON.stringify(options)}`, async () => {
      const model = withWeights(config(options));
      for (const history of [chain(12, 3), chain(2, 5), new Float32Array(0)]) {
        const [sequence] = await generate(model, [history], 6, { seed: 1 });
        const all = Array.from(history);
        for (let i = 0; i < 6; i++) {
          // the last entry is a forecast, whatever stands in its place
          const entry = (await impute(model, Float32Array.from([...all, 0.123]), { seed: 1, xi: "mean" })).at(-1)!;
          expect(sequence[i]).toBeCloseTo(entry, 5);
          all.push(entry);
        }
      }
      model.dispose();
    });
  }

  it("follows from the history's last m values, by no seed", async () => {
    const model = withWeights(config());
    const history = chain(12, 3);
    const [base] = await generate(model, [history], 5, { seed: 1 });
    expect((await generate(model, [history], 5, { seed: 2 }))[0]).toEqual(base);
    for (let i = 0; i < 12; i++) {
      const [other] = await generate(model, [changed(history, i)], 5, { seed: 1 });
      if (i >= 9) expect(other, `history[${i}]`).not.toEqual(base);
      else expect(other, `history[${i}]`).toEqual(base);
    }
    const [first, second] = await generate(model, [history, changed(history, 11)], 5, { seed: 1 });
    expectClose(first, base, 1e-6);
    expect(second).not.toEqual(first);
    model.dispose();
  });
});

describe("the RNN's training", () => {
  it("has the clean value as its target, or the noisy one", () => {
    const batchOf = (options: Partial<RnnConfig>) => {
      const data = new TrainingData(chain(400, 4), config({ batch: 200, trainingNoise: { probability: 1, sd: 0.1 }, ...options }));
      const { inputs, target } = batchOfStep(data, 1);
      const [last] = tf.split(tf.reverse(inputs, 0), inputs.shape[0], 0);
      const out = [Array.from(last.dataSync()), Array.from(target.dataSync())];
      tf.dispose([inputs, target, last]);
      data.dispose();
      return out;
    };
    for (const ahead of [1, 2] as const) {
      const truth = batchOf({ ahead, trainingNoise: null });
      expect(truth[1]).toEqual(truth[0]);
      const [noisy, target] = batchOf({ ahead });
      expect(noisy).not.toEqual(truth[0]);
      expect(target).toEqual(truth[1]);
      expect(batchOf({ ahead, trainingTarget: "noisy" })[1]).toEqual(noisy);
    }
  });

  /** The rates that Adam was given. */
  const ratesOf = async (c: RnnConfig, steps: number) => {
    const model = createModel(c, 1) as WeightedModel;
    const rates: number[] = [];
    const apply = model.adam.apply.bind(model.adam);
    model.adam.apply = (gradient, rate) => {
      rates.push(rate);
      apply(gradient, rate);
    };
    await train(model, chain(300, 4), { seed: 1, steps });
    const weights = Array.from(model.adam.weights().dataSync());
    model.dispose();
    return { rates, weights };
  };

  it("lets the rate fall linearly over the settings' steps, however many are made", async () => {
    const c = config({ decay: "linear", learningRate: 0.01, steps: 10, restartAfter: 0 });
    const full = await ratesOf(c, 10);
    const expected = Array.from({ length: 10 }, (_, i) => 0.01 * (1 - i / 10));
    expectClose(full.rates, expected, 1e-12);
    expect(full.rates.at(-1)).toBeCloseTo(0.001, 12);
    expect((await ratesOf(c, 4)).rates).toEqual(full.rates.slice(0, 4));
    const beyond = await ratesOf(c, 13);
    expect(beyond.rates.slice(10)).toEqual([0, 0, 0]);
    expect(beyond.weights, "a rate of 0 moves nothing").toEqual(full.weights);
    expect((await ratesOf(config({ decay: "none", learningRate: 0.01, steps: 10, restartAfter: 0 }), 5)).rates).toEqual(
      new Array(5).fill(0.01),
    );
  });
});
