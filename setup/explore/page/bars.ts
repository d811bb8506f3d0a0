/** Rows of a name, bars on one scale and a number. */
import { html, svg } from "./dom";

/** What a bar is long by, from 0 to 1, and the class that colours it. */
export type Bar = [share: number, kind: string];

/** A row with its bars one below the other: the first is the wide one. */
export function row(name: string, bars: Bar[], number: string, isMarked = false) {
  const places =
    bars.length > 1
      ? [
          { y: 0, height: 9 },
          { y: 11, height: 5 },
        ]
      : [{ y: 2, height: 12 }];
  const marks = bars.map(([share, kind], i) =>
    svg("rect", { class: `mark ${kind}`, x: 0, ...places[i], width: `${100 * Math.min(1, Math.max(0, share))}%` }),
  );
  return html(
    "div",
    { class: isMarked ? "bar winner" : "bar" },
    html("span", {}, name),
    svg("svg", { width: "100%", height: 16, "aria-hidden": "true" }, ...marks),
    html("span", { class: "bar-value" }, number),
  );
}
