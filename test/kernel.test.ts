// The kernel over the Jupyter protocol, driven by a real client (test/kernel_client.py).
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface, type Interface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

interface Output {
  type: string;
  name?: string;
  text?: string;
  data?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}
interface Ran {
  reply: { status: string; execution_count: number; ename?: string };
  outputs: Output[];
}

const root = path.resolve(__dirname, "..");
let python: string;
let env: NodeJS.ProcessEnv;

/** A kernel and its client, spoken to in JSON lines. */
class Client {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  constructor() {
    this.child = spawn(python, [path.join(root, "test/kernel_client.py")], { env, stdio: ["pipe", "pipe", "inherit"] });
    this.reader = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    this.lines = this.reader[Symbol.asyncIterator]();
  }
  async answer<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error("the kernel's client ended");
    return JSON.parse(value);
  }
  ask<T>(request: object): Promise<T> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.answer<T>();
  }
  run(...codes: string[]): Promise<Ran[]> {
    return this.ask({ op: "run", codes });
  }
  async one(code: string): Promise<Ran> {
    return (await this.run(code))[0];
  }
  close(): void {
    this.child.stdin?.end();
    this.reader.close();
  }
}

const error = (cell: Ran) => cell.outputs.find((o) => o.type === "error");
const stdout = (cell: Ran) => cell.outputs.flatMap((o) => (o.type === "stream" && o.name === "stdout" ? [o.text] : [])).join("");
const result = (cell: Ran) => cell.outputs.find((o) => o.type === "execute_result")?.data?.["text/plain"];

let kernel: Client;
let startSeconds: number;

beforeAll(async () => {
  const setup = await import("../setup/env.mjs");
  python = setup.paths(root).python;
  env = setup.environment(root);
  kernel = new Client();
  startSeconds = (await kernel.answer<{ ready: number }>()).ready;
});
afterAll(() => kernel?.close());

describe("errors", () => {
  test("a type error names cell, line and source line", async () => {
    const cell = await kernel.one("const fine = 1;\nconst wrong: number = 'a';");
    expect(cell.reply.status).toBe("error");
    expect(error(cell)?.ename).toBe("TypeScriptError");
    expect(error(cell)?.evalue).toContain("not assignable to type 'number'");
    expect(error(cell)?.traceback?.join("\n")).toContain(`cell [${cell.reply.execution_count}]:2:7`);
    expect(error(cell)?.traceback?.join("\n")).toContain("const wrong: number = 'a';");
  });

  test("types are strict", async () => {
    expect(error(await kernel.one("function f(untyped) { return untyped }"))?.evalue).toContain("implicitly has an 'any' type");
  });

  test("a synchronous error names the lines it came through", async () => {
    const cell = await kernel.one("type T = { a: number };\nfunction boom(): never {\n  throw new RangeError('deep');\n}\nboom();");
    expect(cell.reply).toMatchObject({ status: "error", ename: "RangeError" });
    expect(error(cell)).toMatchObject({ ename: "RangeError", evalue: "deep" });
    const n = cell.reply.execution_count;
    expect(error(cell)?.traceback).toEqual([
      "RangeError: deep",
      `    at cell [${n}]:3 (boom)`,
      "        throw new RangeError('deep');",
      `    at cell [${n}]:5`,
      "        boom();",
    ]);
  });

  test("an error in lib names its TypeScript line", async () => {
    const cell = await kernel.one("import { generator } from './lib/random';\ngenerator(-1, 'a')");
    expect(error(cell)?.traceback?.join("\n")).toMatch(/at lib\/random\.ts:\d+ \(checkSeed\)\n\s+throw new Error/);
  });

  test("an asynchronous error, and what is thrown without being an Error", async () => {
    expect(error(await kernel.one("await new Promise((_, no) => setTimeout(() => no(new TypeError('later')), 20))"))).toMatchObject({
      ename: "TypeError",
      evalue: "later",
    });
    expect(error(await kernel.one("throw 5"))).toMatchObject({ ename: "Error", evalue: "5" });
  });

  test("a rejection that nobody awaits, and a throw in a timer, end the cell that runs", async () => {
    expect(error(await kernel.one("Promise.reject(new Error('at once')); 7"))?.evalue).toBe("at once");
    const timer = "setTimeout(() => { throw new Error('own') }, 20); await new Promise((r) => setTimeout(r, 20_000))";
    expect(error(await kernel.one(timer))?.evalue).toBe("own");
  });

  test("what fails after the end of its cell is the next cell's error, and says from where", async () => {
    const [first] = await kernel.run("setTimeout(() => { throw new Error('late throw') }, 100); void 0");
    expect(first.reply.status).toBe("ok");
    const next = await kernel.one("await new Promise((r) => setTimeout(r, 400))");
    expect(error(next)?.evalue).toBe(`late throw (left behind by cell [${first.reply.execution_count}])`);
    expect((await kernel.one("1")).reply.status).toBe("ok");
    const rejected = await kernel.one("setTimeout(() => Promise.reject(new Error('late rejection')), 100); void 0");
    const after = await kernel.one("await new Promise((r) => setTimeout(r, 400))");
    expect(error(after)?.evalue).toBe(`late rejection (left behind by cell [${rejected.reply.execution_count}])`);
  });

  test("cells sent already are aborted after an error, later ones run", async () => {
    const cells = await kernel.run("throw new Error('stop')", "1", "2");
    expect(cells.map((c) => c.reply.status)).toEqual(["error", "aborted", "aborted"]);
    expect(result(await kernel.one("3"))).toBe("3");
    const kept = await kernel.ask<Ran[]>({ op: "run", codes: ["throw new Error('go on')", "4"], stop_on_error: false });
    expect(kept.map((c) => c.reply.status)).toEqual(["error", "ok"]);
  });
});

describe("code", () => {
  test("names of earlier cells: shorthand, assignment patterns, strings and declarations left alone", async () => {
    await kernel.one("const a = 1, b = 'x'; let c = 3;");
    expect(stdout(await kernel.one(`console.log(JSON.stringify({ a, n: { b } }), '{ a, b }', \`{ a } \${JSON.stringify({ a })}\`)`))).toBe(
      '{"a":1,"n":{"b":"x"}} { a, b } { a } {"a":1}\n',
    );
    await kernel.one("({ c } = { c: 9 });");
    expect(result(await kernel.one("({ c })"))).toBe("{ c: 9 }");
    await kernel.one("({ c = 7 } = {} as { c?: number });");
    expect(stdout(await kernel.one("{ const { a } = { a: 77 }; console.log({ a }, { c }) }"))).toBe("{ a: 77 } { c: 7 }\n");
  });

  test("await in every form at top level", async () => {
    expect(result(await kernel.one("await (Promise.resolve(4))"))).toBe("4");
    expect(stdout(await kernel.one("for await (const v of [Promise.resolve(1), 2]) console.log(v)"))).toBe("1\n2\n");
    expect(result(await kernel.one("const waited = await Promise.resolve(5); waited"))).toBe("5");
  });

  test("names never leak into globalThis: TensorFlow loads after window, performance and fetch were taken", async () => {
    await kernel.one("const window = 10, performance = 1, fetch = 2;");
    expect(result(await kernel.one("({ window, performance, fetch })"))).toBe("{ window: 10, performance: 1, fetch: 2 }");
    const g = "const g = globalThis as Record<string, unknown>; [g.window, typeof g.performance, typeof g.fetch, 'a' in g]";
    expect(result(await kernel.one(g))).toBe("[ undefined, 'object', 'function', false ]");
    const tensor = await kernel.one("import './lib/environment';\nimport * as tf from '@tensorflow/tfjs-node-gpu';\ntf.tensor1d([1, 2])");
    expect(result(tensor)).toBe("Tensor\n    [1, 2]");
    expect(tensor.outputs.filter((o) => o.type === "stream")).toEqual([]);
    const failed = await kernel.one("tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]))");
    expect(error(failed)?.evalue).toContain("Matrix size-incompatible");
  });

  test("lib is imported from the root, and shows one bundle of several mime types", async () => {
    const code = `import { displayBundle } from './lib/notebook';
displayBundle({ 'text/html': '<b>x</b>', 'text/plain': 'x' }, { tdlgm: { alt: 'y' } });`;
    const shown = (await kernel.one(code)).outputs.filter((o) => o.type === "display_data");
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({ data: { "text/html": "<b>x</b>", "text/plain": "x" }, metadata: { tdlgm: { alt: "y" } } });
    const progress = await kernel.one(
      "import { progress } from './lib/notebook';\nconst p = progress('work'); p.update({ step: 1, steps: 2 }); p.done('ready');",
    );
    expect(progress.outputs.map((o) => o.type)).toEqual(["execute_input", "display_data", "update_display_data"]);
  });

  test("a last expression that can't be shown is an error, and the kernel stays usable", async () => {
    const shown = await kernel.one("({ [Symbol.for('Jupyter.display')]: () => { throw new Error('no picture'); } })");
    expect(error(shown)?.evalue).toBe("no picture");
    expect(result(await kernel.one("2"))).toBe("2");
  });

  test("a last expression may bring its own bundle", async () => {
    const shown = await kernel.one("({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<i>own</i>' }) })");
    expect(shown.outputs.find((o) => o.type === "execute_result")?.data).toEqual({ "text/html": "<i>own</i>" });
  });
});

test("after an edit in a local file its importers are loaded anew with it", async () => {
  const folder = mkdtempSync(path.join(env.TMPDIR as string, "edit_"));
  const write = (value: number) => writeFileSync(path.join(folder, "inner.ts"), `export const value = ${value};\n`);
  try {
    write(1);
    writeFileSync(path.join(folder, "outer.ts"), 'import { value } from "./inner";\nexport const twice = () => 2 * value;\n');
    const code = `import { twice } from './${path.relative(root, folder)}/outer'; twice()`;
    expect(result(await kernel.one(code))).toBe("2");
    write(5);
    await expect.poll(async () => result(await kernel.one(code)), { timeout: 15_000, interval: 500 }).toBe("10");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await new Promise((r) => setTimeout(r, 600)); // the compiler hears of the deleted files
  expect(result(await kernel.one("1 + 2"))).toBe("3");
  expect(result(await kernel.one("1 + 3"))).toBe("4");
});

describe("interrupt", () => {
  const interrupt = (code: string) => kernel.ask<Ran>({ op: "interrupt", code, after: 0.5 });
  const signal = "(globalThis as any)[Symbol.for('tdlgm.interrupt')]() as AbortSignal";

  test("a loop on the kernel's signal stops, and the kernel stays usable", async () => {
    await kernel.one("const turns = { n: 0 };");
    const cell = await interrupt(
      `const stop = ${signal}; while (true) { await new Promise((r) => setImmediate(r)); stop.throwIfAborted(); turns.n++; }`,
    );
    expect(error(cell)?.ename).toBe("AbortError");
    const before = Number(result(await kernel.one("turns.n")));
    await new Promise((r) => setTimeout(r, 100));
    expect(before).toBeGreaterThan(0);
    expect(Number(result(await kernel.one("turns.n")))).toBe(before); // nothing runs on in the background
    expect(result(await kernel.one(`(${signal}).aborted`))).toBe("false");
  });

  test("still images are drawn, also after an interrupt", async () => {
    await kernel.one("import { figure } from './lib/notebook';");
    const code = "await figure({ data: [{ type: 'bar', y: [1, 2] }], layout: {} }, { alt: 'two bars', png: true });";
    const png = async () => (await kernel.one(code)).outputs.find((o) => o.type === "display_data")?.data?.["image/png"];
    expect(await png()).toMatch(/^iVBORw0KGgo/); // PNG's first bytes
    await interrupt("while (true) {}");
    await interrupt(`const s = ${signal}; await new Promise((_, no) => s.addEventListener('abort', () => no(s.reason)))`);
    expect(await png()).toMatch(/^iVBORw0KGgo/);
  });

  test("a synchronous endless loop stops", async () => {
    expect(error(await interrupt("while (true) {}"))?.ename).toBe("KeyboardInterrupt");
  });

  test("what ignores the signal is left behind, and the cell says so", async () => {
    const cell = await interrupt("await new Promise((r) => setTimeout(r, 20_000))");
    expect(error(cell)).toMatchObject({ ename: "KeyboardInterrupt" });
    expect(error(cell)?.evalue).toContain("may still run");
    expect(result(await kernel.one("1 + 1"))).toBe("2");
  });
});

test("the kernel starts within seconds", () => {
  expect(startSeconds).toBeLessThan(5); // 1.4 s where nothing else runs
});

test("at shutdown, what no cell has shown is written to stderr", async () => {
  const other = new Client();
  await other.answer();
  await other.one("setTimeout(() => { throw new Error('last words') }, 50); void 0");
  await new Promise((r) => setTimeout(r, 300));
  const { code, stderr } = await other.ask<{ code: number; stderr: string }>({ op: "shutdown" });
  expect(code).toBe(0);
  expect(stderr).toContain("last words (left behind by cell [1])");
  other.close();
});

test("nbconvert --execute ends with code 1 on a failing notebook, 0 on a good one", () => {
  mkdirSync(env.TMPDIR as string, { recursive: true });
  const folder = mkdtempSync(path.join(env.TMPDIR as string, "nbconvert-"));
  const convert = (code: string) => {
    const cell = { cell_type: "code", id: "a", metadata: {}, execution_count: null, outputs: [], source: code };
    const metadata = { kernelspec: { name: "tslab", display_name: "TypeScript (tDLGM)", language: "typescript" } };
    writeFileSync(path.join(folder, "a.ipynb"), JSON.stringify({ cells: [cell], metadata, nbformat: 4, nbformat_minor: 5 }));
    const args = ["-m", "nbconvert", "--to", "notebook", "--execute", "--output", "out", path.join(folder, "a.ipynb")];
    return spawnSync(python, args, { env, cwd: folder, encoding: "utf8" });
  };
  try {
    const bad = convert("await (Promise.reject(new Error('meant to fail')))");
    expect(bad.status).toBe(1);
    expect(bad.stderr).toContain("meant to fail");
    expect(convert("import { generator } from './lib/random'; generator(1, 'a').uniform()").status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the launcher refuses to start without a connection file", () => {
  const started = spawnSync(process.execPath, [path.join(root, "setup/kernel/launcher.cjs")], { encoding: "utf8" });
  expect(started.status).toBe(1);
  expect(started.stderr).toContain("the connection file is missing");
});
