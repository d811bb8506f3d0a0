import { describe, expect, it } from "vitest";
import { identity, invert, largestDifference, type Matrix, product, trace, transform, transpose } from "../lib/metrics/dense";

describe("dense matrices", () => {
  const A: Matrix = [
    [4, 2],
    [2, 3],
  ];

  it("are transposed, multiplied, traced and compared", () => {
    expect(transpose([[1, 2, 3]])).toEqual([[1], [2], [3]]);
    expect(
      product(
        [[1, 2, 3]],
        [
          [1, 0],
          [0, 1],
          [2, 2],
        ],
      ),
    ).toEqual([[7, 8]]);
    expect(product(A, identity(2))).toEqual(A);
    expect(transform(A, [1, -2])).toEqual([0, -4]);
    expect(trace(A)).toBe(7);
    expect(
      largestDifference(A, [
        [4, 2],
        [2.5, 3],
      ]),
    ).toBe(0.5);
  });

  it("are inverted, with their log-determinant", () => {
    const { inverse, logDeterminant } = invert(A);
    expect(
      largestDifference(inverse, [
        [0.375, -0.25],
        [-0.25, 0.5],
      ]),
    ).toBeLessThan(1e-15);
    expect(logDeterminant).toBeCloseTo(Math.log(8), 14);
    const B = [
      [5, 1, -2, 0.5],
      [1, 3, 0.4, 1],
      [-2, 0.4, 4, 0],
      [0.5, 1, 0, 2],
    ];
    expect(largestDifference(product(invert(B).inverse, B), identity(4))).toBeLessThan(1e-14);
  });

  it("that are not positive definite are refused", () => {
    expect(() =>
      invert([
        [1, 2],
        [2, 1],
      ]),
    ).toThrow("pivot 1 is -3");
  });
});
