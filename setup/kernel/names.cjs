// The names of cells and their values. tslab compiles `const a = 1` to an assignment to `exports.a` too, and a later cell's `a` to `exports.a`.
// Here each cell gets an `exports` of its own: a cell owns the names that it declares from the moment that it reaches them, also if it fails
// afterwards, and a variable (`let`) is one variable for all cells.
"use strict";

/** @typedef {{ get: () => unknown, set: (value: unknown) => void }} Variable */
/** @typedef {{ values: string[], variables: string[] }} Declared  the names that a cell declares, but types; those that can be assigned to */
/** @typedef {{ exports: object, reached: Set<string>, live: (variables: Record<string, Variable>) => void, last: unknown, end: () => void }} Scope */

exports.Names = class Names {
  constructor() {
    /** @type {Map<string, { scope: Scope, value: unknown, variable: Variable | undefined }>} */
    this.known = new Map();
  }

  /**
   * The names as a cell sees them.
   * @param {Declared} declared
   * @param {string | undefined} lastName the name that tslab gives to the cell's last expression
   * @returns {Scope}
   */
  scope(declared, lastName) {
    const { known } = this;
    const own = new Set(declared.values);
    /** @type {Record<string, Variable>} */
    let variables = {};
    let ended = false;
    const set = (/** @type {string} */ name, /** @type {unknown} */ value) => {
      if (name === lastName) scope.last = value;
      else if (!own.has(name)) {
        const entry = known.get(name);
        entry?.variable?.set(value);
        if (entry) entry.value = value;
      } else if (scope.reached.has(name)) {
        const entry = known.get(name);
        if (entry?.scope === scope) entry.value = value; // else a later cell has declared it again
      } else if (!ended) {
        scope.reached.add(name);
        known.set(name, { scope, value, variable: variables[name] });
      }
      return true;
    };
    /** @type {Scope} */
    const scope = {
      exports: new Proxy(
        {},
        {
          get: (_, name) => {
            const entry = known.get(String(name));
            return entry?.variable ? entry.variable.get() : entry?.value;
          },
          has: (_, name) => known.has(String(name)),
          set: (_, name, value) => set(String(name), value),
          // An import becomes a property with a getter. It is read once: a later cell may assign to the name.
          defineProperty: (_, name, { get, value }) => name === "__esModule" || set(String(name), get ? get() : value),
        },
      ),
      reached: new Set(),
      live: (all) => {
        variables = all;
      },
      last: undefined,
      end: () => {
        ended = true;
      },
    };
    return scope;
  }
};

/**
 * The call that opens a cell which declares these variables.
 * @param {string[]} names
 */
exports.liveCall = (names) =>
  `__tslab__.live({ ${names.map((name) => `${name}: { get: () => ${name}, set: (value) => { ${name} = value; } }`).join(", ")} });`;

/**
 * @param {typeof import("@tslab/typescript-for-tslab")} ts
 * @param {import("@tslab/typescript-for-tslab").SourceFile} cell
 * @param {import("@tslab/typescript-for-tslab").TypeChecker} checker
 * @returns {Declared}
 */
exports.declaredNames = (ts, cell, checker) => {
  const locals = [.../** @type {Map<string, import("@tslab/typescript-for-tslab").Symbol>} */ (/** @type {any} */ (cell).locals ?? [])];
  const { Alias, Value, Variable } = ts.SymbolFlags;
  const values = locals.filter(([, symbol]) => (symbol.flags & Alias ? checker.getAliasedSymbol(symbol) : symbol).flags & Value);
  const variables = values.filter(
    ([, { flags, valueDeclaration }]) =>
      flags & Variable && valueDeclaration && !(ts.getCombinedNodeFlags(valueDeclaration) & ts.NodeFlags.Const),
  );
  const names = (/** @type {typeof values} */ list) => list.map(([name]) => name);
  return { values: names(values), variables: names(variables) };
};
