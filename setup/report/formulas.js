// Sets the formulas of a page: $...$ and $$...$$, by the KaTeX that lies beside it.
const page = /** @type {any} */ (globalThis);
page.addEventListener("DOMContentLoaded", () => {
  page.renderMathInElement(page.document.querySelector("main"), {
    delimiters: [
      { left: "$$", right: "$$", display: true },
      { left: "\\begin{align}", right: "\\end{align}", display: true },
      { left: "\\begin{equation}", right: "\\end{equation}", display: true },
      { left: "\\[", right: "\\]", display: true },
      { left: "$", right: "$", display: false },
      { left: "\\(", right: "\\)", display: false },
    ],
    ignoredClasses: ["jp-CodeMirrorEditor", "js-plotly-plot"],
    throwOnError: false,
  });
});
