/** A series with an identity: its values, the names of its columns, and a hash that names the data wherever a result follows from them. */

import { checkFlag, checkSeries, checkText, refuse } from "../base/check";
import { sha256 } from "../base/sha256";

/** T rows of d columns, made once from a table; a run, its scores and its checks all take this one. */
export class Series {
  private known?: string;
  /** T, the number of rows. */
  readonly length: number;

  /**
   * @param values [T, d], row by row; not to be changed afterwards
   * @param columns the names of the d columns
   * @param standIn whether it takes the place of data that could not be had
   * @throws Error naming the argument that is wrong, or the first value that is not finite
   */
  constructor(
    readonly values: Float32Array,
    readonly columns: readonly string[],
    readonly standIn = false,
  ) {
    if (!(values instanceof Float32Array)) refuse("values", "a Float32Array", values);
    if (!Array.isArray(columns) || columns.length === 0) refuse("columns", "an array of names, not empty", columns);
    for (let i = 0; i < columns.length; i++) checkText(columns[i], `columns[${i}]`, "a name");
    checkFlag(standIn, "standIn");
    const d = columns.length;
    if (values.length === 0 || values.length % d !== 0) refuse("values", `one row or more of ${d} columns`, values);
    const bad = values.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) refuse(`column ${columns[bad % d]}, row ${Math.floor(bad / d)}`, "a finite number", values[bad]);
    this.length = values.length / d;
  }

  /** sha256 of the values as little-endian float32, computed when first asked for. */
  get hash(): string {
    this.known ??= sha256(this.values);
    return this.known;
  }

  /** Rows `from` to `to` (not included), as `Float32Array.slice` counts them. */
  slice(from?: number, to?: number): Series {
    const { columns, length: T } = this;
    const at = (row: number) => columns.length * Math.min(T, Math.max(0, row < 0 ? T + row : row));
    return new Series(this.values.slice(at(from ?? 0), at(to ?? T)), columns, this.standIn);
  }
}

/** One column of a series, by its name. */
export function seriesColumn(series: Series, name: string): Float32Array {
  checkWholeSeries(series, "series");
  const { columns, length: T, values } = series;
  const [j, d] = [columns.indexOf(name), columns.length];
  if (j < 0) refuse("name", `one of ${columns.join(", ")}`, name);
  return d === 1 ? values : Float32Array.from({ length: T }, (_, t) => values[t * d + j]!);
}

/** What works on a series takes one, or the values of one column. */
export type SeriesLike = Series | Float32Array;

/** The series itself; values become a series of one column. @throws Error naming the argument and the first value that is not a finite number */
export function asSeries(series: unknown, name: string): Series {
  if (series instanceof Series) return series;
  checkSeries(series, name);
  return new Series(series, [name]);
}

/** @throws Error unless this is a Series: its values alone don't say what they are */
export function checkWholeSeries(series: unknown, name: string): asserts series is Series {
  if (!(series instanceof Series)) refuse(name, "a Series, as requestSeries makes one", series);
}

/** @throws Error unless this is a Series, or a Float32Array of finite numbers, of `least` rows or more */
export function checkSeriesLike(series: unknown, name: string, least: number): asserts series is SeriesLike {
  if (!(series instanceof Series)) checkSeries(series, name, least);
  else if (series.length < least) refuse(name, `a Series of ${least} values or more`, series);
}
