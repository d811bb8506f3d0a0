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
import { type Block, checkTensors, differentiable } from "../tensor/blocks";
import type { Ops, Value } from "../tensor/ops";

/** log d is held within ±12, so that no variance leaves [6e-6, 2e5]. */
export const LOG_D_LIMIT = 12;

/** η = 1 / (1 + uᵀ D⁻¹ u), the last axis kept. */
const eta = (d: tf.Tensor, u: tf.Tensor) => tf.reciprocal(tf.add(1, tf.sum(tf.div(tf.square(u), d), -1, true)));

/** log|C| = log η − Σ log d. */
export function rankOneLogDeterminant(d: tf.Tensor, u: tf.Tensor): tf.Tensor {
  return tf.sub(tf.squeeze(tf.log(eta(d, u)), [-1]), tf.sum(tf.log(d), -1));
}

/** Tr C = Σ 1/d − η Σ u²/d². */
export function rankOneTrace(d: tf.Tensor, u: tf.Tensor): tf.Tensor {
  const covered = tf.mul(eta(d, u), tf.sum(tf.square(tf.div(u, d)), -1, true));
  return tf.sub(tf.sum(tf.reciprocal(d), -1), tf.squeeze(covered, [-1]));
}

/** ξ = μ + R ε for ε ~ N(0, I): a draw from N(μ, C). */
export function rankOneSample(mean: tf.Tensor, d: tf.Tensor, u: tf.Tensor, epsilon: tf.Tensor): tf.Tensor {
  const n = eta(d, u);
  const a = tf.div(n, tf.add(1, tf.sqrt(n)));
  const z = tf.mul(tf.rsqrt(d), epsilon); // D^{-1/2} ε
  return tf.add(mean, tf.sub(z, tf.mul(tf.mul(a, tf.sum(tf.mul(u, z), -1, true)), tf.div(u, d))));
}

/**
 * KL( N(μ, C) ‖ N(0, I) ) = ½ (‖μ‖² + Tr C − log|C| − K), eqs. (22) and (28).
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
  return tf.tidy(() => {
    const square = tf.sum(tf.square(mean), 1);
    // Eq. (22)
    return tf.mul(0.5, tf.sub(tf.sub(tf.add(square, rankOneTrace(d, u)), rankOneLogDeterminant(d, u)), mean.shape[1])) as tf.Tensor1D;
  });
}

/**
 * A draw and the KL of it all in one block, for training: ξ = μ + R ε, and the KL to N(0, I) averaged over the rows of each layer.
 * @param mean μ [L, B, K]
 * @param logD log d [L, B, K], used within ±LOG_D_LIMIT
 * @param u [L, B, K]; zeros make C diagonal
 * @param epsilon ε ~ N(0, I) [L, B, K]
 * @returns xi [L, B, K], and the KL of each layer, a scalar in nats a value
 */
export function posterior(mean: tf.Tensor, logD: tf.Tensor, u: tf.Tensor, epsilon: tf.Tensor): { xi: tf.Tensor3D; kl: tf.Scalar[] } {
  for (const [name, t] of Object.entries({ mean, logD, u, epsilon })) {
    if (t.rank !== 3 || `${t.shape}` !== `${mean.shape}`) {
      throw new Error(`posterior: mean, logD, u and epsilon must all be [L, B, K]; ${name} is [${t.shape}], mean is [${mean.shape}]`);
    }
  }
  const [L, B] = mean.shape;
  const dot = (o: Ops, a: Value, b: Value) => o.sum(o.mul(a, b), [2], true);
  const block: Block = {
    forward(o, [mean, logD, u, epsilon]) {
      const l = o.clip(logD, -LOG_D_LIMIT, LOG_D_LIMIT);
      const r = o.exp(o.mul(l, -0.5)); // D^{-1/2}
      const s = o.square(r); // D⁻¹
      const su = o.mul(s, u);
      const n = o.reciprocal(o.add(dot(o, u, su), 1)); // η
      const a = o.div(n, o.add(o.sqrt(n), 1));
      const z = o.mul(r, epsilon);
      const ab = o.mul(a, dot(o, u, z));
      const q = o.sum(o.square(su), [2], true); // Σ u²/d²
      // ½ Σ_k (μ² + 1/d + log d − 1) + ½ (−η q − log η), averaged over the batch
      const perValue = o.sum(o.sub(o.add(o.add(o.square(mean), s), l), 1), [1, 2]);
      const perRow = o.sum(o.add(o.mul(n, q), o.log(n)), [1, 2]);
      const kl = o.mul(o.sub(perValue, perRow), 0.5 / B);
      const layers = o.split(o.reshape(kl, [L]), L, 0).map((x) => o.reshape(x, []));
      return { outputs: [o.add(mean, o.sub(z, o.mul(ab, su))), ...layers], saved: [mean, logD, u, s, su, n, a, z, ab, q] };
    },
    backward(o, [dxi, ...dkl], [mean, logD, u, s, su, n, a, z, ab, q]) {
      const k = o.mul(
        o.concat(
          dkl.map((x) => o.reshape(x, [1, 1, 1])),
          0,
        ),
        0.5 / B,
      ); // half the weight of each row's KL
      const g = dot(o, dxi, su);
      const db = o.sub(0, o.mul(a, g)); // by b = uᵀz; by a it is −b g
      const root = o.add(o.sqrt(n), 1);
      const dadn = o.div(o.add(root, 1), o.mul(o.square(root), 2)); // da/dη = (1 + √η/2) / (1 + √η)²
      const dn = o.sub(0, o.add(o.mul(o.mul(o.div(ab, a), g), dadn), o.mul(k, o.add(q, o.reciprocal(n)))));
      const dw = o.sub(0, o.mul(o.square(n), dn)); // by w = uᵀ D⁻¹ u
      // u and D⁻¹ enter through w, through D⁻¹u, and through q.
      const shared = o.add(o.mul(ab, dxi), o.mul(o.mul(k, 2), o.mul(n, su)));
      const byW = o.mul(dw, u);
      const du = o.add(o.mul(s, o.sub(o.add(byW, byW), shared)), o.mul(db, z)); // and through b
      const ds = o.add(o.mul(u, o.sub(byW, shared)), k);
      const dz = o.add(dxi, o.mul(db, u));
      const dl = o.sub(o.sub(k, o.mul(o.mul(dz, z), 0.5)), o.mul(ds, s));
      return [o.add(dxi, o.mul(o.mul(k, 2), mean)), o.mul(dl, o.inside(logD, LOG_D_LIMIT)), du];
    },
  };
  const [xi, ...kl] = differentiable(block, [mean, logD, u], [epsilon]);
  return { xi: xi as tf.Tensor3D, kl: kl as tf.Scalar[] };
}
