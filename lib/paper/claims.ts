/** Claims of the paper, with conditions that numbers decide and a verdict; and what a model makes of its past. */
import { DataFrame } from "danfojs-node";
import { generator } from "../base/random";
import { mean, mse } from "../metrics/metrics";
import type { Model } from "../models/model";
import { markdown } from "../notebook/display";
import { impute } from "../training/imputation";

/** What comes out of a claim. */
export type Verdict = "reproduced" | "partly" | "not reproduced";

/** A sentence with its numbers, and whether it holds. */
export type Condition = [what: string, holds: boolean];

/** A claim, where the paper makes it, and what must hold for it to stand. */
export interface Claim {
  /** "abstract", or the number of the section. */
  section: string;
  /** In the paper's words, or nearly. */
  claim: string;
  conditions: Condition[];
  /** Chosen by hand from the full runs; `verdictOf` says what follows from the runs at hand. */
  verdict: Verdict;
}

/**
 * "reproduced" if all conditions hold, "not reproduced" if none does, else "partly".
 * @throws Error when there is no condition
 */
export function verdictOf(conditions: Condition[]): Verdict {
  if (conditions.length === 0) throw new Error("conditions must hold at least one");
  const held = conditions.filter(([, holds]) => holds).length;
  return held === conditions.length ? "reproduced" : held === 0 ? "not reproduced" : "partly";
}

/** A condition that compares two numbers and shows them. Where b is a bound or has a factor, it is shown as compared. */
export const whether = (what: string, a: number, relation: "<" | ">", b: number, digits = 4): Condition => [
  `${what}: ${digitsOf(a, digits)} against ${digitsOf(b, digits)}`,
  relation === "<" ? a < b : a > b,
];

/** `digits` digits after the point, and no sign on a number that rounds to 0. */
const digitsOf = (x: number, digits: number): string => x.toFixed(digits).replace(/^-(0(?:\.0*)?)$/, "$1");

/** Shows a claim with its verdict and conditions, and returns it. Where the runs at hand contradict the verdict, it says so. */
export function weigh(claim: Claim): Claim {
  const found = verdictOf(claim.conditions);
  const against = found === claim.verdict ? "" : ` (the conditions, with the runs at hand: ${found})`;
  const lines = claim.conditions.map(([what, holds]) => `- ${holds ? "✓ holds" : "✗ fails"}: ${what}`);
  const where = claim.section === "abstract" ? "Abstract" : `Section ${claim.section}`;
  markdown(
    [`**${where}: ${claim.claim}. ${claim.verdict[0].toUpperCase()}${claim.verdict.slice(1)}${against}.**`, "", ...lines].join("\n"),
  );
  return claim;
}

/** The paper's order. */
const SECTIONS = ["abstract", "1", "1.2", "2", "3", "4", "4, Table 2", "5"];

/** Two tables: all claims in the paper's order with their conditions, and how many claims got each verdict. */
export function claimsTables(claims: Claim[]): { all: DataFrame; verdicts: DataFrame } {
  const place = ({ section }: Claim) => SECTIONS.indexOf(section) + (SECTIONS.includes(section) ? 0 : SECTIONS.length + 1);
  const sorted = [...claims].sort((a, b) => place(a) - place(b));
  return {
    all: new DataFrame(
      sorted.map(({ section, claim, verdict, conditions }) => ({
        section,
        "the paper's claim": claim,
        verdict,
        "conditions that hold": `${conditions.filter(([, holds]) => holds).length} of ${conditions.length}`,
        "the numbers": conditions.map(([what, holds]) => `${holds ? "✓" : "✗"} ${what}`).join("; "),
      })),
    ),
    verdicts: new DataFrame(
      (["reproduced", "partly", "not reproduced"] as const).map((verdict) => ({
        verdict,
        claims: claims.filter((claim) => claim.verdict === verdict).length,
      })),
    ),
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
