/**
 * npm run bench [-- 10,256] [-- --only step,metrics] [-- --readme]: ours beside others in one run, one thread each, in turns, so that ratios
 * count; medians and 10th percentiles. PyTorch and numpy where a Python with torch is found (the one that TDLGM_TORCH names, .venv, python3):
 * before anything is timed the same weights and draws must give the same numbers. Written to report/bench.json and report/bench.html, with
 * --readme to README.md too.
 */
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import "../lib/tensor/environment";
import { writeAtomically } from "../lib/base/files";
import { projectRoot } from "../lib/base/project";
import { writePage } from "./bench/figure";
import { inferencePart } from "./bench/inference";
import { lstmPart } from "./bench/lstm";
import { metricsPart } from "./bench/metrics";
import { notebooksPart } from "./bench/notebooks";
import { writeSpeeds } from "./bench/readme";
import { startupPart } from "./bench/startup";
import { opsWorker, stepPart } from "./bench/step";
import { type Part, print, Worker } from "./bench/turns";

const PARTS = ["step", "lstm", "inference", "metrics", "startup", "notebooks"];

/** Which parts at which batch sizes. @throws Error naming what is neither */
function choice(given: string[]): { only: string[]; batches: number[]; readme: boolean } {
  const readme = given.includes("--readme");
  const args = given.filter((arg) => arg !== "--readme");
  const at = args.indexOf("--only");
  const only = at < 0 ? PARTS : (args[at + 1] ?? "").split(",");
  const rest = at < 0 ? args : args.filter((_, i) => i !== at && i !== at + 1);
  const batches = (rest[0] ?? "10,64,256,1024").split(",").map(Number);
  if (!only.every((part) => PARTS.includes(part))) throw new Error(`--only takes ${PARTS.join(", ")}; it has ${only.join()}`);
  if (rest.length > 1 || !batches.every((n) => Number.isInteger(n) && n > 0))
    throw new Error(`batch sizes are like 10,256; they are ${rest.join(" ")}`);
  if (readme && args.length) throw new Error("--readme takes the whole benchmark: no other argument goes with it");
  return { only, batches, readme };
}

function startPeer(): Worker | null {
  const venv = path.join(projectRoot(), ".venv");
  // `python3` on the project's PATH is the venv's: the one that it was made from may have torch too.
  const made = fs.existsSync(path.join(venv, "pyvenv.cfg"))
    ? /^home = (.*)$/m.exec(fs.readFileSync(path.join(venv, "pyvenv.cfg"), "utf8"))?.[1]
    : undefined;
  const candidates = [process.env.TDLGM_TORCH, path.join(venv, "bin/python"), made && path.join(made, "python3"), "python3"].filter(
    (p) => p !== undefined,
  );
  const python = candidates.find((p) => spawnSync(p, ["-c", "import torch, numpy"], { stdio: "ignore" }).status === 0);
  if (!python) return null;
  const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
  return new Worker(spawn(python, [path.join(__dirname, "bench/peer.py")], { stdio: ["pipe", "pipe", "inherit"], env }));
}

const load = () => `${os.loadavg()[0].toFixed(2)} of ${os.cpus().length}`;

async function main(): Promise<void> {
  const { only, batches, readme } = choice(process.argv.slice(2));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-bench-"));
  process.once("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  const ops = new Worker(
    spawn(process.execPath, process.execArgv.concat(__filename, "worker"), {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, TDLGM_OPS: "1" },
    }),
  );
  const torch = startPeer();
  if (readme && !torch) throw new Error("--readme needs PyTorch: name a Python that has it with TDLGM_TORCH");
  const peer = torch ? await torch.answer<{ torch: string; numpy: string }>() : null;
  const machine = { processor: os.cpus()[0].model, "load before": load(), "load after": "", node: process.version, peer };
  const versions = peer ? `PyTorch ${peer.torch}, numpy ${peer.numpy}` : "PyTorch not found (TDLGM_TORCH=python names one)";
  console.log(`${machine.processor}, load ${machine["load before"]}, one thread each, in turns; ${versions}`);
  const make: Record<string, () => Promise<Part[]>> = {
    step: () => stepPart(batches, ops, torch, folder),
    lstm: async () => [await lstmPart(batches, torch, folder)],
    inference: () => inferencePart(torch, folder),
    metrics: async () => [await metricsPart(torch, folder)],
    startup: async () => [await startupPart(folder)],
    notebooks: async () => [notebooksPart()],
  };
  const parts: Part[] = [];
  for (const name of only) {
    const made = await make[name]();
    made.forEach(print);
    parts.push(...made);
  }
  machine["load after"] = load();
  console.log(`\nload after ${machine["load after"]}; peak memory of this process ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
  const report = path.join(projectRoot(), "report");
  writeAtomically(path.join(report, "bench.json"), `${JSON.stringify({ machine, parts }, null, 2)}\n`);
  writePage(report, machine, parts);
  if (readme) writeSpeeds(path.join(projectRoot(), "README.md"), machine, parts);
  ops.end();
  torch?.end();
}

(process.argv[2] === "worker" ? opsWorker() : main()).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
