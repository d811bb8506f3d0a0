// Comms: Jupyter's lines between an object here and one in the reader's program, opened and closed by either side.
"use strict";
const crypto = require("node:crypto");

/** @typedef {import("./messages.cjs").Message} Message */
/** @typedef {{ data: any, metadata: any, buffers: Uint8Array[], request: Message }} Heard  what came from the other side */
/**
 * What hears a comm.
 * @typedef {{ message?: (heard: Heard) => void, closed?: () => void }} Listener
 */

/** One comm. */
class Comm {
  /** @param {Comms} comms @param {string} id @param {string} target */
  constructor(comms, id, target) {
    this.comms = comms;
    this.id = id;
    this.target = target;
    /** @type {Listener} */
    this.listener = {};
  }

  /**
   * @param {unknown} data
   * @param {Message} parent what it answers
   * @param {Uint8Array[]} [buffers]
   */
  send(data, parent, buffers) {
    this.comms.wire.send("iopub", "comm_msg", parent, { comm_id: this.id, data }, {}, buffers);
  }

  /** @param {Message} parent */
  close(parent) {
    if (!this.comms.open.delete(this.id)) return;
    this.comms.wire.send("iopub", "comm_close", parent, { comm_id: this.id, data: {} });
  }
}
exports.Comm = Comm;

class Comms {
  /**
   * @param {import("./wire.cjs").Wire} wire
   * @param {(text: string) => void} log
   */
  constructor(wire, log) {
    this.wire = wire;
    this.log = log;
    /** By their ids. @type {Map<string, Comm>} */
    this.open = new Map();
    /** What a client may open: it throws where it refuses. @type {Map<string, (comm: Comm, heard: Heard) => void>} */
    this.targets = new Map();
  }

  /**
   * Opens one from here, to all clients.
   * @param {string} target
   * @param {{ data: unknown, metadata?: unknown, buffers?: Uint8Array[] }} content
   * @param {Message} parent
   * @returns {Comm}
   */
  start(target, { data, metadata, buffers }, parent) {
    const comm = new Comm(this, crypto.randomUUID().replaceAll("-", ""), target);
    this.open.set(comm.id, comm);
    const content = { comm_id: comm.id, target_name: target, target_module: null, data };
    this.wire.send("iopub", "comm_open", parent, content, metadata, buffers);
    return comm;
  }

  /** @param {string} [target] all by default */
  info(target) {
    const comms = [...this.open.values()].filter((comm) => target === undefined || target === null || comm.target === target);
    return Object.fromEntries(comms.map((comm) => [comm.id, { target_name: comm.target }]));
  }

  /** A client opens one: it is closed again where its target is unknown or refuses it. @param {Message} message @returns {null} */
  opened(message) {
    const { comm_id, target_name } = message.content;
    const comm = new Comm(this, String(comm_id), String(target_name));
    this.open.set(comm.id, comm);
    try {
      const target = this.targets.get(comm.target);
      if (!target) throw new Error(`no such comm target: ${target_name}`);
      target(comm, heard(message));
    } catch (error) {
      this.log(`TypeScript kernel: comm_open: ${error instanceof Error ? error.message : error}\n`);
      comm.close(message);
    }
    return null;
  }

  /** A message of one that is not here is answered by its end: the view of a kernel before this one. @param {Message} message @returns {null} */
  received(message) {
    const { comm_id } = message.content;
    const comm = this.open.get(comm_id);
    if (!comm) this.wire.send("iopub", "comm_close", message, { comm_id, data: {} });
    else {
      try {
        comm.listener.message?.(heard(message));
      } catch (error) {
        this.log(`TypeScript kernel: comm_msg: ${error instanceof Error ? error.stack : error}\n`);
      }
    }
    return null;
  }

  /** @param {Message} message @returns {null} */
  closed(message) {
    const comm = this.open.get(message.content.comm_id);
    if (comm) {
      this.open.delete(comm.id);
      comm.listener.closed?.();
    }
    return null;
  }
}
exports.Comms = Comms;

/** @param {Message} message @returns {Heard} */
const heard = (message) => ({
  data: message.content.data ?? {},
  metadata: message.metadata ?? {},
  buffers: message.buffers ?? [],
  request: message,
});
