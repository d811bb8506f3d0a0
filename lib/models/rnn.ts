/**
 * RNN, the paper's third model: L LSTM layers over the m past values and a sigmoid on the last output. It forecasts v_t and never sees it:
 *
 *   v̂_t = sigmoid(w h_L + b),  h_L the last output of LSTM_L(.. LSTM_1(v_{t-m:t-1})),  loss (v_t − v̂_t)².
 *
 * It has no latent variables: one draw and the mean are the same, and a generated sequence follows from its history alone.
 */
import * as tf from "@tensorflow/tfjs-core";
import { row, rows } from "../data/windows";
import { lstm, zeroState } from "../tensor/lstm";
import type { Weights } from "../tensor/weights";
import { frozen, oneOf, TRAINING, TRAINING_CHECKS, TRAINING_NOISE, type TrainingConfig, whole } from "./config";
import type { Kind } from "./kind";
import { layer, linear, linearLayout, lstmLayout, lstmWeights } from "./layers";
import { checkUnitInterval } from "./likelihood";

/** The RNN's settings. */
export interface RnnConfig extends TrainingConfig {
  kind: "rnn";
  /** L: LSTM layers. */
  L: number;
  /** H: units of each. */
  H: number;
  /** Which value it forecasts: the one after the last value that it sees; or the second one after, as the published code scores it. */
  ahead: 1 | 2;
  /** What it is to forecast: the clean v_t; or v_t with the training noise. */
  trainingTarget: "clean" | "noisy";
}

/**
 * The defaults: of the three configurations that Table 1 trains, the one with the least validation error (notebook 05). The validation error
 * has flattened after 1,500 steps; more steps do not lower it.
 */
export const RNN: Readonly<RnnConfig> = frozen({
  kind: "rnn",
  m: 20,
  L: 1,
  H: 64,
  ahead: 1,
  trainingTarget: "clean",
  ...TRAINING,
  trainingNoise: TRAINING_NOISE,
  learningRate: 1e-3,
  steps: 1500,
  validateEvery: 50,
});

/** v̂ from past values, [m, B, 1] to [B, 1]. */
export function forecast({ L, H }: RnnConfig, w: Weights, past: tf.Tensor3D): tf.Tensor2D {
  const s0 = zeroState(past.shape[1], H);
  let x = past;
  for (let l = 1; l < L; l++) x = lstm(x, s0, lstmWeights(w, `lstm${l}`)).outputs;
  const { h } = lstm(x, s0, lstmWeights(w, `lstm${L}`)).state;
  return tf.sigmoid(linear(h, layer(w, "out"))) as tf.Tensor2D;
}

/** The RNN. */
export const rnn: Kind<RnnConfig> = {
  defaults: RNN,
  checks: { ...TRAINING_CHECKS, L: whole(1), H: whole(1), ahead: oneOf(1, 2), trainingTarget: oneOf("clean", "noisy") },
  checkValues: (_config, values) => checkUnitInterval(values),
  layout: ({ L, H }) => ({
    ...Object.assign({}, ...Array.from({ length: L }, (_, i) => lstmLayout(`lstm${i + 1}`, i === 0 ? 1 : H, H))),
    ...linearLayout("out", H, 1),
  }),
  forecasts: true,
  reach: ({ m, ahead }) => ({ past: m + ahead - 1, future: 0 }),
  noise: () => ({}),
  losses: {
    loss(config, w, { seen, clean }) {
      const target = row(config.trainingTarget === "noisy" ? seen : clean, seen.shape[0] - 1);
      const reconstruction = tf.mean(tf.squaredDifference(forecast(config, w, rows(seen, 0, config.m)), target));
      return { total: reconstruction as tf.Scalar, parts: { reconstruction } };
    },
  },
  impute(config, w, { seen }, drawn) {
    const v = forecast(config, w, rows(seen, 0, config.m));
    return drawn.map(() => tf.clone(v));
  },
  init: (_config, _w, history) => [history],
  emission: () => ({}),
  /** Each value is a forecast from the m values before it, generated ones included. */
  step(config, w, [history]) {
    const window = history as tf.Tensor3D;
    const [n, B] = window.shape;
    const v = forecast(config, w, rows(window, 0, config.m));
    return { v, state: [tf.concat([rows(window, 1, n - 1), tf.reshape(v, [1, B, 1])])] };
  },
};
