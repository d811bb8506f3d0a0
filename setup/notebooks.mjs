// Notebooks as files: their names, where they lie, how they are read and written.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { paths, projectRoot } from "./env.mjs";
import { sha256 } from "./files.mjs";
import { PlainError } from "./process.mjs";
import { standInForced, traceIsThere } from "./trace.mjs";

/** The mime type of a Plotly figure. */
export const PLOTLY = "application/vnd.plotly.v1+json";
/** That of a widget's view. */
export const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

/**
 * `metadata.tdlgm` says what the outputs follow from: follows.mjs.
 * @typedef {{ cell_type: string, source: string | string[], metadata: Record<string, any>, execution_count?: number | null, outputs?: any[] }} Cell
 * @typedef {{ cells: Cell[], metadata: Record<string, any>, nbformat: number, nbformat_minor: number }} Notebook
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
 * The notebooks that a user names, or all if none is named; throws if there is no such notebook.
 * @param {string} root
 * @param {string[]} named `04-training`, `04-training.ipynb` or `notebooks/04-training.ipynb`
 */
export function chosen(root, named) {
  const known = notebookNames(root);
  const names = named.map((name) => basename(name, ".ipynb"));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new PlainError(`There is no notebook "${unknown}", but ${known.join(", ") || "none at all"}.`);
  return names.length ? known.filter((name) => names.includes(name)) : known;
}

/**
 * Where a committed notebook lies.
 * @param {string} root
 * @param {string} name
 */
export const committedFile = (root, name) => join(root, "notebooks", `${name}.ipynb`);

/**
 * Where an executed notebook lies.
 * @param {string} root
 * @param {string} name
 */
export const executedFile = (root, name) => join(paths(root).local, "executed", `${name}.ipynb`);

/**
 * Whether notebooks run on the stand-in.
 * @param {string} root
 */
export const onStandIn = (root) => standInForced() || !traceIsThere(root);

/**
 * @param {string} file
 * @returns {Notebook}
 */
export const readNotebook = (file) => JSON.parse(readFileSync(file, "utf8"));

/**
 * A notebook's file keeps texts as lists of lines. What is no text, in a broken notebook, is empty.
 * @param {unknown} text
 * @returns {string}
 */
export const joined = (text) => (Array.isArray(text) ? text.join("") : typeof text === "string" ? text : "");

/**
 * The code cells that run, in order: the number that messages give a cell is its place here, from 1.
 * @param {Notebook} notebook
 */
export const codeCells = ({ cells }) => cells.filter((cell) => cell.cell_type === "code" && joined(cell.source).trim() !== "");

/**
 * A short sha256 of anything that JSON can hold.
 * @param {unknown} value
 */
export const hash = (value) => sha256(JSON.stringify(value)).slice(0, 16);
