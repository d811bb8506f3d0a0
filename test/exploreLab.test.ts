/** The explorable figures elsewhere: live in JupyterLab, and in the report's page of a notebook, where no kernel is. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explore } from "../lib/notebook/explore";
import { bundled } from "../setup/explore/build";
import { pageData } from "../setup/explore/data";
import { faults } from "./axe";
import { expectations } from "./exploreExpected";
import { MOVES, moveAll } from "./exploreMoves";
import { Lab } from "./lab";
import { notebookOf } from "./notebookOf";
import { fillReportProject } from "./reportProject";

const root = path.resolve(__dirname, "..");
const figures = expectations(pageData());
const EXPLORE = "application/vnd.tdlgm.explore+json";
const NAMES = Object.keys(MOVES);
/** What a figure starts from. */
const given = (name: string) => (name === "value" ? { t: 60, noise: -0.2 } : {});

let lab: Lab;
beforeAll(async () => {
  const cells = NAMES.map((name) => `explore("${name}", ${JSON.stringify(given(name))});`);
  lab = await Lab.start({ explore: ['import { explore } from "./lib/index";', ...cells] });
});
afterAll(() => lab?.close());

describe("in JupyterLab the model runs in the reader's program", () => {
  const data = async (name: string) => (await lab.codeCells())[1 + NAMES.indexOf(name)].outputs[0].data as Record<string, unknown>;

  beforeAll(async () => {
    await lab.newPage();
    await lab.open("/lab/tree/explore.ipynb?reset");
    await lab.runCell(0);
  });
  afterAll(() => lab.closePage());

  test.each(NAMES)("%s, moved thirty times, is right each time", async (name) => {
    await lab.runCell(1 + NAMES.indexOf(name));
    await moveAll(lab.page, name, figures[name]);
    await lab.shot(`explore-lab-${name}`);
    expect((await lab.codeCells())[1 + NAMES.indexOf(name)].outputs).toHaveLength(1);
    expect((await data(name))[EXPLORE]).toEqual({ figure: name, settings: given(name) });
    expect((await data(name))["text/plain"]).toMatch(/^An explorable figure: /);
  });

  test("saved, the notebook holds the settings that the reader left, and their pictures; the live figure stays as it was", async () => {
    const last = lab.page.locator(`[data-figure="${NAMES[NAMES.length - 1]}"]`);
    const settings = JSON.parse((await last.getAttribute("data-settings")) as string);
    const focused = () => lab.page.evaluate("document.activeElement.id");
    const before = await focused();
    await lab.command("docmanager:save");
    expect(await focused()).toBe(before);
    const { cells } = JSON.parse(readFileSync(path.join(lab.folder, "explore.ipynb"), "utf8"));
    for (const [i, name] of NAMES.entries()) {
      const saved = cells[1 + i].outputs[0].data;
      expect(Object.keys(saved).sort(), name).toEqual([EXPLORE, "image/png", "text/plain"]);
      if (i === NAMES.length - 1) expect(saved[EXPLORE]).toEqual({ figure: name, settings });
    }
    await lab.open("/lab/tree/explore.ipynb?reset");
    await lab.page.locator(".jp-RenderedImage img").first().waitFor();
    await lab.shot("explore-reopened");
    expect(lab.outside).toEqual([]);
  });
});

test("in the report's page they run without a kernel, under the report's policy, and axe finds no fault", {
  timeout: 240_000,
}, async () => {
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
    const notebook = notebookOf(NAMES) as { cells: { cell_type: string; outputs?: unknown[] }[] };
    for (const [i, name] of NAMES.entries()) {
      const settings = { ...given(name), "</script><script>hit()</script>": 1 };
      const data = { [EXPLORE]: { figure: name, settings }, "text/plain": "An explorable figure" };
      notebook.cells[i].outputs = [{ output_type: "display_data", data, metadata: { tdlgm: { alt: "x" } } }];
    }
    const heading = { cell_type: "markdown", id: "heading", metadata: {}, source: ["# Figures\n", "\n", "## Each of them"] };
    notebook.cells.unshift(heading);
    writeFileSync(path.join(project, "notebooks/00-a.ipynb"), JSON.stringify(notebook));
    await writeReport({ root: project, results: { tables: [], runs: {} }, standIn: false });
    const page = await lab.browser.newPage();
    const trouble: string[] = [];
    page.on("request", (r) => /^(file|data):/.test(r.url()) || trouble.push(`asked ${r.url()}`));
    page.on("pageerror", (e) => trouble.push(e.message));
    await page.goto(pathToFileURL(path.join(project, "report/00-a.html")).href);
    for (const name of NAMES) await moveAll(page, name, figures[name]);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await faults(page), colorScheme).toEqual([]);
    }
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
