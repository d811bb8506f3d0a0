/** Joint draws of a whole series: values that go together, where `repair` draws each value by itself. */
import { checkObject, checkOptions, checkSeed, checkSeen, checkWhole, refuse } from "../base/check";
import { deriveSeed, generator, indexAt } from "../base/random";
import type { Noise } from "../data/noise";
import { type Bounds, type Chain, forwardBackward } from "../metrics/filters";
import { particleFilter } from "./particles";
import { checkPrior, type Prior } from "./prior";

/** The options of `jointDraws`. */
export interface JointOptions {
  seed: number;
  /** How many series. */
  draws: number;
  /** The trace's, 0 and 1, by default. */
  bounds?: Bounds;
  /** Of a chain: as in `forwardBackward`. */
  before?: number;
  /** Of a prior: N, 200 by default. */
  particles?: number;
}

/**
 * Draws of v_1 .. v_T given y. Under a Markov chain they are exact, by backward simulation: v_T from the filter, then
 * P(v_t = i | v_{t+1}, y) ∝ P(v_t = i | y_1 .. y_t) P(v_{t+1} | v_t = i), from the end to the start.
 *
 * Any other prior may need the whole past, so that nothing can be simulated backwards. There each draw is the past of one particle, drawn by its
 * weight from those that a particle filter of its own has at the end. For N → ∞ that is exact too; twice the particles show whether N is enough.
 * A draw takes as long as a filter.
 *
 * @param noisy y; NaN where a value is missing
 */
export function jointDraws(model: Chain | Prior, noisy: Float32Array, noise: Noise, options: JointOptions): Float32Array[] {
  checkOptions(options, "options", ["seed", "draws", "bounds", "before", "particles"]);
  const { seed, draws, particles, ...rest } = options;
  checkSeed(seed, "options.seed");
  checkWhole(draws, "options.draws", 1);
  checkObject(model as unknown, "model", "a Chain, as fitChain makes one, or a Prior");
  if (typeof model.start !== "function") {
    if (particles !== undefined) refuse("options.particles", "left out for a chain, whose draws are exact", particles);
    return backwardDraws(model as Chain, noisy, noise, { seed, draws, ...rest });
  }
  const prior = model as Prior;
  checkPrior(prior, "model");
  checkSeen(noisy, "noisy", [Float32Array]);
  const { before, bounds } = rest;
  if (before !== undefined) refuse("options.before", "left out for a prior, which knows its past", before);
  return Array.from({ length: draws }, (_, i) =>
    particlePast(prior, noisy, noise, { seed: deriveSeed(seed, "joint draws", i), bounds, particles }),
  );
}

/** The past of one particle, drawn by the weights at the end. */
function particlePast(
  prior: Prior,
  noisy: Float32Array,
  noise: Noise,
  options: { seed: number; bounds?: Bounds; particles?: number },
): Float32Array {
  // What the particles chose at each time, and whom each went on from.
  const past: { chosen: Int32Array; from?: Int32Array }[] = [];
  const recorded: Prior = {
    ...prior,
    start(n) {
      const states = prior.start(n);
      let from: Int32Array | undefined;
      return {
        predict: (into, of) => states.predict(into, of),
        reorder(others) {
          from = others.slice();
          states.reorder(others);
        },
        advance(chosen) {
          past.push({ chosen: chosen.slice(), from });
          from = undefined;
          states.advance(chosen);
        },
      };
    },
  };
  const filter = particleFilter(recorded, noise, { ...options, lag: 0 });
  for (const y of noisy) filter.step(y);
  let i = indexAt(filter.paths().weights, generator(options.seed, "particle").uniform());
  const series = new Float32Array(noisy.length);
  for (let t = noisy.length - 1; t >= 0; t--) {
    const { chosen, from } = past[t]!;
    series[t] = prior.values[chosen[i]!]!;
    i = from ? from[i]! : i;
  }
  return series;
}

function backwardDraws(
  chain: Chain,
  noisy: Float32Array,
  noise: Noise,
  { seed, draws, ...rest }: { seed: number; draws: number; bounds?: Bounds; before?: number },
): Float32Array[] {
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
