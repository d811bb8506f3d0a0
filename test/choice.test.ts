/** How the generators' settings are chosen, and that the named ones are the chosen ones. */
import { describe, expect, it } from "vitest";
import { chosen, combinations, isOf, shippedTrials, TRIAL_SEEDS, type Trial, TUNED, withSettings } from "../lib/paper/choice";
import { NAMED_CONFIGS } from "../lib/paper/plan";

const trial = (changes: Partial<Trial>): Trial => ({ model: "a", ...combinations[0]!, seed: 0, nll: 1, seconds: 1, ...changes });
const seeds = Array.from({ length: TRIAL_SEEDS }, (_, seed) => seed);

describe("the choice of settings", () => {
  it("takes the least mean of the combinations that all seeds were trained with", () => {
    const [first, second, third] = combinations;
    const trials = [
      ...seeds.map((seed) => trial({ ...first, seed, nll: 1.2 })),
      ...seeds.map((seed) => trial({ ...second, seed, nll: 1 + 0.1 * seed })),
      trial({ ...third, nll: 0.1 }),
      ...seeds.map((seed) => trial({ ...third, model: "b", seed, nll: 0.2 })),
    ];
    expect(chosen(trials, "a")).toMatchObject({ ...second, nll: expect.closeTo(1.1, 12) });
    expect(chosen(trials, "c")).toBeNull();
  });

  it("puts each setting where the model has it", () => {
    const settings = { dropout: 0.25, learningRate: 0.01, steps: 7 };
    expect(withSettings(NAMED_CONFIGS.vrnn, settings)).toMatchObject(settings);
    const { dropout, ...others } = settings;
    expect(withSettings(NAMED_CONFIGS["tdlgm-memory"], settings)).toMatchObject({ ...others, memory: { dropout, freeBits: 0.02 } });
  });

  it.each(TUNED)("%s was tried with all combinations, and has the best one", (model) => {
    const trials = shippedTrials().filter((one) => one.model === model);
    for (const settings of combinations) expect(trials.filter((one) => isOf(one, settings)).map(({ seed }) => seed)).toEqual(seeds);
    const config = NAMED_CONFIGS[model];
    expect(withSettings(config, chosen(trials, model)!)).toEqual(config);
  });
});
