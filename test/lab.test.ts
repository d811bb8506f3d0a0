// JupyterLab in a real browser, started as by `npm start`: every notebook runs on its small budget, Tab completes, an interrupt stops a
// training, mistakes name their lines.
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type CodeCell, Lab } from "./lab";
import { expectLines, MISTAKES } from "./mistakes";

const root = path.resolve(__dirname, "..");
let lab: Lab;
let page: Page;

const NOTEBOOKS = readdirSync(path.join(root, "notebooks"))
  .filter((name) => name.endsWith(".ipynb"))
  .sort();

/** The training that is interrupted in the cell that makes its model, and the cell that goes on with it. */
const TRAINING = [
  "import { createModel } from './lib/models/model';\nimport { train } from './lib/training/train';",
  "const series = Float32Array.from({ length: 400 }, (_, i) => (i % 5) / 5);",
  "const model = createModel({ kind: 'tdlgm', H: 8, restartAfter: 0 }, 0);\nawait train(model, series, { seed: 0, steps: 1e6 });",
  "const { steps } = await train(model, series, { seed: 0, steps: model.step + 3 });\nsteps === model.step",
];

/** Figures as a reader makes them: one of any data, one that draws the trace, one that is a cell's value. */
const FIGURES = [
  "import { figure } from './lib/notebook/display';\nconst bars = { data: [{ type: 'bar', x: [1, 2], y: [3, 4] }], layout: {} };\nawait figure(bars as never, { alt: 'bars' });",
  "await figure({ data: [{ y: [1, 2, 5] }], layout: { height: 300 } } as never, { alt: 'a stretch', seriesDrawn: true });",
  "({ data: [{ y: [3, 1] }], layout: {} })",
];

beforeAll(async () => {
  const notebooks = { training: TRAINING, figures: FIGURES, mistakes: ["1", ...MISTAKES.flatMap(({ cells }) => cells)] };
  lab = await Lab.start(notebooks, (folder) => {
    for (const name of NOTEBOOKS) cpSync(path.join(root, "notebooks", name), path.join(folder, "notebooks", name));
  });
});
afterAll(() => lab?.close());

beforeEach(async () => {
  await lab.newPage();
  ({ page } = lab);
});
afterEach(async () => {
  await lab.closePage();
  expect(lab.outside).toEqual([]);
});

const open = (address: string) => lab.open(address);
const codeCells = () => lab.codeCells();
const command = (name: string) => lab.command(name);
const runCell = (index: number) => lab.runCell(index);
const shot = (name: string) => lab.shot(name);
const errorOf = ({ outputs }: CodeCell) => outputs.find((output) => output.output_type === "error");

test("the first page is the first notebook, without a dialog or a question about news", async () => {
  await open("/");
  expect(page.url()).toContain("/lab/tree/notebooks/00-start.ipynb");
  await page.waitForTimeout(1500); // the question comes once all is drawn
  expect(await page.locator(".jp-Dialog").count()).toBe(0);
  expect(await page.locator(".Toastify__toast").count()).toBe(0);
  expect(await (await fetch(`${lab.base}/api/contents`)).status).toBe(403); // not without the token
  await shot("first");
});

test.each(NOTEBOOKS)("%s: all cells run, figures are drawn, nothing is red", { timeout: 180_000 }, async (name) => {
  await open(`/lab/tree/notebooks/${name}?reset`);
  await command("notebook:clear-all-cell-outputs");
  await command("notebook:run-all-cells");
  const cells = await codeCells();
  expect(cells.length).toBeGreaterThan(3);
  expect(cells.flatMap(({ outputs }) => outputs.filter((o) => o.output_type === "error" || o.name === "stderr"))).toEqual([]);
  expect(cells.every(({ execution_count }) => execution_count !== null)).toBe(true);
  const figures = cells.flatMap(({ outputs }) => outputs.filter(({ data }) => data && "application/vnd.plotly.v1+json" in data)).length;
  // Cells out of sight are drawn when they come into sight.
  const count = (await page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length")) as number;
  const drawn = new Set<string>();
  for (let i = 0; i < count && drawn.size < figures; i++) {
    await page.evaluate(`window.jupyterapp.shell.currentWidget.content.scrollToItem(${i}, "start")`);
    if (
      !(
        (await page.evaluate(
          `JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets[${i}].model.toJSON().outputs ?? [])`,
        )) as string
      ).includes("vnd.plotly")
    )
      continue;
    const here = page.locator(`.jp-Cell[data-windowed-list-index="${i}"] .js-plotly-plot .main-svg`);
    await here.first().waitFor({ timeout: 20_000 });
    const inCell = await page.locator(`.jp-Cell[data-windowed-list-index="${i}"] .js-plotly-plot`).count();
    for (let k = 0; k < inCell; k++) drawn.add(`${i} ${k}`);
  }
  expect(drawn.size).toBe(figures);
  await shot(name);
});

test("Tab completes a name of the library; an interrupt stops a training, and the next cell works", async () => {
  await open("/lab/tree/training.ipynb?reset");
  await runCell(0);
  await runCell(1);
  const source = "window.jupyterapp.shell.currentWidget.content.widgets[3].model.sharedModel";
  await page.evaluate(`${source}.setSource('')`);
  await lab.select(3);
  await command("notebook:enter-edit-mode");
  await page.keyboard.type("createMo");
  await page.keyboard.press("Tab");
  await page.waitForFunction(`document.querySelector('.jp-Completer:not(.lm-mod-hidden)') || ${source}.getSource() !== 'createMo'`, null, {
    timeout: 15_000,
  });
  await shot("tab");
  if ((await page.evaluate(`${source}.getSource()`)) === "createMo") await page.keyboard.press("Enter");
  await page.waitForFunction(`${source}.getSource() === 'createModel'`, null, { timeout: 15_000 });
  await page.evaluate(`${source}.setSource(${JSON.stringify(TRAINING[3])})`);

  await lab.select(2);
  await page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell')");
  await page.waitForTimeout(1500);
  await command("notebook:interrupt-kernel");
  const isStopped = `window.jupyterapp.shell.currentWidget.content.widgets[2].model.toJSON().outputs.some((o) => o.output_type === "error")`;
  await page.waitForFunction(isStopped, null, { timeout: 15_000 });
  expect(errorOf((await codeCells())[2])?.ename).toBe("AbortError");
  expect(errorOf((await codeCells())[2])?.evalue).toMatch(/^training was stopped at step [1-9]\d* of 1000000$/);
  await page.waitForFunction("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'");
  await runCell(3);
  expect((await codeCells())[3].outputs).toMatchObject([{ output_type: "execute_result", data: { "text/plain": "true" } }]);
  await shot("training");
});

test("a saved notebook holds its pictures, and of the trace nothing but pictures", async () => {
  await open("/lab/tree/figures.ipynb?reset");
  for (const index of FIGURES.keys()) await runCell(index);
  const file = path.join(lab.folder, "figures.ipynb");
  const saved = (): { outputs: { data: Record<string, string> }[] }[] => JSON.parse(readFileSync(file, "utf8")).cells;
  const kinds = () =>
    saved().map(({ outputs }) =>
      Object.keys(outputs[0].data)
        .filter((kind) => kind !== "text/plain")
        .sort()
        .join(),
    );
  const plotly = "application/vnd.plotly.v1+json";
  for (let time = 0; time < 2; time++) {
    await command("docmanager:save");
    expect(kinds()).toEqual([`${plotly},image/png`, "image/png", `${plotly},image/png`]);
  }
  const png = Buffer.from(saved()[1].outputs[0].data["image/png"], "base64");
  expect([png.subarray(1, 4).toString(), png.readUInt32BE(20)]).toEqual(["PNG", 300]);
  expect(png.readUInt32BE(16)).toBeGreaterThan(600);
  expect(await page.locator(".js-plotly-plot").count()).toBeGreaterThan(0); // before the reader's eyes it stays as it was
  expect(await page.locator(".jp-Dialog").count()).toBe(0);
  const { environment, paths } = await import("../setup/env.mjs");
  const options = { env: environment(root), encoding: "utf8", maxBuffer: 1e8 } as const;
  const html = execFileSync(paths(root).python, ["-m", "nbconvert", "--to", "html", "--stdout", file], { ...options, stdio: "pipe" });
  expect(html.match(/src="data:image\/png/g)).toHaveLength(3);
});

test("mistakes show their lines", { timeout: 180_000 }, async () => {
  await open("/lab/tree/mistakes.ipynb?reset");
  await runCell(0);
  let index = 1;
  for (const mistake of MISTAKES) {
    const first = index;
    for (const _ of mistake.cells) await runCell(index++);
    const cells = await codeCells();
    if (mistake.late) {
      const text = cells[first].outputs.map(({ text = "" }) => [text].flat().join("")).join("");
      expect(errorOf(cells[index - 1]), mistake.name).toBeUndefined();
      expectLines(text, mistake, cells[first].execution_count as number);
      continue;
    }
    const report = errorOf(cells[index - 1]);
    expect(report?.ename, mistake.name).toBe(mistake.ename);
    expect(report?.evalue, mistake.name).toContain(mistake.evalue);
    expectLines(report?.traceback?.join("\n") ?? "", mistake, cells[first].execution_count as number);
  }
  // What the reader sees: the last one's lines, in red.
  const seen = page
    .locator(
      '.jp-Cell[data-windowed-list-index] [data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]',
    )
    .last();
  await seen.waitFor({ timeout: 15_000 });
  expect(await seen.textContent()).toContain(MISTAKES[MISTAKES.length - 1].evalue);
  await shot("mistakes");
});
