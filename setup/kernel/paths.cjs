// Tab in the path of an import: files of the project and beside the notebook, packages that are installed, Node's own modules.
"use strict";
const fs = require("node:fs");
const { builtinModules } = require("node:module");
const path = require("node:path");

/** What a path stands for. */
const SOURCE = /(?<!\.d)\.(ts|tsx|js|json)$/;
const HIDDEN = /^(\.|node_modules$)/;

/**
 * @param {string} code
 * @param {number} at
 * @param {string[]} folders where relative paths start
 * @returns {{ start: number, end: number, candidates: string[] } | null} null outside such a path
 */
exports.completePath = (code, at, folders) => {
  // What is typed before the cursor; the text may not end yet.
  const [, quote, typed] = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*(["'])([^"'\n]*)$/.exec(code.slice(0, at)) ?? [];
  if (!quote) return null;
  const end = at + (/^[^"'\n]*/.exec(code.slice(at))?.[0].length ?? 0);
  const isRelative = /^\.{1,2}(\/|$)/.test(typed);
  const all = isRelative ? folders.flatMap((folder) => files(folder, typed)) : packages(folders[0]);
  const candidates = [...new Set(all)].filter((name) => name.startsWith(typed)).sort();
  return { start: at - typed.length, end: code[end] === quote ? end : at, candidates };
};

/** @param {string} folder @param {string} typed */
function files(folder, typed) {
  const before = typed.slice(0, typed.lastIndexOf("/") + 1) || `${typed}/`;
  return entries(path.join(folder, before)).flatMap((entry) => {
    if (HIDDEN.test(entry.name)) return [];
    if (entry.isDirectory()) return [`${before}${entry.name}/`];
    return SOURCE.test(entry.name) ? [before + entry.name.replace(/\.(ts|tsx|js)$/, "")] : [];
  });
}

/** @param {string} root */
function packages(root) {
  const modules = path.join(root, "node_modules");
  const installed = entries(modules).flatMap(({ name }) => {
    if (name.startsWith("@") && name !== "@types") return entries(path.join(modules, name)).map((inner) => `${name}/${inner.name}`);
    return /^[.@]/.test(name) ? [] : [name];
  });
  const own = builtinModules.filter((name) => !name.startsWith("_"));
  return [...installed, ...own, ...own.map((name) => `node:${name}`)];
}

/** @param {string} folder */
function entries(folder) {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
