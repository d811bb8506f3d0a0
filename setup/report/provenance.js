// A click or Enter on a number of a result table shows the runs that it follows from, with their seeds and settings.
/** @type {any} */ (globalThis).addEventListener("DOMContentLoaded", () => {
  const { document } = /** @type {any} */ (globalThis);
  const data = document.querySelector("script#provenance");
  const dialog = document.querySelector("dialog");
  if (!data || !dialog) return;
  const { runs, commit } = JSON.parse(data.textContent);

  /** @type {(tag: string, text: string) => any} */
  const element = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

  /** @type {(names: string[]) => any[]} one paragraph and one list of settings for all runs that differ by their seed alone */
  const described = (names) => {
    /** @type {Map<string, string[]>} */
    const families = new Map();
    for (const name of names) {
      const { config, share, from } = runs[name];
      const key = JSON.stringify({ ...config, ...(share && { share, from }) });
      families.set(key, [...(families.get(key) ?? []), name]);
    }
    return [...families].flatMap(([settings, members]) => {
      const table = document.createElement("table");
      table.append(
        ...members.map((name) => {
          const { seed, shipped, device, metrics } = runs[name];
          const line = document.createElement("tr");
          const where = shipped ? "data/runs" : "runs";
          line.append(
            ...[`${where}/${name}`, `seed ${seed}`, device, `metrics ${metrics.slice(0, 12)}`].map((text) => element("td", text)),
          );
          return line;
        }),
      );
      const values = Object.entries(JSON.parse(settings)).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
      return [table, element("p", `Settings: ${values.join(", ")}`)];
    });
  };

  document.querySelector("main").addEventListener("click", (/** @type {any} */ { target }) => {
    const button = target.closest("button[data-runs]");
    if (!button) return;
    const names = JSON.parse(button.dataset.runs);
    const title = element("h2", `${button.textContent}: ${button.title}`);
    const close = Object.assign(element("button", "Close"), { onclick: () => dialog.close() });
    const made = element("p", `Tables made at commit ${commit ?? "unknown"}; provenance.json holds all of this.`);
    dialog.replaceChildren(title, ...(names.length ? described(names) : [element("p", "No run is left.")]), made, close);
    dialog.showModal();
  });
});
