/**
 * The states' KL, eq. (25), in both approximations of the paper: the MSE of eq. (26) between F's state and k's; or, as the text after it has
 * it, k as a distribution over states and the log-likelihood of F's state under it:
 *
 *   k(s_l | V) = N(F̂_l(V), diag σ_l²(V)),   D_KL(k(S) ‖ p(S)) ≃ −α log k(F(s_t, ξ_t) | V_{t+1}),   s_t ~ k(s | V_t).
 *
 * Training draws that state; imputation and generation start from F̂_l(V).
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Wanted } from "../tensor/draws";
import type { State } from "../tensor/lstm";
import type { Layout, Weights } from "../tensor/weights";
import { HALF_LOG_2PI } from "./gaussian";
import { layer, linear, linearLayout } from "./layers";
import type { States, TdlgmConfig } from "./tdlgm";

/** σ stays within these powers of e: states that k and F agree on wholly would have an infinite likelihood. */
const LOG_SD = { least: -5, most: 2 };

/** The parts of an LSTM's state that count as the state. */
const partsOf = ({ state }: TdlgmConfig) => (({ both: ["h", "c"], cell: ["c"], output: ["h"] }) as const)[state];

/** The mean of a number of each layer's and part's state, over those that count as the state; 0 where there is none. */
export function meanOverStates(config: TdlgmConfig, s: States, f: (x: tf.Tensor2D, part: "h" | "c", l: number) => tf.Tensor): tf.Tensor {
  const numbers = Object.keys(s).flatMap((l) => partsOf(config).map((part) => f(s[+l][part], part, +l)));
  return numbers.length === 0 ? tf.scalar(0) : tf.div(tf.addN(numbers), numbers.length);
}

/** The weights of log σ_l, a linear layer on F̂_l(V); none where k gives a state alone. */
export function spreadLayout({ k, L, H }: TdlgmConfig): Layout {
  if (k === "state") return {};
  return Object.assign({}, ...Array.from({ length: L - 1 }, (_, i) => linearLayout(`k${i + 1}.spread`, 2 * H, 2 * H)));
}

/** What a draw of the states takes, where k is a distribution: ε for h and c of each layer in turn. */
export const statesWanted = ({ k, L, H }: TdlgmConfig): Record<string, Wanted> =>
  k === "state" ? {} : { states: { of: "normals", shape: [2 * (L - 1), "rows", H] } };

/** log σ_l of each part of the state. @param s F̂_l(V) of each layer */
function logSpread(w: Weights, s: States): States {
  const of = (l: string, { h, c }: State): State => {
    const both = linear(tf.concat([h, c], 1), layer(w, `k${l}.spread`));
    const [ofH, ofC] = tf.split(tf.clipByValue(both, LOG_SD.least, LOG_SD.most), 2, 1) as tf.Tensor2D[];
    return { h: ofH, c: ofC };
  };
  return Object.fromEntries(Object.entries(s).map(([l, state]) => [l, of(l, state)]));
}

/** s_t ~ k(s | V_t), F̂_l(V_t) + σ_l ε; F̂_l(V_t) itself where k gives a state. @param epsilon [2 (L − 1), B, H], as statesWanted says */
export function drawStates(config: TdlgmConfig, w: Weights, s: States, epsilon: tf.Tensor | undefined): States {
  if (config.k === "state") return s;
  const logSd = logSpread(w, s);
  const noise = tf.unstack(epsilon as tf.Tensor);
  const drawn = (l: number): State => {
    const of = (part: "h" | "c", e: tf.Tensor) =>
      partsOf(config).some((one) => one === part) ? (tf.add(s[l][part], tf.mul(tf.exp(logSd[l][part]), e)) as tf.Tensor2D) : s[l][part];
    return { h: of("h", noise[2 * l - 2]), c: of("c", noise[2 * l - 1]) };
  };
  return Object.fromEntries(Object.keys(s).map((l) => [l, drawn(+l)]));
}

/**
 * The states' loss, a mean over their elements, and its parts: stateMse, and stateNll in nats where k is a distribution.
 * @param F F(s_t, ξ_t)
 * @param next F̂(V_{t+1})
 */
export function stateKl(config: TdlgmConfig, w: Weights, F: States, next: States): { loss: tf.Tensor; parts: Record<string, tf.Tensor> } {
  // Eq. (26)
  const stateMse = meanOverStates(config, F, (x, part, l) => tf.mean(tf.squaredDifference(x, next[l][part])));
  if (config.k === "state") return { loss: stateMse, parts: { stateMse } };
  const logSd = logSpread(w, next);
  // −log N(F; F̂, σ²)
  const stateNll = meanOverStates(config, F, (x, part, l) => {
    const z = tf.div(tf.sub(x, next[l][part]), tf.exp(logSd[l][part]));
    return tf.mean(tf.add(tf.mul(0.5, tf.square(z)), tf.add(logSd[l][part], HALF_LOG_2PI)));
  });
  return { loss: stateNll, parts: { stateMse, stateNll } };
}
