// Output goes to the cell that started it, even after the end of that cell.
"use strict";
const { StringDecoder } = require("node:string_decoder");
const jupyter = require("tslab/dist/jupyter.js");
const { renderPng } = require("./png.cjs");

/** @typedef {import("./cells.cjs").Bundle} Bundle */
/** @typedef {{ data: Bundle, metadata: Bundle, transient?: { display_id?: string } }} Display */

/**
 * Sends stdout, stderr and displays to the cells, and gives the library its way to display: globalThis[Symbol.for("tdlgm.notebook")].
 * @param {import("./cells.cjs").Cells} cells
 * @param {import("./widgets.cjs").Widgets} widgets
 * @returns {(text: string) => void} writes to the process's own stderr
 */
exports.installOutputs = (cells, widgets) => {
  const realStderr = process.stderr.write.bind(process.stderr);
  for (const name of /** @type {const} */ (["stdout", "stderr"])) {
    const stream = process[name];
    const real = stream.write.bind(stream);
    /** A character may be split over writes. @type {WeakMap<object, StringDecoder>} */
    const decoders = new WeakMap();
    stream.write = (/** @type {string | Uint8Array} */ chunk, /** @type {any[]} */ ...rest) => {
      const cell = cells.current();
      if (!cell) return real(/** @type {any} */ (chunk), ...rest);
      const bytes = typeof chunk === "string" && rest[0] in ENCODINGS ? Buffer.from(chunk, rest[0]) : chunk;
      const decoder = decoders.get(cell) ?? new StringDecoder("utf8");
      decoders.set(cell, decoder);
      const text = typeof bytes === "string" ? decoder.end() + bytes : decoder.write(Buffer.from(bytes));
      if (text) cell.publish("stream", { name, text });
      rest.find((argument) => typeof argument === "function")?.();
      return true;
    };
    // The text goes to a notebook, also where Jupyter was started in a terminal: no colours.
    Object.defineProperty(stream, "isTTY", { value: false });
  }
  const display = (/** @type {Display} */ content, /** @type {boolean | undefined} */ update) =>
    cells.current()?.publish(update ? "update_display_data" : "display_data", content);
  /** @type {any} */ (jupyter).lastWriteDisplayData = display; // tslab's own `display`
  const clear = (wait = false) => cells.current()?.publish("clear_output", { wait });
  const stills = () => process.env.TDLGM_PNG === "1" && cells.current()?.stills === true;
  const notebook = { display, clear, renderPng, stills, widget: widgets.create.bind(widgets), gather: widgets.gather.bind(widgets) };
  Object.defineProperty(globalThis, Symbol.for("tdlgm.notebook"), { value: Object.freeze(notebook) });
  return (text) => void realStderr(text);
};

/** Encodings of a string that stands for bytes. */
const ENCODINGS = { hex: true, base64: true, base64url: true, latin1: true, binary: true, utf16le: true, ucs2: true };
