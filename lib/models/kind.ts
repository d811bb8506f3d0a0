/** What a kind of model gives to training, imputation and generation: functions of its settings and weights, and nothing of their use. */
import type * as tf from "@tensorflow/tfjs-core";
import type { Wanted } from "../tensor/draws";
import type { Layout, Weights } from "../tensor/weights";
import type { Checks, TrainingConfig } from "./config";

/** Windows of series of d columns, each [T, B, d] with the oldest row first: as the model sees them, and as they are without training noise. */
export type Batch = {
  seen: tf.Tensor3D;
  clean: tf.Tensor3D;
  /** In training: the number of the step, from 1, for what is annealed. */
  step?: tf.Scalar;
};

/** The loss of a batch: the scalar to minimise, and its parts by name, scalars or vectors, for the history. */
export type Loss = { total: tf.Scalar; parts: Record<string, tf.Tensor> };

/** Weights of the loss's parts by the names of their settings: numbers, or scalars that are fed to a recorded graph. */
export type Factors<T = number> = Record<string, T>;

/** What was drawn, by the names under which it is wanted. */
export type Drawn = Record<string, tf.Tensor>;

/** A kind of model. In all of it B rows are worked on at once, and gradients flow to the weights. */
export interface Kind<C extends TrainingConfig> {
  /** All settings with their defaults. */
  defaults: Readonly<C>;
  /** What each setting must be. */
  checks: Checks<C>;
  /** Checks settings against one another. @throws Error naming those that don't go together */
  check?(config: C): void;
  /** @throws Error naming the first value of a training series that the model cannot explain */
  checkValues?(config: C, values: Float32Array): void;
  /** The methods that stand in place of its own for some settings; kindOf takes them. */
  variant?(config: C): Partial<Kind<C>>;
  /** The columns of its series; 1 when left out. */
  columns?(config: C): number;
  /** The weights, by name. */
  layout(config: C): Layout;
  /** How many rows a window has before its target t, and after it. */
  reach(config: C): { past: number; future: number };
  /** The windows of a batch come in stretches of this many neighbours; 1 when left out. */
  run?(config: C): number;
  /** Whether a series is sequences of as many rows as a window, one after another, and each window one of them. */
  apart?(config: C): boolean;
  /** What a loss or an imputation draws for its rows. */
  noise(config: C): Record<string, Wanted>;
  /** What training minimises, by name: one loss, or several, each with an optimiser of its own. */
  losses: Record<string, (config: C, w: Weights, batch: Batch, drawn: Drawn, factors?: Factors<tf.Scalar>) => Loss>;
  /** Settings that weigh parts of the losses, which take them from `factors` where a training steers them. */
  factors?(config: C): readonly (keyof C & string)[];
  /** Whether a weight follows a loss; all do when left out. */
  trains?(config: C, loss: string, weight: string): boolean;
  /** The losses that a step works on, one after the other: the phases of a training; all when left out. */
  schedule?(config: C, step: number): string[];
  /** What stands before a series' start, where a window or a history reaches beyond it; 0 when left out. */
  before?(config: C): number;
  /** Whether imputation is a forecast, from past values alone. */
  forecasts?: boolean;
  /** Whether imputation needs the clean series too. */
  wantsClean?(config: C): boolean;
  /** Imputes the last row of windows [past+1, B, d], once for each of `drawn`: [B, d] each. null takes the posterior mean. */
  impute(config: C, w: Weights, batch: Batch, drawn: (Drawn | null)[]): tf.Tensor2D[];
  /** Further numbers for a row of the history, from windows [past+1, B, d]. */
  diagnose?(config: C, w: Weights, seen: tf.Tensor3D): Record<string, tf.Tensor>;
  /** The state after histories [past+future, B, d]. */
  init(config: C, w: Weights, history: tf.Tensor3D): tf.Tensor[];
  /** What a step draws for its rows. */
  emission(config: C): Record<string, Wanted>;
  /** One generated value of each row, [B, d], and the state after it. */
  step(config: C, w: Weights, state: tf.Tensor[], drawn: Drawn): { v: tf.Tensor2D; state: tf.Tensor[] };
  /** What an observed value draws for its rows, where there is `observe`. */
  proposal?(config: C): Record<string, Wanted>;
  /**
   * An observed value, [B, d], with ξ drawn from a proposal q that sees it: log p(v, ξ | state) − log q(ξ | v, state), [B], in nats, and the
   * state after it. The mean of exp of the first over draws is an unbiased p(v | state): what a particle filter weighs its rows by.
   */
  observe?(config: C, w: Weights, state: tf.Tensor[], v: tf.Tensor2D, drawn: Drawn): { logWeight: tf.Tensor1D; state: tf.Tensor[] };
  /** log p(v | state, what a step draws) of every value that v can have, [B, values], in nats, where they are given and few. */
  logProbabilities?(config: C, w: Weights, state: tf.Tensor[], drawn: Drawn): tf.Tensor2D;
  /** log p(v | state, what is drawn), [B], in nats. */
  logDensity?(config: C, w: Weights, state: tf.Tensor[], v: tf.Tensor2D, drawn: Drawn): tf.Tensor1D;
}
