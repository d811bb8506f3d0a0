/**
 * tDLGM, the Time Deep Latent Gaussian Model (Johansson & Ramaswamy), eqs. (9)-(28). One value v_t at a time:
 *
 *   generator          h_L = G_L ξ_L;  h_l = R_l(h_{l+1}, s_l) + G_l ξ_l;  s_{l,t+1} = F_l(·, s_{l,t});  v_t ~ π(v | T_0(h_1));
 *   latent recognition q(ξ_{l,t} | v_t) = N(μ_l(v_t), C_l(v_t)), an MLP a layer;
 *   state recognition  s_{l,t} = F̂_l(v_{t-m:t-1}), an LSTM a layer whose outputs are discarded.
 *
 * Rows are sequences: the paper's G ξ of column vectors is ξ G here. Layers are counted from 1, as in the paper. In shapes B is the number
 * of rows, n the number of latent variables of a value in each layer (1 by default), each of K numbers, and P that of π's parameters.
 */
import * as tf from "@tensorflow/tfjs-core";
import { row, rows } from "../data/windows";
import type { Wanted } from "../tensor/draws";
import { lstm, type State, zeroState } from "../tensor/lstm";
import type { Weights } from "../tensor/weights";
import { checkSettings, frozen, LATENT, LATENT_CHECKS, type LatentConfig, notNegative, oneOf, TRAINING, whole } from "./config";
import type { Batch, Drawn, Factors, Kind, Loss } from "./kind";
import { type ByLayer, byLayer, klByLayer, readout, weightPrior } from "./latent";
import { layer, linear, lstmWeights } from "./layers";
import { checkEmittable, draw, emissionNoise, logDensity, mean } from "./likelihood";
import type { MemoryConfig } from "./memoryConfig";
import { drawStates, meanOverStates, stateKl, statesWanted } from "./stateKl";
import { checkPrior, latentsByPrior, recogniseGiven } from "./tdlgmPrior";
import { checkAdvance, checkEmit, checkLoss, checkRecognise, latentsPerValue, layout, seenByK, stateful } from "./tdlgmWeights";

/** tDLGM's settings. Layers 1 .. L-1 have a state, so L = 1 is stateless. Training targets stay clean. */
export interface TdlgmConfig extends LatentConfig {
  kind: "tdlgm";
  /** α of eq. (26): weight of the state's MSE. */
  alpha: number;
  /** What the state is: output and cell of the LSTM; its cell alone; its output alone. */
  state: "both" | "cell" | "output";
  /**
   * F_l of eq. (12): fed from above by the cell that is R_l too; fed from above by a second cell ("apart"); or a second cell, fed h_{l-1} from
   * below. At l = 1 that is the emitted value, in training the decoder's mean; with "value" it is v_t itself.
   */
  transition: "above" | "apart" | "below" | "value";
  /** The windows of a batch come in stretches of this many neighbours, which share their states: V_{t+1} of one is V_t of the next. */
  run: number;
  /** What k gives: a state, eq. (15); or a normal distribution over states, the paper's other approximation after eq. (26) (stateKl.ts). */
  k: "state" | "normal";
  /** What k sees of v: t-m .. t-1; or t-m .. t, as eqs. (15) and (25) print it. */
  window: "past" | "inclusive";
  /** G_l: a matrix; or two linear layers with tanh (layer L) or leaky ReLU, as in the published code. */
  mixing: "matrix" | "mlp";
  /** ξ of a value: one a layer, from v_t; or m, from v_{t-m+1} .. v_t, that go through R_l in turn (the published code; only with "above"). */
  latents: "one" | "sequence";
  /** The prior of ξ: N(0, I), eq. (9); or, beyond the paper, learned: p(ξ | s) (tdlgmPrior.ts). */
  prior: "standard" | "state";
  /** What q sees: v_t, eq. (14); or, beyond the paper, v_t and s_t. */
  recognition: "value" | "both";
  /** Beyond the paper: a state that hears the emitted values, and a generator that uses it (memory.ts). */
  memory: MemoryConfig | null;
}

/** The defaults: the paper's reading, trained on unaltered data. */
export const TDLGM: Readonly<TdlgmConfig> = frozen({
  kind: "tdlgm",
  ...LATENT,
  alpha: 1,
  state: "both",
  transition: "above",
  run: 1,
  k: "state",
  window: "past",
  mixing: "matrix",
  latents: "one",
  prior: "standard",
  recognition: "value",
  memory: null,
  ...TRAINING,
});

/** The states of layers 1 .. L-1, each part [B, H]. */
export type States = ByLayer<State>;

// --- The generator, eqs. (9)-(13) ------------------------------------------------------------------------------------------------------

/** What is drawn for a value: ξ in generation; ε, of which q makes ξ, in training and imputation. */
// Eq. (9)
const perLayer = (config: TdlgmConfig): Wanted => ({ of: "normals", shape: [config.L, "rows", latentsPerValue(config) * config.K] });

/** What the generator computes for one value. */
export interface Emission {
  /** h_l of every layer, each [n B, H]. */
  h: ByLayer<tf.Tensor2D>;
  /** T_0(h_1), the parameters of π, [B, P]. */
  r: tf.Tensor2D;
  /** The states after R_l's cell, which are F_l's when it is fed from above. */
  after: States;
}

/** From the states and ξ [L, n B, K] to the parameters of π, eqs. (10), (11) and (13). The last of n latent variables gives the value. */
export function emit(config: TdlgmConfig, w: Weights, s: States, xis: tf.Tensor): Emission {
  checkSettings(config, TDLGM, "a tDLGM");
  checkEmit(config, w, s, xis);
  const { L, H } = config;
  const n = latentsPerValue(config);
  const xi = byLayer(xis);
  const mixed = config.mixing === "mlp" && mixByMlp(w, xis);
  const G = mixed ? {} : byLayer(w["generator.G"]);
  const h: ByLayer<tf.Tensor2D> = {};
  const after: States = {};
  // Eq. (10)
  h[L] = mixed ? mixed[L] : tf.matMul(xi[L], G[L]);
  for (let l = L - 1; l >= 1; l--) {
    const R = cell(w, `generator.R${l}`, h[l + 1], s[l], n);
    // Eq. (11)
    h[l] = tf.add(R.output, mixed ? mixed[l] : tf.matMul(xi[l], G[l]));
    after[l] = keepState(config, R.state);
  }
  const B = h[1].shape[0] / n;
  // Eq. (13)
  return { h, r: readout(config, w, n === 1 ? h[1] : tf.slice(h[1], [(n - 1) * B, 0], [B, H])), after };
}

/** An LSTM over n inputs of each row in turn, x [n B, I]: its outputs, [n B, H], and the state after the last. */
function cell(w: Weights, name: string, x: tf.Tensor2D, s: State, n = 1): { output: tf.Tensor2D; state: State } {
  const [rows, I] = x.shape;
  const { outputs, state } = lstm(tf.reshape(x, [n, rows / n, I]), s, lstmWeights(w, name));
  return { output: tf.reshape(outputs, [rows, outputs.shape[2]]), state };
}

/** The published code's mixing in place of ξ_l G_l. */
function mixByMlp(w: Weights, xi: tf.Tensor): ByLayer<tf.Tensor2D> {
  const mixed = byLayer(linear(linear(xi, layer(w, "generator.G.1")), layer(w, "generator.G.2")));
  const L = xi.shape[0];
  for (let l = 1; l <= L; l++) mixed[l] = l === L ? tf.tanh(mixed[l]) : tf.leakyRelu(mixed[l]);
  return mixed;
}

/** The states after an emission from s, eqs. (12) and (16). @param v the emitted value, [B, 1], which only a transition from below hears */
export function advance(config: TdlgmConfig, w: Weights, s: States, emission: Emission, v: tf.Tensor2D): States {
  checkSettings(config, TDLGM, "a tDLGM");
  checkAdvance(config, w, s, emission, v);
  const { h, after } = emission;
  // R_l's cell, which has heard h_{l+1} and so ξ_{l+1:L}, is F_l too.
  // Eq. (16)
  if (config.transition === "above") return after;
  const next: States = {};
  const heard = (l: number) => (config.transition === "apart" ? h[l + 1] : l === 1 ? v : h[l - 1]);
  // Eq. (12)
  for (const l of stateful(config)) next[l] = keepState(config, cell(w, `generator.F${l}`, heard(l), s[l]).state);
  return next;
}

/** The part of an LSTM's state that counts as the state; the rest is zero. */
function keepState({ state }: TdlgmConfig, { h, c }: State): State {
  if (state === "both") return { h, c };
  return state === "cell" ? { h: tf.zerosLike(h), c } : { h, c: tf.zerosLike(c) };
}

// --- Recognition, eqs. (14)-(18) -------------------------------------------------------------------------------------------------------
// Eq. (14), q, is recogniseLatent of latent.ts, which DLGM shares; tdlgmPrior.ts calls it.

/** State recognition k of windows [m, B, 1] ([m+1, B, 1] if inclusive), eqs. (15) and (17): s_l = F̂_l(v), the last state of layer l's LSTM. */
export function recogniseStates(config: TdlgmConfig, w: Weights, window: tf.Tensor3D): States {
  checkSettings(config, TDLGM, "a tDLGM");
  checkRecognise(config, w, window);
  const s: States = {};
  const s0 = zeroState(window.shape[1], config.H);
  // Eq. (15), for each row of the batch
  // Eq. (17)
  for (const l of stateful(config)) s[l] = keepState(config, lstm(window, s0, lstmWeights(w, `k${l}`)).state);
  return s;
}

/** What q sees of windows [m+1 (or more), B, 1]: v_t, [B, 1]; or v_{t-m+1} .. v_t in turn, [m B, 1]. */
function seenByQ(config: TdlgmConfig, seen: tf.Tensor3D): tf.Tensor2D {
  const n = latentsPerValue(config);
  return tf.reshape(rows(seen, config.m + 1 - n, n), [-1, 1]);
}

/** ε or ξ as it is drawn for each row, [L, B, n K], in the order of seenByQ, [L, n B, K]. */
function inTurn(config: TdlgmConfig, drawn: tf.Tensor): tf.Tensor {
  const n = latentsPerValue(config);
  const [L, B] = drawn.shape;
  return n === 1 ? drawn : tf.reshape(tf.transpose(tf.reshape(drawn, [L, B, n, -1]), [0, 2, 1, 3]), [L, n * B, -1]);
}

// --- The loss, eqs. (19)-(28) ----------------------------------------------------------------------------------------------------------

/**
 * Eq. (28) for a batch of windows, the expectation by one draw of ξ. All parts are averaged over the batch. The KL of a layer, in nats, is
 * summed over its latent variables and their K elements; the state's MSE is averaged over its elements.
 * @param batch.seen windows with v_t in row m, [m+1, B, 1] ([m+2, B, 1] if inclusive)
 * @param drawn.epsilon ε ~ N(0, I), [L, B, n K]; where k is a distribution, `states` too, [2 (L − 1), B, H]
 * @param factors β and α where they are steered
 */
export function tdlgmLoss(config: TdlgmConfig, w: Weights, batch: Batch, drawn: Drawn, factors: Factors<tf.Scalar> = {}): Loss {
  checkSettings(config, TDLGM, "a tDLGM");
  checkLoss(config, w, batch, drawn);
  const [{ seen, clean }, { epsilon }] = [batch, drawn];
  const { m, likelihood } = config;
  const { alpha = config.alpha, beta = config.beta } = factors;
  // Eq. (18)
  const [recognised, sNext] = neighbours(config, w, seen); // F̂(V_t) and F̂(V_{t+1}): s_t and s_{t+1} by k
  const s = drawStates(config, w, recognised, drawn.states);
  const { q, xi } = recogniseGiven(config, w, seenByQ(config, seen), s);
  // Eq. (22)
  const kl = tf.mul(latentsPerValue(config), klByLayer(q));

  const emission = emit(config, w, s, xi(inTurn(config, epsilon)));
  const reconstruction = tf.neg(tf.mean(logDensity(likelihood, w, emission.r, row(clean, m))));
  // Eq. (26)
  const emitted = config.transition === "value" ? row(clean, m) : mean(likelihood, emission.r);
  const states = stateKl(config, w, advance(config, w, s, emission, emitted), sNext);
  const prior = config.weightPrior > 0 ? weightPrior(w) : tf.scalar(0);
  // Eq. (28)
  const total = tf.addN([reconstruction, tf.mul(beta, tf.sum(kl)), tf.mul(alpha, states.loss), tf.mul(config.weightPrior, prior)]);
  return { total: total as tf.Scalar, parts: { reconstruction, kl, ...states.parts, weightPrior: prior } };
}

/** F̂(V_t) and F̂(V_{t+1}) of a batch of stretches, side by side: V_{t+1} of each window but a stretch's last is V_t of the next. */
function neighbours(config: TdlgmConfig, w: Weights, seen: tf.Tensor3D): [States, States] {
  const [length, B] = [seenByK(config), seen.shape[1]];
  const stretches = B / config.run;
  const last = tf.slice(seen, [1, B - stretches, 0], [length, stretches, 1]);
  const all = recogniseStates(config, w, tf.concat([rows(seen, 0, length), last], 1));
  const from = (begin: number): States =>
    mapStates(all, ({ h, c }) => ({ h: tf.slice(h, [begin, 0], [B, -1]), c: tf.slice(c, [begin, 0], [B, -1]) }));
  return [from(0), from(stretches)];
}

const mapStates = (s: States, f: (s: State) => State): States => Object.fromEntries(Object.entries(s).map(([l, state]) => [l, f(state)]));

// --- As training, imputation and generation see it -------------------------------------------------------------------------------------

/** h and c of all layers in turn, and back. */
const listed = (s: States): tf.Tensor[] => Object.values(s).flatMap(({ h, c }) => [h, c]);
const unlisted = (config: TdlgmConfig, list: tf.Tensor[]): States =>
  Object.fromEntries(stateful(config).map((l) => [l, { h: list[2 * l - 2], c: list[2 * l - 1] } as State]));

/** tDLGM. */
export const tdlgm: Kind<TdlgmConfig> = {
  defaults: TDLGM,
  checks: {
    ...LATENT_CHECKS,
    alpha: notNegative,
    state: oneOf("both", "cell", "output"),
    transition: oneOf("above", "apart", "below", "value"),
    run: whole(1),
    k: oneOf("state", "normal"),
    window: oneOf("past", "inclusive"),
    mixing: oneOf("matrix", "mlp"),
    latents: oneOf("one", "sequence"),
    prior: oneOf("standard", "state"),
    recognition: oneOf("value", "both"),
    memory: oneOf(null), // memory.ts knows more
  },
  check(config) {
    checkPrior(config);
    const { L, k, latents, transition, run, batch, trainingNoise } = config;
    if (k === "normal" && L === 1) throw new Error('config.k "normal" needs a state: L from 2');
    if (latents === "sequence" && transition !== "above")
      throw new Error(`config.latents "sequence" is not defined with transition "${transition}", where F hears one row of h; use "above"`);
    if (batch % run !== 0) throw new Error(`config.run must divide the batch of ${batch}; it is ${run}`);
    if (run > 1 && trainingNoise)
      throw new Error("config.run above 1 needs trainingNoise null: two windows that share a value do not share its noise");
  },
  checkValues: ({ likelihood }, values) => checkEmittable(likelihood, values),
  layout,
  reach: ({ m, window }) => ({ past: m, future: window === "past" ? 0 : 1 }),
  run: ({ run }) => run,
  noise: (config) => ({ epsilon: perLayer(config), ...statesWanted(config) }),
  losses: { loss: tdlgmLoss },
  factors: () => ["beta", "alpha"],
  /** The mean of π(v_t | s_t, ξ_t) with s_t = k(V_t) and ξ_t from q(ξ | v_t); all draws share s_t and q. */
  impute(config, w, { seen }, drawn) {
    const s = recogniseStates(config, w, rows(seen, 0, seenByK(config)));
    const { xi } = recogniseGiven(config, w, seenByQ(config, seen), s);
    return drawn.map((one) => tf.tidy(() => mean(config.likelihood, emit(config, w, s, xi(one && inTurn(config, one.epsilon))).r)));
  },
  /** The variance of the recognised states over the windows. Near 0 the state has collapsed; an MSE as large predicts no better than their mean. */
  diagnose(config, w, seen): Record<string, tf.Tensor> {
    if (config.L === 1) return {};
    const s = recogniseStates(config, w, rows(seen, 0, config.m));
    return { stateVariance: meanOverStates(config, s, (x) => tf.mean(tf.moments(x, 0).variance)) };
  },
  /** k of the history. With the inclusive window that is the state of the last value itself, and F takes it one step on. */
  init(config, w, history) {
    const s = recogniseStates(config, w, history);
    if (config.window === "past") return listed(s);
    const { xi } = recogniseGiven(config, w, seenByQ(config, history), s);
    return listed(advance(config, w, s, emit(config, w, s, xi(null)), row(history, config.m)));
  },
  emission: (config) => ({ xi: perLayer(config), noise: emissionNoise(config.likelihood) }),
  /** ξ ~ N(0, I), eq. (9), or p(ξ | s); v ~ π, eq. (13); the state moved on by F, eq. (12). */
  step(config, w, state, { xi, noise }) {
    const s = unlisted(config, state);
    const emission = emit(config, w, s, latentsByPrior(config, w, s, inTurn(config, xi)));
    const v = draw(config.likelihood, w, emission.r, noise);
    return { v, state: listed(advance(config, w, s, emission, v)) };
  },
  logDensity(config, w, state, v, { xi }) {
    const s = unlisted(config, state);
    return logDensity(config.likelihood, w, emit(config, w, s, latentsByPrior(config, w, s, inTurn(config, xi))).r, v);
  },
};
