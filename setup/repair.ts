/**
 * Repairs a column of a CSV file:
 *
 *   npm run repair -- IN.csv --column NAME --out OUT.csv [--seed N] [--particles N]
 *
 * OUT.csv has IN.csv's columns and rows and three more: NAME_repaired, and NAME_low and NAME_high, between which the value lies with 90 %. An
 * empty cell is a missing value. OUT.html, beside it, is a page on what was done. Both files are written whole, at the end.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import * as Papa from "papaparse";
import { checkSeed, checkWhole } from "../lib/base/check";
import { makeFolder, writeAtomically } from "../lib/base/files";
import { type LoadedSeries, loadSeries } from "../lib/data/loadSeries";
import { type OwnRepair, repairOwn } from "../lib/inference/ownSeries";
import { repairPage } from "./repairPage";

const USE = "npm run repair -- IN.csv --column NAME --out OUT.csv";

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { column: { type: "string" }, out: { type: "string" }, seed: { type: "string" }, particles: { type: "string" } },
  });
  if (positionals.length !== 1) throw new Error(`one CSV file is to be named: ${USE}`);
  if (!values.column) throw new Error(`--column is missing, the name of the column to repair: ${USE}`);
  if (!values.out) throw new Error(`--out is missing, the file to write: ${USE}`);
  const whole = (text: string | undefined, otherwise: number) =>
    text === undefined ? otherwise : text.trim() === "" ? Number.NaN : Number(text);
  const seed = whole(values.seed, 0);
  const particles = whole(values.particles, 200);
  checkSeed(seed, "--seed");
  checkWhole(particles, "--particles", 2, 100_000);
  const [from, out] = [path.resolve(positionals[0]!), path.resolve(values.out)];
  const page = `${out.replace(/\.csv$/i, "")}.html`;
  for (const file of [out, page]) {
    if (file === from || (fs.existsSync(file) && fs.existsSync(from) && fs.realpathSync(file) === fs.realpathSync(from)))
      throw new Error(`--out must be another file than ${positionals[0]}, which is read`);
    if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`--out must be a file; ${file} is a folder`);
  }
  return { given: positionals[0]!, from, column: values.column, out, page, seed, particles };
}

async function main(): Promise<void> {
  const { given, from, column, out, page, seed, particles } = readArguments();
  const loaded = await loadSeries(from, { columns: [column] });
  const added = [`${column}_repaired`, `${column}_low`, `${column}_high`];
  const taken = added.find((name) => loaded.table.header.includes(name));
  if (taken !== undefined) throw new Error(`${given}, line 1: the column ${taken} is there already`);
  const values = loaded.own(column);
  const there = values.filter((v) => !Number.isNaN(v));
  if (there.length < 30) throw new Error(`${given}, column ${column}: ${there.length} values are too few; 30 are needed`);
  if (there.every((v) => v === there[0])) throw new Error(`${given}, column ${column}: all values are equal`);
  makeFolder(path.dirname(out), "--out's folder");
  process.stdout.write(`${loaded.describe(column).sentence}\n`);
  const began = performance.now();
  const repaired = repairOwn(
    { values, decimals: loaded.decimals[0]! },
    { seed, particles, onProgress: show((line) => process.stdout.write(`${line}\n`)) },
  );
  writeAtomically(page, repairPage(loaded, column, repaired));
  writeAtomically(out, csvOf(loaded, added, repaired));
  const filled = loaded.describe(column).missing;
  process.stdout.write(
    `done in ${((performance.now() - began) / 1000).toFixed(1)} s: ${values.length} values by ${repaired.prior}, ${filled} gaps filled; ${out} and ${page}\n`,
  );
  for (const warning of repaired.warnings) process.stdout.write(`${warning}\n`);
}

/** The rows of the file as they were, and the repaired values. */
function csvOf({ table }: LoadedSeries, added: string[], { smoother }: OwnRepair): string {
  const rows = table.rows.map(({ fields }, t) => [...fields, ...[smoother.mean, smoother.low, smoother.high].map((x) => short(x[t]!))]);
  return `${Papa.unparse([[...table.header, ...added], ...rows], { newline: "\n" })}\n`;
}

/** A number without the digits that arithmetic in double precision leaves behind. */
const short = (x: number) => String(Number(x.toPrecision(12)));

/** One line a second at most: the share that is done, and the time left. */
function show(say: (line: string) => void): (share: number) => void {
  const began = performance.now();
  let last = began;
  return (share) => {
    const now = performance.now();
    if (now - last < 1000 || share <= 0) return;
    last = now;
    say(`${Math.floor(100 * share)} % done, about ${Math.ceil(((now - began) * (1 - share)) / share / 1000)} s left`);
  };
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
