/**
 * An autoregressive LSTM, the usual rival of models with latent variables: what came sets the state, and the state sets the next value's
 * distribution,
 *
 *   s_t = LSTM(v_{t-1}, s_{t-1}),   v_t ~ π(v | W h_t + b),   loss −log π(v_t | W h_t + b),
 *
 * over sequences that some values warm up. A draw from π is fed back in generation.
 */
import * as tf from "@tensorflow/tfjs-core";
import { rows } from "../data/windows";
import { lstm as runLstm, type State, zeroState } from "../tensor/lstm";
import type { Weights } from "../tensor/weights";
import { checkLikelihood, frozen, oneOf, share, TRAINING, TRAINING_CHECKS, type TrainingConfig, whole } from "./config";
import type { Kind } from "./kind";
import { layer, linear, linearLayout, lstmLayout, lstmWeights, thinned } from "./layers";
import * as pi from "./likelihood";

/** The settings of an autoregressive LSTM. m is the number of values that warm the state up. */
export interface LstmConfig extends TrainingConfig {
  kind: "lstm";
  /** H: units of the LSTM. */
  H: number;
  /** π, over given values. */
  likelihood: pi.DiscreteConfig;
  /** Values of a training sequence, after the m before them. */
  length: number;
  /** The share of h that training drops on its way to π. */
  dropout: number;
}

/** The defaults: those of a VRNN, where both have them. */
export const LSTM: Readonly<LstmConfig> = frozen({
  kind: "lstm",
  m: 16,
  H: 32,
  likelihood: { kind: "categorical", values: [0, 1] },
  length: 48,
  dropout: 0,
  ...TRAINING,
  batch: 32,
  clip: 1,
  steps: 1000,
  restartAfter: 0,
});

/** Along values [T, B, d] from a state: h after each, [T, B, H], and the state after the last. */
function along({ likelihood }: LstmConfig, w: Weights, values: tf.Tensor3D, s: State) {
  return runLstm(pi.seenOneHot(likelihood, values) as tf.Tensor3D, s, lstmWeights(w, "lstm"));
}
/** The parameters of π after h, [N, P]. */
const readout = (w: Weights, h: tf.Tensor): tf.Tensor => linear(h, layer(w, "out"));
/** Values [N, d] as a sequence of one step. */
const oneStep = (v: tf.Tensor2D): tf.Tensor3D => tf.reshape(v, [1, ...v.shape]);
const stateOf = ([h, c]: tf.Tensor[]): State => ({ h, c }) as State;
const listed = ({ h, c }: State): tf.Tensor[] => [h, c];

/** The autoregressive LSTM. */
export const lstm: Kind<LstmConfig> = {
  defaults: LSTM,
  checks: {
    ...TRAINING_CHECKS,
    ...{ H: whole(1), likelihood: checkLikelihood, length: whole(1), dropout: share, trainingNoise: oneOf(null) },
  },
  check: ({ likelihood }) => pi.checkDiscrete(likelihood, "an autoregressive LSTM"),
  checkValues: ({ likelihood }, values) => pi.checkEmittable(likelihood, values),
  columns: ({ likelihood }) => pi.columnsOfPi(likelihood),
  layout: ({ H, likelihood }) => ({
    ...lstmLayout("lstm", pi.valueCount(likelihood), H),
    ...linearLayout("out", H, pi.readoutSize(likelihood)),
  }),
  before: () => pi.BEFORE,
  forecasts: true,
  reach: ({ m, length }) => ({ past: m, future: length - 1 }),
  noise: ({ H, length, dropout }): ReturnType<Kind<LstmConfig>["noise"]> =>
    dropout > 0 ? { kept: { of: "uniforms", shape: [length, "rows", H] } } : {},
  losses: {
    loss(config, w, { clean }, { kept }) {
      const { H, m, length, dropout, likelihood } = config;
      const B = clean.shape[1];
      const { outputs } = along(config, w, rows(clean, 0, m + length - 1), zeroState(B, H));
      const all = rows(outputs, m - 1, length);
      const h = tf.reshape(dropout > 0 ? thinned(all, kept, dropout) : all, [length * B, H]);
      const v = tf.reshape(rows(clean, m, length), [length * B, -1]);
      const reconstruction = tf.neg(tf.mean(pi.logDensity(likelihood, w, readout(w, h), v)));
      return { total: reconstruction as tf.Scalar, parts: { reconstruction } };
    },
  },
  impute(config, w, { seen }, drawn) {
    const { state } = along(config, w, rows(seen, 0, config.m), zeroState(seen.shape[1], config.H));
    const v = pi.mean(config.likelihood, readout(w, state.h));
    return drawn.map(() => tf.clone(v));
  },
  init: (config, w, history) => listed(along(config, w, history, zeroState(history.shape[1], config.H)).state),
  emission: ({ likelihood }) => ({ noise: pi.emissionNoise(likelihood) }),
  step(config, w, state, { noise }) {
    const v = pi.draw(config.likelihood, w, readout(w, state[0]), noise);
    return { v, state: listed(along(config, w, oneStep(v), stateOf(state)).state) };
  },
  observe(config, w, state, v) {
    const logWeight = pi.logDensity(config.likelihood, w, readout(w, state[0]), v);
    return { logWeight, state: listed(along(config, w, oneStep(v), stateOf(state)).state) };
  },
  logProbabilities: ({ likelihood }, w, [h]) => tf.logSoftmax(pi.logitsOf(likelihood, readout(w, h))),
  logDensity: ({ likelihood }, w, [h], v) => pi.logDensity(likelihood, w, readout(w, h), v),
};
