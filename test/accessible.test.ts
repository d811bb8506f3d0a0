/** The report's pages, of the committed notebooks, as axe sees them, by day and by night. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notebookNames } from "../setup/notebooks.mjs";
import { COLOURS, faults } from "./axe";
import { fillReportProject } from "./reportProject";

const root = path.resolve(__dirname, "..");
let project: string;
let browser: Browser;

beforeAll(async () => {
  const { writeReport } = await import("../setup/report.mjs");
  const { browserLaunch } = await import("../setup/browser.mjs");
  mkdirSync(path.join(root, ".local"), { recursive: true });
  project = mkdtempSync(path.join(root, ".local", "accessible-"));
  fillReportProject(project);
  cpSync(path.join(root, "notebooks"), path.join(project, "notebooks"), { recursive: true });
  cpSync(path.join(root, "README.md"), path.join(project, "README.md"));
  writeFileSync(path.join(project, "report", "explore.html"), "");
  const run = { config: { kind: "rnn", H: 64 }, seed: 0, shipped: true, device: "CPU", metrics: "f00" };
  const rows = [[{ text: "clean" }, { text: "0.0122" }, { text: "0.007 ± 0.001 (2)", runs: ["rnn-seed-0"] }]];
  const tables = [{ id: "table1", caption: "Table 1", columns: ["row", "paper", "ours"], rows }];
  await writeReport({ root: project, results: { tables, runs: { "rnn-seed-0": run } } as never, standIn: false });
  browser = await chromium.launch(browserLaunch(root));
});

afterAll(async () => {
  await browser?.close();
  rmSync(project, { recursive: true, force: true });
});

for (const name of ["index", ...notebookNames(root)])
  test.each(["light", "dark"] as const)(`axe finds no fault with ${name}.html, %s`, async (colorScheme) => {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1180, height: 900 } });
    try {
      await page.goto(pathToFileURL(path.join(project, "report", `${name}.html`)).href);
      if (name === "index") expect(await page.getByRole("link", { name: "Explore the model" }).getAttribute("href")).toBe("explore.html");
      else await page.locator("main .katex").first().waitFor();
      expect(await faults(page, colorScheme === "dark" ? COLOURS : undefined)).toEqual([]);
    } finally {
      await page.close();
    }
  });
