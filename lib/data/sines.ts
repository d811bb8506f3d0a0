/** Sines of random frequencies: the sequences on which TimeGAN is usually measured. */
import { checkOptions, checkWhole } from "../base/check";
import { generator } from "../base/random";
import { Series } from "./series";

/** The most rows and columns of a sequence, and the most values of all. */
const [MOST, MOST_VALUES] = [1e4, 1e8];

/**
 * Sequences as in TimeGAN's published code (Yoon et al. 2019). Row j of a column is (sin(ω j + φ) + 1) / 2, j = 0 .. rows − 1; each column of each
 * sequence has ω and φ of its own, uniform on [0, .1) and independent of all others. With 24 rows all values lie in [.5, 1].
 * @param count sequences, from 1
 * @param seed one seed gives one set
 * @param options.columns 5 by default
 * @param options.rows of a sequence, 24 by default
 * @returns the sequences one after another, count · rows rows
 */
export function sines(count: number, seed: number, options: { columns?: number; rows?: number } = {}): Series {
  checkOptions(options, "options", ["columns", "rows"]);
  const { columns = 5, rows = 24 } = options;
  checkWhole(columns, "options.columns", 1, MOST);
  checkWhole(rows, "options.rows", 1, MOST);
  checkWhole(count, "count", 1, Math.floor(MOST_VALUES / (rows * columns)));
  const random = generator(seed, "sines");
  const values = new Float32Array(count * rows * columns);
  for (let i = 0; i < count; i++)
    for (let c = 0; c < columns; c++) {
      const [frequency, phase] = [0.1 * random.uniform(), 0.1 * random.uniform()];
      for (let j = 0; j < rows; j++) values[(i * rows + j) * columns + c] = (Math.sin(frequency * j + phase) + 1) / 2;
    }
  return new Series(
    values,
    Array.from({ length: columns }, (_, c) => `sine ${c + 1}`),
  );
}
