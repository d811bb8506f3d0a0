/** report/bench.html: a dot a kind, how many times as long as ours it takes; Plotly comes from node_modules. */
import * as path from "node:path";
import { writeAtomically } from "../../lib/base/files";
import type { Part } from "./turns";

/** There are more kinds than colours. */
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "star", "x", "hexagon"];

/** Ratios of medians to ours, one trace a kind over everything that was measured. */
function traces(parts: Part[]): { mode: "markers"; name: string; x: number[]; y: string[]; marker: object; error_x: object }[] {
  const cells = parts.flatMap(({ title, rows }) =>
    Object.entries(rows).flatMap(([at, row]) =>
      row.ours
        ? Object.entries(row).map(([kind, { median, p10 }]) => ({
            ...{ kind, x: median / row.ours.median, low: (median - p10) / row.ours.median },
            y: at === "all" ? title : `${title}, ${at}`,
          }))
        : [],
    ),
  );
  return [...new Set(cells.map(({ kind }) => kind))].map((name, i) => {
    const own = cells.filter(({ kind }) => kind === name);
    const marker = { size: 11, opacity: 0.8, symbol: SYMBOLS[i % SYMBOLS.length] };
    const bars = { type: "data", symmetric: false, array: own.map(() => 0), arrayminus: own.map(({ low }) => low), thickness: 1, width: 2 };
    return { mode: "markers", name, x: own.map(({ x }) => x), y: own.map(({ y }) => y), marker, error_x: bars };
  });
}

export function writePage(folder: string, machine: Record<string, unknown>, parts: Part[]): void {
  const data = traces(parts);
  const places = new Set(data.flatMap(({ y }) => y)).size;
  const layout = {
    title: {
      text: `How many times as long as ours: ${machine.processor}, load ${machine["load before"]} before, ${machine["load after"]} after`,
    },
    xaxis: { type: "log", dtick: "D2", title: { text: "times ours: medians, a line down to the 10th percentile" } },
    shapes: [{ type: "line", x0: 1, x1: 1, y0: 0, y1: 1, yref: "paper", line: { color: "#888888", width: 1 } }],
    yaxis: { autorange: "reversed", automargin: true },
    height: 160 + 28 * places,
  };
  const plot = `Plotly.newPlot("figure", ${JSON.stringify(data)}, ${JSON.stringify(layout)}, { responsive: true })`.replace(
    /</g,
    "\\u003c",
  );
  writeAtomically(
    path.join(folder, "bench.html"),
    `<!DOCTYPE html>
<meta charset="utf-8">
<title>tDLGM: benchmark</title>
<div id="figure"></div>
<script src="../node_modules/plotly.js-dist/plotly.js"></script>
<script>${plot}</script>
`,
  );
}
