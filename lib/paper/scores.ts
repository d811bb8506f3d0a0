/** What runs score under a noise level, and what the noise adds to it: the numbers that claims are weighed by. */

import type { NoiseReading } from "../data/protocol";
import { NOISE_LEVELS, type NoiseLevel, type RunMetrics } from "./evaluate";
import { CODE_VARIANT, imputationOf, type Ours, over, type Variant } from "./experiments";
import { READINGS, TABLE_FAMILIES } from "./plan";
import type { Results } from "./tables";

/** One draw of ξ, or its posterior mean. */
export type Xi = "sample" | "mean";

/** The test part as it is. */
export const NO_NOISE = NOISE_LEVELS[0];

/** The level of a printed row, from 1. @throws when there is none */
export function noiseLevel(table: NoiseLevel["table"], row: number, reading: NoiseReading): NoiseLevel {
  const found = NOISE_LEVELS.find((l) => l.table === table && l.row === row && (l.reading === reading || l.probability === 0));
  if (!found) throw new Error(`Table ${table} has no row ${row}`);
  return found;
}

/** A family in words. */
export const labelOf = (family: string): string => [...TABLE_FAMILIES, ...READINGS].find(({ name }) => name === family)?.label ?? family;

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
