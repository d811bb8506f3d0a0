// npm start [-- JUPYTER'S ARGUMENTS]: set-up, then JupyterLab on this machine alone, opened at the first notebook.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { environment, paths, projectRoot } from "./env.mjs";
import { command, ended, isMain } from "./process.mjs";
import { setUp } from "./setup.mjs";

/**
 * JupyterLab's arguments: bound to 127.0.0.1, with its own token; it asks for no news, no updates and no list of extensions.
 * @param {string} [root]
 */
export function labArguments(root = projectRoot) {
  return [
    `--config=${join(projectRoot, "setup", "lab", "config.py")}`,
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.root_dir=${root}`,
    "--LabApp.default_url=/lab/tree/notebooks/00-start.ipynb",
    `--LabApp.app_settings_dir=${join(root, "setup", "lab")}`,
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
}

/** @returns {Promise<number>} JupyterLab's exit code; at Ctrl-C it asks whether to end */
async function start() {
  await setUp();
  const lab = join(paths().venv, "bin", "jupyter-lab");
  return ended(spawn(lab, [...labArguments(), ...process.argv.slice(2)], { cwd: projectRoot, env: environment(), stdio: "inherit" }));
}

if (isMain(import.meta.url)) await command(start);
