// What a notebook's committed outputs follow from, as hashes: code cells, lib, data, shipped runs and package versions. Recorded in
// `metadata.tdlgm.follows`, and found again without executing. A comment in lib/ counts as a change, prose in the notebook does not;
// the kernel's own files are left out: they show results and don't make them.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { codeCells, committedFile, hash, joined, readNotebook } from "./notebooks.mjs";
import { TRACE_SHA256 } from "./trace.mjs";

/** @typedef {import("./notebooks.mjs").Notebook} Notebook */
/** @typedef {{ cells: string, lib: string, data: string, runs: string, versions: string }} Follows */

/** Each part in words. */
const PARTS = {
  cells: "its code cells",
  lib: "the files of lib/ that it imports",
  data: "the files in data/",
  runs: "the shipped runs in data/runs/",
  versions: "the package versions (package-lock.json, setup/requirements.txt, setup/tensorflow.txt)",
};

/**
 * @param {string} root
 * @param {string[]} files paths from the root
 */
const contents = (root, files) => {
  const bytes = (/** @type {string} */ file) => createHash("sha256").update(readFileSync(file)).digest("hex");
  return hash(files.map((file) => [file, existsSync(join(root, file)) ? bytes(join(root, file)) : "missing"]));
};

/**
 * The .ts files that a text's quoted relative paths name: imports of every form, and no import is overlooked.
 * @param {string} text
 * @param {string[]} folders from where the paths are meant
 */
function imported(text, folders) {
  const named = [...text.matchAll(/["'`](\.{1,2}\/[^"'`\n]+)["'`]/g)].map(([, path]) => path.replace(/\.[jt]s$/, ""));
  return named.flatMap((path) => folders.map((folder) => `${resolve(folder, path)}.ts`)).filter((file) => existsSync(file));
}

/**
 * The files that the code cells' imports reach, as sorted paths from the root.
 * @param {Notebook} notebook
 * @param {string} root
 */
export function reachedFiles(notebook, root) {
  const cells = codeCells(notebook).map((cell) => joined(cell.source));
  /** @type {Set<string>} */
  const reached = new Set();
  const waiting = imported(cells.join("\n"), [root, join(root, "notebooks")]);
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    waiting.push(...imported(readFileSync(file, "utf8"), [dirname(file)]));
  }
  return [...reached].map((file) => relative(root, file).split(sep).join("/")).sort();
}

/**
 * All files below a folder, as sorted paths from the root.
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(root, `${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))
    .sort();
}

/**
 * The hashes of what a notebook's outputs follow from, on the trace.
 * @param {Notebook} notebook
 * @param {string} root
 * @returns {Follows}
 */
export function follows(notebook, root) {
  const data = filesBelow(root, "data").filter((file) => file.endsWith(".json") && !file.startsWith("data/runs/"));
  return {
    cells: hash(codeCells(notebook).map((cell) => joined(cell.source))),
    lib: contents(root, reachedFiles(notebook, root)),
    data: hash([TRACE_SHA256, contents(root, data)]),
    runs: contents(root, filesBelow(root, "data/runs")),
    versions: contents(root, ["package-lock.json", "setup/requirements.txt", "setup/tensorflow.txt"]),
  };
}

/**
 * The hash of a notebook's outputs, however an editor lays out the file.
 * @param {Notebook} notebook
 */
export function outputsHash(notebook) {
  /** @type {(value: any) => any} */
  const plain = (value) => {
    if (Array.isArray(value)) return value.length && value.every((part) => typeof part === "string") ? value.join("") : value.map(plain);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, plain(value[key])]),
    );
  };
  return hash(codeCells(notebook).map((cell) => plain(cell.outputs ?? [])));
}

/**
 * One sentence for everything that a notebook's committed outputs no longer follow from; empty if they follow.
 * @param {string} root
 * @param {string} name
 */
export function staleParts(root, name) {
  const notebook = readNotebook(committedFile(root, name));
  const { follows: recorded, outputs } = notebook.metadata.tdlgm ?? {};
  const mend = `npm run record -- ${name} executes it anew`;
  if (!recorded) return [`${name} doesn't say what its outputs follow from: ${mend}.`];
  const now = follows(notebook, root);
  const parts = /** @type {(keyof Follows)[]} */ (Object.keys(PARTS)).filter((part) => recorded[part] !== now[part]);
  const stale = parts.map((part) => `${name} no longer follows from ${PARTS[part]} (${part}): ${mend}.`);
  if (outputs !== outputsHash(notebook)) stale.push(`${name} no longer has the outputs that were recorded (outputs): ${mend}.`);
  return stale;
}
