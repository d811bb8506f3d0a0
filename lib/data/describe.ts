/** What a series is like, in numbers and in a sentence that says which model suits it. */
import { checkSeen, refuse } from "../base/check";

/** What `describe` finds. */
export interface Description {
  length: number;
  missing: number;
  /** How many different values there are. */
  different: number;
  /** How many of those occur three times or more, and which share of the series they are. */
  repeated: number;
  repeats: number;
  /** The autocorrelation at lag 1, of neighbours that are both there; 0 for a constant. */
  lag1: number;
  /** How far the mean of the last quarter lies from that of the first, in standard deviations. */
  drift: number;
  least: number;
  most: number;
  /** What it is like and what suits it. */
  sentence: string;
}

/** Below this many values a network has too little to learn from. */
const SHORT = 500;

/**
 * Describes a series.
 * @param values in any units; NaN where one is missing
 */
export function describe(values: Float64Array, name = "the series"): Description {
  checkSeen(values, "values", [Float64Array]);
  const there = values.filter((v) => !Number.isNaN(v));
  if (there.length === 0) refuse("values", "not all missing", values);
  const counts = new Map<number, number>();
  for (const v of there) counts.set(v, (counts.get(v) ?? 0) + 1);
  const average = (part: Float64Array) => part.reduce((a, b) => a + b, 0) / part.length;
  const mean = average(there);
  const variance = average(there.map((v) => (v - mean) ** 2));
  const pairs = Array.from(values.keys()).filter((t) => t > 0 && !Number.isNaN(values[t]! + values[t - 1]!));
  const together = pairs.reduce((sum, t) => sum + (values[t]! - mean) * (values[t - 1]! - mean), 0) / Math.max(1, pairs.length);
  const quarter = Math.ceil(there.length / 4);
  const drift = variance > 0 ? (average(there.slice(-quarter)) - average(there.slice(0, quarter))) / Math.sqrt(variance) : 0;
  const repeated = [...counts.values()].filter((n) => n >= 3);
  const numbers = {
    length: values.length,
    missing: values.length - there.length,
    different: counts.size,
    repeated: repeated.length,
    repeats: repeated.reduce((a, b) => a + b, 0) / there.length,
    lag1: variance > 0 ? together / variance : 0,
    drift,
    least: there.reduce((a, b) => Math.min(a, b)),
    most: there.reduce((a, b) => Math.max(a, b)),
  };
  return { ...numbers, sentence: sentenceOf(numbers, name) };
}

function sentenceOf(d: Omit<Description, "sentence">, name: string): string {
  const few = d.repeats > 0.6 && d.repeated <= 50;
  const kind = few
    ? `takes few values (${d.repeated} that come up again and again): a categorical likelihood suits it, with chains and caches as the prior`
    : `is real-valued: a Gaussian likelihood suits it, with ${Math.abs(d.drift) > 1 || d.lag1 > 0.95 ? "a local level or trend" : "an autoregression"} as the prior`;
  const memory =
    d.lag1 > 0.5 ? "neighbours are much alike" : d.lag1 > 0.1 ? "neighbours are a little alike" : "neighbours say little of each other";
  const size = d.length < SHORT ? `; with ${d.length} values it is too short for a network` : "";
  const gaps = d.missing > 0 ? `; ${d.missing} of ${d.length} values are missing` : "";
  return `${name} ${kind}; ${memory} (autocorrelation ${d.lag1.toFixed(2)})${size}${gaps}.`;
}
