/** Controls of a live output: ipywidgets' own, described by the state of their models, each with the type of its value. */
import {
  checkChoice,
  checkFlag,
  checkList,
  checkNumber,
  checkObject,
  checkOptions,
  checkPositive,
  checkWhole,
  refuse,
} from "../base/check";
import { type Bundle, type Kernel, reference, type WidgetModel } from "./kernel";

/** A control whose value is a T. */
export interface Control<T> {
  /** The value before anyone moves it. */
  readonly value: T;
  /** Opens its models. `changed` hears of every move. */
  open(kernel: Kernel, label: Label, changed: () => void): { view: WidgetModel; read(): T };
}
/** A control's name, and how wide the names beside it are, in CSS. */
export type Label = { name: string; width: string };
/** Controls by the names of what they give. */
export type Controls = Record<string, Control<unknown>>;
/** The values of controls. */
export type Values<C extends Controls> = { [Name in keyof C]: C[Name] extends Control<infer T> ? T : never };

const CONTROLS = "@jupyter-widgets/controls";
const BASE = "@jupyter-widgets/base";

/** The state of one of ipywidgets' models. */
export const controlState = (name: string, state: Bundle, view: string | null = `${name}View`): Bundle => ({
  _model_module: CONTROLS,
  _model_module_version: "2.0.0",
  _model_name: `${name}Model`,
  _view_module: CONTROLS,
  _view_module_version: "2.0.0",
  _view_name: view,
  ...state,
});

/** A layout: CSS properties by their names in ipywidgets. */
export const layout = (kernel: Kernel, properties: Bundle): string => {
  const state = { _model_module: BASE, _model_module_version: "2.0.0", _model_name: "LayoutModel", _view_module: BASE };
  return reference(kernel.widget({ ...state, _view_module_version: "2.0.0", _view_name: "LayoutView", ...properties }, {}));
};

/** Widgets beside each other or below each other. */
export const box = (kernel: Kernel, kind: "HBox" | "VBox", children: WidgetModel[]): WidgetModel =>
  kernel.widget(controlState(kind, { children: children.map(reference), layout: layout(kernel, {}) }), {});

/** A style, by default without anything of its own. */
const style = (kernel: Kernel, name: string, properties: Bundle = {}): string =>
  reference(kernel.widget(controlState(name, { _view_module: BASE, _view_name: "StyleView", ...properties }), {}));

/** A control of one model. @param of its value, from its state */
const simple = <T>(widget: string, value: T, state: Bundle, of: (state: Bundle) => T, styleName = "DescriptionStyle"): Control<T> => ({
  value,
  open(kernel, { name, width }, changed) {
    const own = {
      description: name,
      style: style(kernel, styleName, { description_width: width }),
      layout: layout(kernel, { width: "36em" }),
      ...state,
    };
    const view = kernel.widget(controlState(widget, own), {
      change: (names) => ("value" in state ? names.includes("value") && changed() : changed()),
    });
    return { view, read: () => of(view.state) };
  },
});

/** How a slider moves: from which value, in which steps, on a scale of powers of ten. */
export type SliderOptions = { value?: number; step?: number; scale?: "linear" | "log" };

/**
 * A slider of a number from `min` to `max`. It starts in the middle and has 100 steps; between whole numbers 10 or more apart its steps are
 * whole. With `scale: "log"` the steps are of powers of ten, 20 each by default.
 */
export function slider(min: number, max: number, options: SliderOptions = {}): Control<number> {
  checkNumber(min, "min");
  checkNumber(max, "max");
  if (!(max > min)) refuse("max", `a number above min, ${min}`, max);
  checkOptions(options, "options", ["value", "step", "scale"]);
  const { scale = "linear" } = options;
  checkChoice(scale, "options.scale", ["linear", "log"]);
  if (scale === "log") checkPositive(min, "min");
  const whole = Number.isInteger(min) && Number.isInteger(max) && max - min >= 10;
  const { step = scale === "log" ? 0.05 : whole ? 1 : (max - min) / 100 } = options;
  checkPositive(step, "options.step");
  const middle = scale === "log" ? Math.sqrt(min * max) : min + Math.round((max - min) / 2 / step) * step;
  const { value = exact(middle) } = options;
  checkNumber(value, "options.value", min, max);
  const common = { value, step, continuous_update: true, readout: true, orientation: "horizontal", behavior: "drag-tap" };
  const read = (state: Bundle) => exact(state.value as number);
  if (scale === "log") {
    const state = { ...common, base: 10, min: Math.log10(min), max: Math.log10(max), readout_format: ".2g" };
    return simple("FloatLogSlider", value, state, read, "SliderStyle");
  }
  const integers = [min, value, step].every(Number.isInteger);
  const decimals = Math.min(6, Math.max(0, ...[min, value, step].map(decimalsOf)));
  const state = { ...common, min, max, readout_format: integers ? "d" : `.${decimals}f` };
  return simple(integers ? "IntSlider" : "FloatSlider", value, state, read, "SliderStyle");
}

/** A number without the last digits of float64: 0.1 + 0.2 is 0.3. */
const exact = (x: number): number => Number(x.toPrecision(12));
const decimalsOf = (x: number): number => (String(exact(x)).split(".")[1] ?? "").length;

/** How a film plays: in which steps, how fast, whether again and again. */
export type PlayOptions = { value?: number; step?: number; milliseconds?: number; repeat?: boolean };

/** A film's controls, play, pause, stop and a slider: a whole number that runs from `min` to `max`. */
export function play(min: number, max: number, options: PlayOptions = {}): Control<number> {
  checkWhole(min, "min", Number.MIN_SAFE_INTEGER);
  checkWhole(max, "max", min + 1);
  checkOptions(options, "options", ["value", "step", "milliseconds", "repeat"]);
  const { value = min, step = 1, milliseconds = 200, repeat = false } = options;
  checkWhole(value, "options.value", min, max);
  checkWhole(step, "options.step", 1);
  checkWhole(milliseconds, "options.milliseconds", 20);
  checkFlag(repeat, "options.repeat");
  return {
    value,
    open(kernel, label, changed) {
      const range = { value, min, max, step };
      const film = kernel.widget(
        controlState("Play", { ...range, interval: milliseconds, repeat, playing: false, show_repeat: true, layout: layout(kernel, {}) }),
        {},
      );
      const { view: line, read } = slider(min, max, { value, step }).open(kernel, label, changed);
      // The two are one value in the reader's program, without a message here for it.
      const ends = { source: [reference(film), "value"], target: [reference(line), "value"] };
      kernel.widget(controlState("Link", ends, null), {});
      return { view: box(kernel, "HBox", [film, line]), read };
    },
  };
}

/** A line of text. */
export function text(value = "", options: { placeholder?: string } = {}): Control<string> {
  if (typeof value !== "string") refuse("value", "a text", value);
  checkOptions(options, "options", ["placeholder"]);
  const { placeholder = "" } = options;
  if (typeof placeholder !== "string") refuse("options.placeholder", "a text", placeholder);
  return simple("Text", value, { value, placeholder, continuous_update: true }, (state) => state.value as string, "TextStyle");
}

/**
 * A menu of values, shown as text, or of values by their labels.
 * @param options `["sd", "variance"]`, or `{ "σ is a standard deviation": "sd" }`
 */
export function menu<const T>(options: readonly T[] | { readonly [label: string]: T }, value?: NoInfer<T>): Control<T> {
  const isList = Array.isArray(options);
  if (!isList) checkObject(options, "options", "an array of values, or an object of values by their labels");
  const values: T[] = isList ? [...(options as readonly T[])] : Object.values(options as Record<string, T>);
  checkList(values, "options", 1);
  const at = value === undefined ? 0 : values.indexOf(value as T);
  if (at < 0) refuse("value", "one of the options", value);
  const _options_labels = isList ? values.map(String) : Object.keys(options);
  const of = (state: Bundle) => values[state.index as number];
  return simple("Dropdown", values[at], { _options_labels, index: at }, of);
}
/** Keeps a type out of what TypeScript infers from. */
type NoInfer<T> = [T][T extends unknown ? 0 : never];

/** A box to tick. */
export function checkbox(value = false): Control<boolean> {
  checkFlag(value, "value");
  return simple("Checkbox", value, { value, indent: false }, (state) => state.value as boolean, "CheckboxStyle");
}

/** A button with a label. Its value is the number of clicks so far: a seed of a further draw, for example. */
export function button(label: string): Control<number> {
  if (typeof label !== "string" || label === "") refuse("label", "a text, not empty", label);
  return {
    value: 0,
    open(kernel, { name }, changed) {
      let clicks = 0;
      const state = {
        description: label,
        tooltip: name,
        style: style(kernel, "ButtonStyle"),
        layout: layout(kernel, { width: "max-content" }),
      };
      const view = kernel.widget(controlState("Button", state), {
        message: () => {
          clicks++;
          changed();
        },
      });
      return { view, read: () => clicks };
    },
  };
}
