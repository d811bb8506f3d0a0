// Drives workflow/Snakefile: what is to be done, one line of progress, and what a killed one left behind.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { environment, paths } from "./env.mjs";
import { withLock } from "./lock.mjs";
import { duration, PlainError, run, timeLeft, withProgress } from "./process.mjs";
import { output } from "./tools.mjs";

/**
 * A job of the workflow.
 * @typedef {{ rule: "train" | "evaluate" | "score", name: string }} Job
 */

/** About how many seconds a job takes on one core, and the share of its training in that. */
const SECONDS = { train: 15, evaluate: 4, score: 30 };
const TRAINING = { train: 1, evaluate: 0, score: 0.7 };

/**
 * Snakemake's arguments and options for this project's runs. TDLGM_WORKFLOW_FOLDER names another folder than runs/.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
function snakemake(root, env) {
  const { venv, runs, local } = paths(root);
  const folder = env.TDLGM_WORKFLOW_FOLDER ?? runs;
  const cores = String(availableParallelism());
  return {
    folder,
    command: join(venv, "bin", "snakemake"),
    args: ["--snakefile", join(root, "workflow", "Snakefile"), "--directory", folder, "--cores", cores],
    options: { cwd: root, env: { ...environment(root, env), XDG_CACHE_HOME: join(local, "cache") } },
  };
}

/**
 * A reader of Snakemake's output that tells of each job as it starts, ends or fails.
 * @param {(event: "start" | "end" | "fail", job: Job) => void} tell
 */
export function jobReader(tell) {
  /** @type {Map<string, Job>} */
  const jobs = new Map();
  let rule = "";
  let id = "";
  return (/** @type {string} */ line) => {
    const begins = /^(?:local)?rule (\w+):/.exec(line);
    if (begins) [rule, id] = [begins[1], ""];
    if (/^Error in rule \w+/.test(line)) [rule, id] = ["error", ""];
    id = /^ {4}jobid: (\d+)/.exec(line)?.[1] ?? id;
    const failed = rule === "error" && jobs.get(id);
    if (failed) {
      tell("fail", failed);
      rule = "";
    }
    const name = /^ {4}wildcards: run=(.+)$/.exec(line)?.[1];
    if (name && Object.hasOwn(SECONDS, rule)) {
      const job = /** @type {Job} */ ({ rule, name });
      jobs.set(id, job);
      tell("start", job);
    }
    const ended = jobs.get(/^Finished jobid: (\d+)/.exec(line)?.[1] ?? "");
    if (ended) tell("end", ended);
  };
}

/**
 * A file's lines, or none if there is no file.
 * @param {string} file
 */
const lines = (file) => (existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : []);

/** @param {Job[]} jobs */
const work = (jobs) => jobs.reduce((sum, { rule }) => sum + SECONDS[rule], 0);

/**
 * The state of all jobs as one line: how many are done, what runs, how far each training is, and the time left by the rate so far.
 * @param {Job[]} jobs
 * @param {string} folder
 */
function overview(jobs, folder) {
  const [running, done] = /** @type {[Set<Job>, Set<Job>]} */ ([new Set(), new Set()]);
  const cores = Math.min(availableParallelism(), jobs.length);
  const began = performance.now();
  return {
    /** @param {"start" | "end" | "fail"} event @param {Job} job */
    tell(event, job) {
      running.delete(job);
      (event === "start" ? running : done).add(job);
    },
    line() {
      let doneWork = work([...done]);
      const now = [...running].map(({ rule, name }) => {
        if (rule === "evaluate") return `scoring ${name}`;
        const [, step, steps] = /^step (\d+) of (\d+)/.exec(lines(join(folder, name, `${rule}.log`)).at(-1) ?? "") ?? [];
        doneWork += step ? (SECONDS[rule] * TRAINING[rule] * Number(step)) / Number(steps) : 0;
        if (rule === "score" && step === steps && step) return `scoring ${name}`;
        return step ? `${name} step ${step} of ${steps}` : name;
      });
      const left = timeLeft(work(jobs) / cores, doneWork / cores, (performance.now() - began) / 1000);
      return `  ${done.size} of ${jobs.length} jobs; ${now.join(", ") || "starting"}; about ${duration(left)} left`;
    },
  };
}

/**
 * Takes away the lock that Snakemake left in the folder when it was killed. The Snakefile wrote whose lock it is.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
async function unlock(root, env) {
  const { folder, command, args, options } = snakemake(root, env);
  const locks = join(folder, ".snakemake", "locks");
  if (!existsSync(locks) || !readdirSync(locks).length) return;
  const [pid] = lines(join(folder, ".snakemake", "pid"));
  if (pid && output("ps", ["-o", "args=", "-p", pid])?.includes("snakemake"))
    throw new PlainError(`Snakemake works in ${folder} already, as process ${pid}: start again when it has ended.`);
  await run(command, [...args, "--unlock"], { ...options, what: "Taking away the lock of a workflow that was killed" });
}

/**
 * Trains and evaluates what these targets lack. Goes on where a killed one stopped; waits while another one works in the folder.
 * @param {string} root
 * @param {string[]} targets
 * @param {NodeJS.ProcessEnv} [env]
 * @param {(seconds: number) => void} [onPlan] is told how long it will take, about
 */
export function runWorkflow(root, targets, env = process.env, onPlan = () => {}) {
  const { folder, command, args, options } = snakemake(root, env);
  return withLock(join(folder, ".snakemake", "reproduce.lock"), "the workflow", async () => {
    await unlock(root, env);
    /** @type {Job[]} */
    const jobs = [];
    const plan = jobReader((_, job) => jobs.push(job));
    await run(command, [...args, "--dry-run", ...targets], { ...options, what: "Planning the workflow", onLine: plan });
    onPlan(work(jobs) / Math.max(1, Math.min(availableParallelism(), jobs.length)));
    if (jobs.length === 0) return console.log("  All runs are there and follow from their settings, the data and the code.");
    const view = overview(jobs, folder);
    /** @type {string[]} */
    const failures = [];
    const onLine = jobReader((event, job) => {
      view.tell(event, job);
      const log = join(folder, job.name, `${job.rule}.log`);
      if (event === "fail") failures.push(`${log}: ${lines(log).at(-1)}`);
    });
    // As a group: Snakemake alone would wait for its jobs, which end at SIGINT with a checkpoint.
    const make = () => run(command, [...args, ...targets], { ...options, onLine, group: true });
    await withProgress(view.line, make).catch((error) => {
      const stopped = error.details.includes("Terminating processes on user request") || failures.length === 0;
      const what = stopped ? "The workflow was stopped" : `${failures.length} of ${jobs.length} jobs failed`;
      throw new PlainError(`${what}; the same command goes on from what is there.`, stopped ? error.details : failures.join("\n"));
    });
  });
}
