// Files beside the notebook: paths start at the project's folder, and what isn't there is looked for in the notebook's folder.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

/** @typedef {typeof import("@tslab/typescript-for-tslab")} TypeScript */
/** @typedef {import("@tslab/typescript-for-tslab").Node} Node */

const ENDINGS = ["", ".ts", ".tsx", ".d.ts", ".js", ".json", "/index.ts", "/index.js", "/package.json"];
const isFile = (/** @type {string} */ file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
const isModule = (/** @type {string} */ base) => ENDINGS.some((ending) => isFile(base + ending)) || isFile(base.replace(/\.js$/, ".ts"));

/**
 * A cell's code with paths of modules that lie beside the notebook as seen from the project's folder.
 * @param {TypeScript} ts
 * @param {string} code
 * @param {string} root the project's folder
 * @param {string} folder the notebook's
 */
exports.filesBeside = (ts, code, root, folder) => {
  if (folder === root) return code;
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true);
  let result = code;
  /** @param {Node} node */
  const visit = (node) => {
    ts.forEachChild(node, visit);
    if (!ts.isStringLiteral(node) || !/^\.{1,2}\//.test(node.text) || !isSpecifier(ts, node)) return;
    if (isModule(path.resolve(root, node.text)) || !isModule(path.resolve(folder, node.text))) return;
    const seen = path.relative(root, path.resolve(folder, node.text)).split(path.sep).join("/");
    const marked = result.length - code.length; // how far earlier changes have moved this place
    const text = JSON.stringify(/^\.\.?\//.test(seen) ? seen : `./${seen}`);
    result = result.slice(0, node.getStart() + marked) + text + result.slice(node.end + marked);
  };
  visit(file);
  return result;
};

/** Whether a text is the path in an import, `import()` or `require()`. @param {TypeScript} ts @param {Node} node */
function isSpecifier(ts, { parent }) {
  if (ts.isCallExpression(parent))
    return parent.expression.kind === ts.SyntaxKind.ImportKeyword || parent.expression.getText() === "require";
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isExternalModuleReference(parent);
}

/** Functions of fs that read, and take a path first. */
const READERS = ["access", "createReadStream", "exists", "lstat", "opendir", "readFile", "readdir", "realpath", "stat"];

/** The last file that was to be read and isn't there. */
let missing = "";

/** For packages that say ENOENT and no name. */
exports.missingFile = () => missing;

/**
 * Reading a relative path that isn't there reads the file of that path beside the notebook, if there is one.
 * @param {string} folder the notebook's folder
 */
exports.installReading = (folder) => {
  const { existsSync } = fs;
  const beside = (/** @type {unknown} */ file) => {
    if (typeof file !== "string" || existsSync(file)) return file;
    const other = path.resolve(folder, file);
    if (existsSync(other)) return other;
    missing = file;
    return file;
  };
  for (const library of /** @type {any[]} */ ([fs, fs.promises])) {
    for (const name of READERS.flatMap((reader) => [reader, `${reader}Sync`])) {
      const original = library[name];
      if (!original) continue;
      const reading = (/** @type {unknown} */ file, /** @type {unknown[]} */ ...rest) => original.call(library, beside(file), ...rest);
      library[name] = Object.defineProperties(reading, Object.getOwnPropertyDescriptors(original)); // with its form for util.promisify
    }
  }
  require("node:module").syncBuiltinESMExports();
};
