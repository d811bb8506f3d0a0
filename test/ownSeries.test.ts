/** One's own series: loading, scaling, describing, repairing, and the command. */
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { generator } from "../lib/base/random";
import { describe as describeSeries } from "../lib/data/describe";
import { decimalsOf, loadSeries } from "../lib/data/loadSeries";
import { SCALES, scalingOf } from "../lib/data/scaling";
import { boundsOf, changedByDecimals, repairOwn } from "../lib/inference/ownSeries";
import { interpolated, localLevelSmoother } from "../lib/inference/usual";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "own-series-"));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  const at = path.join(folder, name);
  fs.writeFileSync(at, text);
  return at;
};
const weather = file("weather.csv", 'date,t,"a, b"\n2020-01-01,-3,1.5\n2020-01-02,,2\n2020-01-04,7,NA\n2020-01-05,1e1,4\n');

describe("loadSeries", () => {
  it("reads integers, negative numbers, gaps, dates and several columns", async () => {
    const loaded = await loadSeries(weather, { columns: ["t", "a, b"], time: "date" });
    expect(Array.from(loaded.own("t"))).toEqual([-3, Number.NaN, 7, 10]);
    expect(Array.from(loaded.own("a, b"))).toEqual([1.5, 2, Number.NaN, 4]);
    expect(loaded.decimals[1]).toEqual([1, 0, Number.NaN, 0]);
    expect(loaded.times![1]).toBe(Date.UTC(2020, 0, 2));
    expect(() => loaded.series).toThrow(/weather\.csv, line 3, column t: the value is missing; repair it first$/);
  });
  test.each(SCALES)("undoes the scale %s", async (scale) => {
    const loaded = await loadSeries(weather, { columns: ["t"], scale });
    const back = loaded.undo(loaded.scaled("t"), "t");
    for (const [t, v] of [-3, Number.NaN, 7, 10].entries()) if (t !== 1) expect(back[t]).toBeCloseTo(v, 4);
    expect(back[1]).toBeNaN();
  });
  it("splits by share and by date", async () => {
    const loaded = await loadSeries(weather, { columns: ["t"], time: "date" });
    const parts = { train: { from: 0, to: 2 }, validation: { from: 2, to: 3 }, test: { from: 3, to: 4 } };
    expect(loaded.split({ validation: 0.25, test: 0.25 })).toEqual(parts);
    expect(loaded.split({ validation: "2020-01-03", test: "2020-01-05" })).toEqual(parts);
    expect(() => loaded.split({ validation: 0.9, test: 0.2 })).toThrow(/^at must be so that no part is empty/);
  });
  test.each([
    ["t\n1\nx\n", ["t"], {}, /, line 3, column t: "x" is not a number$/],
    ["t\n1\n2\n", ["u"], {}, /, line 1: the header has no column u; it has t$/],
    ["t\n\n,\n", ["t"], {}, /, line 3: the row is too long/],
    [
      "d,t\n2020-01-02,1\n2020-01-01,2\n",
      ["t"],
      { time: "d" },
      /, line 3, column d: 2020-01-01 lies before the row above; sort the file by time$/,
    ],
    ["d,t\nsoon,1\n", ["t"], { time: "d" }, /, line 2, column d: "soon" is not a date/],
    ["d,t\n1,\n2,NA\n", ["t"], {}, /, line 2, column t: every value is missing$/],
  ])("names what is wrong with %j", async (text, columns, more, message) => {
    await expect(loadSeries(file("bad.csv", text), { columns, ...more })).rejects.toThrow(message);
  });
  it("counts decimals as they are written", () => {
    expect(["3", "3.10", "0.125", "1e-3", "1.5e1", "-2.50e-1"].map(decimalsOf)).toEqual([0, 1, 3, 3, 0, 2]);
  });
  it("refuses a scale for a constant", () => {
    expect(() => scalingOf(Float64Array.of(1, 1), "minmax", "x")).toThrow(/^x: its values are too much alike/);
  });
});

/** A slow wave with three decimals. */
const wave = Float64Array.from({ length: 200 }, (_, t) => Number((10 * Math.sin(t / 15) + 20).toFixed(3)));
const random = generator(0, "wave");
const broken: number[] = [];
const noisy = wave.map((v, t) => {
  const [u, e] = [random.uniform(), random.normal()];
  if (u < 0.15) broken.push(t);
  return u < 0.1 ? v + 4 * e : u < 0.15 ? Number.NaN : v;
});
const error = (values: Float64Array) => broken.reduce((sum, t) => sum + (values[t]! - wave[t]!) ** 2, 0) / broken.length;

describe("describe", () => {
  it("tells symbols from curves", () => {
    const symbols = describeSeries(
      Float64Array.from({ length: 400 }, (_, t) => t % 3),
      "s",
    );
    expect(symbols).toMatchObject({ length: 400, missing: 0, different: 3, repeats: 1 });
    expect(symbols.sentence).toMatch(/^s takes few values .*categorical.*too short for a network\.$/);
    const curve = describeSeries(noisy, "w");
    expect(curve.sentence).toMatch(/^w is real-valued.*neighbours are much alike.* of 200 values are missing\.$/);
    expect(describeSeries(Float64Array.of(0, 1, 0, 1)).lag1).toBe(-1);
  });
});

describe("repairOwn", () => {
  it("beats straight lines and a local level, keeps what was left alone, and repeats itself", () => {
    const repaired = repairOwn({ values: noisy }, { seed: 0, particles: 60 });
    expect(error(repaired.smoother.mean)).toBeLessThan(error(interpolated(noisy)));
    expect(error(repaired.smoother.mean)).toBeLessThan(error(localLevelSmoother(noisy)));
    expect(repaired.smoother.mean.every((v) => Number.isFinite(v))).toBe(true);
    const again = repairOwn({ values: noisy }, { seed: 0, particles: 60 });
    expect(again.smoother).toEqual(repaired.smoother);
  });
  it("uses decimals that give the changed values away", () => {
    const decimals = Array.from(noisy, (v, t) => (Number.isNaN(v) ? Number.NaN : v === wave[t] ? 3 : 12));
    const changed = changedByDecimals(decimals, noisy)!;
    noisy.forEach((v, t) => {
      if (!Number.isNaN(v)) expect(changed[t]! > 0.5).toBe(v !== wave[t]);
    });
    const repaired = repairOwn({ values: noisy, decimals }, { seed: 0, particles: 60 });
    wave.forEach((v, t) => {
      if (noisy[t] === v) expect(repaired.smoother.mean[t]).toBe(v);
    });
  });
  it("tells noise by decimals from other reasons for them", () => {
    const random = generator(2, "decimals");
    const told = (value: (t: number) => number) => {
      const values = Float64Array.from({ length: 200 }, (_, t) => value(t));
      return changedByDecimals(
        Array.from(values, (v) => decimalsOf(String(v))),
        values,
      );
    };
    const whole = () => Math.round(50 * random.normal());
    const off = Array.from({ length: 200 }, () => random.uniform() < 0.1);
    for (const places of [1, 2, 15]) {
      const changed = told((t) => (off[t] ? Number((whole() + random.normal()).toFixed(places)) : whole()))!;
      // With one decimal a tenth of the changed values look whole.
      const seen = off.filter((is, t) => is && changed[t] === 1).length;
      expect(seen).toBeGreaterThan(off.filter((is) => is).length * 0.7);
      expect(off.every((is, t) => is || changed[t]! < 0.05)).toBe(true);
    }
    expect(told(() => whole())).toBeUndefined();
    expect(told((t) => (off[t] ? whole() + 0.5 : whole()))).toBeUndefined();
    expect(told((t) => (off[t] ? whole() + [0.25, 0.5, 0.75][t % 3]! : whole()))).toBeUndefined();
    expect(told((t) => (t < 60 ? Number((whole() / 10).toFixed(1)) : whole()))).toBeUndefined();
    for (const digits of [3, 6, 17]) {
      expect(told(() => Number(random.normal().toPrecision(digits)))).toBeUndefined();
      expect(told(() => Number(Math.exp(random.normal()).toPrecision(digits)))).toBeUndefined();
      expect(told(() => Number((10 + 5 * random.normal()).toPrecision(digits)))).toBeUndefined();
    }
    expect(changedByDecimals([1, 2, 2, 1, 2, 2], Float64Array.of(0.1, 0.12, 0.13, 0.4, 0.25, 0.36))).toBeUndefined();
  });
  it("sees bounds where values pile up", () => {
    expect(boundsOf(Float64Array.from({ length: 100 }, (_, t) => Math.max(0, t - 20)))).toEqual({ low: 0, high: Number.POSITIVE_INFINITY });
  });
  it("names what is wrong", () => {
    expect(() => repairOwn({ values: new Float64Array(100) }, { seed: 0 })).toThrow(/^values must be not all equal/);
    expect(() => repairOwn({ values: Float64Array.of(1, 2) }, { seed: 0 })).toThrow(/^values must be 30 values or more/);
  });
});

describe("npm run repair", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path.resolve("node_modules/tsx/dist/cli.mjs"), "setup/repair.ts", ...args], { encoding: "utf8" });
  it("keeps columns and rows, adds three, fills gaps, and writes a page", () => {
    const rows = Array.from(noisy, (v, t) => `"row ${t}, ""x""",${Number.isNaN(v) ? "" : v}`);
    const from = file("in.csv", `name,v\n${rows.join("\n")}\n`);
    const out = path.join(folder, "out.csv");
    const text = execFileSync(
      process.execPath,
      [path.resolve("node_modules/tsx/dist/cli.mjs"), "setup/repair.ts", from, "--column", "v", "--out", out, "--particles", "30"],
      { encoding: "utf8" },
    );
    expect(text).toMatch(/done in .* 200 values by/);
    const lines = fs.readFileSync(out, "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("name,v,v_repaired,v_low,v_high");
    expect(lines).toHaveLength(201);
    lines.slice(1).forEach((line, t) => {
      expect(line.startsWith(rows[t]!)).toBe(true);
      const [mean, low, high] = line
        .slice(rows[t]!.length + 1)
        .split(",")
        .map(Number);
      expect([mean, low, high].every((x) => Number.isFinite(x))).toBe(true);
      expect(low).toBeLessThanOrEqual(high!);
    });
    expect(fs.readFileSync(path.join(folder, "out.html"), "utf8")).toMatch(/<h1>v, repaired<\/h1>[\s\S]*<svg/);
  }, 60_000);
  test.each([
    [[], /^one CSV file is to be named: npm run repair/],
    [[weather, "--column", "u", "--out", path.join(folder, "o.csv")], /weather\.csv, line 1: the header has no column u/],
    [[weather, "--column", "t", "--out", weather], /^--out must be another file/],
    [[weather, "--column", "t", "--out", path.join(folder, "o.csv")], /column t: 3 values are too few; 30 are needed/],
  ])(
    "says in one line what is wrong with %j",
    (args, message) => {
      const { status, stderr } = run(...args);
      expect(status).toBe(1);
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(fs.existsSync(path.join(folder, "o.csv"))).toBe(false);
    },
    30_000,
  );
});
