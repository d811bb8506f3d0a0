// `prompt` and `input`: a cell asks the person at the client.
"use strict";

/**
 * @param {import("./cells.cjs").Cells} cells
 * @param {(cell: import("./cells.cjs").Cell, content: { prompt: string, password: boolean }) => string} ask
 */
exports.installInput = (cells, ask) => {
  const input = (message = "", { password = false } = {}) => {
    const cell = cells.current();
    if (!cell || cell !== cells.running) throw new Error("input: only a cell that runs can ask");
    if (!cell.mayAsk) throw new Error("input: nobody can be asked here, as in a headless run. Give the value in the code.");
    return ask(cell, { prompt: String(message), password });
  };
  Object.assign(globalThis, { input, prompt: (/** @type {unknown} */ message) => input(message === undefined ? "" : String(message)) });
};
