// Live outputs in JupyterLab in a real browser: each control moved thirty times, a training steered and stopped, a kernel restarted, a notebook
// saved, opened again and exported.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Lab } from "./lab";

type Output = { data: Record<string, unknown>; metadata: { tdlgm: { controls: Record<string, unknown> } } };

const root = path.resolve(__dirname, "..");
const PLOTLY = "application/vnd.plotly.v1+json";
const MOVES = 30;

const CONTROLS = [
  "import { interact } from './lib/notebook/interact';\nimport { slider, play, menu, text, checkbox, button } from './lib/notebook/controls';",
  `await interact(
  { sigma: slider(0, 1), rate: slider(1e-3, 1, { scale: "log" }), n: slider(0, 80), which: menu(["a", "b", "c"]), on: checkbox(),
    word: text(), again: button("Again"), film: play(0, 40, { milliseconds: 30 }) },
  (values) => ({ data: [{ y: [0, values.sigma] }], layout: { height: 200, title: { text: JSON.stringify(values) } } } as never));`,
  "await interact({ n: slider(0, 20) }, ({ n }) => (n > 12 ? [{ n }] : '**n** is $n = ' + n + '$'));",
];
const MODULES = [
  `import { showModule } from './lib/notebook/module';
const esm = 'export default { render({ el }) { el.append("drawn by a module"); } }';
showModule(esm, {}, { alt: 'one that asks', onChange: () => {} });`,
  "showModule(esm, {}, { alt: 'one that needs no kernel' });",
];
const TRAINING = [
  "import { createModel } from './lib/models/model';\nimport { trainLive } from './lib/notebook/liveTraining';",
  `const series = Float32Array.from({ length: 1000 }, (_, i) => ((i * i) % 7) / 7);
const model = createModel({ kind: 'tdlgm', H: 8, m: 5, K: 2, batch: 16, steps: 1e6, validateEvery: 20, restartAfter: 0 }, 0);`,
  "const { steps, steered } = await trainLive(model, series, { seed: 0, steps: 1e6 });\n[steps > 20, steered !== undefined && steered <= steps]",
];

let lab: Lab;
let page: Page;
beforeAll(async () => {
  lab = await Lab.start({ controls: CONTROLS, training: TRAINING, modules: MODULES });
});
afterAll(() => lab?.close());
/** What is said of kernels that have gone. */
const said = async () => (await page.locator("[role=status]").allTextContents()).filter((text) => text !== "");
const GONE = "The kernel that answered here has ended: run the cell again.";

beforeEach(async () => {
  await lab.newPage();
  ({ page } = lab);
});
afterEach(async () => {
  await lab.closePage();
  expect(lab.outside).toEqual([]);
});

/** The values that the figure was drawn for. */
const drawn = async (): Promise<Record<string, unknown>> => JSON.parse((await page.locator(".gtitle").first().textContent()) ?? "null");

/** Waits until the figure shows a value, and nothing else has changed. */
async function expectDrawn(name: string, value: unknown, before: Record<string, unknown>): Promise<void> {
  const close = (x: unknown) => (typeof x === "number" && typeof value === "number" ? Math.abs(x / value - 1) < 1e-6 : x === value);
  await expect.poll(async () => close((await drawn())[name]), { timeout: 10_000, interval: 15 }).toBe(true);
  expect({ ...(await drawn()), [name]: 0 }).toEqual({ ...before, [name]: 0 });
}

/** What the saved notebook of the controls holds. */
async function saved(): Promise<{ cells: { outputs: Output[] }[]; metadata: object }> {
  await lab.command("docmanager:save");
  return JSON.parse(readFileSync(path.join(lab.folder, "controls.ipynb"), "utf8"));
}
const titleOf = ({ data }: Output) => (data[PLOTLY] as { layout: { title: { text: string } } }).layout.title.text;

test("every control, moved thirty times: the figure is right each time, and the last of fast moves is never lost", async () => {
  await lab.open("/lab/tree/controls.ipynb?reset");
  await lab.runCell(0);
  await lab.runCell(1);
  await page.locator(".gtitle").first().waitFor(); // while Plotly measures a title there are two
  const handles = page.locator(".noUi-handle");
  const before = await drawn();
  const [, { outputs: firstOutputs }] = (await saved()).cells;
  expect(JSON.parse(titleOf(firstOutputs[0]))).toEqual(before);
  expect(firstOutputs[0].metadata.tdlgm.controls).toEqual(before);
  const isDirty = () => page.evaluate("window.jupyterapp.shell.currentWidget.context.model.dirty");
  expect(await isDirty()).toBe(false);
  const moved = async (name: string, move: (i: number) => Promise<unknown>, value: (i: number) => unknown) => {
    for (let i = 1; i <= MOVES; i++) {
      const last = await drawn();
      await move(i);
      await expectDrawn(name, value(i), last);
    }
  };
  const right = (handle: Locator) => async () => {
    await handle.focus();
    await page.keyboard.press("ArrowRight");
  };
  await moved("sigma", right(handles.nth(0)), (i) => 0.5 + i / 100);
  await moved("rate", right(handles.nth(1)), (i) => 10 ** (-1.5 + i / 20));
  await moved("n", right(handles.nth(2)), (i) => 40 + i);
  await moved(
    "which",
    (i) => page.locator(".widget-dropdown select").selectOption("abc"[i % 3]),
    (i) => "abc"[i % 3],
  );
  await moved(
    "on",
    () => page.locator(".widget-checkbox input").click(),
    (i) => i % 2 === 1,
  );
  const word = page.locator(".widget-text input");
  await moved(
    "word",
    (i) => word.press("abcdef"[i % 6]),
    (i) => Array.from({ length: i }, (_, k) => "abcdef"[(k + 1) % 6]).join(""),
  );
  await moved(
    "again",
    () => page.locator(".widget-button", { hasText: "Again" }).click(),
    (i) => i,
  );
  await moved("film", right(handles.nth(3)), (i) => i);
  const last = await drawn();
  await page.locator(".widget-play button").first().click();
  await expectDrawn("film", 40, last);
  expect(await drawn()).not.toEqual(before);
  await handles.nth(0).focus();
  for (let i = 0; i < 60; i++) void page.keyboard.press("ArrowLeft");
  await expectDrawn("sigma", 0.2, await drawn());
  await lab.shot("controls");

  // Answers that are no figures.
  await lab.runCell(2);
  const answer = page.locator("[data-answer]").last();
  await answer.locator(".jp-RenderedMarkdown mjx-container").waitFor();
  expect(await answer.textContent()).toContain("n is");
  await handles.nth(4).focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  await answer.locator("td", { hasText: "13" }).waitFor();
  await lab.shot("answers");

  // Saved, it holds the figure of the values that the controls have now, with its picture, and no view that would be dead.
  const left = await drawn();
  const isFocused = () => page.evaluate("document.activeElement === document.querySelectorAll('.noUi-handle')[4]");
  expect([await isDirty(), await isFocused()]).toEqual([true, true]);
  const file = path.join(lab.folder, "controls.ipynb");
  const { cells, metadata } = await saved();
  expect(cells.map(({ outputs }) => outputs.map(({ data }) => Object.keys(data).sort()))).toEqual([
    [],
    [[PLOTLY, "image/png", "text/plain"]],
    [["text/html", "text/plain"]],
  ]);
  const kept = cells[1].outputs[0];
  expect(left).not.toEqual(before);
  expect(JSON.parse(titleOf(kept))).toEqual(left);
  expect(kept.metadata.tdlgm.controls).toEqual(left);
  expect(kept.data["image/png"]).not.toBe(firstOutputs[0].data["image/png"]);
  expect(cells[2].outputs[0].metadata.tdlgm.controls).toEqual({ n: 13 });
  expect(metadata).not.toHaveProperty("widgets");
  // The live view is the one that was there, and answers.
  expect(await isFocused()).toBe(true);
  await page.keyboard.press("ArrowRight");
  await answer.locator("td", { hasText: "14" }).waitFor();
  const { environment, paths } = await import("../setup/env.mjs");
  const options = { env: environment(root), encoding: "utf8", maxBuffer: 1e8, stdio: "pipe" } as const;
  const html = execFileSync(paths(root).python, ["-m", "nbconvert", "--to", "html", "--stdout", file], options);
  expect(html.match(/src="data:image\/png/g)).toHaveLength(1);
  expect(html).toContain((kept.data["image/png"] as string).trim());
  expect(html).not.toContain("widget-view+json");

  // A kernel that is gone is said to be gone, and the next one answers.
  await page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()");
  await expect.poll(said).toEqual([GONE, GONE]);
  await lab.shot("restarted");
  await lab.runCell(0);
  await lab.runCell(1);
  await expect.poll(async () => (await drawn()).sigma).toBe(0.5);
  expect(await said()).toEqual([GONE]); // the third cell's
  await right(handles.nth(0))();
  await expectDrawn("sigma", 0.51, before);

  await lab.open("/lab/tree/controls.ipynb?reset");
  const still = page.locator(".jp-RenderedPlotly .plot-img").first();
  await still.waitFor({ state: "attached" });
  expect(await still.getAttribute("src")).toMatch(/^data:image\/png/);
  await lab.shot("reopened");
  await still.dispatchEvent("mouseenter"); // JupyterLab draws the figure itself under the pointer
  await page.locator(".gtitle").first().waitFor(); // while Plotly measures a title there are two
  expect(await drawn()).toEqual(left);
  expect(await page.getByText(/displaying widget/i).count()).toBe(0);
});

test("a slider and a button act on a training that runs; it goes on where it was stopped", async () => {
  await lab.open("/lab/tree/training.ipynb?reset");
  await lab.runCell(0);
  await lab.runCell(1);
  const run = lab.runCell(2);
  const status = page.locator("[data-answer] p").first();
  const step = async () => Number(/step (\d+)/.exec((await status.textContent()) ?? "")?.[1] ?? 0);
  await expect.poll(step, { timeout: 30_000 }).toBeGreaterThan(20);
  const beta = page.locator(".noUi-handle").nth(1);
  await beta.focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowRight");
  await page.locator(".annotation-text", { hasText: "β 1.2" }).waitFor();
  await lab.shot("training");
  await page.locator(".widget-button", { hasText: "Stop" }).click();
  await run;
  const cell = async () => (await lab.codeCells())[2];
  const first = await cell();
  expect(first.outputs.map(({ output_type }) => output_type)).toEqual(["display_data", "execute_result"]);
  expect(first.outputs[1].data?.["text/plain"]).toBe("[ true, true ]");
  expect(String(first.outputs[0].data?.["text/plain"])).toMatch(/steered: β .*1\.2 from step \d+/);
  expect(first.outputs[0].data).toHaveProperty([PLOTLY]);
  expect(first.outputs[0].metadata).toMatchObject({ tdlgm: { controls: { alpha: 1, beta: 1.2 } } });
  const reached = await step();

  const again = lab.runCell(2);
  await expect.poll(step, { timeout: 30_000 }).toBeGreaterThan(reached + 20);
  await page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()");
  await again;
  expect((await cell()).outputs.map(({ output_type, ename }) => ename ?? output_type)).toEqual(["display_data", "AbortError"]);
});

test("a module that asks the kernel says that it has gone, one that needs none goes on", async () => {
  await lab.open("/lab/tree/modules.ipynb?reset");
  await lab.runCell(0);
  await lab.runCell(1);
  await expect.poll(() => page.locator(".jp-OutputArea", { hasText: "drawn by a module" }).count()).toBe(2);
  await page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()");
  await expect.poll(said).toEqual([GONE]);
});
