// npm run reproduce [-- --from-scratch]: set-up, a training from scratch, the runs for the other seeds, every notebook in full,
// the report and the tables. With --notebook NAME (once or more) these notebooks alone are executed, with the runs that are there, and the
// report is refreshed.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { environment, paths, projectRoot } from "./env.mjs";
import { executeNotebooks } from "./execute.mjs";
import { chosen, notebookNames } from "./notebooks.mjs";
import { command, duration, isMain, PlainError, progressLine, run, runTypeScript, typeScript } from "./process.mjs";
import { writeReport } from "./report.mjs";
import { setUp } from "./setup.mjs";
import { standInNote } from "./trace.mjs";

/**
 * A training run: the arguments of `npm run train` but for its folder's name.
 * @typedef {{ name: string, args: string[] }} Training
 */

/** The seed that is always trained here, and all seeds whose mean the tables show. */
const LIVE = "tdlgm-seed-0";
const SEEDS = [0, 1, 2, 3, 4];

/**
 * A run's record, or undefined if there is no whole one.
 * @param {string} folder
 * @returns {{ seed: number, config: { kind: string }, data: { standIn: boolean } } | undefined}
 */
function readRecord(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, "result.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * All runs that the tables need: tDLGM's seeds, and whatever else the repository ships.
 * @param {string} root
 * @returns {Training[]}
 */
export function neededRuns(root) {
  const { shippedRuns } = paths(root);
  /** @type {Map<string, Training>} */
  const runs = new Map();
  for (const seed of SEEDS) {
    const name = `tdlgm-seed-${seed}`;
    runs.set(name, { name, args: ["--model", "tdlgm", "--seed", String(seed)] });
  }
  for (const name of existsSync(shippedRuns) ? readdirSync(shippedRuns).sort() : []) {
    const record = readRecord(join(shippedRuns, name));
    if (!record) continue;
    const { kind, ...config } = record.config;
    runs.set(name, { name, args: ["--model", kind, "--seed", String(record.seed), "--config", JSON.stringify(config)] });
  }
  return [...runs.values()];
}

/**
 * Which of the runs are to be trained besides the live one: with `fromScratch` all, else those of which neither runs/ nor
 * data/runs holds one on these data (a stand-in's runs are of no use on the trace, nor the other way round).
 * @param {string} root
 * @param {{ fromScratch: boolean, standIn: boolean }} options
 */
export function missingRuns(root, { fromScratch, standIn }) {
  const { runs, shippedRuns } = paths(root);
  const isThere = (/** @type {string} */ name) =>
    [runs, shippedRuns].some((folder) => readRecord(join(folder, name))?.data?.standIn === standIn);
  return neededRuns(root).filter(({ name }) => name !== LIVE && (fromScratch || !isThere(name)));
}

/**
 * Trains runs side by side, one a core and two at most, under one line of progress.
 * @param {string} root
 * @param {Training[]} trainings
 * @param {NodeJS.ProcessEnv} env
 */
async function trainAll(root, trainings, env) {
  const start = performance.now();
  const line = progressLine();
  /** @type {Map<string, number>} how much of each is done, from 0 to 1 */
  const done = new Map();
  const waiting = [...trainings];
  const show = () => {
    const sum = [...done.values()].reduce((a, b) => a + b, 0);
    const seconds = (performance.now() - start) / 1000;
    const left = sum > 0 ? `, about ${duration((seconds / sum) * (trainings.length - sum))} left` : "";
    const running = [...done].filter(([, part]) => part < 1).map(([name, part]) => `${name} ${Math.floor(100 * part)} %`);
    const finished = [...done.values()].filter((part) => part === 1).length;
    line.update(`  ${finished} of ${trainings.length} trained; ${running.join(", ")}${left}`);
  };
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { name, args } = next;
      done.set(name, 0);
      rmSync(join(paths(root).runs, name), { recursive: true, force: true });
      await run(process.execPath, [...typeScript(root), "setup/train.ts", ...args, "--out", join("runs", name)], {
        cwd: root,
        env,
        what: `Training ${name}`,
        onLine: (text) => {
          const step = /^step (\d+) of (\d+)/.exec(text);
          if (step) done.set(name, Math.min(0.999, Number(step[1]) / Number(step[2])));
          show();
          if (!text.startsWith("done:")) return;
          line.clear();
          console.log(`  ${name}: ${text.slice(6)}`);
        },
      });
      done.set(name, 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism(), trainings.length) }, worker));
  line.clear();
}

/**
 * Phases with their numbers and times. How long each took is kept, so that the next time tells better what is left.
 * @param {string} root
 * @param {Record<string, number>} expected the phases in order, each with the seconds it takes on two cores
 */
function phases(root, expected) {
  const file = join(paths(root).local, "reproduce-times.json");
  const names = Object.keys(expected);
  let known = expected;
  try {
    known = { ...expected, ...JSON.parse(readFileSync(file, "utf8")) };
  } catch {
    // no earlier run
  }
  const start = performance.now();
  let began = start;
  let index = -1;
  const since = (/** @type {number} */ time) => (performance.now() - time) / 1000;
  const left = () => {
    const [now, ...later] = names.slice(index).map((name) => known[name]);
    const seconds = Math.max(0, now - since(began)) + later.reduce((sum, one) => sum + one, 0);
    return `, about ${duration(Math.max(1, seconds))} left`;
  };
  return {
    left,
    /** @param {string} title */
    begin(title) {
      index++;
      began = performance.now();
      console.log(`\n(${index + 1}/${names.length}) ${title}: after ${duration(since(start))}${left()}`);
    },
    end() {
      known[names[index]] = since(began);
      writeFileSync(`${file}.part`, JSON.stringify(known));
      renameSync(`${file}.part`, file);
    },
    total: () => duration(since(start)),
  };
}

/**
 * Makes the tables and writes the report. Returns its path.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
async function refreshReport(root, env) {
  const file = join(paths(root).temporary, `tables-${process.pid}.json`);
  if ((await runTypeScript(root, "setup/tables.ts", ["--json", file], env)) !== 0) {
    throw new PlainError("The tables could not be made: the message stands above.");
  }
  const results = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
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
 * @param {boolean} fromScratch
 */
async function reproduce(root, fromScratch) {
  await setUp({ root });
  process.chdir(root);
  const note = standInNote(root);
  const standIn = note !== undefined;
  const env = { ...environment(root), TF_NUM_INTRAOP_THREADS: process.env.TF_NUM_INTRAOP_THREADS ?? "1" };
  const others = missingRuns(root, { fromScratch, standIn });
  const live = neededRuns(root).find(({ name }) => name === LIVE);
  if (!live) throw new PlainError(`There is no run named ${LIVE} to train.`);
  const notebooks = notebookNames(root);
  const phase = phases(root, {
    training: 22,
    ...(others.length ? { [`${others.length} trainings`]: 12 * others.length } : {}),
    [`${notebooks.length} notebooks`]: 20 * notebooks.length,
    tables: 10,
  });

  phase.begin(`Training tDLGM from scratch, seed 0, into runs/${LIVE}`);
  rmSync(join(paths(root).runs, LIVE), { recursive: true, force: true });
  if ((await runTypeScript(root, "setup/train.ts", [...live.args, "--out", join("runs", LIVE)], env)) !== 0) {
    throw new PlainError(`Training ${LIVE} failed or was stopped: its message stands above.`);
  }
  phase.end();

  if (others.length) {
    phase.begin(`Training ${others.map(({ name }) => name).join(", ")}`);
    await trainAll(root, others, env);
    phase.end();
  }
  const taken = neededRuns(root).filter(({ name }) => name !== LIVE && !others.some((other) => other.name === name));
  if (taken.length)
    console.log(`\nFinished runs are taken for ${taken.map(({ name }) => name).join(", ")} (-- --from-scratch trains them again).`);

  phase.begin(`Executing all notebooks in full (${notebooks.length})`);
  await executeNotebooks({ root, budget: "full", show: (text) => console.log(`${text}${phase.left()}`) });
  phase.end();

  phase.begin("Tables and report");
  const index = await refreshReport(root, env);
  phase.end();
  if (note) console.log(`\n${note}`);
  console.log(`\nDone in ${phase.total()}. The report: ${index}`);
}

if (isMain(import.meta.url)) {
  await command(() => {
    const options = /** @type {const} */ ({
      "from-scratch": { type: "boolean", default: false },
      notebook: { type: "string", multiple: true },
    });
    const { values, tokens } = parseArgs({ options, strict: false, tokens: true });
    const unknown = tokens
      .filter((token) => token.kind !== "option" || !(token.name in options))
      .map(({ index }) => process.argv[2 + index]);
    if (unknown.length)
      throw new PlainError(`npm run reproduce doesn't know ${unknown.join(" ")}: it takes --from-scratch or --notebook NAME.`);
    const names = (values.notebook ?? []).filter((name) => typeof name === "string");
    if (values.notebook && (values["from-scratch"] || names.length < values.notebook.length))
      throw new PlainError("npm run reproduce takes --notebook with the name of a notebook, and without --from-scratch.");
    return names.length ? refresh(projectRoot, names) : reproduce(projectRoot, values["from-scratch"] === true);
  });
}
