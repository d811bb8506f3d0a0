/** The table of scores: what the paper prints, what trivial methods get, what runs' files hold, each number once and in its place. */
import * as path from "node:path";
import type { DataFrame } from "danfojs-node";
import { beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../lib/base/project";
import { split } from "../lib/data/protocol";
import { Series } from "../lib/data/series";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { mean, transitionCeiling } from "../lib/metrics/metrics";
import { type Entry, pivot, records, select, summarise, valuesOf } from "../lib/notebook/tidy";
import { type RunMetrics, STEPS } from "../lib/paper/evaluate";
import { NOISE_LEVELS, noiseName } from "../lib/paper/levels";
import { familiesOf, plannedRuns } from "../lib/paper/plan";
import { PAPER_CELLS, paperTable } from "../lib/paper/printed";
import { readMetrics } from "../lib/paper/results";
import type { RunRecord } from "../lib/paper/runs";
import { COLUMNS, filteredRnns, obtainScores, RNN_POPULATION, variantName } from "../lib/paper/scores";
import { fullTables, shortTables, tableErrors, tableScores } from "../lib/paper/tables";
import { imputerScores, samplerScores, samplers } from "../lib/paper/trivial";
import { chain } from "./data";
import { hasTrace } from "./trace-file";

const quick = { steps: 2, draws: 2, sequences: 5, seeds: 1 };

describe("on a series without runs", () => {
  const series = new Series(chain(700), ["v"]);
  let scores: DataFrame;
  const heard: string[] = [];
  const onProgress = (done: number, all: number, part = "") => void heard.push(`${done} of ${all} ${part}`);
  beforeAll(async () => {
    scores = await obtainScores(series, { families: ["rnn", "tdlgm"], trivial: ["identity", "AR(10)", "uniform"], quick, onProgress });
  });

  it("says what it works on: each step's training, each level's scores", () => {
    expect(heard[0]).toMatch(/^0 of 2 training rnn-seed-0, step \d of 2$/);
    expect(heard).toContain("0 of 2 scoring rnn-seed-0, 1 of 51");
    expect(heard).toContain("1 of 2 ");
    expect(heard.filter((line) => line.startsWith("1 of 2 scoring tdlgm-seed-0")).length).toBe(51);
    expect(heard.at(-1)).toBe("2 of 2 ");
  });

  it("a quick look trains and scores one seed of each family, and keeps nothing", () => {
    expect(scores.columns).toEqual([...COLUMNS]);
    expect([...new Set(records(scores).map(({ run }) => run))]).toEqual(["", "rnn-seed-0", "tdlgm-seed-0"]);
    expect(records(select(scores, { experiment: "training" }))).toEqual([]);
    const errors = { family: "tdlgm", metric: "mse", xi: "sample" };
    for (const experiment of ["table3", "biased"]) expect(select(scores, { ...errors, experiment }).shape[0]).toBe(20);
    const names = records(select(scores, { ...errors, experiment: "table1" })).map(noiseName);
    expect(names).toEqual(NOISE_LEVELS.slice(0, 9).map((level) => noiseName({ experiment: "table1", ...level })));
    expect(names[0]).toBe("no noise");
    expect(
      records(select(scores, { family: "rnn", experiment: "filter", row: 0 })).map(({ reading, metric }) => `${reading} ${metric}`),
    ).toEqual(["sd paper", "sd code", "variance paper", "variance code"]);
  });

  it("the paper's numbers stand beside every reading of theirs", () => {
    const printed = select(scores, { model: "paper" });
    for (const [table, metric] of [
      [1, "mse"],
      [1, "errorVariance"],
      [3, "mse"],
      [3, "errorVariance"],
    ] as const)
      for (const cell of paperTable(table).filter(({ column }) => (column === "MSE") === (metric === "mse"))) {
        const found = records(select(printed, { experiment: `table${table}`, family: `${cell.model}, paper`, row: cell.row, metric }));
        expect(found.map(({ value }) => value)).toEqual(cell.probability === 0 ? [cell.value] : [cell.value, cell.value]);
      }
    const second = select(printed, { experiment: "table2" });
    expect(second.shape[0]).toBe(PAPER_CELLS[2]);
    for (const { model, steps, value } of paperTable(2))
      expect(valuesOf(second, { family: `${model}, paper`, row: steps, reading: "code" })).toEqual([value]);
  });

  it("trivial methods have the scores that they are given elsewhere", () => {
    const levels = imputerScores(series, NOISE_LEVELS, quick.draws);
    const found = records(select(scores, { family: "AR(10)", metric: "mse" })).map(({ value }) => value);
    expect(found).toEqual(levels.map(({ mse }) => mse["AR(10)"]));
    const uniform = samplers(series).find(({ name }) => name === "uniform")!;
    const rounds = samplerScores(series, uniform, { sequences: quick.sequences, repetitions: 2 });
    STEPS.forEach((steps, i) => {
      const ours = { family: "uniform", experiment: "table2", row: steps, reading: "code" };
      expect(valuesOf(scores, { ...ours, metric: "score" })).toEqual(rounds.map((of) => of[i]));
      const ceiling = transitionCeiling(split(series.values).train);
      expect(valuesOf(scores, { ...ours, metric: "percent" })).toEqual(rounds.map((of) => (100 * of[i]) / ceiling));
    });
  });

  it("a sampler is scored by every reading of Algorithm 1 that its conditions name, by the published code's alone otherwise", async () => {
    const readings = (table: DataFrame) => [...new Set(records(select(table, { family: "uniform" })).map(({ reading }) => reading))];
    expect(readings(scores)).toEqual(["code"]);
    const all = await obtainScores(series, { families: [], trivial: { uniform: { reading: () => true } }, quick });
    expect(readings(all)).toEqual([...new Set(records(select(scores, { run: "rnn-seed-0", experiment: "table2" })).map((r) => r.reading))]);
    const across = variantName({ histories: "test", bins: 10, lag: "steps" });
    const uniform = samplers(series).find(({ name }) => name === "uniform")!;
    const rounds = samplerScores(series, uniform, { sequences: 500 - 30, repetitions: 2, bins: 10, lag: "steps" });
    const found = valuesOf(all, { family: "uniform", reading: across, row: 10, metric: "score" });
    expect(found).toEqual(rounds.map((of) => of[STEPS.indexOf(10)]));
  });

  it("holds the experiments that are asked for alone, and names what is not there", async () => {
    const few = await obtainScores(series, { families: [], trivial: ["identity"], experiments: ["table3"] });
    expect(new Set(records(few).map(({ experiment }) => experiment))).toEqual(new Set(["table3"]));
    expect(valuesOf(few, { family: "identity", row: 10, reading: "variance", metric: "mse" })[0]).toBeGreaterThan(0.01);
    const narrow = await obtainScores(series, { families: [], trivial: { identity: { row: 1, reading: "sd" } } });
    const places = records(select(narrow, { model: "trivial", metric: "mse" })).map(({ experiment }) => experiment);
    expect(places).toEqual(["table3", "biased"]); // Table 1's first row has no noise and no reading
    await expect(obtainScores(series, { families: ["tldgm"] })).rejects.toThrow("no family tldgm is planned");
    await expect(obtainScores(series, { families: [], trivial: ["luck"] })).rejects.toThrow("options.trivial: there is no method luck");
  });
});

describe.skipIf(!hasTrace)("on the trace", () => {
  let scores: DataFrame;
  beforeAll(async () => {
    scores = await tableScores(requestSeries(await loadTrace()));
  });
  const files = (name: string) => {
    const dir = path.join(projectRoot(), "data/runs", name);
    return { metrics: readMetrics(dir) as RunMetrics, record: require(path.join(dir, "result.json")) as RunRecord };
  };

  it.each(["tdlgm-seed-3", "rnn-m10-seed-1"])("%s has every number of its files, once", (name) => {
    const { metrics, record } = files(name);
    const rows = records(select(scores, { run: name }));
    const keys = rows.map(({ value, ...key }) => JSON.stringify(key));
    expect(new Set(keys).size).toBe(keys.length);
    const at = (key: Entry) => rows.filter((row) => Object.entries(key).every(([column, value]) => row[column] === value));
    for (const score of metrics.imputation)
      for (const metric of ["mse", "errorVariance", "mseVariance"] as const)
        for (const xi of ["sample", "mean"] as const) {
          const experiment = score.table === "biased" ? "biased" : `table${score.table}`;
          const reading = score.probability === 0 ? "" : score.reading;
          expect(at({ experiment, row: score.row, reading, metric, xi }).map(({ value }) => value)).toEqual([score[metric][xi]]);
        }
    for (const score of metrics.generation)
      expect(at({ experiment: "table2", row: score.steps, reading: variantName(score), metric: "score" })[0].value).toBe(score.score);
    for (const { steps, mse } of metrics.horizonMse) expect(at({ experiment: "horizon", row: steps })[0].value).toBe(mse);
    expect(at({ experiment: "free run" })[0].value).toBe(metrics.autocorrelation);
    const filter = { experiment: "filter", row: 0 };
    for (const [reading, p] of Object.entries(metrics.filter ?? {}))
      for (const metric of ["paper", "code"] as const)
        expect(at({ ...filter, reading, metric }).map(({ value }) => value)).toEqual([p[metric]]);
    for (const [reading, byDraw] of Object.entries(metrics.filterByDraw ?? {}))
      for (const [i, p] of byDraw.entries())
        for (const metric of ["paper", "code", "paired"] as const)
          expect(at({ ...filter, row: i + 1, reading, metric }).map(({ value }) => value)).toEqual([p[metric]]);
    const last = record.history[record.history.length - 1];
    const training = Object.fromEntries(at({ experiment: "training" }).map(({ metric, value }) => [metric, value]));
    expect(training).toMatchObject({
      validationMse: last.validationMse,
      seconds: record.seconds,
      steps: record.steps,
      restarts: record.restarts.length,
    });
    expect(rows.every(({ value }) => Number.isFinite(value))).toBe(true);
  });

  it("every planned run is found, with no value missing", async () => {
    const families = (["tables", "readings", "grid"] as const).flatMap(familiesOf);
    const all = await obtainScores(requestSeries(await loadTrace()), { families, trivial: [] });
    const rows = records(all);
    expect(new Set(rows.map(({ run }) => run)).size).toBe(plannedRuns().length + 1);
    expect(rows.filter(({ value }) => !Number.isFinite(value))).toEqual([]);
  });

  it("the filters keep p <= .7 and p < .9 of the 30, by reading", () => {
    for (const [filter, family] of [
      ["paper", "RNN, filtered"],
      ["code", "RNN, filtered as coded"],
    ] as const) {
      const rows = records(filteredRnns(scores, filter));
      expect(rows.every((row) => row.family === family)).toBe(true);
      for (const reading of ["sd", "variance"] as const) {
        const kept = plannedRuns("tables")
          .filter((run) => (RNN_POPULATION as readonly string[]).includes(run.family))
          .filter(({ name }) => {
            const p = files(name).metrics.filter![reading][filter];
            return filter === "paper" ? p <= 0.7 : p < 0.9;
          })
          .map(({ name }) => name);
        const found = rows.filter((row) => row.row === 5 && row.reading === reading && row.metric === "mse" && row.xi === "mean");
        expect(found.map(({ run }) => run)).toEqual(kept);
      }
    }
  });

  it("a pivot's number is the mean of its runs' files", () => {
    const errors = select(scores, { experiment: "table3", metric: "mse", xi: ["sample", ""], row: 10, reading: "variance" });
    const table = pivot(summarise(errors, ["experiment", "row", "reading", "family"]), { rows: { noise: noiseName }, columns: "family" });
    const column = table.columns.indexOf("dlgm-clean");
    const values = table.runs[0][column].map(
      (name) => files(name).metrics.imputation.find((s) => s.table === 3 && s.row === 10 && s.reading === "variance")!.mse.sample,
    );
    expect(values.length).toBe(5);
    expect((table.values as string[][])[0][column].split(" ")[0]).toBe(mean(values).toFixed(4));
  });

  it("tables name the runs of every number of ours, and have as many cells as columns", async () => {
    const errors = await tableErrors(requestSeries(await loadTrace()));
    const [plain, short] = [shortTables(scores), shortTables(scores, errors)];
    for (const [t, { id, rows }] of short.entries())
      for (const [r, row] of rows.entries())
        for (const [c, { text }] of row.entries()) {
          const interval = /^(\d\.\d+) .* \[(\d\.\d+), (\d\.\d+)\]$/.exec(text)?.slice(1).map(Number);
          expect(interval !== undefined, `${id}: ${text}`).toBe(/±/.test(text) && id !== "table2-short");
          if (interval) expect([...interval].sort((a, b) => a - b)).toEqual([interval[1], interval[0], interval[2]]);
          expect(text.replace(/ \[.*/, "")).toBe(plain[t].rows[r][c].text);
        }
    const tables = [...plain, ...fullTables(scores)];
    const names = new Set(plannedRuns("tables").map(({ name }) => name));
    for (const { id, columns, rows } of tables) {
      expect(rows.length, id).toBeGreaterThan(2);
      for (const row of rows) {
        expect(row.length, id).toBe(columns.length);
        for (const { text, runs } of row) {
          if (/±/.test(text)) expect(runs?.length, text).toBe(Number(/\((\d+)\)$/.exec(text)![1]));
          for (const run of runs ?? []) expect(names.has(run)).toBe(true);
        }
      }
    }
    expect(new Set(tables.map(({ id }) => id)).size).toBe(tables.length);
  });
});
