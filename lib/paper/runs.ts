/** Finished runs: where they lie, and how one is found or made. Runs trained here are in runs/, the shipped ones in data/runs/. */
import * as fs from "node:fs";
import * as path from "node:path";
import { checkChoice, checkFlag, checkFunction, checkName, checkObject, checkOptions, checkSeed, checkWhole } from "../base/check";
import { kernelSignal } from "../base/interrupt";
import { withFolder } from "../base/lock";
import { projectRoot } from "../base/project";
import { split, stretch } from "../data/protocol";
import { checkWholeSeries, type Series } from "../data/series";
import { WEIGHTS_FILE } from "../models/checkpoint";
import { createModel, type Model } from "../models/model";
import { completeConfig, type FullConfig } from "../models/registry";
import { type Progress, train } from "../training/train";
import { type Family, plannedRuns, type RunSettings, TABLE_FAMILIES } from "./plan";
import { differences, finishRun, loadRun, onOtherData, type RunRecord, readRecord, runRecord, trainingCode } from "./record";

export { finishRun, loadRun, RECORD_FILE, type RunRecord, readRecord } from "./record";

/** A finished run. */
export interface FoundRun {
  record: RunRecord;
  dir: string;
  /** Whether it came with the repository; otherwise it was trained here. */
  shipped: boolean;
}

let planned: Map<string, RunSettings> | undefined;
const planOf = (name: string): RunSettings | undefined => {
  planned ??= new Map(plannedRuns().map((run) => [run.name, run]));
  return planned.get(name);
};

const saidBefore = new Set<string>();
/** Says it where it has not been said before. */
export function sayOnce(message: string): void {
  if (!saidBefore.has(message)) console.info(message);
  saidBefore.add(message);
}

/** The folder of a run that is trained here. */
export const ownFolder = (name: string): string => path.join(projectRoot(), "runs", name);
/** Whether runs that are trained here count, or with TDLGM_RUNS=shipped only the shipped ones. */
export const ownCounts = (): boolean => process.env.TDLGM_RUNS !== "shipped";

/**
 * The finished run of this name (tdlgm-seed-3) on this series: the one trained here, or else the shipped one, or else null. With
 * TDLGM_RUNS=shipped only the shipped ones count. A run of this name with other settings, or on other data, is another run: it is passed
 * over, and the difference is said once.
 * @param settings what the run must follow from; those of the plan when left out, anything where none is planned under this name
 * @throws Error naming the file if a record is broken
 */
export function findRun(name: string, series: Series, settings?: RunSettings): FoundRun | null {
  checkName(name, "name");
  checkWholeSeries(series, "series");
  if (settings !== undefined) {
    checkObject(settings, "settings", "what a run follows from, { config, seed }");
    completeConfig(settings.config as never);
    checkSeed(settings.seed, "settings.seed");
  }
  const wanted = settings ?? planOf(name);
  for (const [folder, shipped] of [
    ["runs", false],
    ["data/runs", true],
  ] as const) {
    if (!shipped && !ownCounts()) continue;
    const dir = path.join(projectRoot(), folder, name);
    const record = readRecord(dir);
    if (!record) continue;
    const other = [...onOtherData(record, series), ...(wanted ? differences(record, wanted) : [])];
    if (other.length === 0) return { record, dir, shipped };
    if (!series.standIn) sayOnce(`${folder}/${name} is not the run that is asked for: ${other.join("; ")}`);
  }
  return null;
}

/** A request for a run. */
export interface RunRequest extends RunSettings {
  /** Train again even if the run exists. */
  fresh?: boolean;
  /** If the run does not exist, train so few steps and keep nothing: a quick look on a small budget. */
  ifMissing?: { steps: number };
  onProgress?: (progress: Progress) => void;
}

/**
 * The run of this name, with these settings, on this series. If there is none, it is trained here, into runs/NAME. While another process
 * trains it, this one waits. The caller disposes of the model.
 * @throws Error when runs/NAME holds another run (it names the difference), when a file of it is broken, or when its training fails
 */
export async function obtainRun(
  name: string,
  series: Series,
  request: RunRequest,
): Promise<{ model: Model; record: RunRecord; trainedHere: boolean }> {
  checkOptions(request, "request", ["config", "seed", "steps", "share", "from", "fresh", "ifMissing", "onProgress"]);
  const { config, seed, share = 1, from, fresh = false, ifMissing, onProgress } = request;
  const full = completeConfig(config as never) as FullConfig;
  checkSeed(seed, "request.seed");
  if (request.steps !== undefined) checkWhole(request.steps, "request.steps", 1);
  checkFlag(fresh, "request.fresh");
  if (ifMissing !== undefined) checkWhole(ifMissing?.steps, "request.ifMissing.steps", 1);
  if (onProgress !== undefined) checkFunction(onProgress, "request.onProgress");
  checkName(name, "name");
  checkWholeSeries(series, "series");
  const { values } = stretch(split(series).train, share, from);
  const existing = async () => {
    const found = fresh ? null : findRun(name, series, request);
    // Of readings and grids the records are shipped, without weights.
    if (found?.shipped && !fs.existsSync(path.join(found.dir, WEIGHTS_FILE))) return null;
    if (found?.record.code !== undefined && !found.shipped && found.record.code !== trainingCode())
      sayOnce(`runs/${name} was trained by other code than lib/ has now: fresh: true trains it again`);
    return found && { model: await loadRun(found), record: found.record, trainedHere: false };
  };
  const trained = async (steps: number) => {
    const model = createModel(full, seed);
    try {
      return {
        model,
        result: {
          ...(await train(model, values, { seed, steps, onProgress })),
          ...(share !== 1 && { share }),
          ...(from !== undefined && { from }),
        },
      };
    } catch (failure) {
      model.dispose();
      throw failure;
    }
  };
  const run = await existing();
  if (run) return run;
  if (ifMissing) {
    const { model, result } = await trained(ifMissing.steps);
    return { model, record: await runRecord(model, seed, series, result), trainedHere: true };
  }
  const dir = ownFolder(name);
  const trainHere = async () => {
    const meanwhile = await existing(); // another process has trained it
    if (meanwhile) return meanwhile;
    const record = fresh ? null : readRecord(dir);
    const other = record ? [...onOtherData(record, series), ...differences(record, request)] : [];
    if (other.length > 0)
      throw new Error(`runs/${name} holds another run (${other.join("; ")}): choose another name, or train over it with fresh: true`);
    const { model, result } = await trained(request.steps ?? full.steps);
    return { model, record: await finishRun(model, seed, series, result, dir), trainedHere: true };
  };
  return withFolder(dir, trainHere, { patience: Number.POSITIVE_INFINITY, signal: kernelSignal(), tell: sayOnce });
}

/** The finished runs of a family of Tables 1-3 on this series, in the order of their seeds. */
export const finishedRuns = (series: Series, family = "tdlgm"): FoundRun[] => {
  checkChoice(
    family,
    "family",
    TABLE_FAMILIES.map((one) => one.name),
  );
  const { name, seeds } = TABLE_FAMILIES.find((one) => one.name === family) as Family;
  return Array.from({ length: seeds }, (_, seed) => findRun(`${name}-seed-${seed}`, series)).filter((run): run is FoundRun => run !== null);
};
