// Where everything lies, and the environment in which the project's child processes run.
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
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
    workLock: join(local, "work.lock"),
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

/** @param {string[]} names as regular expressions, in any case */
const named = (...names) => new RegExp(`^(${names.join("|")})$`, "i");

/** Variables that steer the tools which the project starts: where they look for modules and settings, what they leave out, what they print. */
const STEERING = named(
  "(node|npm|pip|python|pyvenv|conda|_ce|uv|pipx|poetry|pdm|tsx|ts_node|esbuild|vitest|vite|snakemake|playwright|pw|git|tf|xla)_.*",
  "(pip|python|snakemake|jupyter|ipython|virtual_env|pyenv).+|virtual_env",
  "node_?path|cpath|(c|cplus|objc)_include_path|library_path|compiler_path|ld_run_path|gcc_exec_prefix",
  "debug|pwdebug|force_color|clicolor_force|env|bash_env|shellopts|bashopts|cdpath|posixly_correct|bash_func_.*",
);
/** But of these the user's own are passed on: mirrors, proxies, certificates and caches, what environment.md names, what does no harm. */
const KEPT = named(
  "node_(extra_ca_certs|tls_reject_unauthorized|use_.*)",
  "npm_config_(.*proxy|cafile|ca|cert|key|strict[-_]ssl|cache|userconfig|globalconfig|fetch[-_].*|maxsockets|prefer[-_].*|offline)",
  "npm_config_(.*registry|//.*|_auth.*)",
  "pip_(.*index.*|find_links|trusted_host|.*cert|proxy|.*cache_dir|.*timeout|retries|config_file|keyring_provider|disable_pip_version_check)",
  "python(unbuffered|dontwritebytecode)|pyenv_(root|version)",
  "git_(config|ssl).*",
  "tf_(num_.*_threads|enable_onednn_opts|cpp_min_log_level|force_gpu_allow_growth)",
);

/** A folder's one path, whether it is written as a link, relative or with a slash at its end. @param {string} folder */
function real(folder) {
  try {
    return realpathSync(folder);
  } catch {
    return resolve(folder);
  }
}

/**
 * A user's environment without what would reach into the project's tools, this project's own .venv in PATH included.
 * @param {NodeJS.ProcessEnv} base
 * @param {string} [root]
 * @returns {NodeJS.ProcessEnv}
 */
export function cleared(base, root = projectRoot) {
  const env = Object.fromEntries(Object.entries(base).filter(([name]) => !STEERING.test(name) || KEPT.test(name)));
  const own = real(join(paths(root).venv, "bin"));
  if (env.PATH !== undefined)
    env.PATH = env.PATH.split(delimiter)
      .filter((folder) => real(folder) !== own)
      .join(delimiter);
  // Of Node's options only those about the network and about memory.
  const options = base.NODE_OPTIONS?.match(/--(use-|dns-|tls-|max-|no-network-)\S+/g);
  return { ...env, ...(options && { NODE_OPTIONS: options.join(" ") }) };
}

/**
 * The environment for child processes. The user's own comes in cleared; pip's and npm's settings of mirrors, proxies and caches stay. The
 * project's tools come first on PATH, temporary files and the folders of Jupyter and IPython lie inside the project, and Jupyter finds the
 * project's kernel. The C library keeps freed memory for the next tensor: by default it gives blocks above 128 KB back to the system, which
 * then clears their pages again in every training step.
 * @param {string} [root]
 * @param {NodeJS.ProcessEnv} [base]
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(root = projectRoot, base = process.env) {
  const p = paths(root);
  mkdirSync(p.temporary, { recursive: true });
  const tools = [join(p.venv, "bin"), join(p.nodeModules, ".bin")].filter((folder) => existsSync(folder));
  const env = cleared(base, root);
  return {
    ...env,
    PATH: [...tools, env.PATH ?? ""].filter(Boolean).join(delimiter),
    TMPDIR: p.temporary,
    JUPYTER_CONFIG_DIR: join(p.local, "jupyter", "config"),
    JUPYTER_DATA_DIR: join(p.local, "jupyter", "data"),
    JUPYTER_RUNTIME_DIR: join(p.local, "jupyter", "runtime"),
    JUPYTER_PATH: join(root, "setup", "kernel"),
    IPYTHONDIR: join(p.local, "ipython"),
    PIP_USER: "0", // pip's settings file may ask for it too
    PYTHONNOUSERSITE: "1",
    PYTHONUTF8: "1",
    MALLOC_TRIM_THRESHOLD_: base.MALLOC_TRIM_THRESHOLD_ ?? String(2 ** 30),
    MALLOC_MMAP_THRESHOLD_: base.MALLOC_MMAP_THRESHOLD_ ?? String(2 ** 25),
    TF_CPP_MIN_LOG_LEVEL: base.TF_CPP_MIN_LOG_LEVEL ?? "2",
  };
}
