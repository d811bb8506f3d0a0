// The committed outputs follow from what is committed, and the record and its check notice when they don't.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = path.resolve(__dirname, "..");
const PLOTLY = "application/vnd.plotly.v1+json";

type Notebook = import("../setup/notebooks.mjs").Notebook;
type Setup = typeof import("../setup/follows.mjs") & typeof import("../setup/recording.mjs") & typeof import("../setup/compare.mjs");
let setup: Setup;
let temporary: string;

beforeAll(async () => {
  setup = {
    ...(await import("../setup/follows.mjs")),
    ...(await import("../setup/recording.mjs")),
    ...(await import("../setup/compare.mjs")),
  };
  const { paths } = await import("../setup/env.mjs");
  mkdirSync(paths(root).temporary, { recursive: true });
  temporary = mkdtempSync(path.join(paths(root).temporary, "record-"));
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const display = (data: object, metadata: object = {}) => ({ output_type: "display_data", data, metadata });
const print = (text: string) => ({ output_type: "stream", name: "stdout", text });
const code = (source: string, ...outputs: unknown[]) => ({
  cell_type: "code",
  source,
  metadata: {} as Record<string, unknown>,
  execution_count: 1,
  outputs,
});
const notebook = (...cells: object[]): Notebook =>
  ({ cells: cells.map((cell, i) => ({ id: `c${i}`, ...cell })), metadata: {}, nbformat: 4, nbformat_minor: 5 }) as unknown as Notebook;

/** A project of a few files, with one executed notebook; what its outputs follow from can be changed file by file. */
function project() {
  const folder = mkdtempSync(path.join(temporary, "project-"));
  const write = (file: string, content: string | object) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), typeof content === "string" ? content : JSON.stringify(content));
  };
  const read = (file: string): Notebook => JSON.parse(readFileSync(path.join(folder, file), "utf8"));
  write("lib/a.ts", 'import { b } from "./b";\nexport const a = b;\n');
  write("lib/b.ts", "export const b = 1;\n");
  write("lib/apart.ts", "export const apart = 1;\n");
  write("data/paper.json", {});
  write("data/runs/one/result.json", {});
  for (const file of ["package-lock.json", "setup/requirements.txt", "setup/tensorflow.txt"]) write(file, "one\n");
  const prose = { cell_type: "markdown", source: "# A", metadata: {} };
  const source = notebook(prose, code('import { a } from "./lib/a";\na', print("MSE 0.0082\n")));
  write("notebooks/00-a.ipynb", source);
  const made = { follows: setup.follows(source, folder), budget: "full", runs: "shipped", standIn: false };
  const execute = (changes: object = {}, text = "MSE 0.0082\n") => {
    const executed = notebook(prose, code('import { a } from "./lib/a";\na', print(text)));
    write(".local/executed/00-a.ipynb", { ...executed, metadata: { tdlgm: { ...made, ...changes } } });
  };
  execute();
  return {
    folder,
    write,
    read,
    execute,
    stale: () => setup.staleParts(folder, "00-a"),
    record: () => setup.recordNotebooks(folder, ["00-a"]),
  };
}

const reachedFiles = (book: Notebook, folder: string) => setup.reached(book, folder).map(([file]) => file);

describe("committed outputs", async () => {
  const { notebookNames } = await import("../setup/notebooks.mjs");
  test.each(notebookNames())("of %s follow from its cells, lib, data, shipped runs and versions", (name) => {
    expect(setup.staleParts(root, name)).toEqual([]);
  });

  test.each(notebookNames())("of %s rest on lib/ alone, the notebook's tools included", (name) => {
    const reached = reachedFiles(JSON.parse(readFileSync(path.join(root, "notebooks", `${name}.ipynb`), "utf8")), root);
    expect(reached).toContain("lib/notebook/display.ts");
    expect(reached.filter((file) => !/^lib\/[\w./]+\.ts$/.test(file))).toEqual([]);
  });
});

describe("what the outputs follow from", () => {
  test("imports of every form are followed, across files", () => {
    const { folder, write } = project();
    write("lib/c.ts", 'export * from "./d";\nexport const later = () => import("./apart");\nimport type { T } from "./e";\n');
    for (const name of ["d", "e"]) write(`lib/${name}.ts`, "");
    expect(reachedFiles(notebook(code("import '../lib/c';")), folder)).toEqual(["apart", "c", "d", "e"].map((x) => `lib/${x}.ts`));
    expect(reachedFiles(notebook(code("import { a } from './lib/a';")), folder)).toEqual(["lib/a.ts", "lib/b.ts"]);
  });

  test("of the front door only the imported names are followed; all of it by a namespace or an unknown name", () => {
    const { folder, write } = project();
    const door = (...lines: string[]) => write("lib/index.ts", `/** The door. */\n${lines.join("\n")}\n`);
    const lines = ['export { a as first } from "./a";', 'export { apart, type Two } from "./apart";'];
    door(...lines);
    const through = (source: string) => reachedFiles(notebook(code(source)), folder);
    const all = ["lib/a.ts", "lib/apart.ts", "lib/b.ts", "lib/index.ts"];
    expect(through('import { first } from "./lib/index";')).toEqual(["lib/a.ts", "lib/b.ts", "lib/index.ts"]);
    expect(through('import { apart as mine, type Two } from "./lib/index";')).toEqual(["lib/apart.ts", "lib/index.ts"]);
    for (const form of ['import * as lib from "./lib/index";', 'import { unknown } from "./lib/index";', 'await import("./lib/index");'])
      expect(through(form), form).toEqual(all);

    const hash = () => setup.follows(notebook(code('import { first } from "./lib/index";')), folder).lib;
    const before = hash();
    door(...lines, 'export { b } from "./b";');
    expect(hash(), "another name in the door").toBe(before);
    door('export { other as first } from "./a";', lines[1]);
    expect(hash(), "the name stands for something else").not.toBe(before);
  });

  test("a notebook never recorded says so; a recorded one follows, and prose and unused files don't matter", () => {
    const { stale, record, read, write } = project();
    expect(stale()).toEqual(["00-a doesn't say what its outputs follow from: npm run record -- 00-a executes it again."]);
    record();
    expect(stale()).toEqual([]);
    const recorded = read("notebooks/00-a.ipynb");
    expect(Object.keys(recorded.metadata.tdlgm.follows)).toEqual(["cells", "lib", "data", "runs", "versions"]);
    recorded.cells[0].source = "# Another title";
    write("notebooks/00-a.ipynb", recorded);
    write("lib/apart.ts", "export const apart = 2;\n");
    write("data/README.md", "words");
    expect(stale()).toEqual([]);
  });

  test.each([
    ["lib/b.ts", "export const b = 1; // a comment\n"],
    ["lib/b.ts", "/** A doc comment. */\nexport const b = /* one */ 1;\n"],
    ["lib/a.ts", 'import { b } from "./b";\n\nexport const a =\n  b;\n'],
  ])("a comment and another layout are no change: %s, %j", (file, content) => {
    const { stale, record, write } = project();
    record();
    write(file, content);
    expect(stale()).toEqual([]);
  });

  test.each([
    ["1", "2"],
    ["a < b", "a > b"],
    [`\`a //\${b} c\``, `\`a //\${b}  c\``],
    [`\`a \${/* x */ b}\``, `\`a \${b + 1}\``],
    ["'// a'", "'// b'"],
    ["/\\/\\* a/", "/\\/\\* b/"],
    ["() => {\n  return b;\n}", "() => {\n  return\n  b;\n}"],
  ])("another token is a change: %s, %s", (before, after) => {
    const cells = (source: string) => setup.follows(notebook(code(`const x = ${source};`)), temporary).cells;
    expect(cells(before)).toBe(cells(`/** ${after} */ ${before} // ${after.replaceAll("\n", " ")}\n`));
    expect(cells(before)).not.toBe(cells(after));
  });

  test.each([
    ["lib", "lib/b.ts", "export const b = 2;\n"],
    ["lib", "lib/a.ts", 'import { b } from "./b";\nexport const a = -b;\n'],
    ["data", "data/paper.json", "[]"],
    ["data", "data/transitions.json", "{}"],
    ["runs", "data/runs/one/result.json", "[]"],
    ["runs", "data/runs/two/result.json", "{}"],
    ["versions", "package-lock.json", "two\n"],
    ["versions", "setup/requirements.txt", "two\n"],
    ["versions", "setup/tensorflow.txt", "two\n"],
  ])("a change of %s is caught: %s", (part, file, content) => {
    const { stale, record, write } = project();
    record();
    write(file, content);
    const found = stale();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^00-a no longer follows from .*\\(${part}\\): npm run record -- 00-a`));
  });

  test("a changed cell and an output changed by hand are caught, a cell's comment is no change", () => {
    const { stale, record, read, write } = project();
    record();
    const recorded = read("notebooks/00-a.ipynb");
    const { source } = recorded.cells[1];
    recorded.cells[1].source = `${source} // a comment`;
    write("notebooks/00-a.ipynb", recorded);
    expect(stale()).toEqual([]);
    recorded.cells[1].source = "2";
    write("notebooks/00-a.ipynb", recorded);
    expect(stale().map((text) => /\((\w+)\)/.exec(text)?.[1])).toEqual(["cells", "lib"]);
    recorded.cells[1].source = source;
    write("notebooks/00-a.ipynb", recorded);
    expect(stale()).toEqual([]);
    recorded.cells[1].outputs = [print("MSE 0.0072\n")];
    write("notebooks/00-a.ipynb", recorded);
    expect(stale()).toEqual(["00-a no longer has the outputs that were recorded (outputs): npm run record -- 00-a executes it again."]);
  });
});

describe("the record", () => {
  test("made twice it has the same bytes", () => {
    const { folder, record, execute } = project();
    const bytes = () => readFileSync(path.join(folder, "notebooks/00-a.ipynb"), "utf8");
    record();
    const first = bytes();
    execute();
    record();
    expect(bytes()).toBe(first);
  });

  test.each([
    ["a stand-in", { standIn: true }, "stand-in"],
    ["the small budget", { budget: "small" }, "small budget"],
    ["runs trained here", { runs: "own" }, "trained here"],
    ["other files", { follows: {} }, "changed while or after"],
  ])("refuses what was executed on %s", (_, changes, message) => {
    const { execute, record, folder, stale } = project();
    execute(changes);
    expect(record).toThrow(message);
    expect(() => setup.checkNotebooks(folder, ["00-a"])).toThrow(message);
    expect(stale()[0]).toContain("doesn't say");
  });

  test("progress lines don't hold a time, whatever a training shows", { timeout: 120_000 }, async () => {
    const { executeNotebook } = await import("../setup/execute.mjs");
    const source = path.join(temporary, "progress.ipynb");
    const work = `import { progress, trainingProgress } from "./lib/notebook/display";
const p = progress("work"); p.update({ step: 1, steps: 2 });
await new Promise((resolve) => setTimeout(resolve, Math.random() * 300)); p.done("ready");
const t = trainingProgress("training");
t.onProgress({ step: 2, steps: 2, parts: { kl: 0.5 }, millisecondsPerStep: 10 * Math.random() }); t.done();`;
    writeFileSync(source, JSON.stringify(notebook(code(work))));
    const texts: string[] = [];
    for (const target of ["one", "two"].map((name) => path.join(temporary, `${name}.ipynb`))) {
      await executeNotebook(source, target, { png: false, budget: "full", runs: "shipped", label: "progress", show: () => {} });
      const executed = JSON.parse(readFileSync(target, "utf8"));
      expect(executed.metadata.tdlgm).toMatchObject({ budget: "full", runs: "shipped", follows: setup.follows(executed, root) });
      expect(executed.cells[0].outputs[0].data["text/plain"].toString()).toMatch(/\d\.\d s$/);
      texts.push(setup.cleaned(executed, "progress", root));
    }
    expect(texts[0]).toBe(texts[1]);
    const outputs = JSON.parse(texts[0]).cells[0].outputs;
    expect(outputs.map((output: { data: Record<string, string[]> }) => output.data["text/plain"])).toEqual([
      ["work: step 1 of 2, ready"],
      ["training: step 2 of 2, kl 0.5"],
    ]);
  });
});

describe("the check of the published numbers", () => {
  const compare = (before: unknown, now: unknown, metadata: object = {}) =>
    setup.differences("00-a", notebook({ ...code("1", before), metadata }), notebook(code("1", now)));
  const texts = (before: string, now: string, metadata: object = {}) => compare(print(before), print(now), metadata);
  const figures = (before: object, now: object) => compare(display({ [PLOTLY]: before }), display({ [PLOTLY]: now }));

  test.each([
    ["equal", "MSE 0.1120, −3 and 8 of 9", "MSE 0.1120, −3 and 8 of 9"],
    ["1 % apart", "nats 1.512", "nats 1.519"],
    ["the last digit of a rounded number", "0.0082 ± 0.0003", "0.0083 ± 0.0002"],
    ["thousands", "8,152 values", "8,190 values"],
    ["another padding", "a   b\n1  10.01", "a b\n1 9.99"],
  ])("a text within the tolerance passes: %s", (_, before, now) => expect(texts(before, now)).toEqual([]));

  test.each([
    ["MSE 1.512", "MSE 1.538", "1.512 is committed, 1.538 came out"],
    ["0.0082 ± 0.0003", "0.0082 ± 0.0005", "0.0003 is committed, 0.0005 came out"],
    ["8 of 9", "7 of 9", "8 is committed, 7 came out"],
    ["share 0.1", "share 0.2", "0.1 is committed, 0.2 came out"],
    ["gap 0.31", "gap -0.31", "0.31 is committed, -0.31 came out"],
    ["1e-5", "1e-4", "1e-5 is committed, 1e-4 came out"],
    ["8,152", "9,152", "8,152 is committed, 9,152 came out"],
    ["loss 1.0", "loss NaN", 'the words "loss #" are committed, "loss NaN" came out'],
  ])("outside it is named with notebook, cell and both: %s, %s", (before, now, said) =>
    expect(texts(before, now)).toEqual([`00-a, cell 1: ${said}`]),
  );

  test("a cell may state a wider tolerance", () => {
    expect(texts("MSE 1.512", "MSE 1.538", { tdlgm: { tolerance: 0.05 } })).toEqual([]);
    expect(texts("MSE 1.512", "MSE 1.638", { tdlgm: { tolerance: 0.05 } })).toHaveLength(1);
  });

  test("a figure's data and a table's cells are compared, images and progress are not", () => {
    const curve = (...y: (number | null)[]) => ({ data: [{ type: "scatter", name: "a 1", y }], layout: {} });
    expect(figures(curve(1, 0.001, null), curve(1.005, 0.004, null))).toEqual([]);
    expect(figures(curve(1, 0.5), curve(1, 0.6))).toEqual(["00-a, cell 1: figure.data.0.y.1: 0.5 is committed, 0.6 came out"]);
    expect(figures(curve(1, 2), curve(1))).toEqual(["00-a, cell 1: figure.data.0.y: 2 values are committed, 1 came out"]);
    expect(figures(curve(1), curve(null))).toHaveLength(1);
    const cells = (x: number) => display({ "text/html": `<td>${x}</td>`, "text/plain": `x ${x}` });
    expect(compare(cells(1.5), cells(1.7))).toEqual(["00-a, cell 1: 1.5 is committed, 1.7 came out"]);
    const html = (x: number) => display({ "text/html": `<td>${x}</td>`, "text/plain": "x" });
    expect(compare(html(1.5), html(1.7))).toHaveLength(1);
    const image = (bytes: string) => display({ "image/png": bytes, "text/plain": "x" });
    expect(compare(image("a"), image("b"))).toEqual([]);
    const bar = (x: number) => display({ "text/plain": `kl ${x}` }, { tdlgm: { progress: true } });
    expect(compare(bar(1), bar(2))).toEqual([]);
  });

  test("a missing output, another kind of output and many differences are told", () => {
    const counts = setup.differences("00-a", notebook(code("1", print("1"), print("2"))), notebook(code("1", print("1"))));
    expect(counts).toEqual(["00-a, cell 1: 2 outputs are committed, 1 came out"]);
    expect(compare(display({ "text/plain": "1" }), display({ "text/plain": "1", "image/png": "" }))).toHaveLength(1);
    expect(texts("1 2 3 4 5 6 7", "2 3 4 5 6 7 8").at(-1)).toBe("00-a, cell 1: and 2 more");
  });

  test("it compares what was executed with what is committed", () => {
    const { folder, record, execute } = project();
    record();
    execute({}, "MSE 0.00824\n");
    expect(setup.checkNotebooks(folder, ["00-a"])).toEqual([]);
    execute({}, "MSE 0.0092\n");
    expect(setup.checkNotebooks(folder, ["00-a"])).toEqual(["00-a, cell 1: 0.0082 is committed, 0.0092 came out"]);
  });
});

test.each([["record.mjs", "--check", "00-start"], ["reproduce.mjs"]])(
  "npm run %s waits while another one works in the folder",
  async (...args) => {
    const { withLock } = await import("../setup/lock.mjs");
    const { paths } = await import("../setup/env.mjs");
    await withLock(paths(root).workLock, "a test", async () => {
      const child = spawn(process.execPath, [path.join(root, "setup", args[0]), ...args.slice(1)], { stdio: ["ignore", "pipe", "ignore"] });
      const said = await new Promise<string>((resolve) => {
        let text = "";
        child.stdout.setEncoding("utf8").on("data", (part) => {
          text += part;
          if (/Waiting for .*\n/.test(text)) resolve(text);
        });
        child.once("close", () => resolve(`it ended: ${text}`));
      });
      child.kill("SIGTERM");
      expect(said).toContain(`Waiting for "a test", process ${process.pid}`);
    });
  },
);
