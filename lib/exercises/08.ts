/** Exercises of 08-claims. */
import { fitAutoregression } from "../metrics/baselines";
import { mean } from "../metrics/metrics";
import { meanInterval, welchTest } from "../metrics/statistics";
import { decide } from "../paper/claims";
import { paperTable } from "../paper/printed";
import { requests } from "./data";
import { choice, type Exercise, number } from "./exercise";

/** n numbers with this mean and variance (n − 1). */
const samplesWith = (centre: number, variance: number, n: number): number[] => {
  const raw = Array.from({ length: n }, (_, i) => i - (n - 1) / 2);
  const scale = Math.sqrt((variance * (n - 1)) / raw.reduce((sum, x) => sum + x * x, 0));
  return raw.map((x) => centre + scale * x);
};
/** Half the 95 % interval of the mean of n numbers with sd 1. */
const halfWidth = (n: number): number => {
  const { low, high } = meanInterval(samplesWith(0, 1, n));
  return (high - low) / 2;
};
/** The least n from 3 on for which half the width is below a share of that at 3. */
function seedsFor(share: number, width: (n: number) => number): number {
  let n = 3;
  while (width(n) >= share * width(3)) n++;
  return n;
}

/** Mean squared error of a linear forecast from p values, fitted on the training part. */
async function forecastError(p: number, on: "train" | "test"): Promise<number> {
  const { series, train } = await requests();
  const { intercept, coefficients } = fitAutoregression(train, p);
  const [from, to] = on === "test" ? [train.length, series.length] : [p, train.length];
  const errors = Array.from({ length: to - from }, (_, i) => {
    const t = from + i;
    return (series.values[t] - coefficients.reduce((sum, a, k) => sum + a * series.values[t - 1 - k], intercept)) ** 2;
  });
  return mean(errors);
}

/** A row of the paper's Table 3. */
const printed = (row: number): number[] =>
  ["MSE", "Variance"].map((column) => paperTable(3).find((cell) => cell.row === row && cell.column === column)?.value as number);

/** By name. */
export const exercises: Record<string, Exercise> = {
  "08.1": choice(
    {
      wants: "a verdict",
      hint: "Is the whole interval on the side that the claim needs, or on the other, or is the bound inside it?",
      how: "The bound 0.1 lies inside [0.08, 0.12], so `decide` leaves it open, though the mean is on the claim's side.",
    },
    ["supported", "not supported", "not decidable here"],
    () => ({
      right: decide({ what: "a number", relation: "<", bound: 0.1 }, { mean: 0.095, low: 0.08, high: 0.12 }) as "not decidable here",
      mistakes: {
        supported: "The mean is below the bound, and a part of the interval is not.",
        "not supported": "That needs the whole interval above the bound.",
      },
    }),
  ),
  "08.2": number(
    {
      wants: "a number of seeds",
      hint: "Half the width is t · sd / √n, and t shrinks with n too: 4.30 for three seeds, 1.96 for many. Try n = 4, 5, 6, …",
      how: "The least n with t(n − 1) / √n below a third of its value at 3. The root alone would ask for 27; t does the rest.",
    },
    () => {
      const right = seedsFor(1 / 3, halfWidth);
      return {
        right,
        tolerance: 0,
        mistakes: [
          [seedsFor(1 / 3, (n) => 1 / Math.sqrt(n)), "This keeps t as it is for three seeds. It falls as well."],
          [3 * 3 ** 2, "This keeps t as it is for three seeds. It falls as well."],
          [right - 1, "Off by one: with so many the interval still reaches 0."],
        ],
      };
    },
  ),
  "08.3": number(
    {
      wants: "a value of t, to one decimal",
      hint: "t is the difference of the means over the root of v₁/n + v₂/n, with n = 500 squared errors each.",
      how: "(.0194 − .0131) / √((v₁ + v₂) / 500), from the two rows of the paper's table. It is above 1.96.",
    },
    () => {
      const [[m1, v1], [m10, v10]] = [printed(1), printed(10)];
      const { t } = welchTest(samplesWith(m10, v10, 500), samplesWith(m1, v1, 500));
      return {
        right: t,
        tolerance: 0.05,
        mistakes: [
          [-t, "The sign: the last row minus the first."],
          [t / Math.sqrt(500), "The 500 is missing. This compares two single errors, not two means."],
          [t * Math.sqrt(2), "This has the mean of the two variances. Those of a difference add up."],
          [(m10 - m1) / ((v10 + v1) / 500), "The root is missing: σ² for σ."],
        ],
      };
    },
  ),
  "08.4": number(
    {
      wants: "a share, to three decimals",
      hint: "`forecastSquares(10)` and `forecastSquares(30)` give the squared errors on the test part. Divide what is saved by the error of AR(10).",
      how: "1 − mean(forecastSquares(30)[0]) / mean(forecastSquares(10)[0]).",
    },
    async () => {
      const [ten, thirty] = [await forecastError(10, "test"), await forecastError(30, "test")];
      const [tenSeen, thirtySeen] = [await forecastError(10, "train"), await forecastError(30, "train")];
      return {
        right: 1 - thirty / ten,
        tolerance: 0.0008,
        mistakes: [
          [ten - thirty, "This is the error that is saved, not its share of AR(10)'s."],
          [thirty / ten, "This is what is left, not what is saved."],
          [thirty / ten - 1, "The sign: what is saved counts as positive."],
          [1 - thirtySeen / tenSeen, "This is the saving on the training part: in-sample for held-out."],
        ],
      };
    },
  ),
};
