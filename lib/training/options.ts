/** The options that training, imputation and generation share. */
import { checkOptions, checkSeed, checkSignal } from "../base/check";

/** What the work draws from, and what stops it. In a notebook the kernel's interrupt stops it unless a signal is given. */
export type SharedOptions = {
  /** A whole number from 0 to 2^31-1. */
  seed: number;
  signal?: AbortSignal;
};

/** @throws Error unless the options are an object with a seed, with a signal or none, and with no keys but these and the others */
export function checkShared(options: unknown, ...others: string[]): asserts options is SharedOptions {
  checkOptions(options, "options", ["seed", "signal", ...others]);
  const { seed, signal } = options as Partial<SharedOptions>;
  checkSeed(seed, "options.seed");
  checkSignal(signal);
}
