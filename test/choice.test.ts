/** How the generators' settings are chosen, and that the named ones are the chosen ones. */
import { describe, expect, it } from "vitest";
import { traceColumns } from "../lib/data/columns";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { seattleWeather } from "../lib/data/weather";
import type { ModelConfig } from "../lib/models/registry";
import {
  chosen,
  combinations,
  isOf,
  type Settings,
  shippedTrials,
  TRIAL_SEEDS,
  type Trial,
  TUNED,
  withSettings,
} from "../lib/paper/choice";
import { columnPlan, columnTuning, REQUEST_COLUMNS, type TaskSeries } from "../lib/paper/columns";
import { GENERATOR_FAMILIES, NAMED_CONFIGS } from "../lib/paper/plan";
import { hasTrace } from "./trace-file";

const trial = (changes: Partial<Trial>): Trial => ({
  model: "a",
  ...combinations[0]!,
  seed: 0,
  nll: 1,
  distance: 0.05,
  seconds: 1,
  ...changes,
});
const seeds = Array.from({ length: TRIAL_SEEDS }, (_, seed) => seed);

describe("the choice of settings", () => {
  it("lets free runs decide among what can't be told from the least likelihood, of the combinations that all seeds were trained with", () => {
    const of = (settings: Settings, nlls: number[], distance: number, model = "a") =>
      nlls.map((nll, seed) => trial({ ...settings, model, seed, nll, distance }));
    const [first, second, third, fourth] = combinations;
    // The least mean is 1.1, its standard error .1 / √3.
    const least = of(second!, [1, 1.1, 1.2], 0.03);
    const rest = [...of(first!, [1.2, 1.2, 1.2], 0.001), ...of(third!, [0.1], 0.001), ...of(third!, [0.2, 0.2, 0.2], 0.001, "b")];
    expect(chosen([...least, ...rest], "a")).toMatchObject({ ...second, nll: expect.closeTo(1.1, 12), distance: 0.03, candidates: 1 });
    const near = of(fourth!, [1.15, 1.15, 1.15], 0.02);
    expect(chosen([...least, ...rest, ...near], "a")).toMatchObject({ ...fourth, nll: expect.closeTo(1.15, 12), candidates: 2 });
    expect(chosen(rest, "c")).toBeNull();
  });

  it("puts each setting where the model has it", () => {
    const settings = { dropout: 0.25, learningRate: 0.01, steps: 7 };
    expect(withSettings(NAMED_CONFIGS.vrnn, settings)).toMatchObject(settings);
    const { dropout, ...others } = settings;
    expect(withSettings(NAMED_CONFIGS["tdlgm-memory"], settings)).toMatchObject({ ...others, memory: { dropout, freeBits: 0.02 } });
  });

  const expectChosen = (config: ModelConfig, model: string, all: Trial[]) => {
    const trials = all.filter((one) => one.model === model);
    for (const settings of combinations) expect(trials.filter((one) => isOf(one, settings)).map(({ seed }) => seed)).toEqual(seeds);
    expect(withSettings(config, chosen(trials, model)!)).toEqual(config);
  };
  it.each(TUNED)("%s was tried with all combinations, and has the one that is chosen", (model) => {
    expectChosen(GENERATOR_FAMILIES.find(({ name }) => name === model)!.config, model, shippedTrials());
  });
  const onColumns = (columns: TaskSeries) => {
    const trials = shippedTrials(columnTuning(columns));
    for (const [model, config] of Object.entries(columnPlan(columns).configs)) expectChosen(config, model, trials);
  };
  it("so were the models of the weather's columns", async () => onColumns(await seattleWeather()));
  it.skipIf(!hasTrace)("so were the models of the trace's columns", async () =>
    onColumns(traceColumns(await loadTrace(), REQUEST_COLUMNS)),
  );
  it.skipIf(!hasTrace)("so were those with a narrow likelihood", async () => onColumns({ series: requestSeries(await loadTrace()) }));
});
