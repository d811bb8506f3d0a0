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
  /** It shows after the end of its cell, the first one: as stderr of that cell, and the last one keeps its value. */
  late?: true;
}

const tf = "import './lib/tensor/backend';\nimport * as tf from '@tensorflow/tfjs-core';\n";
const late = "await new Promise((r) => setTimeout(r, 300));";

/** Fifty-two of them. */
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
    evalue: "too late",
    late: true,
    at: [1, 2, "Promise.reject(new Error('too late')), 50); void 0"],
  },
  {
    name: "a throw in a timer after the cell's end",
    cells: ["setTimeout(() => {\n  throw new TypeError('in a timer');\n}, 50); void 0", late],
    ename: "TypeError",
    evalue: "in a timer",
    late: true,
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
    evalue: "linear: x, weights.w and weights.b must be [.., B, I], [.., I, O] and [.., O]; they are [2,3], [2,3] and [3]",
    at: [1, 5, "linear(wide, { w: wide, b: tf.ones([3]) });"],
    lib: ["lib/models/layers.ts", "throw new Error("],
  },
  {
    name: "a column that is not there",
    cells: ["import { DataFrame } from 'danfojs-node';\nconst frame = new DataFrame([[1]], { columns: ['a'] });\nframe.column('b');"],
    ename: "Error",
    evalue: "Column not found",
    at: [1, 3, "frame.column('b');"],
  },
  {
    name: "a promise in place of its value",
    cells: ["const load = async () => [1, 2, 3];\nconst rows = load();\nrows.length;"],
    ename: "TypeScriptError",
    evalue: "put `await` before it",
    at: [1, 3, "rows.length;"],
  },
  {
    name: "a constant that is assigned to",
    cells: ["const rate = 0.1;", "rate = 0.2;"],
    ename: "TypeScriptError",
    evalue: "Cannot assign to 'rate' because it is a constant",
    at: [2, 1, "rate = 0.2;"],
  },
  {
    name: "a value that may be undefined",
    cells: ["const found = [1, 2].find((x) => x > 1);\nfound + 1;"],
    ename: "TypeScriptError",
    evalue: "'found' is possibly 'undefined'",
    at: [1, 2, "found + 1;"],
  },
  {
    name: "a package that is not installed",
    cells: ["\nimport fitting from 'curve-fitting-x';"],
    ename: "TypeScriptError",
    evalue: "`npm install curve-fitting-x` in the project's folder",
    at: [1, 2, "import fitting from 'curve-fitting-x';"],
  },
  {
    name: "require of a package that is not installed",
    cells: ["const name: string = 'curve-fitting-x';\nrequire(name);"],
    ename: "Error",
    evalue: "Cannot find module 'curve-fitting-x'",
    at: [1, 2, "require(name);"],
  },
  {
    name: "a data file that is not there",
    cells: ["import { readFileSync } from 'node:fs';\nreadFileSync('my-measurements.csv', 'utf8');"],
    ename: "Error",
    evalue: "ENOENT: no such file or directory, open 'my-measurements.csv'",
    at: [1, 2, "readFileSync('my-measurements.csv', 'utf8');"],
  },
  {
    name: "a statement of a newer TypeScript",
    cells: ["using file = open();"],
    ename: "TypeScriptError",
    evalue: "`using` came with TypeScript 5.2",
    at: [1, 1, "using file = open();"],
  },
  {
    name: "a method of a newer JavaScript",
    cells: ["const rows = [{ a: 1 }];\nObject.groupBy(rows, (row) => row.a);"],
    ename: "TypeScriptError",
    evalue: "`groupBy` is newer than TypeScript 5.0.4",
    at: [1, 2, "Object.groupBy(rows, (row) => row.a);"],
  },
  {
    name: "Python's print",
    cells: ["print(1);"],
    ename: "TypeScriptError",
    evalue: "Use `console.log(...)`.",
    at: [1, 1, "print(1);"],
  },
  {
    name: "Python's magic",
    cells: ["%matplotlib inline"],
    ename: "TypeScriptError",
    evalue: "Python's magics and `!` for the shell are not there",
    at: [1, 1, "%matplotlib inline"],
  },
  {
    name: "the browser's document",
    cells: ["const root = 1;\ndocument.title;"],
    ename: "TypeScriptError",
    evalue: "Cells run in Node, not in the browser",
    at: [1, 2, "document.title;"],
  },
  {
    name: "the end of the process",
    cells: ["1;\nprocess.exit(1);"],
    ename: "Error",
    evalue: "process.exit(1) would end the kernel",
    at: [1, 2, "process.exit(1);"],
  },
  {
    name: "a return outside a function",
    cells: ["const half = 0.5;\nreturn half;"],
    ename: "TypeScriptError",
    evalue: "A 'return' statement can only be used within a function body",
    at: [1, 2, "return half;"],
  },
  {
    name: "a figure whose data throws",
    cells: ["const shown = {\n  get data(): never { throw new Error('no data yet'); },\n  layout: {},\n};\nshown"],
    ename: "Error",
    evalue: "no data yet",
    at: [1, 2, "get data(): never { throw new Error('no data yet'); },"],
  },
  {
    name: "a name that a failed cell did not reach",
    cells: ["const reached = 1;", "reached + unreached;"],
    ename: "TypeScriptError",
    evalue: "Cannot find name 'unreached'",
    at: [2, 1, "reached + unreached;"],
  },
  {
    name: "a Gaussian without its width",
    cells: ["import { createModel } from './lib/index';\ncreateModel({ kind: 'tdlgm', likelihood: { kind: 'gaussian' } }, 0);"],
    ename: "TypeScriptError",
    evalue: 'kind "gaussian": `sd: number | "learned"` is missing',
    at: [1, 2, "createModel({ kind: 'tdlgm', likelihood: { kind: 'gaussian' } }, 0);"],
  },
  {
    name: "several failures at once",
    cells: ["await Promise.any([\n  Promise.reject(new Error('first')),\n  Promise.reject(new Error('second')),\n]);"],
    ename: "AggregateError",
    evalue: "All promises were rejected",
    at: [1, 3, "Promise.reject(new Error('second')),"],
  },
  {
    name: "a failure with its cause",
    cells: ["try {\n  JSON.parse('{');\n} catch (cause) {\n  throw new Error('no settings', { cause });\n}"],
    ename: "Error",
    evalue: "no settings",
    at: [1, 2, "JSON.parse('{');"],
  },
  {
    name: "a failing method of a class of an earlier cell",
    cells: [
      "class Series {\n  constructor(private values: number[]) {}\n  get mean(): number {\n    if (!this.values.length) throw new RangeError('no values');\n    return 1;\n  }\n}",
      "new Series([]).mean;",
    ],
    ename: "RangeError",
    evalue: "no values",
    at: [1, 4, "if (!this.values.length) throw new RangeError('no values');"],
  },
  {
    name: "Python's import",
    cells: ["1;\nimport pandas as pd"],
    ename: "TypeScriptError",
    evalue: "Write `import * as x from",
    at: [1, 2, "import pandas as pd"],
  },
  {
    name: "Python's other import",
    cells: ["from tensorflow import keras"],
    ename: "TypeScriptError",
    evalue: "Write `import * as x from",
    at: [1, 1, "from tensorflow import keras"],
  },
  {
    name: "a name that is not declared",
    cells: ["1;\ncount = 5"],
    ename: "TypeScriptError",
    evalue: "Declare it: `let count = ...`",
    at: [1, 2, "count = 5"],
  },
  {
    name: "Python's type",
    cells: ["const n: int = 5;"],
    ename: "TypeScriptError",
    evalue: "of the type `number`",
    at: [1, 1, "const n: int = 5;"],
  },
  {
    name: "a comment of Python",
    cells: ["1;\n# a comment"],
    ename: "TypeScriptError",
    evalue: "A comment begins with `//`",
    at: [1, 2, "# a comment"],
  },
  {
    name: "return in a cell",
    cells: ["const a = 1;\nreturn a;"],
    ename: "TypeScriptError",
    evalue: "write it without `return`",
    at: [1, 2, "return a;"],
  },
  {
    name: "a parameter without a type",
    cells: ["const f = (x) => x;"],
    ename: "TypeScriptError",
    evalue: "`x: number`",
    at: [1, 1, "const f = (x) => x;"],
  },
  {
    name: "a property of a promise",
    cells: ["const f = async () => ({ a: 1 });\nf().a"],
    ename: "TypeScriptError",
    evalue: "put `await` before it",
    at: [1, 2, "f().a"],
  },
  {
    name: "arrays that are added",
    cells: ["[1, 2] + [3]"],
    ename: "TypeScriptError",
    evalue: "[...a, ...b]",
    at: [1, 1, "[1, 2] + [3]"],
  },
  {
    name: "a module that Node lacks",
    cells: ['import * as fs from "fs/promise";'],
    ename: "TypeScriptError",
    evalue: "it has fs, fs/promises",
    at: [1, 1, 'import * as fs from "fs/promise";'],
  },
  {
    name: "the console's exit",
    cells: ["exit"],
    ename: "TypeScriptError",
    evalue: "Ctrl+D in the console",
    at: [1, 1, "exit"],
  },
  {
    name: "a number in place of a text",
    cells: ["const label = (text: string) => text.toUpperCase();\n\nlabel(5);"],
    ename: "TypeScriptError",
    evalue: "Argument of type 'number' is not assignable to parameter of type 'string'",
    at: [1, 3, "label(5);"],
  },
];

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
