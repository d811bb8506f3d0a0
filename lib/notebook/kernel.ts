/** What the project's kernel gives to this folder (setup/kernel/outputs.cjs): displays, and widgets of Jupyter's protocol 2.1. */

/** Mime type -> representation. */
export type Bundle = Record<string, unknown>;

/** An output as a notebook file holds it. */
export type Output = { output_type: string; data?: Bundle; metadata?: Bundle; name?: string; text?: string };

/** A model of a widget: its state is the same here and in every client. Binary parts are typed arrays, also within objects and lists. */
export interface WidgetModel {
  readonly id: string;
  readonly state: Bundle;
  /** Changes the state here and in all clients. */
  set(changes: Bundle): void;
  /** A custom message to all clients. */
  send(content: unknown, buffers?: Uint8Array[]): void;
  /** What a saved notebook holds in place of its view from now on. */
  keep(still: { data: Bundle; metadata: Bundle }): void;
  close(): void;
}

/** What hears a model: the names that a client changed, of several fast changes at once; a client's custom messages. */
export interface WidgetListener {
  change?(changed: string[]): unknown;
  message?(content: unknown, buffers: Uint8Array[]): unknown;
}

/** What gathered work showed, and what it threw. */
export type Gathered = { outputs: Output[]; thrown?: { error: unknown; output: Output } };

/** The kernel's side. */
export interface Kernel {
  display(content: { data: Bundle; metadata: Bundle; transient: { display_id?: string } }, update: boolean): void;
  renderPng(figure: object, size: { width: number; height: number }): Promise<string>;
  /** Whether figures get a still image now: where TDLGM_PNG=1, but not at each move of a control. */
  stills(): boolean;
  /** Opens a model for the running cell. */
  widget(state: Bundle, listener: WidgetListener): WidgetModel;
  /** Does work for the running cell, and gathers its outputs in place of showing them. */
  gather(work: () => unknown, options: { stills?: boolean; signal?: AbortSignal }): Promise<Gathered>;
}

/** The kernel; undefined outside a notebook. */
export const kernel = (): Kernel | undefined =>
  (globalThis as { [key: symbol]: unknown })[Symbol.for("tdlgm.notebook")] as Kernel | undefined;

/** The mime type of a Plotly figure. */
export const PLOTLY = "application/vnd.plotly.v1+json";

/** The mime type of a widget's view. */
export const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

/** What shows the view of a model. */
export const viewOf = (model: WidgetModel): Bundle => ({ version_major: 2, version_minor: 0, model_id: model.id });

/** The method by which the kernel shows a cell's value; it gives null for one that has shown itself. */
export const SHOWN = Symbol.for("Jupyter.display");

/** How a model's state names another model. */
export const reference = (model: WidgetModel): string => `IPY_MODEL_${model.id}`;
