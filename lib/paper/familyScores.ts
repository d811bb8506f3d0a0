/** What runs score under a noise level, and what the noise adds to it: the numbers that claims are weighed by. */

import type { RunMetrics } from "./evaluate";
import { CODE_VARIANT, imputationOf, type Ours, over, type Variant } from "./experiments";
import type { Results } from "./familyTables";
import { NO_NOISE, NOISE_LEVELS, type NoiseLevel } from "./levels";
import { labelOf } from "./plan";

export { levelName, NO_NOISE, noiseLevel } from "./levels";
export { labelOf } from "./plan";

/** One draw of ξ, or its posterior mean. */
export type Xi = "sample" | "mean";

/** The same, and with what it was trained where the label leaves that to be known: DLGM and RNN with noise. */
export const trainingLabel = (family: string): string =>
  family === "tdlgm-noisy"
    ? `${labelOf("tdlgm")}, trained with noise`
    : labelOf(family) + (family === "dlgm" || family === "rnn" ? ", trained with noise" : "");

/** Test MSE of each run, in the order of the seeds. */
export const errorsOf = (runs: RunMetrics[], level: NoiseLevel, xi: Xi = "sample"): number[] =>
  runs.map((run) => imputationOf(run, level).mse[xi]);

/** Test MSE over runs. */
export const errorOf = (runs: RunMetrics[], level: NoiseLevel, xi: Xi = "sample"): Ours =>
  over(runs, (run) => imputationOf(run, level).mse[xi]);

/** What a noise adds to the test MSE without it, over runs. */
export const addedTo = (runs: RunMetrics[], level: NoiseLevel, xi: Xi = "sample"): Ours =>
  over(runs, (run) => imputationOf(run, level).mse[xi] - imputationOf(run, NO_NOISE).mse[xi]);

/** Algorithm 1 of each run for sequences of a length, in the order of the seeds; as the published code has it unless told otherwise. */
export const scoresOf = (runs: RunMetrics[], steps: number, { histories, bins, lag }: Variant = CODE_VARIANT): number[] =>
  runs.map(
    ({ generation }) => generation.find((s) => s.steps === steps && s.histories === histories && s.bins === bins && s.lag === lag)!.score,
  );

/** The published code's Algorithm 1 over runs, for sequences of a length. */
export const scoreOf = (runs: RunMetrics[], steps: number): Ours => over(runs, (run) => scoresOf([run], steps)[0]);

/** Test MSE of a method without a network. */
export const trivialAt = ({ trivial }: Pick<Results, "trivial">, level: NoiseLevel, method = "identity"): number =>
  trivial[NOISE_LEVELS.indexOf(level)][method];

/** The greater sd of two numbers over runs: by how much they must differ here to be called different. */
export const spreadOf = (...both: Ours[]): number => Math.max(...both.map(({ sd }) => sd));
