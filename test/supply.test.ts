/** What is installed is what the lists say, byte for byte, whatever a user's own settings of npm and pip are. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const projectFolder = path.resolve(__dirname, "..");
let root: string;
let home: string;
const opened: Server[] = [];

const at = (...parts: string[]) => path.join(root, ...parts);
function write(file: string, content: string | Buffer) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  return file;
}
beforeEach(() => {
  root = path.join(fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "supply-"))), "project");
  home = at("..", "home");
  fs.mkdirSync(home);
});
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
  fs.rmSync(path.dirname(root), { recursive: true, force: true });
});

/** Runs a step of set-up in the small project, in a home of its own. */
async function run(name: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { steps } = await import("../setup/setup.mjs");
  const step = steps(root, { env: { PATH: process.env.PATH, HOME: home, ...env } }).find((one) => one.name === name);
  await step?.run(() => {});
}

describe("the lists", () => {
  test("package-lock.json has a sha512 of every package and names no host", () => {
    const { packages } = JSON.parse(fs.readFileSync(path.join(projectFolder, "package-lock.json"), "utf8"));
    const entries = Object.entries<{ integrity?: string; resolved?: string; link?: boolean }>(packages);
    const without = entries.filter(
      ([name, { integrity, link }]) => name.startsWith("node_modules/") && !link && !integrity?.startsWith("sha512-"),
    );
    expect(without).toEqual([]);
    expect(entries.flatMap(([, { resolved }]) => resolved ?? [])).toEqual(["setup/one-tensorflow"]);
  });

  const lists = fs.readdirSync(path.join(projectFolder, "setup")).filter((name) => name.endsWith(".txt"));
  test.each(lists)("%s pins each package with a sha256", (list) => {
    const lines = fs.readFileSync(path.join(projectFolder, "setup", list), "utf8").split("\n");
    const packages = lines.filter((line) => line && !line.startsWith("#"));
    expect(packages.length).toBeGreaterThan(0);
    expect(packages.filter((line) => !/^[\w.-]+==[\w.]+( --hash=sha256:[0-9a-f]{64})+$/.test(line))).toEqual([]);
  });
});

describe("npm packages", () => {
  const RIGHT = "exports.right = 1;";
  /** What packages may demand of a machine. */
  const ASKED: Record<string, object> = { a: { engines: { node: ">=99" } }, b: { os: ["linux"], cpu: ["x64"], libc: ["glibc"] } };
  const tarball = (name: string, text: string) => {
    write(at("made", "package", "package.json"), JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    write(at("made", "package", "index.js"), text);
    return execFileSync("tar", ["--sort=name", "--mtime=@0", "-C", at("made"), "-czf", "-", "package"]);
  };
  const integrity = (name: string, text: string) => `sha512-${createHash("sha512").update(tarball(name, text)).digest("base64")}`;

  /** A registry whose packages hold this text, and which says that all is right. */
  async function registry(text: string): Promise<string> {
    const server = createServer((request, response) => {
      const name = request.url?.[1] ?? "";
      if (request.url?.endsWith(".tgz")) return response.end(tarball(name, text));
      const dist = { tarball: `${address}/${name}/-/${name}-1.0.0.tgz`, integrity: integrity(name, text) };
      const versions = { "1.0.0": { name, version: "1.0.0", dist, ...ASKED[name] } };
      response.setHeader("content-type", "application/json");
      return response.end(
        JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, time: { "1.0.0": new Date().toISOString() }, versions }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    opened.push(server);
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return address;
  }
  beforeEach(() => {
    const project = { name: "project", version: "1.0.0", dependencies: { a: "1.0.0" }, optionalDependencies: { b: "1.0.0" } };
    const entry = (name: string) => ({ version: "1.0.0", integrity: integrity(name, RIGHT), ...ASKED[name] });
    const packages = { "": project, "node_modules/a": entry("a"), "node_modules/b": { ...entry("b"), optional: true } };
    fs.copyFileSync(path.join(projectFolder, ".npmrc"), at(".npmrc"));
    write(at("package.json"), JSON.stringify(project));
    write(at("package-lock.json"), JSON.stringify({ ...project, lockfileVersion: 3, requires: true, packages }));
  });

  test("come as they are locked; a changed one is refused, also where its registry says that it is right", {
    timeout: 60_000,
  }, async () => {
    const changed = run("packages", { npm_config_registry: await registry("exports.wrong = 1;") });
    await expect(changed).rejects.toMatchObject({ details: expect.stringContaining("EINTEGRITY") });
    expect(fs.existsSync(at("node_modules"))).toBe(false);
    await run("packages", { npm_config_registry: await registry(RIGHT) });
    for (const name of ["a", "b"]) expect(fs.readFileSync(at("node_modules", name, "index.js"), "utf8")).toBe(RIGHT);
  });

  const HOSTILE = [
    ...["omit[]=dev\nomit[]=prod", "production=true", "only=dev", "global=true", "location=global", "dry-run=true", "package-lock=false"],
    ...["package-lock-only=true", "engine-strict=true", "install-strategy=linked", "install-links=true", "workspaces=true", "workspace=x"],
    ...["before=2001-01-01", "min-release-age=900", "bin-links=false", "ignore-scripts=false", "prefix=/nowhere", "os=win32", "cpu=arm"],
    ...["strict-peer-deps=true", "legacy-peer-deps=true", "node-options=--no-such-option", "script-shell=/nowhere", "shell=/nowhere"],
    ...["save=false", "tag=next", "json=true", "loglevel=silent", "unicode=false", "force=true", "audit=true", "prefer-dedupe=true"],
    ...["libc=musl", "access=restricted", "include-workspace-root=true", "if-present=true", "expect-results=true", "allow-git=none"],
  ];
  test("come whatever the user's .npmrc says, which still says from where", { timeout: 300_000 }, async () => {
    const from = `registry=${await registry(RIGHT)}\ncache=${path.join(home, "cache")}`;
    const failed: string[] = [];
    for (const line of HOSTILE) {
      write(path.join(home, ".npmrc"), `${line}\n${from}\n`);
      await run("packages", {}).catch((error) => failed.push(`${line}: ${error.details}`));
      if (!["a", "b"].every((name) => fs.existsSync(at("node_modules", name, "index.js")))) failed.push(`${line}: not all`);
      fs.rmSync(at("node_modules"), { recursive: true, force: true });
    }
    expect(failed).toEqual([]);
    expect(fs.existsSync(path.join(home, "cache"))).toBe(true);
  });
});

describe("Python packages", () => {
  const WHEEL = `
import base64, hashlib, sys, zipfile
folder, text = sys.argv[1:]
files = {"a.py": text, "a-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: a\\nVersion: 1.0\\n",
  "a-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: hand\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
record = "".join(f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data.encode()).digest()).rstrip(b'=').decode()},{len(data)}\\n" for name, data in files.items())
with zipfile.ZipFile(folder + "/a-1.0-py3-none-any.whl", "w") as wheel:
    for name, data in {**files, "a-1.0.dist-info/RECORD": record}.items():
        wheel.writestr(zipfile.ZipInfo(name), data)
print(hashlib.sha256(open(folder + "/a-1.0-py3-none-any.whl", "rb").read()).hexdigest(), end="")
`;
  const wheel = (text: string) => {
    fs.mkdirSync(at("wheels"), { recursive: true });
    return execFileSync("python3", ["-c", WHEEL, at("wheels"), text], { encoding: "utf8" });
  };
  /** Where packages come from stays the user's choice: here a folder alone. */
  const settings = (...more: string[]) =>
    write(path.join(home, ".config", "pip", "pip.conf"), `[global]\nfind-links = ${at("wheels")}\n${more.join("\n")}\n`);
  const module = () => at(".venv", "lib", fs.readdirSync(at(".venv", "lib"))[0], "site-packages", "a.py");
  beforeEach(() => {
    write(at("setup/requirements-build.txt"), "");
    fs.cpSync(path.join(projectFolder, "setup/kernel/kernels"), at("setup/kernel/kernels"), { recursive: true });
  });
  const env = { PIP_NO_INDEX: "1" };

  test("come as they are listed; a changed one is refused, and one without a hash", { timeout: 180_000 }, async () => {
    settings();
    const hash = wheel("right = 1");
    wheel("wrong = 1");
    write(at("setup/requirements.txt"), `a==1.0 --hash=sha256:${hash}\n`);
    await expect(run("python", env)).rejects.toMatchObject({ details: expect.stringContaining("DO NOT MATCH THE HASHES") });
    write(at("setup/requirements.txt"), "a==1.0\n");
    await expect(run("python", env)).rejects.toMatchObject({ details: expect.stringContaining("Hashes are required") });
    expect(fs.existsSync(at(".venv"))).toBe(false);
  });

  test("come whatever the user's pip.conf and environment say", { timeout: 180_000 }, async () => {
    const hash = wheel("right = 1");
    write(at("setup/requirements.txt"), `a==1.0 --hash=sha256:${hash}\n`);
    write(path.join(home, "constraints.txt"), "a==2.0\n");
    settings(
      ...[
        "user = true",
        `target = ${home}/target`,
        `prefix = ${home}/prefix`,
        `root = ${home}/root`,
        "no-binary = :all:",
        "dry-run = true",
      ],
      ...[`constraint = ${home}/constraints.txt`, "require-virtualenv = true", "pre = true", "platform = win32", "quiet = 3"],
      ...[
        "[install]",
        `target = ${home}/target`,
        "ignore-installed = true",
        "no-deps = true",
        "python = /nowhere",
        `report = ${home}/report`,
      ],
    );
    await run("python", { ...env, PIP_TARGET: `${home}/target`, PIP_USER: "1", PIP_PYTHON: "/nowhere", PIP_LOG: `${home}/log` });
    expect(fs.readFileSync(module(), "utf8")).toBe("right = 1");
    expect(fs.readdirSync(home).filter((name) => !name.startsWith("."))).toEqual(["constraints.txt"]);
  });
});
