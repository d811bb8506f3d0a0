/** A first-order Markov chain over a table of values, as the stand-in is drawn from one. */
import { generator, indexAt, type Random } from "../base/random";

/** The number of values in the stand-in, that of the trace. */
export const STAND_IN_LENGTH = 8152;

/** First-order transitions of a series over its distinct values. Probabilities are rounded to .001. */
export interface Transitions {
  /** The distinct values, ascending. */
  values: number[];
  /** How often each value occurs: the distribution of the first value drawn. */
  start: number[];
  /** Row i: how often each value follows values[i]. */
  transitions: number[][];
}

/**
 * A draw of the chain.
 *
 * @param random what is drawn from; the stand-in's stream by default
 * @param length the number of values, the stand-in's by default
 */
export function drawChain(
  { values, start, transitions }: Transitions,
  random: Random = generator(0, "stand-in"),
  length = STAND_IN_LENGTH,
): number[] {
  // Rounded probabilities do not add up to 1.
  const draw = (probabilities: number[]) => indexAt(probabilities, random.uniform() * probabilities.reduce((a, b) => a + b, 0));
  let state = draw(start);
  return Array.from({ length }, (_, t) => {
    if (t > 0) state = draw(transitions[state]!);
    return values[state]!;
  });
}
