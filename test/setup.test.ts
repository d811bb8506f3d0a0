import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const project = path.resolve(__dirname, "..");
let root: string;
const opened: (() => void)[] = [];

beforeEach(() => {
  root = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "setup-test-")), "project");
  fs.mkdirSync(path.join(root, "data"), { recursive: true });
});
afterEach(() => {
  for (const close of opened.splice(0)) close();
  fs.rmSync(path.dirname(root), { recursive: true, force: true });
});

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const exists = (...parts: string[]) => fs.existsSync(path.join(root, ...parts));

describe("lock", async () => {
  const { holder, withLock } = await import("../setup/lock.mjs");
  const lock = () => path.join(root, ".local", "setup.lock");
  /** Another process that holds the lock, as soon as it is there. */
  const other = async (): Promise<ChildProcess> => {
    const program = `import(${JSON.stringify(path.join(project, "setup/lock.mjs"))}).then(({ withLock }) =>
      withLock(${JSON.stringify(lock())}, "set-up", () => new Promise((resolve) => { console.log("held"); setTimeout(resolve, 60000); })))`;
    const child = spawn(process.execPath, ["-e", program]);
    opened.push(() => child.kill("SIGKILL"));
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    return child;
  };

  it("is held during the action and free after it, also after a failure", async () => {
    expect(holder(lock())).toBeUndefined();
    await withLock(lock(), "a test", async () => expect(holder(lock())).toContain(`"a test", process ${process.pid}, which`));
    expect(holder(lock())).toBeUndefined();
    await expect(withLock(lock(), "a test", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(holder(lock())).toBeUndefined();
    expect(await withLock(lock(), "a test", async () => 7)).toBe(7);
  });

  it("is waited for while its holder lives, which is said once, and is free when the holder is killed", async () => {
    const child = await other();
    const said: string[] = [];
    let entered = false;
    const waiting = withLock(lock(), "a test", async () => (entered = true), said.push.bind(said));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(entered).toBe(false);
    child.kill("SIGKILL");
    await waiting;
    expect(entered).toBe(true);
    expect(said).toEqual([expect.stringContaining(`Waiting for "set-up", process ${child.pid}, which has been working in this folder`)]);
  });

  it("is free where a file was left behind, whatever is in it", async () => {
    fs.mkdirSync(path.dirname(lock()), { recursive: true });
    fs.writeFileSync(lock(), "{ half");
    const said: string[] = [];
    expect(await withLock(lock(), "a test", async () => 2, said.push.bind(said))).toBe(2);
    expect(said).toEqual([]);
  });

  it("lets one in at a time", async () => {
    let inside = 0;
    let most = 0;
    const enter = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside--;
    };
    await Promise.all(Array.from({ length: 4 }, () => withLock(lock(), "a test", enter, () => {})));
    expect(most).toBe(1);
  });
});

describe("steps", async () => {
  const { fingerprint, isDone, runSteps, readStamp } = await import("../setup/steps.mjs");
  const quiet = () => {};
  const step = (input: string, run: () => Promise<void>) => ({
    name: "file",
    title: "A file",
    inputs: () => fingerprint(input, { file: path.join(root, "input.txt") }),
    isThere: () => exists("made.txt"),
    run,
  });
  const make = async () => fs.writeFileSync(path.join(root, "made.txt"), "");

  it("run once, and again when an input changes or the result is gone", async () => {
    expect(await runSteps(root, [step("a", make)], quiet)).toBe(1);
    expect(await runSteps(root, [step("a", make)], quiet)).toBe(0);
    expect(await runSteps(root, [step("b", make)], quiet)).toBe(1);
    fs.writeFileSync(path.join(root, "input.txt"), "other");
    expect(await runSteps(root, [step("b", make)], quiet)).toBe(1);
    fs.rmSync(path.join(root, "made.txt"));
    expect(await runSteps(root, [step("b", make)], quiet)).toBe(1);
  });

  it("are done again after an interruption, although the old result is there", async () => {
    await runSteps(root, [step("a", make)], quiet);
    const interrupted = step("b", () => Promise.reject(new Error("power cut")));
    await expect(runSteps(root, [interrupted], quiet)).rejects.toThrow("power cut");
    expect(readStamp(root, "file")).toBeUndefined();
    expect(isDone(root, step("a", make))).toBe(false);
    expect(isDone(root, step("b", make))).toBe(false);
  });

  it("tell their names and times", async () => {
    const said: string[] = [];
    await runSteps(root, [step("a", make)], said.push.bind(said));
    expect(said).toEqual(["[1/1] A file ...", expect.stringMatching(/^\[1\/1\] A file: \d\.\d s$/)]);
  });
});

describe("npm packages", async () => {
  const { packagesInstalled } = await import("../setup/setup.mjs");
  const write = (file: string, content: object) => {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), JSON.stringify(content));
  };
  const a = { "node_modules/a": { version: "1.0.0", integrity: "x" } };

  it("count as installed when npm's own list agrees and the folders are there", () => {
    write("package-lock.json", { packages: { "": {}, ...a, "node_modules/b": { version: "2.0.0", optional: true } } });
    expect(packagesInstalled(root)).toBe(false);
    write("node_modules/.package-lock.json", { packages: a });
    expect(packagesInstalled(root)).toBe(false);
    write("node_modules/a/package.json", {});
    expect(packagesInstalled(root)).toBe(true);
    write("node_modules/.package-lock.json", { packages: { "node_modules/a": { version: "1.0.1", integrity: "x" } } });
    expect(packagesInstalled(root)).toBe(false);
  });
});

describe("tools", async () => {
  const { checkNode, findPython, findCompiler, isAtLeast } = await import("../setup/tools.mjs");
  const script = (name: string, body: string) => {
    const file = path.join(root, name);
    fs.writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return file;
  };

  it("compare versions by number", () => {
    expect(isAtLeast("v20.19.0", [20, 19])).toBe(true);
    expect(isAtLeast("3.9.18", [3, 11])).toBe(false);
    expect(isAtLeast("24.1.0", [20, 19])).toBe(true);
  });

  it("name what is missing and the fix in one sentence", () => {
    expect(() => checkNode("v18.20.0")).toThrow("Node v18.20.0 is too old");
    expect(() => findPython({ PATH: "" })).toThrow(/There is no Python 3\.11 or newer: install it/);
    expect(() => findPython({ PYTHON: script("old", "echo 3.9.2") })).toThrow(/old is 3\.9\.2/);
    expect(() => findPython({ PYTHON: script("bare", 'case "$2" in *venv*) exit 1;; *) echo 3.12.4;; esac') })).toThrow(/python3\.12-venv/);
    expect(() => findCompiler({ PATH: "" })).toThrow(/There is no C\+\+ compiler/);
    expect(() => findCompiler({ PATH: "", CXX: "no-such-compiler" })).toThrow(/CXX is set to "no-such-compiler"/);
  });

  it("take $CXX with its arguments", () => {
    script("cxx", "echo my compiler 1.0");
    expect(findCompiler({ PATH: `${root}:/bin`, CXX: "cxx -m64" })).toEqual({ command: "cxx", args: ["-m64"], version: "my compiler 1.0" });
  });
});

describe("trace", async () => {
  const { traceStep, standInNote } = await import("../setup/trace.mjs");
  const { isDone, runSteps } = await import("../setup/steps.mjs");
  const right = "a,b\n1,2\n";
  const name = "openb_pod_list_default.csv";
  const inData = () => path.join(root, "data", name);
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  };
  const serve = async (answer: (respond: import("node:http").ServerResponse) => void) => {
    const server: Server = createServer((_, response) => answer(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    opened.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/trace`;
  };
  /** An address at which nothing answers. */
  const nobody = async () => {
    const address = await serve(() => {});
    opened.pop()!();
    return address;
  };
  const step = (address: string, env: NodeJS.ProcessEnv = {}, again = false) =>
    traceStep(root, { env, again, source: { address, sha256: sha256(right), patience: 300, limit: 2000 } });
  const provide = (address: string, env: NodeJS.ProcessEnv = {}) => step(address, env).run(() => {});

  it("stays as it is in data/", async () => {
    write(inData(), right);
    expect(isDone(root, step(await nobody()))).toBe(true);
  });

  it("comes from TDLGM_TRACE before ../shared/data, and from there before the publisher", async () => {
    const named = write(path.join(root, "elsewhere", "trace.csv"), right);
    const shared = write(path.join(root, "..", "shared", "data", name), right);
    expect(await provide(await nobody(), { TDLGM_TRACE: named })).toBe(`from ${named}`);
    expect(fs.readFileSync(inData(), "utf8")).toBe(right);
    fs.rmSync(inData());
    expect(await provide(await nobody())).toBe(`from ${shared}`);
    expect(fs.readdirSync(path.join(root, "data"))).toEqual([name]);
  });

  it("is refused by name where it is another file", async () => {
    write(inData(), "wrong");
    expect(isDone(root, step(await nobody()))).toBe(false);
    await expect(provide(await nobody())).rejects.toThrow(`${inData()} is not the trace`);
    fs.rmSync(inData());
    const named = write(path.join(root, "named.csv"), "wrong");
    await expect(provide(await nobody(), { TDLGM_TRACE: named })).rejects.toThrow(/named\.csv is not the trace .* TDLGM_TRACE names it/);
    await expect(provide(await nobody(), { TDLGM_TRACE: "absent.csv" })).rejects.toThrow(/absent\.csv can't be read \(ENOENT\)/);
    const shared = write(path.join(root, "..", "shared", "data", name), "wrong");
    await expect(provide(await nobody())).rejects.toThrow(`${shared} is not the trace`);
    expect(fs.existsSync(inData())).toBe(false);
  });

  it("comes from the publisher", async () => {
    const address = await serve((response) => response.end(right));
    expect(await provide(address)).toBe("from its publisher");
    expect(fs.readFileSync(inData(), "utf8")).toBe(right);
  });

  it.each([
    ["another file", (response: import("node:http").ServerResponse) => response.end("<html>"), "is another file"],
    ["an error", (response: import("node:http").ServerResponse) => response.writeHead(404).end(), "answered 404"],
    ["silence", () => {}, "gave no answer for 0.3 s"],
    [
      "a start and then silence",
      (response: import("node:http").ServerResponse) => response.write(right.slice(0, 3)),
      "gave no answer for 0.3 s",
    ],
  ])("is replaced by the stand-in where the publisher gives %s", async (_, answer, reason) => {
    const note = await provide(await serve(answer));
    expect(note).toContain("not to be had");
    expect(note).toContain(reason);
    expect(fs.readdirSync(path.join(root, "data"))).toEqual([]);
    expect(standInNote(root, {}, sha256(right))).toContain("stand-in");
  });

  it("is not asked for again within the hour, unless it is told to or a file turns up", async () => {
    const address = await nobody();
    expect(isDone(root, step(address))).toBe(false);
    expect(await runSteps(root, [step(address)], () => {})).toBe(1);
    expect(isDone(root, step(address))).toBe(true);
    expect(isDone(root, step(address, {}, true))).toBe(false);
    expect(isDone(root, step(address, { TDLGM_TRACE: "some.csv" }))).toBe(false);
  });

  it("is not looked for with TDLGM_STAND_IN=1", async () => {
    const env = { TDLGM_STAND_IN: "1" };
    expect(isDone(root, step(await nobody(), env))).toBe(true);
    expect(standInNote(root, env)).toContain("stand-in");
  });
});

describe("doctor", async () => {
  const { examine, line } = await import("../setup/doctor.mjs");

  it("tells in one line each what an empty folder on a bare machine lacks", async () => {
    fs.mkdirSync(path.join(root, "setup"));
    const findings = await examine({ root, env: { PATH: "" } });
    const state = Object.fromEntries(findings.map((finding) => [finding.name, finding.state]));
    for (const name of ["npm", "Python", "compiler", "npm packages", "Python packages", "TensorFlow", "Jupyter kernel", "browser"]) {
      expect([name, state[name]]).toEqual([name, "missing"]);
    }
    expect(state).toMatchObject({ Node: "ok", git: "note", trace: "note" });
    for (const finding of findings) expect(line(finding)).not.toContain("\n");
  });

  it("goes on where files are broken", async () => {
    vi.stubEnv("TDLGM_STAND_IN", "");
    for (const file of ["package-lock.json", "package.json", "node_modules/tslab/package.json", "data/openb_pod_list_default.csv"]) {
      fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), "{ broken");
    }
    const findings = await examine({ root });
    expect(findings.find(({ name }) => name === "trace")).toMatchObject({
      state: "missing",
      text: expect.stringContaining("is another file"),
    });
    expect(findings.find(({ name }) => name === "Jupyter kernel")).toMatchObject({ state: "missing" });
    expect(findings.at(-1)).toMatchObject({ name: "memory" });
    vi.unstubAllEnvs();
  });
});

describe("runs of the reproduction", async () => {
  const { beginFromScratch, ownRuns } = await import("../setup/reproduce.mjs");
  const write = (folder: string, name: string, standIn: boolean) => {
    fs.mkdirSync(path.join(root, folder, name), { recursive: true });
    fs.writeFileSync(path.join(root, folder, name, "result.json"), JSON.stringify({ data: { standIn } }));
    fs.writeFileSync(path.join(root, folder, name, "metrics.json"), "{}");
  };
  const names = [0, 1, 2, 3].map((seed) => `tdlgm-seed-${seed}`);

  it("are the live one, those made here, and those that are not shipped for these data", () => {
    write("data/runs", "tdlgm-seed-0", false);
    write("data/runs", "tdlgm-seed-1", false);
    write("data/runs", "tdlgm-seed-2", false);
    write("runs", "tdlgm-seed-2", false);
    expect(ownRuns(root, names, false)).toEqual(["tdlgm-seed-0", "tdlgm-seed-2", "tdlgm-seed-3"]);
    expect(ownRuns(root, names, true)).toEqual(names);
  });

  it("are removed once for a start from scratch, and again only if the removal was stopped", () => {
    const made = path.join(root, "runs/tdlgm-seed-2");
    const mark = beginFromScratch(root, names);
    expect(fs.existsSync(made)).toBe(false);
    write("runs", "tdlgm-seed-2", false);
    beginFromScratch(root, names); // killed and started again
    expect(fs.existsSync(made)).toBe(true);
    fs.rmSync(mark); // it is there only after the last removal
    beginFromScratch(root, names);
    expect(fs.existsSync(made)).toBe(false);
  });
});

describe("the time left", async () => {
  const { phases } = await import("../setup/reproduce.mjs");

  it("learns how fast this machine is: within a third of the truth from the second notebook on, also on one three times slower", () => {
    for (const slower of [0.5, 1, 3, 10]) {
      let time = 0;
      const said = vi.spyOn(console, "log").mockImplementation(() => {});
      const phase = phases([0, 200, 10], () => time);
      phase.begin("training", 15);
      time += 15 * slower;
      phase.begin("notebooks");
      for (let share = 0; share < 1; share += 0.05) {
        const [, minutes, seconds] = (/about (?:(\d+) min )?([\d.]+) s left/.exec(phase.left(share)) as RegExpExecArray).map(Number);
        const truth = (200 * (1 - share) + 10) * slower;
        if (share > 0.15) expect(Math.abs((60 * (minutes || 0) + seconds) / truth - 1), `${slower} ${share}`).toBeLessThan(1 / 3);
        time += 10 * slower;
      }
      said.mockRestore();
    }
  });
});

describe("counting tests", async () => {
  const { count } = await import("../setup/test.mjs");
  const one = (status: string, title: string) => ({ status, title, fullName: title });

  it("adds up tests, and a file that can't be loaded as one failure", () => {
    const report = {
      success: false,
      testResults: [
        {
          name: "/p/test/a.test.ts",
          status: "failed",
          assertionResults: [one("passed", "x"), one("failed", "y"), one("skipped", "z"), one("todo", "w")],
        },
        { name: "/p/test/b.test.ts", status: "failed", assertionResults: [] },
        { name: "/p/test/c.test.ts", status: "passed", assertionResults: [one("passed", "v")] },
      ],
    };
    expect(count(report, "/p")).toEqual({ passed: 2, skipped: 2, failures: ["test/a.test.ts: y", "test/b.test.ts: the file itself"] });
  });
});

describe("environment", async () => {
  const { cleared, environment } = await import("../setup/env.mjs");

  it("keeps temporary files and Jupyter's folders inside, and leaves mirrors, proxies and caches alone", () => {
    const kept = {
      ...{
        PIP_INDEX_URL: "x",
        PIP_EXTRA_INDEX_URL: "x",
        PIP_CERT: "x",
        PIP_CONFIG_FILE: "x",
        PIP_NO_CACHE_DIR: "x",
        NODE_EXTRA_CA_CERTS: "x",
      },
      ...{ npm_config_cache: "y", NPM_CONFIG_REGISTRY: "y", "npm_config_@a:registry": "y", "npm_config_//host/:_authToken": "y" },
      ...{ npm_config_https_proxy: "y", npm_config_noproxy: "y", npm_config_strict_ssl: "y", HTTPS_PROXY: "z", SSL_CERT_FILE: "z" },
      ...{ TF_CPP_MIN_LOG_LEVEL: "0", TF_NUM_INTRAOP_THREADS: "2", TDLGM_TRACE: "t", CXX: "c", PYTHON: "p", CHROME_PATH: "c", HOME: "h" },
      ...{ LD_LIBRARY_PATH: "l", GIT_CONFIG_GLOBAL: "g", LANG: "de_DE.UTF-8" },
    };
    const base = { ...kept, PATH: "/usr/bin", NODE_OPTIONS: "--require /a.js --use-openssl-ca --inspect --max-old-space-size=4096" };
    const env = environment(root, base);
    for (const name of ["TMPDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_PATH", "IPYTHONDIR"]) {
      expect(env[name]).toContain(`${root}/`);
    }
    expect(env).toMatchObject({ ...kept, PATH: "/usr/bin", NODE_OPTIONS: "--use-openssl-ca --max-old-space-size=4096" });
    fs.mkdirSync(path.join(root, ".venv", "bin"), { recursive: true });
    expect(environment(root, base).PATH).toBe(`${root}/.venv/bin:/usr/bin`);
    expect(environment(root, environment(root, base)).PATH, "it is the same again").toBe(`${root}/.venv/bin:/usr/bin`);
    // An activated .venv is not the caller's Python, however PATH writes it.
    fs.symlinkSync(root, `${root}-link`);
    const forms = [`${root}/.venv/bin`, `${root}/.venv/bin/`, `${root}-link/.venv/bin`, path.relative(process.cwd(), `${root}/.venv/bin`)];
    expect(cleared({ PATH: [...forms, "/usr/bin"].join(":"), VIRTUAL_ENV: `${root}/.venv` }, root)).toEqual({ PATH: "/usr/bin" });
  });

  const FOREIGN = [
    ...["NODE_ENV", "NODE_PATH", "NODE_OPTIONS", "NODE_DEBUG", "NODE_PENDING_DEPRECATION", "NODE_V8_COVERAGE", "NODE_CHANNEL_FD"],
    ...["npm_config_omit", "NPM_CONFIG_OMIT", "npm_config_global", "npm_config_prefix", "npm_config_dry_run", "npm_package_name"],
    ...["PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_HASHES", "PIP_NO_BINARY", "PIP_DRY_RUN", "PIP_REQUIREMENT", "PIP_CONSTRAINT", "UV_PYTHON"],
    ...["PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONUSERBASE", "PYTHONOPTIMIZE", "PYTHONINSPECT", "PYTHON_GIL"],
    ...["VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "PYVENV_LAUNCHER", "SNAKEMAKE_PROFILE", "SNAKEMAKE_OUTPUT_CACHE"],
    ...[
      "JUPYTER_TOKEN",
      "JUPYTER_CONFIG_PATH",
      "JUPYTERLAB_DIR",
      "JUPYTERLAB_SETTINGS_DIR",
      "JUPYTER_PREFER_ENV_PATH",
      "TSX_TSCONFIG_PATH",
    ],
    ...[
      "TF_XLA_FLAGS",
      "XLA_FLAGS",
      "TF_CPP_VMODULE",
      "TF_DETERMINISTIC_OPS",
      "ESBUILD_BINARY_PATH",
      "PLAYWRIGHT_BROWSERS_PATH",
      "PWDEBUG",
    ],
    ...["CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "GCC_EXEC_PREFIX", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"],
    ...["BASH_ENV", "ENV", "CDPATH", "SHELLOPTS", "BASH_FUNC_node%%", "DEBUG", "FORCE_COLOR"],
  ];
  it.each(FOREIGN)("has no %s of the user's", (name) => {
    expect(environment(root, { PATH: "/usr/bin", [name]: "foreign" })[name]).toBeUndefined();
  });

  it("gives the tools that it starts no foreign variable either", async () => {
    const { findPython } = await import("../setup/tools.mjs");
    const { run } = await import("../setup/process.mjs");
    const foreign = {
      ...process.env,
      PYTHONHOME: "/nowhere",
      PYTHONPATH: "/nowhere",
      PIP_USER: "1",
      NODE_ENV: "production",
      npm_config_omit: "dev",
    };
    const { command, version } = findPython(foreign);
    expect(path.isAbsolute(command)).toBe(true);
    const env = environment(root, foreign);
    expect(await run(command, ["-c", "import sys, json; print(sys.version.split()[0])"], { env })).toBe(`${version}\n`);
    expect(await run(command, ["-m", "pip", "config", "get", ":env:.user"], { env })).toBe("0\n");
    expect(await run("npm", ["config", "get", "omit"], { env, cwd: root })).toBe("\n");
  });

  it("names files that are there", async () => {
    const { paths } = await import("../setup/env.mjs");
    expect(paths().root).toBe(project);
    expect(fs.existsSync(paths().kernelSpec)).toBe(true);
  });
});
