/** Long tables: what is selected, how groups are summed up, and what stands in a pivot's cells. */
import { DataFrame } from "danfojs-node";
import { describe, expect, it } from "vitest";
import { checkFrame, columnOf, rowsOf } from "../lib/data/frame";
import { fixed, pivot, records, select, significant, spread, stack, summarise, valuesOf } from "../lib/notebook/tidy";

const scores = new DataFrame(
  [
    ["", "A, paper", 0, 1, "mse", 0.5],
    ["a-seed-1", "a", 1, 1, "mse", 3],
    ["a-seed-0", "a", 0, 1, "mse", 1],
    ["a-seed-0", "a", 0, 2, "mse", 8],
    ["a-seed-0", "a", 0, 1, "variance", 9],
    ["", "identity", 0, 1, "mse", 0.00002],
    ["", "uniform", 0, 1, "mse", 60],
    ["", "uniform", 1, 1, "mse", 62],
  ],
  { columns: ["run", "family", "seed", "row", "metric", "value"] },
);
const mse = select(scores, { metric: "mse" });
const groups = summarise(mse, ["row", "family"]);

describe("a selection", () => {
  it("meets all conditions: a value, one of several, a function", () => {
    const rows = records(select(scores, { family: ["a", "identity"], metric: "mse", value: (x: number) => x < 3 }));
    expect(rows.map(({ run, value }) => [run, value])).toEqual([
      ["a-seed-0", 1],
      ["", 0.00002],
    ]);
    expect(rows[0]).toEqual({ run: "a-seed-0", family: "a", seed: 0, row: 1, metric: "mse", value: 1 });
  });

  it("may be empty, and so may what is made of it", () => {
    const none = select(scores, { family: "b" });
    expect(none.shape).toEqual([0, 6]);
    expect(pivot(summarise(none, ["row", "family"]), { rows: ["row"], columns: "family", heads: { a: "A" } }).columns).toEqual([
      "row",
      "A",
    ]);
    expect(spread(valuesOf(scores, { family: "b" }))).toBe("none");
  });

  it("names a column that is not there", () => {
    expect(() => select(scores, { model: "a" })).toThrow("there is no column model, but run, family, seed, row, metric, value");
  });

  it("is stacked with another", () => {
    const both = stack(select(scores, { family: "identity" }), select(scores, { family: "uniform" }));
    expect(both.columns).toEqual(scores.columns);
    expect(records(both).map(({ family }) => family)).toEqual(["identity", "uniform", "uniform"]);
  });
});

describe("values for a paired test", () => {
  it("come in the order of the seeds", () => {
    expect(valuesOf(scores, { family: "a", row: 1, metric: "mse" })).toEqual([1, 3]);
  });

  it("must be one a run", () => {
    expect(() => valuesOf(scores, { family: "a", row: 1 })).toThrow(
      'a-seed-0, seed 0 has more than one value under {"family":"a","row":1}',
    );
  });
});

it("refuses conditions that no value can meet, by their column", () => {
  for (const wrong of [1n, undefined, [1, 2n], {}, new Date(0)])
    expect(() => select(scores, { row: wrong as never })).toThrow(
      /^conditions\.row must be a text, a number, an array of these, or a function/,
    );
  expect(() => select(scores, Promise.resolve({ row: 1 }) as never)).toThrow(
    /^conditions must be .*; it is a Promise: put await before it$/,
  );
});

describe("a summary", () => {
  it("has mean, sd, n and the runs of each group, in the order in which they come", () => {
    expect(groups.columns).toEqual(["row", "family", "mean", "sd", "n", "runs"]);
    expect((groups.values as unknown[][]).map(([row, family]) => [row, family])).toEqual([
      [1, "A, paper"],
      [1, "a"],
      [2, "a"],
      [1, "identity"],
      [1, "uniform"],
    ]);
    expect(records(groups)[1]).toEqual({ row: 1, family: "a", mean: 2, sd: Math.SQRT2, n: 2, runs: "a-seed-1, a-seed-0" });
    expect(records(groups)[2]).toEqual({ row: 2, family: "a", mean: 8, sd: Number.NaN, n: 1, runs: "a-seed-0" });
  });
});

describe("a pivot", () => {
  const heads = { "A, paper": "paper", a: "ours", identity: "identity", uniform: "uniform" };
  it("shows ours as mean ± sd (n), others as numbers, and keeps the runs of each cell", () => {
    const table = pivot(groups, { rows: { noise: ({ row }) => `row ${row}` }, columns: "family", heads });
    expect(table.columns).toEqual(["noise", "paper", "ours", "identity", "uniform"]);
    expect(table.values).toEqual([
      ["row 1", "0.5000", "2.0000 ± 1.4142 (2)", "2.0e-5", "61.0000"],
      ["row 2", "–", "8.0000 (1)", "–", "–"],
    ]);
    expect(table.runs).toEqual([
      [[], [], ["a-seed-1", "a-seed-0"], [], []],
      [[], [], ["a-seed-0"], [], []],
    ]);
  });

  it("takes all columns without heads, and columns out of a function", () => {
    expect(pivot(groups, { rows: ["row"], columns: "family" }).columns).toEqual(["row", "A, paper", "a", "identity", "uniform"]);
    const table = pivot(groups, {
      rows: ["family"],
      columns: ({ row }) => `row ${row}`,
      text: fixed(0),
      empty: "none",
    });
    expect(table.columns).toEqual(["family", "row 1", "row 2"]);
    expect((table.values as unknown[][])[1]).toEqual(["a", "2 ± 1 (2)", "8 (1)"]);
    expect((table.values as unknown[][])[0]).toEqual(["A, paper", "1", "none"]);
  });

  it("refuses two groups in one cell", () => {
    const both = summarise(scores, ["row", "family", "metric"]);
    expect(() => pivot(both, { rows: ["row"], columns: "family" })).toThrow(
      "two groups fall into the cell 1 of a: select one of them first",
    );
  });
});

it("numbers in words", () => {
  const runs = "a";
  expect(fixed(2)({ mean: 1, sd: 0.5, n: 3, runs })).toBe("1.00 ± 0.50 (3)");
  expect(fixed(2)({ mean: 0.001, sd: Number.NaN, n: 1, runs: "" })).toBe("1.0e-3");
  expect(fixed(2)({ mean: 0, sd: Number.NaN, n: 1, runs: "" })).toBe("0.00");
  expect(significant()({ mean: 0.0812345, sd: 0.00123, n: 3, runs })).toBe("0.0812 ± 0.0012 (3)");
  expect(significant()({ mean: 0.0000123, sd: 0.00000123, n: 3, runs })).toBe("1.23e-5 ± 1.2e-6 (3)");
  expect(significant(2)({ mean: 0.0812, sd: Number.NaN, n: 1, runs: "" })).toBe("0.081");
  expect(spread([1, 3])).toBe("2.0000 ± 1.4142 (2)");
  expect(spread([])).toBe("none");
});

describe("frames", () => {
  it("are read by their class: a column may have the name of one of its methods", () => {
    const frame = new DataFrame(
      [
        ["a", 1],
        ["b", 2],
      ],
      { columns: ["column", "values"] },
    );
    expect([columnOf(frame, "column"), columnOf(frame, "values"), rowsOf(frame)]).toEqual([
      ["a", "b"],
      [1, 2],
      [
        ["a", 1],
        ["b", 2],
      ],
    ]);
    for (const other of [null, {}, [], Object.create(null), { columns: ["a"], column: () => 1 }])
      expect(() => checkFrame(other, "data")).toThrow("data must be a danfo DataFrame");
  });
});
