/** Lines as a figure: curves of a training, series, means over anything. */
import type { Data } from "plotly.js-dist";
import { checkFunction, checkList, checkNumbers, checkObjects, checkOptions } from "../base/check";
import type { Frame } from "../data/frame";
import { counted, drawable, type Figure, logarithmic, type Numbers, PALETTE, style, TITLES, type Titles } from "./figures";
import { records, type Group as ScoreGroup } from "./tidy";

/**
 * A line: y over x. Without x its points are counted from 1. `errors` are half-lengths of bars. `dash` is for what is not ours. `color`
 * replaces the next of PALETTE, so that the paper's line can have the colour of ours. `band` is an interval around the line, under a name.
 */
export type Line = { name: string; x?: Numbers; y: Numbers; errors?: Numbers; dash?: boolean; color?: string; band?: Band };
/** The ends of an interval at each point of a line, and its name in the legend. */
export type Band = { name: string; low: Numbers; high: Numbers };

/** What a line has beside its name and its points. */
const LINE = ["errors", "dash", "color"];

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

/**
 * Lines over training steps, or over anything else. `log` makes the y axis logarithmic, `logX` the x axis (values <= 0 are then left out).
 * @throws Error naming a line whose x, y or band differ in number
 */
export function learningCurves(lines: Line[], options: Titles & { log?: boolean; logX?: boolean } = {}): Figure {
  checkObjects(lines, "lines");
  checkOptions(options, "options", [...TITLES, "log", "logX"]);
  for (const [i, line] of lines.entries()) checkOptions(line, `lines[${i}]`, ["name", "x", "y", "band", ...LINE]);
  for (const [i, line] of lines.entries())
    for (const part of ["x", "y", "errors"] as const) if (part === "y" || line[part]) checkList(line[part], `lines[${i}].${part}`);
  const colorOf = (i: number) => lines[i].color ?? PALETTE[i % PALETTE.length];
  const bands = lines.flatMap(({ name, x, y, band }, i): Data[] => {
    if (!band) return [];
    checkOptions(band, `lines[${i}].band`, ["name", "low", "high"]);
    for (const end of ["low", "high"] as const) {
      checkNumbers(band[end], `lines[${i}].band.${end}`);
      check(band[end].length === y.length, `learningCurves: line "${name}" has ${y.length} y and ${band[end].length} ${end}`);
    }
    const there = x ? Array.from(x) : counted(y.length);
    const outline = { x: [...there, ...there.slice().reverse()], y: [...Array.from(band.low), ...Array.from(band.high).reverse()] };
    return [
      { type: "scatter", mode: "none", name: band.name, ...outline, fill: "toself", fillcolor: `${colorOf(i)}50`, hoverinfo: "skip" },
    ];
  });
  const data = lines.map(({ name, x, y, errors, dash }, i): Data => {
    check(!x || x.length === y.length, `learningCurves: line "${name}" has ${x?.length} x and ${y.length} y`);
    const color = colorOf(i);
    return {
      type: "scatter",
      mode: errors ? "lines+markers" : "lines",
      name,
      x: x ? Array.from(x) : counted(y.length),
      y: drawable(y),
      line: { color, width: 1.5, ...(dash ? { dash: "dash" as const } : {}) },
      ...(errors ? { error_y: { type: "data" as const, array: Array.from(errors), color, thickness: 1 } } : {}),
    };
  });
  const { log, logX, ...titles } = options;
  const at = lines.map(({ x, y }) => x ?? counted(y.length));
  // A handful of things in order has a tick each, and none between them.
  const few = !logX && at.every((x) => Array.from(x).every((place) => Number.isInteger(place) && place <= 10));
  const xaxis = few ? { dtick: 1 } : logarithmic(logX, "x", at);
  const heights = lines.map(({ y }) => y);
  return { data: [...bands, ...data], layout: style({ x: "step", ...titles }, { xaxis, yaxis: logarithmic(log, "y", heights) }) };
}

/**
 * The groups of a summary as a line: their means over x, with the sd as a bar where runs of ours gave the numbers.
 * @throws Error when the summary is empty
 */
export function meanLine(summary: Frame, x: (group: ScoreGroup) => number, line: Omit<Line, "x" | "y" | "errors" | "band">): Line {
  checkFunction(x, "x");
  checkOptions(line, "line", ["name", ...LINE]);
  const groups = records<ScoreGroup>(summary);
  check(groups.length > 0, `meanLine: no group for line "${line.name}"`);
  const errors = groups.some(({ runs }) => runs) ? { errors: groups.map(({ sd, n }) => (n > 1 ? sd : 0)) } : {};
  return { ...line, x: groups.map(x), y: groups.map(({ mean }) => mean), ...errors };
}
