/** Exercises of 09-readings. */
import { mean } from "../metrics/metrics";
import { TDLGM } from "../models/tdlgm";
import { axis, logNormal } from "../notebook/quadrature";
import { type Exercise, formula, number } from "./exercise";

/** The expected largest of n standard normal numbers, by quadrature: ∫ x n φ(x) Φ(x)^(n-1) dx. */
function expectedLargest(n: number): number {
  const { x, integral } = axis(4000, 9);
  const density = x.map((value) => Math.exp(logNormal(value)));
  const step = x[1] - x[0];
  let below = 0;
  const cumulative = density.map((d) => {
    below += d * step;
    return below - (d * step) / 2;
  });
  return integral(x.map((value, i) => value * n * density[i] * cumulative[i] ** (n - 1)));
}

/** By name. */
export const exercises: Record<string, Exercise> = {
  "09.1": number(
    {
      wants: "a weight β, to two significant digits",
      hint: "The code divides the KL by batch × length and sums the cross-entropy over the batch. Ours averages both over the batch.",
      how: "1 / (batch · m) with the batch and the window of this project's default, 1 / (256 · 10).",
    },
    () => {
      const { batch, m } = TDLGM;
      const right = 1 / (batch * m);
      return {
        right,
        tolerance: 0.02 * right,
        mistakes: [
          [1 / batch, "This forgets the length of the window."],
          [1 / m, "This forgets the batch."],
          [1 / (batch + m), "Batch times length, not plus."],
          [1 / 100, "This is the weight at their batches of 10."],
        ],
      };
    },
  ),
  "09.2": formula(
    {
      wants: "a function of an array of factors that returns a factor",
      hint: "A factor of 2 and one of ½ should average to 1. Which mean does that?",
      how: "`(factors) => Math.exp(mean(factors.map(Math.log)))`, the geometric mean.",
    },
    [[[2, 0.5]], [[0.5, 1, 4]], [[1.1, 1.3, 0.9, 2]]] as [number[]][],
    {
      right: (factors) => Math.exp(mean(factors.map(Math.log))),
      mistakes: [
        [(factors) => mean(factors), "This is the mean of the factors: 2 and ½ would make 1.25."],
        [(factors) => mean(factors.map(Math.log)), "This is the mean of the logs. Go back by exp."],
        [
          (factors) => Math.exp(factors.reduce((sum, x) => sum + Math.log(x), 0)),
          "This is their product: a sum of the logs for their mean.",
        ],
      ],
    },
  ),
  "09.3": number(
    {
      wants: "a distance, to two significant digits",
      hint: "With Adam a step moves a weight by about the rate. Here the rate falls linearly from its start to 0: what is its average?",
      how: "½ · 4,000 · 10⁻⁶. The area under a line that falls to 0 is half of the rectangle.",
    },
    () => {
      const [rate, steps] = [1e-6, 4000];
      const all = Array.from({ length: steps }, (_, t) => rate * (1 - t / steps)).reduce((sum, x) => sum + x, 0);
      return {
        right: all,
        tolerance: 0.02 * all,
        mistakes: [
          [rate * steps, "A ½ is missing: the rate falls to 0."],
          [all / steps, "This is the mean step, not their sum."],
          [
            rate * Math.sqrt(steps),
            "This is a random walk. The question is about the furthest that it can go, all steps in one direction.",
          ],
        ],
      };
    },
  ),
  "09.4": number(
    {
      wants: "a number of standard deviations, to one decimal",
      hint: "Draw 20 standard normal numbers, take the largest, and average that over many repetitions.",
      how: "The expected largest of 20 standard normal numbers, ∫ x · 20 φ(x) Φ(x)¹⁹ dx. So the best of 20 equal configurations looks that much better than it is.",
    },
    () => ({
      right: expectedLargest(20),
      tolerance: 0.05,
      mistakes: [
        [Math.sqrt(2 * Math.log(20)), "This is √(2 log n), a bound that is reached for very many only."],
        [1 / Math.sqrt(20), "This is the standard error of the mean of 20. The best of them is far from their mean."],
        [0, "That holds for one configuration. The best of many is chosen for its luck."],
      ],
    }),
  ),
};
