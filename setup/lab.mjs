// npm run lab [-- JUPYTER'S ARGUMENTS]: set-up, then JupyterLab with the project's kernel, without its news and update checks.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { environment, paths, projectRoot } from "./env.mjs";
import { command } from "./process.mjs";
import { setUp } from "./setup.mjs";

await command(async () => {
  await setUp();
  const quiet = ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"];
  const lab = join(paths().venv, "bin", "jupyter-lab");
  const child = spawn(lab, [...quiet, ...process.argv.slice(2)], { cwd: projectRoot, env: environment(), stdio: "inherit" });
  process.on("SIGINT", () => {}); // Ctrl-C reaches JupyterLab too, which asks whether to end
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
});
