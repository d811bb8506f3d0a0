// A front door is a file of nothing but `export { a, b as c } from "./x"`, as lib/index.ts. A cell that imports from it gets each name from
// the file behind it: the others are neither checked nor loaded.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

/** @typedef {typeof import("@tslab/typescript-for-tslab")} TypeScript */
/** @typedef {import("@tslab/typescript-for-tslab").SourceFile} SourceFile */
/** @typedef {Map<string, { path: string, name: string }>} Door what each exported name stands for: a name in the file of that path */

/**
 * @param {TypeScript} ts
 * @param {SourceFile} file
 * @returns {Door | null} null for any other file
 */
exports.doorOf = (ts, file) => {
  /** @type {Door} */
  const door = new Map();
  for (const node of file.statements) {
    if (!ts.isExportDeclaration(node) || !node.moduleSpecifier || !node.exportClause || !ts.isNamedExports(node.exportClause)) return null;
    const { text } = /** @type {import("@tslab/typescript-for-tslab").StringLiteral} */ (node.moduleSpecifier);
    for (const { name, propertyName } of node.exportClause.elements) door.set(name.text, { path: text, name: (propertyName ?? name).text });
  }
  return door.size ? door : null;
};

/**
 * A cell's code with its imports from front doors taken apart. Every line keeps its number; an import that names anything else stays.
 * @param {TypeScript} ts
 * @param {string} code
 * @param {string} root where the cell's paths start
 */
exports.throughDoors = (ts, code, root) => {
  const parse = (/** @type {string} */ text) => ts.createSourceFile("code.ts", text, ts.ScriptTarget.ES2022);
  const cell = parse(code);
  let result = code;
  for (const node of [...cell.statements].reverse()) {
    if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier) || !/^\.{1,2}\//.test(node.moduleSpecifier.text))
      continue;
    const { name, namedBindings, isTypeOnly } = node.importClause ?? {};
    const file = path.resolve(root, `${node.moduleSpecifier.text}.ts`);
    if (name || !namedBindings || !ts.isNamedImports(namedBindings) || !fs.existsSync(file)) continue;
    const door = exports.doorOf(ts, parse(fs.readFileSync(file, "utf8")));
    const imports = namedBindings.elements.map((element) => {
      const target = door?.get((element.propertyName ?? element.name).text);
      const from = target && path.relative(root, path.resolve(path.dirname(file), target.path));
      const type = isTypeOnly || element.isTypeOnly ? "type " : "";
      return target && `import { ${type}${target.name} as ${element.name.text} } from "./${from}";`;
    });
    if (!imports.length || imports.some((line) => !line)) continue;
    const [start, end] = [node.getStart(cell), node.end];
    const lines = code.slice(start, end).replace(/[^\n]/g, "");
    result = `${result.slice(0, start)}${imports.join(" ")}${lines}${result.slice(end)}`;
  }
  return result;
};
