// A lock file, so that two set-ups never work on one folder at a time.
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";

/** @typedef {{ pid: number, started: string, host: string, command: string, since: string }} Holder */

/**
 * When a process started, as a text that differs for a later process of the same number; undefined if there is none.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function processStart(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the command's name, may hold spaces and brackets: count from its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    if (process.platform === "linux") return undefined;
  }
  try {
    const options = {
      encoding: /** @type {const} */ ("utf8"),
      stdio: /** @type {import("node:child_process").StdioOptions} */ (["ignore", "pipe", "ignore"]),
    };
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], options).trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path
 * @returns {Holder | undefined}
 */
export function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Whether the lock's holder still runs. A holder on another machine (a shared disk) counts as running.
 * @param {Holder} holder
 */
export function isAlive(holder) {
  return holder.host !== hostname() || processStart(holder.pid) === holder.started;
}

/**
 * @param {string} path
 * @param {string} name
 * @returns {boolean} whether the lock is now ours
 */
function tryLock(path, name) {
  const mine = `${path}.${process.pid}`;
  /** @type {Holder} */
  const holder = {
    pid: process.pid,
    started: processStart(process.pid) ?? "",
    host: hostname(),
    command: name,
    since: new Date().toISOString(),
  };
  writeFileSync(mine, JSON.stringify(holder));
  try {
    linkSync(mine, path); // fails if the lock is there, and never shows it half written
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Removes a lock whose holder is gone. A folder guards this, so that of two that see the stale lock one can't remove
 * the new lock of the other.
 * @param {string} path
 */
function removeStale(path) {
  const guard = `${path}.takeover`;
  try {
    mkdirSync(guard);
  } catch {
    try {
      if (Date.now() - statSync(guard).mtimeMs > 10_000) rmdirSync(guard);
    } catch {
      // another process removed the guard in between
    }
    return;
  }
  try {
    const holder = readLock(path);
    if (!holder || !isAlive(holder)) rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
}

/**
 * Runs `action` while holding the lock at `path`. Waits while a living process holds it, telling for whom once; takes
 * over a lock whose holder is gone.
 * @template T
 * @param {string} path
 * @param {string} name what is done under the lock, for those who wait
 * @param {() => Promise<T>} action
 * @param {(message: string) => void} [tell]
 * @returns {Promise<T>}
 */
export async function withLock(path, name, action, tell = console.log) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryLock(path, name)) {
    const holder = readLock(path);
    if (!holder || !isAlive(holder)) {
      removeStale(path);
    } else if (!told) {
      told = true;
      const elsewhere = holder.host === hostname() ? "" : ` on ${holder.host} (if that machine is gone, delete ${path})`;
      tell(
        `Waiting for "${holder.command}", process ${holder.pid}${elsewhere}, which has been setting up this folder since ${holder.since}.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  try {
    return await action();
  } finally {
    process.off("exit", release);
    release();
  }
}
