/**
 * Adam (Kingma & Ba 2015) on one flat vector of weights: one fused TensorFlow kernel a step, on resource variables; without TensorFlow,
 * elementary operations. Equal to tf.train.adam with its defaults β1 .9, β2 .999, ε 1e-7.
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Attribute, native } from "./backend";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-7;

/** First and second moments of the gradient, and the number of updates that made them. */
export interface Moments {
  first: Float32Array;
  second: Float32Array;
  updates: number;
}

/**
 * Gradients as one flat vector, scaled down to norm `clip` where it is longer.
 * @returns norm, before clipping, [1], and the vector
 */
export function clipByGlobalNorm(gradients: tf.Tensor[], clip: number): { norm: tf.Tensor1D; clipped: tf.Tensor1D } {
  return tf.tidy(() => {
    const g = tf.concat(gradients.map((x) => tf.reshape(x, [-1]))) as tf.Tensor1D;
    const norm = tf.sqrt(tf.sum(tf.square(g), 0, true)) as tf.Tensor1D;
    return { norm, clipped: tf.mul(g, tf.div(clip, tf.maximum(norm, clip))) };
  });
}

/** The weights, and for each loss that they follow an optimiser's moments of its own; it owns them all. */
export class Adam {
  private readonly p: Slot;
  private readonly losses = new Map<string, { m: Slot; v: Slot; updates: number }>();

  constructor(weights: Float32Array, moments: Record<string, Moments> = {}) {
    this.p = new Slot(weights);
    for (const [loss, { first, second, updates }] of Object.entries(moments))
      this.losses.set(loss, { m: new Slot(first), v: new Slot(second), updates });
  }

  /** The weights as they are now, a tensor of the caller's. */
  weights(): tf.Tensor1D {
    return this.p.read();
  }

  /** The weights' values. */
  values(): Float32Array {
    return this.p.values();
  }

  /** Mean and uncentred variance of past gradients, by their losses. */
  moments(): Record<string, Moments> {
    const read = ({ m, v, updates }: { m: Slot; v: Slot; updates: number }) => ({ first: m.values(), second: v.values(), updates });
    return Object.fromEntries([...this.losses].map(([loss, own]) => [loss, read(own)]));
  }

  /** p ← p − lr m̂ / (√v̂ + ε) with m̂ = m / (1 − β1ᵗ), v̂ = v / (1 − β2ᵗ). */
  apply(gradient: tf.Tensor1D, learningRate: number, loss = "loss"): void {
    let own = this.losses.get(loss);
    if (!own) {
      const zero = new Float32Array(gradient.size);
      own = { m: new Slot(zero), v: new Slot(zero), updates: 0 };
      this.losses.set(loss, own);
    }
    const t = ++own.updates;
    // The kernel weighs a gradient by 1 − β in float32, where 1 − .999 is 1.3e-5 of itself too small; tf.train.adam by .001.
    const [k1, k2] = native ? [kernelShare(BETA1), kernelShare(BETA2)] : [1, 1];
    const root = Math.sqrt((1 - Math.fround(BETA2) ** t) * k2);
    // The kernel's update is lr m / (√v + ε): both corrections go into lr and ε.
    const [lr, epsilon] = [(learningRate * root) / (1 - Math.fround(BETA1) ** t) / k1, EPSILON * root];
    const { p } = this;
    const { m, v } = own;
    if (native) {
      const [zero, beta1, beta2] = [0, BETA1, BETA2].map((x) => native!.constant("float", [x]));
      const scalars = [lr, epsilon].map(native.scalar);
      const inputs = [p.handle, m.handle, v.handle, zero, zero, scalars[0], beta1, beta2, scalars[1], gradient];
      native.handle("ResourceApplyAdam", ADAM, inputs, 0);
      scalars.forEach(native.free);
    } else {
      tf.tidy(() => {
        const first = tf.add(tf.mul(m.read(), BETA1), tf.mul(gradient, 1 - BETA1)) as tf.Tensor1D;
        const second = tf.add(tf.mul(v.read(), BETA2), tf.mul(tf.square(gradient), 1 - BETA2)) as tf.Tensor1D;
        m.write(first);
        v.write(second);
        p.write(tf.sub(p.read(), tf.mul(lr, tf.div(first, tf.add(tf.sqrt(second), epsilon)))) as tf.Tensor1D);
      });
    }
  }

  dispose(): void {
    for (const { m, v } of this.losses.values()) for (const slot of [m, v]) slot.dispose();
    this.p.dispose();
  }
}

/** (1 − β) as float32 has it, by 1 − β. */
const kernelShare = (beta: number) => (1 - Math.fround(beta)) / (1 - beta);

let variables = 0;

/** One vector that is updated in place: a resource variable of TensorFlow, or a tf.Variable. */
class Slot {
  readonly handle: number = -1;
  private readonly variable?: tf.Variable;

  constructor(values: Float32Array) {
    const start = tf.tensor1d(values);
    if (native) {
      const { attribute } = native;
      const name = attribute.string("shared_name", `adam${process.pid}.${variables++}`);
      const shape = attribute.shape("shape", [values.length]);
      this.handle = native.handle("VarHandleOp", [attribute.string("container", ""), name, FLOAT, shape], [], 1);
      native.handle("AssignVariableOp", [FLOAT], [this.handle, start], 0);
    } else this.variable = tf.variable(start);
    start.dispose();
  }

  read(): tf.Tensor1D {
    return (native ? native.run("ReadVariableOp", [FLOAT], [this.handle], 1)[0] : tf.clone(this.variable as tf.Variable)) as tf.Tensor1D;
  }

  write(tensor: tf.Tensor1D): void {
    this.variable?.assign(tensor);
  }

  values(): Float32Array {
    return tf.tidy(() => this.read().dataSync().slice()) as Float32Array;
  }

  dispose(): void {
    this.variable?.dispose();
    if (native) {
      native.handle("DestroyResourceOp", [native.attribute.bool("ignore_lookup_error", true)], [this.handle], 0);
      native.free(this.handle);
    }
  }
}

const FLOAT = native?.attribute.type("dtype", "float") as Attribute;
const ADAM = native
  ? [native.attribute.type("T", "float"), native.attribute.bool("use_locking", false), native.attribute.bool("use_nesterov", false)]
  : [];
