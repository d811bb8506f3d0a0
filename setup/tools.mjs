// What must be on the machine before set-up: Node, Python with venv, a C++ compiler.
import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { cleared } from "./env.mjs";
import { PlainError } from "./process.mjs";

/** The oldest Node that the project's packages run on. */
const OLDEST_NODE = [20, 19];
/** The oldest Python that the pinned packages run on. */
const OLDEST_PYTHON = [3, 11];

/**
 * What a short command prints, or undefined if it isn't there or fails. The environment reaches it cleared.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function output(command, args, env = process.env) {
  try {
    const stdio = /** @type {import("node:child_process").StdioOptions} */ (["ignore", "pipe", "ignore"]);
    return execFileSync(command, args, { env: cleared(env), encoding: "utf8", stdio, timeout: 20_000 })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

/**
 * The free space on a folder's disk, in GB.
 * @param {string} folder
 */
export function freeSpace(folder) {
  const { bavail, bsize } = statfsSync(folder);
  return (bavail * bsize) / 1e9;
}

/**
 * Whether a version such as "v20.19.1" or "3.11.2" is at least `oldest`.
 * @param {string} version
 * @param {number[]} oldest
 */
export function isAtLeast(version, oldest) {
  return version.replace(/^v/, "").localeCompare(oldest.join("."), "en", { numeric: true }) >= 0;
}

/**
 * Throws if this Node is too old.
 * @param {string} [version]
 */
export function checkNode(version = process.version) {
  if (isAtLeast(version, OLDEST_NODE)) return;
  throw new PlainError(`Node ${version} is too old: install Node ${OLDEST_NODE.join(".")} or newer (20, 22 or 24).`);
}

/**
 * A Python that can make the project's virtual environment: $PYTHON, else the first of the usual names that is new
 * enough. Of a virtual environment's Python it gives the one behind it, which outlives that environment.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {{ command: string, version: string }}
 */
export function findPython(env = process.env) {
  const oldest = OLDEST_PYTHON.join(".");
  const names = env.PYTHON ? [env.PYTHON] : ["python3", "python3.13", "python3.12", "python3.11", "python"];
  /** @type {string[]} */
  const tooOld = [];
  let withoutVenv = "";
  for (const command of names) {
    const program = "import platform, sys; print(platform.python_version(), getattr(sys, '_base_executable', '') or sys.executable)";
    const [version, executable = command] = output(command, ["-c", program], env)?.split(/ (.*)/) ?? [];
    if (version === undefined) continue;
    if (!isAtLeast(version, OLDEST_PYTHON)) tooOld.push(`${command} is ${version}`);
    else if (output(command, ["-c", "import venv, ensurepip"], env) === undefined) withoutVenv ||= version;
    else return { command: executable || command, version };
  }
  if (withoutVenv) {
    const minor = withoutVenv.split(".").slice(0, 2).join(".");
    throw new PlainError(`Python ${withoutVenv} lacks its venv module: install it (Debian and Ubuntu: apt install python${minor}-venv).`);
  }
  const found = tooOld.length ? ` (${tooOld.join(", ")})` : "";
  const asked = env.PYTHON ? `, or change PYTHON, which is set to ${env.PYTHON}` : "";
  throw new PlainError(
    `There is no Python ${oldest} or newer${found}: install it (Debian and Ubuntu: apt install python3 python3-venv)${asked}.`,
  );
}

/**
 * The C++ compiler: $CXX, else g++, c++ or clang++.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {{ command: string, args: string[], version: string }} `args` come before all others ($CXX may hold some)
 */
export function findCompiler(env = process.env) {
  const names = env.CXX?.trim() ? [env.CXX.trim()] : ["g++", "c++", "clang++"];
  for (const name of names) {
    const [command, ...args] = name.split(/\s+/);
    const version = output(command, [...args, "--version"], env);
    if (version !== undefined) return { command, args, version: version.split("\n")[0] };
  }
  if (env.CXX?.trim()) throw new PlainError(`CXX is set to "${env.CXX}", which can't be run: unset it or name a C++ compiler.`);
  throw new PlainError("There is no C++ compiler: install one (Debian and Ubuntu: apt install g++).");
}

/**
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string} npm's version
 */
export function checkNpm(env = process.env) {
  const version = output("npm", ["--version"], env);
  if (version === undefined)
    throw new PlainError("There is no npm: install it (it comes with Node from nodejs.org; Debian and Ubuntu: apt install npm).");
  return version;
}
