/** The held-out log-likelihood of a model, one value after another, by a particle filter. */
import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, checkSeries, checkWhole } from "../base/check";
import { AbortError, kernelSignal, pauser } from "../base/interrupt";
import { checkRows, type Model, type WeightedModel, weighted } from "../models/model";
import { columnsOf, type FullConfig, kindOf } from "../models/registry";
import { BLOCK, blockDraws, keyOf } from "../tensor/draws";
import { Graph } from "../tensor/graph";
import { named } from "../tensor/weights";
import { historyTable } from "./history";
import { checkShared, type SharedOptions } from "./options";

/** The options of a held-out likelihood. */
export type HeldOutOptions = SharedOptions & {
  /** N, the rows that stand for the state's distribution, each with a draw of ξ a value; at most 1024, 256 by default. */
  particles?: number;
  /** Draws of ξ; or its mean in the prior in their place, as if the model had no more to say: what the draws are worth is the difference. */
  xi?: "sample" | "mean";
};

/**
 * −log p̂(v_t | all before it) for each row from place `from` on, in nats, of all its columns together; the mean is the held-out negative
 * log-likelihood.
 *
 * N particles each draw ξ from a proposal q(ξ | v_t, s_t) that sees the value: p̂ is the mean of p(v_t, ξ | s_t) / q(ξ | v_t, s_t) over them, and
 * they are drawn anew by these weights (systematic resampling). p̂ of the whole series is unbiased, so that its logarithm is a bound from below
 * in the mean, which more particles tighten. Where the state follows from the values alone all particles have the same state, and this is
 * importance sampling a step.
 * @param series the rows before `from` are the history: as many of them as the model reaches; of d columns row by row
 * @param from a row, from 0
 * @throws Error naming the argument that is wrong, or a model that has no such likelihood; AbortError when the signal is aborted
 */
export async function heldOutSurprisals(model: Model, series: Float32Array, from: number, options: HeldOutOptions): Promise<Float64Array> {
  const own = weighted(model);
  checkSeries(series, "series");
  const d = checkRows(own, series, "series");
  checkWhole(from, "from", 0, series.length / d - 1);
  checkShared(options, "particles", "xi");
  const { particles = 256, xi = "sample" } = options;
  checkWhole(particles, "options.particles", 1, BLOCK);
  checkChoice(xi, "options.xi", ["sample", "mean"]);
  if (!hasHeldOut(model))
    throw new Error("model must be one that takes observed values: a VRNN, an autoregressive LSTM, or a tDLGM with config.memory");
  return own.use("heldOutSurprisals", () => filter(own, series, from, { ...options, particles, xi }));
}

/** Whether a model takes observed values one by one, as `heldOutSurprisals` needs it. */
export const hasHeldOut = (model: Model): boolean => {
  const { config } = weighted(model);
  return kindOf(config).observe !== undefined;
};

/** One value: from the key, N rows of zeros, the value and the particles' states to −log p̂ and the states after it, drawn anew. */
const valueGraph = (config: FullConfig, names: string[], xi: "sample" | "mean"): Graph =>
  new Graph((key, column, value, ...rest) => {
    const kind = kindOf(config);
    const w = named(names, rest);
    const N = column.shape[0];
    const wanted = { ...kind.proposal?.(config), u: { of: "uniforms" as const, shape: [1] } };
    const drawn = blockDraws(wanted, { key }, N);
    const v = tf.add(column, value) as tf.Tensor2D;
    const before = rest.slice(names.length);
    const { logWeight, state } = kind.observe!(config, w, before, v, drawn);
    const atMean = () => {
      const noise = Object.entries(blockDraws(kind.emission(config), { key }, N)).map(([name, x]) => [name, tf.zerosLike(x)]);
      return kind.logDensity!(config, w, before, v, Object.fromEntries(noise));
    };
    const surprisal = tf.sub(Math.log(N), tf.logSumExp(xi === "mean" ? atMean() : logWeight));
    const places = tf.div(tf.add(tf.range(0, N), drawn.u), N);
    const cumulative = tf.cumsum(tf.softmax(logWeight));
    const index = tf.minimum(
      N - 1,
      tf.sum(tf.cast(tf.lessEqual(tf.reshape(cumulative, [1, N]), tf.reshape(places, [N, 1])), "float32"), 1),
    );
    const chosen = tf.cast(tf.equal(tf.reshape(index, [N, 1]), tf.reshape(tf.range(0, N), [1, N])), "float32");
    return [tf.reshape(surprisal, [1]), ...state.map((s) => (s.size === 0 ? s : tf.matMul(chosen as tf.Tensor2D, s as tf.Tensor2D)))];
  });

async function filter(
  own: WeightedModel,
  series: Float32Array,
  from: number,
  { seed, particles, xi, signal }: HeldOutOptions & { particles: number; xi: "sample" | "mean" },
): Promise<Float64Array> {
  const { config, weights } = own;
  const kind = kindOf(config);
  const d = columnsOf(config);
  const w = Object.values(weights);
  const pause = pauser(signal ?? kernelSignal());
  const graph = own.part(`held out, ${xi}`, () => valueGraph(config, Object.keys(weights), xi));
  const column = tf.fill([particles, d], 0);
  let state = tf.tidy(() =>
    kind.init(config, weights, historyTable(config, [series.subarray(0, from * d)])).map((s) => tf.tile(s as tf.Tensor2D, [particles, 1])),
  ) as tf.Tensor[];
  try {
    const out = new Float64Array(series.length / d - from);
    for (let t = 0; t < out.length; t++) {
      const inputs = [keyOf(seed, "held out", t), tf.tensor2d(series.subarray((from + t) * d, (from + t + 1) * d), [1, d])];
      const [surprisal, ...after] = graph.run(inputs[0], column, inputs[1], ...w, ...state);
      out[t] = surprisal.dataSync()[0];
      tf.dispose([...inputs, surprisal, ...state]);
      state = after;
      if (t % 32 === 0 && (await pause())) throw new AbortError("the held-out likelihood was stopped", undefined);
    }
    return out;
  } finally {
    tf.dispose([column, ...state]);
  }
}
