/** What the tests add to lib/notebook/plain.ts. */
import type { LikelihoodConfig } from "../lib/models/likelihood";
import { dot, sigmoid } from "../lib/notebook/plain";

/** Weights by name, each flat. */
export type Plain = Record<string, number[]>;

/** The mean of π. */
export function meanOf(likelihood: LikelihoodConfig, readout: number[]): number {
  if (likelihood.kind !== "categorical") return sigmoid(readout[0]);
  const shares = readout.map((r) => Math.exp(r - Math.max(...readout)));
  return dot(shares, likelihood.values) / shares.reduce((sum, share) => sum + share, 0);
}

/** The m values before each t and t itself, zeros before the start. */
export const windowsOf = (series: ArrayLike<number>, past: number): number[][] =>
  Array.from(series, (_, t) => Array.from({ length: past + 1 }, (_, i) => (t - past + i < 0 ? 0 : series[t - past + i])));
