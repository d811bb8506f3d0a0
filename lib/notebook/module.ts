/** A view of one's own in a live output: an ES module that draws in the reader's program, by anywidget's convention. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { checkFunction, checkObject, checkOptions, refuse } from "../base/check";
import { projectRoot } from "../base/project";
import { sha256 } from "../base/sha256";
import { displayBundle } from "./display";
import { type Bundle, kernel, SHOWN, viewOf, WIDGET_VIEW, type WidgetModel } from "./kernel";

/** A module that needs its kernel's answers: it says in words when the kernel has gone. */
export const asking = (esm: string): string =>
  readFileSync(path.join(projectRoot(), "lib/notebook/asking.mjs"), "utf8").replace('"the module"', () => JSON.stringify(esm));

/** The state of anywidget's model with this module. @param id tells modules apart: a style sheet is loaded once for each */
export const moduleState = (id: string, esm: string, css: string, state: Bundle): Bundle => ({
  _model_module: "anywidget",
  _model_module_version: "~0.11.*",
  _model_name: "AnyModel",
  _view_module: "anywidget",
  _view_module_version: "~0.11.*",
  _view_name: "AnyView",
  _anywidget_id: id,
  _esm: esm,
  ...(css && { _css: css }),
  ...state,
});

/**
 * What a module has besides its code: `css`, its style sheet; `alt`, words for readers who can't see it; `fallback`, what is shown in its
 * place where no kernel is, from its state (mime type -> representation): a notebook that JupyterLab saves holds that of the last state; what
 * hears the reader: `onChange` of the state that the module saved, `onMessage` of what it sent.
 */
export type ModuleOptions<S> = {
  alt: string;
  css?: string;
  fallback?: (state: S) => Bundle;
  onChange?: (state: S, changed: (keyof S)[]) => unknown;
  onMessage?: (content: unknown, buffers: Uint8Array[], view: ModuleView<S>) => unknown;
};

/** A module that is shown. Outside a notebook it only keeps its state. */
export interface ModuleView<S> {
  /** As it is now, here and in the reader's program. */
  readonly state: Readonly<S>;
  /** Changes it in both. Typed arrays travel as bytes. */
  set(changes: Partial<S>): void;
  /** Sends the module a message: `model.on("msg:custom", (content, buffers) => ...)` hears it. */
  send(content: unknown, buffers?: Uint8Array[]): void;
}

/** Names that widgets use. */
const isReserved = (name: string): boolean => /^(_(model|view|esm|css|anywidget|dom)|(layout|tabbable|tooltip)$)/.test(name);

/**
 * Shows a module: `export default { initialize?, render({ model, el }) }`, with all that it imports bundled into it. It reads the state by
 * `model.get(name)`, hears changes by `model.on("change:name", f)`, and changes it by `model.set(name, value); model.save_changes()`.
 * @param esm the module's text
 * @param state values that JSON holds, and typed arrays, which arrive as a DataView of their bytes
 * @throws Error naming the argument that is wrong
 */
export function showModule<S extends object>(esm: string, state: S, options: ModuleOptions<S>): ModuleView<S> {
  if (typeof esm !== "string" || !/\bexport\b/.test(esm)) refuse("esm", "the text of an ES module, with a default export", esm);
  checkObject(state, "state");
  const reserved = Object.keys(state).find(isReserved);
  if (reserved) refuse("state", `without ${reserved}, a name that widgets use`, state);
  checkOptions(options, "options", ["alt", "css", "fallback", "onChange", "onMessage"]);
  const { alt, css = "", fallback = () => ({}), onChange, onMessage } = options;
  if (typeof alt !== "string" || !alt.trim()) refuse("options.alt", "a text that says in words what the module shows", alt);
  if (typeof css !== "string") refuse("options.css", "a style sheet", css);
  checkFunction(fallback, "options.fallback");
  if (onChange !== undefined) checkFunction(onChange, "options.onChange");
  if (onMessage !== undefined) checkFunction(onMessage, "options.onMessage");
  const target = kernel();
  const own: S = { ...state };
  let model: WidgetModel | undefined;
  const view: ModuleView<S> = {
    get state() {
      return own;
    },
    set(changes) {
      Object.assign(own, changes);
      model?.set(changes as Bundle);
      model?.keep(still());
    },
    send: (content, buffers) => model?.send(content, buffers),
  };
  const still = () => ({ data: { "text/plain": alt, ...fallback(own) }, metadata: { tdlgm: { alt } } });
  const id = `tdlgm-${sha256(esm, css).slice(0, 12)}`;
  const served = onChange || onMessage ? asking(esm) : esm;
  model = target?.widget(moduleState(id, served, css, state as Bundle), {
    change(all) {
      const changed = all.filter((name) => !isReserved(name)) as (keyof S & string)[];
      for (const name of changed) own[name] = model?.state[name] as S[typeof name];
      model?.keep(still());
      return onChange?.(own, changed);
    },
    message: (content, buffers) => onMessage?.(content, buffers, view),
  });
  const { data, metadata } = still();
  displayBundle({ ...(model && { [WIDGET_VIEW]: viewOf(model) }), ...data }, metadata);
  return Object.defineProperty(view, SHOWN, { value: () => null });
}
