/**
 * Trains TimeGAN on sines and scores what it generates:
 *
 *   npm run sines -- [--seed 0] [--steps 16500] [--rate 0.003]
 *
 * runs/sines-rate-R-seed-N holds the model and the average of its weights; a later call with more --steps goes on from there, and a training that
 * was stopped from its last checkpoint. The scores after so many steps go into data/sines/scores.json.
 */
import * as path from "node:path";
import { checkNumber } from "../lib/base/check";
import { projectRoot } from "../lib/base/project";
import type { Model } from "../lib/models/model";
import {
  generatedSines,
  otherSines,
  SINES_CONFIG,
  type SinesScore,
  sharedSettings,
  shippedSines,
  sinesFile,
  sinesScores,
  trainingSines,
} from "../lib/paper/sines";
import { trainSines } from "../lib/paper/sinesTraining";
import { finiteOf, program, readArguments, seedOf, wholeOf } from "./arguments";
import { rewriteJson } from "./rewrite";

program(async () => {
  const { values } = readArguments("npm run sines -- --seed 0 --steps 16500", {
    options: { seed: { type: "string", default: "0" }, steps: { type: "string" }, rate: { type: "string" } },
  });
  const seed = seedOf(values.seed);
  const steps = wholeOf("steps", values.steps, SINES_CONFIG.embedding + SINES_CONFIG.supervised) ?? SINES_CONFIG.steps;
  const learningRate = finiteOf("rate", values.rate) ?? SINES_CONFIG.learningRate;
  checkNumber(learningRate, "--rate", 1e-6, 1);
  const { model, average, seconds } = await trainSines({
    config: { ...SINES_CONFIG, learningRate },
    ...{ series: trainingSines(seed), seed, steps, dir: path.join(projectRoot(), "runs", `sines-rate-${learningRate}-seed-${seed}`) },
    onCheckpoint: (step, seconds) =>
      console.info(`step ${step} of ${steps}, ${(((seconds / step) * (steps - step)) / 60).toFixed(0)} min left`),
  });
  const scored = async (one: Model) => sinesScores(await generatedSines(one, seed), seed);
  const scores = { last: await scored(model), average: await scored(average) };
  for (const one of [model, average]) one.dispose();
  const before = shippedSines().find((other) => other.seed === seed);
  const floor = before?.floor ?? (await sinesScores(otherSines(seed, "floor"), seed));
  await keep({ seed, learningRate, steps, seconds, ...scores, floor });
  for (const [name, { discriminative, predictive }] of Object.entries({ ...scores, "real against real": floor }))
    console.info(`seed ${seed}, ${steps} steps, ${name}: discriminative ${discriminative.toFixed(4)}, predictive ${predictive.toFixed(4)}`);
});

/** Writes a seed's scores after a number of steps beside those that are there. */
function keep(score: SinesScore): Promise<void> {
  const { seed, learningRate, steps } = score;
  return rewriteJson(
    sinesFile(),
    () => {
      const others = shippedSines().filter((one) => one.seed !== seed || one.learningRate !== learningRate || one.steps !== steps);
      const inOrder = (a: SinesScore, b: SinesScore) => a.learningRate - b.learningRate || a.steps - b.steps || a.seed - b.seed;
      return { config: sharedSettings(), scores: [...others, score].sort(inOrder) };
    },
    1,
  );
}
