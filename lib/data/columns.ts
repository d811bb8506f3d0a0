/** Several columns of a table as one series of few different values a column, and each row as one value. */
import { checkText, refuse } from "../base/check";
import { columnOf, type Frame } from "./frame";
import { TEST_SIZE } from "./protocol";
import { Series } from "./series";

/** The class of values that the training part lacks. */
export const REST = -1;

/** A series of several columns, and the values of each. */
export interface ColumnSeries {
  /** The values in the table's units; REST where the training part lacks a value. */
  series: Series;
  /** The values of each column that the training part has, ascending, after REST: what a likelihood is over. */
  values: number[][];
}

/**
 * Columns of the trace, such as cpu_milli, memory_mib, num_gpu and gpu_milli, as one series with a row a pod. Only the values of the training part
 * (all rows but the last 500) have a class of their own, even those that it has once. All others are REST, which a likelihood must give a share too.
 * @param trace a frame with these columns
 * @param names of one column or more
 * @throws Error naming column and row when a value is missing, negative, or no number
 */
export function traceColumns(trace: Frame, names: readonly string[]): ColumnSeries {
  if (!Array.isArray(names) || names.length === 0) refuse("names", "an array of names, not empty", names);
  for (let j = 0; j < names.length; j++) checkText(names[j], `names[${j}]`, "a name");
  const columns = names.map((name) => Float32Array.from(columnOf(trace, name, "trace"), (x, row) => request(x, name, row)));
  const T = columns[0]!.length;
  if (T <= TEST_SIZE) refuse("trace", `a frame of more than ${TEST_SIZE} rows`, trace);
  const values = columns.map((column) => [REST, ...Float32Array.from(new Set(column.subarray(0, -TEST_SIZE))).sort()]);
  const known = values.map((own) => new Set(own));
  const d = names.length;
  const rows = Float32Array.from({ length: T * d }, (_, i) => {
    const [row, j] = [Math.floor(i / d), i % d];
    const v = columns[j]![row]!;
    return known[j]!.has(v) ? v : REST;
  });
  return { series: new Series(rows, names), values };
}

function request(x: unknown, name: string, row: number): number {
  if (typeof x !== "number" || !(x >= 0 && x < 2 ** 31)) refuse(`trace, column ${name}, row ${row}`, "a number from 0", x);
  return x;
}

/**
 * Each row of a series as one number, its type: the rows that differ are numbered in the order in which they come. What works on one column of few
 * different values, such as the predictors that count, works on these.
 * @example rowTypes(new Series(Float32Array.of(5, 0, 5, 1, 5, 0), ["a", "b"])) // 0, 1, 0
 */
export function rowTypes(series: Series): Float32Array {
  if (!(series instanceof Series)) refuse("series", "a Series", series);
  const d = series.columns.length;
  const types = new Map<string, number>();
  return Float32Array.from({ length: series.length }, (_, t) => {
    const key = series.values.subarray(t * d, (t + 1) * d).join();
    if (!types.has(key)) types.set(key, types.size);
    return types.get(key)!;
  });
}
