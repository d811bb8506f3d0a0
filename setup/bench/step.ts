/** The training step of each model: batches, draws, guard, clipping and Adam included. */
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import * as tf from "@tensorflow/tfjs-core";
import { writeSafetensors } from "../../lib/base/safetensors";
import { createModel, type Model, weighted } from "../../lib/models/model";
import { kindOf } from "../../lib/models/registry";
import { stepTimes } from "../../lib/notebook/profile";
import { native } from "../../lib/tensor/backend";
import { draws, uniforms } from "../../lib/tensor/draws";
import { train } from "../../lib/training/train";
import { gaussianSd, inTurns, type Kind, noteAgreement, type Part, repeated, repeats, SERIES, stepTimer, type Worker } from "./turns";

export const MODELS = ["tdlgm", "dlgm", "rnn"] as const;
type ModelKind = (typeof MODELS)[number];

const trainers = new Map<string, Model>();
const timeSteps = stepTimer(createModel, train, trainers);

/** Milliseconds of the gradient's kernels alone, each called on its own inputs, less what a call costs. */
function bareKernels(kind: ModelKind, batch: number): number {
  const { kernels } = stepTimes(trainers.get(`${kind} ${batch}`) as Model, SERIES, 10);
  return kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
}

/**
 * The RNN's step as a user of tf.layers writes it: LSTM, dense layer, mean squared error, Adam, on batches that are there already; without
 * noise and clipping.
 */
async function layersStep(batch: number): Promise<() => Promise<unknown>> {
  const { layers, sequential } = await import("@tensorflow/tfjs-layers");
  const model = sequential();
  const initial = { recurrentInitializer: "glorotUniform" } as const; // the default, an orthogonal matrix, takes long to make
  model.add(layers.lstm({ units: 64, inputShape: [20, 1], recurrentActivation: "sigmoid", ...initial }));
  model.add(layers.dense({ units: 1, activation: "sigmoid" }));
  model.compile({ optimizer: tf.train.adam(1e-3), loss: "meanSquaredError" });
  const [x, y] = [tf.randomUniform([batch, 20, 1]), tf.randomUniform([batch, 1])];
  return () => model.trainOnBatch(x, y);
}

/** Our loss and gradients beside PyTorch's, from the same weights, windows and draws: the largest relative difference. */
async function agreement(kind: ModelKind, torch: Worker, folder: string): Promise<number> {
  const model = weighted(createModel({ kind }, 7));
  const { config, weights } = model;
  const { losses, noise, reach } = kindOf(config);
  const { past } = reach(config);
  const seen = uniforms([past + 1, 256, 1], { seed: 1, name: "inputs", step: 0 }) as tf.Tensor3D;
  const drawn = draws(noise(config), { seed: 1, name: "draws", step: 0 }, 256);
  const { value, grads } = tf.valueAndGrads(() => losses.loss(config, weights, { seen, clean: seen }, drawn).total)(Object.values(weights));
  const file = path.join(folder, `${kind}.safetensors`);
  const batch = Object.entries({ inputs: tf.squeeze(seen, [2]), ...drawn }).map(([name, t]) => [`batch.${name}`, t] as const);
  writeSafetensors(file, {
    tensors: Object.fromEntries(
      [...Object.entries(weights), ...Object.entries(gaussianSd(config)), ...batch].map(([name, t]) => [
        name,
        { shape: t.shape, values: t.dataSync() as Float32Array },
      ]),
    ),
    metadata: {},
  });
  const theirs = await torch.ask<{ loss: number; gradients: Record<string, number[]> }>(`check ${kind} ${file}`);
  fs.rmSync(file);
  const differences = [Math.abs(value.dataSync()[0] - theirs.loss) / Math.abs(theirs.loss)];
  Object.keys(weights).forEach((name, i) => {
    const [ours, other] = [grads[i].dataSync(), theirs.gradients[name.replaceAll(".", "_")]];
    differences.push(Math.hypot(...other.map((g, j) => g - ours[j])) / (Math.hypot(...other) + 1e-12));
  });
  return Math.max(...differences);
}

/** Each model's step at each batch size; PyTorch only after it has been shown to compute the same. */
export async function stepPart(batches: number[], ops: Worker, torch: Worker | null, folder: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (const kind of MODELS) {
    const part: Part = { title: `training step of ${kind}`, rows: {}, notes: {} };
    if (torch) noteAgreement(part, kind, await agreement(kind, torch, folder));
    for (const batch of batches) {
      const n = repeats(batch);
      const layersOnce = kind === "rnn" ? await layersStep(batch) : null;
      if (layersOnce) await repeated(3, layersOnce);
      const kinds: Record<string, Kind> = {
        ours: () => timeSteps(kind, batch, n),
        "op by op": () => ops.ask(`${kind} ${batch} ${n}`),
        ...(torch && {
          PyTorch: () => torch.ask<number[]>(`step ${kind} ${batch} ${n} plain`),
          "PyTorch, fused Adam": () => torch.ask<number[]>(`step ${kind} ${batch} ${n} fused`),
        }),
        ...(layersOnce && { "tf.layers": () => repeated(n, layersOnce) }),
        "bare kernels": async () => [bareKernels(kind, batch)],
      };
      part.rows[`batch ${batch}`] = await inTurns(kinds, 7);
    }
    parts.push(part);
  }
  return parts;
}

/** The op-by-op side: a process of its own, since the choice of forms is made when the library loads. */
export async function opsWorker(): Promise<void> {
  if (native !== null) throw new Error("the op-by-op worker needs TDLGM_OPS=1");
  for await (const line of createInterface({ input: process.stdin })) {
    const [kind, batch, steps] = line.split(" ");
    process.stdout.write(`${JSON.stringify(await timeSteps(kind as ModelKind, Number(batch), Number(steps)))}\n`);
  }
}
