// The answer of a live output, drawn in the reader's program (anywidget's convention). It shows a list of outputs as JupyterLab shows those of
// a cell; a figure is redrawn in place.

/** @typedef {Record<string, any>} Bundle  mime type -> representation */
/** @typedef {{ mime: string, node?: any, Plotly?: any }} Place  of an output that is shown */

const PLOTLY = "application/vnd.plotly.v1+json";

/**
 * An output's representations, streams and errors by the mime types that JupyterLab has for them.
 * @param {any} output
 * @returns {Bundle}
 */
function bundleOf(output) {
  if (output.output_type === "stream") return { [`application/vnd.jupyter.${output.name}`]: output.text };
  if (output.output_type === "error") return { "application/vnd.jupyter.stderr": output.traceback.join("\n") };
  return output.data;
}

/** @param {{ model: any, el: any }} place */
function render({ model, el }) {
  const { rendermime } = model.widget_manager;
  /** @type {Place[]} */
  let places = [];

  /** @param {Place} place @param {Bundle} bundle */
  async function drawFigure(place, bundle) {
    const { data, layout, config } = bundle[PLOTLY];
    const sized = { ...layout, height: layout.height ?? 400 };
    if (place.Plotly) return place.Plotly.react(place.node, data, sized, config);
    const renderer = rendermime.createRenderer(PLOTLY);
    place.node = renderer.node;
    el.append(renderer.node);
    await renderer.renderModel(rendermime.createModel({ trusted: true, data: { [PLOTLY]: { data, layout: sized, config } } }));
    place.Plotly = renderer.constructor.Plotly; // JupyterLab's own copy: none is loaded here
  }

  /** @param {Place} place @param {Bundle} bundle */
  async function drawOther(place, bundle) {
    const renderer = rendermime.createRenderer(place.mime);
    el.append(renderer.node);
    place.node = renderer.node;
    renderer.processMessage({ type: "after-attach" }); // formulas are set only in what is attached
    await renderer.renderModel(rendermime.createModel({ trusted: true, data: bundle }));
  }

  async function draw() {
    const bundles = /** @type {Bundle[]} */ (model.get("outputs").map(bundleOf));
    const mimes = bundles.map((bundle) => rendermime.preferredMimeType(bundle, "any"));
    const isSame = mimes.length === places.length && mimes.every((mime, i) => mime === places[i].mime);
    if (!isSame) {
      el.replaceChildren();
      places = mimes.map((mime) => ({ mime }));
    }
    for (const [i, place] of places.entries()) {
      if (place.mime === PLOTLY) await drawFigure(place, bundles[i]);
      else {
        const old = place.node;
        await drawOther(place, bundles[i]);
        if (old) old.replaceWith(place.node);
      }
    }
    el.dataset.answer = String(model.get("number"));
  }

  /** A new answer is a change of the notebook, which JupyterLab saves. */
  const answered = () => {
    if (model.widget_manager.context) model.widget_manager.context.model.dirty = true;
    redraw();
  };

  let drawing = Promise.resolve();
  let isDue = false;
  /** Draws the last outputs; those that come while it draws are drawn once. */
  const redraw = () => {
    if (isDue) return;
    isDue = true;
    drawing = drawing.then(() => {
      isDue = false;
      return draw().catch((error) => {
        el.textContent = `This answer can't be drawn: ${error}`;
        places = [];
      });
    });
  };
  model.on("change:number", answered);
  redraw();
  return () => model.off("change:number", answered);
}

export default { render };
