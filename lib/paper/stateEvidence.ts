/** Evidence for the paper's claims about the state: whether it is used, what of the LSTM it is, how many layers have one. */

import { split } from "../data/protocol";
import type { Series } from "../data/series";
import { mean } from "../metrics/metrics";
import { tableView, type View } from "../notebook/views";
import { changeByPast, type Evidence, whether } from "./claims";
import { over, shown } from "./experiments";
import { addedTo, errorOf, labelOf, NO_NOISE, noiseLevel, scoreOf, spreadOf } from "./familyScores";
import type { Results } from "./familyTables";
import { obtainModel, type Quick } from "./results";

const STRONGEST3 = noiseLevel(3, 10, "sd");

/**
 * `changeByPast` of the test part for all runs of families: does another past change what is imputed?
 * @returns `captures`: tDLGM's error grows by at least the share `bound` when every value gets a random past
 */
export async function pastUse(
  series: Series,
  { families }: Results,
  { names = ["tdlgm", "dlgm", "rnn"], bound = 0.05, quick = undefined as Quick | undefined } = {},
): Promise<Evidence<"captures">> {
  const { test } = split(series.values);
  const rows: (string | number)[][] = [];
  let captures: [string, boolean][] = [];
  for (const name of names) {
    const changes: Awaited<ReturnType<typeof changeByPast>>[] = [];
    for (let seed = 0; seed < families[name].length; seed++) {
      const model = await obtainModel(`${name}-seed-${seed}`, series, quick);
      changes.push(await changeByPast(model, test, 1));
      model.dispose();
    }
    const [moved, own, elsewhere] = (["moved", "mse", "mseElsewhere"] as const).map((what) => mean(changes.map((c) => c[what])));
    rows.push([labelOf(name), changes.length, moved, own, elsewhere, elsewhere / own]);
    const words = `a random past makes its imputation worse by at least ${bound === 0.05 ? "a twentieth" : `${100 * bound} %`}`;
    if (name === "tdlgm") captures = [whether(words, elsewhere, ">", (1 + bound) * own, 5)];
  }
  return {
    views: [
      tableView(
        ["model", "seeds", "|change| by another past", "MSE with its own past", "MSE with a random past", "ratio"],
        rows,
        "Test part without noise, posterior mean; means over values and seeds",
      ),
    ],
    captures,
  };
}

/** Variants of tDLGM side by side: imputing, generating, memory. */
function variantsView({ families }: Results, names: string[], caption: string): View {
  return tableView(
    ["tDLGM with", "clean MSE", "MSE, Table 3's strongest noise", "Algorithm 1 at 30 steps", "free-run autocorrelation, lag 1"],
    names.map((name) => [
      name === "tdlgm" ? "default: cell and output, L = 2" : labelOf(name),
      shown(errorOf(families[name], NO_NOISE)),
      shown(errorOf(families[name], STRONGEST3)),
      shown(scoreOf(families[name], 30), 1),
      shown(
        over(families[name], (run) => run.autocorrelation),
        3,
      ),
    ]),
    `${caption}; mean ± sd over seeds (n), one draw of ξ, σ² as a standard deviation`,
  );
}

/** Whether one variant generates better than another: by more than one spread. */
function generatesBetter({ families }: Results, what: string, better: string, worse: string) {
  const [one, two] = [better, worse].map((name) => scoreOf(families[name], 30));
  return whether(what, one.mean - two.mean, ">", spreadOf(one, two), 2);
}

/**
 * The LSTM's cell, its output, or both as the state.
 * @returns `cell`: with the cell free runs have a memory, and score higher than with the output
 */
export function stateOptions(results: Results): Evidence<"cell"> {
  const cell = over(results.families["tdlgm-state-cell"], (run) => run.autocorrelation);
  const better = "they score higher at 30 steps than with the output, by more than one spread";
  return {
    views: [variantsView(results, ["tdlgm", "tdlgm-state-cell", "tdlgm-state-output"], "What of the LSTM is the state")],
    cell: [
      whether("with the cell as state, free runs have an autocorrelation above .05", cell.mean, ">", 0.05, 3),
      generatesBetter(results, better, "tdlgm-state-cell", "tdlgm-state-output"),
    ],
  };
}

/**
 * One layer of latent variables, two, three.
 * @returns `layers`: three are more robust than one, and generate better
 */
export function depths(results: Results): Evidence<"layers"> {
  const names = ["tdlgm-one-layer", "tdlgm", "tdlgm-three-layers"];
  const [single, , triple] = names.map((name) => addedTo(results.families[name], STRONGEST3));
  const less = "noise adds less with three layers than with one, by more than one spread";
  return {
    views: [variantsView(results, names, "One layer, two, three")],
    layers: [
      whether(less, single.mean - triple.mean, ">", spreadOf(single, triple), 5),
      generatesBetter(results, "three layers generate better than one, by more than one spread", names[2], names[0]),
    ],
  };
}
