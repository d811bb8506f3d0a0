/** The pictures of "One value": the past, the value as it is seen, ξ's plane, the distribution of what comes out. */
import type { ValueAnswer } from "../../answers/value";
import { type Axis, chart, dot, ellipse, labels, line, steps } from "../chart";
import { shown, svg } from "../dom";
import { data, values } from "../loaded";
import type { Settings } from "../widget";

/** A number with three digits. */
export const lighter = (x: number) => shown(x, 3);
const fifths: Omit<Axis, "label"> = { from: 0, to: 1, ticks: [0, 0.5, 1] };

/** The past values, a stem each. */
export function pastPicture(past: number[]) {
  const at = chart(
    200,
    132,
    { from: -past.length - 0.5, to: -0.5, ticks: [-10, -5, -1], label: "values ago", format: signedTick },
    { ...fifths, label: "v" },
    `The past: ${past.map(lighter).join(", ")}`,
  );
  past.forEach((v, i) => {
    const x = at.x(i - past.length);
    at.root.append(svg("line", { class: "line truth", x1: x, x2: x, y1: at.y(0), y2: at.y(v) }), dot(x, at.y(v), 3, "truth"));
  });
  return at.root;
}
const signedTick = (t: number) => String(-t);

/** The value on a line from 0 to 1: as it was, and as it is seen. */
export function seenPicture(truth: number, v: number) {
  const [width, height] = [200, 84];
  const x = (value: number) => 14 + value * (width - 28);
  const label = `The value was ${lighter(truth)} and is seen as ${lighter(v)}`;
  const root = svg("svg", { width, height, role: "img", "aria-label": label });
  root.append(
    svg("line", { class: "axis", x1: x(0), x2: x(1), y1: 50, y2: 50 }),
    ...[0, 0.5, 1].map((t) => svg("text", { class: "tick", x: x(t), y: 68, "text-anchor": "middle" }, String(t))),
    svg("line", { class: "line seen", x1: x(truth), x2: x(v), y1: 50, y2: 50 }),
    dot(x(truth), 50, 5, "truth"),
    dot(x(v), 50, 6, "seen"),
    svg("text", { class: "label", x: Math.min(width - 50, Math.max(50, x(v))), y: 30, "text-anchor": "middle" }, `seen as ${shown(v)}`),
  );
  return root;
}

/** The density of what comes out, and the values that it may have been. */
export function densityPicture({ v, sd }: ValueAnswer, truth: number) {
  const density = (x: number) => Math.exp(-(((x - v) / sd) ** 2) / 2);
  const at = chart(
    196,
    140,
    { ...fifths, ticks: [0, 0.25, 0.5, 0.75, 1], label: "v out" },
    { from: 0, to: 1.08, ticks: [], label: "density" },
    `The distribution of v out: mean ${lighter(v)}, standard deviation ${sd}`,
  );
  const points = steps(0, 1, 0.004).map((x): [number, number] => [at.x(x), at.y(density(x))]);
  at.root.append(
    svg("line", { class: "line truth", x1: at.x(truth), x2: at.x(truth), y1: at.y(0), y2: at.y(1.05) }),
    line(points, "tdlgm"),
  );
  return at.root;
}

/** ξ's plane: the prior, q, the means of all values, and ξ, which can be dragged. */
export function planePicture(answer: ValueAnswer, layer: number) {
  const { onPlane } = answer.layers[layer - 1];
  const { dots } = data.planes[layer - 1];
  const reach = Math.max(2.2, ...dots.flat().map((x) => Math.abs(x) + 0.5));
  const size = 236;
  const axis = { from: -reach, to: reach, ticks: [-2, 0, 2] };
  const at = chart(
    size,
    size - 28,
    { ...axis, label: "first direction" },
    { ...axis, label: "second direction" },
    `ξ of layer ${layer} lies at ${lighter(onPlane.xi[0])}, ${lighter(onPlane.xi[1])}`,
  );
  at.root.classList.add("drag");
  at.root.append(
    ellipse(at, [0, 0], [1, 0, 1], 2, "prior"),
    ...dots.map(([x, y]) => dot(at.x(x), at.y(y), 3, "other")),
    ellipse(at, onPlane.mean, onPlane.C, 2, "posterior"),
    svg("line", {
      class: "line seen",
      x1: at.x(onPlane.mean[0]),
      y1: at.y(onPlane.mean[1]),
      x2: at.x(onPlane.xi[0]),
      y2: at.y(onPlane.xi[1]),
    }),
    dot(at.x(onPlane.xi[0]), at.y(onPlane.xi[1]), 8, "handle"),
  );
  const far = dots.map(([x, y], i) => ({ x: at.x(x), y: at.y(y) - 8, text: shown(values[i]) })).reverse();
  at.root.append(...labels(far, "name passive"));
  const inverse = (pixel: number, f: (x: number) => number) => -reach + ((pixel - f(-reach)) / (f(reach) - f(-reach))) * 2 * reach;
  const within = (x: number) => Math.min(reach, Math.max(-reach, x));
  const under = (event: PointerEvent): Settings => {
    const box = at.root.getBoundingClientRect();
    return { a: within(inverse(event.clientX - box.left, at.x)), b: within(inverse(event.clientY - box.top, at.y)) };
  };
  return { root: at.root, under };
}
