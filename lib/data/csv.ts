/// <reference path="../packages.d.ts" />
/** The trace's CSV file, checked as it is read. */
import { constants } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import * as Papa from "papaparse";

/** The trace's columns in the file's order, and what they hold. Lists of pods by the same authors lack some of them. */
export const COLUMNS = {
  name: "text",
  cpu_milli: "number",
  memory_mib: "number",
  num_gpu: "number",
  gpu_milli: "number",
  gpu_spec: "text",
  qos: "text",
  pod_phase: "text",
  creation_time: "number",
  deletion_time: "number",
  scheduled_time: "number",
} as const;
/** The column that must be there, without a gap. */
const NEEDED = "gpu_milli";

/** The largest request: a whole GPU, in thousandths. */
export const MAX_GPU_MILLI = 1000;
/** What a column holds; one that the trace does not have is text. */
export function kindOf(column: string): "text" | "number" {
  return Object.hasOwn(COLUMNS, column) ? COLUMNS[column as keyof typeof COLUMNS] : "text";
}

/** A CSV file as it is: its header, and each row's fields with the line it starts on, from 1. */
export interface Table {
  header: string[];
  rows: { fields: string[]; line: number }[];
}

/**
 * The header and the rows of a CSV file, as texts. The checks go in the order in which a reader wants to hear of them: the file, its header, its
 * rows.
 * @param needed columns that must be there
 * @throws Error naming file, line and column
 */
export function readTable(bytes: Buffer, file: string, needed: readonly string[]): Table {
  const text = decode(bytes, file);
  const { data, errors } = Papa.parse(text, { delimiter: ",", newline: "\n" });
  const lines = lineNumbers(data);
  const broken = errors[0];
  if (broken !== undefined) throw new Error(`${file}, line ${lines[broken.row ?? 0] ?? 1}: broken CSV (${broken.message})`);

  const header = data[0]!.map((name) => name.trim());
  const twice = header.find((name, column) => header.indexOf(name) !== column);
  if (twice !== undefined) throw new Error(`${file}, line 1: the column ${twice} is there twice`);
  const absent = needed.find((name) => !header.includes(name));
  if (absent !== undefined) {
    const other = header.length === 1 && /[;\t|]/.test(header[0]!) ? " (columns must be separated by commas)" : "";
    throw new Error(`${file}, line 1: the header has no column ${absent}; it has ${header.join(", ").slice(0, 200)}${other}`);
  }
  if (data.length === 1) throw new Error(`${file}, line 2: there is a header, but no row (column ${needed[0]} has no value)`);

  const rows = data.slice(1).map((fields, row) => {
    const line = lines[row + 1]!;
    if (fields.length < header.length) {
      throw new Error(
        `${file}, line ${line}: the row is too short, ${fields.length} of ${header.length} fields (column ${header[fields.length]} is missing)`,
      );
    }
    if (fields.length > header.length) {
      throw new Error(
        `${file}, line ${line}: the row is too long, ${fields.length} fields for ${header.length} columns (after column ${header.at(-1)})`,
      );
    }
    return { fields, line };
  });
  return { header, rows };
}

/**
 * The trace's header and rows, numbers as numbers.
 * @throws Error naming file, line and column
 */
export function parse(bytes: Buffer, file: string): { header: string[]; rows: (string | number | null)[][] } {
  const { header, rows } = readTable(bytes, file, [NEEDED]);
  const taken = header.find((name) => /^(\$.*|columns)$/.test(name));
  if (taken !== undefined) throw new Error(`${file}, line 1: a DataFrame of danfo can't have a column ${taken}, its own name: rename it`);
  return {
    header,
    rows: rows.map(({ fields, line }) =>
      fields.map((field, column) => cell(field.trim(), header[column]!, `${file}, line ${line}, column ${header[column]}`)),
    ),
  };
}

/** A file's bytes, if one text can hold them. @throws Error naming the file and the reason */
export async function readBytes(file: string): Promise<Buffer> {
  const read = async () => {
    const { size } = await stat(file);
    if (size <= constants.MAX_STRING_LENGTH) return readFile(file);
    throw new Error(
      `it has ${Math.round(size / 1e6)} MB, more than the ${Math.floor(constants.MAX_STRING_LENGTH / 1e6)} MB that one text may have`,
    );
  };
  return read().catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new Error(`${file}: there is no such file`, { cause: error });
    throw new Error(`${file}: cannot be read (${error.message})`, { cause: error });
  });
}

function decode(bytes: Buffer, file: string): string {
  const refused = (what: string) => new Error(`${file}, line 1: ${what}`);
  const binary = "this is not a CSV file (binary data in place of the column names)";
  if (isUtf16(bytes)) throw refused("this text is UTF-16, not UTF-8; save it as UTF-8");
  if (bytes.includes(0)) throw refused(binary);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes); // leaves a byte order mark out
  } catch {
    const isText = bytes.includes(10) && bytes.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
    throw refused(isText ? "this text is not UTF-8, but Latin-1 (Windows-1252) or the like; save it as UTF-8" : binary);
  }
  if (text.trim() === "") throw new Error(`${file}, line 1: the file is empty (no column names)`);
  if (text.trimStart().startsWith("<"))
    throw new Error(`${file}, line 1: this is not a CSV file (HTML or XML in place of the column names)`);
  return text.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
}

/** Whether every second byte of the beginning is 0, or a mark says so. */
function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.length >= 2 ? bytes.readUInt16LE(0) : 0;
  if (mark === 0xfeff || mark === 0xfffe) return true;
  const [even, odd] = [0, 1].map((side) => bytes.subarray(0, 64).filter((byte, i) => i % 2 === side && byte === 0).length);
  const pairs = Math.floor(Math.min(64, bytes.length) / 2);
  return pairs >= 4 && Math.abs(even! - odd!) === pairs && Math.min(even!, odd!) === 0;
}

// The line on which each row starts, from 1: a quoted field may hold newlines.
function lineNumbers(rows: string[][]): number[] {
  let line = 1;
  return rows.map((fields) => {
    const start = line;
    line += 1 + fields.reduce((sum, field) => sum + field.split("\n").length - 1, 0);
    return start;
  });
}

function cell(field: string, column: string, where: string): string | number | null {
  if (kindOf(column) === "text") return field;
  if (field === "" && column === NEEDED) throw new Error(`${where}: the value is blank`);
  if (field === "") return null;
  const value = numberIn(field, where);
  if (column === NEEDED && value < 0) throw new Error(`${where}: ${field} is negative`);
  if (column === NEEDED && value > MAX_GPU_MILLI) throw new Error(`${where}: ${field} is above ${MAX_GPU_MILLI}`);
  return value;
}

/** The number that a field holds. @throws Error naming the place when it is infinite or no number */
export function numberIn(field: string, where: string): number {
  const value = Number(field);
  if (Math.abs(value) === Number.POSITIVE_INFINITY || /^[+-]?inf$/i.test(field)) throw new Error(`${where}: ${field} is infinite`);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(field))
    throw new Error(`${where}: ${JSON.stringify(field.slice(0, 40))} is not a number`);
  return value;
}
