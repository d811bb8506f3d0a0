// npm run record: executes the notebooks anew in full, with the shipped runs, and writes the results into the committed ones and README.md.
import { cpus } from "node:os";
import { environment, projectRoot } from "./env.mjs";
import { executeNotebooks, notebookNames, record } from "./notebooks.mjs";
import { command, duration, PlainError, runTypeScript } from "./process.mjs";
import { setUp } from "./setup.mjs";
import { standInNote } from "./trace.mjs";

await command(async () => {
  await setUp();
  const note = standInNote(projectRoot);
  if (note) throw new PlainError(`Nothing is recorded without the trace. ${note}`);
  const start = performance.now();
  process.env.TDLGM_RUNS = "shipped"; // what is committed follows from what is committed
  await executeNotebooks({ budget: "full" });
  record();
  if ((await runTypeScript(projectRoot, "setup/tables.ts", ["--readme", "README.md"], environment())) !== 0) {
    throw new PlainError("README.md's table could not be written: the message stands above.");
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `Notebooks recorded: ${notebookNames().length}, in ${duration(seconds)} on ${cpus().length} cores: look at git diff notebooks.`,
  );
});
