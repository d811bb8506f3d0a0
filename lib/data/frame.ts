/** Tables of danfo, whichever of its classes they are of. */
import { refuse } from "../base/check";

/** What the library needs of a danfo DataFrame. Frames out of query, loc and readCSV are of a base class of the one that `new DataFrame` makes. */
export interface Frame {
  readonly columns: string[];
}

/** A property or method of a frame's class. A column of that name hides it in the frame itself. */
const ofClass = (frame: object, name: string): unknown => Reflect.get(Object.getPrototypeOf(frame), name, frame);

/** @throws Error unless this is a danfo DataFrame, of either class */
export function checkFrame(frame: unknown, name: string): asserts frame is Frame {
  const isObject = typeof frame === "object" && frame !== null && Object.getPrototypeOf(frame) !== null;
  if (!isObject || !Array.isArray(ofClass(frame, "columns")) || typeof ofClass(frame, "column") !== "function")
    refuse(name, "a danfo DataFrame", frame);
}

/** The rows of a frame. */
export const rowsOf = <T = unknown>(frame: Frame): T[][] => ofClass(frame, "values") as T[][];

/** A column's values. @throws Error when there is no such column */
export function columnOf<T = unknown>(frame: Frame, column: string, name = "table"): T[] {
  checkFrame(frame, name);
  if (!frame.columns.includes(column))
    throw new Error(`${name === "table" ? "there is" : `${name} has`} no column ${column}, but ${frame.columns.join(", ") || "none"}`);
  const read = ofClass(frame, "column") as (name: string) => { readonly values: T[] };
  return read.call(frame, column).values;
}
