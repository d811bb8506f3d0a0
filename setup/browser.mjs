// The browser for still images and tests: the Chromium that an npm package holds, or the one that CHROME_PATH names.
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { environment, paths, projectRoot } from "./env.mjs";
import { remake } from "./files.mjs";
import { PlainError, run } from "./process.mjs";
import { fingerprint } from "./steps.mjs";

/**
 * How to start a browser, in the form that playwright's `chromium.launch` takes.
 * @typedef {{ executablePath: string, args: string[], env: Record<string, string>, headless: true }} Launch
 */

/**
 * Launch options of the project's browser for playwright: `chromium.launch(browserLaunch())`.
 * @param {string} [root]
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Launch}
 */
export function browserLaunch(root = projectRoot, env = process.env) {
  const path = browserPath(root, env);
  const p = paths(root);
  const home = join(p.temporary, "browser-home"); // what a browser writes to the home folder stays in the project
  mkdirSync(home, { recursive: true });
  /** @type {NodeJS.ProcessEnv} */
  const all = { ...environment(root, env), HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
  const packed = !env.CHROME_PATH;
  if (packed) {
    all.FONTCONFIG_FILE = join(p.browser, "fonts.conf");
    all.LD_LIBRARY_PATH = [join(p.browser, "lib"), env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter); // there where they are needed
  }
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
    executablePath: path,
    args,
    env: Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    headless: true,
  };
}

/**
 * The path of the project's browser. Throws if it is not there.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
export function browserPath(root, env) {
  const path = env.CHROME_PATH || join(paths(root).browser, "chromium");
  if (existsSync(path)) return path;
  throw new PlainError(
    env.CHROME_PATH ? `CHROME_PATH names ${path}, which is not there: fix or unset it.` : "There is no browser yet: run npm run setup.",
  );
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
 * Starts the browser, in a process of its own, and lets it draw a page; throws if no picture comes of it.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
async function draws(root, env) {
  const launch = browserLaunch(root, env);
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
  await remake(paths(root).browser, async (part) => {
    // The package unpacks into the temporary folder, and its shared libraries only where this variable names its home.
    const env = { ...environment(root), TMPDIR: part, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" };
    await run(process.execPath, ["-e", UNPACK], { cwd: root, env, what: "Unpacking Chromium" });
    writeFileSync(join(part, "fonts.conf"), FONTS);
  });
}

/**
 * The step that unpacks the browser, or tries the one that CHROME_PATH names.
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
    isThere: () => Boolean(env.CHROME_PATH) || existsSync(join(p.browser, "chromium")),
    async run(report) {
      if (env.CHROME_PATH) {
        await draws(root, env);
        return env.CHROME_PATH;
      }
      report("unpacking Chromium");
      await unpack(root);
      await draws(root, env).catch(() => {
        report("trying the shared libraries that come with it");
        renameSync(join(p.browser, "al2023", "lib"), join(p.browser, "lib"));
        return draws(root, env);
      });
      return "Chromium of the npm package";
    },
  };
}
