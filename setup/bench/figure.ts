/** report/bench.html: a bar a kind, how many times as long as ours it takes; Plotly comes from node_modules. */
import * as path from "node:path";
import { writeAtomically } from "../../lib/checkpoint";
import type { Part } from "./turns";

/** Ratios of medians to ours, one trace a kind over everything that was measured. */
function traces(parts: Part[]): { type: "bar"; orientation: "h"; name: string; x: number[]; y: string[] }[] {
  const cells = parts.flatMap(({ title, rows }) =>
    Object.entries(rows).flatMap(([at, row]) =>
      row.ours ? Object.entries(row).map(([kind, { median }]) => ({ kind, x: median / row.ours.median, y: `${title}, ${at}` })) : [],
    ),
  );
  return [...new Set(cells.map(({ kind }) => kind))].map((name) => {
    const own = cells.filter(({ kind }) => kind === name);
    return { type: "bar", orientation: "h", name, x: own.map(({ x }) => x), y: own.map(({ y }) => y) };
  });
}

export function writePage(folder: string, machine: Record<string, unknown>, parts: Part[]): void {
  const data = traces(parts);
  const places = new Set(data.flatMap(({ y }) => y)).size;
  const layout = {
    title: { text: `Time by ours: ${machine.processor}, load ${machine["load before"]} before, ${machine["load after"]} after` },
    xaxis: { type: "log", title: { text: "times ours (medians)" } },
    yaxis: { autorange: "reversed", automargin: true },
    height: 160 + 70 * places,
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
