/** What a reader clicks and expects in every notebook: links that lead somewhere, its time and needs on top, the way on at its end. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const folder = path.resolve(__dirname, "../notebooks");
type Cell = import("../setup/notebooks.mjs").Cell;
const joined = (text: string | string[] | undefined): string => (Array.isArray(text) ? text.join("") : (text ?? ""));
const names = readdirSync(folder)
  .flatMap((file) => (file.endsWith(".ipynb") ? [path.basename(file, ".ipynb")] : []))
  .sort();
const cellsOf = (name: string): Cell[] => JSON.parse(readFileSync(path.join(folder, `${name}.ipynb`), "utf8")).cells;
const proseOf = (name: string): string[] => cellsOf(name).flatMap((cell) => (cell.cell_type === "markdown" ? [joined(cell.source)] : []));
/** The fragments that lead to a notebook's headings, in JupyterLab as in the report. */
const anchorsOf = (name: string): string[] =>
  [
    ...proseOf(name)
      .join("\n\n")
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading]) => heading.replace(/[`*]/g, "").trim().replaceAll(" ", "-"));

describe.each(names)("%s", (name) => {
  test("has links to notebooks and headings that are there", () => {
    const links = [
      ...proseOf(name)
        .join("\n")
        .matchAll(/\]\(((?:[^()\s]|\([^()]*\))+)\)/g),
    ].map(([, target]) => target);
    for (const target of links.filter((link) => !/^https?:/.test(link))) {
      const [file, anchor] = target.split("#");
      expect(file, target).toMatch(/^([\w-]+\.ipynb)?$/);
      expect(existsSync(path.join(folder, file)), target).toBe(true);
      if (anchor) expect(anchorsOf(file ? path.basename(file, ".ipynb") : name), target).toContain(anchor);
    }
  });

  test("says on top what its reader can do afterwards, its time and what it needs, and links on at its end", () => {
    const [top] = proseOf(name);
    expect(top).toMatch(/^# .+\n\n\*\*At the end you can\*\* /);
    for (const word of ["- **Time:** ", "- **You need:** "]) expect(top).toContain(word);
    const last = joined(cellsOf(name).at(-1)?.source);
    const numbered = names.filter((other) => /^\d/.test(other));
    const at = numbered.indexOf(name);
    const around = at < 0 ? [numbered[0]] : [numbered[at - 1], numbered[at + 1]].filter(Boolean);
    for (const other of around) expect(last).toContain(`(${other}.ipynb)`);
    expect(last).toContain("(00-start.ipynb#Symbols)");
  });
});
