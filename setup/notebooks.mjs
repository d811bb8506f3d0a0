// Executes the notebooks headless, writes report/ from what they gave, and records it in the committed notebooks.
// By itself: node setup/notebooks.mjs execute|report|record [NAME ...], with TDLGM_BUDGET=small|full.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { environment, paths, projectRoot } from "./env.mjs";
import { command, PlainError, run } from "./process.mjs";
import { traceIsThere } from "./trace.mjs";

/** A committed notebook is smaller than this. */
const MAX_BYTES = 1_500_000;
const PLOTLY = "application/vnd.plotly.v1+json";
const STAND_IN = "STAND-IN DATA. The trace is not here: these pages rest on a series drawn by a Markov chain. They are not results.";

/**
 * A table of results for the index page; a number or a text a cell.
 * @typedef {{ caption: string, columns: string[], rows: (string | number)[][] }} ResultTable
 * @typedef {{ cell_type: string, source: string | string[], metadata: Record<string, unknown>, execution_count?: number | null, outputs?: any[] }} Cell
 * @typedef {{ cells: Cell[], metadata: Record<string, unknown>, nbformat: number, nbformat_minor: number }} Notebook
 */

/**
 * The names of all notebooks, in order.
 * @param {string} [root]
 */
export function notebookNames(root = projectRoot) {
  const folder = join(root, "notebooks");
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith(".ipynb"));
  return files.map((file) => basename(file, ".ipynb")).sort();
}

/**
 * Where the executed notebooks lie.
 * @param {string} root
 */
export const executedFolder = (root) => join(paths(root).local, "executed");

/** @param {string} root */
const standIn = (root) => process.env.TDLGM_STAND_IN === "1" || !traceIsThere(root);

/**
 * @param {string} file
 * @returns {Notebook}
 */
const readNotebook = (file) => JSON.parse(readFileSync(file, "utf8"));

/**
 * @param {string} file
 * @param {string} text
 */
function writeWhole(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

/**
 * Executes one notebook headless with the project's kernel. Throws a PlainError that names notebook, cell and error.
 * @param {string} source
 * @param {string} target
 * @param {{ root?: string, budget?: "small" | "full", png?: boolean, label?: string, show?: (line: string) => void }} [options]
 */
export async function executeNotebook(source, target, options = {}) {
  const { root = projectRoot, budget, png = true, label = basename(source, ".ipynb"), show = console.log } = options;
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true }); // what an earlier run gave is not what this one gives
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...environment(root), TDLGM_PNG: png ? "1" : "0" };
  if (budget) env.TDLGM_BUDGET = budget;
  /** @param {string} line */
  const onLine = (line) => {
    if (line.startsWith(`${label}: cell `) && / cell \d+ of \d+: /.test(line)) show(line);
  };
  try {
    await run(paths(root).python, [join(root, "setup", "execute.py"), source, target, label], { cwd: root, env, what: label, onLine });
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    const lines = error.details.trimEnd().split("\n");
    const at = lines.map((line) => line.startsWith(`${label}: cell `) && line.includes(" failed: ")).lastIndexOf(true);
    throw at < 0 ? error : new PlainError(lines.slice(at).join("\n"), lines.slice(0, at).join("\n"));
  }
}

/**
 * Executes notebooks, all by default, into executedFolder.
 * @param {{ root?: string, names?: string[], budget?: "small" | "full", png?: boolean, show?: (line: string) => void }} [options]
 */
export async function executeNotebooks(options = {}) {
  const { root = projectRoot, names = notebookNames(root), show = console.log } = options;
  const known = notebookNames(root);
  for (const name of names) {
    if (!known.includes(name)) throw new PlainError(`There is no notebook "${name}", but ${known.join(", ") || "none at all"}.`);
  }
  for (const [i, name] of names.entries()) {
    /** @param {string} line */
    const numbered = (line) => show(`[notebook ${i + 1} of ${names.length}] ${line}`);
    await executeNotebook(join(root, "notebooks", `${name}.ipynb`), join(executedFolder(root), `${name}.ipynb`), {
      ...options,
      show: numbered,
    });
  }
}

// --- Report ------------------------------------------------------------------------------------------------------------------------

/** @param {string | string[]} text */
const joined = (text) => (Array.isArray(text) ? text.join("") : text);
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
  const require = createRequire(join(root, "setup", "notebooks.mjs"));
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
  for (const file of ["report.css", "formulas.js"]) copyFileSync(join(root, "setup", "report", file), join(assets, file));
}

/** @param {ResultTable} table */
function resultTable({ caption, columns, rows }) {
  /**
   * @param {string} tag
   * @param {(string | number)[]} cells
   */
  const line = (tag, cells) => `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<table class="report-results"><caption>${escapeHtml(caption)}</caption><thead>${line("th", columns)}</thead><tbody>${rows.map((row) => line("td", row)).join("\n")}</tbody></table>`;
}

/**
 * Writes report/: a page of each executed notebook (a committed one where it was not executed), and the index. Returns its path.
 * @param {{ root?: string, names?: string[], results?: ResultTable[], standIn?: boolean }} [options]
 */
export async function writeReport(options = {}) {
  const { root = projectRoot, results = [], standIn: onStandIn = standIn(root) } = options;
  const folder = paths(root).report;
  const names = options.names ?? notebookNames(root);
  const pages = names.map((name) => {
    const executed = join(executedFolder(root), `${name}.ipynb`);
    const source = existsSync(executed) ? executed : join(root, "notebooks", `${name}.ipynb`);
    return { name, source, target: join(folder, `${name}.html`), ...introduction(readNotebook(source), name) };
  });
  mkdirSync(folder, { recursive: true });
  await writeAssets(root, join(folder, "assets"));
  const job = join(paths(root).temporary, `report-${process.pid}.json`);
  writeWhole(job, JSON.stringify({ pages, stand_in: onStandIn ? STAND_IN : null }));
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
</head>
<body>
<main>
<h1>tDLGM, reproduced</h1>
${onStandIn ? `<div class="report-banner" role="alert">${escapeHtml(STAND_IN)}</div>` : ""}
${results.length ? `<h2>Results at a glance</h2>\n${results.map(resultTable).join("\n")}` : ""}
<h2>Pages</h2>
<ol>
${list.join("\n")}
</ol>
</main>
</body>
</html>
`;
  const index = join(folder, "index.html");
  writeWhole(index, html);
  return index;
}

// --- Record ------------------------------------------------------------------------------------------------------------------------

/**
 * An executed notebook as it is committed: outputs that draw the trace as still images only, no timings, nothing of the machine.
 * Throws where an output can't be committed.
 * @param {Notebook} executed
 * @param {string} name
 * @param {string} [root]
 * @returns {string}
 */
export function cleaned(executed, name, root = projectRoot) {
  let count = 0;
  const cells = executed.cells.map((cell) => {
    const { execution: _timing, ...metadata } = cell.metadata;
    if (cell.cell_type !== "code") return { ...cell, metadata };
    const ran = joined(cell.source).trim() !== "";
    if (ran) count++;
    const where = `${name}, cell ${count}`;
    const outputs = (cell.outputs ?? []).map((output) => cleanedOutput(output, count, where));
    return { ...cell, metadata, outputs: mergedStreams(outputs), execution_count: ran ? count : null };
  });
  const metadata = {
    kernelspec: { display_name: "TypeScript (tDLGM)", language: "typescript", name: "tslab" },
    language_info: { name: "typescript" },
  };
  const text = `${JSON.stringify({ ...executed, cells, metadata }, null, 1)}\n`;
  const places = [root, homedir(), paths(root).temporary].filter((place) => place.length > 1);
  const place = places.find((path) => text.includes(`${path}/`) || text.includes(`${path}"`));
  if (place) throw new PlainError(`${name} holds the path ${place} of this machine: no output may name it.`);
  const bytes = Buffer.byteLength(text);
  if (bytes >= MAX_BYTES)
    throw new PlainError(`${name} has ${(bytes / 1e6).toFixed(1)} MB with its outputs, and at most ${MAX_BYTES / 1e6} MB are committed.`);
  return text;
}

/**
 * @param {any} output
 * @param {number} count
 * @param {string} where
 */
function cleanedOutput(output, count, where) {
  if (output.output_type === "error") throw new PlainError(`${where} shows an error: ${output.ename}: ${output.evalue}`);
  if (output.output_type === "stream") {
    if (output.name === "stderr") throw new PlainError(`${where} writes to stderr: ${joined(output.text).trim().split("\n")[0]}`);
    return output;
  }
  const { tdlgm } = output.metadata ?? {};
  const data = { ...output.data };
  if (tdlgm?.series) {
    if (!data["image/png"]) throw new PlainError(`${where} draws a stretch of the trace, but has no still image that could be committed.`);
    delete data[PLOTLY];
  }
  const result = { ...output, data, metadata: tdlgm ? { tdlgm } : {} };
  return output.output_type === "execute_result" ? { ...result, execution_count: count } : result;
}

/**
 * Neighbouring pieces of one stream as one.
 * @param {any[]} outputs
 */
function mergedStreams(outputs) {
  /** @type {any[]} */
  const merged = [];
  for (const output of outputs) {
    const last = merged.at(-1);
    if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name)
      last.text = (joined(last.text) + joined(output.text)).split(/(?<=\n)/);
    else merged.push({ ...output });
  }
  return merged;
}

/**
 * Writes the executed notebooks into notebooks/, all or, if one can't be committed, none. Refuses a stand-in.
 * @param {{ root?: string, names?: string[] }} [options]
 */
export function record(options = {}) {
  const { root = projectRoot, names = notebookNames(root) } = options;
  if (standIn(root))
    throw new PlainError("The trace is not here, and results on a stand-in are not recorded: npm run doctor tells how to get it.");
  const texts = names.map((name) => {
    const file = join(executedFolder(root), `${name}.ipynb`);
    if (!existsSync(file)) throw new PlainError(`${name} has not been executed.`);
    return { file: join(root, "notebooks", `${name}.ipynb`), text: cleaned(readNotebook(file), name, root) };
  });
  for (const { file, text } of texts) writeWhole(file, text);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await command(async () => {
    const [action, ...names] = process.argv.slice(2);
    const some = names.length ? { names } : {};
    if (action === "execute") await executeNotebooks(some);
    else if (action === "report") console.log(await writeReport(some));
    else if (action === "record") record(some);
    else throw new PlainError("Usage: node setup/notebooks.mjs execute|report|record [NAME ...]");
  });
}
