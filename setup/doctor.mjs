// npm run doctor: what is there, what is missing, and how to fix it. Every check stands alone.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import { browserPath } from "./browser.mjs";
import { environment, paths, projectRoot } from "./env.mjs";
import { holder } from "./lock.mjs";
import { command, isMain, PlainError, run } from "./process.mjs";
import { packagesInstalled } from "./setup.mjs";
import { chosenVariant, probeTensorflow } from "./tensorflow.mjs";
import { checkNode, checkNpm, findCompiler, findPython, freeSpace, output } from "./tools.mjs";
import { standInForced, standInNote, traceIsThere } from "./trace.mjs";

const SETUP = "run npm run setup";

/**
 * @typedef {{ name: string, state: "ok" | "note" | "missing", text: string }} Finding "note": works without, or works otherwise
 */

/** Thrown by a check for what the project does without. */
class Note extends Error {}

/** @param {string} message @returns {never} */
function fail(message) {
  throw new PlainError(message);
}

/** @param {string} message @returns {never} */
function note(message) {
  throw new Note(message);
}

/**
 * The names of the GPUs, if there are any.
 * @param {NodeJS.ProcessEnv} env
 */
const gpuNames = (env) => output("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"], env)?.split("\n").join(", ");

/**
 * The checks in order; each returns what it found, or throws: a Note, or an error that says what is missing and how to fix it.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {Record<string, () => string | Promise<string>>}
 */
function checks(root, env) {
  const p = paths(root);
  return {
    Node() {
      checkNode();
      return process.version;
    },
    npm: () => checkNpm(env),
    Python() {
      const { command: name, version } = findPython(env);
      return `${version} (${name}), with venv`;
    },
    compiler: () => findCompiler(env).version,
    git: () =>
      output("git", ["--version"], env) ??
      note("not there; needed only to get and share this project (Debian and Ubuntu: apt install git)"),
    flock: () => output("flock", ["--version"], env) ?? fail("not there: install it (Debian and Ubuntu: apt install util-linux)"),
    "set-up"() {
      const at = holder(p.lock);
      return at ? note(`running now: ${at}`) : "none is running";
    },
    "npm packages"() {
      if (!existsSync(p.nodeModules)) fail(`node_modules is not there: ${SETUP}`);
      if (!packagesInstalled(root)) fail(`node_modules differs from package-lock.json: ${SETUP}`);
      return "as package-lock.json names them";
    },
    async "Python packages"() {
      if (!existsSync(p.python)) fail(`.venv is not there: ${SETUP}`);
      const program = "import importlib.metadata as m; print(m.version('jupyterlab'), m.version('nbconvert'))";
      const out = await run(p.python, ["-c", program], { env: environment(root, env), timeout: 30_000 }).catch(() =>
        fail(`.venv is damaged: delete it, then ${SETUP}`),
      );
      const [lab, nbconvert] = out.trim().split(" ");
      return `JupyterLab ${lab}, nbconvert ${nbconvert}`;
    },
    "TensorFlow's library"() {
      if (!existsSync(join(p.tensorflow, "tensorflow", "libtensorflow_cc.so.2"))) fail(`not in .local/tensorflow: ${SETUP}`);
      return chosenVariant(root) === "gpu" ? "the build with CUDA" : "the build for CPUs";
    },
    "TensorFlow's addon": () => (existsSync(p.addon) ? "built" : fail(`not built: ${SETUP}`)),
    async TensorFlow() {
      const { version, gpu } = await probeTensorflow(root, env).catch((error) => {
        const reason = /** @type {PlainError} */ (error).details?.split("\n").find((line) => /error/i.test(line)) ?? error.message;
        return fail(`doesn't load (${reason.trim()}): delete .local/stamps/addon, then ${SETUP}`);
      });
      const names = gpu ? gpuNames(env) : undefined;
      return `${version} loads and computes, device: ${gpu ? `GPU${names ? ` (${names})` : ""}` : "CPU"}`;
    },
    GPU() {
      const names = gpuNames(env) || note("none found; everything runs on the CPU");
      if (chosenVariant(root) !== "gpu") note(`${names}, not used: npm run setup -- --gpu brings TensorFlow's build with CUDA`);
      return `${names}, used where TDLGM_DEVICE=gpu asks for it`;
    },
    "Jupyter kernel"() {
      const read = (/** @type {string} */ file) => JSON.parse(readFileSync(file, "utf8"));
      const manifest = join(p.nodeModules, "tslab", "package.json");
      if (!existsSync(manifest)) fail(`tslab is not installed: ${SETUP}`);
      const [{ version }, pinned] = [read(manifest), read(join(root, "package.json")).dependencies.tslab];
      if (version !== pinned) fail(`tslab is ${version}, the project needs ${pinned}: ${SETUP}`);
      if (!existsSync(p.kernelSpec)) fail("setup/kernel/kernels/tslab/kernel.json is missing: git checkout -- setup/kernel");
      read(p.kernelSpec);
      return `tslab ${version} with the project's launcher`;
    },
    browser() {
      const path = browserPath(root, env);
      return env.CHROME_PATH ? path : "Chromium of the npm package";
    },
    trace() {
      if (standInForced(env)) note("TDLGM_STAND_IN=1: everything runs on a stand-in; unset it to use the trace");
      if (existsSync(p.trace) && !traceIsThere(root)) fail(`${p.trace} is another file: delete it, then ${SETUP}`);
      const absent = standInNote(root, env);
      return absent ? note(absent) : "the paper's, checked by sha256";
    },
    "shipped runs"() {
      const names = existsSync(p.shippedRuns) ? readdirSync(p.shippedRuns) : [];
      const runs = names.filter((name) => existsSync(join(p.shippedRuns, name, "result.json")));
      return runs.length ? `${runs.length} in data/runs` : note("none in data/runs; notebooks train what they need");
    },
    "free disk"() {
      const free = freeSpace(root);
      const needed = existsSync(p.addon) ? 1 : chosenVariant(root) === "gpu" ? 15 : 5;
      if (free < needed) fail(`${free.toFixed(1)} GB, about ${needed} GB are needed: make room`);
      return `${free.toFixed(0)} GB`;
    },
    memory() {
      const text = `${(freemem() / 1e9).toFixed(1)} of ${(totalmem() / 1e9).toFixed(1)} GB are free`;
      return totalmem() < 3.5e9 ? note(`${text}; below 4 GB in all, close other programs before training`) : text;
    },
  };
}

/**
 * Runs all checks; none can stop the others.
 * @param {{ root?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Finding[]>}
 */
export async function examine(options = {}) {
  const { root = projectRoot, env = process.env } = options;
  /** @type {Finding[]} */
  const findings = [];
  for (const [name, check] of Object.entries(checks(root, env))) {
    try {
      findings.push({ name, state: "ok", text: await check() });
    } catch (error) {
      const text = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
      findings.push({ name, state: error instanceof Note ? "note" : "missing", text });
    }
  }
  return findings;
}

/**
 * One line for a finding.
 * @param {Finding} finding
 */
export function line({ name, state, text }) {
  return `${state.padEnd(8)}${name.padEnd(22)}${text}`;
}

if (isMain(import.meta.url)) {
  await command(async () => {
    const findings = await examine();
    for (const finding of findings) console.log(line(finding));
    const missing = findings.filter((finding) => finding.state === "missing").map((finding) => finding.name);
    console.log(missing.length ? `\nMissing: ${missing.join(", ")}.` : "\nAll that is needed is there.");
    return missing.length ? 1 : 0;
  });
}
