/** The shipped results follow from what is here: from the plan, from their weights, and README.md's tables from them. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../lib/base/project";
import type { Series } from "../lib/data/series";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { mean } from "../lib/metrics/metrics";
import { loadModel } from "../lib/models/checkpoint";
import { completeConfig } from "../lib/models/registry";
import { type LevelErrors, readErrors } from "../lib/paper/errors";
import { evaluate, type RunMetrics, weightsHash } from "../lib/paper/evaluate";
import { type PlannedRun, plannedRuns } from "../lib/paper/plan";
import { readMetrics } from "../lib/paper/results";
import type { RunRecord } from "../lib/paper/runs";
import { hasTrace } from "./trace-file";

const shipped = path.join(projectRoot(), "data/runs");
const folder = (name: string) => path.join(shipped, name);
const hasWeights = (name: string) => fs.existsSync(path.join(folder(name), "weights.safetensors"));

/** What is wrong with a run's shipped files, in words; nothing if all is well. */
function faults({ name, config, seed, share, from, group }: PlannedRun): string[] {
  const file = path.join(folder(name), "result.json");
  const metrics = readMetrics(folder(name));
  if (!fs.existsSync(file) || !metrics) return [`${name} is not shipped`];
  const record: RunRecord & { share?: number } = JSON.parse(fs.readFileSync(file, "utf8"));
  const found: string[] = [];
  const need = (what: string, ok: boolean) => ok || found.push(`${name}: ${what}`);
  // A record from before a setting had options has its default.
  need("settings as planned", isDeepStrictEqual(completeConfig({ ...record.config }), completeConfig(config)));
  need(
    "seed, share and steps as planned",
    record.seed === seed && record.share === share && record.from === from && record.steps === record.config.steps,
  );
  need("scores of this run", metrics.name === name && metrics.kind === config.kind && metrics.seed === seed);
  need("trained and evaluated on the same series, not a stand-in", metrics.series === record.data.series && !record.data.standIn);
  need("weights for tables and generators only", hasWeights(name) === (group === "tables" || group === "generators"));
  const errors = readErrors(folder(name), metrics.weights);
  need("errors for the tables only", (errors !== null) === (group === "tables"));
  const asScored = ({ level, squared }: LevelErrors) => {
    const score = metrics.imputation.find((s) => s.table === level.table && s.row === level.row && s.reading === level.reading);
    return score !== undefined && Math.abs(mean(squared.sample) / score.mse.sample - 1) < 1e-3;
  };
  need("errors that its scores are the means of", errors === null || errors.every(asScored));
  return found;
}

describe("the shipped runs", () => {
  it.each(["tables", "readings", "grid", "generators"] as const)("of group %s are all that are planned, as planned", (group) => {
    expect(plannedRuns(group).flatMap(faults)).toEqual([]);
  });

  it("are no others, and all on one series", () => {
    const names = fs.readdirSync(shipped);
    const planned = new Set(plannedRuns().map(({ name }) => name));
    expect(names.filter((name) => !planned.has(name))).toEqual([]);
    expect(new Set(names.map((name) => readMetrics(folder(name))?.series)).size).toBe(1);
  });

  it("have the scores of their weights", async () => {
    const names = fs.readdirSync(shipped).filter(hasWeights);
    expect(names.length).toBeGreaterThan(0);
    const stale: string[] = [];
    for (const name of names) {
      const model = await loadModel(folder(name));
      if (readMetrics(folder(name))?.weights !== weightsHash(model)) stale.push(name);
      model.dispose();
    }
    expect(stale).toEqual([]);
  });
});

/** Two scores' numbers, but for rounding in the shipped ones and by another processor. */
function expectClose(now: RunMetrics, then: RunMetrics): void {
  const close = (path: string, x: unknown, y: unknown): void => {
    if (typeof x === "number" && typeof y === "number" && !Number.isInteger(y)) {
      const tolerance = path.includes("mseVariance") || path.includes("filter") ? 0.1 : 0.01;
      expect(Math.abs(x - y), path).toBeLessThanOrEqual(tolerance * Math.abs(y) + 1e-9);
    } else if (x && y && typeof x === "object" && typeof y === "object") {
      expect(Object.keys(x), path).toEqual(Object.keys(y));
      for (const [key, value] of Object.entries(x)) close(`${path}.${key}`, value, (y as Record<string, unknown>)[key]);
    } else expect(x, path).toEqual(y);
  };
  const { errors: _inAFileOfTheirOwn, ...scores } = now;
  close(then.name, scores, then);
}

describe.skipIf(!hasTrace)("on the trace", () => {
  let series: Series;
  beforeAll(async () => {
    series = requestSeries(await loadTrace());
  });

  it.each(["tdlgm-seed-0", "dlgm-seed-0", "rnn-seed-0"])("the scores of %s come again from its weights", async (name) => {
    const then = readMetrics(folder(name)) as RunMetrics;
    expect(then?.series).toBe(series.hash);
    const model = await loadModel(folder(name));
    expectClose(await evaluate(model, series, { name, seed: then.seed }), then);
    model.dispose();
  });

  it("README.md's tables are those of the shipped runs", () => {
    expect(plannedRuns("tables").flatMap(faults)).toEqual([]); // a missing run would be trained
    const readme = fs.readFileSync(path.join(projectRoot(), "README.md"), "utf8");
    const copy = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-shipped-")), "README.md");
    fs.writeFileSync(copy, readme.replace(/(<!-- table[^>]*-->\n)[\s\S]*?(<!-- \/)/g, "$1$2"));
    const args = ["--import", "tsx", path.join(projectRoot(), "setup/tables.ts"), "--readme", copy];
    const env = { ...process.env, TDLGM_RUNS: "shipped" };
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: projectRoot(), env, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(fs.readFileSync(copy, "utf8")).toBe(readme);
    fs.rmSync(path.dirname(copy), { recursive: true });
  }, 300_000);
});
