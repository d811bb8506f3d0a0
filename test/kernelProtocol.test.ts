// Jupyter's protocol: PyPI's jupyter_kernel_test, the checks of kernel-testbed and clients of other forms (test/kernel_conformance.py).
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root, tools } from "./kernel-client";
import { notebookOf } from "./notebookOf";

const GROUPS = [
  ...["KernelTests", "WelcomeTests", "Testbed", "Forms"].map((group) => [group, "kernel_conformance.py"]),
  ["Tampering", "kernel_tampering.py"], // messages without the key
];
test.each(GROUPS)("%s", { timeout: 600_000 }, async (group, file) => {
  const { python, env } = await tools();
  mkdirSync(env.TMPDIR as string, { recursive: true });
  const child = spawn(python, [path.join(root, "test", file), group], { env, cwd: env.TMPDIR });
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

test("papermill gives parameters: after the cell with the tag, of every type", async () => {
  const { python, env } = await tools();
  mkdirSync(env.TMPDIR as string, { recursive: true });
  const folder = mkdtempSync(path.join(env.TMPDIR as string, "papermill-"));
  const file = (name: string) => path.join(folder, name);
  try {
    const notebook = notebookOf(["const seed = 0;\nconst label = 'x', scale = 1;", "[seed + 1, label, scale]"]);
    Object.assign(notebook.cells[0].metadata, { tags: ["parameters"] });
    writeFileSync(file("a.ipynb"), JSON.stringify(notebook));
    const script = path.join(root, "setup/kernel/with_papermill.py");
    const parameters = ["-p", "seed", "3", "-p", "label", 'é "q"', "-y", "scale: { a: [1.5, null, true] }"];
    const ran = spawnSync(python, [script, file("a.ipynb"), file("out.ipynb"), ...parameters], { env, encoding: "utf8" });
    expect(ran.status, ran.stderr).toBe(0);
    const { cells } = JSON.parse(readFileSync(file("out.ipynb"), "utf8"));
    expect([cells[2].outputs[0].data["text/plain"]].flat().join("")).toBe(`[ 4, 'é "q"', { a: [ 1.5, null, true ] } ]`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a kernel whose port another one holds ends at once and says so, rather than leave its client waiting", async () => {
  const { python, env } = await tools();
  const script = `
import tempfile, zmq
from jupyter_client.manager import KernelManager
other = zmq.Context.instance().socket(zmq.PUB)
port = other.bind_to_random_port("tcp://127.0.0.1")
manager = KernelManager(kernel_name="tslab", cache_ports=False, shell_port=port)
log = tempfile.TemporaryFile("w+")
manager.start_kernel(stderr=log)
code = manager.provisioner.process.wait(30)
log.seek(0)
print(code, log.read().replace(str(port), "PORT"))
manager.cleanup_resources()
other.close(0)
`;
  const ran = spawnSync(python, ["-c", script], { env, encoding: "utf8", timeout: 60_000 });
  const sentence = "TypeScript kernel: the kernel can't listen on tcp://127.0.0.1:PORT (Address already in use): start it again";
  expect(ran.stdout.trim(), ran.stderr).toBe(`1 ${sentence}`);
}, 100_000);
