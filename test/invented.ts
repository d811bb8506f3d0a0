/** Scores of runs that are known by construction. */
import { type RunMetrics, STEPS } from "../lib/paper/evaluate";
import type { Results } from "../lib/paper/familyTables";
import { NOISE_LEVELS, type NoiseLevel } from "../lib/paper/levels";

/** What runs are to score. */
export interface Invented {
  error: (level: NoiseLevel) => number;
  score?: number;
  /** Lost from 2 to 30 steps. */
  falls?: number;
  autocorrelation?: number;
}
/** Five runs about these numbers. */
export const family = (name: string, { error, score = 60, falls = 0, autocorrelation = 0 }: Invented): RunMetrics[] =>
  [0, 1, 2, 3, 4].map((seed) => {
    const off = 1 + (seed - 2) / 1000;
    return {
      name: `${name}-seed-${seed}`,
      kind: name,
      seed,
      series: "",
      weights: "",
      imputation: NOISE_LEVELS.map((level) => {
        const mse = { sample: error(level) * off, mean: (error(level) * off) / 2 };
        return { ...level, draws: 2, mse, errorVariance: mse, mseVariance: mse };
      }),
      generation: STEPS.flatMap((steps) => {
        const its = (score - (falls * (steps - 2)) / 28) * off;
        const made = { steps, lag: "one", ceiling: 80 } as const;
        return [
          { ...made, histories: "train", bins: 11, score: its },
          { ...made, histories: "train", bins: 10, score: its / 2 },
          { ...made, histories: "test", bins: 11, score: its / 3 },
        ] as const;
      }),
      horizonMse: STEPS.map((steps) => ({ steps, mse: 0.1 })),
      autocorrelation: autocorrelation * off,
    };
  });
/** The same error whatever the noise. */
export const flat = (clean: number) => () => clean;
/** An error that grows with σ². */
export const rising = (clean: number, by: number) => (level: NoiseLevel) => clean + (level.probability > 0 ? by * level.variance : 0);
/** Results of families with such scores, and of trivial methods: the identity's error is σ² itself. */
export const all = (families: Record<string, Invented>): Results => ({
  families: Object.fromEntries(Object.entries(families).map(([name, of]) => [name, family(name, of)])),
  trivial: NOISE_LEVELS.map((level) => ({
    identity: level.variance,
    "linear filter": level.variance / 2,
    "Bayes filter": level.variance / 2,
    "train mean": 0.09,
  })),
  calibration: [{ name: "iid marginal", scores: STEPS.map(() => ({ mean: 70, sd: 1, n: 2 })) }],
});
