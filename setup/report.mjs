// Writes report/: an offline page of each notebook, and an index with the results at a glance.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { environment, paths } from "./env.mjs";
import { writeWhole } from "./files.mjs";
import { follows } from "./follows.mjs";
import { committedFile, executedFile, joined, notebookNames, onStandIn, readNotebook } from "./notebooks.mjs";
import { run } from "./process.mjs";
import { provenance, rowLabel, writeManifest } from "./provenance.mjs";

/** @typedef {import("./notebooks.mjs").Notebook} Notebook */

const STAND_IN = "STAND-IN DATA. The trace is not here: these pages rest on a series drawn by a Markov chain. They are not results.";

/**
 * Title and first paragraph of a notebook.
 * @param {Notebook} notebook
 * @param {string} name
 */
function introduction(notebook, name) {
  const prose = joined(notebook.cells.find((cell) => cell.cell_type === "markdown")?.source);
  const plain = (text = "") => text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*`]/g, "");
  const paragraph = prose.split(/\n\s*\n/).find((text) => text.trim() && !text.trim().startsWith("#"));
  return { title: plain(/^#\s+(.+)$/m.exec(prose)?.[1] ?? name), text: plain(paragraph) };
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
  copyFileSync(minified, join(assets, "plotly.min.js"));
  const used = /(?:\/katex\.min\.(?:js|css)|auto-render\.min\.js|\.woff2)$/;
  cpSync(dirname(require.resolve("katex/dist/katex.min.js")), join(assets, "katex"), {
    recursive: true,
    filter: (file) => used.test(file) || statSync(file).isDirectory(),
  });
  for (const file of ["report.css", "formulas.js", "provenance.js"]) copyFileSync(join(root, "setup", "report", file), join(assets, file));
}

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
 * @param {{ root: string, results: import("./provenance.mjs").Results, standIn?: boolean }} options `standIn`: whether the results rest on a stand-in
 */
export async function writeReport({ root, results, standIn = onStandIn(root) }) {
  const folder = paths(root).report;
  const pages = notebookNames(root).map((name) => {
    const shown = shownNotebook(root, name);
    const source = readNotebook(shown.source);
    return { name, source: shown.source, ...introduction(source, name), stand_in: shown.standIn ? STAND_IN : null };
  });
  mkdirSync(join(folder, "assets"), { recursive: true });
  await writeAssets(root, join(folder, "assets"));
  const source = provenance(root, results);
  writeWhole(join(folder, "provenance.json"), `${JSON.stringify(source, null, 1)}\n`);
  const tables = results.tables.map((table) => ({
    ...table,
    rows: table.rows.map((cells) => ({ label: rowLabel(table, cells), cells })),
  }));
  const index = { tables, provenance: { commit: source.commit, runs: source.runs }, stand_in: standIn ? STAND_IN : null };
  const job = join(paths(root).temporary, `report.${process.pid}.tmp`);
  writeWhole(job, JSON.stringify({ folder, pages, index }));
  const options = { cwd: root, env: environment(root), what: "Writing the report" };
  await run(paths(root).python, [join(root, "setup", "report", "export.py"), job], options).finally(() => rmSync(job));
  writeManifest(root);
  return join(folder, "index.html");
}
