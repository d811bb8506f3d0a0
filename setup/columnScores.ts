/**
 * Trains a model and its twin without ξ on four columns of the trace, on those of the weather, or with a narrow likelihood on the trace's one
 * column, and scores them on the test part:
 *
 *   npm run column-scores -- [--of trace|weather|narrow] [--seeds 10]
 *
 * It writes data/columns/NAME/scores.json and, for all but "trace", the weights of seed 0 beside it; those of four columns are a megabyte. What is
 * in the file with the same data and settings is kept.
 */
import * as path from "node:path";
import { checkChoice } from "../lib/base/check";
import { saveCheckpoint } from "../lib/models/checkpoint";
import { weighted } from "../lib/models/model";
import { COLUMN_TASKS, columnPlan, columnScores, columnsFolder } from "../lib/paper/columns";
import { trainColumns } from "../lib/paper/columnTraining";
import { program, readArguments, wholeOf } from "./arguments";
import { rewriteJson } from "./rewrite";
import { seriesOfTask } from "./taskSeries";

const USAGE = "npm run column-scores -- [--of trace|weather|narrow] [--seeds 10]";

program(async () => {
  const { values: given } = readArguments(USAGE, { options: { of: { type: "string", default: "trace" }, seeds: { type: "string" } } });
  checkChoice(given.of, "--of", COLUMN_TASKS);
  const seeds = wholeOf("seeds", given.seeds, 1) ?? 10;
  const columns = await seriesOfTask(given.of);
  const { series } = columns;
  const { task, configs, testFrom } = columnPlan(columns);
  const kept = () => columnScores(columns) ?? [];
  const folder = columnsFolder(task);
  for (let seed = 0; seed < seeds; seed++) {
    for (const of of ["model", "twin"] as const) {
      if (kept().some((score) => score.of === of && score.seed === seed)) continue;
      const request = {
        series,
        testFrom,
        config: configs[of],
        of,
        seed,
        numbers: task === "weather",
        atMean: task === "narrow" && of === "model",
      };
      const { score, model } = await trainColumns(request);
      await rewriteJson(path.join(folder, "scores.json"), () => ({ series: series.hash, configs, scores: [...kept(), score] }));
      if (seed === 0 && task !== "trace") saveCheckpoint(weighted(model), path.join(folder, of), { resumable: false });
      model.dispose();
      console.info(`${of}, seed ${seed}: ${score.nllOfMore.toFixed(4)} nats a row (half the particles ${score.nll.toFixed(4)})`);
    }
  }
});
