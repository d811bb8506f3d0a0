import { DataFrame } from "danfojs-node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { table } from "../lib/notebook/display";
import { inLib } from "../lib/notebook/source";

let said: string;
beforeEach(() => {
  said = "";
  vi.spyOn(console, "log").mockImplementation((text) => {
    said += `${text}\n`;
  });
});
afterEach(() => vi.restoreAllMocks());

describe("table", () => {
  it("of rows as objects is that of their DataFrame", () => {
    const rows = [
      { name: "a", x: 1 / 3 },
      { name: "b", x: null },
    ];
    table(rows, { caption: "two rows", digits: 2 });
    const byRows = said;
    said = "";
    table(new DataFrame(rows), { caption: "two rows", digits: 2 });
    expect(byRows).toBe(said);
    expect(byRows).toContain("a     0.33");
  });

  it("refuses what is neither, and no rows", () => {
    expect(() => table("a,b" as never)).toThrow(/^table: data must be a danfo DataFrame, or rows as objects$/);
    expect(() => table([])).toThrow(/^table: there are no rows$/);
  });
});

describe("inLib", () => {
  it("quotes the code under an equation's mark, and lines before it", () => {
    inLib("models/tdlgm.ts", 11, { before: 1 });
    const [file, , before, mark, code] = said.split("\n");
    expect(file).toBe("`lib/models/tdlgm.ts`:");
    expect(before).toContain("generator.R");
    expect(mark).toBe("    // Eq. (11)");
    expect(code).toMatch(/^ {4}h\[l\] = /);
  });

  it("names an equation that a file does not have", () => {
    expect(() => inLib("models/rnn.ts", 11)).toThrow(/^lib\/models\/rnn.ts has no line marked Eq. \(11\)$/);
  });
});
