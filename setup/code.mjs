// TypeScript as the notebooks' compiler reads it: its code without comments and layout, and which files its imports reach.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, relative, resolve, sep } from "node:path";
import { doorOf } from "./kernel/door.cjs";
import { hash } from "./notebooks.mjs";

/** @typedef {import("@tslab/typescript-for-tslab").Node} Node */
/**
 * What a text imports from a relative path: the names that it takes, or null for all.
 * @typedef {{ path: string, names: string[] | null }} Import
 * @typedef {{ code: string, imports: Import[], door: import("./kernel/door.cjs").Door | null }} Read `code` is a hash
 */

/** Loaded when it is needed: this file is loaded before set-up too. @returns {typeof import("@tslab/typescript-for-tslab")} */
const typescript = () => createRequire(import.meta.url)("@tslab/typescript-for-tslab");

/** The exercises: no committed output follows from what they compute, since none of them is answered there. */
const EXERCISES = /[\\/]lib[\\/]exercises[\\/]\d\d\.ts$/;

/** @type {Map<string, Read>} */
const known = new Map();

/**
 * @param {string} text
 * @returns {Read}
 */
function read(text) {
  const found = known.get(text);
  if (found) return found;
  const ts = typescript();
  const file = ts.createSourceFile("code.ts", text, ts.ScriptTarget.ES2022, true);

  /** The tree of a node's tokens. @type {(node: Node) => unknown} */
  const tokens = (node) => {
    const parts = node.getChildren(file).filter((part) => !ts.isJSDoc(part));
    return parts.length ? parts.map(tokens) : node.getText(file);
  };
  /** The names that an import or a re-export takes. @param {Node} node */
  const namesOf = (node) => {
    const bindings = ts.isImportDeclaration(node)
      ? node.importClause?.namedBindings
      : ts.isExportDeclaration(node)
        ? node.exportClause
        : undefined;
    if (!bindings || !(ts.isNamedImports(bindings) || ts.isNamedExports(bindings))) return null;
    const names = bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
    return ts.isImportDeclaration(node) && node.importClause?.name ? ["default", ...names] : names;
  };
  /** @type {Import[]} */
  const imports = [];
  // Every text that looks like a relative path counts: no form of import is overlooked.
  const look = (/** @type {Node} */ node) => {
    if (ts.isStringLiteralLike(node) && /^\.{1,2}\//.test(node.text)) imports.push({ path: node.text, names: namesOf(node.parent) });
    ts.forEachChild(node, look);
  };
  look(file);
  const result = { code: hash(tokens(file)), imports, door: doorOf(ts, file) };
  known.set(text, result);
  return result;
}

/**
 * A hash of a text's code. Comments and layout don't count.
 * @param {string} text
 */
export const codeHash = (text) => read(text).code;

/**
 * The .ts files that imports reach, each with the hash of its code, as sorted paths from the root. Of a front door (kernel/door.cjs)
 * only the imported names are followed, and only they are in its hash.
 * @param {string} text
 * @param {string} root
 * @param {string[]} folders where the text's paths start
 * @returns {[file: string, code: string][]}
 */
export function reach(text, root, folders) {
  /** @type {Set<string>} files that are followed as a whole */
  const whole = new Set();
  /** @type {Map<string, Map<string, object>>} what is used of each door */
  const doors = new Map();
  /** @type {(imports: Import[], folders: string[]) => void} */
  const follow = (imports, from) => {
    for (const { path, names } of imports)
      for (const folder of from) {
        const file = `${resolve(folder, path.replace(/\.[jt]s$/, ""))}.ts`;
        if (existsSync(file)) visit(file, names);
      }
  };
  /** @type {(file: string, names: string[] | null) => void} */
  const visit = (file, names) => {
    if (EXERCISES.test(file)) return;
    const { imports, door } = read(readFileSync(file, "utf8"));
    if (!door || !names?.every((name) => door.has(name))) {
      if (whole.has(file)) return;
      whole.add(file);
      return follow(imports, [dirname(file)]);
    }
    const used = doors.get(file) ?? new Map();
    doors.set(file, used);
    for (const name of names) {
      if (used.has(name)) continue;
      const target = /** @type {{ path: string, name: string }} */ (door.get(name));
      used.set(name, target);
      follow([{ path: target.path, names: [target.name] }], [dirname(file)]);
    }
  };
  follow(read(text).imports, folders);
  const codeOf = (/** @type {string} */ file) =>
    whole.has(file) ? codeHash(readFileSync(file, "utf8")) : hash([...(doors.get(file) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...new Set([...whole, ...doors.keys()])]
    .map((file) => /** @type {[string, string]} */ ([relative(root, file).split(sep).join("/"), codeOf(file)]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
