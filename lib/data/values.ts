/** A series of few different values: which they are, and the series as their indices. */
import { checkSeries } from "../base/check";

/** The different values of a series, ascending. */
export const distinct = (series: Float32Array): Float32Array => Float32Array.from(new Set(series)).sort();

/** The index of each value of a series; values.length for one that is not among the values. */
export function indicesOf(values: Float32Array, series: Float32Array): number[] {
  checkSeries(values, "values");
  checkSeries(series, "series", 0);
  const places = new Map(Array.from(values, (value, i) => [value, i]));
  return Array.from(series, (v) => places.get(v) ?? values.length);
}
