/** The explorable figures elsewhere: live in JupyterLab, and in the report's page of a notebook, where no kernel is. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { explore } from "../lib/notebook/explore";
import { bundled } from "../setup/explore/build";
import { pageData } from "../setup/explore/data";
import { expectations, type Numbers, type Settings } from "./exploreExpected";
import { Lab } from "./lab";
import { notebookOf } from "./notebookOf";
import { fillReportProject } from "./reportProject";

const root = path.resolve(__dirname, "..");
const figures = expectations(pageData());
const MOVES = 30;
const EXPLORE = "application/vnd.tdlgm.explore+json";
const CELL = 'import { explore } from "./lib/index";\nexplore("value", { t: 60, noise: -0.2 });';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start({ explore: [CELL] });
});
afterAll(() => lab?.close());

/** Moves a figure's slider and sees to it that the numbers are those of its settings. */
async function moved(page: Page, settings: Settings): Promise<void> {
  const figure = page.locator('[data-figure="value"]');
  const slider = figure.getByLabel("noise on the value");
  const shown = async (): Promise<Numbers> => JSON.parse((await figure.getAttribute("data-numbers")) as string);
  await slider.focus();
  for (let i = 0; i <= MOVES; i++) {
    if (i > 0) await page.keyboard.press("ArrowRight");
    const noise = Number(settings.noise) + 0.01 * i;
    const wanted = figures.value({ ...settings, noise: String(noise) }).v as number;
    await expect.poll(async () => Math.abs(((await shown()).v as number) - wanted), { message: `move ${i}` }).toBeLessThan(1e-5);
  }
}
const SETTINGS = { t: "60", noise: "-0.2", xi: "mean", seed: "0", layer: "1", a: "0", b: "0" };

test("in JupyterLab the model runs in the reader's program: a slider moved thirty times, right each time", async () => {
  await lab.newPage();
  await lab.open("/lab/tree/explore.ipynb?reset");
  await lab.runCell(0);
  await lab.page.locator('[data-figure="value"]').waitFor({ timeout: 90_000 });
  await moved(lab.page, SETTINGS);
  await lab.shot("explore-lab");
  const [cell] = await lab.codeCells();
  const data = cell.outputs[0].data as Record<string, unknown>;
  expect(data[EXPLORE]).toEqual({ figure: "value", settings: { t: 60, noise: -0.2 } });
  expect(data["text/plain"]).toMatch(/^An explorable figure: one value/);
  // Saved, it holds the settings that the reader left, and their picture; the live figure is the one that was there.
  await lab.command("docmanager:save");
  const left = JSON.parse(readFileSync(path.join(lab.folder, "explore.ipynb"), "utf8")).cells[0].outputs[0].data;
  expect(Object.keys(left).sort()).toEqual([EXPLORE, "image/png", "text/plain"]);
  expect(left[EXPLORE]).toMatchObject({ figure: "value", settings: { t: 60, noise: -0.2 + 0.01 * MOVES } });
  expect(await lab.page.evaluate("document.activeElement.name")).toBe("noise");
  await lab.open("/lab/tree/explore.ipynb?reset");
  await lab.page.locator(".jp-RenderedImage img").waitFor();
  await lab.shot("explore-reopened");
  expect(lab.outside).toEqual([]);
  await lab.closePage();
});

test("in the report's page it runs without a kernel, under the report's policy", async () => {
  const { writeReport } = await import("../setup/report.mjs");
  mkdirSync(path.join(root, ".local"), { recursive: true });
  const project = mkdtempSync(path.join(root, ".local", "explore-report-"));
  try {
    fillReportProject(project);
    writeFileSync(
      path.join(project, "report/assets/explore.js"),
      await bundled("page/inReport.ts", { platform: "browser", format: "iife" }),
    );
    symlinkSync(path.join(root, "setup/explore/page/explore.css"), path.join(project, "report/assets/explore.css"));
    const notebook = notebookOf([CELL]) as { cells: { outputs: unknown[] }[] };
    const data = {
      [EXPLORE]: { figure: "value", settings: { t: 60, noise: -0.2, "</script><script>hit()</script>": 1 } },
      "text/plain": "An explorable figure",
    };
    notebook.cells[0].outputs = [{ output_type: "display_data", data, metadata: { tdlgm: { alt: "x" } } }];
    writeFileSync(path.join(project, "notebooks/00-a.ipynb"), JSON.stringify(notebook));
    await writeReport({ root: project, results: { tables: [], runs: {} }, standIn: false });
    const page = await lab.browser.newPage();
    const trouble: string[] = [];
    page.on("request", (r) => /^(file|data):/.test(r.url()) || trouble.push(`asked ${r.url()}`));
    page.on("pageerror", (e) => trouble.push(e.message));
    await page.goto(pathToFileURL(path.join(project, "report/00-a.html")).href);
    await moved(page, SETTINGS);
    for (const width of [1180, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await expect.poll(() => page.evaluate("document.documentElement.scrollWidth <= innerWidth"), { message: `${width}` }).toBe(true);
    }
    expect(trouble).toEqual([]);
    await page.close();
  } finally {
    rmSync(project, { recursive: true });
  }
});

test("what is no figure, or no setting, is refused", () => {
  expect(() => explore("values" as never)).toThrow(/^figure must be "value" or "noise"/);
  expect(() => explore("value", null as never)).toThrow(/^settings must be an object of settings by name/);
  expect(() => explore("value", { t: Number.NaN })).toThrow("settings.t must be a text or a finite number; it is NaN");
});
