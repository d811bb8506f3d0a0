// A lock, so that two set-ups never work on one folder at a time. util-linux's flock holds it in a child that ends with this process,
// however that ends, and with the programs that this process runs under the lock.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { heldLocks, PlainError } from "./process.mjs";
import { unmarked } from "./together.mjs";

/**
 * Who holds the lock, in words; undefined if nobody does.
 * @param {string} path
 */
export function holder(path) {
  if (!existsSync(path) || spawnSync("flock", ["--nonblock", path, "true"]).status !== 1) return undefined;
  return readFileSync(path, "utf8").trim() || "another process";
}

/**
 * A child that holds the lock until its input ends; null if another process holds it and flock is told not to wait.
 * @param {string} path
 * @param {string[]} options of flock
 * @returns {Promise<import("node:child_process").ChildProcess | null>}
 */
function hold(path, options) {
  return new Promise((resolve, reject) => {
    // Detached and without the command's mark: it ends only after what is done under the lock.
    const args = [...options, path, "sh", "-c", "echo; exec cat"];
    const child = spawn("flock", args, { env: unmarked(), stdio: ["pipe", "pipe", "ignore"], detached: true });
    child.once("error", () => reject(new PlainError("There is no flock: install it (Debian and Ubuntu: apt install util-linux).")));
    child.stdout.once("data", () => resolve(child));
    child.once("close", () => resolve(null));
  });
}

/**
 * Runs `action` while holding the lock at `path`. Waits while another process holds it, and says once for whom.
 * @template T
 * @param {string} path
 * @param {string} name what is done under the lock, for those who wait
 * @param {() => Promise<T>} action
 * @param {(message: string) => void} [tell]
 * @returns {Promise<T>}
 */
export async function withLock(path, name, action, tell = console.log) {
  mkdirSync(dirname(path), { recursive: true });
  let child = await hold(path, ["--nonblock"]);
  if (!child) {
    tell(`Waiting for ${holder(path) ?? "another process"}.`);
    child = await hold(path, []);
  }
  if (!child) throw new PlainError(`The lock ${path} can't be taken.`);
  const since = new Date().toISOString();
  writeFileSync(path, `"${name}", process ${process.pid}, which has been working in this folder since ${since}\n`);
  const pipe = /** @type {import("node:stream").Writable} */ (child.stdin);
  heldLocks.add(pipe);
  try {
    return await action();
  } finally {
    heldLocks.delete(pipe);
    writeFileSync(path, "");
    const closed = new Promise((resolve) => child.once("close", resolve));
    pipe.end();
    await closed;
  }
}
