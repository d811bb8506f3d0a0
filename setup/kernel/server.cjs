// Jupyter's messages over tslab's sockets: one cell after the other, errors, results, aborted cells, shutdown.
"use strict";
const { ZmqServer } = require("tslab/dist/jupyter.js");
const { Cell } = require("./cells.cjs");
const { describe, rememberCode } = require("./errors.cjs");
const { bindControl } = require("./interrupts.cjs");
const { resultBundle } = require("./results.cjs");

/** @typedef {Parameters<ZmqServer["handleKernelInfo"]>[1]} Message */

/** Requests besides execute and shutdown that have an answer; others (widgets, history) are passed over, as Jupyter allows. */
const ANSWERED = new Set(["kernel_info_request", "is_complete_request", "inspect_request", "complete_request", "comm_info_request"]);
/** After an error, requests that a client has already sent are read from the socket for this long and aborted. */
const DRAIN_MS = 50;
/** After a shutdown the process ends by itself, or after this time even if something still runs. */
const LAST_WORDS_MS = 500;

class Server extends ZmqServer {
  /**
   * @param {import("tslab/dist/jupyter").JupyterHandlerImpl} handler
   * @param {string} connectionFile
   * @param {import("./cells.cjs").Cells} cells
   * @param {(text: string) => void} log writes to the process's own stderr
   * @param {() => Promise<void>} atShutdown
   */
  constructor(handler, connectionFile, cells, log, atShutdown) {
    super(handler, connectionFile);
    this.cells = cells;
    this.log = log;
    this.atShutdown = atShutdown;
    /** @type {(() => void) | undefined} */
    this.closeControl = undefined;
    // The control socket lives in the thread that hears interrupts. TypeScript knows bindSocket as private.
    const bind = /** @type {any} */ (this).bindSocket.bind(this);
    const bindSocket = async (/** @type {any} */ sock, /** @type {number} */ port) => {
      if (sock !== this.control) return bind(sock, port);
      const { transport, ip } = this.connInfo;
      this.closeControl = await bindControl(`${transport}://${ip}:${port}`, (socket, frames) => this.handleShellMessage(socket, ...frames));
    };
    Object.assign(this, { bindSocket });
    this.count = 0;
    /** @type {{ sock: any, frames: Buffer[] }[]} execute requests not yet begun */
    this.queue = [];
    this.busy = false;
    this.aborting = false;
  }

  /** @override */
  close() {
    super.close();
    this.closeControl?.();
  }

  /**
   * Execute requests wait for their turn; all others are answered at once, also while a cell awaits.
   * @override
   * @param {any} sock
   * @param {Buffer[]} frames
   */
  async handleShellMessage(sock, ...frames) {
    const type = messageType(frames);
    if (type === "shutdown_request") return this.shutdown(sock, frames);
    if (type === "interrupt_request") return; // acted upon by the thread
    if (type !== "execute_request") return ANSWERED.has(type) ? this.guarded(sock, frames) : undefined;
    this.queue.push({ sock, frames });
    if (this.busy) return;
    this.busy = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) await this.guarded(next.sock, next.frames);
    this.aborting = false;
    this.busy = false;
  }

  /**
   * A request that tslab can't answer must not look like an error of a cell.
   * @param {any} sock
   * @param {Buffer[]} frames
   */
  async guarded(sock, frames) {
    try {
      await super.handleShellMessage(sock, ...frames);
    } catch (error) {
      this.log(`TypeScript kernel: ${error instanceof Error ? error.stack : error}\n`);
    }
  }

  /**
   * @override
   * @param {any} sock
   * @param {Message} message
   */
  async handleExecute(sock, message) {
    const {
      code,
      silent = false,
      stop_on_error = true,
    } = /** @type {{ code: string, silent?: boolean, stop_on_error?: boolean }} */ (message.content);
    if (this.aborting) return this.send(sock, message, "execute_reply", { status: "aborted", execution_count: this.count });
    if (!silent) this.count++;
    const cell = new Cell(this.count, code, (type, content) => this.send(this.iopub, message, type, content));
    rememberCode(cell);
    if (!silent) cell.publish("execute_input", { code, execution_count: cell.number });
    let error = await this.cells.run(cell);
    const data = !error && cell.result && !silent ? await resultBundle(cell.result.value).catch((thrown) => describe(thrown, cell)) : null;
    cell.result = null;
    if (data && "traceback" in data) error = /** @type {import("./errors.cjs").Report} */ (data);
    if (error) {
      cell.publish("error", error);
      if (stop_on_error) {
        await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
        this.aborting = this.queue.length > 0;
      }
      return this.send(sock, message, "execute_reply", { status: "error", execution_count: cell.number, ...error });
    }
    if (data) cell.publish("execute_result", { execution_count: cell.number, data, metadata: {} });
    const content = { status: "ok", execution_count: cell.number, payload: [], user_expressions: {} };
    this.send(sock, message, "execute_reply", content, { tdlgm: { compiling: cell.compiling } });
  }

  /**
   * No comms, said in the type of message that is expected.
   * @override
   * @param {any} sock
   * @param {Message} message
   */
  handleCommInfoRequest(sock, message) {
    this.send(sock, message, "comm_info_reply", { status: "ok", comms: {} });
  }

  /**
   * Sends what follows from a message: to all clients as an output, or to the one that asked.
   * @param {any} sock
   * @param {Message} message
   * @param {string} type
   * @param {object} content
   * @param {object} [metadata]
   */
  send(sock, message, type, content, metadata = {}) {
    const sent = message.createReply();
    sent.header.msg_type = type;
    Object.assign(sent, { content, metadata });
    sent.signAndSend(this.connInfo.key, sock);
  }

  /**
   * @param {any} sock
   * @param {Buffer[]} frames
   */
  async shutdown(sock, frames) {
    await this.atShutdown();
    await super.handleShellMessage(sock, ...frames); // answers, then closes the sockets
    setTimeout(() => process.exit(0), LAST_WORDS_MS).unref();
  }
}
exports.Server = Server;

/**
 * The type of a message in its raw frames: identities, a delimiter, a signature, the header.
 * @param {Buffer[]} frames
 * @returns {string}
 */
function messageType(frames) {
  const delimiter = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
  return JSON.parse(frames[delimiter + 2].toString()).msg_type;
}
