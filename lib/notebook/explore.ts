/** The figures of the explorable page in a cell: the trained model in the reader's hands. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkChoice, checkObject, refuse } from "../base/check";
import { projectRoot } from "../base/project";
import { kernel } from "./kernel";
import { type ModuleView, showModule } from "./module";

/** The figures, and what each shows. */
export const EXPLORABLE = {
  value: "one value through tDLGM: from the past and the noisy value to the distribution of what comes out",
  noise: "a window of the series under noise, and which of four methods removes it best",
  map: "where q puts the 22 values in the latent plane, and how many levels can be told apart",
  score: "Algorithm 1, cell by cell, of uniform noise and of the models",
  film: "a film of two trainings: the parts of the loss, the state, the error",
  futures: "a history and a fan of the futures that a model makes of it",
} as const;

/** The mime type by which the report knows a figure that it can draw itself. */
const EXPLORE = "application/vnd.tdlgm.explore+json";
/** What the figures are made of. */
const SOURCES = ["lib", "setup/explore", "data/explore", "data/transitions.json"];

/** When the newest of the files below was changed. */
function newest(at: string): number {
  const { mtimeMs } = fs.statSync(at);
  if (!fs.statSync(at).isDirectory()) return mtimeMs;
  return fs.readdirSync(at).reduce((time, name) => Math.max(time, newest(path.join(at, name))), 0);
}

/** The figures' module and style, built anew where a source has changed since. */
function built(): { esm: string; css: string } {
  const root = projectRoot();
  const folder = path.join(root, ".local", "explore");
  const module = path.join(folder, "explore.mjs");
  const changed = Math.max(...SOURCES.map((name) => newest(path.join(root, name))));
  if (!fs.existsSync(module) || fs.statSync(module).mtimeMs < changed) {
    const tsx = path.join(root, "node_modules", "tsx", "dist", "cli.mjs");
    execFileSync(process.execPath, [tsx, "setup/explore/build.ts", folder, "module"], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  }
  return { esm: fs.readFileSync(module, "utf8"), css: fs.readFileSync(path.join(folder, "explore.css"), "utf8") };
}

/** A still image of a figure, as PNG in base64. */
function picture(explore: { figure: string; settings: object }): string {
  const root = projectRoot();
  const input = JSON.stringify({ still: { explore } });
  const drawn = execFileSync(process.execPath, ["setup/stills.mjs"], { cwd: root, input, maxBuffer: 1e8, stdio: ["pipe", "pipe", "pipe"] });
  return JSON.parse(drawn.toString()).still;
}

/**
 * Shows a figure of the explorable page in a cell, live: the model runs in the reader's program. The first figure takes some seconds to build.
 * @param figure value, noise, map, score, film or futures
 * @param settings what differs from the figure's first settings, by the names in the page's address: { seed: 3 }
 * @throws Error naming the argument that is wrong
 */
export function explore(figure: keyof typeof EXPLORABLE, settings: Record<string, string | number> = {}): ModuleView<object> {
  checkChoice(figure, "figure", Object.keys(EXPLORABLE) as (keyof typeof EXPLORABLE)[]);
  checkObject(settings, "settings", "an object of settings by name");
  for (const [name, value] of Object.entries(settings))
    if (typeof value !== "string" && !Number.isFinite(value)) refuse(`settings.${name}`, "a text or a finite number", value);
  const { esm, css } = built();
  const given = { figure, ...settings };
  const png = kernel()?.stills() ? picture({ figure, settings }) : undefined;
  const fallback = (state: { figure: string }) => {
    const { figure, ...settings } = state;
    return { [EXPLORE]: { figure, settings }, ...(png && isDeepStrictEqual(state, given) && { "image/png": png }) };
  };
  return showModule(esm, given, { alt: `An explorable figure: ${EXPLORABLE[figure]}`, css, fallback });
}
