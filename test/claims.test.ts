import { describe, expect, it, vi } from "vitest";
import { createModel } from "../lib/models/model";
import { changeByPast, verdictOf, weigh, whether } from "../lib/paper/claims";
import { impute } from "../lib/training/imputation";
import { average } from "./helpers";

describe("claims", () => {
  it("a verdict follows from the conditions", () => {
    expect(
      verdictOf([
        ["a", true],
        ["b", true],
      ]),
    ).toBe("reproduced");
    expect(
      verdictOf([
        ["a", true],
        ["b", false],
      ]),
    ).toBe("partly");
    expect(verdictOf([["a", false]])).toBe("not reproduced");
    expect(() => verdictOf([])).toThrow("conditions");
  });

  it("a condition shows the numbers that it compares; NaN fails it", () => {
    expect(whether("it is less", 0.12345, "<", 0.2)).toEqual(["it is less: 0.1235 against 0.2000", true]);
    expect(whether("it is more", -0.0001, ">", 0, 2)).toEqual(["it is more: 0.00 against 0.00", false]);
    expect(whether("it is less", Number.NaN, "<", 1)[1]).toBe(false);
    expect(whether("equal is not less", 1, "<", 1)[1]).toBe(false);
  });

  it("says where the conditions speak against the verdict", () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const text = () => log.mock.calls.at(-1)?.[0] as string;
    weigh({ section: "4", claim: "x is y", verdict: "partly", conditions: [["x", false]] });
    expect(text()).toBe("**Section 4: x is y. Partly (the conditions, with the runs at hand: not reproduced).**\n\n- ✗ fails: x");
    weigh({ section: "abstract", claim: "x is y", verdict: "reproduced", conditions: [["x", true]] });
    expect(text()).toBe("**Abstract: x is y. Reproduced.**\n\n- ✓ holds: x");
    log.mockRestore();
  });
});

describe("changeByPast", () => {
  const series = Float32Array.from({ length: 60 }, (_, t) => ((t * 37) % 60) / 60);

  it("a model without a state is not moved at all; one with a state, one with a window and a forecast are", async () => {
    const of = async (config: Parameters<typeof createModel>[0]) => {
      const model = createModel(config, 1);
      const change = await changeByPast(model, series, 1);
      model.dispose();
      return change;
    };
    const stateless = await of({ kind: "tdlgm", L: 1, H: 8 });
    expect(stateless.moved).toBeLessThan(1e-6);
    expect(Math.abs(stateless.mse - stateless.mseElsewhere)).toBeLessThan(1e-6);
    const model = createModel({ kind: "tdlgm", L: 1, H: 8 }, 1);
    const imputed = await impute(model, series, { seed: 0, xi: "mean" });
    model.dispose();
    expect(stateless.off).toBeCloseTo(average(series.map((v, i) => Math.abs(v - imputed[i]))), 6);
    for (const kind of ["tdlgm", "dlgm", "rnn"] as const) expect((await of({ kind, H: 8 })).moved).toBeGreaterThan(1e-5);
  });
});
