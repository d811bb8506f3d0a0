// Tab and Shift+Tab. Jupyter counts positions in code points, TypeScript in UTF-16 units: they differ after an emoji.
"use strict";
const { printQuickInfo } = require("tslab/dist/inspect.js");
const { completePath } = require("./paths.cjs");

/** @param {string} code @param {number} points */
const unitsOf = (code, points) => [...code].slice(0, points).join("").length;
/** @param {string} code @param {number} units */
const pointsOf = (code, units) => [...code.slice(0, units)].length;

exports.Help = class Help {
  /**
   * @param {import("./executor.cjs").Executor} executor
   * @param {string} root the project's folder
   * @param {string} folder the notebook's folder
   */
  constructor(executor, root, folder) {
    this.executor = executor;
    this.folders = [...new Set([root, folder])];
  }

  /** @param {string} code @param {number} position */
  complete(code, position) {
    const at = unitsOf(code, position);
    const { converter, declarations } = this.executor;
    const found = completePath(code, at, this.folders) ?? converter.complete(declarations, code, at);
    return {
      matches: inOrder(found.candidates),
      cursor_start: pointsOf(code, found.start),
      cursor_end: pointsOf(code, found.end),
      metadata: {},
    };
  }

  /** @param {string} code @param {number} position */
  inspect(code, position) {
    const { converter, declarations } = this.executor;
    const info = converter.inspect(declarations, code, unitsOf(code, position));
    return { found: Boolean(info), data: info ? { "text/plain": printQuickInfo(info) } : {}, metadata: {} };
  }
};

/** Names that a package means for itself come last. @param {string[]} names */
function inOrder(names) {
  const isInternal = (/** @type {string} */ name) => /^[$_]/.test(name);
  return [...names.filter((name) => !isInternal(name)), ...names.filter(isInternal)];
}
