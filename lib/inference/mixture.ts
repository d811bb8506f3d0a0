/// <reference path="../packages.d.ts" />
/** Distributions of one number as a filter leaves them: weighted Gaussians, of which those without variance are points. */
import { Normal } from "distributions";

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

/**
 * The continuous ranked probability score of a distribution for the value that came, ∫ (F(x) - 1[x >= v])² dx, as twice the mean pinball loss at
 * the quantiles .025, .075, .. .975. It has the unit of the values; smaller is better, and for a point it is the absolute error.
 */
export function mixtureCrps(distribution: Mixture, value: number): number {
  let sum = 0;
  for (let i = 0; i < 20; i++) {
    const p = (i + 0.5) / 20;
    const off = value - distribution.quantile(p);
    sum += 2 * Math.max(p * off, (p - 1) * off);
  }
  return sum / 20;
}
