import { describe, expect, it } from "vitest";
import { axis, logNormal, walkDown } from "../lib/notebook/quadrature";

describe("an axis", () => {
  const g = axis(2000, 12);
  const gaussian = (mean: number, sd: number) => g.x.map((x) => logNormal(x, mean, sd));

  it("has the pieces' middles, and integrals as sums", () => {
    const four = axis(4, 2);
    expect(four.x).toEqual([-1.5, -0.5, 0.5, 1.5]);
    expect(four.integral([1, 2, 3, 4])).toBe(10);
    expect(axis(5, 10).integral([1, 1, 1, 1, 1])).toBe(20);
    expect(() => axis(0, 1)).toThrow("n must be a whole number");
    expect(() => axis(3, 0)).toThrow("end must be a finite number above 0");
  });

  it("knows the moments of a Gaussian and the divergence of two", () => {
    const q = gaussian(0.7, 0.5);
    expect(g.expectation(q, g.x)).toBeCloseTo(0.7, 10);
    expect(
      g.expectation(
        q,
        g.x.map((x) => (x - 0.7) ** 2),
      ),
    ).toBeCloseTo(0.25, 10);
    expect(g.kl(q, q)).toBe(0);
    expect(g.kl(q, gaussian(0, 1))).toBeCloseTo(0.5 * (0.49 + 0.25 - Math.log(0.25) - 1), 10);
    expect(g.kl(q, gaussian(0.2, 2))).toBeCloseTo(Math.log(4) + (0.25 + 0.25) / 8 - 0.5, 10);
  });

  it("normalises, whatever constant a density lacks", () => {
    for (const lacks of [0, 3, -900, 900]) {
      const back = g.normalised(gaussian(-1, 0.3).map((y) => y + lacks));
      back.forEach((y, i) => {
        expect(Math.abs(y - logNormal(g.x[i], -1, 0.3))).toBeLessThan(1e-9);
      });
    }
  });
});

describe("walking down", () => {
  it("finds the least value on the finest stride, past a ridge across the axes", () => {
    const valley = ([x, y]: number[]) => (x + y - 1) ** 2 + 10 * (x - y) ** 2;
    const [x, y] = walkDown(valley, [3, -2], [0.5, 0.1, 0.01]);
    expect(x).toBeCloseTo(0.5, 6);
    expect(y).toBeCloseTo(0.5, 6);
  });

  it("stays out of where the function is infinite or no number", () => {
    const [x] = walkDown(([x]) => (x < 1 ? Number.NaN : x > 4 ? Number.POSITIVE_INFINITY : x), [2], [0.25]);
    expect(x).toBe(1);
  });
});
