// JupyterLab in a real browser, started as by `npm start`: every notebook runs on its small budget, Tab completes, an interrupt stops a
// training, mistakes name their lines.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { expectLines, MISTAKES, notebookOf } from "./mistakes";

const root = path.resolve(__dirname, "..");
const TOKEN = "lab-test";
let folder: string;
let lab: ChildProcess;
let log = "";
let browser: Browser;
let base: string;
let page: Page;
let outside: string[];

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });

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
  const { environment, paths } = await import("../setup/env.mjs");
  const { browserLaunch } = await import("../setup/browser.mjs");
  const { labArguments } = await import("../setup/start.mjs");
  mkdirSync(paths(root).temporary, { recursive: true });
  folder = mkdtempSync(path.join(paths(root).temporary, "lab-"));
  for (const name of NOTEBOOKS) cpSync(path.join(root, "notebooks", name), path.join(folder, "notebooks", name));
  const write = (name: string, cells: string[]) => writeFileSync(path.join(folder, `${name}.ipynb`), JSON.stringify(notebookOf(cells)));
  write("training", TRAINING);
  write("figures", FIGURES);
  write("mistakes", ["1", ...MISTAKES.flatMap(({ cells }) => cells)]);
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  const options = [
    ...labArguments(folder).filter((option) => !option.startsWith("--LabApp.app_settings_dir")),
    `--LabApp.app_settings_dir=${path.join(root, "setup/lab")}`,
    "--no-browser",
    "--allow-root",
    "--expose-app-in-browser",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--IdentityProvider.token=${TOKEN}`,
  ];
  // The user's own settings and open windows stay out of it.
  const env = {
    ...environment(root),
    JUPYTERLAB_SETTINGS_DIR: path.join(folder, ".s"),
    JUPYTERLAB_WORKSPACES_DIR: path.join(folder, ".w"),
    TDLGM_BUDGET: "small",
  };
  lab = spawn(paths(root).python, ["-m", "jupyterlab", ...options], { env, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  lab.stderr?.setEncoding("utf8").on("data", (text) => {
    log += text;
  });
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${base}/api?token=${TOKEN}`).catch(() => undefined);
    if (answer?.ok) break;
    if (tries > 200 || lab.exitCode !== null) throw new Error(`JupyterLab does not start: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  browser = await chromium.launch(browserLaunch(root));
});

afterAll(async () => {
  await browser?.close();
  if (lab && lab.exitCode === null) {
    const ended = new Promise((resolve) => lab.once("exit", resolve));
    lab.kill("SIGTERM");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
  outside = [];
  page.on("request", (r) => {
    if (!r.url().startsWith(base) && !/^(data|blob):/.test(r.url())) outside.push(r.url());
  });
});
afterEach(async () => {
  await page.evaluate("window.jupyterapp.commands.execute('kernelmenu:shutdown')").catch(() => {});
  await page.close();
  expect(outside).toEqual([]);
});

/** Opens a notebook and waits for its kernel. */
async function open(address: string): Promise<void> {
  await page.goto(`${base}${address}${address.includes("?") ? "&" : "?"}token=${TOKEN}`);
  await page.waitForSelector(".jp-NotebookPanel .jp-Cell", { timeout: 60_000 });
  await page.waitForFunction("window.jupyterapp?.shell.currentWidget?.sessionContext !== undefined");
  await page.evaluate(`(async () => {
    const session = window.jupyterapp.shell.currentWidget.sessionContext;
    await session.ready;
    await session.session.kernel.info;
  })()`);
}

/** The code cells of the open notebook as they are in its model: execution counts and outputs, also of cells that are not drawn. */
interface CodeCell {
  execution_count: number | null;
  outputs: {
    output_type: string;
    name?: string;
    ename?: string;
    evalue?: string;
    traceback?: string[];
    text?: string | string[];
    data?: object;
  }[];
}
const codeCells = (): Promise<CodeCell[]> =>
  page.evaluate(
    "window.jupyterapp.shell.currentWidget.content.model.toJSON().cells.filter((c) => c.cell_type === 'code' && c.source.length > 0)",
  );
const select = (index: number) => page.evaluate(`window.jupyterapp.shell.currentWidget.content.activeCellIndex = ${index}`);
const command = (name: string) => page.evaluate(`window.jupyterapp.commands.execute("${name}")`);
/** Runs one cell to its end, or starts it. */
async function runCell(index: number): Promise<void> {
  await select(index);
  await command("notebook:run-cell");
}
const errorOf = ({ outputs }: CodeCell) => outputs.find((output) => output.output_type === "error");
const shot = async (name: string) => {
  const { TDLGM_SCREENSHOTS } = process.env; // a folder
  if (TDLGM_SCREENSHOTS) await page.screenshot({ path: path.join(TDLGM_SCREENSHOTS, `${name}.png`) });
};

test("the first page is the first notebook, without a dialog or a question about news", async () => {
  await open("/");
  expect(page.url()).toContain("/lab/tree/notebooks/00-start.ipynb");
  await page.waitForTimeout(1500); // the question comes once all is drawn
  expect(await page.locator(".jp-Dialog").count()).toBe(0);
  expect(await page.locator(".Toastify__toast").count()).toBe(0);
  expect(await (await fetch(`${base}/api/contents`)).status).toBe(403); // not without the token
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
  await select(3);
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

  await select(2);
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
  const file = path.join(folder, "figures.ipynb");
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
