// The CommonJS of lib's files, kept from one kernel to the next in .local/compiled. A file without errors is not checked or compiled again
// until it changes, or a file that it imports, a package or the compiler does.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

/** @typedef {import("@tslab/typescript-for-tslab").SourceFile} SourceFile */
/** @typedef {import("@tslab/typescript-for-tslab").BuilderProgram} Builder */
/** @typedef {{ name: string, code: string, map: string }} Script */
/** @typedef {Script & { key: string }} Kept */

const hash = (/** @type {(string | Buffer)[]} */ ...parts) => {
  const sum = crypto.createHash("sha256");
  for (const part of parts) sum.update(part).update("\0");
  return sum.digest("hex");
};

/** The steps of compilation that lie in this folder. */
const STEPS = ["compiler.cjs", "compiled.cjs", "sourceMaps.cjs"].map((file) => fs.readFileSync(path.join(__dirname, file)));

exports.Keep = class Keep {
  /** @type {Builder | null} */
  #builder = null;
  /** @type {Map<string, Kept | null>} what holds for the builder's files; null for those that are to be compiled */
  #held = new Map();
  /** @type {Map<string, Kept>} by file, as this kernel read or made them */
  #kept = new Map();

  /**
   * @param {string} root the project's folder, whose lib is kept
   * @param {string} compiler what else the compilation follows from: versions and options
   */
  constructor(root, compiler) {
    const lock = path.join(root, "node_modules", ".package-lock.json");
    this.lib = `${path.join(root, "lib")}${path.sep}`;
    this.folder = path.join(root, ".local", "compiled");
    this.base = hash(compiler, ...STEPS, fs.existsSync(lock) ? fs.readFileSync(lock) : "");
  }

  /** The program whose files are asked for from now on. @param {Builder} builder */
  use(builder) {
    this.#builder = builder;
    this.#held.clear();
  }

  /** What the file was compiled to, if it is kept. @param {SourceFile} file @returns {Script | null} */
  of({ fileName }) {
    let held = this.#held.get(fileName);
    if (held === undefined) {
      held = fileName.startsWith(this.lib) ? this.#read(fileName) : null;
      this.#held.set(fileName, held);
    }
    return held;
  }

  /** A file that the compiler found right became this. @param {SourceFile} file @param {Script} script */
  add({ fileName }, script) {
    if (!fileName.startsWith(this.lib)) return;
    const [kept, place] = [{ key: this.#key(fileName), ...script }, this.#place(fileName)];
    this.#kept.set(fileName, kept);
    try {
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.writeFileSync(`${place}.${process.pid}`, JSON.stringify(kept));
      fs.renameSync(`${place}.${process.pid}`, place); // two kernels may write it at once
    } catch {
      // In a folder that can't be written to nothing is kept: the next kernel compiles again.
    }
  }

  #place = (/** @type {string} */ file) => path.join(this.folder, `${path.relative(this.lib, file)}.json`);

  /**
   * A hash of the texts of a file, of all project files that it imports directly or indirectly, and of the project's declarations, whose
   * global types hold in every file.
   * @param {string} file
   */
  #key(file) {
    const builder = /** @type {Builder} */ (this.#builder);
    const imported = builder.getAllDependencies(/** @type {SourceFile} */ (builder.getSourceFile(file)));
    const declarations = builder.getSourceFiles().filter((other) => other.isDeclarationFile && other.fileName.startsWith(this.lib));
    const own = [...new Set([...imported, ...declarations.map((other) => other.fileName)])]
      .filter((name) => !name.includes("/node_modules/"))
      .sort();
    return hash(this.base, ...own.flatMap((name) => [name, builder.getSourceFile(name)?.text ?? ""]));
  }

  /** @param {string} file @returns {Kept | null} */
  #read(file) {
    const key = this.#key(file);
    if (this.#kept.get(file)?.key === key) return this.#kept.get(file) ?? null;
    try {
      const kept = JSON.parse(fs.readFileSync(this.#place(file), "utf8"));
      if (kept.key !== key) return null;
      this.#kept.set(file, kept);
      return kept;
    } catch {
      return null; // none, or one that was cut off
    }
  }
};
