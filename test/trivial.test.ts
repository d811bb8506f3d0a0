/** What a training must beat. */
import { expect, it } from "vitest";
import { split } from "../lib/data/protocol";
import { trainMeanValidation } from "../lib/paper/trivial";

it("the mean that a training must beat is that of what it trains on", () => {
  const train = Float32Array.from({ length: 100 }, (_, i) => (i < 90 ? 0.25 : 0.75));
  expect(trainMeanValidation(train, 5)).toBeCloseTo(0.25, 12);
  const { train: part } = split(Float32Array.from({ length: 700 }, (_, i) => (i % 2 ? 1 : 0)));
  expect(trainMeanValidation(part, 10)).toBeCloseTo(0.25, 3);
});
