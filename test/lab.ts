/** JupyterLab in a real browser, started as by `npm start` on a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { notebookOf } from "./notebookOf";

const root = path.resolve(__dirname, "..");
const TOKEN = "lab-test";

/** A port that nobody uses. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });

/** A code cell of the open notebook as it is in its model: execution count and outputs, also of a cell that is not drawn. */
export interface CodeCell {
  execution_count: number | null;
  outputs: {
    output_type: string;
    name?: string;
    ename?: string;
    evalue?: string;
    traceback?: string[];
    text?: string | string[];
    data?: Record<string, unknown>;
    metadata?: Record<string, unknown>;
  }[];
}

/** A lab, its browser, and the page that is open. */
export class Lab {
  page!: Page;
  /** Requests that left the machine. */
  outside: string[] = [];
  private constructor(
    readonly folder: string,
    readonly base: string,
    private readonly server: ChildProcess,
    readonly browser: Browser,
  ) {}

  /** @param notebooks the cells of each, by its name @param fill puts more into the folder */
  static async start(notebooks: Record<string, string[]>, fill: (folder: string) => void = () => {}): Promise<Lab> {
    const { environment, paths } = await import("../setup/env.mjs");
    const { browserLaunch } = await import("../setup/browser.mjs");
    const { labArguments } = await import("../setup/start.mjs");
    mkdirSync(paths(root).temporary, { recursive: true });
    const folder = mkdtempSync(path.join(paths(root).temporary, "lab-"));
    for (const [name, cells] of Object.entries(notebooks))
      writeFileSync(path.join(folder, `${name}.ipynb`), JSON.stringify(notebookOf(cells)));
    fill(folder);
    const port = await freePort();
    const base = `http://127.0.0.1:${port}`;
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
    const server = spawn(paths(root).python, ["-m", "jupyterlab", ...options], { env, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    server.stderr?.setEncoding("utf8").on("data", (text) => {
      log += text;
    });
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`${base}/api?token=${TOKEN}`).catch(() => undefined);
      if (answer?.ok) break;
      if (tries > 200 || server.exitCode !== null) throw new Error(`JupyterLab does not start: ${log}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return new Lab(folder, base, server, await chromium.launch(browserLaunch(root)));
  }

  async close(): Promise<void> {
    await this.browser.close();
    if (this.server.exitCode === null) {
      const ended = new Promise((resolve) => this.server.once("exit", resolve));
      this.server.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async newPage(): Promise<void> {
    this.page = await this.browser.newPage({ viewport: { width: 1280, height: 1400 } });
    this.outside = [];
    this.page.on("request", (r) => {
      if (!r.url().startsWith(this.base) && !/^(data|blob):/.test(r.url())) this.outside.push(r.url());
    });
  }

  async closePage(): Promise<void> {
    await this.page.evaluate("window.jupyterapp.commands.execute('kernelmenu:shutdown')").catch(() => {});
    await this.page.close();
  }

  /** Opens a notebook and waits for its kernel. */
  async open(address: string): Promise<void> {
    const { page } = this;
    await page.goto(`${this.base}${address}${address.includes("?") ? "&" : "?"}token=${TOKEN}`);
    await page.waitForSelector(".jp-NotebookPanel .jp-Cell", { timeout: 60_000 });
    await page.waitForFunction("window.jupyterapp?.shell.currentWidget?.sessionContext !== undefined");
    await page.evaluate(`(async () => {
      const session = window.jupyterapp.shell.currentWidget.sessionContext;
      await session.ready;
      await session.session.kernel.info;
    })()`);
  }

  codeCells(): Promise<CodeCell[]> {
    return this.page.evaluate(
      "window.jupyterapp.shell.currentWidget.content.model.toJSON().cells.filter((c) => c.cell_type === 'code' && c.source.length > 0)",
    );
  }

  select(index: number): Promise<unknown> {
    return this.page.evaluate(`window.jupyterapp.shell.currentWidget.content.activeCellIndex = ${index}`);
  }

  command(name: string): Promise<unknown> {
    return this.page.evaluate(`window.jupyterapp.commands.execute("${name}")`);
  }

  /** Runs one cell to its end, or starts it. */
  async runCell(index: number): Promise<void> {
    await this.select(index);
    await this.command("notebook:run-cell");
  }

  /** A screenshot, into the folder that TDLGM_SCREENSHOTS names. */
  async shot(name: string): Promise<void> {
    const { TDLGM_SCREENSHOTS } = process.env;
    if (TDLGM_SCREENSHOTS) await this.page.screenshot({ path: path.join(TDLGM_SCREENSHOTS, `${name}.png`) });
  }
}
