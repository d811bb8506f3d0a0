/**
 * Trains TimeGAN on sines and scores what it generates:
 *
 *   npm run sines -- [--seed 0] [--steps 16500] [--rate 0.003]
 *
 * runs/sines-rate-R-seed-N holds the model and the average of its weights; a later call with more --steps goes on from there, and a training that
 * was stopped from its last checkpoint. The scores after so many steps go into data/sines/scores.json.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkNumber, checkSeed, refuse } from "../lib/base/check";
import { projectRoot } from "../lib/base/project";
import { loadModel, saveModel, WEIGHTS_FILE } from "../lib/models/checkpoint";
import { createModel, type Model, weighted } from "../lib/models/model";
import { completeConfig } from "../lib/models/registry";
import {
  AVERAGE,
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
import { follow } from "../lib/training/average";
import { train } from "../lib/training/train";
import { finiteOf, program, readArguments, wholeOf } from "./arguments";
import { rewriteJson } from "./rewrite";

/** Steps between two checkpoints. */
const CHECKPOINT_EVERY = 500;
/** The average begins with the third phase. */
const BEFORE_AVERAGE = SINES_CONFIG.embedding + SINES_CONFIG.supervised;

program(async () => {
  const { values } = readArguments("npm run sines -- --seed 0 --steps 16500", {
    options: { seed: { type: "string", default: "0" }, steps: { type: "string" }, rate: { type: "string" } },
  });
  const seed = wholeOf("seed", values.seed, 0) as number;
  checkSeed(seed, "--seed");
  const steps = wholeOf("steps", values.steps, BEFORE_AVERAGE + AVERAGE.every) ?? SINES_CONFIG.steps;
  const learningRate = finiteOf("rate", values.rate) ?? SINES_CONFIG.learningRate;
  checkNumber(learningRate, "--rate", 1e-6, 1);
  const { model, average, seconds } = await trained(seed, steps, learningRate);
  const scored = async (one: Model) => sinesScores(await generatedSines(one, seed), seed);
  const scores = { last: await scored(model), average: await scored(average) };
  for (const one of [model, average]) one.dispose();
  const before = shippedSines().find((other) => other.seed === seed);
  const floor = before?.floor ?? (await sinesScores(otherSines(seed, "floor"), seed));
  await keep({ seed, learningRate, steps, seconds, ...scores, floor });
  for (const [name, { discriminative, predictive }] of Object.entries({ ...scores, "real against real": floor }))
    console.info(`seed ${seed}, ${steps} steps, ${name}: discriminative ${discriminative.toFixed(4)}, predictive ${predictive.toFixed(4)}`);
});

/** A model after so many steps, trained on from what its folder holds, and the average of its weights. */
async function trained(seed: number, steps: number, learningRate: number): Promise<{ model: Model; average: Model; seconds: number }> {
  const dir = path.join(projectRoot(), "runs", `sines-rate-${learningRate}-seed-${seed}`);
  // The average is written before the checkpoint of the same step, so that a checkpoint always has its own.
  const averageDir = (step: number) => path.join(dir, `average-${step}`);
  const config = { ...SINES_CONFIG, learningRate };
  const isThere = fs.existsSync(path.join(dir, WEIGHTS_FILE));
  const model = isThere ? await loadModel(dir) : createModel(config, seed);
  const own = weighted(model);
  if (!isDeepStrictEqual({ ...own.config, steps: 0 }, { ...completeConfig(config), steps: 0 }))
    throw new Error(`${dir} was trained with other settings; remove it to train anew`);
  if (own.step > steps) refuse("--steps", `${own.step} or more, the steps of the model in ${dir}`, steps);
  const average = own.step >= BEFORE_AVERAGE ? await loadModel(averageDir(own.step)) : createModel(config, seed);
  const series = trainingSines(seed);
  let seconds = own.training?.seconds ?? 0;
  while (own.step < steps) {
    const before = own.step;
    const next = Math.min(steps, before + CHECKPOINT_EVERY - (before % CHECKPOINT_EVERY));
    const onStep = (step: number) => {
      if (step === BEFORE_AVERAGE) follow(average, model, 1);
      else if (step > BEFORE_AVERAGE && step % AVERAGE.every === 0) follow(average, model, AVERAGE.share);
    };
    ({ seconds } = await train(model, series, { seed, steps: next, onStep }));
    await saveModel(average, averageDir(next));
    await saveModel(model, dir);
    fs.rmSync(averageDir(before), { recursive: true, force: true });
    console.info(`step ${next} of ${steps}, ${(((seconds / next) * (steps - next)) / 60).toFixed(0)} min left`);
  }
  return { model, average, seconds };
}

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
