// pip, with of the user's settings only where packages come from: none that change what is installed, or where to.
import { environment } from "./env.mjs";
import { run } from "./process.mjs";

/**
 * Of pip's settings files: mirrors, proxies, certificates, caches, as variables. Not by `pip config list`, which itself obeys the others
 * (quiet, python, require-virtualenv). Since pip 25 the settings are in a dictionary a file.
 */
const SETTINGS = `
import json, sys
from pip._internal.configuration import Configuration
kept = "index-url extra-index-url no-index find-links trusted-host cert client-cert proxy cache-dir no-cache-dir timeout default-timeout retries keyring-provider"
sections = ["global", sys.argv[1], ":env:"]
settings = Configuration(isolated=False)
settings.load()
pairs = [pair for key, value in settings.items() for pair in (value.items() if isinstance(value, dict) else [(key, value)])]
found = [(section, name, value) for section, name, value in ((*key.split(".", 1), value) for key, value in pairs) if section in sections and name in kept.split()]
found.sort(key=lambda one: sections.index(one[0]))
print(json.dumps({"PIP_" + name.upper().replace("-", "_"): value for _, name, value in found}))
`;

/**
 * Runs pip; each file that it takes must have one of the hashes of its list.
 * @param {string} python
 * @param {"install" | "download"} action
 * @param {string[]} args
 * @param {{ root: string, env: NodeJS.ProcessEnv, temporary?: string, what: string, onLine?: (line: string) => void }} options
 *   `env`: the user's; `temporary`: a folder for what is half there
 */
export async function pip(python, action, args, { root, env, temporary, ...options }) {
  const child = { ...environment(root, env), ...(temporary && { TMPDIR: temporary }) };
  const settings = JSON.parse(await run(python, ["-c", SETTINGS, action], { cwd: root, env: child, what: "Reading pip's settings" }));
  const all = ["-m", "pip", action, "--require-hashes", "--disable-pip-version-check", "--no-input", ...args];
  await run(python, all, { cwd: root, env: { ...child, ...settings, PIP_CONFIG_FILE: "/dev/null" }, ...options });
}
