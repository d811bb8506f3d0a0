/** Exercises of 12-rivals. */
import { mean } from "../metrics/metrics";
import { crps } from "../metrics/probabilistic";
import { type Exercise, formula, number } from "./exercise";

/** The probabilities that a forecast gave to the three values that came. */
const GIVEN = [0.5, 0.25, 0.1];

/** How often 1 comes, otherwise 0. */
const CHANCE = 0.3;
/** The forecast q of it, in hundredths, with the least mean of |y − q|. */
function bestAbsolute(): number {
  const grid = Array.from({ length: 101 }, (_, i) => i / 100);
  const expected = (q: number) => CHANCE * (1 - q) + (1 - CHANCE) * q;
  return grid.reduce((best, q) => (expected(q) < expected(best) ? q : best));
}

type Share = (past: number[], v: number, tau: number) => number;
/** A share among weighted past values; `weight` is given how many steps back a value is, and how many values there are. */
const share =
  (weight: (k: number, tau: number, n: number) => number, whole = true): Share =>
  (past, v, tau) => {
    const weights = past.map((_, i) => weight(past.length - i, tau, past.length));
    const sum = (of: number[]) => of.reduce((a, b) => a + b, 0);
    return sum(weights.filter((_, i) => past[i] === v)) / (whole ? sum(weights) : 1);
  };

/** The CRPS of a sample with its second sum divided in another way. */
const crpsOver =
  (divisor: (M: number) => number) =>
  (samples: number[], y: number): number => {
    const within = samples.reduce((sum, a) => sum + samples.reduce((row, b) => row + Math.abs(a - b), 0), 0);
    return mean(samples.map((x) => Math.abs(x - y))) - within / divisor(samples.length);
  };

/** By name. */
export const exercises: Record<string, Exercise> = {
  "12.1": number(
    {
      wants: "a mean in nats, to three decimals",
      hint: "Take the surprisal of each value first, then the mean. Nats come from the natural logarithm.",
      how: "The mean of −log p over the three values.",
    },
    () => ({
      right: mean(GIVEN.map((p) => -Math.log(p))),
      tolerance: 0.0006,
      mistakes: [
        [mean(GIVEN.map((p) => -Math.log2(p))), "These are bits. Nats come from the natural logarithm."],
        [-Math.log(mean(GIVEN)), "This is the surprisal of the mean probability. The mean of the surprisals is asked for."],
        [mean(GIVEN.map(Math.log)), "The sign is wrong: a surprisal is −log p."],
      ],
    }),
  ),
  "12.2": formula(
    {
      wants: "a function of an array, a value and τ that returns a number",
      hint: "The last value of the array is one step back, k = 1. Add up the weights of the places that hold the value, and divide by the sum of all weights.",
      how: "With the weights $w_k = e^{-k/\\tau}$ it is $\\sum_k w_k [v_{t-k} = v] / \\sum_k w_k$.",
    },
    [
      [[1, 1, 0.5], 1, 2],
      [[0, 1, 0, 0.5, 1], 0, 10],
      [[1, 0.5], 0, 5],
    ] as [number[], number, number][],
    {
      right: (past, v, tau) => {
        const weights = past.map((_, i) => Math.exp((i - past.length) / tau));
        const all = weights.reduce((a, b) => a + b);
        return weights.reduce((sum, weight, i) => sum + (past[i] === v ? weight : 0), 0) / all;
      },
      mistakes: [
        [
          share((k, tau) => Math.exp(-k / tau), false),
          "These are the weights of the value. A share divides them by the sum of all weights.",
        ],
        [
          share((k, tau, n) => Math.exp(-(n + 1 - k) / tau)),
          "The order is the wrong way round: the last value of the array is the latest.",
        ],
        [share(() => 1), "Nothing fades here: all past values count alike."],
      ],
    },
  ),
  "12.3": formula(
    {
      wants: "a function of an array and a number that returns a number",
      hint: "The second sum runs over all i and j. How many of its terms are not a sample's distance from itself?",
      how: "`crps` of `./lib/index` computes it. Of the M² pairs, M are 0 by construction; the fair form divides by the others, M (M − 1).",
    },
    [
      [[0, 1, 1], 0.5],
      [[0, 1], 2],
      [[0.9, 0.2, 1, 0.4], 0.3],
    ] as [number[], number][],
    {
      right: (samples, y) => crps(samples, y),
      mistakes: [
        [crpsOver((M) => 2 * M * M), "This divides by M². The M pairs of a sample with itself do not count: M (M − 1)."],
        [crpsOver((M) => M * (M - 1)), "The second term is twice too large: the factor ½ is missing."],
        [crpsOver(() => Number.POSITIVE_INFINITY), "This is the mean distance alone. The distances within the sample are missing."],
      ],
    },
  ),
  "12.4": number(
    {
      wants: "a number from 0 to 1",
      hint: "Write the mean score as a function of q. It is a straight line: where does it end lowest?",
      how: "The mean is .3 (1 − q) + .7 q, which grows with q. This score is not proper: it asks for the likelier value, not for the probability.",
    },
    () => ({
      right: bestAbsolute(),
      tolerance: 0,
      mistakes: [
        [CHANCE, "A proper score asks for the true probability. This one does not: compare the mean scores of two forecasts."],
        [1, "This is the worst forecast: 0 comes more often."],
      ],
    }),
  ),
};
