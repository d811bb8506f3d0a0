/** The data that the exercises' answers are computed from, loaded once. */
import { split } from "../data/protocol";
import type { Series } from "../data/series";
import { loadTrace, requestSeries } from "../data/trace";
import { finishedRuns, type RunRecord } from "../paper/runs";

let trace: ReturnType<typeof loadTrace> | undefined;

/** The trace, or its stand-in. */
export const table = (): ReturnType<typeof loadTrace> => {
  trace ??= loadTrace();
  return trace;
};

/** The series of GPU requests, and its training and test part. */
export async function requests(): Promise<{ series: Series; train: Float32Array; test: Float32Array }> {
  const series = requestSeries(await table());
  return { series, ...split(series.values) };
}

/**
 * The records of a family's finished runs, by their seeds.
 * @throws Error if there is none, as on the stand-in
 */
export async function records(family: string): Promise<RunRecord[]> {
  const runs = finishedRuns((await requests()).series, family);
  if (runs.length === 0) throw new Error(`This exercise needs the finished runs of ${family} on the trace, and there are none here.`);
  return runs.map(({ record }) => record);
}

/** The last row of a run's history. */
export const lastRow = ({ history }: RunRecord): RunRecord["history"][number] => history[history.length - 1];
