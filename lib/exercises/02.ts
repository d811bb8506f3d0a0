/** Exercises of 02-from-dlgm-to-tdlgm. */
import * as tf from "@tensorflow/tfjs-core";
import { completeConfig, KINDS } from "../models/registry";
import { advance, emit, recogniseStates, type States, type TdlgmConfig } from "../models/tdlgm";
import { sigmoid } from "../notebook/plain";
import { axis, logNormal, walkDown } from "../notebook/quadrature";
import { normals } from "../tensor/draws";
import { initialise, unpack, type Weights } from "../tensor/weights";
import { type Exercise, formula, number } from "./exercise";

const modelOf = (config: Partial<TdlgmConfig>) => completeConfig({ kind: "tdlgm", H: 4, K: 2, m: 3, ...config });
const weightsOf = (config: ReturnType<typeof modelOf>): Weights => {
  const layout = KINDS.tdlgm.layout(config);
  return unpack(layout, tf.tensor1d(initialise(layout, 1)));
};

/** How many of the next states stay where they are when one ingredient of a step is moved: [state][ingredient], true where it stays. */
function deaf(L: number, transition: "above" | "below"): boolean[][] {
  return tf.tidy(() => {
    const config = modelOf({ L, transition });
    const weights = weightsOf(config);
    const stateful = Array.from({ length: L - 1 }, (_, i) => i + 1);
    const random = (name: string, shape: number[]) => normals(shape, { seed: 0, name: `exercise/${name}`, step: 0 });
    const next = (moved: string): number[][] => {
      const put = (x: tf.Tensor, name: string) => (name === moved ? tf.add(x, 0.5) : x) as tf.Tensor2D;
      const states: States = {};
      for (const l of stateful) states[l] = { h: put(random(`h${l}`, [1, 4]), `s${l}`), c: put(random(`c${l}`, [1, 4]), `s${l}`) };
      const xi = tf.stack(Array.from({ length: L }, (_, i) => put(random(`xi${i}`, [1, 2]), `xi${i}`)));
      const after = advance(config, weights, states, emit(config, weights, states, xi), put(tf.fill([1, 1], 0.5), "v"));
      return stateful.map((l) => [...after[l].h.dataSync(), ...after[l].c.dataSync()]);
    };
    const base = next("");
    const ingredients = [...Array.from({ length: L }, (_, i) => `xi${i}`), ...stateful.map((l) => `s${l}`), "v"];
    const all = ingredients.map(next);
    return stateful.map((_, l) => all.map((after) => after[l].every((x, i) => x === base[l][i])));
  });
}
const countOf = (rows: boolean[][]): number => rows.flat().filter(Boolean).length;

/** The width s of the best code of v = 0.6 in the VAE of the beginning. */
function bestWidth(sigma: number): number {
  const xis = axis(500, 5);
  const misfit = xis.x.map((x) => -logNormal(0.6, sigmoid(2 * x), sigma));
  const loss = ([mu, s]: number[]) =>
    s > 0.02
      ? price(mu, s) +
        xis.expectation(
          xis.x.map((x) => logNormal(x, mu, s)),
          misfit,
        )
      : Number.POSITIVE_INFINITY;
  return walkDown(loss, [0, 1], [0.2, 0.05, 0.01])[1];
}

/** The KL divergence of N(mu, s²) from N(0, 1), by quadrature. */
function price(mu: number, s: number): number {
  return line.kl(
    line.x.map((x) => logNormal(x, mu, s)),
    prior,
  );
}
const line = axis(2000, 12);
const prior = line.x.map((x) => logNormal(x));

/** How many steps until an old state of 1 counts less than a limit, if each step multiplies it by `a`. */
function stepsUntil(a: number, limit: number): number {
  let steps = 0;
  for (let left = 1; left >= limit; left *= a) steps++;
  return steps;
}

/** By name. */
export const exercises: Record<string, Exercise> = {
  "02.1": number(
    {
      wants: "a number of dashes",
      hint: "Go row by row. Fed from above, state l hears the noise of the layers above it, itself, and the states above it, and nothing else.",
      how: "State l is deaf to ξ₁ … ξ_l, to the states below it and to v: l + (l − 1) + 1 = 2l dashes, and 2 + 4 + 6 for the three states. `moves` of the section on (16) counts them.",
    },
    () => {
      const [above, below, three] = [deaf(4, "above"), deaf(4, "below"), deaf(3, "above")].map(countOf);
      return {
        right: above,
        tolerance: 0,
        mistakes: [
          [three, "This is the count for L = 3."],
          [below, "This is the count for F fed from below."],
          [above - 3, "The column v counts too: from above no state hears it."],
        ],
      };
    },
  ),
  "02.2": number(
    {
      wants: "a number of numbers",
      hint: "An LSTM's memory is a pair. Which of the three layers have a state?",
      how: "Output and cell, 64 numbers each, in the L − 1 = 2 layers that have a state.",
    },
    () => {
      const config = modelOf({ L: 3, H: 64 });
      const right = tf.tidy(() => {
        let sum = 0;
        for (const { h, c } of Object.values(recogniseStates(config, weightsOf(config), tf.zeros([3, 1, 1])))) sum += h.size + c.size;
        return sum;
      });
      return {
        right,
        tolerance: 0,
        mistakes: [
          [right / 2, "This counts the cell or the output alone. The library keeps both."],
          [(right * 3) / 2, "This gives every layer a state. The top layer has none: L − 1, not L."],
          [right / 4, "This is one vector of one layer."],
        ],
      };
    },
  ),
  "02.3": number(
    {
      wants: "a whole number of steps",
      hint: "After m steps an old state of 1 counts a to the power m. Take logarithms.",
      how: "The least whole m with 0.8ᵐ < 0.01: `Math.ceil(Math.log(0.01) / Math.log(0.8))`.",
    },
    () => {
      const right = stepsUntil(0.8, 0.01);
      return {
        right,
        tolerance: 0,
        mistakes: [
          [right - 1, "Off by one: after so many steps it still counts more than 0.01."],
          [stepsUntil(0.8 ** 2, 0.01), "This looks like the variance that is left, a²ᵐ, in place of the state, aᵐ."],
        ],
      };
    },
  ),
  "02.4": number(
    {
      wants: "the width s, to two decimals",
      hint: "Set `sigmaV` to 0.05 and run the cell of the idea in one dimension again. Guess first: half the σ, half the width?",
      how: "The search gives it. A half of σ makes nearly a half of the width, since the likelihood decides it, and the prior hardly does.",
    },
    () => {
      const [right, wide] = [bestWidth(0.05), bestWidth(0.1)];
      return {
        right,
        tolerance: 0.006,
        mistakes: [
          [wide, "This is the width at σ = 0.1."],
          [0.05, "This is σ itself. It lies on the scale of v, and s on that of ξ."],
          [right ** 2, "This looks like the variance s²."],
        ],
      };
    },
  ),
  "02.5": formula(
    {
      wants: "a function (mu, s) of two numbers that returns nats",
      hint: "It stands in the first code cell of the idea: ½ (μ² + s² − 1) − log s. Write it from the definition, E[log q − log p], before you look.",
      how: "`(mu, s) => 0.5 * (mu ** 2 + s ** 2 - 1) - Math.log(s)`",
    },
    [
      [0, 1],
      [1, 0.5],
      [-0.5, 1.5],
      [2, 0.2],
    ] as [number, number][],
    {
      right: price,
      mistakes: [
        [(mu, s) => mu ** 2 + s ** 2 - 1 - 2 * Math.log(s), "A ½ is missing."],
        [(mu, s) => 0.5 * (mu ** 2 + s - 1) - 0.5 * Math.log(s), "This takes s for the variance: σ for σ²."],
        [(mu, s) => 0.5 * (mu ** 2 + s ** 2) - Math.log(s), "A −1 is missing: at μ = 0, s = 1 the price must be 0."],
        [(mu, s) => 0.5 * (mu ** 2 + s ** 2 - 1) + Math.log(s), "The sign of the logarithm is wrong: a needle must be expensive."],
        [(mu, s) => (0.5 * (mu ** 2 + s ** 2 - 1) - Math.log(s)) / Math.LN2, "This is in bits. The question is in nats."],
        [(mu, s) => 0.5 * ((mu / s) ** 2 + s ** -2 - 1) + Math.log(s), "This is the divergence the other way round, of p from q."],
      ],
    },
    1e-4,
  ),
};
