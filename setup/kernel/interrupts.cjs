// A separate thread listens for interrupts, so that they are heard while a cell computes. It holds Jupyter's control socket, raises a flag
// that the loops of a cell check (awaits.cjs), and sends SIGINT, which reaches the kernel when it handles events.
"use strict";
const { isMainThread, parentPort, Worker, workerData } = require("node:worker_threads");

/** 1 from an interrupt on, 2 once SIGINT is sent, 0 again at the end of the cell. */
exports.flag = new Int32Array(new SharedArrayBuffer(4));

/**
 * Binds the control socket in the thread; resolves when it is bound.
 * @param {string} address
 * @param {(socket: { send(frames: Uint8Array[]): void }, frames: Buffer[]) => void} onMessage
 * @returns {Promise<() => void>} closes it
 */
exports.bindControl = (address, onMessage) =>
  new Promise((resolve, reject) => {
    const thread = new Worker(__filename, { workerData: { flag: exports.flag, address } });
    const socket = { send: (/** @type {Uint8Array[]} */ frames) => thread.postMessage(frames.map((frame) => Buffer.from(frame))) };
    thread.once("error", reject);
    thread.on("message", (message) => {
      if (message === "bound") resolve(() => thread.postMessage("close"));
      else
        onMessage(
          socket,
          message.map((/** @type {Uint8Array} */ frame) => Buffer.from(frame)),
        );
    });
  });

async function hear() {
  const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
  const zmq = require(require.resolve("zeromq", { paths: [require.resolve("tslab")] }));
  const socket = new zmq.Router();
  await socket.bind(workerData.address);
  let sent = Promise.resolve();
  port.on("message", (message) => {
    sent = sent.then(async () => {
      if (message !== "close") return socket.send(message);
      socket.close();
      port.close();
    });
  });
  port.postMessage("bound");
  for await (const frames of socket) {
    if (frames.some((/** @type {Buffer} */ frame) => frame.includes('"msg_type": "interrupt_request"'))) {
      Atomics.store(workerData.flag, 0, 1);
      process.kill(process.pid, "SIGINT");
      Atomics.compareExchange(workerData.flag, 0, 1, 2);
    }
    port.postMessage(frames);
  }
}
if (!isMainThread && workerData?.flag) void hear();
