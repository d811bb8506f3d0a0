/** Mistakes that people make in notebooks, each with the lines that its error must name. */
import { expect } from "vitest";

/** A mistake, in a notebook of these cells. */
export interface Mistake {
  name: string;
  /** The cells; the mistake shows at the last one. */
  cells: string[];
  ename: string;
  /** A part of the message. */
  evalue: string;
  /** A line of a cell, counted from 1 both, and its source. */
  at: [cell: number, line: number, source: string];
  /** A line of the library: file and a part of its source. */
  lib?: [file: string, source: string];
}

const tf = "import './lib/tensor/backend';\nimport * as tf from '@tensorflow/tfjs-core';\n";
const late = "await new Promise((r) => setTimeout(r, 300));";

/** Twenty-one of them. */
export const MISTAKES: Mistake[] = [
  {
    name: "a wrong type",
    cells: ["const fine = 1;\nconst wrong: number = 'a';"],
    ename: "TypeScriptError",
    evalue: "not assignable to type 'number'",
    at: [1, 2, "const wrong: number = 'a';"],
  },
  {
    name: "a misspelt name",
    cells: ["const values = [1];\n\nvalue.length"],
    ename: "TypeScriptError",
    evalue: "Did you mean 'values'?",
    at: [1, 3, "value.length"],
  },
  {
    name: "a misspelt method",
    cells: ["const values = [1];", "1;\nvalues.fliter(Boolean)"],
    ename: "TypeScriptError",
    evalue: "Did you mean 'filter'?",
    at: [2, 2, "values.fliter(Boolean)"],
  },
  {
    name: "a missing bracket",
    cells: ["const f = (x: number) => (x + 1;"],
    ename: "TypeScriptError",
    evalue: "')' expected",
    at: [1, 1, "const f = (x: number) => (x + 1;"],
  },
  {
    name: "an end that is missing",
    cells: ["function f() {\n  return 1;\n"],
    ename: "TypeScriptError",
    evalue: "'}' expected",
    at: [1, 2, "return 1;"],
  },
  {
    name: "a file that is not there",
    cells: ["import { a } from './lib/nowhere';"],
    ename: "TypeScriptError",
    evalue: "Cannot find module './lib/nowhere'",
    at: [1, 1, "import { a } from './lib/nowhere';"],
  },
  {
    name: "a name that the library does not have",
    cells: ["import { loadTrce } from './lib/data/trace';"],
    ename: "TypeScriptError",
    evalue: "has no exported member",
    at: [1, 1, "import { loadTrce } from './lib/data/trace';"],
  },
  {
    name: "an argument that is missing",
    cells: ["import { generator } from './lib/base/random';\ngenerator(1);"],
    ename: "TypeScriptError",
    evalue: "Expected 2 arguments, but got 1",
    at: [1, 2, "generator(1);"],
  },
  {
    name: "a property of undefined",
    cells: ["const o: any = {};\nconst read = () => o.a.b;\nread();"],
    ename: "TypeError",
    evalue: "undefined (reading 'b')",
    at: [1, 2, "const read = () => o.a.b;"],
  },
  {
    name: "a throw in a function of an earlier cell",
    cells: ["function check(x: number) {\n  if (x < 0) throw new RangeError('x is ' + x);\n}", "check(-1);"],
    ename: "RangeError",
    evalue: "x is -1",
    at: [1, 2, "if (x < 0) throw new RangeError('x is ' + x);"],
  },
  {
    name: "an endless recursion",
    cells: ["\nconst down = (n: number): number => down(n + 1);\ndown(0);"],
    ename: "RangeError",
    evalue: "Maximum call stack size exceeded",
    at: [1, 2, "const down = (n: number): number => down(n + 1);"],
  },
  {
    name: "JSON that is none",
    cells: ["const text = '{ bad';\nJSON.parse(text);"],
    ename: "SyntaxError",
    evalue: "JSON",
    at: [1, 2, "JSON.parse(text);"],
  },
  {
    name: "a throw after an await",
    cells: ["const later = async () => {\n  await null;\n  throw new Error('later');\n};\nawait later();"],
    ename: "Error",
    evalue: "later",
    at: [1, 5, "await later();"],
  },
  {
    name: "a rejection that is not awaited",
    cells: ["const doIt = async () => {\n  throw new Error('forgotten');\n};\ndoIt();\nawait null;"],
    ename: "Error",
    evalue: "forgotten",
    at: [1, 2, "throw new Error('forgotten');"],
  },
  {
    name: "a rejection after the cell's end",
    cells: ["setTimeout(() =>\n  Promise.reject(new Error('too late')), 50); void 0", late],
    ename: "Error",
    evalue: "too late (left behind by cell [",
    at: [1, 2, "Promise.reject(new Error('too late')), 50); void 0"],
  },
  {
    name: "a throw in a timer after the cell's end",
    cells: ["setTimeout(() => {\n  throw new TypeError('in a timer');\n}, 50); void 0", late],
    ename: "TypeError",
    evalue: "in a timer (left behind by cell [",
    at: [1, 2, "throw new TypeError('in a timer');"],
  },
  {
    name: "a throw in the library",
    cells: ["import { generator } from './lib/base/random';\ngenerator(-1, 'a');"],
    ename: "Error",
    evalue: "-1",
    at: [1, 2, "generator(-1, 'a');"],
    lib: ["lib/base/check.ts", "throw new Error("],
  },
  {
    name: "an asynchronous throw in the library",
    cells: [
      "import { createModel } from './lib/models/model';\nimport { train } from './lib/training/train';\nawait train(createModel({ kind: 'tdlgm', H: 4 }, 0), Float32Array.of(5), { seed: 0, steps: 1 });",
    ],
    ename: "Error",
    evalue: "series",
    at: [1, 3, "await train(createModel({ kind: 'tdlgm', H: 4 }, 0), Float32Array.of(5), { seed: 0, steps: 1 });"],
    lib: ["lib/models/likelihood.ts", "refuse(`series["],
  },
  {
    name: "a wrong shape",
    cells: [`${tf}tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]));`],
    ename: "Error",
    evalue: "TensorFlow: Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]",
    at: [1, 3, "tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]));"],
  },
  {
    name: "a wrong shape inside the library",
    cells: [`${tf}import { linear } from './lib/index';\nconst wide = tf.ones([2, 3]);\nlinear(wide, { w: wide, b: tf.ones([3]) });`],
    ename: "Error",
    evalue: "TensorFlow: Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]",
    at: [1, 5, "linear(wide, { w: wide, b: tf.ones([3]) });"],
    lib: ["lib/models/layers.ts", "tf.add(tf.matMul(x, w), b)"],
  },
  {
    name: "a column that is not there",
    cells: ["import { DataFrame } from 'danfojs-node';\nconst frame = new DataFrame([[1]], { columns: ['a'] });\nframe.column('b');"],
    ename: "Error",
    evalue: "Column not found",
    at: [1, 3, "frame.column('b');"],
  },
];

/** A notebook of code cells. */
export const notebookOf = (cells: string[]) => ({
  cells: cells.map((source, i) => ({ cell_type: "code", id: `c${i}`, metadata: {}, execution_count: null, outputs: [], source })),
  metadata: { kernelspec: { name: "tslab", display_name: "TypeScript (tDLGM)", language: "typescript" } },
  nbformat: 4,
  nbformat_minor: 5,
});

/**
 * Expects a traceback to name the mistake's lines, each with its source below it.
 * @param first the execution count of the mistake's first cell
 */
export function expectLines(traceback: string, { at, lib }: Mistake, first: number): void {
  const lines = traceback.split("\n").map((line) => line.trim());
  const follows = (where: RegExp, source: string) => lines.some((line, i) => where.test(line) && lines[i + 1]?.includes(source));
  const [cell, line, source] = at;
  expect(follows(new RegExp(`cell \\[${first + cell - 1}\\]:${line}\\b`), source), `no ${cell}:${line} in\n${traceback}`).toBe(true);
  if (lib) expect(follows(new RegExp(`${lib[0]}:\\d+\\b`), lib[1]), `no ${lib[0]} with ${lib[1]} in\n${traceback}`).toBe(true);
}
