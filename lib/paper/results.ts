/** The scores of runs: read from a finished run's folder, or made by training and evaluating the run. */
import * as fs from "node:fs";
import * as path from "node:path";
import { checkName, checkObject, checkObjects, checkOptions, checkText, checkWhole, refuse } from "../base/check";
import { writeAtomically } from "../base/files";
import { checkWholeSeries, type Series } from "../data/series";
import { WEIGHTS_FILE } from "../models/checkpoint";
import type { Model } from "../models/model";
import type { Progress } from "../training/train";
import { errorsOf, type LevelErrors, readErrors, writeErrors } from "./errors";
import { DRAWS, evaluate, type RunMetrics } from "./evaluate";
import { FEW_LEVELS, NOISE_LEVELS, type NoiseLevel } from "./levels";
import { type PlannedRun, plannedRuns } from "./plan";
import { METRICS_FILE, readWhole } from "./record";
import { findRun, loadRun, obtainRun, readRecord } from "./runs";

/** What whole scores hold. */
const PARTS: Record<string, (metrics: RunMetrics) => boolean> = {
  imputation: ({ imputation }) => imputation.every(({ mse }) => Number.isFinite(mse.sample) && Number.isFinite(mse.mean)),
  generation: ({ generation }) => generation.every(({ score, ceiling }) => Number.isFinite(score) && Number.isFinite(ceiling)),
  horizonMse: ({ horizonMse }) => horizonMse.every(({ mse }) => Number.isFinite(mse)),
  autocorrelation: ({ autocorrelation }) => Number.isFinite(autocorrelation),
};

/**
 * The scores in a run's folder, or null.
 * @throws Error naming the file if it is broken, or if its scores are another run's or of other weights than the record names
 */
export function readMetrics(dir: string): RunMetrics | null {
  const file = path.join(dir, METRICS_FILE);
  const record = readRecord(dir);
  const ofRun: typeof PARTS | null = record && {
    name: ({ name }) => name === path.basename(dir),
    kind: ({ kind }) => kind === record.config.kind,
    seed: ({ seed }) => seed === record.seed,
    series: ({ series }) => series === record.data.series,
    weights: ({ weights }) => weights === record.weights,
  };
  return readWhole(file, { ...PARTS, ...ofRun }, "evaluate the run again (npm run evaluate -- FOLDER)");
}

/** In what scores fall short of a whole evaluation of a run of this group, in words; they may be of a quick one. */
export function fewerThanAll({ imputation, sequences }: RunMetrics, group: PlannedRun["group"]): string[] {
  const isScored = (level: NoiseLevel) =>
    imputation.some(({ table, row, reading }) => table === level.table && row === level.row && reading === level.reading);
  const missing = levelsOf(group).filter((level) => !isScored(level));
  const draws = Math.min(...imputation.map((score) => score.draws));
  return [
    ...(missing.length > 0 ? [`noise levels missing: ${missing.length}`] : []),
    ...(draws < DRAWS ? [`over ${draws} noise draws, not ${DRAWS}`] : []),
    ...(sequences === undefined ? [] : [`over ${sequences} generated sequences, not all`]),
  ];
}

/** Writes a run's errors and scores into its folder. */
export function writeMetrics({ errors, ...metrics }: RunMetrics, dir: string): void {
  if (errors) writeErrors(errors, metrics.weights, dir);
  writeAtomically(path.join(dir, METRICS_FILE), `${JSON.stringify(metrics, null, 1)}\n`);
}

/** The noise levels that a run is evaluated at, by its group. */
export const levelsOf = (group: PlannedRun["group"]): readonly NoiseLevel[] => (group === "tables" ? NOISE_LEVELS : FEW_LEVELS);

/** A quick look: missing runs are few and short, and nothing is kept. */
export interface Quick {
  /** Training steps of a missing run. */
  steps: number;
  /** Noise draws that it is evaluated on. */
  draws: number;
  /** Sequences that it generates. */
  sequences: number;
  /** Runs of a family, unless more are there. */
  seeds: number;
}
/** The quick look of a notebook's small budget. */
export const QUICK: Quick = { steps: 20, draws: 2, sequences: 100, seeds: 2 };

/** @throws Error naming what is wrong with a quick look */
export function checkQuick(quick: unknown): asserts quick is Quick | undefined {
  if (quick === undefined) return;
  checkOptions(quick, "quick", Object.keys(QUICK));
  const { steps, draws, sequences, seeds } = quick as Partial<Quick>;
  checkWhole(steps, "quick.steps", 1);
  checkWhole(draws, "quick.draws", 2, 20);
  checkWhole(sequences, "quick.sequences", 1);
  checkWhole(seeds, "quick.seeds", 1);
}

/** A stand-in gives no results, so only the runs of the tables are trained in full on it. */
const lookAt = (isTables: boolean, series: Series, quick?: Quick): Quick | undefined =>
  quick ?? (isTables || !series.standIn ? undefined : QUICK);

/** Which of a family's runs to take: all of them; on a quick look the first few, and those that exist. */
export function runsFor(runs: readonly PlannedRun[], series: Series, quick?: Quick): PlannedRun[] {
  checkWholeSeries(series, "series");
  checkQuick(quick);
  const few = lookAt(runs[0].group === "tables", series, quick);
  return few ? runs.filter(({ name }, i) => i < few.seeds || findRun(name, series)) : [...runs];
}

/**
 * The scores of a planned run. A missing run is trained and evaluated here, into runs/NAME; on a quick look nothing is kept.
 * @param tell hears what is worked on, several times a second
 * @throws Error naming a run's folder that has neither scores nor weights
 */
export async function obtainMetrics(run: PlannedRun, series: Series, wanted?: Quick, tell?: (part: string) => void): Promise<RunMetrics> {
  checkQuick(wanted);
  const { name, config, seed, share, from, group } = run;
  const quick = lookAt(group === "tables", series, wanted);
  const found = findRun(name, series, run);
  const known = found && readMetrics(found.dir);
  if (known && (quick || fewerThanAll(known, group).length === 0)) return known;
  if (found && !fs.existsSync(path.join(found.dir, WEIGHTS_FILE)))
    throw new Error(`${found.dir} has neither a whole ${METRICS_FILE} nor weights; delete it, and the run is trained again`);
  const onTraining = ({ step, steps }: Progress) => tell?.(`training ${name}, step ${step} of ${steps}`);
  const request = { config, seed, share, from, ifMissing: quick, onProgress: onTraining };
  const model = found ? await loadRun(found) : (await obtainRun(name, series, request)).model;
  try {
    const onProgress = (done: number, all: number) => tell?.(`scoring ${name}, ${done} of ${all}`);
    const { draws, sequences } = quick ?? {};
    const metrics = await evaluate(model, series, { name, seed, levels: levelsOf(group), draws, sequences, onProgress });
    const own = quick ? null : findRun(name, series, run);
    if (own && !own.shipped) writeMetrics(metrics, own.dir);
    return metrics;
  } finally {
    model.dispose();
  }
}

/**
 * The model of a planned run; a missing run is trained here. The caller disposes of the model.
 * @throws Error when no run is planned under this name
 */
export async function obtainModel(name: string, series: Series, quick?: Quick): Promise<Model> {
  checkName(name, "name");
  checkWholeSeries(series, "series");
  checkQuick(quick);
  const run = plannedRuns().find((one) => one.name === name);
  if (!run) throw new Error(`no run is planned under the name ${name}`);
  const { config, seed, share, from } = run;
  return (await obtainRun(name, series, { config, seed, share, from, ifMissing: quick })).model;
}

/** A run's errors under one noise level. */
export interface RunErrors extends LevelErrors {
  run: string;
  family: string;
  seed: number;
}

/** @throws Error unless these are errors as obtainErrors gives them */
export function checkErrors(errors: unknown, name: string): asserts errors is readonly RunErrors[] {
  checkObjects(errors, name);
  for (const [i, one] of errors.entries()) {
    checkText(one.family, `${name}[${i}].family`, "a name");
    checkObject(one.squared, `${name}[${i}].squared`);
  }
}

/**
 * The errors over the test part of all runs of families of Tables 1-3, under these levels: read from the runs' folders, or made from their
 * weights. On a quick look, of the few runs that it takes.
 * @throws Error when no run of such a family is planned
 */
export async function obtainErrors(
  series: Series,
  families: readonly string[],
  levels: readonly NoiseLevel[],
  wanted?: Quick,
): Promise<RunErrors[]> {
  checkWholeSeries(series, "series");
  checkQuick(wanted);
  if (!Array.isArray(families)) refuse("families", "an array of names of families", families);
  if (!Array.isArray(levels)) refuse("levels", "an array of noise levels, out of NOISE_LEVELS", levels);
  for (let i = 0; i < levels.length; i++) if (!NOISE_LEVELS.includes(levels[i])) refuse(`levels[${i}]`, "one of NOISE_LEVELS", levels[i]);
  const all: RunErrors[] = [];
  for (const family of families) {
    const planned = plannedRuns().filter((run) => run.family === family);
    if (planned.length === 0) throw new Error(`families: no family ${family} is planned`);
    for (const { name: run, seed } of runsFor(planned, series, wanted)) {
      const found = findRun(run, series);
      const kept = found && readErrors(found.dir, readMetrics(found.dir)?.weights ?? "");
      const draws = wanted?.draws ?? DRAWS;
      let own = kept?.filter(({ level, byDraw }) => levels.includes(level) && byDraw.length >= draws);
      if (own?.length !== levels.length) {
        const model = await obtainModel(run, series, wanted);
        own = await errorsOf(model, series, levels, draws);
        model.dispose();
      }
      all.push(...own.map((errors) => ({ run, family, seed, ...errors })));
    }
  }
  return all;
}
