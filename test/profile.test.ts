/** Where a training step's time goes. */
import { describe, expect, it } from "vitest";
import { createModel } from "../lib/models/model";
import { stepTimes } from "../lib/notebook/profile";
import { native } from "../lib/tensor/backend";
import { bits, chain, held } from "./helpers";

describe("stepTimes", () => {
  it("takes a step apart, leaves the model as it was and nothing behind", () => {
    const model = createModel({ kind: "tdlgm", m: 3, H: 6, K: 2, batch: 8 }, 1);
    const before = JSON.stringify(bits(model));
    const series = chain(400, 4);
    stepTimes(model, series, 3);
    const alive = held();
    const { graph, opByOp, kernels, dispatch, javascript } = stepTimes(model, series, 3);
    expect(held()).toEqual(alive);
    expect(JSON.stringify(bits(model))).toBe(before);
    expect(Math.min(graph, opByOp, dispatch)).toBeGreaterThan(0);
    const lstm = kernels.find(({ group }) => group === "LSTM");
    expect(lstm?.calls, "k over both windows, R, and their gradients").toBe(4);
    const parts = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, dispatch + javascript);
    expect(parts).toBeGreaterThanOrEqual(opByOp * (1 - 1e-9));
    expect(native?.recording()).toBe(false);
    model.dispose();
  });
});
