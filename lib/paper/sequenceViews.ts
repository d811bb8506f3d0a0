/** What generated sequences look like, beside the training part: their values, steps, spread, and what their history decides. */

import { generator } from "../base/random";
import { HISTORY } from "../data/protocol";
import type { Series } from "../data/series";
import { mean, transitionCeiling, transitionOverlap, transitionScore } from "../metrics/metrics";
import { samplers as generators } from "../metrics/samplers";
import { learningCurves, valueFrequencies } from "../notebook/figures";
import { figureView, tableView, type View } from "../notebook/views";
import { generate } from "../training/generation";
import { obtainModel, type Quick } from "./results";

/** Sets of sequences by the names of their makers. */
export type SequenceSets = Record<string, Float32Array[]>;

/** A matrix of steps between values as a table, "from" down and "to" across; null as a dash. */
export const matrixView = (matrix: (number | null)[][], values: readonly number[], caption: string): View =>
  tableView(
    ["", ...values.map((v) => `to ${v}`)],
    matrix.map((row, i) => [`from ${values[i]}`, ...row]),
    caption,
  );

/** Algorithm 1's bin of a value: width .1, 1.0 in one of its own. */
const binOf = (v: number): number => Math.min(10, Math.floor(10 * v + 1e-6));
/** The cells of its matrix that a sequence's first n values step through. */
const cellsOf = (s: Float32Array, n = s.length): number[] => Array.from({ length: n - 1 }, (_, t) => 11 * binOf(s[t]) + binOf(s[t + 1]));
const variance = (x: ArrayLike<number>): number => {
  const centre = mean(x);
  return mean(Array.from(x, (v) => (v - centre) ** 2));
};

/** How many cells of TM can give a point, how many of them without the value 1.0, and how often the true steps touch it. */
export function ceilingView(train: Float32Array): View {
  const seen = [...new Set(cellsOf(train))];
  return tableView(
    ["training part, 11 bins", "number"],
    [
      ["cells of TM", 121],
      ["not 0: the ceiling", transitionCeiling(train)],
      ["of these, neither from nor to exactly 1.0", seen.filter((cell) => Math.floor(cell / 11) < 10 && cell % 11 < 10).length],
      ["share of the true steps that touch 1.0", mean(Array.from(train.subarray(1), (v, t) => Number(v === 1 || train[t] === 1)))],
    ],
  );
}

/** A stretch of n values from a random place. */
export function stretch(train: Float32Array, n: number, seed: number): Float32Array {
  const from = generator(seed, "stretch").integer(train.length - n);
  return train.subarray(from, from + n);
}

/** One sequence of n values from the training part itself and from three generators. */
function sources(train: Float32Array): [name: string, make: (n: number, seed: number) => Float32Array][] {
  const simple = ["Markov-1", "iid marginal", "uniform"].map((name) => generators(train).find((one) => one.name === name)!);
  return [
    ["real: stretches of the training part", (n, seed) => stretch(train, n, seed)],
    ...simple.map(({ name, generate }): ReturnType<typeof sources>[number] => [name, (n, seed) => generate(1, n, seed)[0]]),
  ];
}
const averaged = (repeats: number, score: (seed: number) => number) => mean(Array.from({ length: repeats }, (_, seed) => score(seed)));

/** Algorithm 1 of a single sequence over its length, beside the test part's 500 values. */
export function scoresBySize(train: Float32Array, test: Float32Array, sizes: number[], repeats: number): View {
  const score = (make: (n: number, seed: number) => Float32Array, n: number) =>
    averaged(repeats, (seed) => transitionScore(train, [make(n, seed)]));
  const ofTest = sizes.map((n) => (n === test.length ? transitionScore(train, [test]).toFixed(1) : "–"));
  return tableView(
    ["generator", ...sizes.map((n) => `n = ${n}`)],
    [
      ...sources(train).map(([name, make]) => [name, ...sizes.map((n) => score(make, n).toFixed(1))]),
      [`the test part (${test.length} values)`, ...ofTest],
    ],
    `Algorithm 1 of one sequence of n values, mean over ${repeats}; T is the training part`,
  );
}

/** The overlap of a single sequence as long as the test part, of the same generators, in words. */
export function overlapsAtTestSize(train: Float32Array, test: Float32Array, repeats: number): string {
  const each = sources(train).map(([name, make]) => {
    return `${name} ${averaged(repeats, (seed) => transitionOverlap(train, [make(test.length, seed)])).toFixed(3)}`;
  });
  return `overlap at ${test.length} values: ${each.join("; ")}; the test part ${transitionOverlap(train, [test]).toFixed(3)}`;
}

/** The histories of Table 2's evaluation: up to 30 values before each value of the training part but the first two; the first `count`. */
export const trainHistories = (train: Float32Array, count?: number): Float32Array[] =>
  Array.from({ length: train.length - 2 }, (_, i) => train.subarray(Math.max(0, i + 2 - HISTORY), i + 2)).slice(0, count);

/** Sequences after the same histories from the models of a family's first seeds. */
export async function familySequences(
  family: string,
  series: Series,
  histories: Float32Array[],
  { steps, seeds, draw, quick }: { steps: number; seeds: number; draw: number; quick?: Quick },
): Promise<Float32Array[][]> {
  const sets: Float32Array[][] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const model = await obtainModel(`${family}-seed-${seed}`, series, quick);
    sets.push(await generate(model, histories, steps, { seed: draw }));
    model.dispose();
  }
  return sets;
}

/** How often which value: bins of .02, 1.0 in one of its own. */
export function valuesView(train: Float32Array, generated: SequenceSets): View {
  const cut = (v: number) => Math.floor(50 * v + 1e-4) / 50;
  const groups = Object.entries(generated).map(([name, sequences]) => {
    return { name, values: Float32Array.from(sequences.flatMap((s) => Array.from(s, cut))) };
  });
  const titles = { title: "How often which value", x: "value, in bins of .02" };
  return figureView(valueFrequencies([{ name: "training part", values: train.map(cut) }, ...groups], titles), {
    alt: "Shares of values in bins of .02. The training part: nearly half at 1.0, the rest in a few spikes. tDLGM and DLGM: spread smoothly, about half of it above .8, a spike at 1.0 smaller than the true one. RNN: all in a few bins around .7.",
    caption: "The training part beside sequences of 30 from each model, seed 0.",
  });
}

/** How often the values at the edges occur, and what Algorithm 1 gives with 1.0 and with `below` in its place. */
export function edgesView(train: Float32Array, generated: SequenceSets, below: number): View {
  const moved = (s: Float32Array) => s.map((v) => Math.min(v, below));
  const share = (sequences: Float32Array[], value: number) => mean(sequences.map((s) => mean(s.map((v) => Number(v === value)))));
  return tableView(
    ["values of", "share of exactly 1.0", "share of exactly 0", "Algorithm 1", `with ${String(below).replace(/^0/, "")} for 1.0`],
    Object.entries({ "training part": [train], ...generated }).map(([name, sequences]) => [
      name,
      share(sequences, 1),
      share(sequences, 0),
      transitionScore(train, sequences),
      transitionScore(train, sequences.map(moved)),
    ]),
    "30 steps, seed 0",
  );
}

/**
 * The share of the variance of the k-th generated value that the history decides: ½ mean (own_k − other_k)² / Var(own_k), for sequences
 * that differ by their histories alone. 0: it decides nothing; about 1: nothing else does.
 */
export function historyShare(own: Float32Array[], other: Float32Array[], k: number): number {
  const difference = mean(own.map((s, i) => (s[k - 1] - other[i][k - 1]) ** 2)) / 2;
  return difference / variance(own.map((s) => s[k - 1]));
}

/** A few free runs, evenly chosen. */
export function freeRunsView(sequences: Float32Array[], count: number): View {
  const chosen = Array.from({ length: count }, (_, i) => sequences[Math.floor((i * sequences.length) / count)]);
  const lines = chosen.map((y, i) => ({ name: `free run ${i + 1}`, y }));
  return figureView(learningCurves(lines, { x: "step", y: "generated value", title: "Four free runs of the RNN" }), {
    alt: "Four generated sequences of 30 values of the RNN after different histories. They start apart, between about .6 and .8, and all settle near .7.",
    caption: "RNN, seed 0, after four histories of the training part.",
  });
}

/** How far the sequences of all histories are apart at steps, and how many cells of TM they reach. */
export function spreadView(train: Float32Array, generated: SequenceSets, places: number[]): View {
  const seen = new Set(cellsOf(train));
  const reached = (sequences: Float32Array[], n: number) =>
    new Set(sequences.flatMap((s) => cellsOf(s, n)).filter((cell) => seen.has(cell))).size;
  return tableView(
    ["model", ...places.map((k) => `sd at step ${k}`), "cells reached, 2 steps", "cells reached, 30 steps"],
    Object.entries(generated).map(([name, sequences]) => [
      name,
      ...places.map((k) => Math.sqrt(variance(sequences.map((s) => s[k - 1]))).toFixed(3)),
      reached(sequences, 2),
      reached(sequences, 30),
    ]),
    `Standard deviation over all histories of the k-th generated value (training part: ${Math.sqrt(variance(train)).toFixed(3)}); and how many of the ${seen.size} cells are reached`,
  );
}

/** Sets of sequences by their overlap with the training part's steps and by Algorithm 1, with their ranks; several sets of a name are averaged. */
export function ranksView(train: Float32Array, judged: Record<string, Float32Array[][]>): View {
  const verdicts = Object.entries(judged).map(([name, sets]) => ({
    name,
    score: mean(sets.map((s) => transitionScore(train, s))),
    overlap: mean(sets.map((s) => transitionOverlap(train, s))),
  }));
  const rank = (key: "score" | "overlap", value: number) => 1 + verdicts.filter((v) => v[key] > value).length;
  const [[first]] = Object.values(judged);
  return tableView(
    [`sequences of ${first[0].length}`, "overlap", "rank", "Algorithm 1", "rank "],
    [...verdicts]
      .sort((a, b) => b.overlap - a.overlap)
      .map((v) => [v.name, v.overlap.toFixed(3), rank("overlap", v.overlap), v.score.toFixed(1), rank("score", v.score)]),
    `${first.length.toLocaleString("en")} sequences of ${first[0].length} each`,
  );
}
