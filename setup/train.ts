/**
 * Trains one model in a process of its own:
 *
 *   npm run train -- --model tdlgm|dlgm|rnn|tdlgm-memory|vrnn|timegan|lstm --seed 3 --out DIR [--steps N] [--checkpoint-every N] [--resume] [--config '{"H": 32}']
 *     [--share F [--from F]] [--quiet]
 *
 * DIR/weights.safetensors is a checkpoint every --checkpoint-every steps and at the end; DIR/result.json, written last, says what was
 * reached. Ctrl-C, SIGTERM and a closed terminal write a checkpoint and leave with code 130; --resume goes on from the last one. --share .25
 * trains on the last quarter of the training part, with --from .5 on the third. The workflow adds --workflow HASH, of the code: what is there
 * is gone on with if it has the same settings, data and code, else begun anew. The training ends with the process that started it.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { checkObject, refuse } from "../lib/base/check";
import { writeAtomically } from "../lib/base/files";
import { withFolder } from "../lib/base/lock";
import { split, stretch } from "../lib/data/protocol";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { loadModel, WEIGHTS_FILE } from "../lib/models/checkpoint";
import { createModel, type Model, weighted } from "../lib/models/model";
import { completeConfig, type ModelConfig } from "../lib/models/registry";
import { NAMED_CONFIGS } from "../lib/paper/plan";
import { forgetResults, readWhole } from "../lib/paper/record";
import { finishRun, loadRun, readRecord } from "../lib/paper/runs";
import { train } from "../lib/training/train";
import { finiteOf, program, readArguments, seedOf, wholeOf } from "./arguments";
import { BASIS_FILE, PATIENCE, progressLines, sayStopped, stopOf } from "./longWork";

const USAGE = "npm run train -- --model tdlgm --seed 3 --out DIR [--steps N] [--config JSON] [--resume] (setup/train.ts has them all)";

/** The settings of the model. --model and a kind in --config say the same thing, so they must agree. */
function configOf(model: string | undefined, json: string) {
  let changes: unknown;
  try {
    changes = JSON.parse(json);
  } catch {
    throw new Error(`--config must be JSON, as in '{"H": 32}'; it is ${json}`);
  }
  checkObject(changes, "--config", `an object of settings, as in '{"H": 32}'`);
  const { kind = model ?? "tdlgm" } = changes;
  if (model !== undefined && kind !== model) refuse("--config's kind", `that of --model, ${JSON.stringify(model)}, or left out`, kind);
  const named = (NAMED_CONFIGS as Record<string, ModelConfig>)[String(kind)];
  return completeConfig({ ...named, ...changes, kind: named?.kind ?? kind } as ModelConfig);
}

function argumentsOf() {
  const { values } = readArguments(USAGE, {
    options: {
      model: { type: "string" },
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
  const seed = seedOf(values.seed);
  if (!values.out) throw new Error("--out is missing: the folder for the run's result");
  const config = configOf(values.model, values.config);
  const steps = wholeOf("steps", values.steps, 1) ?? config.steps;
  const checkpointEvery = wholeOf("checkpoint-every", values["checkpoint-every"], 1);
  const [share, from] = [finiteOf("share", values.share), finiteOf("from", values.from)];
  if (share !== undefined && !(share > 0 && share <= 1)) refuse("--share", "a number above 0, at most 1", share);
  if (from !== undefined && !(from >= 0 && from <= 1 - (share ?? 1) + 1e-9))
    refuse("--from", `a number from 0 to 1 less --share, ${1 - (share ?? 1)}`, from);
  const { resume, quiet, workflow } = values;
  const dir = path.resolve(values.out);
  return { config, seed, steps, checkpointEvery, share, from, dir, resume: resume || workflow !== undefined, quiet, workflow };
}

async function main(): Promise<void> {
  const given = argumentsOf();
  await withFolder(given.dir, () => run(given), { name: "--out", patience: given.workflow === undefined ? 0 : PATIENCE });
}

/** What a run rests on, the content of basis.json. */
interface Basis {
  seed: number;
  /** The hash of the series. */
  data: string;
  share?: number;
  from?: number;
  /** For a job of the workflow: the hash of its code, and its settings. */
  code?: string;
  config?: object;
}

/** The model that is there, if it is of the run that is asked for. @throws Error naming the difference, or the file that is broken */
async function goOn(dir: string, { seed, data, share, from }: Basis, config: ModelConfig): Promise<Model> {
  const file = path.join(dir, BASIS_FILE);
  const fix = "what the run rests on is not known: delete the folder and train again";
  const parts = { seed: ({ seed }: Basis) => Number.isSafeInteger(seed), data: ({ data }: Basis) => typeof data === "string" };
  const before = readWhole<Basis>(file, parts, fix);
  if (!before) throw new Error(`${file}: missing; ${fix}`);
  const record = readRecord(dir);
  const model = record ? await loadRun({ record, dir }) : await loadModel(dir);
  const other = (what: string): never => {
    throw new Error(`${dir} was trained ${what}`);
  };
  const { training } = weighted(model);
  if (training && training.seed !== before.seed)
    throw new Error(`${file}: its seed is ${before.seed}, but ${WEIGHTS_FILE} beside it was trained with ${training.seed}; train again`);
  if (JSON.stringify(model.config) !== JSON.stringify(config)) other("with other settings; give the same --config and --model");
  if (before.seed !== seed) other(`with --seed ${before.seed}, not ${seed}; give that one or another --out`);
  if (before.data !== data) other("on other data (trace or stand-in); choose another --out");
  const [own, asked] = [before.share ?? 1, share ?? 1];
  if (own !== asked) other(`with --share ${own}, not ${asked}; choose another --out`);
  if ((before.from ?? 1 - own) !== (from ?? 1 - asked))
    other(`with --from ${before.from ?? "left out"}, not ${from ?? "left out"}; choose another --out`);
  return model;
}

async function run(given: ReturnType<typeof argumentsOf>): Promise<void> {
  const { config, seed, steps, checkpointEvery, share, from, dir, resume, quiet, workflow } = given;
  const stop = stopOf(workflow !== undefined);
  const series = requestSeries(await loadTrace());
  const say = (line: string) => process.stdout.write(`${line}\n`);
  if (series.standIn) say("On a stand-in series: these are not the paper's data.");

  // A plain --resume takes its settings from the checkpoint and leaves the code to the caller.
  const basis: Basis = { seed, data: series.hash, share, from, code: workflow, config: workflow === undefined ? undefined : config };
  const [basisFile, weightsFile] = [BASIS_FILE, WEIGHTS_FILE].map((name) => path.join(dir, name));
  const isSame = () => fs.existsSync(basisFile) && fs.readFileSync(basisFile, "utf8") === JSON.stringify(basis);
  if (workflow !== undefined && !isSame()) {
    forgetResults(dir);
    fs.rmSync(weightsFile, { force: true });
  }
  const found = fs.existsSync(weightsFile);
  if (found && !resume) throw new Error(`${dir} holds a run already; add --resume to go on with it, or choose another --out`);
  const model = found ? await goOn(dir, basis, config) : createModel(config, seed);
  if (steps < model.step) throw new Error(`--steps must be at least ${model.step}, where ${dir} is already; it is ${steps}`);
  if (resume) say(found ? `going on from step ${model.step} of ${steps}` : `no checkpoint in ${dir}: starting from step 0 of ${steps}`);
  writeAtomically(basisFile, JSON.stringify(basis));
  if (model.step < steps) forgetResults(dir); // a record is there when a run is whole

  try {
    const result = await train(model, stretch(split(series).train, share ?? 1, from).values, {
      seed,
      steps,
      checkpointEvery,
      dir,
      signal: stop,
      onProgress: quiet ? undefined : progressLines(say),
    });
    const { sample, mean } = (
      await finishRun(model, seed, series, { ...result, ...(share && { share }), ...(from !== undefined && { from }) }, dir)
    ).metrics.cleanMse;
    say(
      `done: ${result.steps} steps in ${result.seconds.toFixed(1)} s, ${result.restarts.length} restarts; clean test MSE ${sample.toFixed(5)} (one draw of ξ), ${mean.toFixed(5)} (posterior mean)`,
    );
  } catch (error) {
    sayStopped(error, weightsFile, "--resume", say);
  }
}

program(main);
