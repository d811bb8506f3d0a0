/** What the machine takes of the lesson's 45 minutes: all its cells, from the kernel's start. */
import * as path from "node:path";
import { projectRoot } from "../../lib/base/project";
import type { Part } from "./turns";

export async function lessonPart(folder: string): Promise<Part> {
  const { executeNotebook } = await import("../execute.mjs");
  const { committedFile } = await import("../notebooks.mjs");
  const began = performance.now();
  const options = { budget: "full", runs: "shipped", show: () => {} } as const;
  await executeNotebook(committedFile(projectRoot(), "lesson"), path.join(folder, "lesson.ipynb"), options);
  const time = performance.now() - began;
  return { title: "the lesson from top to bottom", rows: { "all cells": { ours: { median: time, p10: time } } }, notes: {} };
}
