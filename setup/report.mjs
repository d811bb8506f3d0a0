// Writes report/: an offline page of each notebook, and an index with the results at a glance.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { environment, paths } from "./env.mjs";
import { writeWhole } from "./files.mjs";
import { follows } from "./follows.mjs";
import { committedFile, executedFile, joined, notebookNames, onStandIn, PLOTLY, readNotebook } from "./notebooks.mjs";
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
 * Which cell holds which figure of the paper: the first output whose text names it, else the first text that does, alone before together
 * with others ("Figures 7, 8 and 9", "Figures 2-9").
 * @param {Notebook} notebook
 * @returns {Map<number, { cell: string, rank: number }>} the lower the rank, the surer
 */
function paperFigures({ cells }) {
  /** @type {Map<number, { cell: string, rank: number }>} */
  const found = new Map();
  /** @type {(text: string, cell: string, rank: number) => void} */
  const look = (text, cell, rank) => {
    for (const [, plural, list] of text.matchAll(/\bFigure(s?)\s+(\d+(?:(?:\s*(?:,|and|–|-|to)\s*)+\d+)*)/g)) {
      const numbers = list.match(/\d+/g)?.map(Number) ?? [];
      const isRange = plural && numbers.length === 2 && !/,|and/.test(list);
      const all = isRange ? Array.from({ length: Math.max(0, numbers[1] - numbers[0]) + 1 }, (_, i) => numbers[0] + i) : numbers;
      for (const number of all) {
        const sure = rank + (isRange ? 0.5 : 0);
        if (sure < (found.get(number)?.rank ?? Number.POSITIVE_INFINITY)) found.set(number, { cell, rank: sure });
      }
    }
  };
  for (const { id, cell_type, source, outputs = [] } of /** @type {(import("./notebooks.mjs").Cell & { id: string })[]} */ (cells)) {
    for (const { data } of outputs) if (data?.[PLOTLY] || data?.["image/png"]) look(joined(data["text/plain"]), id, 0);
    // A heading or a bold beginning is about the figure, a sentence may only mention it.
    if (cell_type === "markdown")
      for (const line of joined(source).split("\n")) look(line, id, /^(#+ |\*\*)Figure/.test(line) ? 1 : /^#+ /.test(line) ? 2 : 4);
  }
  return found;
}

/**
 * What README.md says first, as Markdown: what this is and for whom, and what came out (between the marks "verdict", else the list after the
 * tables).
 * @param {string} root
 */
function opening(root) {
  const file = join(root, "README.md");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const [head] = text.replace(/^# .*$/m, "").split(/^(?:```|## |<!-- table)/m);
  const about = head.replace(/<!--[\s\S]*?-->|!\[[^\]]*\]\([^)]*\)/g, "").trim();
  const verdict = /<!-- verdict -->([\s\S]*?)<!-- \/verdict -->/.exec(text) ?? /<!-- \/table3-short -->\s*((?:- .*\n)+)/.exec(text);
  return { about, verdict: verdict?.[1].trim() ?? "" };
}

/**
 * The first still image of the pages, with its words.
 * @param {{ name: string, notebook: Notebook }[]} pages
 */
function firstPicture(pages) {
  for (const { name, notebook } of pages)
    for (const { data, metadata } of notebook.cells.flatMap(({ outputs }) => outputs ?? []))
      if (joined(data?.["image/png"])) return { page: name, png: joined(data["image/png"]).trim(), alt: metadata?.tdlgm?.alt ?? "" };
  return undefined;
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
  for (const file of ["report.css", "figures.js", "formulas.js", "provenance.js"])
    copyFileSync(join(root, "setup", "report", file), join(assets, file));
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
  const shown = notebookNames(root).map((name) => {
    const { source, standIn } = shownNotebook(root, name);
    return { name, source, standIn, notebook: readNotebook(source) };
  });
  /** Of each figure of the paper the surest place. @type {Map<number, { page: string, cell: string, rank: number }>} */
  const figures = new Map();
  for (const { name, notebook } of shown)
    for (const [number, place] of paperFigures(notebook))
      if (place.rank < (figures.get(number)?.rank ?? Number.POSITIVE_INFINITY)) figures.set(number, { page: name, ...place });
  const sorted = [...figures].sort(([a], [b]) => a - b).map(([number, { page, cell }]) => ({ number, page, cell }));
  const pages = shown.map(({ name, source, standIn, notebook }) => {
    /** @type {Record<string, number[]>} */
    const here = {};
    for (const { number, cell } of sorted.filter(({ page }) => page === name)) here[cell] = [...(here[cell] ?? []), number];
    return { name, source, ...introduction(notebook, name), figures: here, stand_in: standIn ? STAND_IN : null };
  });
  mkdirSync(join(folder, "assets"), { recursive: true });
  await writeAssets(root, join(folder, "assets"));
  const source = provenance(root, results);
  writeWhole(join(folder, "provenance.json"), `${JSON.stringify(source, null, 1)}\n`);
  const tables = results.tables.map((table) => ({
    ...table,
    rows: table.rows.map((cells) => ({ label: rowLabel(table, cells), cells })),
  }));
  const first = { ...opening(root), picture: firstPicture(shown), figures: sorted };
  const index = { ...first, tables, provenance: { commit: source.commit, runs: source.runs }, stand_in: standIn ? STAND_IN : null };
  const job = join(paths(root).temporary, `report.${process.pid}.tmp`);
  writeWhole(job, JSON.stringify({ folder, pages, index }));
  const options = { cwd: root, env: environment(root), what: "Writing the report" };
  await run(paths(root).python, [join(root, "setup", "report", "export.py"), job], options).finally(() => rmSync(job));
  writeManifest(root);
  return join(folder, "index.html");
}
