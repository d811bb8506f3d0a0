// The notebooks run headless on their small budget; what is recorded is clean; the report works offline.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fillReportProject } from "./reportProject";

const root = path.resolve(__dirname, "..");
const PLOTLY = "application/vnd.plotly.v1+json";
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

type Setup = typeof import("../setup/execute.mjs") & typeof import("../setup/recording.mjs") & typeof import("../setup/report.mjs");
type Cell = import("../setup/notebooks.mjs").Cell;
let setup: Setup;
let folder: string;

beforeAll(async () => {
  const { cleaned, recordable, recordNotebooks, checkNotebooks } = await import("../setup/recording.mjs");
  const { executeNotebook, executeNotebooks } = await import("../setup/execute.mjs");
  const { writeReport } = await import("../setup/report.mjs");
  setup = { cleaned, recordable, recordNotebooks, checkNotebooks, executeNotebook, executeNotebooks, writeReport };
  const { paths } = await import("../setup/env.mjs");
  mkdirSync(paths(root).temporary, { recursive: true });
  folder = mkdtempSync(path.join(paths(root).temporary, "notebooks-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const prose = (source: string): Cell => ({ cell_type: "markdown", source, metadata: {} });
const code = (source: string, outputs: unknown[] = []): Cell => ({ cell_type: "code", source, metadata: {}, execution_count: 7, outputs });
const notebook = (...cells: Cell[]) => ({
  cells: cells.map((cell, i) => ({ id: `c${i}`, ...cell })),
  metadata: { language_info: { name: "typescript", version: "1" }, papermill: { start: "now" } },
  nbformat: 4,
  nbformat_minor: 5,
});
const write = (file: string, content: unknown): string => {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
  return file;
};
const shown = (data: object, metadata: object = {}) => ({ output_type: "display_data", data, metadata });

describe("execution", async () => {
  const { notebookNames } = await import("../setup/notebooks.mjs");
  test("there are notebooks", () => expect(notebookNames().length).toBeGreaterThan(0));

  test.each(notebookNames())("%s runs on its small budget, without an error or a word on stderr", { timeout: 300_000 }, async (name) => {
    const target = path.join(folder, `${name}.ipynb`);
    await setup.executeNotebook(path.join(root, "notebooks", `${name}.ipynb`), target, { budget: "small", png: false, show: () => {} });
    const cells: Cell[] = JSON.parse(readFileSync(target, "utf8")).cells;
    const outputs = cells.flatMap((cell) => cell.outputs ?? []);
    expect(outputs.filter((o) => o.output_type === "error" || o.name === "stderr")).toEqual([]);
    expect(outputs.length).toBeGreaterThan(0);
  });

  test("what a cell prints between two displays is one output", async () => {
    const source = write(path.join(folder, "prints.ipynb"), notebook(code('console.log("a"); await null; console.log("b"); 1')));
    const target = path.join(folder, "prints-out.ipynb");
    await setup.executeNotebook(source, target, { png: false, show: () => {} });
    const { outputs } = JSON.parse(readFileSync(target, "utf8")).cells[0];
    expect(outputs).toMatchObject([{ name: "stdout", text: ["a\n", "b\n"] }, { output_type: "execute_result" }]);
  });

  test("a failing cell is named in one sentence, and nothing is written", async () => {
    const source = write(path.join(folder, "bad.ipynb"), notebook(prose("# Bad"), code("const a = 1;"), code("throw new Error('meant')")));
    const target = path.join(folder, "bad-out.ipynb");
    const lines: string[] = [];
    await expect(setup.executeNotebook(source, target, { png: false, show: (line) => lines.push(line) })).rejects.toThrow(
      /^bad: cell 2 failed: Error: meant$/,
    );
    const cells = lines.filter((line) => !line.endsWith("so far"));
    expect(cells).toEqual(["bad: cell 1 of 2: const a = 1;", "bad: cell 2 of 2: throw new Error('meant')"]);
    expect(existsSync(target)).toBe(false);
  });

  test("a cell that takes long is heard of every few seconds, with the share of the work that is done", async () => {
    const source = write(path.join(folder, "long.ipynb"), notebook(code("1"), code("await new Promise((done) => setTimeout(done, 900))")));
    const said: [string, number][] = [];
    const show = (line: string, share: number) => said.push([line.replace(/\d+\.\d s/, "# s"), share]);
    await setup.executeNotebook(source, path.join(folder, "o.ipynb"), { png: false, show, silence: 200 });
    expect(said).toContainEqual(["long: cell 2 of 2: # s so far", 0.5]);
  });

  test("what the last cell leaves behind fails the notebook too", async () => {
    const source = write(path.join(folder, "late.ipynb"), notebook(code("setTimeout(() => { throw new Error('late') }, 0); void 0")));
    await expect(setup.executeNotebook(source, path.join(folder, "o.ipynb"), { png: false, show: () => {} })).rejects.toThrow("late");
  });
});

describe("recording", () => {
  const clean = (...outputs: unknown[]) => JSON.parse(setup.cleaned(notebook(prose("# A"), code("1", outputs)), "a", root));

  test("counts, metadata, streams", () => {
    const { cells, metadata } = clean({ output_type: "stream", name: "stdout", text: ["a\n", "b\n"] });
    expect(metadata).toEqual({
      kernelspec: { display_name: "TypeScript (tDLGM)", language: "typescript", name: "tslab" },
      language_info: { name: "typescript" },
    });
    expect(cells[1]).toMatchObject({ execution_count: 1, outputs: [{ name: "stdout", text: ["a\n", "b\n"] }] });
  });

  test("an output that draws the trace keeps its still image only; others keep both", () => {
    const data = { [PLOTLY]: { data: [] }, "image/png": PNG, "text/plain": "x" };
    const outputs = clean(shown(data, { tdlgm: { alt: "x", series: true } }), shown(data, { tdlgm: { alt: "x", series: false } })).cells[1]
      .outputs;
    expect(outputs.map((o: { data: object }) => Object.keys(o.data))).toEqual([
      ["image/png", "text/plain"],
      [PLOTLY, "image/png", "text/plain"],
    ]);
    expect(() => clean(shown({ [PLOTLY]: { data: [] } }, { tdlgm: { series: true } }))).toThrow("no still image");
  });

  test("of a live output stays what stands for it, and no state of widgets", () => {
    const view = { "application/vnd.jupyter.widget-view+json": { model_id: "a" }, [PLOTLY]: { data: [] }, "text/plain": "x" };
    expect(Object.keys(clean(shown(view)).cells[1].outputs[0].data)).toEqual([PLOTLY, "text/plain"]);
    const live = { ...notebook(code("1", [shown(view)])), metadata: { widgets: { "application/vnd.jupyter.widget-state+json": {} } } };
    expect(setup.cleaned(live as never, "a", root)).not.toContain("widget");
  });

  test("progress keeps its line without the times, once and for good", () => {
    const output = shown({ "text/plain": "work: step 2 of 2, 3.1 s", "text/html": "<p>" }, { tdlgm: { progress: "work: step 2 of 2" } });
    const [settled] = clean(output).cells[1].outputs;
    expect(settled.data).toEqual({ "text/html": ["<div>work: step 2 of 2</div>"], "text/plain": ["work: step 2 of 2"] });
    expect(settled.metadata).toEqual({ tdlgm: { progress: true } });
    expect(clean(settled).cells[1].outputs[0]).toEqual(settled);
  });

  test("refuses errors, stderr, paths of this machine, and what is too large", () => {
    expect(() => clean({ output_type: "error", ename: "Error", evalue: "x" })).toThrow("a, cell 1 shows an error: Error: x");
    expect(() => clean({ output_type: "stream", name: "stderr", text: "careful" })).toThrow("a, cell 1 writes to stderr: careful");
    expect(() => clean({ output_type: "stream", name: "stdout", text: `${root}/data` })).toThrow("path");
    expect(() => clean({ output_type: "stream", name: "stdout", text: "x".repeat(1_500_000) })).toThrow("1.5 MB");
  });
});

function reportProject(name: string): string {
  const project = path.join(folder, name);
  fillReportProject(project);
  return project;
}

test("the report works offline: figures drawn, formulas set, alt texts, links between pages", async () => {
  const project = reportProject("project");
  const readme = `# T

<!-- picture -->
![x](README.png)
<!-- /picture -->

What it **is**, and for whom ([first](notebooks/00-a.ipynb)).

\`\`\`sh
npm start
\`\`\`

<!-- table3-short: x -->
<!-- /table3-short -->

- One came out at 0.1 ± 0.02.
- Another did not.

More.
`;
  writeFileSync(path.join(project, "README.md"), readme);
  const figure = { data: [{ type: "bar", x: [1, 2], y: [3, 4] }], layout: { height: 300 } };
  const outputs = [
    shown({ [PLOTLY]: figure, "text/plain": "bars" }, { tdlgm: { alt: "two bars </script>" } }),
    shown({ "image/png": PNG, "text/plain": "dot\nThe paper's Figure 1" }, { tdlgm: { alt: "a dot" } }),
  ];
  const figures = prose("**Figures 7, 8 and 9**: three.\n\nAs in Figure 1. See Figures 2-4.");
  write(
    path.join(project, "notebooks/00-a.ipynb"),
    notebook(prose("# First\n\nWith $x^2$ and [the next](01-b.ipynb)."), code("1", outputs), figures),
  );
  write(path.join(project, "notebooks/01-b.ipynb"), notebook(prose("# Second\n\n$$\\xi \\sim N(0, I)$$")));
  // What was executed is shown if it still follows from what is there, else what is committed.
  const executed = (name: string, title: string, follows: object) => {
    const made = { follows, budget: "full", runs: "own", standIn: true };
    const content = { ...notebook(prose(`# ${title}\n\n$$\\xi \\sim N(0, I)$$`)), metadata: { tdlgm: made } };
    write(path.join(project, `.local/executed/${name}.ipynb`), content);
  };
  const { follows } = await import("../setup/follows.mjs");
  executed("00-a", "Stale", {});
  executed("01-b", "Second, executed", follows(notebook() as never, project));
  const run = (seed: number) => ({
    config: { kind: "rnn", H: 64 + seed },
    seed,
    shipped: seed === 1,
    device: "CPU",
    metrics: `${seed}f00`,
  });
  const runs = { "rnn-seed-0": run(0), "rnn-seed-1": run(1) };
  const cell = { text: "0.007 ± 0.001 (2)", runs: Object.keys(runs) };
  const rows = [[{ text: "clean </script>" }, { text: "0.0122" }, cell]];
  const tables = [{ id: "table1", caption: "Table 1", columns: ["row", "paper", "ours"], rows }];
  tables.push({ id: "wide", caption: "Wide", columns: Array(60).fill("column"), rows: [Array(60).fill({ text: "0.12345" })] });
  const index = await setup.writeReport({ root: project, results: { tables, runs }, standIn: true });

  const report = (file: string) => readFileSync(path.join(project, "report", file));
  const source = JSON.parse(report("provenance.json").toString());
  expect(source).toMatchObject({ runs, cells: [{ table: "table1", row: 1, of: "clean </script>", column: "ours", ...cell }] });
  const manifest = JSON.parse(report("manifest.json").toString());
  expect(Object.keys(manifest)).toEqual(expect.arrayContaining(["index.html", "00-a.html", "provenance.json", "assets/provenance.js"]));
  for (const [file, hash] of Object.entries(manifest)) expect(createHash("sha256").update(report(file)).digest("hex"), file).toBe(hash);

  const { browserLaunch } = await import("../setup/browser.mjs");
  const browser = await chromium.launch(browserLaunch(root));
  try {
    const page = await browser.newPage();
    const trouble: string[] = [];
    page.on("request", (r) => /^(file|data|blob):/.test(r.url()) || trouble.push(`asked ${r.url()}`));
    page.on("requestfailed", (r) => trouble.push(`missing ${r.url()}`));
    page.on("pageerror", (e) => trouble.push(e.message));
    await page.goto(pathToFileURL(index).href);
    expect(await page.getByRole("alert").textContent()).toContain("STAND-IN");
    // First what this is, a picture and what came out, then the pages and the paper's figures, then the tables.
    const first = (await page.locator("main").textContent())?.replaceAll("\u00a0", " ") as string;
    const order = ["What it is, and for whom (first).", "One came out at 0.1 ± 0.02.", "Pages", "Figure 1\n", "Results at a glance"];
    const places = order.map((text) => first.indexOf(text));
    expect(places.every((place, i) => place > (places[i - 1] ?? 0))).toBe(true);
    expect(first).not.toMatch(/npm start|More\.|README\.png/);
    expect(await page.locator("main figure img").getAttribute("alt")).toBe("a dot");
    const links = await page
      .locator(".report-figures a")
      .evaluateAll((all) => all.map((a) => `${a.textContent} ${a.getAttribute("href")}`));
    const cells = [1, 2, 3, 4, 7, 8, 9].map((number) => `Figure ${number} 00-a.html#cell-id=${number === 1 ? "c1" : "c2"}`);
    expect(links).toEqual(cells);
    // A keyboard reaches every page before the first number.
    const stops = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press("Tab");
      stops.push(await page.evaluate("document.activeElement.textContent.trim() || document.activeElement.getAttribute('href')"));
    }
    expect(stops).toEqual(["first", "00-a.html", "First", "Second, executed", "Figure 1", "Figure 2"]);
    expect(await page.locator(".nobreak").evaluateAll((all) => all.map((e) => `${e.textContent} ${e.getClientRects().length}`))).toEqual([
      "0.007 ± 0.001 1",
    ]);
    for (const scheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      const bright = (name: string) =>
        page.evaluate(`getComputedStyle(document.body).${name}.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) / 3`);
      expect(Number(await bright("backgroundColor")) > 128).toBe(scheme === "light");
      expect(Number(await bright("color")) > 128).toBe(scheme === "dark");
    }
    expect(await page.locator("#table1").textContent()).toContain("0.007 ± 0.001 (2)");
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const dialog = page.getByRole("dialog");
    expect(await dialog.isVisible()).toBe(false);
    await page.getByRole("button", { name: "0.007 ± 0.001 (2)" }).click();
    const said = await dialog.textContent();
    for (const text of ["clean </script>, ours", "runs/rnn-seed-0", "data/runs/rnn-seed-1", "seed 1", "H 64", "H 65", "metrics 1f00"])
      expect(said).toContain(text);
    await page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(false);
    await page.keyboard.press("Enter"); // the button has the focus again
    expect(await dialog.isVisible()).toBe(true);
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: "First", exact: true }).click();
    await page.locator("main .katex").first().waitFor();
    await page.locator(".js-plotly-plot .bars .point").first().waitFor();
    expect(await page.locator(".js-plotly-plot").getAttribute("aria-label")).toBe("two bars </script>");
    expect(await page.locator("main img").getAttribute("alt")).toBe("a dot");
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), `${width}`).toBe(true);
    }
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 700, height: 1000 });
    const wide = `[...document.querySelectorAll("table, img, .report-live")].filter((e) => e.getBoundingClientRect().right > innerWidth).length`;
    expect(await page.evaluate(wide), "on paper").toBe(0);
    await page.emulateMedia({ media: "screen" });
    expect(await page.locator(".report-number").allTextContents()).toEqual([
      "The paper’s Figure 1",
      "The paper’s Figure 2, Figure 3, Figure 4, Figure 7, Figure 8, Figure 9",
    ]);
    await page.getByRole("link", { name: "the next" }).click();
    await page.locator("main .katex-display").first().waitFor();
    expect(await page.title()).toBe("Second, executed");
    expect(await page.getByRole("alert").textContent()).toContain("STAND-IN");
    expect(trouble).toEqual([]);
  } finally {
    await browser.close();
  }
});

test("no text executes anything in a page of the report, or asks for anything outside it", async () => {
  const project = reportProject("hostile");
  const PAYLOADS = [
    "<script>hit()</script>",
    "</script><script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()><script>hit()</script></svg>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<a href='javascript:hit()'>press</a>",
    "<a href=' java\nscript:hit()'>press</a>",
    "<a href='data:text/html,<script>hit()</script>'>press</a>",
    '" onmouseover="hit()" autofocus onfocus="hit()" x="',
    "<details open ontoggle=hit()>",
    "<style>@import 'http://127.0.0.1:9/a.css'; * { background: url(http://127.0.0.1:9/b.png) }</style>",
    "<p style='background: url(http://127.0.0.1:9/c.png)'>p</p><img src='http://127.0.0.1:9/d.png'>",
    "<meta http-equiv=refresh content='0;url=javascript:hit()'><base href='http://127.0.0.1:9/'>",
    "<object data='data:text/html,<script>parent.hit()</script>'></object><embed src='javascript:hit()'>",
    "<form action='javascript:hit()'><button>press</button></form><math><mtext><mglyph><style><img src onerror=hit()></style></mglyph></mtext></math>",
    "$\\href{javascript:hit()}{press}$ $\\htmlData{onclick=hit()}{x}$",
    "{{ 7 * 7 }}{% raw %}<img src=x onerror=hit()>",
    '[press](javascript:hit()) ![x](x"onerror="hit())',
    // SVG and MathML
    "<svg><a xlink:href='javascript:hit()'><text y=20>press</text></a><animate onbegin=hit() attributeName=x /><set onbegin=hit() attributename=x /></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><script>hit()</script></svg>#x'/><image href='http://127.0.0.1:9/e.png'/><foreignObject><iframe src=javascript:parent.hit()></iframe></foreignObject></svg>",
    "<math href='javascript:hit()'><mi>press</mi></math><math><maction actiontype='statusline' xlink:href='javascript:hit()'>press</maction></math>",
    // what a browser reads otherwise than a cleaner
    "<noscript><p title='</noscript><img src=x onerror=hit()>'></noscript>",
    "<svg></p><style><a id='</style><img src=1 onerror=hit()>'></style></svg>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=hit()></style></mglyph></form></mtext></math>",
    "<math><annotation-xml encoding='text/html'><style><img src=x onerror=hit()></style></annotation-xml></math>",
    "<!--><img src=x onerror=hit()>--><!--!><img src=x onerror=hit()>--!><![CDATA[<img src=x onerror=hit()>]]><?x <img src=x onerror=hit()>?>",
    "<template><script>hit()</script></template><xmp><img src=x onerror=hit()></xmp><textarea></textarea><img src=x onerror=hit()><plaintext>",
    "<select><iframe></select><img src=x onerror=hit()><table><td><a><table><a><img src=x onerror=hit()></table>",
    "<listing>&lt;img onerror=1 src=x&gt;</listing>&lt;script&gt;hit()&lt;/script&gt;<a title='&quot; onclick=hit() x=&quot;'>press</a>",
    "<img/src=x/onerror=hit()><svg/onload=hit()><img src=x onerror\n=\nhit()>\u0000<scr\u0000ipt>hit()</scr\u0000ipt><\u017fcript>hit()</\u017fcript>",
    // addresses
    ...[
      "JaVaScRiPt:hit()",
      "java&#x09;script:hit()",
      "&#106;avascript:hit()",
      "javascript&colon;hit()",
      "\u0001javascript:hit()",
      "vbscript:hit()",
    ].map((href) => `<a href="${href}">press</a>`),
    "<a href='data:image/svg+xml,<svg xmlns=http://www.w3.org/2000/svg onload=hit()>'>press</a><area href='javascript:hit()'><a ping='http://127.0.0.1:9/f' href='#a'>press</a>",
    "[press](<javascript:hit()>) [press](java&#115;cript:hit()) <javascript:hit()> [press][r]\n\n[r]: javascript:hit()",
    // what is fetched without a click
    "<img srcset='http://127.0.0.1:9/g.png 1x'><picture><source srcset='http://127.0.0.1:9/h.png'></picture><video poster='http://127.0.0.1:9/i.png' src='http://127.0.0.1:9/j.mp4' autoplay></video>",
    "<link rel=stylesheet href='http://127.0.0.1:9/k.css'><link rel=preload as=script href='http://127.0.0.1:9/l.js'><link rel=prefetch href='http://127.0.0.1:9/m'><link rel=dns-prefetch href='//127.0.0.1:9'>",
    "<input type=image src='http://127.0.0.1:9/n.png'><body background='http://127.0.0.1:9/o.png'><table background='http://127.0.0.1:9/p.png'></table><frameset onload=hit()><frame src='javascript:parent.hit()'></frameset>",
    "<p style='background-image: \\75rl(http://127.0.0.1:9/q.png); list-style: url(http://127.0.0.1:9/r.png); width: expression(hit()); -moz-binding: url(x); position: fixed; inset: 0'>p</p>",
    "<p style=\"background: image-set('http://127.0.0.1:9/s.png' 1x); content: '</style><img src=x onerror=hit()>'; font: 1px/1 x, url(http://127.0.0.1:9/t)\">p</p>",
    // names that a page's own scripts look for
    "<div id='provenance'>{}</div><a id='Plotly'></a><a id='katex'></a><img name='getElementById'><div class='report-live'></div><p>{\"data\": [{\"hovertext\": \"<img src=x onerror=hit()>\"}]}</p><main><dialog open></dialog></main>",
    // formulas
    "$\\url{javascript:hit()}$ $\\includegraphics{http://127.0.0.1:9/u.png}$ $\\htmlStyle{background:url(http://127.0.0.1:9/v.png)}{x}$ $\\def\\x{\\x\\x}\\x$ $\\rule{1e9em}{1e9em}$ $</script><img src=x onerror=hit()>$",
  ];
  const all = PAYLOADS.join("\n\n");
  const mimes = ["text/html", "text/markdown", "image/svg+xml", "application/javascript", "text/latex", "text/vnd.mermaid", "text/plain"];
  const outputs = [
    ...mimes.flatMap((mime) => PAYLOADS.map((text) => shown({ [mime]: text }, { tdlgm: { alt: text } }))),
    ...PAYLOADS.map((text) =>
      shown(
        {
          [PLOTLY]: {
            data: [
              {
                type: "bar",
                x: [text],
                y: [1],
                name: text,
                text: [text],
                hovertext: text,
                hovertemplate: text,
                meta: text,
                customdata: [text],
              },
            ],
            layout: {
              title: { text },
              font: { family: "x; background: url(http://127.0.0.1:9/w.png)" },
              annotations: [{ text, x: 0, y: 1 }],
              xaxis: { title: { text }, ticktext: [text], tickvals: [0] },
              images: [{ source: text }, { source: "http://127.0.0.1:9/x.png", sizex: 1, sizey: 1 }],
              updatemenus: [{ buttons: [{ label: text, method: "relayout", args: [{ "title.text": text }] }] }],
            },
          },
        },
        { tdlgm: { alt: text } },
      ),
    ),
    ...["scattergeo", "scattermapbox", "image"].map((type) =>
      shown({
        [PLOTLY]: {
          data: [{ type, lon: [1], lat: [1], source: "http://127.0.0.1:9/y.png" }],
          layout: { mapbox: { style: "open-street-map" } },
        },
      }),
    ),
    // what is no text where a text belongs
    ...[5, null, {}, [], [[1]], true].flatMap((odd) =>
      ["text/html", "text/plain", "image/png", "image/svg+xml", PLOTLY].map((mime) => shown({ [mime]: odd })),
    ),
    ...[[], "x", { data: "x", layout: 5 }, { layout: {} }].map((odd) => shown({ [PLOTLY]: odd })),
    shown({ "text/plain": "x" }, { tdlgm: "x" }),
    shown(
      { "application/vnd.jupyter.widget-view+json": { model_id: all }, "image/png": `${PNG}" onerror="hit()` },
      { tdlgm: { alt: all } },
    ),
    shown({ "image/jpeg": `${PNG}" onerror="hit()` }, { "image/jpeg": { width: "1 onerror=hit()" } }),
    { output_type: "stream", name: "stdout", text: all },
    { output_type: "error", ename: PAYLOADS[2], evalue: all, traceback: PAYLOADS },
  ];
  // Fields that a template may take for harmless.
  const fields = ['"><img src=x onerror=hit()>', "x onmouseover=hit()"].flatMap((text) => [
    {
      ...code("1"),
      id: text,
      execution_count: text,
      metadata: { magics_language: text, collapsed: text, jupyter: { source_hidden: text } },
    },
    { ...code("1", [{ output_type: "execute_result", execution_count: text, data: { "text/plain": "x" }, metadata: {} }]) },
    { ...code("1", [{ output_type: "stream", name: text, text }]) },
    { ...prose("![x](attachment:a.png)"), attachments: { "a.png": { [text]: PNG, "image/png": `${PNG}${text}` } } },
  ]) as Cell[];
  const cells = [
    ...fields,
    ...PAYLOADS.map(prose),
    { ...code(all, outputs), metadata: { tags: PAYLOADS.filter((text) => !text.includes(",")) } },
  ];
  const raw = { cell_type: "raw", source: all, metadata: { raw_mimetype: "text/html" } };
  const hostile = notebook(prose(`# ${PAYLOADS[2]}\n\n${PAYLOADS[0]} "Figure 1" ${PAYLOADS[8]}`), ...cells, raw as never);
  Object.assign(hostile.metadata, { title: PAYLOADS[1], widgets: { "application/vnd.jupyter.widget-state+json": { state: { a: all } } } });
  Object.assign(hostile.metadata.language_info, { pygments_lexer: PAYLOADS[8], name: PAYLOADS[8], mimetype: PAYLOADS[8] });
  write(path.join(project, "notebooks/00-a.ipynb"), hostile);
  write(path.join(project, `notebooks/javascript:hit()'"<b>.ipynb`), notebook(prose("# Plain")));
  write(path.join(project, `notebooks/"><img src=x onerror=hit()>.ipynb`), notebook(prose("# Named")));
  writeFileSync(path.join(project, "README.md"), `# T\n\n${all}\n\n<!-- verdict -->${all}<!-- /verdict -->\n`);
  const runs = Object.fromEntries(
    PAYLOADS.map((name) => [name, { config: { kind: name, [name]: name }, seed: name, shipped: false, device: name, metrics: name }]),
  ) as never;
  const rows = PAYLOADS.map((text) => [{ text }, { text }, { text, runs: PAYLOADS }]);
  const tables = PAYLOADS.map((text, i) => ({ id: i ? text : "t", caption: text, columns: ["row", "paper", text], rows }));
  const index = await setup.writeReport({ root: project, results: { tables, runs }, standIn: false });

  const { browserLaunch } = await import("../setup/browser.mjs");
  const browser = await chromium.launch(browserLaunch(root));
  try {
    const page = await browser.newPage();
    const trouble: string[] = [];
    await page.exposeFunction("hit", () => trouble.push(`executed in ${page.url().split("/").pop()}`));
    page.on("dialog", (dialog) => dialog.dismiss());
    // What a figure asks for (pictures, maps) the policy refuses.
    const asked = (r: import("playwright-core").Request) => /^(file|data|blob):/.test(r.url()) || trouble.push(`asked ${r.url()}`);
    page.on("requestfinished", asked);
    page.on("requestfailed", (r) => r.failure()?.errorText === "csp" || asked(r));
    page.on("framenavigated", (frame) => frame !== page.mainFrame() && trouble.push(`a frame ${frame.url()}`));
    const visit = async (address: string) => {
      await page.goto(address);
      await page.waitForTimeout(500);
      // Not the policy alone stands against them: nothing of the kind is in the page.
      const found = await page.evaluate(`[...document.querySelectorAll("*")].flatMap((e) => [
        ...e.getAttributeNames().filter((name) => /^on/i.test(name)),
        ...(/^(iframe|object|embed|base|form)$/i.test(e.tagName) ? [e.tagName] : []),
        ...(e.tagName === "SCRIPT" && /hit\\(/.test(e.textContent) && e.type !== "application/json" ? ["script"] : []),
        ...(e.tagName === "A" && e.hasAttribute("href") && !/^(file|https?|mailto):$/.test(e.protocol) ? [e.outerHTML] : []),
      ])`);
      expect(found).toEqual([]);
      await page.evaluate(
        `for (const a of document.querySelectorAll("main a, main button")) if (a.textContent === "press" && a.protocol !== "file:") a.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }))`,
      );
      if (page.url().split("#")[0] !== address) await page.goto(address);
    };
    await visit(pathToFileURL(path.join(path.dirname(index), "00-a.html")).href);
    await page.waitForFunction(`document.querySelectorAll(".js-plotly-plot").length >= ${PAYLOADS.length}`);
    await visit(pathToFileURL(index).href);
    await page.locator("#t button").nth(2).click();
    expect(await page.getByRole("dialog").textContent()).toContain(`runs/${PAYLOADS[2]}`);
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: "Plain" }).click();
    await page.getByRole("heading", { name: "Plain" }).waitFor();
    expect(trouble).toEqual([]);
  } finally {
    await browser.close();
  }
});
