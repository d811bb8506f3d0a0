// What a stack looks like, wherever it is printed: the lines of cells and of the project's own files as they were written. Frames of the
// kernel, of Node and of packages are left out where there are others.
"use strict";
const path = require("node:path");
const { sourcePosition } = require("./sourceMaps.cjs");

const root = path.resolve(__dirname, "../..");
const FRAME = /^(.*?\(?)((?:cell-\d+)|(?:\/[^():]+)):(\d+):(\d+)\)?$/;

/** @type {Map<string, number>} name of a cell's script -> its execution count */
const numbers = new Map();

/** @param {string} scriptName @param {number} number */
exports.nameCell = (scriptName, number) => numbers.set(scriptName, number);

/**
 * A frame as it is shown: `at cell [2]:3 (f)`, `at lib/base/check.ts:12 (refuse)`; null for one of the kernel, Node or a package.
 * @param {string} frame as V8 writes it, without "at"
 * @returns {string | null}
 */
function shown(frame) {
  const [, before, name, line, column] = FRAME.exec(frame) ?? [];
  const position = name ? sourcePosition(name, Number(line), Number(column)) : null;
  if (!position) return null;
  const where = position.file ?? `cell [${numbers.get(name)}]`;
  const caller = before.replace(/\s*\($/, "").trim();
  return `at ${where}:${position.line}${caller && caller !== "async" ? ` (${caller.replace(/^async /, "")})` : ""}`;
}

/** Every error's `stack` is written this way from now on. */
exports.installStacks = () => {
  Error.stackTraceLimit = 100; // a stack from inside TensorFlow to the cell is longer than Node's 10
  Error.prepareStackTrace = (error, sites) => {
    const frames = sites.map(String);
    const ours = frames.map(shown).filter((frame, i, all) => frame !== null && frame !== all[i - 1]); // a function that calls itself
    const lines = ours.length > 0 ? ours : frames.map((frame) => `at ${frame.replace(`${root}/`, "")}`);
    return [headOf(error), ...lines].join("\n    ");
  };
};

/** @param {Error} error */
function headOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error"; // its name or message throws
  }
}

/**
 * The place of a frame that `shown` wrote.
 * @param {string} line
 * @returns {{ where: string, line: number } | null} where: `cell [2]` or a file relative to the root
 */
exports.placeOf = (line) => {
  const [, where, number] = /^\s*at (cell \[\d+\]|[^\s:()]+):(\d+)(?: \(.*\))?$/.exec(line) ?? [];
  return where && !path.isAbsolute(where) ? { where, line: Number(number) } : null;
};
