// Still images of Plotly figures, drawn by Plotly in a headless browser. It starts with the first image and stays open.
"use strict";
const path = require("node:path");
const { setTimeout: wait } = require("node:timers/promises");

const root = path.resolve(__dirname, "../..");

/** @type {Promise<import("playwright-core").Page> | null} */
let page = null;

/** @returns {Promise<import("playwright-core").Page>} */
async function openPage() {
  const { chromium } = require("playwright-core");
  const { browserLaunch } = await import("../browser.mjs");
  const browser = await chromium.launch({ ...browserLaunch(root), handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false });
  browser.on("disconnected", () => {
    page = null;
  });
  const opened = await browser.newPage();
  await opened.setContent('<!DOCTYPE html><html lang="en"><body></body></html>');
  await opened.addScriptTag({ path: require.resolve("plotly.js-dist/plotly.js") });
  return opened;
}

/** A browser that draws nothing for this long is given up. */
const DRAW_MS = 20_000;

/**
 * @param {string} figure as JSON
 * @param {{ width: number, height: number }} size
 * @returns {Promise<string>} a data URL
 */
async function draw(figure, { width, height }) {
  const toImage = (/** @type {[string, number, number]} */ [json, w, h]) =>
    /** @type {any} */ (globalThis).Plotly.toImage(JSON.parse(json), { format: "png", width: w, height: h, scale: 1 });
  page ??= openPage();
  return (await page).evaluate(toImage, /** @type {[string, number, number]} */ ([figure, width, height]));
}

/**
 * A figure as PNG; a browser that has died or hangs is replaced once.
 * @param {{ data: unknown[], layout?: object }} figure
 * @param {{ width: number, height: number }} size in pixels
 * @returns {Promise<string>} a PNG in base64
 */
exports.renderPng = async (figure, size) => {
  for (let attempt = 1; ; attempt++) {
    const late = wait(DRAW_MS, "", { ref: false });
    try {
      const url = await Promise.race([draw(JSON.stringify(figure), size), late]);
      if (!url) throw new Error(`it drew nothing for ${DRAW_MS / 1000} s`);
      return url.slice(url.indexOf(",") + 1);
    } catch (error) {
      const opened = page;
      page = null;
      void opened?.then((p) => p.context().browser()?.close()).catch(() => {});
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      if (attempt === 2) {
        throw new Error(`no still image from the browser (${reason}): \`npm run doctor\` says why, \`npm run setup\` brings a browser`);
      }
    }
  }
};

/** Ends the browser, if there is one. */
exports.closeBrowser = async () => {
  const opened = await page?.catch(() => null);
  page = null;
  await opened?.context().browser()?.close();
};
