/** Densities of two variables as a figure. */

import type { Data } from "plotly.js-dist";
import { checkList, checkNumbers, checkObjects, checkOptions, checkText, refuse } from "../base/check";
import { COLOURS, type Figure, type Numbers, style } from "./figures";

/** A density of two variables under a name, up to a factor: z[j][i] at (x[i], y[j]). */
export type Density = { name: string; z: number[][] };

/** Where a density's lines are, as shares of its peak. */
const SHARES = { start: 0.1, end: 0.9, size: 0.4 };
const COLOUR = [COLOURS.truth, COLOURS.generated, COLOURS.trivial];

/**
 * Up to three densities on one plane: the first as a shaded map, the others as lines at 10, 50 and 90 % of their peaks.
 * @param x the columns' places, y the rows'
 * @throws Error naming a density that does not have a number for each place, or no number above 0
 */
export function densityContours(
  x: Numbers,
  y: Numbers,
  densities: Density[],
  titles: { title?: string; x?: string; y?: string } = {},
): Figure {
  checkNumbers(x, "x");
  checkNumbers(y, "y");
  checkObjects(densities, "densities", 1);
  if (densities.length > COLOUR.length) refuse("densities", `at most ${COLOUR.length}`, densities);
  for (const [i, { name, z }] of densities.entries()) {
    checkText(name, `densities[${i}].name`, "a name");
    checkList(z, `densities[${i}].z`, 1);
    for (let j = 0; j < z.length; j++) checkNumbers(z[j], `densities[${i}].z[${j}]`);
  }
  checkOptions(titles, "titles", ["title", "x", "y"]);
  const data = densities.map(({ name, z }, i): Data => {
    const fits = z.length === y.length && z.every((row) => row.length === x.length);
    if (!fits) refuse(`densities[${i}].z`, `${y.length} rows, as y has places, of ${x.length} numbers, as x has`, z);
    const peak = Math.max(...z.flat());
    if (!(peak > 0 && peak < Number.POSITIVE_INFINITY)) throw new Error(`densities[${i}].z, "${name}", has no peak above 0`);
    const shares = z.map((row) => row.map((density) => Math.round((1000 * density) / peak) / 1000));
    const common = { name, x: Array.from(x), y: Array.from(y), z: shares, showscale: false, showlegend: true, hoverinfo: "skip" } as const;
    const scale = (from: string, to: string): [number, string][] => [
      [0, from],
      [1, to],
    ];
    if (i === 0) return { ...common, type: "heatmap", zsmooth: "best", colorscale: scale("#ffffff", COLOUR[i]) };
    const line = { colorscale: scale(COLOUR[i], COLOUR[i]), contours: { ...SHARES, coloring: "lines" as const }, line: { width: 2 } };
    return { ...common, ...line, type: "contour", autocontour: false };
  });
  const equal = { xaxis: { constrain: "domain" as const }, yaxis: { scaleanchor: "x" as const, constrain: "domain" as const } };
  return { data, layout: style(titles, { height: 440, ...equal }) };
}
