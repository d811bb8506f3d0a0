// What a cell prints and shows arrives whole and in order, and whatever it shows, the cell ends.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, error, result, stderr, stdout } from "./kernel-client";

let kernel: Client;
beforeAll(async () => {
  ({ kernel } = await Client.start());
});
afterAll(() => kernel?.close());

describe("prints", () => {
  test("100,000 lines of one loop arrive in order, in few messages", async () => {
    const cell = await kernel.one("for (let i = 0; i < 100_000; i++) console.log('line', i);");
    expect(stdout(cell)).toBe(Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join(""));
    expect(cell.outputs.length).toBeLessThan(5000);
  });

  test("2,000 displays and prints in turn arrive in order", async () => {
    await kernel.one("import { display } from 'tslab';");
    const cell = await kernel.one("for (let i = 0; i < 2000; i++) { console.log(i); console.error(i); display.text(String(i)); }");
    const seen = cell.outputs.slice(1).map(({ text, data }) => (text ?? String(data?.["text/plain"])).trim());
    expect(seen).toEqual(Array.from({ length: 2000 }, (_, i) => [`${i}`, `${i}`, `${i}`]).flat());
  });

  test("a character split over writes stays whole", async () => {
    const cell = await kernel.one(
      "for (const byte of Buffer.from('é€😀|')) { process.stdout.write(Buffer.of(byte)); process.stderr.write('.'); }",
    );
    expect(stdout(cell)).toBe("é€😀|");
    expect(stdout(await kernel.one("process.stdout.write('c3a9', 'hex'); void 0"))).toBe("é");
  });

  test("child processes that inherit stdout and stderr print into the cell", async () => {
    await kernel.one("import { execSync, spawn, spawnSync, fork } from 'node:child_process';");
    const spawned = await kernel.one(
      "const child = spawn('sh', ['-c', 'echo hé; echo oh >&2'], { stdio: 'inherit' }); await new Promise((r) => child.on('close', r)); child.stdout",
    );
    expect([stdout(spawned), stderr(spawned)]).toEqual(["hé\n", "oh\n"]);
    const sync = await kernel.one(
      "execSync('echo a; echo b >&2', { stdio: 'inherit' }); spawnSync('sh', ['-c', 'echo c; echo d >&2'], { stdio: [0, 1, 2] }); void 0",
    );
    expect([stdout(sync), stderr(sync)]).toEqual(["a\nc\n", "b\nd\n"]);
    expect(result(await kernel.one("execSync('echo kept').toString()"))).toBe("'kept\\n'");
  });

  test("an error that is printed or shown names the lines of cells, and nothing of the kernel", async () => {
    const failing = "const fail = () => new RangeError('bad');\n";
    for (const [print, read] of [
      ["console.error(fail())", stderr],
      ["console.log(fail().stack)", stdout],
      ["console.log({ error: fail() })", stdout],
      ["console.trace('bad')", stderr],
      ["fail()", result],
    ] as const) {
      const cell = await kernel.one(`${failing}\n${print}`);
      const shown = String(read(cell));
      expect(shown, print).toContain(`at cell [${cell.reply.execution_count}]:${print.startsWith("console.trace") ? 3 : 1}`);
      expect(shown, print).not.toMatch(/setup\/kernel|node:internal|cell-\d|evalmachine|\.cjs/);
    }
  });
});

describe("a cell ends, and the kernel goes on", () => {
  test.each([
    ["a BigInt in a bundle", "({ [Symbol.for('Jupyter.display')]: () => ({ 'application/json': 1n }) })", "BigInt"],
    [
      "a circle in a bundle",
      "const c: any = {}; c.c = c; ({ [Symbol.for('Jupyter.display')]: () => ({ 'application/json': c }) })",
      "circular",
    ],
    ["a circle in a figure", "const c: any = {}; c.c = c; ({ data: [c], layout: {} })", "circular"],
    ["a BigInt in a figure", "({ data: [{ y: [1n] }], layout: {} })", "BigInt"],
    [
      "a BigInt in a display",
      "(globalThis as any)[Symbol.for('tdlgm.notebook')].display({ data: { 'text/plain': 1n }, metadata: {} })",
      "BigInt",
    ],
    ["a bundle that is none", "({ [Symbol.for('Jupyter.display')]: () => undefined })", ""],
    ["a property that throws", "({ get data() { throw new Error('getter') }, layout: {} })", "getter"],
    ["a symbol's property that throws", "({ get [Symbol.for('Jupyter.display')]() { throw new Error('symbol') } })", "symbol"],
    ["an inspection that throws", "({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('inspect') } })", "inspect"],
    ["a message that throws", "throw new (class extends Error { get message(): string { throw new Error('message') } })()", "message"],
    ["a name that throws", "throw new (class extends Error { get name(): string { throw new Error('name') } })()", "name"],
    [
      "a stack that throws",
      "const e = new Error('stacked'); Object.defineProperty(e, 'stack', { get() { throw new Error('stack') } }); throw e",
      "stack",
    ],
    ["a proxy that throws", "throw new Proxy({}, { get() { throw new Error('proxy') } })", "proxy"],
    [
      "a message that is no text",
      "throw Object.assign(new Error(), { message: { toString() { throw new Error('toString') } } })",
      "toString",
    ],
    ["a cause in a circle", "const e = new Error('round'); e.cause = e; throw e", "round"],
    ["a proxy that is revoked", "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy", "revoked"],
  ])("%s", async (_, code, message) => {
    const cell = await kernel.one(code);
    expect(cell.reply.status).toBe("error");
    expect(error(cell)?.evalue).toContain(message);
    expect(result(await kernel.one("1 + 1"))).toBe("2");
  });

  test("a proxy as the last expression is shown", async () => {
    expect(result(await kernel.one("new Proxy({ a: 1 }, { get() { throw new Error('proxy') } })"))).toBe("{ a: 1 }");
  });

  test("a bundle that never comes is interrupted", async () => {
    const cell = await kernel.interrupt("({ [Symbol.for('Jupyter.display')]: () => new Promise(() => {}) })", 1);
    expect(error(cell)?.ename).toBe("KeyboardInterrupt");
  });
});

describe("help while writing", () => {
  const complete = (code: string, at = [...code].length) =>
    kernel.ask<{ matches: string[]; cursor_start: number; cursor_end: number }>({ op: "complete", code, at });

  test("positions are code points", async () => {
    const code = "'😀😀'; Math.asin";
    expect(await complete(code)).toMatchObject({ matches: ["asin", "asinh"], cursor_start: 11, cursor_end: 15 });
    const shown = await kernel.ask<{ found: boolean; data: Record<string, string> }>({ op: "inspect", code, at: 15 });
    expect(shown.data["text/plain"]).toContain("asin(x: number): number");
  });

  test("module paths and packages", async () => {
    expect(await complete("import { a } from './lib/mod")).toMatchObject({ matches: ["./lib/models/"], cursor_start: 19, cursor_end: 28 });
    expect((await complete('import { a } from "./lib/models/li')).matches).toContain("./lib/models/likelihood");
    expect((await complete("import '@tensorflow/tfjs-c")).matches).toContain("@tensorflow/tfjs-core");
    expect((await complete("import 'danfo")).matches).toEqual(["danfojs-node"]);
    expect((await complete("require('node:child")).matches).toEqual(["node:child_process"]);
  });

  test("a DataFrame's own names come before those that danfo means for itself", async () => {
    await kernel.one("import { DataFrame } from 'danfojs-node';\nconst frame = new DataFrame([[1]]);");
    const { matches } = await complete("frame.");
    const internal = matches.findIndex((name) => /^[$_]/.test(name));
    expect(matches.indexOf("head")).toBeLessThan(internal);
    expect(matches.slice(internal).every((name) => /^[$_]/.test(name))).toBe(true);
  });
});
