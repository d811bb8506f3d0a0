/** Counts of transitions: pairs of binned values, `lag` steps apart. */
import { checkChoice, checkOptions, checkSeries, checkWhole, refuse } from "../base/check";
import { countPairs as countByKernels } from "./kernels";

/** How values in [0, 1] are binned, by width .1: into 11, 1.0 in a bin of its own, or into 10, the last of which has 1.0 in it. */
export type Bins = 10 | 11;

/** Counts of pairs in a flat matrix: entry bins · i + j for a pair from bin i to bin j. */
export interface Pairs {
  counts: Float64Array;
  total: number;
}

/** Pairs are counted over 11 bins, and put together for 10. */
export const CELLS = 11 * 11;

/** The bins that options ask for, 11 by default. */
export function binsOf(options: { bins?: Bins }): Bins {
  checkOptions(options, "options", ["bins"]);
  return options.bins ?? 11;
}

/** Counts over 11 bins, put together for 10 if these are asked for. */
export function binned(counts: Float64Array, total: number, bins: Bins): Pairs {
  checkChoice(bins, "bins", [10, 11]);
  if (bins === 11) return { counts, total };
  const fewer = new Float64Array(bins * bins);
  counts.forEach((count, cell) => {
    fewer[bins * Math.min(9, Math.floor(cell / 11)) + Math.min(9, cell % 11)]! += count;
  });
  return { counts: fewer, total };
}

// float32's .3 lies above the decimal, its .7 below: 1e-6 puts both where the decimal is.
const binOf = (value: number): number => (10 * value + 1e-6) | 0;

/** @throws Error unless the value is a number from 0 to 1 */
export function checkedBin(value: number, name: string, t: number): number {
  if (!(value >= 0 && value <= 1)) refuse(`${name}[${t}]`, "a number from 0 to 1", value);
  return binOf(value);
}

/** Adds a series' pairs at a lag, in one pass that checks its values too. Returns how many there are. */
function addPairs(counts: Float64Array, values: Float32Array, lag: number, name: string): number {
  const counted = countByKernels(values, lag);
  counted?.forEach((count, cell) => {
    counts[cell]! += count;
  });
  if (counted) return values.length - lag;
  for (let t = 0; t < values.length; t++) {
    const bin = checkedBin(values[t]!, name, t);
    if (t >= lag) counts[11 * binOf(values[t - lag]!) + bin]! += 1;
  }
  return Math.max(0, values.length - lag);
}

/** @throws Error when the true series has no pair */
export function truePairs(truth: Float32Array, lag: number, bins: Bins): Pairs {
  const pairs = countPairs([truth], lag, bins, () => "truth");
  if (pairs.total === 0) refuse("truth", `longer than the lag, ${lag}`, truth);
  return pairs;
}

/** @throws Error when the sequences together have no pair */
export function generatedPairs(sequences: readonly Float32Array[], lag: number, bins: Bins): Pairs {
  if (!Array.isArray(sequences)) refuse("sequences", "an array of Float32Arrays", sequences);
  const pairs = countPairs(sequences, lag, bins, (i) => `sequences[${i}]`);
  if (pairs.total === 0) refuse("sequences", `an array with a sequence longer than the lag, ${lag}`, sequences);
  return pairs;
}

function countPairs(series: readonly Float32Array[], lag: number, bins: Bins, name: (i: number) => string): Pairs {
  checkWhole(lag, "lag", 1);
  const counts = new Float64Array(CELLS);
  let total = 0;
  for (const [i, values] of series.entries()) {
    if (!(values instanceof Float32Array)) checkSeries(values, name(i), 0); // its values are checked as they are counted
    total += addPairs(counts, values, lag, name(i));
  }
  return binned(counts, total, bins);
}

/** Algorithm 1: `transitionScore`. */
export function score(truth: Pairs, generated: Pairs): number {
  const scale = truth.total / generated.total;
  let sum = 0;
  truth.counts.forEach((count, cell) => {
    if (count > 0) sum += Math.min(scale * generated.counts[cell]!, count) / count;
  });
  return sum;
}

/** The overlap of the frequencies: `transitionOverlap`. */
export function overlap(truth: Pairs, generated: Pairs): number {
  return truth.counts.reduce((sum, count, cell) => sum + Math.min(count / truth.total, generated.counts[cell]! / generated.total), 0);
}
