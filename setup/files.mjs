// Files: written whole or not at all, listed, hashed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
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
