/** Tables of danfo, whichever of its classes they are of. */
import { refuse } from "../base/check";

/** What the library needs of a danfo DataFrame. Frames out of query, loc and readCSV are of a base class of the one that `new DataFrame` makes. */
export interface Frame {
  readonly columns: string[];
  column(name: string): { readonly values: unknown };
}

/** @throws Error unless this is a danfo DataFrame, of either class */
export function checkFrame(frame: unknown, name: string): asserts frame is Frame {
  const { columns, column } = (frame ?? {}) as Partial<Frame>;
  if (!Array.isArray(columns) || typeof column !== "function") refuse(name, "a danfo DataFrame", frame);
}

/** The rows of a frame. A column may be named `values` too, so the class is asked. */
export const rowsOf = <T = unknown>(frame: Frame): T[][] => Reflect.get(Object.getPrototypeOf(frame), "values", frame) as T[][];

/** A column's values. @throws Error when there is no such column */
export function columnOf<T = unknown>(frame: Frame, column: string, name = "table"): T[] {
  checkFrame(frame, name);
  if (!frame.columns.includes(column))
    throw new Error(`${name === "table" ? "there is" : `${name} has`} no column ${column}, but ${frame.columns.join(", ") || "none"}`);
  return frame.column(column).values as T[];
}
