// Draws the figures of a page, each from the JSON beside it. One that is not shown (on paper or a narrow screen its still image is) waits.
const view = /** @type {any} */ (globalThis);
const drawFigures = () => {
  for (const figure of view.document.querySelectorAll(".report-live:not(.js-plotly-plot)")) {
    if (figure.offsetParent === null) continue;
    try {
      const { data, layout } = JSON.parse(figure.nextElementSibling.textContent);
      view.Plotly.newPlot(figure, data, layout, { responsive: true, displaylogo: false });
    } catch (error) {
      figure.textContent = `This figure can't be drawn: ${error}`;
    }
  }
};
view.addEventListener("DOMContentLoaded", drawFigures);
view.addEventListener("resize", drawFigures);
