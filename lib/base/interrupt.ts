/** Long work in one thread. It gives the event loop a turn every 50 ms, and stops then if its signal is aborted. */

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 50;

/** The error of work that was stopped by its signal; a stopped training carries what it reached. */
export class AbortError<Result = undefined> extends Error {
  override readonly name = "AbortError";
  constructor(
    message: string,
    readonly result: Result,
  ) {
    super(message);
  }
}

/** The signal of the notebook cell that is running, aborted by the kernel's interrupt; undefined outside a notebook. */
export function kernelSignal(): AbortSignal | undefined {
  return (globalThis as { [key: symbol]: (() => AbortSignal) | undefined })[Symbol.for("tdlgm.interrupt")]?.();
}

/**
 * A function to await after each piece of work. It gives the event loop a turn once 50 ms have passed, and returns whether the signal is
 * aborted.
 */
export function pauser(signal: AbortSignal | undefined): () => Promise<boolean> | boolean {
  let last = performance.now();
  return () => {
    if (performance.now() - last < SLICE) return signal?.aborted ?? false;
    return new Promise((resolve) =>
      setImmediate(() => {
        last = performance.now();
        resolve(signal?.aborted ?? false);
      }),
    );
  };
}
