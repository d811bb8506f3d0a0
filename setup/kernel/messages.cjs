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

/** The kernel's own session: what comes back under this name was not written by a client. */
const SESSION = crypto.randomUUID();

/** The signatures of the last messages: one that comes again is a copy that someone else sends. @type {Set<string>} */
const seen = new Set();
const MAX_SEEN = 65_536;

/** @typedef {{ key: string, signature_scheme?: string }} Keys of the connection file; an empty key means messages without a signature */

const signature = (/** @type {Keys} */ { key, signature_scheme = "hmac-sha256" }, /** @type {(string | Uint8Array)[]} */ parts) => {
  if (!key) return "";
  const sum = crypto.createHmac(signature_scheme.replace("hmac-", ""), key);
  for (const part of parts) sum.update(part);
  return sum.digest("hex");
};

/**
 * @param {Buffer[]} frames
 * @param {Keys} keys
 * @returns {Message}
 * @throws Error that says what is wrong with the frames, but never what would be right; nothing of them is looked at before they are verified
 */
exports.read = (frames, keys) => {
  const at = frames.findIndex((frame) => DELIMITER.equals(frame));
  if (at < 0) throw new Error("a message without a delimiter");
  const parts = frames.slice(at + 2);
  if (parts.length < 4) throw new Error("a message of too few parts");
  const [given, right] = [frames[at + 1], Buffer.from(signature(keys, parts.slice(0, 4)))];
  if (given.length !== right.length || !crypto.timingSafeEqual(given, right)) throw new Error("a message with a wrong signature");
  if (keys.key && !isNew(given.toString())) throw new Error("a message that came before");
  const [header, , metadata, content] = parts.slice(0, 4).map((part) => JSON.parse(part.toString()));
  if (typeof header?.msg_type !== "string") throw new Error("a message without a type");
  if (header.session === SESSION) throw new Error("a message of this kernel's own");
  if (typeof content !== "object" || content === null) throw new Error(`a ${header.msg_type} without content`);
  return { identity: frames.slice(0, at), header, metadata, content, buffers: frames.slice(at + 6) };
};

/** @param {string} signature */
function isNew(signature) {
  if (seen.has(signature)) return false;
  seen.add(signature);
  if (seen.size > MAX_SEEN) seen.delete(/** @type {string} */ (seen.values().next().value)); // the oldest
  return true;
}

/**
 * @param {{ type: string, identity: Uint8Array[], parent: Partial<Header>, content: string, metadata: string, buffers?: Uint8Array[] }} message content and metadata as JSON
 * @param {Keys} keys
 * @returns {(string | Uint8Array)[]} frames
 */
exports.write = ({ type, identity, parent, content, metadata, buffers = [] }, keys) => {
  const header = {
    msg_id: crypto.randomUUID(),
    msg_type: type,
    session: SESSION,
    username: parent.username ?? "",
    date: new Date().toISOString(),
    version: exports.PROTOCOL,
  };
  const parts = [JSON.stringify(header), JSON.stringify(parent), metadata, content];
  return [...identity, DELIMITER, signature(keys, parts), ...parts, ...buffers];
};
