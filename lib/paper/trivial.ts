/** The scores of methods without a network in the paper's experiments. They stand beside those of every model. */
import { checkChoice, checkFunction, checkObject, checkObjects, checkOptions, checkSeries, checkText, checkWhole } from "../base/check";
import { deriveSeed, generator } from "../base/random";
import { NOISE_SEEDS, noiseOf, split, testPart } from "../data/protocol";
import { checkWholeSeries, type Series } from "../data/series";
import { validationSplit } from "../data/windows";
import { baselines, identityMse } from "../metrics/baselines";
import { FILTERS, noiseFilters } from "../metrics/filters";
import { mean, mse, squaredErrorVariance, transitionScore, transitionScoreAcross } from "../metrics/metrics";
import { type Sampler, samplers as simpleSamplers } from "../metrics/samplers";
import { STEPS } from "./evaluate";
import { checkLevel, type NoiseLevel, noisySeries } from "./levels";

const CALIBRATION_SEED = 600;
/** The name of the identity's MSE by integration, beside that over the noise draws. */
const EXACT_IDENTITY = "identity, exact";
/** The filters that are also made from the test part's own Markov chain, which no method can know: how much of an error is the chain's. */
const ON_TEST = FILTERS.slice(1);

/** A number for each method, by name, computed when it is first read. */
type ByMethod = Readonly<Record<string, number>>;
/** The test MSE of each method and the variance of its squared errors, both averaged over the noise draws. */
export interface ImputerScores {
  mse: ByMethod;
  errorVariance: ByMethod;
}

/**
 * The scores of each method that imputes, under each noise level, over the noise draws that the models see. Baselines know nothing of the
 * noise; filters know it, and are left out where there is none. The identity's exact MSE has no variance beside it.
 * @param draws the number of noise draws, 1 to 20
 * @returns the scores under each of the levels, in their order
 */
export function imputerScores(series: Series, levels: readonly NoiseLevel[], draws = 10): ImputerScores[] {
  checkWholeSeries(series, "series");
  checkObjects(levels, "levels");
  levels.forEach(checkLevel);
  checkWhole(draws, "draws", 1, NOISE_SEEDS.length);
  const { train, test } = split(series.values);
  const simple = baselines(train);
  return levels.map((level) => {
    const noisy = once(() => noisySeries(series, level, draws));
    const noise = { ...noiseOf(level, level.reading), mean: level.bias };
    const filters = once(() => noiseFilters(train, noise));
    const onTest = once(() => noiseFilters(test, noise));
    const known =
      level.probability === 0
        ? []
        : [
            ...FILTERS.map((name, i) => ({ name, impute: (y: Float32Array) => filters()[i].impute(y) })),
            ...ON_TEST.map((name, i) => ({ name: `${name}, test part's chain`, impute: (y: Float32Array) => onTest()[i + 1].impute(y) })),
          ];
    const methods = [...simple, ...known].map(({ name, impute }) => {
      return { name, imputed: once(() => noisy().map(({ values }) => testPart(impute(values)))) };
    });
    const score = (of: typeof mse) =>
      methods.map(({ name, imputed }) => [name, () => mean(imputed().map((values) => of(test, values)))] as const);
    const exact = [EXACT_IDENTITY, () => identityMse(test, noise)] as const;
    return { mse: whenRead([...score(mse), exact]), errorVariance: whenRead(score(squaredErrorVariance)) };
  });
}

/** A function that computes its value at the first call and keeps it. */
function once<T>(f: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: f() };
    return made.value;
  };
}

/** An object whose properties are computed when they are first read. */
function whenRead<K extends string, T>(properties: (readonly [K, () => T])[]): Readonly<Record<K, T>> {
  const made = {} as Record<K, T>;
  for (const [name, f] of properties) Object.defineProperty(made, name, { get: once(f), enumerable: true });
  return made;
}

/** How often a sampler is scored, each time with new sequences. */
export const REPETITIONS = 10;

/** The samplers, which make sequences without a network. The first one takes pieces of the training part itself. */
export function samplers(series: Series): Sampler[] {
  checkWholeSeries(series, "series");
  const { train } = split(series.values);
  const generate = (count: number, steps: number, seed: number) => {
    const random = generator(seed, "pieces");
    return Array.from({ length: count }, () => {
      const from = 1 + random.integer(train.length - steps);
      return train.subarray(from, from + steps);
    });
  };
  return [{ name: "real: pieces of the training part", generate }, ...simpleSamplers(train)];
}

/**
 * Algorithm 1 of a sampler's sequences, by default as many as `evaluate` has a model make after training histories.
 * @param options.bins, options.lag as in GenerationScore
 * @returns [repetitions][STEPS], the scores
 */
export function samplerScores(
  series: Series,
  sampler: Sampler,
  options: { repetitions?: number; sequences?: number; bins?: 10 | 11; lag?: "one" | "steps" } = {},
): number[][] {
  checkWholeSeries(series, "series");
  checkObject(sampler, "sampler", "a sampler, one of samplers(series)");
  const { name, generate } = sampler;
  checkText(name, "sampler.name", "a name");
  checkFunction(generate, "sampler.generate");
  checkOptions(options, "options", ["repetitions", "sequences", "bins", "lag"]);
  const { train } = split(series.values);
  const { repetitions = REPETITIONS, sequences = train.length - 2, bins = 11, lag = "one" } = options;
  checkWhole(repetitions, "options.repetitions", 1);
  checkWhole(sequences, "options.sequences", 1);
  checkChoice(bins, "options.bins", [10, 11]);
  checkChoice(lag, "options.lag", ["one", "steps"]);
  const score = (all: Float32Array[], steps: number, seed: number) => {
    const parts = all.map((s) => s.subarray(0, steps));
    if (lag === "one") return transitionScore(train, parts, 1, { bins });
    const random = generator(seed, "histories"); // a sampler has no history: a random training value stands in for it
    const starts = Float32Array.from(parts, () => train[random.integer(train.length)]);
    const last = Float32Array.from(parts, (s) => s[steps - 1]);
    return transitionScoreAcross(train, starts, last, steps, { bins });
  };
  return Array.from({ length: repetitions }, (_, i) => {
    const seed = deriveSeed(CALIBRATION_SEED, name, i);
    const made = generate(sequences, STEPS[STEPS.length - 1], seed);
    return STEPS.map((steps) => score(made, steps, seed));
  });
}

/**
 * The validation MSE of a constant, the mean of the values trained on. A training that does not beat it has learnt nothing.
 * @param train the training part, in [0, 1]
 * @param m the length of a window
 */
export function trainMeanValidation(train: Float32Array, m: number): number {
  checkSeries(train, "train");
  const { trainEnd, validationStart } = validationSplit(train.length, m);
  const centre = mean(train.subarray(0, trainEnd));
  return mean(train.slice(validationStart).map((v) => (v - centre) ** 2));
}
