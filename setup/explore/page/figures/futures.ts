/** Free runs: what a model makes of a history, and whether it remembers. */
import { futuresAnswer } from "../../answers/futures";
import { row } from "../bars";
import { chart, line } from "../chart";
import { html, shown, svg } from "../dom";
import { models, series, switching } from "../loaded";
import { widget } from "../widget";

const [BEFORE, STEPS] = [20, 24];
const MODELS = { "stand-in": () => models.tdlgm, above: () => models.above, below: () => models.below };

export default widget({
  name: "futures",
  tab: "Free runs",
  title: "Free runs: a fan of futures",
  about:
    "The model reads a history and goes on alone. Blue is what came, orange what the model makes of it. A future remembers if a high value is followed by high ones. In the paper’s transition the state never hears the value that was emitted; fed from below, it does.",
  controls: {
    series: {
      kind: "choice",
      label: "series and model",
      options: [
        ["stand-in", "stand-in, tDLGM of the tables"],
        ["above", "switching, the paper’s transition"],
        ["below", "switching, transition fed from below"],
      ],
      initial: "below",
    },
    at: { kind: "slider", label: "history ends at", min: 30, max: 400, step: 1, initial: 100 },
    futures: { kind: "slider", label: "futures", min: 4, max: 32, step: 4, initial: 16 },
    seed: { kind: "slider", label: "seed", min: 0, max: 50, step: 1, initial: 0 },
  },
  view(element) {
    const picture = html("div");
    const bars = html("div", { class: "bars" });
    element.append(
      html(
        "p",
        { class: "key" },
        html("span", { class: "truth" }, "━ the series"),
        html("span", { class: "tdlgm" }, "━ futures; shaded: eight of ten, thick: the middle one"),
      ),
      picture,
      bars,
    );
    return (settings, width) => {
      const isSwitching = settings.series !== "stand-in";
      const all = isSwitching ? switching() : series();
      const at = Number(settings.at);
      const answer = futuresAnswer(MODELS[settings.series as keyof typeof MODELS](), all, {
        at,
        futures: Number(settings.futures),
        steps: STEPS,
        seed: Number(settings.seed),
      });
      const c = chart(
        width,
        320,
        { from: -BEFORE, to: STEPS - 1, ticks: [-20, -10, 0, 10, 20], label: "steps from the end of the history" },
        { from: 0, to: 1.02, ticks: [0, 0.25, 0.5, 0.75, 1], label: isSwitching ? "value" : "share of a GPU" },
        `${settings.futures} futures after a history`,
      );
      const point = (t: number, v: number): [number, number] => [c.x(t), c.y(v)];
      const edge = (i: number) => answer.quantiles.map((q, t) => point(t, q[i]));
      const band = [...edge(2), ...edge(0).reverse()].map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
      c.root.append(
        svg("polygon", { class: "band", points: band }),
        ...answer.futures.map((one) =>
          line(
            one.map((v, t) => point(t, v)),
            "tdlgm hair",
          ),
        ),
        line(edge(1), "tdlgm thick"),
        svg("line", { class: "now", x1: c.x(-0.5), x2: c.x(-0.5), y1: c.y(1.02), y2: c.y(0) }),
        line(
          Array.from(all.slice(at - BEFORE, at), (v, i) => point(i - BEFORE, v)),
          "truth",
        ),
        line(
          Array.from(all.slice(at, at + STEPS), (v, i) => point(i, v)),
          "truth dashed",
        ),
      );
      picture.replaceChildren(c.root);
      bars.replaceChildren(
        html("h3", {}, "Correlation of a value with the one before it"),
        row("the series", [[answer.realLag1, "truth"]], shown(answer.realLag1)),
        row("these futures", [[answer.lag1, "tdlgm"]], shown(answer.lag1)),
      );
      return {
        says: `Neighbours correlate by ${shown(answer.realLag1)} in the series and by ${shown(answer.lag1)} in these futures.`,
        numbers: { lag1: answer.lag1, realLag1: answer.realLag1, first: answer.futures[0], quantiles: answer.quantiles.at(-1) },
      };
    };
  },
});
