/** The memory of fresh processes: of a training, and what long series add. */
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { projectRoot } from "../../lib/base/project";
import type { Part } from "./turns";

/** Runs a few lines in a fresh process and gives the number that they print last, of MB. */
function fresh(code: string): number {
  const load = `const { createModel, impute, loadModel, train } = require("./lib/index");
const peak = () => process.resourceUsage().maxRSS / 1024;
const series = (length) => Float32Array.from({ length }, (_, i) => (i * 0.37) % 1);
${code}`;
  const options = { cwd: projectRoot(), encoding: "utf8" } as const;
  const out = execFileSync(process.execPath, [...process.execArgv, "--input-type=commonjs", "-e", load], options);
  return Math.round(Number(out.trim().split("\n").at(-1)));
}

export function memoryPart(folder: string): Part {
  // As `npm run train` runs it.
  const args = ["train", "--model", "tdlgm", "--seed", "0", "--steps", "500", "--quiet", "--out", path.join(folder, "run")];
  const training = fresh(`process.argv = [process.argv[0], ...${JSON.stringify(args)}];
process.on("exit", () => console.log(peak()));
require("./setup/train");`);
  const steps = fresh(`const model = createModel({ kind: "tdlgm", restartAfter: 0, validateEvery: 1e6 }, 0);
let before = 0;
const onStep = (step) => {
  if (step === 50) before = process.memoryUsage().rss;
  if (step === 250) console.log((process.memoryUsage().rss - before) / 2 ** 20);
};
train(model, series(1e7), { seed: 0, steps: 251, onStep });`);
  const imputing = fresh(`(async () => {
  const model = await loadModel("data/runs/tdlgm-seed-0");
  await impute(model, series(1e4), { seed: 0, xi: "sample" });
  const [long, before] = [series(1e6), peak()];
  await impute(model, long, { seed: 0, xi: "sample" });
  console.log(peak() - before);
})();`);
  const notes = {
    "peak memory of a training process, MB": training,
    "memory that 200 steps add on 10 million values, MB": steps,
    "peak memory that imputing a million values adds to that of 10,000, MB": imputing,
  };
  return { title: "memory", rows: {}, notes };
}
