/**
 * npx tsx setup/explore/train.ts [maps] [switching]: trains the small models that the explorable page shows beside the shipped runs, and writes what the page
 * needs of them into data/explore/. Some two minutes.
 *
 * - maps.json: tDLGM with K = 2 at twelve settings of σ and β, trained on the trace: q of each of its values, the history, and what the
 *   model makes of a window of the stand-in at some steps.
 * - switching-above/, switching-below/: checkpoints of tDLGM trained on a switching series, with F of eq. (12) fed from above and from below.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { projectRoot } from "../../lib/base/project";
import { switching } from "../../lib/data/memory";
import { split } from "../../lib/data/protocol";
import { standInValues } from "../../lib/data/standIn";
import { gpuRequests, isStandIn, loadTrace } from "../../lib/data/trace";
import { saveCheckpoint } from "../../lib/models/checkpoint";
import { recogniseLatent } from "../../lib/models/latent";
import { createModel, type Model, weighted } from "../../lib/models/model";
import type { TdlgmConfig } from "../../lib/models/tdlgm";
import { impute } from "../../lib/training/imputation";
import { train } from "../../lib/training/train";

const SDS = [0.02, 0.05, 0.1, 0.2];
const BETAS = [0.25, 1, 4];
const STEPS = 1500;
/** The steps at which the window is imputed. */
const SNAPSHOTS = [0, 25, 50, 100, 200, 400, 800, STEPS];
/** The imputed window of the stand-in, and the values before it. */
const WINDOW = { from: 110, length: 40 };
/** The series with a memory: it keeps its level with probability .95. */
const MEMORY = { length: 8000, stay: 0.95, sd: 0.1, seed: 0 };

const folder = path.join(projectRoot(), "data", "explore");
const rounded = (values: ArrayLike<number>, digits = 5) => Array.from(values, (v) => Number(v.toPrecision(digits)));

/** A layer's q of each value: its mean, log d and u, [values, K] each. The layer is the one that says most; the other's q lies on the prior. */
function posteriorsOf(model: Model, values: number[]) {
  const { config, weights, training } = weighted(model);
  const [kl1, kl2] = training!.history.at(-1)!.kl;
  const layer = kl1 >= kl2 ? 1 : 2;
  return tf.tidy(() => {
    const { mean, logD, u } = recogniseLatent(config as TdlgmConfig, weights, tf.tensor2d(values, [values.length, 1]));
    const [ofMean, ofLogD, ofU] = [mean, logD, u].map((t) => (t.arraySync() as number[][][])[layer - 1].map((row) => rounded(row)));
    return { layer, mean: ofMean, logD: ofLogD, u: ofU };
  });
}

async function trainMaps(): Promise<void> {
  const frame = await loadTrace();
  const { train: series } = split(gpuRequests(frame));
  const values = [...new Set(series)].sort((a, b) => a - b);
  const standIn = Float32Array.from(standInValues(), (v) => v / 1000);
  const before = 10;
  const seen = standIn.slice(WINDOW.from - before, WINDOW.from + WINDOW.length);
  const runs = [];
  for (const sd of SDS)
    for (const beta of BETAS) {
      const model = createModel(
        { kind: "tdlgm", H: 32, K: 2, likelihood: { kind: "gaussian", sd }, beta, batch: 128, steps: STEPS, restartAfter: 0 },
        0,
      );
      const snapshots = [];
      for (const step of SNAPSHOTS) {
        if (step > 0) await train(model, series, { seed: 0, steps: step });
        const imputed = await impute(model, seen, { seed: 0, xi: "mean" });
        snapshots.push({ step, imputed: rounded(imputed.subarray(before), 4) });
      }
      const { history } = weighted(model).training!;
      runs.push({ sd, beta, q: posteriorsOf(model, values), history, snapshots });
      console.log(`σ ${sd}, β ${beta}: KL ${rounded(history.at(-1)!.kl, 3)}`);
      model.dispose();
    }
  const shown = {
    computedBy: "npx tsx setup/explore/train.ts",
    standIn: isStandIn(frame),
    window: WINDOW,
    values: rounded(values, 4),
    runs,
  };
  fs.writeFileSync(path.join(folder, "maps.json"), `${JSON.stringify(shown)}\n`);
}

async function trainMemory(): Promise<void> {
  const series = switching(MEMORY.length, MEMORY.stay, MEMORY.sd, MEMORY.seed);
  for (const transition of ["above", "below"] as const) {
    const likelihood = { kind: "gaussian", sd: 0.1 } as const;
    const model = createModel({ kind: "tdlgm", H: 32, K: 4, likelihood, transition, batch: 128, steps: 3000 }, 0);
    await train(model, series, { seed: 0, steps: 3000 });
    saveCheckpoint(weighted(model), path.join(folder, `switching-${transition}`), { resumable: false });
    const { kl, stateMse, stateVariance } = weighted(model).training!.history.at(-1)!;
    console.log(`switching, fed from ${transition}: KL ${rounded(kl, 3)}, state's variance ${stateVariance}, its MSE ${stateMse}`);
    model.dispose();
  }
}

async function main(wanted: string[]): Promise<void> {
  const parts: Record<string, () => Promise<void>> = { maps: trainMaps, switching: trainMemory };
  const unknown = wanted.find((name) => !(name in parts));
  if (unknown) throw new Error(`name parts out of ${Object.keys(parts).join(", ")}; it is ${unknown}`);
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, make] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await make();
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
