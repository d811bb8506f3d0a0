import { describe, expect, test } from "vitest";
import * as check from "../lib/base/check";

test.each<[unknown, string]>([
  ["a", '"a"'],
  [3n, "3n"],
  [Number.NaN, "NaN"],
  [null, "null"],
  [undefined, "undefined"],
  [Symbol("s"), "Symbol(s)"],
  [() => 1, "a function"],
  [[], "an Array of 0 values"],
  [new Float32Array(1), "a Float32Array of 1 value"],
  [new Map(), "a Map"],
  [Object.create(null), "{}"],
  [{ seed: 1, steps: 2 }, "{ seed, steps }"],
  [{ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 }, "{ a, b, c, d, e, … }"],
  ["x".repeat(100), `"${"x".repeat(60)}…"`],
])("%o is shown as %s", (value, expected) => expect(check.shown(value)).toBe(expected));

const ANY = [undefined, null, "1", 3n, {}, [], Number.NaN, () => 1, true];
describe.each<[string, (value: unknown) => void, unknown[], unknown[], string]>([
  ["checkWhole", (v) => check.checkWhole(v, "n", 1, 5), [1, 5], [...ANY, 0, 6, 1.5], "a whole number from 1 to 5"],
  ["checkNumber", (v) => check.checkNumber(v, "n", 0), [0, 1e300], [...ANY, -1e-9, Number.POSITIVE_INFINITY], "a finite number from 0"],
  ["checkPositive", (v) => check.checkPositive(v, "n"), [1e-9], [...ANY, 0, -1], "a finite number above 0"],
  ["checkProbability", (v) => check.checkProbability(v, "n"), [0, 1], [...ANY, 1.1], "a finite number from 0 to 1"],
  ["checkSeed", (v) => check.checkSeed(v, "n"), [0, 2 ** 31 - 1], [...ANY, -1, 2 ** 31], "a whole number from 0 to 2147483647"],
  ["checkChoice", (v) => check.checkChoice(v, "n", ["a", 2]), ["a", 2], ANY, '"a" or 2'],
  ["checkText", (v) => check.checkText(v, "n", "a path"), ["x"], [...ANY.filter((v) => v !== "1"), ""], "a path"],
  ["checkFunction", (v) => check.checkFunction(v, "n"), [() => 1], ANY.filter((v) => typeof v !== "function"), "a function"],
  ["checkSignal", (v) => check.checkSignal(v, "n"), [undefined, AbortSignal.abort()], ANY.slice(1), "an AbortSignal"],
  [
    "checkSeries",
    (v) => check.checkSeries(v, "n", 2),
    [new Float32Array(2)],
    [...ANY, [1, 2], new Float32Array(1)],
    "a Float32Array, 2 or more",
  ],
  [
    "checkNumbers",
    (v) => check.checkNumbers(v, "n"),
    [[1], new Float64Array(1)],
    [...ANY, new DataView(new ArrayBuffer(4))],
    "an array of numbers, not empty",
  ],
  [
    "checkName",
    (v) => check.checkName(v, "n"),
    ["a-b.1", "..."],
    [undefined, null, 3, "", ".", "..", "a/b", "a\\b"],
    "a name without slashes",
  ],
  ["checkFlag", (v) => check.checkFlag(v, "n"), [true, false], [undefined, null, 0, "true"], "true or false"],
  ["checkSd", (v) => check.checkSd(v, "n"), [0, 1e6], [...ANY, -1], "a finite number from 0"],
  [
    "checkList",
    (v) => check.checkList(v, "n", 1),
    [[null], new Int8Array(1)],
    [undefined, null, {}, [], "a", new DataView(new ArrayBuffer(4))],
    "an array, not empty",
  ],
  [
    "checkObject",
    (v) => check.checkObject(v, "n"),
    [{}, Object.create(null)],
    [undefined, null, "1", [], new Int8Array(1), () => 1, new Map(), new Date(), Promise.resolve()],
    "an object",
  ],
  [
    "checkOptions",
    (v) => check.checkOptions(v, "n", ["a"]),
    [{}, { a: 1 }],
    [undefined, null, "1", { b: 1 }],
    "an object with no keys but a",
  ],
])("%s", (_, f, good, bad, what) => {
  test("takes what it should", () => {
    for (const value of good) expect(() => f(value)).not.toThrow();
  });
  test.each(bad.map((value) => ({ value })))("refuses $value by name", ({ value }) =>
    expect(() => f(value)).toThrow(new Error(`n must be ${what}; it is ${check.shown(value)}`)),
  );
});

test("a bad entry is named, holes of sparse arrays too", () => {
  expect(() => check.checkNumbers(new Array(3), "x")).toThrow("x[0] must be a finite number; it is undefined");
  expect(() => check.checkNumbers([1, null], "x")).toThrow("x[1] must be a finite number; it is null");
  expect(() => check.checkSeries(Float32Array.of(0, Number.NaN), "x")).toThrow("x[1] must be a finite number; it is NaN");
  expect(() => check.checkSd(1e300, "x")).toThrow("x must be a finite number from 0 to 1000000; it is 1e+300");
  expect(() => check.checkObjects([{}, 3], "x")).toThrow("x[1] must be an object; it is 3");
  expect(() => check.checkObjects({}, "x")).toThrow("x must be an Array of objects; it is {}");
  expect(() => check.checkAsMany([1], "y", [1, 2], "x")).toThrow("y must be as long as x, 2; it is an Array of 1 value");
});
