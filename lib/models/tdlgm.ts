/**
 * tDLGM, the Time Deep Latent Gaussian Model (Johansson & Ramaswamy), eqs. (9)-(18). One value v_t at a time:
 *
 *   state recognition  s_{l,t} = F̂_l(v_{t-m:t-1}), an LSTM a layer whose outputs are discarded;
 *   latent recognition q(ξ_{l,t} | v_t) = N(μ_l(v_t), C_l(v_t)), an MLP a layer;
 *   generator          h_L = G_L ξ_L;  h_l = R_l(h_{l+1}, s_l) + G_l ξ_l;  s_{l,t+1} = F_l(·, s_{l,t});  v_t ~ π(v | T_0(h_1)).
 *
 * A state is one tensor [2, B, H] a layer: row 0 the LSTM's output, row 1 its cell. Layer l's tensors stand at index l - 1.
 */
import * as tf from "@tensorflow/tfjs-core";
import { compute } from "../tensor/blocks";
import { type LstmWeights, lstmStates, lstmSteps } from "../tensor/lstm";
import type { Layout, Weights } from "../tensor/weights";
import type { TdlgmConfig } from "./config";
import { dense, type Hidden, latentLayout, layers, lstmLayout, mixed, mixingMatrix, readout, readoutLayout, whole } from "./latent";

export { recogniseLatent } from "./latent";

/** The weights of a configuration, by name. Those of the generator begin with "generator.". */
export function layout(config: TdlgmConfig): Layout {
  const { L, H, K } = config;
  const stateful = Array.from({ length: L - 1 }, (_, i) => i + 1);
  const lstms = (name: string, inputs: (l: number) => number): Layout =>
    Object.assign({}, ...stateful.map((l) => lstmLayout(`${name}${l}`, inputs(l), H)));
  return {
    ...lstms("k", () => 1),
    ...latentLayout(config, 1),
    ...(config.mixing === "matrix"
      ? { "generator.G": { shape: [L, K, H], start: "glorot" as const } }
      : { ...dense("generator.G.1", K, H, [L]), ...dense("generator.G.2", H, H, [L]) }),
    ...lstms("generator.R", () => H),
    ...(config.transition === "below" ? lstms("generator.F", (l) => (l === 1 ? 1 : H)) : {}),
    ...readoutLayout(config),
  };
}

const lstmWeights = (w: Weights, name: string) => layers(w, name)[0] as LstmWeights;

/**
 * State recognition k, eqs. (15) and (17): s_l = F̂_l(v), the last state of layer l's LSTM over the past values.
 * @param pasts windows [m, B] of equal shape, recognised side by side
 * @returns for each window one state [2, B, H] for each layer 1 .. L-1
 */
export function recogniseStates(config: TdlgmConfig, w: Weights, pasts: tf.Tensor2D[]): tf.Tensor3D[][] {
  const [m, B] = pasts[0].shape;
  const N = pasts.length;
  const [x] = compute(pasts, (o, windows) => [o.reshape(N === 1 ? windows[0] : o.concat(windows, 1), [m, N * B, 1])]);
  const s0 = tf.fill([2, N * B, config.H], 0) as tf.Tensor3D; // tf.zeros would fill an array in JavaScript
  const layers = Array.from({ length: config.L - 1 }, (_, i) => {
    // Eq. (17)
    const states = lstmStates(x as tf.Tensor3D, s0, lstmWeights(w, `k${i + 1}`), N);
    return states.map((s) => keepState(config, s));
  });
  return pasts.map((_, n) => layers.map((states) => states[n]));
}

/** The part of an LSTM's state that counts as the state: the rest is zero. */
function keepState(config: TdlgmConfig, s: tf.Tensor3D): tf.Tensor3D {
  if (config.state === "both") return s;
  return tf.mul(s, tf.tensor3d(config.state === "cell" ? [0, 1] : [1, 0], [2, 1, 1])) as tf.Tensor3D;
}

/** Latent variables of a layer for one value: one; or m, which run through R_l in turn. */
export const latentsPerValue = ({ latents, m }: TdlgmConfig): number => (latents === "one" ? 1 : m);

/** What q sees of windows [m+1 (or more), B]: v_t, [B, 1]; or v_{t-m+1} .. v_t in turn, [m B, 1]. */
export function latentInputs(config: TdlgmConfig, inputs: tf.Tensor2D): tf.Tensor2D {
  const [n, B] = [latentsPerValue(config), inputs.shape[1]];
  return tf.reshape(tf.slice(inputs, [config.m + 1 - n, 0], [n, B]), [n * B, 1]) as tf.Tensor2D;
}

/** Draws of N(0, I) as they come for each row, [L, B, n K], in the order of latentInputs, [L, n B, K]. */
export function inTurn(config: TdlgmConfig, draws: tf.Tensor): tf.Tensor3D {
  const n = latentsPerValue(config);
  if (n === 1) return draws as tf.Tensor3D;
  const [L, B] = draws.shape;
  return tf.reshape(tf.transpose(tf.reshape(draws, [L, B, n, config.K]), [0, 2, 1, 3]), [L, n * B, config.K]) as tf.Tensor3D;
}

/** What one value's run through the generator gives. */
export interface Emission {
  /** h_l of every layer, each [n, B, H] for n latent variables a layer. */
  h: Hidden[];
  /** T_0(h_1), the parameters of π, [B, P]. */
  readout: tf.Tensor2D;
  /** The states after R_l's cell, which are F_l's when the state is fed from above. */
  after: tf.Tensor3D[];
}

/**
 * The generator, eqs. (10), (11), (13): from states and latent variables to the parameters of π, by the last of several.
 * @param s one state [2, B, H] for each layer 1 .. L-1
 * @param xi ξ [L, n B, K]
 */
export function emit(config: TdlgmConfig, w: Weights, s: tf.Tensor3D[], xi: tf.Tensor3D): Emission {
  const { L, H, K } = config;
  const n = latentsPerValue(config);
  const inner = config.mixing === "mlp" && mixByMlp(w, xi).map((t) => tf.reshape(t, [n, -1, H]));
  /** o + G_l ξ_l, or G_L ξ_L without an o from above. */
  const below = (l: number, o: tf.Tensor | null): Hidden => {
    if (inner) return whole(o ? tf.add(o, inner[l - 1]) : inner[l - 1]);
    return mixed(o, tf.reshape(tf.slice(xi, [l - 1, 0, 0], [1, -1, K]), [n, -1, K]), mixingMatrix(w, l));
  };
  const h: Hidden[] = new Array(L);
  const after: tf.Tensor3D[] = new Array(L - 1);
  // Eq. (10)
  h[L - 1] = below(L, null);
  for (let l = L - 1; l >= 1; l--) {
    const R = h[l].into(lstmWeights(w, `generator.R${l}`));
    const { outputs, state } = lstmSteps(h[l].x as tf.Tensor3D, s[l - 1], R);
    // Eq. (11)
    h[l - 1] = below(l, outputs);
    after[l - 1] = state;
  }
  const { x, into } = h[0];
  const last = n === 1 ? x : tf.slice(x, [n - 1, 0, 0], [1, -1, -1]);
  // Eq. (13)
  return { h, readout: readout(config, w, { x: last, into }), after };
}

/** The published code's mixing in place of G_l ξ_l, an MLP of every layer: L tensors [1, n B, H]. */
function mixByMlp(w: Weights, xi: tf.Tensor3D): tf.Tensor[] {
  const inner = tf.add(tf.matMul(xi, w["generator.G.1.w"]), w["generator.G.1.b"]);
  const linear = tf.add(tf.matMul(inner, w["generator.G.2.w"]), w["generator.G.2.b"]);
  const L = xi.shape[0];
  const each = L === 1 ? [linear] : tf.split(linear, L, 0); // tf.split has no gradient for a single piece
  return each.map((t, i) => (i === L - 1 ? tf.tanh(t) : tf.leakyRelu(t)));
}

/**
 * The state transition F, eqs. (12) and (16).
 * @param s the states before the step
 * @param emission the generator's step from them
 * @param v what was emitted, [B, 1]; used only when the state is fed from below
 */
export function advance(config: TdlgmConfig, w: Weights, s: tf.Tensor3D[], emission: Emission, v: tf.Tensor2D): tf.Tensor3D[] {
  // Eq. (12)
  if (config.transition === "above") return emission.after.map((a) => keepState(config, a));
  return s.map((state, i) => {
    const input = i === 0 ? tf.reshape(v, [1, v.shape[0], 1]) : emission.h[i - 1].value();
    return keepState(config, lstmSteps(input as tf.Tensor3D, state, lstmWeights(w, `generator.F${i + 1}`)).state);
  });
}
