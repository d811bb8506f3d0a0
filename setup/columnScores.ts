/**
 * Trains tdlgm-memory and its twin without ξ on four columns of the trace, and scores them on the 500 test rows:
 *
 *   npm run column-scores -- [--seeds 10]
 *
 * It writes data/columns/scores.json, and the weights of seed 0 beside it. What is in the file with the same data and settings is kept.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { checkWhole } from "../lib/base/check";
import { writeAtomically } from "../lib/base/files";
import { traceColumns } from "../lib/data/columns";
import { split, TEST_SIZE } from "../lib/data/protocol";
import { loadTrace } from "../lib/data/trace";
import { mean } from "../lib/metrics/metrics";
import { saveCheckpoint } from "../lib/models/checkpoint";
import { createModel, weighted } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import { type ColumnScore, columnConfigs, columnScores, columnsFolder, REQUEST_COLUMNS } from "../lib/paper/columns";
import { heldOutSurprisals } from "../lib/training/heldOut";
import { train } from "../lib/training/train";
import { program } from "./arguments";

program(async () => {
  const { values: given } = parseArgs({ options: { seeds: { type: "string", default: "10" } } });
  const seeds = Number(given.seeds);
  checkWhole(seeds, "--seeds", 1);
  const columns = traceColumns(await loadTrace(), REQUEST_COLUMNS);
  const { series } = columns;
  const configs = columnConfigs(columns);
  const scores: ColumnScore[] = columnScores(columns) ?? [];
  const folder = columnsFolder();
  fs.mkdirSync(folder, { recursive: true });
  for (let seed = 0; seed < seeds; seed++) {
    for (const of of ["model", "twin"] as const) {
      if (scores.some((score) => score.of === of && score.seed === seed)) continue;
      const model = createModel(configs[of], seed);
      const { history, seconds } = await train(model, split(series).train, { seed, steps: completeConfig(configs[of] as never).steps });
      const nats = async (particles: number) =>
        mean(await heldOutSurprisals(model, series.values, series.length - TEST_SIZE, { seed, particles }));
      const score: ColumnScore = { of, seed, nll: await nats(256), nllOfMore: await nats(512), kl: history.at(-1)!.kl, seconds };
      scores.push(score);
      writeAtomically(path.join(folder, "scores.json"), `${JSON.stringify({ series: series.hash, configs, scores })}\n`);
      if (seed === 0) saveCheckpoint(weighted(model), path.join(folder, of), { moments: false });
      model.dispose();
      console.info(`${of}, seed ${seed}: ${score.nll.toFixed(4)} nats a row (twice the particles ${score.nllOfMore.toFixed(4)})`);
    }
  }
});
