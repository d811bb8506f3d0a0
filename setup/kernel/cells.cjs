// The cells: which one runs, what it left behind, how it is interrupted, and which one a late error belongs to.
"use strict";
const { AsyncLocalStorage } = require("node:async_hooks");
const util = require("node:util");
const { setImmediate, setTimeout } = require("node:timers"); // not those of timers.cjs, which stop with a cell
const { describe, compileError, KeyboardInterrupt } = require("./errors.cjs");
const { interruptible } = require("./interruptible.cjs");
const { INTERRUPT, INTERRUPTS, shared } = require("./wire.cjs");

/** @typedef {import("./errors.cjs").Report} Report */
/** @typedef {Record<string, unknown>} Bundle  mime type -> representation */

/** After an interrupt a cell has this long to end by its AbortSignal. Then it is stopped. */
const GRACE_MS = 1000;

/** Where nobody watches, a cell's timers of no more than this fire before its reply. */
const PATIENCE_MS = 2000;

/** SIGINT arrives within this time. */
const SIGNAL_MS = 20;

/** Cells so far; an execution count may stand for several, if a client wants no history. */
let cellCount = 0;

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
    this.scriptName = `cell-${++cellCount}`;
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
    /** @type {(reason: unknown) => void} */
    this.end = () => {};
    /** Fails once the kernel ends the cell. @type {Promise<never>} */
    this.ending = new Promise((_, reject) => {
      this.end = reject;
    });
    this.ending.catch(() => {});
    /** Whether the client lets it ask for input. */
    this.mayAsk = false;
    /** Its one-shot timers that have not fired. @type {Set<any>} */
    this.timeouts = new Set();
    /** The request that it answers. @type {import("./messages.cjs").Message | null} */
    this.request = null;
    /** The cell that a guest belongs to. @type {Cell | null} */
    this.host = null;
    /** @type {Set<Cell>} what is called for it while it runs */
    this.guests = new Set();
    /** Whether its figures get still images where the environment asks for them. */
    this.stills = true;
  }

  /** Where a value that belongs to a cell is printed, the cell is a word. */
  [util.inspect.custom]() {
    return `cell [${this.number}]`;
  }
}
exports.Cell = Cell;

/** A loop that looks at the flag can end before SIGINT arrives. Without this wait the signal would stop the next cell. */
async function signalled() {
  while (Atomics.load(shared, INTERRUPT) === 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, SIGNAL_MS));
}

class Cells {
  constructor() {
    /** The number of the last interrupt before the cell that runs. */
    this.heard = 0;
    /** @type {import("./executor.cjs").Executor | null} set by the launcher */
    this.executor = null;
    /** @type {Cell | null} */
    this.running = null;
    /** @type {Cell | null} */
    this.last = null;
    /** Errors that came after the end of their cell, as text. @type {string[]} */
    this.late = [];
    /** The first of them that no reply has told. @type {Report | null} */
    this.untold = null;
    /** @type {Set<Cell>} cells that ended by themselves: what they left behind may still run */
    this.ended = new Set();
    /** @type {AsyncLocalStorage<Cell>} follows what a cell started, also past its end */
    this.origin = new AsyncLocalStorage();
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
   * Runs a cell to its end, and shows its last expression.
   * @param {Cell} cell
   * @param {(value: unknown, cell: Cell) => Promise<void>} show
   * @returns {Promise<Report | null>} its error
   */
  async run(cell, show) {
    const executor = /** @type {import("./executor.cjs").Executor} */ (this.executor);
    this.running = this.last = cell;
    this.heard = Atomics.load(shared, INTERRUPTS); // an interrupt between two cells does not mean the next one
    Atomics.store(shared, INTERRUPT, 0);
    try {
      await this.origin.run(cell, async () => {
        await executor.execute(cell);
        await Promise.race([new Promise((resolve) => setImmediate(resolve)), cell.ending]); // a rejection that nobody handles is reported by now
        if (cell.result) await Promise.race([show(cell.result.value, cell), cell.ending]);
      });
    } catch (error) {
      cell.thrown ??= { value: error };
    } finally {
      cell.result = null;
      if (Atomics.load(shared, INTERRUPT) !== 0) await signalled();
      this.running = null;
      Atomics.store(shared, INTERRUPT, 0);
    }
    if (!cell.stopped) this.ended.add(cell);
    if (cell.stopped) return describe(cell.stopped.value, cell);
    if (cell.diagnostics.length > 0) return compileError(cell.diagnostics, cell);
    return cell.thrown && describe(cell.thrown.value, cell);
  }

  /**
   * Does work for a cell, also after its end: a call that a widget asks for. The work has its own signal, and what it prints goes where
   * `publish` says. An interrupt of the cell, or one between two cells, stops it.
   * @template T
   * @param {Cell} host
   * @param {import("./messages.cjs").Message | null} request the message that asks for it
   * @param {Cell["publish"]} publish
   * @param {(guest: Cell) => T} work
   * @returns {Promise<Awaited<T>>}
   * @throws what the work throws, or why it was stopped
   */
  async visit(host, request, publish, work) {
    const owner = host.host ?? host;
    const guest = new Cell(host.number, host.code, publish);
    guest.request = request;
    guest.host = owner;
    guest.stills = host.stills;
    this.ended.add(guest);
    if (owner === this.running) owner.guests.add(guest);
    try {
      return await Promise.race([this.origin.run(guest, () => interruptible(() => work(guest))), guest.ending]);
    } finally {
      this.ended.delete(guest);
      owner.guests.delete(guest);
    }
  }

  /**
   * An error that nobody caught. It ends the running cell if it came from there; else it is shown where it comes from, an earlier cell.
   * @param {unknown} error
   */
  fail(error) {
    const cell = this.current();
    if (cell?.stopped) return;
    if (cell && cell === this.running) return this.stop(cell, error);
    const { ename, evalue, traceback } = describe(error, cell);
    const when = `(after the end of cell [${cell?.number ?? "?"}])`;
    const text = `${traceback.join("\n")}\n${when}\n`;
    this.late.push(text);
    this.untold ??= { ename, evalue: `${evalue} ${when}`, traceback: [...traceback, when] };
    cell?.publish("stream", { name: "stderr", text });
  }

  /**
   * For a client behind which nobody sits (nbconvert, papermill), which takes a notebook for good if every reply is: the error that came
   * after the end of its cell, of this one or an earlier one. Waits for what this cell's short timers do.
   * @param {Cell} cell
   * @returns {Promise<Report | null>}
   */
  async leftBehind(cell) {
    const isPending = () => [...cell.timeouts].some((timer) => !timer._destroyed && timer._idleTimeout <= PATIENCE_MS);
    for (const end = performance.now() + PATIENCE_MS; isPending() && !cell.stopped && performance.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 5));
    const { untold } = this;
    this.untold = null;
    return untold;
  }

  /**
   * Ends a cell and what it started: its awaits fail and its timers no longer fire.
   * @param {Cell} cell
   * @param {unknown} error
   */
  stop(cell, error) {
    cell.stopped ??= { value: error };
    cell.abort.abort();
    for (const guest of cell.guests) this.stop(guest, error);
    for (const fail of cell.waiting) fail();
    this.ended.delete(cell);
    cell.end(error);
  }

  /**
   * Aborts the signal of the running cell. If the cell does not end in time, or is interrupted again, it is stopped. Between two cells
   * it stops what earlier cells left running.
   * @param {number} number of the interrupt
   */
  interrupt(number) {
    const cell = this.running;
    if (!cell || number <= this.heard) {
      for (const earlier of this.ended) this.stop(earlier, new KeyboardInterrupt());
      return;
    }
    if (cell.abort.signal.aborted) return this.stop(cell, new KeyboardInterrupt());
    for (const one of [cell, ...cell.guests]) one.abort.abort();
    setTimeout(() => {
      if (this.running === cell) this.stop(cell, new KeyboardInterrupt());
    }, GRACE_MS);
  }
}
exports.Cells = Cells;
