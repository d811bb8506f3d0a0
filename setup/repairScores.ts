/**
 * Measures repair on all rows of Tables 1 and 3, and on series that nobody here wrote:
 *
 *   npm run repair-scores -- [--draws 10] [--seeds 5] [--particles 400] [--only tables,shares,noise,gaps,models,foreign] [--also DIR]
 *
 * DIR may hold nile.csv and sunspots.csv, as statsmodels ships them.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { checkChoice } from "../lib/base/check";
import { projectRoot } from "../lib/base/project";
import { deriveSeed, generator } from "../lib/base/random";
import { loadSeries } from "../lib/data/loadSeries";
import { addNoise, type Noise } from "../lib/data/noise";
import { corruptTest, NOISE_SEEDS, noiseOf, TEST_SIZE } from "../lib/data/protocol";
import { loadTrace, requestSeries } from "../lib/data/trace";
import { countingPrior } from "../lib/inference/counting";
import { estimateNoise } from "../lib/inference/estimate";
import { repairOwn } from "../lib/inference/ownSeries";
import type { Prior } from "../lib/inference/prior";
import { repair } from "../lib/inference/repair";
import { interpolated, localLevelSmoother } from "../lib/inference/usual";
import { mean as average } from "../lib/metrics/metrics";
import { estimate } from "../lib/metrics/statistics";
import { levelName, NOISE_LEVELS, type NoiseLevel, noiseLevel } from "../lib/paper/levels";
import { obtainModel } from "../lib/paper/results";
import { choosePrior, cleanPart, noisePrior, PRIORS, type RepairScores, scoreRepair, scoreRepairs } from "../lib/paper/robust";
import { modelPrior } from "../lib/training/modelPrior";
import { program, readArguments, wholeOf } from "./arguments";

const say = (line: string) => process.stdout.write(`${line}\n`);
const of = (scores: RepairScores[], key: keyof RepairScores) => average(scores.map((s) => s[key]));
/** Below this error of the exact filter a row says nothing. */
const WORTH = 2e-4;
/** Of noise draws that no result is measured on. */
const VALIDATION_SEED = 901;

const USAGE = "npm run repair-scores -- [--draws 10] [--seeds 5] [--particles 400] [--only tables,noise] [--also DIR]";
const PARTS = ["tables", "shares", "noise", "gaps", "models", "foreign"] as const;

/** How much is computed. */
interface Options {
  draws: number;
  seeds: number;
  particles: number;
  also?: string;
}

const named = (level: NoiseLevel) => ({ name: `T${level.table}: ${levelName(level)}`, noise: noiseOf(level, level.reading) });
const levels = NOISE_LEVELS.filter(({ table, probability }) => table !== "biased" && probability > 0).map(named);

/** The levels at which the exact filter's error on one draw is not below WORTH; the others are told. */
function worth(series: Float32Array): typeof levels {
  const prior = countingPrior(cleanPart(series));
  return levels.filter(({ name, noise }) => {
    const is = scoreRepair(series, noise, { prior, draw: 0, seed: 0, particles: 1 }).exactFilter >= WORTH;
    if (!is) say(`${name} | the exact filter's error is below ${WORTH}`);
    return is;
  });
}

const HEADING = [
  ..."row | prior | identity | exact filter | filter / exact | exact smoother | smoother / exact".split(" | "),
  ..."PIT in [.05, .95], filter | smoother | uniform, filter | smoother | CRPS, filter | identity and its best Gaussian".split(" | "),
].join(" | ");
/** The share of the scores whose PITs have a p above .01. */
const uniformIn = (scores: RepairScores[], key: "uniform" | "uniformBySmoother") =>
  average(scores.map((s) => (s[key] > 0.01 ? 1 : 0))).toFixed(2);
/** A row of scores under this heading. */
function line(name: string, prior: string, scores: RepairScores[]): string {
  const mean = (key: keyof RepairScores) => of(scores, key);
  return [
    name,
    prior,
    mean("identity").toFixed(5),
    mean("exactFilter").toFixed(5),
    (mean("filter") / mean("exactFilter")).toFixed(3),
    mean("exactSmoother").toFixed(5),
    (mean("smoother") / mean("exactSmoother")).toFixed(3),
    mean("covered").toFixed(3),
    mean("coveredBySmoother").toFixed(3),
    uniformIn(scores, "uniform"),
    uniformIn(scores, "uniformBySmoother"),
    mean("crps").toFixed(4),
    mean("crpsOfIdentity").toFixed(4),
  ].join(" | ");
}

async function tables({ draws, seeds, particles }: Options): Promise<void> {
  const series = requestSeries(await loadTrace()).values;
  const clean = cleanPart(series);
  say(HEADING);
  const pairs = Array.from({ length: draws * seeds }, (_, i) => ({ draw: i % draws, seed: Math.floor(i / draws) }));
  for (const { name, noise } of worth(series)) {
    const chosen = choosePrior(series, noise);
    const prior = PRIORS[chosen]!(clean);
    const scores = pairs.map((pair) => scoreRepair(series, noise, { prior, ...pair, particles }));
    say(line(name, chosen, scores));
  }
}

/** What estimating the noise leads to, over noise draws of a clean series. */
function estimated(truth: Float32Array, noise: Noise, noisy: readonly Float32Array[], prior: Prior) {
  const found = noisy.map((y, seed) => {
    const assumed = estimateNoise(prior, y, { seed }).noise;
    const error = (told: Noise) => {
      const { mean } = repair(y, prior, { seed, noise: told, particles: 200, lag: 0 }).filter;
      return average(Array.from(truth, (v, t) => (v - mean[y.length - truth.length + t]!) ** 2));
    };
    return { p: assumed.probability / noise.probability, sd: assumed.sd / noise.sd, own: error(assumed), known: error(noise) };
  });
  const mean = (key: keyof (typeof found)[0]) => average(found.map((f) => f[key]));
  return { p: mean("p"), sd: mean("sd"), times: mean("own") / mean("known") };
}

/** How fast the weights of the prior should learn from which the noise is estimated: tried on the last 500 clean values. */
async function shares({ draws }: Options): Promise<void> {
  const clean = cleanPart(requestSeries(await loadTrace()).values);
  const part = clean.slice(-TEST_SIZE);
  // Where the noise is weak, its estimate hardly matters.
  const hard = levels.filter(({ noise }) => noise.sd ** 2 * noise.probability > 0.003);
  say(
    "share, on validation | estimated / true p, mean over rows and draws | estimated / true sd | filter MSE with it / with the true noise",
  );
  for (const share of [0.005, 0.02, 0.05, 0.1, [0, 0.02, 0.1]]) {
    const prior = countingPrior(clean.slice(0, -TEST_SIZE), { share });
    const rows = hard.map(({ noise }) => {
      const noisy = Array.from({ length: Math.min(draws, 4) }, (_, i) => addNoise(part, noise, deriveSeed(VALIDATION_SEED, "noise", i)));
      return estimated(part, noise, noisy, prior);
    });
    say([share, ...(["p", "sd", "times"] as const).map((key) => average(rows.map((row) => row[key])).toFixed(3))].join(" | "));
  }
}

async function estimates({ draws }: Options): Promise<void> {
  const series = requestSeries(await loadTrace()).values;
  const prior = noisePrior(cleanPart(series));
  say("row | estimated / true p, mean over draws | estimated / true sd | filter MSE with it / with the true noise");
  for (const { name, noise } of worth(series)) {
    const noisy = NOISE_SEEDS.slice(0, draws).map((seed) => corruptTest(series, noise, seed));
    const { p, sd, times } = estimated(series.slice(-TEST_SIZE), noise, noisy, prior);
    say([name, p.toFixed(3), sd.toFixed(3), times.toFixed(3)].join(" | "));
  }
}

async function gaps({ draws, seeds, particles }: Options): Promise<void> {
  const series = requestSeries(await loadTrace()).values;
  const clean = cleanPart(series);
  // Each draw and seed has places of its own: one set of places, a tenth of 500 values, would say little.
  const places = Array.from({ length: draws * seeds }, (_, i) => {
    const random = generator(i, "gaps");
    const scattered = Array.from({ length: TEST_SIZE }, () => random.uniform() < 0.1);
    const offset = random.integer(50);
    return { scattered: (t: number) => scattered[t]!, blocks: (t: number) => (t + offset) % 50 < 10 };
  });
  say(
    "row, scored on missing values | prior | exact smoother | smoother / exact | PIT in [.05, .95], filter | smoother | uniform, filter | smoother",
  );
  for (const { name, noise } of worth(series)) {
    for (const [gap, kind] of [
      ["a tenth, scattered", "scattered"],
      ["a fifth, in blocks of 10", "blocks"],
    ] as const) {
      const chosen = choosePrior(series, noise, (t, draw) => places[draw % places.length]![kind](t));
      const prior = PRIORS[chosen]!(clean);
      const scores = places.map((at, i) =>
        scoreRepair(series, noise, { prior, draw: i % draws, seed: Math.floor(i / draws), particles, gaps: at[kind] }),
      );
      // The seeds of one draw share its noise: the draws say how sure the share is.
      const share = (key: "covered" | "coveredBySmoother") => {
        const all = Array.from({ length: draws }, (_, draw) =>
          of(
            scores.filter((_, i) => i % draws === draw),
            key,
          ),
        );
        return draws > 1 ? `${average(all).toFixed(3)} ± ${estimate(all).se.toFixed(3)}` : average(all).toFixed(3);
      };
      const exact = of(scores, "exactSmoother");
      say(
        [
          `${name}, ${gap}`,
          chosen,
          exact.toFixed(5),
          (of(scores, "smoother") / exact).toFixed(3),
          share("covered"),
          share("coveredBySmoother"),
          uniformIn(scores, "uniform"),
          uniformIn(scores, "uniformBySmoother"),
        ].join(" | "),
      );
    }
  }
}

/** tDLGM with memory as the prior, in the two rows where its gain is expected to be largest. */
async function models({ draws, seeds, particles }: Options): Promise<void> {
  const loaded = requestSeries(await loadTrace());
  const series = loaded.values;
  const history = cleanPart(series);
  say(HEADING);
  for (const { name, noise } of [noiseLevel(3, 10, "variance"), noiseLevel(1, 5, "variance")].map(named)) {
    const scores: RepairScores[] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const model = await obtainModel(`tdlgm-memory-seed-${seed}`, loaded);
      const prior = modelPrior(model, { history, seed });
      scores.push(...scoreRepairs(series, noise, { prior, draws: Array.from({ length: draws }, (_, draw) => draw), seed, particles }));
      model.dispose();
    }
    say(line(name, "tdlgm-memory", scores));
  }
}

/** The mean of the numbers that are there. */
const presentMean = (values: ArrayLike<number>) => average(Array.from(values).filter((v) => !Number.isNaN(v)));

/** A series with noise and gaps of a draw: a tenth of its values changed by half its standard deviation, a twentieth missing. */
function spoiled(clean: Float64Array, decimals: readonly number[], draw: number, rounded: boolean) {
  const random = generator(draw, "foreign");
  const mean = presentMean(clean);
  const sd = Math.sqrt(presentMean(clean.map((v) => (v - mean) ** 2)));
  const usual = Math.max(...decimals.filter((d) => !Number.isNaN(d)));
  const bad: number[] = [];
  const values = clean.map((v, t) => {
    const [u, epsilon] = [random.uniform(), random.normal()];
    if (u < 0.15 && !Number.isNaN(v)) bad.push(t);
    const changed = v + 0.5 * sd * epsilon;
    return u < 0.1 ? (rounded ? Number(changed.toFixed(usual)) : changed) : u < 0.15 ? Number.NaN : v;
  });
  const written = Array.from(values, (v, t) => (v === clean[t] ? decimals[t]! : Number.isNaN(v) ? Number.NaN : rounded ? usual : 12));
  return { values, decimals: written, bad };
}

async function foreign({ draws, also }: Options): Promise<void> {
  const vega = path.join(projectRoot(), "node_modules/vega-datasets/data");
  const files = [
    { file: path.join(vega, "seattle-weather.csv"), column: "temp_max" },
    { file: path.join(vega, "sp500-2000.csv"), column: "close" },
    { file: path.join(vega, "co2-concentration.csv"), column: "CO2" },
    ...(also
      ? [
          { file: path.join(also, "sunspots.csv"), column: "SUNACTIVITY" },
          { file: path.join(also, "nile.csv"), column: "volume" },
        ]
      : []),
  ].filter(({ file }) => fs.existsSync(file));
  const series = await Promise.all(
    files.map(async ({ file, column }) => {
      const loaded = await loadSeries(file, { columns: [column] });
      return { column, clean: loaded.own(column), decimals: loaded.decimals[0]! };
    }),
  );
  say(
    "series, means over draws | decimals of changed values | ours | linear interpolation | local level, Kalman smoother | ahead of both | 90 % interval covers | s",
  );
  for (const rounded of [false, true]) {
    const written = rounded ? "as the column's" : "all";
    const aheadIn = new Array<number>(draws).fill(0); // series, by draw
    for (const { column, clean, decimals } of series) {
      const rows = aheadIn.map((_, draw) => {
        const { bad, ...noisy } = spoiled(clean, decimals, draw, rounded);
        const began = performance.now();
        const { smoother } = repairOwn(noisy, { seed: draw });
        const seconds = (performance.now() - began) / 1000;
        const error = (values: Float64Array) => average(bad.map((t) => (values[t]! - clean[t]!) ** 2));
        const [ours, lines, kalman] = [smoother.mean, interpolated(noisy.values), localLevelSmoother(noisy.values)].map(error);
        const isAhead = ours! < Math.min(lines!, kalman!) ? 1 : 0;
        aheadIn[draw]! += isAhead;
        const covers = average(bad.map((t) => (clean[t]! >= smoother.low[t]! && clean[t]! <= smoother.high[t]! ? 1 : 0)));
        return [ours!, lines!, kalman!, isAhead, covers, seconds];
      });
      const [ours, lines, kalman, ahead, covers, seconds] = rows[0]!.map((_, i) => average(rows.map((row) => row[i]!)));
      const errors = [ours!, lines!, kalman!].map((x) => x.toPrecision(4));
      say([column, written, ...errors, `${Math.round(ahead! * draws)} of ${draws}`, covers!.toFixed(2), seconds!.toFixed(1)].join(" | "));
    }
    say(`decimals ${written}: series ahead of both, by draw: ${aheadIn.map((n) => `${n} of ${series.length}`).join(", ")}`);
  }
}

program(async () => {
  const { values } = readArguments(USAGE, {
    options: {
      draws: { type: "string" },
      seeds: { type: "string" },
      particles: { type: "string" },
      only: { type: "string", default: PARTS.join(",") },
      also: { type: "string" },
    },
  });
  const options: Options = {
    draws: wholeOf("draws", values.draws, 1, NOISE_SEEDS.length) ?? 10,
    seeds: wholeOf("seeds", values.seeds, 1) ?? 5,
    particles: wholeOf("particles", values.particles, 2) ?? 400,
    also: values.also,
  };
  const asked = values.only!.split(",");
  for (const part of asked) checkChoice(part, "--only", PARTS);
  const works = { tables, shares, noise: estimates, gaps, models, foreign };
  for (const part of PARTS) if (asked.includes(part)) await works[part](options);
});
