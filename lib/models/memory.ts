/**
 * tDLGM with memory: what the paper's model needs to use its state on a series that drifts. L = 2, one stateful layer. Eq. by eq.:
 *
 *   state         s_t = (h_t, c_t): h_t = GRU(v_{t-1}, h_{t-1}), F of eq. (12) fed the emitted value, and decayed counts of every value j,
 *                 c_{τ,t}(j) = Σ_{i<t} e^{−(t−1−i)/τ} [v_i = j], for each τ. Given the past values it is certain, so that k is F itself;
 *   prior         ξ_{l,t} = μ_l(s_t) + σ_l(s_t) ζ_{l,t} with ζ ~ N(0, I), in place of eq. (9);
 *   generator     h_2 = G_2 ξ_2 (10),  h_1 = R(h_2, h_t) + G_1 ξ_1 (11),  v_t ~ softmax(T_0(h_1) + Σ_τ g_τ(h_1) log(c_{τ,t} + e^b)) (13);
 *   recognition   q(ζ_{l,t} | v_t, s_t) = N(Δ_l, C_l) (14): ξ has the mean μ_l + σ_l Δ_l, and KL(q ‖ p) is that of ζ to N(0, I).
 *
 * Training takes sequences in place of windows, with some values before each that only warm the state up.
 *
 * A series of d columns has a π of d columns, independent given ξ and s: "value j" runs over the V values of all columns, and g_τ is a number a
 * column. N is the number of rows: of a batch, or of all its steps together.
 */
import * as tf from "@tensorflow/tfjs-core";
import { row, rows } from "../data/windows";
import type { Wanted } from "../tensor/draws";
import { gru } from "../tensor/gru";
import type { Layout, Weights } from "../tensor/weights";
import { type Gaussian, logDeterminant, sample } from "./gaussian";
import type { Batch, Drawn, Factors, Kind, Loss } from "./kind";
import { annealed, checkOneColumnOfPi, klByLayer, latentLayout, readoutLayout, recogniseLatent } from "./latent";
import { gruLayout, gruWeights, layer, linear, linearLayout, lstmLayout, thinned } from "./layers";
import {
  BEFORE,
  columnSizes,
  columnsOfPi,
  type DiscreteConfig,
  draw,
  emissionNoise,
  type LikelihoodConfig,
  logDensity,
  logitsOf,
  mean,
  seenOneHot,
  valueCount,
} from "./likelihood";
import { checkFits, checkMemory, type MemoryConfig } from "./memoryConfig";
import { emit, type TdlgmConfig, tdlgm as withoutMemory } from "./tdlgm";
import { latentsOfPrior, learnedLayout, learnedPrior } from "./tdlgmPrior";

/** A tDLGM whose settings have a memory: its π is over given values. */
type Config = TdlgmConfig & { memory: MemoryConfig; likelihood: DiscreteConfig };
/** π as eq. (13) leaves it here, counts included: a categorical over the same values. */
const pi = ({ likelihood }: Config): LikelihoodConfig =>
  likelihood.kind === "categorical-columns" ? likelihood : { kind: "categorical", values: likelihood.values };

const countsSize = ({ memory, likelihood }: Config) => memory.taus.length * valueCount(likelihood);

function layout(config: Config): Layout {
  const { H, K, memory, likelihood } = config;
  const V = valueCount(likelihood);
  const gates = memory.taus.length * columnsOfPi(likelihood);
  const seen = H + countsSize(config);
  const byState = memory.xi && memory.prior === "state" ? learnedLayout(config, seen) : {};
  const counted = { ...linearLayout("generator.gates", H, gates), "generator.unseen": { shape: [V], start: Math.log(0.05) } };
  return {
    ...gruLayout("generator.F1", V, H),
    ...byState,
    ...(memory.xi ? latentLayout(config, memory.recognition === "both" ? V + seen : V) : {}),
    "generator.G": { shape: [2, K, H], start: "glorot" },
    ...lstmLayout("generator.R1", H, H),
    ...readoutLayout(config),
    ...(memory.taus.length > 0 ? counted : {}),
  };
}

// --- The state -------------------------------------------------------------------------------------------------------------------------

/** s_t of rows: the GRU's h [N, H], and the counts of every τ and value [N, τs · V]. */
interface Memory {
  h: tf.Tensor2D;
  counts: tf.Tensor2D;
}

/**
 * The states before each of the last `count` places after values, [n, B, d]: the last of them is the state after all values.
 * @returns h [count · B, H] and counts [count · B, τs · V], place by place
 */
function statesOf(config: Config, w: Weights, values: tf.Tensor3D, count: number): Memory {
  const { H, memory, likelihood } = config;
  const [n, B] = values.shape;
  const V = valueCount(likelihood);
  const x = seenOneHot(likelihood, values) as tf.Tensor3D;
  const warm = Math.min(n, memory.burnIn + count - 1);
  // Eq. (12)
  const after = gru(tf.slice(x, [n - warm, 0, 0]) as tf.Tensor3D, tf.fill([B, H], 0), gruWeights(w, "generator.F1"));
  const h = tf.concat(after.slice(-count)) as tf.Tensor2D;
  const J = memory.taus.length;
  if (J === 0) return { h, counts: tf.fill([count * B, 0], 0) };
  // Row (place, τ) of the matrix holds the weight of each value before the place.
  const weights = new Float32Array(count * J * n);
  for (let k = 0; k < count; k++)
    for (const [j, tau] of memory.taus.entries())
      for (let i = 0; i <= n - count + k; i++) weights[(k * J + j) * n + i] = Math.exp(-(n - count + k - i) / tau);
  const decayed = tf.matMul(tf.tensor2d(weights, [count * J, n]), tf.reshape(x, [n, B * V]) as tf.Tensor2D);
  const counts = tf.reshape(tf.transpose(tf.reshape(decayed, [count, J, B, V]), [0, 2, 1, 3]), [count * B, J * V]);
  return { h, counts: counts as tf.Tensor2D };
}

/** The state after one more row, [N, d]. */
function advanced(config: Config, w: Weights, { h, counts }: Memory, v: tf.Tensor2D): Memory {
  const { memory, likelihood } = config;
  const [N, V] = [v.shape[0], valueCount(likelihood)];
  const x = seenOneHot(likelihood, v) as tf.Tensor2D;
  // Eq. (12)
  const [next] = gru(tf.reshape(x, [1, N, V]), h, gruWeights(w, "generator.F1"));
  const J = memory.taus.length;
  if (J === 0) return { h: next, counts };
  const kept = tf.tensor1d(memory.taus.flatMap((tau) => new Array(V).fill(Math.exp(-1 / tau))));
  return { h: next, counts: tf.add(tf.mul(counts, kept), tf.tile(x, [1, J])) };
}

/** What prior and q see of the state: h, and each τ's counts as shares of all in their column. */
function seenOf({ memory, likelihood }: Config, { h, counts }: Memory): tf.Tensor2D {
  const [N, J] = [h.shape[0], memory.taus.length];
  if (J === 0) return h;
  const byTau = tf.reshape(counts, [N, J, valueCount(likelihood)]);
  const rows = tf.div(tf.sum(byTau, 2, true), columnsOfPi(likelihood)); // each has one value a column
  const shares = tf.div(byTau, tf.add(1, rows));
  return tf.concat([h, tf.reshape(shares, counts.shape)], 1) as tf.Tensor2D;
}

// --- Prior, generator, recognition -----------------------------------------------------------------------------------------------------

/** ξ of each layer from ζ, both [2, N, K]. */
function latents(config: Config, w: Weights, s: Memory, zeta: tf.Tensor): tf.Tensor {
  if (!config.memory.xi) return tf.zerosLike(zeta);
  if (config.memory.prior === "standard") return zeta;
  // Eq. (9), learned
  return latentsOfPrior(learnedPrior(config, w, seenOf(config, s)), zeta);
}

/** The logits of π over the values, [N, V]. */
function logits(config: Config, w: Weights, s: Memory, xi: tf.Tensor): tf.Tensor2D {
  // Eqs. (10), (11)
  const { h, r } = emit(config, w, { 1: { h: s.h, c: tf.zerosLike(s.h) } }, xi);
  const { memory, likelihood } = config;
  const J = memory.taus.length;
  const own = logitsOf(likelihood, r);
  if (J === 0) return own;
  const N = s.h.shape[0];
  const gates = tf.reshape(tf.softplus(linear(h[1], layer(w, "generator.gates"))), [N, J, columnsOfPi(likelihood)]);
  const logCounts = tf.log(tf.add(tf.reshape(s.counts, [N, J, valueCount(likelihood)]), tf.exp(w["generator.unseen"])));
  // Eq. (13)
  return tf.add(own, tf.sum(tf.mul(ofValues(likelihood, gates), logCounts), 1));
}

/** A number a column, [N, J, d], as one for each of its values, [N, J, V]; of one column [N, J, 1] is enough. */
function ofValues(likelihood: DiscreteConfig, x: tf.Tensor): tf.Tensor {
  const sizes = columnSizes(likelihood);
  if (sizes.length === 1) return x;
  const columns = tf.split(x, sizes.length, 2);
  return tf.concat(
    sizes.map((size, j) => tf.tile(columns[j], [1, 1, size])),
    2,
  );
}

/** q(ζ | v, s), eq. (14). */
function recognise(config: Config, w: Weights, s: Memory, v: tf.Tensor2D): Gaussian {
  const x = seenOneHot(config.likelihood, v) as tf.Tensor2D;
  if (config.memory.recognition === "value") return recogniseLatent(config, w, x);
  const both = tf.concat([x, seenOf(config, s)], 1);
  return recogniseLatent(config, w, tf.stack([both, both]));
}

/** ε of a value: what ζ is made of. */
const perLayer = ({ L, K }: TdlgmConfig, rows: (number | "rows")[]): Wanted => ({ of: "normals", shape: [L, ...rows, K] });

// --- The loss --------------------------------------------------------------------------------------------------------------------------

/** Eq. (28) for a batch of sequences, a value's share of it: there is no state loss, since k is F. */
function memoryLoss(config: Config, w: Weights, { clean, step }: Batch, { epsilon, kept }: Drawn, factors: Factors<tf.Scalar> = {}): Loss {
  const { K, m, memory } = config;
  const { beta = config.beta } = factors;
  const { length, dropout } = memory;
  const B = clean.shape[1];
  const N = length * B;
  const states = statesOf(config, w, rows(clean, 0, m + length - 1), length);
  const v = tf.reshape(rows(clean, m, length), [N, columnsOfPi(config.likelihood)]) as tf.Tensor2D;
  const s: Memory = { ...states, h: thinned(states.h, tf.reshape(kept, [N, config.H]), dropout) as tf.Tensor2D };
  const q = memory.xi ? recognise(config, w, s, v) : null;
  const zeta = q ? sample(q, tf.reshape(epsilon, [2, N, K])) : tf.fill([2, N, K], 0);
  // Eq. (22)
  const kl = q ? klByLayer(q) : tf.zeros([2]);
  const reconstruction = tf.neg(tf.mean(logDensity(pi(config), w, logits(config, w, s, latents(config, w, s, zeta)), v)));
  // Eq. (28)
  const total = tf.add(reconstruction, tf.mul(annealed(beta, memory.anneal, step), tf.sum(tf.maximum(kl, memory.freeBits))));
  return { total: total as tf.Scalar, parts: { reconstruction, kl } };
}

// --- As training, imputation and generation see it -------------------------------------------------------------------------------------

const listed = ({ h, counts }: Memory): tf.Tensor[] => [h, counts];
const unlisted = ([h, counts]: tf.Tensor[]): Memory => ({ h, counts }) as Memory;

/** What a tDLGM with memory does in place of the paper's. */
const withMemory: Partial<Kind<Config>> = {
  columns: ({ likelihood }) => columnsOfPi(likelihood),
  layout,
  before: () => BEFORE,
  reach: ({ m, memory }) => ({ past: m, future: memory.length - 1 }),
  noise: (config) => ({
    epsilon: perLayer(config, [config.memory.length, "rows"]),
    kept: { of: "uniforms", shape: [config.memory.length, "rows", config.H] },
  }),
  losses: { loss: memoryLoss },
  factors: ({ memory }) => (memory.xi ? ["beta"] : []),
  /** Without ξ its matrices stay as they are. */
  trains: ({ memory }, _loss, weight) => memory.xi || weight !== "generator.G",
  /** The mean of π(v_t | s_t, ξ_t), ξ_t from q(ξ | v_t, s_t); a value that is none of the likelihood's counts as the nearest. */
  impute(config, w, { seen }, drawn) {
    const s = statesOf(config, w, rows(seen, 0, config.m), 1);
    const q = config.memory.xi ? recognise(config, w, s, row(seen, config.m)) : null;
    const [N, K] = [seen.shape[1], config.K];
    return drawn.map((one) => {
      const epsilon = one && tf.reshape(tf.slice(one.epsilon, [0, 0, 0, 0], [2, 1, N, K]), [2, N, K]);
      const zeta = q ? (epsilon ? sample(q, epsilon) : q.mean) : tf.fill([2, N, K], 0);
      return mean(pi(config), logits(config, w, s, latents(config, w, s, zeta)));
    });
  },
  /** −log p(v_t | ..) of the validation windows, nats a value, at the prior's mean. */
  diagnose(config, w, seen): Record<string, tf.Tensor> {
    const s = statesOf(config, w, rows(seen, 0, config.m), 1);
    const zeta = tf.fill([2, seen.shape[1], config.K], 0);
    const r = logits(config, w, s, latents(config, w, s, zeta));
    return { validationNllAtMean: tf.neg(tf.mean(logDensity(pi(config), w, r, row(seen, config.m)))) };
  },
  init: (config, w, history) => listed(statesOf(config, w, history, 1)),
  emission: (config) => ({ zeta: perLayer(config, ["rows"]), noise: emissionNoise(pi(config)) }),
  step(config, w, state, { zeta, noise }) {
    const s = unlisted(state);
    const v = draw(pi(config), w, logits(config, w, s, latents(config, w, s, zeta)), noise);
    return { v, state: listed(advanced(config, w, s, v)) };
  },
  proposal: (config) => ({ epsilon: perLayer(config, ["rows"]) }),
  observe(config, w, state, v, { epsilon }) {
    const s = unlisted(state);
    const after = listed(advanced(config, w, s, v));
    if (!config.memory.xi) return { logWeight: logDensity(pi(config), w, logits(config, w, s, tf.zerosLike(epsilon)), v), state: after };
    const q = recognise(config, w, s, v);
    const zeta = sample(q, epsilon);
    const likelihood = logDensity(pi(config), w, logits(config, w, s, latents(config, w, s, zeta)), v);
    // log N(ζ; 0, I) − log N(ζ; Δ, C), where (ζ − Δ)ᵀ C⁻¹ (ζ − Δ) = εᵀε
    const ratio = tf.mul(0.5, tf.sub(tf.add(tf.sum(tf.square(epsilon), 2), logDeterminant(q)), tf.sum(tf.square(zeta), 2)));
    return { logWeight: tf.add(likelihood, tf.sum(ratio, 0)) as tf.Tensor1D, state: after };
  },
  logProbabilities(config, w, state, { zeta }) {
    const s = unlisted(state);
    return tf.logSoftmax(logits(config, w, s, latents(config, w, s, zeta)));
  },
  logDensity(config, w, state, v, { zeta }) {
    const s = unlisted(state);
    return logDensity(pi(config), w, logits(config, w, s, latents(config, w, s, zeta)), v);
  },
};

/** tDLGM, with memory or without. */
export const tdlgm: Kind<TdlgmConfig> = {
  ...withoutMemory,
  checks: { ...withoutMemory.checks, memory: checkMemory },
  check(config) {
    withoutMemory.check?.(config);
    if (config.memory) checkFits(config, config.memory);
    else checkOneColumnOfPi(config);
  },
  variant: ({ memory }) => (memory ? (withMemory as Partial<Kind<TdlgmConfig>>) : {}),
};
