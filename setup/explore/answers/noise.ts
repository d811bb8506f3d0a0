/** A window of the stand-in under noise, and what four methods make of it. */
import * as tf from "@tensorflow/tfjs-core";
import { generator } from "../../../lib/base/random";
import { addNoise, type NoiseReading, noiseOf } from "../../../lib/data/noise";
import { windows } from "../../../lib/data/windows";
import { type Chain, posterior } from "../../../lib/metrics/filters";
import { mse } from "../../../lib/metrics/metrics";
import type { Kind } from "../../../lib/models/kind";
import { type FullConfig, kindOf } from "../../../lib/models/registry";
import type { PageModel, PageModels } from "./data";
import { drawnFrom } from "./draws";

/** The window: its first value, its length, and how many values before it the methods see. */
export const NOISE_WINDOW = { from: 110, length: 40, before: 20 };

/** The methods, in their order. */
export const METHODS = ["identity", "Bayes filter", "tDLGM", "DLGM"] as const;
/** One of the methods. */
export type Method = (typeof METHODS)[number];

/** What is asked. */
export interface NoiseQuestion {
  /** The number that the paper prints as σ². */
  printed: number;
  reading: NoiseReading;
  probability: number;
  seed: number;
  /** How the models take ξ: q's mean, or one draw. */
  xi: "mean" | "sample";
}

/** The window, clean and noisy, and each method's values and mean squared error; `best` at each value, and over all. */
export interface NoiseAnswer {
  sd: number;
  clean: number[];
  noisy: number[];
  outputs: Record<Method, number[]>;
  mse: Record<Method, number>;
  best: Method[];
  winner: Method;
}

/** Imputes the targets of a series by a model's own equations. @param series the targets, and before them what the windows need */
function imputed(model: PageModel<FullConfig>, series: Float32Array, length: number, { seed, xi }: NoiseQuestion): Float32Array {
  const { config, weights } = model;
  const kind = kindOf(config) as unknown as Kind<FullConfig>;
  const { past } = kind.reach(config);
  return tf.tidy(() => {
    const own = series.subarray(series.length - length - past);
    const seen = windows(tf.tensor2d(own, [own.length, 1]), tf.range(0, length, 1, "int32"), past + 1);
    const drawn = xi === "mean" ? null : drawnFrom(generator(seed, `explore/epsilon/${config.kind}`), kind.noise(config), length);
    const [values] = kind.impute(config, weights, { seen, clean: seen }, [drawn]);
    return values.dataSync() as Float32Array;
  });
}

/** Puts noise on the window, and asks each method. */
export function noiseAnswer(models: PageModels, chain: Chain, series: Float32Array, question: NoiseQuestion): NoiseAnswer {
  const { from, length, before } = NOISE_WINDOW;
  const { printed, reading, probability, seed } = question;
  const noise = noiseOf({ probability, variance: printed }, reading);
  const whole = series.slice(from - before, from + length);
  const noisy = addNoise(whole, noise, seed);
  const clean = whole.slice(before);
  const P = posterior(chain, noisy, noise, "filter");
  const n = chain.values.length;
  const bayes = noisy.map((_, t) => chain.values.reduce((sum, v, i) => sum + v * P[t * n + i], 0)).slice(before);
  const all: Record<Method, Float32Array> = {
    identity: noisy.slice(before),
    "Bayes filter": bayes,
    tDLGM: imputed(models.tdlgm, noisy, length, question),
    DLGM: imputed(models.dlgm, noisy, length, question),
  };
  const errors = Object.fromEntries(METHODS.map((name) => [name, mse(clean, all[name])])) as Record<Method, number>;
  const least = (error: (name: Method) => number) => METHODS.reduce((a, b) => (error(b) < error(a) ? b : a));
  return {
    sd: noise.sd,
    clean: [...clean],
    noisy: [...all.identity],
    outputs: Object.fromEntries(METHODS.map((name) => [name, [...all[name]]])) as Record<Method, number[]>,
    mse: errors,
    best: Array.from(clean, (v, t) => least((name) => Math.abs(all[name][t] - v))),
    winner: least((name) => errors[name]),
  };
}
