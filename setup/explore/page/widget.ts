/**
 * A figure as a module in anywidget's convention, `{ initialize, render }`: its settings are the model's, its controls set them, and each
 * change draws it anew. The page's own host and JupyterLab's anywidget run the same module.
 */
import { html } from "./dom";

/** The model of anywidget, as far as a figure uses it. */
export interface WidgetModel {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
  save_changes(): void;
}

/**
 * A setting and its control, which is there when the other settings say so; who moves it sets what is in `also` too. A hidden one is set in the
 * picture itself.
 */
export type Control = { when?: (settings: Settings) => boolean; also?: Settings } & (
  | { kind: "slider"; label: string; min: number; max: number; step: number; initial: number; show?: (x: number) => string }
  | { kind: "choice"; label: string; options: [value: string, label: string][]; initial: string }
  | { kind: "hidden"; initial: string | number; min?: number; max?: number }
);

/** The settings of a figure, by name. */
export type Settings = Record<string, string | number>;

/** What a figure shows: one sentence that says what is seen, and its numbers for whoever checks them. */
export interface Shown {
  says: string;
  numbers: Record<string, unknown>;
  /** Where controls stand, if not at their settings. */
  at?: Settings;
}

/** A figure. */
export interface Figure {
  name: string;
  /** A word or two for its tab. */
  tab: string;
  title: string;
  about: string;
  controls: Record<string, Control>;
  /** Fills an element, once; what it returns draws. `set` changes settings, and so draws anew. */
  view(element: HTMLElement, set: (changes: Settings) => void): (settings: Settings, width: number) => Shown;
}

/** A module in anywidget's convention. */
export interface WidgetModule {
  initialize(context: { model: WidgetModel }): void;
  render(context: { model: WidgetModel; el: HTMLElement }): () => void;
}

/** A setting out of a text or a number: the initial one where it is none of the control's. */
export function valid(control: Control, value: unknown): string | number {
  if (control.kind === "choice") return control.options.some(([name]) => name === value) ? (value as string) : control.initial;
  if (typeof control.initial === "string") return typeof value === "string" && /^[\w -]{0,40}$/.test(value) ? value : control.initial;
  const x = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof x !== "number" || !Number.isFinite(x)) return control.initial;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = control;
  const within = Math.min(max, Math.max(min, x));
  return control.kind === "slider" ? Number((Math.round((within - min) / control.step) * control.step + min).toFixed(6)) : within;
}

function controlOf(name: string, control: Exclude<Control, { kind: "hidden" }>, id: string, set: (changes: Settings) => void) {
  if (control.kind === "slider") {
    const { label, min, max, step, show = String } = control;
    const input = html("input", {
      type: "range",
      id,
      name,
      min,
      max,
      step,
      input: () => set({ [name]: Number(input.value), ...control.also }),
    });
    const output = html("output", { for: id });
    const element = html("div", { class: "control" }, html("label", { for: id }, label, " ", output), input);
    const refresh = (value: string | number) => {
      input.value = String(value);
      output.textContent = show(Number(value));
      input.setAttribute("aria-valuetext", show(Number(value)));
    };
    return { element, refresh };
  }
  const { label, options } = control;
  if (options.length > 5) {
    const select = html(
      "select",
      { id, name, change: () => set({ [name]: select.value }) },
      ...options.map(([value, text]) => html("option", { value }, text)),
    );
    return {
      element: html("div", { class: "control" }, html("label", { for: id }, label), select),
      refresh: (value: string | number) => (select.value = String(value)),
    };
  }
  const inputs = options.map(([value]) =>
    html("input", { type: "radio", name: id, id: `${id}-${value}`, value, change: () => set({ [name]: value }) }),
  );
  const element = html(
    "fieldset",
    { class: "control" },
    html("legend", {}, label),
    html(
      "div",
      { class: "options" },
      ...inputs.map((input, i) => html("span", {}, input, html("label", { for: input.id }, options[i][1]))),
    ),
  );
  const refresh = (value: string | number) => {
    for (const input of inputs) input.checked = input.value === value;
  };
  return { element, refresh };
}

let made = 0;

/** JupyterLab leaves its keys to what has the focus here: the arrows move a slider, not from cell to cell. */
const ofItsOwn = ({ target }: Event) => (target as Element).setAttribute("data-lm-suppress-shortcuts", "true");

/** A figure's module. */
export function widget(figure: Figure): WidgetModule & { figure: Figure } {
  const { controls, name } = figure;
  const names = Object.keys(controls);
  const initialize = ({ model }: { model: WidgetModel }) => {
    for (const key of names) model.set(key, valid(controls[key], model.get(key)));
  };
  const render = ({ model, el }: { model: WidgetModel; el: HTMLElement }) => {
    const id = `${name}-${++made}`;
    const set = (changes: Settings) => {
      for (const [key, value] of Object.entries(changes)) model.set(key, valid(controls[key], value));
      model.save_changes();
    };
    const shownControls = names.flatMap((key) => {
      const control = controls[key];
      return control.kind === "hidden" ? [] : [{ key, ...controlOf(key, control, `${id}-${key}`, set) }];
    });
    const picture = html("div", { class: "picture" });
    const says = html("p", { class: "says", "aria-live": "polite" });
    const root = html(
      "div",
      { class: "explore", "data-figure": name, focusin: ofItsOwn },
      says,
      html("div", { class: "controls" }, ...shownControls.map(({ element }) => element)),
      picture,
    );
    el.append(root);
    const draw = figure.view(picture, set);
    const update = () => {
      const width = picture.clientWidth;
      if (width === 0) return; // not shown yet
      const start = performance.now();
      const settings = Object.fromEntries(names.map((key) => [key, valid(controls[key], model.get(key))]));
      for (const { key, element, refresh } of shownControls) {
        element.hidden = controls[key].when?.(settings) === false;
        refresh(settings[key]);
      }
      const result = draw(settings, width);
      for (const { key, refresh } of shownControls) if (result.at?.[key] !== undefined) refresh(result.at[key]);
      if (says.textContent !== result.says) says.textContent = result.says;
      root.dataset.settings = JSON.stringify(settings);
      root.dataset.numbers = JSON.stringify(result.numbers);
      root.dataset.milliseconds = (performance.now() - start).toFixed(1);
    };
    const observer = new ResizeObserver(([{ contentRect }]) => {
      if (Math.round(contentRect.width) !== drawnAt) update();
      drawnAt = Math.round(contentRect.width);
    });
    let drawnAt = 0;
    observer.observe(picture);
    let isAwaited = false;
    const changed = () => {
      if (isAwaited) return; // several settings at once draw once
      isAwaited = true;
      queueMicrotask(() => {
        isAwaited = false;
        update();
      });
    };
    for (const key of names) model.on(`change:${key}`, changed);
    update();
    drawnAt = picture.clientWidth;
    return () => {
      observer.disconnect();
      for (const key of names) model.off(`change:${key}`, changed);
    };
  };
  return { initialize, render, figure };
}
