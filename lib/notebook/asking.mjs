// Around a module that needs its kernel's answers, by anywidget's convention: it says in words when the kernel has gone.

const text = "the module"; // module.ts puts it here
const { default: given } = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
const own = typeof given === "function" ? await given() : given;

export default {
  ...own,
  /** @param {{ model: any, el: any }} place */
  async render(place) {
    const { model, el } = place;
    const note = el.ownerDocument.createElement("p");
    note.setAttribute("role", "status");
    const gone = () => {
      note.textContent = "The kernel that answered here has ended: run the cell again.";
    };
    model.on("comm_live_update", gone);
    const inside = el.ownerDocument.createElement("div");
    el.append(note, inside);
    const end = await own.render({ ...place, el: inside });
    return () => {
      model.off("comm_live_update", gone);
      end?.();
    };
  },
};
