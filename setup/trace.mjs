// The trace: found on this machine or fetched from its publisher, checked by its hash, never committed.
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { paths } from "./env.mjs";
import { sha256, writeWhole } from "./files.mjs";
import { duration, PlainError } from "./process.mjs";
import { dropStamp, readStamp, writeStamp } from "./steps.mjs";

/** The sha256 of the trace's file. */
export const TRACE_SHA256 = "1ee7ed79c27a3b0861cda8ddba86a004c6aba904caafa329a76ae93ca63834a8";
/** Where its publisher offers it. */
const TRACE_ADDRESS = "https://raw.githubusercontent.com/alibaba/clusterdata/master/cluster-trace-gpu-v2023/csv/openb_pod_list_default.csv";

const LARGEST = 5_000_000;
const RETRY_AFTER = 3600_000;

/** @typedef {{ address: string, sha256: string, patience: number, limit: number }} Source times in ms: for a sign of life, and in all */
/** @type {Source} */
const PUBLISHER = { address: TRACE_ADDRESS, sha256: TRACE_SHA256, patience: 15_000, limit: 120_000 };

/**
 * Whether the environment asks for the stand-in.
 * @param {NodeJS.ProcessEnv} [env]
 */
export const standInForced = (env = process.env) => env.TDLGM_STAND_IN === "1";

/**
 * Whether the right file lies in data/.
 * @param {string} root
 * @param {string} [expected]
 */
export function traceIsThere(root, expected = TRACE_SHA256) {
  const { trace } = paths(root);
  return existsSync(trace) && statSync(trace).isFile() && sha256(readFileSync(trace)) === expected;
}

/**
 * Reads a file and checks that it is the trace; throws a PlainError that names it and says how to fix it if it isn't.
 * @param {string} file
 * @param {string} expected
 * @param {string} fix
 */
function readChecked(file, expected, fix) {
  let bytes;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new PlainError(`${file} can't be read (${/** @type {NodeJS.ErrnoException} */ (error).code}): ${fix}.`);
  }
  const found = sha256(bytes);
  if (found === expected) return bytes;
  throw new PlainError(`${file} is not the trace that the paper used (its sha256 is ${found}, not ${expected}): ${fix}.`);
}

/**
 * Fetches a file, with a time limit for each sign of life and for the whole.
 * @param {Source} source
 * @param {(text: string) => void} report
 * @returns {Promise<Uint8Array>}
 */
async function fetchFile({ address, patience, limit }, report) {
  const { host } = new URL(address);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`${host} gave no answer for ${duration(patience / 1000)}`)), patience);
  const signal = AbortSignal.any([silence.signal, AbortSignal.timeout(limit)]);
  try {
    report(`asking ${host}`);
    const response = await fetch(address, { signal });
    if (!response.ok || !response.body) throw new Error(`${host} answered ${response.status}`);
    const chunks = [];
    let size = 0;
    for await (const chunk of response.body) {
      timer.refresh();
      chunks.push(chunk);
      size += chunk.length;
      if (size > LARGEST) throw new Error(`${host} sent more than ${LARGEST / 1e6} MB`);
      report(`${(size / 1e3).toFixed(0)} kB from ${host}`);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (silence.signal.aborted) throw silence.signal.reason;
    if (signal.aborted) throw new Error(`${host} took longer than ${duration(limit / 1000)}`);
    const cause = /** @type {Error} */ (error).cause;
    throw cause instanceof Error ? new Error(`${host} can't be reached (${cause.message})`) : error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The step that brings the trace into data/: the file that is there already, the one TDLGM_TRACE names, the one in
 * ../shared/data, or the publisher's. A wrong file is an error that names it. If none can be had the step still ends
 * well: the project then works on a stand-in, and the publisher is asked again after an hour, or with `again`.
 * @param {string} root
 * @param {{ env?: NodeJS.ProcessEnv, again?: boolean, source?: Partial<Source> }} [options]
 * @returns {import("./steps.mjs").Step}
 */
export function traceStep(root, options = {}) {
  const env = options.env ?? process.env;
  const source = { ...PUBLISHER, ...options.source };
  const { trace } = paths(root);
  const shared = join(root, "..", "shared", "data", basename(trace));
  const nothingNew = () => {
    const asked = Number(readStamp(root, "trace-asked"));
    return !options.again && !existsSync(trace) && !env.TDLGM_TRACE && !existsSync(shared) && Date.now() - asked < RETRY_AFTER;
  };
  return {
    name: "trace",
    title: "Trace",
    isThere: () => standInForced(env) || traceIsThere(root, source.sha256) || nothingNew(),
    async run(report) {
      if (existsSync(trace)) {
        readChecked(trace, source.sha256, "delete it, and set-up gets the right one");
        return "already there";
      }
      if (env.TDLGM_TRACE) {
        const file = resolve(root, env.TDLGM_TRACE);
        writeWhole(trace, readChecked(file, source.sha256, "TDLGM_TRACE names it: fix or unset it"));
        return `from ${file}`;
      }
      if (existsSync(shared)) {
        writeWhole(trace, readChecked(shared, source.sha256, "replace or remove it"));
        return `from ${shared}`;
      }
      try {
        const bytes = await fetchFile(source, report);
        const found = sha256(bytes);
        if (found !== source.sha256) throw new Error(`what ${new URL(source.address).host} sent is another file, its sha256 is ${found}`);
        writeWhole(trace, bytes);
        dropStamp(root, "trace-asked");
        return "from its publisher";
      } catch (error) {
        writeStamp(root, "trace-asked", String(Date.now()));
        return `not to be had: ${/** @type {Error} */ (error).message}`;
      }
    },
  };
}

/**
 * What to say where the trace is absent; undefined where it is there.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 * @param {string} [expected]
 */
export function standInNote(root, env = process.env, expected = TRACE_SHA256) {
  if (standInForced(env)) return "TDLGM_STAND_IN=1: everything runs on a stand-in, not on the paper's data.";
  if (traceIsThere(root, expected)) return undefined;
  return (
    "The trace is not there: everything runs on a stand-in, not on the paper's data. " +
    `Put ${basename(paths(root).trace)} into data/ or name it in TDLGM_TRACE; npm run setup -- --fetch asks its publisher again.`
  );
}
