/** Native handles: none stays behind work on models of many shapes, and models that nobody holds any more are given back. */
import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { createModel, type WeightedModel } from "../lib/models/model";
import { native } from "../lib/tensor/backend";
import { generate } from "../lib/training/generation";
import { impute } from "../lib/training/imputation";
import { train } from "../lib/training/train";
import { chain, held } from "./helpers";

const series = chain(200, 4);
const TINY = { kind: "tdlgm", m: 3, H: 4, K: 2, batch: 4, restartAfter: 0 } as const;

it.skipIf(!native)("keeps the constants that were asked for last, and no others", () => {
  const { constant } = native!;
  const kept = constant("float", [-0.25]);
  for (let i = 0; i < 300; i++) {
    constant("float", [i + 0.5]);
    expect(constant("float", [-0.25])).toBe(kept);
  }
  const { handles } = held();
  for (let i = 300; i < 900; i++) constant("float", [i + 0.5]);
  expect(held().handles).toBe(handles);
  // A tape holds on to all that it has met.
  const one = tf.scalar(1);
  tf.grad((x) => {
    const early = constant("float", [1e6]);
    for (let i = 0; i < 300; i++) constant("float", [i + 0.75]);
    expect(constant("float", [1e6])).toBe(early);
    return tf.square(x);
  })(one).dispose();
  one.dispose();
  constant("float", [0.125]);
  expect(held().handles).toBe(handles);
});

it("holds as many after pairs of impute and generate as before, over many lengths", async () => {
  const model = createModel(TINY, 1);
  const seen: ReturnType<typeof held>[] = [];
  for (let i = 0; i < 12; i++) {
    await impute(model, series.slice(0, 50 + (i % 4)), { seed: i, xi: "sample" });
    await generate(model, new Array(1 + (i % 3)).fill(series), 7, { seed: i });
    seen.push(held());
  }
  for (const each of seen.slice(1)) expect(each).toEqual(seen[1]);
  model.dispose();
});

it("holds as many after 300 pairs, of all kinds, as after the first few: tensors, native handles, open files, threads", async () => {
  const count = () => ({ ...held(), files: readdirSync("/proc/self/fd").length, threads: readdirSync("/proc/self/task").length });
  for (const kind of ["tdlgm", "dlgm", "rnn"] as const) {
    const model = createModel({ kind, m: 3, H: 4, batch: 4 }, 1);
    const pairs = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        await impute(model, series.slice(0, 20 + (i % 4)), { seed: i, xi: i % 2 ? "mean" : "sample" });
        await generate(model, new Array(1 + (i % 3)).fill(series), 5 + (i % 2), { seed: i });
      }
      return count();
    };
    await collect();
    const before = await pairs(0, 60);
    const after = await pairs(60, 360);
    for (const [what, n] of Object.entries(after)) expect(n, `${kind}: ${what}`).toBeLessThanOrEqual(before[what as keyof typeof before]);
    model.dispose();
  }
});

/** The collector, and what it calls. */
async function collect(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it("gives back all that unreachable models hold, and nothing of a model of which a tensor is held", async () => {
  const work = async (seed: number) => {
    const model = createModel(TINY, seed);
    await train(model, series, { seed, steps: 2 });
    await impute(model, series.slice(0, 50), { seed, xi: "sample" });
    await generate(model, [series], 5, { seed });
    return Object.values((model as WeightedModel).weights)[0];
  };
  await work(1);
  await collect();
  const before = held();
  const { w, values } = await work(2).then((w) => ({ w, values: w.dataSync().slice() }));
  expect(held().handles).toBeGreaterThan(before.handles);
  await collect();
  expect(w.dataSync()).toEqual(values);
  await (async () => void (await work(3)))();
  await collect();
  const one = held();
  expect(one.handles).toBeGreaterThan(before.handles);
  expect(w.dataSync()).toEqual(values);
  expect(one.handles - before.handles).toBeLessThan(30);
});

it("gives back models in time: 200 reruns of a cell that disposes of none", async () => {
  await collect();
  const { handles } = held();
  let most = 0;
  for (let i = 0; i < 200; i++) {
    await (async () => {
      const model = createModel({ kind: "dlgm", m: 2, H: 4, K: 2, L: 1, batch: 4 }, 1);
      await impute(model, series.slice(0, 40), { seed: 1, xi: "mean" });
    })();
    await new Promise((resolve) => setTimeout(resolve)); // the next cell is another turn of the event loop
    most = Math.max(most, held().handles - handles);
  }
  expect(most).toBeLessThan(40 * 12); // a model has 12
}, 300_000);
