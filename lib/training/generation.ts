/** Free generation: a sequence after each history, a block of histories at a time. */
import * as tf from "@tensorflow/tfjs-core";
import { checkSeries, checkWhole, refuse } from "../base/check";
import { AbortError, kernelSignal, pauser } from "../base/interrupt";
import { deriveSeed } from "../base/random";
import { checkRows, type Model, type WeightedModel, weighted } from "../models/model";
import { columnsOf, type FullConfig, kindOf } from "../models/registry";
import { BLOCK, blockDraws, keyOf } from "../tensor/draws";
import { Graph } from "../tensor/graph";
import { named } from "../tensor/weights";
import { historyTable } from "./history";
import { checkShared, type SharedOptions } from "./options";

/**
 * Generates a sequence after each history: the state from its last m values (zeros before its start), then draws from the model alone; the
 * RNN's forecasts are fed back to it, and DLGM takes nothing from the history.
 * @param histories series of any length, empty ones too; of d columns row by row
 * @param steps rows in each sequence, from 1
 * @returns a sequence for each history, steps · d values row by row
 * @throws Error naming the argument that is wrong; AbortError when the signal is aborted
 */
export async function generate(model: Model, histories: Float32Array[], steps: number, options: SharedOptions): Promise<Float32Array[]> {
  const own = weighted(model);
  if (!Array.isArray(histories)) refuse("histories", "an array of Float32Array", histories);
  for (const [i, h] of histories.entries()) {
    checkSeries(h, `histories[${i}]`, 0);
    checkRows(own, h, `histories[${i}]`);
  }
  checkWhole(steps, "steps", 1);
  checkShared(options);
  return own.use("generate", () => generateAll(own, histories, steps, options));
}

/** Steps in one call of the graph: a call costs some 70 µs beside its kernels. */
const STRIDE = 5;

/** From histories to the state after them. Like `stepGraph` it belongs to the model and knows nothing of it. */
const initGraph = (config: FullConfig, names: string[]): Graph =>
  new Graph((history, ...w) => kindOf(config).init(config, named(names, w), history as tf.Tensor3D));

/** From a state to the next values and the state after them: a step for each key, a sequence for each row of a column of zeros. */
const stepGraph = (config: FullConfig, names: string[]): Graph =>
  new Graph((keys, column, ...rest) => {
    const kind = kindOf(config);
    const w = named(names, rest);
    const values: tf.Tensor[] = [];
    let state = rest.slice(names.length);
    for (const key of tf.unstack(keys)) {
      const next = kind.step(config, w, state, blockDraws(kind.emission(config), { key }, column.shape[0]));
      values.push(next.v);
      state = next.state;
    }
    return [tf.concat(values, 1), ...state];
  });

async function generateAll(own: WeightedModel, histories: Float32Array[], steps: number, options: SharedOptions): Promise<Float32Array[]> {
  const { config, weights } = own;
  const pause = pauser(options.signal ?? kernelSignal());
  const d = columnsOf(config);
  const names = Object.keys(weights);
  const init = own.part("init", () => initGraph(config, names));
  const step = own.part("step", () => stepGraph(config, names));
  const out: Float32Array[] = [];
  const w = Object.values(weights);
  let held: tf.Tensor[] = []; // the column, and the state
  try {
    for (let from = 0; from < histories.length; from += BLOCK) {
      const size = Math.min(BLOCK, histories.length - from);
      const seed = deriveSeed(options.seed, "generate", from / BLOCK);
      const sequences = Array.from({ length: size }, () => new Float32Array(steps * d));
      const history = historyTable(config, histories.slice(from, from + size));
      held = [tf.fill([size, 1], 0), ...init.run(history, ...w)];
      if (!held.includes(history)) history.dispose(); // op by op an RNN's state is the history itself
      for (let t = 0; t < steps; t += STRIDE) {
        const n = Math.min(STRIDE, steps - t);
        const keys = tf.tidy(() => tf.stack(Array.from({ length: n }, (_, i) => keyOf(seed, "generate", t + i))));
        const [column, ...state] = held;
        const [v, ...next] = step.run(keys, column, ...w, ...state);
        held = [column, ...next];
        const values = v.dataSync();
        for (let i = 0; i < size; i++) sequences[i].set(values.subarray(i * n * d, (i + 1) * n * d), t * d);
        tf.dispose([keys, v, ...state]);
        if (await pause()) throw new AbortError("the generation was stopped", undefined);
      }
      tf.dispose(held);
      held = [];
      out.push(...sequences);
    }
  } finally {
    tf.dispose(held);
  }
  return out;
}
