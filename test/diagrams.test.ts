import { describe, expect, test } from "vitest";
import { generatorDiagram, recognitionDiagram } from "../lib/notebook/diagrams";
import type { Figure } from "../lib/notebook/figures";

type Drawn = { type?: string; x0: number; x1: number; y0: number; y1: number; line: { dash?: string } };
type Note = { x: number; y: number; ax: number; ay: number; text: string; showarrow: boolean };
const boxes = (figure: Figure) =>
  (figure.layout.shapes as unknown as Drawn[]).filter((s) => s.type === "rect" && s.line.dash === undefined);
const notes = (figure: Figure) => figure.layout.annotations as unknown as Note[];
const texts = (figure: Figure) => notes(figure).flatMap((note) => (note.showarrow ? [] : [note.text]));
/** The text of the box on whose edge a point lies. */
const boxAt = (figure: Figure, x: number, y: number): string | undefined => {
  const near = (a: number, b: number) => Math.abs(a - b) < 1e-9;
  const box = boxes(figure).find(
    (b) => ((near(x, b.x0) || near(x, b.x1)) && y >= b.y0 && y <= b.y1) || ((near(y, b.y0) || near(y, b.y1)) && x >= b.x0 && x <= b.x1),
  );
  return box && notes(figure).find((n) => !n.showarrow && near(n.x, (box.x0 + box.x1) / 2) && near(n.y, (box.y0 + box.y1) / 2))?.text;
};
const plain = (text: string | undefined) => text?.replace(/<\/?sub>/g, "");

describe("generatorDiagram", () => {
  test.each([1, 2, 4])("L = %i: L latent variables, L - 1 states, one value", (L) => {
    const all = texts(generatorDiagram(L));
    const count = (start: string) => all.filter((text) => text.startsWith(start)).length;
    expect([count("ξ"), count("G<"), count("R<"), count("F<"), count("s<"), count("v<")]).toEqual([L, L, L - 1, L - 1, 2 * (L - 1), 1]);
    expect(boxes(generatorDiagram(L))).toHaveLength(3 * L + 4 * (L - 1) + 2);
  });

  test.each(["above", "below"] as const)("%s: every arrow ends at a box, and no box hides another", (transition) => {
    const figure = generatorDiagram(3, transition);
    for (const { x, y, showarrow } of notes(figure)) if (showarrow) expect(boxAt(figure, x, y)).toBeDefined();
    const all = boxes(figure);
    for (const [i, a] of all.entries())
      for (const b of all.slice(i + 1)) expect(a.x1 < b.x0 || b.x1 < a.x0 || a.y1 < b.y0 || b.y1 < a.y0).toBe(true);
  });

  test("what F reads: with R's cell from above, h of the layer below or v from below", () => {
    const figure = generatorDiagram(3, "below");
    const bent = (figure.layout.shapes as unknown as { path?: string }[]).flatMap(({ path }) =>
      path ? [path.match(/[-.\d]+/g)!.map(Number)] : [],
    );
    /** The boxes at which the bent lines into F_l begin. */
    const fedFrom = (l: number) =>
      notes(figure).flatMap((n) => {
        if (!n.showarrow || plain(boxAt(figure, n.x, n.y)) !== `F${l}`) return [];
        return bent.flatMap((p) => (p.at(-2) === n.ax && p.at(-1) === n.ay ? [plain(boxAt(figure, p[0], p[1]))] : []));
      });
    expect(fedFrom(2)).toEqual(["s2,t", "+ → h1,t"]);
    expect(fedFrom(1)).toEqual(["s1,t", "vt ~ π"]);
    const above = generatorDiagram(3, "above");
    const into = notes(above).filter((n) => n.showarrow && plain(boxAt(above, n.x, n.y))?.startsWith("F"));
    expect(into.map((n) => plain(boxAt(above, n.ax, n.ay)))).toEqual(["R2", "R1"]);
  });

  test("L must be a whole number", () => {
    expect(() => generatorDiagram(0)).toThrow("L must be a whole number from 1; it is 0");
    expect(() => generatorDiagram(1.5)).toThrow("1.5");
  });
});

describe("recognitionDiagram", () => {
  const figure = recognitionDiagram(3);
  /** The arrows between boxes, as from -> to. */
  const arrows = notes(figure)
    .filter((n) => n.showarrow && boxAt(figure, n.ax, n.ay))
    .map((n) => `${plain(boxAt(figure, n.ax, n.ay))} -> ${plain(boxAt(figure, n.x, n.y))}`);

  test("q reads v_t alone, F the state and ξ, and k and F lead to the same state", () => {
    expect(arrows).toEqual([
      "vt -> q",
      "q -> ξ1:3,t",
      "ξ1:3,t -> F",
      "k -> s1:2,t",
      "s1:2,t -> F",
      "F -> s1:2,t+1",
      "k -> s1:2,t+1",
      "s1:2,t+1 -> s1:2,t+1",
      "s1:2,t+1 -> s1:2,t+1",
    ]);
  });

  test("the window of s_t ends before v_t, the moved one with it", () => {
    const windows = (figure.layout.shapes as unknown as Drawn[]).filter((s) => s.line.dash === "dot");
    const values = boxes(figure).filter((b) => plain(boxAt(figure, b.x0, b.y0))?.match(/^(v|…)/));
    const inside = ({ x0, x1 }: Drawn) => values.flatMap((b) => (b.x0 > x0 && b.x1 < x1 ? [plain(boxAt(figure, b.x0, b.y0))] : []));
    expect(windows.map(inside)).toEqual([
      ["vt−m", "vt−m+1", "…", "vt−1"],
      ["vt−m+1", "…", "vt−1", "vt"],
    ]);
  });

  test("every arrow ends at a box, no box hides another, and with L = 2 there is one state", () => {
    for (const { x, y, showarrow } of notes(figure)) if (showarrow) expect(boxAt(figure, x, y)).toBeDefined();
    const all = boxes(figure);
    for (const [i, a] of all.entries())
      for (const b of all.slice(i + 1)) expect(a.x1 < b.x0 || b.x1 < a.x0 || a.y1 < b.y0 || b.y1 < a.y0).toBe(true);
    expect(texts(recognitionDiagram(2)).map(plain)).toEqual(expect.arrayContaining(["s1,t", "ξ1:2,t", "ξ2,t (16)"]));
    expect(() => recognitionDiagram(1)).toThrow("L must be a whole number from 2");
  });
});
