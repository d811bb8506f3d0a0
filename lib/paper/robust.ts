/** How well a particle filter repairs the noisy test part of Tables 1 and 3, beside the exact filter of a Markov chain with the same start. */
import { checkFunction, checkOptions, checkSeed, checkSeries, checkWhole, refuse } from "../base/check";
import { deriveSeed, generator } from "../base/random";
import { addNoise, checkNoise, type Noise } from "../data/noise";
import { corruptTest, HISTORY, NOISE_SEEDS, TEST_SIZE } from "../data/protocol";
import { countingPrior } from "../inference/counting";
import { gaussianCrps, mixtureCrps } from "../inference/mixture";
import { checkPrior, type Prior } from "../inference/prior";
import { repair } from "../inference/repair";
import { fitChain, forwardBackward, means } from "../metrics/filters";
import { pitUniformity } from "../metrics/probabilistic";

/** How many later values the smoother waits for. */
const LAG = 10;
/** How many noise draws choose a prior on the validation part. */
const CHOICE_DRAWS = 3;
const CHOICE_SEED = 900;
/** How many neighbours a block of PITs has, as many as a gap is long and the smoother waits for. */
const PIT_BLOCK = 10;

/** The priors to choose among, each made from clean values. */
export const PRIORS: Readonly<Record<string, (clean: Float32Array) => Prior>> = {
  "chains and caches": (clean) => countingPrior(clean),
  "chains and caches, weights that learn": (clean) => countingPrior(clean, { share: 0.02 }),
  caches: (clean) => countingPrior(clean, { chains: false, share: 0.02 }),
  "one cache": (clean) => countingPrior(clean, { taus: [25], chains: false }),
};

/**
 * The prior from which the noise is estimated. Its weights learn faster than those of `PRIORS`: of four shares, .1, the largest, had the least filter
 * error on the last 500 clean values (npm run repair-scores -- --only shares).
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
 * The name of the prior whose filter has the least squared error under this noise on the validation part: the last 500 of the clean values, with
 * noise draws of their own, and a prior made from the values before them.
 */
export function choosePrior(series: Float32Array, noise: Noise): string {
  checkSeries(series, "series", HISTORY + 2 * TEST_SIZE + 3); // a prior that counts takes three values
  checkNoise(noise);
  const clean = cleanPart(series);
  const [before, part] = [clean.slice(0, -TEST_SIZE), clean.slice(-TEST_SIZE)];
  const errors = Object.entries(PRIORS).map(([name, make]) => {
    const prior = make(before);
    let sum = 0;
    for (let i = 0; i < CHOICE_DRAWS; i++) {
      const noisy = addNoise(part, noise, deriveSeed(CHOICE_SEED, "choice", i));
      sum += mseOf(repair(noisy, prior, { seed: i, noise, particles: 200, lag: 0 }).filter.mean, part);
    }
    return { name, sum };
  });
  return errors.reduce((a, b) => (b.sum < a.sum ? b : a)).name;
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

/**
 * Repairs one noise draw of the test part.
 * @param options.prior one of `PRIORS`, or a prior made from `cleanPart(series)`
 * @param options.draw which of NOISE_SEEDS
 * @param options.assumed the noise that the filter is told of; the true one by default
 * @param options.gaps which of the 500 test values are missing besides
 */
export function scoreRepair(
  series: Float32Array,
  noise: Noise,
  options: { prior: Prior; draw: number; seed: number; particles?: number; assumed?: Noise; gaps?: (t: number) => boolean },
): RepairScores {
  checkNoise(noise);
  checkOptions(options, "options", ["prior", "draw", "seed", "particles", "assumed", "gaps"]);
  const { prior, draw, seed, particles = 400, assumed = noise, gaps } = options;
  checkPrior(prior, "options.prior");
  checkSeed(seed, "options.seed");
  checkWhole(draw, "options.draw", 0, NOISE_SEEDS.length - 1);
  checkWhole(particles, "options.particles", 1);
  checkNoise(assumed, "options.assumed");
  if (gaps !== undefined) checkFunction(gaps, "options.gaps");
  const clean = cleanPart(series);
  const truth = series.slice(-TEST_SIZE);
  const noisy = corruptTest(series, noise, NOISE_SEEDS[draw]!);
  if (gaps) for (let t = 0; t < TEST_SIZE; t++) if (gaps(t)) noisy[HISTORY + t] = Number.NaN;
  const chain = fitChain(clean);
  const exact = forwardBackward(chain, noisy, assumed, { before: clean.at(-1)! });
  const random = generator(seed, "repair/pit");
  const pits: Record<"filter" | "smoother", number[]> = { filter: [], smoother: [] };
  let crps = 0;
  let counted = 0;
  const counts = (t: number) => t >= 0 && (!gaps || gaps(t));
  for (let t = 0; t < TEST_SIZE; t++) if (counts(t)) counted++;
  if (counted === 0) refuse("options.gaps", "true for one value or more", gaps);
  const repaired = repair(noisy, prior, { seed, noise: assumed, particles, lag: LAG }, (time, what, distribution) => {
    const t = time - HISTORY;
    if (!counts(t)) return;
    const v = truth[t]!;
    const below = distribution.cdf(v, true);
    pits[what].push(Math.min(1, below + random.uniform() * (distribution.cdf(v) - below)));
    if (what === "filter") crps += mixtureCrps(distribution, v) / counted;
  });
  const covered = (of: number[]) => of.filter((pit) => pit >= 0.05 && pit <= 0.95).length / counted;
  const uniform = (of: number[]) => pitUniformity(of, { block: Math.min(PIT_BLOCK, counted), seed }).p;
  const only = (values: ArrayLike<number>) =>
    Float64Array.from({ length: TEST_SIZE }, (_, t) => values[HISTORY + t]!).filter((_, t) => counts(t));
  const target = truth.filter((_, t) => counts(t));
  return {
    identity: mseOf(only(noisy), target),
    exactFilter: mseOf(only(means(exact.filter, chain.values)), target),
    exactSmoother: mseOf(only(means(exact.smoother, chain.values)), target),
    filter: mseOf(only(repaired.filter.mean), target),
    smoother: mseOf(only(repaired.smoother.mean), target),
    covered: covered(pits.filter),
    coveredBySmoother: covered(pits.smoother),
    uniform: uniform(pits.filter),
    uniformBySmoother: uniform(pits.smoother),
    crps,
    crpsOfIdentity: gaps ? Number.NaN : gaussianCrps(only(noisy), target),
    logEvidence: repaired.logEvidence,
    survivors: repaired.survivors,
  };
}

const mseOf = (values: ArrayLike<number>, target: ArrayLike<number>): number => {
  let sum = 0;
  for (let t = 0; t < target.length; t++) sum += (values[t]! - target[t]!) ** 2;
  return sum / target.length;
};
