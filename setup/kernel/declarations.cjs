// The types of the names that a cell sees of earlier cells are a text of declarations, which tslab makes. This is that text after a cell
// that stopped half way.
"use strict";

/** @typedef {typeof import("@tslab/typescript-for-tslab")} TypeScript */
/** @typedef {import("@tslab/typescript-for-tslab").Statement} Statement */
/** @typedef {import("@tslab/typescript-for-tslab").ImportDeclaration} ImportDeclaration */

/**
 * The declarations of the names that a cell reached, and those before it of the names that it did not reach.
 * @param {TypeScript} ts
 * @param {string} before the declarations before the cell
 * @param {string} after those after the whole cell
 * @param {(name: string) => boolean} isMissing whether the cell declares the name and did not reach it
 */
exports.declarationsOfPart = (ts, before, after, isMissing) => {
  const kept = pick(ts, after, (name, isType) => isType || !isMissing(name));
  const restored = pick(ts, before, (name, isType) => !isType && isMissing(name));
  return `${kept}\n${restored}`;
};

/**
 * @param {TypeScript} ts
 * @param {string} text declarations
 * @param {(name: string, isType: boolean) => boolean} isWanted
 */
function pick(ts, text, isWanted) {
  const file = ts.createSourceFile("names.d.ts", text, ts.ScriptTarget.ES2022, true);
  return file.statements.flatMap((statement) => parts(ts, statement, isWanted)).join("\n");
}

/**
 * @param {TypeScript} ts
 * @param {Statement} statement
 * @param {(name: string, isType: boolean) => boolean} isWanted
 * @returns {string[]}
 */
function parts(ts, statement, isWanted) {
  if (ts.isVariableStatement(statement)) {
    const { flags, declarations } = statement.declarationList;
    const kind = flags & ts.NodeFlags.Const ? "const" : flags & ts.NodeFlags.Let ? "let" : "var";
    return declarations.filter(({ name }) => isWanted(name.getText(), false)).map((one) => `declare ${kind} ${one.getText()};`);
  }
  if (ts.isImportDeclaration(statement)) return importParts(ts, statement, (name) => isWanted(name, false));
  const name = /** @type {any} */ (statement).name?.getText();
  const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
  return name && isWanted(name, isType) ? [statement.getFullText()] : [];
}

/**
 * @param {TypeScript} ts
 * @param {ImportDeclaration} statement
 * @param {(name: string) => boolean} isWanted
 */
function importParts(ts, { importClause, moduleSpecifier }, isWanted) {
  const from = `from ${moduleSpecifier.getText()};`;
  const { name, namedBindings } = importClause ?? {};
  const all = [
    name && { name: name.text, text: name.text },
    ...(!namedBindings
      ? []
      : ts.isNamespaceImport(namedBindings)
        ? [{ name: namedBindings.name.text, text: namedBindings.getText() }]
        : namedBindings.elements.map((one) => ({ name: one.name.text, text: `{ ${one.getText()} }` }))),
  ];
  return all.flatMap((one) => (one && isWanted(one.name) ? [`import ${importClause?.isTypeOnly ? "type " : ""}${one.text} ${from}`] : []));
}
