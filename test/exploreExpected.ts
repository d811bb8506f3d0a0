/** What the explorable page must show: the same computations from the same settings, on whatever backend this runs on. */
import type { NoiseReading } from "../lib/data/noise";
import { type PageData, type PageModels, unpacked } from "../setup/explore/answers/data";
import { futuresAnswer } from "../setup/explore/answers/futures";
import { mapAnswer } from "../setup/explore/answers/map";
import { METHODS, noiseAnswer } from "../setup/explore/answers/noise";
import { type Sampler, scoreAnswer, sequencesOf } from "../setup/explore/answers/score";
import { chainOf, standIn, switchingSeries } from "../setup/explore/answers/series";
import { valueAnswer, type Xi } from "../setup/explore/answers/value";

/** Settings as they stand in the address. */
export type Settings = Record<string, string>;
/** Numbers by name. */
export type Numbers = Record<string, unknown>;

/** Of each figure a function from its settings to numbers that it must show. */
export function expectations(data: PageData): Record<string, (settings: Settings) => Numbers> {
  const models: PageModels = {
    tdlgm: unpacked(data.models.tdlgm),
    dlgm: unpacked(data.models.dlgm),
    above: unpacked(data.models.above),
    below: unpacked(data.models.below),
  };
  const [series, switching, chain] = [standIn(data), switchingSeries(), chainOf(data)];
  return {
    value({ t, noise, xi, seed, layer, a, b }) {
      const place = Number(t);
      const asked: Record<string, Xi> = {
        mean: { from: "mean" },
        draw: { from: "draw", seed: Number(seed) },
        own: { from: "plane", layer: Number(layer), at: [Number(a), Number(b)] },
      };
      const v = Math.min(1, Math.max(0, series[place] + Number(noise)));
      const answer = valueAnswer(models.tdlgm, data.planes, { past: series.slice(place - 10, place), v, xi: asked[xi] });
      const of = (f: (layer: (typeof answer.layers)[number]) => unknown) => answer.layers.map(f);
      return { v: answer.v, xi: of((l) => l.xi), mean: of((l) => l.mean), kl: of((l) => l.kl), h1: answer.h[0], after: answer.after.c };
    },
    noise({ printed, reading, p, seed, xi }) {
      const answer = noiseAnswer(models, chain, series, {
        printed: Number(printed),
        reading: reading as NoiseReading,
        probability: Number(p),
        seed: Number(seed),
        xi: xi as "mean" | "sample",
      });
      return { mse: METHODS.map((name) => answer.mse[name]), output: answer.outputs.tDLGM, winner: answer.winner, noisy: answer.noisy };
    },
    map({ sd, beta }) {
      const { runs } = data.small;
      const [sds, betas] = [[...new Set(runs.map((run) => run.sd))], [...new Set(runs.map((run) => run.beta))]];
      const run = runs.find((one) => one.sd === sds[Number(sd)] && one.beta === betas[Number(beta)])!;
      const { count, information, kl, levels } = mapAnswer(run, data.transitions.start);
      return { count, information, kl, levels };
    },
    score({ sampler, seed, from, to }) {
      const answer = scoreAnswer(series, sequencesOf(sampler as Sampler, data, models, series, Number(seed)));
      const cell = 11 * Number(from) + Number(to);
      const { score, overlap, adds, truth, generated } = answer;
      return { score, overlap, adds: adds[cell], truth: truth[cell], generated: generated[cell] };
    },
    film({ left, right, moment }) {
      const small = data.small.runs.map((run) => ({ name: `sd-${run.sd}-beta-${run.beta}`, history: run.history }));
      const all = [...small, ...data.histories];
      const histories = [left, right].map((name) => all.find((one) => one.name.replaceAll(".", "_") === name)!.history);
      const steps = histories.map((rows) => Math.round((rows[rows.length - 1].step * Number(moment)) / 60));
      const last = histories.map((rows, i) => rows.filter(({ step }) => step <= steps[i]).pop());
      return { steps, errors: last.map((row) => row?.validationMse ?? null) };
    },
    futures({ series: kind, at, futures, seed }) {
      const isStandIn = kind === "stand-in";
      const model = isStandIn ? models.tdlgm : models[kind as "above" | "below"];
      const question = { at: Number(at), futures: Number(futures), steps: 24, seed: Number(seed) };
      const { lag1, realLag1, futures: all, quantiles } = futuresAnswer(model, isStandIn ? series : switching, question);
      return { lag1, realLag1, first: all[0], quantiles: quantiles[quantiles.length - 1] };
    },
  };
}

/** Settings of every figure at which both backends are compared, every way to take ξ among them. */
export const QUESTIONS: [figure: string, settings: Settings][] = [
  ...["mean", "draw", "own"].flatMap((xi) =>
    ["1", "2"].map((layer): [string, Settings] => ["value", { t: "57", noise: "-0.13", xi, seed: "4", layer, a: "0.7", b: "-1.2" }]),
  ),
  ["noise", { printed: "0.02", reading: "variance", p: "1", seed: "3", xi: "mean" }],
  ["noise", { printed: "0.1", reading: "sd", p: "0.6", seed: "5", xi: "sample" }],
  ["futures", { series: "stand-in", at: "100", futures: "8", seed: "1" }],
  ["futures", { series: "above", at: "120", futures: "8", seed: "2" }],
  ["futures", { series: "below", at: "120", futures: "8", seed: "2" }],
  ["score", { sampler: "tdlgm", seed: "1", from: "10", to: "8" }],
  ["score", { sampler: "dlgm", seed: "1", from: "0", to: "10" }],
];
