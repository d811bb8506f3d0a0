// The kernel's side of the sockets, which live in a thread of their own (sockets.cjs).
"use strict";
const { MessageChannel, receiveMessageOnPort, Worker } = require("node:worker_threads");

/** @typedef {import("./messages.cjs").Message} Message */
/** @typedef {"shell" | "control" | "stdin" | "iopub"} Channel */
/**
 * @typedef {object} Sent
 * @property {Channel} channel
 * @property {string} type
 * @property {Uint8Array[]} identity
 * @property {Partial<import("./messages.cjs").Header>} parent
 * @property {string} content  as JSON
 * @property {string} metadata  as JSON
 * @property {{ name: string, text: string } | null} text  in place of content, what is printed
 * @property {Uint8Array[]} [buffers]
 */

/** A place in `shared`: 1 from an interrupt on, 2 once SIGINT is sent, 0 again at the end of the cell. */
exports.INTERRUPT = 0;
/** How many interrupts there were. */
exports.INTERRUPTS = 1;
/** 1 once a question is answered. */
exports.INPUT = 2;
/** Characters on their way to clients. */
exports.BACKLOG = 3;

/** What both threads see. */
const shared = new Int32Array(new SharedArrayBuffer(16));
exports.shared = shared;
const { BACKLOG, INPUT, INTERRUPT } = exports;

/** A cell that prints faster than messages can be sent waits while so many characters are on their way. */
const MAX_BACKLOG = 20_000_000;
/** How often a wait for input looks for an interrupt. */
const LOOK_MS = 20;

exports.Wire = class Wire {
  /** @param {Record<string, any>} connection what the connection file says */
  constructor(connection) {
    const { port1, port2 } = new MessageChannel();
    port1.unref();
    this.replies = port1;
    const workerData = { shared, connection, replies: port2 };
    this.thread = new Worker(require.resolve("./sockets.cjs"), { workerData, transferList: [port2] });
  }

  /**
   * Opens the sockets.
   * @param {(channel: Channel, message: Message) => void} onMessage
   * @param {(number: number) => void} onInterrupt hears of each, once the kernel handles events
   * @param {(sentence: string) => void} onProblem hears of messages that nobody can read
   * @returns {Promise<void>}
   */
  open(onMessage, onInterrupt, onProblem) {
    return new Promise((resolve, reject) => {
      this.thread.once("error", reject);
      this.thread.on("message", (event) => {
        if (event === "open") resolve();
        else if (event.failed) this.thread.once("exit", () => reject(new Error(event.failed)));
        else if (event.interrupt) onInterrupt(event.interrupt);
        else if (event.problem) onProblem(event.problem);
        else if (event.message) onMessage(event.channel, event.message);
      });
    });
  }

  /**
   * Sends what follows from a message: to all clients on iopub, or to the one that asked.
   * @param {Channel} channel
   * @param {string} type
   * @param {Message} parent
   * @param {unknown} content
   * @param {unknown} [metadata]
   * @param {Uint8Array[]} [buffers]
   * @throws TypeError if content or metadata can't be written as JSON
   */
  send(channel, type, { identity, header }, content, metadata = {}, buffers = undefined) {
    const text = type === "stream" ? /** @type {{ name: string, text: string }} */ (content) : null;
    const json = text ? "" : JSON.stringify(content);
    const to = channel === "iopub" ? [Buffer.from(type)] : identity;
    /** @type {Sent} */
    const message = { channel, type, identity: to, parent: header, content: json, metadata: JSON.stringify(metadata), text, buffers };
    this.thread.postMessage(message);
    let backlog = Atomics.add(shared, BACKLOG, text ? text.text.length : json.length);
    while (backlog > MAX_BACKLOG) {
      Atomics.wait(shared, BACKLOG, backlog, LOOK_MS);
      if (Atomics.load(shared, INTERRUPT) !== 0) return;
      backlog = Atomics.load(shared, BACKLOG);
    }
  }

  /**
   * Asks the person at the client, and waits: nothing else happens meanwhile.
   * @param {Message} parent
   * @param {{ prompt: string, password: boolean }} content
   * @param {() => void} look called while waiting; it may throw
   * @returns {string}
   */
  ask(parent, content, look) {
    while (receiveMessageOnPort(this.replies)); // answers to questions that were given up
    Atomics.store(shared, INPUT, 0);
    this.send("stdin", "input_request", parent, content);
    while (Atomics.load(shared, INPUT) === 0) {
      Atomics.wait(shared, INPUT, 0, LOOK_MS);
      look();
    }
    return String(receiveMessageOnPort(this.replies)?.message.value ?? "");
  }

  /**
   * Sends what is on its way, closes the sockets, and waits for the end of their thread: ZeroMQ aborts a process that exits while the thread
   * runs, and an aborted Node leaves a stderr that it shares non-blocking.
   * @returns {Promise<void>}
   */
  close() {
    return new Promise((resolve) => {
      this.thread.once("exit", () => resolve());
      this.thread.postMessage("close");
    });
  }
};
