/** A trained model as a prior: what it says of the next value, for all particles at once. */
import * as tf from "@tensorflow/tfjs-core";
import { checkList, checkOptions, checkSeed, checkSeries, checkWhole, refuse } from "../base/check";
import type { Prior, States } from "../inference/prior";
import { checkOneColumn, type Model, type WeightedModel, weighted } from "../models/model";
import { type FullConfig, kindOf } from "../models/registry";
import { draws, keyOf } from "../tensor/draws";
import { Graph } from "../tensor/graph";
import { named } from "../tensor/weights";
import { historyTable } from "./history";

/** The options of `modelPrior`. */
export interface ModelPriorOptions {
  /** The clean values before the first that is asked for; the model uses as many of the last as it reaches. For all particles, or one each. */
  history: Float32Array | readonly Float32Array[];
  /** Of the draws of ξ; the same seed gives the same bits. */
  seed: number;
  /** S, how many draws of ξ a particle and value the probabilities are the mean of; 16 by default. */
  samples?: number;
}

/**
 * A model over given values as a prior, P(v_t = values[k] | state) = E_ξ π(values[k] | state, ξ), the expectation as the mean over S draws of
 * ξ from the model's prior, each particle's its own. The model's state must follow from the values, as a tDLGM's with memory does. The model must
 * not be disposed of or trained while the prior is in use.
 *
 * @throws Error naming the argument that is wrong, or a model that gives no probabilities of values
 */
export function modelPrior(model: Model, options: ModelPriorOptions): Prior {
  const own = weighted(model);
  checkOneColumn(own, "modelPrior");
  checkOptions(options, "options", ["history", "seed", "samples"]);
  const { history, seed, samples = 16 } = options;
  const isEach = Array.isArray(history);
  const histories: readonly Float32Array[] = isEach ? history : [history as Float32Array];
  checkList(histories, "options.history", 1);
  for (const [i, one] of histories.entries()) checkSeries(one, isEach ? `options.history[${i}]` : "options.history", 0);
  checkSeed(seed, "options.seed");
  checkWhole(samples, "options.samples", 1);
  const { config } = own;
  if (kindOf(config).logProbabilities === undefined)
    throw new Error("model must be one over given values: a tDLGM with config.memory, or an autoregressive LSTM");
  const { likelihood } = config as { likelihood: { values: number[] } };
  const values = Float32Array.from(likelihood.values);
  const start = (n: number) => {
    if (isEach && histories.length !== n) refuse("options.history", `one history, or one for each of ${n} particles`, histories.length);
    return modelStates(own, values, histories, { n, seed, samples });
  };
  return { name: config.kind, values, start };
}

/** From the key, the weights and the states [N, ..] to P, [N, K]. */
const predictGraph = (config: FullConfig, names: string[], S: number): Graph =>
  new Graph((key, ...rest) => {
    const kind = kindOf(config);
    const w = named(names, rest);
    const state = rest.slice(names.length).map((s) => tf.tile(s as tf.Tensor2D, [S, 1]));
    const N = rest[names.length]!.shape[0]!;
    const log = kind.logProbabilities!(config, w, state, draws(kind.emission(config), { key }, S * N));
    return [tf.mean(tf.reshape(tf.exp(log), [S, N, -1]), 0)];
  });

/** From zeros for a proposal, the values [N, 1], the weights and the states to the states after the values. */
const advanceGraph = (config: FullConfig, names: string[]): Graph =>
  new Graph((key, v, ...rest) => {
    const kind = kindOf(config);
    const drawn = draws(kind.proposal?.(config) ?? {}, { key }, v.shape[0]!);
    return kind.observe!(config, named(names, rest), rest.slice(names.length), v as tf.Tensor2D, drawn).state;
  });

/** One of a state's tensors, [n, width]. */
interface Held {
  values: Float32Array;
  width: number;
}

/** The states of n particles after one history, or after one each. */
function statesAfter(own: WeightedModel, histories: readonly Float32Array[], n: number): Held[] {
  const { config, weights } = own;
  return tf.tidy(() =>
    kindOf(config)
      .init(config, weights, historyTable(config, histories))
      .map((s) => {
        const tiled = tf.tile(s as tf.Tensor2D, [n / histories.length, 1]);
        return { values: tiled.dataSync().slice() as Float32Array, width: tiled.shape[1] };
      }),
  );
}

/** The states are kept outside of TensorFlow, so that nothing of them must be freed. */
function modelStates(
  own: WeightedModel,
  values: Float32Array,
  histories: readonly Float32Array[],
  { n, seed, samples }: { n: number; seed: number; samples: number },
): States {
  const { config } = own;
  const names = Object.keys(own.weights);
  const predict = own.part(`prior, ${samples} draws`, () => predictGraph(config, names, samples));
  const advance = own.part("prior, advance", () => advanceGraph(config, names));
  let state = statesAfter(own, histories, n);
  let t = 0;
  /** Runs a graph on the states. */
  const run = (graph: Graph, name: string, ...inputs: tf.Tensor[]): Held[] => {
    const given = [keyOf(seed, name, t), ...inputs, ...state.map(({ values, width }) => tf.tensor2d(values, [n, width]))];
    const weights = Object.values(own.weights);
    const outputs = graph.run(given[0]!, ...inputs, ...weights, ...given.slice(1 + inputs.length));
    const read = outputs.map((x) => ({ values: x.dataSync().slice() as Float32Array, width: x.shape[1]! }));
    tf.dispose([...given, ...outputs]);
    return read;
  };
  return {
    predict(into) {
      into.set(run(predict, "prior/predict")[0]!.values);
      return n;
    },
    advance(chosen) {
      const v = tf.tensor2d(
        Float32Array.from(chosen, (k) => values[k]!),
        [n, 1],
      );
      state = run(advance, "prior/advance", v);
      t++;
    },
    reorder(from) {
      state = state.map(({ values: old, width }) => {
        const next = new Float32Array(old.length);
        for (let i = 0; i < n; i++) next.set(old.subarray(from[i]! * width, (from[i]! + 1) * width), i * width);
        return { values: next, width };
      });
    },
  };
}
