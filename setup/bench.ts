/**
 * npm run bench [-- 10,256] [-- --only step,metrics] [-- --readme] [-- --against FOLDER]: ours beside others in one run, one thread each, in
 * turns, so that ratios count; medians and 10th percentiles. PyTorch and numpy where a Python with torch is found (the one that TDLGM_TORCH
 * names, .venv, python3), and PyPI's particles in the same way (TDLGM_PARTICLES). Before anything is timed the same weights and draws must give
 * the same numbers. Written to report/bench.json, with --readme to SPEED.md too. With --against the other is another checkout of this project.
 */
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import "../lib/tensor/environment";
import { writeAtomically } from "../lib/base/files";
import { projectRoot } from "../lib/base/project";
import { readArguments } from "./arguments";
import { againstParts, sideWorker } from "./bench/against";
import { filterPart } from "./bench/filter";
import { firstCellPart } from "./bench/firstCell";
import { generatorsPart } from "./bench/generators";
import { inferencePart } from "./bench/inference";
import { lessonPart } from "./bench/lesson";
import { lstmPart } from "./bench/lstm";
import { memoryPart } from "./bench/memory";
import { metricsPart } from "./bench/metrics";
import { pagePart } from "./bench/page";
import { writeSpeeds } from "./bench/readme";
import { sliderPart } from "./bench/slider";
import { opsWorker, stepPart } from "./bench/step";
import { type Part, print, Worker } from "./bench/turns";

const PARTS = ["step", "generators", "lstm", "inference", "filter", "metrics", "memory", "first-cell", "slider", "page", "lesson"];

/** Which parts at which batch sizes. @throws Error naming what is neither */
function choice() {
  const options = { only: { type: "string" }, readme: { type: "boolean", default: false }, against: { type: "string" } } as const;
  const { values, positionals } = readArguments("npm run bench -- [10,256] [--only PARTS] [--readme] [--against FOLDER]", {
    options,
    allowPositionals: true,
  });
  const only = values.only?.split(",") ?? PARTS;
  const batches = (positionals[0] ?? "10,64,256,1024").split(",").map(Number);
  if (!only.every((part) => PARTS.includes(part))) throw new Error(`--only takes ${PARTS.join(", ")}; it has ${only.join()}`);
  if (positionals.length > 1 || !batches.every((n) => Number.isInteger(n) && n > 0))
    throw new Error(`batch sizes are like 10,256; they are ${positionals.join(" ")}`);
  if (values.readme && process.argv.length > 3) throw new Error("--readme takes the whole benchmark: no other argument goes with it");
  if (values.against && values.only) throw new Error("--against has parts of its own: --only does not go with it");
  return { only, batches, readme: values.readme, against: values.against && path.resolve(values.against) };
}

/** A peer's process in a Python that has its modules; null where there is none. @param named the one that the user named */
function startPeer(script: string, modules: string, named: string | undefined): Worker | null {
  const venv = path.join(projectRoot(), ".venv/bin/python");
  // The Python that .venv was made from may have them too.
  const { stdout: base } = spawnSync(venv, ["-c", "import sys; print(sys._base_executable)"], { encoding: "utf8" });
  const candidates = [named, venv, base?.trim(), "python3"];
  const python = candidates.find((p) => p && spawnSync(p, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0);
  if (!python) return null;
  const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
  return new Worker(spawn(python, [path.join(__dirname, "bench", script)], { stdio: ["pipe", "pipe", "inherit"], env }));
}

const load = () => `${os.loadavg()[0].toFixed(2)} of ${os.cpus().length}`;

async function main(): Promise<void> {
  const { only, batches, readme, against } = choice();
  const before = load();
  console.log(`${os.cpus()[0].model}, load ${before}, one thread each, in turns`);
  if (against) {
    for await (const part of againstParts(against, batches)) print(part);
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-bench-"));
  process.once("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  const ops = new Worker(
    spawn(process.execPath, process.execArgv.concat(__filename, "worker"), {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, TDLGM_OPS: "1" },
    }),
  );
  const torch = startPeer("peer.py", "torch, numpy", process.env.TDLGM_TORCH);
  const particles = only.includes("filter") ? startPeer("filter_peer.py", "particles", process.env.TDLGM_PARTICLES) : null;
  if (readme && !torch) throw new Error("--readme needs PyTorch: name a Python that has it with TDLGM_TORCH");
  if (readme && !particles) throw new Error("--readme needs PyPI's particles: name a Python that has it with TDLGM_PARTICLES");
  const peer = torch ? await torch.answer<{ torch: string; numpy: string }>() : null;
  const particlesPeer = await particles?.answer<{ particles: string }>();
  console.log(peer ? `PyTorch ${peer.torch}, numpy ${peer.numpy}` : "PyTorch not found (TDLGM_TORCH=python names one)");
  const make: Record<string, () => Promise<Part[]> | Part[]> = {
    step: () => stepPart(batches, ops, torch, folder),
    generators: () => generatorsPart(torch, folder),
    lstm: async () => [await lstmPart(batches, torch, folder)],
    inference: () => inferencePart(torch, folder),
    filter: async () => [await filterPart(particles, folder)],
    metrics: async () => [await metricsPart(torch, folder)],
    memory: () => [memoryPart(folder)],
    "first-cell": () => [firstCellPart()],
    slider: async () => [await sliderPart()],
    page: async () => [await pagePart(folder)],
    lesson: async () => [await lessonPart(folder)],
  };
  const parts: Part[] = [];
  for (const name of only) {
    const made = await make[name]();
    made.forEach(print);
    parts.push(...made);
  }
  const machine = {
    processor: os.cpus()[0].model,
    "load before": before,
    "load after": load(),
    node: process.version,
    peer: peer && { ...peer, ...particlesPeer },
  };
  writeAtomically(path.join(projectRoot(), "report/bench.json"), `${JSON.stringify({ machine, parts }, null, 2)}\n`);
  if (readme) writeSpeeds(path.join(projectRoot(), "SPEED.md"), machine, parts);
  ops.end();
  torch?.end();
  particles?.end();
}

const [, , worker, root] = process.argv;
(worker === "worker" ? opsWorker() : worker === "side" ? sideWorker(root) : main()).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
