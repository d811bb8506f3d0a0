// Node stops at SIGINT what runs inside a script that it watches.
"use strict";
const vm = require("node:vm");

const START = Symbol.for("tdlgm.start");
const starter = new vm.Script('globalThis[Symbol.for("tdlgm.start")]()', { filename: "starter" });

/**
 * Calls a function that an interrupt may stop, until its first await.
 * @template T
 * @param {() => T} f
 * @returns {T}
 */
exports.interruptible = (f) => {
  /** @type {any} */ (globalThis)[START] = f;
  return starter.runInThisContext({ breakOnSigint: true });
};
