/** Joint draws of a whole series: values that go together, where `repair` draws each value by itself. */
import { checkOptions, checkSeed, checkWhole } from "../base/check";
import { generator, indexAt } from "../base/random";
import type { Noise } from "../data/noise";
import { type Bounds, type Chain, forwardBackward } from "../metrics/filters";

/**
 * Draws of v given y under a Markov chain, by backward simulation: v_T from the filter, then P(v_t = i | v_{t+1}, y) ∝ P(v_t = i | y_1 .. y_t)
 * P(v_{t+1} | v_t = i), from the end to the start. They are exact.
 *
 * @param noisy y; NaN where a value is missing
 * @param options.draws how many series
 * @param options.bounds, options.before as in `forwardBackward`
 */
export function jointDraws(
  chain: Chain,
  noisy: Float32Array,
  noise: Noise,
  options: { seed: number; draws: number; bounds?: Bounds; before?: number },
): Float32Array[] {
  checkOptions(options, "options", ["seed", "draws", "bounds", "before"]);
  const { seed, draws, ...rest } = options;
  checkSeed(seed, "options.seed");
  checkWhole(draws, "options.draws", 1);
  const { filter } = forwardBackward(chain, noisy, noise, rest);
  const { values, step } = chain;
  const n = values.length;
  const random = generator(seed, "joint draws");
  const weights = new Float64Array(n);
  return Array.from({ length: draws }, () => {
    const series = new Float32Array(noisy.length);
    let next = -1;
    for (let t = noisy.length - 1; t >= 0; t--) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        weights[i] = filter[t * n + i]! * (next < 0 ? 1 : step[i * n + next]!);
        sum += weights[i]!;
      }
      next = indexAt(weights, random.uniform() * sum);
      series[t] = values[next]!;
    }
    return series;
  });
}
