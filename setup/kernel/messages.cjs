// Jupyter's messages on the wire: [identities..., <IDS|MSG>, signature, header, parent header, metadata, content, buffers...].
"use strict";
const crypto = require("node:crypto");

/** @typedef {{ msg_id: string, msg_type: string, session: string, username: string, date: string, version: string }} Header */
/**
 * @typedef {object} Message
 * @property {Uint8Array[]} identity  of the client, the path back to it
 * @property {Header} header
 * @property {any} content
 * @property {any} metadata
 * @property {Uint8Array[]} [buffers]  what follows the content, of comm messages
 */

/** The version of Jupyter's protocol: 5.4 has iopub_welcome. */
exports.PROTOCOL = "5.4";

const DELIMITER = Buffer.from("<IDS|MSG>");

/** An empty key means messages without a signature. */
const signature = (/** @type {string} */ key, /** @type {(string | Uint8Array)[]} */ parts) => {
  if (!key) return "";
  const sum = crypto.createHmac("sha256", key);
  for (const part of parts) sum.update(part);
  return sum.digest("hex");
};

/**
 * @param {Buffer[]} frames
 * @param {string} key
 * @returns {Message}
 * @throws Error that says what is wrong with the frames
 */
exports.read = (frames, key) => {
  const at = frames.findIndex((frame) => DELIMITER.equals(frame));
  if (at < 0) throw new Error("a message without a delimiter");
  const parts = frames.slice(at + 2);
  if (parts.length < 4) throw new Error(`a message of ${parts.length} parts in place of header, parent, metadata and content`);
  if (frames[at + 1].toString() !== signature(key, parts.slice(0, 4))) throw new Error("a message with a wrong signature");
  const [header, , metadata, content] = parts.slice(0, 4).map((part) => JSON.parse(part.toString()));
  if (typeof header?.msg_type !== "string") throw new Error("a message without a type");
  if (typeof content !== "object" || content === null) throw new Error(`a ${header.msg_type} without content`);
  return { identity: frames.slice(0, at), header, metadata, content, buffers: frames.slice(at + 6) };
};

/**
 * @param {{ type: string, identity: Uint8Array[], parent: Partial<Header>, content: string, metadata: string, buffers?: Uint8Array[] }} message content and metadata as JSON
 * @param {string} key
 * @returns {(string | Uint8Array)[]} frames
 */
exports.write = ({ type, identity, parent, content, metadata, buffers = [] }, key) => {
  const header = {
    msg_id: crypto.randomUUID(),
    msg_type: type,
    session: parent.session ?? "",
    username: parent.username ?? "",
    date: new Date().toISOString(),
    version: exports.PROTOCOL,
  };
  const parts = [JSON.stringify(header), JSON.stringify(parent), metadata, content];
  return [...identity, DELIMITER, signature(key, parts), ...parts, ...buffers];
};
