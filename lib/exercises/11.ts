/** Exercises of 11-measuring-generators. */
import { choice, type Exercise, formula, number } from "./exercise";

/** What a score, lower for better, gives to five grades of a corruption, the least one first. */
const GIVEN = [0.1, 0.3, 0.2, 0.5, 0.5];
/** The share of pairs of places that it ranks rightly; ties count as they are told to. */
function share(values: number[], tie: number, pairs = (i: number, j: number) => i < j): number {
  let [right, all] = [0, 0];
  for (const [i, a] of values.entries())
    for (const [j, b] of values.entries())
      if (pairs(i, j)) {
        right += a === b ? tie : Number(a < b);
        all++;
      }
  return right / all;
}

/** Held-out windows that a classifier guesses at. */
const WINDOWS = 100;
/** E|k / n − ½| for k heads of n fair coins. */
function guessing(n: number): number {
  let [sum, p] = [0, 0.5 ** n];
  for (let k = 0; k <= n; k++) {
    sum += p * Math.abs(k / n - 0.5);
    p *= (n - k) / (k + 1);
  }
  return sum;
}

/** The autocorrelation at lag 1 that the draws lack. */
const LAG1 = 0.25;

type Distance = (p: number[], q: number[]) => number;
/** A distance of two lists of frequencies from their absolute differences. */
const distance =
  (of: (differences: number[]) => number): Distance =>
  (p, q) =>
    of(p.map((x, i) => Math.abs(x - q[i])));
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** By name. */
export const exercises: Record<string, Exercise> = {
  "11.1": number(
    {
      wants: "a share from 0 to 1",
      hint: "Five grades make ten pairs. A pair is right where the lower grade has the lower value; a tie is half right.",
      how: "Eight pairs are right, one is a tie, and the second and the third grade are the wrong way round.",
    },
    () => ({
      right: share(GIVEN, 0.5),
      tolerance: 0.0006,
      mistakes: [
        [share(GIVEN, 0), "The tie counts as wrong here. A score that can't tell two grades is worth a coin: half."],
        [share(GIVEN, 1), "The tie counts as right here. A score that can't tell two grades is worth a coin: half."],
        [2 * share(GIVEN, 0.5) - 1, "This is Kendall's τ, right minus wrong. The share of right pairs is asked for."],
        [share(GIVEN, 0.5, (i, j) => j === i + 1), "These are the neighbours alone. All pairs of grades count."],
      ],
    }),
  ),
  "11.2": formula(
    {
      wants: "a function of two arrays that returns a number",
      hint: "It is 1 where the two have no value in common. What does the sum of the absolute differences give there?",
      how: "$\\frac12 \\sum_v |p_v - q_v|$. The sum counts each misplaced share twice: where it is missing, and where it is too much.",
    },
    [
      [
        [0.5, 0.5, 0],
        [0.25, 0.25, 0.5],
      ],
      [
        [1, 0],
        [0, 1],
      ],
      [
        [0.5, 0.5, 0, 0],
        [0.1, 0.2, 0.3, 0.4],
      ],
    ] as [number[], number[]][],
    {
      right: distance((d) => sum(d) / 2),
      mistakes: [
        [distance(sum), "This is twice as much: each misplaced share is counted where it is missing and where it is too much."],
        [distance((d) => Math.max(...d)), "This is the largest difference of one value. A set of values may differ by more."],
        [distance((d) => sum(d.map((x) => x * x)) / 2), "These are squares. The absolute differences are asked for."],
        [distance((d) => 1 - sum(d) / 2), "This is the overlap, 1 for the same frequencies. The distance is 0 there."],
      ],
    },
  ),
  "11.3": number(
    {
      wants: "a number from 0 to ½",
      hint: "The number of right guesses is that of heads among the windows' coins. Its share is about normal; what is the mean size of its distance from ½?",
      how: "The share has mean ½ and standard deviation $\\frac12 / \\sqrt n$. The mean absolute value of a normal variable is $\\sqrt{2/\\pi}$ of its standard deviation. (The accepted number sums over the binomial distribution.)",
    },
    () => ({
      right: guessing(WINDOWS),
      tolerance: 0.0006,
      mistakes: [
        [0, "The mean accuracy is ½, but the score is a distance from it, and a distance has no sign to cancel."],
        [0.5 / Math.sqrt(WINDOWS), "This is the standard deviation of the accuracy. The mean of its distance from ½ is smaller."],
        [Math.sqrt(2 / Math.PI) / Math.sqrt(WINDOWS), "The standard deviation of one guess, 0 or 1, is ½, not 1."],
      ],
    }),
  ),
  "11.4": choice(
    {
      wants: "one of these scores",
      hint: "Which of them would give the same number if the values of a sequence came in any other order?",
      how: "The frequencies of values are those of a bag: shuffling keeps them to the last digit. The others look at steps from value to value.",
    },
    ["overlap", "lag 1", "marginal distance", "predictive score"],
    () => ({
      right: "marginal distance",
      mistakes: {
        overlap: "It counts steps from value to value, and shuffling makes other steps.",
        "lag 1": "It multiplies neighbours, and shuffling gives each value others.",
        "predictive score": "Its forecaster learns what follows what, and shuffling destroys that.",
      },
    }),
  ),
  "11.5": number(
    {
      wants: "a factor",
      hint: "Without memory the fitted forecast is the mean. What share of a variance does the best forecast from one value explain?",
      how: "The memoryless set teaches the mean, whose error is the variance σ². The right one teaches mean + r (v − mean), whose error is (1 − r²) σ².",
    },
    () => ({
      right: 1 / (1 - LAG1 ** 2),
      tolerance: 0.0006,
      mistakes: [
        [1 - LAG1 ** 2, "This is the other way round: the score without memory is the larger one."],
        [1 / (1 - LAG1), "The explained share of the variance is r², not r."],
        [1 + LAG1, "The explained share of the variance is r², not r."],
        [
          2 / (1 - LAG1 ** 2),
          "This is the error of a draw. The forecaster gives the mean of what it learnt, which has half of that error.",
        ],
      ],
    }),
  ),
};
