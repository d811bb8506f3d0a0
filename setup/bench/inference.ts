/** Generation from the trained tDLGM of Table 2, and imputation of a long series, ten draws each. */
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { projectRoot } from "../../lib/base/project";
import { deriveSeed, generator } from "../../lib/base/random";
import { writeSafetensors } from "../../lib/base/safetensors";
import { loadModel } from "../../lib/models/checkpoint";
import { weighted } from "../../lib/models/model";
import { type TdlgmConfig, tdlgm } from "../../lib/models/tdlgm";
import { draws as drawsOf } from "../../lib/tensor/draws";
import { generate } from "../../lib/training/generation";
import { imputeDraws } from "../../lib/training/imputation";
import { gaussianSd, inTurns, type Part, repeated, type Worker } from "./turns";

const [HISTORIES, STEPS, DRAWS] = [7650, 30, 10];
const PIECE = 102_400;

/** This core's rate of multiplying matrices, GFLOP/s: the best of some products of 1,024 x 1,024. */
async function matrixRate(): Promise<number> {
  const a = tf.randomUniform([1024, 1024], 0, 1, "float32", 1) as tf.Tensor2D;
  const times = await repeated(30, () => tf.tidy(() => void tf.matMul(a, a)));
  a.dispose();
  return (2 * 1024 ** 3) / Math.min(...times) / 1e6;
}

/** Floating-point operations of the matrix products behind one generated value of a model of two or more layers: R and T_0 with G folded in; and k, which reads m values before a sequence of so many. */
function flops({ m, L, K, H }: TdlgmConfig, steps: number): number {
  const R = (L - 1) * (H + K + H) * 4 * H - H * 4 * H; // nothing comes from above into the top one
  return 2 * (R + (H + K) * H + H + ((L - 1) * m * (1 + H) * 4 * H) / steps);
}

/** The largest difference between our values and PyTorch's from the same weights, values and draws. */
async function agreement(torch: Worker, file: string, model: Awaited<ReturnType<typeof loadModel>>, values: Float32Array): Promise<number> {
  const { config: full, weights } = weighted(model);
  const config = full as TdlgmConfig;
  const rows = 1024;
  const seed = deriveSeed(3, "generate", 0);
  const steps = Array.from({ length: 5 }, (_, step) => drawsOf(tdlgm.emission(config), { seed, name: "generate", step }, rows));
  const tensors = {
    ...weights,
    ...gaussianSd(config),
    values: tf.tensor1d(values),
    "check.xi": tf.stack(steps.map(({ xi }) => xi)),
    "check.noise": tf.concat(
      steps.map(({ noise }) => noise),
      1,
    ),
    "check.epsilon": drawsOf(tdlgm.noise(config), { seed: 3, name: "impute", step: 0 }, rows).epsilon,
  };
  writeSafetensors(file, {
    tensors: Object.fromEntries(
      Object.entries(tensors).map(([name, t]) => [name, { shape: t.shape, values: t.dataSync() as Float32Array }]),
    ),
    metadata: {},
  });
  const theirs = await torch.ask<{ generated: number[][]; imputed: number[] }>(`load ${file}`);
  const histories = Array.from({ length: rows }, (_, i) => values.subarray(i, i + config.m));
  const generated = await generate(model, histories, steps.length, { seed: 3 });
  const [imputed] = await imputeDraws(model, values.subarray(0, rows), [{ seed: 3, xi: "sample" }]);
  return Math.max(
    ...generated.map((sequence, i) => Math.max(...sequence.map((v, t) => Math.abs(v - theirs.generated[t][i])))),
    ...imputed.map((v, t) => Math.abs(v - theirs.imputed[t])),
  );
}

export async function inferencePart(torch: Worker | null, folder: string): Promise<Part[]> {
  const model = await loadModel(path.join(projectRoot(), "data/runs/tdlgm-seed-0"));
  const { m } = weighted(model).config;
  const g = generator(0, "bench/inference");
  const values = Float32Array.from({ length: PIECE }, () => g.uniform());
  const notes: Part["notes"] = {};
  if (torch) {
    const difference = await agreement(torch, path.join(folder, "inference.safetensors"), model, values);
    notes["values differ from PyTorch's by at most"] = Number(difference.toPrecision(2));
    if (!(difference < 1e-4)) throw new Error(`inference: ours and PyTorch's values differ by ${difference}`);
  }
  const histories = Array.from({ length: HISTORIES }, (_, i) => values.subarray(i, i + m));
  const generateOurs = () => generate(model, histories, STEPS, { seed: 0 });
  await generateOurs();
  const generation = await inTurns(
    {
      ours: () => repeated(1, generateOurs),
      ...(torch && {
        "PyTorch, value by value": () => torch.ask<number[]>(`generate step ${HISTORIES} ${STEPS}`),
        "PyTorch, value by value, G folded": () => torch.ask<number[]>(`generate step-folded ${HISTORIES} ${STEPS}`),
        "PyTorch, whole sequences": () => torch.ask<number[]>(`generate sequence ${HISTORIES} ${STEPS}`),
        "PyTorch, whole sequences, G folded": () => torch.ask<number[]>(`generate sequence-folded ${HISTORIES} ${STEPS}`),
      }),
    },
    9,
  );
  const perSecond = (HISTORIES * STEPS) / (generation.ours.median / 1000);
  const rate = await matrixRate();
  const share = (perSecond * flops(weighted(model).config as TdlgmConfig, STEPS)) / 1e9 / rate;
  const draws = Array.from({ length: DRAWS }, (_, seed) => ({ seed, xi: "sample" as const }));
  const imputation = await inTurns(
    {
      ours: () => repeated(1, () => imputeDraws(model, values, draws)),
      ...(torch && {
        PyTorch: () => torch.ask<number[]>(`impute ${DRAWS} plain`),
        "PyTorch, G folded": () => torch.ask<number[]>(`impute ${DRAWS} folded`),
      }),
    },
    10, // ten pieces: a million values
  );
  model.dispose();
  return [
    {
      title: `generation from the trained tDLGM, ${HISTORIES} histories of ${STEPS} values`,
      rows: { all: generation },
      notes: {
        ...notes,
        "values generated a second": Math.round(perSecond).toLocaleString("en"),
        "this core's rate of matrix products, GFLOP/s": Math.round(rate),
        "generation's share of that rate": `${(100 * share).toFixed(0)} %`,
      },
    },
    {
      title: `imputation of a million values in 10 pieces of ${PIECE}, ${DRAWS} draws each`,
      rows: { "a piece": imputation },
      notes: {},
    },
  ];
}
