/** The scores of Tables 1-3 by family, with those of methods without a network: what claims are weighed by. */

import type { Series } from "../data/series";
import { type Families, tableFamilies } from "./experiments";
import { NOISE_LEVELS } from "./levels";
import type { Quick } from "./results";
import { type CalibrationRow, calibration, type TrivialScores, trivialImputation } from "./trivial";

export { frame } from "./tables";

/** Scores of runs and of methods without a network. */
export interface Results {
  families: Families;
  /** By NOISE_LEVELS' order. */
  trivial: TrivialScores[];
  calibration: CalibrationRow[];
}

/** The scores of all runs of Tables 1-3, and of the methods without a network. */
export async function results(
  series: Series,
  options: { quick?: Quick; onProgress?: (done: number, all: number) => void } = {},
): Promise<Results> {
  const { quick } = options;
  const families = await tableFamilies(series, options);
  const trivial = trivialImputation(series, NOISE_LEVELS, quick ? quick.draws : 10);
  return { families, trivial, calibration: calibration(series, quick ? { repetitions: 2, sequences: quick.sequences } : {}) };
}
