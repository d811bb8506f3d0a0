/** What claims are weighed by: the numbers of families of runs, by short names. */
import { isDeepStrictEqual } from "node:util";
import type { DataFrame } from "danfojs-node";
import { checkFrame } from "../data/frame";
import { mean } from "../metrics/metrics";
import type { Interval } from "../metrics/statistics";
import { select, valuesOf } from "../notebook/tidy";
import type { Xi } from "./errors";
import { less, minus, overBoth, squaresOf } from "./intervals";
import { atLevel, NO_NOISE, type NoiseLevel } from "./levels";
import { checkErrors, type RunErrors } from "./results";

/** A family's numbers, each in the order of its seeds. The level is that without noise, and ξ one draw, unless others are named. */
export interface Evidence {
  /** Test MSE of each run; of the paper, or of a method without a network, one number. */
  errors(family: string, level?: NoiseLevel, xi?: Xi): number[];
  /** Their mean. */
  error(family: string, level?: NoiseLevel, xi?: Xi): number;
  /** What a noise adds to the MSE of each run. */
  adds(family: string, level: NoiseLevel, xi?: Xi): number[];
  /** The squared errors of each run over the test part, means over the noise draws; of families of Tables 1-3. */
  squares(family: string, level?: NoiseLevel, xi?: Xi): Float32Array[];
  /** What a noise adds to them. */
  more(family: string, level: NoiseLevel): Float32Array[];
  /** The interval of the difference in MSE between two families of Tables 1-3. */
  between(a: string, b: string, level?: NoiseLevel, xi?: Xi): Interval;
  /**
   * The share of each run's noise draws under which the paper's kind of test, Welch's of the squared errors with noise and without, finds a
   * significantly larger error (p < .05); of families of Tables 1-3.
   */
  noticed(family: string, level: NoiseLevel): number[];
  /** Algorithm 1, read as the published code has it, of each run at a number of steps, 30 by default. */
  score(family: string, steps?: number): number[];
  /** The autocorrelation at lag 1 inside the sequences that each run generates. */
  memory(family: string): number[];
  /** A number in the last row of each run's history, such as stateVariance. */
  ended(family: string, metric: string): number[];
}

/** @param scores the table of scores @param kept the errors of runs of Tables 1-3, that without noise among the levels */
export function evidence(scores: DataFrame, kept: readonly RunErrors[]): Evidence {
  checkFrame(scores, "scores");
  checkErrors(kept, "kept");
  const mses = select(scores, { metric: "mse" });
  const algorithm1 = select(scores, { experiment: "table2", reading: "code", metric: "score" });
  const errors: Evidence["errors"] = (family, level = NO_NOISE, xi = "sample") =>
    valuesOf(mses, { family, ...atLevel(level), xi: [xi, ""] });
  const keptAt = (family: string, level: NoiseLevel) => kept.filter((run) => run.family === family && isDeepStrictEqual(run.level, level));
  const squares: Evidence["squares"] = (family, level = NO_NOISE, xi) => squaresOf(kept, family, level, xi);
  return {
    errors,
    error: (family, level, xi) => mean(errors(family, level, xi)),
    adds: (family, level, xi) => less(errors(family, level, xi), errors(family, NO_NOISE, xi)),
    squares,
    more: (family, level) => minus(squares(family, level), squares(family)),
    between: (a, b, level, xi) => overBoth(squares(a, level, xi), squares(b, level, xi)),
    noticed: (family, level) => {
      const clean = keptAt(family, NO_NOISE);
      return keptAt(family, level).map(({ byDraw, welch }, i) =>
        mean(Array.from(welch, (p, draw) => Number(p < 0.05 && byDraw[draw] > clean[i].byDraw[draw]))),
      );
    },
    score: (family, steps = 30) => valuesOf(algorithm1, { family, row: steps }),
    memory: (family) => valuesOf(scores, { family, experiment: "free run" }),
    ended: (family, metric) => valuesOf(scores, { family, experiment: "training", metric }),
  };
}
