/** Exercises of 00-start. */
import { noiseOf } from "../data/protocol";
import { sd } from "../metrics/metrics";
import { estimate } from "../metrics/statistics";
import { type Group, records as rowsOf, select, summarise, valuesOf } from "../notebook/tidy";
import { noiseLevel } from "../paper/levels";
import { obtainScores } from "../paper/scores";
import { records, requests } from "./data";
import { type Exercise, number } from "./exercise";

/** The scores of tDLGM's runs in Table 1. */
async function scoresOf() {
  await records("tdlgm"); // says so where there are none
  return obtainScores((await requests()).series, { families: ["tdlgm"], trivial: [], experiments: ["table1"] });
}

/** The mean errors in the nine rows, with one draw of ξ or at the posterior mean. */
async function tableOne(xi: string): Promise<number[]> {
  const groups = summarise(select(await scoresOf(), { metric: "mse", xi }), ["row", "reading"]);
  return rowsOf<Group>(groups).map((group) => group.mean);
}
/** The row of the least value, from 1. */
const leastOf = (values: number[]): number => 1 + values.indexOf(Math.min(...values));

/** Table 1's strongest noise. */
const strongest = (reading: "sd" | "variance") => noiseOf(noiseLevel(1, 5, reading), reading).sd;

/** By name. */
export const exercises: Record<string, Exercise> = {
  "00.1": number(
    {
      wants: "the number of a row of the figure, counted from 1 at the top",
      hint: "The last figure has one draw only. The arrays `drawn` and `mean` of its cell have both errors of each row. Divide the gap by the error with one draw.",
      how: "`rows.map(({ ours, mean }) => (ours.mean - mean) / ours.mean)` is least here. Under the strongest noise the noise itself makes most of the error, and the draw adds little to it.",
    },
    async () => {
      const [drawn, mean] = [await tableOne("sample"), await tableOne("mean")];
      const gaps = drawn.map((error, i) => error - mean[i]);
      const shares = gaps.map((gap, i) => gap / drawn[i]);
      const right = leastOf(shares);
      return {
        right,
        tolerance: 0,
        mistakes: [
          [right - 1, "This looks like a row that is counted from 0."],
          [leastOf(gaps), "This is the row of the least gap. The question is about its share of the error."],
        ],
      };
    },
  ),
  "00.2": number(
    {
      wants: "a standard deviation, to three decimals",
      hint: "A variance is the square of a standard deviation.",
      how: "The square root of the number that is printed: $\\sqrt{0.05}$. Read as a standard deviation, the number itself is σ.",
    },
    () => ({
      right: strongest("variance"),
      tolerance: 0.001,
      mistakes: [
        [strongest("sd"), "This takes the printed number for σ. Here it is σ²."],
        [strongest("sd") ** 2, "This squares the number. The standard deviation is its root."],
      ],
    }),
  ),
  "00.3": number(
    {
      wants: "a factor",
      hint: "Before the clamp, the mean squared error of a noisy value is the variance of its noise. What is that variance under each reading?",
      how: "As a variance the noise has σ² = 0.05, as a standard deviation σ² = 0.05². The factor is their ratio, 1 / 0.05.",
    },
    () => {
      const ratio = strongest("variance") / strongest("sd");
      return {
        right: ratio ** 2,
        tolerance: 0.01,
        mistakes: [
          [ratio, "This is the ratio of the standard deviations. Squared errors compare variances: σ for σ²."],
          [ratio ** -2, "This is the ratio the other way round."],
        ],
      };
    },
  ),
  "00.4": number(
    {
      wants: "a standard error, to two significant digits",
      hint: 'The errors of the ten trainings are `valuesOf(scores, { family: "tdlgm", experiment: "table1", row: 1, metric: "mse", xi: "sample" })`. Their sd says how much one training varies. How much does the mean of ten vary?',
      how: "`sd(errors) / Math.sqrt(errors.length)`, with $n - 1$ under the root of the sd. A mean of $n$ independent trainings varies by a factor $\\sqrt n$ less than one of them.",
    },
    async () => {
      const errors = valuesOf(await scoresOf(), { row: 1, metric: "mse", xi: "sample" });
      const [n, { se }] = [errors.length, estimate(errors)];
      return {
        right: se,
        tolerance: 0.02 * se,
        mistakes: [
          [sd(errors), "This is the standard deviation of one training. The mean of ten varies less."],
          [sd(errors) / n, "This divides by n. A standard error divides by the root of n."],
          [se * Math.sqrt((n - 1) / n), "This looks like an sd with n where n − 1 belongs."],
        ],
      };
    },
  ),
};
