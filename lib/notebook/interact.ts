/** Live outputs: controls, and an answer that follows them. */
import { checkFlag, checkFunction, checkObject, checkOptions, refuse } from "../base/check";
import type { Frame } from "../data/frame";
import { AnswerView, fallbackOf } from "./answer";
import { box, type Controls, type Values } from "./controls";
import { figure, markdown, table } from "./display";
import type { Figure } from "./figures";
import { type Kernel, kernel, SHOWN, viewOf, WIDGET_VIEW, type WidgetModel } from "./kernel";

/** What `render` may return: a figure, a table, a text in Markdown, or nothing where it shows things itself (`figure`, `table`, `console.log`). */
export type Answer = Figure | Frame | readonly Record<string, unknown>[] | string | undefined;

/** Of the figure that `render` returns: its alt text, fixed or from the values; a caption; whether it draws a stretch of the trace. */
export type InteractOptions<V> = { alt?: string | ((values: V) => string); caption?: string; seriesDrawn?: boolean };

/** A live output: the values of its controls as they are now. */
export interface Live<V> {
  readonly values: V;
}

/**
 * Shows controls, and below them what `render` makes of their values: again at every move, in place. While a move is answered, later ones
 * wait, and the last of them is answered next; an answer that takes longer than .3 s is given up for it (its signal, the one that `train`
 * and `impute` look at, is aborted).
 *
 * A notebook that JupyterLab saves shows the answer to the last values, and holds them in the output's `metadata.tdlgm.controls`. A page and a
 * program outside a notebook show the answer to the first values.
 * @throws Error naming the argument that is wrong; what `render` throws at the first values. What it throws later is shown in the answer's place
 * @example await interact({ sigma: slider(0, 0.5) }, ({ sigma }) => densityContours(sigma));
 */
export function interact<C extends Controls>(
  controls: C,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that shows things itself returns nothing
  render: (values: Values<C>) => Answer | void | Promise<Answer | void>,
  options: InteractOptions<Values<C>> = {},
): Promise<Live<Values<C>>> {
  checkControls(controls);
  checkFunction(render, "render");
  checkOptions(options, "options", ["alt", "caption", "seriesDrawn"]);
  const { alt, caption, seriesDrawn } = options;
  if (alt !== undefined && typeof alt !== "function" && (typeof alt !== "string" || !alt.trim()))
    refuse("options.alt", "a text, or a function of the values that returns one", alt);
  if (caption !== undefined && typeof caption !== "string") refuse("options.caption", "a text", caption);
  if (seriesDrawn !== undefined) checkFlag(seriesDrawn, "options.seriesDrawn");
  const show = async (values: Values<C>) => {
    const answer = (await render(values)) as Answer;
    if (answer === undefined) return;
    if (typeof answer === "string") return markdown(answer);
    if (typeof answer !== "object" || answer === null) refuse("what render returns", "a figure, a table, a text or nothing", answer);
    if (!isFigure(answer)) table(answer);
    else await figure(answer, { alt: typeof alt === "function" ? alt(values) : (alt ?? altOf(answer, values)), caption, seriesDrawn });
  };
  const target = kernel();
  const done = target ? live(target, controls, show) : once(controls, show);
  return Object.assign(
    done.then((output) => Object.assign(output, { [SHOWN]: () => null })),
    { [SHOWN]: () => done.then(() => null) },
  );
}

const isFigure = (answer: object): answer is Figure =>
  Object.getPrototypeOf(answer) === Object.prototype && Array.isArray((answer as { data?: unknown }).data);

const altOf = ({ layout }: Figure, values: object): string => {
  const title = layout?.title;
  const words = (typeof title === "string" ? title : title?.text) || "a figure";
  return `${words.replace(/<[^>]*>/g, " ")}, for ${Object.entries(values)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ")}`;
};

function checkControls(controls: unknown): asserts controls is Controls {
  checkObject(controls, "controls", "an object of controls by their names");
  for (const [name, control] of Object.entries(controls))
    if (typeof (control as { open?: unknown } | null)?.open !== "function")
      refuse(`controls.${name}`, "a control, such as slider(0, 1)", control);
}

const valuesOf = <C extends Controls>(controls: C): Values<C> =>
  Object.fromEntries(Object.entries(controls).map(([name, { value }]) => [name, value])) as Values<C>;

/** Outside a notebook. */
async function once<C extends Controls>(controls: C, show: (values: Values<C>) => Promise<void>): Promise<Live<Values<C>>> {
  const values = valuesOf(controls);
  await show(values);
  return { values };
}

async function live<C extends Controls>(target: Kernel, controls: C, show: (values: Values<C>) => Promise<void>): Promise<Live<Values<C>>> {
  const initial = valuesOf(controls);
  const first = await target.gather(() => show(initial), { stills: true });
  if (first.thrown) throw first.thrown.error;
  const view = new AnswerView(target, first.outputs);
  const answers = new Answers(
    async (signal) => {
      const values = knobs.values();
      return { values, ...(await target.gather(() => show(values), { signal })) };
    },
    ({ values, outputs, thrown }) => {
      view.show(thrown ? [...outputs, thrown.output] : outputs);
      if (!thrown) all.keep(fallbackOf(outputs, values));
    },
  );
  const knobs: Panel<C> = panel(target, controls, () => answers.ask());
  const all = box(target, "VBox", [...knobs.views, view.model]);
  const { data, metadata } = fallbackOf(first.outputs, initial);
  target.display({ data: { [WIDGET_VIEW]: viewOf(all), ...data }, metadata, transient: {} }, false);
  return {
    get values() {
      return knobs.values();
    },
  };
}

/** Controls that are open. */
type Panel<C extends Controls> = { views: WidgetModel[]; values(): Values<C> };

/** Opens controls. */
export function panel<C extends Controls>(target: Kernel, controls: C, changed: (name: string) => void): Panel<C> {
  const width = `${Math.max(0, ...Object.keys(controls).map((name) => name.length)) + 1}ch`;
  const opened = Object.entries(controls).map(([name, control]) => ({
    name,
    ...control.open(target, { name, width }, () => changed(name)),
  }));
  return {
    views: opened.map(({ view }) => view),
    values: () => Object.fromEntries(opened.map(({ name, read }) => [name, read()])) as Values<C>,
  };
}

/** An answer that takes longer is given up for a newer one. */
const SLOW_MS = 300;

/** One answer at a time, and the last question never lost. */
class Answers<A> {
  private current: { began: number; giveUp: AbortController } | null = null;
  private isAsked = false;

  constructor(
    private readonly answer: (signal: AbortSignal) => Promise<A>,
    private readonly show: (answer: A) => void,
  ) {}

  ask(): void {
    if (!this.current) return void this.begin();
    if (this.isAsked) return;
    this.isAsked = true;
    const { current } = this;
    setTimeout(() => this.giveUp(current), SLOW_MS - (performance.now() - current.began));
  }

  private async begin(): Promise<void> {
    const own = { began: performance.now(), giveUp: new AbortController() };
    this.current = own;
    this.isAsked = false;
    const answer = await this.answer(own.giveUp.signal);
    if (this.current !== own) return; // given up
    this.current = null;
    this.show(answer);
    if (this.isAsked) void this.begin();
  }

  private giveUp(slow: { giveUp: AbortController }): void {
    if (this.current !== slow) return;
    slow.giveUp.abort();
    void this.begin();
  }
}
