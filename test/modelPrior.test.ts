/** A trained model as a prior: its probabilities, its state, and a repair by it. */
import { describe, expect, it } from "vitest";
import { addNoise } from "../lib/data/noise";
import { repair } from "../lib/inference/repair";
import { createModel, type WeightedModel } from "../lib/models/model";
import { heldOutSurprisals } from "../lib/training/heldOut";
import { modelPrior } from "../lib/training/modelPrior";
import { average, chain, held } from "./helpers";

const values = [0, 0.25, 0.5, 1];
const memory = {
  ...{ prior: "state", recognition: "both", xi: true, taus: [2, 5] },
  ...{ length: 4, burnIn: 3, anneal: 5, freeBits: 0, dropout: 0 },
};
const make = (change: object = {}) =>
  createModel(
    {
      kind: "tdlgm",
      ...{ m: 6, H: 5, K: 2, batch: 8, alpha: 0, transition: "below", state: "output", restartAfter: 0 },
      likelihood: { kind: "categorical", values },
      memory: { ...memory, ...change },
    } as never,
    1,
  ) as WeightedModel;
const series = chain(60, 4);
const history = series.slice(0, 40);

describe("modelPrior", () => {
  it("gives a series the probability that the model gives it", async () => {
    const model = make({ xi: false });
    const states = modelPrior(model, { history, seed: 0, samples: 1 }).start(3);
    const surprisals = await heldOutSurprisals(model, series, 40, { seed: 0, particles: 1 });
    const P = new Float64Array(12);
    for (let t = 40; t < 60; t++) {
      states.predict(P, Int32Array.of(0, 1, 2));
      const k = values.indexOf(series[t]!);
      expect(average(P.slice(4, 8)) * 4).toBeCloseTo(1, 5);
      expect(-Math.log(P[4 + k]!)).toBeCloseTo(surprisals[t - 40]!, 4);
      states.advance(Int32Array.of(0, k, 3));
      states.reorder(Int32Array.of(1, 1, 1));
    }
    model.dispose();
  });
  it("starts each particle after a history of its own", () => {
    const model = make({ xi: false });
    const probabilities = (history: Float32Array | Float32Array[], n: number) => {
      const P = new Float64Array(4 * n);
      modelPrior(model, { history, seed: 0, samples: 1 })
        .start(n)
        .predict(
          P,
          Int32Array.from({ length: n }, (_, i) => i),
        );
      return [...P];
    };
    const histories = [history, series.slice(5, 45), series.slice(0, 1)];
    const apart = histories.flatMap((one) => probabilities(one, 1));
    probabilities(histories, 3).forEach((p, i) => void expect(p).toBeCloseTo(apart[i]!, 6));
    expect(apart.slice(0, 4)).not.toEqual(apart.slice(4, 8));
    expect(() => probabilities(histories, 2)).toThrow(/^options.history must be one history, or one for each of 2 particles; it is 3/);
    expect(() => probabilities([history, [1] as never], 2)).toThrow(/^options.history\[1\] must be/);
    model.dispose();
  });
  it("repairs, with the same bits for the same seed, and leaves no tensor behind", () => {
    const model = make();
    const noise = { probability: 0.5, sd: 0.2 };
    const noisy = addNoise(series.slice(40), noise, 1);
    const run = (seed: number) => repair(noisy, modelPrior(model, { history, seed, samples: 2 }), { seed: 0, noise, particles: 20 });
    const first = run(0);
    const before = held();
    expect(run(0)).toEqual(first);
    expect(held()).toEqual(before);
    expect(run(1).logEvidence).not.toBe(first.logEvidence);
    model.dispose();
  });
  it("names what is wrong", () => {
    const model = make();
    const rnn = createModel({ kind: "rnn" }, 0);
    expect(() => modelPrior(rnn, { history, seed: 0 })).toThrow(/^model must be one over given values/);
    expect(() => modelPrior(model, { history, seed: 0, samples: 0 })).toThrow(/^options.samples must be/);
    expect(() => modelPrior(model, { history, seed: 0, draws: 1 } as never)).toThrow(/^options must be an object with no keys but/);
    model.dispose();
    rnn.dispose();
  });
});
