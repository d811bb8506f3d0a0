/** Exercises of 14-your-series. */
import { describe } from "../data/describe";
import { scalingOf } from "../data/scaling";
import { interpolated } from "../inference/usual";
import { mean } from "../metrics/metrics";
import { type Exercise, formula, number, numbers } from "./exercise";

/** The share of truths for which something holds. */
type Cover = (truth: number[], low: number[], high: number[]) => number;
const share =
  (holds: (v: number, low: number, high: number) => boolean): Cover =>
  (truth, low, high) =>
    truth.filter((v, t) => holds(v, low[t], high[t])).length / truth.length;

/** A series with a gap in the middle and one at the end. */
const GAPS = [2, Number.NaN, Number.NaN, Number.NaN, 8, Number.NaN];
const seen = GAPS.filter((v) => !Number.isNaN(v));
/** What a way to fill puts into the gaps. */
const filling = (fill: (t: number) => number): number[] => [...GAPS.keys()].filter((t) => Number.isNaN(GAPS[t])).map(fill);

/** Ten values, some of them more than once. */
const SYMBOLS = [1, 1, 3, 2, 3, 1, 4, 2, 5, 3];
const different = [...new Set(SYMBOLS)];
const times = (v: number): number => SYMBOLS.filter((x) => x === v).length;

/** By name. */
export const exercises: Record<string, Exercise> = {
  "14.1": formula(
    {
      wants: "a function of three numbers that returns a number",
      hint: "Scaling takes off the least value and divides by the range. Undo the two steps, the last one first.",
      how: "`(z, low, high) => low + z * (high - low)`. `scalingOf` does so.",
    },
    [
      [0.5, -5, 35],
      [0, 10, 20],
      [1.2, 1, 3],
    ] as [number, number, number][],
    {
      right: (z, low, high) => scalingOf(Float64Array.of(low, high), "minmax", "x").back(z),
      mistakes: [
        [(z, low, high) => z * (high - low), "The least value is missing: 0 has to become `low`."],
        [(z, _, high) => z * high, "This is right for `low` = 0 alone."],
        [(z, low, high) => (z - low) / (high - low), "This scales once more. The way back is asked for."],
      ],
    },
  ),
  "14.2": formula(
    {
      wants: "a function of three arrays that returns a number",
      hint: "An interval without width has both edges at one value. Does it hold that value?",
      how: "Both edges belong to the interval, so that one without width can hold its value.",
    },
    [
      [
        [1, 2, 3, 4],
        [0, 2, 3.5, 5],
        [2, 2, 4, 6],
      ],
      [
        [0.5, 1.5],
        [0, 0],
        [1, 1],
      ],
    ] as [number[], number[], number[]][],
    {
      right: (truth, low, high) => truth.filter((v, t) => v >= low[t] && v <= high[t]).length / truth.length,
      mistakes: [
        [share((v, low, high) => v > low && v < high), "The edges belong to the interval: one without width can be right too."],
        [share((v, low) => v >= low), "This looks at the lower edge alone."],
        [
          (truth, low, high) => truth.filter((v, t) => v >= low[t] && v <= high[t]).length,
          "This is a number of values. Divide by how many there are.",
        ],
      ],
    },
  ),
  "14.3": numbers(
    {
      wants: "an array of four numbers",
      hint: "Four equal steps lead from 2 to 8. After the last value there is no line to follow.",
      how: "Three points of the line from 2 to 8; after the end the last value stays.",
    },
    4,
    0.006,
    () => {
      const lines = interpolated(Float64Array.from(GAPS));
      const slope = (GAPS[4] - GAPS[0]) / 4;
      return {
        right: filling((t) => lines[t]),
        mistakes: [
          [filling((t) => GAPS[0] + slope * t), "The line goes on beyond the last value. There, that value stays."],
          [filling((t) => GAPS[t < 4 ? 0 : 4]), "This carries the last value forward. A straight line joins both neighbours."],
          [filling(() => mean(seen)), "This is the mean of the values that are there."],
        ],
      };
    },
  ),
  "14.4": number(
    {
      wants: "a share, to two decimals",
      hint: "Count each value. Which occur often enough, and how many of the ten places do they fill?",
      how: "1 and 3 occur three times each, and fill six of ten places. `describe` computes it.",
    },
    () => ({
      right: describe(Float64Array.from(SYMBOLS)).repeats,
      tolerance: 0.006,
      mistakes: [
        [SYMBOLS.filter((v) => times(v) >= 2).length / SYMBOLS.length, "A value that occurs twice does not count yet."],
        [
          different.filter((v) => times(v) >= 3).length / different.length,
          "This is a share of the different values. That of the places is asked for.",
        ],
      ],
    }),
  ),
};
