/** A film of a training: the parts of the loss, the state's variance, the KL of each layer, and a window that is fitted. Two side by side. */
import type { HistoryRow } from "../../../../lib/models/model";
import { chart, dot, line, steps } from "../chart";
import { html, shown, svg } from "../dom";
import { data, series } from "../loaded";
import { type Control, widget } from "../widget";

interface Film {
  label: string;
  history: HistoryRow[];
  snapshots: { step: number; imputed: number[] }[];
}

const FILMS: Record<string, Film> = Object.fromEntries([
  ...data.small.runs.map((run): [string, Film] => [
    `sd-${run.sd}-beta-${run.beta}`.replaceAll(".", "_"),
    { label: `small, σ = ${run.sd}, β = ${run.beta}`, ...run },
  ]),
  ...data.histories.map((run): [string, Film] => [run.name.replaceAll(".", "_"), { ...run, snapshots: [] }]),
]);
const options = Object.entries(FILMS).map(([name, { label }]): [string, string] => [name, label]);
const MOMENTS = 60;
const BLANK: Film = { label: "", history: [], snapshots: [] };

/** Curves over the steps in one chart. */
interface Panel {
  title: string;
  /** Whether the axis counts powers of ten. */
  log: boolean;
  range: [number, number];
  parts: { name: string; of: (row: HistoryRow) => number; color: string }[];
}
const PANELS: Panel[] = [
  {
    title: "Loss parts, nats a value",
    log: false,
    range: [-4, 4],
    parts: [
      { name: "reconstruction", of: (row) => row.reconstruction, color: "tdlgm" },
      { name: "KL of layer 1", of: (row) => row.kl?.[0], color: "truth" },
      { name: "KL of layer 2", of: (row) => row.kl?.[1], color: "dlgm" },
    ],
  },
  {
    title: "The state",
    log: true,
    range: [-6, 0],
    parts: [
      { name: "variance", of: (row) => row.stateVariance, color: "bayes" },
      { name: "squared error", of: (row) => row.stateMse, color: "seen" },
    ],
  },
  {
    title: "Validation error, squared",
    log: true,
    range: [-6, 0],
    parts: [
      { name: "one draw of ξ", of: (row) => row.validationMse, color: "tdlgm" },
      { name: "at q’s mean", of: (row) => row.validationMseAtMean, color: "truth" },
    ],
  },
];

/** A panel's curves, those up to now in full colour. */
function curves(width: number, { title, log, range, parts }: Panel, film: Film, until: number) {
  const last = film.history.at(-1)?.step ?? 1;
  const [least, most] = range;
  const at = chart(
    width,
    150,
    { from: 0, to: last, ticks: [0, last / 2, last], label: "training step" },
    {
      from: least,
      to: most,
      ticks: log ? steps(least, most, 2) : [least, 0, most],
      label: "",
      format: log ? (x) => `10${superscript(x)}` : undefined,
    },
    title,
  );
  for (const { of, color } of parts) {
    const rows = film.history.filter((row) => Number.isFinite(of(row)));
    const drawn = (some: HistoryRow[], name: string) => {
      const points = some.map((row): [number, number] => {
        const value = log ? Math.log10(Math.max(of(row), 1e-30)) : of(row);
        return [at.x(row.step), at.y(Math.min(most, Math.max(least, value)))];
      });
      return line(points, name);
    };
    at.root.append(
      drawn(rows, `${color} faint`),
      drawn(
        rows.filter(({ step }) => step <= until),
        color,
      ),
    );
  }
  at.root.append(svg("line", { class: "now", x1: at.x(until), x2: at.x(until), y1: at.y(most), y2: at.y(least) }));
  const key = html("p", { class: "key" }, ...parts.map(({ name, color }) => html("span", { class: color }, `━ ${name}`)));
  return html("figure", {}, html("figcaption", {}, title), key, at.root);
}
const superscript = (x: number) => String(x).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

/** The window as the model of that step makes it. */
function fitted(width: number, film: Film, until: number) {
  const { from, length } = data.small.window;
  const snapshot = film.snapshots.filter(({ step }) => step <= until).at(-1);
  if (!snapshot) return html("p", { class: "note" }, "Of this run the history alone is shipped.");
  const at = chart(
    width,
    170,
    { from: -0.7, to: length - 0.3, ticks: [0, 10, 20, 30], label: "place in the window" },
    { from: 0, to: 1.03, ticks: [0, 0.5, 1], label: "" },
    `The window at step ${snapshot.step}`,
  );
  const half = (at.x(1) - at.x(0)) * 0.42;
  snapshot.imputed.forEach((v, t) => {
    const y = at.y(series()[from + t]);
    at.root.append(
      svg("line", { class: "line truth", x1: at.x(t) - half, x2: at.x(t) + half, y1: y, y2: y }),
      dot(at.x(t), at.y(v), 3, "tdlgm"),
    );
  });
  return html("figure", {}, html("figcaption", {}, `Orange fits blue: the model of step ${snapshot.step}`), at.root);
}

const pick = (label: string, initial: string): Control => ({ kind: "choice", label, options, initial });

export default widget({
  name: "film",
  tab: "Film of a training",
  title: "A film of a training",
  about: "What the loss is made of, step by step, for two settings side by side. Press play, or move the step yourself.",
  controls: {
    left: pick("one training", "sd-0_02-beta-1"),
    right: pick("another", "sd-0_2-beta-4"),
    moment: {
      kind: "slider",
      label: "moment",
      min: 0,
      max: MOMENTS,
      step: 1,
      initial: MOMENTS,
      show: (x) => `${Math.round((100 * x) / MOMENTS)} %`,
    },
  },
  view(element, set) {
    let timer: number | undefined;
    let moment = 0;
    const stop = () => {
      clearInterval(timer);
      timer = undefined;
      play.textContent = "▶ Play";
    };
    const start = () => {
      if (moment >= MOMENTS) set({ moment: 0 });
      play.textContent = "❚❚ Pause";
      timer = setInterval(() => {
        if (moment >= MOMENTS || !element.isConnected) stop();
        else set({ moment: moment + 1 });
      }, 100) as unknown as number;
    };
    const play = html("button", { type: "button", class: "play", click: () => (timer === undefined ? start() : stop()) }, "▶ Play");
    const films = html("div", { class: "films" });
    element.append(play, films);
    return (settings, width) => {
      moment = Number(settings.moment);
      const each = width >= 760 ? (width - 32) / 2 : width;
      const shownFilms = [settings.left, settings.right].map((name) => FILMS[name] ?? BLANK);
      const now = shownFilms.map((film) => Math.round(((film.history.at(-1)?.step ?? 0) * moment) / MOMENTS));
      films.replaceChildren(
        ...shownFilms.map((film, i) =>
          html(
            "section",
            { class: "film" },
            html("h3", {}, `${film.label}: step ${now[i]} of ${film.history.at(-1)?.step ?? 0}`),
            fitted(each, film, now[i]),
            ...PANELS.map((panel) => curves(each, panel, film, now[i])),
          ),
        ),
      );
      const last = shownFilms.map((film, i) => film.history.filter(({ step }) => step <= now[i]).at(-1));
      const error = (row: HistoryRow | undefined) => (row ? shown(row.validationMse, 4) : "not measured yet");
      const says = `Validation error: ${error(last[0])} on the one side, ${error(last[1])} on the other.`;
      return { says, numbers: { steps: now, errors: last.map((row) => row?.validationMse ?? null) } };
    };
  },
});
