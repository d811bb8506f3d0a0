/** The ablation behind notebook 10: what may make the paper's model forget, each cause changed alone and together with others. */
import type { TdlgmConfig } from "../models/tdlgm";
import type { Family } from "./plan";

/** What a cell may change: the prior of ξ; what F hears; what q sees; π. */
export type Change = "prior" | "value" | "q" | "categorical";

/** A cell: a family, and what it changes in the paper's model. */
export interface AblationCell extends Family {
  changes: readonly Change[];
}

const PAPER = { H: 16, K: 4, likelihood: { kind: "gaussian" as const, sd: 0.1 }, steps: 1500, validateEvery: 500, restartAfter: 0 };

/**
 * What b and d change besides what they are named for: with b F gets a cell of its own, here without v; with d ξ collapses, here it does not.
 */
export function controls(categorical: Pick<TdlgmConfig, "likelihood">): Family[] {
  const control = (name: string, label: string, changes: Partial<TdlgmConfig>): Family => ({
    name: `tdlgm-why-${name}`,
    label,
    config: { kind: "tdlgm", ...PAPER, ...changes },
    seeds: 3,
  });
  return [
    control("prior-apart", "a, F a cell of its own", { prior: "state", transition: "apart" }),
    control("categorical-apart", "d, F a cell of its own", { ...categorical, transition: "apart" }),
    control("value-categorical-beta-0.3", "b, d, β = .3", { ...categorical, transition: "value", beta: 0.3 }),
  ];
}

/** The paper's model, with fewer units; and all 16 combinations of the four changes. All are trained alike. */
export function ablation(categorical: Pick<TdlgmConfig, "likelihood">): AblationCell[] {
  const settings: Record<Change, Partial<TdlgmConfig>> = {
    prior: { prior: "state" },
    value: { transition: "value" },
    q: { recognition: "both" },
    categorical,
  };
  const cell = (name: string, label: string, ...changes: Change[]): AblationCell => ({
    name: `tdlgm-why-${name}`,
    label,
    changes,
    config: { kind: "tdlgm", ...PAPER, ...Object.assign({}, ...changes.map((change) => settings[change])) },
    seeds: 3,
  });
  return [
    cell("paper", "the paper's"),
    cell("prior", "a: p(ξ | s)", "prior"),
    cell("value", "b: F fed v", "value"),
    cell("q", "c: q sees s", "q"),
    cell("categorical", "d: categorical", "categorical"),
    cell("prior-value", "a, b", "prior", "value"),
    cell("prior-value-q", "a, b, c", "prior", "value", "q"),
    cell("all", "a, b, c, d", "prior", "value", "q", "categorical"),
    cell("all-but-prior", "b, c, d", "value", "q", "categorical"),
    cell("all-but-value", "a, c, d", "prior", "q", "categorical"),
    cell("all-but-q", "a, b, d", "prior", "value", "categorical"),
    cell("prior-q", "a, c", "prior", "q"),
    cell("prior-categorical", "a, d", "prior", "categorical"),
    cell("value-q", "b, c", "value", "q"),
    cell("value-categorical", "b, d", "value", "categorical"),
    cell("q-categorical", "c, d", "q", "categorical"),
  ];
}
