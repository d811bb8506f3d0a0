// What is wider than the page scrolls by itself: a keyboard must reach it.
const wide = /** @type {any} */ (globalThis);
const reachScrolled = () => {
  for (const part of wide.document.querySelectorAll(
    ".jp-InputArea-editor, .jp-OutputArea-output, .jp-RenderedMarkdown, .jp-OutputArea-output pre",
  )) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
};
wide.addEventListener("load", reachScrolled);
wide.addEventListener("resize", reachScrolled);
