/**
 * Trains each generator that has a likelihood with each combination of settings, and scores it on the validation part and by its free runs:
 *
 *   npm run choose -- [--models tdlgm-memory,vrnn,lstm]
 *
 * The trainings go into data/trials.json, and what is there is kept. At the end it says which settings lib/paper/choice.ts chooses: those to take for
 * NAMED_CONFIGS of lib/paper/plan.ts. A model's twin has the settings of its model.
 */
import { checkChoice } from "../lib/base/check";
import { generator } from "../lib/base/random";
import { split } from "../lib/data/protocol";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { autocorrelationDistance } from "../lib/metrics/autocorrelation";
import { mean } from "../lib/metrics/metrics";
import { createModel } from "../lib/models/model";
import {
  chosen,
  combinations,
  FREE_RUNS,
  isOf,
  TRIAL_SEEDS,
  TRIAL_VALUES,
  type Trial,
  type Trials,
  TUNED,
  trialsFile,
  trialsOn,
  tunedConfigs,
  withSettings,
} from "../lib/paper/choice";
import { NAMED_CONFIGS } from "../lib/paper/plan";
import { generate } from "../lib/training/generation";
import { heldOutSurprisals } from "../lib/training/heldOut";
import { train } from "../lib/training/train";
import { program, readArguments } from "./arguments";
import { rewriteJson } from "./rewrite";

/** Draws of ξ a value. */
const PARTICLES = 64;

program(async () => {
  const usage = "npm run choose -- --models tdlgm-memory,vrnn,lstm";
  const { values: given } = readArguments(usage, { options: { models: { type: "string", default: TUNED.join(",") } } });
  const names = given.models.split(",").map((name) => {
    checkChoice(name, "--models", TUNED);
    return name;
  });
  const series = requestSeries(await loadTrace());
  trialsOn(series.hash); // refuses others before any work is done
  const part = split(series).train.values;
  const before = part.slice(0, -TRIAL_VALUES);
  const places = generator(0, "free runs of trials");
  const histories = Array.from({ length: FREE_RUNS.count }, () => {
    const start = places.integer(before.length - FREE_RUNS.history);
    return before.slice(start, start + FREE_RUNS.history);
  });
  for (const model of names) {
    for (const settings of combinations)
      for (let seed = 0; seed < TRIAL_SEEDS; seed++) {
        if (trialsOn(series.hash).some((trial) => trial.model === model && trial.seed === seed && isOf(trial, settings))) continue;
        const made = createModel(withSettings(NAMED_CONFIGS[model], settings), seed);
        const { seconds } = await train(made, before, { seed, steps: settings.steps });
        const nll = mean(await heldOutSurprisals(made, part, before.length, { seed, particles: PARTICLES }));
        const distance = autocorrelationDistance(before, await generate(made, histories, FREE_RUNS.length, { seed }));
        made.dispose();
        const trial: Trial = { model, ...settings, seed, nll, distance, seconds };
        const beside = (): Trials => ({ series: series.hash, configs: tunedConfigs(), trials: [...trialsOn(series.hash), trial] });
        await rewriteJson(trialsFile(), beside, 1);
        console.info(
          `${model}, ${JSON.stringify(settings)}, seed ${seed}: ${nll.toFixed(4)} nats, distance ${distance.toFixed(4)}, ${seconds.toFixed(0)} s`,
        );
      }
    console.info(`${model}: chosen ${JSON.stringify(chosen(trialsOn(series.hash), model))}`);
  }
});
