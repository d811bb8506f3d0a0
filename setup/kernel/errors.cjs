// Errors as Jupyter wants them: name, message, traceback with the cell's or the library's own lines.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const util = require("node:util");
const { sourcePosition } = require("./sourceMaps.cjs");

/** @typedef {{ ename: string, evalue: string, traceback: string[] }} Report */
/** @typedef {import("./cells.cjs").Cell} Cell */

const root = path.resolve(__dirname, "../..");
const MAX_FRAMES = 12;
/** What the addon puts before TensorFlow's own message. */
const TENSORFLOW = /^Invalid TF_Status: \d+\nMessage: /;

/** The end of a cell by the user's interrupt. */
class KeyboardInterrupt extends Error {
  constructor() {
    super("the cell was interrupted");
    this.name = "KeyboardInterrupt";
  }
}
exports.KeyboardInterrupt = KeyboardInterrupt;

/** @type {Map<number, string>} the code of each cell, for source lines */
const codes = new Map();

/**
 * @param {unknown} thrown
 * @param {Cell | null} cell where it comes from
 * @param {boolean} [late] whether that cell had ended already
 * @returns {Report}
 */
exports.describe = (thrown, cell, late = false) => {
  const error = /** @type {any} */ (thrown);
  if (error?.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED") return exports.describe(new KeyboardInterrupt(), cell, late);
  const isError = util.types.isNativeError(error) || error instanceof Error;
  const ename = isError ? String(error.name || "Error") : "Error";
  const message = isError ? String(error.message).replace(TENSORFLOW, "TensorFlow: ") : util.inspect(error, { depth: 2 });
  const evalue = late ? `${message} (left behind by cell [${cell?.number ?? "?"}])` : message;
  const found = isError ? frames(error) : [];
  if (found.length === 0 && cell) found.push(`    at cell [${cell.number}]`); // thrown without a stack
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...found, ...causes(error)] };
};

/**
 * @param {import("tslab/dist/converter").Diagnostic[]} diagnostics
 * @param {Cell} cell
 * @returns {Report}
 */
exports.compileError = (diagnostics, cell) => {
  const last = cell.code.trimEnd().split("\n").length; // if something is missing at the end, the error is in the line that tslab adds
  const lines = diagnostics.flatMap(({ fileName, start, messageText }) => {
    const line = fileName ? start.line + 1 : Math.min(start.line + 1, last);
    const column = line === start.line + 1 ? start.character + 1 : cell.code.split("\n")[line - 1].length + 1;
    return [`${fileName ?? `cell [${cell.number}]`}:${line}:${column} - ${messageText}`, ...sourceLine(fileName ?? null, line, cell.code)];
  });
  return { ename: "TypeScriptError", evalue: lines[0], traceback: [`TypeScriptError: ${lines[0]}`, ...lines.slice(1)] };
};

/**
 * The frames of cells and of the project, each with its source line.
 * @param {Error} error
 * @returns {string[]}
 */
function frames(error) {
  /** @type {string[]} */
  const found = [];
  for (const line of String(error.stack ?? "").split("\n")) {
    const [, before, name, row, column] = /^\s+at (.*?\(?)((?:cell-\d+)|(?:\/[^():]+)):(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (!name) continue;
    const position = sourcePosition(name, Number(row), Number(column));
    if (!position) continue;
    const number = Number(/^cell-(\d+)$/.exec(name)?.[1] ?? 0);
    const where = position.file ? `${position.file}:${position.line}` : `cell [${number}]:${position.line}`;
    const caller = before.replace(/\s*\($/, "").trim();
    const frame = [
      `    at ${where}${caller && caller !== "async" ? ` (${caller.replace(/^async /, "")})` : ""}`,
      ...sourceLine(position.file, position.line, codes.get(number)),
    ].join("\n");
    if (frame === found[found.length - 1]) continue; // a function that calls itself
    found.push(frame);
    if (found.length >= MAX_FRAMES) break;
  }
  return found.flatMap((frame) => frame.split("\n"));
}

/**
 * @param {string | null} file relative to the root
 * @param {number} line from 1
 * @param {string | undefined} code of the cell
 * @returns {string[]}
 */
function sourceLine(file, line, code) {
  const text = file ? readProjectFile(file) : code;
  const source = text?.split("\n")[line - 1]?.trim();
  return source ? [`        ${source}`] : [];
}

/** @param {string} file */
function readProjectFile(file) {
  try {
    return fs.readFileSync(path.join(root, file), "utf8");
  } catch {
    return undefined; // a module written in a cell
  }
}

/**
 * @param {any} error
 * @returns {string[]}
 */
function causes(error) {
  const cause = error?.cause;
  if (cause === undefined || !(error instanceof Error)) return [];
  const report = exports.describe(cause, null);
  return [`Caused by ${report.traceback[0]}`, ...report.traceback.slice(1)];
}

/**
 * Keeps a cell's code for the tracebacks of later cells.
 * @param {Cell} cell
 */
exports.rememberCode = (cell) => codes.set(cell.number, cell.code);
