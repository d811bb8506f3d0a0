// If a cell assigns to a `let` of an earlier cell, the functions of the earlier cell see the new value too. tslab copies a cell's names to
// an object, `exports`, where later cells read and write them. Here that object gets an accessor to each variable instead.
"use strict";

/** @typedef {{ get: () => unknown, set: (value: unknown) => void }} Variable */

/** @type {Map<string, Variable>} by name, those of the cell that declared it last */
const variables = new Map();

/**
 * Puts the accessors in front of tslab's `exports`.
 * @param {Record<string, unknown>} locals tslab's `exports`
 */
exports.installLiveNames = (locals) => {
  const shared = /** @type {any} */ (globalThis).__tslab__;
  shared.live = (/** @type {Record<string, Variable>} */ declared) => {
    for (const [name, variable] of Object.entries(declared)) variables.set(name, variable);
  };
  shared.exports = new Proxy(locals, {
    get: (target, name) => (variables.get(String(name)) ?? { get: () => Reflect.get(target, name) }).get(),
    set: (target, name, value) => {
      variables.get(String(name))?.set(value);
      return Reflect.set(target, name, value);
    },
  });
};

/**
 * Forgets variables of earlier cells whose names a cell declares again.
 * @param {string[]} names
 */
exports.forget = (names) => {
  for (const name of names) variables.delete(name);
};

/**
 * The last line of a cell that declares these variables.
 * @param {string[]} names
 */
exports.lastLine = (names) =>
  `__tslab__.live({ ${names.map((name) => `${name}: { get: () => ${name}, set: (value) => { ${name} = value; } }`).join(", ")} });`;

/**
 * @param {typeof import("@tslab/typescript-for-tslab")} ts
 * @param {import("@tslab/typescript-for-tslab").SourceFile} cell
 * @returns {{ all: string[], variables: string[] }} the names that a cell declares, and which of them can be assigned to
 */
exports.declaredNames = (ts, cell) => {
  const locals = [.../** @type {Map<string, import("@tslab/typescript-for-tslab").Symbol>} */ (/** @type {any} */ (cell).locals ?? [])];
  const assignable = locals.filter(
    ([, { flags, valueDeclaration }]) =>
      flags & ts.SymbolFlags.Variable && valueDeclaration && !(ts.getCombinedNodeFlags(valueDeclaration) & ts.NodeFlags.Const),
  );
  return { all: locals.map(([name]) => name), variables: assignable.map(([name]) => name) };
};
