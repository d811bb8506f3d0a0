/** Exercises of 05-imputation. */
import { identityMse } from "../metrics/baselines";
import { mean, mse } from "../metrics/metrics";
import { holm } from "../metrics/statistics";
import { noiseLevel } from "../paper/levels";
import { requests } from "./data";
import { type Exercise, formula, number, numbers } from "./exercise";

/** The mean squared distance of the values from a number. */
const about = (values: Float32Array, centre: number): number =>
  mse(
    values,
    values.map(() => centre),
  );
const shareOf = (values: Float32Array, value: number): number => values.filter((v) => v === value).length / values.length;

/** By name. */
export const exercises: Record<string, Exercise> = {
  "05.1": number(
    {
      wants: "a factor, to two decimals",
      hint: "Noise around 1.0 goes up and down equally often. What does the clamp at 1 do to one half of it?",
      how: "½: every second push goes up and is clamped back to 1.0. `identityMse` integrates over the noise.",
    },
    () => {
      const sd = 0.05;
      const right = identityMse(Float32Array.of(1), { probability: 1, sd }) / sd ** 2;
      return {
        right,
        tolerance: 0.01,
        mistakes: [
          [1, "The clamp does something: a 1.0 that is pushed up comes back to 1.0."],
          [Math.sqrt(right), "This compares standard deviations, not squared errors: σ for σ²."],
          [1 / right, "This is the factor the other way round."],
        ],
      };
    },
  ),
  "05.2": number(
    {
      wants: "a share, to two decimals",
      hint: "A value stays if no noise hits it, with 1 − p. It also stays if it is at an edge and is pushed outwards.",
      how: "1 − p + p · ½ · (share of 1.0 + share of 0). The first table on noise has it, counted.",
    },
    async () => {
      const { test } = await requests();
      const { probability: p } = noiseLevel(1, 5, "sd");
      const edges = shareOf(test, 1) + shareOf(test, 0);
      return {
        right: 1 - p + (p * edges) / 2,
        tolerance: 0.006,
        mistakes: [
          [1 - p, "This forgets the clamp at the edges."],
          [1 - p + p * edges, "A ½ is missing: every second push at an edge goes inwards."],
          [1 - p + (p * shareOf(test, 1)) / 2, "There are two edges: a 0 that is pushed down stays 0."],
          [edges / 2, "This is the share among the values that noise hits."],
        ],
      };
    },
  ),
  "05.3": numbers(
    {
      wants: "an array of the three corrected values of p, in their order",
      hint: "Sort them. The least is multiplied by 3, the next by 2, the last by 1. None may be smaller than the one before.",
      how: "`holm([0.04, 0.01, 0.03])`: 0.01 · 3, then 0.03 · 2, then 0.04 · 1, which must not fall below 0.06.",
    },
    3,
    1e-4,
    () => {
      const p = [0.04, 0.01, 0.03];
      const right = holm(p);
      return {
        right,
        mistakes: [
          [p.map((x) => 3 * x), "This multiplies each by 3: Bonferroni's correction."],
          [[0.04, 0.03, 0.06], "The largest p may not become smaller than a smaller one."],
          [[...right].sort((a, b) => a - b), "These are sorted. Leave them in their order."],
          [p, "These are not corrected."],
        ],
      };
    },
  ),
  "05.4": number(
    {
      wants: "a mean squared error, to four decimals",
      hint: "The constant may not have seen the test part. Which mean does one know beforehand?",
      how: "The training mean, scored on the test part. The mean of the test part itself would be better, but only hindsight knows it.",
    },
    async () => {
      const { train, test } = await requests();
      const right = about(test, mean(train));
      return {
        right,
        tolerance: 0.0001,
        mistakes: [
          [about(test, mean(test)), "This constant has seen the test part: in-sample for held-out."],
          [about(train, mean(train)), "This is scored on the training part: in-sample for held-out."],
          [Math.sqrt(right), "This is the root of the MSE."],
          [right * test.length, "This is the sum of the squared errors, not their mean."],
        ],
      };
    },
  ),
  "05.5": formula(
    {
      wants: "a function (bias2, variance, n) of three numbers",
      hint: "Averaging draws leaves their common error where it is. What does it do to the variance?",
      how: "`(bias2, variance, n) => bias2 + variance / n`. At n = ∞ the squared error of the average is left.",
    },
    [
      [0.00002, 0.00036, 1],
      [0.5, 2, 4],
      [1, 3, 10],
    ] as [number, number, number][],
    {
      right: (bias2, variance, n) => bias2 + variance / n,
      mistakes: [
        [(bias2, variance) => bias2 + variance, "This does not depend on n: averaging must help."],
        [(bias2, variance, n) => (bias2 + variance) / n, "The draws share their bias. Averaging does not divide it."],
        [
          (bias2, variance, n) => bias2 + variance / Math.sqrt(n),
          "This divides by √n. The standard deviation falls by √n, the variance by n.",
        ],
        [
          (bias2, variance, n) => bias2 + variance / n ** 2,
          "This divides by n². Each draw adds variance / n² to the mean's, and there are n of them.",
        ],
      ],
    },
    1e-9,
  ),
};
