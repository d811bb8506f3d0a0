/** Every step of set-up is killed in its middle; the old result stays, and the next set-up makes the new one from nothing. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const project = path.resolve(__dirname, "..");
let root: string;
let env: NodeJS.ProcessEnv;

const at = (...parts: string[]) => path.join(root, ...parts);
function write(file: string, content: string, mode = 0o644) {
  fs.mkdirSync(path.dirname(at(file)), { recursive: true });
  fs.writeFileSync(at(file), content, { mode });
}
/** A program in shell; `die 1` kills what has started it if the test asks for it there. */
const shell = (body: string) =>
  `#!/bin/sh\ndie() { [ -e "${at("kill")}-$1" ] || return 0; rm "${at("kill")}-$1"; kill -9 $PPID; exit 1; }\n${body}\n`;
const killFromNode = (point: number) =>
  `if (fs.existsSync(${JSON.stringify(`${at("kill")}-${point}`)})) { fs.rmSync(${JSON.stringify(`${at("kill")}-${point}`)}); process.kill(process.ppid, "SIGKILL"); process.exit(1); }`;

beforeEach(() => {
  root = path.join(fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "setup-kills-"))), "project");
  env = { PATH: `${at("bin")}:/usr/bin:/bin`, PYTHON: at("bin/python"), CXX: at("bin/cxx"), TDLGM_STAND_IN: "1" };
  const locked = { packages: { "node_modules/a": { version: "1.0.0", integrity: "x" } } };
  write("package.json", "{}");
  write("package-lock.json", JSON.stringify(locked));
  const npm = `[ "$1" = config ] && exec echo
[ -e package.json ] && mkdir -p node_modules/a; die 1
echo '{}' > node_modules/a/package.json; die 2; cp package-lock.json node_modules/.package-lock.json`;
  write("bin/npm", shell(npm), 0o755);
  // A Python that makes environments, whose Python installs a script and unpacks TensorFlow's library.
  write("venv-python", shell(`case "$2" in
  pip) if [ "$3" = install ]; then die 2; printf '#!%s\\n' "$0" > "$(dirname "$0")/jupyter-lab"; die 3
       else for last; do :; done; mkdir -p "$last"; die 1; fi;;
  *) case "$3" in install | download) exec echo {};; esac
     mkdir -p "$3/tensorflow/include/tensorflow/c"; touch "$3/tensorflow/libtensorflow_cc.so.2"; die 2
     touch "$3/tensorflow/libtensorflow_framework.so.2" "$3/tensorflow/include/tensorflow/c/c_api.h";;
esac`), 0o755); // biome-ignore format: a program
  write("bin/python", shell(`case "$1 $2" in
  "-m venv") mkdir -p "$3/bin"; cp "${at("venv-python")}" "$3/bin/python"; die 1; echo "command = $0 -m venv $3" > "$3/pyvenv.cfg";;
  *platform*) echo 3.12.4;;
esac`), 0o755); // biome-ignore format: a program
  write("setup/requirements.txt", "");
  write("setup/kernel/kernels/tslab/kernel.json", fs.readFileSync(path.join(project, "setup/kernel/kernels/tslab/kernel.json"), "utf8"));
  write("setup/tensorflow.txt", "# download: 1 MB\n");
  write("bin/cxx", shell(`[ "$1" = --version ] && exec echo 1
while [ "$1" != -o ]; do shift; done; echo half > "$2"; die 1; echo whole > "$2"`), 0o755); // biome-ignore format: a program
});
afterEach(() => fs.rmSync(path.dirname(root), { recursive: true, force: true }));

/** What the addon's and the browser's steps need of node_modules. */
function writePackages() {
  const addon = "node_modules/@tensorflow/tfjs-node-gpu";
  for (const file of ["tfjs_backend.cc", "tfjs_binding.cc"]) write(`${addon}/binding/${file}`, "");
  write(`${addon}/binding/utils.h`, "char buffer[500]; snprintf(buffer, 500, x)");
  const sum = "{ dataSync: () => [60] }";
  write(
    `${addon}/index.js`,
    `const fs = require("fs"); ${killFromNode(2)}
module.exports = { tidy: (f) => f(), sum: () => (${sum}), matMul() {}, ones() {}, backend: () => ({ binding: { TF_Version: "9" } }) };`,
  );
  write("node_modules/@sparticuz/chromium/package.json", '{"type": "module", "exports": "./index.js"}');
  write(
    "node_modules/@sparticuz/chromium/index.js",
    `import fs from "node:fs"; const file = process.env.TMPDIR + "/chromium";
export default { async executablePath() { fs.writeFileSync(file, "half"); ${killFromNode(1)} fs.writeFileSync(file, "whole"); } };`,
  );
  write(
    "node_modules/playwright-core/index.js",
    `const fs = require("fs");
exports.chromium = { async launch() { ${killFromNode(2)} return {
  newPage: async () => ({ setContent: async () => {}, screenshot: async () => Buffer.from("\\x89PNG", "latin1") }), close: async () => {} }; } };`,
  );
}

/** Runs one step under the lock, in a process of its own; resolves to its exit code, null if it was killed. */
function setUp(step: string): Promise<number | null> {
  const files = ["setup", "lock", "steps"].map((name) => JSON.stringify(path.join(project, `setup/${name}.mjs`)));
  const program = `Promise.all([${files.map((file) => `import(${file})`)}]).then(([{ steps }, { withLock }, { runSteps }]) => {
    const [root, name, env] = process.argv.slice(1);
    const chosen = steps(root, { env: JSON.parse(env) }).filter((step) => step.name === name);
    return withLock(root + "/.local/setup.lock", "set-up", () => runSteps(root, chosen, () => {}));
  })`;
  const child = spawn(process.execPath, ["-e", program, root, step, JSON.stringify(env)], { stdio: ["ignore", "ignore", "inherit"] });
  return new Promise((resolve) => child.on("close", resolve));
}

const STEPS = {
  packages: { kills: 2, folder: "node_modules", whole: () => fs.existsSync(at("node_modules/.package-lock.json")) },
  python: {
    kills: 3,
    folder: ".venv",
    // Nothing in it names the folder in which it was made.
    whole: () =>
      fs.readFileSync(at(".venv/bin/jupyter-lab"), "utf8") === `#!${at(".venv/bin/python")}\n` &&
      fs.readFileSync(at(".venv/pyvenv.cfg"), "utf8").endsWith(`-m venv ${at(".venv")}\n`),
  },
  tensorflow: {
    kills: 2,
    folder: ".local/tensorflow",
    whole: () => fs.existsSync(at(".local/tensorflow/tensorflow/libtensorflow_cc.so.2")),
  },
  addon: {
    kills: 2,
    folder: "node_modules/@tensorflow/tfjs-node-gpu/deps",
    whole: () =>
      fs.readFileSync(at("node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node"), "utf8") === "whole\n" &&
      fs.lstatSync(at("node_modules/@tensorflow/tfjs-node-gpu/deps/lib/libtensorflow.so")).isSymbolicLink(),
  },
  browser: { kills: 2, folder: ".local/browser", whole: () => fs.readFileSync(at(".local/browser/chromium"), "utf8") === "whole" },
};

describe.each(Object.entries(STEPS))("the step %s", (name, { kills, folder, whole }) => {
  beforeEach(() => {
    if (name === "tensorflow") write(".venv/bin/python", fs.readFileSync(at("venv-python"), "utf8"), 0o755);
    if (name === "addon" || name === "browser") writePackages();
  });
  const isWhole = () => {
    expect(whole()).toBe(true);
    for (const left of [".part", ".old"]) expect(fs.existsSync(at(folder + left)), left).toBe(false);
  };

  it.each(Array.from({ length: kills }, (_, i) => i + 1))(
    "is repaired after a kill at its point %i, from nothing and from an old result",
    async (point) => {
      for (const old of [false, true]) {
        write(`kill-${point}`, "");
        fs.rmSync(at(".local/stamps", name), { force: true });
        if (old && name === "packages") fs.writeFileSync(at("package-lock.json"), '{"packages":{"node_modules/a":{"version":"2"}}}');
        expect(await setUp(name), "it was killed").toBe(null);
        if (old && name !== "browser") expect(whole(), "the old one is still there").toBe(true);
        expect(await setUp(name)).toBe(0);
        isWhole();
      }
    },
  );

  it("is repaired where an older set-up left a half, or links that point at each other", async () => {
    fs.mkdirSync(path.dirname(at(folder)), { recursive: true });
    for (const half of ["", ".part", ".old"]) {
      if (half === "" && name === "addon") continue;
      fs.mkdirSync(at(folder + half, "bin"), { recursive: true });
      for (const [link, target] of [["python", "python3"], ["python3", "python"]]) // biome-ignore format: a pair a line
        if (!fs.existsSync(at(folder + half, "bin", link))) fs.symlinkSync(target, at(folder + half, "bin", link));
    }
    if (name === "browser" || name === "addon") writePackages();
    env.PATH = `${at(".venv/bin")}:${env.PATH}`; // as in a shell that has activated it
    expect(await setUp(name)).toBe(0);
    isWhole();
  });
});

describe("a lock", () => {
  it("is still held by a program that runs under it when its holder is killed", async () => {
    const file = JSON.stringify(path.join(project, "setup/lock.mjs"));
    const processes = JSON.stringify(path.join(project, "setup/process.mjs"));
    const program = `Promise.all([import(${file}), import(${processes})]).then(([{ withLock }, { run }]) =>
      withLock(process.argv[1], "a test", () => run("sh", ["-c", "kill -9 $PPID; while [ ! -e " + process.argv[1] + ".go ]; do sleep 0.05; done"])))`;
    fs.mkdirSync(root, { recursive: true });
    const child = spawn(process.execPath, ["-e", program, at("lock")], { stdio: "ignore" });
    await new Promise((resolve) => child.on("close", resolve));
    const { withLock } = await import("../setup/lock.mjs");
    const said: string[] = [];
    const tell = (text: string) => {
      said.push(text);
      write("lock.go", ""); // only now the program ends
    };
    expect(await withLock(at("lock"), "a test", async () => 7, tell)).toBe(7);
    expect(said).toEqual([expect.stringContaining(`Waiting for "a test", process ${child.pid}`)]);
  });
});

describe("files of killed writes", async () => {
  const { clearKilledWrites, writeWhole } = await import("../setup/files.mjs");
  it("are cleared, those of living processes and all others stay", () => {
    const gone = 2 ** 22 + 7; // no process has this number
    for (const name of [`README.md.${gone}.tmp`, `a.csv.${gone}.part`, `b.${process.pid}.tmp`, "c.tmp", "runs.part"]) write(name, "");
    writeWhole(at("d.json"), "{}");
    clearKilledWrites([root, at("absent")]);
    const left = fs.readdirSync(root).filter((name) => /\.(tmp|part|json)$/.test(name));
    expect(left.sort()).toEqual([`b.${process.pid}.tmp`, "c.tmp", "d.json", "package-lock.json", "package.json", "runs.part"]);
  });
});
