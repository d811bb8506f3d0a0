// Child processes, and how times and progress are shown.
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * A failure that a user can fix: its message is one plain sentence, shown without a stack.
 */
export class PlainError extends Error {
  /**
   * @param {string} message
   * @param {string} [details] what the failed command printed last
   */
  constructor(message, details = "") {
    super(message);
    this.name = "PlainError";
    this.details = details;
  }
}

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
let guarded = false;

/** Ends the child processes with this process, so that none runs on alone. */
function guardChildren() {
  if (guarded) return;
  guarded = true;
  for (const [signal, code] of /** @type {const} */ ([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])) {
    process.on(signal, () => {
      for (const child of children) child.kill(signal);
      process.exit(code);
    });
  }
}

/**
 * Runs a command and returns what it wrote to standard output; throws a PlainError, with the command's last lines as
 * details, if it can't be started, fails, or takes longer than `timeout` ms.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number, what?: string, show?: boolean, onLine?: (line: string) => void }} [options]
 *   `what` names the action in the error; `show` passes the output through to the terminal; `onLine` gets each whole line
 * @returns {Promise<string>}
 */
export function run(command, args, options = {}) {
  const what = options.what ?? command;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", options.show ? "inherit" : "pipe", options.show ? "inherit" : "pipe"],
    });
    guardChildren();
    children.add(child);
    let out = "";
    let tail = "";
    let pending = "";
    let late = false;
    const timer = options.timeout
      ? setTimeout(() => {
          late = true;
          child.kill("SIGKILL");
        }, options.timeout)
      : undefined;
    /** @param {string} text */
    const keep = (text) => {
      tail = (tail + text).slice(-4000);
      if (!options.onLine) return;
      const lines = (pending + text).split(/\r\n|\n|\r/);
      pending = lines.pop() ?? "";
      for (const line of lines) options.onLine(line);
    };
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      out += text;
      keep(text);
    });
    child.stderr?.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => {
      children.delete(child);
      clearTimeout(timer);
      const missing = /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT";
      reject(new PlainError(`${what} can't be started: ${missing ? `there is no command "${command}"` : error.message}.`));
    });
    child.on("close", (code, signal) => {
      children.delete(child);
      clearTimeout(timer);
      if (pending && options.onLine) options.onLine(pending);
      if (code === 0) resolve(out);
      else if (late) reject(new PlainError(`${what} took longer than ${duration((options.timeout ?? 0) / 1000)} and was stopped.`, tail));
      else reject(new PlainError(`${what} failed (${signal ? `signal ${signal}` : `exit code ${code}`}).`, tail));
    });
  });
}

/**
 * Waits for a child and gives its exit code. Until then signals are passed on to it and this process stays, so that the child can end in
 * good order.
 * @param {import("node:child_process").ChildProcess} child
 * @param {(signal: NodeJS.Signals) => NodeJS.Signals} [translate] which signal the child gets
 * @returns {Promise<number>}
 */
export function ended(child, translate = (signal) => signal) {
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(translate(signal)); // a terminal sends Ctrl-C to both
  };
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  const guards = signals.flatMap((signal) => process.listeners(signal).map((listener) => ({ signal, listener })));
  for (const { signal, listener } of guards) process.off(signal, listener);
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  }).finally(() => {
    for (const signal of signals) process.off(signal, pass);
    for (const { signal, listener } of guards) process.on(signal, listener);
  });
}

/**
 * Runs one of the project's TypeScript programs in this terminal and returns its exit code. It learns by its channel when this process is
 * gone, and this process by its parent's id when npm is: nothing trains on behind a command that was killed.
 * @param {string} root
 * @param {string} file
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export function runTypeScript(root, file, args, env) {
  const stdio = /** @type {import("node:child_process").StdioOptions} */ (["inherit", "inherit", "inherit", "ipc"]);
  const child = spawn(process.execPath, [...typeScript(root), join(root, file), ...args], { env, stdio });
  const parent = process.ppid;
  const watch = process.env.npm_lifecycle_event && setInterval(() => process.ppid !== parent && process.exit(1), 500);
  return ended(child).finally(() => watch && clearInterval(watch));
}

/**
 * Node's arguments by which it runs TypeScript.
 * @param {string} root
 */
export function typeScript(root) {
  return ["--import", pathToFileURL(join(root, "node_modules", "tsx", "dist", "loader.mjs")).href];
}

/**
 * Whether the module of this address is the program that Node was started with.
 * @param {string} address the module's import.meta.url
 */
export function isMain(address) {
  try {
    return realpathSync(process.argv[1]) === realpathSync(fileURLToPath(address));
  } catch {
    return false;
  }
}

/**
 * Runs a command's main function: a PlainError becomes one sentence and exit code 1, any other error keeps its stack.
 * @param {() => Promise<number | void>} main its number is the exit code
 */
export async function command(main) {
  try {
    process.exitCode = (await main()) || 0;
  } catch (error) {
    process.exitCode = 1;
    if (!(error instanceof PlainError)) {
      console.error(error);
      return;
    }
    if (error.details.trim()) console.error(`\n${indent(error.details.trimEnd())}\n`);
    console.error(`Error: ${error.message}`);
  }
}

/** @param {string} text */
function indent(text) {
  return text
    .split("\n")
    .slice(-25)
    .map((line) => `    ${line}`)
    .join("\n");
}

/**
 * Seconds as a person says them: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min".
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/**
 * One line of progress: rewritten in place in a terminal; elsewhere a new line, at most every 10 s.
 * @param {NodeJS.WriteStream} [stream]
 */
export function progressLine(stream = process.stdout) {
  let last = Date.now();
  let open = false;
  return {
    /** @param {string} text */
    update(text) {
      const now = Date.now();
      if (now - last < (stream.isTTY ? 100 : 10_000)) return;
      last = now;
      if (stream.isTTY) stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
      else stream.write(`${text}\n`);
      open = Boolean(stream.isTTY);
    },
    clear() {
      if (open) stream.write("\r\x1b[2K");
      open = false;
    },
  };
}
