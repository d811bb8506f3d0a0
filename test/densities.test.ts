import { expect, test } from "vitest";
import { densityContours } from "../lib/notebook/densities";

test("the first density is a map, the others are lines, each as shares of its own peak", () => {
  const z = [
    [0, 1],
    [2, 4],
    [1, 0],
  ];
  const densities = ["true", "guess"].map((name, i) => ({ name, z: z.map((row) => row.map((v) => v * 10 ** i)) }));
  const { data, layout } = densityContours([0, 1], [0, 1, 2], densities, { x: "s" });
  const shares = [
    [0, 0.25],
    [0.5, 1],
    [0.25, 0],
  ];
  expect(data).toMatchObject([
    { type: "heatmap", name: "true", z: shares },
    { type: "contour", name: "guess", z: shares, contours: { start: 0.1, end: 0.9, size: 0.4, coloring: "lines" } },
  ]);
  expect(layout.yaxis).toMatchObject({ scaleanchor: "x" });
  expect(layout.xaxis?.title).toEqual({ text: "s" });
  expect(() => densityContours([0, 1], [0, 1], densities)).toThrow(
    /^densities\[0\]\.z must be 2 rows, as y has places, of 2 numbers, as x has/,
  );
  expect(() => densityContours([0], [0], [{ name: "flat", z: [[0]] }])).toThrow('"flat", has no peak above 0');
});
