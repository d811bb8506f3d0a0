/** The explorable page: a tab a figure. What is shown, figure, seed and settings, lies in the address behind the #. */
import { html } from "./dom";
import { FIGURES } from "./figures";
import { LocalModel } from "./host";
import { valid } from "./widget";

const parts = FIGURES.map((module) => {
  const { name, tab: short, title, about, controls } = module.figure;
  const initial = Object.fromEntries(Object.entries(controls).map(([key, control]) => [key, control.initial]));
  const model = new LocalModel(initial);
  const tab = html(
    "button",
    { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, click: () => show(name), keydown: turn },
    short,
  );
  const panel = html(
    "section",
    { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, hidden: true },
    html("h2", {}, title),
    html("p", { class: "about" }, about),
  );
  return { name, module, model, controls, tab, panel, isRendered: false };
});
let current = "";

/** Left and right go to the next tab. */
function turn(event: Event): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[(event as KeyboardEvent).key];
  if (!step) return;
  const at = parts.findIndex(({ name }) => name === current);
  const next = parts[(at + step + parts.length) % parts.length];
  show(next.name);
  next.tab.focus();
}

function show(name: string): void {
  current = name;
  for (const part of parts) {
    const isShown = part.name === name;
    part.tab.setAttribute("aria-selected", String(isShown));
    part.tab.tabIndex = isShown ? 0 : -1;
    part.panel.hidden = !isShown;
    if (isShown && !part.isRendered) {
      part.isRendered = true;
      part.module.initialize({ model: part.model });
      part.module.render({ model: part.model, el: part.panel });
      part.model.on("change", write);
    }
  }
  write();
}

/** Writes figure and settings into the address. */
function write(): void {
  const part = parts.find(({ name }) => name === current);
  if (!part) return;
  const settings = Object.fromEntries(Object.entries(part.model.all()).map(([key, value]) => [key, String(value)]));
  history.replaceState(null, "", `#${new URLSearchParams({ figure: part.name, ...settings })}`);
}

/** Takes figure and settings out of the address; what is unknown or out of its range is left at what it was at first. */
function read(): void {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const part = parts.find(({ name }) => name === wanted.get("figure")) ?? parts[0];
  for (const [key, control] of Object.entries(part.controls)) part.model.set(key, valid(control, wanted.get(key)));
  part.model.save_changes();
  show(part.name);
}

async function copy(): Promise<void> {
  const field = html("input", { class: "address", value: location.href, readonly: true, "aria-label": "Address of this picture" });
  share.after(field);
  field.select();
  let done = false;
  try {
    await navigator.clipboard.writeText(location.href);
    done = true;
  } catch {
    done = document.execCommand("copy"); // a page from a file has no clipboard of its own
  }
  field.remove();
  share.textContent = done ? "Copied" : "Copy the address above";
  setTimeout(() => (share.textContent = SHARE), 2000);
}
const SHARE = "Copy a link to this picture";
const share = html("button", { type: "button", click: () => void copy() }, SHARE);

document
  .querySelector("main")
  ?.append(
    html(
      "div",
      { class: "top" },
      html("div", { role: "tablist", class: "tabs", "aria-label": "Figures" }, ...parts.map(({ tab }) => tab)),
      share,
    ),
    ...parts.map(({ panel }) => panel),
  );
addEventListener("hashchange", read);
read();
