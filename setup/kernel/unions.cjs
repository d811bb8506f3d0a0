// An object that fits none of several types: TypeScript compares it with the last one, whatever its `kind` says. Here it is compared with
// the one that it names.
"use strict";

/** @typedef {typeof import("@tslab/typescript-for-tslab")} TypeScript */
/** @typedef {import("@tslab/typescript-for-tslab").Node} Node */
/** @typedef {import("@tslab/typescript-for-tslab").Type} Type */
/** @typedef {import("@tslab/typescript-for-tslab").Symbol} Symbol */
/** @typedef {import("@tslab/typescript-for-tslab").TypeChecker} Checker */
/** @typedef {import("@tslab/typescript-for-tslab").ObjectLiteralExpression} ObjectLiteral */

/** More kinds than this are not listed. */
const MAX_LISTED = 6;

/**
 * @param {TypeScript} ts
 * @param {import("@tslab/typescript-for-tslab").Program} program
 * @param {import("@tslab/typescript-for-tslab").SourceFile} file
 * @param {number} start of the error
 * @returns {string[]} none or one
 */
exports.unionHint = (ts, program, file, start) => {
  const checker = program.getTypeChecker();
  for (const object of objectsAround(ts, file, start)) {
    const type = checker.getContextualType(object);
    const members = (type?.isUnion() ? type.types : []).filter((one) => one.flags & ts.TypeFlags.Object && one.getProperties().length > 0);
    const key = members.length > 1 ? discriminant(checker, members, object) : undefined;
    if (!key) continue;
    const found = compare(ts, checker, members, key, object);
    if (found) return [found];
  }
  return [];
};

/** @param {TypeScript} ts @param {Node} file @param {number} start @returns {ObjectLiteral[]} inner ones first */
function objectsAround(ts, file, start) {
  /** @type {ObjectLiteral[]} */
  const found = [];
  /** @param {Node} node */
  const visit = (node) => {
    if (node.pos > start || node.end <= start) return;
    if (ts.isObjectLiteralExpression(node)) found.unshift(node);
    // The error stands at the name of a property; its object is the value.
    if (ts.isPropertyAssignment(node) && node.name.getStart() === start && ts.isObjectLiteralExpression(node.initializer))
      found.unshift(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** @param {Checker} checker @param {Symbol} symbol @param {Node} at */
const typeOf = (checker, symbol, at) => checker.getTypeOfSymbolAtLocation(symbol, at);

/**
 * The property that tells the members apart: a text in each.
 * @param {Checker} checker @param {Type[]} members @param {Node} at
 */
function discriminant(checker, members, at) {
  return members[0]
    .getProperties()
    .map(({ name }) => name)
    .find((name) =>
      members.every((member) => {
        const symbol = member.getProperty(name);
        return symbol && typeOf(checker, symbol, at).isStringLiteral();
      }),
    );
}

/**
 * @param {TypeScript} ts @param {Checker} checker
 * @param {Type[]} members @param {string} key @param {ObjectLiteral} object
 * @returns {string | null}
 */
function compare(ts, checker, members, key, object) {
  const given = new Map(object.properties.flatMap((one) => (one.name ? [[one.name.getText().replace(/^["']|["']$/g, ""), one]] : [])));
  const chosen = given.get(key);
  const value =
    chosen && ts.isPropertyAssignment(chosen) && ts.isStringLiteralLike(chosen.initializer) ? chosen.initializer.text : undefined;
  const kindOf = (/** @type {Type} */ member) =>
    /** @type {any} */ (typeOf(checker, /** @type {Symbol} */ (member.getProperty(key)), object)).value;
  const member = members.find((one) => kindOf(one) === value);
  const list = members
    .slice(0, MAX_LISTED)
    .map((one) => checker.typeToString(one, undefined, ts.TypeFormatFlags.InTypeAlias | ts.TypeFormatFlags.NoTruncation));
  const all = list.every((text) => text.length < 120) ? list.join(" | ") : members.map((one) => JSON.stringify(kindOf(one))).join(", ");
  if (!member) return `\`${key}\` is one of these: ${all}.`;
  const properties = member.getProperties();
  const say = (/** @type {Symbol} */ symbol) =>
    `\`${symbol.name}: ${checker.typeToString(typeOf(checker, symbol, object), undefined, ts.TypeFormatFlags.NoTruncation)}\``;
  const missing = properties.filter((one) => !(one.flags & ts.SymbolFlags.Optional) && !given.has(one.name)).map(say);
  const unknown = [...given.keys()].filter((name) => !properties.some((one) => one.name === name));
  const wrong = properties.filter((one) => {
    const at = given.get(one.name);
    const type = at && ts.isPropertyAssignment(at) ? checker.getTypeAtLocation(at.initializer) : undefined;
    return type && !(/** @type {any} */ (checker).isTypeAssignableTo(type, typeOf(checker, one, object)));
  });
  const parts = [
    missing.length > 0 ? `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing` : "",
    unknown.length > 0 ? `\`${unknown.join("`, `")}\` ${unknown.length > 1 ? "are" : "is"} not among its settings` : "",
    wrong.length > 0 ? `it must be ${wrong.map(say).join(" and ")}` : "",
  ].filter(Boolean);
  return parts.length > 0 ? `${key} ${JSON.stringify(value)}: ${parts.join("; ")}. There are: ${all}.` : null;
}
