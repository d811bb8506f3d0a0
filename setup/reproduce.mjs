// npm run reproduce: set-up, the runs by the workflow, every notebook in full, the tables and the report. Without a flag it trains seed 0 of
// tDLGM from scratch, and those runs of Tables 1-3 that neither runs/ nor data/runs holds. --from-scratch makes all runs of Tables 1-3
// again, --readings, --grid and --generators those of these groups, --columns the models and twins of lib/paper/columns.ts. --notebook NAME
// (once or more) executes these notebooks alone, with the runs that are there, and writes the report again.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { environment, paths, projectRoot } from "./env.mjs";
import { executeNotebooks } from "./execute.mjs";
import { writeWhole } from "./files.mjs";
import { withLock } from "./lock.mjs";
import { chosen, notebookNames } from "./notebooks.mjs";
import { command, duration, isMain, PlainError, readArguments, run, runTypeScript, timeLeft, typeScript } from "./process.mjs";
import { writeReport } from "./report.mjs";
import { setUp } from "./setup.mjs";
import { standInNote } from "./trace.mjs";
import { runWorkflow } from "./workflow.mjs";

/** The run that is always trained here. */
const LIVE = "tdlgm-seed-0";
/** @typedef {"tables" | "readings" | "grid" | "generators" | "columns"} Group */

/**
 * The names of the planned runs of a group.
 * @param {string} root
 * @param {Group} group
 */
async function plannedNames(root, group) {
  const plan = await run(process.execPath, [...typeScript(root), "setup/plan.ts"], {
    cwd: root,
    env: environment(root),
    what: "Reading the plan",
  });
  /** @type {{ name: string, group: string }[]} */
  const runs = JSON.parse(plan).runs;
  return runs.filter((one) => one.group === group).map(({ name }) => name);
}

/**
 * Whether a folder holds a run on these data. Runs on a stand-in don't serve the trace, nor the other way round.
 * @param {string} folder
 * @param {boolean} standIn
 */
function isThere(folder, standIn) {
  try {
    const record = JSON.parse(readFileSync(join(folder, "result.json"), "utf8"));
    return record.data?.standIn === standIn && existsSync(join(folder, "metrics.json"));
  } catch {
    return false;
  }
}

/**
 * The runs that the workflow makes or checks: the live one, those made here, and those that are not shipped.
 * @param {string} root
 * @param {string[]} names
 * @param {boolean} standIn
 */
export function ownRuns(root, names, standIn) {
  const { runs, shippedRuns } = paths(root);
  return names.filter((name) => name === LIVE || existsSync(join(runs, name, "result.json")) || !isThere(join(shippedRuns, name), standIn));
}

/**
 * Begins from scratch: removes the runs, once. A mark remains until all are there again, so that after a kill the same command goes on.
 * @param {string} root
 * @param {string[]} names
 */
export function beginFromScratch(root, names) {
  const mark = join(paths(root).runs, ".from-scratch");
  if (existsSync(mark)) {
    console.log("Going on with the runs from scratch that were stopped before their end (runs/.from-scratch says so).");
    return mark;
  }
  for (const name of names) rmSync(join(paths(root).runs, name), { recursive: true, force: true });
  writeWhole(mark, "");
  return mark;
}

/**
 * Phases with their numbers and times; the time left follows from the plan and from how fast the phases have gone so far.
 * @param {number[]} expected the seconds that each takes on two cores, in order
 * @param {() => number} [now] in seconds
 */
export function phases(expected, now = () => performance.now() / 1000) {
  const seconds = [...expected];
  const start = now();
  let index = -1;
  const sum = (/** @type {number[]} */ list) => list.reduce((a, b) => a + b, 0);
  const left = (/** @type {number} */ share) => {
    const done = sum(seconds.slice(0, index)) + share * seconds[index];
    return `, about ${duration(timeLeft(sum(seconds), done, now() - start))} left`;
  };
  return {
    left,
    /** @param {string} title @param {number} [planned] seconds that it takes, as its plan has it */
    begin(title, planned) {
      index++;
      seconds[index] = planned ?? seconds[index];
      console.log(`\n(${index + 1}/${seconds.length}) ${title}: after ${duration(now() - start)}${left(0)}`);
    },
    total: () => duration(now() - start),
  };
}

/**
 * Makes the tables and the explorable figures, and writes the report. Returns its path.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
async function refreshReport(root, env) {
  const file = join(paths(root).temporary, `tables.${process.pid}.tmp`);
  if ((await runTypeScript(root, "setup/tables.ts", ["--json", file], env)) !== 0) {
    throw new PlainError("The tables could not be made: see the message above.");
  }
  const results = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  if ((await runTypeScript(root, "setup/explore/build.ts", [paths(root).report, "report"], env)) !== 0) {
    throw new PlainError("The explorable figures could not be made: see the message above.");
  }
  return writeReport({ root, results });
}

/**
 * Executes these notebooks alone, with the runs that are there, and refreshes the report.
 * @param {string} root
 * @param {string[]} named
 */
async function refresh(root, named) {
  const names = chosen(root, named);
  await setUp({ root });
  const start = performance.now();
  await executeNotebooks({ root, names, budget: "full" });
  const index = await refreshReport(root, environment(root));
  const note = standInNote(root);
  if (note) console.log(`\n${note}`);
  console.log(`\nDone in ${duration((performance.now() - start) / 1000)}. The report: ${index}`);
}

/**
 * @param {string} root
 * @param {{ fromScratch?: boolean, groups?: Group[] }} options `groups`: besides or instead of the tables' runs
 */
async function reproduce(root, { fromScratch = false, groups = [] }) {
  await setUp({ root });
  process.chdir(root);
  const note = standInNote(root);
  const env = environment(root);
  const names = await plannedNames(root, "tables");
  const own = groups.length && !fromScratch ? [] : fromScratch ? names : ownRuns(root, names, note !== undefined);
  const notebooks = notebookNames(root);
  const phase = phases([0, 20 * notebooks.length, 10]);

  const what = [
    own.length === 1 ? LIVE : own.length ? `${own.length} runs of Tables 1-3` : "",
    ...groups.map((name) => `the runs of the ${name}`),
  ];
  const title = `Training and scoring ${what.filter(Boolean).join(", ")} into runs/`;
  const mark = fromScratch ? beginFromScratch(root, names) : undefined;
  if (!fromScratch && own.length) rmSync(join(paths(root).runs, LIVE), { recursive: true, force: true });
  await runWorkflow(root, [...own.map((name) => `${name}/metrics.json`), ...groups], env, (seconds) => phase.begin(title, seconds));
  if (mark) rmSync(mark);
  const taken = names.length - own.length;
  if (taken && !groups.length) console.log(`\nThe shipped runs are taken for the other ${taken} (-- --from-scratch makes them again).`);

  phase.begin(`Executing all notebooks in full (${notebooks.length})`);
  await executeNotebooks({ root, budget: "full", show: (text, share) => console.log(`${text}${phase.left(share)}`) });

  phase.begin("Tables and report");
  const index = await refreshReport(root, env);
  if (note) console.log(`\n${note}`);
  console.log(`\nDone in ${phase.total()}. The report: ${index}`);
}

if (isMain(import.meta.url)) {
  await command(() => {
    const flag = /** @type {const} */ ({ type: "boolean" });
    const notebook = /** @type {const} */ ({ type: "string", multiple: true });
    const usage =
      "npm run reproduce -- [--from-scratch] [--readings] [--grid] [--generators] [--columns], or with --notebook NAME alone, once or more";
    const options = { "from-scratch": flag, readings: flag, grid: flag, generators: flag, columns: flag, notebook };
    const { values } = readArguments(usage, { options });
    const fromScratch = values["from-scratch"];
    const groups = /** @type {const} */ (["readings", "grid", "generators", "columns"]).filter((name) => values[name]);
    if (values.notebook && (fromScratch || groups.length))
      throw new PlainError(`--notebook takes no other flag beside it; the command is: ${usage}`);
    const work = () => (values.notebook ? refresh(projectRoot, values.notebook) : reproduce(projectRoot, { fromScratch, groups }));
    return withLock(paths().workLock, "reproduce", work);
  });
}
