/** Exercises of 01-trace. */
import { addNoise } from "../data/noise";
import { isStandIn } from "../data/trace";
import { autocorrelation } from "../metrics/autocorrelation";
import { AR_ORDER, fitAutoregression } from "../metrics/baselines";
import { mean, mse } from "../metrics/metrics";
import { requests, table } from "./data";
import { anything, type Exercise, number } from "./exercise";

/** The middle one of the values. */
const median = (values: ArrayLike<number>): number => Array.from(values).sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** How often each value occurs, as shares. */
function sharesOf(values: Float32Array): number[] {
  const counts = new Map<number, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  return [...counts.values()].map((count) => count / values.length);
}

type Forecast = (past: Float32Array) => number;

/** The errors of forecasts of the test part. */
async function forecastMse(forecast: Forecast): Promise<number> {
  const { series, train, test } = await requests();
  return mse(
    test,
    test.map((_, i) => forecast(series.values.subarray(0, train.length + i))),
  );
}

/** A linear forecast from the last values, fitted on a series. */
function linearForecast(series: Float32Array, order: number): Forecast {
  const { intercept, coefficients } = fitAutoregression(series, order);
  return (past) => coefficients.reduce((sum, a, k) => sum + a * past[past.length - 1 - k], intercept);
}

/** By name. */
export const exercises: Record<string, Exercise> = {
  "01.1": number(
    {
      wants: "a number, to three decimals",
      hint: "The mean squared error of a constant c is the variance of the values plus the squared distance of c from one of their averages.",
      how: "`mean(test)`. The MSE of a constant c is Var(v) + (c − mean)², so the mean of the very values that are scored is best.",
    },
    async () => {
      const { train, test } = await requests();
      return {
        right: mean(test),
        tolerance: 0.0006,
        mistakes: [
          [mean(train), "This is the training mean. It is the best constant in the sample, and the question is about the held-out part."],
          [median(test), "This is the median. It is best for absolute errors, not for squared ones."],
        ],
      };
    },
  ),
  "01.2": number(
    {
      wants: "a number of seconds",
      hint: "Drop the pods that were never scheduled before you subtract. danfo would take their holes for 0.",
      how: "Over the pods with a `scheduled_time`, the mean of `scheduled_time - creation_time`. On the stand-in there are no such columns.",
    },
    async () => {
      const trace = await table();
      if (isStandIn(trace)) throw new Error("This exercise needs the trace: the stand-in has no times.");
      const [from, to] = ["creation_time", "scheduled_time"].map((name) => trace.column(name).values as (number | null)[]);
      const waits = from.flatMap((seconds, i) => (to[i] === null ? [] : [Number(to[i]) - Number(seconds)]));
      const total = waits.reduce((sum, wait) => sum + wait, 0);
      return {
        right: mean(waits),
        tolerance: 0.5,
        mistakes: [
          [total, "This is the sum, not the mean."],
          [total / from.length, "This divides by all pods. Those without a `scheduled_time` never waited to an end."],
          [mean(from.map((seconds, i) => Number(to[i] ?? 0) - Number(seconds))), "The holes count as 0 here, and move the mean by days."],
          [median(waits), "This is the median wait."],
        ],
      };
    },
  ),
  "01.3": number(
    {
      wants: "an autocorrelation, to three decimals",
      hint: "Leave the zeros out first. `series.filter((v) => v !== 0)` is a shorter series, whose neighbours were not always neighbours.",
      how: "`autocorrelation(series.filter((v) => v !== 0), 1)`. It is higher than with the zeros: the memory is not about zeros alone.",
    },
    async () => {
      const { series, train } = await requests();
      const [all, part] = [series.values, train].map((values) => values.filter((v) => v !== 0));
      return {
        right: autocorrelation(all, 1),
        tolerance: 0.0006,
        mistakes: [
          [autocorrelation(series.values, 1), "The zeros are still in it."],
          [autocorrelation(all, 2), "This is lag 2: off by one."],
          [autocorrelation(part, 1), "This is the training part. The question is about the whole series."],
        ],
      };
    },
  ),
  "01.4": number(
    {
      wants: "a standard deviation, to two decimals",
      hint: "Try `mse(test, addNoise(test, { probability: 1, sd }, 0))` for growing sd, until it exceeds the error of the training median.",
      how: "The least sd, in steps of 0.01, at which the noisy values are worse than the constant. The clamp keeps it above the root of the constant's error.",
    },
    async () => {
      const { train, test } = await requests();
      const constant = mse(
        test,
        test.map(() => median(train)),
      );
      const worse = (sd: number) => mse(test, addNoise(test, { probability: 1, sd }, 0)) > constant;
      let steps = 1;
      while (!worse(steps / 100)) steps++;
      const sd = steps / 100;
      return {
        right: sd,
        tolerance: 0.011,
        mistakes: [
          [sd ** 2, "This looks like the variance: σ² for σ."],
          [Math.sqrt(constant), "This forgets the clamp. It takes back a part of the noise."],
        ],
      };
    },
  ),
  "01.5": anything(
    {
      wants: "a function that gets all values before and returns a forecast of the next",
      hint: "`fitAutoregression(train, order)` gives an intercept and coefficients, the first for the value just before. Which order do you need to beat ten?",
      how: "A linear forecast from 50 values, fitted on the training part, is a little better than one from ten.",
    },
    (value) => typeof value === "function",
    async () => {
      const { series, train, test } = await requests();
      const [ten, fifty] = [AR_ORDER, 50].map((order) => linearForecast(train, order));
      const goal = await forecastMse(ten);
      const bad: [Forecast, string][] = [
        [(past) => past[past.length - 1], "This is no better than repeating the last value, the worst guess of all in the table."],
        [() => mean(train), "This is no better than a constant. It makes nothing of the past."],
      ];
      const limits = await Promise.all(bad.map(([forecast]) => forecastMse(forecast)));
      const errorOf = (answer: unknown) =>
        mse(
          test,
          test.map((_, i) => (answer as Forecast)(series.values.slice(0, train.length + i))),
        );
      return {
        right: fifty,
        accepted: `a forecast whose MSE on the test part is below AR(10)'s, ${goal.toFixed(4)}`,
        accepts: (answer) => errorOf(answer) < goal,
        mistakes: bad.map(([answer, says], i) => ({ answer, says, fits: (given) => errorOf(given) >= limits[i] - 1e-9 })),
      };
    },
  ),
  "01.6": number(
    {
      wants: "a number of bits, to two decimals",
      hint: "Entropy is −Σ p log₂ p over the 22 values. `Math.log` counts in nats.",
      how: "`-Σ p * Math.log2(p)` over the shares of the 22 values in the training part. A perfect code of single values needs that many bits for each.",
    },
    async () => {
      const { train } = await requests();
      const shares = sharesOf(train);
      const entropy = -shares.reduce((sum, p) => sum + p * Math.log2(p), 0);
      return {
        right: entropy,
        tolerance: 0.006,
        mistakes: [
          [entropy * Math.LN2, "This is in nats. One nat is 1.44 bits."],
          [Math.log2(shares.length), "This takes all values for equally likely."],
          [-entropy, "The sign is wrong: log p is negative."],
          [-mean(shares.map(Math.log2)), "This weighs every value alike. Weigh each log by its share."],
        ],
      };
    },
  ),
};
