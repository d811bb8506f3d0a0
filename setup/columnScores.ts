/**
 * Trains one model of lib/paper/columns.ts, or its twin without ξ, and scores it on the test part:
 *
 *   npm run column-scores -- --of trace|weather|narrow --model model|twin --seed 3 --out DIR
 *
 * DIR/weights.safetensors is a checkpoint every 200 steps and at the end; DIR/score.json, written last, has the scores. Ctrl-C, SIGTERM and a
 * closed terminal write a checkpoint and leave with code 130; the same command goes on from the last one. The workflow adds --workflow HASH, of
 * the code: what is there is gone on with if it has the same settings, data and code, else begun anew. The training ends with the process that
 * started it.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkChoice } from "../lib/base/check";
import { writeAtomically } from "../lib/base/files";
import { withFolder } from "../lib/base/lock";
import { WEIGHTS_FILE } from "../lib/models/checkpoint";
import { allSettings, COLUMN_TASKS, type ColumnResult, columnPlan, SCORE_FILE } from "../lib/paper/columns";
import { trainColumns } from "../lib/paper/columnTraining";
import { weightsHash } from "../lib/paper/evaluate";
import { readWhole } from "../lib/paper/record";
import { program, readArguments, seedOf } from "./arguments";
import { BASIS_FILE, PATIENCE, progressLines, sayStopped, stopOf } from "./longWork";
import { seriesOfTask } from "./taskSeries";

const USAGE = "npm run column-scores -- --of trace|weather|narrow --model model|twin --seed 3 --out DIR";

function argumentsOf() {
  const text = { type: "string" } as const;
  const { values } = readArguments(USAGE, { options: { of: text, model: text, seed: text, out: text, workflow: text } });
  const { of: task, model: of, workflow } = values;
  checkChoice(task, "--of", COLUMN_TASKS);
  checkChoice(of, "--model", ["model", "twin"] as const);
  const seed = seedOf(values.seed);
  if (!values.out) throw new Error("--out is missing: the folder for the scores");
  return { task, of, seed, dir: path.resolve(values.out), workflow };
}

async function run({ task, of, seed, dir, workflow }: ReturnType<typeof argumentsOf>): Promise<void> {
  const signal = stopOf(workflow !== undefined);
  const columns = await seriesOfTask(task);
  const { series } = columns;
  const { configs, ...plan } = columnPlan(columns);
  const config = allSettings(configs[of]);
  const [basisFile, weightsFile, scoreFile] = [BASIS_FILE, WEIGHTS_FILE, SCORE_FILE].map((name) => path.join(dir, name));
  // By hand the code is left to the caller.
  const basis: Record<string, unknown> = { task, of, seed, data: series.hash, config, ...(workflow && { code: workflow }) };
  const before = readWhole<typeof basis>(basisFile, {}, "delete the folder and train again");
  const other = Object.keys(basis).filter((part) => !isDeepStrictEqual(before?.[part], basis[part]));
  const made = [weightsFile, scoreFile].filter((file) => fs.existsSync(file));
  if (other.length > 0 && made.length > 0) {
    if (workflow === undefined)
      throw new Error(
        `${dir} holds another training (its ${other.join(", ")} ${before ? "differ" : "are not known"}); choose another --out`,
      );
    for (const file of made) fs.rmSync(file);
  }
  writeAtomically(basisFile, JSON.stringify(basis));
  try {
    const onProgress = progressLines(console.info);
    const { score, model } = await trainColumns({ ...plan, series, config, of, seed, dir, signal, onProgress });
    const result: ColumnResult = { series: series.hash, config, weights: weightsHash(model), score };
    model.dispose();
    writeAtomically(scoreFile, `${JSON.stringify(result)}\n`);
    console.info(`done: ${score.nllOfMore.toFixed(4)} nats a row (half the particles ${score.nll.toFixed(4)})`);
  } catch (error) {
    sayStopped(error, weightsFile, "the same command", console.info);
  }
}

program(async () => {
  const given = argumentsOf();
  await withFolder(given.dir, () => run(given), { name: "--out", patience: given.workflow === undefined ? 0 : PATIENCE });
});
