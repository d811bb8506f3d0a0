// Errors as Jupyter wants them: name, message, traceback with the cell's or the library's own lines.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const util = require("node:util");
const { missingFile } = require("./beside.cjs");
const { moduleHint } = require("./hints.cjs");
const { nameCell, placeOf } = require("./stacks.cjs");

/** @typedef {{ ename: string, evalue: string, traceback: string[] }} Report */
/** @typedef {import("./cells.cjs").Cell} Cell */

const root = path.resolve(__dirname, "../..");
const MAX_FRAMES = 12;
/** An error's cause may have a cause. */
const MAX_CAUSES = 5;
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
 * @returns {Report}
 */
exports.describe = (thrown, cell) => {
  try {
    return report(thrown, cell, 0);
  } catch (error) {
    const evalue = `what was thrown can't be shown: ${safely(() => String(/** @type {any} */ (error)?.message ?? error), "it throws, too")}`;
    return { ename: "Error", evalue, traceback: [`Error: ${evalue}`, ...(cell ? [`    at cell [${cell.number}]`] : [])] };
  }
};

/**
 * @template T
 * @param {() => T} f
 * @param {T} otherwise what it is where f throws
 */
function safely(f, otherwise) {
  try {
    return f();
  } catch {
    return otherwise;
  }
}

/** @param {unknown} thrown @param {Cell | null} cell @param {number} depth @returns {Report} */
function report(thrown, cell, depth) {
  const error = /** @type {any} */ (thrown);
  if (error?.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED") return report(new KeyboardInterrupt(), cell, depth);
  const isError = util.types.isNativeError(error) || error instanceof Error;
  const ename = isError ? String(error.name || "Error") : "Error";
  const evalue = isError ? messageOf(error) : util.inspect(error, { depth: 2 });
  const found = isError ? frames(String(error.stack ?? "")) : [];
  if (found.length === 0 && cell) found.push(`    at cell [${cell.number}]`); // thrown without a stack
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...found, ...(isError ? causes(error, depth) : [])] };
}

/** @param {Error} error */
function messageOf(error) {
  const message = String(error.message).replace(TENSORFLOW, "TensorFlow: ");
  if (/** @type {any} */ (error).code === "MODULE_NOT_FOUND") {
    const [first] = message.split("\n"); // without Node's list of who asked for it
    return [first, ...moduleHint(/'([^']*)'/.exec(first)?.[1] ?? "")].join("\n");
  }
  if (/** @type {any} */ (error).code === "ERR_REQUIRE_ESM")
    return `${message.split("\n")[0]}\nThis package is an ES module only, which cells can't load on Node 20: use Node 22, or an older version of the package.`;
  return message === "ENOENT: no such file or directory" ? `${message}, ${missingFile()}` : message; // danfo leaves the name out
}

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
    const where = fileName ?? `cell [${cell.number}]`;
    return [`${where}:${line}:${column} - ${messageText}`, ...sourceLine(where, line)];
  });
  return { ename: "TypeScriptError", evalue: lines[0], traceback: [`TypeScriptError: ${lines[0]}`, ...lines.slice(1)] };
};

/**
 * The frames of cells and of the project, each with its source line.
 * @param {string} stack
 * @returns {string[]}
 */
function frames(stack) {
  const found = stack.split("\n").flatMap((line) => {
    const place = placeOf(line);
    return place ? [[`    ${line.trim()}`, ...sourceLine(place.where, place.line)]] : [];
  });
  return found.slice(0, MAX_FRAMES).flat();
}

/**
 * @param {string} where `cell [2]`, or a file relative to the root
 * @param {number} line from 1
 * @returns {string[]}
 */
function sourceLine(where, line) {
  const [, number] = /^cell \[(\d+)\]$/.exec(where) ?? [];
  const text = number ? codes.get(Number(number)) : safely(() => fs.readFileSync(path.join(root, where), "utf8"), ""); // none of a module written in a cell
  const source = text?.split("\n")[line - 1]?.trim();
  return source ? [`        ${source}`] : [];
}

/**
 * @param {any} error
 * @param {number} depth
 * @returns {string[]}
 */
function causes(error, depth) {
  const parts = [...(error.cause === undefined ? [] : [error.cause]), ...(error instanceof AggregateError ? error.errors : [])];
  if (depth >= MAX_CAUSES) return [];
  return parts.flatMap((cause) => {
    const { traceback } = report(cause, null, depth + 1);
    return [`Caused by ${traceback[0]}`, ...traceback.slice(1)];
  });
}

/**
 * Keeps a cell's code for the tracebacks of later cells.
 * @param {Cell} cell
 */
exports.rememberCode = (cell) => {
  codes.set(cell.number, cell.code);
  nameCell(cell.scriptName, cell.number);
};
