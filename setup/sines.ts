/**
 * Trains TimeGAN on sines and scores what it generates:
 *
 *   npm run sines -- [--seed 0] [--steps 12500]
 *
 * runs/sines-seed-N holds the model; a later call with more --steps goes on from there, and a training that was stopped from its last checkpoint.
 * The scores after so many steps go into data/sines/scores.json.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkSeed, refuse } from "../lib/base/check";
import { projectRoot } from "../lib/base/project";
import { loadModel, WEIGHTS_FILE } from "../lib/models/checkpoint";
import { createModel, type Model } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
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
import { rewriteJson } from "./rewrite";

program(async () => {
  const { values } = readArguments("npm run sines -- --seed 0 --steps 12500", {
    options: { seed: { type: "string", default: "0" }, steps: { type: "string" } },
  });
  const seed = wholeOf("seed", values.seed, 0) as number;
  checkSeed(seed, "--seed");
  const steps = wholeOf("steps", values.steps, 1) ?? SINES_CONFIG.steps;
  const dir = path.join(projectRoot(), "runs", `sines-seed-${seed}`);
  const model = await modelIn(dir, seed);
  if (model.step > steps) refuse("--steps", `${model.step} or more, the steps of the model in ${dir}`, steps);
  const { seconds } = await train(model, trainingSines(seed), {
    ...{ seed, steps, dir, checkpointEvery: 500 },
    onProgress: ({ step, secondsLeft, row }) => {
      if (row) console.info(`step ${step} of ${steps}, ${(secondsLeft / 60).toFixed(0)} min left`);
    },
  });
  const scores = await sinesScores(await generatedSines(model, seed), seed);
  model.dispose();
  const before = shippedSines().find((other) => other.seed === seed);
  const floor = before?.floor ?? (await sinesScores(otherSines(seed, "floor"), seed));
  await keep({ seed, steps, seconds, ...scores, floor });
  const said = ({ discriminative, predictive }: typeof scores) =>
    `discriminative ${discriminative.toFixed(4)}, predictive ${predictive.toFixed(4)}`;
  console.info(`seed ${seed}, ${steps} steps: ${said(scores)}; real against real: ${said(floor)}`);
});

/** The model that is there, or a new one. @throws Error if it has other settings than are trained here, apart from the number of steps */
async function modelIn(dir: string, seed: number): Promise<Model> {
  if (!fs.existsSync(path.join(dir, WEIGHTS_FILE))) return createModel(SINES_CONFIG, seed);
  const model = await loadModel(dir);
  const { steps } = SINES_CONFIG;
  if (!isDeepStrictEqual({ ...model.config, steps }, { ...completeConfig(SINES_CONFIG), steps }))
    throw new Error(`${dir} was trained with other settings; remove it to train anew`);
  return model;
}

/** Writes a seed's scores after a number of steps beside those that are there. */
function keep(score: SinesScore): Promise<void> {
  return rewriteJson(
    sinesFile(),
    () => {
      const others = shippedSines().filter(({ seed, steps }) => seed !== score.seed || steps !== score.steps);
      return { config: SINES_CONFIG, scores: [...others, score].sort((a, b) => a.steps - b.steps || a.seed - b.seed) };
    },
    1,
  );
}
