// A command and all that it has started end together, also where the command, or npm before it, is killed.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

/** Every process that a command starts carries this variable, so that it is found whoever its parent is by now. */
const MARK = "TDLGM_COMMAND";

/** How often the command looks whether npm is still there. */
const LOOK_MS = 500;

/**
 * The guard: a shell of its own, which reads "ended" if the command ended well, and the end of its input if it didn't. Then it asks all that
 * carry the mark to end (a training saves its checkpoint, JupyterLab ends its kernels), and kills what is still there after 5 s.
 */
const GUARD = `
read -r word && exit
for signal in TERM 0 0 0 0 KILL KILL; do
  files=$(grep -lszxF "$0" /proc/[0-9]*/environ)
  [ -n "$files" ] || exit 0
  for file in $files; do file=\${file#/proc/}; kill -$signal "\${file%/environ}"; done
  sleep 1
done`;

/** @param {string | number} pid @returns {{ name: string, parent: string } | undefined} */
function processOf(pid) {
  try {
    const [, name, parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? [];
    return { name, parent };
  } catch {
    return undefined; // it is gone, or there is no /proc
  }
}

/** A copy of an environment without the mark, for what may outlive a command. @param {NodeJS.ProcessEnv} [env] */
export const unmarked = ({ [MARK]: _, ...env } = process.env) => env;

/**
 * From now on all that this process starts ends with it.
 * @returns {() => void} to be called where the command ended well
 */
export function endTogether() {
  const mark = randomUUID();
  const guard = spawn("sh", ["-c", GUARD, `${MARK}=${mark}`], { env: unmarked(), stdio: ["pipe", "ignore", "ignore"], detached: true });
  guard.once("error", () => {}); // a machine without a shell
  guard.stdin.once("error", () => {});
  guard.unref();
  /** @type {any} */ (guard.stdin).unref?.();
  process.env[MARK] = mark;
  if (process.env.npm_lifecycle_event) endWithNpm();
  return () => guard.stdin.write("ended\n");
}

/** npm starts a command directly or by a shell. */
function endWithNpm() {
  const parent = process.ppid;
  const shell = processOf(parent);
  const npm = shell?.name.endsWith("sh") ? shell.parent : undefined;
  const isThere = () => process.ppid === parent && (npm === undefined || processOf(parent)?.parent === npm);
  setInterval(() => isThere() || process.exit(1), LOOK_MS).unref();
}
