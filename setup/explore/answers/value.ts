/** One value through tDLGM: everything that is computed on its way, equation by equation. */
import * as tf from "@tensorflow/tfjs-core";
import { generator } from "../../../lib/base/random";
import { rows } from "../../../lib/data/windows";
import { type Gaussian, klToPrior } from "../../../lib/models/gaussian";
import { latentsOf, recogniseLatent } from "../../../lib/models/latent";
import { mean } from "../../../lib/models/likelihood";
import { advance, emit, recogniseStates, type TdlgmConfig } from "../../../lib/models/tdlgm";
import type { PageModel, Plane } from "./data";

/** Where ξ comes from: q's mean; a draw from q; or a point of a layer's plane, with the other layer at q's mean. */
export type Xi = { from: "mean" } | { from: "draw"; seed: number } | { from: "plane"; layer: number; at: [number, number] };

/** What is asked: the past values (the last m count), the value as it is seen, and ξ. */
export interface ValueQuestion {
  past: ArrayLike<number>;
  v: number;
  xi: Xi;
}

/** What a layer's q says of a value. */
export interface LayerOfQ {
  mean: number[];
  C: number[][];
  xi: number[];
  /** KL(q ‖ N(0, I)), in nats. */
  kl: number;
  /** μ, ξ and C on the layer's plane. */
  onPlane: { mean: [number, number]; xi: [number, number]; C: [number, number, number] };
}

/** What is computed for a value. Layers are counted from 0 here: layers[0] is the paper's layer 1. */
export interface ValueAnswer {
  layers: LayerOfQ[];
  state: { h: number[]; c: number[] };
  after: { h: number[]; c: number[] };
  h: number[][];
  /** The mean of π, and its standard deviation. */
  v: number;
  sd: number;
}

const list = (t: tf.Tensor) => Array.from(t.dataSync());
const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** A point's place on a plane. */
export function placeOn({ centre, axes }: Pick<Plane, "centre" | "axes">, point: number[]): [number, number] {
  const from = point.map((x, k) => x - centre[k]);
  return [dot(from, axes[0]), dot(from, axes[1])];
}

/** C = D⁻¹ − η D⁻¹u (D⁻¹u)ᵀ of each layer, for one row. */
function covariances({ inverseD, Du, eta }: Gaussian): number[][][] {
  const [d, u, e] = [inverseD, Du, eta].map((t) => t.arraySync() as number[][][]);
  return d.map(([diagonal], l) => diagonal.map((x, i) => diagonal.map((_, j) => (i === j ? x : 0) - e[l][0][0] * u[l][0][i] * u[l][0][j])));
}

/** Runs one value through the model. */
export function valueAnswer(model: PageModel<TdlgmConfig>, planes: Plane[], { past, v, xi }: ValueQuestion): ValueAnswer {
  const { config, weights: w } = model;
  const { m, L, K } = config;
  return tf.tidy(() => {
    const seen = tf.tensor3d([...Array.from(past).slice(-m), v], [m + 1, 1, 1]);
    const q = recogniseLatent(config, w, tf.tensor2d([v], [1, 1]));
    const kl = list(klToPrior(q));
    const means = q.mean.arraySync() as number[][][];
    const own = means.map(([mu], l) => {
      if (xi.from !== "plane" || xi.layer !== l + 1) return mu;
      const [a, b] = placeOn(planes[l], mu);
      return mu.map((x, k) => x + (xi.at[0] - a) * planes[l].axes[0][k] + (xi.at[1] - b) * planes[l].axes[1][k]);
    });
    const random = xi.from === "draw" ? generator(xi.seed, "explore/xi") : null;
    const epsilon =
      random &&
      tf.tensor3d(
        Float32Array.from({ length: L * K }, () => random.normal()),
        [L, 1, K],
      );
    const latents = epsilon ? latentsOf(q, epsilon) : tf.tensor3d(own.flat(), [L, 1, K]);
    const s = recogniseStates(config, w, rows(seen, 0, m));
    const emission = emit(config, w, s, latents);
    const out = mean(config.likelihood, emission.r);
    const after = advance(config, w, s, emission, out);
    const xis = latents.arraySync() as number[][][];
    const C = covariances(q);
    return {
      layers: means.map(([mu], l) => {
        const [e1, e2] = planes[l].axes;
        const times = (axis: number[]) => C[l].map((row) => dot(row, axis));
        const onPlane = {
          mean: placeOn(planes[l], mu),
          xi: placeOn(planes[l], xis[l][0]),
          C: [dot(e1, times(e1)), dot(e1, times(e2)), dot(e2, times(e2))] as [number, number, number],
        };
        return { mean: mu, C: C[l], xi: xis[l][0], kl: kl[l], onPlane };
      }),
      state: { h: list(s[1].h), c: list(s[1].c) },
      after: { h: list(after[1].h), c: list(after[1].c) },
      h: Array.from({ length: L }, (_, i) => list(emission.h[i + 1])),
      v: out.dataSync()[0],
      sd: config.likelihood.kind === "gaussian" && config.likelihood.sd !== "learned" ? config.likelihood.sd : Number.NaN,
    };
  });
}
