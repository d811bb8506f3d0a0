/** Algorithm 1, cell by cell: two matrices of transitions, and what each cell adds to the score. */
import { SAMPLERS, type Sampler, type ScoreAnswer, scoreAnswer, sequencesOf } from "../../answers/score";
import { row } from "../bars";
import { html, shown, svg } from "../dom";
import { data, models, series } from "../loaded";
import { widget } from "../widget";

const NAMES: Record<Sampler, string> = {
  noise: "uniform noise",
  independent: "independent draws",
  markov: "Markov chain",
  tdlgm: "tDLGM",
  dlgm: "DLGM",
};
const BINS = 11;
const binName = (i: number) => (i === 10 ? "1.0" : `.${i}–${i === 9 ? "1.0" : `.${i + 1}`}`);

const known = new Map<string, ScoreAnswer>();
function answerOf(sampler: Sampler, seed: number): ScoreAnswer {
  const key = `${sampler} ${seed}`;
  let answer = known.get(key);
  if (!answer) {
    answer = scoreAnswer(series(), sequencesOf(sampler, data, models, series(), seed));
    known.set(key, answer);
  }
  return answer;
}

/** A matrix of 11 × 11 cells, from bin (down) to bin (across). */
function matrix(
  title: string,
  cells: (number | null)[],
  strength: (x: number) => number,
  size: number,
  chosen: number,
  pick: (cell: number) => void,
) {
  const margin = 22;
  const step = Math.max(10, Math.floor((size - margin) / BINS));
  const root = svg("svg", { class: "matrix", width: margin + BINS * step, height: margin + BINS * step, role: "img", "aria-label": title });
  for (const i of [0, 5, 10])
    root.append(
      svg("text", { class: "tick", x: margin + (i + 0.5) * step, y: 14, "text-anchor": "middle" }, i === 10 ? "1" : `.${i}`),
      svg("text", { class: "tick", x: margin - 5, y: margin + (i + 0.5) * step + 4, "text-anchor": "end" }, i === 10 ? "1" : `.${i}`),
    );
  cells.forEach((value, cell) => {
    const [x, y] = [margin + (cell % BINS) * step, margin + Math.floor(cell / BINS) * step];
    root.append(
      svg("rect", { class: value === null ? "cell empty" : "cell", x, y, width: step - 1, height: step - 1, click: () => pick(cell) }),
    );
    if (value)
      root.append(
        svg("rect", { class: "hot passive", x, y, width: step - 1, height: step - 1, "fill-opacity": strength(value).toFixed(3) }),
      );
  });
  root.append(
    svg("rect", {
      class: "chosen",
      x: margin + (chosen % BINS) * step - 1,
      y: margin + Math.floor(chosen / BINS) * step - 1,
      width: step + 1,
      height: step + 1,
    }),
  );
  return html("figure", {}, html("figcaption", {}, title), root);
}

export default widget({
  name: "score",
  tab: "Algorithm 1",
  title: "Algorithm 1, cell by cell",
  about:
    "The score compares how often a value in one tenth (down) is followed by one in another (across). A cell adds at most 1, be it rare or frequent. So uniform noise, which knows nothing of the series, fills the rare cells and scores high.",
  controls: {
    sampler: { kind: "choice", label: "sequences from", options: SAMPLERS.map((name) => [name, NAMES[name]]), initial: "noise" },
    seed: { kind: "slider", label: "seed", min: 0, max: 20, step: 1, initial: 0 },
    from: { kind: "slider", label: "cell: from", min: 0, max: 10, step: 1, initial: 10, show: binName },
    to: { kind: "slider", label: "cell: to", min: 0, max: 10, step: 1, initial: 10, show: binName },
  },
  view(element, set) {
    const matrices = html("div", { class: "matrices" });
    const cellSays = html("p");
    const bars = html("div", { class: "bars" });
    element.append(matrices, cellSays, bars);
    return (settings, width) => {
      const sampler = settings.sampler as Sampler;
      const seed = Number(settings.seed);
      const answer = answerOf(sampler, seed);
      const chosen = BINS * Number(settings.from) + Number(settings.to);
      const pick = (cell: number) => set({ from: Math.floor(cell / BINS), to: cell % BINS });
      const size = Math.min(300, width >= 900 ? (width - 40) / 3 : width);
      const strength = (most: number) => (x: number) => (x / most) ** 0.35; // rare cells are seen too
      const most = Math.max(...answer.truth);
      matrices.replaceChildren(
        matrix("Transitions of the series", answer.truth, strength(most), size, chosen, pick),
        matrix(
          `Transitions of ${NAMES[sampler]}, scaled`,
          answer.generated,
          strength(Math.max(most, ...answer.generated)),
          size,
          chosen,
          pick,
        ),
        matrix("What each cell adds, 0 to 1", answer.adds, (x) => x, size, chosen, pick),
      );
      const adds = answer.adds[chosen];
      cellSays.textContent = `From ${binName(Number(settings.from))} to ${binName(Number(settings.to))}: ${answer.truth[chosen]} in the series, ${shown(answer.generated[chosen], 0)} generated. ${adds === null ? "The series has none, so the cell does not count." : `The cell adds ${shown(adds)}.`}`;
      const all = SAMPLERS.map((name) => ({ name, of: answerOf(name, seed) })).sort((a, b) => b.of.score - a.of.score);
      bars.replaceChildren(
        html(
          "h3",
          {},
          `Score of ${answer.ceiling}; beside it the share of transitions in common, where a cell counts as often as it occurs`,
        ),
        ...all.map(({ name, of }) =>
          row(
            NAMES[name],
            [
              [of.score / of.ceiling, "tdlgm"],
              [of.overlap, "truth"],
            ],
            `${shown(of.score, 1)} · ${shown(100 * of.overlap, 0)} %`,
            name === sampler,
          ),
        ),
      );
      const place = all.findIndex(({ name }) => name === sampler) + 1;
      return {
        says: `${NAMES[sampler][0].toUpperCase()}${NAMES[sampler].slice(1)} scores ${shown(answer.score, 1)} of ${answer.ceiling}, place ${place} of ${all.length}, and shares ${shown(100 * answer.overlap, 0)} % of its transitions with the series.`,
        numbers: { score: answer.score, overlap: answer.overlap, adds, truth: answer.truth[chosen], generated: answer.generated[chosen] },
      };
    };
  },
});
