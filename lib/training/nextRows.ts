/** What a model says of the next row, as draws: what crps and energyScore take. */
import { checkWhole } from "../base/check";
import { checkWholeSeries, type Series } from "../data/series";
import { type Model, weighted } from "../models/model";
import { kindOf } from "../models/registry";
import { generate } from "./generation";
import { checkShared, type SharedOptions } from "./options";

/**
 * Draws each row of a series from `from` on by the model, given the rows before it as they came.
 * @param from a row, from 1
 * @param options.draws rows drawn in place of each
 * @returns for each row its draws, each a row
 * @throws Error naming the argument that is wrong; AbortError when the signal is aborted
 */
export async function nextRows(
  model: Model,
  series: Series,
  from: number,
  options: SharedOptions & { draws: number },
): Promise<number[][][]> {
  const { config } = weighted(model);
  checkWholeSeries(series, "series");
  checkWhole(from, "from", 1, series.length - 1);
  checkShared(options, "draws");
  const { draws, ...shared } = options;
  checkWhole(draws, "options.draws", 1);
  const { past, future } = kindOf(config).reach(config);
  const histories = Array.from(
    { length: series.length - from },
    (_, i) => series.slice(Math.max(0, from + i - past - future), from + i).values,
  );
  const rows = await generate(
    model,
    histories.flatMap((history) => new Array<Float32Array>(draws).fill(history)),
    1,
    shared,
  );
  return histories.map((_, i) => rows.slice(i * draws, (i + 1) * draws).map((row) => Array.from(row)));
}
