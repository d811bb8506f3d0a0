/// <reference path="../packages.d.ts" />
/** Distributions of one number as a filter leaves them: weighted Gaussians, of which those without variance are points. */
import { Normal } from "distributions";
import { checkAsMany } from "../base/check";
import { minimise } from "../metrics/minimise";

const standardNormal = Normal(0, 1);
/** How often an interval is halved on the way to a quantile. */
const HALVINGS = 45;

/** A mixture of Gaussians N(means[i], variances[i]) with weights that sum to 1; a variance of 0 is a point. */
export class Mixture {
  private readonly parts: { w: number; m: number; s: number }[] = [];

  /** Parts that are equal, as copies of a particle are, become one. */
  constructor(weights: ArrayLike<number>, means: ArrayLike<number>, variances?: ArrayLike<number>) {
    const known = new Map<number, { w: number; m: number; s: number }[]>();
    for (let i = 0; i < weights.length; i++) {
      const [w, m, s] = [weights[i]!, means[i]!, Math.sqrt(variances?.[i] ?? 0)];
      if (w === 0) continue;
      const same = known.get(m) ?? [];
      const part = same.find((p) => p.s === s);
      if (part) part.w += w;
      else {
        const made = { w, m, s };
        same.push(made);
        known.set(m, same);
        this.parts.push(made);
      }
    }
  }

  /** Its mean. */
  get mean(): number {
    return this.parts.reduce((sum, { w, m }) => sum + w * m, 0);
  }

  /** P(v <= x), or P(v < x) with `below`. */
  cdf(x: number, below = false): number {
    let sum = 0;
    for (const { w, m, s } of this.parts) sum += w * (s > 0 ? standardNormal.cdf((x - m) / s) : x > m || (x === m && !below) ? 1 : 0);
    return sum;
  }

  /** The least x with P(v <= x) >= p, for p in (0, 1). */
  quantile(p: number): number {
    // A point that holds the quantile is the answer itself.
    const points = this.parts.filter(({ s }) => s === 0).sort((a, b) => a.m - b.m);
    for (const { m } of points) if (this.cdf(m) >= p - 1e-12 && this.cdf(m, true) < p) return m;
    let low = Math.min(...this.parts.map(({ m, s }) => m - 9 * s));
    let high = Math.max(...this.parts.map(({ m, s }) => m + 9 * s));
    for (let i = 0; i < HALVINGS && high - low > 1e-12 * Math.abs(high); i++) {
      const middle = (low + high) / 2;
      if (this.cdf(middle) < p) low = middle;
      else high = middle;
    }
    return high;
  }
}

/** The levels whose quantiles stand for a distribution in its CRPS. */
const LEVELS = Array.from({ length: 20 }, (_, i) => (i + 0.5) / 20);
const quantilesOf = (distribution: Mixture) => LEVELS.map((p) => distribution.quantile(p));
const pinball = (quantiles: readonly number[], value: number) =>
  quantiles.reduce((sum, x, i) => sum + 2 * Math.max(LEVELS[i]! * (value - x), (LEVELS[i]! - 1) * (value - x)), 0) / LEVELS.length;

/**
 * The continuous ranked probability score of a distribution for the value that came, ∫ (F(x) - 1[x >= v])² dx, as twice the mean pinball loss at
 * the quantiles .025, .075, .. .975. It has the unit of the values; smaller is better, and for a point it is the absolute error.
 * @example mixtureCrps(new Mixture([1], [0]), 1) // 1
 */
export const mixtureCrps = (distribution: Mixture, value: number): number => pinball(quantilesOf(distribution), value);

/**
 * The mean CRPS, by the same quantiles, of N(y_t, s²) for the values v_t, with the s that makes it least: what a noisy value says of the true one
 * at best, if the noise is taken for a Gaussian that is alike everywhere.
 * @example gaussianCrps([0.5], [0.5]) // 0
 */
export function gaussianCrps(noisy: ArrayLike<number>, truth: ArrayLike<number>): number {
  checkAsMany(noisy, "noisy", truth, "truth");
  const standard = quantilesOf(new Mixture([1], [0], [1]));
  const off = Array.from(truth, (v, t) => v - noisy[t]!);
  const score = (s: number) => off.reduce((sum, e) => sum + s * pinball(standard, e / s), 0) / off.length;
  const rms = Math.sqrt(off.reduce((sum, e) => sum + e * e, 0) / off.length);
  if (rms === 0) return 0;
  return minimise(([log]) => score(Math.exp(log!)), [Math.log(rms)], [1], 60).value;
}
