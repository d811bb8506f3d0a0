/** Files of scores that a command adds to: what another call has written by then is kept. */
import * as fs from "node:fs";
import * as path from "node:path";
import { writeAtomically } from "../lib/base/files";
import { withFolder } from "../lib/base/lock";

/** How many milliseconds one call waits for another one that writes into the same folder. */
const PATIENCE = 10_000;

/** Writes a JSON file anew, made from what it holds when no other call writes. @param space as in JSON.stringify */
export async function rewriteJson(file: string, made: () => object, space?: number): Promise<void> {
  const folder = path.dirname(file);
  fs.mkdirSync(folder, { recursive: true });
  await withFolder(folder, async () => writeAtomically(file, `${JSON.stringify(made(), null, space)}\n`), { patience: PATIENCE });
}
