/** Exercises of 10-why-it-forgets. */
import { mean } from "../metrics/metrics";
import { type Exercise, formula, number } from "./exercise";

/** The probabilities of three values, with their own states and with those of other places. */
const [OWN, OTHERS] = [
  [0.5, 0.4, 0.2],
  [0.25, 0.4, 0.1],
];
const nats = (p: number[]) => p.map(Math.log);

/** KL(N(μ, σ²) ‖ N(a, b²)) in nats. */
const kl = (mu: number, sigma: number, a: number, b: number) => Math.log(b / sigma) + (sigma ** 2 + (mu - a) ** 2) / (2 * b ** 2) - 0.5;

/** By name. */
export const exercises: Record<string, Exercise> = {
  "10.1": number(
    {
      wants: "a correlation, to two decimals",
      hint: "What do two neighbouring values of such a run have in common?",
      how: "Each value is made of a ξ of its own and nothing else, so the values are independent: their correlation is 0, as DLGM's in the table.",
    },
    () => ({
      right: 0,
      tolerance: 0.004,
      mistakes: [
        [
          0.25,
          "This is about the lag 1 of the real series. The model may have learnt all of its frequencies, and still cannot repeat its order.",
        ],
        [1, "The values would have to follow from one another. Here each comes from a ξ of its own."],
      ],
    }),
  ),
  "10.2": number(
    {
      wants: "a mean in nats, to three decimals",
      hint: "Take the natural logarithm of each probability first; then differences, value by value; then their mean.",
      how: "The mean of log p(own) − log p(other): log 2, 0 and log 2.",
    },
    () => ({
      right: mean(nats(OWN)) - mean(nats(OTHERS)),
      tolerance: 0.0006,
      mistakes: [
        [mean(OWN.map(Math.log2)) - mean(OTHERS.map(Math.log2)), "These are bits. Nats come from the natural logarithm."],
        [
          Math.log(mean(OWN) / mean(OTHERS)),
          "This is the logarithm of the mean probabilities' ratio. The mean of the logarithms is asked for.",
        ],
        [3 * (mean(nats(OWN)) - mean(nats(OTHERS))), "This is the sum. The gain is a mean over the values."],
        [mean(nats(OTHERS)) - mean(nats(OWN)), "The sign is wrong: a state that helps has a gain above zero."],
      ],
    }),
  ),
  "10.3": formula(
    {
      wants: "a function of p and k that returns a number",
      hint: "After k steps either nothing was drawn anew, and the value is the same; or something was, and the value knows nothing of the old one.",
      how: "Nothing is drawn anew in k steps with probability $p^k$; then the correlation is 1, otherwise 0.",
    },
    [
      [0.9, 1],
      [0.9, 5],
      [0.5, 3],
    ] as [number, number][],
    {
      right: (p, k) => p ** k,
      mistakes: [
        [(p) => p, "This is lag 1, at every lag. How likely is it that nothing is drawn anew in k steps?"],
        [
          (p, k) => (2 * p - 1) ** k,
          "This is a switch between two levels that always leaves the old one. Here a new draw may be the old value again.",
        ],
        [(p, k) => 1 - (1 - p) ** k, "This is the probability that some step keeps the value. All k of them must."],
        [(p, k) => p * k, "Probabilities of independent steps are multiplied."],
      ],
    },
  ),
  "10.4": formula(
    {
      wants: "a function of μ, σ, a and b that returns a number",
      hint: "Measure ξ from the prior's mean in units of the prior's standard deviation, ζ = (ξ − a) / b, and take eq. (22) for ζ. A change of variables leaves a KL as it is.",
      how: "ζ has the mean (μ − a) / b and the standard deviation σ / b; eq. (22) for one number is $\\tfrac12(\\text{mean}^2 + \\text{sd}^2 - \\log \\text{sd}^2 - 1)$.",
    },
    [
      [0.5, 0.3, 0, 1],
      [1, 0.5, 0.8, 0.7],
      [-1, 2, 1, 3],
    ] as [number, number, number, number][],
    {
      right: kl,
      mistakes: [
        [(mu, sigma) => kl(mu, sigma, 0, 1), "This is the KL to N(0, 1). The prior's mean a and standard deviation b are missing."],
        [(mu, sigma, a, b) => kl(a, b, mu, sigma), "This is KL(p ‖ q). The KL of eq. (22) is that of the posterior to the prior."],
        [(mu, sigma, a, b) => kl(mu, sigma, a, b) + 0.5, "The last term is missing: the KL of a distribution to itself must be 0."],
        [(mu, sigma, a, b) => kl(mu, sigma, a, b) - Math.log(b), "The logarithm is of σ alone. The prior's b belongs into it: σ / b."],
      ],
    },
  ),
};
