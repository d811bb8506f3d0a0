/** What a run's folder says of its weights: after a resume, a stop that could not be saved, a signal, a broken file, and when it is shipped. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../lib/base/project";
import { readSafetensors } from "../lib/base/safetensors";
import { loadModel, saveModel } from "../lib/models/checkpoint";
import { createModel, type WeightedModel } from "../lib/models/model";
import { weightsHash } from "../lib/paper/evaluate";

const root = projectRoot();
const env = { ...process.env, TDLGM_STAND_IN: "1", TF_NUM_INTRAOP_THREADS: "1" };
const node = ["--require", require.resolve("tsx/preflight"), "--import", require.resolve("tsx")];
const TINY = '{"H": 8, "m": 4, "K": 2, "batch": 16, "restartAfter": 0}';
let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-folders-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const program = (name: string, args: string[], at = root) =>
  spawnSync(process.execPath, [...node, path.join(at, "setup", `${name}.ts`), ...args], { cwd: at, env, encoding: "utf8" });
const train = (dir: string, ...more: string[]) => ["--seed", "3", "--config", TINY, "--out", dir, ...more];
const start = (args: string[]): ChildProcess =>
  spawn(process.execPath, [...node, path.join(root, "setup/train.ts"), ...args], { cwd: root, env });
const stepOf = (dir: string) => Number(readSafetensors(path.join(dir, "weights.safetensors")).metadata.step);

/** What a training says until it ends. */
async function outcome(child: ChildProcess): Promise<{ code: number | null; said: string; failure: string }> {
  let [said, failure] = ["", ""];
  child.stdout!.on("data", (text) => (said += text));
  child.stderr!.on("data", (text) => (failure += text));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, said, failure };
}
const until = async (isThere: () => boolean) => {
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe("a run that goes on", () => {
  it("loses the record, the scores and the errors of its earlier weights at once", async () => {
    const dir = path.join(folder, "on");
    expect(program("train", train(dir, "--steps", "6")).status).toBe(0);
    expect(program("evaluate", [dir, "--draws", "2", "--sequences", "3"]).stderr).toBe("");
    expect(fs.readdirSync(dir).sort()).toEqual(["basis.json", "errors.safetensors", "metrics.json", "result.json", "weights.safetensors"]);
    const child = start(train(dir, "--steps", "1000000", "--resume"));
    const ended = outcome(child);
    await until(() => !["result.json", "metrics.json", "errors.safetensors"].some((name) => fs.existsSync(path.join(dir, name))));
    child.kill("SIGKILL");
    await ended;
    expect(fs.readdirSync(dir).filter((name) => !name.endsWith(".tmp"))).toEqual(["basis.json", "weights.safetensors"]);
    expect(program("train", train(dir, "--steps", "8", "--resume")).status).toBe(0);
    expect(fs.readdirSync(dir).sort()).toEqual(["basis.json", "result.json", "weights.safetensors"]);
  });

  it.each([
    ["null", /basis\.json: its seed is missing or not right; what the run rests on is not known: delete the folder/],
    ["[]", /basis\.json: its seed is missing/],
    ['{"seed": 3}', /basis\.json: its data is missing/],
    ["{", /basis\.json: not whole JSON; what/],
    [null, /basis\.json: missing; what/],
    ["5", /basis\.json: its seed is missing/],
  ])("names a broken basis.json: %s", (content, message) => {
    const dir = path.join(folder, "basis");
    if (!fs.existsSync(dir)) expect(program("train", train(dir, "--steps", "2")).status).toBe(0);
    const file = path.join(dir, "basis.json");
    if (content === null) fs.rmSync(file);
    else fs.writeFileSync(file, content);
    const { status, stderr } = program("train", train(dir, "--steps", "4", "--resume"));
    expect([status, stderr.split("\n").length]).toEqual([1, 2]);
    expect(stderr).toMatch(message);
  });

  it("refuses weights that are another run's, with a record beside them and without", async () => {
    const dir = path.join(folder, "mixed");
    expect(program("train", train(dir, "--steps", "2")).status).toBe(0);
    const model = createModel({ kind: "tdlgm", ...JSON.parse(TINY) }, 9) as WeightedModel;
    model.step = 2;
    model.training = { seed: 9, restarts: [], seconds: 0, history: [] };
    await saveModel(model, dir);
    model.dispose();
    const again = () => program("train", train(dir, "--steps", "4", "--resume")).stderr;
    expect(again()).toMatch(/result\.json: not the record of weights\.safetensors beside it/);
    fs.rmSync(path.join(dir, "result.json"));
    expect(again()).toMatch(/basis\.json: its seed is 3, but weights\.safetensors beside it was trained with 9; train again/);
  });
});

describe("a training that is stopped", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "saves at %s, also where the output is gone and the signal comes twice",
    async (signal) => {
      const dir = path.join(folder, signal);
      const child = start(train(dir, "--steps", "1000000", "--checkpoint-every", "1000000"));
      await new Promise((resolve) => child.stdout!.once("data", () => child.stdout!.once("data", resolve)));
      child.stdout!.destroy();
      const closed = new Promise((resolve) => child.on("exit", resolve));
      child.kill(signal);
      if (signal !== "SIGINT") child.kill(signal);
      expect(await closed).toBe(130);
      expect(stepOf(dir)).toBeGreaterThan(0);
    },
  );

  it("says that nothing was saved, why, and where", async () => {
    const dir = path.join(folder, "unsaved");
    const child = start(train(dir, "--steps", "1000000", "--checkpoint-every", "1000000"));
    const ended = outcome(child);
    await new Promise((resolve) => child.stdout!.on("data", (text) => /^step/m.test(text) && resolve(0)));
    fs.mkdirSync(path.join(dir, "weights.safetensors"));
    child.kill("SIGINT");
    const { code, said, failure } = await ended;
    expect(code).toBe(1);
    expect(said).not.toContain("goes on");
    expect(failure).toMatch(
      /^training was stopped at step \d+ of 1000000, and this step could not be saved: .*unsaved\/weights\.safetensors: cannot be written \(EISDIR.*\); nothing was saved\n$/,
    );
  });

  const disk = () => path.join(folder, "disk");
  const isMounted = process.getuid?.() === 0 && spawnSync("mount", ["--version"]).status === 0;
  it.skipIf(!isMounted)("says on a full disk which file could not be written", async ({ skip }) => {
    fs.mkdirSync(disk());
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=60k", "none", disk()]).status !== 0) return skip();
    try {
      const dir = path.join(disk(), "run");
      const big = (name: string, ...more: string[]) => train(path.join(disk(), name), "--config", '{"H": 32, "restartAfter": 0}', ...more);
      const child = start(big("run", "--steps", "1000000", "--checkpoint-every", "1000000"));
      const ended = outcome(child);
      await new Promise((resolve) => child.stdout!.on("data", (text) => /^step/m.test(text) && resolve(0)));
      child.kill("SIGINT");
      const { failure } = await ended;
      expect(failure).toMatch(/could not be saved: .*run\/weights\.safetensors: cannot be written \(ENOSPC: .*\); nothing was saved\n$/);
      expect(fs.readdirSync(dir)).toEqual(["basis.json"]);

      const due = program("train", big("due", "--steps", "20", "--checkpoint-every", "10"));
      expect(due.stderr).toMatch(/^.*due\/weights\.safetensors: cannot be written \(ENOSPC: .*\)\n$/);
      while (spawnSync("dd", ["if=/dev/zero", `of=${path.join(disk(), "full")}`, "bs=4k"]).status === 0);
      expect(program("train", big("none", "--steps", "2")).stderr).toMatch(/ENOSPC/);
      expect(fs.existsSync(path.join(disk(), "none/writing.lock.tmp"))).toBe(false);
    } finally {
      spawnSync("umount", ["-l", disk()]);
    }
  });
});

/** What the tests change in a record or in scores. */
interface Content {
  name: string;
  steps: number;
  weights?: string;
  sequences?: number;
  imputation: { draws: number }[];
}

describe("npm run ship", () => {
  const NAME = "tdlgm-seed-0";
  let at: string;
  const own = (...names: string[]) => path.join(at, "runs", NAME, ...names);
  const shipped = (...names: string[]) => path.join(at, "data/runs", NAME, ...names);
  const edit = (file: string, change: (content: Content) => void) => {
    const content = JSON.parse(fs.readFileSync(own(file), "utf8"));
    change(content);
    fs.writeFileSync(own(file), JSON.stringify(content));
  };
  beforeAll(() => {
    at = path.join(folder, "project");
    for (const name of ["lib", "setup", "package.json", "tsconfig.json"])
      fs.cpSync(path.join(root, name), path.join(at, name), { recursive: true });
    fs.symlinkSync(path.join(root, "node_modules"), path.join(at, "node_modules"));
    fs.symlinkSync(path.join(root, ".local"), path.join(at, ".local"));
    fs.cpSync(path.join(root, "data/runs", NAME), shipped(), { recursive: true });
  });
  /** Puts the shipped run where trained ones lie. */
  const fresh = () => {
    fs.rmSync(own(), { recursive: true, force: true });
    fs.cpSync(path.join(root, "data/runs", NAME), own(), { recursive: true });
  };

  it("takes a whole run, and leaves nothing beside it", () => {
    fresh();
    fs.writeFileSync(shipped("old"), "");
    const { stderr, stdout } = program("ship", [NAME], at);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^1 runs into data\/runs/m);
    expect(fs.readdirSync(path.join(at, "data/runs"))).toEqual([NAME]);
    expect(fs.readdirSync(shipped()).sort()).toEqual(["errors.safetensors", "metrics.json", "result.json", "weights.safetensors"]);
  });

  const refused: [string, () => Promise<void> | void, RegExp][] = [
    [
      "of another seed",
      () => {
        fs.rmSync(own(), { recursive: true });
        fs.cpSync(path.join(root, "data/runs/tdlgm-seed-1"), own(), { recursive: true });
        edit("metrics.json", (metrics) => (metrics.name = NAME));
      },
      /is not the run that is planned under this name: seed 1, not 0$/m,
    ],
    [
      "of fewer steps",
      async () => {
        const model = (await loadModel(own())) as WeightedModel;
        model.step = 60;
        await saveModel(model, own());
        edit("result.json", (record) => Object.assign(record, { steps: 60, weights: weightsHash(model) }));
        model.dispose();
      },
      /is not the run that is planned under this name: steps 60, not 4000$/m,
    ],
    [
      "evaluated over fewer draws",
      () => edit("metrics.json", ({ imputation }) => (imputation[0].draws = 2)),
      /not evaluated in full \(over 2 noise draws, not 10\)/,
    ],
    [
      "evaluated under fewer levels",
      () => edit("metrics.json", ({ imputation }) => imputation.pop()),
      /not evaluated in full \(noise levels missing: 1\)/,
    ],
    [
      "evaluated over fewer sequences",
      () => edit("metrics.json", (metrics) => (metrics.sequences = 20)),
      /over 20 generated sequences, not all/,
    ],
    ["without its errors", () => fs.rmSync(own("errors.safetensors")), /has no errors\.safetensors of its weights/],
    ["with a broken file", () => fs.truncateSync(own("errors.safetensors"), 50), /errors\.safetensors: not a whole safetensors/],
    ["that names no weights", () => edit("result.json", (record) => delete record.weights), /result\.json: its weights is missing/],
  ];
  it.each(refused)("refuses a run %s, and leaves the shipped one as it is", async (_, damage, message) => {
    fresh();
    await damage();
    const before = fs.readFileSync(shipped("weights.safetensors"));
    const { status, stderr } = program("ship", [NAME], at);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
    expect(fs.readFileSync(shipped("weights.safetensors"))).toEqual(before);
    expect(fs.readdirSync(path.join(at, "data/runs"))).toEqual([NAME]);
  });

  it("keeps the shipped run when its successor can't be written whole", () => {
    fresh();
    const preload = path.join(folder, "preload.cjs");
    // As on a disk that fills up: the last file of the four fails.
    fs.writeFileSync(
      preload,
      `const fs = require("node:fs"); const { fsyncSync } = fs; let n = 0;
       fs.fsyncSync = (handle) => { if (++n === 4) throw new Error("ENOSPC: no space left on device"); return fsyncSync(handle); };`,
    );
    const before = fs.readFileSync(shipped("weights.safetensors"));
    const { status, stderr } = spawnSync(process.execPath, ["--require", preload, ...node, path.join(at, "setup/ship.ts"), NAME], {
      cwd: at,
      env,
      encoding: "utf8",
    });
    expect(stderr).toMatch(/metrics\.json: cannot be written \(ENOSPC/);
    expect(status).toBe(1);
    expect(fs.readdirSync(shipped()).sort()).toEqual(["errors.safetensors", "metrics.json", "result.json", "weights.safetensors"]);
    expect(fs.readFileSync(shipped("weights.safetensors"))).toEqual(before);
  });

  it("takes no option", () => {
    expect(program("ship", ["--all"], at).stderr).toBe("Unknown option '--all'; the command is: npm run ship [-- NAME ...]\n");
  });
});

describe("what killed writes leave", () => {
  const gone = 2 ** 22 + 7; // no process has this number
  it("is ignored by git, wherever it lies", () => {
    const names = [`README.md.${gone}.tmp`, `data/openb_pod_list_default.csv.${gone}.part`, `data/runs/a.new.${gone}.tmp/result.json`];
    names.push(`notebooks/00-start.ipynb.${gone}.part`, `data/runs/a/metrics.json.${gone}.tmp`, "data/runs/a/writing.lock.tmp");
    const { stdout } = spawnSync("git", ["check-ignore", "--no-index", ...names], { cwd: root, encoding: "utf8" });
    expect(stdout.trim().split("\n")).toEqual(names);
  });

  it("is cleared by the next command, folders too", async () => {
    const { clearKilledWrites } = await import("../setup/files.mjs");
    const at = path.join(folder, "left");
    for (const name of [`a.new.${gone}.tmp`, `b.${process.pid}.tmp`, "c"]) fs.mkdirSync(path.join(at, name, "inner"), { recursive: true });
    clearKilledWrites([at]);
    expect(fs.readdirSync(at)).toEqual([`b.${process.pid}.tmp`, "c"]);
  });
});
