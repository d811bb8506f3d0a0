// What each number in the report's tables follows from, and the list of the report's files.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "./env.mjs";
import { filesBelow, sha256, writeWhole } from "./files.mjs";
import { output } from "./tools.mjs";

/**
 * A table of results; `runs` names the runs that a cell's number follows from. lib/paper/tables.ts makes them.
 * @typedef {{ text: string, runs?: string[] }} ResultCell
 * @typedef {{ id: string, caption: string, columns: string[], rows: ResultCell[][] }} ResultTable
 */
/**
 * A run behind the tables: `config` in full, `shipped` or trained here, `metrics` the sha256 of its metrics.json.
 * @typedef {{ config: { kind: string }, seed: number, share?: number, from?: number, shipped: boolean, device: string, metrics: string }} RunSource
 * @typedef {{ tables: ResultTable[], runs: Record<string, RunSource> }} Results
 */

/**
 * What a row is about: its cells before the first of the paper's numbers.
 * @param {ResultTable} table
 * @param {ResultCell[]} row
 */
export function rowLabel({ columns }, row) {
  const end = Math.max(
    1,
    columns.findIndex((name) => name.includes("paper")),
  );
  return row
    .slice(0, end)
    .map(({ text }) => text)
    .join(", ");
}

/**
 * Every cell that rests on runs, by table, row and column; each run once; the commit.
 * @param {string} root
 * @param {Results} results
 */
export function provenance(root, { tables, runs }) {
  const cells = tables.flatMap((table) =>
    table.rows.flatMap((row, index) =>
      row.flatMap(({ text, runs }, column) =>
        runs ? [{ table: table.id, row: index + 1, of: rowLabel(table, row), column: table.columns[column], text, runs }] : [],
      ),
    ),
  );
  return { commit: commit(root), runs, cells };
}

/**
 * The commit of the working tree, with "and changes" where it differs; null outside git.
 * @param {string} root
 */
function commit(root) {
  const head = output("git", ["-C", root, "rev-parse", "HEAD"]);
  if (!head) return null;
  return output("git", ["-C", root, "status", "--porcelain"]) ? `${head} and changes` : head;
}

/**
 * Writes report/manifest.json: every other file below report/ with its sha256.
 * @param {string} root
 */
export function writeManifest(root) {
  const folder = paths(root).report;
  const files = filesBelow(folder).filter((file) => file !== "manifest.json");
  const hashes = Object.fromEntries(files.map((file) => [file, sha256(readFileSync(join(folder, file)))]));
  writeWhole(join(folder, "manifest.json"), `${JSON.stringify(hashes, null, 1)}\n`);
}
