/** Diagrams of a model's structure as Plotly figures: boxes and arrows, drawn by the same means as every other figure. */
import type { Annotation, Shape } from "plotly.js-dist";
import { checkChoice, checkWhole } from "../base/check";
import { COLOURS, type Figure, PALETTE } from "./figures";

/** A box of a diagram: its centre, half its width and height, its text (with HTML's sub), a colour of its edge. */
interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
  text: string;
  colour: string;
}
type Point = [x: number, y: number];

const HALF = { w: 0.5, h: 0.3 };
const KINDS = { latent: PALETTE[2], state: PALETTE[3], network: COLOURS.truth, value: COLOURS.generated } as const;

/** A sheet to draw boxes, arrows between them and notes on; `finished` is the figure. */
function sheet() {
  const boxes = new Map<string, Box>();
  const arrows: Partial<Annotation>[] = [];
  const shapes: Partial<Shape>[] = [];
  const notes: Partial<Annotation>[] = [];
  const box = (name: string, x: number, y: number, text: string, kind: keyof typeof KINDS, w = HALF.w) =>
    boxes.set(name, { x, y, w, h: HALF.h, text, colour: KINDS[kind] });
  const note = (x: number, y: number, text: string, yanchor: "bottom" | "top" = "bottom", xanchor: "left" | "right" = "left") =>
    notes.push({ x, y, text, showarrow: false, xanchor, yanchor, font: { size: 10, color: "#666666" } });
  /** A line through these points, with a head at its end. */
  const line = (points: Point[]) => {
    const d = points.map(([x, y], i) => `${i === 0 ? "M" : "L"} ${x} ${y}`).join(" ");
    if (points.length > 2) shapes.push({ type: "path", path: d.slice(0, d.lastIndexOf(" L")), line: { color: "#444444", width: 1.3 } });
    const [[ax, ay], [x, y]] = points.slice(-2);
    const pixels = { xref: "x", yref: "y", axref: "x", ayref: "y" } as unknown as Partial<Annotation>;
    arrows.push({ ...pixels, x, y, ax, ay, text: "", showarrow: true, arrowhead: 2, arrowwidth: 1.3, arrowcolor: "#444444" });
  };
  const side = (name: string, dx: -1 | 0 | 1, dy: -1 | 0 | 1): Point => {
    const { x, y, w, h } = boxes.get(name) as Box;
    return [x + dx * w, y + dy * h];
  };
  const right = (from: string, to: string) => line([side(from, 1, 0), side(to, -1, 0)]);
  const down = (from: string, to: string) => line([side(from, 0, -1), side(to, 0, 1)]);
  const dotted = (x0: number, x1: number, y0: number, y1: number) =>
    shapes.push({ type: "rect", x0, x1, y0, y1, line: { color: "#888888", width: 1, dash: "dot" } });

  const finished = (x: Point, y: Point, height: number): Figure => {
    for (const { x, y, w, h, colour } of boxes.values()) {
      shapes.push({ type: "rect", x0: x - w, x1: x + w, y0: y - h, y1: y + h, line: { color: colour, width: 2 }, fillcolor: "#ffffff" });
    }
    const texts = [...boxes.values()].map(({ x, y, text }) => ({ x, y, text, showarrow: false, font: { size: 13 } }));
    const axis = { visible: false, fixedrange: true, showgrid: false, zeroline: false };
    const layout: Figure["layout"] = {
      font: { family: "Arial, Helvetica, sans-serif", size: 12, color: "#222222" },
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      height,
      margin: { l: 10, r: 10, t: 10, b: 10 },
      xaxis: { ...axis, range: x },
      yaxis: { ...axis, range: y },
      shapes,
      annotations: [...arrows, ...texts, ...notes],
    };
    // A figure without a trace shows nothing, not even its shapes: one point that is not seen.
    return { data: [{ type: "scatter", x: [0], y: [0], mode: "markers", marker: { opacity: 0 }, hoverinfo: "skip" }], layout };
  };
  return { box, note, line, side, right, down, dotted, finished };
}

/** The columns: what comes in (ξ_l, s_{l,t}), G_l, the way down (R_l, h_l, T_0, v), F_l, s_{l,t+1}. */
const COLUMN = { input: 0, mixing: 1.5, main: 3, transition: 5, output: 7 };

/**
 * The generator of tDLGM, the paper's Figure 1 as its eqs. (9)-(13) have it: time from left to right, layers from top to bottom.
 * @param L layers; 1 .. L-1 have a state
 * @param transition where F_l of eq. (12) gets its input: h_{l+1} (above, one LSTM cell with R_l) or h_{l-1} (below, v at l = 1)
 */
export function generatorDiagram(L: number, transition: "above" | "below" = "above"): Figure {
  checkWhole(L, "L", 1);
  checkChoice(transition, "transition", ["above", "below"]);
  const { box, note, line, side, right, down, dotted, finished } = sheet();
  const sumRow = (l: number) => 2 * l;
  const { input, mixing, main, transition: F, output } = COLUMN;

  for (let l = L; l >= 1; l--) {
    const y = sumRow(l);
    box(`xi${l}`, input, y, `ξ<sub>${l},t</sub> ~ N(0, I)`, "latent", 0.75);
    box(`G${l}`, mixing, y, `G<sub>${l}</sub>`, "network", 0.35);
    box(`h${l}`, main, y, l === L ? `h<sub>${l},t</sub>` : `+ → h<sub>${l},t</sub>`, "value");
    right(`xi${l}`, `G${l}`);
    right(`G${l}`, `h${l}`);
    note(main + HALF.w + 0.05, y - 0.05, l === L ? "(10)" : "(11)", "top");
  }
  box("T0", main, 1, "T<sub>0</sub>", "network");
  box("v", main, 0, "v<sub>t</sub> ~ π", "value");
  note(main + HALF.w + 0.05, -0.05, "(13)", "top");
  note(input - 0.75, sumRow(L) + HALF.h, "(9)");
  for (let l = L - 1; l >= 1; l--) {
    const y = sumRow(l) + 1;
    box(`s${l}`, input, y, `s<sub>${l},t</sub>`, "state");
    box(`R${l}`, main, y, `R<sub>${l}</sub>`, "network");
    box(`F${l}`, F, y, `F<sub>${l}</sub>`, "network");
    box(`next${l}`, output, y, `s<sub>${l},t+1</sub>`, "state");
    right(`s${l}`, `R${l}`);
    down(`h${l + 1}`, `R${l}`);
    down(`R${l}`, `h${l}`);
    right(`F${l}`, `next${l}`);
    note(F + HALF.w + 0.2, y + 0.02, "(12)");
    if (transition === "above") {
      // One LSTM cell has both inputs: what goes into R_l goes into F_l.
      right(`R${l}`, `F${l}`);
      const [x0, x1] = [main - HALF.w - 0.15, F + HALF.w + 0.15];
      dotted(x0, x1, y - 0.42, y + 0.42);
      note(main + HALF.w + 0.1, y + 0.08, "one LSTM cell");
    } else {
      const lane = y + 0.55;
      line([side(`s${l}`, 0, 1), [input, lane], [F, lane], side(`F${l}`, 0, 1)]);
      const [x, below] = side(l === 1 ? "v" : `h${l - 1}`, 1, 0);
      const up = main + HALF.w + (l % 2 === 0 ? 0.6 : 0.35); // two lanes, since they overlap
      line([[x, below], [up, below], [up, y], side(`F${l}`, -1, 0)]);
    }
  }
  down("h1", "T0");
  down("T0", "v");
  return finished([-1, COLUMN.output + 0.8], [-0.6, sumRow(L) + 0.8], 110 + 100 * L + 30);
}

/**
 * Recognition and the two ways to the next state, eqs. (14)-(16): q from v_t to ξ_t, k from the m values before v_t to s_t, F from both to
 * s_{t+1}, and k from the window moved by one value to s_{t+1} again. Time runs from left to right.
 * @param L layers, at least 2: with one there is no state
 */
export function recognitionDiagram(L: number): Figure {
  checkWhole(L, "L", 2);
  const { box, note, line, side, right, down, dotted, finished } = sheet();
  /** The layers from..to of a symbol, all at time t. */
  const layers = (symbol: string, from: number, to: number, time: string) =>
    `${symbol}<sub>${from === to ? from : `${from}:${to}`},${time}</sub>`;
  const [upper, middle, lower] = [4, 2, 0]; // k from the moved window; the values; k from the window, and F
  const last = 4.4; // v_t
  ["t−m", "t−m+1", "…", "t−1", "t"].forEach((time, i) => {
    const text = time === "…" ? "…" : `v<sub>${time}</sub>`;
    box(`v${i}`, (last * i) / 4, middle, text, "value", 0.45);
  });
  box("kNext", 3.3, upper, "k", "network", 0.35);
  box("byK", 8.4, upper, layers("s", 1, L - 1, "t+1"), "state", 0.6);
  box("k", 1.1, lower, "k", "network", 0.35);
  box("s", 3.3, lower, layers("s", 1, L - 1, "t"), "state", 0.6);
  box("q", 5.65, middle, "q", "network", 0.35);
  box("xi", 6.9, middle, layers("ξ", 1, L, "t"), "latent", 0.5);
  box("F", 6.9, lower, "F", "network");
  box("byF", 8.4, lower, layers("s", 1, L - 1, "t+1"), "state", 0.6);

  const [window, moved] = [1.65, 2.75].map((x) => ({ x0: x - 2.2, x1: x + 2.2 }));
  dotted(window.x0, window.x1, middle - 0.55, middle + 0.42);
  dotted(moved.x0, moved.x1, middle - 0.42, middle + 0.55);
  line([[1.1, middle - 0.55], side("k", 0, 1)]);
  line([[3.3, middle + 0.55], side("kNext", 0, -1)]);
  right("v4", "q");
  right("q", "xi");
  down("xi", "F");
  right("k", "s");
  right("s", "F");
  right("F", "byF");
  right("kNext", "byK");
  line([side("byF", 0, 1), side("byK", 0, -1)]);
  line([side("byK", 0, -1), side("byF", 0, 1)]);

  note(1.2, 1.2, "window of s<sub>t</sub>", "top");
  note(3.4, 2.85, "the same, moved by one value");
  note(6.05, middle + 0.1, "(14)");
  note(7, 1.2, `${layers("ξ", 2, L, "t")} (16)`, "top");
  note(1.5, lower + 0.05, "(15)");
  note(3.7, upper + 0.05, "(15)");
  note(7.42, lower + 0.05, "(12)");
  note(8.5, middle, "≈ (15), (26)");
  note(9.07, upper - 0.1, "by k");
  note(9.07, lower - 0.1, "by F");
  return finished([-1, 9.9], [-0.6, 4.6], 360);
}
