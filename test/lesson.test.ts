/** The lesson of 45 minutes: what its machine takes of them. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect, test } from "vitest";
import { executeNotebook } from "../setup/execute.mjs";
import { committedFile, onStandIn } from "../setup/notebooks.mjs";

const root = path.resolve(__dirname, "..");

// On the stand-in, which the shipped runs were not trained on, the cells train.
test.skipIf(onStandIn(root))("all cells together take at most three minutes", { timeout: 300_000 }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-lesson-"));
  try {
    const began = performance.now();
    await executeNotebook(committedFile(root, "lesson"), path.join(folder, "lesson.ipynb"), {
      budget: "full",
      runs: "shipped",
      show: () => {},
    });
    const seconds = (performance.now() - began) / 1000;
    console.log(`the lesson: ${seconds.toFixed(0)} s`);
    expect(seconds).toBeLessThan(180);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
