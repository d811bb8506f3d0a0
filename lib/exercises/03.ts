/** Exercises of 03-loss. */

import { mean } from "../metrics/metrics";
import { logMeanExp } from "../metrics/statistics";
import { TDLGM } from "../models/tdlgm";
import { sigmoid } from "../notebook/plain";
import { axis, logNormal } from "../notebook/quadrature";
import { requests } from "./data";
import { type Exercise, formula, number } from "./exercise";

const line = axis(4000, 12);
const normal = (mu: number, sd: number): number[] => line.x.map((x) => logNormal(x, mu, sd));
const prior = normal(0, 1);

/** log p(v | ξ) on the grid, in the small model with one latent variable. */
const likelihood = (v: number): number[] => line.x.map((x) => logNormal(v, sigmoid(2 * x), 0.1));
/** −log p(v), by quadrature. */
const lossAt = (v: number): number => -Math.log(line.expectation(prior, likelihood(v).map(Math.exp)));

/** By name. */
export const exercises: Record<string, Exercise> = {
  "03.1": number(
    {
      wants: "a number",
      hint: "The section on (25) and (26): α = n / 2τ². n counts output and cell of every layer with a state.",
      how: "n = 2 · H · (L − 1) numbers, so α = n / (2 · 0.1²).",
    },
    () => {
      const n = 2 * TDLGM.H * (TDLGM.L - 1);
      const right = n / (2 * 0.1 ** 2);
      return {
        right,
        tolerance: 1,
        mistakes: [
          [2 * right, "A ½ is missing: α = n / 2τ²."],
          [n / (2 * 0.1), "This divides by τ. It is τ²: σ for σ²."],
          [right / 2, "This counts the cell alone. Output and cell are both compared."],
          [1 / (2 * 0.1 ** 2), "This leaves out n. The MSE is a mean over n numbers, the KL a sum."],
        ],
      };
    },
  ),
  "03.2": number(
    {
      wants: "a number of nats, to three decimals",
      hint: "½ (μ² + c − log c − 1) with the variance c. In 𝒩(1, ¼) the ¼ is the variance.",
      how: "½ (1 + ¼ − log ¼ − 1) nats. `line.kl(normal(1, 0.5), logPrior)` gives the same by quadrature.",
    },
    () => {
      const right = line.kl(normal(1, 0.5), prior);
      return {
        right,
        tolerance: 0.001,
        mistakes: [
          [2 * right, "A ½ is missing."],
          [right / Math.LN2, "This is in bits. The question is in nats."],
          [line.kl(normal(1, 0.25), prior), "This takes ¼ for the standard deviation: σ for σ²."],
          [line.kl(prior, normal(1, 0.5)), "This is the divergence the other way round."],
          [right + 0.5, "The −1 is missing: for q = p the divergence must be 0."],
        ],
      };
    },
  ),
  "03.3": number(
    {
      wants: "a number of nats a value",
      hint: "Each layer subtracts 1 where it should subtract K. Mind the ½ before the bracket.",
      how: "½ (K − 1) for each of the L layers: 3 · ½ · 15.",
    },
    () => {
      const [L, K] = [3, 16];
      const perLayer = ([mu, minus]: [number, number]) => 0.5 * (K * (mu ** 2 + 1) - minus); // μ = mu, C = I
      const right = L * (perLayer([0, 1]) - perLayer([0, K]));
      return {
        right,
        tolerance: 0.001,
        mistakes: [
          [2 * right, "The ½ is missing."],
          [(L * K) / 2, "Off by one: the printed form does subtract 1, so K − 1 is left."],
          [right / L, "This is one layer."],
          [-right, "The sign is wrong: subtracting less makes the loss larger."],
        ],
      };
    },
  ),
  "03.4": number(
    {
      wants: "a number of nats, to three decimals",
      hint: "Change `v` in the first code cell to 0.5 and run on, or integrate p(v | ξ) p(ξ) yourself. Mind the order of log and integral.",
      how: "−log ∫ p(0.5 | ξ) p(ξ) dξ, by quadrature. The decoder is nearly straight at 0.5, so the posterior is nearly Gaussian and the gap smaller than at v = 1.",
    },
    () => {
      const half = lossAt(0.5);
      return {
        right: half,
        tolerance: 0.001,
        mistakes: [
          [lossAt(1), "This is the number for v = 1."],
          [
            -line.expectation(prior, likelihood(0.5)),
            "This is the mean of the log, where the log of the mean is asked for: (20) with q = p, not (19).",
          ],
          [half / Math.LN2, "This is in bits."],
          [-half, "The sign is wrong. A density may exceed 1, so −log p may be negative."],
          [Math.exp(-half), "This is p(v) itself, not −log p(v)."],
        ],
      };
    },
  ),
  "03.5": number(
    {
      wants: "a number of nats, to two decimals",
      hint: "To name one of n equally likely things takes log n nats.",
      how: "The logarithm of the number of different values, log 22.",
    },
    async () => {
      const levels = new Set((await requests()).train).size;
      return {
        right: Math.log(levels),
        tolerance: 0.006,
        mistakes: [
          [Math.log2(levels), "This is in bits: log₂ for log."],
          [Math.log10(levels), "This is the logarithm to base 10."],
          [levels, "This is the number of levels, not its logarithm."],
        ],
      };
    },
  ),
  "03.6": formula(
    {
      wants: "a function of an array of numbers that returns a number",
      hint: "The section on Jensen's gap of the trained model names both: the log of the average, and the average of the logs. One of them is (19).",
      how: "`(logWeights) => -logMeanExp(logWeights)`. Taking the largest out first keeps e^x from overflowing.",
    },
    [[[0, Math.log(3)]], [[-1, -2, -3, -4]], [[800, 801]]] as [number[]][],
    {
      right: (logs) => -logMeanExp(logs),
      mistakes: [
        [(logs) => -mean(logs), "This is the mean of the log: the bound (20). The log of the mean is asked for."],
        [(logs) => logMeanExp(logs), "The sign is wrong: the loss is −log p."],
        [(logs) => -logMeanExp(logs) - Math.log(logs.length), "This is the log of the sum, not of the mean."],
        [
          (logs) => -Math.log(logs.reduce((sum, x) => sum + Math.exp(x), 0) / logs.length),
          "This overflows: e^800 is no number. Take the largest out of the exponent first.",
        ],
      ],
    },
  ),
};
