/** The series that the page draws: the stand-in, and a switching one. */
import { drawChain } from "../../../lib/data/chain";
import { switching } from "../../../lib/data/memory";
import type { Chain } from "../../../lib/metrics/filters";
import type { PageData } from "./data";

/** How many values of the switching series there are. */
const SWITCHING = 2000;

/** The stand-in's values, from 0 to 1. */
export const standIn = ({ transitions }: PageData): Float32Array => Float32Array.from(drawChain(transitions), (v) => v / 1000);

/** A switching series of the kind that the model with a memory was trained on, with another seed. */
export const switchingSeries = (): Float32Array => switching(SWITCHING, 0.95, 0.1, 1);

/** The chain of the stand-in, for the Bayes filter. A little is added to every probability, so that no series is impossible. */
export function chainOf({ transitions: { values, start, transitions } }: PageData): Chain {
  const smoothed = (row: number[]) => {
    const more = row.map((p) => p + 1e-4);
    const sum = more.reduce((a, b) => a + b, 0);
    return more.map((p) => p / sum);
  };
  return {
    values: Float32Array.from(values, (v) => v / 1000),
    start: Float64Array.from(smoothed(start)),
    step: Float64Array.from(transitions.flatMap(smoothed)),
  };
}
