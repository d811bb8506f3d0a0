// tslab's converter (a cell's TypeScript -> JavaScript), with strict types, names of earlier cells in `{ a, b }`, `await` in every form at
// top level, awaits that can be interrupted, variables that stay one, edits seen at once, imports from the front door taken apart, and
// source maps. It works by handing tslab a TypeScript some of whose functions are wrapped.
"use strict";
const path = require("node:path");
const { stoppable } = require("./awaits.cjs");
const { Keep } = require("./compiled.cjs");
const { throughDoors } = require("./door.cjs");
const { lookForEdits, watchByLooking } = require("./edits.cjs");
const liveNames = require("./liveNames.cjs");
const { shorthandOfEarlierCells } = require("./shorthand.cjs");
const sourceMaps = require("./sourceMaps.cjs");

/** @typedef {typeof import("@tslab/typescript-for-tslab")} TypeScript */
/** @typedef {import("@tslab/typescript-for-tslab").Program} Program */
/** @typedef {import("@tslab/typescript-for-tslab").SourceFile} SourceFile */
/** @typedef {(name: string, text: string) => void} Write */
/** @typedef {import("tslab/dist/converter").Converter} Converter */

const tslabFolder = path.dirname(require.resolve("tslab/package.json"));
const typescriptFile = require.resolve("@tslab/typescript-for-tslab", { paths: [tslabFolder] });
/** @type {TypeScript} */
const ts = require(typescriptFile);

watchByLooking(ts);

/** The names that the last compiled cell declares. */
let declared = { all: /** @type {string[]} */ ([]), variables: /** @type {string[]} */ ([]) };

/** Compiler options over tslab's own. */
const OPTIONS = { strict: true, sourceMap: true };

/** tslab runs where the project is. */
const keep = new Keep(ts.sys.getCurrentDirectory(), JSON.stringify([ts.version, require("tslab/package.json").version, OPTIONS]));

/** The map of the last compiled cell: of its first step, from TypeScript to an ES module. */
let cellMap = "";

/** tslab's name for the cell that is compiled. */
const CELL = "__tslab__.ts";

/**
 * The compiler host that tslab makes, with OPTIONS and with every program's `emit` wrapped.
 * @returns {any}
 */
function createWatchCompilerHost(/** @type {any} */ files, /** @type {object} */ options, /** @type {any[]} */ ...rest) {
  const create = /** @type {any} */ (ts.createWatchCompilerHost);
  const host = create(files, { ...options, ...OPTIONS }, ...rest);
  keepTimersApart(host);
  /** @type {(builder: any) => void} */
  let afterProgramCreate = () => {};
  return Object.defineProperty(host, "afterProgramCreate", {
    get: () => (/** @type {any} */ builder) => {
      keep.use(builder);
      const emit = builder.emit.bind(builder);
      builder.emit = (/** @type {SourceFile} */ file, /** @type {Write} */ write, /** @type {any[]} */ ...rest) =>
        path.basename(file.fileName) === CELL ? emitCell(builder, emit, file, write, rest) : emitFile(builder.getProgram(), file, write);
      afterProgramCreate(builder);
    },
    set: (callback) => {
      afterProgramCreate = callback;
    },
  });
}

/**
 * tslab keeps one timer, that of a new program, and fails for good at a second one. TypeScript sets a second one when a file is
 * deleted or renamed: here that is an ordinary timer.
 * @param {any} host
 */
function keepTimersApart(host) {
  const { setTimeout: setProgramTimer, clearTimeout: clearProgramTimer } = host;
  const ordinary = new WeakSet();
  host.setTimeout = (/** @type {Function} */ callback, /** @type {number} */ ms) => {
    if (callback.name === "updateProgramWithWatchStatus") return setProgramTimer(callback, ms);
    const timer = setTimeout(() => callback(), ms).unref();
    ordinary.add(timer);
    return timer;
  };
  host.clearTimeout = (/** @type {any} */ timer) => (ordinary.has(timer) ? clearTimeout(timer) : clearProgramTimer(timer));
}

/**
 * @param {any} builder @param {Function} emit its own
 * @param {SourceFile} cell @param {Write} write
 * @param {any[]} rest of emit's arguments
 */
function emitCell(builder, emit, cell, write, [cancel, declarationsOnly, transformers]) {
  declared = liveNames.declaredNames(ts, cell);
  const before = [shorthandOfEarlierCells(ts, builder.getProgram().getTypeChecker()), stoppable(ts)];
  const take = (/** @type {string} */ name, /** @type {string} */ text) => {
    if (name.endsWith(".map")) cellMap = text;
    else write(name, sourceMaps.stripComment(text));
  };
  return emit(cell, take, cancel, declarationsOnly, { ...transformers, before });
}

/**
 * A file that a cell imports becomes CommonJS in one step; its declaration would be for nobody.
 * @param {Program} program @param {SourceFile} file @param {Write} write
 */
function emitFile(program, file, write) {
  const script = keep.of(file) ?? { name: "", code: "", map: "" };
  if (!script.code) {
    withOptions(program, { declaration: false, module: ts.ModuleKind.CommonJS }, () =>
      program.emit(file, (name, text) => {
        if (name.endsWith(".map")) script.map = text;
        else Object.assign(script, { name, code: sourceMaps.stripComment(text) });
      }),
    );
    keep.add(file, script);
  }
  sourceMaps.remember(script.code, [script.map]);
  write(script.name, script.code);
}

/**
 * What f does with some of a program's options changed.
 * @template T
 * @param {Program} program @param {import("@tslab/typescript-for-tslab").CompilerOptions} changed @param {() => T} f
 */
function withOptions(program, changed, f) {
  const options = program.getCompilerOptions();
  const before = { ...options };
  try {
    Object.assign(options, changed);
    return f();
  } finally {
    Object.assign(options, before);
  }
}

/**
 * tslab's second step, from an ES module to CommonJS: only a cell takes it.
 * @returns {any}
 */
function transpileModule(/** @type {string} */ input, /** @type {any} */ options) {
  if (sourceMaps.isKnown(input)) return { outputText: input };
  const result = ts.transpileModule(input, { ...options, compilerOptions: { ...options.compilerOptions, sourceMap: true } });
  const code = sourceMaps.stripComment(result.outputText);
  sourceMaps.remember(code, [result.sourceMapText ?? "", cellMap]);
  return { outputText: code };
}

/**
 * Checks files, except those that are kept: they have no errors. A message of several lines becomes one text, or tslab would lose its file.
 * @returns {any[]}
 */
function getPreEmitDiagnosticsOfFiles(/** @type {Program} */ program, /** @type {SourceFile[]} */ [cell, ...imported]) {
  const check = /** @type {any} */ (ts).getPreEmitDiagnosticsOfFiles;
  const unknown = imported.filter((file) => !keep.of(file));
  const found = [...withOptions(program, { declaration: false }, () => check(program, unknown)), ...check(program, [cell])];
  return found.map((/** @type {import("@tslab/typescript-for-tslab").Diagnostic} */ one) => ({
    ...one,
    messageText: ts.flattenDiagnosticMessageText(one.messageText, "\n"),
  }));
}

// The compiler's exports are read-only: a copy with these functions replaced takes their place.
/** @type {NodeJS.Module} */ (require.cache[typescriptFile]).exports = Object.defineProperties(
  {},
  {
    ...Object.getOwnPropertyDescriptors(ts),
    createWatchCompilerHost: { enumerable: true, value: createWatchCompilerHost },
    transpileModule: { enumerable: true, value: transpileModule },
    getPreEmitDiagnosticsOfFiles: { enumerable: true, value: getPreEmitDiagnosticsOfFiles },
  },
);

/**
 * A converter for the executor; what the compiler finds wrong goes to the cell that runs.
 * @param {string} root @param {import("./cells.cjs").Cells} cells @returns {Converter}
 */
exports.createConverter = function createConverter(root, cells) {
  // Required only now: tslab must find the wrapped compiler.
  const converter = require("tslab/dist/converter.js").createConverter({ isJS: false, isBrowser: false });
  /** @type {Map<string, import("tslab/dist/converter").SideOutput>} the project's files as they were last compiled */
  const files = new Map();
  const nameOf = (/** @type {string} */ file) => path.relative(root, file).replace(/\.js$/, ".ts");
  /**
   * The files to load at the next import. After an edit these are all files, so that old and new ones never mix.
   * @param {import("tslab/dist/converter").SideOutput[]} compiled
   */
  const toLoad = (compiled) => {
    const edited = compiled.filter((file) => files.has(file.path)).map((file) => nameOf(file.path));
    for (const file of compiled) files.set(file.path, file);
    if (edited.length === 0) return compiled;
    const text = `${edited.join(", ")} changed: this cell loads all local files again. Run the other cells that import again too, or restart the kernel.\n`;
    cells.running?.publish("stream", { name: "stderr", text });
    return [...files.values()];
  };
  return {
    ...converter,
    convert(previous, source) {
      const began = performance.now();
      lookForEdits(ts);
      const result = converter.convert(previous, throughDoors(ts, source, root));
      if (cells.running) cells.running.compiling += performance.now() - began;
      cells.running?.diagnostics.push(...result.diagnostics);
      for (const { path: file, data } of result.sideOutputs ?? []) sourceMaps.register(file, data, nameOf(file));
      if (result.sideOutputs) result.sideOutputs = toLoad(result.sideOutputs);
      if (!result.output) return result;
      const name = cells.running?.scriptName ?? "cell";
      sourceMaps.register(name, result.output, null);
      liveNames.forget(declared.all);
      const output = `${result.output}\n${liveNames.lastLine(declared.variables)}\n//# sourceURL=${name}`;
      return { ...result, hasToplevelAwait: true, output }; // always run as an async function: tslab overlooks `await (x)` and `for await`
    },
    complete(previous, source, position) {
      lookForEdits(ts);
      return converter.complete(previous, source, position);
    },
    addModule(name, content, meta) {
      const diagnostics = converter.addModule(name, content, meta);
      cells.running?.diagnostics.push(...diagnostics);
      return diagnostics;
    },
  };
};
