/** A series of one's own from a CSV file: its columns in their own units, how they are scaled, and how to undo that. */
import { checkChoice, checkList, checkObject, checkOptions, checkText, checkWhole, refuse } from "../base/check";
import { numberIn, readBytes, readTable, type Table } from "./csv";
import { type Description, describe } from "./describe";
import { SCALES, type Scale, type Scaling, scalingOf } from "./scaling";
import { Series } from "./series";

/** Texts that say that a value is missing. */
export const MISSING: readonly string[] = ["", "NA", "N/A", "NaN", "nan", "null"];

/** The options of `loadSeries`. */
export interface LoadOptions {
  /** The columns to take, in this order. */
  columns: readonly string[];
  /** The column of the times: dates such as 2012-01-31 or 2012-01-31T12:00, or numbers, ascending. */
  time?: string;
  /** How the values are brought to a model's scale; "none" by default. */
  scale?: Scale;
  /** Texts that say that a value is missing; MISSING by default. */
  missing?: readonly string[];
}

/** Rows `from` to `to` (not included). */
export interface Part {
  from: number;
  to: number;
}

/** A loaded series: T rows of the chosen columns. */
export class LoadedSeries {
  /** T. */
  readonly length: number;
  private readonly scalings: Scaling[];

  /** @param values of each column in the data's units; NaN where one is missing */
  constructor(
    readonly file: string,
    readonly columns: readonly string[],
    readonly values: readonly Float64Array[],
    /** How many decimals each value has in the file; NaN where it is missing. */
    readonly decimals: readonly number[][],
    readonly scale: Scale,
    /** The time of each row, in milliseconds since 1970 for dates; undefined without such a column. */
    readonly times: Float64Array | undefined,
    readonly table: Table,
  ) {
    this.length = values[0]!.length;
    this.scalings = values.map((column, i) => scalingOf(column, scale, `${file}, column ${columns[i]}`));
  }

  private at(column: string): number {
    checkChoice(column, "column", this.columns);
    return this.columns.indexOf(column);
  }

  /** A column's values as the file has them. */
  own(column: string): Float64Array {
    return this.values[this.at(column)]!.slice();
  }

  /** A column's values on the model's scale. */
  scaled(column: string): Float32Array {
    const i = this.at(column);
    return Float32Array.from(this.values[i]!, this.scalings[i]!.there);
  }

  /** Values on the model's scale, in the data's units again. */
  undo(values: ArrayLike<number>, column: string): Float64Array {
    return Float64Array.from(values, this.scalings[this.at(column)]!.back);
  }

  /** All columns on the model's scale, for training. @throws Error naming line and column of the first gap, which a model can't learn from */
  get series(): Series {
    const scaled = this.columns.map((column) => this.scaled(column));
    scaled.forEach((values, i) => {
      const gap = values.findIndex((v) => Number.isNaN(v));
      if (gap >= 0)
        throw new Error(
          `${this.file}, line ${this.table.rows[gap]!.line}, column ${this.columns[i]}: the value is missing; repair it first`,
        );
    });
    const rows = new Float32Array(this.length * this.columns.length);
    for (const [i, values] of scaled.entries()) for (let t = 0; t < this.length; t++) rows[t * scaled.length + i] = values[t]!;
    return new Series(rows, this.columns);
  }

  /** What a column is like, and which model suits it. */
  describe(column: string): Description {
    return describe(this.own(column), column);
  }

  /**
   * Training, validation and test part, one after another.
   * @param at shares of the length, such as { validation: 0.1, test: 0.1 }, or the dates (numbers) on which the parts begin
   */
  split(at: { validation: number | string; test: number | string }): { train: Part; validation: Part; test: Part } {
    checkObject(at, "at");
    checkOptions(at, "at", ["validation", "test"]);
    const { validation, test } = at;
    const begin = (when: string, name: string) => {
      if (!this.times) throw new Error(`${name} is a date, but the series was loaded without a time column`);
      const moment = momentOf(when, name);
      const row = this.times.findIndex((time) => time >= moment);
      return row < 0 ? this.length : row;
    };
    const bounds =
      typeof validation === "string" && typeof test === "string"
        ? [begin(validation, "at.validation"), begin(test, "at.test")]
        : typeof validation === "number" && typeof test === "number"
          ? [Math.round(this.length * (1 - validation - test)), Math.round(this.length * (1 - test))]
          : refuse("at", "two shares or two dates", at);
    const [first, second] = bounds as [number, number];
    if (!(first > 0 && first < second && second < this.length)) refuse("at", "so that no part is empty", at);
    return { train: { from: 0, to: first }, validation: { from: first, to: second }, test: { from: second, to: this.length } };
  }
}

/**
 * Loads columns of a CSV file. Integers, negative values and gaps are fine.
 * @throws Error naming file, line and column: file absent, no such column, a value that is no number, a time that is none or goes back
 */
export async function loadSeries(file: string, options: LoadOptions): Promise<LoadedSeries> {
  checkText(file, "file", "a path");
  checkOptions(options, "options", ["columns", "time", "scale", "missing"]);
  const { columns, time, scale = "none", missing = MISSING } = options;
  checkList(columns, "options.columns", 1);
  for (const [i, column] of columns.entries()) checkText(column, `options.columns[${i}]`, "a name");
  if (time !== undefined) checkText(time, "options.time", "a name");
  checkChoice(scale, "options.scale", SCALES);
  checkList(missing, "options.missing");
  const table = readTable(await readBytes(file), file, [...columns, ...(time === undefined ? [] : [time])]);
  const texts = (column: string) => {
    const at = table.header.indexOf(column);
    return table.rows.map(({ fields, line }) => ({ text: fields[at]!.trim(), where: `${file}, line ${line}, column ${column}` }));
  };
  const cells = columns.map(texts);
  const values = cells.map((column) =>
    Float64Array.from(column, ({ text, where }) => (missing.includes(text) ? Number.NaN : numberIn(text, where))),
  );
  const decimals = cells.map((column) => column.map(({ text }) => (missing.includes(text) ? Number.NaN : decimalsOf(text))));
  for (const [i, column] of columns.entries())
    if (values[i]!.every((v) => Number.isNaN(v))) throw new Error(`${file}, line 2, column ${column}: every value is missing`);
  let times: Float64Array | undefined;
  if (time !== undefined) {
    const moments = texts(time);
    times = Float64Array.from(moments, ({ text, where }) => momentOf(text, where));
    const back = times.findIndex((moment, t) => t > 0 && moment < times![t - 1]!);
    if (back >= 0) throw new Error(`${moments[back]!.where}: ${moments[back]!.text} lies before the row above; sort the file by time`);
  }
  return new LoadedSeries(file, columns, values, decimals, scale, times, table);
}

/** A date in milliseconds since 1970, as UTC where it names no zone; a number as it is. */
function momentOf(text: string, where: string): number {
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return Number(text);
  const moment = /^\d{4}-\d{2}/.test(text)
    ? Date.parse(/[zZ]|[+-]\d{2}:?\d{2}$|^\d{4}-\d{2}(-\d{2})?$/.test(text) ? text : `${text}Z`)
    : Number.NaN;
  if (Number.isNaN(moment))
    throw new Error(`${where}: ${JSON.stringify(text.slice(0, 40))} is not a date (such as 2012-01-31) or a number`);
  return moment;
}

/** How many decimals a number's text has, zeros at its end left out. */
export function decimalsOf(text: string): number {
  const [, decimals = "", exponent = "0"] = /^[+-]?\d*\.?(\d*?)0*(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const shown = decimals.length - Number(exponent);
  checkWhole(Math.abs(shown), "decimals");
  return Math.max(0, shown);
}
