import { describe, expect, it } from "vitest";
import { createModel, type WeightedModel } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import { RNN, type RnnConfig, rnn } from "../lib/models/rnn";
import { lstmCell, perceptron, sigmoid, zeroCell } from "../lib/notebook/plain";
import { generate } from "../lib/training/generation";
import { impute } from "../lib/training/imputation";
import { train } from "../lib/training/train";
import {
  average,
  chain,
  chainWindows,
  expectClose,
  expectGradients,
  expectNoLeak,
  lossOf,
  plainOf,
  randomWeights,
  withWeights as weighted,
} from "./helpers";
import { type Plain, windowsOf } from "./plain";

const config = (options: Partial<RnnConfig> = {}): RnnConfig => completeConfig({ kind: "rnn", m: 3, L: 2, H: 4, batch: 5, ...options });
const withWeights = (c: RnnConfig) => weighted(c, 0.6);
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

const SETTINGS: Partial<RnnConfig>[] = [
  {},
  { L: 1 },
  { L: 3 },
  { ahead: 2 },
  { ahead: 2, L: 3, m: 2 },
  { trainingTarget: "noisy" },
  { m: 1, H: 1, L: 1 },
];

describe("the loss of the RNN", () => {
  for (const options of SETTINGS) {
    it(`is the mean squared error of its forecast in float64, its gradients too: ${JSON.stringify(options)}`, () => {
      const c = config(options);
      const w = randomWeights(c, 0.6);
      const { past } = rnn.reach(c);
      expect(past).toBe(c.m + c.ahead - 1);
      const batch = { seen: chainWindows(past + 1, 5), clean: chainWindows(past + 1, 5, 9) };
      const [seen, clean] = [batch.seen, batch.clean].map((x) => x.squeeze([2]).arraySync() as number[][]);
      const of = (w: Plain) => {
        const forecasts = clean[past].map((_, b) =>
          forecastPlain(
            c,
            w,
            Array.from(seen.slice(0, c.m), (row) => row[b]),
          ),
        );
        return average((c.trainingTarget === "clean" ? clean : seen)[past].map((v, b) => (v - forecasts[b]) ** 2));
      };
      const { total, parts, names, gradients } = lossOf(rnn, c, w, batch, {});
      const plain = plainOf(w);
      expect(names).toEqual(["reconstruction"]);
      expectClose([total, ...parts], [of(plain), of(plain)], 1e-5);
      expectGradients(gradients, of, plain, 1e-5);
    });
  }

  it("leaves nothing behind, gradients and forecasts too", () => {
    expectNoLeak(rnn, config({ L: 3, ahead: 2, trainingNoise: RNN.trainingNoise }));
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
  /** The rates that Adam was given. */
  const ratesOf = async (c: RnnConfig, steps: number) => {
    const model = createModel(c, 1) as WeightedModel;
    const rates: number[] = [];
    const apply = model.adam.apply.bind(model.adam);
    model.adam.apply = (gradient, rate, loss) => {
      rates.push(rate);
      apply(gradient, rate, loss);
    };
    await train(model, chain(300, 4), { seed: 1, steps });
    const weights = Array.from(model.adam.values());
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
