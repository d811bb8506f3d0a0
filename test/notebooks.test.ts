// The notebooks run headless on their small budget; what is recorded is clean; the report works offline.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = path.resolve(__dirname, "..");
const PLOTLY = "application/vnd.plotly.v1+json";
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

type Setup = typeof import("../setup/execute.mjs") & typeof import("../setup/recording.mjs") & typeof import("../setup/report.mjs");
type Cell = import("../setup/notebooks.mjs").Cell;
let setup: Setup;
let folder: string;

beforeAll(async () => {
  const { cleaned, recordable, recordNotebooks, checkNotebooks } = await import("../setup/recording.mjs");
  const { executeNotebook, executeNotebooks } = await import("../setup/execute.mjs");
  const { writeReport } = await import("../setup/report.mjs");
  setup = { cleaned, recordable, recordNotebooks, checkNotebooks, executeNotebook, executeNotebooks, writeReport };
  const { paths } = await import("../setup/env.mjs");
  mkdirSync(paths(root).temporary, { recursive: true });
  folder = mkdtempSync(path.join(paths(root).temporary, "notebooks-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const prose = (source: string): Cell => ({ cell_type: "markdown", source, metadata: {} });
const code = (source: string, outputs: unknown[] = []): Cell => ({ cell_type: "code", source, metadata: {}, execution_count: 7, outputs });
const notebook = (...cells: Cell[]) => ({
  cells: cells.map((cell, i) => ({ id: `c${i}`, ...cell })),
  metadata: { language_info: { name: "typescript", version: "1" }, papermill: { start: "now" } },
  nbformat: 4,
  nbformat_minor: 5,
});
const write = (file: string, content: unknown): string => {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
  return file;
};
const shown = (data: object, metadata: object = {}) => ({ output_type: "display_data", data, metadata });

describe("execution", async () => {
  const { notebookNames } = await import("../setup/notebooks.mjs");
  test("there are notebooks", () => expect(notebookNames().length).toBeGreaterThan(0));

  test.each(notebookNames())("%s runs on its small budget, without an error or a word on stderr", { timeout: 300_000 }, async (name) => {
    const target = path.join(folder, `${name}.ipynb`);
    await setup.executeNotebook(path.join(root, "notebooks", `${name}.ipynb`), target, { budget: "small", png: false, show: () => {} });
    const cells: Cell[] = JSON.parse(readFileSync(target, "utf8")).cells;
    const outputs = cells.flatMap((cell) => cell.outputs ?? []);
    expect(outputs.filter((o) => o.output_type === "error" || o.name === "stderr")).toEqual([]);
    expect(outputs.length).toBeGreaterThan(0);
  });

  test("what a cell prints between two displays is one output", async () => {
    const source = write(path.join(folder, "prints.ipynb"), notebook(code('console.log("a"); await null; console.log("b"); 1')));
    const target = path.join(folder, "prints-out.ipynb");
    await setup.executeNotebook(source, target, { png: false, show: () => {} });
    const { outputs } = JSON.parse(readFileSync(target, "utf8")).cells[0];
    expect(outputs).toMatchObject([{ name: "stdout", text: ["a\n", "b\n"] }, { output_type: "execute_result" }]);
  });

  test("a failing cell is named in one sentence, and nothing is written", async () => {
    const source = write(path.join(folder, "bad.ipynb"), notebook(prose("# Bad"), code("const a = 1;"), code("throw new Error('meant')")));
    const target = path.join(folder, "bad-out.ipynb");
    const lines: string[] = [];
    await expect(setup.executeNotebook(source, target, { png: false, show: (line) => lines.push(line) })).rejects.toThrow(
      /^bad: cell 2 failed: Error: meant$/,
    );
    expect(lines).toEqual(["bad: cell 1 of 2: const a = 1;", "bad: cell 2 of 2: throw new Error('meant')"]);
    expect(existsSync(target)).toBe(false);
  });

  test("what the last cell leaves behind fails the notebook too", async () => {
    const source = write(path.join(folder, "late.ipynb"), notebook(code("setTimeout(() => { throw new Error('late') }, 0); void 0")));
    await expect(setup.executeNotebook(source, path.join(folder, "o.ipynb"), { png: false, show: () => {} })).rejects.toThrow("late");
  });
});

describe("recording", () => {
  const clean = (...outputs: unknown[]) => JSON.parse(setup.cleaned(notebook(prose("# A"), code("1", outputs)), "a", root));

  test("counts, metadata, streams", () => {
    const { cells, metadata } = clean({ output_type: "stream", name: "stdout", text: ["a\n", "b\n"] });
    expect(metadata).toEqual({
      kernelspec: { display_name: "TypeScript (tDLGM)", language: "typescript", name: "tslab" },
      language_info: { name: "typescript" },
    });
    expect(cells[1]).toMatchObject({ execution_count: 1, outputs: [{ name: "stdout", text: ["a\n", "b\n"] }] });
  });

  test("an output that draws the trace keeps its still image only; others keep both", () => {
    const data = { [PLOTLY]: { data: [] }, "image/png": PNG, "text/plain": "x" };
    const outputs = clean(shown(data, { tdlgm: { alt: "x", series: true } }), shown(data, { tdlgm: { alt: "x", series: false } })).cells[1]
      .outputs;
    expect(outputs.map((o: { data: object }) => Object.keys(o.data))).toEqual([
      ["image/png", "text/plain"],
      [PLOTLY, "image/png", "text/plain"],
    ]);
    expect(() => clean(shown({ [PLOTLY]: { data: [] } }, { tdlgm: { series: true } }))).toThrow("no still image");
  });

  test("progress keeps its line without the times, once and for good", () => {
    const output = shown({ "text/plain": "work: step 2 of 2, 3.1 s", "text/html": "<p>" }, { tdlgm: { progress: "work: step 2 of 2" } });
    const [settled] = clean(output).cells[1].outputs;
    expect(settled.data).toEqual({ "text/html": ["<div>work: step 2 of 2</div>"], "text/plain": ["work: step 2 of 2"] });
    expect(settled.metadata).toEqual({ tdlgm: { progress: true } });
    expect(clean(settled).cells[1].outputs[0]).toEqual(settled);
  });

  test("refuses errors, stderr, paths of this machine, and what is too large", () => {
    expect(() => clean({ output_type: "error", ename: "Error", evalue: "x" })).toThrow("a, cell 1 shows an error: Error: x");
    expect(() => clean({ output_type: "stream", name: "stderr", text: "careful" })).toThrow("a, cell 1 writes to stderr: careful");
    expect(() => clean({ output_type: "stream", name: "stdout", text: `${root}/data` })).toThrow("path");
    expect(() => clean({ output_type: "stream", name: "stdout", text: "x".repeat(1_500_000) })).toThrow("1.5 MB");
  });
});

test("the report works offline: figures drawn, formulas set, alt texts, links between pages", async () => {
  // A project of its own, with the tools of this one.
  const project = path.join(folder, "project");
  mkdirSync(path.join(project, "setup"), { recursive: true });
  for (const name of ["node_modules", ".venv", "setup/report"]) symlinkSync(path.join(root, name), path.join(project, name));
  const figure = { data: [{ type: "bar", x: [1, 2], y: [3, 4] }], layout: { height: 300 } };
  const outputs = [
    shown({ [PLOTLY]: figure, "text/plain": "bars" }, { tdlgm: { alt: "two bars </script>" } }),
    shown({ "image/png": PNG, "text/plain": "dot" }, { tdlgm: { alt: "a dot" } }),
  ];
  write(
    path.join(project, "notebooks/00-a.ipynb"),
    notebook(prose("# First\n\nWith $x^2$ and [the next](01-b.ipynb)."), code("1", outputs)),
  );
  write(path.join(project, "notebooks/01-b.ipynb"), notebook(prose("# Second\n\n$$\\xi \\sim N(0, I)$$")));
  // What was executed is shown if it still follows from what is there, else what is committed.
  const executed = (name: string, title: string, follows: object) => {
    const made = { follows, budget: "full", runs: "own", standIn: true };
    const content = { ...notebook(prose(`# ${title}\n\n$$\\xi \\sim N(0, I)$$`)), metadata: { tdlgm: made } };
    write(path.join(project, `.local/executed/${name}.ipynb`), content);
  };
  const { follows } = await import("../setup/follows.mjs");
  executed("00-a", "Stale", {});
  executed("01-b", "Second, executed", follows(notebook() as never, project));
  const run = (seed: number) => ({
    config: { kind: "rnn", H: 64 + seed },
    seed,
    shipped: seed === 1,
    device: "CPU",
    metrics: `${seed}f00`,
  });
  const runs = { "rnn-seed-0": run(0), "rnn-seed-1": run(1) };
  const cell = { text: "0.007 ± 0.001 (2)", runs: Object.keys(runs) };
  const rows = [[{ text: "clean </script>" }, { text: "0.0122" }, cell]];
  const tables = [{ id: "table1", caption: "Table 1", columns: ["row", "paper", "ours"], rows }];
  tables.push({ id: "wide", caption: "Wide", columns: Array(60).fill("column"), rows: [Array(60).fill({ text: "0.12345" })] });
  const index = await setup.writeReport({ root: project, results: { tables, runs }, standIn: true });

  const report = (file: string) => readFileSync(path.join(project, "report", file));
  const source = JSON.parse(report("provenance.json").toString());
  expect(source).toMatchObject({ runs, cells: [{ table: "table1", row: 1, of: "clean </script>", column: "ours", ...cell }] });
  const manifest = JSON.parse(report("manifest.json").toString());
  expect(Object.keys(manifest)).toEqual(expect.arrayContaining(["index.html", "00-a.html", "provenance.json", "assets/provenance.js"]));
  for (const [file, hash] of Object.entries(manifest)) expect(createHash("sha256").update(report(file)).digest("hex"), file).toBe(hash);

  const { browserLaunch } = await import("../setup/browser.mjs");
  const browser = await chromium.launch(browserLaunch(root));
  try {
    const page = await browser.newPage();
    const trouble: string[] = [];
    page.on("request", (r) => /^(file|data|blob):/.test(r.url()) || trouble.push(`asked ${r.url()}`));
    page.on("requestfailed", (r) => trouble.push(`missing ${r.url()}`));
    page.on("pageerror", (e) => trouble.push(e.message));
    await page.goto(pathToFileURL(index).href);
    expect(await page.getByRole("alert").textContent()).toContain("STAND-IN");
    expect(await page.locator("#table1").textContent()).toContain("0.007 ± 0.001 (2)");
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const dialog = page.getByRole("dialog");
    expect(await dialog.isVisible()).toBe(false);
    await page.getByRole("button", { name: "0.007 ± 0.001 (2)" }).click();
    const said = await dialog.textContent();
    for (const text of ["clean </script>, ours", "runs/rnn-seed-0", "data/runs/rnn-seed-1", "seed 1", "H 64", "H 65", "metrics 1f00"])
      expect(said).toContain(text);
    await page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(false);
    await page.keyboard.press("Enter"); // the button has the focus again
    expect(await dialog.isVisible()).toBe(true);
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: "First" }).click();
    await page.locator("main .katex").first().waitFor();
    await page.locator(".js-plotly-plot .bars .point").first().waitFor();
    expect(await page.locator(".js-plotly-plot").getAttribute("aria-label")).toBe("two bars </script>");
    expect(await page.locator("main img").getAttribute("alt")).toBe("a dot");
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.getByRole("link", { name: "the next" }).click();
    await page.locator("main .katex-display").first().waitFor();
    expect(await page.title()).toBe("Second, executed");
    expect(await page.getByRole("alert").textContent()).toContain("STAND-IN");
    expect(trouble).toEqual([]);
  } finally {
    await browser.close();
  }
});
