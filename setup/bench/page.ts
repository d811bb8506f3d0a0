/** How long a slider of the explorable page takes to answer, in Chromium. */
import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { projectRoot } from "../../lib/base/project";
import { page as explorePage } from "../explore/build";
import { inTurns, type Part, type Row } from "./turns";

/** The slider of each figure that is moved. */
const SLIDERS: Record<string, string> = {
  value: "noise",
  noise: "printed",
  map: "sd",
  score: "from",
  film: "moment",
  futures: "at",
};
/** Moves in a turn. */
const MOVES = 10;

/**
 * Moves a slider step by step, towards its middle and then about it, and times each move in the page: from the event to the end of the drawing, and on to the end of the frame that
 * shows it, which comes every 17 ms.
 */
const MOVE = `async ([figure, name, moves]) => {
  const root = document.querySelector('[data-figure="' + figure + '"]');
  const slider = root.querySelector('input[name="' + name + '"]');
  const times = { drawn: [], shown: [] };
  for (let i = 0; i < moves; i++) {
    const began = performance.now();
    const middle = (Number(slider.min) + Number(slider.max)) / 2;
    slider.value = Number(slider.value) + (Number(slider.value) > middle ? -1 : 1) * Number(slider.step);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await null; // it draws at the end of the event
    root.getBoundingClientRect();
    times.drawn.push(performance.now() - began);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    times.shown.push(performance.now() - began);
  }
  return times;
}`;

/** Each figure's slider, in turns. */
export async function pagePart(folder: string): Promise<Part> {
  const file = path.join(folder, "explore.html");
  fs.writeFileSync(file, await explorePage());
  const { browserLaunch } = await import("../browser.mjs");
  const browser = await chromium.launch(browserLaunch(projectRoot()));
  const rows: Record<string, Row> = {};
  try {
    const page = await browser.newPage({ viewport: { width: 1180, height: 900 } });
    for (const [figure, slider] of Object.entries(SLIDERS)) {
      await page.goto(`${pathToFileURL(file).href}#figure=${figure}`);
      const measure = async (what: "drawn" | "shown") => {
        const times = (await page.evaluate(`(${MOVE})(${JSON.stringify([figure, slider, MOVES])})`)) as Record<string, number[]>;
        return times[what];
      };
      await measure("shown"); // until the code is compiled
      rows[figure] = await inTurns({ ours: () => measure("shown"), "of it drawing": () => measure("drawn") }, 3);
    }
  } finally {
    await browser.close();
  }
  return { title: "a slider of the explorable page, to the frame that shows it", rows, notes: {} };
}
