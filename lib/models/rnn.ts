/**
 * RNN, the paper's third model: L LSTM layers over the m past values and a sigmoid on the last output. It forecasts v_t and never sees it:
 *
 *   v̂_t = sigmoid(w h_L + b),  h_L the last output of LSTM_L(.. LSTM_1(v_{t-m:t-1})),  loss (v_t − v̂_t)².
 *
 * It has no latent variables: one draw and the mean are the same, and a generated sequence follows from its history alone.
 */
import * as tf from "@tensorflow/tfjs-core";
import { meanSquare, mlp, weightedSum } from "../tensor/blocks";
import { firstRows } from "../tensor/draws";
import { type LstmWeights, lstm, lstmStates } from "../tensor/lstm";
import type { Layout, Weights } from "../tensor/weights";
import type { Architecture } from "./architecture";
import type { RnnConfig } from "./config";
import { dense, layers, lstmLayout } from "./latent";

/** The weights of a configuration, by name. */
export const layout = ({ L, H }: RnnConfig): Layout => ({
  ...Object.assign({}, ...Array.from({ length: L }, (_, i) => lstmLayout(`lstm${i + 1}`, i === 0 ? 1 : H, H))),
  ...dense("out", H, 1),
});

/** v̂ from the past values, [m, B] to [B, 1]. */
export function forecast({ L, H }: RnnConfig, w: Weights, past: tf.Tensor2D): tf.Tensor2D {
  const [m, B] = past.shape;
  let x = tf.reshape(past, [m, B, 1]) as tf.Tensor3D;
  const zero = tf.fill([2, B, H], 0) as tf.Tensor3D;
  for (let l = 1; l < L; l++) {
    const [h, c] = tf.unstack(zero) as tf.Tensor2D[];
    x = lstm(x, { h, c }, layers(w, `lstm${l}`)[0] as LstmWeights).outputs;
  }
  const [state] = lstmStates(x, zero, layers(w, `lstm${L}`)[0] as LstmWeights);
  const output = tf.reshape(tf.slice(state, [0, 0, 0], [1, B, H]), [B, H]);
  return tf.sigmoid(mlp(output, layers(w, "out"))[0]) as tf.Tensor2D;
}

/** The RNN as training, imputation and generation see it. */
export const rnn: Architecture<RnnConfig> = {
  layout,
  reach: ({ m, ahead }) => ({ past: m + ahead - 1, future: 0 }),
  latents: () => null,
  wantsClean: () => false,

  loss(config, w, { inputs, target }) {
    const mse = meanSquare(forecast(config, w, firstRows(inputs, config.m, 0)), target);
    return { ...weightedSum([mse], [1]), names: ["reconstruction"] };
  },

  impute(config, w, inputs, epsilons) {
    const v = forecast(config, w, firstRows(inputs, config.m, 0));
    return epsilons.map(() => tf.clone(v));
  },

  start: (_config, _w, history) => [history],

  /** Each value is a forecast from the m values before it, generated ones included. */
  step(config, w, [window]) {
    const past = window as tf.Tensor2D;
    const [n, B] = past.shape;
    const v = forecast(config, w, firstRows(past, config.m, 0));
    const next = tf.concat([tf.slice(past, [1, 0], [n - 1, B]), tf.reshape(v, [1, B])], 0);
    return { v, next: [next] };
  },
};
