/** The figures as one module in anywidget's convention: the model's `figure` says which one is shown. */
import { FIGURES } from "./figures";
import type { WidgetModel } from "./widget";

const chosen = (model: WidgetModel) => {
  const name = model.get("figure");
  const module = FIGURES.find(({ figure }) => figure.name === name);
  if (!module) throw new Error(`figure must be ${FIGURES.map(({ figure }) => figure.name).join(" or ")}; it is ${JSON.stringify(name)}`);
  return module;
};

export default {
  initialize: ({ model }: { model: WidgetModel }) => chosen(model).initialize({ model }),
  render: ({ model, el }: { model: WidgetModel; el: HTMLElement }) => chosen(model).render({ model, el }),
};
