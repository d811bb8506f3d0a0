/** The noise levels of Tables 1 and 3 under both readings of σ², and the noisy test data of each. */
import { checkChoice, checkNumber, checkObject, checkWhole } from "../base/check";
import { corruptTest, NOISE_SEEDS, type NoiseReading, noiseOf, TABLE1_NOISE, TABLE3_NOISE } from "../data/protocol";
import { checkWholeSeries, type Series } from "../data/series";

/** The mean of the biased noise, on which no model was trained. */
const BIAS = 0.1;

/** A noise level of Table 1 or 3 under one reading of σ², or one of Table 3 with a bias. */
export interface NoiseLevel {
  table: 1 | 3 | "biased";
  /** The printed row, from 1. */
  row: number;
  /** The probability that a value is changed. */
  probability: number;
  /** σ² as the paper gives it; the reading says what it is. */
  variance: number;
  reading: NoiseReading;
  /** The mean of the noise. */
  bias: number;
}

/** All noise levels, in the tables' order: 9 of Table 1 (without noise both readings are the same), 20 of Table 3, 20 biased. */
export const NOISE_LEVELS: readonly NoiseLevel[] = (
  [
    [1, TABLE1_NOISE, 0],
    [3, TABLE3_NOISE, 0],
    ["biased", TABLE3_NOISE, BIAS],
  ] as const
).flatMap(([table, rows, bias]) =>
  rows.flatMap((noise, i) =>
    (noise.probability === 0 ? (["sd"] as const) : (["sd", "variance"] as const)).map((reading) => ({
      table,
      row: i + 1,
      ...noise,
      reading,
      bias,
    })),
  ),
);

/** The test part unaltered. */
export const NO_NOISE = NOISE_LEVELS[0];

/**
 * The level of a printed row, counted from 1.
 * @throws Error when the table has no such row
 */
export function noiseLevel(table: NoiseLevel["table"], row: number, reading: NoiseReading): NoiseLevel {
  checkChoice(table, "table", [1, 3, "biased"]);
  checkWhole(row, "row", 1);
  checkChoice(reading, "reading", ["sd", "variance"]);
  return levelOf(table, row, reading);
}

function levelOf(table: NoiseLevel["table"], row: number, reading: NoiseReading): NoiseLevel {
  const found = NOISE_LEVELS.find((l) => l.table === table && l.row === row && (l.reading === reading || l.probability === 0));
  if (!found) throw new Error(`Table ${table} has no row ${row}`);
  return found;
}

/** A noise level's name in a table. */
export function levelName(level: NoiseLevel): string {
  checkLevel(level);
  const { probability, variance, reading, bias } = level;
  return probability === 0 ? "no noise" : `p ${probability}, ${Number(variance.toFixed(4))} as ${reading}${bias ? `, bias ${bias}` : ""}`;
}

/** @throws Error unless this is a noise level */
export function checkLevel(level: unknown): asserts level is NoiseLevel {
  checkObject(level, "level", "a noise level, one of NOISE_LEVELS");
  noiseOf(level as unknown as NoiseLevel, level.reading as NoiseReading, "level");
  checkNumber(level.bias, "level.bias");
}

/** What the table of scores has in its columns for a level; the row without noise has no reading. */
export const atLevel = (level: NoiseLevel): { experiment: string; row: number; reading: string } => {
  checkLevel(level);
  const { table, row, probability, reading } = level;
  return { experiment: table === "biased" ? table : `table${table}`, row, reading: probability === 0 ? "" : reading };
};

/** The name of the noise level of a group of scores, from its columns experiment, row and reading. */
export function noiseName(group: Record<string, string | number>): string {
  checkObject(group, "group", "a group of scores, with experiment, row and reading");
  const { experiment, row, reading } = group;
  const table = experiment === "biased" ? "biased" : experiment === "table1" ? 1 : 3;
  return levelName(levelOf(table, Number(row), reading as NoiseReading));
}

/** The levels at which readings and the grid are evaluated: all of Table 1, and the strongest of Table 3. */
export const FEW_LEVELS = NOISE_LEVELS.filter(({ table, row }) => table === 1 || (table === 3 && row === TABLE3_NOISE.length));

/** The noisy test data of a level, as corruptTest gives them: 530 values for each of the first `draws` seeds of NOISE_SEEDS. */
export function noisySeries(series: Series, level: NoiseLevel, draws: number): { seed: number; values: Float32Array }[] {
  checkWholeSeries(series, "series");
  checkLevel(level);
  checkWhole(draws, "draws", 1, NOISE_SEEDS.length);
  const noise = { ...noiseOf(level, level.reading), mean: level.bias };
  return NOISE_SEEDS.slice(0, draws).map((seed) => ({ seed, values: corruptTest(series.values, noise, seed) }));
}
