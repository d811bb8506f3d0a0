/**
 * What a notebook shows: tables, figures, progress, text, banners. Inside the project's kernel each is one output that carries the same
 * thing in several forms (mime types), of which the reader's program takes the best. Outside a notebook (`npx tsx`) the text form goes to
 * stdout.
 */
import { checkFlag, checkFunction, checkOptions, checkText, checkWhole, refuse } from "../base/check";
import { checkFrame, type Frame, rowsOf } from "../data/frame";
import { Series } from "../data/series";
import { isStandIn } from "../data/trace";
import type { Figure } from "./figures";
import { jsonable } from "./jsonable";
import { type Bundle, kernel, PLOTLY } from "./kernel";

export type { Bundle } from "./kernel";

/**
 * One output with several representations of the same thing; `text/plain` is what is printed outside a notebook.
 * @param metadata by mime type, or of the whole output
 */
export function displayBundle(data: Bundle, metadata: Bundle = {}): void {
  const target = kernel();
  if (target) target.display({ data, metadata, transient: {} }, false);
  else console.log(String(data["text/plain"] ?? `(no text form of ${Object.keys(data).join(", ")})`));
}

/** A text in Markdown, formulas included. */
export function markdown(text: string): void {
  if (typeof text !== "string") refuse("text", "a text in Markdown", text);
  displayBundle({ "text/markdown": text, "text/plain": text });
}

/**
 * The environment variable TDLGM_BUDGET: `small` for a quick check of all cells, `full` for the results (the default).
 * @throws Error when it is anything else
 */
export function budget(): "small" | "full" {
  const value = process.env.TDLGM_BUDGET || "full";
  if (value !== "small" && value !== "full") throw new Error(`TDLGM_BUDGET must be small or full, but it is ${JSON.stringify(value)}`);
  return value;
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] as string);

// --- Tables -------------------------------------------------------------------------------------------------------------------------

/** How a table is shown: rows at most (10), a caption, significant digits of fractions (4). */
export type TableOptions = { rows?: number; caption?: string; digits?: number };

/** A cell's text: whole numbers as they are, fractions with `digits` significant digits, a dash for a missing value. */
function cellText(value: unknown, digits: number): string {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number" || !Number.isFinite(value) || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(digits)));
}

/**
 * Shows the first rows of a danfo DataFrame, or of objects with the same keys. Numbers are right-aligned; all text is escaped.
 * @throws Error naming the argument or the option that is wrong
 */
export function table(data: Frame | readonly Record<string, unknown>[], options: TableOptions = {}): void {
  checkOptions(options, "options", ["rows", "caption", "digits"]);
  const { rows = 10, caption, digits = 4 } = options;
  const { columns, values: all } = tableData(data);
  checkWhole(rows, "options.rows", 1);
  checkWhole(digits, "options.digits", 1, 17);
  if (caption !== undefined && typeof caption !== "string") refuse("options.caption", "a text", caption);
  const shown = all.slice(0, rows);
  const numeric = columns.map((_, c) => shown.every((row) => row[c] === null || row[c] === undefined || typeof row[c] === "number"));
  const texts = shown.map((row) => row.map((value) => cellText(value, digits)));
  const note = all.length > rows ? `the first ${rows} of ${all.length.toLocaleString("en")} rows` : "";
  displayBundle({
    "text/html": tableHtml(columns, texts, numeric, caption, note),
    "text/plain": tableText(columns, texts, numeric, caption, note),
  });
}

function tableData(data: Frame | readonly Record<string, unknown>[]): { columns: string[]; values: unknown[][] } {
  if (!Array.isArray(data)) {
    checkFrame(data, "data");
    return { columns: data.columns, values: rowsOf(data) };
  }
  if (data.length === 0) throw new Error("data must be a danfo DataFrame, or an array of objects, not empty; it is empty");
  for (let i = 0; i < data.length; i++)
    if (typeof data[i] !== "object" || data[i] === null) refuse(`data[${i}]`, "an object, a row by its columns", data[i]);
  const columns = [...new Set(data.flatMap((row) => Object.keys(row)))];
  return { columns, values: data.map((row) => columns.map((name) => row[name])) };
}

function tableHtml(columns: string[], rows: string[][], numeric: boolean[], caption = "", note = ""): string {
  const cell = (tag: string, text: string, c: number): string =>
    `<${tag} style="text-align:${numeric[c] ? "right" : "left"};padding:.2em .8em">${escapeHtml(text)}</${tag}>`;
  const line = (tag: string, texts: string[]): string => `<tr>${texts.map((text, c) => cell(tag, text, c)).join("")}</tr>`;
  const head = caption ? `<caption style="text-align:left;padding:.2em .8em">${escapeHtml(caption)}</caption>` : "";
  const foot = note ? `<p style="font-size:.85em;margin:.2em .8em">${escapeHtml(note)}</p>` : "";
  const body = rows.map((row) => line("td", row)).join("");
  return `<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">${head}<thead>${line("th", columns)}</thead><tbody>${body}</tbody></table>${foot}`;
}

function tableText(columns: string[], rows: string[][], numeric: boolean[], caption = "", note = ""): string {
  const widths = columns.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c].length)));
  const line = (texts: string[]): string =>
    texts
      .map((text, c) => (numeric[c] ? text.padStart(widths[c]) : text.padEnd(widths[c])))
      .join("  ")
      .trimEnd();
  return [caption, line(columns), ...rows.map(line), note && `(${note})`].filter(Boolean).join("\n");
}

// --- Figures ------------------------------------------------------------------------------------------------------------------------

/**
 * How a figure is shown. `alt` says in words what it shows, for readers who can't see it. `seriesDrawn`: it draws a stretch of the trace, so
 * the committed notebook keeps its still image only. `png`: draw the still image too (the default where TDLGM_PNG=1, in headless runs).
 */
export type FigureOptions = { alt: string; caption?: string; seriesDrawn?: boolean; png?: boolean };

const SIZE = { width: 800, height: 400 };
const CAPTION = { characters: 100, line: 16, below: 58 };

/**
 * A figure as one output: interactive (Plotly JSON), a still image when asked, and its alt text. Await it: the still image takes time.
 * @throws Error naming what is missing: a figure or its alt text
 */
export async function figure(fig: Figure, options: FigureOptions): Promise<void> {
  if (!Array.isArray(fig?.data) || (fig.layout !== undefined && typeof fig.layout !== "object"))
    refuse("fig", "{ data, layout }, as the functions of figures.ts return it", fig);
  checkOptions(options, "options", ["alt", "caption", "seriesDrawn", "png"]);
  const { alt, caption, seriesDrawn = false, png = kernel()?.stills() ?? false } = options;
  if (typeof alt !== "string" || !alt.trim()) refuse("options.alt", "a text that says in words what the figure shows", alt);
  if (caption !== undefined && typeof caption !== "string") refuse("options.caption", "a text", caption);
  checkFlag(seriesDrawn, "options.seriesDrawn");
  checkFlag(png, "options.png");
  const { data: traces, layout = {} } = fig;
  const own = { data: traces, layout };
  const plain = jsonable(caption ? withCaption(own, caption) : own) as Figure;
  const data: Bundle = {
    [PLOTLY]: { ...plain, config: { responsive: true, displaylogo: false } },
    "text/plain": [alt, caption].filter(Boolean).join("\n"),
  };
  const metadata: Bundle = { tdlgm: { alt, series: seriesDrawn }, "image/png": { alt } };
  const target = kernel();
  if (png && target) data["image/png"] = await target.renderPng(plain, { ...SIZE, height: plain.layout.height ?? SIZE.height });
  displayBundle(data, metadata);
}

/** The figure with its caption below the x axis, in lines that fit the still image. */
function withCaption(fig: Figure, caption: string): Figure {
  const lines = [""];
  for (const word of caption.split(/\s+/)) {
    const line = `${lines[lines.length - 1]} ${word}`.trim();
    if (line.length <= CAPTION.characters) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  const room = CAPTION.line * lines.length + 8;
  const note = {
    xref: "paper",
    yref: "paper",
    x: 0,
    y: 0,
    xanchor: "left",
    yanchor: "top",
    align: "left",
    yshift: -CAPTION.below,
  } as const;
  return {
    data: fig.data,
    layout: {
      ...fig.layout,
      height: (fig.layout.height ?? SIZE.height) + room,
      margin: { ...fig.layout.margin, b: CAPTION.below + room },
      annotations: [
        ...(fig.layout.annotations ?? []),
        { ...note, text: lines.join("<br>"), showarrow: false, font: { size: 12, color: "#555555" } },
      ],
    },
  };
}

// --- Progress -----------------------------------------------------------------------------------------------------------------------

/** How far something is: step of steps, a text, and any further numbers, shown with their names. */
export type ProgressState = { step?: number; steps?: number; text?: string; [name: string]: number | string | undefined };
/** Live progress; `update` may be called at every step (it is shown a few times a second), `done` shows the last state for good. */
export interface Progress {
  update(state: ProgressState): void;
  done(text?: string): void;
}

/** A few times a second in a notebook or terminal; rarely where each state stays as a line of its own (a log file). */
const EVERY_MS = { live: 250, log: 10_000 };
let displays = 0;

/** Live progress: one output updated in place in a notebook, one line in a terminal, a line now and then in a log. */
export function progress(title: string): Progress {
  checkText(title, "title", "a name");
  const target = kernel();
  const started = Date.now();
  const id = `progress-${process.pid}-${started}-${++displays}`;
  const live = target !== undefined || process.stdout.isTTY === true;
  let shownAt = Number.NEGATIVE_INFINITY;
  let begun = false;
  let last: ProgressState = {};
  const show = (state: ProgressState, end: boolean): void => {
    const seconds = (Date.now() - started) / 1000;
    const text = progressText(title, state, seconds, end);
    if (target) {
      const metadata = { tdlgm: { progress: progressText(title, state) } }; // a committed notebook keeps the line without its times
      const share = end ? 1 : state.step !== undefined && state.steps ? state.step / state.steps : undefined;
      const bar = end ? "" : `<progress max="1"${share === undefined ? "" : ` value="${share}"`} style="width:100%"></progress>`;
      const html = `<div style="font-variant-numeric:tabular-nums">${escapeHtml(text)}${bar}</div>`;
      target.display({ data: { "text/html": html, "text/plain": text }, metadata, transient: { display_id: id } }, begun);
    } else if (process.stdout.isTTY)
      process.stdout.write(`\r\x1b[2K${text.slice(0, (process.stdout.columns ?? 80) - 1)}${end ? "\n" : ""}`);
    else console.log(text);
    begun = true;
  };
  return {
    update(state) {
      last = { ...last, ...state };
      if (Date.now() - shownAt < (live ? EVERY_MS.live : EVERY_MS.log)) return;
      shownAt = Date.now();
      show(last, false);
    },
    done(text) {
      show(text === undefined ? last : { ...last, text }, true);
    },
  };
}

/** Does work of counted parts under a line of progress, such as loading many runs. */
export async function counting<T>(
  title: string,
  work: (onProgress: (done: number, all: number, part?: string) => void) => Promise<T>,
): Promise<T> {
  checkFunction(work, "work");
  const line = progress(title);
  const result = await work((step, steps, part) => line.update({ step, steps, text: part }));
  line.done("");
  return result;
}

/** Live progress of a training, for its `onProgress`: steps, every part of the loss, the last validation error, ms a step, s left. */
export function trainingProgress(title: string): { onProgress(p: TrainingState): void; done(text?: string): void } {
  const line = progress(title);
  const onProgress = ({ step, steps, parts, millisecondsPerStep, row }: TrainingState) =>
    line.update({ step, steps, ...parts, ...(row && { validationMse: row.validationMse }), [STEP_TIME]: millisecondsPerStep });
  return { onProgress, done: line.done };
}
type TrainingState = {
  step: number;
  steps: number;
  millisecondsPerStep: number;
  parts: Record<string, number>;
  row?: { validationMse: number };
};

/** The name under which `trainingProgress` shows a time. */
const STEP_TIME = "ms a step";

/** The line that progress shows; without `seconds` it holds no time and is the same at every run. */
function progressText(title: string, state: ProgressState, seconds?: number, end = true): string {
  const { step, steps, text, ...numbers } = state;
  const parts = Object.entries(numbers)
    .filter(([name, value]) => value !== undefined && !(seconds === undefined && name === STEP_TIME))
    .map(([name, value]) => `${name} ${cellText(value, 4)}`);
  const left = seconds !== undefined && !end && step && steps ? `, ${((seconds / step) * (steps - step)).toFixed(0)} s left` : "";
  const at = step === undefined ? [] : [`step ${step}${steps ? ` of ${steps}` : ""}`];
  return `${title}: ${[...at, ...parts, ...(text ? [text] : []), ...(seconds === undefined ? [] : [`${seconds.toFixed(1)} s${left}`])].join(", ")}`;
}

// --- Stand-in -----------------------------------------------------------------------------------------------------------------------

/** What a notebook says when it runs on the stand-in. */
const STAND_IN_WARNING =
  "STAND-IN DATA. The trace is not here: these numbers and figures come from a series drawn by a Markov chain. They are not the paper's data and not results.";

/** A loud banner when the series, or the trace that it is made from, is the stand-in; nothing when it is the real one. */
export function standInBanner(data: Series | Frame): void {
  if (!(data instanceof Series ? data.standIn : isStandIn(data))) return;
  const style = "border:3px solid #b00020;background:#fdecea;color:#7f0016;font-weight:bold;padding:.8em 1em";
  displayBundle({
    "text/html": `<div role="alert" class="stand-in" style="${style}">${escapeHtml(STAND_IN_WARNING)}</div>`,
    "text/plain": `*** ${STAND_IN_WARNING} ***`,
  });
}
