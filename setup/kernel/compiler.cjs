// tslab's converter (a cell's TypeScript -> JavaScript), with strict types, names of earlier cells in `{ a, b }`, awaits that can be
// interrupted, edits seen at once, imports from the front door taken apart, files beside the notebook, hints and source maps. It works by
// handing tslab a TypeScript some of whose functions are wrapped.
"use strict";
const path = require("node:path");
const { stoppable } = require("./awaits.cjs");
const { Keep } = require("./compiled.cjs");
const { throughDoors } = require("./door.cjs");
const { lookForEdits, watchByLooking } = require("./edits.cjs");
const { withoutExports } = require("./exported.cjs");
const { filesBeside } = require("./beside.cjs");
const { hint, isHarmless } = require("./hints.cjs");
const { declaredNames } = require("./names.cjs");
const { shorthandOfEarlierCells } = require("./shorthand.cjs");
const sourceMaps = require("./sourceMaps.cjs");

/** @typedef {typeof import("@tslab/typescript-for-tslab")} TypeScript */
/** @typedef {import("@tslab/typescript-for-tslab").Program} Program */
/** @typedef {import("@tslab/typescript-for-tslab").SourceFile} SourceFile */
/** @typedef {import("@tslab/typescript-for-tslab").Diagnostic} Diagnostic */
/** @typedef {(name: string, text: string) => void} Write */
/** @typedef {import("tslab/dist/converter").SideOutput} SideOutput */
/** @typedef {import("tslab/dist/converter").ConvertResult & { declared: import("./names.cjs").Declared, edited: string[] }} Converted */
/**
 * @typedef {object} CellConverter
 * @property {(previous: string, source: string, name: string) => Converted} convert  `name` is that of the script in a stack
 * @property {(previous: string, source: string, position: number) => import("tslab/dist/converter").CompletionInfo} complete
 * @property {import("tslab/dist/converter").Converter["inspect"]} inspect
 * @property {import("tslab/dist/converter").Converter["addModule"]} addModule
 * @property {() => void} close
 */

const tslabFolder = path.dirname(require.resolve("tslab/package.json"));
const typescriptFile = require.resolve("@tslab/typescript-for-tslab", { paths: [tslabFolder] });
/** @type {TypeScript} */
const ts = require(typescriptFile);

watchByLooking(ts);

/** @type {import("./names.cjs").Declared} The names that the last compiled cell declares. */
let declared = { values: [], variables: [] };

/** Files outside the project that the last cell imports, for which tslab has no place. @type {SideOutput[]} */
let outside = [];

/** Compiler options over tslab's own: Node 20 has the library of 2023, and decorators are those of the language. */
const OPTIONS = { strict: true, sourceMap: true, lib: ["lib.es2023.d.ts"], experimentalDecorators: false };

/** Types of what the kernel gives to cells. */
const TYPES = path.join(__dirname, "types");

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
function createWatchCompilerHost(/** @type {any} */ files, /** @type {any} */ options, /** @type {any[]} */ ...rest) {
  const create = /** @type {any} */ (ts.createWatchCompilerHost);
  const host = create(files, { ...options, ...OPTIONS, typeRoots: [...options.typeRoots, TYPES] }, ...rest);
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
  const checker = builder.getProgram().getTypeChecker();
  declared = declaredNames(ts, cell, checker);
  const before = [shorthandOfEarlierCells(ts, checker), stoppable(ts)];
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
  if (path.isAbsolute(script.name)) outside.push({ path: script.name, data: script.code });
  else write(script.name, script.code);
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
  /** @type {Set<string>} */
  const said = new Set();
  return found.flatMap((/** @type {Diagnostic} */ one) => {
    if (isHarmless(one)) return [];
    const hints = hint(ts, program, one);
    if (hints.some((text) => said.has(text))) return []; // more errors of the same mistake
    for (const text of hints) said.add(text);
    return [{ ...one, messageText: [ts.flattenDiagnosticMessageText(one.messageText, "\n"), ...hints].join("\n") }];
  });
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
 * A converter for the executor.
 * @param {string} root the project's folder
 * @param {string} folder the notebook's folder
 * @returns {CellConverter}
 */
exports.createConverter = function createConverter(root, folder) {
  // Required only now: tslab must find the wrapped compiler.
  const converter = require("tslab/dist/converter.js").createConverter({ isJS: false, isBrowser: false });
  /** @type {Map<string, SideOutput>} the project's files as they were last compiled */
  const files = new Map();
  const nameOf = (/** @type {string} */ file) => path.relative(root, file).replace(/\.js$/, ".ts");
  const prepared = (/** @type {string} */ source) => throughDoors(ts, filesBeside(ts, withoutExports(ts, source), root, folder), root);
  return {
    ...converter,
    convert(previous, source, name) {
      lookForEdits(ts);
      outside = [];
      const result = converter.convert(previous, prepared(source));
      const compiled = [...(result.sideOutputs ?? []), ...outside];
      for (const { path: file, data } of compiled) sourceMaps.register(file, data, nameOf(file));
      // After an edit all files are loaded again, so that old and new ones never mix.
      const edited = compiled.filter((file) => files.has(file.path)).map((file) => nameOf(file.path));
      for (const file of compiled) files.set(file.path, file);
      if (result.output) sourceMaps.register(name, result.output, null);
      return { ...result, sideOutputs: edited.length > 0 ? [...files.values()] : compiled, declared, edited };
    },
    complete(previous, source, position) {
      lookForEdits(ts);
      return converter.complete(previous, source, position);
    },
  };
};
exports.ts = ts;
