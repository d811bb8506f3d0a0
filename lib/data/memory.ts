/** Made series with a memory, to compare with the trace: the same model, the same training, another past. */
import { checkNumber, checkProbability, checkSeed, checkWhole } from "../base/check";
import { generator } from "../base/random";

/**
 * An autoregressive series of order 1, clamped to [0, 1]: x_0 ~ N(½, sd²), x_t = ½ + φ (x_{t-1} − ½) + sd √(1 − φ²) ε_t with ε_t ~ N(0, 1).
 * Before the clamp its autocorrelation at lag k is φ^k.
 *
 * @param length the number of values, from 1
 * @param phi φ, 0 to 1
 * @param sd the standard deviation of x_t before the clamp, from 0
 * @param seed integer 0 .. 2^31-1
 * @example autocorrelation(autoregressive(8000, 0.9, 0.2, 0), 1) // 0.8954
 */
export function autoregressive(length: number, phi: number, sd: number, seed: number): Float32Array {
  checkWhole(length, "length", 1);
  checkProbability(phi, "phi");
  checkNumber(sd, "sd", 0);
  checkSeed(seed);
  const random = generator(seed, "autoregressive");
  let x = sd * random.normal();
  return Float32Array.from({ length }, (_, t) => {
    if (t > 0) x = phi * x + sd * Math.sqrt(1 - phi ** 2) * random.normal();
    return Math.min(1, Math.max(0, 0.5 + x));
  });
}

/**
 * A switching series, clamped to [0, 1]: a hidden level of .25 or .75, which each value keeps with probability `stay` and else changes,
 * and noise on it, v_t = level_t + sd ε_t with ε_t ~ N(0, 1). Before the clamp its autocorrelation at lag k is (2 stay − 1)^k / (1 + 16 sd²).
 *
 * @param length the number of values, from 1
 * @param stay the probability of keeping the level
 * @param sd the standard deviation of the noise, from 0
 * @param seed integer 0 .. 2^31-1
 * @example autocorrelation(switching(8000, 0.95, 0.1, 0), 1) // 0.77
 */
export function switching(length: number, stay: number, sd: number, seed: number): Float32Array {
  checkWhole(length, "length", 1);
  checkProbability(stay, "stay");
  checkNumber(sd, "sd", 0);
  checkSeed(seed);
  const random = generator(seed, "switching");
  let high = random.uniform() < 0.5;
  return Float32Array.from({ length }, (_, t) => {
    if (t > 0 && random.uniform() >= stay) high = !high;
    return Math.min(1, Math.max(0, (high ? 0.75 : 0.25) + sd * random.normal()));
  });
}
