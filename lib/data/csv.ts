/// <reference path="../packages.d.ts" />
/** The trace's CSV file, checked as it is read. */
import * as Papa from "papaparse";

/** The trace's columns in the file's order. A number column holds finite numbers from 0; only the columns with `gaps` may be empty. */
export const COLUMNS = {
  name: { kind: "text", gaps: false },
  cpu_milli: { kind: "number", gaps: false },
  memory_mib: { kind: "number", gaps: false },
  num_gpu: { kind: "number", gaps: false },
  gpu_milli: { kind: "number", gaps: false },
  gpu_spec: { kind: "text", gaps: true },
  qos: { kind: "text", gaps: false },
  pod_phase: { kind: "text", gaps: false },
  creation_time: { kind: "number", gaps: false },
  deletion_time: { kind: "number", gaps: true },
  scheduled_time: { kind: "number", gaps: true },
} as const;

/** The largest request: a whole GPU, in thousandths. */
export const MAX_GPU_MILLI = 1000;
/** What a column holds; one that the trace does not have is text. */
export function kindOf(column: string): "text" | "number" {
  return COLUMNS[column as keyof typeof COLUMNS]?.kind ?? "text";
}

/**
 * The header and the rows of a CSV file. The checks go in the order in which a reader wants to hear of them: the file, its header, its rows.
 * @throws Error naming file, line and column
 */
export function parse(bytes: Buffer, file: string): { header: string[]; rows: (string | number | null)[][] } {
  const text = decode(bytes, file);
  const { data, errors } = Papa.parse(text, { delimiter: ",", newline: "\n" });
  const lines = lineNumbers(data);
  const broken = errors[0];
  if (broken !== undefined) throw new Error(`${file}, line ${lines[broken.row ?? 0] ?? 1}: broken CSV (${broken.message})`);

  const header = data[0]!.map((name) => name.trim());
  const twice = header.find((name, column) => header.indexOf(name) !== column);
  if (twice !== undefined) throw new Error(`${file}, line 1: the column ${twice} is there twice`);
  const missing = Object.keys(COLUMNS).filter((name) => !header.includes(name));
  if (missing.length > 0)
    throw new Error(`${file}, line 1: the header has no column ${missing.join(", ")}; it has ${header.join(", ").slice(0, 200)}`);
  if (data.length === 1) throw new Error(`${file}, line 2: there is a header, but no row (column gpu_milli has no value)`);

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
    return fields.map((field, column) => cell(field.trim(), header[column]!, `${file}, line ${line}, column ${header[column]}`));
  });
  return { header, rows };
}

function decode(bytes: Buffer, file: string): string {
  const binary = `${file}, line 1: this is not a CSV file (binary data in place of the column names)`;
  if (bytes.includes(0)) throw new Error(binary);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes); // leaves a byte order mark out
  } catch (error) {
    throw new Error(binary, { cause: error });
  }
  if (text.trim() === "") throw new Error(`${file}, line 1: the file is empty (no column names)`);
  if (text.trimStart().startsWith("<"))
    throw new Error(`${file}, line 1: this is not a CSV file (HTML or XML in place of the column names)`);
  return text.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
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
  const { kind, gaps } = COLUMNS[column as keyof typeof COLUMNS] ?? { kind: "text", gaps: true };
  if (field === "" && !gaps) throw new Error(`${where}: the value is blank`);
  if (kind === "text") return field;
  if (field === "") return null;
  const value = Number(field);
  if (Math.abs(value) === Number.POSITIVE_INFINITY || /^[+-]?inf$/i.test(field)) throw new Error(`${where}: ${field} is infinite`);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(field))
    throw new Error(`${where}: ${JSON.stringify(field.slice(0, 40))} is not a number`);
  if (value < 0) throw new Error(`${where}: ${field} is negative`);
  if (column === "gpu_milli" && value > MAX_GPU_MILLI) throw new Error(`${where}: ${field} is above ${MAX_GPU_MILLI}`);
  return value;
}
