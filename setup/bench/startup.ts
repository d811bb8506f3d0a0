/** What a fresh process costs: the time until TensorFlow and the library are there, and the memory of a training at its peak. */
import { spawn } from "node:child_process";
import { projectRoot } from "../../lib/project";
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
require("./lib/environment"); require("@tensorflow/tfjs-node-gpu");
const tensorflow = performance.now();
require("./lib/models"); require("./lib/train");
const library = performance.now();`;

export async function startupPart(): Promise<Part> {
  const measured: { tensorflow: number; library: number; whole: number }[] = [];
  const load = async () => {
    const began = performance.now();
    const { tensorflow, library } = await fresh<{ tensorflow: number; library: number }>(
      `${LOAD} console.log(JSON.stringify({ tensorflow: tensorflow - began, library: library - tensorflow }));`,
    );
    measured.push({ tensorflow, library, whole: performance.now() - began });
    return measured.at(-1)!;
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
  };
  const peak = await fresh<number>(`${LOAD}
const { createModel } = require("./lib/models"); const { train } = require("./lib/train");
train(createModel({ kind: "tdlgm" }, 0), new Float32Array(7652).map((_, i) => (i * 0.37) % 1), { seed: 0, steps: 300 })
  .then(() => console.log(process.resourceUsage().maxRSS / 1024));`);
  return { title: "start-up", rows, notes: { "peak memory of a training process, MB": Math.round(peak) } };
}
