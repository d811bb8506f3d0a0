/** The particle filters against the exact answers, and what the repair is built from. */
import { describe, expect, it, test } from "vitest";
import { generator } from "../lib/base/random";
import { addNoise } from "../lib/data/noise";
import { countingPrior } from "../lib/inference/counting";
import { collapsedEvidence, estimateNoise } from "../lib/inference/estimate";
import { jointDraws } from "../lib/inference/joint";
import { gaussianCrps, Mixture, mixtureCrps } from "../lib/inference/mixture";
import { particleFilter } from "../lib/inference/particles";
import { chainPrior, priorOf } from "../lib/inference/prior";
import { repair, repairTogether } from "../lib/inference/repair";
import { ancestors } from "../lib/inference/resampling";
import { autoregression, kalman, localLevel, localLinearTrend, type StateSpace } from "../lib/inference/stateSpace";
import { switchingFilter } from "../lib/inference/switching";
import { type Chain, fitChain, forwardBackward, logLikelihood, NO_BOUNDS } from "../lib/metrics/filters";
import { minimise } from "../lib/metrics/minimise";
import { markovPredictor } from "../lib/metrics/predictors";
import { logMeanExp } from "../lib/metrics/statistics";

const f32 = (...values: number[]) => Float32Array.from(values);
const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: number[]) => average(values.map((v) => (v - average(values)) ** 2));

/** A chain that stays where it is four times of five. */
const chain: Chain = {
  values: f32(0, 0.4, 1),
  start: Float64Array.of(0.3, 0.3, 0.4),
  step: Float64Array.of(0.8, 0.1, 0.1, 0.1, 0.8, 0.1, 0.1, 0.1, 0.8),
};
const noise = { probability: 0.7, sd: 0.4 };
function drawn(length: number, seed: number): Float32Array {
  const random = generator(seed, "chain");
  let at = 0;
  return Float32Array.from({ length }, () => {
    const u = random.uniform();
    at = u < 0.8 ? at : (at + (u < 0.9 ? 1 : 2)) % 3;
    return chain.values[at]!;
  });
}
const clean = drawn(60, 1);
const noisy = addNoise(clean, noise, 2).map((y, t) => (t % 11 === 5 ? Number.NaN : y));

describe("forwardBackward", () => {
  it("sums over every path of a short series", () => {
    const y = f32(0.2, Number.NaN, 1);
    const paths = Array.from({ length: 27 }, (_, i) => [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3]);
    const weight = ([a, b, c]: number[]) =>
      chain.start[a!]! *
      chain.step[3 * a! + b!]! *
      chain.step[3 * b! + c!]! *
      Math.exp(logLikelihood(y[0]!, chain.values, noise)[a!]! + logLikelihood(1, chain.values, noise)[c!]!);
    const all = paths.reduce((sum, path) => sum + weight(path), 0);
    const { smoother, logEvidence } = forwardBackward(chain, y, noise);
    expect(logEvidence).toBeCloseTo(Math.log(all), 10);
    for (let t = 0; t < 3; t++)
      for (let k = 0; k < 3; k++) {
        const share = paths.filter((path) => path[t] === k).reduce((sum, path) => sum + weight(path), 0) / all;
        expect(smoother[3 * t + k]).toBeCloseTo(share, 10);
      }
  });
  it("starts after a value, and knows other bounds", () => {
    expect(Array.from(forwardBackward(chain, f32(Number.NaN), noise, { before: 1 }).filter)).toEqual([0.1, 0.1, 0.8]);
    const far = forwardBackward(chain, f32(1.3), { probability: 1, sd: 0.2 }, { bounds: NO_BOUNDS });
    expect(far.filter[2]).toBeGreaterThan(0.99);
    expect(() => forwardBackward(chain, f32(1), noise, { before: 0.5 })).toThrow(/^options.before must be one of the chain's values/);
  });
});

describe("particleFilter", () => {
  const run = (particles: number, seed: number, lag = 15) => {
    const filter = particleFilter(chainPrior(chain), noise, { seed, particles, lag });
    const steps = Array.from(noisy, (y) => filter.step(y));
    const smoother = [...steps.flatMap((s) => (s.smoother ? [s.smoother] : [])), ...filter.finish().map((s) => s.smoother)];
    return { filter: steps.map((s) => s.filter), smoother, logEvidence: filter.logEvidence, steps };
  };
  const exact = forwardBackward(chain, noisy, noise);

  it("has an unbiased evidence, whose spread falls as 1 / N", () => {
    const off = (N: number) => Array.from({ length: 150 }, (_, seed) => run(N, seed, 0).logEvidence - exact.logEvidence);
    const [few, many] = [off(50), off(800)];
    for (const logs of [few, many]) {
      const ratios = logs.map(Math.exp);
      const error = Math.sqrt(variance(ratios) / ratios.length);
      expect(Math.abs(average(ratios) - 1)).toBeLessThan(3 * error);
      expect(Math.exp(logMeanExp(logs))).toBeCloseTo(average(ratios), 8);
    }
    // 16 times the particles: the exponent of N lies around -1.
    const exponent = Math.log(variance(many) / variance(few)) / Math.log(16);
    expect(exponent).toBeGreaterThan(-1.35);
    expect(exponent).toBeLessThan(-0.65);
  });
  it("agrees with the exact filter, smoother and intervals", () => {
    const { filter, smoother } = run(4000, 3);
    let [worst, worstSmooth, sameEnds] = [0, 0, 0];
    for (let t = 0; t < noisy.length; t++) {
      for (let k = 0; k < 3; k++) {
        worst = Math.max(worst, Math.abs(filter[t]![k]! - exact.filter[3 * t + k]!));
        worstSmooth = Math.max(worstSmooth, Math.abs(smoother[t]![k]! - exact.smoother[3 * t + k]!));
      }
      const ends = (p: ArrayLike<number>) => [0.05, 0.95].map((q) => new Mixture(p, chain.values).quantile(q)).join();
      if (ends(filter[t]!) === ends(exact.filter.subarray(3 * t, 3 * t + 3))) sameEnds++;
    }
    expect(worst).toBeLessThan(0.03);
    expect(worstSmooth).toBeLessThan(0.06);
    expect(sameEnds).toBeGreaterThanOrEqual(57);
  });
  it("gives the same bits for the same seed, and others for another", () => {
    expect(run(50, 1)).toEqual(run(50, 1));
    expect(run(50, 1).logEvidence).not.toBe(run(50, 2).logEvidence);
  });
  it("takes any predictor, as it takes its own chain", () => {
    const predictor = markovPredictor(clean, { order: 1 });
    const prior = priorOf(predictor);
    const table = new Float64Array(9);
    for (let i = 0; i < 3; i++) {
      const row = predictor.next(predictor.push(predictor.start(), i)).slice(0, 3);
      table.set(
        row.map((p) => p / (row[0]! + row[1]! + row[2]!)),
        3 * i,
      );
    }
    const same = { values: prior.values, start: chain.start, step: table };
    const last = clean.at(-1)!;
    const logs = [prior, chainPrior(same, last)].map((p) => {
      const filter = particleFilter(p, noise, { seed: 0 });
      for (const y of noisy) filter.step(y);
      return filter.logEvidence;
    });
    expect(logs[0]).toBeCloseTo(logs[1]!, 9);
  });
  it("counts the ancestors that survive", () => {
    const { steps } = run(30, 0);
    expect(steps[10]!.survivors).toBeUndefined();
    expect(steps[40]!.survivors).toBeGreaterThan(0);
    expect(steps[40]!.survivors).toBeLessThan(30);
  });
});

describe("countingPrior", () => {
  it("gives probabilities, goes on counting, and keeps the particles' pasts apart", () => {
    for (const options of [{}, { share: 0.1 }, { chains: false }, { taus: [] }]) {
      const states = countingPrior(clean, options).start(2);
      const P = new Float64Array(6);
      for (let t = 0; t < 20; t++) states.advance(Int32Array.of(0, 2));
      states.predict(P, Int32Array.of(0, 1));
      for (const at of [0, 3]) expect(P[at]! + P[at + 1]! + P[at + 2]!).toBeCloseTo(1, 10);
      expect(P[0]).toBeGreaterThan(P[3]!);
      states.reorder(Int32Array.of(1, 1));
      states.predict(P, Int32Array.of(0, 1));
      expect(Array.from(P.slice(0, 3))).toEqual(Array.from(P.slice(3)));
    }
  });
  it("has particles whose weights learn at several rates, which go with them", () => {
    const of = (share: number | readonly number[], n: number) => countingPrior(clean, { share }).start(n);
    const [both, slow, fast] = [of([0, 0.2], 2), of(0, 1), of(0.2, 1)];
    const [P, a, b] = [new Float64Array(6), new Float64Array(3), new Float64Array(3)];
    const agree = (first: Float64Array, second: Float64Array) => {
      both.predict(P, Int32Array.of(0, 1));
      slow.predict(a, Int32Array.of(0));
      fast.predict(b, Int32Array.of(0));
      expect(Array.from(P)).toEqual([...first, ...second]);
      expect(Array.from(a)).not.toEqual(Array.from(b));
    };
    const advance = (v: number) => {
      both.advance(Int32Array.of(v, v));
      for (const one of [slow, fast]) one.advance(Int32Array.of(v));
    };
    for (const v of [0, 0, 2, 0, 0]) advance(v);
    agree(a, b);
    both.reorder(Int32Array.of(1, 0));
    for (const v of [0, 1, 0]) advance(v);
    agree(b, a);
    expect(() => countingPrior(clean, { share: [] })).toThrow(/^options.share must be/);
    expect(() => countingPrior(clean, { share: [0.1, 2] })).toThrow(/^options.share\[1\] must be/);
  });
  it("beats the chain on a series that drifts", () => {
    const random = generator(5, "drift");
    const drifts = Float32Array.from({ length: 900 }, (_, t) => (random.uniform() < (Math.floor(t / 60) % 2 ? 0.9 : 0.1) ? 1 : 0));
    const [train, test] = [drifts.slice(0, 600), drifts.slice(600)];
    const evidence = (prior: ReturnType<typeof countingPrior>) => {
      const filter = particleFilter(prior, { probability: 0, sd: 0 }, { seed: 0, particles: 1 });
      for (const v of test) filter.step(v);
      return filter.logEvidence;
    };
    expect(evidence(countingPrior(train))).toBeGreaterThan(evidence(chainPrior(fitChain(train))) + 10);
  });
});

const models: [string, StateSpace][] = [
  ["local level", localLevel({ level: 0.5, irregular: 0.3 }, { mean: 0, sd: 1 })],
  ["trend", localLinearTrend({ level: 0.3, slope: 0.1, irregular: 0.2 }, { mean: 0, sd: 1 })],
  ["AR(3)", autoregression({ intercept: 0.2, coefficients: [0.6, 0.2, -0.1], sd: 0.5 }, { mean: 0, sd: 1 })],
];
const real = (() => {
  const random = generator(1, "real");
  return Float64Array.from({ length: 40 }, (_, t) => (t % 9 === 4 ? Number.NaN : Math.sin(t / 5) + 0.4 * random.normal()));
})();

describe("kalman", () => {
  it("is Bayes' rule for one value, and for a gap", () => {
    const model = localLevel({ level: 1, irregular: 0 }, { mean: 0, sd: 2 });
    const { filter, smoother, logEvidence } = kalman(model, Float64Array.of(3, Number.NaN), 1);
    expect(filter.mean[0]).toBeCloseTo((3 * 4) / 5, 12);
    expect(filter.variance[0]).toBeCloseTo(4 / 5, 12);
    expect(filter.variance[1]).toBeCloseTo(4 / 5 + 1, 12);
    expect(smoother.mean[0]).toBeCloseTo(filter.mean[0]!, 12);
    expect(logEvidence).toBeCloseTo(-0.5 * (Math.log(2 * Math.PI * 5) + 9 / 5), 12);
  });
  test.each(models)("smooths as the joint Gaussian says: %s", (_, model) => {
    // The answer of the smoother in the middle, by conditioning on the future in another way: as a filter that reaches it last.
    const { smoother } = kalman(model, real, 0.7);
    const filter = switchingFilter(model, { probability: 1, sd: 0.7 }, { seed: 0, particles: 1, lag: real.length - 1 });
    const [first] = Array.from(real, (y) => filter.step(y)).slice(-1);
    expect(first!.smoother!.mean).toBeCloseTo(smoother.mean[0]!, 10);
    for (const [i, { smoother: mixture }] of filter.finish().entries()) {
      const sd = Math.sqrt(smoother.variance[i + 1]!);
      expect(mixture.mean).toBeCloseTo(smoother.mean[i + 1]!, 10);
      expect(mixture.quantile(0.95)).toBeCloseTo(smoother.mean[i + 1]! + 1.6448536 * sd, 3);
    }
  });
});

describe("switchingFilter", () => {
  test.each(models)("without a switch is the Kalman filter, evidence too: %s", (_, model) => {
    const exact = kalman(model, real, 0.7);
    const filter = switchingFilter(model, { probability: 1, sd: 0.7 }, { seed: 0, particles: 3 });
    const means = Array.from(real, (y) => filter.step(y).filter.mean);
    expect(Math.max(...means.map((m, t) => Math.abs(m - exact.filter.mean[t]!)))).toBeLessThan(1e-10);
    expect(filter.logEvidence).toBeCloseTo(exact.logEvidence, 8);
    expect(collapsedEvidence(model, real, { probability: 1, sd: 0.7 })).toBeCloseTo(exact.logEvidence, 8);
  });
  test.each(models)("where it is told each switch it is the Kalman filter too, between gaps and exact values: %s", (_, model) => {
    const y = real.map((v, t) => (t % 7 === 3 || t % 11 === 4 ? Number.NaN : v));
    const changed = (t: number) => t % 5 === 2;
    const exact = kalman(
      model,
      y,
      Array.from(y, (_, t) => (changed(t) ? 0.7 : 0)),
    );
    const filter = switchingFilter(model, { probability: 0.2, sd: 0.7 }, { seed: 0, particles: 3, lag: y.length });
    const means = Array.from(y, (v, t) => filter.step(v, changed(t) ? 1 : 0).filter.mean);
    expect(Math.max(...means.map((m, t) => Math.abs(m - exact.filter.mean[t]!)))).toBeLessThan(1e-8);
    expect(filter.logEvidence).toBeCloseTo(exact.logEvidence, 6);
    const smoothed = filter.finish().map(({ smoother }) => smoother.mean);
    expect(Math.max(...smoothed.map((m, t) => Math.abs(m - exact.smoother.mean[t]!)))).toBeLessThan(1e-6);
  });
  it("sums over every past of switches", () => {
    const [model, few, switches] = [models[0]![1], real.slice(5, 12), { probability: 0.3, sd: 1.5 }];
    const pasts = Array.from({ length: 2 ** few.length }, (_, i) => few.map((_, t) => (i >> t) & 1));
    const weights = pasts.map(
      (b) =>
        kalman(
          model,
          few,
          b.map((on) => (on ? switches.sd : 0)),
        ).logEvidence + b.reduce((sum, on) => sum + Math.log(on ? 0.3 : 0.7), 0),
    );
    const all = logMeanExp(Array.from(weights)) + Math.log(weights.length);
    const ratios = Array.from({ length: 60 }, (_, seed) => {
      const filter = switchingFilter(model, switches, { seed, particles: 100 });
      for (const y of few) filter.step(y);
      return Math.exp(filter.logEvidence - all);
    });
    expect(Math.abs(average(ratios) - 1)).toBeLessThan(3 * Math.sqrt(variance(ratios) / ratios.length) + 1e-9);
  });
  it("takes what is known of a value", () => {
    const filter = switchingFilter(models[0]![1], { probability: 0.5, sd: 1 }, { seed: 0 });
    expect(filter.step(0.2, 0).filter.quantile(0.05)).toBe(0.2);
    expect(filter.step(0.4, 1).changed).toBeCloseTo(1, 12);
  });
});

describe("repair", () => {
  it("tells means, intervals and draws, and warns of few ancestors", () => {
    const options = { seed: 0, noise, samples: 3 };
    const repaired = repair(noisy, chainPrior(chain), options);
    expect(repaired).toEqual(repair(noisy, chainPrior(chain), options));
    expect(repaired.warnings).toEqual([]);
    repaired.smoother.mean.forEach((m, t) => {
      // A mean of three values that are at least 0 and at most 1, up to rounding; where an interval is a point it holds 90 % of them.
      expect(m).toBeGreaterThanOrEqual(0);
      expect(m).toBeLessThanOrEqual(1 + 1e-9);
      expect(repaired.smoother.low[t]!).toBeLessThanOrEqual(repaired.smoother.high[t]!);
      for (const draw of repaired.samples) expect(chain.values).toContain(draw[t]);
    });
    expect(repair(noisy, chainPrior(chain), { seed: 0, noise, particles: 12, lag: 50 }).warnings[0]).toMatch(
      /^Somewhere the smoother rests on only \d/,
    );
  });
  it("repairs several series together as one by one", () => {
    const others = [noisy, addNoise(drawn(60, 4), noise, 3), addNoise(clean, noise, 9)];
    const seeds = [5, 5, 6];
    // Particles of one last value share a row of probabilities, those of one past do, each has its own.
    const priors = [chainPrior(chain), priorOf(markovPredictor(clean, { order: 1 })), countingPrior(clean, { share: 0.1 })];
    for (const prior of priors) {
      const heard: number[] = [];
      const together = repairTogether(others, prior, { seeds, noise, particles: 40, lag: 7, samples: 2 }, (i) => heard.push(i));
      expect(together).toEqual(others.map((y, i) => repair(y, prior, { seed: seeds[i]!, noise, particles: 40, lag: 7, samples: 2 })));
      expect(heard.filter((i) => i === 2).length).toBe(120);
    }
    const wrong: [unknown, object, RegExp][] = [
      [[], { seeds: [], noise }, /^noisy must be an array, not empty/],
      [[noisy, noisy.slice(1)], { seeds: [0, 1], noise }, /^noisy\[1\] must be as long as noisy\[0\], 60/],
      [[noisy, noisy], { seeds: [0], noise }, /^options.seeds must be as long as noisy, 2/],
      [[noisy], { seeds: [-1], noise }, /^options.seeds\[0\] must be/],
      [[noisy], { seed: 0, noise }, /^options must be an object with no keys but seeds, noise/],
      [[noisy], { seeds: [0], noise, probabilities: noisy }, /^options must be an object with no keys but/],
    ];
    for (const [series, options, error] of wrong)
      expect(() => repairTogether(series as Float32Array[], priors[0]!, options as never)).toThrow(error);
  });
  it("is calibrated in gaps where the prior and the noise are right", () => {
    const long = drawn(3000, 8);
    const gaps: Record<string, (t: number) => boolean> = { scattered: (t) => t % 9 === 5, blocks: (t) => t % 50 < 10 };
    for (const [name, is] of Object.entries(gaps)) {
      const random = generator(3, name);
      const y = addNoise(long, noise, 5).map((v, t) => (is(t) ? Number.NaN : v));
      const inside: number[] = [];
      repair(y, chainPrior(chain), { seed: 1, noise, particles: 100, lag: 10 }, (t, what, distribution) => {
        if (what === "filter" || !is(t)) return;
        const below = distribution.cdf(long[t]!, true);
        const pit = below + random.uniform() * (distribution.cdf(long[t]!) - below);
        inside.push(pit >= 0.05 && pit <= 0.95 ? 1 : 0);
      });
      // Neighbours in a gap depend on one another: sixty blocks of ten count as some two hundred values.
      const effective = name === "blocks" ? inside.length / 3 : inside.length;
      expect(Math.abs(average(inside) - 0.9)).toBeLessThan(3 * Math.sqrt(0.09 / effective));
    }
  });
  it("names what is wrong", () => {
    const bad = (noisyGiven: unknown, options: object) => () => repair(noisyGiven as Float32Array, chainPrior(chain), options as never);
    expect(bad([1], { seed: 0, noise })).toThrow(/^noisy must be a Float32Array or a Float64Array/);
    expect(bad(noisy, { seed: -1, noise })).toThrow(/^options.seed must be/);
    expect(bad(noisy, { seed: 0, noise, lags: 1 })).toThrow(/^options must be an object with no keys but/);
    expect(bad(noisy, { seed: 0, noise: { probability: 2, sd: 1 } })).toThrow(/^options.noise.probability must be/);
  });
});

describe("jointDraws", () => {
  it("have the smoother's values, and pairs that go together", () => {
    const y = f32(0.4, Number.NaN, Number.NaN, 1);
    const draws = jointDraws(chain, y, noise, { seed: 0, draws: 4000 });
    const { smoother } = forwardBackward(chain, y, noise);
    const share = (is: (draw: Float32Array) => boolean) => draws.filter(is).length / draws.length;
    for (let t = 0; t < 4; t++)
      for (let k = 0; k < 3; k++) expect(Math.abs(share((d) => d[t] === chain.values[k]) - smoother[3 * t + k]!)).toBeLessThan(0.03);
    // From .4 to 1 in three steps: it leaves .4 early, late or in between, and hardly ever goes back and forth.
    expect(share((d) => d[1] === d[0] || d[1] === d[2] || d[2] === d[3])).toBeGreaterThan(0.9);
    expect(jointDraws(chain, y, noise, { seed: 0, draws: 2 })).toEqual(draws.slice(0, 2));
  });

  it("of a prior that needs the whole past have the exact probabilities of whole series", () => {
    // A chain of order 2 that goes on counting: no state is Markov in the last value.
    const predictor = markovPredictor(drawn(60, 5), { order: 2, online: true });
    const prior = priorOf(predictor);
    const y = f32(0.4, Number.NaN, Number.NaN, 0.9);
    const K = prior.values.length;
    const exact = new Map<string, number>();
    const into = new Float64Array(K);
    for (let code = 0; code < K ** y.length; code++) {
      const series = Array.from(y, (_, t) => Math.floor(code / K ** t) % K);
      const state = prior.start(1);
      const p = series.reduce((product, k, t) => {
        state.predict(into, Int32Array.of(0));
        const seen = Number.isNaN(y[t]!) ? 1 : Math.exp(logLikelihood(y[t]!, prior.values, noise)[k]!);
        state.advance(Int32Array.of(k));
        return product * into[k]! * seen;
      }, 1);
      exact.set(series.map((k) => prior.values[k]).join(), p);
    }
    const all = [...exact.values()].reduce((a, b) => a + b);
    const draws = jointDraws(prior, y, noise, { seed: 0, draws: 2000, particles: 60 });
    for (const [series, p] of exact) {
      const share = draws.filter((draw) => draw.join() === series).length / draws.length;
      expect(Math.abs(share - p / all), series).toBeLessThan(0.005 + 4 * Math.sqrt(((p / all) * (1 - p / all)) / draws.length));
    }
    expect(jointDraws(prior, y, noise, { seed: 0, draws: 2, particles: 60 })).toEqual(draws.slice(0, 2));
    expect(() => jointDraws(prior, y, noise, { seed: 0, draws: 1, before: 0 })).toThrow("options.before must be left out for a prior");
    expect(() => jointDraws(chain, y, noise, { seed: 0, draws: 1, particles: 9 })).toThrow(
      "options.particles must be left out for a chain",
    );
  });
});

describe("estimateNoise", () => {
  it("finds share, spread and bias", () => {
    const long = drawn(800, 4);
    const told = { probability: 0.4, sd: 0.15, mean: 0.1 };
    const found = estimateNoise(chainPrior(chain), addNoise(long, told, 3), { seed: 0, biased: true, calls: 20, particles: 20 }).noise;
    expect(found.probability / 0.4).toBeCloseTo(1, 0);
    expect(Math.abs(found.sd / 0.15 - 1)).toBeLessThan(0.15);
    expect(Math.abs(found.mean - 0.1)).toBeLessThan(0.03);
  });
  it("finds none where there is none", () => {
    expect(estimateNoise(chainPrior(chain), clean, { seed: 0 }).noise).toEqual({ probability: 0, sd: 0, mean: 0 });
  });
});

describe("the parts", () => {
  it("ancestors come up as often as they weigh", () => {
    expect(Array.from(ancestors(Float64Array.of(0.5, 0, 0.25, 0.25), 0.5))).toEqual([0, 0, 2, 3]);
  });
  it("a mixture has quantiles at points and between them", () => {
    const points = new Mixture([0.5, 0.3, 0.2], [1, 2, 3]);
    expect([0.05, 0.5, 0.51, 0.8, 0.95].map((p) => points.quantile(p))).toEqual([1, 1, 2, 2, 3]);
    expect(points.cdf(2, true)).toBe(0.5);
    expect(new Mixture([1], [2], [9]).quantile(0.975)).toBeCloseTo(2 + 3 * 1.959964, 4);
    expect(mixtureCrps(new Mixture([1], [2]), 5)).toBeCloseTo(3, 10);
    const truth = [0.1, 0.4, 0.9, 0.2, 0.7];
    const noisy = [0.3, 0.1, 0.95, 0.25, 1];
    const at = (s: number) => truth.reduce((sum, v, t) => sum + mixtureCrps(new Mixture([1], [noisy[t]!], [s * s]), v) / 5, 0);
    const [few, best] = [at(0.02), Math.min(...Array.from({ length: 60 }, (_, i) => at(0.01 * (i + 1))))];
    expect(few).toBeGreaterThan(1.05 * best);
    expect(gaussianCrps(noisy, truth)).toBeCloseTo(best, 4);
    expect(gaussianCrps(truth, truth)).toBe(0);
  });
  it("the simplex finds a minimum", () => {
    const { at } = minimise(([x, y]) => (x! - 2) ** 2 + 10 * (y! + x!) ** 2, [0, 0], [1, 1]);
    expect(at[0]).toBeCloseTo(2, 2);
    expect(at[1]).toBeCloseTo(-2, 2);
  });
});
