/** Free runs: what a model makes after a history, by its own equations. */
import * as tf from "@tensorflow/tfjs-core";
import { generator } from "../../../lib/base/random";
import { correlation } from "../../../lib/metrics/metrics";
import type { Kind } from "../../../lib/models/kind";
import { type FullConfig, kindOf } from "../../../lib/models/registry";
import type { PageModel } from "./data";
import { drawnFrom } from "./draws";

/** Sequences that a model makes after histories, one after each. A history that all have in common is read once. */
export function freeRuns(model: PageModel<FullConfig>, histories: Float32Array[], steps: number, seed: number): number[][] {
  const { config, weights } = model;
  const kind = kindOf(config) as unknown as Kind<FullConfig>;
  const { past, future } = kind.reach(config);
  const [length, B] = [past + future, histories.length];
  const random = generator(seed, "explore/futures");
  const sequences: number[][] = histories.map(() => []);
  let state = tf.tidy(() => {
    const n = new Set(histories).size === 1 ? 1 : B;
    const table = Float32Array.from({ length: length * n }, (_, i) => histories[i % n].at(Math.floor(i / n) - length) ?? 0);
    return kind.init(config, weights, tf.tensor3d(table, [length, n, 1])).map((t) => tf.tile(t, [B / n, 1]));
  });
  for (let t = 0; t < steps; t++) {
    const [v, ...next] = tf.tidy(() => {
      const made = kind.step(config, weights, state, drawnFrom(random, kind.emission(config), B));
      return [made.v, ...made.state];
    });
    for (const [i, x] of v.dataSync().entries()) sequences[i].push(x);
    tf.dispose([v, ...state]);
    state = next;
  }
  tf.dispose(state);
  return sequences;
}

/** Futures of one history, and what is seen of them. */
export interface FuturesAnswer {
  futures: number[][];
  /** At each step the values that a tenth, a half and nine tenths of the futures stay below. */
  quantiles: [number, number, number][];
  /** The correlation of neighbours in the futures, and in the real series. */
  lag1: number;
  realLag1: number;
}

const SHARES = [0.1, 0.5, 0.9];

const known = new WeakMap<Float32Array, number>();
/** The correlation of neighbours in a series, computed once. */
function lag1Of(series: Float32Array): number {
  const lag1 = known.get(series) ?? correlation(series.slice(0, -1), series.slice(1));
  known.set(series, lag1);
  return lag1;
}

/** Futures of a history. @param series the real series that the history is from */
export function futuresAnswer(
  model: PageModel<FullConfig>,
  series: Float32Array,
  { at, futures: B, steps, seed }: { at: number; futures: number; steps: number; seed: number },
): FuturesAnswer {
  const history = series.slice(Math.max(0, at - 30), at);
  const futures = freeRuns(model, Array<Float32Array>(B).fill(history), steps, seed);
  const quantiles = Array.from({ length: steps }, (_, t) => {
    const sorted = futures.map((one) => one[t]).sort((a, b) => a - b);
    return SHARES.map((share) => sorted[Math.round(share * (B - 1))]) as [number, number, number];
  });
  return {
    futures,
    quantiles,
    lag1: correlation(
      futures.flatMap((one) => one.slice(0, -1)),
      futures.flatMap((one) => one.slice(1)),
    ),
    realLag1: lag1Of(series),
  };
}
