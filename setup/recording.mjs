// An executed notebook as it is committed: the same bytes at every record if nothing changed.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { differences } from "./compare.mjs";
import { paths, projectRoot } from "./env.mjs";
import { writeWhole } from "./files.mjs";
import { follows, outputsHash } from "./follows.mjs";
import { committedFile, executedFile, joined, PLOTLY, readNotebook, WIDGET_VIEW } from "./notebooks.mjs";
import { PlainError } from "./process.mjs";

/** @typedef {import("./notebooks.mjs").Notebook} Notebook */

/** A committed notebook is smaller than this. */
const MAX_BYTES = 1_500_000;

/**
 * An executed notebook as it is committed: outputs that draw the trace as still images only, no timings, nothing of the machine.
 * Throws where an output can't be committed.
 * @param {Notebook} executed
 * @param {string} name
 * @param {string} [root]
 * @returns {string}
 */
export function cleaned(executed, name, root = projectRoot) {
  let count = 0;
  const cells = executed.cells.map((cell) => {
    const { execution: _timing, ...metadata } = cell.metadata;
    if (cell.cell_type !== "code") return { ...cell, metadata };
    const ran = joined(cell.source).trim() !== "";
    if (ran) count++;
    const where = `${name}, cell ${count}`;
    const outputs = (cell.outputs ?? []).map((output) => cleanedOutput(output, count, where));
    return { ...cell, metadata, outputs, execution_count: ran ? count : null };
  });
  const { follows: recorded } = executed.metadata.tdlgm ?? {};
  const metadata = {
    kernelspec: { display_name: "TypeScript (tDLGM)", language: "typescript", name: "tslab" },
    language_info: { name: "typescript" },
    ...(recorded && { tdlgm: { follows: recorded, outputs: outputsHash({ ...executed, cells }) } }),
  };
  const text = `${JSON.stringify({ ...executed, cells, metadata }, null, 1)}\n`;
  const places = [root, homedir(), paths(root).temporary].filter((place) => place.length > 1);
  const place = places.find((path) => text.includes(`${path}/`) || text.includes(`${path}"`));
  if (place) throw new PlainError(`${name} holds the path ${place} of this machine: no output may name it.`);
  const bytes = Buffer.byteLength(text);
  if (bytes >= MAX_BYTES)
    throw new PlainError(`${name} has ${(bytes / 1e6).toFixed(1)} MB with its outputs, and at most ${MAX_BYTES / 1e6} MB are committed.`);
  return text;
}

/**
 * @param {any} output
 * @param {number} count
 * @param {string} where
 */
function cleanedOutput(output, count, where) {
  if (output.output_type === "error") throw new PlainError(`${where} shows an error: ${output.ename}: ${output.evalue}`);
  if (output.output_type === "stream") {
    if (output.name === "stderr") throw new PlainError(`${where} writes to stderr: ${joined(output.text).trim().split("\n")[0]}`);
    return output;
  }
  const { tdlgm } = output.metadata ?? {};
  const { [WIDGET_VIEW]: _view, ...data } = output.data; // without its kernel a live output is what stands for it
  if (tdlgm?.series) {
    if (!data["image/png"]) throw new PlainError(`${where} draws a stretch of the trace, but has no still image that could be committed.`);
    delete data[PLOTLY];
  }
  if (typeof tdlgm?.progress === "string") return settledProgress(output, tdlgm.progress);
  const result = { ...output, data, metadata: tdlgm ? { tdlgm } : {} };
  return output.output_type === "execute_result" ? { ...result, execution_count: count } : result;
}

/**
 * A progress output without its times: lib/notebook/display.ts puts the line without them into `metadata.tdlgm.progress`.
 * @param {any} output
 * @param {string} line
 */
function settledProgress(output, line) {
  const html = line.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return { ...output, data: { "text/html": [`<div>${html}</div>`], "text/plain": [line] }, metadata: { tdlgm: { progress: true } } };
}

/**
 * An executed notebook, cleaned. Throws if it was executed on a stand-in, on the small budget or with runs trained here, or if its text,
 * lib, data, runs or versions have changed since.
 * @param {string} root
 * @param {string} name
 */
export function recordable(root, name) {
  const file = executedFile(root, name);
  if (!existsSync(file)) throw new PlainError(`${name} has not been executed.`);
  const executed = readNotebook(file);
  const committed = readNotebook(committedFile(root, name));
  /** @type {Partial<import("./execute.mjs").Made>} */
  const { follows: then, budget, runs, standIn } = executed.metadata.tdlgm ?? {};
  if (standIn !== false) throw new PlainError(`${name} was executed on a stand-in, and that is not recorded.`);
  if (budget !== "full") throw new PlainError(`${name} was executed on the small budget, and that is not recorded.`);
  if (runs !== "shipped") throw new PlainError(`${name} was executed with runs that were trained here, and that is not recorded.`);
  const texts = [executed, committed].map(({ cells }) => cells.map((cell) => [cell.cell_type, joined(cell.source)]));
  if (!isDeepStrictEqual(texts[0], texts[1]) || !isDeepStrictEqual(then, follows(committed, root)))
    throw new PlainError(`${name}, or what it follows from, changed while or after it was executed: execute it again.`);
  return cleaned(executed, name, root);
}

/**
 * Writes the executed notebooks into notebooks/: all of them, or none if one can't be committed.
 * @param {string} root
 * @param {string[]} names
 */
export function recordNotebooks(root, names) {
  const texts = names.map((name) => recordable(root, name));
  for (const [i, name] of names.entries()) writeWhole(committedFile(root, name), texts[i]);
}

/**
 * Where the executed notebooks' numbers differ from the committed ones by more than the tolerance. Nothing is written.
 * @param {string} root
 * @param {string[]} names
 */
export const checkNotebooks = (root, names) =>
  names.flatMap((name) => differences(name, readNotebook(committedFile(root, name)), JSON.parse(recordable(root, name))));
