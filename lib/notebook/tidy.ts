/**
 * Long tables: one number a row, under columns that say what it is. A table to look at is a selection, a group and a pivot of one:
 * `select`, `summarise`, `pivot`. A DataFrame holds the data; groups are made here, since danfo's lose missing values and the runs behind a number.
 */
import { DataFrame } from "danfojs-node";
import { checkFunction, checkList, checkNumbers, checkObject, checkText, checkWhole, refuse } from "../base/check";
import { checkFrame, columnOf, type Frame, rowsOf } from "../data/frame";
import { type Summary, summary } from "../metrics/statistics";

/** What a cell of a long table holds. */
export type Value = string | number;
/** What a column must be: a value, one of several, or whatever a function accepts. */
export type Condition = Value | readonly Value[] | ((value: never) => boolean);
/** Conditions on columns, all of which must be met. */
export type Conditions = Record<string, Condition>;
/** A row under its columns' names. */
export type Entry = Record<string, Value>;

/** The rows of a table as objects: `records<Group>(summary)` for a summary's. */
export function records<T extends Entry = Entry>(table: Frame): T[] {
  checkFrame(table, "table");
  return rowsOf<Value>(table).map((row) => Object.fromEntries(table.columns.map((name, c) => [name, row[c]])) as T);
}

/** Tables of the same columns, one below the other. @throws Error naming a table whose columns are not those of the first */
export function stack(...tables: Frame[]): DataFrame {
  for (const [i, table] of (tables.length > 0 ? tables : [undefined]).entries()) checkFrame(table, `tables[${i}]`);
  const { columns } = tables[0];
  for (const [i, table] of tables.entries())
    if (table.columns.join("\0") !== columns.join("\0"))
      refuse(`tables[${i}]`, `a table with the columns ${columns.join(", ")}`, table.columns.join(", "));
  return new DataFrame(
    tables.flatMap((table) => rowsOf<Value>(table)),
    { columns },
  );
}

const valuesIn = (table: Frame, name: string): Value[] => columnOf<Value>(table, name);

/** A condition as a function of a value. */
function meets(condition: Condition): (value: Value) => boolean {
  if (typeof condition === "function") return (value) => condition(value as never);
  const allowed = new Set(Array.isArray(condition) ? condition : [condition]);
  return (value) => allowed.has(value);
}

/** Whether a row meets all conditions. */
export const meetsAll = (row: Entry, conditions: Conditions): boolean =>
  Object.entries(conditions).every(([name, condition]) => meets(condition)(row[name]));

function checkConditions(conditions: unknown): asserts conditions is Conditions {
  checkObject(conditions, "conditions", "an object of conditions by the names of columns");
  for (const [name, condition] of Object.entries(conditions)) {
    const wrong = (Array.isArray(condition) ? condition : [condition]).find(
      (one) => !["string", "number", "function"].includes(typeof one),
    );
    if (wrong !== undefined || condition === undefined)
      refuse(`conditions.${name}`, "a text, a number, an array of these, or a function", condition);
  }
}

/**
 * The rows that meet all conditions, in their order.
 * @throws Error when the table has no column of a condition's name
 * @example select(scores, { family: ["tdlgm", "dlgm"], seed: (s: number) => s < 3 })
 */
export function select(table: Frame, conditions: Conditions): DataFrame {
  checkFrame(table, "table");
  checkConditions(conditions);
  const tests = Object.entries(conditions).map(([name, condition]) => {
    const [values, holds] = [valuesIn(table, name), meets(condition)];
    return (i: number) => holds(values[i]);
  });
  const rows = rowsOf<Value>(table).filter((_, i) => tests.every((holds) => holds(i)));
  return new DataFrame(rows, { columns: table.columns });
}

/**
 * The column `value` of the rows that meet all conditions, in the order of their seeds: what a paired test takes.
 * @throws Error when a run has two of them, so that the conditions leave open which is meant
 */
export function valuesOf(scores: Frame, conditions: Conditions): number[] {
  const rows = records(select(scores, conditions));
  const names = rows.map(({ family, run, seed }) => `${run || family}, seed ${seed}`);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice) throw new Error(`${twice} has more than one value under ${JSON.stringify(conditions)}: say more of what is meant`);
  return rows.sort((a, b) => Number(a.seed) - Number(b.seed)).map(({ value }) => Number(value));
}

/** A row of a summary: its group, the mean, sd and n of the group's values, and the names of the runs behind them in one text. */
export type Group = Entry & Summary & { runs: string };
const RUNS = ", ";

/**
 * One row for each combination of values in the columns `by`, in the order in which they first come.
 * @returns the columns `by`, mean, sd (NaN for one value), n, and runs: their names in one text, empty where no run of ours gave a value
 * @throws Error when there is no such column
 */
export function summarise(scores: Frame, by: readonly string[]): DataFrame {
  checkList(by, "by");
  for (let i = 0; i < by.length; i++) checkText(by[i], `by[${i}]`, "a name");
  const columns = by.map((name) => valuesIn(scores, name));
  const [values, runs] = [valuesIn(scores, "value"), valuesIn(scores, "run")];
  const groups = new Map<string, { key: Value[]; values: number[]; runs: Set<string> }>();
  values.forEach((value, i) => {
    const key = columns.map((column) => column[i]);
    const name = JSON.stringify(key);
    const group = groups.get(name) ?? { key, values: [], runs: new Set() };
    groups.set(name, group);
    group.values.push(Number(value));
    if (runs[i]) group.runs.add(String(runs[i]));
  });
  const rows = [...groups.values()].map((group) => {
    const { mean, sd, n } = summary(group.values);
    return [...group.key, mean, sd, n, [...group.runs].join(RUNS)];
  });
  return new DataFrame(rows, { columns: [...by, "mean", "sd", "n", "runs"] });
}

/** A table of texts, and for each of its cells the runs that its number follows from. */
export type Pivot = DataFrame & { runs: string[][][] };

/**
 * A summary as a table to look at: a line for each value of `rows`, a column for each value of `columns`, in the order in which they first
 * come.
 * @param layout.rows columns of the summary, or texts of a group under a heading: `{ noise: noiseName }`
 * @param layout.columns a column of the summary, or what a function makes of a group
 * @param layout.heads the columns to show and what to call them, in this order; all, by their own names, when left out
 * @param layout.text a number in words, `fixed(4)` when left out
 * @param layout.empty what stands where there is no number
 * @throws Error when two groups fall into one cell
 */
export function pivot(
  summary: Frame,
  layout: {
    rows: readonly string[] | Record<string, (group: Group) => Value>;
    columns: string | ((group: Group) => string);
    heads?: Record<string, string>;
    text?: (group: Group) => string;
    empty?: string;
  },
): Pivot {
  checkFrame(summary, "summary");
  checkObject(layout, "layout");
  const { text = fixed(), empty = "–" } = layout;
  checkFunction(text, "layout.text");
  if (typeof layout.columns !== "string") checkFunction(layout.columns, "layout.columns");
  if (!Array.isArray(layout.rows)) checkObject(layout.rows, "layout.rows", "an array of names of columns, or functions by their headings");
  const rows = Array.isArray(layout.rows)
    ? layout.rows.map((name: string) => [name, (group: Group) => group[name]] as const)
    : Object.entries(layout.rows as Record<string, (group: Group) => Value>);
  const groups = records<Group>(summary);
  const columnOf = typeof layout.columns === "function" ? layout.columns : (group: Group) => String(group[layout.columns as string]);
  const found = [...new Set(groups.map(columnOf))];
  const heads = Object.entries(layout.heads ?? Object.fromEntries(found.map((name) => [name, name])));
  const lines = new Map<string, { head: Value[]; cells: Map<string, Group> }>();
  for (const group of groups) {
    const column = columnOf(group);
    if (!heads.some(([name]) => name === column)) continue;
    const head = rows.map(([, of]) => of(group));
    const name = JSON.stringify(head);
    const line = lines.get(name) ?? { head, cells: new Map() };
    if (line.cells.has(column)) throw new Error(`two groups fall into the cell ${head.join(", ")} of ${column}: select one of them first`);
    line.cells.set(column, group);
    lines.set(name, line);
  }
  const all = [...lines.values()];
  const cellsOf = <T>(cells: Map<string, Group>, of: (group: Group | undefined) => T) => heads.map(([name]) => of(cells.get(name)));
  const table = new DataFrame(
    all.map(({ head, cells }) => [...head, ...cellsOf(cells, (group) => (group ? text(group) : empty))]),
    { columns: [...rows.map(([name]) => name), ...heads.map(([, head]) => head)] },
  );
  const runs = all.map(({ head, cells }) => [
    ...head.map((): string[] => []),
    ...cellsOf(cells, (group) => (group?.runs ? group.runs.split(RUNS) : [])),
  ]);
  return Object.assign(table, { runs });
}

/** `digits` digits after the point; a positive number that would show as 0 gets two significant digits. */
const decimals = (x: number, digits: number): string => (x > 0 && x < 0.5 * 10 ** -digits ? x.toExponential(1) : x.toFixed(digits));

/** `digits` significant digits; numbers below 1e-4 with a power of ten. */
const digitsOf = (x: number, digits: number): string => {
  const rounded = Number(x.toPrecision(digits));
  return rounded !== 0 && Math.abs(rounded) < 1e-4 ? rounded.toExponential() : String(rounded);
};

/** A summary as a text. Where no run of ours gave the values (`runs` is empty), it is the mean alone. */
type InWords = (summary: Summary & { runs?: string }) => string;

/** "mean ± sd (n)" with `digits` digits after the point. */
export function fixed(digits = 4): InWords {
  checkWhole(digits, "digits", 0, 20);
  return ({ mean, sd, n, runs }) => {
    if (runs === "") return decimals(mean, digits);
    return n > 1 ? `${mean.toFixed(digits)} ± ${sd.toFixed(digits)} (${n})` : `${mean.toFixed(digits)} (1)`;
  };
}

/** "mean ± sd (n)" with `digits` significant digits, two for the sd: for columns in which .0001 stands beside .08. */
export function significant(digits = 3): InWords {
  checkWhole(digits, "digits", 1, 20);
  return ({ mean, sd, n, runs }) => {
    if (runs === "") return digitsOf(mean, digits);
    return n > 1 ? `${digitsOf(mean, digits)} ± ${digitsOf(sd, 2)} (${n})` : `${digitsOf(mean, digits)} (1)`;
  };
}

/** Values as such a text; "none" when there are none. */
export function spread(values: number[], words: InWords = fixed()): string {
  checkNumbers(values, "values", 0);
  checkFunction(words, "words");
  return values.length === 0 ? "none" : words(summary(values));
}
