/** Exercises of 13-robust-imputation. */
import { effective } from "../inference/resampling";
import { logLikelihood } from "../metrics/filters";
import { mean } from "../metrics/metrics";
import { type Exercise, formula, number, numbers } from "./exercise";

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const normalised = (values: number[]): number[] => values.map((x) => x / sum(values));

/** A filter before a step, and the likelihood of the next y, for 0, ½ and 1. */
const BEFORE = [0.2, 0.5, 0.3];
const LIKELIHOOD = [0.1, 1.2, 0.4];
/** The notebook's chain stays with probability .8, and goes to each of the others with .1. */
const predict = (p: number[]): number[] => p.map((_, j) => sum(p.map((x, i) => x * (i === j ? 0.8 : 0.1))));
const weigh = (p: number[]): number[] => p.map((x, i) => x * LIKELIHOOD[i]);

/** The normalisers of three steps. */
const EVIDENCE = [0.4, 1.7, 0.25];

/** A value near the upper bound, and noise on it. */
const NEAR = Float32Array.of(0.9);
const SD = 0.2;
/** The likelihood of y = 1. */
const atBound = (probability: number): number => Math.exp(logLikelihood(1, NEAR, { probability, sd: SD })[0]);

/** By name. */
export const exercises: Record<string, Exercise> = {
  "13.1": numbers(
    {
      wants: "an array of three probabilities, to two decimals",
      hint: "Predict: each value keeps .8 of its probability and gets .1 of each of the others'. Then weigh, then divide by the sum.",
      how: "Predicted: .24, .45, .31. Times the likelihood, divided by the sum of the three products.",
    },
    3,
    0.006,
    () => ({
      right: normalised(weigh(predict(BEFORE))),
      mistakes: [
        [normalised(weigh(BEFORE)), "The prediction is missing: the chain moves before y is seen."],
        [weigh(predict(BEFORE)), "These do not sum to 1: divide by their sum."],
        [predict(BEFORE), "This is the prediction. What y says is missing."],
      ],
    }),
  ),
  "13.2": number(
    {
      wants: "a log evidence in nats, to two decimals",
      hint: "p(y) is the product of the normalisers, each the probability of a value given those before. What is the logarithm of a product?",
      how: "The sum of the three logarithms. A normaliser above 1 is no mistake: it is a density.",
    },
    () => ({
      right: sum(EVIDENCE.map(Math.log)),
      tolerance: 0.006,
      mistakes: [
        [Math.log(sum(EVIDENCE)), "This is the log of the sum. The normalisers are multiplied."],
        [mean(EVIDENCE.map(Math.log)), "This is the mean of the logs. Their sum is asked for."],
        [EVIDENCE.reduce((a, b) => a * b), "This is p(y) itself. Its logarithm is asked for."],
      ],
    }),
  ),
  "13.3": number(
    {
      wants: "a probability, to three decimals",
      hint: "How far above v must the noise be thrown to end at the bound, in units of σ? The whole tail from there on counts, and only values that are changed have noise.",
      how: "p Φ((v − 1) / σ): the probability of a change, times the tail that the clamp collects at 1.",
    },
    () => ({
      right: atBound(0.8),
      tolerance: 0.0006,
      mistakes: [
        [
          (0.8 * Math.exp(-(((1 - 0.9) / SD) ** 2) / 2)) / (SD * Math.sqrt(2 * Math.PI)),
          "This is the density at 1. At a bound the clamp collects the whole tail, which is a mass.",
        ],
        [atBound(1), "This is the tail alone. Only p of the values are changed."],
        [0.8 - atBound(0.8), "This is the other part: the noise that stays below 1."],
      ],
    }),
  ),
  "13.4": formula(
    {
      wants: "a function of an array that returns a number",
      hint: "The formula wants weights that sum to 1. Divide by the sum first.",
      how: "$(\\sum_i w_i)^2 / \\sum_i w_i^2$: the sum of the squares, after dividing by the sum.",
    },
    [[[1, 1, 1, 1]], [[0.5, 0.25, 0.25]], [[3, 1, 0]]] as [number[]][],
    {
      right: (w) => effective(Float64Array.from(normalised(w))),
      mistakes: [
        [(w) => 1 / sum(w.map((x) => x * x)), "The weights are not brought to a sum of 1."],
        [(w) => sum(normalised(w).map((x) => x * x)), "This is the sum of the squares. Its inverse is asked for."],
        [(w) => w.filter((x) => x > 0).length, "This counts the weights above 0. A small weight counts less than a large one."],
      ],
    },
  ),
};
