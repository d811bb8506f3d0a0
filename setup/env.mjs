// Where everything lies, and the environment in which the project's child processes run.
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The project's folders and files, all inside `root`.
 * @param {string} [root]
 */
export function paths(root = projectRoot) {
  const local = join(root, ".local");
  const addonPackage = join(root, "node_modules", "@tensorflow", "tfjs-node-gpu");
  return {
    root,
    local,
    temporary: join(local, "tmp"),
    stamps: join(local, "stamps"),
    lock: join(local, "setup.lock"),
    tensorflow: join(local, "tensorflow"),
    browser: join(local, "browser"),
    venv: join(root, ".venv"),
    python: join(root, ".venv", "bin", "python"),
    nodeModules: join(root, "node_modules"),
    addonPackage,
    addon: join(addonPackage, "lib", "napi-v8", "tfjs_binding.node"),
    kernelSpec: join(root, "setup", "kernel", "kernels", "tslab", "kernel.json"),
    trace: join(root, "data", "openb_pod_list_default.csv"),
    runs: join(root, "runs"),
    shippedRuns: join(root, "data", "runs"),
    report: join(root, "report"),
  };
}

/**
 * The environment for child processes. The project's own tools come first on PATH, temporary files and the folders of Jupyter and IPython
 * lie inside the project, and Jupyter finds the project's kernel. The C library keeps freed memory for the next tensor: by default it gives
 * blocks above 128 KB back to the system, which then clears their pages again in every training step. pip's and npm's settings stay.
 * @param {string} [root]
 * @param {NodeJS.ProcessEnv} [base]
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(root = projectRoot, base = process.env) {
  const p = paths(root);
  mkdirSync(p.temporary, { recursive: true });
  const tools = [join(p.venv, "bin"), join(p.nodeModules, ".bin")].filter((folder) => existsSync(folder));
  return {
    ...base,
    PATH: [...tools, base.PATH ?? ""].filter(Boolean).join(delimiter),
    TMPDIR: p.temporary,
    JUPYTER_CONFIG_DIR: join(p.local, "jupyter", "config"),
    JUPYTER_DATA_DIR: join(p.local, "jupyter", "data"),
    JUPYTER_RUNTIME_DIR: join(p.local, "jupyter", "runtime"),
    JUPYTER_PATH: join(root, "setup", "kernel"),
    IPYTHONDIR: join(p.local, "ipython"),
    PYTHONNOUSERSITE: "1",
    MALLOC_TRIM_THRESHOLD_: base.MALLOC_TRIM_THRESHOLD_ ?? String(2 ** 30),
    MALLOC_MMAP_THRESHOLD_: base.MALLOC_MMAP_THRESHOLD_ ?? String(2 ** 25),
    TF_CPP_MIN_LOG_LEVEL: base.TF_CPP_MIN_LOG_LEVEL ?? "2",
  };
}
