import { DataFrame } from "danfojs-node";
import { describe, expect, it, vi } from "vitest";
import { mean } from "../lib/metrics/metrics";
import { createModel } from "../lib/models/model";
import { valuesOf } from "../lib/notebook/tidy";
import { type Claim, changeByPast, claimsTables, verdictOf, weigh, whether } from "../lib/paper/claims";
import { COLUMNS } from "../lib/paper/scores";
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

  it("a claim about invented scores follows the scores", () => {
    const scores = (tdlgm: number, dlgm: number) => {
      const row = (family: string, seed: number, value: number) =>
        [`${family}-seed-${seed}`, family, family, seed, "table1", 1, "", "sample", "mse", value] as const;
      const rows = [0, 1].flatMap((seed) => [row("tdlgm", seed, tdlgm + seed / 1000), row("dlgm", seed, dlgm + seed / 1000)]);
      return new DataFrame(rows, { columns: [...COLUMNS] });
    };
    const weighed = (tdlgm: number, dlgm: number) => {
      const error = (family: string) => mean(valuesOf(scores(tdlgm, dlgm), { family, metric: "mse" }));
      const conditions = [
        whether("tDLGM is better", error("tdlgm"), "<", error("dlgm")),
        whether("its error is below .05", error("tdlgm"), "<", 0.05),
      ];
      return [verdictOf(conditions), conditions[0][0]];
    };
    expect(weighed(0.01, 0.02)).toEqual(["reproduced", "tDLGM is better: 0.0105 against 0.0205"]);
    expect(weighed(0.03, 0.02)[0]).toBe("partly");
    expect(weighed(0.06, 0.02)[0]).toBe("not reproduced");
  });

  it("stand in the paper's order, and verdicts are counted", () => {
    const one = (section: string, verdict: Claim["verdict"], held: boolean): Claim => {
      return { section, claim: `${section} says`, verdict, conditions: [["a", true], whether("less", 1, "<", held ? 2 : 0)] };
    };
    const claims = [one("5", "reproduced", true), one("my own", "partly", true), one("abstract", "reproduced", false)];
    const { all, verdicts } = claimsTables(claims);
    expect(all.columns).toEqual(["section", "the paper's claim", "verdict", "conditions that hold", "the numbers"]);
    expect(all.values).toEqual([
      ["abstract", "abstract says", "reproduced", "1 of 2", "✓ a; ✗ less: 1.0000 against 0.0000"],
      ["5", "5 says", "reproduced", "2 of 2", "✓ a; ✓ less: 1.0000 against 2.0000"],
      ["my own", "my own says", "partly", "2 of 2", "✓ a; ✓ less: 1.0000 against 2.0000"],
    ]);
    expect(verdicts.values).toEqual([
      ["reproduced", 2],
      ["partly", 1],
      ["not reproduced", 0],
    ]);
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
