/** Exercises of 07-robustness. */
import { noiseOf } from "../data/protocol";
import { identityMse } from "../metrics/baselines";
import { mean, mse } from "../metrics/metrics";
import { noiseLevel } from "../paper/levels";
import { requests } from "./data";
import { type Exercise, formula, number } from "./exercise";

/** The variance of values, divided by n. */
const variance = (values: Float32Array): number =>
  mse(
    values,
    values.map(() => mean(values)),
  );
/** σ of Table 3's level k, 0.1 / (2 k + 1), in its row 10 − k. */
const sdAt = (k: number, reading: "sd" | "variance"): number => noiseOf(noiseLevel(3, 10 - k, reading), reading).sd;

/** By name. */
export const exercises: Record<string, Exercise> = {
  "07.1": number(
    {
      wants: "a standard deviation, to three decimals",
      hint: "σ² = 0.1 / (2k + 1) is the variance under this reading.",
      how: "√(0.1 / 9). Read as a standard deviation it would be 0.1 / 9.",
    },
    () => ({
      right: sdAt(4, "variance"),
      tolerance: 0.001,
      mistakes: [
        [sdAt(4, "sd"), "This is σ². The root is missing: σ² for σ."],
        [sdAt(3, "variance"), "This is k = 3: off by one."],
        [sdAt(5, "variance"), "This is k = 5: off by one."],
      ],
    }),
  ),
  "07.2": formula(
    {
      wants: "a function (w) of a number from 0 to 1",
      hint: "What is returned has the noise w σ ε in it. The share compares mean *squared* errors.",
      how: "`(w) => w ** 2`. At w = 1 it is the identity, at 0 a constant.",
    },
    [[0], [0.3], [0.5], [1]] as [number][],
    {
      right: (w) => w ** 2,
      mistakes: [
        [(w) => w, "This is the share of the standard deviation: σ for σ²."],
        [(w) => (1 - w) ** 2, "This is the weight of the constant."],
        [(w) => w ** 2 + (1 - w) ** 2, "The second part is there without noise too. What is handed on is what noise adds."],
      ],
    },
  ),
  "07.3": number(
    {
      wants: "a weight from 0 to 1, to two decimals",
      hint: "The MSE is w² σ² + (1 − w)² Var(v). Set its derivative by w to 0. The test part may not choose.",
      how: "w = Var(v) / (Var(v) + σ²) with the variance of the training values. It is the least squares answer without clamp and without a past.",
    },
    async () => {
      const { train, test } = await requests();
      const sd = sdAt(0, "sd");
      const weight = (own: number, noise: number) => own / (own + noise);
      const right = weight(variance(train), sd ** 2);
      return {
        right,
        tolerance: 0.005,
        mistakes: [
          [weight(Math.sqrt(variance(train)), sd), "This uses standard deviations in place of variances: σ for σ²."],
          [1 - right, "This is the weight of the mean."],
          [weight(variance(test), sd ** 2), "This takes the variance of the test part: in-sample for held-out."],
        ],
      };
    },
  ),
  "07.4": number(
    {
      wants: "a mean squared error",
      hint: "E[(b + σ ε)²] for a bias b and noise of mean 0.",
      how: "b² + σ² = 0.01 + 0.01. The mixed term has mean 0.",
    },
    () => {
      const [bias, sd] = [0.1, sdAt(0, "sd")];
      return {
        right: bias ** 2 + sd ** 2,
        tolerance: 0.0005,
        mistakes: [
          [sd ** 2, "This is the variance of the noise alone. The bias has a square too."],
          [(bias + sd) ** 2, "Bias and noise do not add up before the square: their mixed term is 0 on average."],
          [bias + sd, "Squares are missing: σ for σ²."],
        ],
      };
    },
  ),
  "07.5": number(
    {
      wants: "a mean squared error, to four decimals",
      hint: "`identityMse(test, { probability: 1, sd: 0.1, mean: -0.1 })` integrates over the noise, the clamp included.",
      how: "More than half of the test values are 1.0. A push down is not taken back there, as a push up is.",
    },
    async () => {
      const { test } = await requests();
      const sd = sdAt(0, "sd");
      const levels = [...new Set(test)];
      const shares = levels.map((level) => test.filter((v) => v === level).length / test.length);
      const at = (mean: number) =>
        levels.reduce((sum, v, i) => sum + shares[i] * identityMse(Float32Array.of(v), { probability: 1, sd, mean }), 0);
      return {
        right: at(-0.1),
        tolerance: 0.0001,
        mistakes: [
          [at(0.1), "This is the bias of +0.1."],
          [at(0), "This is the noise without a bias."],
          [sd ** 2 + 0.1 ** 2, "This forgets the clamp."],
        ],
      };
    },
  ),
};
