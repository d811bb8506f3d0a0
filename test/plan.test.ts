import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { gpuRequests, loadTrace } from "../lib/data/trace";
import { DLGM } from "../lib/models/dlgm";
import { completeConfig, type FullConfig } from "../lib/models/registry";
import { RNN, type RnnConfig } from "../lib/models/rnn";
import { TDLGM } from "../lib/models/tdlgm";
import {
  ABLATION,
  ABLATION_CONTROLS,
  GRID_SIZE,
  LEARNING_CURVE,
  plannedRuns,
  READINGS,
  TABLE_FAMILIES,
  TRACE_VALUES,
} from "../lib/paper/plan";
import { hasTrace, trace } from "./trace-file";

const all = plannedRuns();
const numbered = (name: string, seeds: number) => Array.from({ length: seeds }, (_, seed) => `${name}-seed-${seed}`);
const complete = (config: (typeof all)[number]["config"]) => completeConfig(config) as FullConfig;

describe("the planned runs", () => {
  it("have names of their own, good for a folder, and every group is part of the whole", () => {
    const names = all.map((run) => run.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z0-9.-]+$/.test(name))).toEqual([]);
    expect((["tables", "readings", "grid", "generators"] as const).flatMap((group) => plannedRuns(group))).toEqual(all);
  });

  it("have settings that are complete by the defaults, none twice with one seed", () => {
    const made = all.map(({ config, seed, share, from }) => JSON.stringify([complete(config), seed, share, from]));
    expect(new Set(made).size).toBe(made.length);
  });

  it("are the same whenever they are asked for", () => expect(plannedRuns()).toEqual(all));
});

describe("the tables' runs", () => {
  const runs = plannedRuns("tables");
  it("are 10 of tDLGM, 15 of DLGM and 35 of the RNN", () => {
    const count = (kind: string) => runs.filter((run) => run.config.kind === kind).length;
    expect([count("tdlgm"), count("dlgm"), count("rnn"), runs.length]).toEqual([10, 15, 35, 60]);
    expect(runs.map((run) => run.name)).toEqual([
      ...numbered("tdlgm", 10),
      ...numbered("dlgm", 10),
      ...numbered("dlgm-clean", 5),
      ...numbered("rnn", 10),
      ...numbered("rnn-m10", 10),
      ...numbered("rnn-two-layers", 10),
      ...numbered("rnn-clean", 5),
    ]);
    for (const { name, seed, group, share } of runs)
      expect([name.endsWith(`-seed-${seed}`), group, share]).toEqual([true, "tables", undefined]);
  });

  it("train tDLGM on unaltered data, DLGM and RNN on noisy data and, beside it, without noise", () => {
    const of = (name: string) => complete(TABLE_FAMILIES.find((family) => family.name === name)!.config);
    expect([of("tdlgm"), of("dlgm"), of("rnn")]).toEqual([TDLGM, DLGM, RNN]);
    expect(TDLGM.trainingNoise).toBeNull();
    expect([DLGM.trainingNoise, RNN.trainingNoise]).toEqual(new Array(2).fill({ probability: 0.5, sd: 0.1 }));
    expect(of("dlgm-clean")).toEqual({ ...DLGM, trainingNoise: null });
    expect(of("rnn-clean")).toEqual({ ...RNN, trainingNoise: null });
  });

  it("hold three configurations of the authors' grid for the RNN's filter", () => {
    const three = TABLE_FAMILIES.filter(({ config, seeds }) => config.kind === "rnn" && seeds === 10).map(
      ({ config }) => complete(config) as RnnConfig,
    );
    expect(three).toHaveLength(3);
    expect(new Set(three.map(({ m, L, H }) => `${m} ${L} ${H}`)).size).toBe(3);
    for (const { m, L, H } of three) {
      expect(m >= 8 && m <= 30, `m ${m}`).toBe(true);
      expect(L === 1 || L === 2, `L ${L}`).toBe(true);
      expect(H >= 32 && H <= 64, `H ${H}`).toBe(true);
    }
  });
});

describe("the readings' runs", () => {
  it("are the seeds of every option and every control of the ablation, and one of every stretch of the learning curve", () => {
    const options = [...READINGS, ...ABLATION_CONTROLS].flatMap(({ name, seeds }) => numbered(name, seeds));
    const { kinds, stretches } = LEARNING_CURVE;
    const parts = kinds.flatMap((kind) => stretches.map(({ share, from }) => `${kind}-share-${share}-from-${from}-seed-0`));
    expect(plannedRuns("readings").map((run) => run.name)).toEqual([...options, ...parts]);
    for (const { name, config, share, from } of plannedRuns("readings")) {
      const named = /^(\w+)-share-(.+)-from-(.+)-seed/.exec(name);
      expect([share, from], name).toEqual(named ? [Number(named[2]), Number(named[3])] : [undefined, undefined]);
      if (named) expect(config, name).toEqual({ kind: named[1], restartAfter: 0 });
    }
  });

  it("lie all over the training part, several of a size, the first at its start and the last at its end", () => {
    for (const size of [0.1, 0.25, 0.5]) {
      const places = LEARNING_CURVE.stretches.filter(({ share }) => share === size).map(({ from }) => from);
      expect(places.length).toBeGreaterThanOrEqual(3);
      expect([places[0], places[places.length - 1]]).toEqual([0, 1 - size]);
    }
  });

  it("change what they name, and restart nothing", () => {
    const defaults: Record<string, FullConfig> = { tdlgm: TDLGM, dlgm: DLGM, rnn: RNN };
    for (const { name, config, seeds } of READINGS) {
      const [full, base] = [complete(config), defaults[config.kind]];
      const differs = Object.keys(base).filter(
        (key) => JSON.stringify(full[key as keyof FullConfig]) !== JSON.stringify(base[key as keyof FullConfig]),
      );
      expect(full.restartAfter, name).toBe(0);
      expect(name.startsWith(`${config.kind}-`), name).toBe(true);
      expect(seeds, name).toBe(3);
      // one setting; the bounded and the categorical likelihoods, and several ξ a value, may go with a β of their
      // own, a k that is a distribution with an α
      if (["rnn-by-heart", "tdlgm-published"].includes(name) || name.endsWith("constant-rate")) continue; // several by their nature
      const long = differs.includes("steps") && name.includes("-steps-");
      const allowed = long ? ["restartAfter", "validateEvery", name.includes("one-layer") ? "L" : "likelihood"] : ["restartAfter"];
      const goesWith: Record<string, string[]> = { beta: ["likelihood", "latents"], alpha: ["k"] };
      const changes = differs.filter((key) => !allowed.includes(key) && !goesWith[key]?.some((other) => differs.includes(other)));
      expect(changes, name).toHaveLength(1);
    }
  });

  it("try every choice that the settings leave open", () => {
    const tried = (kind: string, key: string) =>
      new Set(
        READINGS.filter(({ config }) => config.kind === kind).map(
          ({ config }) => (complete(config) as unknown as Record<string, unknown>)[key],
        ),
      );
    expect(tried("tdlgm", "state")).toEqual(new Set(["both", "cell", "output"]));
    expect(tried("tdlgm", "transition")).toEqual(new Set(["above", "below"]));
    expect(tried("tdlgm", "window")).toEqual(new Set(["past", "inclusive"]));
    expect(tried("tdlgm", "mixing")).toEqual(new Set(["matrix", "mlp"]));
    expect(tried("tdlgm", "latents")).toEqual(new Set(["one", "sequence"]));
    for (const kind of ["tdlgm", "dlgm"]) expect(tried(kind, "networks"), kind).toEqual(new Set(["tanh", "relu"]));
    expect(tried("tdlgm", "posterior")).toEqual(new Set(["rankOne", "diagonal", "sigmoid"]));
    expect(tried("tdlgm", "L")).toEqual(new Set([1, 2, 3]));
    expect(tried("dlgm", "windowEnd")).toEqual(new Set(["observed", "clean"]));
    expect(tried("dlgm", "trainingTarget")).toEqual(new Set(["clean", "noisy"]));
    expect(tried("rnn", "ahead")).toEqual(new Set([1, 2]));
    expect(tried("rnn", "trainingTarget")).toEqual(new Set(["clean", "noisy"]));
  });
});

describe("the ablation's runs", () => {
  it("change the paper's model, which is smaller here, by what they name, and are trained alike", () => {
    const [base, ...others] = ABLATION;
    expect(base.changes).toEqual([]);
    const settings = { prior: "prior", value: "transition", q: "recognition", categorical: "likelihood" } as const;
    for (const { name, config, changes, seeds } of others) {
      const [own, paper] = [complete(config), complete(base.config)] as unknown as Record<string, unknown>[];
      const differs = Object.keys(paper).filter((key) => JSON.stringify(own[key]) !== JSON.stringify(paper[key]));
      expect(differs.sort(), name).toEqual(changes.map((change) => settings[change]).sort());
      expect(seeds, name).toBe(3);
    }
    expect(new Set(ABLATION.map(({ changes }) => changes.join())).size).toBe(ABLATION.length);
  });
});

describe("the grid's runs", () => {
  const runs = plannedRuns("grid");
  it("are 20 a kind, all different, with one seed", () => {
    expect(GRID_SIZE).toBe(20);
    const names = ["tdlgm", "dlgm", "rnn"].flatMap((kind) =>
      Array.from({ length: 20 }, (_, i) => `grid-${kind}-${String(i).padStart(2, "0")}`),
    );
    expect(runs.map((run) => run.name)).toEqual(names);
    expect(new Set(runs.map((run) => JSON.stringify(run.config))).size).toBe(60);
    expect(new Set(runs.map((run) => run.seed)).size).toBe(1);
  });

  it("lie in the authors' ranges, H up to 128, with at most 3,000 steps of batches of 10", () => {
    for (const { name, config } of runs) {
      const full = complete(config);
      const within = (key: string, low: number, high: number, whole = true) => {
        const value = (full as unknown as Record<string, number>)[key];
        expect(value, `${name}, ${key}`).toBeGreaterThanOrEqual(low);
        expect(value, `${name}, ${key}`).toBeLessThanOrEqual(high);
        if (whole) expect(Number.isInteger(value), `${name}, ${key}`).toBe(true);
      };
      within("m", 8, 30);
      within("H", 32, 128);
      if (full.kind !== "rnn") within("K", 4, 64);
      within("L", full.kind === "tdlgm" ? 2 : 1, full.kind === "tdlgm" ? 3 : 2); // the top layer of tDLGM has no state
      within("learningRate", 1e-9, 1e-3, false);
      within("batch", 10, 10);
      within("steps", 1, 3000);
      expect(full.restartAfter, name).toBe(0);
    }
  });

  it("reach over the ranges, not into a corner of them", () => {
    for (const kind of ["tdlgm", "dlgm", "rnn"]) {
      const configs = runs.filter(({ config }) => config.kind === kind).map(({ config }) => complete(config));
      const spread = (values: number[]) => [Math.min(...values), Math.max(...values)];
      const [[leastM, mostM], [leastH, mostH], [least, most]] = [
        spread(configs.map((c) => c.m)),
        spread(configs.map((c) => c.H)),
        spread(configs.map((c) => Math.log10(c.learningRate))),
      ];
      expect(mostM - leastM, kind).toBeGreaterThan(10);
      expect(mostH / leastH, kind).toBeGreaterThan(2);
      expect(most - least, kind).toBeGreaterThan(3);
      expect(new Set(configs.map((c) => (c as RnnConfig).L)).size, kind).toBe(2);
    }
  });

  it("keep their settings: shipped results bear these names", () => {
    const text = JSON.stringify(
      runs.map(({ name, config, seed }) => [name, seed, Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1))]),
    );
    expect(createHash("sha256").update(text).digest("hex").slice(0, 16)).toBe("c3ffbfbbd7489cbf");
  });
});

describe("TRACE_VALUES", () => {
  it("are ascending and different", () => expect([...new Set(TRACE_VALUES)].sort((a, b) => a - b)).toEqual(TRACE_VALUES));

  it.skipIf(!hasTrace)("are the values that occur in the trace", async () => {
    const values = [...new Set(gpuRequests(await loadTrace(trace)))].sort((a, b) => a - b);
    expect(values).toHaveLength(22);
    expect(Array.from(TRACE_VALUES, Math.fround)).toEqual(values);
  });
});
