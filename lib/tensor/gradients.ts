/** Gradients whose tape is given back whatever happens. */
import * as tf from "@tensorflow/tfjs-core";

/** tfjs's record of what a gradient needs, as far as it is looked at here. */
type Tape = { gradientDepth: number; activeTape: { saved?: tf.Tensor[] }[] | null };

/**
 * tf.valueAndGrads. When f throws, tfjs forgets the tensors that kernels had saved for the gradient: here they are freed.
 * @param x what f's value is differentiated by
 */
export function valueAndGradients(f: () => tf.Scalar, x: tf.Tensor[]): { value: tf.Scalar; grads: tf.Tensor[] } {
  try {
    return tf.valueAndGrads(f)(x) as { value: tf.Scalar; grads: tf.Tensor[] };
  } catch (failure) {
    const tape = tf.engine().state as unknown as Tape;
    if (tape.gradientDepth === 0) {
      tf.dispose((tape.activeTape ?? []).map(({ saved }) => saved ?? []));
      tape.activeTape = null;
    }
    throw failure;
  }
}
