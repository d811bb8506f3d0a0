// Draws figures as PNG: { key: figure } comes in as JSON, { key: base64 } goes out. setup/lab/config.py asks for them when a notebook is saved.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

/** @type {typeof import("./kernel/png.cjs")} */
const { closeBrowser, renderPng } = createRequire(import.meta.url)("./kernel/png.cjs");

/** @type {Record<string, { data: unknown[], layout?: { width?: number, height?: number } }>} */
const figures = JSON.parse(await text(process.stdin));
/** @type {Record<string, string>} */
const drawn = {};
for (const [key, figure] of Object.entries(figures)) {
  const { width = 800, height = 400 } = figure.layout ?? {};
  drawn[key] = await renderPng(figure, { width, height });
}
await closeBrowser();
process.stdout.write(JSON.stringify(drawn));
