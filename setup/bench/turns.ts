/** What every part of the benchmark shares: peers in processes of their own, measurement in turns, and the table of a result. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import * as tf from "@tensorflow/tfjs-core";
import { quantileSorted } from "simple-statistics";
import type { createModel, Model } from "../../lib/models/model";
import type { FullConfig } from "../../lib/models/registry";
import type { train } from "../../lib/training/train";

/** A process that answers each line with one line of JSON. */
export class Worker {
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

/** A kind of implementation: the milliseconds of each of its repetitions in one turn. */
export type Kind = () => Promise<number[]>;
/** Milliseconds, median and 10th percentile, by kind. */
export type Row = Record<string, { median: number; p10: number }>;
/** A row by what it was measured at, such as a batch size, and what else is worth saying. */
export interface Part {
  title: string;
  rows: Record<string, Row>;
  notes: Record<string, number | string>;
}

/** Notes how far ours and PyTorch's losses and gradients differ. @throws Error if that is more than rounding */
export function noteAgreement(part: Part, name: string, difference: number): void {
  part.notes["losses and gradients differ from PyTorch's by at most, relative"] = Number(difference.toPrecision(2));
  if (!(difference < 1e-4)) throw new Error(`${name}: ours and PyTorch's differ by ${difference}: they are not the same mathematics`);
}

/** Lets the kinds work in turns, so that all of them meet the same load of the machine. */
export async function inTurns(kinds: Record<string, Kind>, rounds: number): Promise<Row> {
  const times = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, [] as number[]]));
  for (let round = 0; round < rounds; round++) for (const [kind, measure] of Object.entries(kinds)) times[kind].push(...(await measure()));
  return Object.fromEntries(
    Object.entries(times).map(([kind, values]) => {
      const sorted = values.sort((a, b) => a - b);
      return [kind, { median: quantileSorted(sorted, 0.5), p10: quantileSorted(sorted, 0.1) }];
    }),
  );
}

/** Runs f so many times and gives the milliseconds of each. */
export async function repeated(times: number, f: () => unknown): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await f();
    all.push(performance.now() - began);
  }
  return all;
}

/** How often something is repeated in a turn at a batch size. */
export const repeats = (batch: number): number => Math.max(6, Math.round(1500 / (batch + 40)));

/** What models are trained on here: as many values as the trace has for training. */
export const SERIES = Float32Array.from({ length: 7652 }, (_, i) => (i * 0.37) % 1);

/** The milliseconds of so many steps of a library's training, which goes on from call to call: batches, draws, guard, clipping and Adam. */
export function stepTimer(create: typeof createModel, run: typeof train, models = new Map<string, Model>()) {
  return async function times(kind: "tdlgm" | "dlgm" | "rnn", batch: number, steps: number): Promise<number[]> {
    const key = `${kind} ${batch}`;
    let model = models.get(key);
    if (!model) {
      model = create({ kind, batch, restartAfter: 0, validateEvery: 1_000_000 }, 0);
      models.set(key, model);
      await times(kind, batch, 20);
    }
    const found: number[] = [];
    let last = 0;
    const onStep = () => {
      const now = performance.now();
      if (last > 0 && found.length < steps) found.push(now - last);
      last = now;
    };
    // The last step of a call is validated: it is not counted.
    await run(model, SERIES, { seed: 0, steps: model.step + steps + 2, onStep });
    return found;
  };
}

/** Ours; of the others, how many times as long they take. */
export function print({ title, rows, notes }: Part): void {
  console.log(`\n${title}${Object.keys(rows).length ? ": ms, median (10th percentile), ratio of medians to ours" : ""}`);
  for (const [at, row] of Object.entries(rows)) {
    const cells = Object.entries(row).map(([kind, { median, p10 }]) => {
      const ratio = row.ours && kind !== "ours" ? ` x${(median / row.ours.median).toFixed(2)}` : "";
      return `${kind} ${median.toFixed(2)} (${p10.toFixed(2)})${ratio}`;
    });
    console.log(`  ${at.padEnd(28)}${cells.join(" | ")}`);
  }
  for (const [name, value] of Object.entries(notes)) console.log(`  ${name}: ${value}`);
}

/** The standard deviation of a model's Gaussian, as a tensor that goes to PyTorch with the weights; nothing of a model that has none. */
export function gaussianSd(config: FullConfig): Record<string, tf.Tensor> {
  const pi = "likelihood" in config ? config.likelihood : undefined;
  return pi?.kind === "gaussian" ? { sd: tf.tensor1d([pi.sd as number]) } : {};
}
