// Widgets over Jupyter's protocol: each message of the widget protocol 2.1, both ways, and what interact makes of them.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, error, stdout } from "./kernel-client";

// biome-ignore-start lint/suspicious/noExplicitAny: what JSON holds
type Heard = { type: string; content: any; metadata: any; buffers: string[]; parent: string };
type Exchange = { id: string; messages: Heard[]; replies: any[] };
// biome-ignore-end lint/suspicious/noExplicitAny: what JSON holds

let kernel: Client;
beforeAll(async () => {
  ({ kernel } = await Client.start());
}, 60_000);
afterAll(() => kernel?.close());

const send = (type: string, content: object, more: object = {}) => kernel.ask<Exchange>({ op: "exchange", type, content, ...more });
const cell = (code: string, linger = 0.1) =>
  send("execute_request", { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false }, { linger });
const told = (to: string, data: object, more: object = {}) => send("comm_msg", { comm_id: to, data }, more);
const move = (to: string, state: object, more: object = {}) => told(to, { method: "update", state, buffer_paths: [] }, more);
const of = ({ messages }: Exchange, type: string) => messages.filter((m) => m.type === type);
const opened = (exchange: Exchange, name: string) => {
  const found = of(exchange, "comm_open").find(({ content }) => content.data.state._model_name === name);
  if (!found) throw new Error(`no ${name} in ${JSON.stringify(exchange.messages).slice(0, 2000)}`);
  return { id: found.content.comm_id as string, ...found };
};
const isBusyThenIdle = ({ id, messages }: Exchange) => {
  const states = messages.filter((m) => m.type === "status" && m.parent === id).map((m) => m.content.execution_state);
  expect(states).toEqual(["busy", "idle"]);
};
const base64 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString("base64");

/** What a saved notebook will show of a view. */
const keptFile = (id: string) => path.join(__dirname, "../.local/live", `${id}.json`);

/** Opens models by the kernel's own hook, in a cell. */
const HOOK = "const hook = (globalThis as any)[Symbol.for('tdlgm.notebook')];";

describe("a model", () => {
  let made: Exchange;
  let id: string;
  test("is opened with target, version, state and binary parts, from its cell", async () => {
    made = await cell(`${HOOK}
const heard: unknown[] = [];
const model = hook.widget({ _model_name: "M", _model_module: "m", _model_module_version: "1", value: 1, list: [Float32Array.of(1, 2), 5], part: { x: Float32Array.of(3) } },
  { change: (names: string[]) => heard.push(names), message: (content: unknown, buffers: Uint8Array[]) => heard.push([content, buffers.map((b) => [...b])]) });`);
    expect(error({ outputs: made.messages as never, reply: made.replies[0] })).toBeUndefined();
    const open = opened(made, "M");
    id = open.id;
    expect(open.parent).toBe(made.id);
    expect(open.metadata).toEqual({ version: "2.1.0" });
    expect(open.content).toMatchObject({ target_name: "jupyter.widget", data: { state: { value: 1, list: [null, 5], part: {} } } });
    expect(open.content.data.buffer_paths).toEqual([
      ["list", 0],
      ["part", "x"],
    ]);
    expect(open.buffers).toEqual([base64(1, 2), base64(3)]);
  });

  test("takes an update, echoes it, and says busy and idle with it as the parent", async () => {
    const moved = await move(id, { value: 7 });
    isBusyThenIdle(moved);
    const [echo] = of(moved, "comm_msg");
    expect(echo.content).toEqual({ comm_id: id, data: { method: "echo_update", state: { value: 7 }, buffer_paths: [] } });
    expect(echo.parent).toBe(moved.id);
    expect(moved.replies).toEqual([]);
    expect(of(await cell("[model.state.value, heard.splice(0)]"), "execute_result")[0].content.data["text/plain"]).toBe(
      "[ 7, [ [ 'value' ] ] ]",
    );
  });

  test("takes binary parts, and sends them", async () => {
    const state = { part: { x: null } };
    const moved = await told(id, { method: "update", state, buffer_paths: [["part", "x"]] }, { buffers: [base64(8, 9)] });
    expect(of(moved, "comm_msg")[0]).toMatchObject({ buffers: [base64(8, 9)], content: { data: { buffer_paths: [["part", "x"]] } } });
    const bytes = "new Float32Array(Uint8Array.from(model.state.part.x).buffer)";
    const set = await cell(`heard.splice(0); model.set({ sum: Float64Array.from(${bytes}), plain: 2 });`);
    expect(of(set, "comm_msg")[0]).toMatchObject({
      parent: set.id,
      content: { comm_id: id, data: { method: "update", state: { plain: 2 }, buffer_paths: [["sum"]] } },
      buffers: [Buffer.from(Float64Array.of(8, 9).buffer).toString("base64")],
    });
  });

  test("answers request_state, hears custom messages and sends them", async () => {
    const asked = await told(id, { method: "request_state" });
    isBusyThenIdle(asked);
    expect(of(asked, "comm_msg")[0]).toMatchObject({
      parent: asked.id,
      content: { data: { method: "update", state: { value: 7, plain: 2 } } },
    });
    expect(of(asked, "comm_msg")[0].buffers).toHaveLength(3);
    await told(id, { method: "custom", content: { a: 1 } }, { buffers: [Buffer.of(1, 2).toString("base64")] });
    const sent = await cell("model.send({ b: heard.splice(0) }, [Uint8Array.of(5)]);");
    expect(of(sent, "comm_msg")[0]).toMatchObject({
      content: { data: { method: "custom", content: { b: [[{ a: 1 }, [[1, 2]]]] } } },
      buffers: [Buffer.of(5).toString("base64")],
    });
  });

  test("is in comm_info, by its target, and in the control's request_states with its binary parts", async () => {
    const all = await send("comm_info_request", {});
    expect(all.replies[0].comms).toEqual({ [id]: { target_name: "jupyter.widget" } });
    expect((await send("comm_info_request", { target_name: "none" })).replies[0].comms).toEqual({});
    const control = { comm_id: "control", target_name: "jupyter.widget.control", data: {} };
    expect(of(await send("comm_open", control, { metadata: { version: "1.0.0" } }), "comm_close")).toEqual([]);
    const asked = await told("control", { method: "request_states" });
    isBusyThenIdle(asked);
    const [states] = of(asked, "comm_msg");
    expect(states).toMatchObject({ parent: asked.id, content: { comm_id: "control", data: { method: "update_states" } } });
    expect(states.content.data.states).toMatchObject({ [id]: { model_name: "M", model_module: "m", state: { value: 7 } } });
    expect(states.content.data.buffer_paths[0]).toEqual([id, "state", "list", 0]);
    expect(states.buffers).toHaveLength(3);
  });

  test("is closed from either side; what is unknown is closed", async () => {
    expect(of(await cell("model.close();"), "comm_close")[0].content).toMatchObject({ comm_id: id });
    const dead = await move(id, { value: 1 }); // as of a kernel before this one
    isBusyThenIdle(dead);
    expect(of(dead, "comm_close")[0]).toMatchObject({ parent: dead.id, content: { comm_id: id } });
    const unknown = await send("comm_open", { comm_id: "x", target_name: "nobody", data: {} });
    isBusyThenIdle(unknown);
    expect(of(unknown, "comm_close")[0].content.comm_id).toBe("x");
    const open = { comm_id: "y", target_name: "jupyter.widget", data: { state: { value: 1 }, buffer_paths: [] } };
    expect(of(await send("comm_open", open, { metadata: { version: "1.0" } }), "comm_close")).toHaveLength(1);
    expect(of(await send("comm_open", open, { metadata: { version: "2.0.0" } }), "comm_close")).toHaveLength(0);
    expect(Object.keys((await send("comm_info_request", { target_name: "jupyter.widget" })).replies[0].comms)).toEqual(["y"]);
    await send("comm_close", { comm_id: "y", data: {} });
    expect((await send("comm_info_request", { target_name: "jupyter.widget" })).replies[0].comms).toEqual({});
  });

  test("ends when its cell runs again, and what was kept of it", async () => {
    const code = "hook.widget({ _model_name: 'M' }, {}).keep({ data: {}, metadata: {} }); void 0;";
    const run = (cellId: string) =>
      send("execute_request", { code, silent: false, store_history: true, allow_stdin: false }, { metadata: { cellId } });
    const first = opened(await run("a"), "M").id;
    expect(of(await run("b"), "comm_close")).toEqual([]);
    await expect.poll(() => existsSync(keptFile(first))).toBe(true);
    expect(of(await run("a"), "comm_close").map(({ content }) => content.comm_id)).toEqual([first]);
    await expect.poll(() => existsSync(keptFile(first))).toBe(false);
  });

  test("with nonsense does no harm", async () => {
    for (const data of [{}, { method: "none" }, { method: "update", state: {}, buffer_paths: [["a", "b"]] }, null]) {
      await send("comm_msg", { comm_id: "control", data });
      await send("comm_msg", { data });
    }
    expect(of(await cell("1 + 1"), "execute_result")[0].content.data["text/plain"]).toBe("2");
  });
});

describe("interact", () => {
  const LINE = "{ data: [{ y: [sigma] }], layout: { title: { text: String(sigma) } } }";
  const INTERACT = `import { interact } from './lib/notebook/interact';
import { slider, button, menu, text, checkbox, play } from './lib/notebook/controls';`;
  const answers = (exchange: Exchange) =>
    of(exchange, "comm_msg").filter(({ content }) => content.data.method === "update" && content.data.state.outputs);
  const titles = (exchange: Exchange) =>
    answers(exchange).map(({ content }) => content.data.state.outputs[0].data["application/vnd.plotly.v1+json"].layout.title.text);

  test("shows controls, the answer, and in one output what stands for them", async () => {
    const shown = await cell(`${INTERACT}\nawait interact({ sigma: slider(0, 0.5) }, ({ sigma }) => (${LINE} as never));`);
    expect(opened(shown, "FloatSliderModel").content.data.state).toMatchObject({
      min: 0,
      max: 0.5,
      value: 0.25,
      step: 0.005,
      description: "sigma",
    });
    const [display] = of(shown, "display_data");
    expect(Object.keys(display.content.data)).toEqual([
      "application/vnd.jupyter.widget-view+json",
      "application/vnd.plotly.v1+json",
      "text/plain",
    ]);
    expect(display.content.data["text/plain"]).toBe("0.25, for sigma = 0.25");
    expect(display.content.metadata.tdlgm.controls).toEqual({ sigma: 0.25 });
    const view = display.content.data["application/vnd.jupyter.widget-view+json"].model_id;
    expect(existsSync(keptFile(view))).toBe(false);
    expect(of(shown, "execute_result")).toEqual([]);
    expect(of(await cell("interact({ sigma: slider(0, 1) }, () => 'as a value')"), "execute_result")).toEqual([]);

    const slide = opened(shown, "FloatSliderModel").id;
    const moved = await move(slide, { value: 0.30000000000000004 }, { linger: 0.5 });
    expect(titles(moved)).toEqual(["0.3"]);
    expect(answers(moved)[0].parent).toBe(moved.id);
    expect(JSON.parse(readFileSync(keptFile(view), "utf8"))).toMatchObject({
      data: { "application/vnd.plotly.v1+json": { layout: { title: { text: "0.3" } } }, "text/plain": "0.3, for sigma = 0.3" },
      metadata: { tdlgm: { controls: { sigma: 0.3 } } },
    });
    expect(of(moved, "stream")).toEqual([]);
  }, 30_000);

  test("gives each control's value with its type", async () => {
    const controls =
      "{ n: slider(1, 20), rate: slider(1e-3, 1, { scale: 'log' }), which: menu({ first: 'a', second: 'b' }), on: checkbox(), word: text('x'), again: button('Again'), film: play(0, 5) }";
    const shown = await cell(
      `await interact(${controls}, (v) => { const types: { n: number; rate: number; which: "a" | "b"; on: boolean; word: string; again: number; film: number } = v; console.log(JSON.stringify(types)); });`,
    );
    const ids = Object.fromEntries(
      ["IntSlider", "FloatLogSlider", "Dropdown", "Checkbox", "Text", "Button"].map((name) => [name, opened(shown, `${name}Model`).id]),
    );
    const film = of(shown, "comm_open").filter(({ content }) => content.data.state._model_name === "IntSliderModel")[1].content.comm_id;
    expect(opened(shown, "LinkModel").content.data.state.target).toEqual([`IPY_MODEL_${film}`, "value"]);
    const last = async (exchange: Promise<Exchange>) => {
      const found = answers(await exchange);
      return JSON.parse(found[found.length - 1].content.data.state.outputs[0].text);
    };
    const wait = { linger: 0.3 };
    const first = { n: 11, rate: 0.0316227766017, which: "a", on: false, word: "x", again: 0, film: 0 };
    expect(await last(move(ids.IntSlider, { value: 3 }, wait))).toEqual({ ...first, n: 3 });
    expect(await last(move(ids.FloatLogSlider, { value: 0.1 }, wait))).toMatchObject({ rate: 0.1 });
    expect(await last(move(ids.Dropdown, { index: 1 }, wait))).toMatchObject({ which: "b" });
    expect(await last(move(ids.Checkbox, { value: true }, wait))).toMatchObject({ on: true });
    expect(await last(move(ids.Text, { value: "ö" }, wait))).toMatchObject({ word: "ö" });
    expect(await last(told(ids.Button, { method: "custom", content: { event: "click" } }, wait))).toMatchObject({ again: 1 });
    expect(await last(move(film, { value: 4 }, wait))).toEqual({ n: 3, rate: 0.1, which: "b", on: true, word: "ö", again: 1, film: 4 });
  }, 30_000);

  test("loses no last value of fast moves, and gives up a slow answer for a newer one", async () => {
    const quick = await cell(
      `let calls = 0;\nawait interact({ sigma: slider(0, 100) }, async ({ sigma }) => { calls++; await new Promise((r) => setTimeout(r, 20)); return ${LINE} as never; });`,
    );
    const slide = opened(quick, "IntSliderModel").id;
    const all = await Promise.all(Array.from({ length: 30 }, (_, i) => move(slide, { value: i + 1 }, { linger: i === 29 ? 0.4 : 0 })));
    const seen = all.flatMap(titles);
    expect(seen[seen.length - 1]).toBe("30");
    const slow = await cell(
      `await interact({ sigma: slider(0, 100, { value: 1 }) }, async ({ sigma }) => { await new Promise((r) => setTimeout(r, sigma === 50 ? 1e6 : 20)); return ${LINE} as never; });`,
    );
    const other = opened(slow, "IntSliderModel").id;
    await move(other, { value: 50 }, { linger: 0 });
    expect(titles(await move(other, { value: 51 }, { linger: 0.6 }))).toEqual(["51"]);
  }, 30_000);

  test("answers while a cell awaits", async () => {
    const shown = await cell(
      `const seen: number[] = [];\nawait interact({ sigma: slider(0, 1) }, ({ sigma }) => { seen.push(sigma); return ${LINE} as never; });`,
    );
    const slide = opened(shown, "FloatSliderModel").id;
    const running = await kernel.ask<string>({
      op: "start",
      code: "while (seen[seen.length - 1] !== 0.75) await new Promise((r) => setTimeout(r, 10));\nconsole.log('steered');",
    });
    const moved = await move(slide, { value: 0.75 }, { linger: 0.5 });
    expect(titles(moved)).toEqual(["0.75"]);
    expect(of(moved, "stream").map(({ content, parent }) => [content.text, parent])).toEqual([["steered\n", running]]);
  }, 30_000);

  test("shows an error where it arises: with the lines of its own cell, and in no other's output", async () => {
    const shown = await cell(
      "await interact({ sigma: slider(0, 1) }, ({ sigma }) => {\n  console.log('before');\n  if (sigma > 0.5) throw new Error('too wide: ' + sigma);\n});",
    );
    const running = await kernel.ask<string>({ op: "start", code: "await new Promise((r) => setTimeout(r, 300)); console.log('mine');" });
    const moved = await move(opened(shown, "FloatSliderModel").id, { value: 0.75 }, { linger: 0.6 });
    const [, failed] = answers(moved)[0].content.data.state.outputs;
    expect(failed).toMatchObject({ output_type: "error", ename: "Error", evalue: "too wide: 0.75" });
    expect(failed.traceback.join("\n")).toMatch(/at cell \[\d+\]:3/);
    expect(of(moved, "stream").map(({ content, parent }) => [content.text, parent])).toEqual([["mine\n", running]]);
    const first = await cell("await interact({ sigma: slider(0, 1) }, () => { throw new Error('at once'); });");
    expect(of(first, "error")[0].content.evalue).toBe("at once");
    const bare = await cell(
      `${HOOK.replace("hook", "hook2")}\nconst loud = hook2.widget({ _model_name: "Loud" }, { change: () => { console.log('printed'); throw new Error('in a listener'); } });`,
    );
    const heard = await move(opened(bare, "Loud").id, { value: 1 }, { linger: 0.3 });
    expect(of(heard, "stream").map(({ parent }) => parent)).toEqual([bare.id, bare.id]);
    expect(of(heard, "stream")[1].content.text).toMatch(/Error: in a listener\n {4}at cell \[\d+\]:2/);
  }, 30_000);

  test("an interrupt ends an endless answer", async () => {
    const shown = await cell("await interact({ sigma: slider(0, 1) }, ({ sigma }) => { while (sigma > 0.5); return String(sigma); });");
    const slide = opened(shown, "FloatSliderModel").id;
    const stuck = move(slide, { value: 0.75 }, { linger: 0.3 });
    await stuck;
    await kernel.ask({ op: "signal" });
    const after = await move(slide, { value: 0.25 }, { linger: 0.5 });
    const last = answers(after);
    expect(last[last.length - 1].content.data.state.outputs[0].data["text/markdown"]).toBe("0.25");
    expect(
      stdout({
        outputs: (await cell("console.log('alive')")).messages.map((m) => ({ ...m.content, type: m.type })) as never,
        reply: {} as never,
      }),
    ).toBe("alive\n");
  }, 30_000);
});
