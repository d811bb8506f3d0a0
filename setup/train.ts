/**
 * Trains one model in a process of its own:
 *
 *   npm run train -- --model tdlgm|dlgm|rnn|tdlgm-memory|vrnn|timegan --seed 3 --out DIR [--steps N] [--checkpoint-every N] [--resume] [--config '{"H": 32}']
 *     [--share F [--from F]] [--quiet]
 *
 * DIR/weights.safetensors is a checkpoint every --checkpoint-every steps and at the end; DIR/result.json, written last, says what was
 * reached. Ctrl-C writes a checkpoint and leaves with code 130; --resume goes on from the last one. --share .25 trains on the last quarter of
 * the training part, with --from .5 on the third. The workflow adds --workflow HASH, of the code: what is there is gone on with if it has the same settings, data and
 * code, else begun anew; and the training ends with the process that started it.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { checkSeed } from "../lib/base/check";
import { writeAtomically } from "../lib/base/files";
import { withFolder } from "../lib/base/lock";
import { split, stretch } from "../lib/data/protocol";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { loadModel, WEIGHTS_FILE } from "../lib/models/checkpoint";
import { createModel } from "../lib/models/model";
import { completeConfig, type ModelConfig } from "../lib/models/registry";
import { NAMED_CONFIGS } from "../lib/paper/plan";
import { finishRun, RECORD_FILE } from "../lib/paper/runs";
import { AbortError, type Progress, train } from "../lib/training/train";

/** A whole number from an argument. */
function whole(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < least)
    throw new Error(`--${name} must be a whole number from ${least}; it is "${text}"`);
  return value;
}

function readArguments() {
  // parseArgs would take the -1 of `--seed -1` for an option of its own.
  const args = process.argv
    .slice(2)
    .join("\0")
    .replace(/\0(?=-\d)/g, "=")
    .split("\0")
    .filter(Boolean);
  const { values } = parseArgs({
    args,
    options: {
      model: { type: "string", default: "tdlgm" },
      seed: { type: "string" },
      out: { type: "string" },
      steps: { type: "string" },
      "checkpoint-every": { type: "string" },
      config: { type: "string", default: "{}" },
      share: { type: "string" },
      from: { type: "string" },
      workflow: { type: "string" },
      resume: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
    },
  });
  if (values.seed === undefined) throw new Error("--seed is missing: a whole number from 0 to 2147483647");
  if (!values.out) throw new Error("--out is missing: the folder for the run's result");
  const seed = values.seed.trim() === "" ? Number.NaN : Number(values.seed);
  checkSeed(seed, "--seed");
  let changes: object;
  try {
    changes = JSON.parse(values.config);
  } catch {
    throw new Error(`--config must be JSON, as in '{"H": 32}'; it is ${values.config}`);
  }
  const named: Record<string, ModelConfig> = NAMED_CONFIGS;
  const config = completeConfig({ ...(named[values.model] ?? { kind: values.model }), ...changes } as ModelConfig);
  const steps = whole("steps", values.steps, 1) ?? config.steps;
  const checkpointEvery = whole("checkpoint-every", values["checkpoint-every"], 1);
  const share = values.share === undefined ? undefined : Number(values.share);
  if (share !== undefined && !(share > 0 && share <= 1)) throw new Error(`--share must be above 0 and at most 1; it is "${values.share}"`);
  const from = values.from === undefined ? undefined : Number(values.from);
  if (from !== undefined && !(from >= 0 && from <= 1 - (share ?? 1) + 1e-9))
    throw new Error(`--from must be from 0 to ${1 - (share ?? 1)}, 1 less --share; it is "${values.from}"`);
  const { resume, quiet, workflow } = values;
  return {
    config,
    seed,
    steps,
    checkpointEvery,
    share,
    from,
    dir: path.resolve(values.out),
    resume: resume || workflow !== undefined,
    quiet,
    workflow,
  };
}

/** A job of the workflow waits so many milliseconds for an earlier one, killed with its workflow, to end. */
const PATIENCE = 10_000;

async function main(): Promise<void> {
  const given = readArguments();
  await withFolder(given.dir, () => run(given), { name: "--out", patience: given.workflow === undefined ? 0 : PATIENCE });
}

async function run(given: ReturnType<typeof readArguments>): Promise<void> {
  const { config, seed, steps, checkpointEvery, share, from, dir, resume, quiet, workflow } = given;
  const series = requestSeries(await loadTrace());
  const say = (line: string) => process.stdout.write(`${line}\n`);
  if (series.standIn) say("On a stand-in series: these are not the paper's data.");

  // What a run rests on; a plain --resume takes its settings from the checkpoint and leaves the code to the caller.
  const basis = { seed, data: series.hash, share, from, code: workflow, config: workflow && config };
  const [basisFile, resultFile, weightsFile] = ["basis.json", RECORD_FILE, WEIGHTS_FILE].map((name) => path.join(dir, name));
  const read = () => (fs.existsSync(basisFile) ? fs.readFileSync(basisFile, "utf8") : "");
  if (workflow !== undefined && read() !== JSON.stringify(basis))
    for (const file of [resultFile, weightsFile]) fs.rmSync(file, { force: true });
  const found = fs.existsSync(weightsFile);
  if (found && !resume) throw new Error(`${dir} holds a run already; add --resume to go on with it, or choose another --out`);
  const model = resume && found ? await loadModel(dir) : createModel(config, seed);
  if (resume && found) {
    let before: Partial<typeof basis>;
    try {
      before = JSON.parse(read());
    } catch {
      throw new Error(
        `${basisFile}: missing or not whole JSON, so that it is not known what the run rests on; delete ${dir} and train again`,
      );
    }
    if (JSON.stringify(model.config) !== JSON.stringify(config))
      throw new Error(`${dir} was trained with other settings; give the same --config and --model`);
    if (before.seed !== seed) throw new Error(`${dir} was trained with --seed ${before.seed}, not ${seed}; give that one or another --out`);
    if (before.data !== basis.data) throw new Error(`${dir} was trained on other data (trace or stand-in); choose another --out`);
    if (before.share !== share)
      throw new Error(`${dir} was trained with --share ${before.share ?? 1}, not ${share ?? 1}; choose another --out`);
    if (before.from !== from)
      throw new Error(`${dir} was trained with --from ${before.from ?? "left out"}, not ${from ?? "left out"}; choose another --out`);
    if (steps < model.step) throw new Error(`--steps must be at least ${model.step}, where ${dir} is already; it is ${steps}`);
  }
  if (resume) say(found ? `going on from step ${model.step} of ${steps}` : `no checkpoint in ${dir}: starting from step 0 of ${steps}`);
  writeAtomically(basisFile, JSON.stringify(basis));
  if (model.step < steps) fs.rmSync(resultFile, { force: true }); // a record is there when a run is whole

  const stop = new AbortController();
  process.once("disconnect", () => process.exit(1)); // the command that started this process was killed
  process.channel?.unref();
  const parent = process.ppid;
  if (workflow !== undefined) setInterval(() => process.ppid !== parent && process.exit(1), 500).unref();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  try {
    const result = await train(model, stretch(split(series).train, share ?? 1, from).values, {
      seed,
      steps,
      checkpointEvery,
      dir,
      signal: stop.signal,
      onProgress: quiet ? undefined : show(say),
    });
    const { sample, mean } = (
      await finishRun(model, seed, series, { ...result, ...(share && { share }), ...(from !== undefined && { from }) }, dir)
    ).metrics.cleanMse;
    say(
      `done: ${result.steps} steps in ${result.seconds.toFixed(1)} s, ${result.restarts.length} restarts; clean test MSE ${sample.toFixed(5)} (one draw of ξ), ${mean.toFixed(5)} (posterior mean)`,
    );
  } catch (error) {
    if (!(error instanceof AbortError)) throw error;
    say(`${error.message}; --resume goes on from there`);
    process.exitCode = 130;
  }
}

/** One line a second at most: step, loss parts, time a step, time left. */
function show(say: (line: string) => void): (p: Progress) => void {
  let last = 0;
  return ({ step, steps, millisecondsPerStep, secondsLeft, parts }) => {
    if (performance.now() - last < 1000 && step < steps) return;
    last = performance.now();
    const terms = Object.entries(parts).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
    say(`step ${step} of ${steps}  ${terms.join("  ")}  ${millisecondsPerStep.toFixed(1)} ms a step  ${Math.ceil(secondsLeft)} s left`);
  };
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
