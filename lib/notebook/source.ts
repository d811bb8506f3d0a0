/** The library's own lines, quoted in a notebook: what is read there is what runs. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { checkOptions, checkText, checkWhole } from "../base/check";
import { projectRoot } from "../base/project";
import { markdown } from "./display";

/**
 * Shows the code under an equation's mark, `// Eq. (11)`.
 * @param file a file of lib/, such as models/tdlgm.ts
 * @param lines how many lines before the mark and after it
 * @throws Error if the file has no such mark
 */
export function inLib(file: string, equation: number, options: { before?: number; after?: number } = {}): void {
  checkText(file, "file", "a path");
  checkWhole(equation, "equation", 1);
  checkOptions(options, "options", ["before", "after"]);
  const { before = 0, after = 1 } = options;
  const lines = readFileSync(path.join(projectRoot(), "lib", file), "utf8").split("\n");
  const at = lines.findIndex((line) => line.trim() === `// Eq. (${equation})`);
  if (at < 0) throw new Error(`lib/${file} has no line marked Eq. (${equation})`);
  const part = lines.slice(Math.max(0, at - before), at + after + 1);
  const indent = Math.min(...part.map((line) => line.search(/\S/)));
  const text = part.map((line) => `    ${line.slice(indent)}`).join("\n"); // indented by four: code in Markdown
  markdown(`\`lib/${file}\`:\n\n${text}`);
}
