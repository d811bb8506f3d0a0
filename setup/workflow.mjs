// Drives workflow/Snakefile: what is to be done, one line of progress for all of it, and what a killed one left behind.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { environment, paths } from "./env.mjs";
import { duration, PlainError, progressLine, run } from "./process.mjs";

/**
 * A job of the workflow.
 * @typedef {{ rule: "train" | "evaluate", name: string }} Job
 */

/** Seconds of a job on one core where no run tells, by the beginning of the run's name. */
const SECONDS = { train: { tdlgm: 17, dlgm: 3, rnn: 7, grid: 12 }, evaluate: { tdlgm: 4, dlgm: 3, rnn: 6, grid: 4 } };
/** What a training takes to start and to load the data. */
const START = 2;

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
    if (name && (rule === "train" || rule === "evaluate")) {
      const job = /** @type {Job} */ ({ rule, name });
      jobs.set(id, job);
      tell("start", job);
    }
    const ended = jobs.get(/^Finished jobid: (\d+)/.exec(line)?.[1] ?? "");
    if (ended) tell("end", ended);
  };
}

/**
 * The last `length` characters of a file, or "" if there is none.
 * @param {string} file
 */
function tail(file, length = 400) {
  let handle;
  try {
    handle = openSync(file, "r");
    const { size } = fstatSync(handle);
    const bytes = Buffer.alloc(Math.min(length, size));
    readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8");
  } catch {
    return "";
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/**
 * How long jobs take in proportion to one another: a training as those of its family took that are there.
 * @param {string} root
 * @param {string} folder
 */
function weigher(root, folder) {
  /** @type {Map<string, number[]>} */
  const known = new Map();
  const family = (/** @type {string} */ name) => name.replace(/-(seed-)?\d+$/, "");
  for (const runs of [folder, paths(root).shippedRuns]) {
    for (const name of existsSync(runs) ? readdirSync(runs) : []) {
      try {
        const { seconds } = JSON.parse(readFileSync(join(runs, name, "result.json"), "utf8"));
        if (seconds > 0) known.set(family(name), [...(known.get(family(name)) ?? []), seconds]);
      } catch {
        // not a finished run
      }
    }
  }
  return (/** @type {Job} */ { rule, name }) => {
    const seconds = rule === "train" ? known.get(family(name)) : undefined;
    const [start, otherwise] = rule === "train" ? [START, 15] : [0, 4];
    if (seconds) return start + seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
    return start + (Object.entries(SECONDS[rule]).find(([kind]) => name.startsWith(kind))?.[1] ?? otherwise);
  };
}

/**
 * The state of all jobs as one line, time left included: work still to do by the rate at which it was done so far.
 * @param {Job[]} jobs
 * @param {(job: Job) => number} weight seconds of a job on one core, about
 * @param {string} folder
 */
export function overview(jobs, weight, folder) {
  const key = (/** @type {Job} */ { rule, name }) => `${rule} ${name}`;
  const weights = new Map(jobs.map((job) => [key(job), weight(job)]));
  const total = [...weights.values()].reduce((sum, one) => sum + one, 0);
  const names = new Set(jobs.map(({ name }) => name));
  /** @type {Map<string, Job>} */
  const running = new Map();
  const open = new Map([...names].map((name) => [name, jobs.filter((job) => job.name === name).length]));
  const cores = Math.min(availableParallelism(), names.size);
  const began = performance.now();
  /** @type {{ seconds: number, work: number }[]} */
  const marks = [];
  let done = 0;
  return {
    /** @param {"start" | "end" | "fail"} event @param {Job} job */
    tell(event, job) {
      if (event === "start") running.set(key(job), job);
      if (event === "start" || !running.delete(key(job))) return;
      done += weights.get(key(job)) ?? 0;
      if (event === "end") open.set(job.name, (open.get(job.name) ?? 1) - 1);
    },
    line() {
      const seconds = (performance.now() - began) / 1000;
      let [work, longest] = [done, 0];
      const now = [...running.values()].map((job) => {
        const all = weights.get(key(job)) ?? 1;
        const step =
          job.rule === "train" ? [...tail(join(folder, job.name, "train.log")).matchAll(/^step (\d+) of (\d+)/gm)].at(-1) : undefined;
        const part = step ? Number(step[1]) / Number(step[2]) : 0;
        work += part * all;
        longest = Math.max(longest, (1 - part) * all);
        return step ? `${job.name} step ${step[1]} (${Math.floor(100 * part)} %)` : `${job.rule === "train" ? "" : "scoring "}${job.name}`;
      });
      // The rate of the last two minutes; the estimates count as much as 20 s of measurement.
      marks.push({ seconds, work });
      while (marks.length > 1 && seconds - marks[0].seconds > 120) marks.shift();
      const rate = Math.max(0.01, (work - marks[0].work + 20 * cores) / (seconds - marks[0].seconds + 20));
      const left = Math.max((total - work) / rate, (longest * cores) / rate);
      const finished = [...open.values()].filter((count) => count <= 0).length;
      return `  ${finished} of ${names.size} runs; ${now.join(", ") || (done ? "between two jobs" : "starting")}; about ${duration(Math.max(1, left))} left`;
    },
  };
}

/**
 * The process that works in this folder, if one is alive: what onstart of the Snakefile wrote, where there is a lock.
 * @param {string} folder
 */
function holder(folder) {
  const pid = existsSync(join(folder, ".snakemake", "pid")) ? readFileSync(join(folder, ".snakemake", "pid"), "utf8").trim() : "";
  try {
    return execFileSync("ps", ["-o", "args=", "-p", pid], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).includes("snakemake")
      ? pid
      : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} folder */
function isLocked(folder) {
  const locks = join(folder, ".snakemake", "locks");
  return existsSync(locks) && readdirSync(locks).length > 0;
}

/**
 * Waits while another workflow works in the folder; takes away the locks of one that was killed.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
async function takeOver(root, env) {
  const { folder, command, args, options } = snakemake(root, env);
  const other = isLocked(folder) ? holder(folder) : undefined;
  if (other) console.log(`Waiting for the workflow of process ${other}, which works in ${folder}: what it finishes is taken over.`);
  while (isLocked(folder) && holder(folder)) await new Promise((resolve) => setTimeout(resolve, 1000));
  if (!isLocked(folder)) return;
  await run(command, [...args, "--unlock"], { ...options, what: "Taking away the lock of a workflow that was killed" });
}

/**
 * What is to be done for these targets (rules, or NAME/metrics.json).
 * @param {string} root
 * @param {string[]} targets
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Job[]>}
 */
export async function pendingJobs(root, targets, env = process.env) {
  const { command, args, options } = snakemake(root, env);
  /** @type {Job[]} */
  const jobs = [];
  const onLine = jobReader((_, job) => jobs.push(job));
  await run(command, [...args, "--dry-run", ...targets], { ...options, what: "Planning the workflow", onLine });
  return jobs;
}

/**
 * Trains and evaluates what these targets lack. Goes on where a killed one stopped.
 * @param {string} root
 * @param {string[]} targets
 * @param {NodeJS.ProcessEnv} [env]
 * @param {(seconds: number) => void} [onPlan] is told how long it will take, about
 */
export async function runWorkflow(root, targets, env = process.env, onPlan = () => {}) {
  const { folder, command, args, options } = snakemake(root, env);
  await takeOver(root, env);
  const jobs = await pendingJobs(root, targets, env);
  const weight = weigher(root, folder);
  const runs = new Set(jobs.map(({ name }) => name)).size; // a run's scoring follows its training
  onPlan(jobs.reduce((sum, job) => sum + weight(job), 0) / Math.max(1, Math.min(availableParallelism(), runs)));
  if (jobs.length === 0) return console.log("  All runs are there and follow from their settings, the data and the code.");
  const view = overview(jobs, weight, folder);
  const line = progressLine();
  /** @type {Job[]} */
  const failures = [];
  const read = jobReader((event, job) => {
    view.tell(event, job);
    if (event === "fail") failures.push(job);
  });
  const beat = setInterval(() => line.update(view.line()), 500);
  let last = "";
  try {
    const code = await new Promise((resolve, reject) => {
      const child = spawn(command, [...args, ...targets], { ...options, stdio: ["ignore", "pipe", "pipe"] });
      // Snakemake answers SIGINT by ending its jobs, each with a checkpoint; at SIGTERM it would wait for them. A terminal sends Ctrl-C to it too.
      const stop = (/** @type {string} */ signal) => {
        if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill("SIGINT");
      };
      for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.prependListener(signal, stop);
      let rest = "";
      const take = (/** @type {string} */ text) => {
        last = (last + text).slice(-2000);
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(read);
      };
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", take);
      child.on("error", reject);
      child.on("close", (status) => {
        for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, stop);
        resolve(status ?? 1);
      });
    });
    if (code === 0) return;
  } finally {
    clearInterval(beat);
    line.clear();
  }
  const why = failures.map(({ rule, name }) => {
    const log = join(folder, name, `${rule}.log`);
    return `${log}: ${tail(log).trim().split("\n").at(-1)}`;
  });
  const what = failures.length ? `${failures.length} of ${jobs.length} jobs failed` : "The workflow was stopped";
  throw new PlainError(`${what}; the same command goes on from what is there.`, why.join("\n") || last);
}
