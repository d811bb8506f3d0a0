/** Files and folders, written so that nobody ever sees half of one. */
import * as fs from "node:fs";
import * as path from "node:path";

/** Makes a folder that can be written into. @throws Error naming the argument, the folder and the reason */
export function makeFolder(folder: string, name = "dir"): void {
  try {
    const missing: string[] = [];
    let at = path.resolve(folder);
    for (; !fs.existsSync(at); at = path.dirname(at)) missing.unshift(at);
    for (const next of missing) fs.mkdirSync(next); // one by one: mkdir's own recursion never ends in some system folders
    if (!fs.statSync(path.resolve(folder)).isDirectory()) throw new Error("it is a file");
    fs.accessSync(folder, fs.constants.W_OK);
  } catch (failure) {
    throw new Error(`${name} must be a folder that can be written into; ${folder} is not: ${(failure as Error).message}`);
  }
}

/** Writes a file so that a reader sees the old content or the new one, never half of it. @throws Error naming the file and the reason */
export function writeAtomically(file: string, data: string | Uint8Array): void {
  makeFolder(path.dirname(file));
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = fs.openSync(temporary, "w");
    try {
      fs.writeFileSync(handle, data);
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(temporary, file);
  } catch (failure) {
    fs.rmSync(temporary, { force: true });
    throw new Error(`${file}: cannot be written (${(failure as Error).message})`, { cause: failure });
  }
}
