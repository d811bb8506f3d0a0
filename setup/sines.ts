/**
 * Trains a TimeGAN on sines and scores it:
 *
 *   npm run sines -- [--seed 0] [--steps 12500]
 *
 * runs/sines-seed-N holds the model, and a second call goes on from there; a training that ends with an error or a signal goes on from its last
 * checkpoint. The scores of this seed and number of steps go into data/sines/scores.json.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { checkSeed, refuse } from "../lib/base/check";
import { writeAtomically } from "../lib/base/files";
import { projectRoot } from "../lib/base/project";
import { loadModel, WEIGHTS_FILE } from "../lib/models/checkpoint";
import { createModel, weighted } from "../lib/models/model";
import {
  generatedSines,
  otherSines,
  SINES_CONFIG,
  type SinesScore,
  shippedSines,
  sinesFile,
  sinesScores,
  trainingSines,
} from "../lib/paper/sines";
import { train } from "../lib/training/train";
import { program, readArguments, wholeOf } from "./arguments";

program(async () => {
  const { values } = readArguments("npm run sines -- --seed 0 --steps 12500", {
    options: { seed: { type: "string", default: "0" }, steps: { type: "string" } },
  });
  const seed = wholeOf("seed", values.seed, 0) as number;
  checkSeed(seed, "--seed");
  const steps = wholeOf("steps", values.steps, 1) ?? SINES_CONFIG.steps;
  const dir = path.join(projectRoot(), "runs", `sines-seed-${seed}`);
  const isThere = fs.existsSync(path.join(dir, WEIGHTS_FILE));
  const model = isThere ? await loadModel(dir) : createModel(SINES_CONFIG, seed);
  if (weighted(model).step > steps) refuse("--steps", `${weighted(model).step} or more, the steps of the model in ${dir}`, steps);
  const { seconds } = await train(model, trainingSines(seed), {
    ...{ seed, steps, dir, checkpointEvery: 500 },
    onProgress: ({ step, secondsLeft, row }) => {
      if (row) console.info(`step ${step} of ${steps}, ${(secondsLeft / 60).toFixed(0)} min left`);
    },
  });
  const score: SinesScore = {
    ...{ seed, steps, seconds },
    ...(await sinesScores(await generatedSines(model, seed), seed)),
    floor: shippedSines().find((other) => other.seed === seed)?.floor ?? (await sinesScores(otherSines(seed, "floor"), seed)),
  };
  model.dispose();
  const others = shippedSines().filter((other) => other.seed !== seed || other.steps !== steps);
  const scores = [...others, score].sort((a, b) => a.steps - b.steps || a.seed - b.seed);
  fs.mkdirSync(path.dirname(sinesFile()), { recursive: true });
  writeAtomically(sinesFile(), `${JSON.stringify({ config: SINES_CONFIG, scores }, null, 1)}\n`);
  const said = ({ discriminative, predictive }: Pick<SinesScore, "discriminative" | "predictive">) =>
    `discriminative ${discriminative.toFixed(4)}, predictive ${predictive.toFixed(4)}`;
  console.info(`seed ${seed}, ${steps} steps: ${said(score)}; real against real: ${said(score.floor)}`);
});
