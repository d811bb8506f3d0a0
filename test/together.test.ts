/** What a command has started ends with it, however it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const setup = path.resolve(__dirname, "..", "setup");
let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "together-"));
});
afterEach(() => {
  for (const pid of pids().filter(isAlive)) process.kill(pid, "SIGKILL");
  fs.rmSync(folder, { recursive: true, force: true });
});

const isAlive = (pid: number) => {
  try {
    return !/\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
};
const until = async (holds: () => boolean, seconds = 20) => {
  for (const end = Date.now() + 1000 * seconds; !holds() && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
};
const pids = () => fs.readdirSync(folder).map(Number);

/** Leaves its process id in the folder; deaf to all but SIGKILL if asked to. */
const body = (deaf = false) => `${deaf ? "trap '' TERM INT HUP; " : ""}touch "$0/$$"; while :; do sleep 0.1; done`;

/** A command that starts a child, a grandchild in a session of its own, and one that hears no signal. */
const program = (end: string) => `import(${JSON.stringify(path.join(setup, "process.mjs"))}).then(({ command }) => command(async () => {
  const { spawn } = await import("node:child_process");
  const start = (...args) => spawn(args[0], args.slice(1), { stdio: "ignore" });
  const [folder] = process.argv.slice(1);
  start("sh", "-c", ${JSON.stringify(body())}, folder);
  start("sh", "-c", ${JSON.stringify(body(true))}, folder);
  start("sh", "-c", ${JSON.stringify(`setsid sh -c '${body().replaceAll("'", "'\\''")}' "$0" & exit 0`)}, folder);
  const { readdirSync } = await import("node:fs");
  while (readdirSync(folder).length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log("started");
  ${end}
}))`;
const forever = "await new Promise((resolve) => setTimeout(resolve, 60_000))";

async function started(child: ChildProcess): Promise<ChildProcess> {
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  expect(pids().filter(isAlive)).toHaveLength(3);
  return child;
}
const run = (end: string) => spawn(process.execPath, ["-e", program(end), folder], { stdio: ["ignore", "pipe", "inherit"] });

describe("what a command has started ends", () => {
  test("when the command is killed", async () => {
    (await started(run(forever))).kill("SIGKILL");
    await until(() => !pids().some(isAlive));
  });

  test.each(["exec ", ""])("when npm is killed, which started it by a shell (%s)", async (exec) => {
    const env = { ...process.env, npm_lifecycle_event: "train" };
    const script = `"$@" & wait`; // npm: a shell lies between it and the command, or not
    const words = exec ? [process.execPath, "-e"] : ["sh", "-c", `"$@"; exit $?`, "sh", process.execPath, "-e"];
    const npm = spawn("bash", ["-c", script, "npm", ...words, program(forever), folder], { env, stdio: ["ignore", "pipe", "inherit"] });
    (await started(npm)).kill("SIGKILL");
    await until(() => !pids().some(isAlive));
  });

  test("when it fails", async () => {
    await started(run("process.exit(1)"));
    await until(() => !pids().some(isAlive));
  });

  test("but is left alone when it ends well", async () => {
    const child = await started(run("setTimeout(() => process.exit(), 300)"));
    await new Promise((resolve) => child.once("close", resolve));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(pids().filter(isAlive)).toHaveLength(3);
  });
});
