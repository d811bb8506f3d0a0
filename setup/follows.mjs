// What a notebook's committed outputs follow from, as hashes: code cells, lib, data, shipped runs and package versions. They are recorded
// in `metadata.tdlgm.follows` and computed again without executing. Prose, comments and layout don't count. The kernel's own files
// are left out: they show results and don't make them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { codeHash, reach } from "./code.mjs";
import { filesBelow, sha256 } from "./files.mjs";
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
const contents = (root, files) =>
  hash(files.map((file) => [file, existsSync(join(root, file)) ? sha256(readFileSync(join(root, file))) : "missing"]));

/**
 * The files that the code cells' imports reach, as sorted paths from the root, each with the hash of its code. Of lib/index.ts only the
 * imported names are followed.
 * @param {Notebook} notebook
 * @param {string} root
 */
export function reached(notebook, root) {
  const cells = codeCells(notebook).map((cell) => joined(cell.source));
  return reach(cells.join("\n"), root, [root, join(root, "notebooks")]);
}

/**
 * The hashes of what a notebook's outputs follow from, on the trace.
 * @param {Notebook} notebook
 * @param {string} root
 * @returns {Follows}
 */
export function follows(notebook, root) {
  const data = filesBelow(join(root, "data")).map((file) => `data/${file}`);
  const isRun = (/** @type {string} */ file) => file.startsWith("data/runs/");
  return {
    cells: hash(codeCells(notebook).map((cell) => codeHash(joined(cell.source)))),
    lib: hash(reached(notebook, root)),
    data: hash([
      TRACE_SHA256,
      contents(
        root,
        data.filter((file) => file.endsWith(".json") && !isRun(file)),
      ),
    ]),
    runs: contents(root, data.filter(isRun)),
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
  const fix = `npm run record -- ${name} executes it again`;
  if (!recorded) return [`${name} doesn't say what its outputs follow from: ${fix}.`];
  const now = follows(notebook, root);
  const parts = /** @type {(keyof Follows)[]} */ (Object.keys(PARTS)).filter((part) => recorded[part] !== now[part]);
  const stale = parts.map((part) => `${name} no longer follows from ${PARTS[part]} (${part}): ${fix}.`);
  if (outputs !== outputsHash(notebook)) stale.push(`${name} no longer has the outputs that were recorded (outputs): ${fix}.`);
  return stale;
}
