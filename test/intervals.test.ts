import { describe, expect, it } from "vitest";
import { Series } from "../lib/data/series";
import { mean, mse } from "../lib/metrics/metrics";
import { intervalText } from "../lib/notebook/comparisons";
import { baselineSquares, minus, squaresOf } from "../lib/paper/intervals";
import { NO_NOISE, noiseLevel, noisySeries } from "../lib/paper/levels";
import type { RunErrors } from "../lib/paper/results";
import { imputerScores } from "../lib/paper/trivial";

const weak = noiseLevel(1, 2, "sd");
/** A run whose four squared errors are a constant with one draw of ξ, and half of it at the posterior mean. */
const run = (family: string, seed: number, square: number, level = NO_NOISE): RunErrors => ({
  run: `${family}-seed-${seed}`,
  family,
  seed,
  level,
  squared: { sample: new Float32Array(4).fill(square), mean: new Float32Array(4).fill(square / 2) },
  byDraw: Float32Array.of(square),
  welch: Float32Array.of(1),
});
const errors = [run("a", 0, 1), run("a", 0, 8, weak), run("a", 1, 2), run("a", 2, 4), run("b", 2, 1), run("b", 0, 3)];

describe("errors side by side", () => {
  it("squaresOf takes one family's runs under one level", () => {
    expect(squaresOf(errors, "a", NO_NOISE).map((squares) => squares[0])).toEqual([1, 2, 4]);
    expect(squaresOf(errors, "a", NO_NOISE, "mean").map((squares) => squares[3])).toEqual([0.5, 1, 2]);
    expect(squaresOf(errors, "a", weak).length).toBe(1);
    expect(squaresOf(errors, "c", weak)).toEqual([]);
  });

  it("runs come in the order of their seeds, so that two families pair by seed", () => {
    const [a, b] = ["a", "b"].map((family) => squaresOf([run("b", 1, 3), ...errors.slice(0, 3), run("b", 0, 1)], family, NO_NOISE));
    expect(minus(a, b).map((one) => one[0])).toEqual([0, -1]);
  });

  it("baselineSquares have the mean that the scores of the method have", () => {
    const series = new Series(
      Float32Array.from({ length: 700 }, (_, t) => ((t * 7) % 11) / 10),
      ["x"],
    );
    const squares = baselineSquares(series, "identity", weak, 3);
    const noisy = noisySeries(series, weak, 3).map(({ values }) => mse(series.values.slice(-500), values.slice(-500)));
    expect(squares.length).toBe(500);
    expect(mean(squares)).toBeCloseTo(mean(noisy), 9);
    expect(mean(baselineSquares(series, "AR(10)", weak, 3))).toBeCloseTo(imputerScores(series, [weak], 3)[0].mse["AR(10)"], 7);
    expect(() => baselineSquares(series, "luck", weak)).toThrow("there is no baseline luck");
  });

  it("intervalText shows no sign on a number that rounds to 0", () => {
    expect(intervalText({ mean: -0.00001, low: -0.0012, high: 0.00124 })).toBe("0.0000 [-0.0012, 0.0012]");
    expect(intervalText({ mean: 1.25, low: 1, high: 2 }, 1)).toBe("1.3 [1.0, 2.0]");
  });
});
