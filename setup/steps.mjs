// Set-up as a list of steps. Each checks quickly whether it is done, and leaves a stamp when it is.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { paths } from "./env.mjs";
import { writeWhole } from "./files.mjs";
import { duration, withProgress } from "./process.mjs";

/**
 * A step of set-up. `inputs` is the fingerprint of what its result depends on, kept in its stamp; a step without it is
 * judged by `isThere` alone. `isThere` looks whether the result is really there. `run` makes it; it may return a short
 * note for the step's closing line.
 * @typedef {object} Step
 * @property {string} name the stamp's file name
 * @property {string} title
 * @property {() => string} [inputs]
 * @property {() => boolean} isThere
 * @property {(report: (text: string) => void) => Promise<string | void>} run
 */

/**
 * A sha256 over texts, and over the contents of files given as `{ file }` (a missing file counts as such).
 * @param {(string | { file: string })[]} parts
 */
export function fingerprint(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) {
    if (typeof part === "string") hash.update(`text ${part.length} ${part}`);
    else hash.update(existsSync(part.file) ? readFileSync(part.file) : "missing").update("file");
  }
  return hash.digest("hex");
}

/**
 * @param {string} root
 * @param {string} name
 * @returns {string | undefined}
 */
export function readStamp(root, name) {
  const file = join(paths(root).stamps, name);
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/**
 * @param {string} root
 * @param {string} name
 * @param {string} value
 */
export function writeStamp(root, name, value) {
  writeWhole(join(paths(root).stamps, name), `${value}\n`);
}

/**
 * @param {string} root
 * @param {string} name
 */
export function dropStamp(root, name) {
  rmSync(join(paths(root).stamps, name), { force: true });
}

/**
 * @param {string} root
 * @param {Step} step
 */
export function isDone(root, step) {
  return (!step.inputs || readStamp(root, step.name) === step.inputs()) && step.isThere();
}

/**
 * Runs the steps that aren't done, in order, and shows each with its time. A step's stamp is dropped before it starts
 * and written after it ended, so that an interrupted step is done again.
 * @param {string} root
 * @param {Step[]} steps
 * @param {(line: string) => void} [tell]
 * @returns {Promise<number>} how many steps were run
 */
export async function runSteps(root, steps, tell = console.log) {
  let count = 0;
  for (const [index, step] of steps.entries()) {
    if (isDone(root, step)) continue;
    count++;
    const label = `[${index + 1}/${steps.length}] ${step.title}`;
    tell(`${label} ...`);
    dropStamp(root, step.name);
    const inputs = step.inputs?.();
    const start = performance.now();
    let news = "";
    const seconds = () => (performance.now() - start) / 1000;
    const note = await withProgress(
      () => `${label}: ${news ? `${news}, ` : ""}${duration(seconds())}`,
      () =>
        step.run((text) => {
          news = text;
        }),
    );
    if (inputs !== undefined) writeStamp(root, step.name, inputs);
    tell(`${label}: ${note ? `${note}, ` : ""}${duration(seconds())}`);
  }
  return count;
}
