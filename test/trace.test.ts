import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as dfd from "danfojs-node";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addNoise } from "../lib/data/noise";
import { split } from "../lib/data/protocol";
import { firstOrderTransitions, STAND_IN_LENGTH, standInValues, transitionsFile } from "../lib/data/standIn";
import { COLUMNS, gpuRequests, isStandIn, loadTrace } from "../lib/data/trace";
import { hasTrace, trace } from "./trace-file";

const HEADER = Object.keys(COLUMNS).join(",");
const ROWS = ["a,1000,2048,1,500,,LS,Running,0,90,10", "b,2000,4096,0,0,,BE,Failed,5,80,", "c,3000,8192,2,1000,,LS,Pending,7,70,9"];
const CSV = `${[HEADER, ...ROWS].join("\n")}\n`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "trace-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

function write(content: string | Uint8Array): string {
  const file = path.join(folder, "pods.csv");
  writeFileSync(file, content);
  return file;
}

/** The rows above with one field of one row (from 0) replaced. */
function withField(row: number, column: string, field: string): string {
  const rows = ROWS.map((text) => text.split(","));
  rows[row]![Object.keys(COLUMNS).indexOf(column)] = field;
  return [HEADER, ...rows.map((fields) => fields.join(","))].join("\n");
}

async function errorOf(content: string | Uint8Array): Promise<string> {
  const file = write(content);
  const error = await loadTrace(file).then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect(error!.message).toContain(file);
  return error!.message.slice(file.length);
}

describe("loadTrace on a good file", () => {
  const variants: [string, string | Uint8Array][] = [
    ["plain", CSV],
    ["CRLF", CSV.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${CSV}`],
    ["no newline at the end", CSV.trimEnd()],
    ["blank lines at the end", `${CSV}\n\n`],
    ["blanks around numbers", CSV.replace(",500,", ", 500 ,")],
    ["columns in another order", [HEADER, ...ROWS].map((line) => line.split(",").reverse().join(",")).join("\n")],
  ];
  test.each(variants)("%s", async (_, content) => {
    const frame = await loadTrace(write(content));
    expect(frame.shape).toEqual([3, 11]);
    expect([...frame.columns].sort()).toEqual(Object.keys(COLUMNS).sort());
    expect(frame.column("gpu_milli").values).toEqual([500, 0, 1000]);
    expect(frame.column("name").values).toEqual(["a", "b", "c"]);
    expect(frame.column("scheduled_time").values).toEqual([10, null, 9]);
    expect(frame.column("gpu_spec").values).toEqual(["", "", ""]);
    expect(frame.column("cpu_milli").dtype).toBe("int32");
    expect(frame.column("qos").dtype).toBe("string");
    expect(isStandIn(frame)).toBe(false);
    expect(gpuRequests(frame)).toEqual(Float32Array.of(0.5, 0, 1));
  });

  test("quoted fields may hold commas, quotes and newlines, and the line numbers count them", async () => {
    const content = withField(0, "gpu_spec", '"V100, ""big""\nT4"');
    const frame = await loadTrace(write(content));
    expect(frame.column("gpu_spec").values).toEqual(['V100, "big"\nT4', "", ""]);
    expect(await errorOf(content.replace(",1000,,LS,Pending", ",1001,,LS,Pending"))).toMatch(
      /, line 5, column gpu_milli: 1001 is above 1000$/,
    );
  });

  test.each(Object.keys(COLUMNS).filter((name) => name !== "gpu_milli"))("the column %s may be missing, or have gaps", async (name) => {
    const at = Object.keys(COLUMNS).indexOf(name);
    const without = [HEADER, ...ROWS].map((line) =>
      line
        .split(",")
        .filter((_, column) => column !== at)
        .join(","),
    );
    expect(gpuRequests(await loadTrace(write(without.join("\n"))))).toEqual(Float32Array.of(0.5, 0, 1));
    const gap = await loadTrace(write(withField(1, name, "")));
    expect(gap.column(name).values[1]).toBe(["name", "gpu_spec", "qos", "pod_phase"].includes(name) ? "" : null);
  });

  test("gpu_milli alone is enough; columns of other lists are text", async () => {
    expect(gpuRequests(await loadTrace(write("gpu_milli\n500\n0\n")))).toEqual(Float32Array.of(0.5, 0));
    const other = await loadTrace(write("node,gpu_milli,constructor\nn1,500,x\n"));
    expect(other.column("node").values).toEqual(["n1"]);
    expect(other.column("constructor").values).toEqual(["x"]);
  });

  test("times in milliseconds, and before the start, keep their values", async () => {
    const frame = await loadTrace(write(withField(0, "creation_time", "1700000000000").replace(",80,", ",-80,")));
    expect(frame.column("creation_time").values).toEqual([1700000000000, 5, 7]);
    expect(frame.column("creation_time").dtype).toBe("float32");
    expect(frame.column("deletion_time").values).toEqual([90, -80, 70]);
  });

  test("a fraction of a thousandth keeps its digits", async () => {
    const frame = await loadTrace(write(withField(0, "gpu_milli", "0.5")));
    expect(frame.column("gpu_milli").dtype).toBe("float32");
    expect(gpuRequests(frame)[0]).toBe(Math.fround(0.0005));
  });
});

describe("loadTrace on a bad file: one error with file, line and column", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["empty", "", /^, line 1: the file is empty/],
    ["only blanks", " \n\n", /^, line 1: the file is empty/],
    ["only a byte order mark", "\uFEFF", /^, line 1: the file is empty/],
    ["header only", `${HEADER}\n`, /^, line 2: there is a header, but no row/],
    ["HTML", "<!DOCTYPE html>\n<html><body>404</body></html>", /^, line 1: this is not a CSV file \(HTML/],
    ["HTML after a blank line", "\n  <html></html>", /HTML/],
    ["binary with zeros", Uint8Array.of(0x1f, 0x8b, 0, 0, 1), /^, line 1: this is not a CSV file \(binary/],
    ["binary, not UTF-8", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe), /binary/],
    ["a column missing", CSV.replaceAll("gpu_milli", "gpu"), /^, line 1: the header has no column gpu_milli; it has name, /],
    ["semicolons", CSV.replaceAll(",", ";"), /^, line 1: the header has no column gpu_milli; .*\(columns must be separated by commas\)$/],
    ["no header", ROWS.join("\n"), /^, line 1: the header has no column gpu_milli/],
    ["UTF-16", Buffer.from(CSV, "utf16le"), /^, line 1: this text is UTF-16, not UTF-8; save it as UTF-8$/],
    ["UTF-16 with a mark", Buffer.from(`\uFEFF${CSV}`, "utf16le"), /^, line 1: this text is UTF-16/],
    ["UTF-16, high byte first", Buffer.from(`\uFEFF${CSV}`, "utf16le").swap16(), /^, line 1: this text is UTF-16/],
    [
      "Latin-1",
      Buffer.from(CSV.replace("a,1000", "M\xfcller,1000"), "latin1"),
      /^, line 1: this text is not UTF-8, but Latin-1 .*; save it as UTF-8$/,
    ],
    [
      "a column twice",
      CSV.replace("cpu_milli,", "cpu_milli,").replace(HEADER, `${HEADER},qos`),
      /^, line 1: the column qos is there twice/,
    ],
    ...["columns", "$data", "$columns"].map((name): [string, string, RegExp] => [
      `a column ${name}`,
      CSV.replace("qos", name),
      /^, line 1: a DataFrame of danfo can't have a column \$?\w+, its own name: rename it$/,
    ]),
    [
      "a row too short",
      CSV.replace("b,2000,4096,0,0,,BE,Failed,5,80,", "b,2000,4096"),
      /^, line 3: the row is too short, 3 of 11 fields \(column num_gpu is missing\)$/,
    ],
    ["a blank line within", CSV.replace("\nb,", "\n\nb,"), /^, line 3: the row is too short/],
    ["a row too long", CSV.replace("7,70,9", "7,70,9,1"), /^, line 4: the row is too long, 12 fields for 11 columns/],
    ["a quote left open", CSV.replace(",,LS,Running", ',"V100,LS,Running'), /^, line 2: broken CSV/],
    ["gpu_milli blank", withField(1, "gpu_milli", ""), /^, line 3, column gpu_milli: the value is blank$/],
    ["gpu_milli blanks", withField(1, "gpu_milli", "  "), /^, line 3, column gpu_milli: the value is blank$/],
    ["gpu_milli a word", withField(0, "gpu_milli", "half"), /^, line 2, column gpu_milli: "half" is not a number$/],
    ["gpu_milli with a unit", withField(0, "gpu_milli", "500m"), /^, line 2, column gpu_milli: "500m" is not a number$/],
    ["gpu_milli NaN", withField(2, "gpu_milli", "NaN"), /^, line 4, column gpu_milli: "NaN" is not a number$/],
    ["gpu_milli hexadecimal", withField(2, "gpu_milli", "0x10"), /^, line 4, column gpu_milli: "0x10" is not a number$/],
    ["gpu_milli infinite", withField(2, "gpu_milli", "Infinity"), /^, line 4, column gpu_milli: Infinity is infinite$/],
    ["gpu_milli -inf", withField(2, "gpu_milli", "-inf"), /^, line 4, column gpu_milli: -inf is infinite$/],
    ["gpu_milli overflowing", withField(2, "gpu_milli", "1e999"), /^, line 4, column gpu_milli: 1e999 is infinite$/],
    ["gpu_milli negative", withField(0, "gpu_milli", "-1"), /^, line 2, column gpu_milli: -1 is negative$/],
    ["gpu_milli too high", withField(0, "gpu_milli", "1000.5"), /^, line 2, column gpu_milli: 1000.5 is above 1000$/],
    ["a time that is not a number", withField(0, "scheduled_time", "soon"), /^, line 2, column scheduled_time: "soon" is not a number$/],
  ])("%s", async (_, content, message) => {
    expect(await errorOf(content)).toMatch(message);
  });

  test("absent", async () => {
    await expect(loadTrace(path.join(folder, "none.csv"))).rejects.toThrow(/none\.csv: there is no such file$/);
  });

  test("a folder", async () => {
    await expect(loadTrace(folder)).rejects.toThrow(/cannot be read/);
    const large = write(CSV);
    truncateSync(large, 600e6);
    await expect(loadTrace(large)).rejects.toThrow(/pods\.csv: cannot be read \(it has 600 MB, more than the 536 MB /);
  });

  test("an empty path", async () => {
    await expect(loadTrace("")).rejects.toThrow(/^file must be a path; it is ""/);
  });
});

describe("gpuRequests", () => {
  test.each([[null], [Number.NaN], [undefined], [-1], [1001], [Number.POSITIVE_INFINITY], ["5"]])("refuses %s, naming the row", (bad) => {
    const frame = new dfd.DataFrame([[1], [bad]], { columns: ["gpu_milli"], dtypes: ["float32"] });
    expect(() => gpuRequests(frame)).toThrow(/^trace, column gpu_milli, row 1: /);
  });

  test("refuses a frame without the column, without rows, or no frame", () => {
    expect(() => gpuRequests(new dfd.DataFrame([[1]], { columns: ["x"] }))).toThrow(/no column gpu_milli, but x/);
    expect(() => gpuRequests([1] as never)).toThrow(/^trace must be a danfo DataFrame/);
  });
});

describe("the stand-in", () => {
  test("comes under TDLGM_STAND_IN=1, is marked, and has the column gpu_milli alone", async () => {
    vi.stubEnv("TDLGM_STAND_IN", "1");
    const frame = await loadTrace();
    expect(isStandIn(frame)).toBe(true);
    expect(frame.columns).toEqual(["gpu_milli"]);
    expect(frame.shape).toEqual([STAND_IN_LENGTH, 1]);
    expect(isStandIn(frame.copy())).toBe(true);
    expect(Array.from(gpuRequests(frame), (v) => Math.round(1000 * v))).toEqual(standInValues());
  });

  test("an explicit path is loaded all the same", async () => {
    vi.stubEnv("TDLGM_STAND_IN", "1");
    expect(isStandIn(await loadTrace(write(CSV)))).toBe(false);
  });

  test("takes the place of an absent file, said once", async () => {
    vi.stubEnv("TDLGM_STAND_IN", "");
    mkdirSync(path.join(folder, "data"), { recursive: true });
    copyFileSync(transitionsFile(), path.join(folder, "data", "transitions.json"));
    vi.resetModules();
    vi.doMock("../lib/base/project", () => ({ projectRoot: () => folder }));
    const said = vi.spyOn(console, "info").mockImplementation(() => {});
    try {
      const fresh = await import("../lib/data/trace.js");
      expect(fresh.isStandIn(await fresh.loadTrace())).toBe(true);
      await fresh.loadTrace();
      expect(said.mock.calls).toHaveLength(1);
      expect(said.mock.calls[0]![0]).toMatch(/stand-in/);
      await expect(fresh.loadTrace(fresh.traceFile())).rejects.toThrow(/there is no such file/);
    } finally {
      vi.doUnmock("../lib/base/project");
      vi.resetModules();
      said.mockRestore();
    }
  });

  test("follows the transition probabilities, seeded", () => {
    const { values, start, transitions } = JSON.parse(readFileSync(transitionsFile(), "utf8"));
    const series = standInValues();
    expect(series).toEqual(standInValues());
    expect(standInValues(1)).not.toEqual(series);
    const drawn = firstOrderTransitions(series);
    expect(drawn.values.every((value) => values.includes(value))).toBe(true);
    const [i, j] = [drawn.values.indexOf(1000), values.indexOf(1000)];
    expect(Math.abs(drawn.start[i]! - start[j])).toBeLessThan(0.03);
    expect(Math.abs(drawn.transitions[i]![i]! - transitions[j][j])).toBeLessThan(0.03);
    const unseen = values.flatMap((from: number, a: number) =>
      values.filter((_: number, b: number) => transitions[a][b] === 0).map((to: number) => `${from} ${to}`),
    );
    const steps = new Set(series.slice(1).map((to, t) => `${series[t]} ${to}`));
    expect(unseen.filter((step: string) => steps.has(step))).toEqual([]);
  });
});

describe("firstOrderTransitions", () => {
  test("counts by hand", () => {
    expect(firstOrderTransitions([1, 2, 1, 1, 2, 3])).toEqual({
      values: [1, 2, 3],
      start: [0.5, 0.333, 0.167],
      transitions: [
        [0.333, 0.667, 0],
        [0.5, 0, 0.5],
        [0.5, 0.333, 0.167], // 3 comes last only: it is given the frequencies
      ],
    });
  });
  test("needs two values", () => expect(() => firstOrderTransitions([1])).toThrow(/^series must be an array of numbers, 2 or more/));
});

describe("addNoise", () => {
  const series = Float32Array.from({ length: 4000 }, (_, t) => (t % 11) / 10);

  test("probability 0 changes nothing but clamps, and returns a new array", () => {
    const out = addNoise(Float32Array.of(-0.5, 0.25, 1.5), { probability: 0, sd: 1 }, 1);
    expect(out).toEqual(Float32Array.of(0, 0.25, 1));
    expect(addNoise(series, { probability: 0, sd: 0 }, 1)).not.toBe(series);
  });

  test("a seed gives the same noise, another seed other noise; the input is left alone", () => {
    const before = series.slice();
    const noise = { probability: 0.5, sd: 0.1 };
    expect(addNoise(series, noise, 3)).toEqual(addNoise(series, noise, 3));
    expect(addNoise(series, noise, 4)).not.toEqual(addNoise(series, noise, 3));
    expect(series).toEqual(before);
  });

  test("the values changed at p are among those changed at a higher p, by the same amount", () => {
    const at = (probability: number) => addNoise(series, { probability, sd: 0.02 }, 5);
    const [few, many, all] = [at(0.2), at(0.6), at(1)];
    let [changedFew, changedMany] = [0, 0];
    series.forEach((value, t) => {
      if (few[t] !== value) {
        changedFew++;
        expect(many[t]).toBe(few[t]);
      }
      if (many[t] !== value) {
        changedMany++;
        expect(all[t]).toBe(many[t]);
      }
    });
    // A value at 0 or 1 that is pushed outwards is clamped back: 1/11 of the values lose half their changes, twice.
    expect(Math.abs(changedFew / series.length - 0.2 * (10 / 11))).toBeLessThan(0.03);
    expect(Math.abs(changedMany / series.length - 0.6 * (10 / 11))).toBeLessThan(0.03);
  });

  test("has the mean and standard deviation asked for", () => {
    const n = 20_000;
    const flat = new Float32Array(n).fill(0.5);
    const noise = Array.from(addNoise(flat, { probability: 1, sd: 0.05, mean: 0.1 }, 2), (v) => v - 0.5);
    const mean = noise.reduce((a, b) => a + b) / n;
    const sd = Math.sqrt(noise.reduce((a, b) => a + (b - mean) ** 2, 0) / n);
    expect(Math.abs(mean - 0.1)).toBeLessThan((4 * 0.05) / Math.sqrt(n));
    expect(Math.abs(sd - 0.05)).toBeLessThan((4 * 0.05) / Math.sqrt(2 * n));
  });

  test("stays in [0, 1], the ends included", () => {
    const out = addNoise(series, { probability: 1, sd: 5 }, 2);
    expect(Math.min(...out)).toBe(0);
    expect(Math.max(...out)).toBe(1);
  });

  test.each<[Parameters<typeof addNoise>[1], number, RegExp]>([
    [{ probability: -0.1, sd: 0 }, 0, /^noise\.probability/],
    [{ probability: 1.1, sd: 0 }, 0, /^noise\.probability/],
    [{ probability: Number.NaN, sd: 0 }, 0, /^noise\.probability/],
    [{ probability: 0.5, sd: -1 }, 0, /^noise\.sd/],
    [{ probability: 0.5, sd: Number.POSITIVE_INFINITY }, 0, /^noise\.sd/],
    [{ probability: 0.5, sd: 0, mean: Number.NaN }, 0, /^noise\.mean/],
    [{ probability: 0.5, sd: 0 }, 0.5, /^seed/],
  ])("refuses %j with seed %s", (noise, seed, message) => {
    expect(() => addNoise(series, noise, seed)).toThrow(message);
  });

  test("refuses a series that is not finite, naming the place", () => {
    expect(() => addNoise(Float32Array.of(0, Number.NaN), { probability: 0, sd: 0 }, 0)).toThrow(
      /^series\[1\] must be a finite number; it is NaN/,
    );
    expect(() => addNoise([0.5] as never, { probability: 0, sd: 0 }, 0)).toThrow(/^series must be a Float32Array/);
  });
});

describe.skipIf(!hasTrace)("the trace itself", () => {
  test("has the published sha256", () => {
    expect(createHash("sha256").update(readFileSync(trace)).digest("hex")).toBe(
      "1ee7ed79c27a3b0861cda8ddba86a004c6aba904caafa329a76ae93ca63834a8",
    );
  });

  test("danfo's numbers are those of a plain reading of the file", async () => {
    vi.stubEnv("TDLGM_STAND_IN", "");
    const lines = readFileSync(trace, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    const column = (name: string) => lines.slice(1).map((fields) => fields[lines[0]!.indexOf(name)]!);
    const frame = await loadTrace();
    expect(frame.shape).toEqual([8152, 11]);
    for (const name of ["cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "creation_time", "deletion_time"]) {
      expect(frame.column(name).values).toEqual(column(name).map(Number));
      expect(frame.column(name).values.every((value) => Number.isFinite(value))).toBe(true);
    }
    expect(frame.column("scheduled_time").values).toEqual(column("scheduled_time").map((field) => (field === "" ? null : Number(field))));
    expect(frame.column("scheduled_time").values.filter((value) => value === null)).toHaveLength(897);
    expect(frame.column("gpu_spec").unique().values).toEqual([""]);

    const gpu = column("gpu_milli").map(Number);
    expect(frame.column("gpu_milli").mean()).toBeCloseTo(gpu.reduce((a, b) => a + b) / gpu.length, 9);
    expect(frame.column("gpu_milli").unique().values).toHaveLength(22);
    const zeros = frame.query(frame.column("gpu_milli").eq(0));
    expect(zeros.shape[0]).toBe(1088);
    expect(zeros.column("num_gpu").unique().values).toEqual([0]);
    const several = frame.query(frame.column("num_gpu").gt(1));
    expect(several.shape[0]).toBe(75);
    expect(several.column("gpu_milli").unique().values).toEqual([1000]);
    const times = column("creation_time").map(Number);
    expect(times.every((time, i) => i === 0 || time >= times[i - 1]!)).toBe(true);
  });

  test("data/transitions.json is what the training part gives", async () => {
    const { train } = split(gpuRequests(await loadTrace(trace)));
    const { values, start, transitions } = JSON.parse(readFileSync(transitionsFile(), "utf8"));
    expect({ values, start, transitions }).toEqual(firstOrderTransitions(Array.from(train, (v) => Math.round(1000 * v))));
  });
});
