/** Bringing values to a model's scale, and back. */
import { checkChoice } from "../base/check";

/** The ways to scale: as they are; to [0, 1]; log x / (1 - x) of a share of a range a little wider than the data's; by median and quartiles. */
export const SCALES = ["none", "minmax", "logit", "robust"] as const;
/** One of `SCALES`. */
export type Scale = (typeof SCALES)[number];

/** A scaling and its inverse; NaN stays NaN. */
export interface Scaling {
  there(value: number): number;
  back(value: number): number;
}

/** How much wider than the data's the logit's range is, on each side: otherwise the ends would be infinite. */
const MARGIN = 0.05;

/**
 * The scaling that suits these values.
 * @param values in the data's units; NaN where one is missing
 * @param name what an error calls them
 * @example scalingOf(Float64Array.of(10, 20, 30), "minmax", "x").there(15) // 0.25
 */
export function scalingOf(values: Float64Array, scale: Scale, name: string): Scaling {
  checkChoice(scale, "scale", SCALES);
  const sorted = values.filter((v) => !Number.isNaN(v)).sort();
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  const affine = (offset: number, by: number): Scaling => {
    if (!(by > 0)) throw new Error(`${name}: its values are too much alike for the scale "${scale}"`);
    return { there: (v) => (v - offset) / by, back: (z) => offset + by * z };
  };
  if (scale === "none") return { there: (v) => v, back: (z) => z };
  if (scale === "minmax") return affine(low, high - low);
  if (scale === "robust") {
    const quantile = (p: number) => sorted[Math.floor(p * (sorted.length - 1))]!;
    return affine(quantile(0.5), quantile(0.75) - quantile(0.25));
  }
  const { there, back } = affine(low - MARGIN * (high - low), (1 + 2 * MARGIN) * (high - low));
  return {
    there: (v) => Math.log(there(v) / (1 - there(v))),
    back: (z) => back(1 / (1 + Math.exp(-z))),
  };
}
