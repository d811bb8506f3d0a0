/** Densities of one variable, tabulated as their logarithms: models small enough for their integrals to be sums. */

import { checkFunction, checkNumber, checkNumbers, checkPositive, checkWhole } from "../base/check";

/** log N(x; mean, sd²). */
export function logNormal(x: number, mean = 0, sd = 1): number {
  checkNumber(x, "x");
  checkNumber(mean, "mean");
  checkPositive(sd, "sd");
  return -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);
}

/** An axis in equal pieces, and what is computed over it. Functions and log densities are arrays of their values at `x`. */
export interface Axis {
  /** The pieces' middles. */
  x: number[];
  /** ∫ f(x) dx, as Σ f(x_i) Δx. */
  integral(f: number[]): number;
  /** E_q[f] = ∫ q(x) f(x) dx. */
  expectation(logQ: number[], f: number[]): number;
  /** KL(q ‖ p) = E_q[log q(x) − log p(x)], in nats. */
  kl(logQ: number[], logP: number[]): number;
  /** The log density that is these values plus a constant. */
  normalised(logs: number[]): number[];
}

/** The axis from −end to end in n equal pieces. */
export function axis(n: number, end: number): Axis {
  checkWhole(n, "n", 1);
  checkPositive(end, "end");
  const x = Array.from({ length: n }, (_, i) => end * ((2 * i + 1) / n - 1));
  const integral = (f: number[]): number => f.reduce((sum, y) => sum + y, 0) * ((2 * end) / n);
  const expectation = (logQ: number[], f: number[]): number => integral(f.map((y, i) => Math.exp(logQ[i]) * y));
  const kl = (logQ: number[], logP: number[]): number =>
    expectation(
      logQ,
      logQ.map((q, i) => q - logP[i]),
    );
  const normalised = (logs: number[]): number[] => {
    const top = logs.reduce((a, b) => Math.max(a, b)); // e^(log − top) is at most 1
    const logMass = top + Math.log(integral(logs.map((y) => Math.exp(y - top))));
    return logs.map((y) => y - logMass);
  };
  return { x, integral, expectation, kl, normalised };
}

/**
 * Where a function is least, by walking: to the best of the 3ⁿ neighbours a stride away, until none is better, then with the next stride.
 * @param f a function of n numbers; NaN and infinity where it is not to go
 * @param strides descending
 */
export function walkDown(f: (x: number[]) => number, start: number[], strides: number[]): number[] {
  checkFunction(f, "f");
  checkNumbers(start, "start");
  checkNumbers(strides, "strides", 0);
  let [at, value] = [start, f(start)];
  for (const stride of strides)
    for (let moved = true; moved; ) {
      moved = false;
      const around = at.reduce<number[][]>((all, c) => all.flatMap((x) => [-1, 0, 1].map((i) => [...x, c + i * stride])), [[]]);
      for (const x of around) {
        const y = f(x);
        if (y < value) [at, value, moved] = [x, y, true];
      }
    }
  return at;
}
