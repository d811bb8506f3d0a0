/** The examples in the doc comments of lib/metrics give the numbers that they say. */
import * as fs from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import * as correlation from "../lib/metrics/autocorrelation";
import * as metrics from "../lib/metrics/metrics";
import * as kernel from "../lib/metrics/mmd";
import * as probabilistic from "../lib/metrics/probabilistic";
import * as statistics from "../lib/metrics/statistics";
import * as twoSample from "../lib/metrics/twoSample";

const lib = { ...correlation, ...kernel, ...metrics, ...probabilistic, ...statistics, ...twoSample };
const evaluate = (text: string): unknown => new Function(...Object.keys(lib), `return (${text});`)(...Object.values(lib));
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, v) => (typeof v === "number" ? Number(v.toPrecision(4)) : v));

const FILES = ["autocorrelation.ts", "metrics.ts", "mmd.ts", "probabilistic.ts", "statistics.ts", "twoSample.ts"];

test.each(FILES)("%s: every function has an example, and it is right", (file) => {
  const text = fs.readFileSync(path.resolve(__dirname, "../lib/metrics", file), "utf8");
  const examples = [...text.matchAll(/ \* @example (.+) \/\/ (\{.+\}|[^:\n]+)(?:: .+)?\n \*\/\nexport function (\w+)/g)]; // what follows a colon explains
  expect(examples.map(([, , , name]) => name)).toEqual([...text.matchAll(/^export function (\w+)/gm)].map(([, name]) => name));
  for (const [, call, value, name] of examples) {
    expect(call).toContain(name);
    expect(rounded(evaluate(call!)), call).toEqual(rounded(evaluate(value!)));
  }
});
