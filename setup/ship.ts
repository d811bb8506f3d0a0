/**
 * Takes finished runs out of runs/ into data/runs/, which the repository ships: the record as it is, the weights without Adam's moments.
 *
 *   npm run ship [-- NAME ...]     (all runs of runs/ when none is named)
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { writeAtomically } from "../lib/checkpoint";
import { weighted } from "../lib/model";
import { loadModel, saveCheckpoint } from "../lib/models";
import { projectRoot } from "../lib/project";

async function main(): Promise<void> {
  const from = path.join(projectRoot(), "runs");
  const names = process.argv.length > 2 ? process.argv.slice(2) : fs.readdirSync(from).sort();
  for (const name of names) {
    const record = fs.readFileSync(path.join(from, name, "result.json"), "utf8");
    if (JSON.parse(record).data.standIn) throw new Error(`runs/${name} was trained on a stand-in: only runs on the trace are shipped`);
    const to = path.join(projectRoot(), "data/runs", name);
    saveCheckpoint(weighted(await loadModel(path.join(from, name))), to, { moments: false });
    writeAtomically(path.join(to, "result.json"), record);
    console.log(`data/runs/${name}`);
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
