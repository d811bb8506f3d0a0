/** What the page carries with it: weights, the table of transitions, what small models have learnt, histories, lines of code. */
import * as tf from "@tensorflow/tfjs-core";
import type { Transitions } from "../../../lib/data/chain";
import type { DlgmConfig } from "../../../lib/models/dlgm";
import type { HistoryRow } from "../../../lib/models/model";
import type { FullConfig } from "../../../lib/models/registry";
import type { TdlgmConfig } from "../../../lib/models/tdlgm";
import type { Weights } from "../../../lib/tensor/weights";

/** A model as it lies in the page: its settings, and float32 weights one after the other, in base64. */
export interface Packed {
  config: FullConfig;
  shapes: Record<string, number[]>;
  base64: string;
}

/** One of the small models with K = 2: q of each value in the layer that says most, the history, and the window as it was imputed at some steps. */
export interface SmallRun {
  sd: number;
  beta: number;
  q: { layer: number; mean: number[][]; logD: number[][]; u: number[][] };
  history: HistoryRow[];
  snapshots: { step: number; imputed: number[] }[];
}

/** Lines of a source file that compute an equation. */
export interface CodeLine {
  file: string;
  line: number;
  code: string;
}

/** A plane in a layer's latent space: a point of it and two directions of length 1. */
export interface Plane {
  centre: number[];
  axes: [number[], number[]];
  /** The share of the variance of q's means that lies in the plane. */
  share: number;
  /** Where q's means of the values lie on it. */
  dots: [number, number][];
}

/** All that the page carries. */
export interface PageData {
  transitions: Transitions;
  models: { tdlgm: Packed; dlgm: Packed; above: Packed; below: Packed };
  /** tDLGM's planes, a layer each. */
  planes: Plane[];
  small: { values: number[]; window: { from: number; length: number }; runs: SmallRun[] };
  histories: { name: string; label: string; history: HistoryRow[] }[];
  /** By the equation's number, or a name where it has none. */
  code: Record<string, CodeLine[]>;
}

/** A model to compute with. */
export interface PageModel<C> {
  config: C;
  weights: Weights;
}

/** The numbers of a base64 text, little-endian float32. */
function floats(base64: string): Float32Array {
  const text = atob(base64);
  return new Float32Array(Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer);
}

/** The models of the page, unpacked: those of the tables, and two of a switching series, with F fed from above and from below. */
export interface PageModels {
  tdlgm: PageModel<TdlgmConfig>;
  dlgm: PageModel<DlgmConfig>;
  above: PageModel<TdlgmConfig>;
  below: PageModel<TdlgmConfig>;
}

/** Unpacks a model; its tensors stay. */
export function unpacked<C>({ config, shapes, base64 }: Packed): PageModel<C> {
  const all = floats(base64);
  let offset = 0;
  const weights: Weights = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const size = tf.util.sizeFromShape(shape);
    weights[name] = tf.keep(tf.tensor(all.slice(offset, offset + size), shape));
    offset += size;
  }
  return { config: config as C, weights };
}
