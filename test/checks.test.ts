import { afterEach, describe, expect, it, vi } from "vitest";
import { agree } from "../lib/notebook/checks";

const said = vi.spyOn(console, "log").mockImplementation(() => {});
afterEach(() => {
  said.mockClear();
});

describe("two numbers", () => {
  it("that agree are shown", () => {
    agree("root", 1.73205, 1.7321, 1e-4);
    agree("difference", 4e-7, 0, 1e-6);
    expect(said.mock.calls.flat()).toEqual(["root: 1.732050 and 1.732100, within 0.0001", "difference: at most 0.000001"]);
  });

  it("that don't, stop the notebook; what is no number agrees with nothing", () => {
    expect(() => agree("sum", 1, 1.2, 0.1)).toThrow("sum: 1 and 1.2 differ by more than 0.1");
    expect(() => agree("sum", Number.NaN, Number.NaN, 1)).toThrow("sum: NaN and NaN");
    expect(said).not.toHaveBeenCalled();
  });
});
