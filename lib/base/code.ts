/** A hash of code that says whether it has changed in what it does. */
import * as path from "node:path";
import { buildSync } from "esbuild";
import { projectRoot } from "./project";
import { sha256 } from "./sha256";

/**
 * The hash of what files of the project export or do: they and what they import, bundled, without types, comments and what is never used.
 * Some 20 ms.
 */
export function codeHash(...files: string[]): string {
  const root = projectRoot();
  const { outputFiles } = buildSync({
    ...{ bundle: true, packages: "external", platform: "node", format: "esm", minifyWhitespace: true, legalComments: "none" },
    ...{ entryPoints: files.map((file) => path.join(root, file)), write: false, outdir: root, absWorkingDir: root },
  });
  return sha256(...outputFiles.map(({ contents }) => contents));
}
