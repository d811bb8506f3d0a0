/** One value through the model: every number on its way from the past and the noisy value to the distribution of what comes out. */
import { valueAnswer, type Xi } from "../../answers/value";
import { heat } from "../chart";
import { html, shown } from "../dom";
import { data, models, series } from "../loaded";
import { type Control, type Settings, widget } from "../widget";
import { densityPicture, lighter, pastPicture, planePicture, seenPicture } from "./valuePictures";

const PAST = 10;
const PLACES = { min: 10, max: 400 };
/** What stands on each arrow: the name under which its code is found, and what it does. */
const ARROWS = {
  k: ["17", "k reads the past"],
  q: ["14", "q reads v"],
  xi: ["xi", "ξ = μ + R ε"],
  top: ["10", "h₂ = ξ₂ G₂"],
  mix: ["11", "h₁ = R₁(h₂, s) + ξ₁ G₁"],
  out: ["13", "v ~ π(T₀(h₁))"],
  next: ["16", "F₁: the state moves on"],
} as const;
type Arrow = keyof typeof ARROWS;

/** A coordinate of the reader's own ξ. */
const ofPoint = (label: string): Control => ({
  kind: "slider",
  also: { xi: "own" },
  label,
  min: -5,
  max: 5,
  step: 0.05,
  initial: 0,
  show: (x) => shown(x),
});

function card(title: string, note: string, ...content: Node[]) {
  return html("section", { class: "card" }, html("h3", {}, title), ...content, html("p", { class: "note" }, note));
}

function question(settings: Settings) {
  const place = Number(settings.t);
  const all = series();
  const truth = all[place];
  const layer = settings.layer === "2" ? 2 : 1;
  const xi: Xi =
    settings.xi === "draw"
      ? { from: "draw", seed: Number(settings.seed) }
      : settings.xi === "own"
        ? { from: "plane", layer, at: [Number(settings.a), Number(settings.b)] }
        : { from: "mean" };
  return { truth, layer, past: [...all.slice(place - PAST, place)], v: Math.min(1, Math.max(0, truth + Number(settings.noise))), xi };
}

export default widget({
  name: "value",
  tab: "One value",
  title: "One value through the model",
  about:
    "A noisy value and its past go in. Follow the arrows: each names its equation, and a press on it shows the line of code. Drag the orange point ξ and watch what comes out.",
  controls: {
    t: { kind: "slider", label: "place in the series", ...PLACES, step: 1, initial: 40 },
    noise: { kind: "slider", label: "noise on the value", min: -0.5, max: 0.5, step: 0.01, initial: 0.06, show: (x) => shown(x) },
    xi: {
      kind: "choice",
      label: "ξ is",
      options: [
        ["mean", "q’s mean"],
        ["draw", "a draw"],
        ["own", "my point"],
      ],
      initial: "mean",
    },
    seed: { kind: "slider", when: ({ xi }) => xi === "draw", label: "seed of the draw", min: 0, max: 20, step: 1, initial: 0 },
    layer: {
      kind: "choice",
      label: "layer",
      options: [
        ["1", "1"],
        ["2", "2"],
      ],
      initial: "1",
    },
    a: ofPoint("my ξ, first direction"),
    b: ofPoint("my ξ, second direction"),
    arrow: { kind: "hidden", initial: "q" },
  },
  view(element, set) {
    const flow = html("div", { class: "flow" });
    const code = html("div", { class: "code", "aria-live": "polite" });
    element.append(flow, code);
    let plane: ReturnType<typeof planePicture> | undefined;
    const buttons = Object.fromEntries(
      (Object.keys(ARROWS) as Arrow[]).map((name) => {
        const [equation, text] = ARROWS[name];
        const number = /^\d/.test(equation) ? `(${equation}) ` : "";
        return [name, html("button", { type: "button", class: "arrow", click: () => set({ arrow: name }) }, `${number}${text}`)];
      }),
    ) as Record<Arrow, HTMLButtonElement>;
    const slots = Object.fromEntries(
      ["past", "state", "seen", "q", "plane", "top", "low", "out", "after"].map((name) => [name, html("div")]),
    );
    // The picture is drawn anew at each move, the element around it stays.
    const follow = (event: PointerEvent) => plane && set({ xi: "own", ...plane.under(event) });
    slots.plane.addEventListener("pointerdown", (event) => {
      if (!(event.target as Element).closest(".drag")) return;
      event.preventDefault();
      slots.plane.setPointerCapture(event.pointerId);
      follow(event);
    });
    slots.plane.addEventListener("pointermove", (event) => slots.plane.hasPointerCapture(event.pointerId) && follow(event));
    const lane = (title: string, ...parts: Node[]) =>
      html("section", { class: "lane" }, html("h3", { class: "lane-title" }, title), ...parts);
    flow.append(
      lane("The past becomes a state", slots.past, buttons.k, slots.state),
      lane("The value becomes a latent variable", slots.seen, buttons.q, slots.q, buttons.xi, slots.plane),
      lane(
        "State and latent variables become a value, and the next state",
        buttons.top,
        slots.top,
        buttons.mix,
        slots.low,
        buttons.out,
        slots.out,
        buttons.next,
        slots.after,
      ),
    );
    return (settings) => {
      const { truth, layer, past, v, xi } = question(settings);
      const answer = valueAnswer(models.tdlgm, data.planes, { past, v, xi });
      const { mean, C, kl, onPlane } = answer.layers[layer - 1];
      const [a, b] = onPlane.xi;
      const most = Math.max(...answer.state.c.map(Math.abs), ...answer.state.h.map(Math.abs));
      const states = ({ h, c }: { h: number[]; c: number[] }, when: string) =>
        html(
          "div",
          { class: "pair" },
          html("div", {}, heat(h, 8, 10, most, `h ${when}`), html("p", { class: "tiny" }, "h")),
          html("div", {}, heat(c, 8, 10, most, `c ${when}`), html("p", { class: "tiny" }, "c")),
        );
      slots.past.replaceChildren(card("The past", "the ten values before", pastPicture(past)));
      slots.state.replaceChildren(
        card("State s₁", `64 outputs h, 64 cells c; deepest ±${shown(most)}`, states(answer.state, "of the state")),
      );
      slots.seen.replaceChildren(card("The value", `was ${shown(truth)}, seen as ${shown(v)}`, seenPicture(truth, v)));
      slots.q.replaceChildren(
        card(
          `q of layer ${layer}`,
          `mean μ, and covariance C; ${shown(kl, kl < 0.01 ? 6 : 2)} nats from the prior`,
          html(
            "div",
            { class: "pair" },
            html("div", {}, heat(mean, 1, 13, 3, "μ"), html("p", { class: "tiny" }, "μ")),
            html("div", {}, heat(C.flat(), 8, 13, 1, "C"), html("p", { class: "tiny" }, "C")),
          ),
        ),
      );
      plane = planePicture(answer, layer);
      slots.plane.replaceChildren(
        card(
          `ξ of layer ${layer}`,
          `${shown(100 * data.planes[layer - 1].share, 0)} % of what tells the values apart; dashed: prior, filled: q (2 sd), dots: the 22 values`,
          plane.root,
        ),
      );
      const deepest = Math.max(...answer.h.flat().map(Math.abs));
      slots.top.replaceChildren(
        card("h₂", `deepest ±${shown(Math.max(...answer.h[1].map(Math.abs)), 4)}`, heat(answer.h[1], 8, 10, deepest, "h of layer 2")),
      );
      slots.low.replaceChildren(card("h₁", `deepest ±${shown(deepest, 3)}`, heat(answer.h[0], 8, 10, deepest, "h of layer 1")));
      slots.out.replaceChildren(
        card("The value out", `mean ${lighter(answer.v)}, sd ${answer.sd}; blue: the clean value`, densityPicture(answer, truth)),
      );
      slots.after.replaceChildren(card("State after", "what the next value starts from", states(answer.after, "of the next state")));
      const open = (settings.arrow in ARROWS ? settings.arrow : "q") as Arrow;
      for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(name === open));
      const lines = data.code[ARROWS[open][0]] ?? [];
      code.replaceChildren(
        ...lines.flatMap((one) => [
          html("p", { class: "note" }, `${one.file}, line ${one.line}`),
          html("pre", { tabindex: 0 }, html("code", {}, one.code)),
        ]),
      );
      const numbers = {
        v: answer.v,
        xi: answer.layers.map((one) => one.xi),
        mean: answer.layers.map((one) => one.mean),
        kl: answer.layers.map((one) => one.kl),
        h1: answer.h[0],
        after: answer.after.c,
      };
      return { says: `${shown(truth)} is seen as ${shown(v)}; out comes ${lighter(answer.v)} ± ${answer.sd}.`, numbers, at: { a, b } };
    };
  },
});
