import { existsSync } from "node:fs";
import path from "node:path";
import "../tensor/environment";
import * as dfd from "danfojs-node";
import { checkText } from "../base/check";
import { projectRoot } from "../base/project";
import { kindOf, MAX_GPU_MILLI, parse, readBytes } from "./csv";
import { columnOf, type Frame } from "./frame";
import { Series } from "./series";
import { standInValues } from "./standIn";

export { COLUMNS } from "./csv";

let saidStandIn = false;

/** Where the trace lies: data/openb_pod_list_default.csv in the project's folder. */
export function traceFile(): string {
  return path.join(projectRoot(), "data", "openb_pod_list_default.csv");
}

/**
 * Loads the trace: one row a pod, in order of creation. Of the columns of `COLUMNS` only gpu_milli must be there. A missing number, such as
 * the times of 897 pods that were never scheduled, is null, a missing text "": drop the rows with null before computing with such a column,
 * since danfo counts null as 0 in arithmetic, in sorting and in the means of groups.
 *
 * The whole file is checked first. CRLF, a byte order mark, quoted fields and a missing last newline are fine. It is held in memory:
 * 1 million rows (71 MB) take 4 s and 1.4 GB, 5 million 29 s and 4.6 GB, and Node's limits of 4 GB of heap and 536 MB of text lie not far above.
 *
 * Without a path: the file in data/. Where it is absent, or when TDLGM_STAND_IN is 1, the stand-in of standIn.ts, a frame with
 * the column gpu_milli alone, for which `isStandIn` is true.
 *
 * @param file path of a CSV file
 * @throws an Error naming file, column and line: file absent, too large, empty, header only, HTML, binary, or text that is not
 *   UTF-8; no column gpu_milli; a row too short or too long; a number that is none; gpu_milli blank, or not from 0 to 1000
 */
export async function loadTrace(file?: string): Promise<dfd.DataFrame> {
  if (file !== undefined) checkText(file, "file", "a path");
  if (file === undefined && process.env.TDLGM_STAND_IN === "1") return standIn();
  const from = file ?? traceFile();
  if (file === undefined && !existsSync(from)) {
    if (!saidStandIn)
      console.info("The trace is not in data/ (see data/README.md): a stand-in takes its place. These are not the paper's data.");
    saidStandIn = true;
    return standIn();
  }
  const { header, rows } = parse(await readBytes(from), from);
  const dtypes = header.map((name, column) =>
    kindOf(name) === "text" ? "string" : rows.every((row) => isInt32(row[column] ?? 0)) ? "int32" : "float32",
  );
  return new dfd.DataFrame(rows, { columns: header, dtypes });
}

const isInt32 = (value: unknown) => ((value as number) | 0) === value;

/**
 * The series of the paper: v = gpu_milli / 1000, the fraction of a GPU that each pod asks for, in the trace's order.
 *
 * @param trace a frame with the column gpu_milli
 * @returns values in [0, 1], one a row
 * @throws an Error naming column and row when a value is missing, not a number, or outside 0 .. 1000
 */
export function gpuRequests(trace: Frame): Float32Array {
  const values = columnOf(trace, "gpu_milli", "trace");
  if (values.length === 0) throw new Error("trace has no rows");
  return Float32Array.from(values, (value, row) => {
    if (typeof value !== "number" || !(value >= 0 && value <= MAX_GPU_MILLI)) {
      throw new Error(`trace, column gpu_milli, row ${row}: ${String(value)} is not a number from 0 to ${MAX_GPU_MILLI}`);
    }
    return value / 1000;
  });
}

/** The series of the paper with its identity: `gpuRequests` of the trace, or of the stand-in. */
export function requestSeries(trace: Frame): Series {
  const values = gpuRequests(trace);
  return new Series(values, ["gpu_milli"], isStandInSeries(values));
}

/** Whether the trace's requests are those of the stand-in that `loadTrace` returns where the real trace is missing. */
export const isStandIn = (trace: Frame): boolean => isStandInSeries(gpuRequests(trace));

/** The stand-in follows from its seed, so its values name it. */
function isStandInSeries(values: Float32Array): boolean {
  standInRequests ??= gpuRequests(standIn());
  return values.length === standInRequests.length && values.every((v, t) => v === standInRequests![t]);
}
let standInRequests: Float32Array | undefined;

const standIn = (): dfd.DataFrame =>
  new dfd.DataFrame(
    standInValues().map((value) => [value]),
    { columns: ["gpu_milli"], dtypes: ["int32"] },
  );
