/** Where the time of a training step goes. */

import * as tf from "@tensorflow/tfjs-core";
import { medianSorted } from "simple-statistics";
import { checkWhole } from "../base/check";
import { asSeries } from "../data/series";
import { type Model, weighted } from "../models/model";
import { kindOf } from "../models/registry";
import { type Call, type Constant, native } from "../tensor/backend";
import { TrainingData } from "../training/batches";
import { GradientStep } from "../training/step";

/** Milliseconds of one step's gradient, medians. */
export interface StepTimes {
  /** As training takes it: TensorFlow runs the recorded kernels in one call. */
  graph: number;
  /** Op by op: the kernels called one at a time from JavaScript, with the tape that finds the gradient. */
  opByOp: number;
  /** Of that, by groups of kernels, the work of the kernels themselves: the time of each on its own inputs, less what a call costs. */
  kernels: { group: string; calls: number; milliseconds: number }[];
  /** Of that, what it costs to call so many kernels: each as much as the smallest one. */
  dispatch: number;
  /** The rest: JavaScript that builds tensors, tape and gradient. */
  javascript: number;
}

const GROUPS: [string, RegExp][] = [
  ["LSTM", /^BlockLSTM/],
  ["matrix products", /MatMul/],
  ["uniform random numbers", /^StatelessRandom/], // what is made of them counts as elementwise
  ["elementwise, sums, copies", /./],
];

/**
 * Takes one training step apart, without changing the model.
 * @param series the training part
 * @param repeats what medians are over
 */
export function stepTimes(model: Model, series: Float32Array, repeats = 30): StepTimes {
  const own = weighted(model);
  const source = asSeries(series, "series");
  checkWhole(repeats, "repeats", 1);
  if (!native) throw new Error("a step's kernels can only be timed where TensorFlow runs them: unset TDLGM_OPS");
  const data = new TrainingData(source, own.config);
  const step = new GradientStep(own.config, own.layout, Object.keys(kindOf(own.config).losses)[0]);
  try {
    const take = (how: "run" | "opByOp") => () => tf.dispose(Object.values(step.run(own, data, 0, 1, how)));
    const [graph, opByOp] = [median(take("run"), repeats), median(take("opByOp"), repeats)];
    const { calls, values } = native.record(() => tf.dispose(Object.values(step.run(own, data, 0, 1))));
    const { execute, attribute, constant, free } = native;
    const type = [attribute.type("T", "float")];
    const call = median(() => free(execute("Neg", type, [constant("float", [1])], 1)[0].id), 1000);
    const times = replayed(calls, values, repeats).map((ms) => Math.max(0, ms - call));
    const groupOf = ({ kernel }: Call) => GROUPS.findIndex(([, names]) => names.test(kernel));
    const kernels = GROUPS.map(([group], g) => {
      const members = times.filter((_, i) => groupOf(calls[i]) === g);
      return { group, calls: members.length, milliseconds: members.reduce((sum, ms) => sum + ms, 0) };
    });
    const dispatch = call * calls.length;
    const work = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    return { graph, opByOp, kernels, dispatch, javascript: Math.max(0, opByOp - dispatch - work) };
  } finally {
    step.dispose();
    data.dispose();
  }
}

/** Calls recorded kernels again, each on the outputs of those before it: the median milliseconds of each. */
function replayed(calls: Call[], values: Map<number, Constant>, repeats: number): number[] {
  const { execute, free, make } = native!;
  const constants = new Map([...values].map(([id, constant]) => [id, make(constant)]));
  const times: number[][] = calls.map(() => []);
  for (let r = 0; r < repeats; r++) {
    const made = new Map<number, number>();
    calls.forEach(({ kernel, attributes, inputs, outputs }, i) => {
      const ids = inputs.map((id) => made.get(id) ?? constants.get(id) ?? id);
      const began = performance.now();
      const results = execute(kernel, attributes, ids, outputs.length);
      times[i].push(performance.now() - began);
      results.forEach(({ id }, j) => {
        made.set(outputs[j].id, id);
      });
    });
    for (const id of made.values()) free(id);
  }
  for (const id of constants.values()) free(id);
  return times.map((list) => medianSorted(list.sort((a, b) => a - b)));
}

/** Median milliseconds of some calls, after as many that warm up. */
function median(f: () => void, repeats: number): number {
  for (let i = 0; i < repeats; i++) f();
  const times = Array.from({ length: repeats }, () => {
    const began = performance.now();
    f();
    return performance.now() - began;
  });
  return medianSorted(times.sort((a, b) => a - b));
}
