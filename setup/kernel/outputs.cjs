// Output goes to the cell that started it, even after the end of that cell.
"use strict";
const util = require("node:util");
const jupyter = require("tslab/dist/jupyter.js");
const { renderPng } = require("./png.cjs");

/** @typedef {Record<string, unknown>} Bundle  mime type -> representation */
/** @typedef {{ data: Bundle, metadata: Bundle, transient?: { display_id?: string } }} Display */

/**
 * Sends stdout, stderr and displays to the cells, and gives the library its way to display: globalThis[Symbol.for("tdlgm.notebook")].
 * @param {import("./cells.cjs").Cells} cells
 * @returns {(text: string) => void} writes to the process's own stderr
 */
exports.installOutputs = (cells) => {
  const decoder = new util.TextDecoder();
  const realStderr = process.stderr.write.bind(process.stderr);
  for (const name of /** @type {const} */ (["stdout", "stderr"])) {
    const real = process[name].write.bind(process[name]);
    process[name].write = (/** @type {string | Uint8Array} */ chunk, /** @type {any[]} */ ...rest) => {
      const text = typeof chunk === "string" ? chunk : decoder.decode(chunk);
      const cell = cells.current();
      if (!cell) return real(text);
      cell.publish("stream", { name, text });
      rest.find((argument) => typeof argument === "function")?.();
      return true;
    };
  }
  const display = (/** @type {Display} */ content, /** @type {boolean | undefined} */ update) =>
    cells.current()?.publish(update ? "update_display_data" : "display_data", content);
  /** @type {any} */ (jupyter).lastWriteDisplayData = display; // tslab's own `display`
  Object.defineProperty(globalThis, Symbol.for("tdlgm.notebook"), { value: Object.freeze({ display, renderPng }) });
  return (text) => void realStderr(text);
};
