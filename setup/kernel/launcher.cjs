// The Jupyter kernel of this project. Cells are compiled by tslab; the rest is here, one concern a file:
//   messages, sockets, wire     Jupyter's messages, and the thread that sends and hears them while a cell computes
//   server, history, complete, input   what is answered to each request
//   cells, executor, names, declarations, modules   a cell runs; what it declares stays, also if it fails; what it requires
//   awaits, interruptible, timers   an interrupt stops the work itself; late errors and prints go to the cell that they come from
//   compiler   strict types and source maps; with it shorthand (`{ a, b }` of earlier cells), edits (a changed file is seen at the next cell,
//              and all of lib is loaded again), compiled (what it made of lib is kept for the next kernel), door (of lib/index.ts only what
//              a cell imports is checked and loaded), beside (files beside the notebook), exported (`export` means nothing), hints
//   errors, stacks              errors with the lines of cells and of lib, wherever they are printed
//   results, outputs, children, png   what a cell shows
//   comms, widgets, kept        controls and figures that live: both sides of Jupyter's widget protocol, and what a saved notebook shows of them
//   help, paths                 Tab and Shift+Tab
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const util = require("node:util");

const exit = process.exit.bind(process); // below, a cell's is another
const TSLAB = "1.0.22"; // the files beside this one reach into its internals
const root = path.resolve(__dirname, "../..");

/**
 * Ends the process with one sentence.
 * @param {string} sentence
 * @returns {never}
 */
function refuse(sentence) {
  console.error(`TypeScript kernel: ${sentence}`);
  return exit(1);
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

const folder = process.cwd(); // the notebook's: Jupyter starts the kernel there
// Node 23 and later lack functions of `util` that TensorFlow's package calls; Node 22 complains of each call. Their users are packages, and
// what Node says of deprecations (punycode, url.parse) is about packages too: it would stand in cells, so it isn't said.
process.noDeprecation = true;
/** @type {any} */ (util).isArray = Array.isArray;
/** @type {any} */ (util).isNullOrUndefined = (/** @type {unknown} */ value) => value === null || value === undefined;

process.chdir(root); // "./lib/x" means the project's lib, wherever the lab was started
process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";

const { createConverter, ts } = require("./compiler.cjs"); // first: it prepares the compiler that tslab takes up
const { awaitCalls } = require("./awaits.cjs");
const { installReading } = require("./beside.cjs");
const { Cells } = require("./cells.cjs");
const { installChildren } = require("./children.cjs");
const { Comms } = require("./comms.cjs");
const { Executor } = require("./executor.cjs");
const { Help } = require("./help.cjs");
const { installInput } = require("./input.cjs");
const { Modules } = require("./modules.cjs");
const { installOutputs } = require("./outputs.cjs");
const { closeBrowser } = require("./png.cjs");
const { hideOrigins, showPackages } = require("./results.cjs");
const { Server } = require("./server.cjs");
const { installStacks } = require("./stacks.cjs");
const { installTimers } = require("./timers.cjs");
const { Widgets } = require("./widgets.cjs");
const { Wire } = require("./wire.cjs");

const connection = JSON.parse(fs.readFileSync(connectionFile, "utf8"));
const wire = new Wire(connection);
const cells = new Cells();
const calls = awaitCalls(cells);
const converter = createConverter(root, folder);
const executor = new Executor(converter, new Modules(root, folder), calls);
cells.executor = executor;
installStacks();
hideOrigins();
installTimers(cells);
installReading(folder);
installInput(cells, (cell, content) => wire.ask(/** @type {import("./messages.cjs").Message} */ (cell.request), content, calls.tick));
showPackages();

const comms = new Comms(wire, (text) => log(text));
const widgets = new Widgets(comms, cells);
const log = installOutputs(cells, widgets);
installChildren();
process.on("SIGINT", () => {}); // it stops the script that runs; the thread of the sockets tells the rest
process.on("uncaughtException", (error) => cells.fail(error));
process.on("unhandledRejection", (reason) => cells.fail(reason));
process.exit = (code) => {
  throw new Error(`process.exit(${code ?? ""}) would end the kernel and lose all names: leave it out, or restart the kernel`);
};

const server = new Server({
  wire,
  cells,
  help: new Help(executor, root, folder),
  comms,
  widgets,
  info: {
    implementation: "tdlgm",
    implementation_version: require(path.join(root, "package.json")).version,
    language_info: {
      name: "typescript",
      version: ts.version,
      mimetype: "text/typescript",
      file_extension: ".ts",
      codemirror_mode: { name: "javascript", mode: "typescript", typescript: true },
    },
    banner: `TypeScript ${ts.version} by tslab ${version}, Node ${process.version}`,
    help_links: [{ text: "TypeScript", url: "https://www.typescriptlang.org/docs/" }],
    debugger: false,
  },
  log,
  exit,
  async atShutdown() {
    converter.close();
    await widgets.kept.writing;
    await closeBrowser();
    for (const text of cells.late) log(`TypeScript kernel: after the last cell\n${text}\n`); // setup/execute.py knows these words
  },
});
// If Jupyter is killed, the kernel ends too.
const parent = Number(process.env.JPY_PARENT_PID);
if (parent === process.ppid) setInterval(() => parent !== process.ppid && void server.leave(1), 2000).unref();

wire
  .open(
    (channel, message) => void server.receive(channel, message),
    (number) => cells.interrupt(number),
    (problem) => log(`TypeScript kernel: ${problem}\n`),
  )
  .catch((error) => refuse(error.message));
