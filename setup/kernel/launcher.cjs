// The Jupyter kernel of this project: tslab, with what it lacks added from outside, one concern a file:
//   compiler   strict types and source maps; with it shorthand (`{ a, b }` of earlier cells), liveNames (a `let` is one variable for all
//              cells), edits (a changed file is seen at the next cell, and all of lib is loaded again), compiled (what it made of lib is
//              kept for the next kernel), door (of lib/index.ts only what a cell imports is checked and loaded)
//   awaits, interrupts, timers, cells   an interrupt stops the work itself; late errors and prints go to the cell that they come from
//   errors     Jupyter errors with the lines of cells and of lib: tslab only prints errors, and failing headless runs would pass
//   results, outputs, png               what a cell shows
//   server     the messages: one cell after the other, the rest aborted after an error
// Jupyter starts it through kernels/tslab/kernel.json: node launcher.cjs CONNECTION_FILE
"use strict";
const path = require("node:path");
const util = require("node:util");

const TSLAB = "1.0.22"; // the files beside this one reach into its internals
const root = path.resolve(__dirname, "../..");

/**
 * Ends the process with one sentence.
 * @param {string} sentence
 * @returns {never}
 */
function refuse(sentence) {
  console.error(`TypeScript kernel: ${sentence}`);
  process.exit(1);
}

/** @returns {string} the version of tslab that this project has installed */
function installedTslab() {
  try {
    return require("tslab/package.json").version;
  } catch {
    return refuse("tslab is not installed: run `npm run setup`.");
  }
}

const connectionFile = process.argv[2] ?? refuse("the connection file is missing: Jupyter starts this program, not a person.");
const version = installedTslab();
if (version !== TSLAB) refuse(`tslab ${version} is installed, and only ${TSLAB} is known to work: run \`npm ci --ignore-scripts\`.`);

// Node 23 and later lack functions of `util` that TensorFlow's package calls; Node 22 complains of each call. Their users are packages, and
// what Node says of deprecations (punycode, url.parse) is about packages too: it would stand in cells, so it isn't said.
process.noDeprecation = true;
/** @type {any} */ (util).isArray = Array.isArray;
/** @type {any} */ (util).isNullOrUndefined = (/** @type {unknown} */ value) => value === null || value === undefined;

process.chdir(root); // "./lib/x" means the project's lib, wherever the lab was started
process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
Error.stackTraceLimit = 100; // a stack from inside TensorFlow to the cell is longer than Node's 10

const { createConverter } = require("./compiler.cjs"); // first: it prepares the compiler that tslab takes up
const { createExecutor } = require("tslab/dist/executor.js");
const { JupyterHandlerImpl } = require("tslab/dist/jupyter.js");
const { installAwaits } = require("./awaits.cjs");
const { Cells } = require("./cells.cjs");
const { installLiveNames } = require("./liveNames.cjs");
const { installOutputs } = require("./outputs.cjs");
const { closeBrowser } = require("./png.cjs");
const { showPackages } = require("./results.cjs");
const { installTimers } = require("./timers.cjs");
const { Server } = require("./server.cjs");

const cells = new Cells();
const node = createConverter(root, cells);
const converters = { node, browser: node, close: () => node.close() };
const executor = createExecutor(root, converters, cells.console);
cells.executor = executor;
installLiveNames(executor.locals);
installAwaits(cells);
installTimers(cells);
showPackages();

const realStderr = installOutputs(cells);
process.on("SIGINT", () => cells.interrupt());
process.on("uncaughtException", (error) => cells.fail(error));
process.on("unhandledRejection", (reason) => cells.fail(reason));

const server = new Server(new JupyterHandlerImpl(executor, false), connectionFile, cells, realStderr, async () => {
  await closeBrowser();
  // setup/execute.py knows these words
  for (const text of cells.unreported()) realStderr(`TypeScript kernel: after the last cell\n${text}\n`);
});
// If Jupyter is killed, the kernel ends too.
const parent = Number(process.env.JPY_PARENT_PID);
if (parent === process.ppid) setInterval(() => parent !== process.ppid && process.exit(1), 2000).unref();

server.init().catch((error) => refuse(String(error?.stack ?? error)));
