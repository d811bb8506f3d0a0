/** A noisy series, repaired: what each value was, and how sure that is. */
import {
  checkAsMany,
  checkFunction,
  checkNumber,
  checkNumbers,
  checkObject,
  checkOptions,
  checkProbability,
  checkSeed,
  checkSeen,
  checkWhole,
} from "../base/check";
import { generator } from "../base/random";
import { checkNoise, type Noise } from "../data/noise";
import { type Bounds, checkBounds, UNIT_BOUNDS } from "../metrics/filters";
import { Mixture } from "./mixture";
import { particleFilter } from "./particles";
import { checkPrior, type Prior } from "./prior";
import { checkStateSpace, type StateSpace } from "./stateSpace";
import { switchingFilter } from "./switching";

/** Fewer different ancestors than this are too few for an interval. */
const FEW = 10;

/** The options of `repair`. */
export interface RepairOptions {
  /** Integer 0 .. 2^31-1: the same seed gives the same bits. */
  seed: number;
  /** What the noise does, in the series' units. */
  noise: Noise;
  /** 200 by default. */
  particles?: number;
  /** How many later values the smoother waits for; 20 by default. */
  lag?: number;
  /** Of a prior over few values: the trace's, 0 and 1, by default. */
  bounds?: Bounds;
  /** P(b_t = 1) for each value, of a linear Gaussian model, where more is known than the noise says. */
  probabilities?: ArrayLike<number>;
  /** How many draws of each value; 0 by default. */
  samples?: number;
  /** What the interval leaves out on each side; .05 by default. */
  tail?: number;
  /** Hears how many values are done. */
  onProgress?: (done: number) => void;
}

/** One distribution a value, told by its mean and its interval. */
export interface Told {
  mean: Float64Array;
  low: Float64Array;
  high: Float64Array;
}

/** What `repair` finds. */
export interface Repaired {
  /** v_t given y_1 .. y_{t+lag}. */
  smoother: Told;
  /** v_t given y_1 .. y_t. */
  filter: Told;
  /** Draws of v_t from the smoother, one array a draw. Each value is drawn by itself. */
  samples: Float64Array[];
  /** log p(y) in nats, as estimated. */
  logEvidence: number;
  /** The least number of particles that counted at any time. */
  ess: number;
  /** The least number of different ancestors that the smoother rested on. */
  survivors: number;
  /** What to be wary of, in sentences; empty if nothing is. */
  warnings: string[];
}

/**
 * Repairs a series under a prior and a noise.
 * @param noisy y; NaN where a value is missing
 * @param prior a `Prior` over few values, or a `StateSpace` for real-valued series
 * @param each hears each value's distributions, for scores; undefined `smoother`s come at the end
 */
export function repair(
  noisy: Float32Array | Float64Array,
  prior: Prior | StateSpace,
  options: RepairOptions,
  each?: (t: number, what: "filter" | "smoother", distribution: Mixture) => void,
): Repaired {
  checkSeen(noisy, "noisy", [Float32Array, Float64Array]);
  checkObject(prior as unknown, "prior", "a Prior or a StateSpace");
  const categorical = "values" in prior;
  if (categorical) checkPrior(prior);
  else checkStateSpace(prior, "prior");
  checkOptions(options, "options", ["seed", "noise", "particles", "lag", "bounds", "probabilities", "samples", "tail", "onProgress"]);
  const { seed, noise, particles = 200, lag = 20, bounds = UNIT_BOUNDS, probabilities, samples = 0, tail = 0.05, onProgress } = options;
  checkSeed(seed, "options.seed");
  checkWhole(samples, "options.samples");
  checkNoise(noise, "options.noise");
  checkWhole(particles, "options.particles", 1);
  checkWhole(lag, "options.lag");
  checkBounds(bounds, "options.bounds");
  checkNumber(tail, "options.tail", 0, 0.5);
  if (probabilities !== undefined) {
    checkNumbers(probabilities, "options.probabilities", 0);
    checkAsMany(probabilities, "options.probabilities", noisy, "noisy");
    for (let t = 0; t < noisy.length; t++) checkProbability(probabilities[t], `options.probabilities[${t}]`);
  }
  if (onProgress !== undefined) checkFunction(onProgress, "options.onProgress");
  if (each !== undefined) checkFunction(each, "each");
  const told = (): Told => ({
    mean: new Float64Array(noisy.length),
    low: new Float64Array(noisy.length),
    high: new Float64Array(noisy.length),
  });
  const result: Repaired = {
    smoother: told(),
    filter: told(),
    samples: Array.from({ length: samples }, () => new Float64Array(noisy.length)),
    logEvidence: 0,
    ess: particles,
    survivors: particles,
    warnings: [],
  };
  const random = generator(seed, "repair/samples");
  const tell = (t: number, what: "filter" | "smoother", distribution: Mixture) => {
    const into = result[what];
    into.mean[t] = distribution.mean;
    into.low[t] = distribution.quantile(tail);
    into.high[t] = distribution.quantile(1 - tail);
    if (what === "smoother") for (const draw of result.samples) draw[t] = distribution.quantile(1 - random.uniform());
    each?.(t, what, distribution);
  };
  const filter = categorical
    ? particleFilter(prior, noise, { seed, particles, lag, bounds })
    : switchingFilter(prior, noise, { seed, particles, lag });
  const mixture = (what: Float64Array | Mixture) => (what instanceof Mixture ? what : new Mixture(what, (prior as Prior).values));
  const smooth = (t: number, answer: { smoother: Float64Array | Mixture; survivors: number }) => {
    tell(t, "smoother", mixture(answer.smoother));
    result.survivors = Math.min(result.survivors, answer.survivors);
  };
  for (let t = 0; t < noisy.length; t++) {
    const step = filter.step(noisy[t]!, ...(probabilities && !categorical ? [probabilities[t]!] : []));
    tell(t, "filter", mixture(step.filter));
    if (step.smoother) smooth(t - lag, { smoother: step.smoother, survivors: step.survivors! });
    result.ess = Math.min(result.ess, step.ess);
    onProgress?.(t + 1);
  }
  const rest = filter.finish();
  for (const [i, answer] of rest.entries()) smooth(noisy.length - rest.length + i, answer);
  result.logEvidence = filter.logEvidence;
  if (result.survivors < Math.min(FEW, particles))
    result.warnings.push(
      `Somewhere the smoother rests on only ${result.survivors} of ${particles} particles: its intervals there are too narrow. More particles, or a shorter lag, help.`,
    );
  return result;
}
