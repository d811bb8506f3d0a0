// The thread that holds Jupyter's sockets. It works while a cell computes: it answers heartbeats, hears interrupts, and sends what cells
// print. Its other side is wire.cjs.
"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const messages = require("./messages.cjs");
const { BACKLOG, INPUT, INTERRUPT, INTERRUPTS } = require("./wire.cjs");

/** @typedef {import("./wire.cjs").Sent} Sent */

/** Text is held back this long, so that lines printed one by one leave as one message. */
const GATHER_MS = 15;
/** A message holds no more characters of text than this, and the lines that it has begun. */
const MAX_TEXT = 500_000;

/** @type {{ shared: Int32Array, connection: import("./messages.cjs").Keys & Record<string, any>, replies: import("node:worker_threads").MessagePort }} */
const { shared, connection, replies } = workerData;
const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
const zmq = require(require.resolve("zeromq", { paths: [require.resolve("tslab")] }));

const unlimited = { sendHighWaterMark: 0 };
/** @type {Record<"shell" | "control" | "stdin", any>} */
const routers = { shell: new zmq.Router(unlimited), control: new zmq.Router(unlimited), stdin: new zmq.Router(unlimited) };
const iopub = new zmq.XPublisher({ ...unlimited, verbosity: "allSubs" });
const heartbeat = new zmq.Reply();
const sockets = { ...routers, iopub, hb: heartbeat };

/** @type {Sent[]} */
const queue = [];
let sending = false;

/** Sends a message after those before it. Text joins the text before it. @param {Sent} message */
function send(message) {
  const last = queue[queue.length - 1];
  const { text } = message;
  if (text && last?.text?.name === text.name && last.parent.msg_id === message.parent.msg_id && last.text.text.length < MAX_TEXT)
    last.text.text += text.text;
  else queue.push(message);
  if (!sending) void sendAll();
}

async function sendAll() {
  sending = true;
  for (let next = queue[0]; next; next = queue[0]) {
    if (next.text && queue.length === 1) await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    queue.shift();
    const content = next.text ? JSON.stringify(next.text) : next.content;
    const frames = messages.write({ ...next, content }, connection);
    try {
      await sockets[next.channel].send(frames);
    } catch (error) {
      port.postMessage({ problem: String(error) });
    }
    Atomics.sub(shared, BACKLOG, next.text ? next.text.text.length : content.length);
    Atomics.notify(shared, BACKLOG);
  }
  sending = false;
}

/** Raises the flag that the loops of a cell look at, tells the kernel, and sends SIGINT, at which Node stops a cell before its first await. */
function interrupt() {
  Atomics.store(shared, INTERRUPT, 1);
  port.postMessage({ interrupt: Atomics.add(shared, INTERRUPTS, 1) + 1 });
  process.kill(process.pid, "SIGINT");
  Atomics.compareExchange(shared, INTERRUPT, 1, 2);
}

/** What was said of frames that nobody can read: each sentence once, or garbage would fill a disk. @type {Set<string>} */
const said = new Set();

/** @param {unknown} error */
function complain(error) {
  const problem = error instanceof SyntaxError ? "a message that is not JSON" : error instanceof Error ? error.message : String(error);
  if (!said.has(problem)) port.postMessage({ problem });
  said.add(problem);
}

/** @param {keyof typeof routers} channel */
async function hear(channel) {
  for await (const frames of routers[channel]) {
    try {
      const message = messages.read(frames, connection);
      const type = message.header.msg_type;
      if (channel === "stdin") {
        if (type !== "input_reply") continue;
        replies.postMessage(message.content);
        Atomics.store(shared, INPUT, 1);
        Atomics.notify(shared, INPUT);
        continue;
      }
      if (type === "interrupt_request" || type === "shutdown_request") interrupt();
      port.postMessage({ channel, message });
    } catch (error) {
      complain(error);
    }
  }
}

/** Greets those who begin to listen, so that they know that they miss nothing from now on. */
async function greet() {
  for await (const [frame] of iopub) {
    if (frame[0] !== 1) continue; // the end of a subscription
    const topic = frame.subarray(1);
    const content = JSON.stringify({ subscription: topic.toString() });
    Atomics.add(shared, BACKLOG, content.length);
    send({ channel: "iopub", type: "iopub_welcome", identity: [topic], parent: {}, content, metadata: "{}", text: null });
  }
}

async function beat() {
  for await (const frames of heartbeat) await heartbeat.send(frames);
}

async function close() {
  while (sending) await new Promise((resolve) => setTimeout(resolve, 1));
  for (const socket of Object.values(sockets)) socket.close();
  port.close();
  replies.close();
}

/**
 * Clients choose free ports before a kernel takes them, so two kernels that start at once may be told the same one. Waiting for it is no use:
 * the client has met the other kernel there, and ZeroMQ does not try again. JupyterLab starts a kernel that has ended again, on other ports.
 * @param {any} socket
 * @param {string} address
 */
async function bind(socket, address) {
  try {
    await socket.bind(address);
  } catch (error) {
    throw new Error(`the kernel can't listen on ${address} (${/** @type {Error} */ (error).message}): start it again`);
  }
}

async function open() {
  const { transport, ip } = connection;
  const separator = transport === "ipc" ? "-" : ":";
  for (const [name, socket] of Object.entries(sockets)) await bind(socket, `${transport}://${ip}${separator}${connection[`${name}_port`]}`);
  port.on("message", (message) => (message === "close" ? close() : send(message)));
  void Promise.all([hear("shell"), hear("control"), hear("stdin"), greet(), beat()]);
  port.postMessage("open");
}
open().catch((error) => {
  for (const socket of Object.values(sockets)) socket.close(); // the process can't end with open ones
  port.postMessage({ failed: error.message });
  port.close();
  replies.close();
});
