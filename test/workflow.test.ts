/** The workflow: the jobs it plans, and a small one that is killed in the middle, started again, and changed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../lib/base/project";
import { readSafetensors } from "../lib/base/safetensors";
import { type ColumnResult, type ColumnScores, columnRuns, columnsFolder, SCORE_FILE } from "../lib/paper/columns";
import { plannedRuns } from "../lib/paper/plan";
import { type Job, jobReader } from "../setup/workflow.mjs";

const root = projectRoot();
const PLAN = [
  { name: "a-seed-0", seed: 0, config: { kind: "tdlgm", H: 16, batch: 64, steps: 900, restartAfter: 0 } },
  { name: "b-seed-1", seed: 1, config: { kind: "rnn", m: 5, H: 8, batch: 64, steps: 300, restartAfter: 0 }, share: 0.25 },
].map((run) => ({ ...run, group: "tables", evaluate: ["--draws", "2", "--sequences", "20"] }));
let folder: string;
let plan: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-workflow-"));
  plan = path.join(folder, "plan.json");
  fs.writeFileSync(plan, JSON.stringify(PLAN));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

// A stand-in serves as well as the trace here.
const env = (more: NodeJS.ProcessEnv) => ({ ...process.env, TDLGM_STAND_IN: "1", XDG_CACHE_HOME: path.join(folder, "cache"), ...more });
const command = path.join(root, ".venv/bin/snakemake");
const args = (out: string, more: string[]) => ["-s", "workflow/Snakefile", "--directory", path.join(folder, out), "--cores", "2", ...more];

function jobs(output: string, event = "start"): string[] {
  const found: string[] = [];
  const read = jobReader((what: string, { rule, name }: Job) => what === event && found.push(`${rule} ${name}`));
  output.split("\n").forEach(read);
  return found.sort();
}
function snakemake(out: string, more: string[], plans: NodeJS.ProcessEnv = { TDLGM_PLAN: plan }) {
  const { status, stdout, stderr } = spawnSync(command, args(out, more), { cwd: root, env: env(plans), encoding: "utf8" });
  return { status, output: stdout + stderr };
}
const weights = (out: string, name: string) => readSafetensors(path.join(folder, out, name, "weights.safetensors"));
const metrics = (out: string, name: string) => fs.readFileSync(path.join(folder, out, name, "metrics.json"), "utf8");

describe("a second reproduce", () => {
  it("waits for the first, also for one notebook alone", async () => {
    const { withLock } = await import("../setup/lock.mjs");
    const { paths } = await import("../setup/env.mjs");
    const program = ["setup/reproduce.mjs", "--notebook", "none"];
    let said = "";
    let closed: Promise<unknown> | undefined;
    await withLock(paths(root).workLock, "reproduce", async () => {
      const child = spawn(process.execPath, program, { cwd: root, env: env({}), stdio: ["ignore", "pipe", "pipe"] });
      closed = new Promise((resolve) => child.on("close", resolve));
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text) => {
          said += text;
        });
      while (!said.includes("Waiting")) await new Promise((resolve) => setTimeout(resolve, 20));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(said).toMatch(new RegExp(`^Waiting for "reproduce", process ${process.pid}, .*\n$`));
    });
    expect(await closed).toBe(1);
    expect(said).toContain('There is no notebook "none"'); // it went on, to this mistake
  });
});

describe("the workflow", () => {
  it("plans a training and an evaluation for every run of a group", () => {
    const { status, output } = snakemake("planned", ["--dry-run", "tables"], {});
    expect(status, output).toBe(0);
    expect(jobs(output)).toEqual(
      plannedRuns("tables")
        .flatMap(({ name }) => [`evaluate ${name}`, `train ${name}`])
        .sort(),
    );
  });

  it("plans a job for each model and twin of the columns; on a stand-in all but those of the trace's four columns", () => {
    const { status, output } = snakemake("planned", ["--dry-run", "columns"], {});
    expect(status, output).toBe(0);
    const planned = [...columnRuns("weather"), ...columnRuns("narrow")];
    expect(jobs(output)).toEqual(planned.map(({ name }) => `score ${name}`).sort());
  });

  it("makes a score of the weather that the repository ships", async () => {
    const [run] = columnRuns("weather").filter(({ of, seed }) => of === "twin" && seed === 0);
    const { status, output } = snakemake("columns", [`${run.name}/${SCORE_FILE}`]);
    expect(status, output).toBe(0);
    const { score } = JSON.parse(fs.readFileSync(path.join(folder, "columns", run.name, SCORE_FILE), "utf8")) as ColumnResult;
    const kept = JSON.parse(fs.readFileSync(path.join(columnsFolder("weather"), "scores.json"), "utf8")) as ColumnScores;
    const shipped = kept.scores.find(({ of, seed }) => of === run.of && seed === run.seed)!;
    expect(score.nllOfMore).toBeCloseTo(shipped.nllOfMore, 3);
    expect(score.rows.energy).toHaveLength(shipped.rows.energy!.length);
    expect(jobs(snakemake("columns", ["--dry-run", `${run.name}/${SCORE_FILE}`]).output)).toEqual([]);
  }, 60_000);

  it("ends its trainings at a signal, each with a checkpoint", async () => {
    const long = path.join(folder, "long.json");
    fs.writeFileSync(long, JSON.stringify([{ ...PLAN[0], config: { ...PLAN[0].config, steps: 1e6 } }]));
    const program = `import("./setup/workflow.mjs").then(({ runWorkflow }) => runWorkflow(".", ["tables"])).catch((e) => console.log(e.message))`;
    const more = env({ TDLGM_PLAN: long, TDLGM_WORKFLOW_FOLDER: path.join(folder, "stopped") });
    const child = spawn(process.execPath, ["-e", program], { cwd: root, env: more, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    const closed = new Promise((resolve) => child.on("close", resolve));
    const log = path.join(folder, "stopped/a-seed-0/train.log");
    const text = () => (fs.existsSync(log) ? fs.readFileSync(log, "utf8") : "");
    while (!/^step \d+ of/m.test(text())) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGTERM");
    await closed;
    expect(said).toContain("The workflow was stopped; the same command goes on");
    expect(text()).toMatch(/^training was stopped at step \d+ of 1000000/m);
    expect(weights("stopped", "a-seed-0").metadata.step).toBeDefined();
  }, 60_000);

  it("goes on after a kill of everything and has the bits of an uninterrupted one; does again only what has changed", async () => {
    const whole = snakemake("whole", ["tables"]);
    expect(whole.status, whole.output).toBe(0);

    const child: ChildProcess = spawn(command, args("killed", ["tables"]), {
      cwd: root,
      env: env({ TDLGM_PLAN: plan }),
      stdio: "ignore",
      detached: true,
    });
    const closed = new Promise((resolve) => child.on("close", resolve));
    const file = path.join(folder, "killed/a-seed-0/weights.safetensors");
    while (!fs.existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(-child.pid!, "SIGKILL");
    await closed;
    const reached = Number(weights("killed", "a-seed-0").metadata.step);
    expect(reached).toBeLessThan(900);
    expect(fs.existsSync(path.join(folder, "killed/a-seed-0/result.json"))).toBe(false);

    expect(snakemake("killed", ["--unlock"]).status).toBe(0);
    const again = snakemake("killed", ["tables"]);
    expect(again.status, again.output).toBe(0);
    expect(fs.readFileSync(path.join(folder, "killed/a-seed-0/train.log"), "utf8")).toMatch(/^going on from step \d+ of 900$/m);
    for (const { name } of PLAN) {
      expect(weights("killed", name).tensors).toEqual(weights("whole", name).tensors);
      expect(metrics("killed", name)).toBe(metrics("whole", name));
    }

    // New times of the files are no change; other settings are, of that run alone.
    fs.utimesSync(path.join(root, "setup/train.ts"), new Date(), new Date());
    expect(jobs(snakemake("killed", ["--dry-run", "tables"]).output)).toEqual([]);
    const [a, b] = PLAN;
    const changed = path.join(folder, "changed.json");
    fs.writeFileSync(changed, JSON.stringify([a, { ...b, config: { ...b.config, H: 12 } }]));
    const other = snakemake("killed", ["tables"], { TDLGM_PLAN: changed });
    expect(other.status, other.output).toBe(0);
    expect(jobs(other.output, "end")).toEqual(["evaluate b-seed-1", "train b-seed-1"]);
    expect(JSON.parse(fs.readFileSync(path.join(folder, "killed/b-seed-1/result.json"), "utf8"))).toMatchObject({
      config: { H: 12 },
      share: 0.25,
    });
  }, 180_000);
});
