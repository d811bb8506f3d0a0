/** Exercises of 06-generation. */
import { mean, mse, transitionCeiling, transitionScore } from "../metrics/metrics";
import { requests } from "./data";
import { anything, type Exercise, number } from "./exercise";
import { fillingSequence } from "./filling";

/** The toy's true series, and other generated sequences. */
const T = [1, 1, 0.5, 1, 1, 0, 1, 1, 0.5, 0.5, 1, 1];
const G = [
  [1, 1, 0.5, 0.5],
  [0.5, 1, 1, 1],
];

/** Algorithm 1 with its parts changed, by hand. */
function scoreByHand(options: { c?: number; across?: boolean; capped?: boolean }): number {
  const count = (sequences: number[][]) => {
    const counts = new Map<string, number>();
    for (const s of sequences)
      for (let t = 0; t + 1 < s.length; t++) counts.set(`${s[t]} ${s[t + 1]}`, (counts.get(`${s[t]} ${s[t + 1]}`) ?? 0) + 1);
    return counts;
  };
  const sequences = options.across ? [G.flat()] : G;
  const [TM, GM] = [count([T]), count(sequences)];
  const c = options.c ?? (T.length - 1) / sequences.reduce((sum, s) => sum + s.length - 1, 0);
  return [...TM].reduce((sum, [step, n]) => {
    const made = c * (GM.get(step) ?? 0);
    return sum + (options.capped === false ? made : Math.min(made, n)) / n;
  }, 0);
}

/** By name. */
export const exercises: Record<string, Exercise> = {
  "06.1": number(
    {
      wants: "a score, to two decimals",
      hint: "Count the steps inside each sequence, three in each. Scale by steps over steps, cut each cell at the true count, divide by it, and add up.",
      how: "`transitionScore` of the same gives it. Six steps are scaled by c = 11 / 6.",
    },
    () => ({
      right: transitionScore(
        Float32Array.from(T),
        G.map((s) => Float32Array.from(s)),
      ),
      tolerance: 0.006,
      mistakes: [
        [scoreByHand({ across: true }), "This counts the step from the end of the first sequence to the start of the second."],
        [
          scoreByHand({ c: T.length / G.flat().length }),
          "This takes c from the numbers of values. Numbers of steps are meant: off by one for each sequence.",
        ],
        [scoreByHand({ c: 1 }), "The counts are not scaled."],
        [scoreByHand({ capped: false }), "Too much counts no more than enough: the min is missing."],
        [scoreByHand({}) / transitionCeiling(Float32Array.from(T)), "This is the mean over the cells. The score is their sum."],
      ],
    }),
  ),
  "06.2": number(
    {
      wants: "a number of cells",
      hint: "Which different steps does T take? Each is one cell, however often it occurs.",
      how: "1 → 1, 1 → ½, ½ → 1, 1 → 0, 0 → 1, ½ → ½.",
    },
    () => ({
      right: transitionCeiling(Float32Array.from(T)),
      tolerance: 0,
      mistakes: [
        [new Set(T).size ** 2, "These are all cells. Only those that T steps through can give a point."],
        [T.length - 1, "This is the number of steps, not of different ones."],
        [new Set(T).size, "This is the number of values."],
      ],
    }),
  ),
  "06.3": number(
    {
      wants: "a factor, to three decimals",
      hint: "c divides the true steps by the generated ones. A sequence of ten values has nine steps.",
      how: "(number of training values − 1) / (9 · number of sequences), with a sequence for each of the training part's histories, two fewer than its values.",
    },
    async () => {
      const n = (await requests()).train.length;
      return {
        right: (n - 1) / (9 * (n - 2)),
        tolerance: 0.0005,
        mistakes: [
          [n / (10 * (n - 2)), "This divides numbers of values. Ten values have nine steps: off by one."],
          [(9 * (n - 2)) / (n - 1), "This is the factor the other way round."],
        ],
      };
    },
  ),
  "06.4": number(
    {
      wants: "a mean squared error, to three decimals",
      hint: "A draw has an error of its own on top of that of its mean: its variance.",
      how: "The error of the training mean on the test part plus the variance of the training values. The table of errors over the horizon has it, at other lengths.",
    },
    async () => {
      const { train, test } = await requests();
      const about = (x: Float32Array, centre: number) =>
        mse(
          x,
          x.map(() => centre),
        );
      const [ofMean, own] = [about(test, mean(train)), about(train, mean(train))];
      return {
        right: ofMean + own,
        tolerance: 0.0006,
        mistakes: [
          [ofMean, "This is the error of the mean. A draw adds its own variance."],
          [own, "This is the variance of the draws alone."],
          [2 * own, "This takes the training part for the truth too: in-sample for held-out."],
          [Math.sqrt(ofMean + own), "This is the root of the MSE."],
        ],
      };
    },
  ),
  "06.5": anything(
    {
      wants: "an array of 500 numbers from 0 to 1",
      hint: "Each of the 80 cells is worth one point, and c is about 15. One step fills a cell whose true count is below c. What does it cost to take those steps away from 1 → 1?",
      how: "Walk from bin to bin, each time to the cell that gains most by one more step. It gets nearly every point, and its `transitionOverlap` is above that of a real stretch as well: both can be aimed at.",
    },
    (value) => {
      const values = Array.isArray(value) || value instanceof Float32Array ? Array.from(value as ArrayLike<unknown>) : [];
      return values.length === 500 && values.every((v) => typeof v === "number" && v >= 0 && v <= 1);
    },
    async () => {
      const { train } = await requests();
      const score = (answer: unknown) => transitionScore(train, [Float32Array.from(answer as number[])]);
      const bad: [Float32Array, string, (x: number[]) => boolean][] = [
        [
          train.slice(-500),
          "This looks like a stretch of the real series. Real ones repeat frequent steps and miss the rare ones.",
          (x) => x.filter((v) => v === 1).length > 100,
        ],
        [
          train.slice(-500).map((v) => Math.min(v, 0.99)),
          "There is no 1.0 in it, and every cell that touches 1.0 stays empty.",
          (x) => !x.includes(1),
        ],
      ];
      return {
        right: Array.from(fillingSequence(train, 500)),
        accepted: "500 values with a score above 70",
        accepts: (answer) => score(answer) > 70,
        mistakes: bad.map(([answer, says, fits]) => ({ answer, says, fits: (given) => fits(Array.from(given as number[])) })),
      };
    },
  ),
};
