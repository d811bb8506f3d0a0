// npm, with of the user's settings only where packages come from: none that change what is installed, or where to.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { environment } from "./env.mjs";
import { run } from "./process.mjs";

/** Settings about mirrors, proxies, certificates and caches, as setup/env.mjs keeps them of the environment. */
const KEPT = /^\s*(.*registry|\/\/.*|_auth.*|.*proxy|cafile|ca|cert|key|strict-ssl|cache|fetch-.*|maxsockets|prefer-.*|offline)(\[\])?\s*=/;

/** @param {NodeJS.ProcessEnv} env @param {string} name in any case */
const variable = (env, name) => Object.keys(env).find((one) => one.toLowerCase() === name) ?? name;

/**
 * `npm ci` in a folder that holds package.json and package-lock.json.
 * @param {string} folder
 * @param {string} root
 * @param {NodeJS.ProcessEnv} user the user's environment
 */
export async function installPackages(folder, root, user) {
  const env = environment(root, user);
  const ask = ["config", "get", "globalconfig", "--userconfig=/dev/null"]; // not even npm's `config get` bears every setting
  const globalconfig = (await run("npm", ask, { cwd: folder, env, what: "Reading npm's settings" })).trim();
  const userconfig = env[variable(env, "npm_config_userconfig")] ?? join(env.HOME ?? homedir(), ".npmrc");
  const files = Object.entries({ userconfig, globalconfig }).map(([kind, file]) => ({ kind, file, own: join(folder, `.${kind}`) }));
  try {
    for (const { file, own } of files) {
      const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
      writeFileSync(own, lines.filter((line) => KEPT.test(line)).join("\n"), { mode: 0o600 }); // there may be a password in it
    }
    const settings = files.map(({ kind, own }) => `--${kind}=${own}`);
    await run("npm", ["ci", "--include=dev", "--ignore-scripts", ...settings], { cwd: folder, env, what: "npm ci" });
  } finally {
    for (const { own } of files) rmSync(own, { force: true });
  }
}
