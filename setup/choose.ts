/**
 * Trains each model of TUNED and of the tasks of lib/paper/columns.ts with each combination of settings, and scores it on the validation part and
 * by its free runs:
 *
 *   npm run choose -- [--models tdlgm-memory,tdlgm-memory-twin,vrnn,vrnn-twin,lstm,trace,weather,narrow]
 *
 * "trace", "weather" and "narrow" stand for a model and its twin, each of which is tuned. The trainings go into data/trials.json and
 * data/columns, and what is there is kept. At the end it says which settings lib/paper/choice.ts chooses: those to take for lib/paper/plan.ts
 * and lib/paper/columns.ts.
 */
import { checkChoice } from "../lib/base/check";
import { generator } from "../lib/base/random";
import { split } from "../lib/data/protocol";
import { Series, seriesColumn } from "../lib/data/series";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { autocorrelationDistance } from "../lib/metrics/autocorrelation";
import { mean } from "../lib/metrics/metrics";
import { createModel, type Model } from "../lib/models/model";
import {
  chosen,
  combinations,
  FREE_RUNS,
  isOf,
  TRIAL_SEEDS,
  type Trial,
  type Trials,
  TUNED,
  type Tuning,
  trialsOn,
  tuningOfValues,
  withSettings,
} from "../lib/paper/choice";
import { COLUMN_TASKS, columnPlan, columnTuning } from "../lib/paper/columns";
import { generate } from "../lib/training/generation";
import { heldOutSurprisals } from "../lib/training/heldOut";
import { train } from "../lib/training/train";
import { program, readArguments } from "./arguments";
import { rewriteJson } from "./rewrite";
import { seriesOfTask } from "./taskSeries";

/** Draws of ξ a value. */
const PARTICLES = 64;

/** What is tuned on one series. */
interface Work {
  /** The whole series, whose hash the trials have. */
  series: Series;
  tuning: Tuning;
  models: readonly string[];
  /** The row at which the test part begins. As many rows before it as it has score a trial, which is trained on those before them. */
  testFrom: number;
}

async function works(names: readonly string[]): Promise<Work[]> {
  const models = TUNED.filter((model) => names.includes(model));
  const ofValues = (series: Series): Work => ({ series, tuning: tuningOfValues(), models, testFrom: split(series).train.length });
  const ofTasks = COLUMN_TASKS.filter((task) => names.includes(task)).map(async (task): Promise<Work> => {
    const columns = await seriesOfTask(task);
    const { testFrom, configs } = columnPlan(columns);
    return { series: columns.series, tuning: columnTuning(columns), models: Object.keys(configs), testFrom };
  });
  return [...(models.length > 0 ? [ofValues(requestSeries(await loadTrace()))] : []), ...(await Promise.all(ofTasks))];
}

/** How far the free runs of a model are from the rows before, in the mean over the columns. */
async function distanceOf(model: Model, before: Series, seed: number): Promise<number> {
  const { length, columns, standIn } = before;
  const places = generator(0, "free runs of trials");
  const histories = Array.from({ length: FREE_RUNS.count }, () => {
    const start = places.integer(length - FREE_RUNS.history);
    return before.slice(start, start + FREE_RUNS.history).values;
  });
  const runs = (await generate(model, histories, FREE_RUNS.length, { seed })).map((values) => new Series(values, columns, standIn));
  const each = columns.map((name) =>
    autocorrelationDistance(
      seriesColumn(before, name),
      runs.map((run) => seriesColumn(run, name)),
    ),
  );
  return mean(each);
}

program(async () => {
  const all = [...TUNED, ...COLUMN_TASKS];
  const usage = `npm run choose -- --models ${all.join(",")}`;
  const { values: given } = readArguments(usage, { options: { models: { type: "string", default: all.join(",") } } });
  const names = given.models.split(",");
  for (const name of names) checkChoice(name, "--models", all);
  const asked = await works(names);
  for (const { series, tuning } of asked) trialsOn(series.hash, tuning); // refuses others before any work is done
  for (const { series, tuning, models, testFrom } of asked) {
    const kept = () => trialsOn(series.hash, tuning);
    const part = series.slice(0, testFrom);
    const before = part.slice(0, testFrom - series.length);
    for (const model of models) {
      for (const settings of combinations)
        for (let seed = 0; seed < TRIAL_SEEDS; seed++) {
          if (kept().some((trial) => trial.model === model && trial.seed === seed && isOf(trial, settings))) continue;
          const made = createModel(withSettings(tuning.configs[model]!, settings), seed);
          const { seconds } = await train(made, before, { seed, steps: settings.steps });
          const nll = mean(await heldOutSurprisals(made, part.values, before.length, { seed, particles: PARTICLES }));
          const distance = await distanceOf(made, before, seed);
          made.dispose();
          const trial: Trial = { model, ...settings, seed, nll, distance, seconds };
          const beside = (): Trials => ({ series: series.hash, configs: tuning.configs, trials: [...kept(), trial] });
          await rewriteJson(tuning.file, beside, 1);
          console.info(
            `${model}, ${JSON.stringify(settings)}, seed ${seed}: ${nll.toFixed(4)} nats, distance ${distance.toFixed(4)}, ${seconds.toFixed(0)} s`,
          );
        }
      console.info(`${model}: chosen ${JSON.stringify(chosen(kept(), model))}`);
    }
  }
});
