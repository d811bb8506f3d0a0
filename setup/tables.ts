/**
 * Prints the tables as paper | ours mean ± sd (n) | trivial, from the finished runs' scores. `--json FILE` writes them for the report, with
 * the runs that they follow from; `--readme FILE` puts the short ones into a Markdown file, each between its marks, and above them the
 * first notebook's picture, as README.png beside it.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { writeAtomically } from "../lib/base/files";
import { projectRoot } from "../lib/base/project";
import { sha256 } from "../lib/base/sha256";
import type { Series } from "../lib/data/series";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { METRICS_FILE } from "../lib/paper/record";
import { findRun } from "../lib/paper/runs";
import { fullTables, type ResultTable, shortTables, tableErrors, tableScores } from "../lib/paper/tables";
import { program, readArguments } from "./arguments";

/** The text with what stands between `<!-- name… -->` and `<!-- /name -->` replaced. */
function between(text: string, name: string, content: string): string {
  const marks = new RegExp(`(<!-- ${name}[^>]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marks.test(text)) throw new Error(`there is no <!-- ${name} --> … <!-- /${name} --> to write the table into`);
  return text.replace(marks, (_, begin: string, end: string) => `${begin}${content}\n${end}`);
}

/** Of each run behind the tables: its settings, its seed, where it lies, the sha256 of its scores. */
function sources(all: ResultTable[], series: Series): Record<string, object> {
  const names = new Set(all.flatMap(({ rows }) => rows.flat().flatMap(({ runs }) => runs ?? [])));
  return Object.fromEntries(
    [...names].map((name) => {
      const found = findRun(name, series);
      if (!found) throw new Error(`the run ${name}, which the tables name, is not there`);
      const { config, seed, share, from, device } = found.record;
      const scores = fs.readFileSync(path.join(found.dir, METRICS_FILE));
      return [name, { config, seed, share, from, shipped: found.shipped, device, metrics: sha256(scores) }];
    }),
  );
}

program(async () => {
  const { values } = readArguments("npx tsx setup/tables.ts [--json FILE] [--readme FILE]", {
    options: { json: { type: "string" }, readme: { type: "string" } },
  });
  const series = requestSeries(await loadTrace());
  const scores = await tableScores(series);
  const all = [...shortTables(scores, await tableErrors(series)), ...fullTables(scores)];
  for (const { caption, columns, rows } of all) {
    const texts = rows.map((row) => row.map((cell) => cell.text));
    const widths = columns.map((name, c) => Math.max(name.length, ...texts.map((row) => row[c].length)));
    const line = (cells: string[]) => cells.map((cell, c) => cell.padEnd(widths[c])).join("  ");
    console.log([caption, line(columns), ...texts.map(line), ""].map((text) => text.trimEnd()).join("\n"));
  }
  if (values.json) writeAtomically(values.json, JSON.stringify({ tables: all, runs: sources(all, series) }));
  if (!values.readme) return;
  let text = fs.readFileSync(values.readme, "utf8");
  for (const { id, caption, columns, rows } of all.filter((one) => one.id.endsWith("-short"))) {
    const lines = [columns, columns.map(() => "---"), ...rows.map((row) => row.map((cell) => cell.text))];
    text = between(text, id, [`**${caption}**`, "", ...lines.map((cells) => `| ${cells.join(" | ")} |`)].join("\n"));
  }
  const { png, alt } = picture();
  const file = path.join(path.dirname(values.readme), "README.png");
  writeAtomically(file, png);
  text = between(text, "picture", `![${alt}](${path.basename(file)})`);
  writeAtomically(values.readme, text);
});

/** The first figure of the first notebook as it is committed, for the top of a page. */
function picture(): { png: Buffer; alt: string } {
  const notebook = path.join(projectRoot(), "notebooks/00-start.ipynb");
  const { cells } = JSON.parse(fs.readFileSync(notebook, "utf8"));
  for (const { data, metadata } of cells.flatMap((cell: { outputs?: object[] }) => cell.outputs ?? []))
    if (data?.["image/png"]) return { png: Buffer.from(data["image/png"], "base64"), alt: metadata.tdlgm.alt };
  throw new Error(`${notebook} holds no picture: npm run record makes it`);
}
