/** The training step of the generators beyond the paper, at their own batch, beside the same in PyTorch (generators.py). */
import * as fs from "node:fs";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { generator } from "../../lib/base/random";
import { writeSafetensors } from "../../lib/base/safetensors";
import { createModel, type Model, weighted } from "../../lib/models/model";
import { kindOf } from "../../lib/models/registry";
import { NAMED_CONFIGS, TRACE_VALUES } from "../../lib/paper/plan";
import { draws } from "../../lib/tensor/draws";
import { train } from "../../lib/training/train";
import { inTurns, noteAgreement, type Part, type Worker } from "./turns";

type Name = keyof typeof NAMED_CONFIGS;
const NAMES = Object.keys(NAMED_CONFIGS) as Name[];
/** So long that neither validation nor a restart falls into a measurement. TimeGAN is in its third phase from the start. */
const endless = (name: Name) => ({
  ...NAMED_CONFIGS[name],
  ...{ restartAfter: 0, validateEvery: 1_000_000, steps: 1_000_000 },
  ...(name === "timegan" && { embedding: 0, supervised: 0 }),
});
const random = generator(0, "bench/generators");
const SERIES = Float32Array.from({ length: 7652 }, () => TRACE_VALUES[random.integer(TRACE_VALUES.length)]);

/** Our losses and gradients beside PyTorch's, from the same weights, values and draws: the largest relative difference. */
async function agreement(name: Name, torch: Worker, folder: string): Promise<number> {
  const model = weighted(createModel(endless(name), 7));
  const { config, weights } = model;
  const kind = kindOf(config);
  const { past, future } = kind.reach(config);
  const values = Array.from({ length: (past + 1 + future) * config.batch }, () => random.integer(TRACE_VALUES.length));
  const shape: [number, number] = [past + 1 + future, config.batch];
  const clean = tf.tensor3d(
    values.map((k) => TRACE_VALUES[k]),
    [...shape, 1],
  );
  const inputs = name === "timegan" ? tf.squeeze(clean, [2]) : tf.tensor2d(values, shape);
  const drawn = draws(kind.noise(config), { seed: 1, name: "draws", step: 0 }, config.batch);
  const file = path.join(folder, `${name}.safetensors`);
  const batch = Object.entries({ inputs, ...drawn }).map(([n, t]) => [`batch.${n}`, t] as const);
  writeSafetensors(file, {
    tensors: Object.fromEntries(
      [...Object.entries(weights), ...batch].map(([n, t]) => [n, { shape: t.shape, values: t.dataSync() as Float32Array }]),
    ),
    metadata: { config: JSON.stringify(config) },
  });
  const theirs = await torch.ask<Record<string, { loss: number; gradients: Record<string, number[]> }>>(`check-generator ${name} ${file}`);
  fs.rmSync(file);
  const differences: number[] = [];
  for (const [loss, { loss: value, gradients }] of Object.entries(theirs)) {
    const names = Object.keys(weights).filter((n) => kind.trains?.(config, loss, n) ?? true);
    const step = tf.scalar(1_000_000); // where the KL has its whole weight
    const lower = () => kind.losses[loss](config, weights, { seen: clean, clean, step }, drawn).total;
    const own = tf.valueAndGrads(lower)(names.map((n) => weights[n]));
    differences.push(Math.abs(own.value.dataSync()[0] - value) / Math.abs(value));
    const whole = Math.hypot(...names.map((n) => Math.hypot(...gradients[n])));
    names.forEach((n, i) => {
      const ours = own.grads[i].dataSync();
      differences.push(Math.hypot(...gradients[n].map((g, j) => g - ours[j])) / (Math.hypot(...gradients[n]) + 1e-3 * whole));
    });
  }
  model.dispose();
  return Math.max(...differences);
}

const models = new Map<Name, Model>();
/** The milliseconds of so many steps; TimeGAN's are means of two, since its discriminator has every second one. */
async function timeSteps(name: Name, steps: number): Promise<number[]> {
  let model = models.get(name);
  if (!model) {
    model = createModel(endless(name), 0);
    models.set(name, model);
    await timeSteps(name, 20);
  }
  const cycle = name === "timegan" ? 2 : 1;
  const at: number[] = [];
  // The last step of a call is validated: it is not counted.
  await train(model, SERIES, { seed: 0, steps: model.step + cycle * steps + 2, onStep: () => void at.push(performance.now()) });
  return Array.from({ length: steps }, (_, i) => (at[cycle * (i + 1)] - at[cycle * i]) / cycle);
}

/** Each generator's step; PyTorch only after it has been shown to compute the same. */
export async function generatorsPart(torch: Worker | null, folder: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (const name of NAMES) {
    const part: Part = { title: `training step of ${name}`, rows: {}, notes: {} };
    if (torch) noteAgreement(part, name, await agreement(name, torch, folder));
    const n = 20;
    const row = await inTurns(
      {
        ours: () => timeSteps(name, n),
        ...(torch && {
          PyTorch: () => torch.ask<number[]>(`step-generator ${name} ${n} plain`),
          "PyTorch, fused Adam": () => torch.ask<number[]>(`step-generator ${name} ${n} fused`),
        }),
      },
      7,
    );
    part.rows[`batch ${weighted(models.get(name) as Model).config.batch}`] = row;
    parts.push(part);
  }
  return parts;
}
