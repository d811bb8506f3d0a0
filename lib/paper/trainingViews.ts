/** A training's history as the figures of 04-training, and what its seeds come to. */
import type { Series } from "../data/series";
import { loadModel } from "../models/checkpoint";
import type { HistoryRow } from "../models/model";
import { learningCurves, PALETTE, style } from "../notebook/figures";
import type { StepTimes } from "../notebook/profile";
import { figureView, tableView, type View } from "../notebook/views";
import { changeByPast } from "./claims";
import { finishedRuns } from "./experiments";

/** The parts of the loss and what is measured beside them, over the steps. @param clip the gradient norm's limit */
export function historyViews(
  history: HistoryRow[],
  clip: number,
): Record<"reconstruction" | "validation" | "kl" | "state" | "gradient", View> {
  const line = (name: string, of: (row: HistoryRow) => number) => ({ name, x: history.map(({ step }) => step), y: history.map(of) });
  const layers = history[0].kl.map((_, i) => line(`KL of layer ${i + 1}`, (row) => row.kl[i]));
  const variance = line("variance of the recognised state over histories", (row) => row.stateVariance);
  return {
    reconstruction: figureView(
      learningCurves([line("reconstruction, nats a value", (row) => row.reconstruction)], { title: "Reconstruction term", y: "nats" }),
      {
        alt: "The reconstruction term over training steps: it falls steeply in the first hundred steps and then hovers around a level below zero.",
        caption: "−log p(v | s, ξ) on each recorded step's batch. The floor of this term is log σ + ½ log 2π = −1.38.",
      },
    ),
    validation: figureView(
      learningCurves([line("validation MSE, posterior mean", (row) => row.validationMse)], {
        log: true,
        title: "Imputation error on held-out windows",
        y: "MSE",
      }),
      {
        alt: "The validation mean squared error over training steps, on a logarithmic axis.",
        caption: "MSE at ξ = μ on the last tenth of the training part.",
      },
    ),
    kl: figureView(learningCurves(layers, { log: true, title: "How much each layer's latent variables tell", y: "nats a value" }), {
      alt: "The KL divergence of layers 1 and 2 over training steps on a logarithmic axis: layer 1 stays near one nat, layer 2 falls by orders of magnitude.",
      caption: "KL(q(ξ_l | v) ‖ N(0, I)) summed over a layer's latent variables.",
    }),
    state: figureView(learningCurves([line("state MSE", (row) => row.stateMse), variance], { log: true, title: "The state", y: "" }), {
      alt: "State MSE and the variance of the recognised state over training steps, both on a logarithmic axis and both small.",
      caption:
        "A state MSE that is no smaller than the variance means that the next state is predicted no better than by the average state.",
    }),
    gradient: figureView(
      learningCurves([line("gradient norm before clipping", (row) => row.gradientNorm), line("clipping threshold", () => clip)], {
        title: "Gradient norm",
        y: "",
      }),
      {
        alt: `The norm of the gradient before clipping over training steps, with the clipping threshold of ${clip} as a line.`,
        caption: "Gradients longer than the threshold are scaled down to it.",
      },
    ),
  };
}

/** tDLGM's finished runs: restarts, clean test MSE, and what another past changes in what they impute beside how far that is off. */
export async function seedsView(series: Series, test: Float32Array): Promise<View> {
  const rows: number[][] = [];
  for (const { record, dir } of finishedRuns(series)) {
    const model = await loadModel(dir);
    const { moved, off } = await changeByPast(model, test, 1);
    model.dispose();
    const { sample, mean } = record.metrics.cleanMse;
    rows.push([record.seed, record.steps, record.restarts.length, sample, mean, moved, off]);
  }
  return tableView(
    ["seed", "steps", "restarts", "MSE, one draw", "MSE, posterior mean", "|change| by another past", "|error|"],
    rows,
    "Clean imputation of the test part; the paper's MSE is .0122",
  );
}

/** Where a training step's time goes, a row and two bars for each size of a batch. */
export function stepTimesViews(times: [number, StepTimes][]): View[] {
  const groups = times[0][1].kernels.map(({ group }) => group);
  const parts = ({ kernels, dispatch, javascript }: StepTimes) => [
    ...kernels.map(({ milliseconds }) => milliseconds),
    dispatch,
    javascript,
  ];
  const names = [...groups, "dispatch", "JavaScript"];
  const bars = times.flatMap(([batch]) => [`batch ${batch}, op by op`, `batch ${batch}, one graph`]);
  const stacked = names.map((name, i) => ({
    type: "bar" as const,
    orientation: "h" as const,
    name,
    y: bars,
    x: times.flatMap(([, each]) => [parts(each)[i], 0]),
    marker: { color: PALETTE[i] },
  }));
  const whole = {
    type: "bar" as const,
    orientation: "h" as const,
    name: "one graph",
    y: bars,
    x: times.flatMap(([, { graph }]) => [0, graph]),
    marker: { color: "#333333" },
  };
  const calls = times[0][1].kernels.reduce((sum, kernel) => sum + kernel.calls, 0);
  return [
    tableView(
      ["batch", "one graph", "op by op", ...names],
      times.map(([batch, each]) => [batch, ...[each.graph, each.opByOp, ...parts(each)].map((ms) => Number(ms.toFixed(3)))]),
      `One step's gradient, ${calls} kernels, in milliseconds; the columns after "op by op" add up to it`,
    ),
    figureView(
      {
        data: [...stacked, whole],
        layout: style({ x: "milliseconds" }, { barmode: "stack", yaxis: { autorange: "reversed" } }),
      },
      {
        alt: "Stacked bars of one training step's time, op by op and as one graph, for each batch size: op by op dispatch and JavaScript are most of it at small batches, and one graph takes less, most so at small batches.",
        caption: "The gradient of one step, medians. Op by op, the kernels' own work is the coloured part before dispatch and JavaScript.",
      },
    ),
  ];
}
