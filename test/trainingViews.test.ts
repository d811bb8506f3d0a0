import { describe, expect, it } from "vitest";
import { generator } from "../lib/base/random";
import type { HistoryRow } from "../lib/models/model";
import { createModel } from "../lib/models/model";
import type { View } from "../lib/notebook/views";
import { historyViews } from "../lib/paper/trainingViews";
import { train } from "../lib/training/train";

type Line = { name: string; x: number[]; y: (number | null)[] };
const lines = (view: View): Line[] => ("figure" in view ? (view.figure.data as unknown as Line[]) : []);

describe("a training's history", () => {
  const row = (step: number): HistoryRow => ({
    step,
    reconstruction: -step,
    kl: [1 / step, 2 / step, 3 / step],
    stateMse: step / 100,
    weightPrior: 0,
    validationMse: step / 10,
    gradientNorm: 7 * step,
    stateVariance: step === 20 ? Number.NaN : step / 50,
  });

  it("is drawn part by part: each line its own numbers, over the steps, a layer a line", () => {
    const views = historyViews([row(10), row(20)], 5);
    for (const view of Object.values(views)) for (const { x } of lines(view)) expect(x).toEqual([10, 20]);
    const drawn = (name: keyof typeof views) => lines(views[name]).map(({ y }) => y);
    expect(drawn("reconstruction")).toEqual([[-10, -20]]);
    expect(drawn("validation")).toEqual([[1, 2]]);
    expect(drawn("kl")).toEqual([
      [1 / 10, 1 / 20],
      [2 / 10, 2 / 20],
      [3 / 10, 3 / 20],
    ]);
    expect(drawn("state")).toEqual([
      [0.1, 0.2],
      [0.2, null],
    ]);
    expect(drawn("gradient")).toEqual([
      [70, 140],
      [5, 5],
    ]);
    expect(lines(views.kl).map(({ name }) => name)).toEqual(["KL of layer 1", "KL of layer 2", "KL of layer 3"]);
  });

  it("of a model with one layer has one KL, and a state that never was", async () => {
    const model = createModel({ kind: "tdlgm", L: 1, H: 4, K: 2, m: 3, batch: 8, restartAfter: 0, validateEvery: 1 }, 0);
    const random = generator(1, "views");
    const series = Float32Array.from({ length: 200 }, () => random.uniform());
    const { history } = await train(model, series, { seed: 0, steps: 2 });
    model.dispose();
    const views = historyViews(history, 5);
    expect(lines(views.kl)).toHaveLength(1);
    expect(lines(views.state).map(({ y }) => y)).toEqual([
      [0, 0],
      [null, null],
    ]);
  });
});
