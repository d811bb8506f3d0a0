// npm run record [-- NAME ...] executes all notebooks, or the named ones, in full with the shipped runs, and writes their outputs into the
// committed notebooks and the tables into README.md. With --check it writes nothing and compares the new numbers with the committed ones.
import { cpus } from "node:os";
import { TOLERANCE } from "./compare.mjs";
import { environment, paths, projectRoot } from "./env.mjs";
import { executeNotebooks } from "./execute.mjs";
import { staleParts } from "./follows.mjs";
import { withLock } from "./lock.mjs";
import { chosen } from "./notebooks.mjs";
import { command, duration, PlainError, readArguments, runTypeScript } from "./process.mjs";
import { checkNotebooks, recordNotebooks } from "./recording.mjs";
import { setUp } from "./setup.mjs";
import { standInNote } from "./trace.mjs";

/**
 * @param {string} root
 * @param {string[]} names
 */
async function write(root, names) {
  recordNotebooks(root, names);
  const env = { ...environment(root), TDLGM_RUNS: "shipped" };
  if ((await runTypeScript(root, "setup/tables.ts", ["--readme", "README.md"], env)) !== 0)
    throw new PlainError("README.md's tables could not be written: see the message above.");
  return `Notebooks recorded: ${names.join(", ")}`;
}

/**
 * @param {string} root
 * @param {string[]} names
 */
function check(root, names) {
  for (const stale of names.flatMap((name) => staleParts(root, name))) console.log(`Note: ${stale}`);
  const found = checkNotebooks(root, names);
  for (const difference of found) console.log(difference);
  if (found.length)
    throw new PlainError(`The committed numbers did not come out again: differences: ${found.length}, each on a line above.`);
  return `The numbers of ${names.join(", ")} came out again within their tolerance (${100 * TOLERANCE} % where a cell states no other)`;
}

await command(async () => {
  const options = /** @type {const} */ ({ check: { type: "boolean" } });
  const { values, positionals } = readArguments("npm run record -- [--check] [NOTEBOOK ...]", { options, allowPositionals: true });
  const names = chosen(projectRoot, positionals);
  await setUp();
  const note = standInNote(projectRoot);
  if (note) throw new PlainError(`Nothing is recorded or checked without the trace. ${note}`);
  const start = performance.now();
  const said = await withLock(paths().workLock, "record", async () => {
    await executeNotebooks({ names, budget: "full", runs: "shipped" }); // what is committed follows from what is committed
    return values.check ? check(projectRoot, names) : write(projectRoot, names);
  });
  console.log(`${said}, in ${duration((performance.now() - start) / 1000)} on ${cpus().length} cores.`);
});
