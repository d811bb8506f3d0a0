/** The particle filter of a Markov chain beside PyPI's `particles` on the same chain, noise and outputs: evidence, ESS, filter, fixed-lag smoother. */
import * as fs from "node:fs";
import * as path from "node:path";
import { generator } from "../../lib/base/random";
import { drawChain } from "../../lib/data/chain";
import { addNoise } from "../../lib/data/noise";
import { standInValues } from "../../lib/data/standIn";
import { particleFilter } from "../../lib/inference/particles";
import { chainPrior } from "../../lib/inference/prior";
import { fitChain, forwardBackward, logLikelihood } from "../../lib/metrics/filters";
import { inTurns, type Part, repeated, type Worker } from "./turns";

const [LENGTH, PARTICLES, LAG] = [10_000, 200, 20];
/** Every value is changed: where some are left alone, all particles of a bootstrap filter may miss the only value that fits. */
const NOISE = { probability: 1, sd: 0.1 };

/** What a filter finds: log Ẑ, and the mean of every value. The smoother's are those that it waited for. */
interface Found {
  logEvidence: number;
  filter: number[];
  smoother: number[];
}

/** A series of the chain that was fitted on the stand-in's values, and what is seen of it. */
function example() {
  const chain = fitChain(Float32Array.from(standInValues(), (milli) => milli / 1000));
  const [values, start] = [Array.from(chain.values), Array.from(chain.start)];
  const transitions = values.map((_, i) => Array.from(chain.step.subarray(i * values.length, (i + 1) * values.length)));
  const clean = Float32Array.from(drawChain({ values, start, transitions }, generator(0, "bench/filter"), LENGTH));
  return { chain, noisy: addNoise(clean, NOISE, 0) };
}

/** Our filter along the series. @param lag 0 for the filter alone */
function ours({ chain, noisy }: ReturnType<typeof example>, lag: number): Found {
  const filter = particleFilter(chainPrior(chain), NOISE, { seed: 0, particles: PARTICLES, lag });
  const mean = (p: Float64Array) => p.reduce((sum, one, k) => sum + one * chain.values[k], 0);
  const found: Found = { logEvidence: 0, filter: [], smoother: [] };
  for (const y of noisy) {
    const step = filter.step(y);
    found.filter.push(mean(step.filter));
    if (lag > 0 && step.smoother) found.smoother.push(mean(step.smoother));
  }
  return { ...found, logEvidence: filter.logEvidence };
}

/**
 * How far a filter is from the exact answer, which the particles tell of Monte Carlo error alone.
 * @throws Error if it is so far that it is another model's
 */
function error(name: string, found: Found, { chain, noisy }: ReturnType<typeof example>): string {
  const exact = forwardBackward(chain, noisy, NOISE);
  const K = chain.values.length;
  const off = (means: number[], p: Float64Array) =>
    Math.sqrt(
      means.reduce((sum, m, t) => sum + (m - chain.values.reduce((s, v, k) => s + v * p[t * K + k], 0)) ** 2, 0) /
        Math.max(1, means.length),
    );
  const [evidence, filter, smoother] = [
    (found.logEvidence - exact.logEvidence) / LENGTH,
    off(found.filter, exact.filter),
    off(found.smoother, exact.smoother),
  ];
  if (!(Math.abs(evidence) < 0.03 && filter < 0.03 && smoother < 0.06))
    throw new Error(`${name}: evidence a value, filter and smoother are off by ${evidence}, ${filter}, ${smoother}: not the same model`);
  return `log evidence a value ${evidence.toExponential(1)}, filter ${filter.toFixed(4)}${found.smoother.length ? `, smoother ${smoother.toFixed(4)}` : ""}`;
}

/** @param peer runs filter_peer.py */
export async function filterPart(peer: Worker | null, folder: string): Promise<Part> {
  const made = example();
  const { chain, noisy } = made;
  const rows: Part["rows"] = {};
  const notes: Part["notes"] = {};
  if (peer) {
    const file = path.join(folder, "filter.json");
    const likelihood = Array.from(noisy, (y) => Array.from(logLikelihood(y, chain.values, NOISE), Math.exp));
    const [values, start, step] = [chain.values, chain.start, chain.step].map((x) => Array.from(x));
    fs.writeFileSync(file, JSON.stringify({ values, start, step, likelihood }));
    await peer.ask(`load ${file}`);
    fs.rmSync(file);
  }
  for (const [at, lag] of [
    ["filter", 0],
    [`filter and smoother of lag ${LAG}`, LAG],
  ] as const) {
    notes[`${at}: ours differs from the exact answer by`] = error("ours", ours(made, lag), made);
    if (peer)
      for (const how of ["bootstrap", "adapted"])
        notes[`${at}: particles, ${how}, differs from the exact answer by`] = error(
          how,
          await peer.ask<Found>(`check ${how} ${PARTICLES} ${lag}`),
          made,
        );
    rows[at] = await inTurns(
      {
        ours: () => repeated(1, () => ours(made, lag)),
        ...(peer && {
          "particles, bootstrap": () => peer.ask<number[]>(`time bootstrap ${PARTICLES} ${lag}`),
          "particles, fully adapted": () => peer.ask<number[]>(`time adapted ${PARTICLES} ${lag}`),
        }),
      },
      7,
    );
  }
  return { title: `particle filter, ${LENGTH.toLocaleString("en")} values, ${PARTICLES} particles`, rows, notes };
}
