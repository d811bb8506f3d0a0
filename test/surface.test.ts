/** Every public function, called with bad values for each of its arguments: a sentence that names the argument, and no NaN. */
import { DataFrame } from "danfojs-node";
import { describe, expect, test, vi } from "vitest";
import * as lib from "../lib/index";
import { chain } from "./data";

const x = chain(700, 4);
const short = x.slice(0, 60);
const series = new lib.Series(x, ["x"]);
const noise = { probability: 0.5, sd: 0.1 };
const numbers = [0.1, 0.2, 0.4];
const trace = new DataFrame([[500], [0], [1000]], { columns: ["gpu_milli"] });
const scores = new DataFrame(
  [0, 1, 2].map((seed) => ["a", `a-seed-${seed}`, seed, 1 + seed]),
  { columns: ["family", "run", "seed", "value"] },
);
const summary = lib.summarise(scores, ["family"]);
const model = lib.createModel({ kind: "tdlgm", m: 3, H: 4, K: 2, batch: 4, restartAfter: 0 }, 1);
const state = { h: [0], c: [0] };

/** Bad for nearly every argument; where one of them is right, the result must hold no NaN. */
const BAD: unknown[] = [
  null,
  {},
  [],
  new Array(3),
  [null],
  [Number.NaN],
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e300,
  -1,
  0.5,
  "1",
  "",
  true,
  3n,
  new Float64Array(3),
  Float32Array.of(Number.NaN),
  new Date(0),
  () => 1,
];

/** A function's name, the names of its arguments as an error may call them, good values for them, and how many may be left out. */
type Row = [name: keyof typeof lib, names: string[], good: unknown[], optional?: number];
const ROWS: Row[] = [
  ["generator", ["seed", "stream"], [0, "a"]],
  ["addNoise", ["series", "noise", "seed"], [short, noise, 0]],
  ["corruptTest", ["series", "noise", "seed"], [x, noise, 0]],
  ["noiseOf", ["row", "reading"], [{ probability: 0, variance: 0 }, "sd"]],
  ["split", ["series"], [x]],
  ["stretch", ["train", "share", "from"], [x, 0.5, 0], 1],
  ["testPart", ["values"], [x]],
  ["validationSplit", ["n", "m"], [100, 3]],
  ["gpuRequests", ["trace"], [trace]],
  ["isStandIn", ["trace"], [trace]],
  ["requestSeries", ["trace"], [trace]],
  ["padded", ["values", "past", "d"], [short, 3, 1], 1],
  ["autocorrelation", ["series", "lag"], [x, 1]],
  ["baselines", ["train"], [x]],
  ["fitAutoregression", ["series", "order"], [x, 2]],
  ["identityMse", ["values", "noise"], [short, noise]],
  ["correlation", ["a", "b"], [numbers, [1, 2, 4]]],
  ["mean", ["values"], [numbers]],
  ["mse", ["truth", "prediction"], [short, short]],
  ["transitionCeiling", ["truth", "lag", "bins"], [x, 1, 11], 2],
  ["transitionOverlap", ["truth", "sequences", "lag", "options|bins"], [x, [x], 1, {}], 2],
  ["transitionScore", ["truth", "sequences", "lag", "options|bins"], [x, [x], 1, {}], 2],
  ["blockBootstrap", ["values", "options"], [x, { block: 3, replicates: 5 }], 1],
  ["holm", ["p"], [numbers]],
  ["logMeanExp", ["values"], [numbers]],
  ["pairedTest", ["a", "b"], [numbers, [3, 2, 5]]],
  ["welchTest", ["a", "b"], [numbers, [3, 2, 5]]],
  ["completeConfig", ["config"], [{ kind: "tdlgm" }]],
  ["createModel", ["config", "seed"], [{ kind: "rnn" }, 0]],
  ["weighted", ["model"], [model]],
  ["agree", ["what", "a", "b|differ", "tolerance"], ["w", 1, 1, 0.1]],
  ["check", ["exercise"], ["00.2"]],
  ["comparisons", ["pairs"], [[{ what: "w", first: numbers, second: [3, 2, 5] }]]],
  ["small", ["x"], [0.1]],
  ["testsTable", ["tests", "text", "of"], [[], (v: number) => v, "MSE"], 2],
  ["generatorDiagram", ["L", "transition"], [2, "above"], 1],
  ["counting", ["title", "work"], ["w", async () => 1]],
  ["figure", ["fig", "options"], [{ data: [], layout: {} }, { alt: "a" }]],
  ["markdown", ["text"], ["a"]],
  ["progress", ["title"], ["w"]],
  ["trainingProgress", ["title"], ["w"]],
  ["standInBanner", ["data|trace"], [series]],
  ["table", ["data", "options"], [[{ a: 1 }], {}], 1],
  ["autocorrelationBars", ["groups", "titles"], [[{ name: "a", values: [0.1] }], {}], 1],
  ["valueFrequencies", ["groups", "titles"], [[{ name: "a", values: [0.1] }], {}], 1],
  ["comparison", ["rows", "options"], [[{ label: "a", paper: 1 }], {}], 1],
  ["learningCurves", ["lines", "options"], [[{ name: "a", y: [1, 2] }], {}], 1],
  ["meanLine", ["summary|table", "x", "line"], [summary, () => 1, { name: "a" }]],
  ["scatter", ["groups", "options"], [[{ name: "a", x: [1], y: [1] }], {}], 1],
  ["seriesSegment", ["truth", "generated", "start", "titles"], [numbers, numbers, 0, {}], 2],
  ["style", ["titles", "more"], [{}, {}], 1],
  ["axis", ["n", "end"], [10, 1]],
  ["logNormal", ["x", "mean", "sd"], [0, 0, 1], 2],
  ["walkDown", ["f", "start", "strides"], [([v]: number[]) => v * v, [1], [0.5]]],
  ["inLib", ["file", "equation", "options"], ["models/tdlgm.ts", 11, {}], 1],
  ["dot", ["a", "b"], [numbers, numbers]],
  ["plus", ["a", "b"], [numbers, numbers]],
  ["sigmoid", ["x"], [0]],
  ["times", ["x", "W", "columns"], [[1], [1, 2], 2]],
  ["piece", ["w", "l", "L"], [numbers, 1, 3]],
  ["zeroCell", ["H"], [2]],
  ["lstmCell", ["w", "b", "x", "state"], [[1, 1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0], [1], state]],
  ["fixed", ["digits"], [2], 1],
  ["significant", ["digits"], [2], 1],
  ["pivot", ["summary|table", "layout"], [summary, { rows: ["family"], columns: "n" }]],
  ["records", ["table"], [scores]],
  ["select", ["table", "conditions|column"], [scores, { family: "a" }]],
  ["spread", ["values", "words"], [numbers, lib.fixed(2)], 1],
  ["stack", ["tables"], [scores]],
  ["summarise", ["scores|table", "by|column"], [scores, ["family"]]],
  ["valuesOf", ["scores|table", "conditions|column"], [scores, { family: "a" }]],
  ["noiseLevel", ["table", "row", "reading"], [1, 1, "sd"]],
  ["levelName", ["level"], [lib.NO_NOISE]],
  ["noiseName", ["group|row"], [{ experiment: "table1", row: 1, reading: "sd" }]],
  ["noisySeries", ["series", "level", "draws"], [series, lib.NO_NOISE, 1]],
  ["paperTable", ["table"], [1]],
  ["findRun", ["name", "series", "settings|config"], ["none-such", series, { config: { kind: "rnn" }, seed: 0 }], 1],
  ["finishedRuns", ["series", "family"], [series, "rnn"], 1],
  ["obtainRun", ["name", "series", "request|config"], ["mine", series, { config: { kind: "rnn" }, seed: 0, ifMissing: { steps: 1 } }]],
  ["obtainModel", ["name", "series", "quick"], ["none-such", series, lib.QUICK], 1],
  ["obtainErrors", ["series", "families", "levels", "quick"], [series, [], [], lib.QUICK], 1],
  ["draws", ["wanted", "stream|seed", "rows"], [{ a: { of: "normals", shape: [2] } }, { seed: 0, name: "a", step: 0 }, 2], 1],
  ["normals", ["shape", "stream|seed"], [[2], { seed: 0, name: "a", step: 0 }]],
  ["uniforms", ["shape", "stream|seed"], [[2], { seed: 0, name: "a", step: 0 }]],
  ["zeroState", ["B", "H"], [2, 2]],
  ["generate", ["model", "histories", "steps", "options"], [model, [short], 2, { seed: 0 }]],
  ["impute", ["model", "noisy", "options"], [model, short, { seed: 0, xi: "mean" }]],
  ["train", ["model", "series", "options"], [model, x, { seed: 0, steps: 1 }]],
  ["saveModel", ["model|dir"], [model, "/dev/null/none"]], // "1" would be a folder of its own
  ["loadModel", ["dir|checkpoint"], ["/dev/null/none"]],
  ["loadTrace", ["file|cannot be read"], ["/dev/null/none"], 1],
];

const SURFACE: Record<string, unknown> = lib;
/** A constant series has none, and says so by NaN. */
const NAN = ["correlation", "autocorrelation"];

/** Whether a result holds a NaN anywhere. */
function holdsNaN(value: unknown, depth = 0): boolean {
  if (typeof value === "number") return Number.isNaN(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<unknown>).some(Number.isNaN);
  if (typeof value !== "object" || value === null || depth > 3) return false;
  return Object.values(value).some((part) => holdsNaN(part, depth + 1));
}

const shown = (value: unknown) =>
  typeof value === "bigint"
    ? `${value}n`
    : ArrayBuffer.isView(value)
      ? `a ${value.constructor.name}`
      : (JSON.stringify(value) ?? String(value));

describe.each(ROWS)("%s", (name, names, good, optional = 0) => {
  names.forEach((argument, i) => {
    test(argument, async () => {
      for (const method of ["log", "info"] as const) vi.spyOn(console, method).mockImplementation(() => {});
      const wrong: string[] = [];
      for (const value of i >= good.length - optional ? BAD : [undefined, ...BAD]) {
        const args = good.map((own, j) => (j === i ? value : own));
        try {
          const result = await (SURFACE[name] as (...args: unknown[]) => unknown)(...args);
          if (holdsNaN(result) && !NAN.includes(name)) wrong.push(`${shown(value)}: NaN`);
        } catch (error) {
          const { message } = error as Error;
          if (error instanceof TypeError || error instanceof RangeError || !new RegExp(`\\b(${names.join("|")})\\b`).test(message))
            wrong.push(`${shown(value)}: ${message}`);
        }
      }
      vi.restoreAllMocks();
      expect(wrong).toEqual([]);
    });
  });
});
