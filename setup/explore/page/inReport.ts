/** Draws the figures in the report's page of a notebook, each at the settings of its cell, without a kernel. */
import { FIGURES } from "./figures";
import { LocalModel } from "./host";

for (const place of document.querySelectorAll<HTMLElement>(".report-explore")) {
  const { figure, settings } = JSON.parse(place.querySelector("script")?.textContent ?? "{}");
  const module = FIGURES.find((one) => one.figure.name === figure);
  if (!module) continue;
  const model = new LocalModel(settings);
  module.initialize({ model });
  module.render({ model, el: place });
}
