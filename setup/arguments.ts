/** The arguments of the programs here that are TypeScript: read strictly, each wrong one named in a sentence. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { checkNumber, checkSeed, checkWhole } from "../lib/base/check";

/** parseArgs over the process's arguments. @throws Error that ends with the command's usage where there is one that it doesn't take */
export function readArguments<T extends ParseArgsConfig>(usage: string, config: T): ReturnType<typeof parseArgs<T>> {
  // parseArgs would take the -1 of `--seed -1` for an option of its own.
  const args: string[] = [];
  for (const arg of process.argv.slice(2)) {
    if (/^-[\d.]/.test(arg) && args.length > 0) args.push(`${args.pop()}=${arg}`);
    else args.push(arg);
  }
  try {
    return parseArgs({ ...config, args }) as ReturnType<typeof parseArgs<T>>;
  } catch (failure) {
    throw new Error(`${(failure as Error).message.split(/\. |\n/)[0]}; the command is: ${usage}`);
  }
}

const numberOf = (text: string): unknown => (/^\s*[-+]?[\d.]/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text);

/** The whole number that an option gives, undefined where it is left out. @throws Error naming the option */
export function wholeOf(name: string, text: string | undefined, least: number, most?: number): number | undefined {
  if (text === undefined) return undefined;
  const value = numberOf(text);
  checkWhole(value, `--${name}`, least, most);
  return value;
}

/** The seed that --seed gives. @throws Error where it is missing, or no seed */
export function seedOf(text: string | undefined): number {
  if (text === undefined) throw new Error("--seed is missing: a whole number from 0 to 2147483647");
  const value = numberOf(text);
  checkSeed(value, "--seed");
  return value;
}

/** The finite number that an option gives, undefined where it is left out. @throws Error naming the option */
export function finiteOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = numberOf(text);
  checkNumber(value, `--${name}`);
  return value;
}

/** Runs a program's main function: an error is one sentence, and exit code 1. A reader of the output that is gone is none. */
export function program(main: () => Promise<void>): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
