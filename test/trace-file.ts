import { existsSync } from "node:fs";
import { traceFile } from "../lib/data/trace";

/** Where the trace is looked for, and whether it is there: tests of the trace itself are skipped where it is not. */
export const trace = traceFile();
export const hasTrace = existsSync(trace) && process.env.TDLGM_STAND_IN !== "1";
