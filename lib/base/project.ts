import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

let found: string | undefined;

/**
 * The project's root folder: the nearest folder upwards, from this file or else from the working folder, whose package.json
 * has the name "tdlgm". Notebooks, tests and scripts find the data files from any working folder.
 *
 * @throws Error if neither lies inside the project
 */
export function projectRoot(): string {
  found ??= rootAbove(__dirname) ?? rootAbove(process.cwd());
  if (found === undefined)
    throw new Error(`no package.json named "tdlgm" above ${__dirname} or ${process.cwd()}: run this inside the project`);
  return found;
}

function rootAbove(folder: string): string | undefined {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const file = path.join(at, "package.json");
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "tdlgm") return at;
    if (at === path.dirname(at)) return undefined;
  }
}
