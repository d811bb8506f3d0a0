/** A figure as JSON. */
import { types } from "node:util";

/**
 * What Plotly takes, as JSON holds it: typed arrays as arrays, NaN and infinities as null, a date with the hours that it has here, as Plotly
 * reads it, anything else that says its own JSON as that.
 */
export function jsonable(value: unknown, within: readonly unknown[] = []): unknown {
  if (typeof value === "number") return shortest(value);
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if (within.includes(value)) throw new Error("fig must hold no part that holds itself");
  const inner = (part: unknown) => jsonable(part, [...within, value]);
  if (types.isDate(value)) return Number.isNaN(Number(value)) ? null : localTime(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as unknown as ArrayLike<number | bigint>, inner);
  if (Array.isArray(value)) return value.map(inner);
  const own = (value as { toJSON?: unknown }).toJSON;
  if (typeof own === "function") return inner(own.call(value));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part)]));
}

/** A date's year, month, day and time of day where this program runs. */
const localTime = (date: Date): string => new Date(Number(date) - 60_000 * date.getTimezoneOffset()).toISOString().replace("Z", "");

/** A float32 with as few digits as tell it from its neighbours; another number with the 15 digits that float64 has. Both keep notebooks small. */
function shortest(x: number): number | null {
  if (Number.isInteger(x)) return x;
  if (!Number.isFinite(x)) return null;
  const digits = [6, 7, 8, 9].find((n) => Math.fround(Number(x.toPrecision(n))) === x) ?? 15;
  return Number(x.toPrecision(digits));
}
