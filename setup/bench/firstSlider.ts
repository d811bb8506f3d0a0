/**
 * npx tsx setup/bench/firstSlider.ts [ADDRESS]: how long it takes from a fresh clone of this repository, or of the one at ADDRESS, to the first
 * moved slider, by the README's commands: clone, `npm start`, the lesson's link, its cells down to section 3. In a browser, in seconds.
 */
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { chromium } from "playwright-core";
import { projectRoot } from "../../lib/base/project";
import { freePort } from "../../test/lab";

async function main([address = projectRoot()]: string[]): Promise<void> {
  const { browserLaunch } = await import("../browser.mjs");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-first-slider-"));
  const started = performance.now();
  const tell = (what: string) => console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${what}`);
  const clone = path.join(folder, "tdlgm");
  execFileSync("git", ["clone", "--quiet", address, clone]);
  tell("cloned");
  const port = await freePort();
  const lab = `http://127.0.0.1:${port}/?token=first`;
  const options = ["--no-browser", `--ServerApp.port=${port}`, "--IdentityProvider.token=first"];
  const server = spawn("npm", ["start", "--", ...options], { cwd: clone, detached: true, stdio: ["ignore", "inherit", "ignore"] });
  const browser = await chromium.launch(browserLaunch(projectRoot()));
  try {
    while (!(await fetch(lab).catch(() => null))?.ok) {
      if (server.exitCode !== null) throw new Error(`npm start ended with code ${server.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    tell("JupyterLab is there");
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.setDefaultTimeout(120_000);
    await page.goto(lab);
    await page.locator(".jp-RenderedMarkdown a", { hasText: "lesson" }).first().click();
    const lesson = page.locator(".jp-NotebookPanel:visible", { hasText: "in 45 minutes" });
    await lesson.locator("h1", { hasText: "A lesson" }).click();
    tell("the lesson is open");
    const handle = lesson.locator(".noUi-handle").first();
    while ((await handle.count()) === 0) {
      await page.keyboard.press("Shift+Enter");
      await page.waitForTimeout(300);
    }
    const title = lesson.locator(".gtitle", { hasText: "price" });
    const before = await title.textContent();
    await handle.focus();
    await page.keyboard.press("ArrowRight");
    while ((await title.textContent()) === before) await page.waitForTimeout(10);
    tell(`moved: ${before}  ->  ${await title.textContent()}`);
  } finally {
    await browser.close();
    if (server.pid && server.exitCode === null) process.kill(-server.pid, "SIGTERM");
    await new Promise((resolve) => (server.exitCode === null ? server.once("exit", resolve) : resolve(null)));
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
