// JupyterLab's server passes on whatever a cell prints and shows, as fast as it comes.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { root, tools } from "./kernel-client";
import { freePort } from "./lab";

let lab: ChildProcess | undefined;
let folder: string;
afterEach(async () => {
  lab?.kill("SIGTERM");
  if (lab?.exitCode === null) await new Promise((resolve) => lab?.once("close", resolve));
  rmSync(folder, { recursive: true, force: true });
});

test("100,000 lines arrive in order, and a figure of 20 MB", { timeout: 240_000 }, async () => {
  const { python, env } = await tools();
  const { labArguments } = await import("../setup/start.mjs");
  mkdirSync(env.TMPDIR as string, { recursive: true });
  folder = mkdtempSync(path.join(env.TMPDIR as string, "lab-rates-"));
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const options = [...labArguments(folder), "--no-browser", `--ServerApp.port=${port}`, "--IdentityProvider.token=rates"];
  lab = spawn(path.join(path.dirname(python), "jupyter-lab"), options, { env, cwd: root, stdio: "ignore" });
  for (;;) {
    if (await fetch(`${address}/api`).then(({ ok }) => ok, () => false)) break; // biome-ignore format: a line
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { stdout } = await promisify(execFile)(python, [path.join(root, "test/lab_rates.py"), address, "rates"], { env });
  const { megabytes, ...shown } = JSON.parse(stdout);
  expect(shown).toEqual({ lines: 100_000, "in order": true, stderr: [] });
  expect(megabytes).toBeGreaterThan(20);
});
