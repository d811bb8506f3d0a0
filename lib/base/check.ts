/** The checks of arguments, one for each kind. They all throw `NAME must be WHAT; it is VALUE`. */

/** The largest seed, 2^31 - 1: what TensorFlow's signed 32-bit seeds can hold. */
const MAX_SEED = 0x7fffffff;

/** A value as a message shows it, on one short line: `"a"`, `3n`, `NaN`, `an Array of 3 values`, `{ seed, steps }`. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const { length } = value as { length?: unknown };
  const kind = Object.getPrototypeOf(value)?.constructor?.name ?? "Object";
  const article = /^[AEIO]/.test(kind) ? "an" : "a";
  if (typeof length === "number") return `${article} ${kind} of ${length} ${length === 1 ? "value" : "values"}`;
  if (kind === "Promise") return "a Promise: put await before it";
  if (kind !== "Object") return `${article} ${kind}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? "{}" : `{ ${keys.slice(0, 5).join(", ")}${keys.length > 5 ? ", …" : ""} }`;
}

/** Throws the Error that says what an argument must be. */
export function refuse(name: string, what: string, value: unknown): never {
  throw new Error(`${name} must be ${what}; it is ${shown(value)}`);
}

const range = (least: number, most: number): string =>
  (least === Number.NEGATIVE_INFINITY ? "" : ` from ${least}`) + (most === Number.POSITIVE_INFINITY ? "" : ` to ${most}`);

/** @throws Error unless the value is a whole number in the range */
export function checkWhole(value: unknown, name: string, least = 0, most = Number.POSITIVE_INFINITY): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
    refuse(name, `a whole number${range(least, most)}`, value);
}

/** @throws Error unless the value is a finite number in the range */
export function checkNumber(
  value: unknown,
  name: string,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): asserts value is number {
  if (!Number.isFinite(value) || (value as number) < least || (value as number) > most)
    refuse(name, `a finite number${range(least, most)}`, value);
}

/** @throws Error unless the value is a number; one that could not be had may be NaN */
export function checkAnyNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== "number") refuse(name, "a number", value);
}

/** @throws Error unless the value is a finite number above 0 */
export function checkPositive(value: unknown, name: string): asserts value is number {
  if (!Number.isFinite(value) || (value as number) <= 0) refuse(name, "a finite number above 0", value);
}

/** @throws Error unless the value is a number from 0 to 1 */
export const checkProbability: (value: unknown, name: string) => asserts value is number = (value, name) => checkNumber(value, name, 0, 1);

/** @throws Error unless the value is a whole number from 0 to 2^31 - 1 */
export function checkSeed(value: unknown, name = "seed"): asserts value is number {
  checkWhole(value, name, 0, MAX_SEED);
}

/** @throws Error unless the value is one of the choices */
export function checkChoice<T>(value: unknown, name: string, choices: readonly T[]): asserts value is T {
  if (!choices.includes(value as T)) refuse(name, choices.map(shown).join(" or "), value);
}

const orMore = (least: number): string => (least === 0 ? "" : least === 1 ? ", not empty" : `, ${least} or more`);

/** @throws Error unless the values are a Float32Array of finite numbers, `least` or more */
export function checkSeries(values: unknown, name: string, least = 1): asserts values is Float32Array {
  if (!(values instanceof Float32Array) || values.length < least) refuse(name, `a Float32Array${orMore(least)}`, values);
  for (let t = 0; t < values.length; t++) if (!Number.isFinite(values[t])) refuse(`${name}[${t}]`, "a finite number", values[t]);
}

/**
 * @param kinds the arrays that will do
 * @throws Error unless the values are one of these arrays, of finite numbers or NaN, which says that a value is missing
 */
export function checkSeen<Kind extends typeof Float32Array | typeof Float64Array>(
  values: unknown,
  name: string,
  kinds: readonly Kind[],
): asserts values is Kind["prototype"] {
  if (!kinds.some((kind) => values instanceof kind)) refuse(name, kinds.map((kind) => `a ${kind.name}`).join(" or "), values);
  const seen = values as Float32Array | Float64Array;
  const infinite = seen.findIndex((y) => Math.abs(y) === Number.POSITIVE_INFINITY);
  if (infinite >= 0) refuse(`${name}[${infinite}]`, "a finite number, or NaN where a value is missing", seen[infinite]);
}

/** @throws Error unless the values are an array of any kind that holds finite numbers, `least` or more */
export function checkNumbers(values: unknown, name: string, least = 1): asserts values is ArrayLike<number> {
  const array = Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
  const list = values as ArrayLike<unknown>;
  if (!array || list.length < least) refuse(name, `an array of numbers${orMore(least)}`, values);
  for (let i = 0; i < list.length; i++) if (!Number.isFinite(list[i])) refuse(`${name}[${i}]`, "a finite number", list[i]);
}

/** @throws Error unless the values are an array of any kind, `least` or more, whatever they are */
export function checkList(values: unknown, name: string, least = 0): asserts values is ArrayLike<unknown> {
  const array = Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
  if (!array || (values as ArrayLike<unknown>).length < least) refuse(name, `an array${orMore(least)}`, values);
}

/** Whether a value is an object that has properties of its own choice: no array, Date, Map or Promise. */
const isPlain = (value: unknown): value is object => Object.prototype.toString.call(value) === "[object Object]";

/** @throws Error unless the value is an object, and no array, Date or Promise */
export function checkObject(value: unknown, name: string, what = "an object"): asserts value is Record<string, unknown> {
  if (!isPlain(value)) refuse(name, what, value);
}

/** @throws Error unless the value is an Array of objects, `least` or more */
export function checkObjects(value: unknown, name: string, least = 0): asserts value is readonly Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length < least) refuse(name, `an Array of objects${orMore(least)}`, value);
  for (let i = 0; i < value.length; i++) checkObject(value[i], `${name}[${i}]`);
}

/** The most that a standard deviation may be: its square stays a float32. */
const MAX_SD = 1e6;

/** @throws Error unless the value is a standard deviation, 0 or above */
export function checkSd(value: unknown, name: string): asserts value is number {
  checkNumber(value, name, 0);
  checkNumber(value, name, 0, MAX_SD);
}

/** @throws Error unless the values are as many as the others */
export function checkAsMany(values: ArrayLike<unknown>, name: string, others: ArrayLike<unknown>, othersName: string): void {
  if (values.length !== others.length) refuse(name, `as long as ${othersName}, ${others.length}`, values);
}

/** @throws Error unless the values are an array of Float32Arrays of finite numbers, `least` arrays or more */
export function checkAllSeries(values: unknown, name: string, least = 0): asserts values is readonly Float32Array[] {
  if (!Array.isArray(values) || values.length < least) refuse(name, `an array of Float32Arrays${orMore(least)}`, values);
  for (let i = 0; i < values.length; i++) checkSeries(values[i], `${name}[${i}]`);
}

/** @throws Error unless the value is a text that is not empty; `what` says what kind of text */
export function checkText(value: unknown, name: string, what: "a name" | "a path" | "a text"): asserts value is string {
  if (typeof value !== "string" || value === "") refuse(name, what, value);
}

/** @throws Error unless the value is a name that a folder can have: a text without slashes */
export function checkName(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string" || /^\.{0,2}$|[/\\\0]/.test(value)) refuse(name, "a name without slashes", value);
}

/** @throws Error unless the value is true or false */
export function checkFlag(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== "boolean") refuse(name, "true or false", value);
}

/** @throws Error unless the value is a function */
export function checkFunction(value: unknown, name: string): asserts value is (...args: never[]) => unknown {
  if (typeof value !== "function") refuse(name, "a function", value);
}

/** @throws Error unless the value is an AbortSignal, or undefined */
export function checkSignal(value: unknown, name = "options.signal"): asserts value is AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) refuse(name, "an AbortSignal", value);
}

/** @throws Error unless the options are an object without any other keys than these; it shows the unknown ones first */
export function checkOptions(options: unknown, name: string, keys: readonly string[]): asserts options is object {
  const what = `an object with no keys but ${keys.join(", ")}`;
  if (!isPlain(options)) refuse(name, what, options);
  const unknown = Object.entries(options).filter(([key]) => !keys.includes(key));
  if (unknown.length > 0) refuse(name, what, { ...Object.fromEntries(unknown), ...options });
}
