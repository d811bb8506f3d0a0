/** Imputation: a series from a noisy one, a block of windows at a time. */
import * as tf from "@tensorflow/tfjs-core";
import { checkAsMany, checkChoice, checkOptions, checkSeed, checkSeries, checkSignal, refuse } from "../base/check";
import { AbortError, kernelSignal, pauser } from "../base/interrupt";
import { padded, windows } from "../data/windows";
import { checkRows, type Model, type WeightedModel, weighted } from "../models/model";
import { columnsOf, type FullConfig, kindOf } from "../models/registry";
import { BLOCK, blockDraws, keyOf } from "../tensor/draws";
import { Graph } from "../tensor/graph";
import { named } from "../tensor/weights";
import { checkShared, type SharedOptions } from "./options";

/** How ξ is taken: one draw from q, which follows from the seed (a whole number from 0 to 2^31-1), or q's mean; the same for the RNN. */
export type Draw = { seed: number; xi: "sample" | "mean" };

/** The options of imputation. */
export type ImputeOptions = Draw &
  SharedOptions & {
    /** The clean series: a DLGM of windowEnd "clean" needs it; no other model looks at it. */
    clean?: Float32Array;
  };

/**
 * Reconstructs a series from a noisy one: entry t from noisy[t] and the m values before it (zeros before the start), the mean of π for one
 * draw of ξ from q, or for its posterior mean. The RNN forecasts entry t from the values before it alone.
 * @param noisy of d columns row by row
 * @returns a series of the same length
 * @throws Error naming the argument that is wrong; AbortError when the signal is aborted
 */
export async function impute(model: Model, noisy: Float32Array, options: ImputeOptions): Promise<Float32Array> {
  checkShared(options, "xi", "clean");
  const { seed, xi, ...shared } = options;
  checkXi(xi, "options.xi");
  return (await imputeDraws(model, noisy, [{ seed, xi }], shared))[0];
}

/**
 * Several imputations of one series, each what `impute` gives with that draw. They share what the model recognises of the series, most of the
 * work.
 */
export async function imputeDraws(
  model: Model,
  noisy: Float32Array,
  draws: Draw[],
  options: Omit<ImputeOptions, keyof Draw> = {},
): Promise<Float32Array[]> {
  const own = weighted(model);
  checkSeries(noisy, "noisy");
  checkRows(own, noisy, "noisy");
  for (const [i, { seed, xi }] of draws.entries()) {
    checkSeed(seed, `draws[${i}].seed`);
    checkXi(xi, `draws[${i}].xi`);
  }
  checkOptions(options, "options", ["signal", "clean"]);
  checkSignal(options.signal);
  if (!kindOf(own.config).wantsClean?.(own.config)) return own.use("impute", () => imputeSeries(own, noisy, draws, options));
  const { clean } = options;
  if (clean === undefined) refuse("options.clean", 'the clean series, which a DLGM of windowEnd "clean" needs', clean);
  checkSeries(clean, "options.clean");
  checkAsMany(clean, "options.clean", noisy, "noisy");
  return own.use("impute", () => imputeSeries(own, noisy, draws, options, clean));
}

const checkXi = (xi: unknown, name: string): void => checkChoice(xi, name, ["sample", "mean"]);

/**
 * A block of windows, once for each key: from the keys of the draws, the values, the weights and, for a model that needs them, the clean
 * values. It belongs to the model and knows nothing of it.
 */
function blockGraph(config: FullConfig, names: string[], sampled: boolean[], hasClean: boolean): Graph {
  const kind = kindOf(config);
  const { past } = kind.reach(config);
  const noise = kind.noise(config);
  return new Graph((keys, values, ...rest) => {
    const size = values.shape[0] - past;
    const window = (series: tf.Tensor) => windows(series as tf.Tensor2D, tf.range(0, size, 1, "int32"), past + 1);
    const seen = window(values);
    const clean = hasClean ? window(rest[names.length]) : seen;
    const drawn = tf.unstack(keys).map((key, i) => (sampled[i] ? blockDraws(noise, { key }, size) : null));
    return [tf.concat(kind.impute(config, named(names, rest), { seen, clean }, drawn), 1)];
  });
}

/** Imputes one block of windows after another, each in one call of a graph. @param clean the clean series, for a model that needs it */
async function imputeSeries(
  own: WeightedModel,
  noisy: Float32Array,
  draws: Draw[],
  options: { signal?: AbortSignal },
  clean?: Float32Array,
): Promise<Float32Array[]> {
  if (draws.length === 0) return [];
  const { config, weights } = own;
  const kind = kindOf(config);
  const { past } = kind.reach(config);
  const d = columnsOf(config);
  const T = noisy.length / d;
  const w = Object.values(weights);
  const sampled = draws.map(({ xi }) => xi === "sample");
  const names = Object.keys(weights);
  const block = own.part(`impute ${sampled}`, () => blockGraph(config, names, sampled, clean !== undefined));
  const pause = pauser(options.signal ?? kernelSignal());
  const out = draws.map(() => new Float32Array(noisy.length));
  const piece = (series: Float32Array, from: number, size: number) =>
    tf.tensor2d(series.subarray(from * d, (from + size + past) * d), [size + past, d]);
  const [source, cleanSource] = [noisy, clean].map((series) => series && padded(series, past, d, kind.before?.(config)));
  for (let from = 0, chunk = 0; from < T; from += BLOCK, chunk++) {
    const size = Math.min(BLOCK, T - from);
    const values = tf.tidy(() => {
      const keys = tf.stack(draws.map(({ seed }) => keyOf(seed, "impute", chunk)));
      const inputs = [keys, piece(source as Float32Array, from, size), ...w];
      if (cleanSource) inputs.push(piece(cleanSource, from, size));
      return tf.transpose(tf.reshape(block.run(...inputs)[0], [size, draws.length, d]), [1, 0, 2]).dataSync();
    });
    for (const [i, series] of out.entries()) series.set(values.subarray(i * size * d, (i + 1) * size * d), from * d);
    if (await pause()) throw new AbortError("the imputation was stopped", undefined);
  }
  return out;
}
