/** What every model gives to training, imputation and generation, and which model is which. */
import type * as tf from "@tensorflow/tfjs-core";
import type { Stream } from "../tensor/draws";
import type { Layout, Weights } from "../tensor/weights";
import type { FullConfig } from "./config";
import { dlgm } from "./dlgm";
import { tdlgm } from "./inference";
import type { Loss } from "./loss";
import { rnn } from "./rnn";

/** Windows and what the loss is to explain: v_{t-past} .. v_{t+future} of each target t, as the model sees them [past+1+future, B], and v_t [B, 1]. */
export type Batch = { inputs: tf.Tensor2D; target: tf.Tensor2D };

/** A kind of model: functions of its settings and weights. */
export interface Architecture<C> {
  /** The weights, by name. */
  layout(config: C): Layout;
  /** Values before the target that a window holds, and values after it that the loss needs. */
  reach(config: C): { past: number; future: number };
  /** [L, n]: layers, and numbers that the latent variables of a value hold in each; null for a model without any. */
  latents(config: C): [number, number] | null;
  /** Whether a window ends with the clean value in place of the observed one. */
  wantsClean(config: C): boolean;
  /** @param epsilon ε ~ N(0, I), [L, B, n]; null for a model without latent variables */
  loss(config: C, w: Weights, batch: Batch, epsilon: tf.Tensor | null): Loss;
  /** What is imputed for the last row of inputs [past+1, B], once for each ε: [B, 1] each. @param epsilons as above; null takes the posterior mean */
  impute(config: C, w: Weights, inputs: tf.Tensor2D, epsilons: (tf.Tensor | null)[]): tf.Tensor2D[];
  /** The state from which generation goes on after histories [past+future, B]. */
  start(config: C, w: Weights, history: tf.Tensor2D): tf.Tensor[];
  /** One generated value of B <= BLOCK sequences, [B, 1], and the state after it. */
  step(config: C, w: Weights, s: tf.Tensor[], B: number, stream: Stream): { v: tf.Tensor2D; next: tf.Tensor[] };
  /** Variance over a batch of the recognised states, a scalar; absent in a model without a state. */
  stateVariance?(config: C, w: Weights, inputs: tf.Tensor2D): tf.Tensor;
}

const ARCHITECTURES = { tdlgm, dlgm, rnn };

/** The functions of a configuration's kind. */
export const architectureOf = (config: FullConfig): Architecture<FullConfig> => ARCHITECTURES[config.kind] as Architecture<FullConfig>;
