/** What 06-generation shows of sequences: counted by hand on a few values. */
import { describe, expect, it } from "vitest";
import { transitionCeiling } from "../lib/metrics/metrics";
import type { View } from "../lib/notebook/views";
import {
  ceilingView,
  edgesView,
  historyShare,
  matrixView,
  ranksView,
  scoresBySize,
  spreadView,
  stretch,
  trainHistories,
} from "../lib/paper/sequenceViews";

const rows = (view: View): unknown[][] => {
  if (!("table" in view)) throw new Error("a table");
  return view.table.values as unknown[][];
};
const of = (...values: number[]) => Float32Array.from(values);
const train = of(1, 1, 0.5, 1, 0, 0, 1, 0.5, 0.5, 1);

describe("sequences of a training part", () => {
  it("as histories: at most 30 values before each value but the first two", () => {
    const long = Float32Array.from({ length: 40 }, (_, t) => t / 40);
    const histories = trainHistories(long);
    expect([histories.length, histories[0].length, histories[37].length]).toEqual([38, 2, 30]);
    expect(Array.from(histories[37])).toEqual(Array.from(long.subarray(9, 39)));
    expect(trainHistories(long, 3)).toEqual(histories.slice(0, 3));
  });

  it("as stretches, the same for the same seed", () => {
    const one = stretch(train, 4, 7);
    expect(one).toEqual(stretch(train, 4, 7));
    expect(Array.from(train).join()).toContain(Array.from(one).join());
  });

  it("count the cells of its steps", () => {
    // 1→1, 1→½ (twice), ½→1 (twice), 1→0, 0→0, 0→1, ½→½: seven cells, two of them without 1; seven of nine steps touch 1
    expect(rows(ceilingView(train)).map(([, n]) => n)).toEqual([121, 7, 2, 7 / 9]);
    expect(transitionCeiling(train)).toBe(7);
  });
});

describe("generated sequences", () => {
  it("owe their history nothing, or everything", () => {
    const own = [of(0, 1), of(1, 0), of(0, 0), of(1, 1)];
    expect(historyShare(own, own, 1)).toBe(0);
    expect(historyShare(own, [own[1], own[0], own[3], own[2]], 1)).toBe(2); // all differ by 1, the variance is ¼
    expect(historyShare(own, [own[0], own[1], own[3], own[2]], 2)).toBe(1); // half of them do
  });

  it("lose the ones that are moved", () => {
    const [real, made] = rows(edgesView(train, { made: [of(1, 0, 0.5)] }, 0.9999));
    expect(real).toEqual(["training part", 0.5, 0.2, 7, 2]);
    expect(made.slice(0, 3)).toEqual(["made", 1 / 3, 1 / 3]);
    expect(made[4]).toBe(0); // neither 0→½ nor .9999→0 is among the true steps
  });

  it("are as far apart as they are, and reach the cells that they step through", () => {
    const [row] = rows(spreadView(train, { made: [of(1, 0.5, 1), of(0, 0.5, 1)] }, [1, 2]));
    expect(row).toEqual(["made", "0.500", "0.000", 1, 2]); // 1→½; 0→½ is none of the seven; then ½→1
  });

  it("rank first where they are the training part itself", () => {
    const ranks = rows(ranksView(train, { ones: [[of(1, 1, 1)]], itself: [[train]] }));
    expect(ranks).toEqual([
      ["itself", "1.000", 1, "7.0", 1],
      ["ones", "0.111", 2, "1.0", 2],
    ]);
  });

  it("score more the longer they are, noise but in its cells", () => {
    const long = Float32Array.from({ length: 600 }, (_, t) => train[t % 10]);
    const table = rows(scoresBySize(long, long.slice(0, 20), [20, 500], 3));
    expect(table.map(([name]) => name)).toEqual([
      "real: stretches of the training part",
      "Markov-1",
      "iid marginal",
      "uniform",
      "the test part (20 values)",
    ]);
    expect(Number(table[0][2])).toBeGreaterThan(6.9);
    expect(Number(table[3][2])).toBeLessThan(Number(table[0][2]));
    expect(table[4][2]).toBe("–");
  });

  it("show a matrix from and to its values", () => {
    const matrix = [
      [1, null],
      [0.5, 2],
    ];
    const expected = [
      ["from 0", 1, null],
      ["from 0.5", 0.5, 2],
    ];
    expect(rows(matrixView(matrix, [0, 0.5], "m"))).toEqual(expected);
  });
});
