// Jupyter's requests: one cell after the other, errors, results, aborted cells, shutdown.
"use strict";
const { setTimeout } = require("node:timers"); // not those of timers.cjs, which stop with a cell
const { Cell } = require("./cells.cjs");
const { describe, rememberCode } = require("./errors.cjs");
const { History } = require("./history.cjs");
const { isComplete } = require("./complete.cjs");
const { PROTOCOL } = require("./messages.cjs");
const { resultBundle } = require("./results.cjs");

/** @typedef {import("./messages.cjs").Message} Message */
/** @typedef {import("./wire.cjs").Channel} Channel */
/** @typedef {Record<string, unknown>} Content */

/** After an error, requests that a client has already sent are aborted: those that arrive within this time. */
const DRAIN_MS = 50;
/** After a shutdown the process ends by itself, or after this time even if something still runs. */
const LAST_WORDS_MS = 3000;

exports.Server = class Server {
  /**
   * @param {object} parts
   * @param {import("./wire.cjs").Wire} parts.wire
   * @param {import("./cells.cjs").Cells} parts.cells
   * @param {import("./help.cjs").Help} parts.help
   * @param {import("./comms.cjs").Comms} parts.comms
   * @param {import("./widgets.cjs").Widgets} parts.widgets
   * @param {Content} parts.info the kernel's and the language's names and versions
   * @param {(text: string) => void} parts.log writes to the process's own stderr
   * @param {() => Promise<void>} parts.atShutdown
   * @param {(code: number) => void} parts.exit ends the process
   */
  constructor({ wire, cells, help, comms, widgets, info, log, atShutdown, exit }) {
    this.exit = exit;
    this.wire = wire;
    this.cells = cells;
    this.widgets = widgets;
    this.log = log;
    this.atShutdown = atShutdown;
    this.history = new History();
    this.count = 0;
    /** @type {{ channel: Channel, message: Message }[]} execute requests not yet begun */
    this.queue = [];
    this.busy = false;
    this.aborting = false;
    /** What answers a request at once, also while a cell awaits: the content of its reply. @type {Record<string, (content: any, message: Message) => Content | null>} */
    this.answers = {
      kernel_info_request: () => ({ protocol_version: PROTOCOL, ...info }),
      is_complete_request: ({ code }) => isComplete(code),
      complete_request: ({ code, cursor_pos }) => help.complete(code, cursor_pos),
      inspect_request: ({ code, cursor_pos }) => help.inspect(code, cursor_pos),
      history_request: (content) => ({ history: this.history.find(content) }),
      comm_info_request: ({ target_name }) => ({ comms: comms.info(target_name) }),
      interrupt_request: () => ({}), // acted upon by the thread of the sockets
      comm_open: (_, message) => comms.opened(message),
      comm_msg: (_, message) => comms.received(message),
      comm_close: (_, message) => comms.closed(message),
    };
  }

  /**
   * @param {Channel} channel
   * @param {Message} message
   */
  async receive(channel, message) {
    const { msg_type } = message.header;
    if (msg_type === "shutdown_request") return this.shutdown(channel, message);
    if (msg_type !== "execute_request") return this.answer(channel, message);
    this.queue.push({ channel, message });
    if (this.busy) return;
    this.busy = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) await this.execute(next.channel, next.message);
    this.aborting = false;
    this.busy = false;
  }

  /** @param {Message} message @param {"busy" | "idle"} execution_state */
  status(message, execution_state) {
    this.wire.send("iopub", "status", message, { execution_state });
  }

  /** @param {Channel} channel @param {Message} message @param {Content} content @param {Content} [metadata] */
  reply(channel, message, content, metadata) {
    const type = message.header.msg_type.replace(/_request$/, "_reply");
    this.wire.send(channel, type, message, { status: "ok", ...content }, metadata);
  }

  /** @param {Channel} channel @param {Message} message */
  answer(channel, message) {
    const { msg_type } = message.header;
    const answer = Object.hasOwn(this.answers, msg_type) ? this.answers[msg_type] : undefined;
    this.status(message, "busy");
    try {
      const content = answer?.(message.content, message);
      if (content) this.reply(channel, message, content);
    } catch (error) {
      this.log(`TypeScript kernel: ${msg_type}: ${error instanceof Error ? error.stack : error}\n`);
      this.reply(channel, message, { status: "error", ...describe(error, null) });
    }
    this.status(message, "idle");
  }

  /** @param {Channel} channel @param {Message} message */
  async execute(channel, message) {
    this.status(message, "busy");
    const { code, silent = false, store_history = true, stop_on_error = true, allow_stdin = false } = message.content;
    if (this.aborting) this.reply(channel, message, { status: "aborted", execution_count: this.count });
    else if (typeof code !== "string")
      this.reply(channel, message, { status: "error", ...describe(new Error("execute_request without code"), null) });
    else {
      if (!silent && store_history) this.count++;
      const cell = new Cell(this.count, code, (type, content) => this.wire.send("iopub", type, message, content));
      this.widgets.replace(message);
      cell.mayAsk = allow_stdin;
      cell.request = message;
      rememberCode(cell);
      const line = !silent && store_history ? this.history.add(cell.number, code) : null;
      if (!silent) cell.publish("execute_input", { code, execution_count: cell.number });
      let error = await this.cells.run(cell, async (value) => {
        if (silent) return;
        const data = await resultBundle(value, cell);
        if (data === null) return; // it has shown itself
        cell.publish("execute_result", { execution_count: cell.number, data, metadata: {} });
        if (line) line.output = String(data["text/plain"] ?? "");
      });
      if (!allow_stdin) error ??= await this.cells.leftBehind(cell);
      if (error) await this.fail(channel, message, cell, error, stop_on_error);
      else {
        const content = { execution_count: cell.number, payload: [], user_expressions: {} };
        this.reply(channel, message, content, { tdlgm: { compiling: cell.compiling } });
      }
    }
    this.status(message, "idle");
  }

  /**
   * @param {Channel} channel @param {Message} message @param {Cell} cell
   * @param {import("./errors.cjs").Report} error @param {boolean} stop
   */
  async fail(channel, message, cell, error, stop) {
    cell.publish("error", error);
    if (stop) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
      this.aborting = this.queue.length > 0;
    }
    this.reply(channel, message, { status: "error", execution_count: cell.number, ...error });
  }

  /** @param {Channel} channel @param {Message} message */
  async shutdown(channel, message) {
    this.status(message, "busy");
    await this.atShutdown();
    this.reply(channel, message, { restart: Boolean(message.content.restart) });
    this.status(message, "idle");
    await this.leave(0);
  }

  /** Closes the sockets and ends the process. @param {number} code */
  async leave(code) {
    setTimeout(() => this.exit(code), LAST_WORDS_MS);
    await this.wire.close();
    this.exit(code);
  }
};
