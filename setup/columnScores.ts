/**
 * Trains a model and its twin without ξ on four columns of the trace, or on those of the weather, and scores them on the test part:
 *
 *   npm run column-scores -- [--of trace|weather] [--seeds 10]
 *
 * It writes data/columns/NAME/scores.json and, of the weather, the weights of seed 0 beside it; the trace's are a megabyte. What is in the file with
 * the same data and settings is kept.
 */
import * as path from "node:path";
import { checkChoice } from "../lib/base/check";
import { traceColumns } from "../lib/data/columns";
import { loadTrace } from "../lib/data/trace";
import { seattleWeather } from "../lib/data/weather";
import { saveCheckpoint } from "../lib/models/checkpoint";
import { weighted } from "../lib/models/model";
import { COLUMN_TASKS, columnPlan, columnScores, columnsFolder, REQUEST_COLUMNS } from "../lib/paper/columns";
import { trainColumns } from "../lib/paper/columnTraining";
import { program, readArguments, wholeOf } from "./arguments";
import { rewriteJson } from "./rewrite";

const USAGE = "npm run column-scores -- [--of trace|weather] [--seeds 10]";

program(async () => {
  const { values: given } = readArguments(USAGE, { options: { of: { type: "string", default: "trace" }, seeds: { type: "string" } } });
  checkChoice(given.of, "--of", COLUMN_TASKS);
  const seeds = wholeOf("seeds", given.seeds, 1) ?? 10;
  const columns = given.of === "weather" ? await seattleWeather() : traceColumns(await loadTrace(), REQUEST_COLUMNS);
  const { series } = columns;
  const { task, configs, testFrom } = columnPlan(columns);
  const kept = () => columnScores(columns) ?? [];
  const folder = columnsFolder(task);
  for (let seed = 0; seed < seeds; seed++) {
    for (const of of ["model", "twin"] as const) {
      if (kept().some((score) => score.of === of && score.seed === seed)) continue;
      const request = { series, testFrom, config: configs[of], of, seed, numbers: task === "weather" };
      const { score, model } = await trainColumns(request);
      await rewriteJson(path.join(folder, "scores.json"), () => ({ series: series.hash, configs, scores: [...kept(), score] }));
      if (seed === 0 && task === "weather") saveCheckpoint(weighted(model), path.join(folder, of), { resumable: false });
      model.dispose();
      console.info(`${of}, seed ${seed}: ${score.nllOfMore.toFixed(4)} nats a row (half the particles ${score.nll.toFixed(4)})`);
    }
  }
});
