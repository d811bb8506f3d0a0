// JupyterLab in a real browser: a notebook is opened, all its cells are run, its figure is drawn.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = path.resolve(__dirname, "..");
const TOKEN = "lab-test";
let folder: string;
let lab: ChildProcess;
let log = "";
let browser: Browser;
let base: string;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });

const cell = (source: string) => ({ cell_type: "code", id: `c${source.length}`, metadata: {}, execution_count: null, outputs: [], source });
const CELLS = [
  "import { figure, progress } from './lib/notebook';\nimport { autocorrelationBars } from './lib/figures';\nconst values = [0.2, 0.1, 0.05];",
  "const p = progress('count'); for (let i = 1; i <= 20; i++) p.update({ step: i, steps: 20 }); p.done('counted');",
  "await figure(autocorrelationBars([{ name: 'train', values }]), { alt: 'three bars', caption: 'Three bars.' });",
  "values.length",
];

beforeAll(async () => {
  const { environment, paths } = await import("../setup/env.mjs");
  const { browserLaunch } = await import("../setup/browser.mjs");
  mkdirSync(paths(root).temporary, { recursive: true });
  folder = mkdtempSync(path.join(paths(root).temporary, "lab-"));
  const metadata = { kernelspec: { name: "tslab", display_name: "TypeScript (tDLGM)", language: "typescript" } };
  const notebook = { cells: CELLS.map(cell), metadata, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(path.join(folder, "a.ipynb"), JSON.stringify(notebook));
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  const options = [
    "--no-browser",
    "--allow-root",
    "--expose-app-in-browser",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.root_dir=${folder}`,
    `--IdentityProvider.token=${TOKEN}`,
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
  ];
  // The user's own settings and open windows stay out of it.
  const env = {
    ...environment(root),
    JUPYTERLAB_SETTINGS_DIR: path.join(folder, ".s"),
    JUPYTERLAB_WORKSPACES_DIR: path.join(folder, ".w"),
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

test("all cells run, the figure is drawn, nothing is red, nothing outside is asked", async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
  const outside: string[] = [];
  page.on("request", (r) => {
    if (!r.url().startsWith(base) && !/^(data|blob):/.test(r.url())) outside.push(r.url());
  });
  await page.goto(`${base}/lab/tree/a.ipynb?reset&token=${TOKEN}`);
  await page.waitForSelector(".jp-NotebookPanel .jp-Cell", { timeout: 60_000 });
  await page.waitForFunction("window.jupyterapp?.shell.currentWidget?.sessionContext !== undefined");
  await page.evaluate(`(async () => {
    const session = window.jupyterapp.shell.currentWidget.sessionContext;
    await session.ready;
    await session.session.kernel.info;
  })()`);
  await page.click(".jp-NotebookPanel .jp-Cell");
  await page.evaluate('window.jupyterapp.commands.execute("notebook:run-all-cells")');
  await page.waitForFunction(
    '[...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].filter((e) => /\\[\\d+\\]/.test(e.textContent)).length === 4',
    null,
    { timeout: 60_000 },
  );
  await page.waitForSelector(".js-plotly-plot .bars .point", { timeout: 20_000 });
  expect(await page.locator(".js-plotly-plot .bars .point").count()).toBe(3);
  expect(await page.locator(".jp-OutputArea-executeResult").textContent()).toContain("3");
  expect(await page.getByText("count: step 20 of 20, counted").count()).toBe(1);
  expect(
    await page.locator('[data-mime-type="application/vnd.jupyter.stderr"], [data-mime-type="application/vnd.jupyter.error"]').count(),
  ).toBe(0);
  if (process.env.TDLGM_SCREENSHOT) await page.screenshot({ path: process.env.TDLGM_SCREENSHOT });
  expect(outside).toEqual([]);
});
