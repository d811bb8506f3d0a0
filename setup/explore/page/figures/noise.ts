/** The noise slider: a window of the series under noise, and which method comes nearest. */
import { METHODS, type Method, NOISE_WINDOW, noiseAnswer } from "../../answers/noise";
import { row } from "../bars";
import { chart, dot, steps } from "../chart";
import { html, shown, svg } from "../dom";
import { chain, models, series } from "../loaded";
import { widget } from "../widget";

const CLASS: Record<Method, string> = { identity: "seen", "Bayes filter": "bayes", tDLGM: "tdlgm", DLGM: "dlgm" };

export default widget({
  name: "noise",
  tab: "Noise",
  title: "Who removes the noise best?",
  about:
    "Forty values of the stand-in series, with noise on them. The identity hands back what it sees; the Bayes filter knows the noise and the chain that the series was drawn from; the two models have learnt from the trace.",
  controls: {
    printed: {
      kind: "slider",
      label: "strength of the noise, σ² as printed",
      min: 0,
      max: 0.1,
      step: 0.001,
      initial: 0.03,
      show: (x) => shown(x, 3),
    },
    reading: {
      kind: "choice",
      label: "read as",
      options: [
        ["variance", "variance"],
        ["sd", "standard deviation"],
      ],
      initial: "variance",
    },
    p: { kind: "slider", label: "probability that a value is changed", min: 0, max: 1, step: 0.05, initial: 1, show: (x) => shown(x) },
    seed: { kind: "slider", label: "seed of the noise", min: 0, max: 50, step: 1, initial: 0 },
    xi: {
      kind: "choice",
      label: "ξ of the models",
      options: [
        ["mean", "q’s mean"],
        ["sample", "one draw"],
      ],
      initial: "mean",
    },
    method: { kind: "choice", label: "shown in the picture", options: METHODS.map((name) => [name, name]), initial: "tDLGM" },
  },
  view(element) {
    const picture = html("div");
    const bars = html("div", { class: "bars" });
    const key = html("p", { class: "key" });
    element.append(key, picture, bars);
    return (settings, width) => {
      const answer = noiseAnswer(models, chain(), series(), {
        printed: Number(settings.printed),
        reading: settings.reading as "variance",
        probability: Number(settings.p),
        seed: Number(settings.seed),
        xi: settings.xi as "mean",
      });
      const method = settings.method as Method;
      const { length } = NOISE_WINDOW;
      const at = chart(
        width,
        300,
        {
          from: -0.7,
          to: length - 0.3,
          ticks: steps(0, length, 10).slice(0, -1),
          label: "place in the window; the strip shows who is nearest",
        },
        { from: -0.12, to: 1.03, ticks: [0, 0.25, 0.5, 0.75, 1], label: "share of a GPU" },
        `Forty values, what is seen of them, and what ${method} makes of it`,
      );
      const step = at.x(1) - at.x(0);
      for (let t = 0; t < length; t++) {
        const x = at.x(t);
        at.root.append(
          svg("line", {
            class: "line truth",
            x1: x - step * 0.42,
            x2: x + step * 0.42,
            y1: at.y(answer.clean[t]),
            y2: at.y(answer.clean[t]),
          }),
          svg("line", { class: "thin", x1: x, x2: x, y1: at.y(answer.noisy[t]), y2: at.y(answer.outputs[method][t]) }),
          dot(x, at.y(answer.noisy[t]), 2.5, "seen"),
          dot(x, at.y(answer.outputs[method][t]), 3.5, CLASS[method]),
          svg("rect", { class: `mark ${CLASS[answer.best[t]]}`, x: x - step * 0.45, width: step * 0.9, y: at.y(-0.05), height: 9 }),
        );
      }
      picture.replaceChildren(at.root);
      key.replaceChildren(
        html("span", { class: "truth" }, "━ the clean value"),
        html("span", { class: "seen" }, "● as seen"),
        html("span", { class: CLASS[method] }, `● ${method}`),
      );
      const most = Math.max(...METHODS.map((name) => answer.mse[name]), 1e-9);
      bars.replaceChildren(
        html("h3", {}, "Mean squared error over the window"),
        ...METHODS.map((name) => row(name, [[answer.mse[name] / most, CLASS[name]]], shown(answer.mse[name], 5), name === answer.winner)),
      );
      const count = answer.best.filter((name) => name === answer.winner).length;
      const says =
        answer.sd === 0 || Number(settings.p) === 0
          ? "Without noise the identity can’t be beaten."
          : `Noise of standard deviation ${shown(answer.sd, 3)}: ${answer.winner} wins, nearest at ${count} of ${length} values.`;
      return {
        says,
        numbers: { mse: METHODS.map((name) => answer.mse[name]), output: answer.outputs.tDLGM, winner: answer.winner, noisy: answer.noisy },
      };
    };
  },
});
