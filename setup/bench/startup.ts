/** What fresh processes cost: the time until TensorFlow and the library are there, and the memory of a training, of long series too. */
import { spawn } from "node:child_process";
import * as path from "node:path";
import { projectRoot } from "../../lib/base/project";
import type { Part } from "./turns";
import { inTurns } from "./turns";

/** Runs a few lines in a fresh process and gives the JSON that they print last. */
function fresh<T>(code: string): Promise<T> {
  const child = spawn(process.execPath, [...process.execArgv, "--input-type=commonjs", "-e", code], {
    cwd: projectRoot(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  return new Promise((resolve, reject) => {
    child.on("close", (exit) =>
      exit === 0 ? resolve(JSON.parse(out.trim().split("\n").at(-1)!) as T) : reject(new Error("a fresh process failed")),
    );
  });
}

const LOAD = `
const began = performance.now();
require("./lib/tensor/environment"); require("@tensorflow/tfjs-node-gpu");
const tensorflow = performance.now();
require("./lib/models/models"); require("./lib/training/train");
const library = performance.now();`;

/** The last process.resourceUsage() tells, in MB. */
const PEAK = "process.resourceUsage().maxRSS / 1024";

/** Median milliseconds of a training step on a series of so many values, and the MB that 200 steps add to the process. */
const training = (values: number) =>
  fresh<{ step: number; grown: number }>(`${LOAD}
const { createModel } = require("./lib/models/models"); const { train } = require("./lib/training/train");
const model = createModel({ kind: "tdlgm", restartAfter: 0, validateEvery: 1e6 }, 0);
const series = Float32Array.from({ length: ${values} }, (_, i) => (i * 0.37) % 1);
const times = []; let last = 0; let before = 0;
const onStep = (step) => {
  const now = performance.now();
  if (step > 50) times.push(now - last);
  if (step === 50) before = process.memoryUsage().rss;
  if (step === 250) console.log(JSON.stringify({ step: times.sort((a, b) => a - b)[100], grown: (process.memoryUsage().rss - before) / 2 ** 20 }));
  last = performance.now();
};
train(model, series, { seed: 0, steps: 251, onStep });`);

export async function startupPart(folder: string): Promise<Part> {
  const measured: { tensorflow: number; library: number; whole: number }[] = [];
  const load = async () => {
    const began = performance.now();
    const { tensorflow, library } = await fresh<{ tensorflow: number; library: number }>(
      `${LOAD} console.log(JSON.stringify({ tensorflow: tensorflow - began, library: library - tensorflow }));`,
    );
    measured.push({ tensorflow, library, whole: performance.now() - began });
    return measured.at(-1)!;
  };
  const grown: number[] = [];
  const long = async () => {
    const { step, grown: more } = await training(10_000_000);
    grown.push(more);
    return [step];
  };
  const rows = {
    "a fresh process": await inTurns(
      {
        whole: async () => [(await load()).whole],
        "of it TensorFlow": async () => [measured.at(-1)!.tensorflow],
        "of it the library": async () => [measured.at(-1)!.library],
      },
      5,
    ),
    "a training step of tdlgm, batch 256": await inTurns(
      { "series of 10,000": async () => [(await training(10_000)).step], "of 10 million": long },
      3,
    ),
  };
  // As `npm run train` runs it.
  const train = ["train", "--model", "tdlgm", "--seed", "0", "--steps", "500", "--quiet", "--out", path.join(folder, "run")];
  const peak = await fresh<number>(`process.argv = [process.argv[0], ...${JSON.stringify(train)}];
process.on("exit", () => console.log(${PEAK}));
require("./setup/train");`);
  const imputing = await fresh<number>(`${LOAD}
const { loadModel, impute } = require("./lib/models/models");
const series = Float32Array.from({ length: 1e6 }, (_, i) => (i * 0.37) % 1);
(async () => {
  const model = await loadModel("data/runs/tdlgm-seed-0");
  await impute(model, series.subarray(0, 1e4), { seed: 0, xi: "sample" });
  const before = ${PEAK};
  await impute(model, series, { seed: 0, xi: "sample" });
  console.log(${PEAK} - before);
})();`);
  const notes = {
    "peak memory of a training process, MB": Math.round(peak),
    "memory that 200 steps add on 10 million values, MB": Math.round(Math.max(...grown)),
    "peak memory that imputing a million values adds to that of 10,000, MB": Math.round(imputing),
  };
  return { title: "start-up and memory", rows, notes };
}
