/** How well a particle filter repairs the noisy test part of Tables 1 and 3, beside the exact filter of a Markov chain with the same start. */
import { checkFunction, checkList, checkOptions, checkSeed, checkSeries, checkWhole, refuse } from "../base/check";
import { deriveSeed, generator } from "../base/random";
import { addNoise, checkNoise, type Noise } from "../data/noise";
import { corruptTest, HISTORY, NOISE_SEEDS, TEST_SIZE } from "../data/protocol";
import { countingPrior } from "../inference/counting";
import { gaussianCrps, mixtureCrps } from "../inference/mixture";
import { checkPrior, type Prior } from "../inference/prior";
import { repair, repairTogether } from "../inference/repair";
import { fitChain, forwardBackward, means } from "../metrics/filters";
import { pitUniformity } from "../metrics/probabilistic";

/** How many later values the smoother waits for. */
const LAG = 10;
/** How many noise draws choose a prior on the validation part. */
const CHOICE_DRAWS = 6;
const CHOICE_SEED = 900;
/** How many neighbours a block of PITs has, as many as a gap is long and the smoother waits for. */
const PIT_BLOCK = 10;

/** The priors to choose among, each made from clean values. */
export const PRIORS: Readonly<Record<string, (clean: Float32Array) => Prior>> = {
  "chains and caches": (clean) => countingPrior(clean),
  "chains and caches, weights that learn": (clean) => countingPrior(clean, { share: [0, 0.02, 0.1] }),
};

/**
 * The prior from which the noise is estimated. All of its particles learn fast: of the shares that were tried, .1 had the least filter error on the
 * last 500 clean values (npm run repair-scores -- --only shares).
 */
export function noisePrior(clean: Float32Array): Prior {
  checkSeries(clean, "clean", 3);
  return countingPrior(clean, { share: 0.1 });
}

/** The clean values before the noisy ones, which are the last 530: what a prior and the chain are made from. */
export function cleanPart(series: Float32Array): Float32Array {
  checkSeries(series, "series", HISTORY + TEST_SIZE + 1);
  return series.slice(0, -(HISTORY + TEST_SIZE));
}

/**
 * The name of the prior whose filter has the least CRPS on the validation part under this noise and with these gaps. The validation part is the last
 * 500 of the clean values, with noise draws of their own, and each prior is made from the values before it.
 * @param gaps which of the 500 values are missing in each draw of the noise; the score is then that of the missing ones
 */
export function choosePrior(series: Float32Array, noise: Noise, gaps?: (t: number, draw: number) => boolean): string {
  checkSeries(series, "series", HISTORY + 2 * TEST_SIZE + 3); // a prior that counts takes three values
  checkNoise(noise);
  if (gaps !== undefined) checkFunction(gaps, "gaps");
  const missing = Array.from({ length: CHOICE_DRAWS }, (_, i) => Array.from({ length: TEST_SIZE }, (_, t) => gaps?.(t, i) ?? false));
  if (gaps && !missing.flat().includes(true)) refuse("gaps", "true for one value or more", gaps);
  const clean = cleanPart(series);
  const [before, part] = [clean.slice(0, -TEST_SIZE), clean.slice(-TEST_SIZE)];
  const tried = Object.entries(PRIORS).map(([name, make]) => {
    const prior = make(before);
    let crps = 0;
    for (let i = 0; i < CHOICE_DRAWS; i++) {
      const noisy = addNoise(part, noise, deriveSeed(CHOICE_SEED, "choice", i));
      for (let t = 0; t < TEST_SIZE; t++) if (missing[i]![t]) noisy[t] = Number.NaN;
      repair(noisy, prior, { seed: i, noise, particles: 200, lag: 0 }, (t, what, distribution) => {
        if (what === "filter" && (!gaps || missing[i]![t])) crps += mixtureCrps(distribution, part[t]!);
      });
    }
    return { name, crps };
  });
  return tried.reduce((a, b) => (b.crps < a.crps ? b : a)).name;
}

/** The scores of one noise draw and one seed. All errors are mean squared ones on the 500 test values. */
export interface RepairScores {
  /** Of the noisy values themselves; NaN with gaps. */
  identity: number;
  /** Of the exact filter and smoother of the Markov chain. */
  exactFilter: number;
  exactSmoother: number;
  filter: number;
  smoother: number;
  /** The share of the values whose randomised PIT lies in [.05, .95], filter and smoother. */
  covered: number;
  coveredBySmoother: number;
  /** How well the same PITs agree with uniform ones, `pitUniformity`'s p. */
  uniform: number;
  uniformBySmoother: number;
  /** Mean CRPS of the filter, and that of the noisy value with a Gaussian around it, whose deviation is the best for this truth; NaN with gaps. */
  crps: number;
  crpsOfIdentity: number;
  /** log Ẑ in nats. */
  logEvidence: number;
  /** The fewest ancestors that the smoother rested on. */
  survivors: number;
}

/** How a noise draw is repaired and scored. */
interface ScoreOptions {
  /** One of `PRIORS`, or a prior made from `cleanPart(series)`. */
  prior: Prior;
  seed: number;
  /** 400 by default. */
  particles?: number;
  /** The noise that the filter is told of; the true one by default. */
  assumed?: Noise;
  /** Which of the 500 test values are missing besides. */
  gaps?: (t: number) => boolean;
}

/**
 * Repairs one noise draw of the test part.
 * @param options.draw which of NOISE_SEEDS
 */
export function scoreRepair(series: Float32Array, noise: Noise, options: ScoreOptions & { draw: number }): RepairScores {
  checkOptions(options, "options", ["prior", "draw", "seed", "particles", "assumed", "gaps"]);
  const { draw, ...rest } = options;
  checkWhole(draw, "options.draw", 0, NOISE_SEEDS.length - 1);
  return scoreRepairs(series, noise, { ...rest, draws: [draw] })[0]!;
}

/**
 * Repairs several noise draws of the test part together, each with the same seed; they come out as by `scoreRepair` where series repaired
 * together come out as one by one (`repairTogether`).
 * @param options.draws which of NOISE_SEEDS
 */
export function scoreRepairs(series: Float32Array, noise: Noise, options: ScoreOptions & { draws: readonly number[] }): RepairScores[] {
  checkNoise(noise);
  checkOptions(options, "options", ["prior", "draws", "seed", "particles", "assumed", "gaps"]);
  const { prior, draws, seed, particles = 400, assumed = noise, gaps } = options;
  checkPrior(prior, "options.prior");
  checkSeed(seed, "options.seed");
  checkList(draws, "options.draws", 1);
  for (const [i, draw] of draws.entries()) checkWhole(draw, `options.draws[${i}]`, 0, NOISE_SEEDS.length - 1);
  checkWhole(particles, "options.particles", 1);
  checkNoise(assumed, "options.assumed");
  if (gaps !== undefined) checkFunction(gaps, "options.gaps");
  const clean = cleanPart(series);
  const truth = series.slice(-TEST_SIZE);
  const counts = (t: number) => t >= 0 && (!gaps || gaps(t));
  const target = truth.filter((_, t) => counts(t));
  if (target.length === 0) refuse("options.gaps", "true for one value or more", gaps);
  const all = draws.map((draw) => {
    const noisy = corruptTest(series, noise, NOISE_SEEDS[draw]!);
    if (gaps) for (let t = 0; t < TEST_SIZE; t++) if (gaps(t)) noisy[HISTORY + t] = Number.NaN;
    const pits: Record<"filter" | "smoother", number[]> = { filter: [], smoother: [] };
    return { noisy, random: generator(seed, "repair/pit"), pits, crps: 0 };
  });
  const repaired = repairTogether(
    all.map(({ noisy }) => noisy),
    prior,
    { seeds: draws.map(() => seed), noise: assumed, particles, lag: LAG },
    (i, time, what, distribution) => {
      const t = time - HISTORY;
      if (!counts(t)) return;
      const one = all[i]!;
      const v = truth[t]!;
      const below = distribution.cdf(v, true);
      one.pits[what].push(Math.min(1, below + one.random.uniform() * (distribution.cdf(v) - below)));
      if (what === "filter") one.crps += mixtureCrps(distribution, v) / target.length;
    },
  );
  const chain = fitChain(clean);
  const covered = (of: number[]) => of.filter((pit) => pit >= 0.05 && pit <= 0.95).length / target.length;
  const uniform = (of: number[]) => pitUniformity(of, { block: Math.min(PIT_BLOCK, target.length), seed }).p;
  const only = (values: ArrayLike<number>) =>
    Float64Array.from({ length: TEST_SIZE }, (_, t) => values[HISTORY + t]!).filter((_, t) => counts(t));
  return all.map(({ noisy, pits, crps }, i) => {
    const exact = forwardBackward(chain, noisy, assumed, { before: clean.at(-1)! });
    const { filter, smoother, logEvidence, survivors } = repaired[i]!;
    return {
      identity: mseOf(only(noisy), target),
      exactFilter: mseOf(only(means(exact.filter, chain.values)), target),
      exactSmoother: mseOf(only(means(exact.smoother, chain.values)), target),
      filter: mseOf(only(filter.mean), target),
      smoother: mseOf(only(smoother.mean), target),
      covered: covered(pits.filter),
      coveredBySmoother: covered(pits.smoother),
      uniform: uniform(pits.filter),
      uniformBySmoother: uniform(pits.smoother),
      crps,
      crpsOfIdentity: gaps ? Number.NaN : gaussianCrps(only(noisy), target),
      logEvidence,
      survivors,
    };
  });
}

const mseOf = (values: ArrayLike<number>, target: ArrayLike<number>): number => {
  let sum = 0;
  for (let t = 0; t < target.length; t++) sum += (values[t]! - target[t]!) ** 2;
  return sum / target.length;
};
