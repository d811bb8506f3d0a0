// Writes report/: an offline page of each notebook, and an index with the results at a glance.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { environment, paths, projectRoot } from "./env.mjs";
import { writeWhole } from "./files.mjs";
import { follows } from "./follows.mjs";
import { committedFile, executedFile, joined, notebookNames, onStandIn, readNotebook } from "./notebooks.mjs";
import { run } from "./process.mjs";
import { provenance, rowLabel, writeManifest } from "./provenance.mjs";

/** @typedef {import("./notebooks.mjs").Notebook} Notebook */
/** @typedef {import("./provenance.mjs").ResultTable} ResultTable */
/** @typedef {import("./provenance.mjs").ResultCell} ResultCell */

const STAND_IN = "STAND-IN DATA. The trace is not here: these pages rest on a series drawn by a Markov chain. They are not results.";

/** @param {unknown} text */
const escapeHtml = (text) =>
  String(text).replace(
    /[&<>"]/g,
    (c) => /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c],
  );

/**
 * Title and first paragraph of a notebook.
 * @param {Notebook} notebook
 * @param {string} name
 */
function introduction(notebook, name) {
  const prose = notebook.cells.filter((cell) => cell.cell_type === "markdown").map((cell) => joined(cell.source));
  const title = /^#\s+(.+)$/m.exec(prose[0] ?? "")?.[1] ?? name;
  const paragraph = (prose[0] ?? "").split(/\n\s*\n/).find((text) => text.trim() && !text.trim().startsWith("#"));
  return { title: title.replace(/[*`]/g, ""), text: (paragraph ?? "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*`]/g, "") };
}

/**
 * The files that all pages share: Plotly (minified once, kept in .local), KaTeX with its fonts, style.
 * @param {string} root
 * @param {string} assets
 */
async function writeAssets(root, assets) {
  const require = createRequire(join(root, "setup", "report.mjs"));
  const plotly = require.resolve("plotly.js-dist/plotly.js");
  const { version } = JSON.parse(readFileSync(join(dirname(plotly), "package.json"), "utf8"));
  const minified = join(paths(root).local, `plotly-${version}.min.js`);
  if (!existsSync(minified)) {
    const { transform } = await import("esbuild");
    writeWhole(minified, (await transform(readFileSync(plotly, "utf8"), { minify: true, legalComments: "inline" })).code);
  }
  const katex = dirname(require.resolve("katex/dist/katex.min.js"));
  mkdirSync(join(assets, "katex", "fonts"), { recursive: true });
  copyFileSync(minified, join(assets, "plotly.min.js"));
  for (const file of ["katex.min.js", "katex.min.css"]) copyFileSync(join(katex, file), join(assets, "katex", file));
  copyFileSync(join(katex, "contrib", "auto-render.min.js"), join(assets, "katex", "auto-render.min.js"));
  for (const file of readdirSync(join(katex, "fonts"))) {
    if (file.endsWith(".woff2")) copyFileSync(join(katex, "fonts", file), join(assets, "katex", "fonts", file));
  }
  for (const file of ["report.css", "formulas.js", "provenance.js"]) copyFileSync(join(root, "setup", "report", file), join(assets, file));
}

/**
 * A number that follows from runs is a button, which shows them.
 * @param {ResultTable} table
 */
function resultTable(table) {
  const { id, caption, columns, rows } = table;
  /** @type {(cell: ResultCell, column: number, row: ResultCell[]) => string} */
  const content = ({ text, runs }, column, row) =>
    runs
      ? `<button type="button" data-runs="${escapeHtml(runs.join(" "))}" title="${escapeHtml(`${rowLabel(table, row)}, ${columns[column]}`)}">${escapeHtml(text)}</button>`
      : escapeHtml(text);
  const head = columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((...cell) => `<td>${content(...cell)}</td>`).join("")}</tr>`).join("\n");
  return `<div class="report-scroll"><table class="report-results" id="${escapeHtml(id)}"><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/**
 * JSON inside a page: no text in it may end the script.
 * @param {unknown} value
 */
const inPage = (value) => JSON.stringify(value).replace(/</g, "\\u003c");

/**
 * The notebook that a page shows: as executed here in full, or as committed if it was not executed or has changed since.
 * @param {string} root
 * @param {string} name
 */
function shownNotebook(root, name) {
  const committed = { source: committedFile(root, name), standIn: false };
  const source = executedFile(root, name);
  if (!existsSync(source)) return committed;
  const { follows: then, budget, standIn } = readNotebook(source).metadata.tdlgm ?? {};
  const now = follows(readNotebook(committed.source), root);
  return budget === "full" && standIn === onStandIn(root) && isDeepStrictEqual(then, now) ? { source, standIn } : committed;
}

/**
 * Writes report/: a page of each notebook, the index, what each number of its tables follows from, the list of all. Returns the index's path.
 * @param {{ root?: string, results?: import("./provenance.mjs").Results, standIn?: boolean }} [options] `standIn`: whether the results rest on a stand-in
 */
export async function writeReport(options = {}) {
  const { root = projectRoot, results = { tables: [], runs: {} }, standIn = onStandIn(root) } = options;
  const { tables } = results;
  const folder = paths(root).report;
  const pages = notebookNames(root).map((name) => {
    const shown = shownNotebook(root, name);
    const { title, text } = introduction(readNotebook(shown.source), name);
    return { name, source: shown.source, target: join(folder, `${name}.html`), title, text, stand_in: shown.standIn ? STAND_IN : null };
  });
  mkdirSync(folder, { recursive: true });
  await writeAssets(root, join(folder, "assets"));
  const job = join(paths(root).temporary, `report-${process.pid}.json`);
  writeWhole(job, JSON.stringify({ pages }));
  try {
    await run(paths(root).python, [join(root, "setup", "report", "export.py"), job], {
      cwd: root,
      env: environment(root),
      what: "Writing the report",
    });
  } finally {
    rmSync(job, { force: true });
  }
  const list = pages.map((page) => `<li><a href="${page.name}.html">${escapeHtml(page.title)}</a><br>${escapeHtml(page.text)}</li>`);
  const source = provenance(root, results);
  writeWhole(join(folder, "provenance.json"), `${JSON.stringify(source, null, 1)}\n`);
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tDLGM: report</title>
<link rel="stylesheet" href="assets/report.css">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/katex/katex.min.css">
<script defer src="assets/katex/katex.min.js"></script>
<script defer src="assets/katex/auto-render.min.js"></script>
<script defer src="assets/formulas.js"></script>
<script defer src="assets/provenance.js"></script>
</head>
<body>
<main>
<h1>tDLGM, reproduced</h1>
${standIn ? `<div class="report-banner" role="alert">${escapeHtml(STAND_IN)}</div>` : ""}
${tables.length ? `<h2>Results at a glance</h2>\n<p>A click on one of our numbers shows the runs that it follows from.</p>\n${tables.map(resultTable).join("\n")}` : ""}
<h2>Pages</h2>
<ol>
${list.join("\n")}
</ol>
</main>
<dialog></dialog>
<script type="application/json" id="provenance">${inPage({ commit: source.commit, runs: source.runs })}</script>
</body>
</html>
`;
  const index = join(folder, "index.html");
  writeWhole(index, html);
  writeManifest(root);
  return index;
}
