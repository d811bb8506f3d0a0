/** What methods without a network get in the paper's experiments: the rows that stand beside every model. */

import { deriveSeed, generator } from "../base/random";
import { noiseOf, split, testPart } from "../data/protocol";
import type { Series } from "../data/series";
import { baselines } from "../metrics/baselines";
import { FILTERS, noiseFilters } from "../metrics/filters";
import { generators } from "../metrics/generators";
import { mean, mse, squaredErrorVariance, transitionScore, transitionScoreAcross } from "../metrics/metrics";
import { type Summary, summary } from "../metrics/statistics";
import { type NoiseLevel, noisySeries, STEPS } from "./evaluate";
import type { Variant } from "./experiments";

const CALIBRATION_SEED = 600;

/** Test MSE of each method by name, and the variance of the identity's squared errors as IDENTITY_VARIANCE; each worked out when first read. */
export type TrivialScores = Readonly<Record<string, number>>;
/** The name under which the identity's counterpart of the column "Variance" stands. */
export const IDENTITY_VARIANCE = "identity: variance of the squared errors";

/**
 * For each noise level the test MSE of each baseline, averaged over the noise draws that the models see: those that know nothing of the
 * noise, and filters that know it.
 */
export function trivialImputation(series: Series, levels: readonly NoiseLevel[], draws = 10): TrivialScores[] {
  const { train, test } = split(series.values);
  const simple = baselines(train);
  return levels.map((level) => {
    const noisy = once(() => noisySeries(series, level, draws));
    const filters = once(() => noiseFilters(train, { ...noiseOf(level, level.reading), mean: level.bias }));
    const score = (of: typeof mse, impute: (noisy: Float32Array) => Float32Array) =>
      mean(noisy().map(({ values }) => of(test, testPart(impute(values)))));
    const known = level.probability === 0 ? [] : FILTERS.map((name, i) => [name, () => score(mse, filters()[i].impute)] as const);
    return whenRead<string, number>([
      ...simple.map(({ name, impute }) => [name, () => score(mse, impute)] as const),
      ...known,
      [IDENTITY_VARIANCE, () => score(squaredErrorVariance, (values) => values)],
    ]);
  });
}

/** A function's value, worked out at the first call. */
function once<T>(f: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: f() };
    return made.value;
  };
}

/** An object whose properties are worked out when they are first read. */
function whenRead<K extends string, T>(properties: (readonly [K, () => T])[]): Readonly<Record<K, T>> {
  const made = {} as Record<K, T>;
  for (const [name, f] of properties) Object.defineProperty(made, name, { get: once(f), enumerable: true });
  return made;
}

/** Algorithm 1 of a generator that knows nothing but the training part, for each of STEPS, over repetitions; worked out when first read. */
export interface CalibrationRow {
  readonly name: string;
  readonly scores: Summary[];
}

/**
 * What Algorithm 1 gives to sequences that no model made: independent draws, Markov chains, noise, a constant; and to the training part
 * itself, cut into pieces. As many sequences as the models' are scored.
 */
export function calibration(
  series: Series,
  { repetitions = 10, sequences = 7650, variant = { histories: "train", bins: 11, lag: "one" } as Variant } = {},
): CalibrationRow[] {
  const { train } = split(series.values);
  const longest = STEPS[STEPS.length - 1];
  const pieces = (seed: number) => {
    const random = generator(seed, "pieces");
    return Array.from({ length: sequences }, () => {
      const from = 1 + random.integer(train.length - longest);
      return train.subarray(from, from + longest);
    });
  };
  const makers = [
    { name: "real: pieces of the training part", generate: (_count: number, _steps: number, seed: number) => pieces(seed) },
    ...generators(train),
  ];
  return makers.map(({ name, generate }) => {
    const seeds = Array.from({ length: repetitions }, (_, i) => deriveSeed(CALIBRATION_SEED, name, i));
    const score = (all: Float32Array[], steps: number, seed: number) => {
      const parts = all.map((s) => s.subarray(0, steps));
      if (variant.lag === "one") return transitionScore(train, parts, 1, { bins: variant.bins });
      const random = generator(seed, "histories"); // these generators have no history: any training value may stand before
      const starts = Float32Array.from(parts, () => train[random.integer(train.length)]);
      return transitionScoreAcross(
        train,
        starts,
        Float32Array.from(parts, (s) => s[steps - 1]),
        steps,
        { bins: variant.bins },
      );
    };
    const scores = once(() => {
      const made = seeds.map((seed) => generate(sequences, longest, seed));
      return STEPS.map((steps) => summary(made.map((all, i) => score(all, steps, seeds[i]))));
    });
    return {
      name,
      get scores() {
        return scores();
      },
    };
  });
}
