/**
 * What the models are made of in plain JavaScript: float64, one row at a time, written from the formulas without a line of the other files.
 * A second opinion for a reader and for the tests.
 */
import { checkAsMany, checkChoice, checkNumber, checkNumbers, checkObject, checkObjects, checkWhole, refuse } from "../base/check";
import { LATENT_CHECKS, type LatentConfig } from "../models/config";
import type { LikelihoodConfig } from "../models/likelihood";

/** 1 / (1 + e^-x). */
export function sigmoid(x: number): number {
  checkNumber(x, "x", Number.NEGATIVE_INFINITY);
  return 1 / (1 + Math.exp(-x));
}
/** Σ a_i b_i. */
export function dot(a: number[], b: number[]): number {
  checkTwo(a, b);
  return a.reduce((sum, v, i) => sum + v * b[i], 0);
}
function checkTwo(a: number[], b: number[]): void {
  checkNumbers(a, "a", 0);
  checkNumbers(b, "b", 0);
  checkAsMany(b, "b", a, "a");
}
/** a + b, element by element. */
export function plus(a: number[], b: number[]): number[] {
  checkTwo(a, b);
  return a.map((v, i) => v + b[i]);
}
/** x W, with W [x.length, columns]. */
export function times(x: number[], W: number[], columns: number): number[] {
  checkNumbers(x, "x", 0);
  checkWhole(columns, "columns", 0, 1e6);
  checkNumbers(W, "W", x.length * columns);
  return Array.from({ length: columns }, (_, j) => x.reduce((sum, v, i) => sum + v * W[i * columns + j], 0));
}

/** The l-th of L equal pieces of a weight, l from 1. */
export function piece(w: number[], l: number, L: number): number[] {
  checkNumbers(w, "w", 0);
  checkWhole(L, "L", 1);
  checkWhole(l, "l", 1, L);
  return w.slice(((l - 1) * w.length) / L, (l * w.length) / L);
}

/** Layers of a perceptron, tanh (or ReLU) between them. */
export const perceptron = (x: number[], layers: { w: number[]; b: number[] }[], networks: "tanh" | "relu" = "tanh") => {
  checkNumbers(x, "x");
  checkObjects(layers, "layers", 1);
  for (const [i, { w, b }] of layers.entries()) {
    checkNumbers(w, `layers[${i}].w`);
    checkNumbers(b, `layers[${i}].b`);
  }
  checkChoice(networks, "networks", ["tanh", "relu"]);
  return layers.reduce((y, { w, b }, i) => {
    const linear = plus(times(y, w, b.length), b);
    return i < layers.length - 1 ? linear.map(networks === "tanh" ? Math.tanh : (v) => Math.max(0, v)) : linear;
  }, x);
};

/** An LSTM's state: its output and its cell. */
export type Cell = { h: number[]; c: number[] };
/** The state before the first value. */
export function zeroCell(H: number): Cell {
  checkWhole(H, "H", 1, 1e6);
  return { h: new Array(H).fill(0), c: new Array(H).fill(0) };
}
/** One step of an LSTM, c' = f c + i g and h' = o tanh(c'), gates in the order i, f, g, o; w [inputs + H, 4H], b [4H]. */
export function lstmCell(w: number[], b: number[], x: number[], state: Cell): Cell {
  checkObject(state, "state");
  const { h, c } = state;
  checkNumbers(h, "state.h");
  checkNumbers(c, "state.c");
  const H = h.length;
  checkNumbers(x, "x", 0);
  checkNumbers(w, "w", 4 * H * (x.length + H));
  checkNumbers(b, "b", 4 * H);
  const z = plus(times([...x, ...h], w, 4 * H), b);
  const gate = (g: number, k: number) => z[g * H + k];
  const next = c.map((v, k) => sigmoid(gate(1, k)) * v + sigmoid(gate(0, k)) * Math.tanh(gate(2, k)));
  return { h: next.map((v, k) => sigmoid(gate(3, k)) * Math.tanh(v)), c: next };
}

/**
 * N(μ, C) from the outputs of q: a draw μ + R ε with R = D^{-1/2} − (1 − √η)/w D⁻¹ u uᵀ D^{-1/2} (the mean where ε is null), and
 * KL(N(μ, C) ‖ N(0, I)) by Tr C and log|C|.
 */
export function gaussianPosterior(config: LatentConfig, outputs: number[], epsilon: number[] | null) {
  checkObject(config, "config", "the settings of a latent Gaussian model");
  const { K, posterior } = config;
  checkWhole(K, "config.K", 1);
  checkChoice(posterior, "config.posterior", ["rankOne", "diagonal", "sigmoid"]);
  checkNumbers(outputs, "outputs", (posterior === "diagonal" ? 2 : 3) * K);
  if (epsilon !== null) checkNumbers(epsilon, "epsilon", K);
  if (epsilon !== null && epsilon.length > K) refuse("epsilon", `${K} numbers`, epsilon);
  const byCode = posterior === "sigmoid";
  const mu = outputs.slice(0, K);
  const d = outputs.slice(K, 2 * K).map((x) => (byCode ? sigmoid(x) : Math.exp(Math.min(12, Math.max(-12, x)))));
  const u = posterior === "diagonal" ? new Array<number>(K).fill(0) : outputs.slice(2 * K).map((x) => (byCode ? sigmoid(x) : x));
  const w = u.reduce((sum, v, i) => sum + (v * v) / d[i], 0);
  const eta = 1 / (1 + w);
  const z = (epsilon ?? new Array<number>(K).fill(0)).map((e, i) => e / Math.sqrt(d[i]));
  const a = w > 0 ? (1 - Math.sqrt(eta)) / w : 0.5;
  const trace = d.reduce((sum, v) => sum + 1 / v, 0) - eta * u.reduce((sum, v, i) => sum + (v / d[i]) ** 2, 0);
  const logDeterminant = Math.log(eta) - d.reduce((sum, v) => sum + Math.log(v), 0);
  return {
    xi: mu.map((v, i) => v + z[i] - (a * dot(u, z) * u[i]) / d[i]),
    kl: 0.5 * (dot(mu, mu) + trace - logDeterminant - K),
  };
}

/** The logarithm of softmax. */
const logShares = (r: number[]) => {
  const top = Math.max(...r);
  const log = top + Math.log(r.reduce((sum, v) => sum + Math.exp(v - top), 0));
  return r.map((v) => v - log);
};

/** −log π(v | readout). */
export function negativeLog(likelihood: LikelihoodConfig, readout: number[], v: number, logSd = 0): number {
  LATENT_CHECKS.likelihood(likelihood, "likelihood");
  checkNumbers(readout, "readout");
  checkNumber(v, "v");
  checkNumber(logSd, "logSd");
  const [r] = readout;
  if (likelihood.kind === "bernoulli") return -v * Math.log(sigmoid(r)) - (1 - v) * Math.log(1 - sigmoid(r));
  if (likelihood.kind === "gaussian") {
    const log = likelihood.sd === "learned" ? Math.max(-5, logSd) : Math.log(likelihood.sd);
    return 0.5 * ((v - sigmoid(r)) / Math.exp(log)) ** 2 + log + 0.5 * Math.log(2 * Math.PI);
  }
  if (likelihood.kind === "logistic-mixture" || likelihood.kind === "categorical-columns")
    refuse("likelihood.kind", "one that plain.ts writes out", likelihood.kind);
  const distances = likelihood.values.map((x) => Math.abs(x - v));
  return -logShares(readout)[distances.indexOf(Math.min(...distances))];
}
