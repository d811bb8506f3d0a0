/** What the benchmark writes into a README. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { writeSpeeds } from "../setup/bench/readme";
import type { Part, Row } from "../setup/bench/turns";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-bench-test-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const row = (times: Record<string, number>): Row =>
  Object.fromEntries(Object.entries(times).map(([kind, median]) => [kind, { median, p10: median }]));
const parts: Part[] = [
  { title: "a step", rows: { "batch 10": row({ ours: 2, PyTorch: 3, slow: 30 }) }, notes: { "numbers differ by": 1e-7, rate: 5 } },
  { title: "memory", rows: {}, notes: { "peak memory, MB": 600 } },
  {
    title: "a notebook's first cell",
    rows: {
      "after set-up": row({ "kernel's start": 1500, "first cell": 9000 }),
      one: row({ "kernel's start": 1400, "first cell": 2000 }),
      two: row({ "kernel's start": 1300, "first cell": 3000 }),
    },
    notes: {},
  },
];
const machine = { processor: "a processor", "load before": "0.10 of 2", peer: { torch: "2.13.0" } };

describe("the table of speeds", () => {
  it("stands between its marks: ours in milliseconds, the others as multiples, the notebooks' slowest first cell", () => {
    const file = path.join(folder, "README.md");
    const [before, after] = ["words\n<!-- speed: written by it -->\n", "\n<!-- /speed -->\nmore\n"];
    fs.writeFileSync(file, `${before}old${after}`);
    for (let i = 0; i < 2; i++) writeSpeeds(file, machine, parts);
    const text = fs.readFileSync(file, "utf8");
    expect(text.startsWith(before) && text.endsWith(after)).toBe(true);
    expect(text).toContain("| a step, batch 10 | 2 ms | PyTorch 1.50, slow 15.00 |\n\n");
    expect(text).toContain("a processor, one thread each, load 0.10 of 2 before; torch 2.13.0; medians. rate: 5; peak memory, MB: 600.");
    expect(text).toContain("starts in at most 1.5 s, its first cell takes at most 3.0 s, right after set-up 9.0 s.");
    expect(text).not.toMatch(/old|differ|first cell,/);
  });

  it("needs its place", () => {
    const file = path.join(folder, "none.md");
    fs.writeFileSync(file, "words");
    expect(() => writeSpeeds(file, machine, parts)).toThrow(/none\.md has no <!-- speed/);
    expect(fs.readFileSync(file, "utf8")).toBe("words");
  });
});
