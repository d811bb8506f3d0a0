/// <reference path="../packages.d.ts" />
import { constants } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import "../tensor/environment";
import * as dfd from "danfojs-node";
import * as Papa from "papaparse";
import { projectRoot } from "../base/project";
import { checkSeed, generator } from "../base/random";
import { standInValues } from "./standIn";

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

const MAX_GPU_MILLI = 1000;
const standIns = new WeakSet<dfd.DataFrame>();
let saidStandIn = false;

/** Where the trace lies: data/openb_pod_list_default.csv in the project's folder. */
export function traceFile(): string {
  return path.join(projectRoot(), "data", "openb_pod_list_default.csv");
}

/**
 * Loads the trace: one row a pod, in order of creation. The columns are those of `COLUMNS`; all numbers are numbers. A missing
 * time (897 pods were never scheduled) is null, a missing text "": drop the rows with null before computing with such a column,
 * since danfo counts null as 0 in arithmetic, in sorting and in the means of groups.
 *
 * The whole file is checked first. CRLF, a byte order mark, quoted fields and a missing last newline are fine. It is held in memory:
 * 1 million rows (71 MB) take 4 s and 1.4 GB, 5 million 29 s and 4.6 GB, and Node's limits of 4 GB of heap and 536 MB of text lie not far above.
 *
 * Without a path: the file in data/. Where it is absent, or when TDLGM_STAND_IN is 1, the stand-in of standIn.ts, a frame with
 * the column gpu_milli alone, for which `isStandIn` is true.
 *
 * @param file path of a CSV file
 * @throws an Error naming file, column and line: file absent, too large, empty, header only, HTML or binary; a column missing; a row too
 *   short or too long; a value blank, not a number, infinite or negative; gpu_milli above 1000
 */
export async function loadTrace(file?: string): Promise<dfd.DataFrame> {
  if (file !== undefined && (typeof file !== "string" || file === ""))
    throw new Error(`path must be a file's path, but it is ${JSON.stringify(file)}`);
  if (file === undefined && process.env.TDLGM_STAND_IN === "1") return standIn();
  const read = async (path: string) => {
    const { size } = await stat(path);
    if (size <= constants.MAX_STRING_LENGTH) return readFile(path);
    throw new Error(
      `it has ${Math.round(size / 1e6)} MB, more than the ${Math.floor(constants.MAX_STRING_LENGTH / 1e6)} MB that one text may have`,
    );
  };
  const bytes = await read(file ?? traceFile()).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" && file === undefined) return undefined;
    if (error.code === "ENOENT") throw new Error(`${file}: there is no such file`, { cause: error });
    throw new Error(`${file ?? traceFile()}: cannot be read (${error.message})`, { cause: error });
  });
  if (bytes === undefined) {
    if (!saidStandIn)
      console.info("The trace is not in data/ (see data/README.md): a stand-in takes its place. These are not the paper's data.");
    saidStandIn = true;
    return standIn();
  }
  const { header, rows } = parse(bytes, file ?? traceFile());
  const dtypes = header.map((name, column) =>
    kindOf(name) === "text" ? "string" : rows.every((row) => Number.isInteger(row[column] ?? 0)) ? "int32" : "float32",
  );
  return new dfd.DataFrame(rows, { columns: header, dtypes });
}

/** Whether `trace` is the stand-in that `loadTrace` returned, and not the real trace. Frames derived from it are not marked. */
export function isStandIn(trace: dfd.DataFrame): boolean {
  return standIns.has(trace);
}

/**
 * The series of the paper: v = gpu_milli / 1000, the fraction of a GPU that each pod asks for, in the trace's order.
 *
 * @param trace a frame with the column gpu_milli
 * @returns values in [0, 1], one a row
 * @throws an Error naming column and row when a value is missing, not a number, or outside 0 .. 1000
 */
export function gpuRequests(trace: dfd.DataFrame): Float32Array {
  if (!(trace instanceof dfd.DataFrame)) throw new Error("trace must be a danfo DataFrame");
  if (!trace.columns.includes("gpu_milli")) throw new Error(`trace has no column gpu_milli, but ${trace.columns.join(", ") || "none"}`);
  const values: unknown[] = trace.column("gpu_milli").values;
  if (values.length === 0) throw new Error("trace has no rows");
  return Float32Array.from(values, (value, row) => {
    if (typeof value !== "number" || !(value >= 0 && value <= MAX_GPU_MILLI)) {
      throw new Error(`trace, column gpu_milli, row ${row}: ${String(value)} is not a number from 0 to ${MAX_GPU_MILLI}`);
    }
    return value / 1000;
  });
}

/**
 * Noise on a series, as in the paper's Tables 1 and 3: y_t = clamp(v_t + b_t (mean + sd ε_t), 0, 1) with b_t ~ Bernoulli(probability)
 * and ε_t ~ N(0, 1). Every value is clamped, changed or not.
 *
 * Value t has draws of its own (b_t and ε_t from two streams of the seed), so that the values changed at one probability are
 * among those changed at a higher one, by the same ε_t.
 *
 * @param series finite values
 * @param noise probability in [0, 1]; sd the standard deviation, from 0; mean the bias, default 0
 * @param seed integer 0 .. 2^31-1
 * @returns a new array of the same length
 */
export function addNoise(series: Float32Array, noise: { probability: number; sd: number; mean?: number }, seed: number): Float32Array {
  if (noise === null || typeof noise !== "object") throw new Error("noise must be { probability, sd, mean? }");
  const { probability, sd, mean = 0 } = noise;
  const number = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
  if (!(series instanceof Float32Array)) throw new Error("series must be a Float32Array");
  const bad = series.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`series must be finite, but series[${bad}] is ${series[bad]}`);
  if (!(number(probability) && probability >= 0 && probability <= 1))
    throw new Error(`noise.probability must be from 0 to 1, but it is ${probability}`);
  if (!(number(sd) && sd >= 0)) throw new Error(`noise.sd must be a finite number from 0, but it is ${sd}`);
  if (!number(mean)) throw new Error(`noise.mean must be a finite number, but it is ${mean}`);
  checkSeed(seed);
  const which = generator(seed, "noise/which");
  const size = generator(seed, "noise/size");
  return series.map((value) => {
    const epsilon = size.normal();
    const changed = which.uniform() < probability ? value + mean + sd * epsilon : value;
    return Math.min(1, Math.max(0, changed));
  });
}

function standIn(): dfd.DataFrame {
  const frame = new dfd.DataFrame(
    standInValues().map((value) => [value]),
    { columns: ["gpu_milli"], dtypes: ["int32"] },
  );
  standIns.add(frame);
  return frame;
}

function kindOf(column: string): "text" | "number" {
  return COLUMNS[column as keyof typeof COLUMNS]?.kind ?? "text";
}

// The checks go in the order in which a reader would want to hear of them: the file, its header, then row by row.
function parse(bytes: Buffer, file: string): { header: string[]; rows: (string | number | null)[][] } {
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
