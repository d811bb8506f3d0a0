// The kernel over the Jupyter protocol, driven by a real client (test/kernel_client.py).
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, error, type Ran, result, root, stderr, stdout, tools } from "./kernel-client";

let kernel: Client;
let python: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  ({ python, env } = await tools());
  ({ kernel } = await Client.start());
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
    const cell = await kernel.one("import { generator } from './lib/base/random';\ngenerator(-1, 'a')");
    expect(error(cell)?.traceback?.join("\n")).toMatch(/at lib\/base\/check\.ts:\d+ \(refuse\)\n\s+throw new Error/);
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

  test("where nobody watches (nbconvert, papermill), a late error fails its cell or the next one", async () => {
    const late = (ms: number) => `setTimeout(() => { throw new Error("late") }, ${ms}); 7`;
    const headless = (...codes: string[]) => kernel.ask<Ran[]>({ op: "run", headless: true, codes });
    const [cell] = await headless(late(200));
    expect(result(cell), "its value is shown").toBe("7");
    expect(error(cell)?.evalue).toMatch(/^late \(after the end of cell \[\d+\]\)$/);
    expect(cell.reply.status).toBe("error");
    const [slow] = await headless(late(2500));
    expect(slow.reply.status).toBe("ok");
    const [next] = await headless("await new Promise((r) => setTimeout(r, 3000)); 8");
    expect([next.reply.status, result(next)]).toEqual(["error", "8"]);
    expect((await headless("9"))[0].reply.status).toBe("ok");
  });

  test("what fails after the end of its cell is shown there, and the next cell keeps its value", async () => {
    for (const late of ["throw new Error('late')", "Promise.reject(new Error('late'))"]) {
      const codes = [`setTimeout(() => { ${late} }, 100); void 0`, "await new Promise((r) => setTimeout(r, 400)); 'kept'"];
      const [first, next] = await kernel.run(...codes);
      expect(first.reply.status).toBe("ok");
      const n = first.reply.execution_count;
      expect(stderr(first)).toMatch(
        new RegExp(`^Error: late\\n {4}at cell \\[${n}\\]:1.*\\n.*\\n\\(after the end of cell \\[${n}\\]\\)\\n$`),
      );
      expect(result(next)).toBe("'kept'");
    }
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

  test("a property whose type an earlier cell declared gets another name, in parameters, declarations and loops", async () => {
    await kernel.one("const rows = [{ level: 1, inner: { other: [1, 2] } }]; const sum = (of: number[]) => of.reduce((a, b) => a + b);");
    expect(result(await kernel.one("rows.map(({ level: n, inner: { other: all } }) => n + sum(all))"))).toBe("[ 4 ]");
    await kernel.one("const { level: first = sum([5]), inner: { other: [, second] } } = rows[0]; let third = 0;");
    await kernel.one("for (const { inner: kept } of rows) third = sum(kept.other); ({ level: third } = { level: third + 1 });");
    expect(result(await kernel.one("[first, second, third]"))).toBe("[ 1, 2, 4 ]");
  });

  test("a variable stays one across cells, for the functions of its own cell too", async () => {
    await kernel.one("let n = 1; let [p, { q }] = [1, { q: 2 }]; var r = 1;\nconst all = () => [n, p, q, r]; const up = () => { n++; };");
    await kernel.one("n = 5; p += 10; ({ q } = { q: 20 }); r++; up();");
    expect(result(await kernel.one("[all(), [n, p, q, r]]"))).toBe("[ [ 6, 11, 20, 2 ], [ 6, 11, 20, 2 ] ]");
    await kernel.one("const n = 'another';");
    expect(result(await kernel.one("[n, all()[0]]"))).toBe("[ 'another', 6 ]");
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
    const tensor = await kernel.one(
      "import './lib/tensor/environment';\nimport * as tf from '@tensorflow/tfjs-node-gpu';\ntf.tensor1d([1, 2])",
    );
    expect(result(tensor)).toBe("Tensor of shape [2], float32\n    [1, 2]");
    expect(tensor.outputs.filter((o) => o.type === "stream")).toEqual([]);
    const failed = await kernel.one("tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]))");
    expect(error(failed)?.evalue).toMatch(/^TensorFlow: Matrix size-incompatible: In\[0\]: \[2,3\], In\[1\]: \[2,3\]/);
  });

  test("TensorFlow's message is whole, however long", async () => {
    await kernel.one("import { native } from './lib/tensor/backend';\nimport * as whole from '@tensorflow/tfjs-core';");
    const code =
      "native!.run('MatMul', [native!.attribute.type('T', 'bool')], [whole.ones([2, 2], 'bool'), whole.ones([2, 2], 'bool')], 1)";
    const message = error(await kernel.one(code))?.evalue ?? "";
    expect(message).toMatch(/^TensorFlow: Value for attr 'T' of bool is not in the list/);
    expect(message.length).toBeGreaterThan(500); // the addon as it comes cuts it there
    expect(message.trim()).toMatch(/>$/); // the end of the kernel's description
  });

  test("lib is imported from the root, and shows one bundle of several mime types", async () => {
    const code = `import { displayBundle } from './lib/notebook/display';
displayBundle({ 'text/html': '<b>x</b>', 'text/plain': 'x' }, { tdlgm: { alt: 'y' } });`;
    const shown = (await kernel.one(code)).outputs.filter((o) => o.type === "display_data");
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({ data: { "text/html": "<b>x</b>", "text/plain": "x" }, metadata: { tdlgm: { alt: "y" } } });
    const progress = await kernel.one(
      "import { progress } from './lib/notebook/display';\nconst p = progress('work'); p.update({ step: 1, steps: 2 }); p.done('ready');",
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

test("an edit in a local file takes effect whole at the next import, and says so", async () => {
  const folder = mkdtempSync(path.join(env.TMPDIR as string, "edit_"));
  const write = (value: string) => writeFileSync(path.join(folder, "inner.ts"), `export const value = ${value};\n`);
  try {
    write("1");
    writeFileSync(path.join(folder, "outer.ts"), 'import { value } from "./inner";\nexport const twice = () => 2 * value;\n');
    const code = `import { twice } from './${path.relative(root, folder)}/outer'; twice()`;
    expect(result(await kernel.one(code))).toBe("2");
    expect((await kernel.one(code)).outputs.filter((o) => o.type === "stream")).toEqual([]);
    write("5"); // the same length, and run at once
    const again = await kernel.one(code);
    expect(result(again)).toBe("10");
    expect(again.outputs.find((o) => o.name === "stderr")?.text).toMatch(/inner\.ts changed: .* restart the kernel/);
    write("5 as string");
    const wrong = await kernel.one(code);
    expect(error(wrong)?.traceback?.join("\n")).toMatch(/edit_.*inner\.ts:1:22 - .*\n\s+export const value = 5 as string/);
    write("7");
    expect(result(await kernel.one(code))).toBe("14");
    write("[{ a: 1 }] as { a?: number }[] as { a: number }[]"); // right
    writeFileSync(
      path.join(folder, "outer.ts"),
      'import { value } from "./inner";\nexport const twice: () => { a: string }[] = () => value;\n',
    );
    const several = error(await kernel.one(code))?.traceback?.join("\n");
    expect(several).toMatch(
      /edit_.*outer\.ts:2:\d+ - Type '\{ a: number; \}\[\]' is not assignable[^\n]*\n[\s\S]*'number' is not assignable to type 'string'/,
    );
    expect(several).not.toContain("cell [");
    writeFileSync(path.join(folder, "outer.ts"), 'import { value } from "./inner";\nexport const twice = () => 2 * value[0].a;\n');
    expect(result(await kernel.one(code))).toBe("2");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await new Promise((r) => setTimeout(r, 600)); // the compiler hears of the deleted folder
  expect(result(await kernel.one("1 + 2"))).toBe("3");
  expect(result(await kernel.one("1 + 3"))).toBe("4");
});

describe("interrupt", () => {
  const interrupt = (code: string) => kernel.interrupt(code);
  const signal = "(globalThis as any)[Symbol.for('tdlgm.interrupt')]() as AbortSignal";
  /** Expects that nothing counts any more, and that the kernel works. */
  const stands = async () => {
    const turns = async () => {
      const cell = await kernel.one("turns.n");
      expect(error(cell), "turns.n").toBeUndefined();
      expect(cell, "turns.n").toMatchObject({ reply: { status: "ok" } });
      return Number(result(cell));
    };
    const before = await turns();
    await new Promise((r) => setTimeout(r, 200));
    expect(await turns()).toBe(before);
    return before;
  };

  test("a loop on the kernel's signal stops, and the kernel stays usable", async () => {
    await kernel.one("const turns = { n: 0 };");
    const cell = await interrupt(
      `const stop = ${signal}; while (true) { await new Promise((r) => setImmediate(r)); stop.throwIfAborted(); turns.n++; }`,
    );
    expect(error(cell)?.ename).toMatch(/^(AbortError|KeyboardInterrupt)$/); // by its signal, or by the kernel at the loop's next turn
    expect(await stands()).toBeGreaterThan(0);
    expect(result(await kernel.one(`(${signal}).aborted`))).toBe("false");
  });

  test("still images are drawn, also after an interrupt", async () => {
    await kernel.one("import { figure } from './lib/notebook/display';");
    const code = "await figure({ data: [{ type: 'bar', y: [1, 2] }], layout: {} }, { alt: 'two bars', png: true });";
    const png = async () => {
      const cell = await kernel.one(code);
      expect(error(cell), "the cell that draws").toBeUndefined();
      return cell.outputs.find((o) => o.type === "display_data")?.data?.["image/png"];
    };
    expect(await png()).toMatch(/^iVBORw0KGgo/); // PNG's first bytes
    await interrupt("while (true) {}");
    await interrupt(`const s = ${signal}; await new Promise((_, no) => s.addEventListener('abort', () => no(s.reason)))`);
    expect(await png()).toMatch(/^iVBORw0KGgo/);
  });

  test.each([
    ["synchronous", "while (true) turns.n++;"],
    ["synchronous, after an await", "await null; while (true) turns.n++;"],
    ["awaiting a timer", "while (true) { await new Promise((r) => setTimeout(r, 5)); turns.n++; }"],
    ["awaiting nothing that takes time", "while (true) { await null; turns.n++; }"],
    ["catching everything", "while (true) try { await new Promise((r) => setTimeout(r, 5)); turns.n++; } catch {}"],
    ["for await", "async function* all() { while (true) yield 1; }\nfor await (const one of all()) turns.n += one;"],
    [
      "in a function that is not awaited",
      "const go = async () => { while (true) { await null; turns.n++; } }; void go(); await new Promise(() => {});",
    ],
    ["by timers", "const tick = () => { turns.n++; setTimeout(tick, 5); }; tick(); await new Promise(() => {});"],
  ])("an endless loop stops: %s", async (_, code) => {
    await kernel.one("turns.n = 0; void 0");
    const cell = await interrupt(code);
    expect(error(cell)).toMatchObject({ ename: "KeyboardInterrupt", evalue: "the cell was interrupted" });
    expect(await stands()).toBeGreaterThan(0);
  });

  test("what an ended cell left running stops too", async () => {
    expect((await kernel.one("setInterval(() => turns.n++, 5); void 0")).reply.status).toBe("ok");
    await kernel.ask({ op: "signal" });
    await new Promise((r) => setTimeout(r, 300));
    await stands();
  });

  test("`finally` is run", async () => {
    await interrupt("try { await new Promise((r) => setTimeout(r, 20_000)); } finally { turns.n = -1; }");
    expect(result(await kernel.one("turns.n"))).toBe("-1");
  });

  test("a training keeps what it reached, and a later cell goes on from there", async () => {
    await kernel.one(`import { createModel } from './lib/models/model';
import { train } from './lib/training/train';
const series = Float32Array.from({ length: 400 }, (_, i) => (i % 5) / 5);
const model = createModel({ kind: 'tdlgm', H: 8, restartAfter: 0 }, 0);
await train(model, series, { seed: 0, steps: 2 });`);
    const stopped = error(
      await kernel.interrupt("await train(model, series, { seed: 0, steps: 1e6, onStep: (n) => { turns.n = n; } })", 1.5),
    );
    expect(stopped?.ename).toBe("AbortError");
    const reached = await stands();
    expect(stopped?.evalue).toBe(`training was stopped at step ${reached} of 1000000`);
    expect(stopped?.traceback?.join("\n")).toMatch(/at cell \[\d+\]:1/);
    expect(reached).toBeGreaterThan(2);
    const rest = await kernel.one(`(await train(model, series, { seed: 0, steps: ${reached + 3} })).steps`);
    expect(result(rest)).toBe(String(reached + 3));
  });

  test("a training that knows of no signal stops: model.fit of TensorFlow", async () => {
    await kernel.one(`import * as tfjs from '@tensorflow/tfjs-node-gpu';
const net = tfjs.sequential({ layers: [tfjs.layers.dense({ units: 1, inputShape: [1] })] });
net.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
turns.n = 0;`);
    const onEpochEnd = "callbacks: { onEpochEnd: async () => { turns.n++; } }";
    const cell = await kernel.interrupt(
      `await net.fit(tfjs.ones([8, 1]), tfjs.ones([8, 1]), { epochs: 1e6, verbose: 0, ${onEpochEnd} })`,
      2,
    );
    expect(error(cell)?.ename).toBe("KeyboardInterrupt");
    expect(await stands()).toBeGreaterThan(0);
  });
});

describe("what is shown", () => {
  const bundle = async (code: string) => (await kernel.one(code)).outputs.find((o) => o.type === "execute_result")?.data;

  test("a DataFrame is a table, also inside another value", async () => {
    const frame = await bundle(
      "import { DataFrame, Series } from 'danfojs-node';\nconst frame = new DataFrame({ values: Array.from({ length: 12 }, (_, i) => i), b: Array(12).fill('<i>') });\nframe",
    );
    expect(frame?.["text/html"]).toContain("<tr><th></th><th>values</th><th>b</th></tr>");
    expect(frame?.["text/html"]).toContain("<tr><td>9</td><td>9</td><td>&lt;i&gt;</td></tr></tbody>");
    expect(frame?.["text/html"]).toContain("the first 10 of 12 rows, 2 columns");
    expect(frame?.["text/plain"]).toBe("DataFrame with columns values, b");
    expect((await bundle("({ of: new DataFrame([[7]], { columns: ['a'] }) })"))?.["text/plain"]).toContain("║ 0          │ 7");
    expect((await bundle("new Series([4, 5])"))?.["text/plain"]).toContain("║ 1 │ 5 ║");
  });

  test("a tensor is its values, shape and type, also inside another value and where it is printed", async () => {
    await kernel.one("import './lib/tensor/backend';\nimport * as core from '@tensorflow/tfjs-core';");
    expect(result(await kernel.one("core.tensor2d([[1, 2], [3, 4]], [2, 2], 'int32')"))).toBe(
      "Tensor of shape [2, 2], int32\n    [[1, 2],\n     [3, 4]]",
    );
    expect(result(await kernel.one("core.variable(core.scalar(.5))"))).toBe("Tensor of shape [], float32\n    0.5");
    expect(result(await kernel.one("[core.ones([2])]"))).toContain("Tensor of shape [2], float32");
    expect(stdout(await kernel.one("console.log(core.ones([2]))"))).toBe("Tensor of shape [2], float32\n    [1, 1]\n");
    expect(result(await kernel.one("const gone = core.ones([2]); gone.dispose(); gone"))).toBe("Tensor of shape [2], float32, disposed of");
  });

  test("a Plotly figure is a figure, other objects are not", async () => {
    const figure = await bundle("({ data: [{ type: 'bar', y: new Float32Array([1, 2]) }], layout: { height: 200 } })");
    expect(figure?.["application/vnd.plotly.v1+json"]).toEqual({ data: [{ type: "bar", y: [1, 2] }], layout: { height: 200 } });
    expect(Object.keys((await bundle("({ data: [1], layout: {} })")) ?? {})).toEqual(["text/plain"]);
  });

  test("a print after a cell's end goes to that cell", async () => {
    const codes = ["setTimeout(() => console.log('from the first'), 200); void 0", "console.log('second')"];
    const [first, second] = await kernel.ask<Ran[]>({ op: "run", codes, linger: 0.6 });
    expect(stdout(first)).toBe("from the first\n");
    expect(stdout(second)).toBe("second\n");
  });
});

describe("help while writing", () => {
  const line = "import { gpuRequests, loadTrace } from './lib/data/trace';\n";

  test("Tab completes lib's names", async () => {
    for (const [code, name] of [
      ["import { gpuReq } from './lib/data/trace'", "gpuRequests"],
      [`${line}gpuReq`, "gpuRequests"],
      [`${line}(await loadTrace()).groupb`, "groupby"],
    ]) {
      const at = code.includes("{ gpuReq }") ? code.indexOf(" }") : code.length;
      const reply = await kernel.ask<{ matches: string[] }>({ op: "complete", code, at });
      expect(reply.matches, code).toContain(name);
    }
    await kernel.one(line);
    expect((await kernel.ask<{ matches: string[] }>({ op: "complete", code: "loadTr", at: 6 })).matches).toContain("loadTrace");
  });

  test("Shift+Tab shows type and doc comment", async () => {
    const code = `${line}gpuRequests`;
    const shown = await kernel.ask<{ found: boolean; data: Record<string, string> }>({ op: "inspect", code, at: code.length });
    expect(shown.found).toBe(true);
    expect(shown.data["text/plain"]).toMatch(/gpuRequests\(.*Frame.*\): Float32Array[\s\S]+\w{3}/);
  });
});

test("the memory that it takes; the times are told, for whoever looks", { timeout: 180_000 }, async () => {
  const { kernel: other, ready } = await Client.start();
  const seconds = async (code: string) => {
    const began = performance.now();
    expect((await other.one(code)).reply.status).toBe("ok");
    return (performance.now() - began) / 1000;
  };
  const first = await seconds(`import { DataFrame } from 'danfojs-node';
import * as tf from '@tensorflow/tfjs-core';
import './lib/tensor/backend';
import { gpuRequests, loadTrace } from './lib/data/trace';
const series = gpuRequests(await loadTrace());
[tf.sum(series).dataSync()[0], new DataFrame([[1]]).shape]`);
  await seconds("1");
  const trivial = [];
  for (let i = 0; i < 5; i++) trivial.push(await seconds(`series.length + ${i}`));
  trivial.sort((a, b) => a - b);
  const memory = await other.ask<number>({ op: "memory" });
  other.close();
  const figures = { start: ready, "first cell": first, "trivial cell, median": trivial[2] };
  console.log(
    `${Object.entries(figures)
      .map(([name, s]) => `${name} ${s.toFixed(2)} s`)
      .join(", ")}, ${memory.toFixed(0)} MB`,
  );
  expect(memory).toBeLessThan(1000);
});

test("at shutdown, what no cell has shown is written to stderr", async () => {
  const { kernel: other } = await Client.start();
  await other.one("setTimeout(() => { throw new Error('last words') }, 50); void 0");
  await new Promise((r) => setTimeout(r, 300));
  const ended = await other.ask<{ code: number; stderr: string }>({ op: "shutdown" });
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain("TypeScript kernel: after the last cell\nError: last words\n    at cell [1]:1");
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
    expect(convert("import { generator } from './lib/base/random'; generator(1, 'a').uniform()").status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("another version of tslab is refused: what the kernel changes in it is to be looked at anew", () => {
  const installed = JSON.parse(readFileSync(path.join(root, "node_modules/tslab/package.json"), "utf8")).version;
  const launcher = readFileSync(path.join(root, "setup/kernel/launcher.cjs"), "utf8");
  expect(/const TSLAB = "([^"]+)"/.exec(launcher)?.[1]).toBe(installed);
  const folder = mkdtempSync(path.join(env.TMPDIR as string, "tslab-"));
  try {
    mkdirSync(path.join(folder, "setup/kernel"), { recursive: true });
    mkdirSync(path.join(folder, "node_modules/tslab"), { recursive: true });
    writeFileSync(path.join(folder, "node_modules/tslab/package.json"), '{ "version": "1.0.99" }');
    writeFileSync(path.join(folder, "setup/kernel/launcher.cjs"), launcher);
    const started = spawnSync(process.execPath, [path.join(folder, "setup/kernel/launcher.cjs"), "connection"], { encoding: "utf8" });
    expect(started.status).toBe(1);
    expect(started.stderr).toContain(`tslab 1.0.99 is installed, and only ${installed} is known to work`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the launcher refuses to start without a connection file", () => {
  const started = spawnSync(process.execPath, [path.join(root, "setup/kernel/launcher.cjs")], { encoding: "utf8" });
  expect(started.status).toBe(1);
  expect(started.stderr).toContain("the connection file is missing");
});
