import { runInNewContext } from "node:vm";
import { DataFrame } from "danfojs-node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Frame } from "../lib/data/frame";
import { requestSeries } from "../lib/data/trace";
import { figure, standInBanner, table } from "../lib/notebook/display";
import { meanLine } from "../lib/notebook/lines";
import { inLib } from "../lib/notebook/source";
import { records, select, stack, summarise } from "../lib/notebook/tidy";

let said: string;
beforeEach(() => {
  said = "";
  vi.spyOn(console, "log").mockImplementation((text) => {
    said += `${text}\n`;
  });
});
afterEach(() => vi.restoreAllMocks());

describe("table", () => {
  it("of rows as objects is that of their DataFrame", () => {
    const rows = [
      { name: "a", x: 1 / 3 },
      { name: "b", x: null },
    ];
    table(rows, { caption: "two rows", digits: 2 });
    const byRows = said;
    said = "";
    table(new DataFrame(rows), { caption: "two rows", digits: 2 });
    expect(byRows).toBe(said);
    expect(byRows).toContain("a     0.33");
  });

  it("refuses what is neither, and no rows", () => {
    expect(() => table("a,b" as never)).toThrow(/^data must be a danfo DataFrame; it is "a,b"$/);
    expect(() => table([])).toThrow(/^data must be .*; it is empty$/);
    expect(() => table([{ a: 1 }, null] as never)).toThrow(/^data\[1\] must be an object/);
    expect(() => table([{ a: 1 }], { rows: 0 })).toThrow(/^options\.rows must be a whole number from 1; it is 0$/);
    expect(() => table([{ a: 1 }], { row: 1 } as never)).toThrow(/^options must be an object with no keys but rows/);
  });

  it("has a column for every key of any row", () => {
    table([{ a: 1 }, { b: 2 }]);
    expect(said.split("\n").slice(0, 3)).toEqual(["a  b", "1  –", "–  2"]);
  });
});

describe("frames of danfo's base class, out of query, loc and readCSV", () => {
  const frame = new DataFrame(
    [
      ["a", 1, 500],
      ["b", 2, 1000],
    ],
    { columns: ["run", "value", "gpu_milli"] },
  );
  const others = (): [string, Frame][] => [
    ["query", frame.query(frame.column("value").gt(0))],
    ["loc", frame.loc({ rows: [0, 1] })],
    ["iloc", frame.iloc({ rows: ["0:2"] })],
  ];

  it("are taken everywhere", () => {
    table(frame);
    const shown = said;
    for (const [name, other] of others()) {
      expect(other instanceof DataFrame, name).toBe(false);
      said = "";
      table(other);
      expect(said).toBe(shown);
      expect(requestSeries(other).values).toEqual(Float32Array.of(0.5, 1));
      expect(records(select(stack(other, frame), { run: "a" }))).toHaveLength(2);
      expect(records(summarise(other, ["run"]))).toMatchObject([{ run: "a", mean: 1, n: 1 }, { run: "b" }]);
      expect(meanLine(summarise(other, ["run"]), ({ mean }) => mean, { name: "l" })).toMatchObject({ x: [1, 2], y: [1, 2] });
      expect(() => standInBanner(other)).not.toThrow();
    }
  });

  it("are stacked on others of the same columns alone", () => {
    expect(() => stack(frame, frame.loc({ columns: ["run"] }))).toThrow(
      /^tables\[1\] must be a table with the columns run, value, gpu_milli/,
    );
    expect(() => stack()).toThrow(/^tables\[0\] must be a danfo DataFrame/);
  });
});

describe("figure", () => {
  const shownBy = async (x: unknown) => {
    const notebook = Symbol.for("tdlgm.notebook");
    const shown: { data: Record<string, { data: { x: unknown }[] }> }[] = [];
    Object.assign(globalThis, { [notebook]: { display: (content: (typeof shown)[0]) => void shown.push(content), stills: () => false } });
    try {
      await figure({ data: [{ type: "scatter", x }] } as never, { alt: "a" });
    } finally {
      Reflect.deleteProperty(globalThis, notebook);
    }
    return JSON.parse(JSON.stringify(shown[0].data["application/vnd.plotly.v1+json"])).data[0].x;
  };

  it.each<[string, unknown, unknown]>([
    ["dates, by their local time", [new Date(2026, 0, 31, 13, 5, 7, 89), new Date(Number.NaN)], ["2026-01-31T13:05:07.089", null]],
    ["float32, by the digits that tell it", Float32Array.of(0.1, 1 / 3, 16777.217, 1e-7), [0.1, 0.33333334, 16777.217, 1e-7]],
    ["float64, as it is", [1700000000000.5, 1234567.891, 0.1, 1 + 1e-12], [1700000000000.5, 1234567.891, 0.1, 1.000000000001]],
    [
      "whole numbers, texts, gaps",
      [2 ** 53 - 1, -0, "2026-01-31", null, undefined, Number.NaN, Number.NEGATIVE_INFINITY],
      [2 ** 53 - 1, 0, "2026-01-31", null, null, null, null],
    ],
    ["typed arrays of whole numbers", BigInt64Array.of(1n, 2n), [1, 2]],
    ["a bigint", [3n], [3]],
    ["a row of a table of arrays", [Float64Array.of(1, 2), [new Uint8Array(1)]], [[1, 2], [[0]]]],
    ["what says its own JSON", [{ toJSON: () => "2026-01-31T00:00:00Z" }], ["2026-01-31T00:00:00Z"]],
    ["a date from another realm", runInNewContext("[new Date(2026, 0, 31)]"), ["2026-01-31T00:00:00.000"]],
  ])("keeps %s", async (_, x, expected) => expect(await shownBy(x)).toEqual(expected));

  it("names a figure that holds itself, and wrong options", async () => {
    const x: unknown[] = [];
    x.push(x);
    await expect(shownBy(x)).rejects.toThrow(/^fig must hold no part that holds itself$/);
    const fig = { data: [], layout: {} };
    await expect(figure(fig, { alt: " " })).rejects.toThrow(/^options\.alt must be a text/);
    await expect(figure(fig, { alt: "a", title: "b" } as never)).rejects.toThrow(/^options must be an object with no keys but alt/);
    await expect(figure([] as never, { alt: "a" })).rejects.toThrow(/^fig must be { data, layout }/);
  });
});

describe("inLib", () => {
  it("quotes the code under an equation's mark, and lines before it", () => {
    inLib("models/tdlgm.ts", 11, { before: 1 });
    const [file, , before, mark, code] = said.split("\n");
    expect(file).toBe("`lib/models/tdlgm.ts`:");
    expect(before).toContain("generator.R");
    expect(mark).toBe("    // Eq. (11)");
    expect(code).toMatch(/^ {4}h\[l\] = /);
  });

  it("names an equation that a file does not have", () => {
    expect(() => inLib("models/rnn.ts", 11)).toThrow(/^lib\/models\/rnn.ts has no line marked Eq. \(11\)$/);
  });
});
