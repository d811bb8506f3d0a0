/** Forecasts of the next row of several columns without a network: linear regressions with normal residuals. */
import { CholeskyDecomposition, Matrix, solve } from "ml-matrix";
import { checkAsMany, checkFunction, checkNumbers, checkObject, checkOptions, checkWhole, refuse } from "../base/check";
import { indexAt, type Random } from "../base/random";
import { checkWholeSeries, type Series } from "../data/series";
import { logMeanExp } from "./statistics";

/** p(v_t | the rows before it). */
export interface RowForecast {
  /** −log p(v), nats a row. */
  nats(row: ArrayLike<number>): number;
  /** Rows drawn from it. */
  draws(count: number, random: Random): number[][];
}

/** What a forecast is linear in. */
export interface LinearForecast {
  /** The regressors x_t of row t, beside a constant; none by default. They may see the rows before t, not t itself. */
  inputs?: (t: number) => number[];
  /** What the regression adds to, such as the row before; nothing by default. */
  offset?: (t: number) => number[];
  /** The class of a row, 0 or 1, such as dry and wet; each has a regression of its own, and a Markov chain says which comes. One class by default. */
  classOf?: (row: number[]) => number;
}

/** N(mean, L Lᵀ), and its weight in a mixture. */
interface Normal {
  weight: number;
  mean: number[];
  L: number[][];
}

/**
 * Fits v_t = offset_t + Bᵀ(1, x_t) + ε, ε ~ N(0, Σ), by least squares over rows 1 to `until` − 1, and forecasts any row. Inputs that are the row
 * before make it a VAR(1). With classes c_t, p(v_t | past) = Σ_c P(c | c_{t−1}) N(v_t; offset_t + B_cᵀ(1, x_t), Σ_c).
 * @param until the end of the training part
 * @returns the forecast of a row, from 1
 * @throws Error naming the argument that is wrong, or a series without residuals
 * @example linearForecaster(new Series(Float32Array.of(1, 2, 3, 2), ["a"]), 4, {})(3).nats([7 / 3]) // 0.1669: N(7/3, 2/9)
 */
export function linearForecaster(series: Series, until: number, options: LinearForecast): (t: number) => RowForecast {
  checkWholeSeries(series, "series");
  checkWhole(until, "until", 3, series.length);
  checkOptions(options, "options", ["inputs", "offset", "classOf"]);
  for (const [name, option] of Object.entries(options)) if (option !== undefined) checkFunction(option, `options.${name}`);
  const d = series.columns.length;
  const row = (t: number) => Array.from(series.values.subarray(t * d, (t + 1) * d));
  const { inputs = () => [], offset = () => new Array<number>(d).fill(0), classOf = () => 0 } = options;
  const size = Array.from(inputs(1) ?? []).length;
  const x = (t: number) => {
    const given = inputs(t);
    if (size > 0) checkNumbers(given, "options.inputs(t)", size);
    checkAsMany(given, "options.inputs(t)", new Array(size), "those of row 1");
    return [1, ...given];
  };
  const from = (t: number) => {
    const given = offset(t);
    checkNumbers(given, "options.offset(t)", d);
    return given;
  };
  const classAt = (t: number) => {
    const given = classOf(row(t));
    checkWhole(given, "options.classOf(row)", 0, 1);
    return given;
  };
  const days = Array.from({ length: until - 1 }, (_, i) => i + 1);
  const classes = Array.from({ length: until }, (_, t) => classAt(t));
  const count = Math.max(...classes) + 1;
  const fits = Array.from({ length: count }, (_, c) => {
    const own = days.filter((t) => classes[t] === c);
    if (own.length <= size + 1 + d)
      refuse("until", `more than ${size + 1 + d} rows of class ${c} before it; there are ${own.length}`, until);
    const after = days.filter((t) => classes[t - 1] === c);
    const chances = Array.from({ length: count }, (_, next) => after.filter((t) => classes[t] === next).length / after.length);
    return {
      chances,
      ...regression(
        own.map(x),
        own.map((t) => minus(row(t), from(t))),
      ),
    };
  });
  return (t) => {
    checkWhole(t, "t", 1, series.length - 1);
    const [regressors, start, last] = [x(t), from(t), classAt(t - 1)];
    if (last >= count) refuse("t", "a row after one of a class that the training part has", t);
    return mixture(
      fits.map(({ B, L }, c) => ({
        weight: fits[last]!.chances[c]!,
        mean: start.map((offset, j) => regressors.reduce((sum, xi, i) => sum + xi * B[i]![j]!, offset)),
        L,
      })),
    );
  };
}

const minus = (a: number[], b: number[]): number[] => a.map((x, j) => x - b[j]!);

/** B of Y ≈ X B by least squares, and L of its residuals' covariance L Lᵀ. */
function regression(X: number[][], Y: number[][]): { B: number[][]; L: number[][] } {
  const [x, y] = [new Matrix(X), new Matrix(Y)];
  const B = solve(x.transpose().mmul(x), x.transpose().mmul(y));
  const residuals = Matrix.sub(y, x.mmul(B));
  const { lowerTriangularMatrix: L } = new CholeskyDecomposition(residuals.transpose().mmul(residuals).div(Y.length));
  if (!L.diagonal().every((l) => l > 0))
    throw new Error("series leaves no residuals: a column is linear in the others and the inputs, or constant");
  return { B: B.to2DArray(), L: L.to2DArray() };
}

/** A mixture of normals as a forecast. */
function mixture(parts: Normal[]): RowForecast {
  const weights = parts.map(({ weight }) => weight);
  return {
    nats(row) {
      checkNumbers(row, "row");
      checkAsMany(row, "row", parts[0]!.mean, "a row of the series");
      const logs = parts.map((part) => Math.log(part.weight) + logNormal(row, part)).filter((log) => log > Number.NEGATIVE_INFINITY);
      return -logMeanExp(logs) - Math.log(logs.length);
    },
    draws(count, random) {
      checkWhole(count, "count");
      checkObject(random, "random", "a stream of random numbers, as generator gives one");
      return Array.from({ length: count }, () => {
        const { mean, L } = parts[indexAt(weights, random.uniform())]!;
        const z = mean.map(() => random.normal());
        return mean.map((m, i) => L[i]!.reduce((sum, l, j) => (j > i ? sum : sum + l * z[j]!), m));
      });
    },
  };
}

/** log N(v; mean, L Lᵀ): z solves L z = v − mean, and Σ log L_ii is half the log-determinant. */
function logNormal(v: ArrayLike<number>, { mean, L }: Normal): number {
  const z: number[] = [];
  let log = 0;
  for (const [i, l] of L.entries()) {
    z.push(z.reduce((sum, zj, j) => sum - l[j]! * zj, v[i]! - mean[i]!) / l[i]!);
    log -= z[i]! ** 2 / 2 + Math.log(l[i]!) + Math.log(2 * Math.PI) / 2;
  }
  return log;
}
