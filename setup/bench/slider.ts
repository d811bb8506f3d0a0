/** How long a reader waits for a new figure after a move of a slider, in JupyterLab: from the key to the figure's new title, in the page. */
import { Lab } from "../../test/lab";
import type { Part, Row } from "./turns";

const MOVES = 60;

/** What a slider asks for: a curve, and an imputation of a window by a model. */
const CELLS = [
  "import { interact } from './lib/notebook/interact';\nimport { slider } from './lib/notebook/controls';\nimport { createModel } from './lib/models/model';\nimport { impute } from './lib/training/imputation';",
  `const x = Array.from({ length: 500 }, (_, i) => i / 50);
await interact({ a: slider(0, 1) }, ({ a }) => ({ data: [{ x, y: x.map((v) => Math.sin(a * v)) }], layout: { title: { text: String(a) } } } as never));`,
  `const model = createModel({ kind: "tdlgm" }, 0);
await interact({ a: slider(0, 1) }, async ({ a }) => {
  const y = await impute(model, Float32Array.from({ length: 100 }, (_, i) => (a * i) % 1), { seed: 0, xi: "mean" });
  return { data: [{ y }], layout: { title: { text: String(a) } } } as never;
});`,
];

/** Runs in the page: notes the time of each key and of each change of the title after it. */
const WATCH = `window.waits = []; window.asked = null;
document.addEventListener("keydown", () => { window.asked = performance.now(); }, true);
window.watch?.disconnect();
window.watch = new MutationObserver(() => {
  const text = document.querySelectorAll(".gtitle")[WHICH]?.textContent;
  if (text === window.shown) return;
  window.shown = text;
  if (window.asked !== null) window.waits.push(performance.now() - window.asked);
  window.asked = null;
});
window.watch.observe(document.body, { subtree: true, childList: true, characterData: true });`;

/** Milliseconds of each move. */
async function moves(lab: Lab, which: number): Promise<number[]> {
  const { page } = lab;
  await page.locator(".gtitle").nth(which).waitFor();
  await page.evaluate(WATCH.replace("WHICH", String(which)));
  await page.locator(".noUi-handle").nth(which).focus();
  for (let i = 1; i <= MOVES; i++) {
    await page.keyboard.press(i % 40 < 20 ? "ArrowRight" : "ArrowLeft");
    await page.waitForFunction(`window.waits.length >= ${i}`);
  }
  return page.evaluate("window.waits");
}

/** Two sliders of one notebook. */
export async function sliderPart(): Promise<Part> {
  const lab = await Lab.start({ slider: CELLS });
  try {
    await lab.newPage();
    await lab.open("/lab/tree/slider.ipynb?reset");
    const rows: Record<string, Row> = {};
    await lab.runCell(0);
    for (const [i, name] of ["a curve of 500 points", "an imputation of 100 values"].entries()) {
      await lab.runCell(i + 1);
      const times = (await moves(lab, i)).sort((a, b) => a - b);
      rows[name] = { ours: { median: times[MOVES / 2], p10: times[MOVES / 10] } };
    }
    await lab.closePage();
    return { title: "a slider in JupyterLab", rows, notes: {} };
  } finally {
    await lab.close();
  }
}
