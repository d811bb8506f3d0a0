// What the kernel's compiler keeps of lib from one kernel to the next: each conversion here is a process of its own, in a project of its own.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const compiler = path.resolve(__dirname, "../setup/kernel/compiler.cjs");
let folder: string;

const kept = (file: string) => path.join(folder, ".local/compiled", `${file}.json`);
const write = (file: string, text: string) => writeFileSync(path.join(folder, "lib", file), text);

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tdlgm-compiled-"));
  mkdirSync(path.join(folder, "lib"));
  write("inner.ts", "export interface Shape { rows: number }\nexport const shape: Shape = { rows: 2 };\n");
  write("outer.ts", 'import { shape } from "./inner";\nexport const twice = (): number => 2 * shape.rows;\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A kernel's first cell: its errors, lib's scripts, and what an error in line 2 of outer.ts is traced to. */
function firstCell(code = 'import { twice } from "./lib/outer";\ntwice()') {
  const script = `
    const { createConverter } = require(${JSON.stringify(compiler)});
    const { sourcePosition } = require(${JSON.stringify(path.join(path.dirname(compiler), "sourceMaps.cjs"))});
    const { diagnostics, sideOutputs = [], output } = createConverter(process.cwd(), process.cwd()).convert("", ${JSON.stringify(code)}, "cell");
    const file = sideOutputs.find(({ path }) => path.endsWith("outer.js"));
    const line = file?.data.split("\\n").findIndex((text) => text.includes("* ")) + 1;
    const messages = diagnostics.map(({ fileName, messageText }) => (fileName ?? "cell") + ": " + messageText);
    const lines = diagnostics.map(({ start }) => start.line);
    console.log(JSON.stringify({ messages, lines, output, scripts: sideOutputs, position: file && sourcePosition(file.path, line, 30) }));
    process.exit();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd: folder, encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as {
    messages: string[];
    lines: number[];
    output?: string;
    scripts: { path: string; data: string }[];
    position?: object;
  };
}

test("the second kernel gets the same scripts and positions as the first, out of what was kept", () => {
  const first = firstCell();
  expect(first).toMatchObject({ messages: [], position: { file: "lib/outer.ts", line: 2 } });
  expect(first.scripts.map(({ path: file }) => path.basename(file))).toEqual(["inner.js", "outer.js"]);
  expect(readdirSync(path.join(folder, ".local/compiled")).sort()).toEqual(["inner.ts.json", "outer.ts.json"]);
  expect(firstCell()).toEqual(first);
  // That it is what was kept that runs shows when that is another script.
  writeFileSync(kept("outer.ts"), readFileSync(kept("outer.ts"), "utf8").replaceAll("2 * ", "3 * "));
  expect(firstCell().scripts[1].data).toContain("3 * inner_1.shape.rows");
});

test("an edit is compiled; a file that an edit elsewhere makes wrong is found, and is not kept", () => {
  const before = firstCell();
  write("outer.ts", 'import { shape } from "./inner";\nexport const twice = (): number => 4 * shape.rows;\n');
  expect(firstCell().scripts[1].data).toContain("4 * inner_1.shape.rows");
  write("inner.ts", "export interface Shape { columns: number }\nexport const shape: Shape = { columns: 2 };\n");
  for (const _ of [1, 2]) {
    expect(firstCell()).toMatchObject({ messages: ["lib/outer.ts: Property 'rows' does not exist on type 'Shape'."], scripts: [] });
  }
  write("inner.ts", "export interface Shape { rows: number }\nexport const shape: Shape = { rows: 2 };\n");
  write("outer.ts", 'import { shape } from "./inner";\nexport const twice = (): number => 2 * shape.rows;\n');
  expect(firstCell()).toEqual(before);
});

test("a global type that a declaration of another file changes is seen", () => {
  write("globals.d.ts", "interface Extent { rows: number }\n");
  write("inner.ts", '/// <reference path="./globals.d.ts" />\nexport const shape = { rows: 2 };\n');
  write("outer.ts", 'import { shape } from "./inner";\nconst own: Extent = shape;\nexport const twice = (): number => 2 * own.rows;\n');
  write("user.ts", "export const rowsOf = (it: Extent): number => it.rows;\n");
  const code = 'import { twice } from "./lib/outer";\nimport { rowsOf } from "./lib/user";\n[twice(), rowsOf({ rows: 1 } as never)]';
  expect(firstCell(code).messages).toEqual([]);
  write("globals.d.ts", "interface Extent { columns: number }\n");
  expect(firstCell(code).messages).toContain("lib/user.ts: Property 'rows' does not exist on type 'Extent'.");
});

test("a file's constants, enums and re-exported types come out as in one program, and are compiled again when they change", () => {
  write("inner.ts", "export const enum Size { rows = 2 }\nexport enum Side { left = 5 }\nexport interface Shape { rows: number }\n");
  const outer = 'import { type Shape, Side, Size } from "./inner";\nexport { Shape, Side } from "./inner";\n';
  write("outer.ts", `${outer}export const twice = (): number => 2 * Size.rows + Side.left;\n`);
  const code = 'import { type Shape, Side, twice } from "./lib/outer";\nconst shape: Shape = { rows: Side.left };\ntwice() + shape.rows';
  const script = () => firstCell(code).scripts[1].data;
  expect(script()).toMatch(/2 \* 2 .* \+ inner_1\.Side\.left/);
  expect(script()).not.toContain("Shape");
  write("inner.ts", "export const enum Size { rows = 3 }\nexport enum Side { left = 5 }\nexport interface Shape { rows: number }\n");
  expect(script()).toMatch(/2 \* 3 /);
});

test("a cell that uses a kept file wrongly is told so", () => {
  firstCell();
  expect(firstCell('import { twice } from "./lib/outer";\nconst text: string = twice();').messages).toEqual([
    "cell: Type 'number' is not assignable to type 'string'.",
  ]);
});

test("after another package or with a kept file cut off, lib is compiled again; without a folder to write to nothing is kept", () => {
  const first = firstCell();
  const tamper = () => writeFileSync(kept("outer.ts"), readFileSync(kept("outer.ts"), "utf8").replaceAll("2 * ", "3 * "));
  tamper();
  mkdirSync(path.join(folder, "node_modules"));
  writeFileSync(path.join(folder, "node_modules/.package-lock.json"), "{}");
  expect(firstCell()).toEqual(first);
  writeFileSync(kept("outer.ts"), readFileSync(kept("outer.ts"), "utf8").slice(0, 100));
  expect(firstCell()).toEqual(first);
  rmSync(path.join(folder, ".local"), { recursive: true });
  writeFileSync(path.join(folder, ".local"), "");
  expect(firstCell()).toEqual(first);
});

test("a cell that imports from the front door compiles only what its names reach, and keeps its lines", () => {
  write("apart.ts", "export const apart = 1;\nexport interface Pair { a: number }\n");
  write("index.ts", '/** The door. */\nexport { apart, type Pair } from "./apart";\nexport { twice as double } from "./outer";\n');
  const files = ({ scripts }: ReturnType<typeof firstCell>) => scripts.map(({ path: file }) => path.basename(file)).sort();
  const one = firstCell('import {\n  double as two,\n} from "./lib/index";\ntwo()');
  expect(one).toMatchObject({ messages: [], position: { file: "lib/outer.ts", line: 2 } });
  expect(files(one)).toEqual(["inner.js", "outer.js"]);
  const types = firstCell(
    'import { type Pair, double } from "./lib/index";\nimport type { Pair as P } from "./lib/index";\n({ a: double() }) as Pair & P',
  );
  expect(types.messages).toEqual([]);
  expect(files(types)).not.toContain("index.js");
  expect(files(firstCell('import * as all from "./lib/index";\nall.double()'))).toEqual(["apart.js", "index.js", "inner.js", "outer.js"]);
  expect(firstCell('import { missing } from "./lib/index";\nmissing')).toMatchObject({
    messages: [expect.stringContaining("has no exported member 'missing'")],
  });
  expect(firstCell('import {\n  double,\n} from "./lib/index";\nconst text: string = double();')).toMatchObject({
    messages: ["cell: Type 'number' is not assignable to type 'string'."],
    lines: [3],
  });
});
