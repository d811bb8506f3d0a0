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

/** CommonJS of the kept ES modules that tslab is about to ask for, by their text. @type {Map<string, import("./compiled.cjs").Code>} */
const keptScripts = new Map();

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
      builder.emit = (/** @type {any[]} */ ...args) => emitWithMaps(emit, builder.getProgram().getTypeChecker(), args);
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
 * @param {Function} emit
 * @param {import("@tslab/typescript-for-tslab").TypeChecker} checker
 * @param {any[]} args those of Program.emit
 */
function emitWithMaps(emit, checker, [sourceFile, write, cancel, declarationsOnly, transformers]) {
  const kept = keep.of(sourceFile);
  if (kept) {
    sourceMaps.rememberCompiled(kept.module.code, kept.module.map);
    keptScripts.set(kept.module.code, kept.script);
    return write(kept.name, kept.module.code);
  }
  /** @type {[string, string, ...unknown[]][]} */
  const files = [];
  const before = [...(transformers?.before ?? []), shorthandOfEarlierCells(ts, checker)];
  if (path.basename(sourceFile.fileName) === CELL) {
    declared = liveNames.declaredNames(ts, sourceFile);
    before.push(stoppable(ts));
  }
  const result = emit(sourceFile, (/** @type {any} */ ...file) => files.push(file), cancel, declarationsOnly, { ...transformers, before });
  for (const [name, text, ...rest] of files) {
    if (name.endsWith(".map")) continue;
    const map = files.find(([other]) => other === `${name}.map`)?.[1];
    const code = sourceMaps.stripComment(text);
    if (map) {
      sourceMaps.rememberCompiled(code, map);
      keep.compiled(sourceFile, name, { code, map });
    }
    write(name, code, ...rest);
  }
  return result;
}

/**
 * tslab turns ES modules into CommonJS in a second step: keep its map too.
 * @returns {any}
 */
function transpileModule(/** @type {string} */ input, /** @type {any} */ options) {
  const kept = keptScripts.get(input);
  if (kept) {
    keptScripts.delete(input);
    sourceMaps.rememberTranspiled(input, kept.code, kept.map);
    return { outputText: kept.code };
  }
  const result = ts.transpileModule(input, { ...options, compilerOptions: { ...options.compilerOptions, sourceMap: true } });
  result.outputText = sourceMaps.stripComment(result.outputText);
  if (result.sourceMapText) {
    sourceMaps.rememberTranspiled(input, result.outputText, result.sourceMapText);
    keep.transpiled(input, { code: result.outputText, map: result.sourceMapText });
  }
  return result;
}

/**
 * Checks files, except those that are kept: they have no errors. A message of several lines becomes one text, or tslab would lose its file.
 * @returns {any[]}
 */
function getPreEmitDiagnosticsOfFiles(/** @type {any} */ program, /** @type {any[]} */ files, /** @type {any[]} */ ...rest) {
  const check = /** @type {any} */ (ts).getPreEmitDiagnosticsOfFiles;
  const unknown = files.filter((file) => !keep.of(file));
  return check(program, unknown, ...rest).map((/** @type {import("@tslab/typescript-for-tslab").Diagnostic} */ found) => ({
    ...found,
    messageText: ts.flattenDiagnosticMessageText(found.messageText, "\n"),
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
