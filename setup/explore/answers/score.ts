/** Algorithm 1, cell by cell: transitions of a true series and of a generated one, and what each cell adds to the score. */
import { generator } from "../../../lib/base/random";
import { drawChain } from "../../../lib/data/chain";
import { transitionOverlap, transitionScore } from "../../../lib/metrics/metrics";
import type { PageData, PageModels } from "./data";
import { freeRuns } from "./futures";

/** What makes the sequences. */
export const SAMPLERS = ["noise", "independent", "markov", "tdlgm", "dlgm"] as const;
/** One of them. */
export type Sampler = (typeof SAMPLERS)[number];

/** Sequences, and values in each. */
export const SEQUENCES = { count: 128, length: 10 };
const BINS = 11;

/** What is shown of a sampler's sequences. */
export interface ScoreAnswer {
  /** Pairs of the true series, [11 · i + j]: from bin i to bin j. */
  truth: number[];
  /** Pairs of the sequences, scaled to as many pairs as in the true series. */
  generated: number[];
  /** What each cell adds to the score; null where the true series has no pair. */
  adds: (number | null)[];
  score: number;
  /** The highest score: the number of cells with a true pair. */
  ceiling: number;
  /** The share of pairs that the two have in common, where a cell weighs as much as it occurs. */
  overlap: number;
}

/** Sequences of a sampler, which follow from the seed. */
export function sequencesOf(sampler: Sampler, data: PageData, models: PageModels, series: Float32Array, seed: number): Float32Array[] {
  const { count, length } = SEQUENCES;
  const random = generator(seed, `explore/${sampler}`);
  const each = (make: () => ArrayLike<number>) => Array.from({ length: count }, () => Float32Array.from(make()));
  const { values, start, transitions } = data.transitions;
  const chain = (rows: number[][]) => () => drawChain({ values, start, transitions: rows }, random, length).map((v) => v / 1000);
  if (sampler === "noise") return each(() => Array.from({ length }, () => random.uniform()));
  if (sampler === "independent") return each(chain(values.map(() => start)));
  if (sampler === "markov") return each(chain(transitions));
  const histories = Array.from({ length: count }, () => {
    const at = 10 + random.integer(series.length - 10);
    return series.slice(at - 10, at);
  });
  return freeRuns(models[sampler], histories, length, seed).map((one) => Float32Array.from(one));
}

function pairs(sequences: Float32Array[]): number[] {
  const counts: number[] = Array(BINS * BINS).fill(0);
  const bin = (v: number) => Math.floor(10 * v + 1e-6);
  for (const one of sequences) for (let t = 1; t < one.length; t++) counts[BINS * bin(one[t - 1]) + bin(one[t])]++;
  return counts;
}

/** The score of sequences against a true series, and its parts. */
export function scoreAnswer(series: Float32Array, sequences: Float32Array[]): ScoreAnswer {
  const [truth, counts] = [pairs([series]), pairs(sequences)];
  const total = (x: number[]) => x.reduce((a, b) => a + b, 0);
  const scale = total(truth) / total(counts);
  const generated = counts.map((n) => scale * n);
  return {
    truth,
    generated,
    adds: truth.map((n, cell) => (n > 0 ? Math.min(generated[cell], n) / n : null)),
    score: transitionScore(series, sequences),
    ceiling: truth.filter((n) => n > 0).length,
    overlap: transitionOverlap(series, sequences),
  };
}
