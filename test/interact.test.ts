/** Live outputs outside a notebook: the answer to the first values, and the controls' own values. */
import { expect, test, vi } from "vitest";
import { button, checkbox, interact, menu, play, showModule, slider, text } from "../lib/index";

test("without a kernel interact shows the answer to the first values", async () => {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const { values } = await interact(
    {
      sigma: slider(0, 0.5),
      n: slider(1, 20),
      which: menu({ first: "a", second: "b" }, "b"),
      on: checkbox(true),
      film: play(3, 9),
      word: text("w"),
      again: button("Again"),
    },
    (values) => JSON.stringify(values),
  );
  const first = { sigma: 0.25, n: 11, which: "b", on: true, film: 3, word: "w", again: 0 };
  expect(values).toEqual(first);
  expect(printed.mock.calls).toEqual([[JSON.stringify(first)]]);
  printed.mockClear();
  await interact({ sigma: slider(0, 1) }, ({ sigma }) => ({ data: [{ y: [sigma] }], layout: { title: { text: "A <b>curve</b>" } } }));
  await interact({ sigma: slider(0, 1) }, ({ sigma }) => [{ sigma }]);
  await interact({ sigma: slider(0, 1) }, ({ sigma }) => void console.log(sigma), {});
  expect(printed.mock.calls).toEqual([["A  curve , for sigma = 0.5"], ["sigma\n  0.5"], [0.5]]);
  await expect(interact({ sigma: slider(0, 1) }, () => Promise.reject(new Error("no answer")))).rejects.toThrow("no answer");
  vi.restoreAllMocks();
});

test("a slider starts in the middle, on a step; with a log scale in the geometric middle", () => {
  expect([slider(0, 1), slider(0, 10), slider(1, 20), slider(0.1, 0.4)].map(({ value }) => value)).toEqual([0.5, 5, 11, 0.25]);
  expect(slider(1e-4, 1e-2, { scale: "log" }).value).toBe(1e-3);
  expect(() => slider(1, 1)).toThrow("max must be a number above min, 1; it is 1");
  expect(() => slider(0, 1, { scale: "log" })).toThrow("min must be a finite number above 0; it is 0");
  expect(() => slider(0, 1, { value: 2 })).toThrow("options.value must be a finite number from 0 to 1; it is 2");
  expect(() => interact({ a: 1 } as never, () => "")).toThrow("controls.a must be a control, such as slider(0, 1); it is 1");
});

test("a module keeps its state without a kernel, and shows its words", () => {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const view = showModule("export default { render() {} }", { a: 1, b: "x" }, { alt: "a module" });
  view.set({ a: 2 });
  view.send({});
  expect(view.state).toEqual({ a: 2, b: "x" });
  expect(printed.mock.calls).toEqual([["a module"]]);
  expect(() => showModule("export default {}", { _esm: 1 }, { alt: "a" })).toThrow("state must be without _esm, a name that widgets use");
  vi.restoreAllMocks();
});
