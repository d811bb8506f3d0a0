// The cells: which one runs, what it left behind, how it is interrupted, and which one a late error belongs to.
"use strict";
const { AsyncLocalStorage } = require("node:async_hooks");
const { describe, compileError, KeyboardInterrupt } = require("./errors.cjs");
const { flag } = require("./interrupts.cjs");

/** @typedef {import("./errors.cjs").Report} Report */

/** After an interrupt a cell has this long to end by its AbortSignal. Then it is stopped. */
const GRACE_MS = 1000;

/** SIGINT arrives within this time. */
const SIGNAL_MS = 20;

/** One execution of a cell. */
class Cell {
  /**
   * @param {number} number its execution count
   * @param {string} code
   * @param {(type: string, content: object) => void} publish sends a message to all clients as an output of this cell
   */
  constructor(number, code, publish) {
    this.number = number;
    this.code = code;
    this.publish = publish;
    this.scriptName = `cell-${number}`;
    /** Milliseconds that TypeScript took to check and compile it. */
    this.compiling = 0;
    /** Whether Node watches it for SIGINT: until its first await. */
    this.watched = false;
    /** When a loop of it first saw the flag. */
    this.heard = 0;
    this.abort = new AbortController();
    /** @type {import("tslab/dist/converter").Diagnostic[]} */
    this.diagnostics = [];
    /** @type {{ value: unknown } | null} what the code threw */
    this.thrown = null;
    /** @type {{ value: unknown } | null} why the kernel ended the cell */
    this.stopped = null;
    /** @type {{ value: unknown } | null} the last expression */
    this.result = null;
    /** @type {Set<() => void>} makes its pending awaits fail */
    this.waiting = new Set();
  }
}
exports.Cell = Cell;

/** A loop that looks at the flag can end before SIGINT arrives. Without this wait the signal would stop the next cell. */
async function signalled() {
  while (Atomics.load(flag, 0) === 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, SIGNAL_MS));
}

class Cells {
  constructor() {
    /** @type {import("tslab/dist/executor").Executor | null} set by the launcher */
    this.executor = null;
    /** @type {Cell | null} */
    this.running = null;
    /** @type {Cell | null} */
    this.last = null;
    /** @type {{ error: unknown, cell: Cell | null }[]} errors that came after the end of their cell */
    this.late = [];
    /** @type {Set<Cell>} cells that ended by themselves: what they left behind may still run */
    this.ended = new Set();
    /** @type {AsyncLocalStorage<Cell>} follows what a cell started, also past its end */
    this.origin = new AsyncLocalStorage();
    /** What tslab's executor reports: the value of the last expression, and what was thrown. */
    this.console = {
      log: (/** @type {unknown} */ value) => {
        if (this.running) this.running.result = { value };
      },
      error: (/** @type {unknown} */ value, /** @type {unknown[]} */ ...rest) => {
        // With more arguments it is a line about a diagnostic, which the compiler step keeps.
        if (this.running && rest.length === 0) this.running.thrown = { value };
      },
    };
    Object.defineProperty(globalThis, Symbol.for("tdlgm.interrupt"), { value: () => this.signal() });
  }

  /** The signal of the running cell, aborted by an interrupt. */
  signal() {
    return this.current()?.abort.signal ?? new AbortController().signal;
  }

  /** The cell to which belongs what happens now. */
  current() {
    return this.origin.getStore() ?? this.running ?? this.last;
  }

  /**
   * Runs a cell to its end.
   * @param {Cell} cell
   * @returns {Promise<Report | null>} its error
   */
  async run(cell) {
    const executor = /** @type {import("tslab/dist/executor").Executor} */ (this.executor);
    this.running = this.last = cell;
    Atomics.store(flag, 0, 0); // an interrupt between two cells does not mean the next one
    try {
      await this.origin.run(cell, () => {
        cell.watched = true;
        const ended = executor.execute(cell.code); // returns at the cell's first await
        cell.watched = false;
        return ended;
      });
      await new Promise((resolve) => setImmediate(resolve)); // a rejection that nobody handles is reported by now
    } catch (error) {
      cell.thrown ??= { value: error };
    } finally {
      if (Atomics.load(flag, 0) !== 0) await signalled();
      this.running = null;
      Atomics.store(flag, 0, 0);
    }
    if (!cell.stopped) this.ended.add(cell);
    if (cell.stopped) return describe(cell.stopped.value, cell);
    if (cell.diagnostics.length > 0) return compileError(cell.diagnostics, cell);
    if (cell.thrown) return describe(cell.thrown.value, cell);
    const late = this.late.shift();
    return late ? describe(late.error, late.cell, late.cell !== cell) : null;
  }

  /**
   * An error that nobody caught. It ends the running cell if it came from there; else the running or next cell reports it at its end.
   * @param {unknown} error
   */
  fail(error) {
    const cell = this.current();
    if (cell?.stopped) return;
    if (cell && cell === this.running) this.stop(cell, error);
    else this.late.push({ error, cell });
  }

  /**
   * Ends a cell and what it started: its awaits fail and its timers no longer fire.
   * @param {Cell} cell
   * @param {unknown} error
   */
  stop(cell, error) {
    cell.stopped ??= { value: error };
    cell.abort.abort();
    for (const fail of cell.waiting) fail();
    this.ended.delete(cell);
    if (cell === this.running) this.executor?.interrupt();
  }

  /**
   * Aborts the signal of the running cell. If the cell does not end in time, or is interrupted again, it is stopped. Between two cells
   * it stops what earlier cells left running.
   */
  interrupt() {
    const cell = this.running;
    if (!cell) {
      for (const earlier of this.ended) this.stop(earlier, new KeyboardInterrupt());
      return;
    }
    // A loop may have seen the flag and ended its cell before this signal came. Then the signal is not for the cell that runs now.
    if (Atomics.load(flag, 0) === 0) return;
    if (cell.abort.signal.aborted) return this.stop(cell, new KeyboardInterrupt());
    cell.abort.abort();
    setTimeout(() => {
      if (this.running === cell) this.stop(cell, new KeyboardInterrupt());
    }, GRACE_MS);
  }

  /** Late errors that no cell has shown, as text. */
  unreported() {
    return this.late.splice(0).map(({ error, cell }) => describe(error, cell, true).traceback.join("\n"));
  }
}
exports.Cells = Cells;
