// A timer belongs to the cell that set it and does nothing once that cell is stopped. So a library's loop that waits by timers and knows no
// signals stops with its cell (TensorFlow's `model.fit`, for example).
"use strict";

/** @typedef {import("./cells.cjs").Cells} Cells */

/** @param {Cells} cells */
exports.installTimers = (cells) => {
  const timers = /** @type {Record<string, any>} */ (globalThis);
  for (const name of ["setTimeout", "setInterval", "setImmediate"]) {
    const real = timers[name];
    const owned = (/** @type {unknown} */ callback, /** @type {unknown[]} */ ...rest) => {
      if (typeof callback !== "function") return real(callback, ...rest); // Node says what is wrong
      const cell = name === "setTimeout" ? cells.origin.getStore() : undefined;
      const fire = (/** @type {unknown[]} */ ...args) => {
        cell?.timeouts.delete(timer);
        if (!cells.origin.getStore()?.stopped) return callback.apply(timer, args);
        if (name === "setInterval") clearInterval(timer);
      };
      const timer = real(fire, ...rest);
      cell?.timeouts.add(timer);
      return timer;
    };
    timers[name] = Object.defineProperties(owned, Object.getOwnPropertyDescriptors(real)); // with its form for util.promisify
  }
};
