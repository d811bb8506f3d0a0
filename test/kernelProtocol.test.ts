// Jupyter's protocol: PyPI's jupyter_kernel_test, the checks of kernel-testbed and clients of other forms (test/kernel_conformance.py).
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root, tools } from "./kernel-client";

test.each(["KernelTests", "WelcomeTests", "Testbed", "Forms"])("%s", { timeout: 600_000 }, async (group) => {
  const { python, env } = await tools();
  mkdirSync(env.TMPDIR as string, { recursive: true });
  const child = spawn(python, [path.join(root, "test/kernel_conformance.py"), group], { env, cwd: env.TMPDIR });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      log += text;
    });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code, log).toBe(0);
  expect(log).toMatch(/Ran [1-9]\d* tests?/);
  // All that jupyter_kernel_test knows but the pager, a payload that the protocol calls deprecated.
  expect(log.match(/\.\.\. skipped/g) ?? []).toHaveLength(group === "KernelTests" ? 1 : 0);
});
