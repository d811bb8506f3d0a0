/** A model in memory: settings, weights in one flat vector with Adam's moments, named tensors cut from it, and how it came to be. */
import * as tf from "@tensorflow/tfjs-core";
import { checkSeed, refuse } from "../base/check";
import { Adam } from "../tensor/optimizer";
import { initialise, type Layout, unpack, type Weights } from "../tensor/weights";
import { columnsOf, completeConfig, type FullConfig, kindOf, type ModelConfig } from "./registry";

/** A model: its settings and how many training steps it has had. It owns its weights and the optimizer's moments. */
export interface Model {
  readonly config: ModelConfig;
  readonly step: number;
  dispose(): void;
}

/** One line of a training's record: the loss's parts, and what is measured on held-out windows. */
export interface HistoryRow {
  step: number;
  /** MSE of imputation (the RNN's forecast) on the validation part, with one draw of ξ, the same in every row. */
  validationMse: number;
  /** Latent models: the same at ξ = μ. */
  validationMseAtMean: number;
  /** Norm of the gradient before clipping. */
  gradientNorm: number;
  /** −E log p(v | s, ξ), nats a value; the MSE for the RNN. */
  reconstruction: number;
  /** Latent models: KL of each layer, nats a value. */
  kl: number[];
  /** tDLGM: MSE between the recognised and the generated next state. */
  stateMse: number;
  /** Latent models: −log p(θ) up to a constant, unweighted; 0 when it is off. */
  weightPrior: number;
  /** tDLGM: variance over the validation windows of the recognised states. */
  stateVariance: number;
  /** What else a model's losses and diagnostics name. A model without a part has no such entry. */
  [part: string]: number | number[];
}

/** How a model came to be: kept with its weights, so that a resumed training goes on as if it had never stopped. */
export interface Training {
  /** The seed that training was called with, and the attempts before this one. */
  seed: number;
  restarts: { seed: number; reason: string }[];
  seconds: number;
  history: HistoryRow[];
  /** The first step at which a setting was changed while it ran; none where all steps were by the settings. */
  steered?: number;
}

/** What the engine must know of a tensor to free it. */
type Freed = Pick<tf.Tensor, "dataId" | "dtype" | "size">;

/** What a model holds in TensorFlow. None of it refers to the model, which could never be unreachable then. */
class Held {
  cut: Freed[] = [];
  readonly parts = new Map<string, { dispose(): void }>();
  /** JavaScript sees little of what a model takes up. Pages that nobody touches take up nothing, but count: the collector comes in time. */
  readonly weight = new ArrayBuffer(8e6);

  constructor(public adam: Adam) {}

  /** Frees the tensors that were cut. */
  refresh(): void {
    for (const tensor of this.cut.splice(0)) tf.engine().disposeTensor(tensor as tf.Tensor);
  }

  dispose(): void {
    this.refresh();
    for (const part of this.parts.values()) part.dispose();
    this.adam.dispose();
  }
}

/** The model of a tensor that was cut from it: whoever holds the one holds the other. */
const OWNER = Symbol("model");

/** Models that nobody can reach any more, such as those of a cell that is run again, give back what they hold. */
const unreachable = new FinalizationRegistry<Held>((held) => held.dispose());

/** A model as the library sees it: weights in one flat vector with Adam's moments, and named tensors cut from it. */
export class WeightedModel implements Model {
  readonly config: FullConfig;
  readonly layout: Layout;
  step = 0;
  training: Training | null = null;
  disposed = false;
  /** What works on it: one training by itself, or any number of readers. */
  private readonly users: string[] = [];
  private named: Weights | null = null;
  private readonly held: Held;

  constructor(config: FullConfig, adam: Adam) {
    this.config = config;
    this.layout = kindOf(config).layout(config);
    this.held = new Held(adam);
    unreachable.register(this, this.held, this);
  }

  get adam(): Adam {
    return this.held.adam;
  }

  /** The named tensors, cut from the flat vector when somebody asks for them. */
  get weights(): Weights {
    this.named ??= this.cut();
    return this.named;
  }

  /** Discards all that was learned and starts from other weights. */
  restart(flat: Float32Array): void {
    this.adam.dispose();
    this.held.adam = new Adam(flat);
    this.step = 0;
    this.refresh();
  }

  /** To be called after an update: the named tensors are cut anew when they are next asked for. */
  refresh(): void {
    this.held.refresh();
    this.named = null;
  }

  /** Something that belongs to the model, such as a graph of its computations: made when it is first asked for, disposed of with the model. */
  part<T extends { dispose(): void }>(name: string, make: () => T): T {
    const { parts } = this.held;
    if (!parts.has(name)) parts.set(name, make());
    return parts.get(name) as T;
  }

  /** Works on the model, and keeps others off it meanwhile. @throws Error if another is at work on it that this one can't share it with */
  async use<R>(user: string, work: () => Promise<R>): Promise<R> {
    const other = this.users.find((name) => name === "train" || user === "train");
    if (other) throw new Error(`${user} cannot use the model while ${other} runs on it; await the one before the other`);
    this.users.push(user);
    try {
      return await work();
    } finally {
      this.users.splice(this.users.indexOf(user), 1);
    }
  }

  /** @throws Error while something works on it */
  dispose(): void {
    if (this.disposed) return;
    if (this.users.length > 0) throw new Error(`the model cannot be disposed of while ${this.users[0]} runs on it; await that first`);
    this.disposed = true;
    unreachable.unregister(this);
    this.held.dispose();
  }

  private cut(): Weights {
    return tf.tidy(() => {
      const weights = unpack(this.layout, this.adam.weights());
      for (const t of Object.values(weights)) {
        tf.keep(t); // it outlives the scope of whoever trains
        Object.defineProperty(t, OWNER, { value: this });
        this.held.cut.push({ dataId: t.dataId, dtype: t.dtype, size: t.size });
      }
      return weights;
    });
  }
}

/**
 * An untrained model.
 * @param config its kind, and what differs from the defaults
 * @param seed of the initial weights, a whole number from 0 to 2^31-1
 * @throws Error naming the setting or the argument that is wrong
 */
export function createModel(config: ModelConfig, seed: number): Model {
  const full = completeConfig(config);
  checkSeed(seed);
  return new WeightedModel(full, new Adam(initialise(kindOf(full).layout(full), seed)));
}

/** The library's view of a model. @throws Error unless createModel or loadModel made it, or if it has been disposed of */
export function weighted(model: Model): WeightedModel {
  if (!(model instanceof WeightedModel)) refuse("model", "one that createModel or loadModel made", model);
  if (model.disposed) throw new Error("model has been disposed of; make or load another");
  return model;
}

/** d, the columns of a model's series. @throws Error unless values, row by row, are whole rows of them */
export function checkRows({ config }: WeightedModel, values: Float32Array, name: string): number {
  const d = columnsOf(config);
  if (values.length % d !== 0) refuse(name, `rows of ${d} values each, one row after another`, values);
  return d;
}

/** @throws Error naming the function unless the model's series have one column */
export function checkOneColumn({ config }: WeightedModel, what: string): void {
  const d = columnsOf(config);
  if (d !== 1) throw new Error(`${what} works on series of one column; this model's have ${d}`);
}
