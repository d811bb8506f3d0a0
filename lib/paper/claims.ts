/** Claims of the paper and the verdicts that follow from what decides them; and what a model makes of its past. */
import { DataFrame } from "danfojs-node";
import {
  checkAnyNumber,
  checkChoice,
  checkList,
  checkObject,
  checkObjects,
  checkSeed,
  checkSeries,
  checkText,
  checkWhole,
} from "../base/check";
import { generator, shuffled } from "../base/random";
import { mean, mse } from "../metrics/metrics";
import type { Interval } from "../metrics/statistics";
import { type Model, weighted } from "../models/model";
import { intervalText } from "../notebook/comparisons";
import { markdown } from "../notebook/display";
import { impute } from "../training/imputation";

/** What comes out of a claim. "partly" is for a claim of several parts. */
export type Verdict = "supported" | "partly" | "not supported" | "not decidable here";
const VERDICTS: readonly Verdict[] = ["supported", "partly", "not supported", "not decidable here"];

/** A number and the interval that it lies in, as `blockBootstrap` and `meanInterval` give them. */
export type Quantity = Pick<Interval, "mean" | "low" | "high">;

/** What decides a claim, or one part of it: the side of a bound on which a quantity must lie. */
export interface Condition {
  /** The quantity in words, with its unit. */
  what: string;
  /** The side that the claim needs. */
  relation: "<" | ">";
  bound: number;
  /** Digits after the point; 2 by default. */
  digits?: number;
}

/** A claim, where the paper makes it, and what is to decide it, set before the numbers are known. */
export interface Rule {
  /** "abstract", or the number of the section. */
  section: string;
  /** In the paper's words, or nearly. */
  claim: string;
  /** One condition; or one for each part of the claim; or why nothing here can decide it. */
  decides: readonly Condition[] | string;
  /** Why this condition and this bound. */
  why: string;
}

/** A claim with the numbers that decide it. */
export interface Claim extends Rule {
  /** One for each condition. */
  quantities: readonly Quantity[];
  /** What else bears on it. It is shown, and has no vote. */
  evidence: readonly string[];
}

/** A quantity that has no luck in it, such as a count. */
export const exact = (value: number): Quantity => {
  checkAnyNumber(value, "value");
  return { mean: value, low: value, high: value };
};

function checkCondition(condition: unknown, name: string): asserts condition is Condition {
  checkObject(condition, name, "a condition, { what, relation, bound }");
  checkText(condition.what, `${name}.what`, "a name");
  checkChoice(condition.relation, `${name}.relation`, ["<", ">"]);
  checkAnyNumber(condition.bound, `${name}.bound`);
  if (condition.digits !== undefined) checkWhole(condition.digits, `${name}.digits`, 0, 100);
}

function checkQuantity(quantity: unknown, name: string): asserts quantity is Quantity {
  checkObject(quantity, name, "a mean with its interval, { mean, low, high }");
  for (const part of ["mean", "low", "high"]) checkAnyNumber(quantity[part], `${name}.${part}`);
}

function checkRule(rule: unknown, name: string): void {
  checkObject(rule, name, "a rule, { section, claim, decides, why }");
  for (const part of ["section", "claim", "why"]) checkText(rule[part], `${name}.${part}`, "a text");
  const { decides } = rule;
  if (typeof decides === "string") return;
  checkObjects(decides, `${name}.decides`);
  for (const [i, condition] of decides.entries()) checkCondition(condition, `${name}.decides[${i}]`);
}

function checkClaim(claim: unknown, name: string): void {
  checkRule(claim, name);
  const { quantities, evidence } = claim as Claim;
  checkObjects(quantities, `${name}.quantities`);
  for (const [i, quantity] of quantities.entries()) checkQuantity(quantity, `${name}.quantities[${i}]`);
  checkList(evidence, `${name}.evidence`);
}

/**
 * "supported" if the whole interval lies on the side of the bound that the claim needs, "not supported" if it lies wholly on the other. An
 * interval that holds the bound, or touches it, or has a NaN, decides nothing.
 *
 * @example decide({ what: "x", relation: "<", bound: 4 }, { mean: 2, low: 1, high: 3 }) // "supported"; with bound 3 "not decidable here"
 */
export function decide(condition: Condition, quantity: Quantity): Verdict {
  checkCondition(condition, "condition");
  checkQuantity(quantity, "quantity");
  const [{ relation, bound }, { low, high }] = [condition, quantity];
  const [below, above] = [low <= high && high < bound, low <= high && low > bound];
  if (!below && !above) return "not decidable here";
  return below === (relation === "<") ? "supported" : "not supported";
}

/** The verdict on each part of a claim. */
const parts = ({ claim, decides, quantities }: Claim): Verdict[] => {
  const conditions = typeof decides === "string" ? [] : decides;
  if (quantities.length !== conditions.length || decides.length === 0)
    throw new Error(
      `"${claim}" needs ${conditions.length || "a condition or a reason, and as many"} quantities; it has ${quantities.length}`,
    );
  return conditions.map((condition, i) => decide(condition, quantities[i]));
};

/**
 * The verdict on a claim. Parts of one verdict share it. Parts that differ are "partly" where one of them is supported; else one is "not
 * supported", and so is the whole.
 * @throws Error when there are not as many quantities as conditions, or neither a condition nor a reason
 */
export function verdictOf(claim: Claim): Verdict {
  checkClaim(claim, "claim");
  const [first = "not decidable here", ...others] = parts(claim);
  if (others.every((other) => other === first)) return first;
  return [first, ...others].includes("supported") ? "partly" : "not supported";
}

/** "WHAT < BOUND" for each condition, or the reason. */
const needed = ({ decides }: Rule): string[] =>
  typeof decides === "string" ? [decides] : decides.map(({ what, relation, bound }) => `${what} ${relation} ${bound}`);

/** What decides, in words: "WHAT: MEAN [LOW, HIGH], needs < BOUND"; of several parts each with its verdict. */
function inWords(claim: Claim): string[] {
  const { decides, quantities } = claim;
  if (typeof decides === "string") return [decides];
  const verdicts = parts(claim);
  return decides.map(({ what, relation, bound, digits = 2 }, i) => {
    const { mean: centre, low, high } = quantities[i];
    const found = low === high ? centre.toFixed(digits) : intervalText(quantities[i], digits);
    return `${what}: ${found}, needs ${relation} ${bound}${decides.length > 1 ? ` (${verdicts[i]})` : ""}`;
  });
}

/** Weighs a claim: shows its verdict, what decides it, why that does, and the evidence. */
export function weigh(rule: Rule, quantities: readonly Quantity[], ...evidence: string[]): Claim {
  checkRule(rule, "rule");
  checkObjects(quantities, "quantities");
  for (const [i, text] of evidence.entries()) checkText(text, `evidence[${i}]`, "a text");
  const claim: Claim = { ...rule, quantities, evidence };
  const verdict = verdictOf(claim);
  const where = rule.section === "abstract" ? "Abstract" : `Section ${rule.section}`;
  const lines = [
    ...inWords(claim).map((text) => `decides: ${text}`),
    `why this: ${rule.why}`,
    ...evidence.map((text) => `evidence: ${text}`),
  ];
  markdown(
    [`**${where}: ${rule.claim}. ${verdict[0].toUpperCase()}${verdict.slice(1)}.**`, "", ...lines.map((text) => `- ${text}`)].join("\n"),
  );
  return claim;
}

/** The paper's order. */
const SECTIONS = ["abstract", "1", "1.1", "1.2", "2", "3", "4", "4, Table 2", "5"];
const inOrder = <R extends Rule>(rules: readonly R[]): R[] => {
  const place = ({ section }: Rule) => SECTIONS.indexOf(section) + (SECTIONS.includes(section) ? 0 : SECTIONS.length + 1);
  return [...rules].sort((a, b) => place(a) - place(b));
};

/** What is to decide each claim, in the paper's order. */
export function rulesTable(rules: readonly Rule[]): DataFrame {
  checkList(rules, "rules", 1);
  for (let i = 0; i < rules.length; i++) checkRule(rules[i], `rules[${i}]`);
  return new DataFrame(
    inOrder(rules).map((rule) => [rule.section, rule.claim, needed(rule).join("; ")]),
    { columns: ["section", "the paper's claim", "what must hold for it"] },
  );
}

/** Two tables: all claims in the paper's order with what decides them, and how many claims got each verdict. */
export function claimsTables(claims: readonly Claim[]): { all: DataFrame; verdicts: DataFrame } {
  checkList(claims, "claims", 1);
  for (let i = 0; i < claims.length; i++) checkClaim(claims[i], `claims[${i}]`);
  const all = inOrder(claims).map((claim) => [claim.section, claim.claim, inWords(claim).join("; "), verdictOf(claim)]);
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
  weighted(model);
  checkSeries(series, "series");
  checkSeed(seed);
  const order = shuffled(Array.from(series.keys()), generator(seed, "shuffle"));
  const elsewhere = Float32Array.from(order, (i) => series[i]);
  const before = await impute(model, series, { seed, xi: "mean", clean: series });
  const after = await impute(model, elsewhere, { seed, xi: "mean", clean: elsewhere });
  const moved = mean(order.map((i, place) => Math.abs(after[place] - before[i])));
  const off = mean(Array.from(before, (v, i) => Math.abs(v - series[i])));
  return { moved, off, mse: mse(series, before), mseElsewhere: mse(elsewhere, after) };
}
