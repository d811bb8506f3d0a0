/** Elements of HTML and SVG, made in one expression. Styles are classes: the page's policy allows no style attributes. */

type Child = Node | string | null | undefined | false;
/** Attributes; a function listens to the event of that name, and what is undefined or false is left out. */
export type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => void)>;

function filled<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** An element of HTML. */
export const html = <T extends keyof HTMLElementTagNameMap>(tag: T, attributes: Attributes = {}, ...children: Child[]) =>
  filled(document.createElement(tag), attributes, children);

/** An element of SVG. */
export const svg = <T extends keyof SVGElementTagNameMap>(tag: T, attributes: Attributes = {}, ...children: Child[]) =>
  filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** A number as a reader wants it: no more digits than count. */
export function shown(x: number, digits = 2): string {
  if (x !== 0 && Math.abs(x) < 10 ** -(digits + 1)) return x.toExponential(1).replace("e-", "e−").replace(/^-/, "−");
  return x.toFixed(digits).replace("-", "−");
}
