/** A run is what its settings, seed, steps, data and weights say, whatever its name; one folder is written by one at a time. */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { codeHash } from "../lib/base/code";
import { FolderInUse, withFolder } from "../lib/base/lock";
import { writeSafetensors } from "../lib/base/safetensors";
import { Series } from "../lib/data/series";
import { saveModel } from "../lib/models/checkpoint";
import { createModel, type Model } from "../lib/models/model";
import { readErrors } from "../lib/paper/errors";
import { evaluate } from "../lib/paper/evaluate";
import { fewerThanAll, levelsOf, obtainMetrics, QUICK, readMetrics, writeMetrics } from "../lib/paper/results";
import { findRun, loadRun, obtainRun, type RunRequest } from "../lib/paper/runs";
import { train } from "../lib/training/train";
import { chain, held } from "./helpers";

const root = vi.hoisted(() => ({ folder: "" }));
vi.mock("../lib/base/project", () => ({ projectRoot: () => root.folder }));

const lib = path.resolve(__dirname, "../lib");
const folders: string[] = [];
let said: string[];
beforeEach(() => {
  root.folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-obtain-"));
  folders.push(root.folder);
  fs.mkdirSync(path.join(root.folder, "data"));
  fs.writeFileSync(path.join(root.folder, "data/openb_pod_list_default.csv"), "");
  fs.cpSync(lib, path.join(root.folder, "lib"), { recursive: true });
  said = [];
  vi.spyOn(console, "info").mockImplementation((text) => void said.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
afterAll(() => folders.forEach((folder) => void fs.rmSync(folder, { recursive: true, force: true })));

const series = new Series(chain(900, 4), ["x"]);
const TINY = { kind: "tdlgm", m: 3, H: 6, K: 2, batch: 8, restartAfter: 0, steps: 6 } as const;
const asked: RunRequest = { config: TINY, seed: 1 };
const at = (...names: string[]) => path.join(root.folder, ...names);
/** The run, its model given back. */
async function obtained(name: string, request: RunRequest, on = series) {
  const { model, ...run } = await obtainRun(name, on, request);
  const { step } = model;
  model.dispose();
  return { ...run, step };
}
/** Puts the run into data/runs. */
const ship = (name: string) => {
  fs.mkdirSync(at("data/runs"), { recursive: true });
  fs.renameSync(at("runs", name), at("data/runs", name));
};
const change = (file: string, edit: (content: Record<string, unknown>) => void) => {
  const content = JSON.parse(fs.readFileSync(file, "utf8"));
  edit(content);
  fs.writeFileSync(file, JSON.stringify(content));
};

describe("obtainRun", () => {
  it("gives a run again to those who ask for the same one", async () => {
    const first = await obtained("mine", asked);
    expect(first).toMatchObject({ trainedHere: true, step: 6 });
    for (const same of [asked, { ...asked, steps: 6, share: 1 }, { ...asked, config: { ...TINY, beta: 1 } }])
      expect(await obtained("mine", same)).toEqual({ ...first, trainedHere: false });
  });

  const others: [string, RunRequest, RegExp][] = [
    ["config", { ...asked, config: { ...TINY, beta: 0.5 } }, /config\.beta 1, not 0\.5/],
    [
      "part of a setting",
      { ...asked, config: { ...TINY, likelihood: { kind: "gaussian", sd: 0.1 } } },
      /config\.likelihood .*0\.02.*, not .*0\.1/,
    ],
    ["kind", { ...asked, config: { kind: "rnn", m: 3, H: 6, restartAfter: 0, steps: 6 } }, /config\.kind "tdlgm", not "rnn"/],
    ["seed", { ...asked, seed: 2 }, /seed 1, not 2/],
    ["number of steps", { ...asked, steps: 5 }, /\(steps 6, not 5\)/],
    ["decay over other steps", { ...asked, config: { ...TINY, steps: 9 }, steps: 6 }, /\(config\.steps 6, not 9\)/],
    ["share", { ...asked, share: 0.5 }, /share 1, not 0\.5; from 0, not 0\.5/],
    ["stretch", { ...asked, share: 0.5, from: 0.25 }, /share 1, not 0\.5; from 0, not 0\.25/],
  ];
  it.each(others)("refuses another one under its name: another %s", async (_, request, difference) => {
    await obtained("mine", asked);
    const before = fs.readFileSync(at("runs/mine/weights.safetensors"));
    await expect(obtainRun("mine", series, request)).rejects.toThrow(difference);
    await expect(obtainRun("mine", series, request)).rejects.toThrow(
      /^runs\/mine holds another run .* choose another name, or .* fresh: true$/,
    );
    expect(fs.readFileSync(at("runs/mine/weights.safetensors"))).toEqual(before);
    expect(await obtained("mine", { ...request, fresh: true })).toMatchObject({ trainedHere: true });
    expect(await obtained("mine", request)).toMatchObject({ trainedHere: false });
  });

  it("keeps the share and the stretch in the record", async () => {
    expect((await obtained("mine", { ...asked, share: 0.5, from: 0.25 })).record).toMatchObject({ share: 0.5, from: 0.25 });
    await expect(obtainRun("mine", series, { ...asked, share: 0.5 })).rejects.toThrow(/from 0\.25, not 0\.5/);
  });

  it("refuses to write over a run on other data, and a stand-in never replaces the trace", async () => {
    await obtained("mine", asked);
    const other = new Series(chain(900, 5), ["x"]);
    const standIn = new Series(chain(900, 6), ["x"], true);
    for (const on of [other, standIn])
      await expect(obtainRun("mine", on, asked)).rejects.toThrow(/holds another run \(trained on other data\)/);
    expect(await obtained("mine", asked)).toMatchObject({ trainedHere: false });
  });

  it("trains here what is shipped under the name with other settings, and says the difference", async () => {
    await obtained("mine", asked);
    ship("mine");
    expect(await obtained("mine", asked)).toMatchObject({ trainedHere: false });
    expect(await obtained("mine", { ...asked, seed: 2 })).toMatchObject({ trainedHere: true, record: { seed: 2 } });
    expect(said).toEqual(["data/runs/mine is not the run that is asked for: seed 1, not 2"]);
    expect(await obtained("mine", asked)).toMatchObject({ trainedHere: false, record: { seed: 1 } }); // the shipped one again
  });

  it("trains here a run that is shipped as a record alone", async () => {
    await obtained("mine", asked);
    ship("mine");
    fs.rmSync(at("data/runs/mine/weights.safetensors"));
    expect(await obtained("mine", asked)).toMatchObject({ trainedHere: true });
  });

  it("says when the code of lib/ is no longer that which trained the run", async () => {
    await obtained("mine", asked);
    await obtained("mine", asked);
    expect(said).toEqual([]);
    change(at("runs/mine/result.json"), (record) => Object.assign(record, { code: "other" }));
    await obtained("mine", asked);
    expect(said).toEqual(["runs/mine was trained by other code than lib/ has now: fresh: true trains it again"]);
  });

  it("takes code with other comments for the same, and other code for another", () => {
    const hash = () => codeHash("lib/training/train.ts");
    const before = hash();
    fs.appendFileSync(at("lib/models/tdlgm.ts"), "\n// changed\n/** And this. */\nexport const nobodyUsesIt = 1;\n");
    expect(hash()).toBe(before);
    const file = at("lib/models/tdlgm.ts");
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("tf.mul(alpha, states.loss)", "tf.mul(beta, states.loss)"));
    expect(hash()).not.toBe(before);
  });

  it("takes the same code for the same wherever it lies", () => {
    const hashIn = (place: string) => {
      fs.cpSync(lib, path.join(place, "lib"), { recursive: true });
      fs.copyFileSync(path.resolve(lib, "../package.json"), path.join(place, "package.json"));
      root.folder = place;
      return codeHash("lib/training/train.ts");
    };
    expect(hashIn(at("elsewhere"))).toBe(hashIn(root.folder));
  });

  it("keeps nothing of a quick look, whatever is there under the name", async () => {
    await obtained("mine", asked);
    expect(await obtained("mine", { ...asked, seed: 2, ifMissing: { steps: 2 } })).toMatchObject({ trainedHere: true, step: 2 });
    expect(await obtained("mine", asked)).toMatchObject({ trainedHere: false });
  });

  it("lets the second of two at once wait for the first, and take its run", async () => {
    const both = await Promise.all([obtained("mine", asked), obtained("mine", asked)]);
    expect(both.map(({ trainedHere }) => trainedHere).sort()).toEqual([false, true]);
    expect(fs.readdirSync(at("runs/mine")).sort()).toEqual(["result.json", "weights.safetensors"]);
  });

  it("leaves neither a model nor a folder behind when the training fails", async () => {
    const before = held();
    const request: RunRequest = { ...asked, config: { ...TINY, learningRate: 1e30, steps: 60 } };
    await expect(obtainRun("mine", series, request)).rejects.toThrow(/training failed in all/);
    expect(held()).toEqual(before);
    expect(fs.readdirSync(at("runs"))).toEqual([]);
  });

  const bad: [string, unknown, unknown, unknown, RegExp][] = [
    ["no name", undefined, series, asked, /^name must be a name without slashes/],
    ["a path for a name", "../mine", series, asked, /^name must be a name without slashes/],
    ["a dot for a name", "..", series, asked, /^name must be a name without slashes/],
    ["values for a series", "mine", series.values, asked, /^series must be a Series/],
    ["no request", "mine", series, undefined, /^request must be an object/],
    ["an unknown key", "mine", series, { ...asked, sead: 1 }, /^request must be an object .*{ sead,/],
    ["a bad seed", "mine", series, { ...asked, seed: -1 }, /^request\.seed must be/],
    ["bad steps", "mine", series, { ...asked, steps: 0 }, /^request\.steps must be/],
    ["no kind", "mine", series, { ...asked, config: {} }, /^config\.kind must be/],
    ["no config", "mine", series, { seed: 1 }, /^config must be/],
    ["a bad share", "mine", series, { ...asked, share: 2 }, /^share must be/],
    ["fresh as a number", "mine", series, { ...asked, fresh: 1 }, /^request\.fresh must be true or false/],
    ["a quick look without steps", "mine", series, { ...asked, ifMissing: {} }, /^request\.ifMissing\.steps must be/],
  ];
  it.each(bad)("names a wrong argument: %s", async (_, name, on, request, message) => {
    await expect(obtainRun(name as string, on as Series, request as RunRequest)).rejects.toThrow(message);
    expect(fs.existsSync(at("runs"))).toBe(false);
  });
});

describe("findRun", () => {
  it("takes a planned name for the planned run alone", async () => {
    await obtained("tdlgm-seed-0", asked);
    expect(findRun("tdlgm-seed-0", series, asked)).toMatchObject({ shipped: false });
    expect(findRun("tdlgm-seed-0", series)).toBeNull();
    expect(said[0]).toMatch(
      /^runs\/tdlgm-seed-0 is not the run that is asked for: seed 1, not 0; steps 6, not 4000; .*config\.H 6, not 64/,
    );
  });

  it("takes any run under a name that is in no plan", async () => {
    await obtained("mine", asked);
    expect(findRun("mine", series)!.record.seed).toBe(1);
    expect(findRun("other", series)).toBeNull();
  });

  const damages: [string, (file: string) => void, RegExp][] = [
    ["half of it", (file) => fs.truncateSync(file, 100), /not whole JSON/],
    ["nothing", (file) => fs.truncateSync(file, 0), /not whole JSON/],
    ["null", (file) => fs.writeFileSync(file, "null"), /its config is missing or not right/],
    ["a list", (file) => fs.writeFileSync(file, "[]"), /its config is missing or not right/],
    ...["config", "seed", "steps", "restarts", "history", "data", "metrics", "seconds"].map(
      (part): [string, (file: string) => void, RegExp] => [
        `no ${part}`,
        (file) => change(file, (record) => delete record[part]),
        new RegExp(`its ${part} is missing or not right`),
      ],
    ),
    ["an empty history", (file) => change(file, (record) => Object.assign(record, { history: [] })), /its history/],
    ["a row of null", (file) => change(file, (record) => Object.assign(record, { history: [null] })), /its history/],
  ];
  it.each(damages)("names a broken record by its file: %s", async (_, damage, what) => {
    await obtained("mine", asked);
    damage(at("runs/mine/result.json"));
    for (const find of [async () => findRun("mine", series), () => obtainRun("mine", series, asked)]) {
      await expect(find()).rejects.toThrow(what);
      await expect(find()).rejects.toThrow(/^.*runs\/mine\/result\.json: .*; delete its folder and train again$/);
    }
    expect(await obtained("mine", { ...asked, fresh: true })).toMatchObject({ trainedHere: true });
  });
});

describe("a record and the weights beside it", () => {
  it("must be of one run: weights, seed, steps and settings", async () => {
    await obtained("mine", asked);
    await obtained("other", { ...asked, seed: 2 });
    const record = () => ({ record: JSON.parse(fs.readFileSync(at("runs/mine/result.json"), "utf8")), dir: at("runs/mine") });
    fs.copyFileSync(at("runs/other/weights.safetensors"), at("runs/mine/weights.safetensors"));
    await expect(loadRun(record())).rejects.toThrow(
      /runs\/mine\/result\.json: not the record of .* \(seed 1, not 2; the record names other weights\)/,
    );
    const model: Model = createModel(TINY, 1);
    await train(model, series.slice(0, 300), { seed: 1, steps: 6 });
    await saveModel(model, at("runs/mine"));
    model.dispose();
    const before = held();
    await expect(loadRun(record())).rejects.toThrow(/\(the record names other weights\)/);
    expect(held()).toEqual(before);
    await expect(obtainRun("mine", series, asked)).rejects.toThrow(/names other weights.*train the run again/);
  });

  it("scores must be of the run and of its weights", async () => {
    const { record } = await obtained("mine", asked);
    const metrics = { name: "mine", kind: "tdlgm", seed: 1, series: series.hash, weights: record.weights!, autocorrelation: 0 };
    const dir = at("runs/mine");
    const write = (more: object) => writeMetrics({ ...metrics, imputation: [], generation: [], horizonMse: [], ...more } as never, dir);
    write({});
    expect(readMetrics(dir)).toMatchObject(metrics);
    for (const [part, value] of Object.entries({
      name: "other",
      kind: "rnn",
      seed: 2,
      series: "x",
      weights: "x",
      imputation: [{}],
      autocorrelation: null,
    })) {
      write({ [part]: value });
      expect(() => readMetrics(dir), part).toThrow(`${dir}/metrics.json: its ${part} is missing or not right; evaluate the run again`);
    }
    fs.writeFileSync(path.join(dir, "metrics.json"), "{");
    expect(() => readMetrics(dir)).toThrow(`${dir}/metrics.json: not whole JSON; evaluate the run again`);
  });
});

it("scores over fewer draws or sequences than all stand in no table: they are made again from the weights", async () => {
  const run = { name: "mine", family: "mine", config: TINY, seed: 1, group: "readings" } as const;
  const { model } = await obtainRun("mine", series, asked);
  const few = await evaluate(model, series, { name: "mine", seed: 1, levels: levelsOf("readings"), draws: 2, sequences: 3 });
  model.dispose();
  writeMetrics(few, at("runs/mine"));
  expect(fewerThanAll(few, "readings")).toEqual(["over 2 noise draws, not 10", "over 3 generated sequences, not all"]);
  const quick = await obtainMetrics(run, series, QUICK);
  expect(quick.imputation[0].draws).toBe(2);
  const whole = await obtainMetrics(run, series);
  expect([whole.imputation[0].draws, whole.sequences]).toEqual([10, undefined]);
  expect(readMetrics(at("runs/mine"))).toMatchObject({ imputation: whole.imputation });
});

it("errors without a part of theirs are named by their file", async () => {
  fs.mkdirSync(at("errors"));
  const tensors = { sample: { shape: [1, 2], values: Float32Array.of(1, 2) } };
  writeSafetensors(at("errors/errors.safetensors"), { tensors, metadata: { weights: "w" } });
  expect(() => readErrors(at("errors"), "w")).toThrow(/errors\.safetensors: its errors are not whole \(sample\)/);
});

describe("a folder", () => {
  const other = `
    const { withFolder } = require(${JSON.stringify(path.join(lib, "base/lock"))});
    withFolder(process.argv[1], () => { console.log("held"); return new Promise((resolve) => setTimeout(resolve, 60000)); });`;
  const holding = async (folder: string): Promise<ChildProcess> => {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", other, folder], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    return child;
  };
  const ended = (child: ChildProcess) =>
    new Promise((resolve) => ((child.exitCode ?? child.signalCode) === null ? child.once("exit", resolve) : resolve(0)));

  it("is written by one process at a time; the lock of a killed one is taken over, and its leftovers go", async () => {
    const child = await holding(at("locked"));
    const left = `weights.safetensors.${child.pid}.tmp`;
    fs.writeFileSync(at("locked", left), "half");
    fs.writeFileSync(at("locked", `metrics.json.${process.pid}.tmp`), "in the making");
    const model = createModel(TINY, 1);
    const message = new RegExp(
      `^process ${child.pid} has been writing into .*locked since .*: wait until it ends, or choose another folder`,
    );
    await expect(saveModel(model, at("locked"))).rejects.toThrow(message);
    await expect(train(model, series.values, { seed: 1, steps: 6, dir: at("locked") })).rejects.toThrow(message);
    expect(model.step).toBe(0);
    child.kill("SIGKILL");
    await ended(child);
    await saveModel(model, at("locked"));
    expect(fs.readdirSync(at("locked")).sort()).toEqual([`metrics.json.${process.pid}.tmp`, "weights.safetensors"]);
    model.dispose();
  });

  it("is taken over from one of many that died, by one of many that want it", async () => {
    const child = await holding(at("locked"));
    child.kill("SIGKILL");
    await ended(child);
    let [inside, most, done] = [0, 0, 0];
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
      done++;
    };
    const tries = Array.from({ length: 8 }, () => withFolder(at("locked"), work, { patience: 20_000 }));
    await Promise.all(tries);
    expect([most, done]).toEqual([1, 8]);
    expect(fs.readdirSync(at("locked"))).toEqual([]);
  });

  it("of a process with the number of a dead one, of another machine, of a lock that says nothing", async () => {
    fs.mkdirSync(at("locked"));
    const lock = (text: string) => fs.writeFileSync(at("locked/writing.lock.tmp"), text);
    const works = () => withFolder(at("locked"), async () => "done");
    lock(JSON.stringify({ pid: process.pid, start: "1", host: os.hostname(), since: "then" }));
    expect(await works()).toBe("done");
    lock(JSON.stringify({ pid: 1, host: "elsewhere", since: "then" }));
    await expect(works()).rejects.toThrow(
      /^process 1 on elsewhere has been writing .* since then: .*if it is gone, delete .*writing\.lock\.tmp\)$/,
    );
    lock("");
    await expect(works()).rejects.toThrow(FolderInUse);
    fs.utimesSync(at("locked/writing.lock.tmp"), 1, 1);
    expect(await works()).toBe("done");
  });

  it("is open to what works within the same work, and closed to other work of the same process", async () => {
    let inner: Promise<unknown> = Promise.resolve();
    const outer = withFolder(at("locked"), async () => {
      await withFolder(at("locked"), async () => {});
      expect(fs.readdirSync(at("locked"))).toEqual(["writing.lock.tmp"]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    await expect(withFolder(at("locked"), async () => {})).rejects.toThrow(FolderInUse);
    inner = withFolder(at("locked"), async () => {}, { patience: 5000 });
    await Promise.all([outer, inner]);
    await expect(withFolder(at("locked"), async () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    await withFolder(at("locked"), async () => {});
  });
});
