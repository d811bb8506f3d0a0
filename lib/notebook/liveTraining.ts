/** A training that one watches and steers: curves that grow in place, a stretch that is fitted, sliders, and a button that stops it. */
import * as tf from "@tensorflow/tfjs-core";
import type { Data } from "plotly.js-dist";
import { checkObject, checkOptions, refuse } from "../base/check";
import { AbortError, kernelSignal } from "../base/interrupt";
import { asSeries, type SeriesLike } from "../data/series";
import { padded, windows } from "../data/windows";
import { checkOneColumn, type HistoryRow, type Model, type WeightedModel, weighted } from "../models/model";
import { kindOf } from "../models/registry";
import { type Steering, settingsOf } from "../training/steer";
import { type Progress, type TrainOptions, type TrainResult, train } from "../training/train";
import { AnswerView, fallbackOf } from "./answer";
import { box, button, type Control, slider } from "./controls";
import { figure } from "./display";
import { COLOURS, type Figure, logarithmic, PALETTE, style } from "./figures";
import { panel } from "./interact";
import { type Kernel, kernel, viewOf, WIDGET_VIEW } from "./kernel";

/** The options of a live training: those of `train`, and the controls of what one may steer (of all that the model has, by default). */
export type LiveOptions = Omit<TrainOptions, "steer"> & { controls?: { [name in keyof Steering]: Control<number> } };

/** The figure is drawn again at most so often. */
const EVERY_MS = 350;
/** Values of the held-out part that are fitted before the reader's eyes. */
const FITTED = 60;

/**
 * `train`, watched: the curve of the validation error grows in place; beside it stands a stretch of the held-out part and what the model makes of it at the
 * posterior mean. Sliders change the learning rate, β and α of the next step; Stop ends it. Run the cell again, and the training goes on.
 * The history has a row every `validateEvery` steps of the settings: 20 or so make a curve. Without a kernel it trains and shows the result.
 * @returns what it reached, also where it was stopped
 * @throws what `train` throws
 */
export async function trainLive(model: Model, series: SeriesLike, options: LiveOptions): Promise<TrainResult> {
  const own = weighted(model);
  checkOneColumn(own, "trainLive");
  const { values } = asSeries(series, "series");
  checkObject(options, "options");
  const { controls = steeringOf(own), ...rest } = options;
  const settings = settingsOf(own.config);
  checkOptions(controls, "options.controls", Object.keys(settings));
  for (const [name, control] of Object.entries(controls))
    if (typeof control?.open !== "function") refuse(`options.controls.${name}`, "a control, such as slider(0, 1)", control);
  const fit = fitting(own, values);
  const show = (rows: HistoryRow[]) => figure(liveFigure(rows, settings, fit()), { alt: altOf(rows, settings), seriesDrawn: true });
  const target = kernel();
  if (target) return live(target, own, series, { ...rest, controls }, show);
  const result = await train(model, series, rest);
  await show(result.history);
  return result;
}

async function live(
  target: Kernel,
  model: WeightedModel,
  series: SeriesLike,
  options: LiveOptions & { controls: Record<string, Control<number>> },
  show: (rows: HistoryRow[]) => Promise<void>,
): Promise<TrainResult> {
  const { controls, onProgress, signal = kernelSignal(), ...rest } = options;
  const stop = new AbortController();
  const view = new AnswerView(target, [line("starting")]);
  const knobs = panel(target, { ...controls, stop: button("Stop") }, (name) => name === "stop" && stop.abort());
  const id = `training-${view.model.id}`;
  const all = viewOf(box(target, "VBox", [...knobs.views, view.model]));
  const shown = (data: object, metadata: Record<string, unknown>, update: boolean) =>
    target.display({ data: { [WIDGET_VIEW]: all, ...data }, metadata, transient: { display_id: id } }, update);
  shown({ "text/plain": "a training, under way" }, {}, false);
  let drawing: Promise<void> | null = null;
  let drawnAt = 0;
  const draw = async (words: string, stills: boolean) => {
    const { outputs, thrown } = await target.gather(() => show(model.training?.history ?? []), { stills });
    view.show([line(words), ...(thrown ? [thrown.output] : outputs)]);
    return outputs;
  };
  const progress = (p: Progress) => {
    onProgress?.(p);
    if (drawing || performance.now() - drawnAt < EVERY_MS) return;
    drawnAt = performance.now();
    drawing = draw(wordsOf(p), false).then(() => {
      drawing = null;
    });
  };
  const steer = () => {
    const { stop: _, ...values } = knobs.values();
    return values;
  };
  let words = "stopped by an error";
  try {
    const signals = AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]);
    const result = await train(model, series, { ...rest, steer, signal: signals, onProgress: progress });
    words = `step ${result.steps}: the end`;
    return result;
  } catch (error) {
    if (!(error instanceof AbortError)) throw error;
    words = `stopped at step ${model.step}: run the cell again to go on`;
    if (!stop.signal.aborted) throw error; // an interrupt
    return error.result as TrainResult;
  } finally {
    await drawing;
    for (const knob of knobs.views) knob.set({ disabled: true });
    const { data, metadata } = fallbackOf(await draw(words, true), steer());
    shown(data, metadata, true);
  }
}

/** Controls of all that the model lets one steer, at its settings. */
function steeringOf({ config }: WeightedModel): Record<string, Control<number>> {
  const { learningRate, ...factors } = settingsOf(config);
  return {
    learningRate: slider(learningRate / 100, learningRate * 10, { value: learningRate, scale: "log" }),
    ...Object.fromEntries(
      Object.entries(factors).map(([name, value]) => [
        name,
        slider(0, Math.max(2, 2 * value), { value, step: Math.max(2, 2 * value) / 100 }),
      ]),
    ),
  };
}

const line = (text: string) => ({ output_type: "display_data", data: { "text/html": `<p>${text}</p>` } });
const wordsOf = ({ step, steps, millisecondsPerStep, secondsLeft }: Progress) =>
  `step ${step} of ${steps}, ${millisecondsPerStep.toFixed(1)} ms a step, ${secondsLeft.toFixed(0)} s left`;

type Fit = { start: number; truth: Float32Array; fitted: Float32Array };

/** The end of the series, which training holds out, and what the model makes of it now. */
function fitting(model: WeightedModel, values: Float32Array): () => Fit {
  const { config } = model;
  const kind = kindOf(config);
  const { past } = kind.reach(config);
  const start = Math.max(0, values.length - FITTED);
  const truth = values.slice(start);
  const before = padded(values, past).subarray(start);
  return () => ({
    start,
    truth,
    fitted: tf.tidy(() => {
      const seen = windows(tf.tensor2d(before, [before.length, 1]), tf.range(0, truth.length, 1, "int32") as tf.Tensor1D, past + 1);
      return kind.impute(config, model.weights, { seen, clean: seen }, [null])[0].dataSync() as Float32Array;
    }),
  });
}

const NAMES: Record<string, string> = { learningRate: "learning rate", beta: "β", alpha: "α" };
/** What was changed, and at which row: a row without it was by the settings. */
const changes = (rows: HistoryRow[], settings: Record<string, number>): { step: number; text: string }[] =>
  rows.flatMap((row, i) => {
    const held = (name: string, at?: HistoryRow) => at?.[name] ?? settings[name];
    const names = Object.keys(NAMES).filter((name) => held(name, row) !== held(name, rows[i - 1]));
    return names.length === 0 ? [] : [{ step: row.step, text: names.map((name) => `${NAMES[name]} ${row[name]}`).join(", ") }];
  });

/** The validation error over the steps on the left, the fitted stretch on the right. */
function liveFigure(rows: HistoryRow[], settings: Record<string, number>, { start, truth, fitted }: Fit): Figure {
  const steps = rows.map(({ step }) => step);
  const curve = (name: string, of: (row: HistoryRow) => number, color: string): Data => ({
    type: "scatter",
    mode: "lines+markers",
    name,
    x: steps,
    y: rows.map(of),
    line: { color, width: 1.5 },
    marker: { size: 4 },
  });
  const stretch = (name: string, y: Float32Array, color: string): Data => ({
    type: "scatter",
    mode: "lines",
    name,
    x: Array.from(y, (_, i) => start + i),
    y,
    line: { color, width: 1.5 },
    xaxis: "x2",
    yaxis: "y2",
  });
  const errors = rows.flatMap(({ validationMse, validationMseAtMean = validationMse }) => [validationMse, validationMseAtMean]);
  const isLatent = rows.some(({ validationMseAtMean }) => validationMseAtMean !== undefined);
  const layout = style({ x: "step", y: "validation MSE" });
  const marks = changes(rows, settings);
  return {
    data: [
      curve("one draw of ξ", (row) => row.validationMse, PALETTE[3]),
      ...(isLatent ? [curve("ξ = μ", (row) => row.validationMseAtMean, PALETTE[2])] : []),
      stretch("held-out values", truth, COLOURS.truth),
      stretch("model, at ξ = μ", fitted, COLOURS.generated),
    ],
    layout: {
      ...layout,
      xaxis: { ...layout.xaxis, domain: [0, 0.47] },
      yaxis: { ...layout.yaxis, ...logarithmic(rows.length > 0, "y", [errors]) },
      xaxis2: { ...layout.xaxis, domain: [0.55, 1], anchor: "y2", title: { text: "index in the series" } },
      yaxis2: { ...layout.yaxis, anchor: "x2", title: { text: "value" } },
      shapes: marks.map(
        ({ step }) =>
          ({
            type: "line",
            xref: "x",
            yref: "y domain",
            x0: step,
            x1: step,
            y0: 0,
            y1: 1,
            line: { color: "#9a9a9a", dash: "dot" },
          }) as const,
      ),
      annotations: marks.map(
        ({ step, text }) =>
          ({
            xref: "x",
            yref: "y domain",
            x: step,
            y: 1,
            text,
            textangle: -90,
            xanchor: "right",
            yanchor: "top",
            showarrow: false,
          }) as never,
      ),
    },
  };
}

function altOf(rows: HistoryRow[], settings: Record<string, number>): string {
  const last = rows[rows.length - 1];
  if (!last) return "A training without a row yet, and a stretch of the held-out values with what the untrained model makes of them";
  const steered = changes(rows, settings).map(({ step, text }) => `${text} from step ${step}`);
  return `The validation error over ${last.step} steps, ${rows[0].validationMse.toPrecision(3)} at first and ${last.validationMse.toPrecision(3)} at the end, beside a stretch of the held-out values and what the model makes of them${steered.length > 0 ? `; steered: ${steered.join("; ")}` : ""}`;
}
