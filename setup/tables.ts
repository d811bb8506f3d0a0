/**
 * Prints the tables as paper | ours mean ± sd (n) | trivial, from the finished runs. `--json FILE` writes them for the report, `--readme FILE`
 * puts the first into a Markdown file, between its marks.
 */
import * as fs from "node:fs";
import { parseArgs } from "node:util";
import { writeAtomically } from "../lib/checkpoint";
import { table1Cells, tdlgmRuns, tdlgmTable1 } from "../lib/experiments";
import { loadModel } from "../lib/models";
import { isStandIn, loadTrace } from "../lib/trace";

/** The text with what stands between `<!-- name… -->` and `<!-- /name -->` replaced. */
function between(text: string, name: string, content: string): string {
  const marks = new RegExp(`(<!-- ${name}[^>]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marks.test(text)) throw new Error(`there is no <!-- ${name} --> … <!-- /${name} --> to write the table into`);
  return text.replace(marks, (_, begin: string, end: string) => `${begin}${content}\n${end}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "string" }, readme: { type: "string" } } });
  const trace = await loadTrace();
  const runs = tdlgmRuns(trace);
  if (runs.length === 0)
    throw new Error("There is no finished run: npm run train -- --model tdlgm --seed 0 --out runs/tdlgm-seed-0 makes one.");
  const models = await Promise.all(runs.map((run) => loadModel(run.dir)));
  const { columns, rows } = table1Cells(await tdlgmTable1(trace, models));
  const seeds = runs.map((run) => `${run.record.seed}${run.shipped ? "" : " (trained here)"}`).join(", ");
  const caption = `Table 1, tDLGM: MSE of imputation on the test part; mean ± sd over seeds ${seeds}, 10 noise draws each${isStandIn(trace) ? "; STAND-IN DATA, not the paper's" : ""}`;
  const widths = columns.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c].length)));
  const line = (cells: string[]) =>
    cells
      .map((cell, c) => cell.padEnd(widths[c]))
      .join("  ")
      .trimEnd();
  console.log([caption, line(columns), ...rows.map(line)].join("\n"));
  if (values.json) writeAtomically(values.json, JSON.stringify([{ caption, columns, rows }]));
  if (values.readme) {
    const markdown = [columns, columns.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
    writeAtomically(values.readme, between(fs.readFileSync(values.readme, "utf8"), "table1", markdown));
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
