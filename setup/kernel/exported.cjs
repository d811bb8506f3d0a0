// All names of a cell are seen by later cells: `export` in front of a declaration says nothing more, and is left out.
"use strict";

/** @typedef {typeof import("@tslab/typescript-for-tslab")} TypeScript */

/**
 * A cell's code without `export` and `export default` before declarations, and without `export { a }`. Blanks take their place.
 * @param {TypeScript} ts
 * @param {string} code
 */
exports.withoutExports = (ts, code) => {
  if (!code.includes("export")) return code;
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true);
  let result = code;
  const blank = (/** @type {number} */ start, /** @type {number} */ end) => {
    result = result.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, " ") + result.slice(end);
  };
  for (const node of file.statements) {
    if (ts.isExportDeclaration(node) && !node.moduleSpecifier) blank(node.getStart(), node.end);
    if (ts.isExportAssignment(node) && !node.isExportEquals) blank(node.getStart(), node.expression.getStart());
    if (!ts.canHaveModifiers(node)) continue;
    for (const modifier of ts.getModifiers(node) ?? [])
      if ([ts.SyntaxKind.ExportKeyword, ts.SyntaxKind.DefaultKeyword].includes(modifier.kind)) blank(modifier.getStart(), modifier.end);
  }
  return result;
};
