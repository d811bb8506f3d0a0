/**
 * npm run bench: one training step of tDLGM (m 10, H 64, K 8, L 2, Gaussian σ .1), in one run on one thread, in turns:
 * ours; ours op by op; PyTorch 2.13 with plain and with fused Adam where a Python with torch is found (the one that TDLGM_TORCH names, .venv, python3).
 * Then the LSTM alone, forward and backward, where tf.layers.lstm can be set beside them. Ratios are what counts; medians and 10th
 * percentiles in ms. Before timing, the same weights and draws must give PyTorch's loss and gradients to 1e-4.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import "../lib/environment";
import * as tf from "@tensorflow/tfjs-core";
import { quantileSorted } from "simple-statistics";
import { native } from "../lib/backend";
import { writeAtomically, writeSafetensors } from "../lib/checkpoint";
import { completeConfig } from "../lib/config";
import { normals, uniforms } from "../lib/draws";
import { tdlgmLoss } from "../lib/loss";
import { lstmStates, opByOp } from "../lib/lstm";
import { weighted } from "../lib/model";
import { createModel } from "../lib/models";
import { projectRoot } from "../lib/project";
import { generator } from "../lib/random";
import { train } from "../lib/train";

/** `-- 10,256` takes those batches alone. */
const BATCHES = (process.argv[2] && process.argv[2] !== "worker" ? process.argv[2] : "10,64,256,1024").split(",").map(Number);
const ROUNDS = 7;
const stepsFor = (batch: number) => Math.max(6, Math.round(1500 / (batch + 40)));
const series = (() => {
  const g = generator(0, "bench");
  return Float32Array.from({ length: 7652 }, () => g.uniform());
})();

/** A process that answers each line with one line of JSON. */
class Worker {
  private readonly answers: AsyncIterableIterator<string>;
  constructor(private readonly child: ChildProcess) {
    process.once("exit", () => child.kill());
    this.answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }
  async answer<T>(): Promise<T> {
    const { value, done } = await this.answers.next();
    if (done) throw new Error("a worker of the benchmark has ended early; its message stands above");
    return JSON.parse(value) as T;
  }
  ask<T>(line: string): Promise<T> {
    this.child.stdin!.write(`${line}\n`);
    return this.answer();
  }
  end(): void {
    this.child.stdin!.end();
  }
}

/** Milliseconds of each step, batches, draws, guard, clipping and Adam included. */
async function timeSteps(batch: number, steps: number): Promise<number[]> {
  let trainer = trainers.get(batch);
  if (!trainer) {
    trainer = createModel({ kind: "tdlgm", batch, restartAfter: 0, validateEvery: 1_000_000 }, 0);
    trainers.set(batch, trainer);
    await timeSteps(batch, 20);
  }
  const times: number[] = [];
  let last = 0;
  const model = trainer;
  // The last step of a call is validated: it is not counted.
  await train(model, series, {
    seed: 0,
    steps: model.step + steps + 2,
    onStep: () => {
      const now = performance.now();
      if (last > 0 && times.length < steps) times.push(now - last);
      last = now;
    },
  });
  return times;
}
const trainers = new Map<number, ReturnType<typeof createModel>>();

/** Milliseconds of one forward and backward pass of an LSTM of 64 units over 10 steps, by the gradient of its last cell. */
async function timeLstm(kind: "ours" | "opByOp" | "layers", rows: number, steps: number): Promise<number[]> {
  const w = tf.randomUniform([65, 256], -0.1, 0.1, "float32", 1) as tf.Tensor2D;
  const [b, s, x] = [
    tf.zeros([256]) as tf.Tensor1D,
    tf.zeros([2, rows, 64]) as tf.Tensor3D,
    tf.randomUniform([10, rows, 1], 0, 1, "float32", 2) as tf.Tensor3D,
  ];
  const forward =
    kind === "ours"
      ? (w: tf.Tensor, b: tf.Tensor) => lstmStates(x, s, { w, b } as never)[0]
      : (w: tf.Tensor, b: tf.Tensor) => opByOp(x, s, w as tf.Tensor2D, b as tf.Tensor1D)[1];
  let once = () => tf.tidy(() => void tf.grads((w: tf.Tensor, b: tf.Tensor) => tf.sum(tf.slice(forward(w, b), [1, 0, 0])))([w, b]));
  if (kind === "layers") {
    const { layers } = await import("@tensorflow/tfjs-layers");
    const layer = layers.lstm({ units: 64, recurrentActivation: "sigmoid", recurrentInitializer: "glorotUniform", returnState: true });
    const batchMajor = tf.transpose(x, [1, 0, 2]);
    layer.apply(batchMajor); // makes its weights
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    once = () => tf.tidy(() => void tf.variableGrads(() => tf.sum((layer.apply(batchMajor) as tf.Tensor[])[2]) as tf.Scalar, variables));
  }
  const times: number[] = [];
  for (let i = -5; i < steps; i++) {
    const began = performance.now();
    once();
    if (i >= 0) times.push(performance.now() - began);
  }
  tf.dispose([w, b, s, x]);
  return times;
}

/** Our loss and gradients beside PyTorch's, from the same weights, windows and draws: the largest relative difference. */
async function agreement(torch: Worker): Promise<number> {
  const model = weighted(createModel({ kind: "tdlgm" }, 7));
  const config = completeConfig({ kind: "tdlgm" });
  const inputs = uniforms([11, 256], { seed: 1, name: "inputs", step: 0 }) as tf.Tensor2D;
  const epsilon = normals([2, 256, 8], { seed: 1, name: "epsilon", step: 0 });
  const target = tf.reshape(tf.slice(inputs, [10, 0], [1, 256]), [256, 1]) as tf.Tensor2D;
  const { value, grads } = tf.valueAndGrads(() => tdlgmLoss(config, model.weights, inputs, target, epsilon).total as tf.Scalar)(
    Object.values(model.weights),
  );
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-bench-")), "check.safetensors");
  const tensors = Object.entries({ ...model.weights, "batch.inputs": inputs, "batch.epsilon": epsilon });
  writeSafetensors(file, {
    tensors: Object.fromEntries(tensors.map(([name, t]) => [name, { shape: t.shape, values: t.dataSync() as Float32Array }])),
    metadata: {},
  });
  const theirs = await torch.ask<{ loss: number; gradients: Record<string, number[]> }>(`check ${file}`);
  fs.rmSync(path.dirname(file), { recursive: true });
  const differences = [Math.abs(value.dataSync()[0] - theirs.loss) / Math.abs(theirs.loss)];
  Object.keys(model.weights).forEach((name, i) => {
    const [ours, other] = [grads[i].dataSync(), theirs.gradients[name.replaceAll(".", "_")]];
    const norm = Math.hypot(...other);
    differences.push(Math.hypot(...other.map((g, j) => g - ours[j])) / (norm + 1e-12));
  });
  return Math.max(...differences);
}

function startTorch(): Worker | null {
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
  return new Worker(spawn(python, [path.join(__dirname, "bench_torch.py")], { stdio: ["pipe", "pipe", "inherit"] }));
}

const summary = (times: number[]) => {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: quantileSorted(sorted, 0.5), p10: quantileSorted(sorted, 0.1) };
};
const cell = ({ median, p10 }: { median: number; p10: number }) => `${median.toFixed(2)} (${p10.toFixed(2)})`.padEnd(17);

async function main(): Promise<void> {
  const opsWorker = new Worker(
    spawn(process.execPath, process.execArgv.concat(__filename, "worker"), {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, TDLGM_OPS: "1" },
    }),
  );
  const torch = startTorch();
  const version = torch ? (await torch.answer<{ torch: string }>()).torch : null;
  console.log(
    `${os.cpus()[0].model}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(2)}, one thread each, ${ROUNDS} rounds in turns; PyTorch: ${version ?? "not found (TDLGM_TORCH=python names one)"}`,
  );
  const difference = torch ? await agreement(torch) : null;
  if (difference !== null) {
    console.log(`same weights and draws: loss and gradients differ from PyTorch's by at most ${difference.toExponential(1)} (relative)`);
    if (!(difference < 1e-4)) throw new Error("the two sides do not compute the same mathematics: their difference is above 1e-4");
  }
  const kinds: Record<string, (batch: number, steps: number) => Promise<number[]>> = {
    ours: timeSteps,
    "op by op": (batch, steps) => opsWorker.ask(`${batch} ${steps}`),
    ...(torch && {
      PyTorch: (b: number, n: number) => torch.ask<number[]>(`time ${b} ${n} plain`),
      "PyTorch, fused Adam": (b: number, n: number) => torch.ask<number[]>(`time ${b} ${n} fused`),
    }),
  };
  const lstmKinds: typeof kinds = {
    ours: (rows, n) => timeLstm("ours", rows, n),
    "op by op": (rows, n) => timeLstm("opByOp", rows, n),
    "tf.layers.lstm": (rows, n) => timeLstm("layers", rows, n),
    ...(torch && { "PyTorch nn.LSTM": (rows: number, n: number) => torch.ask<number[]>(`lstm ${rows} ${n}`) }),
  };
  const results: Record<string, unknown> = { processor: os.cpus()[0].model, load: os.loadavg()[0], torch: version, agreement: difference };
  for (const [title, group] of [
    ["training step of tDLGM", kinds],
    ["LSTM alone, forward and backward", lstmKinds],
  ] as const) {
    console.log(
      `\n${title}: ms, median (10th percentile), ratio of medians to ours\n${"batch".padEnd(8)}${Object.keys(group)
        .map((k) => k.padEnd(26))
        .join("")}`,
    );
    for (const batch of BATCHES) {
      const times = Object.fromEntries(Object.keys(group).map((k) => [k, [] as number[]]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const [kind, time] of Object.entries(group)) times[kind].push(...(await time(batch, stepsFor(batch))));
      }
      const row = Object.fromEntries(Object.entries(times).map(([k, t]) => [k, summary(t)]));
      results[`${title}, batch ${batch}`] = row;
      console.log(
        `${String(batch).padEnd(8)}${Object.values(row)
          .map((r) => `${cell(r)} x${(r.median / row.ours.median).toFixed(2)}`.padEnd(26))
          .join("")}`,
      );
    }
  }
  results.peakMemoryMb = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`\npeak memory of this process ${results.peakMemoryMb} MB`);
  writeAtomically(path.join(projectRoot(), "report/bench.json"), `${JSON.stringify(results, null, 2)}\n`);
  opsWorker.end();
  torch?.end();
}

/** The op-by-op side: this script in a process of its own, since the choice of forms is made when the library loads. */
async function worker(): Promise<void> {
  if (native !== null) throw new Error("the op-by-op worker needs TDLGM_OPS=1");
  for await (const line of createInterface({ input: process.stdin })) {
    const [batch, steps] = line.split(" ").map(Number);
    process.stdout.write(`${JSON.stringify(await timeSteps(batch, steps))}\n`);
  }
}

(process.argv[2] === "worker" ? worker() : main()).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
