// TensorFlow behind @tensorflow/tfjs-node-gpu: its C library out of a pinned wheel, and the N-API addon built against it.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { environment, paths } from "./env.mjs";
import { remake } from "./files.mjs";
import { pip } from "./pip.mjs";
import { PlainError, run } from "./process.mjs";
import { fingerprint, readStamp } from "./steps.mjs";
import { findCompiler, freeSpace } from "./tools.mjs";

/** @typedef {"cpu" | "gpu"} Variant */

/**
 * The variant that was chosen last, "cpu" at first.
 * @param {string} root
 * @returns {Variant}
 */
export function chosenVariant(root) {
  return readStamp(root, "variant") === "gpu" ? "gpu" : "cpu";
}

/**
 * @param {string} root
 * @param {Variant} variant
 */
const requirements = (root, variant) => join(root, "setup", variant === "gpu" ? "tensorflow-gpu.txt" : "tensorflow.txt");

/** What is kept of a wheel: the two libraries, the C headers (some only forward to others), NVIDIA's libraries. */
const KEPT = [
  "tensorflow/libtensorflow",
  "tensorflow/include/tensorflow/c/",
  "tensorflow/include/tsl/",
  "tensorflow/include/xla/tsl/",
  "tensorflow/include/tensorflow/tsl/",
  "tensorflow/include/tensorflow/core/platform/ctstring",
  "nvidia/",
];
const UNPACK = `
import glob, sys, zipfile
folder, kept = sys.argv[1], tuple(sys.argv[2:])
for wheel in sorted(glob.glob(folder + "/wheels/*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(kept) and not (name.startswith("nvidia/") and ("/include/" in name or ".alt." in name)):
                archive.extract(name, folder)
`;

/**
 * The step that brings TensorFlow's library into .local/tensorflow.
 * @param {string} root
 * @param {Variant} variant
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {import("./steps.mjs").Step}
 */
export function libraryStep(root, variant, env = process.env) {
  const p = paths(root);
  const list = requirements(root, variant);
  const megabytes = Number(/# download: (\d+) MB/.exec(existsSync(list) ? readFileSync(list, "utf8") : "")?.[1] ?? 0);
  return {
    name: "tensorflow",
    title: variant === "gpu" ? "TensorFlow's library with CUDA" : "TensorFlow's library",
    inputs: () => fingerprint(variant, { file: list }),
    isThere: () =>
      ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2", "include/tensorflow/c/c_api.h"].every((file) =>
        existsSync(join(p.tensorflow, "tensorflow", file)),
      ) &&
      (variant === "cpu" || existsSync(join(p.tensorflow, "nvidia"))),
    async run(report) {
      if (process.platform !== "linux" || process.arch !== "x64") {
        throw new PlainError(
          `Set-up brings TensorFlow to Linux on x86-64, not to ${process.platform} on ${process.arch}: see environment.md.`,
        );
      }
      mkdirSync(p.local, { recursive: true });
      const [free, needed] = [freeSpace(root), variant === "gpu" ? 12 : 2.5];
      if (free < needed)
        throw new PlainError(
          `Only ${free.toFixed(1)} GB are free on this disk, TensorFlow's library needs ${needed}: make room and start again.`,
        );
      await remake(p.tensorflow, async (part) => {
        mkdirSync(join(part, "tmp"));
        report(`downloading ${megabytes} MB`);
        const download = [
          ...["--no-deps", "--only-binary=:all:"],
          ...["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "none"],
          ...["-r", list, "-d", join(part, "wheels")],
        ];
        await pip(p.python, "download", download, {
          root,
          env,
          temporary: join(part, "tmp"),
          what: "The download of TensorFlow's library",
        });
        report("unpacking");
        await run(p.python, ["-c", UNPACK, part, ...KEPT], { env: environment(root), what: "Unpacking TensorFlow's library" });
        for (const name of ["wheels", "tmp"]) rmSync(join(part, name), { recursive: true, force: true });
      });
    },
  };
}

/**
 * The links by which the addon's package finds the library: relative, so that the project's folder can be moved.
 * @param {string} root
 * @param {string} deps the folder in which they lie
 * @returns {[string, string][]} pairs of link and target
 */
function links(root, deps) {
  const p = paths(root);
  const library = join(p.tensorflow, "tensorflow");
  return [
    [join(deps, "include"), join(library, "include")],
    [join(deps, "nvidia"), join(p.tensorflow, "nvidia")], // where the library looks for CUDA; without --gpu the link leads nowhere
    [join(deps, "lib", "libtensorflow_cc.so.2"), join(library, "libtensorflow_cc.so.2")],
    [join(deps, "lib", "libtensorflow_framework.so.2"), join(library, "libtensorflow_framework.so.2")],
    [join(deps, "lib", "libtensorflow.so"), join(deps, "lib", "libtensorflow_cc.so.2")],
    [join(deps, "lib", "libtensorflow_framework.so"), join(deps, "lib", "libtensorflow_framework.so.2")],
  ];
}

/** Room for TensorFlow's messages. The addon cuts them after 500 bytes, and those that name a kernel's attributes are longer. */
const MESSAGE_BYTES = "20000";

/** @param {string} file the addon's utils.h */
function keepWholeMessages(file) {
  const source = readFileSync(file, "utf8");
  const longer = source
    .replace("char buffer[500];", `char buffer[${MESSAGE_BYTES}];`)
    .replace("(buffer, 500,", `(buffer, ${MESSAGE_BYTES},`);
  if (longer.split(MESSAGE_BYTES).length !== 3) throw new PlainError("The addon's source is not the one that set-up knows.");
  writeFileSync(file, longer);
}

/**
 * The step that builds the N-API addon; `npm ci` wipes it, so it comes after.
 * @param {string} root
 * @param {Variant} variant
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {import("./steps.mjs").Step}
 */
export function addonStep(root, variant, env = process.env) {
  const p = paths(root);
  const headers = join(p.nodeModules, "node-api-headers");
  return {
    name: "addon",
    title: "TensorFlow's addon for Node",
    inputs: () =>
      fingerprint(
        ...[variant, MESSAGE_BYTES, env.CXX ?? "", { file: requirements(root, variant) }],
        ...[{ file: join(p.addonPackage, "binding", "tfjs_backend.cc") }, { file: join(headers, "package.json") }],
      ),
    isThere: () => existsSync(p.addon) && existsSync(join(p.addonPackage, "deps", "lib", "libtensorflow.so")),
    async run(report) {
      const compiler = findCompiler(env);
      const part = `${p.addon}.part`;
      await remake(join(p.addonPackage, "deps"), async (deps) => {
        mkdirSync(join(deps, "lib"));
        for (const [link, target] of links(root, deps)) symlinkSync(relative(dirname(link), target), link);
        mkdirSync(dirname(p.addon), { recursive: true });
        const binding = join(deps, "binding");
        cpSync(join(p.addonPackage, "binding"), binding, { recursive: true });
        keepWholeMessages(join(binding, "utils.h"));
        report("compiling");
        const args = [
          ...[...compiler.args, "-std=c++17", "-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8", "-w"],
          ...["-I", p.addonPackage, "-I", join(deps, "include"), "-I", join(headers, "include")],
          ...[join(binding, "tfjs_backend.cc"), join(binding, "tfjs_binding.cc"), "-o", part],
          ...["-L", join(deps, "lib"), "-ltensorflow", "-ltensorflow_framework", "-Wl,-rpath,$ORIGIN/../../deps/lib"],
        ];
        await run(compiler.command, args, { cwd: root, env: environment(root, env), what: "Compiling TensorFlow's addon" });
      });
      renameSync(part, p.addon);
      report("loading");
      const { version } = await probeTensorflow(root, env);
      return `TensorFlow ${version}`;
    },
  };
}

const PROBE = `
for (const name of ["isNullOrUndefined", "isArray"]) require("util")[name] ??= name === "isArray" ? Array.isArray : (x) => x == null;
const tf = require(process.argv[1]);
const sum = tf.tidy(() => tf.sum(tf.matMul(tf.ones([3, 4]), tf.ones([4, 5]))).dataSync()[0]);
if (sum !== 60) throw new Error("TensorFlow computed " + sum + " where 60 is right");
console.log("probe " + JSON.stringify({ version: tf.backend().binding.TF_Version, gpu: Boolean(tf.backend().isUsingGpuDevice) }));
`;

/**
 * Loads TensorFlow in a process of its own and computes a small product with it.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ version: string, gpu: boolean }>}
 */
export async function probeTensorflow(root, env = process.env) {
  const options = { cwd: root, env: environment(root, env), timeout: 120_000, what: "Loading TensorFlow" };
  const out = await run(process.execPath, ["-e", PROBE, paths(root).addonPackage], options);
  return JSON.parse(/^probe (.*)$/m.exec(out)?.[1] ?? "{}");
}
