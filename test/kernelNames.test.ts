// What a cell leaves behind if it fails or is interrupted, and what its names mean.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, error, result, stderr, stdout } from "./kernel-client";

let kernel: Client;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "tdlgm-beside-"));
  writeFileSync(path.join(folder, "helper.ts"), 'import { one } from "./other";\nexport const helped = one + 41;\n');
  writeFileSync(
    path.join(folder, "other.ts"),
    'import { helped } from "./helper";\nexport const one = 1;\nexport const later = () => helped;\n',
  );
  writeFileSync(path.join(folder, "table.csv"), "a,b\n1,2\n");
  ({ kernel } = await Client.start(folder));
});
afterAll(() => {
  kernel?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a cell that stops half way", () => {
  test("what ran stays: values, functions, classes, variables, imports and types", async () => {
    const failed = await kernel.one(`import { generator } from './lib/base/random';
import type { LikelihoodConfig } from './lib/models/likelihood';
interface Pair { a: number }
const pair: Pair = { a: 1 }, { b, c: [d] } = { b: 2, c: [3] };
let count = 1;
const up = () => ++count;
function twice(x: number) { return 2 * x; }
class Box { constructor(readonly x: number) {} }
enum Colour { Red = 7 }
throw new Error('half');
const unseen = 1;`);
    expect(error(failed)?.evalue).toBe("half");
    const shown = await kernel.one(
      "const p: Pair = pair, l: LikelihoodConfig = { kind: 'bernoulli' }; up(); [p.a, b, d, twice(4), new Box(5).x, Colour.Red, count, typeof generator]",
    );
    expect(error(shown)).toBeUndefined();
    expect(result(shown)).toMatch(/1, +2,\s+3, +8,\s+5, +7,\s+2, +'function'/);
    expect(error(await kernel.one("count = 10; up(); count = 'a'"))?.evalue).toContain("not assignable to type 'number'");
    await kernel.one("count = 10;");
    expect(result(await kernel.one("up() + count"))).toBe("22");
    expect(error(await kernel.one("unseen"))?.evalue).toContain("Cannot find name 'unseen'");
  });

  test("a name that it did not reach keeps its earlier value and type", async () => {
    await kernel.one("const model = { n: 5 }; let state = 1; const get = () => state;");
    await kernel.one("throw new Error('early'); const model = 'new'; let state = 'new';");
    expect(result(await kernel.one("model.n + state"))).toBe("6");
    await kernel.one("const model = (() => { throw new Error('in its value'); })();");
    await kernel.one("state = 3;");
    expect(result(await kernel.one("[model.n, get()]"))).toBe("[ 5, 3 ]");
    await kernel.one("const model = 'reached'; throw new Error('late');");
    expect(result(await kernel.one("model.length"))).toBe("7");
  });

  test.each([
    ["an await", "await new Promise((r) => setTimeout(r, 60_000));"],
    ["a loop", "while (true) kept.n++;"],
    ["a loop with awaits", "while (true) { await null; kept.n++; }"],
  ])("so does an interrupt in %s", async (_, wait) => {
    const cell = await kernel.interrupt(`const kept = { n: 1 }; let step = 2;\n${wait}\nconst unreached = 3;`, 1.5);
    expect(error(cell)?.ename).toBe("KeyboardInterrupt");
    expect(result(await kernel.one("kept.n > 0 && step === 2"))).toBe("true");
    expect(error(await kernel.one("unreached"))?.evalue).toContain("Cannot find name 'unreached'");
  });

  test("a late write of an earlier cell does not change a name that a later cell has declared again", async () => {
    await kernel.one("let shared = 1; setTimeout(() => { shared = 2; }, 700); const own = () => shared;");
    await kernel.one("const shared = 'mine';");
    await kernel.one("await new Promise((r) => setTimeout(r, 900));");
    expect(result(await kernel.one("[shared, own()]"))).toBe("[ 'mine', 2 ]");
  });
});

describe("the cell's own surroundings", () => {
  test("export means nothing more", async () => {
    const code =
      "export const one = 1;\nexport default function two() { return 2; }\nexport { one };\nexport class Three {}\nexport interface Four { a: 1 }";
    expect(error(await kernel.one(code))).toBeUndefined();
    expect(result(await kernel.one("[one, two(), new Three()]"))).toBe("[ 1, 2, Three {} ]");
    expect(result(await kernel.one("export default one + 1"))).toBe("2");
  });

  test("__dirname is the notebook's folder; import.meta, module and require.main are those of a script", async () => {
    expect(result(await kernel.one("__dirname"))).toBe(`'${folder}'`);
    expect(
      result(await kernel.one("[import.meta.url.startsWith('file:///'), require.main === module, __filename.startsWith(__dirname)]")),
    ).toBe("[ true, true, true ]");
  });

  test("modules and data beside the notebook are found, whose imports may go round", async () => {
    expect(result(await kernel.one("import { helped } from './helper'; helped"))).toBe("42");
    expect(result(await kernel.one("(await import('./other')).later()"))).toBe("42");
    expect(result(await kernel.one("import * as fs from 'node:fs'; fs.readFileSync('table.csv', 'utf8')"))).toBe("'a,b\\n1,2\\n'");
    expect(result(await kernel.one("import { readFile } from 'node:fs/promises'; (await readFile('./table.csv')).length"))).toBe("8");
    expect(error(await kernel.one("fs.readFileSync('nothing.csv')"))?.evalue).toContain("nothing.csv");
    expect(error(await kernel.one("import { a } from './nothing'"))?.evalue).toContain("Cannot find module './nothing'");
  });

  test("danfo reads a table beside the notebook, and names one that isn't there", async () => {
    await kernel.one("import { readCSV } from 'danfojs-node';");
    expect(result(await kernel.one("(await readCSV('table.csv')).shape"))).toBe("[ 1, 2 ]");
    expect(error(await kernel.one("await readCSV('nothing.csv')"))?.evalue).toBe("ENOENT: no such file or directory, nothing.csv");
  });

  test("the language of Node 20: arrays of 2023, decorators", async () => {
    expect(result(await kernel.one("[3, 1].toSorted().toReversed().with(0, 9)"))).toBe("[ 9, 1 ]");
    expect(result(await kernel.one("[1, 2].findLast((x) => x < 2)"))).toBe("1");
    const decorated = `function logged<T, A extends unknown[], R>(f: (this: T, ...a: A) => R, context: ClassMethodDecoratorContext) {
  return function (this: T, ...a: A): R { console.log(String(context.name)); return f.apply(this, a); };
}
class Decorated { @logged five() { return 5; } }
new Decorated().five()`;
    const cell = await kernel.one(decorated);
    expect([stdout(cell), result(cell)]).toEqual(["five\n", "5"]);
  });

  test("what is not there is said in a sentence", async () => {
    const said = async (code: string) => error(await kernel.one(code))?.evalue;
    expect(await said("using x = f();")).toContain("`using` came with TypeScript 5.2, and this is 5.0.4");
    expect(await said("await using x = f();")).toContain("`using` came with TypeScript 5.2");
    expect(await said("Object.groupBy([1], (x) => x)")).toContain("`groupBy` is newer than TypeScript 5.0.4");
    expect(await said("Promise.withResolvers()")).toContain("`withResolvers` is newer");
    expect(await said("import x from 'no-such-package'")).toContain("`npm install no-such-package` in the project's folder");
    expect(await said("import x from '@scope/no-such/deep'")).toContain("`npm install @scope/no-such`");
    expect(await said("await import(String('no-such-package'))")).toContain("`npm install no-such-package` in the project's folder");
    expect(await said("process.exit(1)")).toContain("would end the kernel");
  });

  test("types that differ by their kind: the error names what is missing of the kind that is meant", async () => {
    await kernel.one("import { createModel } from './lib/index';");
    const said = async (config: string) => error(await kernel.one(`createModel(${config}, 0);`))?.evalue;
    expect(await said("{ kind: 'tdlgm', likelihood: { kind: 'gaussian' } }")).toContain(
      'kind "gaussian": `sd: number | "learned"` is missing',
    );
    expect(await said("{ kind: 'tdlgm', likelihood: { kind: 'gausian', sd: 1 } }")).toMatch(/`kind` is one of these: .*"gaussian"/);
    expect(await said("{ kind: 'tdlgm', likelihood: { kind: 'bernoulli', sd: 1 } }")).toContain(
      'kind "bernoulli": `sd` is not among its settings',
    );
    expect(await said("{ kind: 'tdlgm', likelihood: { kind: 'gaussian', sd: 'x' } }")).toContain('it must be `sd: number | "learned"`');
    expect(await said("{ kind: 'tdlg' }")).toContain('"tdlgm"');
  });

  test("a promise that is not awaited says so, and shows nothing of the kernel", async () => {
    const cell = await kernel.one("new Promise(() => {})");
    expect([result(cell), stderr(cell)]).toEqual([
      "Promise { <pending> }",
      "This is a promise, not yet its value: put `await` before it.\n",
    ]);
    expect(result(await kernel.one("({ later: Promise.resolve(1) })"))).toBe("{ later: Promise { 1 } }");
    expect(stdout(await kernel.one("console.log([Promise.resolve(1)])"))).toBe("[ Promise { 1 } ]\n");
    expect(result(await kernel.one("setTimeout(() => {}, 1)"))).not.toMatch(/kResourceStore|Cell|cell/);
  });
});
