/** `npm run train` as a process: its files, a kill and --resume, Ctrl-C, and one sentence for a wrong argument. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../lib/base/project";
import { readSafetensors } from "../lib/base/safetensors";
import { loadModel } from "../lib/models/checkpoint";
import { weightsHash } from "../lib/paper/evaluate";

const ARGUMENTS = ["--seed", "3", "--steps", "120", "--checkpoint-every", "20", "--config", '{"H": 16, "batch": 64, "restartAfter": 0}'];
// A stand-in serves as well as the trace here.
const env = { ...process.env, TDLGM_STAND_IN: "1", TF_NUM_INTRAOP_THREADS: "1" };
const command = ["--require", require.resolve("tsx/preflight"), "--import", "tsx", path.join(projectRoot(), "setup/train.ts")];
let folder: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-cli-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const start = (out: string, more: string[] = []): ChildProcess =>
  spawn(process.execPath, [...command, ...ARGUMENTS, "--out", path.join(folder, out), ...more], { cwd: projectRoot(), env });
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.on("close", resolve));
const run = (args: string[]) => spawnSync(process.execPath, [...command, ...args], { cwd: projectRoot(), env, encoding: "utf8" });
const record = (out: string) => JSON.parse(fs.readFileSync(path.join(folder, out, "result.json"), "utf8"));
const weights = (out: string) => readSafetensors(path.join(folder, out, "weights.safetensors")).tensors;

/** Waits until a run's checkpoint holds at least this step. */
async function reached(out: string, step: number): Promise<void> {
  for (;;) {
    const file = path.join(folder, out, "weights.safetensors");
    if (fs.existsSync(file) && Number(readSafetensors(file).metadata.step) >= step) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("npm run train", () => {
  it("leaves a record and weights; killed and resumed it has the same bits", async () => {
    expect(await ended(start("whole"))).toBe(0);
    const whole = record("whole");
    expect(whole).toMatchObject({
      seed: 3,
      steps: 120,
      restarts: [],
      config: { kind: "tdlgm", H: 16 },
      device: "CPU",
      data: { standIn: true },
    });
    expect(whole.metrics.cleanMse.sample).toBeGreaterThan(0);
    expect(whole.metrics.cleanMse.mean).toBeGreaterThan(0);

    const child = start("killed");
    const closed = ended(child);
    await reached("killed", 40);
    child.kill("SIGKILL");
    await closed;
    expect(fs.existsSync(path.join(folder, "killed/result.json"))).toBe(false);

    const again = start("killed", ["--resume"]);
    let said = "";
    again.stdout!.on("data", (chunk) => (said += chunk));
    expect(await ended(again)).toBe(0);
    expect(said).toMatch(/^going on from step \d+ of 120$/m);
    expect(weights("killed")).toEqual(weights("whole"));
    const { seconds: _, ...resumed } = record("killed");
    const { seconds: __, ...uninterrupted } = whole;
    expect(resumed).toEqual(uninterrupted);
  });

  it("stops at Ctrl-C with a checkpoint and code 130", async () => {
    const child = start("stopped", ["--steps", "100000"]);
    const closed = ended(child);
    await reached("stopped", 20);
    child.kill("SIGINT");
    expect(await closed).toBe(130);
    expect(Number(readSafetensors(path.join(folder, "stopped/weights.safetensors")).metadata.step)).toBeGreaterThanOrEqual(20);
  });

  it("lets one of two trainings have a folder, and names it to the other", async () => {
    const first = start("both", ["--seed", "3"]);
    const firstEnded = ended(first);
    const lock = path.join(folder, "both", "writing.lock.tmp");
    while (!fs.existsSync(lock) || fs.statSync(lock).size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    first.kill("SIGSTOP"); // it holds the folder as long as the second takes
    const second = start("both", ["--seed", "4"]);
    let error = "";
    second.stderr!.on("data", (chunk) => (error += chunk));
    expect(await ended(second)).toBe(1);
    expect(error).toMatch(
      new RegExp(`^process ${first.pid} has been writing into .*both since .*: wait until it ends, or choose another folder .*\n$`),
    );
    first.kill("SIGCONT");
    expect(await firstEnded).toBe(0);
    const { seed, weights: named } = record("both");
    expect(seed).toBe(3);
    expect(fs.readdirSync(path.join(folder, "both")).sort()).toEqual(["basis.json", "result.json", "weights.safetensors"]);
    const model = await loadModel(path.join(folder, "both"));
    expect(weightsHash(model)).toBe(named);
    model.dispose();
  });

  it.each([
    [["--out", "x"], /--seed is missing/],
    [["--seed", "-1", "--out", "x"], /--seed must be a whole number from 0/],
    [["--seed", "1.5", "--out", "x"], /--seed must be a whole number/],
    [["--seed", "1"], /--out is missing/],
    [["--seed", "1", "--out", "x", "--steps", "many"], /--steps must be a whole number/],
    [["--seed", "1", "--out", "x", "--model", "vae"], /config\.kind must be "tdlgm" or/],
    [["--seed", "1", "--out", "x", "--config", "{"], /--config must be JSON/],
    [["--seed", "1", "--out", "x", "--config", '{"K": 0}'], /config\.K must be/],
    ...["null", "5", "[]", '"H"', "true"].map((json): [string[], RegExp] => [
      ["--seed", "1", "--out", "x", "--config", json],
      /--config must be an object of settings, as in/,
    ]),
    [
      ["--seed", "1", "--out", "x", "--model", "tdlgm", "--config", '{"kind": "rnn"}'],
      /--config's kind must be that of --model, "tdlgm", or left out; it is "rnn"/,
    ],
    [["--seed", "1", "--out", "x", "--config", '{"kind": "vae"}'], /config\.kind must be "tdlgm" or/],
    [["--seed", "1", "--out", "x", "--config", '{"__proto__": {"H": 3}}'], /config\.__proto__ is not a setting/],
    [["--seed", "1", "--out", "x", "--config", '{"constructor": 3}'], /config\.constructor is not a setting/],
    [["--seed", "1", "--out", "x", "--share", ""], /--share must be a finite number; it is ""/],
    [["--seed", "1", "--out", "x", "--share", "2"], /--share must be a number above 0, at most 1; it is 2/],
    [["--seed", "1", "--out", "x", "--from", ""], /--from must be a finite number; it is ""/],
    [["--seed", "1", "--out", "x", "--share", ".5", "--from", ".6"], /--from must be a number from 0 to 1 less --share, 0\.5; it is 0\.6/],
    [["--seed", "1", "--out", "x", "--step", "3"], /Unknown option '--step'; the command is: npm run train/],
    [["--seed", "1", "--out", "x", "more"], /Unexpected argument 'more'.*; the command is: npm run train/],
  ])("says in one sentence what is wrong with %j", (args, message) => {
    const { status, stderr } = run(args.map((a) => (a === "x" ? path.join(folder, "x") : a)));
    expect(status).toBe(1);
    expect(stderr.trim()).toMatch(message);
    expect(stderr.trim().split("\n").length).toBe(1);
    expect(fs.existsSync(path.join(folder, "x"))).toBe(false);
  });

  it("takes the kind of a model from --config too", async () => {
    const out = path.join(folder, "kind");
    expect(run(["--seed", "1", "--out", out, "--steps", "2", "--config", '{"kind": "rnn", "H": 3, "batch": 8}']).status).toBe(0);
    expect(record("kind").config).toMatchObject({ kind: "rnn", H: 3 });
  });

  it("goes on with a run only on its own seed, settings, data and steps, and keeps its record until it does", () => {
    const dir = path.join(folder, "whole");
    const again = (args: string[], more = env) =>
      spawnSync(process.execPath, [...command, "--out", dir, "--resume", ...args], { cwd: projectRoot(), env: more, encoding: "utf8" });
    const [seed, ...rest] = [ARGUMENTS.slice(0, 2), ...ARGUMENTS.slice(2)] as [string[], ...string[]];
    expect(again(["--seed", "4", ...rest]).stderr).toMatch(/was trained with --seed 3, not 4/);
    expect(again([...seed, "--steps", "20", "--config", ARGUMENTS.at(-1)!]).stderr).toMatch(/--steps must be at least 120/);
    expect(again(seed).stderr).toMatch(/was trained with other settings/);
    expect(record("whole").steps).toBe(120);
    expect(run(["--seed", "1", "--out", path.join(projectRoot(), "README.md")]).stderr).toMatch(
      /--out must be a folder that can be written into/,
    );
  });

  it("does not write over a run unless it is resumed", () => {
    const { status, stderr } = run([...ARGUMENTS, "--out", path.join(folder, "whole")]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/holds a run already/);
  });
});
