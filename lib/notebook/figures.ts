/**
 * Plotly figures as pure functions: data in, `{ data, layout }` out. One plain style for all of them; blue is what is true, orange
 * what a model makes of it, as in the paper's Figures 2-10. Nothing is drawn here: `figure` of display.ts shows them.
 */
import type { Data, Layout } from "plotly.js-dist";
import { checkList, checkNumber, checkNumbers, checkObject, checkObjects, checkOptions } from "../base/check";

/** A Plotly figure: traces and layout. */
export type Figure = { data: Data[]; layout: Partial<Layout> };
/** Numbers in order, plain or typed. */
export type Numbers = ArrayLike<number>;
/** Numbers under a name, as the legend shows it. */
export type Group = { name: string; values: Numbers };
/** What each colour means in every figure. */
export const COLOURS = { truth: "#1f77b4", generated: "#ff7f0e", paper: "#333333", trivial: "#9a9a9a" } as const;
/** Colours of further groups, in order. */
export const PALETTE = [COLOURS.truth, COLOURS.generated, "#2ca02c", "#9467bd", "#8c564b", "#17becf", "#e377c2", "#bcbd22"] as const;

/** A figure's title and those of its axes. */
export type Titles = { title?: string; x?: string; y?: string };
/** The keys of Titles. */
export const TITLES = ["title", "x", "y"];

/** If the greatest value is more than so many times the least, a logarithmic axis has room for the powers of ten alone. */
const ROOM = { x: 200, y: 2000 };

/** A logarithmic axis for these values, if it is asked for. Where there is room, its ticks are at 1, 2 and 5 times each power of ten. */
export function logarithmic(asked: boolean | undefined, axis: "x" | "y", values: Numbers[]) {
  if (!asked) return {};
  const positive = values.flatMap((of) => Array.from(of)).filter((v) => v > 0);
  const [least, greatest] = positive.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Number.POSITIVE_INFINITY, 0]);
  const wide = greatest > ROOM[axis] * least;
  return { type: "log" as const, ...(wide ? { dtick: 1, exponentformat: "power" as const } : { dtick: "D2", tickformat: "~g" }) };
}

/** The common layout of all figures: white ground, light grid, no title unless given, the legend above the plot. */
export function style(titles: Titles, more: Partial<Layout> = {}): Partial<Layout> {
  checkOptions(titles, "titles", TITLES);
  checkObject(more, "more");
  const { title, x, y } = titles;
  const [height, top] = [more.height ?? 400, title ? 80 : 35];
  const axis = { gridcolor: "#e5e5e5", zerolinecolor: "#c8c8c8", linecolor: "#888888", ticks: "outside" as const, automargin: true };
  return {
    ...(title ? { title: { text: title, x: 0, xref: "paper", yref: "container", y: 0.97, yanchor: "top", font: { size: 15 } } } : {}),
    font: { family: "Arial, Helvetica, sans-serif", size: 12, color: "#222222" },
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    height,
    margin: { l: 60, r: 20, t: top, b: 50 },
    legend: { orientation: "h", x: 0, y: 1 + 6 / (height - top - 50), xanchor: "left", yanchor: "bottom", traceorder: "normal" },
    ...more,
    xaxis: { ...axis, title: { text: x ?? "" }, ...more.xaxis },
    yaxis: { ...axis, title: { text: y ?? "" }, ...more.yaxis },
  };
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

/** NaN and infinities as null: Plotly leaves a gap, and JSON has no other word for them. */
export const drawable = (values: Numbers): (number | null)[] => Array.from(values, (v) => (Number.isFinite(v) ? v : null));
/** 1 to n. */
export const counted = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/**
 * How often each distinct value occurs, as a share of its group: one bar a value at its place on the axis, groups side by side.
 * @param groups the values themselves, not counts; at least one group, each with at least one value
 */
export function valueFrequencies(groups: Group[], titles: Titles = {}): Figure {
  checkObjects(groups, "groups", 1);
  for (const [i, { values }] of groups.entries()) checkNumbers(values, `groups[${i}].values`);
  checkOptions(titles, "titles", TITLES);
  const width = 0.012 / groups.length;
  const data = groups.map(({ name, values }, i): Data => {
    const counts = new Map<number, number>();
    for (const v of Array.from(values)) {
      const rounded = Math.round(v * 1e6) / 1e6; // a float32 .81 and another are one value
      counts.set(rounded, (counts.get(rounded) ?? 0) + 1);
    }
    const x = [...counts.keys()].sort((a, b) => a - b);
    const y = x.map((v) => (counts.get(v) as number) / values.length);
    return { type: "bar", name, x, y, width, offset: (i - groups.length / 2) * width, marker: { color: PALETTE[i % PALETTE.length] } };
  });
  return { data, layout: style({ x: "value", y: "share", ...titles }, { showlegend: groups.length > 1 }) };
}

/**
 * Autocorrelations as bars, one group a series (such as train, test).
 * @param groups at least one; values[i] is the autocorrelation at lag i + 1
 */
export function autocorrelationBars(groups: Group[], titles: Titles = {}): Figure {
  checkObjects(groups, "groups", 1);
  for (const [i, { values }] of groups.entries()) checkList(values, `groups[${i}].values`);
  checkOptions(titles, "titles", TITLES);
  const data = groups.map(
    ({ name, values }, i): Data => ({
      type: "bar",
      name,
      x: counted(values.length),
      y: drawable(values),
      marker: { color: PALETTE[i % PALETTE.length] },
    }),
  );
  return { data, layout: style({ x: "lag", y: "autocorrelation", ...titles }, { barmode: "group", showlegend: groups.length > 1 }) };
}

/**
 * A stretch of a series, true (blue) and as a model imputes or generates it (orange), as in the paper's Figures 2-10: y from 0 to 1.
 * It draws the trace itself: show it with `seriesDrawn: true`.
 * @param generated as many values as `truth`, or null to draw the truth alone
 * @param start the index of the first value, for the x axis
 */
export function seriesSegment(truth: Numbers, generated: Numbers | null, start = 0, titles: Titles = {}): Figure {
  checkList(truth, "truth");
  checkNumber(start, "start");
  checkOptions(titles, "titles", TITLES);
  if (generated !== null) {
    checkList(generated, "generated");
    check(truth.length === generated.length, `seriesSegment: truth has ${truth.length} values and generated ${generated.length}`);
  }
  const x = Array.from({ length: truth.length }, (_, i) => start + i);
  const line = (name: string, values: Numbers, color: string): Data => ({
    type: "scatter",
    mode: "lines",
    name,
    x,
    y: drawable(values),
    line: { color, width: 1.5 },
  });
  const data = [line("true", truth, COLOURS.truth), ...(generated ? [line("model", generated, COLOURS.generated)] : [])];
  const layout = style({ x: "pod, in the trace's order", y: "fraction of a GPU", ...titles }, { yaxis: { range: [-0.02, 1.02] } });
  return { data, layout };
}

/** Points under a name; a point's label is shown when the mouse is over it. */
export type Points = { name: string; x: Numbers; y: Numbers; labels?: string[] };

/**
 * Points of several groups, and level lines to compare them with. `log` makes the y axis logarithmic, `logX` the x axis (values <= 0 are
 * then left out).
 */
export function scatter(
  groups: Points[],
  options: Titles & { log?: boolean; logX?: boolean; levels?: { name: string; y: number }[] } = {},
): Figure {
  checkObjects(groups, "groups");
  checkOptions(options, "options", [...TITLES, "log", "logX", "levels"]);
  for (const [i, group] of groups.entries()) for (const part of ["x", "y"] as const) checkList(group[part], `groups[${i}].${part}`);
  const { log, logX, levels = [], ...titles } = options;
  const all = groups.flatMap(({ x }) => Array.from(x));
  const data = groups.map(({ name, x, y, labels }, i): Data => {
    check(x.length === y.length, `scatter: group "${name}" has ${x.length} x and ${y.length} y`);
    const marker = { color: PALETTE[i % PALETTE.length], size: 9, opacity: 0.8 };
    const text = labels ? { text: labels, hovertemplate: "%{text}: %{x:.4g}, %{y:.4g}<extra>%{fullData.name}</extra>" } : {};
    return { type: "scatter", mode: "markers", cliponaxis: false, name, x: drawable(x), y: drawable(y), marker, ...text };
  });
  const lines = levels.map(({ name, y }): Data => {
    const line = { color: COLOURS.trivial, width: 1.5, dash: "dash" as const };
    return { type: "scatter", mode: "lines", name, x: [Math.min(...all), Math.max(...all)], y: [y, y], line };
  });
  const [xs, ys] = [groups.map(({ x }) => x), groups.map(({ y }) => y)];
  const layout = style(titles, { xaxis: logarithmic(logX, "x", xs), yaxis: logarithmic(log, "y", ys) });
  return { data: [...data, ...lines], layout };
}

/** A row of a comparison: the paper's number, ours as mean ± sd over n seeds, and a trivial baseline; each may be absent. */
export type ComparisonRow = { label: string; paper?: number; ours?: { mean: number; sd: number; n: number }; trivial?: number };

/** Paper, ours (with its sd as a bar) and trivial as dots, one row each, first row on top. `log` makes the value axis logarithmic. */
export function comparison(rows: ComparisonRow[], options: Titles & { log?: boolean } = {}): Figure {
  checkObjects(rows, "rows", 1);
  checkOptions(options, "options", [...TITLES, "log"]);
  const { log, ...titles } = options;
  const labels = rows.map((r) => r.label);
  const dots = (
    name: string,
    x: (number | null)[],
    color: string,
    symbol: "circle" | "diamond" | "x",
    errors?: number[],
    text?: string[],
  ): Data => ({
    type: "scatter",
    mode: "markers",
    cliponaxis: false,
    name,
    showlegend: x.some((at) => at !== null),
    x,
    y: labels,
    marker: { color, symbol, size: 10 },
    ...(errors ? { error_x: { type: "data", array: errors, color, thickness: 1.5 } } : {}),
    ...(text ? { text, hovertemplate: "%{y}: %{x:.4g} %{text}<extra>%{fullData.name}</extra>" } : {}),
  });
  const data = [
    dots("trivial", drawable(rows.map((r) => r.trivial ?? Number.NaN)), COLOURS.trivial, "x"),
    dots("paper", drawable(rows.map((r) => r.paper ?? Number.NaN)), COLOURS.paper, "diamond"),
    dots(
      "ours, mean ± sd",
      drawable(rows.map((r) => r.ours?.mean ?? Number.NaN)),
      COLOURS.generated,
      "circle",
      rows.map((r) => r.ours?.sd ?? 0),
      rows.map((r) => (r.ours ? `± ${r.ours.sd.toPrecision(2)} (n = ${r.ours.n})` : "")),
    ),
  ];
  const shown = rows.flatMap(({ trivial, paper, ours }) => [trivial, paper, ours?.mean].filter((x): x is number => x !== undefined));
  const layout = style(titles, {
    height: Math.max(250, 120 + 34 * rows.length),
    xaxis: log ? logarithmic(log, "x", [shown]) : { rangemode: "tozero" },
    yaxis: { autorange: "reversed", type: "category" },
  });
  return { data, layout };
}
