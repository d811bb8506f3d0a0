/**
 * The Gaussian posterior with a rank-one precision of Rezende et al. (2014), N(ξ | μ, C), and its diagonal special case (u = 0):
 *
 *   C⁻¹ = D + u uᵀ,  D = diag(d),  w = uᵀ D⁻¹ u,  η = 1 / (1 + w),
 *   R = D^{-1/2} − a D⁻¹ u uᵀ D^{-1/2} with a = (1 − √η) / w = η / (1 + √η),  so that R Rᵀ = C,
 *   log|C| = log η − Σ log d,   Tr C = Σ 1/d − η Σ u²/d².
 *
 * The second form of a has no division by w and the limit ½ at w = 0. All of it is O(K). Tensors are [.., K]; results drop the last axis.
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkObject } from "../base/check";
import { checkShapes, checkTensors } from "../tensor/check";

/** ½ log 2π, in the logarithm of every normal density. */
export const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** N(μ, C) as its parameters and what its formulas have in common. */
export interface Gaussian {
  /** μ, [.., K]. */
  mean: tf.Tensor;
  /** log d, [.., K]. */
  logD: tf.Tensor;
  /** [.., K]. */
  u: tf.Tensor;
  /** The diagonal of D^{-1/2}, [.., K]. */
  rootD: tf.Tensor;
  /** The diagonal of D⁻¹, [.., K]. */
  inverseD: tf.Tensor;
  /** D⁻¹ u, [.., K]. */
  Du: tf.Tensor;
  /** η = 1 / (1 + uᵀ D⁻¹ u), [.., 1]. */
  eta: tf.Tensor;
}

/** log d is held within ±12, so that no variance leaves [6e-6, 2e5]. */
export const LOG_D_LIMIT = 12;

/** @throws Error unless this is what `gaussian` makes */
export function checkedGaussian(q: unknown): Gaussian {
  checkObject(q, "q", "a Gaussian, as gaussian(mean, logD, u) makes one");
  const { mean, logD, u, rootD, inverseD, Du, eta } = q;
  checkTensors("q", { mean, logD, u, rootD, inverseD, Du, eta });
  return q as unknown as Gaussian;
}

/** N(μ, C) from its mean, log d and u, each [.., K]. */
export function gaussian(mean: tf.Tensor, logD: tf.Tensor, u: tf.Tensor): Gaussian {
  checkTensors("gaussian", { mean });
  if (mean.rank === 0) throw new Error("gaussian: mean must have shape [.., K]; it is a scalar");
  checkShapes("gaussian", { mean: [mean, mean.shape], logD: [logD, mean.shape], u: [u, mean.shape] });
  const rootD = tf.exp(tf.mul(-0.5, logD));
  const inverseD = tf.square(rootD);
  const Du = tf.mul(inverseD, u);
  const eta = tf.reciprocal(tf.add(1, tf.sum(tf.mul(u, Du), -1, true)));
  return { mean, logD, u, rootD, inverseD, Du, eta };
}

/** log|C| = log η − Σ log d, [..]. */
export function logDeterminant(q: Gaussian): tf.Tensor {
  const { logD, eta } = checkedGaussian(q);
  return tf.sub(tf.squeeze(tf.log(eta), [-1]), tf.sum(logD, -1));
}

/** Tr C = Σ 1/d − η Σ u²/d², [..]. */
export function traceOf(q: Gaussian): tf.Tensor {
  const { inverseD, Du, eta } = checkedGaussian(q);
  return tf.sub(tf.sum(inverseD, -1), tf.squeeze(tf.mul(eta, tf.sum(tf.square(Du), -1, true)), [-1]));
}

/** ξ = μ + R ε for ε ~ N(0, I): a draw from N(μ, C). Both are [.., K]. */
export function sample(q: Gaussian, epsilon: tf.Tensor): tf.Tensor {
  const { mean, u, rootD, Du, eta } = checkedGaussian(q);
  checkTensors("sample", { epsilon });
  const K = mean.shape[mean.rank - 1];
  if (epsilon.shape[epsilon.rank - 1] !== K) throw new Error(`sample: epsilon must have shape [.., K = ${K}]; it is [${epsilon.shape}]`);
  const a = tf.div(eta, tf.add(1, tf.sqrt(eta)));
  const z = tf.mul(rootD, epsilon);
  const uz = tf.sum(tf.mul(u, z), -1, true);
  return tf.add(mean, tf.sub(z, tf.mul(tf.mul(a, uz), Du)));
}

/** KL( N(μ, C) ‖ N(0, I) ) = ½ (‖μ‖² + Tr C − log|C| − K), eqs. (22) and (28): [..], in nats. */
export function klToPrior(q: Gaussian): tf.Tensor {
  const { mean } = checkedGaussian(q);
  const K = mean.shape[mean.rank - 1];
  // Eq. (22)
  return tf.mul(0.5, tf.sub(tf.add(tf.sum(tf.square(mean), -1), traceOf(q)), tf.add(logDeterminant(q), K)));
}

/**
 * KL( N(μ, C) ‖ N(0, I) ) of one Gaussian a row, from its mean and the parts of its precision; the arguments are checked.
 * @param mean μ [B, K]
 * @param d the precision's diagonal [B, K], positive
 * @param u the precision's rank-one direction [B, K]
 * @returns one value a row, [B], in nats
 * @throws Error naming the argument that is no tensor or differs in shape; Error if d is not positive
 */
export function rankOneKl(mean: tf.Tensor2D, d: tf.Tensor2D, u: tf.Tensor2D): tf.Tensor1D {
  checkTensors("rankOneKl", { mean, d, u });
  for (const [name, t] of Object.entries({ mean, d, u })) {
    if (t.rank !== 2 || `${t.shape}` !== `${mean.shape}`) {
      throw new Error(`rankOneKl: mean, d and u must all be [B, K] of one shape; ${name} is [${t.shape}], mean is [${mean.shape}]`);
    }
  }
  if (d.size > 0 && !(tf.tidy(() => tf.min(d).dataSync()[0]) > 0)) throw new Error("rankOneKl: every element of d must be positive");
  return tf.tidy(() => klToPrior(gaussian(mean, tf.log(d), u)) as tf.Tensor1D);
}
