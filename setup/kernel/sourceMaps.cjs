// Where a line of running JavaScript comes from. A cell is compiled in two steps (TypeScript -> ES module -> CommonJS), and a position is
// traced back through both maps; a file is compiled in one.
"use strict";
const { SourceMap } = require("node:module");

/** @typedef {() => SourceMap} LazyMap  read when a position is asked for, which few maps are */
/** @typedef {{ lines: number, maps: LazyMap[], file: string | null }} Script  maps: last step first; file: null for a cell */
/** @typedef {{ file: string | null, line: number }} Position  line counts from 1 */

/** @type {Map<string, LazyMap[]>} compiled code that has not run yet -> its maps */
const known = new Map();
/** @type {Map<string, Script>} name in a stack -> script */
const scripts = new Map();

/** Lines that tslab puts before a cell's own. */
const CELL_PREFIX_LINES = 1;

/** @param {string} map @returns {LazyMap} */
function lazy(map) {
  /** @type {SourceMap | undefined} */
  let read;
  return () => {
    read ??= new SourceMap(JSON.parse(map));
    return read;
  };
}

/** @param {string} code */
exports.stripComment = (code) => code.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");

/**
 * @param {string} code
 * @param {string[]} maps those of its steps, the last step first
 */
exports.remember = (code, maps) => known.set(code, maps.map(lazy));

/** Whether this is code that is to run as it is. @param {string} code */
exports.isKnown = (code) => known.has(code);

/**
 * Names the script under which `output` runs.
 * @param {string} name
 * @param {string} output
 * @param {string | null} file
 */
exports.register = (name, output, file) => {
  const maps = known.get(output);
  known.delete(output);
  if (maps) scripts.set(name, { lines: output.split("\n").length, maps, file });
};

/**
 * The source position of a position in a running script; null for a script that the kernel did not compile.
 * @param {string} name @param {number} line from 1 @param {number} column from 1
 * @returns {Position | null}
 */
exports.sourcePosition = (name, line, column) => {
  const script = scripts.get(name);
  if (!script || line > script.lines) return null; // beyond the last line: the function that tslab puts around a cell
  let at = { line: line - 1, column: column - 1 };
  for (const map of script.maps) {
    const entry = map().findEntry(at.line, at.column);
    if (!("originalLine" in entry)) return null;
    at = { line: entry.originalLine, column: entry.originalColumn };
  }
  return { file: script.file, line: at.line + 1 - (script.file ? 0 : CELL_PREFIX_LINES) };
};
