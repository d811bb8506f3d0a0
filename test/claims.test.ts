import { describe, expect, it, vi } from "vitest";
import { meanInterval } from "../lib/metrics/statistics";
import { createModel } from "../lib/models/model";
import { type Claim, changeByPast, claimsTables, type Decisive, decide, exact, verdictOf, weigh, whether } from "../lib/paper/claims";
import { impute } from "../lib/training/imputation";
import { average } from "./helpers";

describe("claims", () => {
  const between = (low: number, high: number, relation: "<" | ">", bound: number): Decisive => {
    return { what: "x", quantity: { mean: (low + high) / 2, low, high }, relation, bound };
  };
  const claim = (decides: Claim["decides"], more: Partial<Claim> = {}): Claim => ({ section: "4", claim: "x is y", decides, ...more });
  const [yes, no, open] = [between(1, 2, "<", 3), between(1, 2, ">", 3), between(1, 2, "<", 1.5)];

  it("an interval on one side of the bound decides; one that holds the bound or touches it does not", () => {
    expect(decide(between(1, 2, "<", 2.1))).toBe("supported");
    expect(decide(between(1, 2, "<", 0.9))).toBe("not supported");
    expect(decide(between(1, 2, ">", 0.9))).toBe("supported");
    expect(decide(between(1, 2, ">", 2.1))).toBe("not supported");
    for (const relation of ["<", ">"] as const)
      for (const bound of [1, 1.5, 2]) expect(decide(between(1, 2, relation, bound))).toBe("not decidable here");
    expect(decide({ what: "a count", quantity: exact(0), relation: ">", bound: 0.5 })).toBe("not supported");
    expect(decide({ what: "a count", quantity: exact(1), relation: ">", bound: 1 })).toBe("not decidable here");
  });

  it("NaN decides nothing, so one seed is not enough", () => {
    const { NaN: none } = Number;
    for (const [low, high] of [
      [none, none],
      [none, 2],
      [1, none],
    ])
      expect(decide(between(low, high, "<", 3))).toBe("not decidable here");
    expect(decide(between(1, 2, "<", none))).toBe("not decidable here");
    expect(decide({ what: "one seed", quantity: meanInterval([1]), relation: "<", bound: 3 })).toBe("not decidable here");
    expect(decide({ what: "two seeds", quantity: meanInterval([1, 1.1]), relation: "<", bound: 3 })).toBe("supported");
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

  it("a claim that nothing here can decide needs a reason", () => {
    expect(verdictOf(claim("there is no VRNN here"))).toBe("not decidable here");
    expect(() => verdictOf(claim([]))).toThrow('nothing decides the claim "x is y"');
    expect(() => verdictOf(claim(""))).toThrow("no reason");
  });

  it("evidence shows the numbers that it compares", () => {
    expect(whether("it is less", 0.12345, "<", 0.2)).toBe("it is less: yes, 0.1235 against 0.2000");
    expect(whether("it is more", -0.0001, ">", 0, 2)).toBe("it is more: no, 0.00 against 0.00");
    expect(whether("equal is not less", 1, "<", 1, 0)).toBe("equal is not less: no, 1 against 1");
    expect(whether("it is less", Number.NaN, "<", 1)).toContain("no, NaN");
  });

  it("are shown with their verdict, what decides and the evidence", () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const shown = (one: Claim) => {
      expect(weigh(one)).toBe(one);
      return log.mock.calls.at(-1)?.[0];
    };
    expect(shown(claim([{ ...yes, digits: 1 }], { evidence: ["a look"] }))).toBe(
      "**Section 4: x is y. Supported.**\n\n- decides: x: 1.5 [1.0, 2.0], needs < 3.0\n- evidence: a look",
    );
    expect(shown(claim([yes, { ...no, digits: 0 }], { section: "abstract" }))).toBe(
      "**Abstract: x is y. Partly.**\n\n- decides: x: 1.5000 [1.0000, 2.0000], needs < 3.0000 (supported)\n- decides: x: 2 [1, 2], needs > 3 (not supported)",
    );
    expect(shown(claim("there is no VRNN here"))).toBe("**Section 4: x is y. Not decidable here.**\n\n- decides: there is no VRNN here");
    expect(shown(claim([{ what: "layers", quantity: exact(0), relation: ">", bound: 0.5, digits: 1 }]))).toContain(
      "layers: 0.0, needs > 0.5",
    );
    log.mockRestore();
  });

  it("stand in the paper's order, and verdicts are counted", () => {
    const claims = [
      claim([no], { section: "5" }),
      claim("no such data", { section: "my own" }),
      claim([yes, open], { section: "abstract" }),
    ];
    const { all, verdicts } = claimsTables(claims);
    expect(all.columns).toEqual(["section", "the paper's claim", "what decides: mean [interval]", "verdict"]);
    expect(all.values).toEqual([
      [
        "abstract",
        "x is y",
        "x: 1.5000 [1.0000, 2.0000], needs < 3.0000 (supported); x: 1.5000 [1.0000, 2.0000], needs < 1.5000 (not decidable here)",
        "partly",
      ],
      ["5", "x is y", "x: 1.5000 [1.0000, 2.0000], needs > 3.0000", "not supported"],
      ["my own", "x is y", "no such data", "not decidable here"],
    ]);
    expect(verdicts.values).toEqual([
      ["supported", 0],
      ["partly", 1],
      ["not supported", 1],
      ["not decidable here", 1],
    ]);
    expect(claims.map(({ section }) => section)).toEqual(["5", "my own", "abstract"]);
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
