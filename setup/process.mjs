// Child processes, and how times and progress are shown.
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { endTogether } from "./together.mjs";

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

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/**
 * Locks that are held, as open ends of pipes: what runs under one holds it too, should this process be killed.
 * @type {Set<import("node:stream").Writable>}
 */
export const heldLocks = new Set();

/** The children that run; those with a function, which passes a signal on, are waited for. */
const children = /** @type {Map<ChildProcess, ((signal: NodeJS.Signals) => void) | undefined>} */ (new Map());
let guarded = false;

/**
 * Ends a child with this process, so that it never runs on alone.
 * @param {ChildProcess} child
 * @param {(signal: NodeJS.Signals) => void} [pass]
 */
function guard(child, pass) {
  children.set(child, pass);
  child.once("close", () => children.delete(child));
  if (guarded) return;
  guarded = true;
  for (const [signal, code] of /** @type {const} */ ([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])) {
    process.on(signal, () => {
      for (const [child, pass = child.kill.bind(child)] of children) pass(signal);
      if (![...children.values()].some((pass) => pass)) process.exit(code);
    });
  }
}

/**
 * Runs a command and returns what it wrote to standard output; throws a PlainError, with the command's last lines as
 * details, if it can't be started, fails, or takes longer than `timeout` ms.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number, what?: string, show?: boolean, onLine?: (line: string) => void, group?: boolean }} [options]
 *   `what` names the action in the error; `show` passes the output through to the terminal; `onLine` gets each whole line; with `group`
 *   a signal reaches the command and all that it has started as Ctrl-C, and this process waits for their end
 * @returns {Promise<string>}
 */
export function run(command, args, { cwd, env, timeout, what = command, show = false, onLine, group = false } = {}) {
  return new Promise((resolve, reject) => {
    const output = show ? "inherit" : "pipe";
    const stdio = /** @type {import("node:child_process").StdioOptions} */ (["ignore", output, output, ...heldLocks]);
    const child = spawn(command, args, { cwd, env, timeout, killSignal: "SIGKILL", stdio, detached: group });
    guard(child, group ? () => process.kill(-(/** @type {number} */ (child.pid)), "SIGINT") : undefined);
    let out = "";
    let tail = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        if (stream === child.stdout) out += text;
        tail = (tail + text).slice(-4000);
      });
      if (stream && onLine) createInterface({ input: stream }).on("line", onLine);
    }
    child.on("error", (error) => {
      const missing = /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT";
      reject(new PlainError(`${what} can't be started: ${missing ? `there is no command "${command}"` : error.message}.`));
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve(out);
      else if (child.killed) reject(new PlainError(`${what} took longer than ${duration((timeout ?? 0) / 1000)} and was stopped.`, tail));
      else reject(new PlainError(`${what} failed (${signal ? `signal ${signal}` : `exit code ${code}`}).`, tail));
    });
  });
}

/**
 * Waits for a child and gives its exit code. Until then signals are passed on to it and this process stays, so that the child can end in
 * good order.
 * @param {ChildProcess} child
 * @returns {Promise<number>}
 */
export function ended(child) {
  guard(child, (signal) => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal); // a terminal sends Ctrl-C to both
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * Runs one of the project's TypeScript programs in this terminal and returns its exit code.
 * @param {string} root
 * @param {string} file
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export function runTypeScript(root, file, args, env) {
  return ended(spawn(process.execPath, [...typeScript(root), join(root, file), ...args], { env, stdio: "inherit" }));
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
 * A command's arguments, read by parseArgs; throws a PlainError that says how the command is used where it doesn't take one.
 * @template {import("node:util").ParseArgsConfig} T
 * @param {string} usage
 * @param {T} config
 */
export function readArguments(usage, config) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new PlainError(`${/** @type {Error} */ (error).message.split(". ")[0]}; the command is: ${usage}`);
  }
}

/**
 * Runs a command's main function: a PlainError becomes one sentence and exit code 1, any other error keeps its stack. What it has started
 * ends with it.
 * @param {() => Promise<number | void>} main its number is the exit code
 */
export async function command(main) {
  const endsWell = endTogether();
  try {
    process.exitCode = (await main()) || 0;
    if (!process.exitCode) endsWell();
  } catch (error) {
    process.exitCode = 1;
    if (!(error instanceof PlainError)) {
      console.error(error);
      return;
    }
    const details = error.details.trimEnd().split("\n").slice(-25);
    if (details.join("").trim()) console.error(`\n${details.map((line) => `    ${line}`).join("\n")}\n`);
    console.error(`Error: ${error.message}`);
  }
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
 * The seconds that are left. What is said to take `planned` seconds in all, and of which `done` are done, has taken `spent`: the plan counts
 * as much as 20 s of what was seen.
 * @param {number} planned
 * @param {number} done
 * @param {number} spent
 */
export const timeLeft = (planned, done, spent) => Math.max(1, (planned - done) * ((spent + 20) / (done + 20)));

/**
 * Shows how an action gets on: one line, rewritten in place in a terminal; elsewhere a new line every 10 s.
 * @template T
 * @param {() => string} text
 * @param {() => Promise<T>} action
 */
export async function withProgress(text, action) {
  const { stdout } = process;
  const show = () => stdout.write(stdout.isTTY ? `\r\x1b[2K${text().slice(0, (stdout.columns ?? 80) - 1)}` : `${text()}\n`);
  const beat = setInterval(show, stdout.isTTY ? 500 : 10_000);
  try {
    return await action();
  } finally {
    clearInterval(beat);
    if (stdout.isTTY) stdout.write("\r\x1b[2K");
  }
}
