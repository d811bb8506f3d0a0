/** The latent map: where q puts the values, and which of them it can still tell apart. */
import { mapAnswer } from "../../answers/map";
import { chart, dot, ellipse, labels } from "../chart";
import { html, shown } from "../dom";
import { data, values } from "../loaded";
import { widget } from "../widget";

const { runs } = data.small;
const SDS = [...new Set(runs.map(({ sd }) => sd))];
const BETAS = [...new Set(runs.map(({ beta }) => beta))];
const REACH = 2.9;
const COLOURS = 8;
const colour = (level: number) => `level-${level % COLOURS}`;

export default widget({
  name: "map",
  tab: "Latent map",
  title: "The latent map: what ξ can tell",
  about:
    "A small tDLGM with K = 2, so that ξ’s plane is all there is. Each ellipse is q of one of the 22 values. Turn σ or β up, and values melt into one another: a level is a group that overlaps.",
  controls: {
    sd: { kind: "slider", label: "σ of the likelihood", min: 0, max: SDS.length - 1, step: 1, initial: 1, show: (i) => String(SDS[i]) },
    beta: {
      kind: "slider",
      label: "β, the weight of the KL",
      min: 0,
      max: BETAS.length - 1,
      step: 1,
      initial: 1,
      show: (i) => String(BETAS[i]),
    },
  },
  view(element) {
    const picture = html("div");
    const facts = html("dl", { class: "facts" });
    element.append(html("div", { class: "side" }, picture, facts));
    return (settings, width) => {
      const [sd, beta] = [SDS[Number(settings.sd)], BETAS[Number(settings.beta)]];
      const run = runs.find((one) => one.sd === sd && one.beta === beta)!;
      const answer = mapAnswer(run, data.transitions.start);
      const size = Math.min(width, 520);
      const axis = { from: -REACH, to: REACH, ticks: [-2, 0, 2] };
      const at = chart(
        size,
        size - 28,
        { ...axis, label: `ξ₁ of layer ${run.q.layer}` },
        { ...axis, label: "ξ₂" },
        `${answer.count} levels of 22 values in the plane of ξ`,
      );
      at.root.append(ellipse(at, [0, 0], [1, 0, 1], 2, "prior"));
      for (const [i, { mean, C }] of answer.spots.entries()) at.root.append(ellipse(at, mean, C, 2, `level ${colour(answer.levels[i])}`));
      for (const [i, { mean }] of answer.spots.entries()) at.root.append(dot(at.x(mean[0]), at.y(mean[1]), 2.5, colour(answer.levels[i])));
      const groups = Array.from({ length: answer.count }, (_, level) => answer.levels.flatMap((l, i) => (l === level ? [i] : [])));
      const names = groups.map((own) =>
        own.length === 1 ? shown(values[own[0]]) : `${shown(values[own[0]])}–${shown(values[own.at(-1) as number])}`,
      );
      const middles = groups.map((own, level) => {
        const [x, y] = answer.spots[own[Math.floor(own.length / 2)]].mean;
        return { x: at.x(x), y: at.y(y) + (level % 2 ? 20 : -10), text: names[level] };
      });
      at.root.append(...labels(middles.reverse(), "name passive"));
      picture.replaceChildren(at.root);
      const fact = (name: string, value: string) => [html("dt", {}, name), html("dd", {}, value)];
      facts.replaceChildren(
        html("dt", {}, "levels that can be told apart"),
        html(
          "dd",
          {},
          `${answer.count} of ${values.length} values`,
          html("span", { class: "chips" }, ...names.map((name, i) => html("span", { class: `chip ${colour(i)}` }, name))),
        ),
        ...fact("what ξ tells of the value", `${shown(answer.information)} of ${shown(answer.entropy)} nats`),
        ...fact("as good as so many equally likely levels", shown(Math.exp(answer.information), 1)),
        ...fact("what the loss pays for it, KL", `${shown(answer.kl)} nats`),
        ...fact("σ² β, which sets the price", String(Number((sd * sd * beta).toPrecision(3)))),
      );
      return {
        says: `σ = ${sd}, β = ${beta}: ξ keeps ${answer.count} ${answer.count === 1 ? "level" : "levels"} of 22 values apart, ${shown(answer.information)} nats.`,
        numbers: { count: answer.count, information: answer.information, kl: answer.kl, levels: answer.levels },
      };
    };
  },
});
