/** A noisy series, repaired: what each value was, and how sure that is. */
import {
  checkAsMany,
  checkFunction,
  checkList,
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
import { particleFilter, particleFilters } from "./particles";
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

/** Hears a value's distribution, for scores; the smoother's come later than the filter's. */
type Each = (t: number, what: "filter" | "smoother", distribution: Mixture) => void;

/**
 * Repairs a series under a prior and a noise.
 * @param noisy y; NaN where a value is missing
 * @param prior a `Prior` over few values, or a `StateSpace` for real-valued series
 * @param each hears each value's distributions
 */
export function repair(noisy: Float32Array | Float64Array, prior: Prior | StateSpace, options: RepairOptions, each?: Each): Repaired {
  checkSeen(noisy, "noisy", [Float32Array, Float64Array]);
  const whole = complete(prior, options, "seed", "probabilities");
  const { seed, probabilities } = options;
  checkSeed(seed, "options.seed");
  if (probabilities !== undefined) {
    checkNumbers(probabilities, "options.probabilities", 0);
    checkAsMany(probabilities, "options.probabilities", noisy, "noisy");
    for (let t = 0; t < noisy.length; t++) checkProbability(probabilities[t], `options.probabilities[${t}]`);
  }
  if (each !== undefined) checkFunction(each, "each");
  const { noise, particles, lag, bounds, onProgress } = whole;
  const categorical = isCategorical(prior);
  const filter = categorical
    ? particleFilter(prior, noise, { seed, particles, lag, bounds })
    : switchingFilter(prior, noise, { seed, particles, lag });
  const gathered = gather(noisy.length, prior, whole, seed, each);
  for (let t = 0; t < noisy.length; t++) {
    gathered.hear(t, filter.step(noisy[t]!, ...(probabilities && !categorical ? [probabilities[t]!] : [])));
    onProgress?.(t + 1);
  }
  return gathered.finish(filter.finish(), filter.logEvidence);
}

/**
 * Repairs several series of one length together: the prior is asked once a value, for the particles of all. Series i comes out as
 * `repair(noisy[i], prior, { ...options, seed: seeds[i] })` gives it, if the prior draws nothing itself and its states begin alike.
 * @param options those of `repair`, with a seed for each series, and without probabilities
 * @param each hears each value's distributions, and first of which series they are
 */
export function repairTogether(
  noisy: readonly Float32Array[],
  prior: Prior,
  options: Shared & { seeds: readonly number[] },
  each?: (i: number, ...heard: Parameters<Each>) => void,
): Repaired[] {
  checkList(noisy, "noisy", 1);
  for (const [i, series] of noisy.entries()) {
    checkSeen(series, `noisy[${i}]`, [Float32Array]);
    checkAsMany(series, `noisy[${i}]`, noisy[0]!, "noisy[0]");
  }
  checkPrior(prior);
  const whole = complete(prior, options, "seeds");
  const { seeds } = options;
  checkList(seeds, "options.seeds");
  checkAsMany(seeds, "options.seeds", noisy, "noisy");
  if (each !== undefined) checkFunction(each, "each");
  const { noise, particles, lag, bounds, onProgress } = whole;
  const filters = particleFilters(prior, noise, { seeds, particles, lag, bounds });
  const { length } = noisy[0]!;
  const gathered = seeds.map((seed, i) => gather(length, prior, whole, seed, each && ((...heard) => each(i, ...heard))));
  for (let t = 0; t < length; t++) {
    const steps = filters.step(noisy.map((series) => series[t]!));
    for (const [i, one] of gathered.entries()) one.hear(t, steps[i]!);
    onProgress?.(t + 1);
  }
  return gathered.map((one, i) => one.finish(filters.each[i]!.finish(), filters.each[i]!.logEvidence));
}

const isCategorical = (prior: Prior | StateSpace): prior is Prior => "values" in prior;

/** The options of `repair`, less its seed and what belongs to one series. */
type Shared = Omit<RepairOptions, "seed" | "probabilities">;

/** Checks all but the seeds. @returns the options, with those that are left out */
function complete(prior: Prior | StateSpace, options: Shared, ...others: string[]) {
  checkObject(prior as unknown, "prior", "a Prior or a StateSpace");
  if (isCategorical(prior)) checkPrior(prior);
  else checkStateSpace(prior, "prior");
  checkOptions(options, "options", [...others, "noise", "particles", "lag", "bounds", "samples", "tail", "onProgress"]);
  const { noise, particles = 200, lag = 20, bounds = UNIT_BOUNDS, samples = 0, tail = 0.05, onProgress } = options;
  checkWhole(samples, "options.samples");
  checkNoise(noise, "options.noise");
  checkWhole(particles, "options.particles", 1);
  checkWhole(lag, "options.lag");
  checkBounds(bounds, "options.bounds");
  checkNumber(tail, "options.tail", 0, 0.5);
  if (onProgress !== undefined) checkFunction(onProgress, "options.onProgress");
  return { noise, particles, lag, bounds, samples, tail, onProgress };
}

/** What one value leads to, by a filter over few values or over real ones. */
interface Heard {
  filter: Float64Array | Mixture;
  smoother?: Float64Array | Mixture;
  survivors?: number;
  ess: number;
}

/** Makes what a filter says into one repaired series. */
function gather(length: number, prior: Prior | StateSpace, options: ReturnType<typeof complete>, seed: number, each?: Each) {
  const { particles, lag, samples, tail } = options;
  const told = (): Told => ({ mean: new Float64Array(length), low: new Float64Array(length), high: new Float64Array(length) });
  const result: Repaired = {
    smoother: told(),
    filter: told(),
    samples: Array.from({ length: samples }, () => new Float64Array(length)),
    logEvidence: 0,
    ess: particles,
    survivors: particles,
    warnings: [],
  };
  const random = generator(seed, "repair/samples");
  const tell = (t: number, what: "filter" | "smoother", said: Float64Array | Mixture) => {
    const distribution = said instanceof Mixture ? said : new Mixture(said, (prior as Prior).values);
    const into = result[what];
    into.mean[t] = distribution.mean;
    into.low[t] = distribution.quantile(tail);
    into.high[t] = distribution.quantile(1 - tail);
    if (what === "smoother") for (const draw of result.samples) draw[t] = distribution.quantile(1 - random.uniform());
    each?.(t, what, distribution);
  };
  const smooth = (t: number, { smoother, survivors }: { smoother: Float64Array | Mixture; survivors: number }) => {
    tell(t, "smoother", smoother);
    result.survivors = Math.min(result.survivors, survivors);
  };
  return {
    hear(t: number, { filter, smoother, survivors, ess }: Heard) {
      tell(t, "filter", filter);
      if (smoother) smooth(t - lag, { smoother, survivors: survivors! });
      result.ess = Math.min(result.ess, ess);
    },
    /** @param rest the smoother's answers for the last values */
    finish(rest: { smoother: Float64Array | Mixture; survivors: number }[], logEvidence: number): Repaired {
      for (const [i, answer] of rest.entries()) smooth(length - rest.length + i, answer);
      result.logEvidence = logEvidence;
      if (result.survivors < Math.min(FEW, particles))
        result.warnings.push(
          `Somewhere the smoother rests on only ${result.survivors} of ${particles} particles: its intervals there are too narrow. More particles, or a shorter lag, help.`,
        );
      return result;
    },
  };
}
