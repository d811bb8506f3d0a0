/** Exercises of 04-training. */
import { sd } from "../metrics/metrics";
import { estimate, meanInterval } from "../metrics/statistics";
import { logNormal } from "../notebook/quadrature";
import { lastRow, records } from "./data";
import { type Exercise, number } from "./exercise";

const greatest = (values: number[]): number => values.indexOf(Math.max(...values));

/** By name. */
export const exercises: Record<string, Exercise> = {
  "04.1": number(
    {
      wants: "a number of nats, to two decimals",
      hint: "The floor is the least that −log 𝒩(v; v̂, σ²) can be: its value at v = v̂.",
      how: "log σ + ½ log 2π at σ = 0.1. A larger σ lifts the floor, and the same error costs less above it.",
    },
    () => {
      const floor = -logNormal(0, 0, 0.1);
      const constant = 0.5 * Math.log(2 * Math.PI);
      return {
        right: floor,
        tolerance: 0.006,
        mistakes: [
          [-floor, "The sign is wrong. A narrow density exceeds 1, so its −log is negative."],
          [Math.log(0.1) + 2 * constant, "A ½ is missing before log 2π."],
          [2 * Math.log(0.1) + constant, "This has log σ² for log σ: σ² for σ."],
          [Math.log(0.1), "The constant ½ log 2π is missing."],
        ],
      };
    },
  ),
  "04.2": number(
    {
      wants: "a seed, from 0 to 9",
      hint: "The last table of the page has *KL 1, KL 2* of each seed, at the end of its training.",
      how: "The seed whose last row has the greatest KL of layer 2.",
    },
    async () => {
      const ends = (await records("tdlgm")).map(lastRow);
      const [one, two] = [0, 1].map((layer) => ends.map(({ kl }) => kl[layer]));
      const right = greatest(two);
      return {
        right,
        tolerance: 0,
        mistakes: [
          [right + 1, "Off by one: seeds are counted from 0."],
          [greatest(one), "This is the seed whose layer 1 carries most."],
        ],
      };
    },
  ),
  "04.3": number(
    {
      wants: "a number of seeds, from 0 to 10",
      hint: "Compare `stateMse` with `stateVariance` in the last row of each run's history: `runs.map(({ record }) => record.history.at(-1)!)`.",
      how: "The runs whose last row has a state MSE above the state's variance: the average state would predict the next one better than F does.",
    },
    async () => {
      const runs = await records("tdlgm");
      const count = (of: "first" | "last") =>
        runs.filter((run) => {
          const row = of === "last" ? lastRow(run) : run.history[0];
          return row.stateMse > row.stateVariance;
        }).length;
      return {
        right: count("last"),
        tolerance: 0,
        mistakes: [
          [runs.length - count("last"), "This counts the seeds whose F does better than the average state."],
          [count("first"), "This looks at the first row of the history. The question is about the last one."],
        ],
      };
    },
  ),
  "04.4": number(
    {
      wants: "half the width of an interval, to two decimals",
      hint: "`meanInterval([1, 2, 4])` gives low and high. By hand: Student's t with 2 degrees of freedom, times the standard error.",
      how: "4.30 · sd / √3. With three seeds t is 4.30, and 1.96 only for very many. So three seeds show large differences alone.",
    },
    () => {
      const three = [1, 2, 4];
      const { low, high } = meanInterval(three);
      const { se } = estimate(three);
      const right = (high - low) / 2;
      return {
        right,
        tolerance: 0.01,
        mistakes: [
          [2 * right, "This is the whole width: a ½ is missing."],
          [1.96 * se, "This is a normal interval. For three values take t with 2 degrees of freedom."],
          [right * Math.sqrt(3), "This uses the sd of one seed. The mean of three varies by √3 less."],
          [right * Math.sqrt(2 / 3), "This looks like an sd with n where n − 1 belongs."],
          [sd(three), "This is the standard deviation alone."],
        ],
      };
    },
  ),
  "04.5": number(
    {
      wants: "a number of levels, to one decimal",
      hint: "1.1 nats are three levels, since log 3 = 1.10. Take the KL of layer 1 from the last table.",
      how: "e to the KL of layer 1 in the last row of seed 0's history.",
    },
    async () => {
      const [nats] = lastRow((await records("tdlgm"))[0]).kl;
      return {
        right: Math.exp(nats),
        tolerance: 0.15,
        mistakes: [
          [2 ** nats, "This takes the nats for bits: 2 to the KL."],
          [nats, "This is the number of nats itself."],
          [nats / Math.LN2, "These are the bits. How many levels do they name?"],
        ],
      };
    },
  ),
};
