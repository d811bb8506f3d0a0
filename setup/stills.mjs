// Draws figures as PNG: { key: figure } comes in as JSON, { key: base64 } goes out. setup/lab/config.py asks for them when a notebook is saved.
// A figure is Plotly's, or { explore: { figure, settings } }, one of the explorable page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { browserLaunch } from "./browser.mjs";
import { paths } from "./env.mjs";

/** @typedef {{ figure: string, settings: Record<string, string | number> }} Explorable */

const require = createRequire(import.meta.url);
/** @type {typeof import("./kernel/png.cjs")} */
const { closeBrowser, renderPng } = require("./kernel/png.cjs");

/** @type {Record<string, { explore?: Explorable, data: unknown[], layout?: { width?: number, height?: number } }>} */
const figures = JSON.parse(await text(process.stdin));
/** @type {Record<string, string>} */
const drawn = {};
/** @type {[string, Explorable][]} */
const explorables = [];
for (const [key, figure] of Object.entries(figures)) {
  const { width = 800, height = 400 } = figure.layout ?? {};
  if (figure.explore) explorables.push([key, figure.explore]);
  else drawn[key] = await renderPng(figure, { width, height });
}
await closeBrowser();
if (explorables.length > 0) await drawExplorables();
process.stdout.write(JSON.stringify(drawn));

/** Takes pictures of explorable figures, each as its cell's module, which lib/notebook/explore.ts has built, draws it at its settings. */
async function drawExplorables() {
  const folder = join(paths().local, "explore");
  const [esm, css] = ["explore.mjs", "explore.css"].map((name) => readFileSync(join(folder, name), "utf8"));
  const browser = await require("playwright-core").chromium.launch(browserLaunch());
  try {
    for (const [key, { figure, settings }] of explorables) {
      const page = await browser.newPage({ viewport: { width: 800, height: 600 } });
      await page.setContent(`<!DOCTYPE html><html lang="en"><style>${css}</style><body></body></html>`);
      await page.evaluate(show, [esm, { figure, ...settings }]);
      drawn[key] = (await page.locator(".explore").screenshot()).toString("base64");
    }
  } finally {
    await browser.close();
  }
}

/** In the page: a module of anywidget's convention whose state nobody changes. @param {[esm: string, state: Record<string, unknown>]} given */
async function show([esm, state]) {
  const { default: module } = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  /** @type {(name: string, value: unknown) => void} */
  const set = (name, value) => {
    state[name] = value;
  };
  const model = { get: (/** @type {string} */ name) => state[name], set, on() {}, off() {}, save_changes() {} };
  module.initialize({ model });
  module.render({ model, el: /** @type {any} */ (globalThis).document.body });
}
