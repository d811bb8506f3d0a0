// What a cell requires: the project's and its own TypeScript files as they were compiled, anything else as Node finds it from the project's
// folder.
"use strict";
const Module = require("node:module");
const path = require("node:path");

/** @typedef {import("tslab/dist/converter").SideOutput} SideOutput */

exports.Modules = class Modules {
  /**
   * @param {string} root the project's folder
   * @param {string} folder the notebook's folder
   */
  constructor(root, folder) {
    this.root = root;
    this.folder = folder;
    /** @type {Map<string, string>} file -> CommonJS */
    this.compiled = new Map();
    /** @type {Map<string, NodeJS.Module>} */
    this.loaded = new Map();
  }

  /** Takes compiled files up, in place of what was loaded of them. @param {SideOutput[]} files */
  update(files) {
    for (const { path: file, data } of files) {
      this.compiled.set(file, data);
      this.loaded.delete(file);
    }
  }

  /**
   * A module to run a cell in: paths start at the project's folder, `__dirname` is the notebook's.
   * @param {string} name
   */
  forCell(name) {
    const module = new Module(path.join(this.folder, name));
    module.filename = module.id;
    const require = this.#requireFrom(this.root, Module.createRequire(path.join(this.root, "cell.js")));
    return { module, require: Object.assign(require, { main: module }), dirname: this.folder, filename: module.id };
  }

  /**
   * @param {string} folder where relative paths start
   * @param {NodeJS.Require} original
   * @returns {NodeJS.Require}
   */
  #requireFrom(folder, original) {
    return new Proxy(original, {
      apply: (_target, that, [id]) => this.#local(path.join(folder, id), id) ?? Reflect.apply(original, that, [id]),
    });
  }

  /** @param {string} start @param {string} id */
  #local(start, id) {
    if (id === "tslab") return require("tslab");
    if (!/^\.{0,2}\//.test(id)) return undefined;
    const base = path.isAbsolute(id) ? id : start;
    const file = [base, `${base}.js`, path.join(base, "index.js")].find((name) => this.compiled.has(name));
    if (!file) return undefined;
    const module = this.loaded.get(file) ?? this.#load(file);
    return module.exports;
  }

  /** @param {string} file */
  #load(file) {
    const module = /** @type {any} */ (new Module(file));
    module.filename = file;
    module.paths = /** @type {any} */ (Module)._nodeModulePaths(path.dirname(file));
    module.require = this.#requireFrom(path.dirname(file), module.require.bind(module));
    this.loaded.set(file, module); // before it runs: two files may import each other
    try {
      module._compile(this.compiled.get(file), file);
    } catch (error) {
      this.loaded.delete(file);
      throw error;
    }
    return module;
  }
};
