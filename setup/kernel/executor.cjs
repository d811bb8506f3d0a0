// Runs the code of a cell: compiles it with tslab's converter, and keeps what it declared for later cells, also if it stops half way.
"use strict";
const vm = require("node:vm");
const { pathToFileURL } = require("node:url");
const { getCodeMetadata } = require("tslab/dist/metadata.js");
const { ts } = require("./compiler.cjs");
const { declarationsOfPart } = require("./declarations.cjs");
const { interruptible } = require("./interruptible.cjs");
const { liveCall, Names } = require("./names.cjs");

/** @typedef {import("./cells.cjs").Cell} Cell */

/** `exports.a = exports.b = void 0;`, which TypeScript puts first: the names keep their earlier values until the cell reaches them. */
const RESET = /(^Object\.defineProperty\(exports, "__esModule".*\n)((?:exports\.\S+ = (?:exports\.\S+ = )*void 0;\n)+)/m;

exports.Executor = class Executor {
  /**
   * @param {import("./compiler.cjs").CellConverter} converter
   * @param {import("./modules.cjs").Modules} modules
   * @param {object} calls what compiled cells call: awaits.cjs
   */
  constructor(converter, modules, calls) {
    this.converter = converter;
    this.modules = modules;
    this.calls = calls;
    this.names = new Names();
    /** The types of the names of earlier cells. */
    this.declarations = "";
  }

  /**
   * Leaves the last expression in `cell.result` and what the compiler finds wrong in `cell.diagnostics`.
   * @param {Cell} cell
   * @throws what the cell throws, or why it was stopped
   */
  async execute(cell) {
    const converted = this.#compile(cell);
    if (!converted) return;
    const { output, declOutput = "", declared, lastExpressionVar } = converted;
    const before = this.declarations;
    if (!output) {
      this.declarations = declOutput;
      return;
    }
    const scope = this.names.scope(declared, lastExpressionVar);
    const isMissing = (/** @type {string} */ name) => declared.values.includes(name) && !scope.reached.has(name);
    try {
      await Promise.race([this.#start(cell, output, declared.variables, scope), cell.ending]);
      this.declarations = declOutput;
    } catch (error) {
      this.declarations = declarationsOfPart(ts, before, declOutput, isMissing);
      throw error;
    } finally {
      scope.end();
    }
    if (scope.last !== undefined && scope.last !== null) cell.result = { value: scope.last };
  }

  /** @param {Cell} cell */
  #compile(cell) {
    const began = performance.now();
    const meta = getCodeMetadata(cell.code);
    if (meta.module) {
      cell.diagnostics = this.converter.addModule(meta.module, cell.code, meta);
      return null;
    }
    const converted = this.converter.convert(this.declarations, cell.code, cell.scriptName);
    cell.compiling = performance.now() - began;
    cell.diagnostics = converted.diagnostics;
    if (converted.diagnostics.length > 0) return null;
    this.modules.update(converted.sideOutputs ?? []);
    if (converted.edited.length > 0)
      cell.publish("stream", {
        name: "stderr",
        text: `${converted.edited.join(", ")} changed: this cell loads all local files again. Run the other cells that import again too, or restart the kernel.\n`,
      });
    return converted;
  }

  /**
   * Starts the compiled cell; it runs to its first await.
   * @param {Cell} cell @param {string} output @param {string[]} variables @param {import("./names.cjs").Scope} scope
   * @returns {Promise<void>}
   */
  #start(cell, output, variables, scope) {
    const { module, require, dirname, filename } = this.modules.forCell(cell.scriptName);
    const calls = { ...this.calls, live: scope.live, meta: { dirname, filename, url: pathToFileURL(filename).href } };
    // An async function in any case: tslab overlooks some forms of `await` at top level. All that precedes the cell's code is on its line 1.
    const head = `(async function (exports, require, module, __filename, __dirname, __tslab__) { ${liveCall(variables)} `;
    const body = output.replace(RESET, (_, first, reset) => first + reset.replace(/.+/g, ""));
    const run = vm.runInThisContext(`${head}${body}\n})`, { filename: cell.scriptName });
    try {
      cell.watched = true;
      return interruptible(() => run(scope.exports, require, module, filename, dirname, calls));
    } finally {
      cell.watched = false;
    }
  }
};
