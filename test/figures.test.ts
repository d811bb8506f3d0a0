import { DataFrame } from "danfojs-node";
import { describe, expect, test } from "vitest";
import * as figures from "../lib/notebook/figures";
import { learningCurves, meanLine } from "../lib/notebook/lines";
import { summarise } from "../lib/notebook/tidy";

/** A trace's fields, whatever its type. */
const traces = (figure: figures.Figure) => figure.data as unknown as Record<string, unknown>[];

describe("figures", () => {
  test("valueFrequencies: the shares of each group sum to 1, float32 noise does not split a value", () => {
    const [a, b] = traces(
      figures.valueFrequencies([
        { name: "a", values: new Float32Array([0.81, 0.81, 1, 0]) },
        { name: "b", values: [1] },
      ]),
    );
    expect(a).toMatchObject({ x: [0, 0.81, 1], y: [0.25, 0.5, 0.25] });
    expect(b).toMatchObject({ x: [1], y: [1] });
    expect(() => figures.valueFrequencies([{ name: "none", values: [] }])).toThrow("groups");
  });

  test("seriesSegment: blue is true, orange a model's, y from 0 to 1, x from start", () => {
    const figure = figures.seriesSegment([0, 1], [0.1, 0.9], 7652);
    expect(traces(figure)).toMatchObject([
      { name: "true", x: [7652, 7653], y: [0, 1], line: { color: "#1f77b4" } },
      { name: "model", y: [0.1, 0.9], line: { color: "#ff7f0e" } },
    ]);
    expect(figure.layout.yaxis?.range).toEqual([-0.02, 1.02]);
    expect(() => figures.seriesSegment([0, 1], [0])).toThrow("truth has 2 values and generated 1");
  });

  test("autocorrelationBars: lags from 1, NaN is a gap", () => {
    expect(traces(figures.autocorrelationBars([{ name: "train", values: [0.2, Number.NaN] }]))[0]).toMatchObject({
      x: [1, 2],
      y: [0.2, null],
    });
  });

  test("meanLine: a summary's means over x, bars for what runs gave", () => {
    const of = (run: string) =>
      new DataFrame(
        [5, 7].flatMap((row) => [1, 3].map((k) => [run, row, k * row])),
        { columns: ["run", "row", "value"] },
      );
    const line = (run: string) => meanLine(summarise(of(run), ["row"]), ({ row }) => 10 * Number(row), { name: "a", dash: true });
    expect(line("r")).toEqual({ name: "a", dash: true, x: [50, 70], y: [10, 14], errors: [5 * Math.SQRT2, 7 * Math.SQRT2] });
    expect(line("")).toEqual({ name: "a", dash: true, x: [50, 70], y: [10, 14] });
  });

  test("learningCurves: log axis on request, lengths checked", () => {
    expect(learningCurves([{ name: "mse", y: [3, 2] }], { log: true }).layout.yaxis?.type).toBe("log");
    expect(() => learningCurves([{ name: "mse", x: [1], y: [3, 2] }])).toThrow('line "mse" has 1 x and 2 y');
  });

  test("learningCurves: a band lies under all lines, in its line's colour, and has both ends of each point", () => {
    const band = { name: "90 % interval", low: [0, 1], high: [2, 3] };
    const lines = [
      { name: "true", y: [1, 1] },
      { name: "repaired", y: [1, 2], band },
    ];
    const drawn = traces(learningCurves(lines));
    expect(drawn.map(({ name }) => name)).toEqual(["90 % interval", "true", "repaired"]);
    expect(drawn[0]).toMatchObject({ x: [1, 2, 2, 1], y: [0, 1, 3, 2], fill: "toself", fillcolor: "#ff7f0e50" });
    expect(() => learningCurves([{ ...lines[1], band: { ...band, low: [0] } }])).toThrow('line "repaired" has 2 y and 1 low');
  });

  test("comparison: paper, ours with its sd, trivial; what is absent is a gap", () => {
    const figure = figures.comparison([{ label: "clean", paper: 0.0122, ours: { mean: 0.007, sd: 0.001, n: 5 } }]);
    expect(traces(figure)).toMatchObject([
      { name: "trivial", x: [null], showlegend: false },
      { name: "paper", x: [0.0122] },
      { x: [0.007], error_x: { array: [0.001] }, text: ["± 0.0010 (n = 5)"] },
    ]);
  });

  test("logarithmic axes: whole numbers at 1, 2, 5; over many powers of ten those alone", () => {
    const axis = (y: number[]) => learningCurves([{ name: "a", y }], { log: true }).layout.yaxis;
    expect(axis([0.005, 0, 0.2])).toMatchObject({ type: "log", dtick: "D2", tickformat: "~g" });
    expect(axis([1e-9, 1e-3])).toMatchObject({ type: "log", dtick: 1, exponentformat: "power" });
  });

  test("learningCurves: a handful of things has no tick between them, steps have what fits", () => {
    expect(learningCurves([{ name: "a", x: [1, 2, 5], y: [1, 1, 1] }]).layout.xaxis?.dtick).toBe(1);
    expect(learningCurves([{ name: "a", x: [1, 2, 500], y: [1, 1, 1] }]).layout.xaxis?.dtick).toBeUndefined();
  });

  test("scatter: a colour a group, level lines across all points, log axes on request", () => {
    const groups = [
      { name: "a", x: [1, 100], y: [2, Number.NaN], labels: ["first", "second"] },
      { name: "b", x: [10], y: [3] },
    ];
    const figure = figures.scatter(groups, { log: true, logX: true, levels: [{ name: "mean", y: 5 }] });
    expect(traces(figure)).toMatchObject([
      { name: "a", x: [1, 100], y: [2, null], text: ["first", "second"] },
      { name: "b", x: [10], y: [3] },
      { name: "mean", x: [1, 100], y: [5, 5] },
    ]);
    expect([figure.layout.xaxis?.type, figure.layout.yaxis?.type]).toEqual(["log", "log"]);
    expect(() => figures.scatter([{ name: "c", x: [1], y: [] }])).toThrow('group "c" has 1 x and 0 y');
  });
});
