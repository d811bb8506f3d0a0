/** Views: tables and figures made but not yet shown, as evidence in the notebooks, each with how it is to be shown. */
import { DataFrame } from "danfojs-node";
import { type Comparison, testsTable } from "./comparisons";
import { type FigureOptions, figure, progress, type TableOptions, table } from "./display";
import type { Figure } from "./figures";

/** A table or a figure, and how it is shown. */
export type View = { table: DataFrame; options: TableOptions } | { figure: Figure; options: FigureOptions };

/** A table of rows, 40 shown at most unless told otherwise. */
export const tableView = (columns: string[], rows: unknown[][], caption?: string, options: TableOptions = {}): View => ({
  table: new DataFrame(rows, { columns }),
  options: { rows: 40, ...(caption ? { caption } : {}), ...options },
});

/** A figure with its words. */
export const figureView = (drawn: Figure, options: FigureOptions): View => ({ figure: drawn, options });

/** Shows views in their order. Await it: a figure's still image takes time. */
export async function show(...views: View[]): Promise<void> {
  for (const view of views) {
    if ("table" in view) table(view.table, view.options);
    else await figure(view.figure, view.options);
  }
}

/** A work of counted parts under a line of progress, such as the reading of many runs. */
export async function counting<T>(title: string, work: (onProgress: (done: number, all: number) => void) => Promise<T>): Promise<T> {
  const line = progress(title);
  const result = await work((step, steps) => line.update({ step, steps }));
  line.done();
  return result;
}

export { small } from "./comparisons";
/** An MSE with four digits after the point. */
export const four = (x: number): string => x.toFixed(4);
/** A share as whole per cent. */
export const percent = (x: number): string => `${(100 * x).toFixed(0)} %`;

/** `testsTable` with a caption. */
export const testsView = (tests: Comparison[], caption: string, text: (x: number) => number | string = (x) => x, of = "MSE"): View => ({
  table: testsTable(tests, text, of),
  options: { rows: 40, caption },
});
