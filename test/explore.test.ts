/** The explorable page's numbers: the JavaScript backend beside TensorFlow and its fused LSTM; what the page carries. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { split } from "../lib/data/protocol";
import { gpuRequests, isStandIn, loadTrace } from "../lib/data/trace";
import { native } from "../lib/tensor/backend";
import { bundled } from "../setup/explore/build";
import { pageData } from "../setup/explore/data";
import { expectations, QUESTIONS } from "./exploreExpected";

const root = path.resolve(__dirname, "..");
const data = pageData();

/** All numbers of an answer, in turn. */
const flat = (x: unknown): number[] => (typeof x === "number" ? [x] : typeof x === "object" && x ? Object.values(x).flatMap(flat) : []);

describe("the page's models", () => {
  test("give the numbers of TensorFlow's fused LSTM on the JavaScript backend, for given ξ", async () => {
    mkdirSync(path.join(root, ".local"), { recursive: true });
    const folder = mkdtempSync(path.join(root, ".local", "explore-"));
    let theirs: unknown[];
    try {
      const file = path.join(folder, "probe.cjs");
      writeFileSync(file, await bundled("../../test/exploreProbe.ts", { platform: "node", format: "cjs" }));
      theirs = JSON.parse(execFileSync(process.execPath, [file], { encoding: "utf8", maxBuffer: 1e8 }));
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(native).not.toBeNull();
    const figures = expectations(data);
    for (const [i, [name, settings]] of QUESTIONS.entries()) {
      const [ours, other] = [flat(figures[name](settings)), flat(theirs[i])];
      expect(other.length, name).toBe(ours.length);
      const worst = Math.max(...ours.map((x, j) => Math.abs(x - other[j]) / Math.max(1, Math.abs(x))));
      expect(worst, `${name} ${JSON.stringify(settings)}`).toBeLessThan(1e-5);
    }
  });

  test("take ξ as it is given", () => {
    const figures = expectations(data);
    const settings = { t: "57", noise: "0", xi: "mean", seed: "4", layer: "1", a: "0", b: "0" };
    const at = (more: object) => figures.value({ ...settings, ...more }).v as number;
    expect(at({ xi: "draw" })).not.toBe(at({}));
    expect(at({ xi: "draw", seed: "5" })).not.toBe(at({ xi: "draw" }));
    // Far to both sides of layer 1's plane lie the largest and the smallest value; layer 2 says nothing.
    const [left, right] = ["-2", "2"].map((a) => at({ xi: "own", a }));
    expect(Math.abs(left - right)).toBeGreaterThan(0.8);
    expect(Math.abs(at({ xi: "own", layer: "2", a: "2" }) - at({}))).toBeLessThan(0.02);
  });
});

describe("what the page carries", () => {
  test("names for every arrow the line that computes its equation", () => {
    for (const equation of ["10", "11", "13", "14", "16", "17", "xi"]) {
      expect(data.code[equation]?.length, equation).toBeGreaterThan(0);
      for (const { file, line, code } of data.code[equation]) {
        const lines = readFileSync(path.join(root, file), "utf8").split("\n");
        expect(lines[line - 1].trim(), `${file}:${line}`).toBe(code.split("\n")[0]);
      }
    }
  });

  test("holds no stretch of the trace: no 12 values in a row that follow one another there", async ({ skip }) => {
    const frame = await loadTrace();
    if (isStandIn(frame)) return skip();
    const series = gpuRequests(frame);
    expect(split(series).train.length).toBe(7652);
    // Every array of numbers of the page, in thousandths, against every window of 12. A run of one value is no stretch: it says nothing.
    const windows = new Set<string>();
    const LENGTH = 12;
    const key = (values: ArrayLike<number>, from: number) =>
      Array.from({ length: LENGTH }, (_, i) => Math.round(1000 * values[from + i])).join();
    for (let t = 0; t + LENGTH <= series.length; t++) if (new Set(series.slice(t, t + LENGTH)).size > 2) windows.add(key(series, t));
    const found: string[] = [];
    const visit = (x: unknown): void => {
      if (typeof x !== "object" || x === null) return;
      if (Array.isArray(x) && x.every((v) => typeof v === "number")) {
        for (let t = 0; t + LENGTH <= x.length; t++) if (windows.has(key(x, t))) found.push(key(x, t));
      } else for (const part of Object.values(x)) visit(part);
    };
    visit(data);
    expect(found).toEqual([]);
  });
});
