/** Every public function, called with bad values for each of its arguments: a sentence that names the argument, and no NaN. */
import * as tf from "@tensorflow/tfjs-core";
import { DataFrame } from "danfojs-node";
import { describe, expect, test, vi } from "vitest";
import * as lib from "../lib/index";
import { chain } from "./data";

const x = chain(700, 4);
const short = x.slice(0, 60);
const fives = Array.from({ length: 5 }, () => short);
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
const full = lib.completeConfig({ kind: "tdlgm", m: 3, H: 4, K: 2, batch: 4, restartAfter: 0 });
const dlgm = lib.completeConfig({ kind: "dlgm", m: 3, H: 4, K: 2, batch: 4 });
const w = lib.weighted(model).weights;
const dlgmWeights = lib.unpack(lib.KINDS.dlgm.layout(dlgm), tf.tensor1d(lib.initialise(lib.KINDS.dlgm.layout(dlgm), 1)));
const filled = (...shape: number[]) => tf.fill(shape, 0.3);
const seen = filled(4, 2, 1) as tf.Tensor3D;
const xis = filled(2, 2, 2);
const v = filled(2, 1) as tf.Tensor2D;
const states = lib.recogniseStates(full, w, lib.rows(seen, 0, 3));
const emission = lib.emit(full, w, states, xis);
const q = lib.gaussian(xis, xis, xis);
const layer = { w: [1, 2], b: [1] };
const stateOf = (H: number) => ({ h: filled(2, H) as tf.Tensor2D, c: filled(2, H) as tf.Tensor2D });
const cell = { w: filled(3, 8) as tf.Tensor2D, b: filled(8) as tf.Tensor1D };
const level = lib.NO_NOISE;
const condition = { what: "x", relation: "<", bound: 4 } as const;
const rule = { section: "1", claim: "a", decides: [condition], why: "b" };
const quantity = lib.exact(2);
const errors = [{ run: "a-seed-0", family: "a", seed: 0, level, squared: { sample: short, mean: short }, byDraw: short, welch: short }];
const long = new DataFrame([["a-seed-0", "a", "tdlgm", 0, "table1", 1, "sd", "mean", "mse", 0.1]], { columns: [...lib.COLUMNS] });

const cache = lib.cachePredictor(short, { tau: 3 }) as lib.Predictor;
const markov = lib.fitChain(short);
const prior = lib.chainPrior(markov);
const first = { mean: 0, sd: 1 };
const counted = lib.createModel(
  {
    kind: "tdlgm",
    ...{ m: 3, H: 2, K: 1, alpha: 0, transition: "below", state: "output", restartAfter: 0 },
    likelihood: { kind: "categorical", values: [0, 1] },
    memory: { ...lib.TDLGM_MEMORY.memory, length: 2, burnIn: 1 },
  } as lib.ModelConfig,
  0,
);
const pairs = new lib.Series(Float32Array.of(0, 1, 0, 1), ["a", "b"]);
const remembering = lib.createModel({ kind: "vrnn", H: 2, K: 1, m: 2, length: 2 }, 0);

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
  Promise.resolve(1),
  tf.scalar(0.5),
  tf.tensor3d([[[1]]]),
  tf.tensor2d([[1, 2]], [1, 2], "int32"),
  Object.assign(tf.tensor1d([1]), { isDisposedInternal: true }),
];

/** A function's name, the names of its arguments as an error may call them, good values for them, and how many may be left out. */
type Row = [name: keyof typeof lib, names: string[], good: unknown[], optional?: number];
const ROWS: Row[] = [
  ["generator", ["seed", "stream"], [0, "a"]],
  ["shuffled", ["values", "random", "block"], [[1, 2, 3], lib.generator(0, "a"), 2], 1],
  ["kindOf", ["config"], [lib.completeConfig({ kind: "rnn" })]],
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
  ["traceColumns", ["trace", "names"], [trace, ["gpu_milli"]]],
  ["rowTypes", ["series"], [pairs]],
  ["seriesColumn", ["series", "name"], [pairs, "b"]],
  ["columnScores", ["columns"], [{ series: pairs, values: [[0], [1]] }]],
  ["columnTuning", ["columns"], [{ series: pairs, values: [[0], [1]] }]],
  ["columnModel", ["columns", "of"], [{ series: pairs, values: [[0], [1]] }, "twin"], 1],
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
  ["autocorrelationDistance", ["real", "sequences", "lags"], [x, [x], 3], 1],
  ["crps", ["samples", "y"], [numbers, 0.3]],
  ["energyScore", ["samples", "path"], [[numbers, numbers], numbers]],
  ["quantileCrps", ["samples", "truth"], [[numbers], [0.2]]],
  ["quantileLosses", ["samples", "truth"], [[numbers], [0.2]]],
  ["randomisedPit", ["samples", "y", "u"], [numbers, 0.2, 0.5]],
  ["pitUniformity", ["pits", "options"], [[0.2, 0.7], { block: 1 }]],
  ["coverage", ["samples", "truth", "level"], [[numbers], [0.2], 0.9]],
  ["discriminativeScore", ["real", "generated", "options"], [[short, short], [short, short], {}], 1],
  ["predictiveScore", ["generated", "real", "order"], [[short], [short], 5], 1],
  ["recurrentDiscriminativeScore", ["real", "generated", "options"], [fives, fives, { columns: 1, seed: 0, steps: 1, networks: 1 }]],
  ["recurrentPredictiveScore", ["generated", "real", "options"], [[short], [short], { columns: 2, seed: 0, steps: 1, networks: 1 }]],
  ["sines", ["count", "seed", "options"], [2, 0, {}], 2],
  ["mmd", ["a", "b", "options"], [[[0], [1]], [[1], [2]], {}], 1],
  ["indicesOf", ["values", "series"], [short, short]],
  ["independentPredictor", ["train"], [short]],
  ["cachePredictor", ["train", "options"], [short, { tau: 3 }]],
  ["markovPredictor", ["train", "options"], [short, { order: 1 }]],
  ["mixturePredictor", ["experts", "options"], [[cache], {}], 1],
  ["mixtureWeights", ["experts", "series", "steps"], [[cache], short, 2], 1],
  ["surprisals", ["predictor", "series"], [cache, short]],
  ["linearForecaster", ["series", "until", "options"], [series.slice(0, 30), 20, { inputs: (t: number) => [t] }]],
  ["nextRows", ["model", "series", "from", "options"], [remembering, series.slice(0, 60), 58, { seed: 0, draws: 2 }]],
  ["predictorSampler", ["predictor", "train", "reach"], [cache, short, 5], 1],
  ["predictorPaths", ["predictor", "histories", "steps", "seeds"], [cache, [short], 2, [0]]],
  ["heldOutSurprisals", ["model", "series", "from", "options"], [remembering, short, 58, { seed: 0, particles: 2 }]],
  ["hasHeldOut", ["model"], [model]],
  ["modelPrior", ["model", "options"], [counted, { history: short, seed: 0 }]],
  ["blockBootstrap", ["values", "options"], [x, { block: 3, replicates: 5 }], 1],
  ["holm", ["p"], [numbers]],
  ["statisticBootstrap", ["of", "runs", "minus", "options"], [([m]: number[]) => m, [[x]], [[x]], {}], 1],
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
  ["slider", ["min", "max", "options"], [0, 1, {}], 1],
  ["play", ["min", "max", "options"], [0, 9, {}], 1],
  ["menu", ["options", "value"], [["a", "b"], "a"], 1],
  ["checkbox", ["value"], [true], 1],
  ["text", ["value", "options"], ["a", {}], 2],
  ["button", ["label"], ["a"]],
  ["interact", ["controls", "render", "options"], [{ a: lib.slider(0, 1) }, () => "a", {}], 1],
  ["trainLive", ["model", "series", "options"], [model, x, { seed: 0, steps: 1 }]],
  ["explore", ["figure", "settings"], ["map", {}], 1],
  ["showModule", ["esm", "state", "options"], ["export default {}", {}, { alt: "a" }]],
  ["loadModel", ["dir|checkpoint"], ["/dev/null/none"]],
  ["loadTrace", ["file|cannot be read"], ["/dev/null/none"], 1],
  ["Series", ["values", "columns|column", "standIn"], [x, ["x"], false], 1],
  ["advance", ["config", "w", "s", "emission", "v"], [full, w, states, emission, v]],
  ["atLevel", ["level"], [level]],
  ["autoregressive", ["length", "phi", "sd", "seed"], [5, 0.5, 0.1, 0]],
  ["switching", ["length", "stay", "sd", "seed"], [5, 0.5, 0.1, 0]],
  ["baselineSquares", ["series", "name", "level", "draws"], [series, "identity", level, 1], 1],
  ["blockDraws", ["wanted", "stream|seed", "B"], [{ a: { of: "normals", shape: [2] } }, { seed: 0, name: "a", step: 0 }, 2]],
  ["byLayer", ["stack"], [xis]],
  ["overBoth", ["a", "b"], [[short], [short]]],
  ["bySeed", ["a", "b"], [numbers, [1, 2, 4]]],
  ["less", ["a", "b"], [numbers, [1, 2, 4]]],
  ["minus", ["a", "b"], [[short], [short]]],
  ["over", ["all", "unit"], [[short], 1], 1],
  ["squaresOf", ["errors", "family", "level", "xi"], [errors, "a", level, "mean"], 1],
  ["changeByPast", ["model", "series", "seed"], [model, short, 0]],
  ["claimsTables", ["claims"], [[{ ...rule, quantities: [quantity], evidence: [] }]]],
  ["rulesTable", ["rules"], [[rule]]],
  ["verdictOf", ["claim"], [{ ...rule, quantities: [quantity], evidence: [] }]],
  ["weigh", ["rule", "quantities", "evidence"], [rule, [quantity], "more"], 1],
  ["decide", ["condition", "quantity"], [condition, quantity]],
  ["exact", ["value"], [1]],
  ["densityContours", ["x", "y", "densities", "titles"], [[0], [0], [{ name: "a", z: [[1]] }], {}], 1],
  ["dlgmGenerator", ["config", "w", "xis"], [dlgm, dlgmWeights, xis]],
  ["draw", ["config", "w", "r", "noise"], [full.likelihood, w, v, v]],
  ["meanOfPi", ["config", "r"], [full.likelihood, v]],
  ["logDensity", ["config", "w", "r", "v"], [full.likelihood, w, v, v]],
  ["emit", ["config", "w", "s", "xis"], [full, w, states, xis]],
  ["estimate", ["draws|values"], [numbers]],
  ["sd", ["values"], [numbers]],
  ["summary", ["values"], [numbers]],
  ["meanInterval", ["values", "level"], [numbers, 0.9], 1],
  ["differenceInterval", ["a", "b", "level"], [numbers, numbers, 0.9], 2],
  ["intervalText", ["interval", "digits"], [quantity, 2], 1],
  ["evidence", ["scores|table", "kept"], [long, errors]],
  ["familiesOf", ["group"], ["grid"], 1],
  ["plannedRuns", ["group"], ["grid"], 1],
  ["labelOf", ["family"], ["tdlgm"]],
  ["stretchName", ["kind", "stretch"], ["rnn", { share: 0.5, from: 0 }]],
  ["filteredRnns", ["scores|table", "filter"], [long, "code"]],
  ["frame", ["table"], [{ id: "a", caption: "b", columns: ["c"], rows: [[{ text: "d" }]] }]],
  ["shortTables", ["scores|table", "errors"], [long, []], 1],
  // Without a quick look these train all runs: of their options only what is no object is tried, below.
  ["tableErrors", ["series"], [series, lib.QUICK]],
  ["tableScores", ["series"], [series, { quick: lib.QUICK }]],
  ["obtainScores", ["series"], [series, { families: [], trivial: [] }]],
  ["gaussian", ["mean", "logD", "u"], [xis, xis, xis]],
  ["klByLayer", ["q"], [q]],
  ["klToPrior", ["q"], [q]],
  ["logDeterminant", ["q"], [q]],
  ["traceOf", ["q"], [q]],
  ["sample", ["q", "epsilon"], [q, xis]],
  ["latentsOf", ["q", "epsilon"], [q, xis]],
  ["rankOneKl", ["mean", "d", "u"], [v, v, v]],
  ["gaussianPosterior", ["config", "outputs", "epsilon"], [{ ...full, K: 1 }, numbers, [0.1]]],
  ["negativeLog", ["likelihood", "readout", "v", "logSd"], [full.likelihood, [0.1], 0.5, 0], 1],
  ["perceptron", ["x", "layers|W|w", "networks"], [[1, 2], [layer], "relu"], 1],
  ["imputeTest", ["model", "series", "level", "options"], [model, series, level, { draws: 1 }]],
  ["scoreImputation", ["model", "series", "level", "options"], [model, series, level, { draws: 2 }]],
  ["imputerScores", ["series", "levels|level", "draws"], [series, [level], 1], 1],
  ["samplerScores", ["series", "sampler", "options"], [series, lib.samplers(series)[0], { repetitions: 1, sequences: 5 }], 1],
  ["samplers", ["series"], [series]],
  ["trainMeanValidation", ["train", "m"], [x, 3]],
  ["variantName", ["variant"], [{ histories: "train", bins: 11, lag: "one" }]],
  ["initialise", ["layout", "seed"], [{ a: { shape: [2], start: 0 } }, 0]],
  ["unpack", ["layout", "flat"], [{ a: { shape: [2], start: 0 } }, tf.tensor1d([1, 2])]],
  ["linear", ["x", "weights"], [v, { w: filled(1, 3), b: filled(3) }]],
  ["mlp", ["x", "w", "names", "hidden"], [filled(2, 4), w, ["generator.T0.1"], "tanh"]],
  ["readout", ["config", "w", "h1"], [full, w, filled(2, 4)]],
  ["recogniseLatent", ["config", "w", "v"], [full, w, v]],
  ["recogniseStates", ["config", "w", "window"], [full, w, lib.rows(seen, 0, 3)]],
  ["tdlgmLoss", ["config", "w", "batch", "drawn"], [full, w, { seen, clean: seen }, { epsilon: xis }]],
  ["weightPrior", ["w"], [w]],
  ["lstm", ["x", "state", "weights"], [filled(3, 2, 1), stateOf(2), cell]],
  ["windows", ["series", "targets", "length"], [filled(5, 1), tf.tensor1d([0, 1], "int32"), 2]],
  ["rows", ["windows", "from", "count"], [seen, 0, 2]],
  ["row", ["windows", "t"], [seen, 0]],
  ["pooledAutocorrelation", ["sequences", "lag"], [[x], 1]],
  ["recognitionDiagram", ["L"], [2]],
  ["fitChain", ["series", "smoothing"], [short, 0.1], 1],
  ["logLikelihood", ["y", "values", "noise", "bounds"], [0.3, markov.values, noise, lib.NO_BOUNDS], 1],
  ["forwardBackward", ["chain", "noisy", "noise", "options"], [markov, short, noise, {}], 1],
  ["jointDraws", ["model|chain", "noisy", "noise", "options"], [markov, short, noise, { seed: 0, draws: 1 }]],
  ["chainPrior", ["chain", "before"], [markov, markov.values[0]], 1],
  ["countingPrior", ["train", "options"], [short, {}], 1],
  ["priorOf", ["predictor", "history"], [cache, short], 1],
  ["particleFilter", ["prior", "noise", "options"], [prior, noise, { seed: 0 }]],
  ["estimateNoise", ["prior", "noisy", "options"], [prior, short, { seed: 0, calls: 1, particles: 2 }]],
  ["localLevel", ["sds", "first"], [{ level: 1, irregular: 0 }, first]],
  ["localLinearTrend", ["sds", "first"], [{ level: 1, slope: 1, irregular: 0 }, first]],
  ["autoregression", ["equation", "first"], [{ intercept: 0, coefficients: [0.5], sd: 1 }, first]],
  ["kalman", ["model", "noisy", "sds", "mean"], [lib.localLevel({ level: 1, irregular: 0 }, first), short, 0.1, 0], 1],
  ["repair", ["noisy", "prior", "options", "each"], [short, prior, { seed: 0, noise, particles: 2 }, () => {}], 1],
  ["repairTogether", ["noisy", "prior", "options", "each"], [[short], prior, { seeds: [0], noise, particles: 2 }, () => {}], 1],
  ["repairOwn", ["seen|values", "options"], [{ values: Float64Array.from(short) }, { seed: 0 }]],
  ["interpolated", ["values"], [Float64Array.from(short)]],
  ["localLevelSmoother", ["values"], [Float64Array.from(short)]],
  ["loadSeries", ["file|no such file|cannot be read", "options"], [__filename, { columns: ["a"] }]],
  ["shippedTrials", ["tuning"], [{ file: "none.json", configs: {} }], 1],
  ["chosen", ["trials", "model"], [[], "vrnn"]],
  ["cleanPart", ["series"], [x]],
  ["noisePrior", ["clean"], [x]],
  ["choosePrior", ["series", "noise", "gaps"], [chain(1100, 4), noise, (t: number) => t < 9], 1],
  ["scoreRepair", ["series", "noise", "options"], [x, noise, { prior, draw: 0, seed: 0 }]],
  ["scoreRepairs", ["series", "noise", "options"], [x, noise, { prior, draws: [0], seed: 0 }]],
  ["stepTimes", ["model", "series", "repeats"], [model, x, 1], 1],
];

/** What takes no argument, and the class of an error, which the library alone makes. */
const WITHOUT = ["budget", "seattleWeather", "shippedSines", "projectRoot", "AbortError"];

test.each(["tableErrors", "tableScores", "obtainScores"] as const)("%s refuses options that are none", async (name) => {
  for (const value of BAD.slice(2))
    await expect((SURFACE[name] as (...args: unknown[]) => Promise<unknown>)(series, value), shown(value)).rejects.toThrow(
      /^(options|quick) must be/,
    );
  for (const [key, value] of [
    ["families", ["none"]],
    ["families", "tdlgm"],
    ["experiments", [1]],
    ["trivial", ["none"]],
    ["trivial", null],
    ["quick", {}],
    ["onProgress", 1],
    ["seeds", 2],
  ] as const)
    await expect(lib.obtainScores(series, { families: [], trivial: [], [key]: value }), key).rejects.toThrow(
      /^(options|quick)\b.*(:| must be)/,
    );
});

test("every function that lib/index.ts exports is here", () => {
  const functions = Object.entries(lib).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  expect([...ROWS.map(([name]) => name), ...WITHOUT].sort()).toEqual(functions.sort());
});

const SURFACE: Record<string, unknown> = lib;
/** A constant series has none, and says so by NaN. */
const NAN = ["correlation", "autocorrelation", "pooledAutocorrelation"];
/** One value has no standard deviation, and a number that could not be had stays NaN. */
const NAN_OF_ONE = ["sd", "summary", "estimate", "meanInterval", "differenceInterval", "bySeed", "exact"];

/** Whether a result holds a NaN anywhere. */
function holdsNaN(value: unknown, depth = 0): boolean {
  if (typeof value === "number") return Number.isNaN(value);
  if (value instanceof tf.Tensor) return !value.isDisposed && Array.from(value.dataSync()).some(Number.isNaN);
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
          const call = SURFACE[name] as { (...args: unknown[]): unknown; new (...args: unknown[]): unknown };
          const result = name === "Series" ? new call(...args) : await call(...args);
          if (process.env.TDLGM_ACCEPTED) console.error(`ACCEPTED ${name}.${argument} ${shown(value)}`);
          if (holdsNaN(result) && ![...NAN, ...NAN_OF_ONE].includes(name)) wrong.push(`${shown(value)}: NaN`);
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
