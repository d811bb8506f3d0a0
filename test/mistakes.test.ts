// Mistakes, each over the protocol and by nbconvert: the error names the right lines, and a headless run ends with code 1. In the lab:
// test/lab.test.ts.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, error, stderr, tools } from "./kernel-client";
import { expectLines, MISTAKES, type Mistake } from "./mistakes";
import { notebookOf } from "./notebookOf";

test("there are at least forty kinds", () => {
  expect(new Set(MISTAKES.map(({ name }) => name)).size).toBeGreaterThanOrEqual(40);
});

describe("over the protocol", () => {
  let kernel: Client;
  beforeAll(async () => {
    ({ kernel } = await Client.start());
  });
  afterAll(() => kernel?.close());

  test.each(MISTAKES)("$name", async (mistake) => {
    const ran = await kernel.run(...mistake.cells);
    const last = ran[ran.length - 1];
    if (mistake.late) {
      expect(ran.map(({ reply }) => reply.status)).toEqual(mistake.cells.map(() => "ok"));
      expect(stderr(ran[0])).toContain(`${mistake.ename}: ${mistake.evalue}`);
      return expectLines(stderr(ran[0]), mistake, ran[0].reply.execution_count);
    }
    const report = error(last);
    expect(ran.map(({ reply }) => reply.status)).toEqual([...mistake.cells.slice(1).map(() => "ok"), "error"]);
    expect(last.reply.ename).toBe(mistake.ename);
    expect(report?.ename).toBe(mistake.ename);
    expect(report?.evalue).toContain(mistake.evalue);
    expectLines(report?.traceback?.join("\n") ?? "", mistake, ran[0].reply.execution_count);
    expect((await kernel.one("1")).reply.status).toBe("ok");
  });
});

describe("by nbconvert", () => {
  let folder: string;
  const ran = new Map<string, { code: number | null; stderr: string }>();

  /** One notebook a mistake, two at a time. */
  beforeAll(async () => {
    const { python, env } = await tools();
    mkdirSync(env.TMPDIR as string, { recursive: true });
    folder = mkdtempSync(path.join(env.TMPDIR as string, "mistakes-"));
    const left = [...MISTAKES.entries()];
    const convert = async (number: number, mistake: Mistake) => {
      const file = path.join(folder, `${number}.ipynb`);
      writeFileSync(file, JSON.stringify(notebookOf(mistake.cells)));
      // Two kernels that start at once are sometimes told the same port: these have sockets with names of their own.
      const sockets = ["--KernelManager.transport=ipc", `--KernelManager.ip=@${path.basename(folder)}-${number}`];
      const args = ["-m", "nbconvert", "--to", "notebook", "--execute", ...sockets, "--output", `${number}-out`, file];
      const child = spawn(python, args, { env, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text) => {
        stderr += text;
      });
      const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
      ran.set(mistake.name, { code, stderr });
    };
    const work = async () => {
      for (let next = left.shift(); next; next = left.shift()) await convert(...next);
    };
    await Promise.all([work(), work()]);
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(MISTAKES)("$name", (mistake) => {
    const { code, stderr } = ran.get(mistake.name)!;
    expect(code).toBe(1);
    expect(stderr).toContain(`${mistake.ename}: `);
    expect(stderr).toContain(mistake.evalue);
    expectLines(stderr, mistake, 1);
  });
});
