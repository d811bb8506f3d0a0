/** Imputation: a series from a noisy one, a block of windows at a time. */
import * as tf from "@tensorflow/tfjs-core";
import { architectureOf } from "./architecture";
import { BLOCK, firstRows, keysOf, keyTable, normals } from "./draws";
import { Graph } from "./graph";
import { AbortError, kernelSignal, pauser } from "./interrupt";
import { type Model, type WeightedModel, weighted } from "./model";
import { unpack } from "./weights";
import { checkRun, checkSeries, offsets, padded, type Run, windows } from "./windows";

/** What imputation goes by. */
export type ImputeOptions = Run & {
  /** One draw of ξ from q, or its posterior mean; the same for the RNN. */
  xi: "sample" | "mean";
  /** The clean series: a DLGM of windowEnd "clean" needs it; no other model looks at it. */
  clean?: Float32Array;
};

/**
 * Reconstructs a series from a noisy one: entry t from noisy[t] and the m values before it (zeros before the start), the mean of π for one
 * draw of ξ from q, or for its posterior mean. The RNN forecasts entry t from the values before it alone.
 * @returns a series of the same length
 */
export async function impute(model: Model, noisy: Float32Array, options: ImputeOptions): Promise<Float32Array> {
  const own = weighted(model);
  checkRun(options);
  checkSeries(noisy, "noisy");
  if (options.xi !== "sample" && options.xi !== "mean")
    throw new Error(`options.xi must be "sample" or "mean"; it is ${JSON.stringify(options.xi)}`);
  if (!architectureOf(own.config).wantsClean(own.config)) return own.use("impute", () => imputeSeries(own, noisy, options));
  const { clean } = options;
  if (clean === undefined) throw new Error('options.clean is missing: a DLGM of windowEnd "clean" needs the clean series');
  checkSeries(clean, "options.clean");
  if (clean.length !== noisy.length) throw new Error(`options.clean has ${clean.length} values, but noisy has ${noisy.length}`);
  return own.use("impute", () => imputeSeries(own, noisy, options, clean));
}

/** What imputation draws. */
const IMPUTE = ["impute"];

/** @param ends the values that windows end with in place of noisy's own */
async function imputeSeries(own: WeightedModel, noisy: Float32Array, options: ImputeOptions, ends?: Float32Array): Promise<Float32Array> {
  const { config, layout } = own;
  const { reach, latents, impute } = architectureOf(config);
  const { past } = reach(config);
  const latent = options.xi === "sample" ? latents(config) : null;
  const piece = own.part(
    `impute ${options.xi}`,
    () =>
      new Graph((flat, table, values, ends) => {
        const size = values.shape[0] - past;
        let inputs = windows(values as tf.Tensor1D, tf.range(0, size, 1, "int32"), offsets(past + 1));
        if (ends) inputs = tf.concat([tf.slice(inputs, [0, 0], [past, size]), ends], 0) as tf.Tensor2D;
        const block = latent && normals([latent[0], BLOCK, latent[1]], { keys: keysOf(IMPUTE, table), name: "impute" });
        return [impute(config, unpack(layout, flat as tf.Tensor1D), inputs, block && firstRows(block, size, 1))];
      }),
  );
  const pause = pauser(options.signal ?? kernelSignal());
  const out = new Float32Array(noisy.length);
  const source = padded(noisy, past);
  for (let from = 0, chunk = 0; from < noisy.length; from += BLOCK, chunk++) {
    const size = Math.min(BLOCK, noisy.length - from);
    const values = tf.tidy(() => {
      const inputs = [own.adam.weights(), keyTable(IMPUTE, options.seed, chunk), tf.tensor1d(source.subarray(from, from + size + past))];
      if (ends) inputs.push(tf.tensor2d(ends.subarray(from, from + size), [1, size]));
      return piece.run(...inputs)[0].dataSync();
    });
    out.set(values, from);
    if (await pause()) throw new AbortError("the imputation was stopped", undefined);
  }
  return out;
}
