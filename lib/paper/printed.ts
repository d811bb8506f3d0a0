import { readFileSync } from "node:fs";
import path from "node:path";
import { checkChoice } from "../base/check";
import { projectRoot } from "../base/project";

/** The models of the paper's tables, named as printed. */
export type PaperModel = "tDLGM" | "DLGM" | "RNN" | "Filtered RNN";

interface Cell {
  /** The printed row, from 1; in Table 1 the noise level, which holds one line a model. */
  row: number;
  model: PaperModel;
  /** The number as a number. */
  value: number;
  /** The number with the digits as printed, "7.0e-6" for 7.0 × 10⁻⁶. */
  printed: string;
}

/** A cell of Table 1 (imputation of test data under noise). `probability` and `variance` are the row's head. */
export interface Table1Cell extends Cell {
  table: 1;
  column: "MSE" | "Variance";
  probability: number;
  variance: number;
}

/** A cell of Table 2 (Algorithm 1 of generated sequences). Its columns are the models; `steps` is the sequences' length. */
export interface Table2Cell extends Cell {
  table: 2;
  column: "tDLGM" | "RNN" | "DLGM";
  steps: number;
}

/** A cell of Table 3 (imputation by tDLGM, every value noisy). `variance` is σ² as printed, rounded from 0.1 / (2k+1). */
export interface Table3Cell extends Cell {
  table: 3;
  column: "MSE" | "Variance";
  model: "tDLGM";
  probability: 1;
  variance: number;
}

/** A printed cell of one of the paper's Tables 1-3. */
export type PaperCell = Table1Cell | Table2Cell | Table3Cell;

/** How many cells each table prints. */
export const PAPER_CELLS: Readonly<Record<1 | 2 | 3, number>> = { 1: 40, 2: 24, 3: 20 };

/**
 * The cells of one of the paper's tables as printed, in reading order, equal numbers included; from data/paper.json.
 *
 * @param table 1 (imputation under noise), 2 (generation), or 3 (tDLGM under more noise)
 */
export function paperTable<T extends 1 | 2 | 3>(table: T): Extract<PaperCell, { table: T }>[] {
  checkChoice(table, "table", [1, 2, 3]);
  const file = path.join(projectRoot(), "data", "paper.json");
  const all = JSON.parse(readFileSync(file, "utf8")) as PaperCell[];
  const cells = all.filter((cell): cell is Extract<PaperCell, { table: T }> => cell.table === table);
  if (cells.length !== PAPER_CELLS[table])
    throw new Error(`${file}: Table ${table} must have ${PAPER_CELLS[table]} cells, but it has ${cells.length}`);
  return cells;
}

/**
 * What the authors' saved notebooks print of a tDLGM: their public repository, branch tdlgm_old on 30 July 2026, experiments/data_parsing.
 * They do not say which runs made the paper's tables.
 */
export const AUTHORS_NOTEBOOKS = {
  source: "branch tdlgm_old, 30 July 2026",
  /**
   * Table 1's levels (plotting.ipynb): of all result files the one with the least mean |error| on test data, and the mean of its squared errors.
   * The function that chooses has "mean_squared" in its name and averages absolute errors. The same file was chosen for all levels.
   */
  imputation: [
    { row: 1, absolute: 0.02356, mse: 0.002518 },
    { row: 2, absolute: 0.025885, mse: 0.002476 },
    { row: 3, absolute: 0.023059, mse: 0.002464 },
    { row: 4, absolute: 0.025631, mse: 0.002604 },
    { row: 5, absolute: 0.022327, mse: 0.002559 },
  ],
  /** Algorithm 1, the best of all result files (future_eval_nwe.ipynb). */
  generation: { steps: 30, score: 54.697 },
} as const;
