/** The data of the tasks of lib/paper/columns.ts. */
import { traceColumns } from "../lib/data/columns";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { seattleWeather } from "../lib/data/weather";
import { type ColumnTask, REQUEST_COLUMNS, type TaskSeries } from "../lib/paper/columns";

/** The series that a model and its twin are trained on. */
export async function seriesOfTask(task: ColumnTask): Promise<TaskSeries> {
  if (task === "weather") return seattleWeather();
  const trace = await loadTrace();
  return task === "trace" ? traceColumns(trace, REQUEST_COLUMNS) : { series: requestSeries(trace) };
}
