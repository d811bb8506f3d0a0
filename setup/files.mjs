// Files: written whole or not at all, listed, hashed; folders made whole or not at all.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/**
 * Writes a file, and its folder, whole or not at all.
 * @param {string} file
 * @param {string | Uint8Array} content
 */
export function writeWhole(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, file);
}

/** Whether something has this path, be it a link that leads nowhere. @param {string} path */
const isAnything = (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Where a folder is made, and where the old one goes meanwhile. @param {string} folder */
const beside = (folder) => ({ part: `${folder}.part`, old: `${folder}.old` });

/**
 * Makes a folder beside the old one, from nothing, and puts it in the old one's place when it is whole.
 * @param {string} folder
 * @param {(part: string) => Promise<unknown>} make
 * @param {string} [inside] only this of what is made is kept
 */
export async function remake(folder, make, inside = "") {
  const { part, old } = beside(folder);
  clearHalves(folder);
  mkdirSync(part, { recursive: true });
  await make(part);
  if (isAnything(folder)) renameSync(folder, old);
  renameSync(join(part, inside), folder);
  clearHalves(folder);
}

/** Whether a kill left something beside a folder. @param {string} folder */
export const hasHalves = (folder) => Object.values(beside(folder)).some(isAnything);

/** @param {string} folder */
export function clearHalves(folder) {
  for (const half of Object.values(beside(folder))) rmSync(half, { recursive: true, force: true });
}

/**
 * Removes what killed writes left in these folders: what is named NAME.PID.part or NAME.PID.tmp whose process is gone.
 * @param {string[]} folders
 */
export function clearKilledWrites(folders) {
  for (const folder of folders)
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const pid = /\.(\d+)\.(?:part|tmp)$/.exec(name)?.[1];
      if (pid && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
    }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string | Uint8Array} content */
export const sha256 = (content) => createHash("sha256").update(content).digest("hex");

/**
 * All files below a folder, as sorted paths from it with slashes; none where there is no folder.
 * @param {string} folder
 */
export function filesBelow(folder) {
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  const files = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return files.map((file) => file.split(sep).join("/")).sort();
}
