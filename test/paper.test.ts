import { describe, expect, test } from "vitest";
import { TABLE1_NOISE, TABLE3_NOISE } from "../lib/data/protocol";
import { paperTable } from "../lib/paper/printed";

// The tables once more, typed in from the print by rows: a list of its own against data/paper.json.
const TABLE1 = `
0 0 | .0122 .0083 | .0006 7.0e-6 | .0773 .0164 | .1038 .0329
.2 .001 | .0122 .0009 | .0006 4.9e-6 | .0773 .0164 | .0794 .0153
.6 .005 | .0118 .0124 | .0006 4.8e-6 | .0773 .0164 | .1033 .0323
.4 .01 | .0114 .0014 | .0006 4.4e-6 | .0773 .0164 | .0827 .0172
.8 .05 | .0118 .0008 | .0007 6.8e-6 | .0773 .0164 | .0788 .0153`;
const TABLE2 = `
2 62.47 58.48 59.87
5 63.47 58.48 59.67
8 63.21 58.41 60.32
10 63.59 58.04 59.67
15 63.67 57.79 60.11
20 63.54 58.01 60.36
25 63.31 57.80 59.89
30 63.31 58.01 60.33`;
const TABLE3 = `
.0053 .01306 .00090
.0059 .01371 .00099
.0067 .01214 .00080
.0077 .01221 .00079
.0091 .01275 .00088
.0111 .01288 .00086
.0143 .01287 .00089
.0200 .01328 .00095
.0333 .01315 .00081
.100 .01938 .00168`;
const lines = (text: string) => text.trim().split("\n");
const numbers = (text: string) => text.trim().split(/\s+/).map(Number);

describe("data/paper.json", () => {
  test("Table 1", () => {
    const expected = lines(TABLE1).flatMap((line, i) => {
      const [head, ...models] = line.split("|").map(numbers);
      return models.flatMap(([error, variance], j) => {
        const model = ["tDLGM", "DLGM", "RNN", "Filtered RNN"][j];
        const cell = { table: 1, row: i + 1, model, probability: head![0], variance: head![1] };
        return [
          { ...cell, column: "MSE", value: error },
          { ...cell, column: "Variance", value: variance },
        ];
      });
    });
    expect(paperTable(1).map(({ printed: _, ...cell }) => cell)).toEqual(expected);
  });

  test("Table 2", () => {
    const expected = lines(TABLE2).flatMap((line, i) => {
      const [steps, ...scores] = numbers(line);
      return scores.map((value, j) => {
        const model = ["tDLGM", "RNN", "DLGM"][j];
        return { table: 2, row: i + 1, column: model, model, steps, value };
      });
    });
    expect(paperTable(2).map(({ printed: _, ...cell }) => cell)).toEqual(expected);
  });

  test("Table 3", () => {
    const expected = lines(TABLE3).flatMap((line, i) => {
      const [variance, error, spread] = numbers(line);
      const cell = { table: 3, row: i + 1, model: "tDLGM", probability: 1, variance };
      return [
        { ...cell, column: "MSE", value: error },
        { ...cell, column: "Variance", value: spread },
      ];
    });
    expect(paperTable(3).map(({ printed: _, ...cell }) => cell)).toEqual(expected);
  });

  test("the printed digits are those of the value", () => {
    for (const cell of [...paperTable(1), ...paperTable(2), ...paperTable(3)]) expect(Number(cell.printed)).toBe(cell.value);
  });

  test("the protocol's noise rows are those of the tables", () => {
    const heads = (cells: { row: number; probability: number; variance: number }[]) => [
      ...new Map(cells.map((cell) => [cell.row, { probability: cell.probability, variance: cell.variance }])).values(),
    ];
    expect(heads(paperTable(1))).toEqual(TABLE1_NOISE);
    expect(heads(paperTable(3)).map((head) => head.variance)).toEqual(TABLE3_NOISE.map((row) => Number(row.variance.toFixed(4))));
  });

  test("no other table", () => expect(() => paperTable(4 as 1)).toThrow(/^table must be 1 or 2 or 3/));
});
