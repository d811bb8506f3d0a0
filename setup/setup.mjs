// npm run setup [-- --gpu | --cpu] [--fetch]: brings all that the project needs into its folder.
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browserStep } from "./browser.mjs";
import { environment, paths, projectRoot } from "./env.mjs";
import { clearHalves, clearKilledWrites, hasHalves, remake } from "./files.mjs";
import { withLock } from "./lock.mjs";
import { installPackages } from "./npm.mjs";
import { pip } from "./pip.mjs";
import { command, duration, isMain, PlainError, readArguments, run } from "./process.mjs";
import { fingerprint, isDone, runSteps, writeStamp } from "./steps.mjs";
import { addonStep, chosenVariant, libraryStep } from "./tensorflow.mjs";
import { checkNode, checkNpm, findCompiler, findPython } from "./tools.mjs";
import { standInNote, traceStep } from "./trace.mjs";

/**
 * Whether node_modules holds what package-lock.json names: npm writes its own list of what it installed last of all.
 * Optional packages (other systems' binaries) may be absent.
 * @param {string} root
 */
export function packagesInstalled(root) {
  try {
    /** @param {string} file @returns {Record<string, { version?: string, integrity?: string, optional?: boolean, link?: boolean }>} */
    const list = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
    const wanted = list(join(root, "package-lock.json"));
    const there = list(join(root, "node_modules", ".package-lock.json"));
    return Object.entries(wanted).every(([path, entry]) => {
      if (!path.startsWith("node_modules/") || (entry.optional && !there[path])) return true;
      const found = there[path];
      return found?.version === entry.version && found?.integrity === entry.integrity && existsSync(join(root, path, "package.json"));
    });
  } catch {
    return false;
  }
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {import("./steps.mjs").Step}
 */
function packagesStep(root, env) {
  return {
    name: "packages",
    title: "npm packages",
    isThere: () => packagesInstalled(root),
    // In a folder of its own beside node_modules, which stays whole until the new one is.
    async run() {
      const install = async (/** @type {string} */ part) => {
        for (const name of ["package.json", "package-lock.json", ".npmrc", "setup/one-tensorflow"])
          if (existsSync(join(root, name))) cpSync(join(root, name), join(part, name), { recursive: true });
        await installPackages(part, root, env);
      };
      await remake(paths(root).nodeModules, install, "node_modules");
      if (!packagesInstalled(root)) throw new PlainError("npm ci left node_modules unlike package-lock.json: run npm run setup once more.");
    },
  };
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {import("./steps.mjs").Step}
 */
function pythonStep(root, env) {
  const p = paths(root);
  const [tools, list] = ["requirements-build.txt", "requirements.txt"].map((name) => join(root, "setup", name));
  return {
    name: "python",
    title: "Python packages",
    // Scripts in a virtual environment hold its path, so a moved folder needs a new one.
    inputs: () => fingerprint(root, { file: tools }, { file: list }),
    isThere: () => existsSync(p.python) && existsSync(join(p.venv, "bin", "jupyter-lab")) && existsSync(join(p.venv, "pyvenv.cfg")),
    async run(report) {
      const python = findPython(env);
      await remake(p.venv, async (part) => {
        report("making .venv");
        const what = "Making the Python environment .venv";
        await run(python.command, ["-m", "venv", part, "--prompt", ".venv"], { env: environment(root, env), what });
        let count = 0;
        const onLine = (/** @type {string} */ line) => {
          if (/^(Collecting|Processing) /.test(line)) report(`${++count} packages found`);
          if (line.startsWith("Installing collected")) report(`installing ${count} packages`);
        };
        // Packages are built by what is pinned here too: pip would fetch the newest setuptools, unchecked.
        for (const args of [
          ["-r", tools],
          ["--no-build-isolation", "-r", list],
        ])
          await pip(join(part, "bin", "python"), "install", args, { root, env, what: "Installing the Python packages", onLine });
        // Its scripts and its settings name the folder.
        const bin = join(part, "bin");
        for (const file of [join(part, "pyvenv.cfg"), ...readdirSync(bin).map((name) => join(bin, name))])
          if (lstatSync(file).isFile()) writeFileSync(file, readFileSync(file, "latin1").replaceAll(part, p.venv), "latin1");
        // Its own `jupyter` knows the kernel; the path starts at this file, so that the folder may be moved.
        const kernel = join(part, "share", "jupyter", "kernels", "tslab");
        const spec = JSON.parse(readFileSync(p.kernelSpec, "utf8"));
        spec.argv[1] = "{resource_dir}/../../../../../setup/kernel/launcher.cjs";
        mkdirSync(kernel, { recursive: true });
        writeFileSync(join(kernel, "kernel.json"), JSON.stringify(spec, null, 2));
      });
      return `Python ${python.version}`;
    },
  };
}

/**
 * All steps in order.
 * @param {string} root
 * @param {{ env?: NodeJS.ProcessEnv, variant?: import("./tensorflow.mjs").Variant, fetch?: boolean }} [options]
 */
export function steps(root, options = {}) {
  const env = options.env ?? process.env;
  const variant = options.variant ?? chosenVariant(root);
  return [
    packagesStep(root, env),
    pythonStep(root, env),
    libraryStep(root, variant, env),
    addonStep(root, variant, env),
    browserStep(root, env),
    traceStep(root, { env, again: options.fetch }),
  ];
}

/**
 * The folders into which the project's programs write files.
 * @param {string} root
 */
function writtenFolders(root) {
  const folders = ["notebooks", "data", "data/runs", "runs", "report", ".local"].map((name) => join(root, name));
  const below = folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []));
  return [root, ...folders, ...below.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))];
}

/**
 * Does all set-up that is missing. Where all is there it does nothing and says one line.
 * @param {{ root?: string, env?: NodeJS.ProcessEnv, variant?: import("./tensorflow.mjs").Variant, fetch?: boolean, tell?: (line: string) => void }} [options]
 *   `variant` is kept for later set-ups; `fetch` asks the trace's publisher again
 */
export async function setUp(options = {}) {
  const { root = projectRoot, env = process.env, tell = console.log } = options;
  const start = performance.now();
  checkNode();
  const p = paths(root);
  const made = [p.nodeModules, p.venv, p.tensorflow, p.browser];
  const isPending = () => made.some(hasHalves) || steps(root, options).some((step) => !isDone(root, step));
  clearKilledWrites(writtenFolders(root));
  if (isPending()) {
    mkdirSync(p.local, { recursive: true });
    await withLock(
      p.lock,
      "set-up",
      async () => {
        if (!isPending()) return; // another set-up did it meanwhile
        checkNpm(env);
        findPython(env);
        findCompiler(env);
        made.forEach(clearHalves);
        await runSteps(root, steps(root, options), tell);
      },
      tell,
    );
  }
  if (options.variant && options.variant !== chosenVariant(root)) writeStamp(root, "variant", options.variant);
  const note = standInNote(root, env);
  if (note) tell(note);
  tell(`Set-up is complete (${duration((performance.now() - start) / 1000)}).`);
}

if (isMain(import.meta.url)) {
  await command(() => {
    const flag = /** @type {const} */ ({ type: "boolean" });
    const options = { gpu: flag, cpu: flag, fetch: flag };
    const { gpu, cpu, fetch } = readArguments("npm run setup -- [--gpu | --cpu] [--fetch]", { options }).values;
    return setUp({ variant: gpu ? "gpu" : cpu ? "cpu" : undefined, fetch });
  });
}
