/** Where a small model with K = 2 puts the values in its latent plane, and how many of them it keeps apart. */
import { generator } from "../../../lib/base/random";
import type { SmallRun } from "./data";

/** Draws of ξ for each value, from which the information is estimated. */
const DRAWS = 200;
/** Two values count as one level if this much of their q overlaps: the Bhattacharyya coefficient, 1 for equal ones. */
const OVERLAP = 0.5;

/** A Gaussian in the plane. */
export interface Spot {
  mean: [number, number];
  /** C's entries 11, 12, 22. */
  C: [number, number, number];
}

/** What the map shows. */
export interface MapAnswer {
  spots: Spot[];
  /** The level of each value, counted from 0; values whose q overlap share one. */
  levels: number[];
  count: number;
  /** The mean over the values, by how often each occurs, of KL(q ‖ N(0, I)): what the loss pays, in nats. */
  kl: number;
  /** I(v; ξ): what ξ tells of the value, in nats. */
  information: number;
  /** The entropy of the values: the most that ξ can tell. */
  entropy: number;
}

const determinant = ([a, b, c]: Spot["C"]) => a * c - b * b;
/** dᵀ C⁻¹ d. */
const square = (C: Spot["C"], [x, y]: [number, number]) => (C[2] * x * x - 2 * C[1] * x * y + C[0] * y * y) / determinant(C);

/** C = D⁻¹ − η D⁻¹u (D⁻¹u)ᵀ from log d and u. */
function covariance(logD: number[], u: number[]): Spot["C"] {
  const inverse = logD.map((x) => Math.exp(-x));
  const Du = u.map((x, k) => inverse[k] * x);
  const eta = 1 / (1 + u.reduce((sum, x, k) => sum + x * Du[k], 0));
  return [inverse[0] - eta * Du[0] * Du[0], -eta * Du[0] * Du[1], inverse[1] - eta * Du[1] * Du[1]];
}

function bhattacharyya(a: Spot, b: Spot): number {
  const C = a.C.map((x, i) => (x + b.C[i]) / 2) as Spot["C"];
  const d: [number, number] = [a.mean[0] - b.mean[0], a.mean[1] - b.mean[1]];
  return Math.exp(-square(C, d) / 8) * Math.sqrt(Math.sqrt(determinant(a.C) * determinant(b.C)) / determinant(C));
}

/** I(v; ξ) = E log q(ξ | v) / Σ p(v') q(ξ | v'), by draws that are the same every time. */
function informationOf(spots: Spot[], p: number[]): number {
  const random = generator(0, "explore/map");
  const epsilons = Array.from({ length: DRAWS }, () => [random.normal(), random.normal()]);
  const logNorm = spots.map(({ C }) => -Math.log(2 * Math.PI) - Math.log(determinant(C)) / 2);
  let sum = 0;
  for (const [i, { mean, C }] of spots.entries()) {
    const root = Math.sqrt(C[0]);
    const [low, rest] = [C[1] / root, Math.sqrt(determinant(C) / C[0])]; // Cholesky
    for (const [e, f] of epsilons) {
      const [x, y] = [mean[0] + root * e, mean[1] + low * e + rest * f];
      const mixture = spots.reduce((all, one, j) => {
        const d: [number, number] = [x - one.mean[0], y - one.mean[1]];
        return all + p[j] * Math.exp(logNorm[j] - square(one.C, d) / 2);
      }, 0);
      sum += (p[i] / DRAWS) * (logNorm[i] - (e * e + f * f) / 2 - Math.log(mixture));
    }
  }
  return sum;
}

/** Values whose q overlap, directly or by others between them, get one number. */
function levelsOf(spots: Spot[]): number[] {
  const level = spots.map((_, i) => i);
  for (const [i, a] of spots.entries())
    for (const [j, b] of spots.entries())
      if (j < i && level[i] !== level[j] && bhattacharyya(a, b) > OVERLAP) {
        const [from, to] = [Math.max(level[i], level[j]), Math.min(level[i], level[j])];
        for (const k of level.keys()) if (level[k] === from) level[k] = to;
      }
  const names = [...new Set(level)];
  return level.map((l) => names.indexOf(l));
}

/** The map of a small model. @param frequencies how often each value occurs */
export function mapAnswer({ q }: SmallRun, frequencies: number[]): MapAnswer {
  const total = frequencies.reduce((a, b) => a + b, 0);
  const p = frequencies.map((f) => f / total);
  const spots = q.mean.map((mean, i): Spot => ({ mean: [mean[0], mean[1]], C: covariance(q.logD[i], q.u[i]) }));
  const kl = spots.map(({ mean: [x, y], C }) => (x * x + y * y + C[0] + C[2] - Math.log(determinant(C)) - 2) / 2);
  const levels = levelsOf(spots);
  return {
    spots,
    levels,
    count: new Set(levels).size,
    kl: kl.reduce((sum, x, i) => sum + p[i] * x, 0),
    information: informationOf(spots, p),
    entropy: p.reduce((sum, x) => sum - (x > 0 ? x * Math.log(x) : 0), 0),
  };
}
