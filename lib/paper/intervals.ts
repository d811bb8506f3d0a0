/** Errors over the test part side by side: those of a family's runs and of methods without a network, and the differences of two. */
import { split, testPart } from "../data/protocol";
import type { Series } from "../data/series";
import { baselines } from "../metrics/baselines";
import { mean } from "../metrics/metrics";
import type { Xi } from "./errors";
import { DRAWS } from "./evaluate";
import { type NoiseLevel, noisySeries } from "./levels";
import type { RunErrors } from "./results";

/** The squared errors of a family's runs under a level, in the order of `errors`: an array of [500] for `blockBootstrap`. */
export const squaresOf = (errors: readonly RunErrors[], family: string, level: NoiseLevel, xi: Xi = "sample"): Float32Array[] =>
  errors.filter((one) => one.family === family && one.level === level).map(({ squared }) => squared[xi]);

/**
 * The squared errors of a method of `baselines` under a level, the mean over the noise draws that the models see, [500].
 * @param draws 10 by default
 * @throws Error when there is no such method
 */
export function baselineSquares(series: Series, name: string, level: NoiseLevel, draws = DRAWS): Float32Array {
  const { train, test } = split(series.values);
  const method = baselines(train).find((one) => one.name === name);
  if (!method) throw new Error(`there is no baseline ${name}`);
  const imputed = noisySeries(series, level, draws).map(({ values }) => testPart(method.impute(values)));
  return test.map((v, t) => mean(imputed.map((values) => (values[t] - v) ** 2)));
}

/** One side of a difference: a family's runs, by default with one draw of ξ; or the squared errors of a method without runs, [500]. */
export type Side = { family: string; xi?: Xi } | ArrayLike<number>;

/**
 * The differences of two sides' squared errors under a level, value by value: an array of [500] for each seed that both sides have, which
 * `blockBootstrap` takes.
 * @param first a family's runs
 * @throws Error when no seed is on both sides
 */
export function squareDifferences(
  errors: readonly RunErrors[],
  level: NoiseLevel,
  first: Exclude<Side, ArrayLike<number>>,
  second: Side,
): Float64Array[] {
  const runs = (family: string) => errors.filter((one) => one.family === family && one.level === level);
  const { family, xi = "sample" } = first;
  const pairs = runs(family).flatMap(({ seed, squared }) => {
    if (!("family" in second)) return [[squared[xi], second]];
    const other = runs(second.family).find((one) => one.seed === seed);
    return other ? [[squared[xi], other.squared[second.xi ?? "sample"]]] : [];
  });
  if (pairs.length === 0) throw new Error(`${family} has no seed in common with the other side`);
  return pairs.map(([a, b]) => Float64Array.from(a, (x, t) => x - b[t]));
}
