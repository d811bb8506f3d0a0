/** The shipped runs: whole, small, and what their records say of them. */
import * as fs from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../lib/base/project";
import { readSafetensors } from "../lib/base/safetensors";
import { HISTORY, testPart } from "../lib/data/protocol";
import type { Series } from "../lib/data/series";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { mse } from "../lib/metrics/metrics";
import { loadModel } from "../lib/models/checkpoint";
import { KINDS } from "../lib/models/registry";
import type { TDLGM } from "../lib/models/tdlgm";
import { TABLE_FAMILIES } from "../lib/paper/plan";
import { type FoundRun, findRun, finishedRuns } from "../lib/paper/runs";
import { impute } from "../lib/training/imputation";
import { hasTrace } from "./trace-file";

process.env.TDLGM_RUNS = "shipped";
const shipped = path.join(projectRoot(), "data/runs");

describe("what the repository ships", () => {
  it("is small, and holds weights without the optimizer's moments", () => {
    const files = fs
      .readdirSync(shipped)
      .flatMap((name) => fs.readdirSync(path.join(shipped, name)).map((file) => path.join(shipped, name, file)));
    expect(files.reduce((sum, file) => sum + fs.statSync(file).size, 0)).toBeLessThan(20e6);
    for (const file of files.filter((name) => name.endsWith(".safetensors"))) {
      expect(Object.keys(readSafetensors(file).tensors).filter((name) => name.startsWith("adam."))).toEqual([]);
    }
  });

  it("says of each run how it came to be", () => {
    for (const name of fs.readdirSync(shipped)) {
      const record = JSON.parse(fs.readFileSync(path.join(shipped, name, "result.json"), "utf8"));
      expect(record).toMatchObject({ device: "CPU", data: { standIn: false } });
      expect(name).toContain(record.config.kind);
      expect(record.steps).toBe(record.config.steps);
      expect(record.history.at(-1).step).toBe(record.steps);
      expect(record.seconds).toBeGreaterThan(0);
      expect(record.versions.tensorflow).toMatch(/^\d+\.\d+/);
    }
  });
});

describe.skipIf(!hasTrace)("on the trace", () => {
  let series: Series;
  let runs: FoundRun[];
  beforeAll(async () => {
    series = requestSeries(await loadTrace());
    runs = TABLE_FAMILIES.flatMap(({ name }) => finishedRuns(series, name));
  });

  it("has a run for every seed, and none under another name", () => {
    expect(runs.length).toBe(TABLE_FAMILIES.reduce((n, { seeds }) => n + seeds, 0));
    expect(runs.every((run) => run.shipped)).toBe(true);
    expect(findRun("tdlgm-seed-99", series)).toBeNull();
  });

  it("imputes the clean test part as its record says", async () => {
    const clean = series.values.slice(-(HISTORY + 500));
    for (const { dir, record } of runs) {
      const model = await loadModel(dir);
      for (const xi of ["sample", "mean"] as const) {
        const error = mse(testPart(clean), testPart(await impute(model, clean, { seed: record.seed, xi, clean })));
        // Other processors round otherwise.
        expect(Math.abs(error / record.metrics.cleanMse[xi] - 1)).toBeLessThan(0.01);
      }
      model.dispose();
    }
  });

  it("imputes as well as it should: one draw of ξ and the posterior mean, averaged over seeds", () => {
    const limits = { tdlgm: [0.0015, 0.0003], dlgm: [0.002, 0.001], "dlgm-clean": [0.0015, 0.0003], rnn: [0.075, 0.075] };
    for (const [name, [sample, mean]] of Object.entries(limits)) {
      const errors = finishedRuns(series, name).map(({ record }) => record.metrics.cleanMse);
      const average = (xi: "sample" | "mean") => errors.reduce((sum, e) => sum + e[xi], 0) / errors.length;
      expect(average("sample"), name).toBeLessThanOrEqual(sample);
      expect(average("mean"), name).toBeLessThanOrEqual(mean);
    }
  });

  it.each(["tdlgm", "dlgm"] as const)("%s has the σ with the least validation error, of all candidates", (kind) => {
    const validation = (family: string) => {
      const runs = [0, 1, 2].map((seed) => findRun(`${family}-seed-${seed}`, series)!.record);
      return runs.reduce((sum, { history }) => sum + history[history.length - 1].validationMse, 0) / runs.length;
    };
    const others = ["sd-0.1", "sd-0.05", "sd-0.03", "sd-learned"].map((name) => validation(`${kind}-${name}`));
    expect(validation(kind)).toBeLessThan(Math.min(...others));
    expect((KINDS[kind].defaults as typeof TDLGM).likelihood).toEqual({ kind: "gaussian", sd: 0.02 });
  });

  it("the RNN of Table 1 is the family with the least validation error", () => {
    const validation = (name: string) => {
      const errors = finishedRuns(series, name).map(({ record }) => record.history[record.history.length - 1].validationMse);
      return errors.reduce((sum, e) => sum + e, 0) / errors.length;
    };
    expect(validation("rnn")).toBeLessThan(Math.min(validation("rnn-m10"), validation("rnn-two-layers")));
  });
});

describe.skipIf(!hasTrace)("no committed file holds a stretch of the series", () => {
  const LENGTH = 12;

  it("nor does any output of a committed notebook", async () => {
    const series = requestSeries(await loadTrace()).values;
    const key = (values: ArrayLike<number>, from: number) =>
      Array.from({ length: LENGTH }, (_, i) => Math.round(values[from + i] * 1000)).join();
    const stretches = new Set<string>();
    for (let t = 0; t + LENGTH <= series.length; t++) if (new Set(series.subarray(t, t + LENGTH)).size > 3) stretches.add(key(series, t));
    const found: string[] = [];
    const search = (value: unknown, where: string): void => {
      if (typeof value === "string" && value.length > 2 * LENGTH) search(value.match(/\d+(\.\d+)?/g)?.map(Number) ?? null, where);
      if (Array.isArray(value)) {
        const numbers = value.every((v) => typeof v === "number") ? value : [];
        for (const scale of [1, 0.001]) {
          const scaled = numbers.map((v: number) => v * scale);
          for (let i = 0; i + LENGTH <= scaled.length; i++) if (stretches.has(key(scaled, i))) found.push(where);
        }
      }
      if (value && typeof value === "object") for (const child of Object.values(value)) search(child, where);
    };
    const folder = path.join(projectRoot(), "notebooks");
    for (const name of fs.readdirSync(folder).filter((file) => file.endsWith(".ipynb"))) {
      const { cells } = JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"));
      for (const { outputs = [] } of cells)
        for (const { data = {}, text } of outputs) search([{ ...data, "image/png": undefined }, text], name);
    }
    expect(found).toEqual([]);
    search([{ y: Array.from(series.subarray(100, 140)) }], "a planted stretch");
    expect(found.length).toBeGreaterThan(0);
  });
});
