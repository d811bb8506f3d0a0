/** Charts and heat maps as SVG, drawn at the width that they have, so that text is as large on a phone as on a desktop. */
import { svg } from "./dom";

/** An axis: its ends, its ticks and what is written beside it. */
export interface Axis {
  from: number;
  to: number;
  ticks: number[];
  label: string;
  format?: (x: number) => string;
}

/** A chart with its axes: what is drawn goes into `root`, at x(..), y(..). */
export interface Chart {
  root: SVGSVGElement;
  x: (value: number) => number;
  y: (value: number) => number;
}

const MARGIN = { left: 46, right: 18, top: 10, bottom: 38 };
const plain = (x: number) => String(Number(x.toPrecision(4))).replace("-", "−");

/** An empty chart. @param label what the picture says, for those who don't see it */
export function chart(width: number, height: number, x: Axis, y: Axis, label: string): Chart {
  const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
  const toX = (v: number) => MARGIN.left + ((v - x.from) / (x.to - x.from)) * (right - MARGIN.left);
  const toY = (v: number) => bottom - ((v - y.from) / (y.to - y.from)) * (bottom - MARGIN.top);
  const root = svg("svg", { width, height, role: "img", "aria-label": label });
  for (const t of y.ticks)
    root.append(
      svg("line", { class: "grid", x1: MARGIN.left, x2: right, y1: toY(t), y2: toY(t) }),
      svg("text", { class: "tick", x: MARGIN.left - 6, y: toY(t) + 4, "text-anchor": "end" }, (y.format ?? plain)(t)),
    );
  for (const t of x.ticks)
    root.append(svg("text", { class: "tick", x: toX(t), y: bottom + 16, "text-anchor": "middle" }, (x.format ?? plain)(t)));
  root.append(
    svg("line", { class: "axis", x1: MARGIN.left, x2: right, y1: bottom, y2: bottom }),
    svg("text", { class: "label", x: (MARGIN.left + right) / 2, y: height - 5, "text-anchor": "middle" }, x.label),
    svg("text", { class: "label", transform: `translate(12 ${(MARGIN.top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, y.label),
  );
  return { root, x: toX, y: toY };
}

/** A polyline through points. */
export const line = (points: [number, number][], name: string) =>
  svg("polyline", { class: `line ${name}`, points: points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ") });

/** A mark at a point. */
export const dot = (x: number, y: number, r: number, name: string) =>
  svg("circle", { class: `dot ${name}`, cx: x.toFixed(1), cy: y.toFixed(1), r });

/** An ellipse of a Gaussian in a chart with one scale on both axes: C's entries 11, 12, 22, at that many standard deviations. */
export function ellipse({ x, y }: Chart, [mx, my]: [number, number], [a, b, c]: [number, number, number], sds: number, name: string) {
  const half = Math.hypot((a - c) / 2, b);
  const [large, small] = [(a + c) / 2 + half, Math.max(0, (a + c) / 2 - half)];
  const angle = (Math.atan2(2 * b, a - c) / 2) * (180 / Math.PI);
  const scale = (x(1) - x(0)) * sds;
  const [rx, ry] = [scale * Math.sqrt(large), scale * Math.sqrt(small)].map((r) => Math.max(1, r).toFixed(1));
  return svg("ellipse", {
    class: name,
    rx,
    ry,
    transform: `translate(${x(mx).toFixed(1)} ${y(my).toFixed(1)}) rotate(${(-angle).toFixed(1)})`,
  });
}

/** Numbers as a heat map, row by row: orange above 0, blue below; the deepest colour stands for ±most. */
export function heat(values: number[], columns: number, size: number, most: number, label: string): SVGSVGElement {
  const rows = Math.ceil(values.length / columns);
  const root = svg("svg", { width: columns * size, height: rows * size, role: "img", "aria-label": label });
  values.forEach((v, i) => {
    const strength = Math.min(1, Math.abs(v) / most).toFixed(3);
    const [x, y] = [(i % columns) * size, Math.floor(i / columns) * size];
    root.append(
      svg("rect", { class: "cell", x, y, width: size - 1, height: size - 1 }),
      svg("rect", { class: v < 0 ? "cold" : "hot", x, y, width: size - 1, height: size - 1, "fill-opacity": strength }),
    );
  });
  return root;
}

/** Equal steps from one number to another, both with it. */
export const steps = (from: number, to: number, by: number) =>
  Array.from({ length: Math.round((to - from) / by) + 1 }, (_, i) => from + i * by);

/** Labels at points, those left out that would lie on one before them. */
export function labels(points: { x: number; y: number; text: string }[], name: string): SVGTextElement[] {
  const taken: { x: number; y: number; half: number }[] = [];
  return points.flatMap(({ x, y, text }) => {
    const half = 3.2 * text.length;
    if (taken.some((other) => Math.abs(other.y - y) < 13 && Math.abs(other.x - x) < other.half + half + 4)) return [];
    taken.push({ x, y, half });
    return [svg("text", { class: name, x: x.toFixed(1), y: y.toFixed(1), "text-anchor": "middle" }, text)];
  });
}
