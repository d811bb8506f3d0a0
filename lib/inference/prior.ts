/** What a particle filter asks of a prior over categorical values, and the plain ones. */
import { checkFunction, checkObject, checkSeries, refuse } from "../base/check";
import { type Chain, checkChain } from "../metrics/filters";
import { checkPredictor, type Predictor } from "../metrics/predictors";

/** A prior p(v_t | v_1 .. v_{t-1}) over a few values. */
export interface Prior {
  name: string;
  /** The K values that a clean series can have, ascending. */
  values: Float32Array;
  /** n states, as before the first value that is to be repaired; equal ones, unless the prior says otherwise. */
  start(n: number): States;
}

/** The states of n particles, which change in place. */
export interface States {
  /**
   * Writes P(v_t = values[k] | state) to entry row · K + k, a row for each particle, or one for several that have the same state; each row sums to 1.
   * @param of the row of each particle; it comes as 0, 1, 2, .., so that only a prior whose particles share rows writes to it
   * @returns how many rows there are
   */
  predict(into: Float64Array, of: Int32Array): number;
  /** Particle i has had values[chosen[i]]. */
  advance(chosen: Int32Array): void;
  /** Particle i goes on from the state of particle from[i]. */
  reorder(from: Int32Array): void;
}

/** @throws Error unless the value has what a prior has */
export function checkPrior(prior: unknown, name = "prior"): asserts prior is Prior {
  checkObject(prior, name, "a Prior, as chainPrior, countingPrior and priorOf make one");
  const { values, start } = prior as unknown as Prior;
  checkSeries(values, `${name}.values`);
  checkFunction(start, `${name}.start`);
}

/**
 * The exact filter's prior: a Markov chain.
 * @param before the clean value before the first, one of the chain's; without it v_1 has the chain's start
 */
export function chainPrior(chain: Chain, before?: number): Prior {
  checkChain(chain);
  const { values, step } = chain;
  const K = values.length;
  if (before !== undefined && !values.includes(before)) refuse("before", "one of the chain's values", before);
  const first = before === undefined ? -1 : values.indexOf(before);
  return {
    name: "Markov-1",
    values,
    start(n) {
      let [last, spare] = [new Int32Array(n).fill(first), new Int32Array(n)];
      const rows = new Int32Array(K + 1); // one more than the row of each last value; the last entry is the start's
      const write = (into: Float64Array, row: number, state: number) => {
        for (let k = 0; k < K; k++) into[row * K + k] = state < 0 ? chain.start[k]! : step[state * K + k]!;
      };
      return {
        predict(into, of) {
          rows.fill(0);
          let count = 0;
          for (let i = 0; i < n; i++) {
            const at = last[i]! < 0 ? K : last[i]!;
            if (rows[at] === 0) {
              write(into, count, last[i]!);
              rows[at] = ++count;
            }
            of[i] = rows[at]! - 1;
          }
          return count;
        },
        advance: (chosen) => last.set(chosen),
        reorder(from) {
          for (let i = 0; i < n; i++) spare[i] = last[from[i]!]!;
          [last, spare] = [spare, last];
        },
      };
    },
  };
}

/**
 * Any `Predictor` as a prior: its rest class is left out. Particles with one past share one state, and what it predicts is computed once.
 * @param history as in `Predictor.start`
 */
export function priorOf<State extends object | null>(predictor: Predictor<State>, history?: Float32Array): Prior {
  checkPredictor(predictor, "predictor");
  if (history !== undefined) checkSeries(history, "history", 0);
  const { name, values } = predictor;
  const K = values.length;
  return {
    name,
    values,
    start(n) {
      const begin = { state: predictor.start(history) };
      let shared: { state: State; after?: Map<number, { state: State }> }[] = new Array(n).fill(begin);
      return {
        predict(into, of) {
          const rows = new Map(Array.from(new Set(shared), (place, row) => [place, row]));
          for (const [place, row] of rows) {
            const next = predictor.next(place.state).slice(0, K);
            const sum = next.reduce((a, b) => a + b);
            into.set(
              next.map((p) => p / sum),
              row * K,
            );
          }
          shared.forEach((place, i) => {
            of[i] = rows.get(place)!;
          });
          return rows.size;
        },
        advance(chosen) {
          shared = shared.map((place, i) => {
            place.after ??= new Map();
            const known = place.after.get(chosen[i]!) ?? { state: predictor.push(place.state, chosen[i]!) };
            place.after.set(chosen[i]!, known);
            return known;
          });
        },
        reorder(from) {
          shared = shared.map((_, i) => shared[from[i]!]!);
        },
      };
    },
  };
}
