import { readFileSync } from "node:fs";
import path from "node:path";
import { checkNumbers } from "../base/check";
import { projectRoot } from "../base/project";
import { generator } from "../base/random";
import { drawChain, type Transitions } from "./chain";

export type { Transitions } from "./chain";
export { STAND_IN_LENGTH } from "./chain";

const STAND_IN_SEED = 0;

/**
 * The first-order transition probabilities of a series: P_ij = #(x_t = i, x_{t+1} = j) / #(x_t = i, t not last), and the
 * frequency of each value, all rounded to .001. A value that occurs only as the last one is given the frequencies as its row.
 *
 * @param series at least two values
 */
export function firstOrderTransitions(series: ArrayLike<number>): Transitions {
  checkNumbers(series, "series", 2);
  const x = Array.from(series);
  const values = [...new Set(x)].sort((a, b) => a - b);
  const indexOf = new Map(values.map((value, i) => [value, i]));
  const frequency = values.map(() => 0);
  const counts = values.map(() => values.map(() => 0));
  x.forEach((value, t) => {
    const i = indexOf.get(value)!;
    frequency[i]! += 1;
    if (t + 1 < x.length) counts[i]![indexOf.get(x[t + 1]!)!]! += 1;
  });
  const start = rounded(frequency);
  return { values, start, transitions: counts.map((row) => (sum(row) === 0 ? start : rounded(row))) };
}

/**
 * The stand-in for the trace, used where the trace cannot be had: gpu_milli of 8,152 pods drawn as a first-order Markov chain
 * from data/transitions.json. It has the training part's values, frequencies and one-step dependence, and nothing else of it;
 * results on it are not the paper's.
 *
 * @param seed integer 0 .. 2^31-1; one seed gives one series
 * @returns 8,152 thousandths of a GPU
 */
export function standInValues(seed = STAND_IN_SEED): number[] {
  return drawChain(readTransitions(), generator(seed, "stand-in"));
}

/** The file with the transition probabilities: data/transitions.json. `npx tsx setup/transitions.ts` computes it. */
export function transitionsFile(): string {
  return path.join(projectRoot(), "data", "transitions.json");
}

function readTransitions(): Transitions {
  const file = transitionsFile();
  const { values, start, transitions } = JSON.parse(readFileSync(file, "utf8")) as Transitions;
  if (start.length !== values.length || transitions.length !== values.length || transitions.some((row) => row.length !== values.length)) {
    throw new Error(`${file}: start and transitions must be of the size of values, ${values.length}`);
  }
  return { values, start, transitions };
}

function sum(x: number[]): number {
  return x.reduce((a, b) => a + b, 0);
}

function rounded(counts: number[]): number[] {
  const total = sum(counts);
  return counts.map((count) => Math.round((1000 * count) / total) / 1000);
}
