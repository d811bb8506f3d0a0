// Child processes that inherit the kernel's stdout and stderr would print into the terminal that Jupyter was started in: what they print
// is read, and goes to the cell that started them.
"use strict";
const childProcess = require("node:child_process");
const { syncBuiltinESMExports } = require("node:module");

/** @typedef {"stdout" | "stderr"} Name */

const NAMES = /** @type {const} */ (["stdout", "stderr"]);

/**
 * What a child's stdout and stderr are told to be, with pipes in place of the kernel's own.
 * @param {unknown} stdio as Node takes it
 * @param {string} otherwise what Node makes of none
 * @returns {{ stdio: unknown[], inherited: Name[] }}
 */
function piped(stdio, otherwise) {
  const given = stdio ?? otherwise;
  const list = typeof given === "string" ? [given, given, given] : [.../** @type {unknown[]} */ (given)];
  const inherited = NAMES.filter((name, i) => isOwn(list[i + 1], name));
  for (const name of inherited) list[NAMES.indexOf(name) + 1] = "pipe";
  if (list[0] === "inherit" || list[0] === 0 || list[0] === process.stdin) list[0] = "ignore"; // nobody can type into the kernel's stdin
  return { stdio: list, inherited };
}

/** @param {unknown} end @param {Name} name */
const isOwn = (end, name) => end === "inherit" || end === (name === "stdout" ? 1 : 2) || end === process[name];

exports.installChildren = () => {
  const library = /** @type {any} */ (childProcess);
  // What all asynchronous forms end in: spawn, fork, exec, execFile.
  const { spawn } = library.ChildProcess.prototype;
  library.ChildProcess.prototype.spawn = function (/** @type {any} */ options) {
    const { stdio, inherited } = piped(options.stdio, "pipe");
    const failed = spawn.call(this, { ...options, stdio });
    for (const name of inherited) {
      const stream = this[name];
      stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => process[name].write(text));
      this[name] = null; // as for any child that inherits
    }
    return failed;
  };
  for (const form of ["spawnSync", "execSync", "execFileSync"]) {
    const original = library[form];
    library[form] = (/** @type {string} */ command, /** @type {any[]} */ ...rest) => {
      const at = rest.findIndex((argument) => typeof argument === "object" && argument !== null && !Array.isArray(argument));
      const { stdio, inherited } = piped(rest[at]?.stdio, "pipe");
      if (inherited.length === 0) return original(command, ...rest);
      const options = { ...rest[at], stdio, maxBuffer: Number.POSITIVE_INFINITY };
      // Without `stdio`, execSync and execFileSync write the child's stderr to process.stderr themselves.
      if (form !== "spawnSync" && inherited.includes("stderr")) delete options.stdio;
      const forward = (/** @type {Name} */ name, /** @type {any} */ output) => {
        if (inherited.includes(name) && output?.length) process[name].write(output);
      };
      try {
        const result = original(command, ...rest.slice(0, at), options, ...rest.slice(at + 1));
        if (form !== "spawnSync") {
          forward("stdout", result);
          return inherited.includes("stdout") ? null : result;
        }
        for (const name of inherited) {
          forward(name, result[name]);
          result[name] = null;
        }
        return result;
      } catch (error) {
        forward("stdout", /** @type {any} */ (error).stdout);
        throw error;
      }
    };
  }
  syncBuiltinESMExports();
};
