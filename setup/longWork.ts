/** Long work of a program in a folder: what it rests on, what stops it, what it says. */
import * as fs from "node:fs";
import { AbortError, type Progress } from "../lib/training/train";

/** What the work in a folder rests on. */
export const BASIS_FILE = "basis.json";
/** A job of the workflow waits so many milliseconds for an earlier one, killed with its workflow, to end. */
export const PATIENCE = 10_000;

/** Aborted by Ctrl-C, a signal to end, a terminal that is closed, and for a job of the workflow the end of the command that started it. */
export function stopOf(isJob: boolean): AbortSignal {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once("SIGINT", abort); // a second one ends the process at once
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, abort); // a closed terminal sends it, and the command passes it on
  const parent = process.ppid;
  if (isJob) setInterval(() => process.ppid !== parent && abort(), 500).unref();
  return stop.signal;
}

/** What is said of progress: one line a second at most, with the step, the loss's parts, time a step, time left. */
export function progressLines(say: (line: string) => void): (p: Progress) => void {
  let last = 0;
  return ({ step, steps, millisecondsPerStep, secondsLeft, parts }) => {
    if (performance.now() - last < 1000 && step < steps) return;
    last = performance.now();
    const terms = Object.entries(parts).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
    say(`step ${step} of ${steps}  ${terms.join("  ")}  ${millisecondsPerStep.toFixed(1)} ms a step  ${Math.ceil(secondsLeft)} s left`);
  };
}

/**
 * After a stop, says which command goes on, and sets exit code 130.
 * @throws the error itself if it is no stop; Error where what was reached could not be saved
 */
export function sayStopped(error: unknown, weightsFile: string, what: string, say: (line: string) => void): void {
  if (!(error instanceof AbortError)) throw error;
  const isSaved = fs.statSync(weightsFile, { throwIfNoEntry: false })?.isFile();
  if (error.cause !== undefined)
    throw new Error(`${error.message}; ${isSaved ? `${what} goes on from the checkpoint before` : "nothing was saved"}`);
  say(`${error.message}; ${what} goes on from the last checkpoint`);
  process.exitCode = 130;
}
