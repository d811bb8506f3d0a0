/**
 * npm run bench -- --against FOLDER: this checkout beside another one, in one run and in turns. Each is driven by a process of its own that
 * loads its own library: lib/index.ts, or in an earlier checkout the file of lib/ that exports a name.
 */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { projectRoot } from "../../lib/base/project";
import { firstCell } from "./firstCell";
import { inTurns, type Part, repeated, repeats, stepTimer, Worker } from "./turns";

const [HISTORIES, STEPS, M] = [7650, 30, 10];
const MODELS = ["tdlgm", "dlgm", "rnn"] as const;

/** Where a checkout's library has a name. @throws Error if it doesn't */
function place(root: string, name: string): string {
  if (fs.existsSync(path.join(root, "lib/index.ts"))) return "./lib/index";
  const exported = new RegExp(`^export (async )?(function|const|class) ${name}\\b`, "m");
  const files = fs.readdirSync(path.join(root, "lib"));
  const file = files.find((one) => exported.test(fs.readFileSync(path.join(root, "lib", one), "utf8")));
  if (!file) throw new Error(`no file of ${root}/lib exports ${name}`);
  return `./lib/${path.basename(file, ".ts")}`;
}

/** A side's process: answers `step KIND BATCH STEPS` and `generate` with milliseconds. */
export async function sideWorker(root: string): Promise<void> {
  const take = (name: string) => require(path.join(root, place(root, name)))[name];
  const steps = stepTimer(take("createModel"), take("train"));
  const model = take("createModel")({ kind: "tdlgm" }, 0); // weights make no difference to the time
  const histories = Array.from({ length: HISTORIES }, (_, i) => Float32Array.from({ length: M }, (_, t) => ((i + t) * 0.37) % 1));
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, kind, batch, count] = line.split(" ");
    const answer = () =>
      command === "step"
        ? steps(kind as (typeof MODELS)[number], Number(batch), Number(count))
        : repeated(1, () => take("generate")(model, histories, STEPS, { seed: 0 }));
    process.stdout.write(`${JSON.stringify(await answer())}\n`);
  }
}

/** A cell that imports what most notebooks do, and reads the trace. */
function cell(root: string): string {
  const names = ["createModel", "gpuRequests", "impute", "learningCurves", "loadTrace", "split", "table", "train"];
  const imports = names.map((name) => `import { ${name} } from "${place(root, name)}";`).join("\n");
  return `${imports}\nconst { train: series } = split(gpuRequests(await loadTrace()));\n[${names.slice(1).join(", ")}].length`;
}

/** @param other the other checkout, set up */
export async function* againstParts(other: string, batches: number[]): AsyncGenerator<Part> {
  const roots = { ours: projectRoot(), other };
  const start = (cwd: string) =>
    new Worker(spawn(process.execPath, [...process.execArgv, process.argv[1], "side", cwd], { cwd, stdio: ["pipe", "pipe", "inherit"] }));
  const workers = { ours: start(roots.ours), other: start(other) };
  const both = (line: string) => ({
    ours: () => workers.ours.ask<number[]>(line),
    other: () => workers.other.ask<number[]>(line),
  });
  for (const kind of MODELS) {
    const part: Part = { title: `training step of ${kind}`, rows: {}, notes: {} };
    for (const batch of batches) part.rows[`batch ${batch}`] = await inTurns(both(`step ${kind} ${batch} ${repeats(batch)}`), 9);
    yield part;
  }
  await inTurns(both("generate"), 1);
  const generation = await inTurns(both("generate"), 9);
  yield { title: `generation, ${HISTORIES} histories of ${STEPS} values`, rows: { all: generation }, notes: {} };
  for (const worker of Object.values(workers)) worker.end();
  const first = (root: string) => async () => [firstCell(root, cell(root)).cell];
  const cold = (root: string) => () => {
    fs.rmSync(path.join(root, ".local/compiled"), { recursive: true, force: true });
    return first(root)();
  };
  const rows = {
    "nothing compiled": await inTurns({ ours: cold(roots.ours), other: cold(other) }, 3),
    compiled: await inTurns({ ours: first(roots.ours), other: first(other) }, 5),
  };
  yield { title: "a notebook's first cell", rows, notes: {} };
}
