/** Claims of the paper and the verdicts that follow from what decides them; and what a model makes of its past. */
import { DataFrame } from "danfojs-node";
import { generator } from "../base/random";
import { mean, mse } from "../metrics/metrics";
import type { Interval } from "../metrics/statistics";
import type { Model } from "../models/model";
import { markdown } from "../notebook/display";
import { impute } from "../training/imputation";

/** What comes out of a claim. "partly" is for a claim of several parts. */
export type Verdict = "supported" | "partly" | "not supported" | "not decidable here";
const VERDICTS: readonly Verdict[] = ["supported", "partly", "not supported", "not decidable here"];

/** A number and the interval that it lies in, as `blockBootstrap` and `meanInterval` give them. */
export type Quantity = Pick<Interval, "mean" | "low" | "high">;

/** What decides a claim, or one part of it: the side of a bound on which a quantity must lie. */
export interface Decisive {
  /** The quantity in words, with its unit. */
  what: string;
  quantity: Quantity;
  /** The side that the claim needs. */
  relation: "<" | ">";
  /** Named before the quantity is known. */
  bound: number;
  /** Digits after the point; 4 by default. */
  digits?: number;
}

/** A claim, where the paper makes it, and what decides it. */
export interface Claim {
  /** "abstract", or the number of the section. */
  section: string;
  /** In the paper's words, or nearly. */
  claim: string;
  /** One condition; or one for each part of the claim; or why nothing here can decide it. */
  decides: readonly Decisive[] | string;
  /** What else bears on it. It is shown, and has no vote. */
  evidence?: readonly string[];
}

/** A quantity that has no luck in it, such as a count. */
export const exact = (value: number): Quantity => ({ mean: value, low: value, high: value });

/**
 * "supported" if the whole interval lies on the side of the bound that the claim needs, "not supported" if it lies wholly on the other. An
 * interval that holds the bound, or touches it, or has a NaN, decides nothing.
 *
 * @example decide({ what: "", quantity: { mean: 2, low: 1, high: 3 }, relation: "<", bound: 4 }) // "supported"; bound 3: "not decidable here"
 */
export function decide({ quantity: { low, high }, relation, bound }: Decisive): Verdict {
  if (!(low <= high)) return "not decidable here";
  const [below, above] = [high < bound, low > bound];
  if (!below && !above) return "not decidable here";
  return below === (relation === "<") ? "supported" : "not supported";
}

/**
 * The verdict on a claim. Parts of one verdict share it. Parts that differ are "partly" where one of them is supported; else one is "not
 * supported", and so is the whole.
 * @throws Error when nothing decides it and no reason is given
 */
export function verdictOf({ claim, decides }: Claim): Verdict {
  if (decides.length === 0) throw new Error(`nothing decides the claim "${claim}", and no reason is given`);
  if (typeof decides === "string") return "not decidable here";
  const [first, ...others] = decides.map(decide);
  if (others.every((other) => other === first)) return first;
  return [first, ...others].includes("supported") ? "partly" : "not supported";
}

/** `digits` digits after the point, and no sign on a number that rounds to 0. */
const digitsOf = (x: number, digits: number): string => x.toFixed(digits).replace(/^-(0(?:\.0*)?)$/, "$1");

/** A sentence with the two numbers that it compares, and whether it holds: evidence. */
export const whether = (what: string, a: number, relation: "<" | ">", b: number, digits = 4): string =>
  `${what}: ${(relation === "<" ? a < b : a > b) ? "yes" : "no"}, ${digitsOf(a, digits)} against ${digitsOf(b, digits)}`;

/** What decides, in words: "WHAT: MEAN [LOW, HIGH], needs < BOUND"; of several parts each with its verdict. */
function inWords(decides: Claim["decides"]): string[] {
  if (typeof decides === "string") return [decides];
  return decides.map((part) => {
    const { what, quantity, relation, bound, digits = 4 } = part;
    const [centre, low, high, limit] = [quantity.mean, quantity.low, quantity.high, bound].map((x) => digitsOf(x, digits));
    const found = low === high ? centre : `${centre} [${low}, ${high}]`;
    return `${what}: ${found}, needs ${relation} ${limit}${decides.length > 1 ? ` (${decide(part)})` : ""}`;
  });
}

/** Shows a claim with its verdict, what decides it, and the evidence, and returns it. */
export function weigh(claim: Claim): Claim {
  const verdict = verdictOf(claim);
  const where = claim.section === "abstract" ? "Abstract" : `Section ${claim.section}`;
  const lines = [
    ...inWords(claim.decides).map((text) => `- decides: ${text}`),
    ...(claim.evidence ?? []).map((text) => `- evidence: ${text}`),
  ];
  markdown([`**${where}: ${claim.claim}. ${verdict[0].toUpperCase()}${verdict.slice(1)}.**`, "", ...lines].join("\n"));
  return claim;
}

/** The paper's order. */
const SECTIONS = ["abstract", "1", "1.2", "2", "3", "4", "4, Table 2", "5"];

/** Two tables: all claims in the paper's order with what decides them, and how many claims got each verdict. */
export function claimsTables(claims: readonly Claim[]): { all: DataFrame; verdicts: DataFrame } {
  const place = ({ section }: Claim) => SECTIONS.indexOf(section) + (SECTIONS.includes(section) ? 0 : SECTIONS.length + 1);
  const sorted = [...claims].sort((a, b) => place(a) - place(b));
  const all = sorted.map((claim) => [claim.section, claim.claim, inWords(claim.decides).join("; "), verdictOf(claim)]);
  const counts = VERDICTS.map((verdict) => [verdict, claims.filter((claim) => verdictOf(claim) === verdict).length]);
  return {
    all: new DataFrame(all, { columns: ["section", "the paper's claim", "what decides: mean [interval]", "verdict"] }),
    verdicts: new DataFrame(counts, { columns: ["verdict", "claims"] }),
  };
}

/**
 * What the past is worth to a model: a series imputed in its order and shuffled, so that each value keeps itself and gets a random past.
 * All numbers are at the posterior mean.
 * @param series clean values in [0, 1]
 * @returns moved: mean |change| of an imputed value; off: mean |error| in the series' own order; mse: in that order; mseElsewhere: with a
 * random past
 */
export async function changeByPast(
  model: Model,
  series: Float32Array,
  seed: number,
): Promise<{ moved: number; off: number; mse: number; mseElsewhere: number }> {
  const order = Array.from(series.keys());
  const random = generator(seed, "shuffle");
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const shuffled = Float32Array.from(order, (i) => series[i]);
  const before = await impute(model, series, { seed, xi: "mean", clean: series });
  const after = await impute(model, shuffled, { seed, xi: "mean", clean: shuffled });
  const moved = mean(order.map((i, place) => Math.abs(after[place] - before[i])));
  const off = mean(Array.from(before, (v, i) => Math.abs(v - series[i])));
  return { moved, off, mse: mse(series, before), mseElsewhere: mse(shuffled, after) };
}
