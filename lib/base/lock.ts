/** Locks on folders, so that two trainings never write into one. */
import { AsyncLocalStorage } from "node:async_hooks";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { makeFolder } from "./files";
import { AbortError } from "./interrupt";

/** The file in a folder that says who writes there. */
const LOCK_FILE = "writing.lock.tmp";
/** A lock that says nothing for so many milliseconds was left by a process that was killed while it made it. */
const IN_THE_MAKING = 5000;

/** The folders that belong to whoever runs now: work within such work writes there too. */
const owned = new AsyncLocalStorage<readonly string[]>();

/** The error of a folder that another training writes into. */
export class FolderInUse extends Error {}

/** What a lock says of its holder. */
interface Holder {
  pid: number;
  /** When the process started, in ticks since boot: a later process of its number is another one. */
  start?: string;
  host: string;
  since: string;
}

/**
 * Works on a folder's files while nobody else does, in this process or another. A lock whose process is gone is taken over, and what killed
 * writes left in the folder is removed.
 * @param options.name the argument that names the folder, "dir" by default
 * @param options.patience how many milliseconds to wait for a folder in use, 0 by default; `tell` hears once what is waited for
 * @throws FolderInUse naming the folder and the process that writes there; AbortError when the signal is aborted while it waits
 */
export async function withFolder<R>(
  folder: string,
  work: () => Promise<R>,
  options: { name?: string; patience?: number; signal?: AbortSignal; tell?: (message: string) => void } = {},
): Promise<R> {
  const { name, patience = 0, signal, tell } = options;
  const isNew = !fs.existsSync(folder);
  makeFolder(folder, name);
  const own = fs.realpathSync(folder);
  const before = owned.getStore() ?? [];
  if (before.includes(own)) return work();
  const lock = path.join(own, LOCK_FILE);
  const text = await takeWithin(patience, lock, folder, signal, tell);
  try {
    for (const file of fs.readdirSync(own)) {
      const pid = /\.(\d+)\.tmp$/.exec(file)?.[1];
      if (pid && !isAlive(Number(pid))) fs.rmSync(path.join(own, file), { force: true });
    }
    return await owned.run([...before, own], work);
  } finally {
    if (read(lock) === text) fs.rmSync(lock, { force: true });
    if (isNew && fs.readdirSync(own).length === 0) fs.rmSync(own, { recursive: true, force: true });
  }
}

async function takeWithin(patience: number, lock: string, folder: string, signal?: AbortSignal, tell?: (message: string) => void) {
  for (const began = performance.now(); ; ) {
    try {
      return take(lock, folder);
    } catch (failure) {
      if (!(failure instanceof FolderInUse) || performance.now() - began > patience) throw failure;
      tell?.(failure.message);
      tell = undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (signal?.aborted) throw new AbortError(`the wait for ${folder} was stopped`, undefined);
  }
}

/** Makes the lock. @returns what it says */
function take(lock: string, folder: string): string {
  const own: Holder = { pid: process.pid, start: startOf(process.pid), host: os.hostname(), since: new Date().toISOString() };
  const mine = JSON.stringify(own);
  for (;;) {
    try {
      const handle = fs.openSync(lock, "wx");
      try {
        fs.writeFileSync(handle, mine);
      } catch (failure) {
        fs.rmSync(lock, { force: true }); // an empty lock would keep others out
        throw new Error(`${lock}: cannot be written (${(failure as Error).message})`, { cause: failure });
      } finally {
        fs.closeSync(handle);
      }
      return mine;
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      if (code === "ENOENT")
        makeFolder(folder); // whoever made it has left it empty, and removed it
      else if (code !== "EEXIST") throw failure;
    }
    const text = read(lock);
    if (text === undefined) continue; // it has just been given back
    const holder = holderOf(text);
    const isHeld = holder ? holder.host !== own.host || isAlive(holder.pid, holder.start) : !isOld(lock);
    if (isHeld) {
      const { pid, host, since } = holder ?? own;
      const who = holder ? `process ${pid}${host === own.host ? "" : ` on ${host}`}` : "another process";
      throw new FolderInUse(
        `${who} has been writing into ${folder} since ${since}: wait until it ends, or choose another folder (if it is gone, delete ${lock})`,
      );
    }
    const stale = `${lock}.${process.pid}.tmp`;
    try {
      fs.renameSync(lock, stale);
    } catch {
      continue; // another process has taken it over
    }
    if (read(stale) === text) fs.rmSync(stale);
    else fs.renameSync(stale, lock); // another process has taken it over and holds it
  }
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function holderOf(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text);
    return Number.isSafeInteger(holder?.pid) ? holder : undefined;
  } catch {
    return undefined;
  }
}

const isOld = (file: string) => Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > IN_THE_MAKING;

/** The start of a process, as Linux tells it. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

function isAlive(pid: number, start?: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ESRCH") return false; // EPERM: it belongs to somebody else
  }
  return start === undefined || startOf(pid) === start;
}
