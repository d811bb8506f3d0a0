import { describe, expect, it, vi } from "vitest";
import { meanInterval } from "../lib/metrics/statistics";
import { createModel } from "../lib/models/model";
import {
  type Condition,
  changeByPast,
  claimsTables,
  decide,
  exact,
  type Quantity,
  type Rule,
  rulesTable,
  verdictOf,
  weigh,
} from "../lib/paper/claims";
import { RULES } from "../lib/paper/rules";
import { impute } from "../lib/training/imputation";
import { average } from "./helpers";

describe("claims", () => {
  const needs = (relation: "<" | ">", bound: number, digits?: number): Condition => ({ what: "x", relation, bound, digits });
  const between = (low: number, high: number): Quantity => ({ mean: (low + high) / 2, low, high });
  const rule = (decides: Rule["decides"], section = "4"): Rule => ({ section, claim: "x is y", decides, why: "so" });
  /** Conditions that hold, that do not, and that are open, of an x in [1, 2]. */
  const [yes, no, open] = [needs("<", 3), needs(">", 3), needs("<", 1.5)];
  const claim = (decides: readonly Condition[] | string, section?: string) => ({
    ...rule(decides, section),
    quantities: typeof decides === "string" ? [] : decides.map(() => between(1, 2)),
    evidence: [],
  });

  it("an interval on one side of the bound decides; one that holds the bound or touches it does not", () => {
    const x = between(1, 2);
    expect(decide(needs("<", 2.1), x)).toBe("supported");
    expect(decide(needs("<", 0.9), x)).toBe("not supported");
    expect(decide(needs(">", 0.9), x)).toBe("supported");
    expect(decide(needs(">", 2.1), x)).toBe("not supported");
    for (const relation of ["<", ">"] as const)
      for (const bound of [1, 1.5, 2]) expect(decide(needs(relation, bound), x)).toBe("not decidable here");
    expect(decide(needs(">", 0.5), exact(0))).toBe("not supported");
    expect(decide(needs(">", 1), exact(1))).toBe("not decidable here");
  });

  it("NaN decides nothing, so one seed is not enough", () => {
    const { NaN: none } = Number;
    for (const [low, high] of [
      [none, none],
      [none, 2],
      [1, none],
    ])
      expect(decide(yes, { mean: 1.5, low, high })).toBe("not decidable here");
    expect(decide(needs("<", none), between(1, 2))).toBe("not decidable here");
    expect(decide(yes, meanInterval([1]))).toBe("not decidable here");
    expect(decide(yes, meanInterval([1, 1.1]))).toBe("supported");
  });

  it("parts of one verdict share it; parts that differ are partly supported, or not supported", () => {
    expect(verdictOf(claim([yes]))).toBe("supported");
    expect(verdictOf(claim([yes, yes]))).toBe("supported");
    expect(verdictOf(claim([no, no]))).toBe("not supported");
    expect(verdictOf(claim([open, open]))).toBe("not decidable here");
    expect(verdictOf(claim([yes, no]))).toBe("partly");
    expect(verdictOf(claim([open, yes]))).toBe("partly");
    expect(verdictOf(claim([no, open]))).toBe("not supported");
    expect(verdictOf(claim([open, no, yes]))).toBe("partly");
  });

  it("a claim has as many quantities as conditions; one that nothing can decide has a reason", () => {
    expect(verdictOf(claim("there is no VRNN here"))).toBe("not decidable here");
    expect(() => verdictOf(claim([]))).toThrow('"x is y" needs a condition or a reason');
    expect(() => verdictOf(claim(""))).toThrow("a reason");
    expect(() => weigh(rule([yes, no]), [exact(1)])).toThrow('"x is y" needs 2 quantities; it has 1');
    expect(() => weigh(rule("there is no VRNN here"), [exact(1)])).toThrow("it has 1");
  });

  it("are shown with their verdict, what decides and why, and the evidence", () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const shown = (one: Rule, ...quantities: Quantity[]) => {
      expect(weigh(one, quantities, "a look")).toEqual({ ...one, quantities, evidence: ["a look"] });
      return String(log.mock.calls.at(-1)?.[0]);
    };
    expect(shown(rule([needs("<", 3, 1)]), between(1, 2))).toBe(
      "**Section 4: x is y. Supported.**\n\n- decides: x: 1.5 [1.0, 2.0], needs < 3\n- why this: so\n- evidence: a look",
    );
    expect(shown(rule([yes, needs(">", 3, 0)], "abstract"), between(1, 2), between(0.2, 2.2))).toContain(
      "**Abstract: x is y. Partly.**\n\n- decides: x: 1.50 [1.00, 2.00], needs < 3 (supported)\n- decides: x: 1 [0, 2], needs > 3 (not supported)\n",
    );
    expect(shown(rule("there is no VRNN here"))).toContain(
      "**Section 4: x is y. Not decidable here.**\n\n- decides: there is no VRNN here\n",
    );
    expect(shown(rule([needs(">", 0.5, 1)]), exact(0))).toContain("decides: x: 0.0, needs > 0.5\n");
    log.mockRestore();
  });

  it("stand in the paper's order, and verdicts are counted", () => {
    const claims = [claim([no], "5"), claim("no such data", "my own"), claim([yes, open], "abstract")];
    const { all, verdicts } = claimsTables(claims);
    expect(all.columns).toEqual(["section", "the paper's claim", "what decides: mean [interval]", "verdict"]);
    const both = "x: 1.50 [1.00, 2.00], needs < 3 (supported); x: 1.50 [1.00, 2.00], needs < 1.5 (not decidable here)";
    expect(all.values).toEqual([
      ["abstract", "x is y", both, "partly"],
      ["5", "x is y", "x: 1.50 [1.00, 2.00], needs > 3", "not supported"],
      ["my own", "x is y", "no such data", "not decidable here"],
    ]);
    expect(verdicts.values).toEqual([
      ["supported", 0],
      ["partly", 1],
      ["not supported", 1],
      ["not decidable here", 1],
    ]);
    expect(claims.map(({ section }) => section)).toEqual(["5", "my own", "abstract"]);
    expect(rulesTable(claims).values).toEqual([
      ["abstract", "x is y", "x < 3; x < 1.5"],
      ["5", "x is y", "x > 3"],
      ["my own", "x is y", "no such data"],
    ]);
  });

  it("the paper's: each from a section of it, with a reason and a condition or none, and no claim twice", () => {
    const rules: Rule[] = Object.values(RULES);
    expect(new Set(rules.map(({ claim }) => claim)).size).toBe(rules.length);
    for (const { section, claim, decides, why } of rules) {
      expect(["abstract", "1", "1.1", "1.2", "2", "3", "4", "4, Table 2", "5"], claim).toContain(section);
      expect(why.length, claim).toBeGreaterThan(10);
      expect(decides.length, claim).toBeGreaterThan(0);
      if (typeof decides !== "string") for (const { bound } of decides) expect(Number.isFinite(bound), claim).toBe(true);
    }
    // The two sentences on the data's memory contradict each other, so one number and one bound decide both.
    const [connections, limited] = [RULES.connections.decides, RULES.limited.decides].map(([one]) => one as Condition);
    expect({ ...limited, relation: ">" }).toEqual(connections);
    // One model's claim to complex series is weighed like another's.
    const bounds = [RULES.survey.decides, RULES.capture.decides].flatMap((parts) =>
      (parts as Condition[]).map(({ relation, bound }) => `${relation} ${bound}`),
    );
    expect(new Set(bounds).size).toBe(1);
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
